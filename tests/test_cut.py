"""A province cut into counties answers as the uncut one does, wherever its counties are answered and whoever dies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyarrow.dataset import dataset
from pyarrow.fs import FileSystem

import jiujin.batch_cut as module
from jiujin import pipeline
from jiujin.analysis.counties import joined, units_of
from jiujin.batch import batch
from jiujin.batch_cut import Cutting, batch_cut, cut
from jiujin.batch_running import crew
from jiujin.errors import JiujinError
from jiujin.pipeline_cut import answered_part, parts_of, whole_of
from jiujin.reading.county_names import read_county_names
from jiujin.reading.study_file import read_study
from jiujin.rendering.outputs import access_columns
from loopback_s3 import loopback_s3
from worlds import Town

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "geodata" / "example"
WEST, EAST = "370101001001", "370102001001"


def two_counties() -> Town:
    """
    West and East share a border at x = 500; the only canteen of the West is reached through the East, 8 km around.

    The border street ends on both sides of the canteen's yard; a person on an island of 150 m, one far from any street.
    """
    town = Town(size=4, block_m=200)
    town.communities = [
        (WEST, "西社区", "urban", (-3000.0, -3000.0, 500.0, 3000.0)),
        (EAST, "东社区", "rural", (500.0, -3000.0, 9000.0, 3000.0)),
    ]
    town.way((600, 0), (4500, 0), (4500, -1500), (100, -1500))  # the long way round, back into the West
    town.way((-800, 900), (-650, 900))  # an island
    town.way((300, 600), (300, 800), highway="steps")
    for x in (0, 150, 390, 510, 600):
        town.person(x, 30, 3, age60=1, disabled=1)
    town.person(-700, 910, 2).person(-2500, 2500).person(300, 790, 2, disabled=2).person(4400, -700, 5, age60=5)
    town.facility("elderly_canteen", 100, -1510).facility("party_centre", 490, 10).facility("party_centre", 510, 10)
    return town.facility("health_centre", 6000, 0).facility("rukang_home", 450, 600)


def uncut(folder: Path) -> pd.DataFrame:
    study = replace(read_study(folder), siting=None)
    return pd.DataFrame(access_columns(pipeline.run(study))).set_index("id")


def differing(folder: Path, level: str) -> tuple[int, int]:
    """How many cells of how many people are not those of the uncut table."""
    whole, count, cells = uncut(folder), 0, 0
    for part in parts_of(whole_of(read_study(folder)), level):
        own = pd.DataFrame(access_columns(answered_part(part))).set_index("id")
        there = whole.loc[own.index]
        same = (own == there) | (own.isna() & there.isna())
        cells += int((~same).to_numpy().sum())
        count += len(own)
    return cells, len(whole) - count


def test_a_walk_that_leaves_the_county_for_kilometres_is_the_same_when_it_is_cut(tmp_path: Path) -> None:
    folder = two_counties().write(tmp_path)
    walks = uncut(folder)["elderly_canteen_m"]
    assert walks["P1"] > 10_000  # out of the county, and back into it
    west, east = parts_of(whole_of(read_study(folder)), "county")
    assert (west.code, east.code) == ("370101", "370102")
    assert len(west.people) + len(east.people) == len(walks)
    assert differing(folder, "county") == (0, 0)


def test_a_part_that_lacks_a_piece_of_a_way_is_noticed(tmp_path: Path) -> None:
    part = next(iter(parts_of(whole_of(read_study(two_counties().write(tmp_path))), "county")))
    found = part.found["elderly_canteen"]
    told = found.cm + np.where(np.arange(found.cm.size) == 0, 1, 0).astype(np.int32)
    with pytest.raises(JiujinError, match="elderly_canteen 1 个"):
        answered_part(replace(part, found={**part.found, "elderly_canteen": replace(found, cm=told)}))


@st.composite
def provinces(draw: st.DrawFn) -> Town:
    """A few streets that cross six counties, some of them cut off, with people and sites anywhere."""
    town = Town(size=draw(st.sampled_from([0, 3, 5])), block_m=400)
    place = st.tuples(st.integers(0, 12).map(lambda n: n * 500.0), st.integers(0, 8).map(lambda n: n * 500.0))
    for way in draw(st.lists(st.lists(place, min_size=2, max_size=5, unique=True), min_size=2, max_size=6)):
        town.way(*way, highway=draw(st.sampled_from(["residential", "residential", "steps"])))
    town.communities = [
        (f"3701{row}{column}001001", f"{row}{column}", "urban", (x, y, x + 2000.0, y + 2000.0))
        for row, y in enumerate((-100.0, 1900.0))
        for column, x in enumerate((-100.0, 1900.0, 3900.0))
    ]
    anywhere = st.tuples(st.integers(-600, 6500), st.integers(-600, 4500))
    for x, y in draw(st.lists(anywhere, min_size=3, max_size=12)):
        town.person(x, y, 2, age60=1, disabled=1)
    for x, y in draw(st.lists(anywhere, min_size=2, max_size=6)):
        town.facility(draw(st.sampled_from(["party_centre", "rukang_home"])), x, y)
    return town


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(town=provinces())
def test_no_cut_changes_any_column(tmp_path_factory: pytest.TempPathFactory, town: Town) -> None:
    folder = town.write(tmp_path_factory.mktemp("province"))
    try:
        uncut(folder)
    except JiujinError:
        return  # nobody near any street: no answer either way
    assert differing(folder, "county") == (0, 0)


@contextmanager
def own_hands(*_: object) -> Iterator[object]:
    """Do the work of a batch here, task by task."""
    yield lambda work, tasks: ((task, work(task)) for task in tasks)


def test_the_example_cut_into_townships_writes_the_tables_of_the_uncut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "study", ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setattr("jiujin.rendering.outputs.write_pages", lambda *_: None)  # they are looked at elsewhere
    whole = pipeline.build(tmp_path / "study", tmp_path / "whole", atlas=False, cache=False)
    monkeypatch.setattr(module, "crew", own_hands)
    out = tmp_path / "out"
    outcomes = batch_cut(tmp_path / "study", out, level="township", atlas=False)
    assert len(outcomes) == 10
    assert {each.state for each in outcomes} == {"built"}
    expected = pd.read_parquet(tmp_path / "whole" / "tables" / "access.parquet").set_index("id").sort_index()
    walks = walks_of(out)
    pd.testing.assert_frame_equal(walks[list(expected)].sort_index(), expected, check_exact=True)
    for name in ("communities.csv", "facilities.csv", "targets.csv"):  # the targets are those of the whole
        assert (out / "tables" / name).read_bytes() == (tmp_path / "whole" / "tables" / name).read_bytes()
    quality = (out / "tables" / "quality.csv").read_text(encoding="utf-8-sig")
    assert "分县计算不回答" in quality  # where to build, which this study asks
    told = json.loads((out / "summary.json").read_text(encoding="utf-8"))["services"]
    figures: Any = whole.summary["services"]
    for service, sums in told.items():
        assert sums == {name: figures[service][name] for name in sums}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four counties on one chessboard."""
    town = Town(size=9, block_m=250)
    town.communities = [
        (f"3701{row}{column}001001", f"{row}{column}", "urban", (x - 50.0, y - 50.0, x + 1050.0, y + 1050.0))
        for row, y in enumerate((0.0, 1100.0))
        for column, x in enumerate((0.0, 1100.0))
    ]
    for x in range(20, 2000, 330):
        for y in range(10, 2000, 410):
            town.person(x, y, 2, age60=1)
    town.facility("party_centre", 300, 300).facility("party_centre", 1900, 1800).facility("health_centre", 0, 2000)
    return town.write(tmp_path_factory.mktemp("province") / "省")


