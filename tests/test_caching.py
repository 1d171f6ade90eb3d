"""What is kept comes back as it was, is never trusted without its checksum, and shows in no output."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin import pipeline
from jiujin.caching import Cache, Shelf, digest_of, frozen, thawed
from jiujin.errors import Problem
from jiujin.network.attach import Places
from jiujin.reading.study_file import read_study
from jiujin.rendering.page import COUNTY_FACTS
from jiujin.rendering.page_data import page_data
from jiujin.rendering.unchanged import Unchanged
from worlds import Town

PROBLEM = Problem(severity="info", rule="note", found="说明", row=3)


def town(folder: Path) -> Path:
    small = Town(settings="[services.rukang_home]\nenabled = false\n[services.health_centre]\nenabled = false\n")
    return small.person(0, 0, 10, age60=3).person(800, 800, 20).facility("elderly_canteen", 800, 780).write(folder)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(plain)
def test_plain_things_come_back_as_they_were(thing: Any) -> None:
    back = thawed(frozen(thing))
    assert back == thing
    assert repr(back) == repr(thing)


@pytest.mark.parametrize("kind", ["bool", "int32", "int64", "uint8", "float64", "datetime64[ns]"])
@pytest.mark.parametrize("shape", [(0,), (5,), (2, 3), (0, 4)])
def test_arrays_come_back_with_their_kind_and_may_be_written_to(kind: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).astype(kind).reshape(shape)
    back = thawed(frozen({"a": array}))["a"]
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)
    assert back.flags.writeable
    assert back.flags.c_contiguous


def test_tables_facts_and_shapes_come_back_as_they_were() -> None:
    frame = pd.DataFrame({"id": ["b", None], "x": [1.5, np.nan], "n": [1, 2], "day": [date(2020, 1, 2), None]})
    frame["id"] = frame["id"].astype(object).where(frame["id"].notna(), None)
    frame["text"] = pd.array(["字", None], dtype="string")
    frame.attrs["estimated"] = {"age60"}
    back = thawed(frozen(frame))
    pd.testing.assert_frame_equal(back, frame)
    assert back.attrs == frame.attrs
    assert back["id"].tolist() == ["b", None]
    shapes = gpd.GeoDataFrame({"code": ["1", "2"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.Point(1, 2)], crs=4326)
    back = thawed(frozen(shapes))
    assert back.crs == shapes.crs
    assert back.geometry.to_wkb().tolist() == shapes.geometry.to_wkb().tolist()
    places = Places(**{name: np.zeros(2, np.int32) for name in Places.__slots__})
    facts = (PROBLEM, places, MappingProxyType({"a": float("nan")}), frozenset({"x"}), Path("a") / "b", np.float32(2))
    again = thawed(frozen(facts))
    assert again[0] == PROBLEM
    assert isinstance(again[1], Places)
    assert frozen(again) == frozen(facts)


def test_what_cannot_be_kept_is_refused_and_nothing_foreign_is_made() -> None:
    with pytest.raises(TypeError, match="no cache form"):
        frozen(object())
    evil = frozen(PROBLEM).replace(b"jiujin.errors", b"subprocess.os")
    with pytest.raises(ValueError, match="whole"):
        thawed(evil)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_torn_or_altered_file_is_never_taken_for_a_value(data: st.DataObject) -> None:
    content = frozen((PROBLEM, np.arange(20), "字"))
    at = data.draw(st.integers(0, len(content) - 1))
    torn = content[:at]
    altered = content[:at] + bytes([content[at] ^ (1 << data.draw(st.integers(0, 7)))]) + content[at + 1 :]
    for wrong in (torn, altered, b""):
        with pytest.raises(ValueError, match=r"whole|JSON|Expecting"):
            thawed(wrong)


def test_a_value_is_made_once_and_again_when_its_file_is_damaged(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> list[int]:
        made.append(1)
        return [1, 2]

    for _ in range(2):
        assert Cache(folder=tmp_path).of("stage", "k" * 64, make) == [1, 2]
    assert len(made) == 1
    (file,) = tmp_path.glob("*.bin")
    file.write_bytes(file.read_bytes()[:-1])
    assert Cache(folder=tmp_path).of("stage", "k" * 64, make) == [1, 2]
    assert len(made) == 2
    assert Cache(folder=tmp_path / "file" / "no").of("stage", "k" * 64, make) == [1, 2]  # cannot be written: made anew
    assert Shelf().of("stage", "x", make) == [1, 2]
    Cache(folder=tmp_path / "new", may_write=False).of("stage", "k" * 64, make)
    assert not (tmp_path / "new").exists()


def test_only_the_latest_values_of_a_stage_are_kept(tmp_path: Path) -> None:
    for number in range(9):
        Cache(folder=tmp_path).of("stage", digest_of(number), lambda: 1)
        Cache(folder=tmp_path).of("stage-more", digest_of(number), lambda: 1)
    assert len(list(tmp_path.glob("stage-*.bin"))) <= 8
    assert len(list(tmp_path.glob("stage-more-*.bin"))) <= 4


def test_outputs_are_the_same_with_a_full_an_empty_and_a_damaged_cache(tmp_path: Path) -> None:
    study = town(tmp_path / "棋盘镇")
    pipeline.build(study, tmp_path / "clean", atlas=False, cache=False)
    clean = files_of(tmp_path / "clean")
    for _ in range(2):
        pipeline.build(study, tmp_path / "out", atlas=False)
        assert files_of(tmp_path / "out") == clean
    for number, file in enumerate(sorted((study / ".jiujin" / "cache").glob("*.bin"))):
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2] if number % 2 else content[:-1] + bytes([content[-1] ^ 1]))
    pipeline.build(study, tmp_path / "out", atlas=False)
    assert files_of(tmp_path / "out") == clean


def test_a_changed_input_is_read_again(tmp_path: Path) -> None:
    study = town(tmp_path / "棋盘镇")
    pipeline.build(study, tmp_path / "out", atlas=False)
    population = study / "population.csv"
    population.write_text(population.read_text(encoding="utf-8").replace(",20,", ",21,"), encoding="utf-8")
    for changed in ("population", "reach"):
        if changed == "reach":
            toml = study / "study.toml"
            text = "\n[services.elderly_canteen]\nreach_m = { urban = 5, rural = 5 }\n"
            toml.write_text(toml.read_text(encoding="utf-8") + text, encoding="utf-8")
        pipeline.build(study, tmp_path / "out", atlas=False)
        pipeline.build(study, tmp_path / "clean", atlas=False, cache=False)
        assert files_of(tmp_path / "out") == files_of(tmp_path / "clean")


def test_an_unchanged_page_is_not_written_again_and_a_changed_one_is(tmp_path: Path) -> None:
    study = town(tmp_path / "棋盘镇")
    out = tmp_path / "out"
    pipeline.build(study, out, atlas=False)
    first = {path: path.stat().st_ino for path in out.rglob("*.*")}
    pipeline.build(study, out, atlas=False)
    written = {path.name for path, inode in first.items() if path.stat().st_ino != inode}
    assert written == {"summary.json", ".jiujin-outputs"}  # quicker to write than to compare
    page = out / "party_centre.html"
    page.write_text("somebody's own", encoding="utf-8")
    pipeline.build(study, out, atlas=False)
    assert "somebody's own" not in page.read_text(encoding="utf-8")


def test_a_file_whose_makings_cannot_be_told_is_written(tmp_path: Path) -> None:
    unchanged = Unchanged(last=tmp_path, stage=tmp_path, cache=Cache())
    unchanged.file("a.txt", object(), lambda path: path.write_text("a", encoding="utf-8"))
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "a"


def test_a_study_is_the_same_study_wherever_its_additions_are_tried_out(tmp_path: Path) -> None:
    study = read_study(town(tmp_path / "棋盘镇"))
    assert pipeline.run(study).state == pipeline.run(study).state


def test_the_facts_that_a_page_has_of_the_county_hang_on_no_facility(tmp_path: Path) -> None:
    town = Town().person(0, 0, 10, age60=3, disabled=1).person(800, 800, 20, age60=6, disabled=2)
    study = town.facility("party_centre", 0, 20).facility("rukang_home", 0, 100).write(tmp_path / "镇")
    before = pipeline.run(read_study(study))
    town.facility("elderly_canteen", 400, 400).facility("party_centre", 800, 780, status="closed").write(study)
    after = pipeline.run(read_study(study))
    assert before.base == after.base
    pages = [page_data(each) for each in (before, after)]
    for one, other in [pages, *([page.for_service(s.id) for page in pages] for s in before.study.services)]:
        for name in COUNTY_FACTS:
            assert digest_of(getattr(one, name)) == digest_of(getattr(other, name)), name
    town.person(400, 400, 1).write(study)
    assert pipeline.run(read_study(study)).base != after.base
