"""How much housing and residential land, and how many compounds, lie within reach, where the study has them."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, Polygon, box

import jiujin
from jiujin.pipeline import run
from jiujin.reading.residential import each_once, is_residential
from jiujin.reading.study_file import read_study
from jiujin.rendering.outputs import summary
from jiujin.rendering.report import write_report
from jiujin.rendering.wording import caliber
from jiujin.rendering.workbook import write_workbook
from worlds import ORIGIN, Town, lon_lat


def block(x: float, y: float, wide: float = 10, high: float = 10) -> Polygon:
    return Polygon([lon_lat(*at) for at in ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))])


def town(folder: Path, houses: list[tuple[float, float, int]]) -> Path:
    Town().person(0, 5, age60=1).facility("elderly_canteen", 0, 0).write(folder)
    frame = {"层数": [floors for *_, floors in houses]}
    named(folder, "buildings", gpd.GeoDataFrame(frame, geometry=[block(x, y) for x, y, _ in houses], crs=4326))
    return folder


def named(folder: Path, key: str, layer: gpd.GeoDataFrame) -> None:
    """Write a layer into a study and name it there."""
    (folder / f"{key}.geojson").write_text(layer.to_json(), encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    said = text.replace("[inputs]\n", f'[inputs]\n{key} = "{key}.geojson"\n')
    (folder / "study.toml").write_text(said, encoding="utf-8")


EAST, NORTH = (-ORIGIN[0] % 50, -ORIGIN[1] % 50)
"""From here the 50 m grid of the plane is counted."""


def land_town(folder: Path) -> Path:
    """
    A street of 1,000 m with a canteen at its west end, two parcels of residential land along it, and a factory.

    The squares of 50 m of the first, at 300 m, are walked to from 350 and 400 m; of those of the second, at 650 m, only
    one is within 720 m on foot (675 m and 25 m aside; the others 750 m and more) and two are in the circle. The border
    of two communities runs between them, and a third has no such land.
    """
    at = [(EAST + x, NORTH) for x in (0, 500, 1000)]
    county = Town(size=0).way(*at).person(*at[0], age60=1).facility("elderly_canteen", *at[0])
    borders = [("370000001001", -500.0, 600.0), ("370000001002", 600.0, 1500.0), ("370000001003", 1500.0, 2000.0)]
    county.communities = [
        (code, f"{code[-1]}社区", "urban", (EAST + west, NORTH - 500, EAST + east, NORTH + 500))
        for code, west, east in borders
    ]
    county.write(folder)
    parcels = {
        "0701": block(EAST + 300, NORTH, 100, 50),
        "R2": block(EAST + 650, NORTH, 100, 100),
        "1001": block(EAST + 450, NORTH, 90, 90),
    }
    named(folder, "residential", gpd.GeoDataFrame({"DLBM": list(parcels)}, geometry=list(parcels.values()), crs=4326))
    return folder


@pytest.fixture(scope="module")
def land(tmp_path_factory):
    return run(read_study(land_town(tmp_path_factory.mktemp("land"))))


def test_floor_space_is_covered_where_the_walk_is_within_reach(tmp_path):
    """600 m on foot, within the 720 m of town; 1,600 m, three times as high, beyond it, as in a straight line."""
    results = run(read_study(town(tmp_path, [(395, 195, 1), (795, 795, 3)])))
    told = summary(results)["housing"]["elderly_canteen"]
    assert told["all"]["area_m2"] == pytest.approx(400, rel=1e-3)
    assert told["all"]["rate"] == pytest.approx(0.25, rel=1e-3)
    assert told["all"]["radius_rate"] == pytest.approx(0.25, rel=1e-3)
    assert told["rural"]["rate"] is None
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize(
    ("use", "counts"),
    [
        ("07", True), ("0701", True), ("070102", True), ("R", True), ("R2", True), ("R21a", True), ("农村宅基地", True),
        ("城镇住宅用地", True), ("0702 农村宅基地", True), ("residential", True), ("商住混合", False), ("1001", False),
        ("A33", False), ("Road", False), ("0507", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_land_is_residential_by_its_code_or_its_name(use, counts):
    assert is_residential(use) == counts


def test_of_a_large_parcel_only_the_squares_within_reach_count(land):
    told = summary(land)["residential_land"]["elderly_canteen"]
    for kind in ("all", "urban"):
        assert told[kind]["area_m2"] == pytest.approx(15_000, rel=1e-3)
        assert told[kind]["covered_m2"] == pytest.approx(7_500, rel=1e-3)
        assert told[kind]["rate"] == pytest.approx(0.5, rel=1e-3)
        assert told[kind]["radius_rate"] == pytest.approx(2 / 3, rel=1e-3)
    assert told["rural"] == {"area_m2": 0, "covered_m2": 0, "rate": None, "radius_rate": None}
    assert any(problem.rule == "residential_land" and "3 个地块中有 2 个" in problem.found for problem in land.problems)


def test_the_workbook_the_report_and_the_caliber_tell_of_it(land, tmp_path):
    write_workbook(land, tmp_path / "tables.xlsx")
    rows = [row[:7] for row in openpyxl.load_workbook(tmp_path / "tables.xlsx")["汇总"].iter_rows(values_only=True)]
    mine = next(row for row in rows if row[:3] == ("助老食堂", "居住用地覆盖率", "全县"))
    assert mine[3:] == pytest.approx((1.5, 0.75, 0.5, 2 / 3), rel=1e-3)
    assert ("助老食堂", "居住用地覆盖率", "乡村", 0, 0, "—", "—") in rows
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["附表2-2 助老食堂"]
    head, *rates = (row[-1] for row in sheet.iter_rows(min_row=3, max_row=8, values_only=True))
    assert head.replace("\n", "") == "居住用地覆盖率"
    assert rates.pop(2) == "—"
    assert rates == pytest.approx([1, 0.25, 0.5, 0.5], rel=1e-3)  # two communities, township, county
    write_report(land, tmp_path / "report.docx")
    document = Document(tmp_path / "report.docx")
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "居住用地覆盖率＝服务标准内的居住用地面积÷居住用地总面积" in text
    cells = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert ["助老食堂", "居住用地", "1.50", "0.75", "50.0%", "66.7%"] in cells
    told = caliber(land)
    assert "未提供住宅建筑、住宅小区图层，不计算住宅建筑覆盖率、住宅小区覆盖率。" in told


def test_a_study_without_such_layers_says_so_and_shows_no_zero(tmp_path):
    folder = Town().person(0, 5, age60=1).facility("elderly_canteen", 0, 0).write(tmp_path)
    results = run(read_study(folder))
    assert not {"housing", "residential_land", "compounds"} & set(summary(results))
    assert results.answers.areas.empty
    assert results.answers.compounds.empty
    told = "未提供住宅建筑、居住用地、住宅小区图层，不计算住宅建筑覆盖率、居住用地覆盖率、住宅小区覆盖率。"
    assert told in caliber(results)
    write_workbook(results, tmp_path / "tables.xlsx")
    cells = [c for row in openpyxl.load_workbook(tmp_path / "tables.xlsx")["汇总"].values for c in row if c]
    assert [c for c in cells if "居住用地" in str(c)] == [next(c for c in cells if told in str(c))]


def test_a_layer_without_any_residential_land_stops_the_work_and_says_what_is_wanted(tmp_path):
    land_town(tmp_path)
    layer = gpd.read_file(tmp_path / "residential.geojson")
    layer[layer["DLBM"] == "1001"].to_file(tmp_path / "residential.geojson", driver="GeoJSON")
    with pytest.raises(jiujin.TableError) as caught:
        run(read_study(tmp_path))
    assert [problem.rule for problem in caught.value.problems if problem.severity == "error"] == ["no_residential"]


def test_land_that_parcels_share_counts_once(land, tmp_path):
    """The parcels of `land_town`, with a sheet over the whole of the first and a square of the second drawn again."""
    land_town(tmp_path)
    layer = gpd.read_file(tmp_path / "residential.geojson")
    again = [block(EAST + 300, NORTH, 100, 50), block(EAST + 700, NORTH + 50, 50, 50)]
    further = gpd.GeoDataFrame({"DLBM": ["0701", "R2"]}, geometry=again, crs=4326)
    (tmp_path / "residential.geojson").write_text(pd.concat([layer, further]).to_json(), encoding="utf-8")
    results = run(read_study(tmp_path))
    told = summary(results)["residential_land"]["elderly_canteen"]["all"]
    once = summary(land)["residential_land"]["elderly_canteen"]["all"]
    assert told == {name: pytest.approx(value, rel=1e-4) for name, value in once.items()}
    (problem,) = [each for each in results.problems if each.rule == "residential_twice"]
    assert "0.75 公顷" in problem.found
    assert "residential_twice" not in {each.rule for each in land.problems}


CORNERS = st.tuples(*[st.integers(0, 12)] * 4).map(lambda c: (*c[:2], c[0] + 1 + c[2], c[1] + 1 + c[3]))


@given(st.lists(CORNERS, min_size=1, max_size=8))
def test_no_spot_is_in_two_parcels_and_none_is_lost(corners):
    parcels = np.array([box(*each) for each in corners], object)
    left = each_once(parcels)
    assert shapely.area(left).sum() == pytest.approx(shapely.area(shapely.union_all(parcels)))
    assert shapely.union_all(left).symmetric_difference(shapely.union_all(parcels)).area == pytest.approx(0)
    assert left[0].equals(parcels[0])


def compound_town(folder: Path) -> Path:
    """
    A street of 1,000 m with a canteen at its west end, and compounds of 200 m by 200 m north of it, 20 m away.

    The first, about 300 m east, opens to the street: from its middle 100 m x 1.15 to the gate, 20 m, 300 m along the
    street, 435 m. The second, about 660 m east, opens to the north only: 115 m, 220 m and 660 m are 995 m, beyond the
    720 m on foot, though it is 671 m straight. The third is beyond both. The first is drawn twice, and a fourth lies in
    no community.
    """
    at = [(x, 0.0) for x in (0, 500, 1000)]
    county = Town(size=0).way(*at).person(*at[0], age60=1).facility("elderly_canteen", *at[0])
    borders = [("370000001001", -500, 540), ("370000001002", 540, 1500), ("370000001003", 1500, 2000)]
    county.communities = [(code, f"{code[-1]}社区", "urban", (west, -500, east, 500)) for code, west, east in borders]
    county.write(folder)
    walls = [block(x, 20, 200, 200) for x in (200, 560, 1100, 202, 2300)]
    gates = [Point(lon_lat(*gate)) for gate in ((300, 20), (660, 220), (1200, 20))]
    named(folder, "compounds", gpd.GeoDataFrame(geometry=[*walls, *gates], crs=4326))
    return folder


@pytest.fixture(scope="module")
def walled(tmp_path_factory):
    return run(read_study(compound_town(tmp_path_factory.mktemp("walled"))))


def test_a_compound_is_covered_where_the_walk_from_its_middle_through_its_gate_is_within_reach(walled):
    told = summary(walled)["compounds"]["elderly_canteen"]
    for kind in ("all", "urban"):
        assert told[kind] == {
            "compounds": 3, "covered": 1, "rate": pytest.approx(1 / 3), "radius_rate": pytest.approx(2 / 3),
        }  # fmt: skip
    assert told["rural"] == {"compounds": 0, "covered": 0, "rate": None, "radius_rate": None}
    json.dumps(told, allow_nan=False)
    parts = walled.answers.community_compounds
    mine = parts[parts["service"] == "elderly_canteen"][["community_code", "compounds", "covered", "rate"]]
    assert mine.to_numpy().tolist() == [["370000001001", 1, 1, 1.0], ["370000001002", 2, 0, 0.0]]


def test_a_compound_drawn_twice_counts_once_and_one_outside_all_communities_not_at_all(walled):
    told = {problem.rule: problem.found for problem in walled.problems}
    assert told["compound_twice"].startswith("1 个小区")
    assert told["compound_outside"].startswith("1 个小区（共 4 个）")


def test_compounds_stand_in_the_workbook_the_report_and_the_caliber(walled, tmp_path):
    write_workbook(walled, tmp_path / "tables.xlsx")
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    rows = [row[:7] for row in book["汇总"].iter_rows(values_only=True)]
    mine = next(row for row in rows if row[:3] == ("助老食堂", "住宅小区覆盖率", "全县"))
    assert mine[3:] == pytest.approx((3, 1, 1 / 3, 2 / 3))
    assert rows.count(("四、住宅小区覆盖情况", *[None] * 6)) == 1
    last = [row[-1] for row in book["附表2-2 助老食堂"].iter_rows(min_row=3, max_row=8, values_only=True)]
    assert [str(last[0]).replace("\n", ""), *last[1:4]] == ["住宅小区覆盖率", 1, 0, "—"]
    assert last[4:] == pytest.approx([1 / 3, 1 / 3])  # township, county
    write_report(walled, tmp_path / "report.docx")
    document = Document(tmp_path / "report.docx")
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "全县3个住宅小区中，在服务标准内的占比分别为" in text
    cells = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert ["助老食堂", "3", "1", "33.3%", "66.7%"] in cells
    assert any(line.startswith("住宅小区覆盖率＝服务标准内的住宅小区个数÷住宅小区总个数") for line in caliber(walled))


def test_where_every_compound_lies_outside_there_is_no_rate(tmp_path):
    compound_town(tmp_path)
    far = gpd.GeoDataFrame(geometry=[block(2300, 20, 200, 200)], crs=4326)
    (tmp_path / "compounds.geojson").write_text(far.to_json(), encoding="utf-8")
    told = summary(run(read_study(tmp_path)))["compounds"]["elderly_canteen"]["all"]
    assert told == {"compounds": 0, "covered": 0, "rate": None, "radius_rate": None}