def walks_of(out: Path) -> pd.DataFrame:
    return dataset(out / "geoparquet" / "points", partitioning="hive").to_table().to_pandas().set_index("id")


def test_a_worker_killed_in_mid_run_costs_nothing_but_time(province: Path, tmp_path: Path) -> None:
    victims = []

    def kill_one(text: str) -> None:
        if text.startswith("1/4"):  # three counties are still being answered, or wait
            workers = [
                each for each in psutil.Process().children(recursive=True) if "spawn_main" in str(each.cmdline())
            ]
            victims.append(workers[-1].pid)
            os.kill(workers[-1].pid, signal.SIGKILL)

    outcomes = batch_cut(province, tmp_path, workers=2, atlas=False, tell=kill_one)
    assert victims
    assert not psutil.pid_exists(victims[0])
    assert [each.state for each in outcomes] == ["built"] * 4
    expected = uncut(province)
    pd.testing.assert_frame_equal(walks_of(tmp_path).loc[expected.index, list(expected)], expected, check_exact=True)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("/index.html") == 4


def killed_once(mark: str) -> str:
    """Write down who works, and wait to be killed; whoever comes after is left in peace."""
    own = Path(mark)
    if own.exists():
        return "done"
    own.write_text(str(os.getpid()), encoding="ascii")
    threading.Event().wait()
    return "never"


