"""Many studies in one go: nobody stops anybody else, what is done is not done again, and one page ranks them."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from distributed import LocalCluster
from pyarrow.dataset import dataset

import jiujin.batch as module
from jiujin.batch import Task, batch, build_one, tasks_of
from jiujin.cli import app
from jiujin.errors import JiujinError, Problem, StudyError
from jiujin.pipeline_additions import compare_since
from jiujin.rendering.archive import archived
from jiujin.rendering.batch_page import page_of
from worlds import Town


def near_town(folder: Path) -> Path:
    return Town().person(0, 0, 3, age60=2).person(800, 800).facility("party_centre", 400, 400).write(folder)


def far_town(folder: Path) -> Path:
    return Town(block_m=600).person(0, 0, 3).person(2400, 2400).facility("party_centre", 0, 100).write(folder)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("province")
    near_town(folder / "近县")
    far_town(folder / "远县")
    broken = near_town(folder / "坏县")
    (broken / "population.csv").unlink()
    return folder


@pytest.fixture(scope="module")
def built(province: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[module.Outcome, ...]]:
    out = tmp_path_factory.mktemp("maps")
    return out, batch([province], out, scheduler="processes", workers=2, atlas=False)


def test_a_study_that_fails_stops_no_other_and_says_why(built) -> None:
    out, outcomes = built
    assert [(each.task.folder.name, each.state) for each in outcomes] == [
        ("坏县", "failed"), ("近县", "built"), ("远县", "built"),
    ]  # fmt: skip
    assert any("population.csv" in problem.sentence() for problem in outcomes[0].problems)
    assert (out / "近县" / "index.html").is_file()
    assert not (out / "坏县").exists()


def test_the_page_ranks_the_counties_and_links_their_maps(built) -> None:
    text = (built[0] / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'<tr><td><a href="([^"]+)">', text)
    assert links == ["%E8%BF%91%E5%8E%BF/index.html", "%E8%BF%9C%E5%8E%BF/index.html"]  # 近县 covers more people
    assert "100.0%（1）" in text
    assert "75.0%（2）" in text
    assert "坏县：未完成" in text
    assert "87.5%" in text  # 4 and 3 of 4 people each: sums first, then the rate
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_a_second_run_builds_only_what_has_changed(province: Path, built) -> None:
    out, _ = built
    before = (out / "近县" / "index.html").stat().st_mtime_ns
    people = province / "远县" / "population.csv"
    people.write_bytes(people.read_bytes() + b"\n")
    again = batch([province / "近县", province / "远县"], out, scheduler="processes", workers=1, atlas=False)
    assert [each.state for each in again] == ["kept", "built"]
    assert (out / "近县" / "index.html").stat().st_mtime_ns == before
    assert again[0].summary["services"]["party_centre"]["pop_rate"] == 1


def test_a_missing_output_or_a_newer_study_file_is_reason_to_build_again(tmp_path: Path) -> None:
    task = Task(folder=near_town(tmp_path / "县"), out=tmp_path / "out", atlas=False)
    assert [build_one(task).state for _ in range(2)] == ["built", "kept"]
    (task.out / "tables" / "communities.csv").unlink()
    assert build_one(task).state == "built"
    written = (task.out / "summary.json").stat().st_mtime_ns
    os.utime(task.folder / "study.toml", ns=(written + 10**9, written + 10**9))
    assert build_one(task).state == "built"


def die_once(task: Task) -> module.Outcome:
    """Kill the process that builds, the first time; stands in for a machine that runs out of memory."""
    mark = task.folder / "died"
    if task.folder.name == "命县" and not mark.exists():
        mark.touch()
        os._exit(9)
    return module.Outcome(task=task, state="built", name=task.folder.name, summary={}, labels={})


def die_always(task: Task) -> module.Outcome:
    if task.folder.name == "命县":
        os._exit(9)
    return module.Outcome(task=task, state="built", name=task.folder.name, summary={}, labels={})


@pytest.mark.parametrize(("stand_in", "end"), [(die_once, "built"), (die_always, "failed")])
def test_a_killed_process_is_tried_again_and_takes_nobody_along(tmp_path: Path, monkeypatch, stand_in, end) -> None:
    for name in ("命县", "甲县", "乙县"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "study.toml").touch()
    monkeypatch.setattr(module, "build_one", stand_in)
    outcomes = batch([tmp_path], tmp_path / "maps", scheduler="processes", workers=2)
    assert {each.task.folder.name: each.state for each in outcomes} == {"乙县": "built", "命县": end, "甲县": "built"}


def test_studies_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for part in ("东", "西"):
        (tmp_path / part / "城区").mkdir(parents=True)
        (tmp_path / part / "城区" / "study.toml").touch()
    tasks = tasks_of([tmp_path / "东", tmp_path / "西", tmp_path / "东" / "城区"], tmp_path / "maps")
    assert [task.out.name for task in tasks] == ["城区", "城区#2"]
    with pytest.raises(StudyError, match=r"没有 study\.toml"):
        tasks_of([tmp_path / "maps"], tmp_path)


def test_a_folder_that_is_called_as_a_second_one_would_be_keeps_its_outputs_to_itself(tmp_path: Path) -> None:
    folders = [tmp_path / "东" / "城区", tmp_path / "西" / "城区", tmp_path / "北" / "城区#2"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "study.toml").touch()
    for order in (folders, folders[::-1]):
        assert len({task.out for task in tasks_of(order, tmp_path / "maps")}) == 3


def test_a_batch_leaves_its_figures_in_the_archive_of_each_study(tmp_path: Path) -> None:
    study = near_town(tmp_path / "各县" / "县")
    (task,) = tasks_of([tmp_path / "各县"], tmp_path / "out", atlas=False, today=date(2026, 10, 1))
    assert build_one(task).state == "built"
    assert [each.day for each in archived(study)] == [date(2026, 10, 1)]
    changes, day = compare_since(study, date(2026, 10, 5), tmp_path / "out" / "县")
    assert (day, changes.nothing) == (date(2026, 10, 1), True)


def test_names_on_the_page_are_escaped() -> None:
    county = {
        "name": "<script>alert(1)</script>", "state": "failed", "link": 'a"b/index.html', "services": {}, "labels": {},
        "problems": ["<b>"],
    }  # fmt: skip
    done = county | {"state": "built", "labels": {"s": "<i>"}, "services": {"s": {"pop_rate": None}}}
    text = page_of([county, done])
    assert "<script>alert" not in text
    assert "<i>" not in text
    assert 'href="a%22b/index.html"' in text


def test_batch_ends_with_1_when_a_study_failed(province: Path, tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        app(["batch", str(province / "坏县"), "--out", str(tmp_path), "--json", "--no-atlas", "--workers", "1"])
    told = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert (told["failed"], told["studies"][0]["state"]) == (1, "failed")


def test_without_the_cluster_library_the_way_to_get_it_is_told(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(JiujinError, match=r"jiujin\[cluster\]"):
        batch([near_town(tmp_path / "县")], tmp_path / "maps", scheduler="tcp://127.0.0.1:1")


def test_a_cluster_gives_what_this_machine_gives(province: Path, built, tmp_path: Path) -> None:
    with LocalCluster(n_workers=1, threads_per_worker=1, memory_limit=0, dashboard_address=None) as cluster:
        assert cluster.scheduler_address.startswith("tcp://")
        outcomes = batch([province], tmp_path, scheduler=cluster.scheduler_address, atlas=False)
    assert [each.state for each in outcomes] == ["failed", "built", "built"]
    for here, there in zip(built[1][1:], outcomes[1:], strict=True):
        assert there.summary["services"]["party_centre"] == here.summary["services"]["party_centre"]


def test_all_walks_are_one_table_in_parts(built) -> None:
    walks = dataset(built[0] / "geoparquet" / "points", partitioning="hive").to_table().to_pandas()
    assert walks.groupby("county")["party_centre_m"].count().to_dict() == {"近县": 2, "远县": 2}
    own = pd.read_parquet(built[0] / "近县" / "tables" / "access.parquet")
    part = gpd.read_parquet(built[0] / "geoparquet" / "points" / "county=近县" / "part.parquet")
    assert part.crs.to_epsg() == 4326
    assert np.array_equal(shapely.get_coordinates(part.geometry.to_numpy()), own[["lon", "lat"]].to_numpy())
    rates = gpd.read_parquet(built[0] / "geoparquet" / "communities" / "county=远县" / "part.parquet")
    assert rates[rates["service"] == "party_centre"]["pop_rate"].tolist() == [0.75]
    assert rates.geometry.geom_type.unique().tolist() == ["Polygon"]


def test_a_problem_crosses_the_border_between_processes_whole() -> None:
    import pickle

    problem = Problem(severity="error", rule="r", found="f", row=3)
    assert pickle.loads(pickle.dumps(problem)) == problem
