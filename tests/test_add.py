"""Facilities that come later: what `jiujin add` takes in, what it asks about, what it changes and what it leaves."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jiujin import pipeline, pipeline_additions
from jiujin.cli import app
from jiujin.errors import JiujinError
from jiujin.pipeline_additions import Author, Difference
from jiujin.reading.register import COLUMNS
from jiujin.reading.study_file import read_study
from jiujin.rendering import outputs, page
from jiujin.rendering.comparison import comparison_lines, comparison_object
from worlds import Town, lon_lat

NOON = Author(name="王", at=datetime(2026, 5, 1, 12, tzinfo=UTC))
CANTEEN = "elderly_canteen"


def town() -> Town:
    """Three old people at home, six at the far corner 1600 m away; one canteen at the corner."""
    small = Town(settings="[services.rukang_home]\nenabled = false\n[services.health_centre]\nenabled = false\n")
    return small.person(0, 0, 10, age60=3).person(800, 800, 20, age60=6).facility(CANTEEN, 800, 780, name="北苑食堂")


def table(folder: Path, *rows: dict[str, object], name: str = "新增.csv") -> Path:
    path = folder / name
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def at(x: float, y: float) -> dict[str, object]:
    lon, lat = lon_lat(x, y)
    return {"lon": f"{lon:.7f}", "lat": f"{lat:.7f}"}


def add(study: Path, *files: Path, out: Path | None, yes: bool = False, datum: str | None = None) -> Difference:
    return pipeline_additions.add(
        study, files, author=NOON, out=out, agree=lambda _: yes, datum=datum, atlas=False, cache=True
    )


def covered(difference: Difference, service: str = CANTEEN) -> tuple[float, float]:
    return difference.before[service]["covered"], difference.after[service]["covered"]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def register(study: Path) -> list[dict[str, str]]:
    with (study / "facilities_added.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return town().write(tmp_path / "棋盘镇")


def test_a_new_canteen_at_the_door_covers_the_three(study: Path, tmp_path: Path) -> None:
    ledger = study / "facilities.csv"
    before = ledger.read_bytes()
    new = table(tmp_path, {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)})
    found = add(study, new, out=tmp_path / "out")
    assert covered(found) == (6, 9)
    assert set(found.told()) == {"before", "after", "out"}
    assert set(found.after[CANTEEN]) == {"people", "covered", "pop_rate"}
    assert (tmp_path / "out" / "index.html").is_file()
    assert ledger.read_bytes() == before  # an office's file is never rewritten
    (row,) = register(study)
    assert (row["name"], row["service"], row["status"], row["source"]) == ("南苑食堂", CANTEEN, "operating", "新增.csv")
    assert list(row) == list(COLUMNS)
    assert (study / "facilities_added.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # Excel opens it as it is


def test_the_outputs_are_those_of_a_clean_build(study: Path, tmp_path: Path) -> None:
    pipeline.build(study, tmp_path / "out", atlas=False)
    new = table(tmp_path, {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)})
    add(study, new, out=tmp_path / "out")
    pipeline.build(study, tmp_path / "clean", atlas=False, cache=False)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "clean")


def test_a_dry_run_tells_and_writes_nothing(study: Path, tmp_path: Path) -> None:
    new = table(tmp_path, {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)})
    before = files_of(tmp_path)
    found = add(study, new, out=None)
    assert covered(found) == (6, 9)
    assert found.told()["out"] is None
    assert files_of(tmp_path) == before
    assert not (study / ".jiujin").exists()
    assert "试算" in found.lines()[-1]


def test_the_same_id_replaces_and_keeps_what_is_not_said(study: Path, tmp_path: Path) -> None:
    move = table(tmp_path, {"id": "F1", **at(0, 20)})
    found = add(study, move, out=tmp_path / "out")
    assert covered(found) == (6, 3)
    assert found.done[0].startswith("移动：助老食堂“北苑食堂”，编号 F1")
    facilities = (tmp_path / "out" / "tables" / "facilities.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(facilities) == 2
    assert facilities[1].startswith("F1,北苑食堂,elderly_canteen,")


def test_a_closed_facility_needs_no_position_and_no_longer_counts(study: Path, tmp_path: Path) -> None:
    found = add(study, table(tmp_path, {"id": "F1", "status": "停用"}), out=tmp_path / "out")
    assert covered(found) == (6, 0)
    assert found.done == ("停用：助老食堂“北苑食堂”，编号 F1（运营→停用）",)
    again = add(study, table(tmp_path, {"id": "F1", "status": "运营"}), out=tmp_path / "out")
    assert covered(again) == (0, 6)  # it reopens where it stood
    assert len(register(study)) == 1


def test_a_closed_facility_is_found_by_its_name_where_the_table_has_no_ids(study: Path, tmp_path: Path) -> None:
    closed = table(tmp_path, {"name": "北苑食堂", "type": "助老食堂", "status": "停用"})
    assert covered(add(study, closed, out=tmp_path / "out")) == (6, 0)


def test_closing_a_known_id_of_a_stated_service_complains_about_no_position(study: Path, tmp_path: Path) -> None:
    found = add(study, table(tmp_path, {"id": "F1", "type": "助老食堂", "status": "停用"}), out=tmp_path / "out")
    assert covered(found) == (6, 0)
    assert [one.found for one in found.problems if one.severity == "error"] == []


def test_a_row_without_position_that_nobody_knows_is_listed_once(study: Path, tmp_path: Path) -> None:
    rows = [{"id": "F1", "type": "助老食堂", "status": "停用"}, {"id": "F7", "type": "助老食堂", "status": "停用"}]
    found = add(study, table(tmp_path, *rows), out=tmp_path / "out")
    errors = [(one.row, one.found) for one in found.problems if one.severity == "error"]
    assert errors == [(3, "“F7”没有坐标，也不是现有设施")]


def test_adding_the_same_file_twice_adds_one_facility(study: Path, tmp_path: Path) -> None:
    new = table(tmp_path, {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)})
    add(study, new, out=tmp_path / "out")
    first = (study / "facilities_added.csv").read_bytes()
    again = add(study, new, out=tmp_path / "out")
    assert (study / "facilities_added.csv").read_bytes() == first
    assert again.done == ("无变化：助老食堂“南苑食堂”，编号 elderly_canteen::南苑食堂",)
    assert again.lines()[-1].startswith("登记表不变")


def test_a_row_that_says_what_the_ledger_says_changes_nothing_and_hides_no_ledger(study: Path, tmp_path: Path) -> None:
    same = {"id": "F1", "name": "北苑食堂", "type": "助老食堂", **at(800, 780)}
    found = add(study, table(tmp_path, same), out=tmp_path / "out")
    assert found.done == ("无变化：助老食堂“北苑食堂”，编号 F1",)
    assert not (study / "facilities_added.csv").exists()
    for said in (
        {"capacity": "30"},
        {"name": "北苑新食堂"},
        {"opened": "2020-05-01"},
        {"township": "西镇"},
        at(800, 780.3),
    ):
        told = add(study, table(tmp_path, same | said), out=None)
        assert told.done[0].startswith("更新：助老食堂"), said


def test_a_row_that_is_given_twice_is_one_facility_and_its_namesake_elsewhere_another(
    study: Path, tmp_path: Path
) -> None:
    row = {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)}
    twice, elsewhere = table(tmp_path, row, row), table(tmp_path, {**row, **at(400, 0)}, name="别处.csv")
    found = add(study, twice, twice, elsewhere, out=tmp_path / "out", yes=True)
    assert [line.split("：")[0] for line in found.done] == ["新增", "无变化", "无变化", "无变化", "新增"]
    assert found.done[1].endswith("编号 elderly_canteen::南苑食堂（同一次添加中重复的行）")
    assert [each["id"] for each in register(study)] == ["elderly_canteen::南苑食堂", "elderly_canteen::南苑食堂#2"]


def test_of_two_rows_for_one_facility_the_later_counts_also_where_it_goes_back(study: Path, tmp_path: Path) -> None:
    move, back = {"id": "F1", "type": "助老食堂", **at(0, 20)}, {"id": "F1", "type": "助老食堂", **at(800, 780)}
    found = add(study, table(tmp_path, move, back), out=tmp_path / "out")
    assert [line[:2] for line in found.done] == ["移动", "更新"]
    assert covered(found) == (6, 6)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "X9", "name": "别的食堂", "type": "助老食堂", **at(800, 800)},  # 20 m away
        {"id": "X9", "name": "北苑 食堂", "type": "助老食堂", **at(0, 0)},  # the same name elsewhere
    ],
)
def test_another_id_with_the_same_name_or_place_is_asked_about(
    study: Path, tmp_path: Path, row: dict[str, object]
) -> None:
    new = table(tmp_path, row)
    pipeline.build(study, tmp_path / "out", atlas=False)
    before = files_of(tmp_path / "out")
    with pytest.raises(JiujinError, match="确是另一处请加 --yes") as told:
        add(study, new, out=tmp_path / "out")
    assert told.value.problems[0].row == 2
    assert files_of(tmp_path / "out") == before
    assert not (study / "facilities_added.csv").exists()
    found = add(study, new, out=tmp_path / "out", yes=True)
    assert [row["id"] for row in register(study)] == ["X9"]
    assert found.done[0].startswith("新增")


def test_another_service_in_the_same_house_is_no_doubt(study: Path, tmp_path: Path) -> None:
    new = table(tmp_path, {"id": "X9", "name": "北苑食堂", "type": "党群服务中心", **at(800, 780)})
    assert covered(add(study, new, out=tmp_path / "out"), "party_centre") == (0, 20)


def test_a_moved_facility_does_not_stand_in_its_own_way(study: Path, tmp_path: Path) -> None:
    new = table(
        tmp_path,
        {"id": "F1", "name": "", "type": "", "status": "停用"},
        {"id": "X9", "name": "北苑食堂", "type": "助老食堂", "status": "", **at(800, 790)},
    )
    assert covered(add(study, new, out=tmp_path / "out")) == (6, 6)


def test_rows_that_cannot_be_used_are_listed_and_the_rest_goes_on(study: Path, tmp_path: Path) -> None:
    new = table(
        tmp_path,
        {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)},
        {"name": "无坐标食堂", "type": "助老食堂", "lon": "", "lat": ""},
        {"name": "理发店", "type": "理发", **at(200, 0)},
        {"name": "远方食堂", "type": "助老食堂", **at(60_000, 0)},
    )
    found = add(study, new, out=tmp_path / "out")
    assert [row["name"] for row in register(study)] == ["南苑食堂"]
    assert {(one.row, one.rule) for one in found.problems if one.severity == "error"} == {
        (3, "missing_position"),
        (4, "unknown_type"),
        (5, "far_outside"),
    }


def test_nothing_usable_ends_the_command_and_changes_nothing(study: Path, tmp_path: Path) -> None:
    with pytest.raises(JiujinError, match="没有一行可以采用"):
        add(study, table(tmp_path, {"name": "理发店", "type": "理发", **at(0, 0)}), out=tmp_path / "out")
    with pytest.raises(JiujinError, match="没有这个文件"):
        add(study, tmp_path / "没有.xlsx", out=tmp_path / "out")
    assert not (study / "facilities_added.csv").exists()
    assert not (tmp_path / "out").exists()


def test_the_datum_is_stated_for_a_few_points(tmp_path: Path) -> None:
    from jiujin.coordinates import gcj02_from_wgs84

    folder = town().write(tmp_path / "棋盘镇")
    toml = folder / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('facilities = "wgs84"', ""), encoding="utf-8")
    lon, lat = gcj02_from_wgs84(*lon_lat(0, 20))  # type: ignore[arg-type]
    new = table(tmp_path, {"name": "南苑食堂", "type": "助老食堂", "lon": float(lon), "lat": float(lat)})
    with pytest.raises(JiujinError, match="--datum"):
        add(folder, new, out=tmp_path / "out")  # one point tells nothing, and nothing is guessed
    found = add(folder, new, out=tmp_path / "out", datum="gcj02")
    (row,) = register(folder)
    assert float(row["lon"]) == pytest.approx(lon_lat(0, 20)[0], abs=2e-7)
    assert found.after[CANTEEN]["covered"] >= 3


def test_what_people_write_into_the_register_by_hand_stays(study: Path, tmp_path: Path) -> None:
    new = {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)}
    add(study, table(tmp_path, new), out=tmp_path / "out")
    path = study / "facilities_added.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_bytes(
        "\r\n".join([lines[0] + ",核实情况,备注", lines[1] + ",已核实,二楼", ""]).encode("gbk")
    )  # as WPS may save it
    add(study, table(tmp_path, {"id": "F1", "status": "停用"}), out=tmp_path / "out")
    rows = register(study)
    assert [(row["核实情况"], row["备注"]) for row in rows] == [("已核实", "二楼"), ("", "")]
    kinds = [entry.kind for entry in pipeline_additions.history(study)]
    assert kinds == ["add", "edit", "add"]


def test_a_scenario_of_the_page_stands_where_the_page_put_it(study: Path, tmp_path: Path) -> None:
    """Its street position is taken as stated on the same streets, and measured anew on others."""
    results = pipeline.run(read_study(study))
    lon, lat = lon_lat(0, 20)
    site = {"name": "拟建点位1", "service": CANTEEN, "lon": lon, "lat": lat}
    street = {"street_way": 1, "street_piece": 1, "street_cm": 500, "street_leg_cm": 4321}
    for fingerprint, leg in ((results.streets.fingerprint(), "43.21"), ("0" * 16, "0")):
        feature = {
            "type": "Feature",
            "properties": {**site, **street, "network_hash": fingerprint},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }
        path = tmp_path / "方案.geojson"
        text = {"type": "FeatureCollection", "jiujin": {"study": "棋盘镇"}, "features": [feature]}
        path.write_text(json.dumps(text), encoding="utf-8")
        add(study, path, out=tmp_path / "out")
        with (tmp_path / "out" / "tables" / "facilities.csv").open(encoding="utf-8-sig") as file:
            rows = {row["name"]: row for row in csv.DictReader(file)}
        assert float(rows["拟建点位1"]["snapped_m"]) == pytest.approx(float(leg), abs=0.02)
        pipeline_additions.undo(study, author=NOON, out=tmp_path / "out", atlas=False)


def test_undo_goes_back_step_by_step_and_history_keeps_everything(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pipeline.build(study, out, atlas=False)
    states = [files_of(out)]
    add(study, table(tmp_path, {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)}), out=out)
    states.append(files_of(out))
    add(study, table(tmp_path, {"id": "F1", "status": "停用"}), out=out)
    for state in reversed(states):
        pipeline_additions.undo(study, author=NOON, out=out, atlas=False)
        assert files_of(out) == state
    assert not (study / "facilities_added.csv").exists()
    with pytest.raises(JiujinError, match="没有可以撤销的添加"):
        pipeline_additions.undo(study, author=NOON, out=out, atlas=False)
    entries = pipeline_additions.history(study)
    assert [(entry.number, entry.kind, entry.takes_back) for entry in entries] == [
        (1, "add", None), (2, "add", None), (3, "undo", 2), (4, "undo", 1),
    ]  # fmt: skip
    assert entries[0].files[0][0] == "新增.csv"
    assert entries[0].figures["after"][CANTEEN]["covered"] == 9


def test_what_is_taken_back_needs_nothing_written_again(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = [
        table(tmp_path, {"name": name, "type": "助老食堂", **at(x, 20)}, name=f"{name}.csv")
        for name, x in (("南苑", 0), ("东苑", 400))
    ]
    add(study, new[0], out=tmp_path / "out")
    before = files_of(tmp_path / "out")
    for _ in range(2):
        add(study, new[1], out=tmp_path / "out")
        with monkeypatch.context() as now:
            for name in ("write_workbook", "write_parquet", "write_frame", "write_geojson"):
                now.setattr(outputs, name, lambda *_, **__: pytest.fail("written again"))
            now.setattr(page, "html_of", lambda *_: pytest.fail("written again"))
            pipeline_additions.undo(study, author=NOON, out=tmp_path / "out", atlas=False)
        assert files_of(tmp_path / "out") == before
    held = list((study / ".jiujin" / "cache").glob("output-*-tables.xlsx"))
    assert len(held) == 2
    (tmp_path / "out" / "tables.xlsx").write_bytes(b"by somebody")  # in place: under both its names
    pipeline.build(study, tmp_path / "out", atlas=False)
    assert files_of(tmp_path / "out") == before


def test_a_clock_that_goes_back_changes_neither_order_nor_undo(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for year, name in ((2026, "甲食堂"), (1999, "乙食堂")):
        author = Author(name="王", at=datetime(year, 1, 1, tzinfo=UTC))
        new = table(tmp_path, {"name": name, "type": "助老食堂", **at(0, 100 if year == 1999 else 20)})
        pipeline_additions.add(study, [new], author=author, out=out, atlas=False)
    found = pipeline_additions.undo(study, author=NOON, out=out, atlas=False)
    assert "第 2 次" in found.done[0]
    assert [row["name"] for row in register(study)] == ["甲食堂"]


def test_a_table_that_is_open_in_excel_keeps_register_and_outputs_as_they_were(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(study, table(tmp_path, {"name": "南苑食堂", "type": "助老食堂", **at(0, 20)}), out=tmp_path / "out")
    (tmp_path / "out" / "~$tables.xlsx").write_bytes(b"\x01W")
    before = files_of(tmp_path / "out"), register(study)
    more = table(tmp_path, {"name": "东苑食堂", "type": "助老食堂", **at(400, 20)}, name="东苑.csv")
    rename = Path.rename

    def windows(path: Path, target: Path) -> Path:
        if path == tmp_path / "out":
            raise PermissionError(13, "used by another process", str(path))
        return rename(path, target)

    with monkeypatch.context() as open_now:
        open_now.setattr("jiujin.rendering.staging._exchange", lambda *_: False)
        open_now.setattr(Path, "rename", windows)
        with pytest.raises(JiujinError, match=r"请关闭 tables\.xlsx 后重新运行"):
            add(study, more, out=tmp_path / "out")
    assert (files_of(tmp_path / "out"), register(study)) == before
    assert len(pipeline_additions.history(study)) == 1
    assert covered(add(study, more, out=tmp_path / "out")) == (9, 9)
    assert len(register(study)) == 2


def test_two_builds_are_compared_by_service_place_and_person(study: Path, tmp_path: Path) -> None:
    pipeline.build(study, tmp_path / "old", atlas=False)
    new = table(
        tmp_path,
        {"id": "F1", "name": "", "type": "", "status": "停用"},
        {"id": "N1", "name": "南苑食堂", "type": "助老食堂", "status": "", **at(0, 20)},
    )
    add(study, new, out=tmp_path / "new")
    changes = pipeline_additions.compare(tmp_path / "old", tmp_path / "new")
    told = {row["service"]: row for row in comparison_object(changes)["services"]}[CANTEEN]
    assert (told["covered_before"], told["covered_after"]) == (6, 3)
    assert (told["newly"], told["no_longer"]) == (3, 6)  # a difference of -3 hides nine people
    assert len(changes.communities) == 1
    assert any("6→3" in line for line in comparison_lines(changes))
    same = pipeline_additions.compare(tmp_path / "new", tmp_path / "new")
    assert same.nothing
    shown = tmp_path / "change.html"
    told = CliRunner().invoke(app, ["compare", str(tmp_path / "old"), str(tmp_path / "new"), "--map", str(shown)])
    assert told.exit_code == 0
    assert '"before":"上次成果"' in shown.read_text("utf-8")
    assert '"people":[3.0,6.0]' in shown.read_text("utf-8")
    with pytest.raises(JiujinError, match=r"index\.html"):
        (tmp_path / "new" / "index.html").rename(tmp_path / "index.html")
        pipeline_additions.compare(tmp_path / "old", tmp_path / "new", on_map=shown)
    with pytest.raises(JiujinError, match=r"summary\.json"):
        pipeline_additions.compare(tmp_path / "old", tmp_path)
    with pytest.raises(JiujinError, match="没有文件夹") as nowhere:
        pipeline_additions.compare(tmp_path / "old", tmp_path / "没有")
    assert len(nowhere.value.problems) == 1


def test_targets_are_told_in_their_unit_and_shares_as_shares(study: Path, tmp_path: Path) -> None:
    text = (study / "study.toml").read_text(encoding="utf-8")
    text += f"""