def test_a_task_whose_worker_is_killed_is_done_by_another(tmp_path: Path) -> None:
    marks = [str(tmp_path / name) for name in ("a", "b")]
    (tmp_path / "b").touch()

    def kill() -> None:
        while not (tmp_path / "a").exists() or not (tmp_path / "a").read_text(encoding="ascii"):
            threading.Event().wait(0.01)
        os.kill(int((tmp_path / "a").read_text(encoding="ascii")), signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    with crew("local", 1) as hands:
        assert dict(hands(killed_once, marks)) == dict.fromkeys(marks, "done")


def test_two_batches_on_one_machine_do_not_mind_each_other_and_nobody_elsewhere_can_reach_them() -> None:
    def listening() -> set[tuple[str, int]]:
        own = [psutil.Process(), *psutil.Process().children(recursive=True)]
        found = [each for process in own for each in process.net_connections("tcp") if each.status == "LISTEN"]
        return {tuple(each.laddr) for each in found}

    with socket.socket() as other:
        with suppress(OSError):  # a cluster of somebody else has it
            other.bind(("127.0.0.1", 8787))
            other.listen()
        before = listening()
        with crew("local", 1) as hands:
            assert dict(hands(str, [1])) == {1: "1"}
            ours = listening() - before
    assert ours
    assert {address for address, _ in ours} == {"127.0.0.1"}


def test_who_is_killed_goes_on_where_it_stopped(province: Path, tmp_path: Path) -> None:
    words = ["batch", str(province), "--cut", "--out", str(tmp_path), "--scheduler", "processes", "--workers", "1"]
    python = os.environ | {"PYTHONPATH": str(HERE.parent / "coverage")}
    client = subprocess.Popen(
        [sys.executable, "-m", "jiujin", *words, "--no-atlas"], env=python, stderr=subprocess.PIPE, text=True
    )
    assert client.stderr is not None
    for line in client.stderr:
        if line.startswith("2/4"):
            break
    for each in [*psutil.Process(client.pid).children(recursive=True), psutil.Process(client.pid)]:
        each.kill()
    client.communicate()
    written = (tmp_path / "370100" / "summary.json").stat().st_mtime_ns
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "crew", own_hands)
        patch.setattr("jiujin.pipeline_cut.whole_of", lambda *_, **__: pytest.fail("the province was cut already"))
        outcomes = batch_cut(province, tmp_path, atlas=False)
    states = [each.state for each in outcomes]
    assert states.count("kept") >= 2
    assert set(states) == {"kept", "built"}
    assert (tmp_path / "370100" / "summary.json").stat().st_mtime_ns == written
    assert len(walks_of(tmp_path)) == len(uncut(province))
    assert not list((tmp_path / ".parts").glob("*.bin"))


def test_a_county_that_fails_stops_no_other_and_is_reported(
    province: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "crew", own_hands)
    honest = module._answer

    def lose_one(county: module.County) -> module.Outcome:
        if county.code == "370111":
            (tmp_path / ".parts" / "370111.bin").unlink()
        return honest(county)

    monkeypatch.setattr(module, "_answer", lose_one)
    outcomes = batch_cut(province, tmp_path, atlas=False)
    assert [each.task.out.name for each in outcomes if each.state == "failed"] == ["370111"]
    assert "370111：未完成" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / ".parts" / "370110.bin").is_file()  # whoever comes back finds what is left to do
    monkeypatch.setattr(module, "_answer", honest)
    states = [each.state for each in batch_cut(province, tmp_path, atlas=False)]
    assert states == ["kept"] * 3 + ["built"]


