"""The dated archive: what stood on a day can be compared with today, and the archive stays small and whole."""

from __future__ import annotations

import json
import os
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from jiujin import pipeline, pipeline_additions
from jiujin.errors import TableError
from jiujin.pipeline_additions import Author, compare_since
from jiujin.rendering.archive import FILES, RECENT, archive_outputs, archived, build_of
from jiujin.rendering.comparison import comparison_lines
from worlds import Town, lon_lat

CANTEEN = "elderly_canteen"
OCTOBER = date(2026, 10, 1)


def outputs(folder: Path, said: str) -> Path:
    """Outputs as far as the archive knows them."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).write_text(said, encoding="utf-8")
    return folder


def days(study: Path) -> list[str]:
    return [each.day.isoformat() for each in archived(study)]


def said(study: Path, day: date) -> str:
    build = build_of(study, day)
    assert build is not None
    with zipfile.ZipFile(build.path) as archive:
        assert sorted(archive.namelist()) == sorted(FILES)
        return archive.read("summary.json").decode()


def test_a_new_canteen_is_seen_against_the_archive(tmp_path: Path) -> None:
    small = Town(settings="[services.rukang_home]\nenabled = false\n[services.health_centre]\nenabled = false\n")
    study = small.person(0, 0, 10, age60=3).facility(CANTEEN, 800, 780).write(tmp_path / "棋盘镇")
    out = tmp_path / "out"
    pipeline.build(study, out, atlas=False, today=OCTOBER)
    lon, lat = lon_lat(0, 20)
    (tmp_path / "new.csv").write_text(f"name,type,lon,lat\n南苑,{CANTEEN},{lon},{lat}\n", encoding="utf-8")
    noon = Author(name="王", at=datetime(2026, 11, 2, 12, tzinfo=UTC))
    found = pipeline_additions.add(study, [tmp_path / "new.csv"], author=noon, out=out, datum="wgs84", atlas=False)
    assert days(study) == ["2026-10-01", "2026-11-02"]
    changes, day = compare_since(study, date(2026, 10, 31), out)
    assert day == OCTOBER
    row = changes.services.set_index("service").loc[CANTEEN]
    assert (row["covered_before"], row["covered_after"], row["sites_before"], row["sites_after"]) == (0, 3, 1, 2)
    assert (row["newly"], row["no_longer"]) == (3, 0)
    assert changes.communities["community_code"].tolist() == found.changes.communities["community_code"].tolist()
    assert compare_since(study, date(2026, 11, 2), out)[0].nothing
    pipeline_additions.undo(study, author=noon, out=out, atlas=False)
    assert days(study) == ["2026-10-01", "2026-11-02"]
    assert compare_since(study, OCTOBER, out)[0].nothing
    with pytest.raises(TableError, match="没有 2026-09-30 及以前的存档；应为：存档中的日期：2026-10-01、2026-11-02"):
        compare_since(study, date(2026, 9, 30), out)


def test_the_archive_tells_who_is_newly_covered_without_telling_of_anybody(tmp_path: Path) -> None:
    town = Town().person(0, 0, 10).person(0, 800, 20).person(800, 800, 40).facility("party_centre", 0, 20)
    study, out = town.write(tmp_path / "棋盘镇"), tmp_path / "out"
    pipeline.build(study, out, atlas=False, today=OCTOBER)
    (kept,) = archived(study)
    with zipfile.ZipFile(kept.path) as archive:
        assert len(archive.read("covered.bits")) == 4  # a byte for each service holds three points
        assert archive.read("covered.bits")[0] == 0b11000000
        assert set(json.loads(archive.read("covered.json"))) == {"points", "count", "services"}
    town.facilities.clear()
    town.facility("party_centre", 800, 780).write(study)
    pipeline.build(study, out, atlas=False, today=date(2026, 10, 2))
    row = compare_since(study, OCTOBER, out)[0].services.set_index("service").loc["party_centre"]
    assert (row["newly"], row["no_longer"]) == (40, 10)  # the point between them is covered by both
    town.person(400, 0, 5).write(study)
    pipeline.build(study, out, atlas=False, today=date(2026, 10, 3))
    row = compare_since(study, OCTOBER, out)[0].services.set_index("service").loc["party_centre"]
    assert np.isnan(row["newly"])  # other points: nothing tells which of them were covered then
    assert "人口数据已经更换" in comparison_lines(compare_since(study, OCTOBER, out)[0])[-1]
    assert (row["covered_before"], row["covered_after"]) == (30, 60)


@pytest.mark.parametrize("profile", ["internal", "public"])
def test_an_addition_archives_what_a_build_of_the_same_archives(tmp_path: Path, profile: str) -> None:
    town = Town(settings=f'[output]\nprofile = "{profile}"\n').person(0, 0, 10).person(800, 800, 40)
    study, out = town.facility("party_centre", 800, 780).write(tmp_path / "棋盘镇"), tmp_path / "out"
    lon, lat = lon_lat(0, 20)
    (tmp_path / "new.csv").write_text(f"name,type,lon,lat\n南苑,party_centre,{lon},{lat}\n", encoding="utf-8")
    noon = Author(name="王", at=datetime(2026, 10, 1, 12, tzinfo=UTC))
    pipeline_additions.add(study, [tmp_path / "new.csv"], author=noon, out=out, datum="wgs84", atlas=False)
    (added,) = archived(study)
    content = added.path.read_bytes()
    added.path.unlink()
    pipeline.build(study, out, atlas=False, cache=False, today=OCTOBER)
    assert added.path.read_bytes() == content


def test_an_archive_that_kept_no_points_is_compared_by_its_sums(tmp_path: Path) -> None:
    study, out = Town().person(0, 0, 10).facility("party_centre", 0, 20).write(tmp_path / "棋盘镇"), tmp_path / "out"
    pipeline.build(study, out, atlas=False, today=OCTOBER)
    (kept,) = archived(study)
    with zipfile.ZipFile(kept.path) as archive:
        sums = {name: archive.read(name) for name in FILES}
    with zipfile.ZipFile(kept.path, "w") as archive:
        for name, content in sums.items():
            archive.writestr(name, content)
    changes = compare_since(study, OCTOBER, out)[0]
    assert changes.nothing
    assert changes.services["newly"].isna().all()


def test_a_study_may_keep_no_archive_and_a_build_without_a_day_has_none(tmp_path: Path) -> None:
    town = Town(settings="[output]\narchive = false\n").person(0, 0, 10).facility("party_centre", 0, 20)
    pipeline.build(town.write(tmp_path / "a"), tmp_path / "out", atlas=False, today=OCTOBER)
    town.settings = ""
    pipeline.build(town.write(tmp_path / "b"), tmp_path / "out", atlas=False)
    assert archived(tmp_path / "a") == archived(tmp_path / "b") == []


def test_the_last_build_of_a_day_stays_and_what_says_the_same_is_not_kept_again(tmp_path: Path) -> None:
    for text, day in (("1", 1), ("2", 1), ("2", 2), ("3", 3)):
        archive_outputs(tmp_path, outputs(tmp_path / "out", text), date(2026, 10, day))
    assert days(tmp_path) == ["2026-10-01", "2026-10-03"]
    assert [said(tmp_path, date(2026, 10, day)) for day in (1, 2, 3, 9)] == ["2", "2", "3", "3"]
    assert build_of(tmp_path, date(2026, 9, 30)) is None


def test_old_builds_are_thinned_to_the_last_of_each_month(tmp_path: Path) -> None:
    first = date(2025, 1, 1)
    every = [first + timedelta(days=step) for step in range(120)]  # 1 January to 30 April
    for day in every:
        archive_outputs(tmp_path, outputs(tmp_path / "out", day.isoformat()), day)
    old = ["2025-01-31", "2025-02-28", "2025-03-31"]
    assert days(tmp_path) == [*old, *(day.isoformat() for day in every[-RECENT:])]
    assert said(tmp_path, date(2025, 3, 15)) == "2025-02-28"


def test_a_clock_that_goes_back_or_jumps_ahead_overwrites_nothing(tmp_path: Path) -> None:
    for text, day in (("1", OCTOBER), ("2", date(2099, 1, 1)), ("3", date(2026, 10, 5)), ("4", OCTOBER)):
        archive_outputs(tmp_path, outputs(tmp_path / "out", text), day)
    assert days(tmp_path) == ["2026-10-01", "2099-01-01", "2026-10-05", "2026-10-01"]
    assert said(tmp_path, OCTOBER) == "4"  # what stood last by that day
    assert said(tmp_path, date(2026, 12, 31)) == "4"


def test_the_same_outputs_give_the_same_bytes(tmp_path: Path) -> None:
    places = [archive_outputs(tmp_path / name, outputs(tmp_path / name / "out", "1"), OCTOBER) for name in "ab"]
    assert [place.name for place in places if place] == ["00001_2026-10-01.zip"] * 2
    assert places[0].read_bytes() == places[1].read_bytes()  # type: ignore[union-attr]


def test_a_torn_archive_is_told_and_the_next_build_goes_on(tmp_path: Path) -> None:
    town = Town().person(0, 0, 10).facility("party_centre", 0, 20)
    study, out = town.write(tmp_path / "棋盘镇"), tmp_path / "out"
    pipeline.build(study, out, atlas=False, today=OCTOBER)
    (kept,) = archived(study)
    whole = kept.path.read_bytes()
    for torn in (whole[: len(whole) // 2], b"", whole[:200] + b"\xff" * 64 + whole[264:]):
        kept.path.write_bytes(torn)
        with pytest.raises(TableError, match="读不出来"):
            compare_since(study, OCTOBER, out)
    (kept.path.parent / "notes.txt").write_text("not ours", encoding="utf-8")
    pipeline.build(study, out, atlas=False, today=OCTOBER)
    assert compare_since(study, OCTOBER, out)[0].nothing
    assert kept.path.read_bytes() == whole


@pytest.mark.skipif(os.name == "nt", reason="a folder is made of a file")
def test_an_archive_that_cannot_be_written_holds_no_build_up(tmp_path: Path) -> None:
    study = Town().person(0, 0, 10).facility("party_centre", 0, 20).write(tmp_path / "棋盘镇")
    (study / ".jiujin").mkdir()
    (study / ".jiujin" / "archive").write_text("in the way", encoding="utf-8")
    pipeline.build(study, tmp_path / "out", atlas=False, today=OCTOBER)
    assert json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["study"] == "棋盘镇"
    assert archived(study) == []