[[targets]]
id = "count"
label = "食堂数"
measure = "site_count"
service = "{CANTEEN}"
goal = 9
unit = "家"
[[targets]]
id = "share"
label = "可达率"
measure = "pop_rate"
service = "{CANTEEN}"
goal = 0.9
"""
    (study / "study.toml").write_text(text, encoding="utf-8")
    pipeline.build(study, tmp_path / "old", atlas=False)
    new = table(tmp_path, {"id": "N1", "name": "南苑食堂", "type": "助老食堂", **at(0, 20)})
    add(study, new, out=tmp_path / "new", datum="wgs84")
    said = "\n".join(comparison_lines(pipeline_additions.compare(tmp_path / "old", tmp_path / "new")))
    assert "指标“食堂数”：1→2家（目标 9）" in said
    assert "指标“可达率”：66.67%→100.00%（目标 90.00%）" in said
    assert "nan" not in said


def test_the_history_names_services_as_people_do(study: Path, tmp_path: Path) -> None:
    new = table(tmp_path, {"id": "N1", "name": "南苑食堂", "type": "助老食堂", **at(0, 20)})
    add(study, new, out=tmp_path / "out", datum="wgs84")
    told = CliRunner().invoke(app, ["history", str(study)]).stdout
    assert "助老食堂：人口覆盖率 66.67%→100.00%" in told
    assert re.search(r"第 1 次　\d{4}-\d\d-\d\d \d\d:\d\d:\d\d，", told)
