"""One row per village and its services across: every site of every service is read, and nothing else is."""

from __future__ import annotations

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.coordinates import gcj02_from_wgs84
from jiujin.reading.communities import read_communities
from jiujin.reading.facilities import read_facilities
from jiujin.reading.facilities_services import ServiceWords
from jiujin.reading.ledger_rows import tables_of
from jiujin.reading.sheets import Merge, Sheet
from jiujin.reading.study_file import read_study
from jiujin.study import Reach, Service
from jiujin.tables import FACILITIES
from worlds import PLANE, Town, lon_lat

VILLAGES = ("南关社区", "北关社区", "王家村", "李家庄村")
FAR = 2600.0


def at(number, step=0):
    """The place of a village's site; `step` moves to another site of the village."""
    lon, lat = lon_lat(120.0 + 400 * number + 100 * step, 30.0)
    return round(lon, 6), round(lat, 6)


@pytest.fixture
def county(tmp_path):
    """A study of four villages side by side; gives back a reader of whatever ledgers are put into it."""
    town = Town(size=5, block_m=400).person(20, 20, 10)
    town.communities = [
        (f"37000000100{number}", name, "urban", (400.0 * number, -400.0, 400.0 * number + 400, FAR))
        for number, name in enumerate(VILLAGES)
    ]
    town.write(tmp_path)

    def read(rows, *, merges=(), name="facilities.xlsx", datum="wgs84"):
        with xlsxwriter.Workbook(str(tmp_path / name)) as book:
            sheet = book.add_worksheet("Sheet1")
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if cell is not None:
                        sheet.write(row, column, cell)
            for merge in merges:
                sheet.merge_range(*merge)
        return _read(tmp_path, name, datum)

    def read_text(text, name="facilities.csv", encoding="gb18030"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return _read(tmp_path, name)

    read.text = read_text
    return read


def _read(folder, name, datum="wgs84"):
    text = (folder / "study.toml").read_text(encoding="utf-8").replace("facilities.csv", name).replace("wgs84", datum)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    study = read_study(folder)
    communities, _ = read_communities(study, streets=None)
    return read_facilities(study, streets=None, plane=PLANE, communities=communities)


def sites(frame, service):
    """Name and place of every site of one service."""
    mine = frame[frame["service"] == service]
    return {row.name: (round(row.lon, 6), round(row.lat, 6)) for row in mine.itertuples(index=False)}


def told(problems, rule):
    return [problem for problem in problems if problem.rule == rule]


def test_a_column_of_yes_and_no_for_each_service(county):
    head = ["序号", "村（社区）", "党群服务中心", "助老食堂", "如康家园", "经度(°)", "纬度(°)"]
    marks = [("是", "是", "否"), ("√", "×", "无"), (1, 0, None), ("有", "—", "没有")]
    rows = [[number + 1, VILLAGES[number], *marks[number], *at(number)] for number in range(4)]
    frame, problems = county([["设施一览表"], head, *rows])
    assert sites(frame, "party_centre") == {f"{name}党群服务中心": at(number) for number, name in enumerate(VILLAGES)}
    assert sites(frame, "elderly_canteen") == {"南关社区助老食堂": at(0)}
    assert sites(frame, "rukang_home") == {}
    assert [one.found for one in told(problems, "service_column")] == [
        "一行一个社区（村）：“党群服务中心”4行有，0行没有",
        "一行一个社区（村）：“助老食堂”1行有，3行没有",
        "一行一个社区（村）：“如康家园”0行有，4行没有",
    ]
    assert not [one for one in problems if one.severity != "info"]


def test_numbers_names_and_states_in_the_column_of_a_service(county):
    head = ["村居", "党群服务中心（处）", "助老食堂", "村卫生室", "坐标"]
    cells = [(2, "幸福食堂", "有"), ("在建", "无", "有"), (0, "△", "无"), ("停用", "√", "有")]
    rows = [[VILLAGES[number], *cells[number], "{},{}".format(*at(number))] for number in range(4)]
    frame, problems = county([head, *rows])
    states = dict(zip(frame["name"], frame["status"], strict=True))
    assert states == {
        "南关社区党群服务中心": "operating",
        "北关社区党群服务中心": "building",
        "李家庄村党群服务中心": "closed",
        "幸福食堂": "operating",
        "李家庄村助老食堂": "operating",
    }
    assert [(one.row, one.column) for one in told(problems, "several_in_one_row")] == [(2, "党群服务中心（处）")]
    assert [(one.row, one.found) for one in told(problems, "present_unreadable")] == [(4, "△")]
    assert [one.column for one in told(problems, "service_column_unused")] == ["村卫生室"]


@pytest.mark.parametrize("merged", [True, False])
def test_names_and_positions_of_three_services_side_by_side(county, merged):
    groups = ("党群服务中心", "助老食堂", "如康家园")
    head = ["序号", "村居"] + [word for group in groups for word in (group, None, None)]
    below = [None, None] + ["名称", "经度", "纬度"] * 3
    rows = []
    for number, village in enumerate(VILLAGES):
        cells = [f"{village}党群站", *at(number, 0), f"{village}饭堂", *at(number, 1), "家园", *at(number, 2)]
        rows.append([number + 1, village, *(cells if number else [*cells[:6], "无", "—", "—"])])
    merges = [(0, 2 + 3 * order, 0, 4 + 3 * order, group) for order, group in enumerate(groups)] if merged else ()
    frame, problems = county([head, below, *rows], merges=merges)
    assert sites(frame, "party_centre") == {f"{name}党群站": at(number, 0) for number, name in enumerate(VILLAGES)}
    assert sites(frame, "elderly_canteen") == {f"{name}饭堂": at(number, 1) for number, name in enumerate(VILLAGES)}
    assert sorted(frame[frame["service"] == "rukang_home"]["community"]) == sorted(VILLAGES[1:])
    assert not [one for one in problems if one.severity == "error"]


def test_each_service_keeps_the_position_that_its_headings_name(county):
    lines = ["村居,党群服务中心经度,党群服务中心纬度,助老食堂名称,助老食堂经度,助老食堂纬度,助老食堂座位数"]
    for number, village in enumerate(VILLAGES):
        place = (*at(number, 0), f"{village}饭堂", *at(number, 1), f"约{20 + number}人")
        lines.append(",".join([village, *map(str, place)]))
    frame, _ = county.text("\n".join(lines))
    assert sites(frame, "party_centre") == {f"{name}党群服务中心": at(number) for number, name in enumerate(VILLAGES)}
    assert sites(frame, "elderly_canteen") == {f"{name}饭堂": at(number, 1) for number, name in enumerate(VILLAGES)}
    assert sorted(frame["capacity"].dropna()) == [20.0, 21.0, 22.0, 23.0]


def test_a_group_of_no_service_lends_its_places_to_nobody(county):
    head = ["村居", "农家书屋", None, None, "助老食堂", None, "党群服务中心", None]
    below = [None, "名称", "经度", "纬度", "经度", "纬度", "经度", "纬度"]
    rows = [[name, "书屋", *at(n, 2), *at(n, 1), *at(n, 0)] for n, name in enumerate(VILLAGES)]
    merges = [(0, 1, 0, 3, "农家书屋"), (0, 4, 0, 5, "助老食堂"), (0, 6, 0, 7, "党群服务中心")]
    frame, problems = county([head, below, *rows], merges=merges)
    assert sites(frame, "elderly_canteen") == {f"{name}助老食堂": at(n, 1) for n, name in enumerate(VILLAGES)}
    assert sites(frame, "party_centre") == {f"{name}党群服务中心": at(n, 0) for n, name in enumerate(VILLAGES)}
    (unused,) = told(problems, "service_column_unused")
    assert unused.column == "农家书屋/名称、农家书屋/经度、农家书屋/纬度"


def test_the_services_of_one_row_are_no_crowd_on_its_point(county):
    rows = [[name, "是", "是", "是", *at(number)] for number, name in enumerate(VILLAGES)]
    frame, problems = county([["村居", "党群服务中心", "助老食堂", "如康家园", "经度", "纬度"], *rows])
    assert len(frame) == 3 * len(VILLAGES)
    assert not told(problems, "shared_point")


def test_the_services_of_one_row_are_one_witness_of_its_datum(county):
    rows = [[name, "是", "是", "是", *at(number)] for number, name in enumerate(VILLAGES)]
    head = ["村居", "党群服务中心", "助老食堂", "如康家园", "经度", "纬度"]
    frame, problems = county([head, *rows], datum="auto")
    assert frame.empty
    (undecided,) = told(problems, "datum_undecided")
    assert "4 个点" in undecided.found


def test_a_note_below_the_rows_names_the_datum(county):
    rows = [[name, "是", "否", *map(float, gcj02_from_wgs84(*at(number)))] for number, name in enumerate(VILLAGES)]
    head = ["村居", "党群服务中心", "助老食堂", "经度", "纬度"]
    frame, _ = county([head, *rows, ["注：以上坐标为高德坐标。"]], datum="auto")
    assert sites(frame, "party_centre") == {f"{name}党群服务中心": at(number) for number, name in enumerate(VILLAGES)}


def test_whether_one_service_is_there_makes_no_sites_where_it_is_not(county):
    rows = [[name, "是" if number % 2 else "否", *at(number)] for number, name in enumerate(VILLAGES)]
    frame, _ = county([["村居", "是否建有助老食堂", "经度", "纬度"], *rows])
    assert sites(frame, "elderly_canteen") == {"北关社区助老食堂": at(1), "李家庄村助老食堂": at(3)}
    frame, _ = county([["助老食堂建设情况"], ["村居", "是否建有", "经度", "纬度"], *rows])
    assert sorted(frame["community"]) == ["北关社区", "李家庄村"]


@pytest.mark.parametrize(
    "heading", ["所属党群服务中心", "党群服务中心名称", "距社区卫生服务中心距离（米）", "是否在党群服务中心内"]
)
def test_what_a_ledger_of_canteens_says_of_other_places_is_no_site(county, heading):
    rows = [[f"{name}助老食堂", f"{name}党群服务中心", *at(number)] for number, name in enumerate(VILLAGES)]
    frame, _ = county([["助老食堂统计表"], ["助老食堂名称", heading, "经度", "纬度"], *rows])
    assert sites(frame, "elderly_canteen") == {f"{name}助老食堂": at(number) for number, name in enumerate(VILLAGES)}
    assert len(frame) == len(VILLAGES)


def test_a_ledger_of_centres_stays_one_whatever_it_says_of_canteens(county):
    rows = [[f"{name}党群服务中心", "有" if number else "无", *at(number)] for number, name in enumerate(VILLAGES)]
    frame, problems = county([["名称", "有无助老食堂", "经度", "纬度"], *rows])
    assert set(frame["service"]) == {"party_centre"}
    assert len(frame) == len(VILLAGES)
    assert [one.column for one in told(problems, "service_column_unused")] == ["有无助老食堂"]


def test_a_column_of_types_goes_before_columns_of_services(county):
    rows = [[f"{name}站", "助老食堂", "是", "是", *at(number)] for number, name in enumerate(VILLAGES)]
    frame, _ = county([["名称", "类型", "党群服务中心", "如康家园", "经度", "纬度"], *rows])
    assert set(frame["service"]) == {"elderly_canteen"}


def test_what_kind_of_community_it_is_says_nothing_of_its_services(county):
    rows = [[name, "行政村", "一类", "是", "否", *at(number)] for number, name in enumerate(VILLAGES)]
    frame, _ = county([["村居", "类型", "性质", "党群服务中心", "助老食堂", "经度", "纬度"], *rows])
    assert sites(frame, "party_centre") == {f"{name}党群服务中心": at(number) for number, name in enumerate(VILLAGES)}
    assert len(frame) == len(VILLAGES)


def test_names_under_the_name_of_a_service_tell_the_service(county):
    rows = [[name, f"{name}敬老饭桌", *at(number)] for number, name in enumerate(VILLAGES)]
    frame, _ = county([["村居", "助老食堂", "经度", "纬度"], *rows])
    assert sites(frame, "elderly_canteen") == {f"{name}敬老饭桌": at(number) for number, name in enumerate(VILLAGES)}


SERVICES = ServiceWords(
    tuple(
        Service(id=key, label=label, group="total", reach=Reach(urban_m=1000, rural_m=1500), aliases=())
        for key, label in (("a", "党群服务中心"), ("b", "助老食堂"), ("c", "如康家园"))
    )
)
WORDS = st.sampled_from([
    "序号", "名称", "党群服务中心", "助老食堂", "如康家园", "村卫生室", "助老食堂经度", "经度", "纬度", "坐标", "村居",
    "乡镇", "运营状态", "在建", "东经", "度", "分", "秒", "是否建有", "类型", "备注", "合计", None,
])  # fmt: skip
CELLS = st.sampled_from(["是", "否", "√", 1.0, 0.0, None, "甲饭堂", "117.01,36.6", 117.01, 36.6, "在建", "同上", "△"])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_heading_however_mixed_crashes_the_cutting_into_services(data):
    width = data.draw(st.integers(2, 9))

    def row(cells):
        return st.lists(cells, min_size=width, max_size=width)

    head = data.draw(st.lists(row(WORDS), min_size=1, max_size=3))
    body = data.draw(st.lists(row(CELLS), max_size=5))
    left = data.draw(st.integers(0, width - 2))
    merges = (Merge(top=0, bottom=0, left=left, right=left + 1),) if data.draw(st.booleans()) else ()
    tables, _ = tables_of(Sheet(file="a.xlsx", name="S", cells=[*head, *body], merges=merges), FACILITIES, SERVICES)
    parts = [table for table in tables if table.service]
    assert len({table.service for table in parts}) <= 3
    assert all(set(table.own) <= set(table.frame.columns) for table in parts)
    assert all("type" not in table.frame for table in parts)
