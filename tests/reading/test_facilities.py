"""A ledger as it came becomes sites with a service, a place and a state; every row that does not is listed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.coordinates import Plane, gcj02_from_wgs84
from jiujin.errors import StudyError
from jiujin.network.streets import Streets
from jiujin.reading.facilities import COLUMNS, read_candidates, read_facilities
from jiujin.reading.facilities_services import ServiceWords
from jiujin.study import Inputs, Reach, Service, Study

PLANE = Plane(epsg=4548)
AS_OF = date(2023, 12, 31)
SERVICES = tuple(
    Service(id=key, label=label, group="total", reach=Reach(urban_m=1000, rural_m=1500), aliases=aliases)
    for key, label, aliases in (
        ("party_centre", "党群服务中心", ("党群服务站", "社区综合服务中心", "便民服务中心")),
        ("elderly_canteen", "助老食堂", ("长者食堂", "幸福食堂", "canteen")),
        ("rukang_home", "如康家园", ("残疾人之家",)),
        ("health_centre", "社区卫生服务中心", ("卫生院", "乡镇卫生院", "health")),
    )
)
WEST, SOUTH, STEP = 117.10, 36.60, 0.004


@pytest.fixture(scope="module")
def streets():
    """A grid of streets every 0.004 degree, 10 by 10 blocks."""
    at = np.arange(11) * STEP
    starts = [(x, 0.0) for x in at] + [(0.0, y) for y in at]
    ends = [(x, at[-1]) for x in at] + [(at[-1], y) for y in at]
    lon = np.array([point[0] for pair in zip(starts, ends, strict=True) for point in pair]) + WEST
    lat = np.array([point[1] for pair in zip(starts, ends, strict=True) for point in pair]) + SOUTH
    count = len(starts)
    return Streets(
        lon_e7=np.round(lon * 1e7).astype(np.int32),
        lat_e7=np.round(lat * 1e7).astype(np.int32),
        start=np.arange(0, 2 * count, 2, dtype=np.int32),
        end=np.arange(1, 2 * count, 2, dtype=np.int32),
        length_cm=np.full(count, 100_000, np.int32),
        way=np.arange(count, dtype=np.int64),
        step_free=np.ones(count, np.bool_),
        street_class=np.zeros(count, np.uint8),
    )


@pytest.fixture(scope="module")
def communities():
    """Two communities, west and east half of the grid; both names occur in one township only."""
    middle, far, top = WEST + 5 * STEP, WEST + 10 * STEP, SOUTH + 10 * STEP
    return gpd.GeoDataFrame(
        {"code": ["370101001001", "370101001002"], "name": ["南关社区", "北关社区"], "township": ["城关街道"] * 2},
        geometry=[shapely.box(WEST, SOUTH, middle, top), shapely.box(middle, SOUTH, far, top)],
        crs=4326,
    )


def site(at, **cells):
    """A row near a street corner; `at` numbers the corners."""
    lon, lat = WEST + (at % 10) * STEP + 0.0003, SOUTH + (at // 10 % 10) * STEP + 0.00015
    return {"name": f"第{at}助老食堂", "type": "助老食堂", "lon": round(lon, 6), "lat": round(lat, 6), **cells}


class Office:
    """A study folder into which a test puts files."""

    def __init__(self, folder, streets, communities):
        self.folder, self.streets, self.communities = folder, streets, communities
        self.files = []

    def csv(self, name, rows, encoding="utf-8-sig"):
        pd.DataFrame(rows).to_csv(self.folder / name, index=False, encoding=encoding)
        self.files.append(self.folder / name)

    def excel(self, name, sheets):
        with pd.ExcelWriter(self.folder / name, engine="xlsxwriter") as book:
            for sheet, rows in sheets.items():
                pd.DataFrame(rows).to_excel(book, sheet_name=sheet, index=False)
        self.files.append(self.folder / name)

    def geojson(self, name, features, **extra):
        collection = {"type": "FeatureCollection", **extra, "features": features}
        (self.folder / name).write_text(json.dumps(collection), encoding="utf-8")
        self.files.append(self.folder / name)

    def study(self, datums=None):
        files = tuple(path for path in self.files if path.name != "facilities_added.csv")
        inputs = Inputs(facilities=files, communities=(), population=(), streets=())
        datums = {"facilities": "wgs84"} if datums is None else datums
        return Study(name="试验县", folder=self.folder, as_of=AS_OF, inputs=inputs, services=SERVICES, datums=datums)

    def read(self, datums=None):
        return read_facilities(self.study(datums), streets=self.streets, plane=PLANE, communities=self.communities)


@pytest.fixture
def office(tmp_path, streets, communities):
    return Office(tmp_path, streets, communities)


def rules(problems, *, ignore=("service_from_context", "service_from_name", "datum_decided", "datum_converted")):
    return [problem.rule for problem in problems if problem.rule not in ignore]


def test_a_plain_ledger_becomes_the_frame(office):
    office.csv(
        "facilities.csv",
        [
            site(1, id="B", name="乙食堂", capacity=50),
            site(2, id="A", name="甲食堂", township="城关街道"),
            site(3, id="C", name="南关社区党群服务中心", type="党群服务中心"),
        ],
    )
    frame, problems = office.read()
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["id"]) == ["C", "A", "B"]
    assert list(frame["service"]) == ["party_centre", "elderly_canteen", "elderly_canteen"]
    assert frame["counted"].all()
    assert frame["counted"].dtype == bool
    assert list(frame["row"]) == [4, 3, 2]
    assert list(frame["capacity"].isna()) == [True, True, False]
    assert (frame["street_way"] == -1).all()
    assert list(frame["source"]) == ["facilities.csv"] * 3
    assert frame["lon"].iloc[2] == site(1)["lon"]
    assert not problems


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("助老食堂", ("elderly_canteen",)),
        ("党群服务中心、助老食堂", ("party_centre", "elderly_canteen")),
        ("党群服务中心（内设长者食堂、残疾人之家）", ("party_centre", "elderly_canteen", "rukang_home")),
        ("卫生院（社区卫生服务中心）", ("health_centre",)),
        ("社区卫生服务站", ()),
        ("村卫生室", ()),
        ("社区卫生服务中心", ("health_centre",)),
        ("城关镇乡镇卫生院", ("health_centre",)),
        ("ELDERLY_CANTEEN", ("elderly_canteen",)),
        ("Canteen", ("elderly_canteen",)),
        ("healthy living", ()),
        ("Ｃａｎｔｅｅｎ", ("elderly_canteen",)),
        ("学校", ()),
        ("", ()),
    ],
)
def test_the_longest_words_tell_the_service(text, services):
    assert ServiceWords(SERVICES).told_by(text).services == services


def test_a_station_is_no_centre_and_is_listed(office):
    office.csv("f.csv", [site(1, type="社区卫生服务站"), site(2, type="小学"), site(3)])
    frame, problems = office.read()
    assert len(frame) == 1
    assert [(problem.rule, problem.row, problem.severity) for problem in problems] == [
        ("unknown_type", 2, "error"),
        ("unknown_type", 3, "error"),
    ]


def test_without_a_type_column_sheet_then_title_then_file_then_name_tell(office):
    def plain(at):
        return {"设施名称": f"{at}号点", "经度": site(at)["lon"], "纬度": site(at)["lat"]}

    office.excel("设施.xlsx", {"长者食堂": [plain(1)], "如康家园": [plain(2)]})
    office.csv("全县党群服务中心名单.csv", [plain(3)])
    office.csv("名单.csv", [{**plain(4), "设施名称": "东关社区卫生服务中心"}, {**plain(5), "设施名称": "某处"}])
    frame, problems = office.read()
    assert list(frame["service"]) == ["party_centre", "elderly_canteen", "rukang_home", "health_centre"]
    assert [problem.rule for problem in problems].count("service_from_context") == 3
    assert [(p.rule, p.row) for p in problems if p.rule == "unknown_type"] == [("unknown_type", 3)]


def test_one_building_with_two_services_is_two_sites(office):
    office.csv("f.csv", [site(1, name="南关综合体", type="党群服务中心、助老食堂", id="Z1")])
    frame, problems = office.read()
    assert list(zip(frame["id"], frame["service"], strict=True)) == [("Z1", "party_centre"), ("Z1", "elderly_canteen")]
    assert not problems


def test_made_up_ids_do_not_change_when_rows_are_sorted_or_added(office):
    rows = [
        site(1, name="幸福食堂", township="城关街道"),
        site(2, name="幸福食堂", township="城关街道"),
        site(3, name="南关食堂（一店）"),
    ]
    office.csv("f.csv", rows)
    first, _ = office.read()
    assert set(first["id"]) == {
        "elderly_canteen:城关街道:幸福食堂",
        "elderly_canteen:城关街道:幸福食堂#2",
        "elderly_canteen::南关食堂(一店)",
    }
    office.files.clear()
    office.csv("f.csv", [site(7, name="新食堂"), *rows[::-1]])
    again, _ = office.read()
    places = {(one.id, one.lon) for one in first.itertuples()}
    assert places <= {(one.id, one.lon) for one in again.itertuples()}


def test_repeated_ids_are_listed_and_told_apart(office):
    office.csv("f.csv", [site(1, id="A"), site(5, id="A")])
    frame, problems = office.read()
    assert list(frame["id"]) == ["A", "A#2"]
    assert rules(problems) == ["duplicate_id"]


def test_the_same_site_twice_counts_once_and_a_similar_one_is_asked_about(office):
    office.csv(
        "f.csv",
        [
            site(1, name="南关社区助老食堂（一期）"),
            site(1, name="南关社区助老食堂(一期)"),
            site(1, name="南关助老食堂一期"),
            site(4, name="南关社区助老食堂（一期）"),
            site(5, name="一号助老食堂1"),
            site(5, name="一号助老食堂2"),
        ],
    )
    frame, problems = office.read()
    assert len(frame) == 5
    assert [(problem.rule, problem.row) for problem in problems] == [
        ("duplicate_facility", 3),
        ("possible_duplicate", 4),
    ]


def test_many_sites_on_one_point_are_listed(office):
    office.csv("f.csv", [site(1, name=name) for name in ("甲庄食堂", "乙庄食堂", "丙庄食堂")])
    frame, problems = office.read()
    assert len(frame) == 3
    assert rules(problems).count("shared_point") == 3


@pytest.mark.parametrize(
    ("cells", "status", "counted", "rule"),
    [
        ({}, "operating", True, None),
        ({"status": "运营"}, "operating", True, None),
        ({"status": "在建"}, "building", False, None),
        ({"status": "拟建"}, "planned", False, None),
        ({"status": "停用"}, "closed", False, None),
        ({"opened": "2023-12-31"}, "operating", True, None),
        ({"opened": "2024-01-01"}, "operating", False, "status_and_date"),
        ({"opened": "2023年"}, "operating", True, "date_year_only"),
        ({"opened": "2023年12月"}, "operating", True, "date_month_only"),
        ({"closed": "2023-12-31"}, "operating", False, "status_and_date"),
        ({"closed": "2024-01-01"}, "operating", True, None),
        ({"status": "运营", "opened": "2024年1月"}, "operating", False, "status_and_date"),
        ({"备注": "停用"}, "closed", False, "status_from_remark"),
    ],
)
def test_what_counts_on_the_day(office, cells, status, counted, rule):
    office.csv("f.csv", [site(1, **cells)])
    frame, problems = office.read()
    assert list(frame["status"]) == [status]
    assert list(frame["counted"]) == [counted]
    if rule is None:
        assert not problems
    elif rule.startswith("date"):
        assert problems
        assert problems[0].row == 2
    else:
        assert rule in rules(problems)


def test_a_remark_that_speaks_of_the_state_is_asked_about_and_not_obeyed(office):
    remarks = ["2023年6月起停用", "已搬迁至新址", "与党群服务中心合建", "停用"]
    office.csv("a.csv", [site(at, remark=remark) for at, remark in enumerate(remarks)])
    frame, problems = office.read()
    assert sorted(frame["status"]) == ["closed", "operating", "operating", "operating"]
    assert [one.row for one in problems if one.rule == "remark_speaks_of_status"] == [2, 3]


def test_dates_and_capacities_are_kept(office):
    office.csv("f.csv", [site(1, opened="2021年6月", capacity="约60人"), site(2, name="乙", capacity="若干")])
    frame, problems = office.read()
    by_name = frame.set_index("name")
    assert by_name.loc["第1助老食堂", "opened"] == date(2021, 6, 30)
    assert by_name.loc["第1助老食堂", "capacity"] == 60
    assert np.isnan(by_name.loc["乙", "capacity"])
    assert {problem.row for problem in problems} == {2, 3}


def test_rows_without_a_place_are_listed_with_the_reason(office):
    office.csv(
        "f.csv",
        [
            site(1),
            site(2, lon=None, lat=None),
            site(3, name="流动助餐车", lon="", lat=""),
            site(4, lon="未采集", lat="未采集"),
            site(5, lon="幸福路", lat=36.6),
            site(6, lon=0, lat=0),
        ],
    )
    frame, problems = office.read()
    assert len(frame) == 1
    assert {(problem.row, problem.rule) for problem in problems} == {
        (3, "missing_position"),
        (4, "mobile_service"),
        (5, "missing_position"),
        (6, "unreadable_position"),
        (7, "missing_position"),
    }


def test_outside_the_county_serves_up_to_five_kilometres(office):
    east = WEST + 10 * STEP
    metre = 1 / 111_320 / np.cos(np.radians(SOUTH))
    office.csv(
        "f.csv",
        [site(1, name=name, lon=east + metres * metre) for name, metres in (("近", 100), ("边", 4990), ("远", 5010))],
    )
    frame, problems = office.read()
    assert set(frame["name"]) == {"近", "边"}
    assert frame["outside"].all()
    assert frame["counted"].all()
    assert sorted(rules(problems)) == ["far_outside", "outside_boundary", "outside_boundary"]


def test_a_site_in_another_community_than_it_names_is_listed(office):
    office.csv(
        "f.csv",
        [
            site(1, name="甲", 所属社区="南关社区居委会", 乡镇="城关街道办事处"),
            site(2, name="乙", 所属社区="北关", 乡镇="城关街道"),
            site(8, name="丙", 所属社区="不存在的村", 乡镇="城关街道"),
            site(18, name="丁", 所属社区="不存在的村", 乡镇="城关街道"),
        ],
    )
    frame, problems = office.read()
    assert rules(problems) == ["other_community", "unknown_community_name"]
    assert (problems[-1].row, "2 行" in problems[-1].found) == (4, True)
    assert problems[0].row == 3
    assert "南关社区" in problems[0].found
    assert set(frame["community"]) == {"南关社区居委会", "北关", "不存在的村"}


def test_a_cell_that_names_several_communities_is_held_against_each_of_them(office):
    rows = [
        site(1, name="甲", 所属社区="南关社区、北关", 乡镇="城关街道"),
        site(2, name="乙", 所属社区="北关/不存在的村", 乡镇="城关街道"),
    ]
    office.csv("f.csv", rows)
    _, problems = office.read()
    assert [(one.rule, one.row) for one in problems] == [("unknown_community_name", 3)]


def test_codes_that_are_lost_or_of_no_community_are_listed(office):
    """Four canteens stand in the south community: one states its code, one that of the township, two are wrong."""
    codes = ["370101001001", "370101001", "370101001099", "3.70E+11"]
    office.csv("f.csv", [site(at, name=f"{at}号食堂", 区划代码=code) for at, code in enumerate(codes, start=1)])
    frame, problems = office.read()
    assert [(one.rule, one.row) for one in problems] == [("code_lost_digits", 5), ("unknown_community_code", 4)]
    assert all("区划代码" in one.column for one in problems)
    assert frame["community_code_named"].tolist() == ["370101001001", "370101001", "370101001099", None]


def moved_rows(count):
    rows = [site(at * 7 % 90, name=f"第{at}食堂") for at in range(count)]
    lon, lat = gcj02_from_wgs84([row["lon"] for row in rows], [row["lat"] for row in rows])
    return [{**row, "lon": x, "lat": y} for row, x, y in zip(rows, lon.round(7), lat.round(7), strict=True)], rows


@pytest.mark.parametrize("how", ["study", "file", "heading", "column"])
def test_a_stated_datum_is_undone_wherever_it_is_stated(office, how):
    shifted, true = moved_rows(5)
    datums = {"study": {"facilities": "gcj02"}, "file": {"f.csv": "gcj02"}}.get(how, {})
    if how == "heading":
        shifted = [{"名称": r["name"], "类型": r["type"], "高德经度": r["lon"], "高德纬度": r["lat"]} for r in shifted]
    if how == "column":
        shifted = [{**row, "坐标系": "GCJ-02"} for row in shifted]
    office.csv("f.csv", shifted)
    frame, problems = office.read(datums)
    assert sorted(frame["lon"]) == pytest.approx(sorted(row["lon"] for row in true), abs=2e-7)
    assert "datum_converted" in {problem.rule for problem in problems}


def test_an_undeclared_small_table_is_not_guessed(office):
    shifted, _ = moved_rows(9)
    office.csv("小表.csv", shifted)
    frame, problems = office.read({})
    assert frame.empty
    assert [problem.rule for problem in problems].count("datum_undecided_row") == 9
    assert any("[datum]" in problem.wanted and "小表.csv" in problem.wanted for problem in problems)


def test_an_undeclared_ledger_is_decided_by_the_streets(office):
    shifted, true = moved_rows(60)
    office.csv("大表.csv", shifted)
    frame, problems = office.read({})
    assert sorted(frame["lon"]) == pytest.approx(sorted(row["lon"] for row in true), abs=2e-7)
    assert "GCJ-02" in next(problem.found for problem in problems if problem.rule == "datum_decided")


def feature(lon, lat, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [lon, lat]}}


def test_a_geojson_of_points_is_wgs84(office):
    one = site(1)
    office.geojson("f.geojson", [feature(one["lon"], one["lat"], name="甲", type="canteen", capacity=30)])
    frame, _ = office.read({})
    assert list(frame["lon"]) == [one["lon"]]
    assert list(frame["capacity"]) == [30]
    assert list(frame["row"]) == [1]


def test_a_scenario_adds_and_closes_whatever_the_ledger_is_in(office):
    shifted, _ = moved_rows(3)
    office.csv("f.csv", [{**row, "id": f"F{at}"} for at, row in enumerate(shifted)])
    new = {"name": "新址", "service": "elderly_canteen", "network_hash": "abc"}
    street = {"street_way": 3, "street_piece": 0, "street_cm": 120, "street_leg_cm": 45}
    closed = {"id": "F1", "name": "第1食堂", "service": "elderly_canteen", "status": "closed"}
    office.geojson(
        "scenario.geojson",
        [feature(117.111, 36.611, **new, **street), feature(117.12, 36.62, **closed)],
        jiujin={"study": "试验县"},
    )
    frame, problems = office.read({"facilities": "gcj02"})
    by_id = frame.set_index("id")
    assert list(by_id.loc[["F0", "F1", "F2"], "counted"]) == [True, False, True]
    added = by_id.loc["elderly_canteen::新址"]
    assert (added["lon"], added["lat"], added["street_way"], added["street_leg_cm"]) == (117.111, 36.611, 3, 45)
    assert added["network_hash"] == "abc"
    assert added["counted"]
    assert "facility_replaced" in rules(problems)


def test_additions_are_read_last_and_replace_known_ids(office):
    office.csv("f.csv", [site(1, id="A", township="城关街道"), site(2, name="乙", township="北关镇"), site(3, id="C")])
    office.csv(
        "facilities_added.csv",
        [
            {"id": "A", "name": "甲（迁址）", "service": "elderly_canteen", "lon": 117.12, "lat": 36.61, "status": ""},
            {"id": "elderly_canteen:北关镇:乙", "name": "", "service": "", "lon": "", "lat": "", "status": "closed"},
            {"id": "N9", "name": "新食堂", "service": "elderly_canteen", "lon": 117.13, "lat": 36.62, "status": ""},
            {"id": "Q7", "name": "", "service": "", "lon": "", "lat": "", "status": "closed"},
        ],
    )
    frame, problems = office.read()
    by_id = frame.set_index("id")
    assert by_id.loc["A", "lon"] == 117.12
    assert by_id.loc["A", "township"] == "城关街道"
    assert by_id.loc["A", "source"] == "facilities_added.csv"
    assert by_id.loc["elderly_canteen:北关镇:乙", "status"] == "closed"
    assert by_id.loc["elderly_canteen:北关镇:乙", "lon"] == site(2)["lon"]
    assert set(by_id.index) == {"A", "elderly_canteen:北关镇:乙", "C", "N9"}
    assert "unknown_id" in rules(problems)


def test_a_geopackage_in_gauss_kruger_is_placed(office):
    one = site(1)
    layer = gpd.GeoDataFrame(
        {"名称": ["甲"], "类型": ["助老食堂"]}, geometry=gpd.points_from_xy([one["lon"]], [one["lat"]]), crs=4326
    )
    layer.to_crs(4548).to_file(office.folder / "f.gpkg")
    office.files.append(office.folder / "f.gpkg")
    frame, _ = office.read({})
    assert frame["lon"].tolist() == pytest.approx([one["lon"]], abs=1e-7)
    assert frame["lat"].tolist() == pytest.approx([one["lat"]], abs=1e-7)


def test_an_old_system_is_refused_without_control_points_and_fitted_with_them(office):
    true = [site(at, id=f"F{at}") for at in (1, 15, 33, 58)]
    x, y = PLANE.project(np.array([row["lon"] for row in true]), np.array([row["lat"] for row in true]))
    local_x, local_y = x + 117.3, y - 52.8  # as an old datum is off, by a shift
    office.csv("f.csv", [{**row, "lon": a, "lat": b} for row, a, b in zip(true, local_x, local_y, strict=True)])
    with pytest.raises(StudyError, match="西安80"):
        office.read({"facilities": "EPSG:2383"})
    rows = [
        {"东坐标": a, "北坐标": b, "经度": row["lon"], "纬度": row["lat"]}
        for row, a, b in zip(true, local_x, local_y, strict=True)
    ]
    pd.DataFrame(rows).to_csv(office.folder / "控制点.csv", index=False, encoding="utf-8-sig")
    plain = office.study({"facilities": "EPSG:2383"})
    study = replace(plain, inputs=replace(plain.inputs, tables={"control_points": office.folder / "控制点.csv"}))
    frame, problems = read_facilities(study, streets=office.streets, plane=PLANE, communities=office.communities)
    assert sorted(frame["lon"]) == pytest.approx(sorted(row["lon"] for row in true), abs=1e-7)
    assert "control_points" in rules(problems)


def test_rows_that_name_an_old_datum_are_listed_and_not_taken_for_cgcs2000(office):
    one = site(1)
    x, y = PLANE.project(np.array([one["lon"]]), np.array([one["lat"]]))
    office.csv(
        "f.csv",
        [{**site(1), "坐标系": "西安80"}, {**site(2), "lon": x[0], "lat": y[0], "坐标系": "西安80坐标系"}, site(3)],
    )
    frame, problems = office.read({})
    assert frame.empty
    assert {problem.row for problem in problems if "西安80" in problem.found} == {2, 3}


def test_candidates_are_read_by_the_same_eyes(office):
    office.csv("候选.csv", [site(1, id="b", cost="30万元"), site(2, id="a", cost=""), site(3, id="c", lon=None)])
    table, problems = read_candidates(
        office.folder / "候选.csv", office.study({"candidates": "wgs84"}), streets=office.streets, plane=PLANE
    )
    assert list(table["id"]) == ["a", "b"]
    assert list(table.columns) == ["id", "name", "lon", "lat", "cost", "capacity", "source", "sheet", "row"]
    assert any(problem.row == 4 for problem in problems)


def test_hostile_names_stay_text(office):
    names = ["=HYPERLINK(1)", "<script>alert(1)</script>食堂", "甲\u200b乙", "'; DROP TABLE", "㙦䶮垛食堂"]
    office.csv("f.csv", [site(at, name=name) for at, name in enumerate(names)])
    frame, _ = office.read()
    assert "<script>alert(1)</script>食堂" in set(frame["name"])
    assert "甲乙" in set(frame["name"])
    assert "㙦䶮垛食堂" in set(frame["name"])
    assert len(frame) == 5


cells = {
    "name": st.sampled_from(["甲食堂", "乙食堂", "流动车", None, "社区卫生服务站"]),
    "type": st.sampled_from(["助老食堂", "党群服务中心、如康家园", "学校", None, "社区卫生服务站"]),
    "lon": st.sampled_from([117.1103, 117.1203, "117°7′12″", 36.61, None, "未采集", 0, "abc", 121.5, 500_000]),
    "lat": st.sampled_from([36.6105, 36.6205, "36°36′36″", 117.11, None, "未采集", 0, "xyz", 31.2, 4_050_000]),
    "status": st.sampled_from(["运营", "在建", "？", None, "停用"]),
    "opened": st.sampled_from(["2023.6", "2023年", "去年", None, "2030-01-01"]),
    "id": st.sampled_from(["A", "B", None]),
    "乡镇": st.sampled_from(["城关街道", None]),
}


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=8), stated=st.booleans())
def test_no_row_is_lost_in_silence(tmp_path_factory, streets, communities, rows, stated):
    office = Office(tmp_path_factory.mktemp("office"), streets, communities)
    office.csv("f.csv", [{"序号": at + 1, **row, "地址": "某路"} for at, row in enumerate(rows)])
    frame, problems = office.read({"facilities": "gcj02"} if stated else {})
    told = {problem.row for problem in problems}
    for row in range(2, len(rows) + 2):
        assert row in told or row in set(frame["row"])
    assert not frame.duplicated(["service", "id"]).any()
    assert np.isfinite(frame["lon"].astype(float)).all()


def test_the_real_ledgers_come_to_their_true_places(shared_data):
    from jiujin.coordinates import plane_of
    from jiujin.reading.streets import read_streets

    for name, ledger in (("guixi", "设施台账_gcj02_gbk.csv"), ("wuhan", "设施台账_gcj02_gbk.csv")):
        folder = shared_data / name
        inputs = Inputs(
            facilities=(folder / ledger,), communities=(), population=(), streets=(folder / "network.osm.pbf",)
        )
        study = Study(name=name, folder=folder, as_of=AS_OF, inputs=inputs, services=SERVICES)
        streets, _, _ = read_streets(study)
        units = gpd.read_file(folder / "communities.geojson").assign(township=None)
        units["code"] = units["id"].astype(str)
        plane = plane_of(streets.lon, streets.lat)
        frame, _ = read_facilities(study, streets=streets, plane=plane, communities=units)
        truth = pd.read_csv(folder / "facilities.csv")
        assert len(frame) == len(truth)
        true = truth.iloc[frame["row"].to_numpy() - 2]
        assert np.abs(frame["lon"].to_numpy() - true["lon"].to_numpy()).max() < 1e-6
        assert np.abs(frame["lat"].to_numpy() - true["lat"].to_numpy()).max() < 1e-6


def test_the_community_of_an_address_tells_the_datum_where_streets_alone_cannot(shared_data, tmp_path):
    from jiujin.coordinates import plane_of
    from jiujin.reading.streets import read_streets

    folder = shared_data / "guixi"
    truth = pd.read_csv(folder / "facilities.csv")
    units = gpd.read_file(folder / "communities.geojson").assign(township=None)
    units["code"] = units["id"].astype(str)
    ledger = pd.read_csv(folder / "设施台账_gcj02_gbk.csv", encoding="gbk")[["设施类型", "经度", "纬度"]]
    at = gpd.GeoSeries.from_xy(truth["lon"], truth["lat"], crs=4326)
    home = units["name"].iloc[units.sindex.query(at, predicate="within")[1]].to_numpy()
    placed = {}
    for name, address in (("silent", "路北"), ("telling", pd.Series(home).map("贵溪市{}委员会院内".format))):
        rows = ledger.assign(设施名称=[f"第{n}站" for n in range(len(ledger))], 地址=address)
        rows.to_csv(tmp_path / f"{name}.csv", index=False, encoding="utf-8")
        inputs = Inputs(
            facilities=(tmp_path / f"{name}.csv",), communities=(), population=(),
            streets=(folder / "network.osm.pbf",),
        )  # fmt: skip
        study = Study(name=name, folder=folder, as_of=AS_OF, inputs=inputs, services=SERVICES)
        streets, _, _ = read_streets(study)
        plane = plane_of(streets.lon, streets.lat)
        placed[name], problems = read_facilities(study, streets=streets, plane=plane, communities=units)
        assert [one.rule for one in problems if "community" in one.rule] == []
    assert placed["silent"].empty
    true = truth.iloc[placed["telling"]["row"].to_numpy() - 2]
    assert len(true) == len(truth)
    assert np.abs(placed["telling"]["lon"].to_numpy() - true["lon"].to_numpy()).max() < 1e-6


def test_a_table_without_types_says_where_to_write_them(office):
    office.csv("f.csv", [{"name": f"第{n}处", "lon": WEST + n * STEP, "lat": SOUTH} for n in range(3)])
    _, problems = office.read({"facilities": "wgs84"})
    told = [problem for problem in problems if problem.rule == "unknown_type"]
    assert len(told) == 3
    assert all("“类型”一列" in problem.wanted for problem in told)
