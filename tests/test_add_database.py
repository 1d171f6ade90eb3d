"""Additions that several people share in a table of a database: as in the file, and never lost to each other."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jiujin import pipeline, pipeline_additions
from jiujin.errors import JiujinError, TableError
from jiujin.pipeline_additions import Author, Difference
from jiujin.pipeline_register import held
from jiujin.reading.database import connected
from jiujin.reading.database_address import table_at
from jiujin.reading.database_register import canonical, hold
from jiujin.reading.register import COLUMNS
from jiujin.reading.study_file import read_study
from jiujin.rendering import staging
from jiujin.study import DatabaseTable
from postgis import SECRET, Database
from worlds import Town, lon_lat

CANTEEN = "elderly_canteen"
NOON = Author(name="王", at=datetime(2026, 5, 1, 12, tzinfo=UTC))


def town() -> Town:
    small = Town(settings="[services.rukang_home]\nenabled = false\n[services.health_centre]\nenabled = false\n")
    return small.person(0, 0, 10, age60=3).person(800, 800, 20, age60=6).facility(CANTEEN, 800, 780, name="北苑食堂")


def in_database(study: Path, address: str) -> Path:
    """Let the additions of a study stand in a database."""
    toml = study / "study.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("[inputs]\n", f"[inputs]\nadditions = {json.dumps(address)}\n"), encoding="utf-8")
    return study


def new(folder: Path, name: str, x: float, y: float, **more: object) -> Path:
    lon, lat = lon_lat(x, y)
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "type", "lon", "lat", *more])
        writer.writerow([name, "助老食堂", f"{lon:.7f}", f"{lat:.7f}", *more.values()])
    return path


def add(study: Path, *files: Path, out: Path | None) -> Difference:
    return pipeline_additions.add(study, files, author=NOON, out=out, agree=lambda _: True, atlas=False)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def study(tmp_path: Path, database: Database) -> Path:
    return in_database(town().write(tmp_path / "棋盘镇"), database.table("additions"))


def test_additions_in_a_database_are_those_in_the_file(study: Path, database: Database, tmp_path: Path) -> None:
    twin = town().write(tmp_path / "文件" / "棋盘镇")
    for name, x, more in (("南苑食堂", 0, {}), ("东苑食堂", 400, {"capacity": 60, "联系方式": "门卫"})):
        for folder, out in ((study, tmp_path / "out"), (twin, tmp_path / "twin")):
            add(folder, new(tmp_path, name, x, 20, **more), out=out)
    assert not (study / "facilities_added.csv").exists()
    assert files_of(tmp_path / "out") == files_of(tmp_path / "twin")
    with held(read_study(study)) as home:
        assert home.read() == (twin / "facilities_added.csv").read_bytes()
    shown = database.run("select st_x(geom), st_y(geom) from additions order by position")
    assert shown == [lon_lat(0, 20), lon_lat(400, 20)]
    pipeline.build(study, tmp_path / "clean", atlas=False, cache=False)
    assert files_of(tmp_path / "clean") == files_of(tmp_path / "out")


def test_what_was_added_is_listed_and_taken_back(study: Path, database: Database, tmp_path: Path) -> None:
    pipeline.build(study, tmp_path / "before", atlas=False)
    add(study, new(tmp_path, "南苑食堂", 0, 20), out=tmp_path / "out")
    (entry,) = pipeline_additions.history(study)
    assert (entry.kind, entry.who, entry.files[0][0]) == ("add", "王", "南苑食堂.csv")
    found = pipeline_additions.undo(study, author=NOON, out=tmp_path / "out", atlas=False)
    assert (found.before[CANTEEN]["covered"], found.after[CANTEEN]["covered"]) == (9, 6)
    assert database.run("select * from additions") == []
    assert files_of(tmp_path / "out") == files_of(tmp_path / "before")
    assert [each.kind for each in pipeline_additions.history(study)] == ["add", "undo"]
    with pytest.raises(JiujinError, match="没有可以撤销"):
        pipeline_additions.undo(study, author=NOON, out=tmp_path / "out", atlas=False)


def test_a_dry_run_makes_no_table(study: Path, database: Database, tmp_path: Path) -> None:
    found = add(study, new(tmp_path, "南苑食堂", 0, 20), out=None)
    assert found.after[CANTEEN]["covered"] == 9
    assert database.run("select to_regclass('additions'), to_regclass('additions_history')") == [(None, None)]


def test_what_people_write_into_the_table_by_hand_stays_and_is_told(
    study: Path, database: Database, tmp_path: Path
) -> None:
    add(study, new(tmp_path, "南苑食堂", 0, 20), out=tmp_path / "out")
    database.run("alter table additions add column 备注 text")
    database.run("update additions set name = '南苑助餐点', 备注 = '二楼'")
    add(study, new(tmp_path, "东苑食堂", 400, 20), out=tmp_path / "out")
    assert database.run("select name, 备注 from additions order by position") == [
        ("南苑助餐点", "二楼"),
        ("东苑食堂", None),
    ]
    assert [entry.kind for entry in pipeline_additions.history(study)] == ["add", "edit", "add"]


def _add_from(folder: Path, start: object, name: str, x: float) -> None:
    study, path = folder / name / "棋盘镇", new(folder / name, name, x, 20)
    start.wait()  # type: ignore[attr-defined]
    add(study, path, out=folder / name / "out")


@pytest.mark.skipif(os.name == "nt", reason="processes are forked")
def test_two_computers_add_at_once_and_both_are_kept(database: Database, tmp_path: Path) -> None:
    names = {"南苑食堂": 0.0, "东苑食堂": 400.0, "西苑食堂": 200.0}
    for name in names:
        in_database(town().write(tmp_path / name / "棋盘镇"), database.table("additions"))
    ways = multiprocessing.get_context("fork")
    start = ways.Barrier(len(names))
    running = [ways.Process(target=_add_from, args=(tmp_path, start, name, x)) for name, x in names.items()]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0, 0, 0]
    assert sorted(name for (name,) in database.run("select name from additions")) == sorted(names)
    last = database.run("select after from additions_history order by number desc limit 1")[0][0]
    assert last.decode("utf-8-sig").count("\r\n") == 4  # each saw what was there before it


def test_who_waits_too_long_for_another_is_told(database: Database) -> None:
    table = read_address(database)
    with connected(database.address) as one, connected(database.address) as other:
        hold(one, table, tell=lambda _: None, wait_s=0)
        told: list[str] = []
        with pytest.raises(TableError, match="一直在改动"):
            hold(other, table, tell=told.append, wait_s=0)
        assert "另一台电脑" in told[0]
        one.close()
        hold(other, table, tell=told.append, wait_s=60)


def read_address(database: Database) -> DatabaseTable:
    table = table_at(database.table("additions"))
    assert table is not None
    return table


def test_outputs_that_cannot_be_written_leave_the_table_as_it_was(
    study: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(study, new(tmp_path, "南苑食堂", 0, 20), out=tmp_path / "out")
    before = files_of(tmp_path / "out"), database.run("select * from additions")
    with monkeypatch.context() as now, pytest.raises(JiujinError):
        now.setattr(staging, "_put_in_place", lambda *_: (_ for _ in ()).throw(PermissionError(13, "open elsewhere")))
        add(study, new(tmp_path, "东苑食堂", 400, 20), out=tmp_path / "out")
    assert (files_of(tmp_path / "out"), database.run("select * from additions")) == before
    assert len(pipeline_additions.history(study)) == 1
    add(study, new(tmp_path, "东苑食堂", 400, 20), out=tmp_path / "out")
    assert len(pipeline_additions.history(study)) == 2


def test_a_server_that_goes_away_during_an_addition_leaves_everything_as_it_was(
    study: Path, database: Database, tmp_path: Path
) -> None:
    add(study, new(tmp_path, "南苑食堂", 0, 20), out=tmp_path / "out")
    before = files_of(tmp_path / "out"), database.run("select * from additions")

    def pull_the_plug(said: str) -> None:
        if said.startswith("写出"):
            database.run(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    more = new(tmp_path, "东苑食堂", 400, 20)
    with pytest.raises(JiujinError, match="数据库"):
        pipeline_additions.add(
            study, [more], author=NOON, out=tmp_path / "out", agree=lambda _: True, atlas=False, tell=pull_the_plug
        )
    assert (files_of(tmp_path / "out"), database.run("select * from additions")) == before
    add(study, more, out=tmp_path / "out")
    assert [entry.kind for entry in pipeline_additions.history(study)] == ["add", "add"]


@pytest.mark.skipif(os.name == "nt", reason="a process is forked and dies")
@pytest.mark.parametrize("step", ["before", "after"])
def test_a_process_that_dies_between_table_and_outputs(
    study: Path, database: Database, tmp_path: Path, step: str
) -> None:
    add(study, new(tmp_path, "南苑食堂", 0, 20), out=tmp_path / "out")
    old = files_of(tmp_path / "out")
    place = staging._put_in_place

    def die(stage: Path, folder: Path) -> None:
        if step == "after":
            place(stage, folder)
        os._exit(9)

    child = os.fork()
    if child == 0:
        staging._put_in_place = die
        add(study, new(tmp_path, "东苑食堂", 400, 20), out=tmp_path / "out")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    pipeline.build(study, tmp_path / "out", atlas=False)
    names = [name for (name,) in database.run("select name from additions order by position")]
    assert names == (["南苑食堂"] if step == "before" else ["南苑食堂", "东苑食堂"])
    assert len(pipeline_additions.history(study)) == len(names)
    assert (files_of(tmp_path / "out") == old) == (step == "before")


def test_a_table_that_is_no_register_or_may_not_be_written_is_refused(
    study: Path, database: Database, tmp_path: Path
) -> None:
    path = new(tmp_path, "南苑食堂", 0, 20)
    database.run("create table additions (position int, id text)")
    with pytest.raises(JiujinError, match="缺少列 name、service"):
        add(study, path, out=tmp_path / "out")
    database.run("drop table additions")
    clerk = database.server.address(database.name, user="clerk", password=SECRET)
    toml = study / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace(database.address, clerk), encoding="utf-8")
    with pytest.raises(JiujinError, match="没有权限") as refused:
        add(study, path, out=tmp_path / "out")
    assert SECRET not in str(refused.value)
    assert not (tmp_path / "out").exists()
    database.run("grant create on schema public to clerk")
    add(study, path, out=tmp_path / "out")
    assert database.run("select tableowner from pg_tables where tablename = 'additions'") == [("clerk",)]


def test_a_file_of_additions_beside_the_table_is_told(study: Path, tmp_path: Path) -> None:
    (study / "facilities_added.csv").write_text("id,name,service,lon,lat\nX,x,party_centre,117,36.6\n", "utf-8")
    problems = pipeline.build(study, tmp_path / "out", atlas=False).results.problems
    assert [problem.rule for problem in problems].count("register_not_read") == 1


def test_only_a_table_can_hold_additions(study: Path, database: Database) -> None:
    toml = study / "study.toml"
    text = toml.read_text(encoding="utf-8")
    for wrong in ("additions.csv", f"{database.address}&query=select 1"):
        toml.write_text(text.replace(database.table("additions"), wrong), encoding="utf-8")
        with pytest.raises(JiujinError, match=r"省略时为 facilities_added\.csv"):
            read_study(study)


def test_empty_columns_of_people_are_no_part_of_a_register() -> None:
    head = ",".join(COLUMNS)
    row = ",".join(["a", *[""] * (len(COLUMNS) - 1)])
    content = f"{head},备注,电话\r\n{row},,1\r\n".encode("utf-8-sig")
    assert canonical(content) == f"{head},电话\r\n{row},1\r\n".encode("utf-8-sig")
    assert canonical(f"{head}\r\n".encode("utf-8-sig")) is None
    assert canonical(None) is None