def test_a_province_in_a_bucket_is_cut_answered_and_kept_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    province = two_counties().write(tmp_path)
    for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret"), ("EC2_METADATA_DISABLED", "true")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(module, "crew", own_hands)
    with loopback_s3() as bucket:
        for path in province.iterdir():
            if path.is_file():
                bucket.files[f"shared/省/{path.name}"] = path.read_bytes()
        folder, out = bucket.url("shared/省"), bucket.url("shared/成果")
        assert {each.state for each in batch_cut(folder, out, atlas=False)} == {"built"}
        assert b"370102/index.html" in bucket.files["shared/成果/index.html"]
        assert "shared/成果/370102/tables.xlsx" in bucket.files
        system, _ = FileSystem.from_uri(bucket.url("shared"))
        walks = dataset("shared/成果/geoparquet/points", filesystem=system, partitioning="hive").to_table().to_pandas()
        expected = uncut(province)
        own = walks.set_index("id").loc[expected.index, list(expected)]
        pd.testing.assert_frame_equal(own, expected, check_exact=True)
        assert {each.state for each in batch_cut(folder, out, atlas=False)} == {"kept"}
        monkeypatch.setattr("jiujin.batch.crew", own_hands)
        for state in ("built", "kept"):
            assert [each.state for each in batch([folder], bucket.url("shared/一省"), atlas=False)] == [state]
        assert "shared/一省/省/index.html" in bucket.files


def test_units_without_anybody_join_their_neighbour() -> None:
    codes = pd.Series(["110101001001", "110102001001", "110103001001", "110103001002", "110104001001"], dtype=object)
    units, of_community = units_of(codes, 6)
    assert units == ["110101", "110102", "110103", "110104"]
    names, community, person = joined(units, of_community, np.array([1, 2, 2]))
    assert names == ["110102", "110103"]
    assert community.tolist() == [0, 0, 1, 1, 1]
    assert person.tolist() == [0, 1, 1]


def test_who_lives_in_no_community_goes_with_the_nearest(tmp_path: Path) -> None:
    town = two_counties()
    town.communities = [
        (code, name, kind, (x, 5000.0, x + 900.0, 5500.0))
        for (code, name, kind, _), x in zip(town.communities, (0.0, 1000.0), strict=True)
    ]
    folder = town.person(1200, 5100).write(tmp_path)
    west, east = parts_of(whole_of(read_study(folder)), "county")
    assert east.people["id"].tolist() == ["P9", "P10"]
    assert len(west.people) == 8
    assert differing(folder, "county") == (0, 0)


def test_what_a_county_may_not_show_is_in_no_sum_of_the_province(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "crew", own_hands)
    town = two_counties()
    town.settings = '[output]\nprofile = "public"\n'
    assert {each.state for each in batch_cut(town.write(tmp_path / "study"), tmp_path / "out", atlas=False)} == {
        "built"
    }
    told = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["services"]["party_centre"]
    east = json.loads((tmp_path / "out" / "370102" / "summary.json").read_text(encoding="utf-8"))
    assert east["services"]["party_centre"]["covered"] is None
    assert (told["covered"], told["pop_rate"]) == (None, None)


def test_a_province_without_codes_is_told_what_is_missing(tmp_path: Path) -> None:
    town = two_counties()
    town.communities = [("A1", "西社区", "urban", town.communities[0][3]), town.communities[1]]
    told = cut(Cutting(folder=town.write(tmp_path / "study"), out=tmp_path / "out", level="county"))
    assert "12 位统计用区划代码" in told.problems[0].wanted
    broken = cut(Cutting(folder=tmp_path / "nothing", out=tmp_path / "out", level="county"))
    assert broken.problems


def test_counties_are_called_as_the_boundary_layer_calls_them(province: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(province, folder, ignore=shutil.ignore_patterns(".*"))
    layer = gpd.read_file(folder / "communities.geojson")
    layer.assign(name=[f"{code[4:6]}县" for code in layer["code"]]).to_file(folder / "counties.geojson")
    study = (folder / "study.toml").read_text(encoding="utf-8")
    study = study.replace("[datum]", 'boundary = "counties.geojson"\n[datum]')
    (folder / "study.toml").write_text(study, encoding="utf-8")
    names = [
        part.study.name
        for part in parts_of(whole_of(read_study(folder)), "county", read_county_names(read_study(folder), "county"))
    ]
    assert names == ["00县", "01县", "10县", "11县"]
