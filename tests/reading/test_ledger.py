"""What a ledger holds, however its sheet is laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from jiujin.errors import Problem, TableError
from jiujin.reading.ledger import LedgerTable, read_ledger
from jiujin.reading.ledger_columns import is_identity_number
from jiujin.reading.values import to_date
from jiujin.reading.workbook_fills import filled_styles
from jiujin.tables import CANDIDATES, COMMUNITIES, FACILITIES, POPULATION, UNITS, Table, population_table

HEAD = ["名称", "经度", "纬度", "座位数"]
SOUTH = ["南关社区助老食堂", 117.125, 36.25, 60]
NORTH = ["北关社区助老食堂", 117.135, 36.35, 50]
Rows = Sequence[Sequence[object]]
Write = Callable[..., tuple[list[LedgerTable], list[Problem]]]


def workbook(
    path: Path, sheets: dict[str, Rows], touch: Callable[[Any, Any], None] | None = None, **options: object
) -> Path:
    book = xlsxwriter.Workbook(str(path), options)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if touch:
            touch(book, sheet)
    book.close()
    return path


@pytest.fixture
def ledger(tmp_path: Path) -> Write:
    def write(
        rows: Rows | dict[str, Rows],
        touch: Callable[[Any, Any], None] | None = None,
        *,
        table: Table = FACILITIES,
        **options: object,
    ) -> tuple[list[LedgerTable], list[Problem]]:
        sheets = rows if isinstance(rows, dict) else {"台账": rows}
        path = workbook(tmp_path / "助老食堂（2023年 终稿）.xlsx", sheets, touch, **options)
        return read_ledger(path, table, file=path.name)

    return write


def rules(problems: Sequence[Problem]) -> list[str]:
    return [problem.rule for problem in problems]


def column(table: LedgerTable, name: str) -> list[object]:
    return list(table.frame[name])


def test_a_plain_ledger(ledger: Write) -> None:
    (table,), problems = ledger([HEAD, SOUTH, NORTH])
    assert problems == []
    assert table.sheet == "台账"
    assert dict(table.headings) == {"name": "名称", "lon": "经度", "lat": "纬度", "capacity": "座位数"}
    assert column(table, "name") == [SOUTH[0], NORTH[0]]
    assert column(table, "lon") == [117.125, 117.135]
    assert column(table, "row") == [2, 3]


def test_titles_above_the_heading_are_kept_as_title(ledger: Write) -> None:
    rows = [["示例县助老食堂台账"], ["填报单位：示例县民政局", None, "单位：家、人"], [], HEAD, SOUTH, [], NORTH]
    (table,), problems = ledger(rows, lambda _, sheet: sheet.merge_range(0, 0, 0, 3, "示例县助老食堂台账"))
    assert "示例县助老食堂台账" in table.title
    assert column(table, "row") == [5, 7]
    assert problems == []


def test_a_heading_of_two_rows_with_merged_parents(ledger: Write) -> None:
    def merge(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 1, 0, "名称")
        sheet.merge_range(0, 1, 0, 2, "地理坐标")
        sheet.merge_range(0, 3, 0, 4, "60岁以上人口")

    rows = [
        ["名称", "地理坐标", None, "60岁以上人口", None],
        [None, "经度", "纬度", "男", "女"],
        ["南关", 117.1, 36.2, 5, 6],
    ]
    (table,), problems = ledger(rows, merge, table=POPULATION)
    assert problems == []
    assert table.headings["lon"] == "地理坐标/经度"
    assert column(table, "lat") == [36.2]
    assert column(table, "row") == [3]


def test_a_heading_of_three_rows(ledger: Write) -> None:
    def merge(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 2, 0, "社区名称")
        sheet.merge_range(0, 1, 0, 4, "基本情况")
        sheet.merge_range(1, 1, 1, 2, "人口")
        sheet.merge_range(1, 3, 1, 4, "坐标")

    rows = [
        ["社区名称", "基本情况"],
        [None, "人口", None, "坐标", None],
        [None, "常住人口", "60周岁及以上老年人数", "经度", "纬度"],
        ["南关社区", 1200, 300, 117.1, 36.2],
    ]
    (table,), problems = ledger(rows, merge, table=POPULATION)
    assert problems == []
    assert column(table, "community") == ["南关社区"]
    assert column(table, "total") == [1200]
    assert column(table, "age60") == [300]
    assert column(table, "lon") == [117.1]


def test_a_text_file_has_two_heading_rows_but_no_merges(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("名称,地理坐标,,座位数\n,经度,纬度,\n南关食堂,117.1,36.2,60\n", encoding="gbk")
    (table,), _ = read_ledger(path, FACILITIES, file="a.csv")
    assert column(table, "lon") == ["117.1"]
    assert column(table, "capacity") == ["60"]
    assert table.sheet == ""


def test_the_heading_repeated_on_each_page_is_no_facility(ledger: Write) -> None:
    (table,), problems = ledger([["台账"], HEAD, SOUTH, ["台账"], HEAD, NORTH])
    assert column(table, "name") == [SOUTH[0], NORTH[0]]
    assert column(table, "row") == [3, 6]
    assert rules(problems).count("repeated_header") == 1
    assert [problem.row for problem in problems] == [4, 5]


def test_subtotals_and_notes_are_no_facilities(ledger: Write) -> None:
    rows = [
        ["序号", *HEAD],
        [1, *SOUTH],
        [2, *NORTH],
        ["南关街道小计", None, None, None, 110],
        [3, "西关社区助老食堂", 117.1, 36.1, 40],
        ["合 计", "3家", None, None, 150],
        ["备注：坐标取自天地图"],
        ["2.数据截至2023年底"],
        ["填表人：某某 电话：1380000", None, "审核人：某某"],
    ]
    (table,), problems = ledger(rows)
    assert column(table, "row") == [2, 3, 5]
    assert [(problem.rule, problem.row) for problem in problems] == [
        ("subtotal_row", 4),
        ("subtotal_row", 6),
        ("note_row", 7),
        ("note_row", 8),
        ("note_row", 9),
    ]
    assert not any("1380000" in problem.found for problem in problems)


@pytest.mark.parametrize("word", ["合计", "总计", "共计", "小计", "合计：", "全县合计", "共计31家"])
def test_every_word_for_a_total(ledger: Write, word: str) -> None:
    (table,), problems = ledger([HEAD, SOUTH, [word, None, None, 60]])
    assert len(table.frame) == 1
    assert rules(problems) == ["subtotal_row"]


@pytest.mark.parametrize(
    "name", ["会计社区食堂", "统计局助老食堂", "设计院食堂", "计家村食堂", "注塑厂社区食堂", "说明村食堂"]
)
def test_a_name_that_only_looks_like_a_total_or_a_note_is_kept(ledger: Write, name: str) -> None:
    (table,), _ = ledger([HEAD, SOUTH, [name, 117.1, 36.1, 10]])
    assert column(table, "name") == [SOUTH[0], name]


SUMMED = [["序号", "名称", "所属乡镇", "座位数"], [1, "甲食堂", "城关镇", 30], [2, "乙食堂", "城关镇", "20人"]]
FURTHER = [[3, "丙食堂", "河口乡", "1,025"]]


@pytest.mark.parametrize(
    "rows",
    [
        [*SUMMED, ["小计", "", "", 50], *FURTHER, ["小计", "", "", 1025], ["合计", "", "", "1,075"]],
        [SUMMED[0], ["合计", "", "", 1075], *SUMMED[1:], *FURTHER],
        [SUMMED[0], ["小计", "", "", 50], *SUMMED[1:], ["小计", "", "", 1025], *FURTHER],
        [*SUMMED, ["合计", "", "", ""]],
        [*SUMMED, [3, "丙食堂", "河口乡", "约30"], ["合计", "", "", 90]],
    ],
    ids=["below", "above all", "above each", "not stated", "one is a guess"],
)
def test_sums_that_the_rows_add_up_to_are_not_spoken_of(ledger: Write, rows: Rows) -> None:
    assert "total_differs" not in rules(ledger(rows)[1])


def test_a_sum_that_no_rows_add_up_to_is_told_with_both_numbers(ledger: Write) -> None:
    rows = [*SUMMED, ["小计", "", "", 50], *FURTHER, ["合计", "", "", 1100]]
    told = [one for one in ledger(rows)[1] if one.rule == "total_differs"]
    assert [(one.row, one.column, one.found) for one in told] == [(6, "座位数", "合计写为 1,100，各行相加为 1,075")]


def test_column_numbers_below_the_heading_are_no_data(ledger: Write) -> None:
    (table,), problems = ledger([HEAD, ["甲", 1, 2, 3], SOUTH])
    assert column(table, "row") == [3]
    assert rules(problems) == ["numbering_row"]


def test_a_township_merged_over_its_rows_stands_in_each(ledger: Write) -> None:
    rows = [["镇街", *HEAD], ["南关街道", *SOUTH], [None, *NORTH], [None, "西关食堂", 117.2, 36.2, 30]]
    (table,), problems = ledger(rows, lambda _, sheet: sheet.merge_range(1, 0, 3, 0, "南关街道"))
    assert column(table, "township") == ["南关街道"] * 3
    assert rules(problems) == ["merged_cells_filled"]


def test_a_merged_position_holds_for_both_services_and_a_merged_count_for_one(ledger: Write) -> None:
    def merge(_: Any, sheet: Any) -> None:
        sheet.merge_range(1, 1, 2, 1, 117.125)
        sheet.merge_range(1, 3, 2, 3, 60)

    (table,), problems = ledger([HEAD, SOUTH, ["南关社区党群服务中心", None, 36.25, None]], merge)
    assert column(table, "lon") == [117.125, 117.125]
    assert column(table, "capacity") == [60, None]
    assert sorted(rules(problems)) == ["merged_cells_filled", "merged_number"]


def test_a_township_written_once_for_its_rows_is_filled_down_in_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "镇街,名称,经度,纬度\n南关街道,a,117,36\n,b,117,36\n,c,117,36\n北关镇,d,117,36\n,e,117,36\n", encoding="utf-8"
    )
    (table,), problems = read_ledger(path, FACILITIES, file="a.csv")
    assert column(table, "township") == ["南关街道", "南关街道", "南关街道", "北关镇", "北关镇"]
    assert [(problem.rule, problem.severity) for problem in problems] == [("township_filled_down", "warning")]


@pytest.mark.parametrize(
    "towns", [["南关街道", "", ""], ["南关街道", "北关镇", "", "", ""], ["南关街道", "", "北关镇", "东关镇", "西关镇"]]
)
def test_townships_left_out_of_a_text_file_stay_missing(tmp_path: Path, towns: list[str]) -> None:
    """No cell of a text file was ever merged: one block of empty cells is a township that nobody filled in."""
    lines = [f"{town},食堂{number},117.1,36.{number}" for number, town in enumerate(towns, start=1)]
    (tmp_path / "a.csv").write_text("\n".join(["乡镇,名称,经度,纬度", *lines]), encoding="utf-8")
    (table,), problems = read_ledger(tmp_path / "a.csv", FACILITIES, file="a.csv")
    assert column(table, "township") == [town or None for town in towns]
    assert problems == []


def test_one_block_is_enough_in_a_workbook_that_was_unmerged(ledger: Write) -> None:
    rows = [
        ["乡镇", "名称", "经度", "纬度"],
        ["南关街道", "甲", 117.1, 36.1],
        [None, "乙", 117.2, 36.2],
        [None, "丙", 117.3, 36.3],
    ]
    (table,), problems = ledger(rows)
    assert column(table, "township") == ["南关街道"] * 3
    assert rules(problems) == ["township_filled_down"]


def test_a_single_missing_township_stays_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("镇街,名称,经度,纬度\n南关街道,a,117,36\n南关街道,b,117,36\n,c,117,36\n", encoding="utf-8")
    (table,), problems = read_ledger(path, FACILITIES, file="a.csv")
    assert column(table, "township") == ["南关街道", "南关街道", None]
    assert problems == []


def test_ditto_is_the_value_above(ledger: Write) -> None:
    rows = [
        ["镇街", "名称", "经度", "纬度"],
        ["南关街道", "a", 117.1, 36.1],
        ["同上", "b", 117.2, 36.2],
        ["〃", "c", 117.3, 36.3],
    ]
    (table,), problems = ledger(rows)
    assert column(table, "township") == ["南关街道"] * 3
    assert [(problem.rule, problem.row, problem.column) for problem in problems] == [
        ("ditto", 3, "镇街"),
        ("ditto", 4, "镇街"),
    ]


def test_every_sheet_is_read_and_an_empty_one_is_no_trouble(ledger: Write) -> None:
    tables, problems = ledger(
        {"说明": [["本表由各镇街填报"]], "助老食堂": [HEAD, SOUTH], "如康家园": [HEAD, NORTH], "Sheet2": []}
    )
    assert [(table.sheet, len(table.frame)) for table in tables] == [("助老食堂", 1), ("如康家园", 1)]
    assert problems == []


def test_a_hidden_sheet_is_not_used_and_it_is_said(ledger: Write) -> None:
    def hide(_: Any, sheet: Any) -> None:
        if sheet.get_name() == "旧":
            sheet.hide()

    tables, problems = ledger({"新": [HEAD, SOUTH], "旧": [HEAD, NORTH]}, hide)
    assert [table.sheet for table in tables] == ["新"]
    assert [(problem.rule, problem.severity, problem.sheet) for problem in problems] == [
        ("hidden_sheet", "warning", "旧")
    ]


def test_hidden_rows_and_columns_are_used_and_it_is_said(ledger: Write) -> None:
    def hide(_: Any, sheet: Any) -> None:
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(3, 3, None, None, {"hidden": True})

    (table,), problems = ledger([HEAD, SOUTH, NORTH], hide)
    assert len(table.frame) == 2
    assert rules(problems) == ["hidden_rows", "hidden_columns"]
    assert "第3行" in problems[0].found


def test_failed_and_uncomputed_formulas_are_listed_by_cell(ledger: Write) -> None:
    def formulas(_: Any, sheet: Any) -> None:
        sheet.write_formula(1, 3, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 3, "=SUM(A1:A2)", None, 50)

    (table,), problems = ledger([HEAD, SOUTH, NORTH], formulas)
    assert column(table, "capacity") == [None, 50]
    assert [(problem.rule, problem.row, problem.column) for problem in problems] == [("formula_error", 2, "D")]


def test_a_formula_that_was_never_computed_is_listed(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (HEAD, [*SOUTH[:3], "=30+30"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (table,), problems = read_ledger(tmp_path / "a.xlsx", FACILITIES, file="a.xlsx")
    assert column(table, "capacity") == [None]
    assert [(problem.rule, problem.row, problem.column) for problem in problems] == [("formula_without_value", 2, "D")]


def test_a_sheet_turned_on_its_side(ledger: Write) -> None:
    (table,), problems = ledger([list(pair) for pair in zip(HEAD, SOUTH, NORTH, strict=True)])
    assert column(table, "name") == [SOUTH[0], NORTH[0]]
    assert column(table, "lat") == [36.25, 36.35]
    assert rules(problems) == ["transposed"]


def test_two_tables_below_one_another(ledger: Write) -> None:
    rows = [
        ["一、助老食堂"],
        HEAD,
        SOUTH,
        [],
        ["二、如康家园"],
        ["机构名称", "东经", "北纬", "地址"],
        ["南关如康家园", 117.1, 36.1, "南关路1号"],
    ]
    (first, second), _ = ledger(rows)
    assert (column(first, "row"), column(second, "row")) == ([3], [7])
    assert ("助老食堂" in first.title, "如康家园" in second.title) == (True, True)
    assert column(second, "lon") == [117.1]


def test_two_tables_beside_one_another(ledger: Write) -> None:
    (first, second), _ = ledger([[*HEAD, None, *HEAD], [*SOUTH, None, *NORTH]])
    assert column(first, "name") == [SOUTH[0]]
    assert column(second, "name") == [NORTH[0]]
    assert column(second, "capacity") == [50]


def test_two_pairs_of_coordinates_are_one_table_and_the_standard_goes_before_a_map(ledger: Write) -> None:
    head = ["名称", "高德经度", "高德纬度", "WGS84经度", "WGS84纬度"]
    (table,), problems = ledger([head, ["南关社区助老食堂", 117.2, 36.2, 117.1, 36.1]])
    assert (column(table, "lon"), column(table, "lat")) == ([117.1], [36.1])
    assert rules(problems) == ["heading_twice", "heading_twice"]


def test_degrees_minutes_and_seconds_in_columns_of_their_own(ledger: Write) -> None:
    head = ["名称", "东经", None, None, "北纬", None, None]
    below = [None, "度", "分", "秒", "度", "分", "秒"]

    def merge(_: object, sheet: Any) -> None:
        sheet.merge_range("B1:D1", "东经")
        sheet.merge_range("E1:G1", "北纬")

    rows = [
        ["南关社区助老食堂", 117, 7, 30.5, 36, "15", None],
        ["北关社区助老食堂", 117.135, None, None, 36.35, None, None],
    ]
    (table,), problems = ledger([head, below, *rows], merge)
    assert column(table, "lon") == ["117°7′30.5″", 117.135]
    assert column(table, "lat") == ["36°15′0″", 36.35]
    assert problems == []


def test_degrees_minutes_and_seconds_under_one_row_of_headings(ledger: Write) -> None:
    head = ["名称", "经度（度）", "经度（分）", "经度（秒）", "纬度（度）", "纬度（分）", "纬度（秒）"]
    (table,), _ = ledger([head, ["南关社区助老食堂", 117, 7, 30, 36, 15, 0]])
    assert (column(table, "lon"), column(table, "lat")) == (["117°7′30″"], ["36°15′0″"])


def test_a_tick_under_one_of_several_states(ledger: Write) -> None:
    head = ["名称", "运营状态", None, None, "经度", "纬度"]
    below = [None, "运营", "在建", "停用", None, None]
    rows = [
        ["甲食堂", "√", None, None, 117.1, 36.1],
        ["乙食堂", None, "是", "×", 117.2, 36.2],
        ["丙食堂", 0, 0, 1, 117.3, 36.3],
    ]
    (table,), problems = ledger([head, below, *rows], lambda _, sheet: sheet.merge_range("B1:D1", "运营状态"))
    assert column(table, "status") == ["运营", "在建", "停用"]
    assert column(table, "lon") == [117.1, 117.2, 117.3]
    assert problems == []


@pytest.mark.parametrize("section", [["一、城关街道"], ["一", "城关街道（2处）"], ["（一）城关街道："]])
def test_a_township_above_its_rows_is_theirs(ledger: Write, section: list[str]) -> None:
    rows = [["序号", *HEAD], section, [1, *SOUTH], ["二、河西镇"], [2, *NORTH]]
    (table,), problems = ledger(rows)
    assert column(table, "township") == ["城关街道", "河西镇"]
    assert column(table, "row") == [3, 5]
    assert rules(problems) == ["section_row", "section_row"]


def test_examples_and_units_below_the_heading_are_no_sites(ledger: Write) -> None:
    units = ["", "", "度", "度", "（个）"]
    (table,), problems = ledger([["序号", *HEAD], units, ["例", "示范食堂", 117.0, 36.0, 30], [1, *SOUTH]])
    assert column(table, "name") == [SOUTH[0]]
    assert rules(problems) == ["unit_row", "example_row"]


def test_blank_columns_do_not_matter(ledger: Write) -> None:
    (table,), problems = ledger([[None, "名称", None, "经度", "纬度"], [None, "a", None, 117.1, 36.1]])
    assert column(table, "lon") == [117.1]
    assert problems == []


def test_a_line_break_in_a_heading(ledger: Write) -> None:
    (table,), _ = ledger([["站点\n名称", "经  度（E）", "＊纬度*", "服务能力（人/日）"], SOUTH])
    assert list(table.headings) == ["name", "lon", "lat", "capacity"]


def test_personal_columns_are_dropped_and_told(ledger: Write) -> None:
    rows = [[*HEAD, "负责人", "联系电话", "说明"], [*SOUTH, "某某", "13800000000", "可拨打13912345678"]]
    (table,), problems = ledger(rows)
    assert table.personal == ("负责人", "联系电话")
    assert not any("13800000000" in str(value) or "某某" in str(value) for value in table.frame.to_numpy().ravel())
    assert column(table, "remark") == ["可拨打"]
    assert sorted(rules(problems)) == ["personal_column", "personal_column", "personal_number"]


def test_values_that_look_like_identity_numbers_are_dropped_whatever_the_heading(ledger: Write) -> None:
    (table,), problems = ledger([[*HEAD, "凭证"], [*SOUTH, "11010519491231002X"]])
    assert "other:凭证" not in table.frame
    assert rules(problems) == ["personal_column"]
    assert is_identity_number("11010519491231002X")
    assert not is_identity_number("110105194912310021")


def test_of_two_columns_for_one_thing_the_better_heading_is_taken(ledger: Write) -> None:
    (table,), problems = ledger([["单位", "设施名称", "经度", "纬度"], ["民政局", "南关食堂", 117.1, 36.1]])
    assert column(table, "name") == ["南关食堂"]
    assert column(table, "other:单位") == ["民政局"]
    assert [(problem.rule, problem.severity) for problem in problems] == [("heading_twice", "info")]


def test_two_equal_headings_are_a_warning(ledger: Write) -> None:
    (table,), problems = ledger([["名称", "名称", "经度", "纬度"], ["a", "b", 117.1, 36.1]])
    assert column(table, "name") == ["a"]
    assert column(table, "other:名称#2") == ["b"]
    assert [(problem.rule, problem.severity) for problem in problems] == [("heading_twice", "warning")]


def test_residents_go_before_registered_people(ledger: Write) -> None:
    (table,), _ = ledger(
        [["社区", "户籍人口", "常住人口", "60岁及以上（人）"], ["南关", 900, 1000, 200]], table=POPULATION
    )
    assert column(table, "total") == [1000]
    assert column(table, "other:户籍人口") == [900]


def test_units_in_the_heading_are_told(ledger: Write) -> None:
    (table,), _ = ledger(
        [["社区名称", "常住人口（万人）", "60岁以上人口(人)", "经度(°)"], ["南关", 1.2, 200, 117.1]], table=POPULATION
    )
    assert dict(table.units) == {"total": "万人", "age60": "人"}


def test_an_id_column_headed_as_a_number_is_an_id_when_it_holds_letters(ledger: Write) -> None:
    (table,), _ = ledger([["编号", *HEAD], ["F01", *SOUTH], ["F02", *NORTH]])
    assert column(table, "id") == ["F01", "F02"]
    (table,), problems = ledger([["编号", *HEAD], ["F01", *SOUTH], ["F01", *NORTH]])
    assert "id" not in table.frame
    assert rules(problems) == ["id_not_unique"]
    (table,), _ = ledger([["编号", *HEAD], [1, *SOUTH], [2, *NORTH]])
    assert "id" not in table.frame
    assert column(table, "seq") == [1, 2]


def test_a_state_written_under_remarks_counts(ledger: Write) -> None:
    (table,), problems = ledger([[*HEAD, "备注"], [*SOUTH, "停用"], [*NORTH, "与卫生室相邻"]])
    assert column(table, "status") == ["停用", None]
    assert rules(problems) == ["status_from_remark"]


def test_days_of_every_kind_in_one_column(ledger: Write) -> None:
    def dates(book: Any, sheet: Any) -> None:
        sheet.write_datetime(1, 3, date(2023, 6, 1), book.add_format({"num_format": "yyyy-mm-dd"}))

    cells = ["2023年6月1日", 45078, "2023.6.1"]
    rows = [["名称", "经度", "纬度", "投用时间"], ["a", 117, 36, None], *[["b", 117, 36, cell] for cell in cells]]
    (table,), _ = ledger(rows, dates)
    assert {to_date(cell).value for cell in table.frame["opened"]} == {date(2023, 6, 1)}


def test_a_workbook_that_counts_from_1904_says_so(ledger: Write) -> None:
    (table,), _ = ledger([["名称", "经度", "纬度", "投用时间"], ["a", 117, 36, 43616]], date_1904=True)
    assert table.epoch_1904
    assert to_date(table.frame["opened"].iloc[0], epoch_1904=table.epoch_1904).value == date(2023, 6, 1)


def test_a_table_without_rows_is_told(ledger: Write) -> None:
    with pytest.raises(TableError) as raised:
        ledger([HEAD])
    assert rules(raised.value.problems) == ["table_empty"]


def test_a_workbook_without_any_heading_is_told(ledger: Write) -> None:
    with pytest.raises(TableError) as raised:
        ledger([["今天天气不错", 1], ["是的", 2]])
    assert raised.value.problems[-1].rule == "no_header"
    assert "名称" in raised.value.problems[-1].wanted


def test_figures_of_a_target_keep_their_own_headings(ledger: Write) -> None:
    (table,), _ = ledger(
        [["2023年社会组织统计"], ["社区名称", "社会组织数", "达标数"], ["南关社区", 12, 6]], table=UNITS
    )
    assert column(table, "other:社会组织数") == [12]
    assert column(table, "community") == ["南关社区"]


def test_figures_without_any_known_heading(ledger: Write) -> None:
    (table,), _ = ledger([["项目", "数量"], ["改造", 800]], table=UNITS)
    assert column(table, "other:数量") == [800]


def test_candidates_and_communities_have_their_own_headings(ledger: Write) -> None:
    (table,), _ = ledger([["备选点位", "经度", "纬度", "造价（万元）"], ["a", 117, 36, 20]], table=CANDIDATES)
    assert (column(table, "cost"), table.units["cost"]) == ([20], "万元")
    (table,), _ = ledger(
        [
            ["行政区划代码", "村（居）名称", "所属乡镇（街道）", "城乡分类代码"],
            ["370124001002", "南关", "南关街道", 111],
        ],
        table=COMMUNITIES,
    )
    assert [column(table, name)[0] for name in ("code", "name", "township", "class")] == [
        "370124001002",
        "南关",
        "南关街道",
        111,
    ]


def test_a_group_that_the_study_declares_has_its_headings(ledger: Write) -> None:
    table_with_group = population_table([("children", "儿童", ("0-14岁人口", "少儿人数")), ("age60", "老年人", ())])
    (table,), _ = ledger([["社区", "少儿人数", "60岁以上"], ["南关", 90, 200]], table=table_with_group)
    assert (column(table, "children"), column(table, "age60")) == ([90], [200])


def test_a_problem_is_put_in_its_place(ledger: Write) -> None:
    (table,), _ = ledger([["台账"], HEAD, SOUTH])
    placed = table.place(Problem(severity="warning", rule="x", found="y"), position=0, column="lon")
    assert (placed.sheet, placed.row, placed.column) == ("台账", 3, "经度")


def test_a_large_text_file_gives_the_same_table_as_a_small_one(tmp_path: Path) -> None:
    lines = ["id,lon,lat,pop,community_code"]
    lines += [
        f"P{number:06d},{117 + number / 1e6:.6f},{36 + number / 1e6:.6f},{number % 90},37012400{number % 9000:04d}"
        for number in range(25_000)
    ]
    plain, careful = tmp_path / "plain.csv", tmp_path / "careful.csv"
    plain.write_text("\n".join(lines), encoding="utf-8")
    careful.write_text("\n".join([*lines, "合计,,,,"]), encoding="gbk")
    (quick,), quick_problems = read_ledger(plain, POPULATION, file="a")
    (slow,), slow_problems = read_ledger(careful, POPULATION, file="a")
    assert plain.stat().st_size > 1_000_000
    assert quick.frame["lon"].dtype == "float64"
    assert (quick_problems, rules(slow_problems)) == ([], ["subtotal_row"])
    assert dict(quick.headings) == dict(slow.headings)
    for name in ("id", "community_code", "row"):
        assert list(quick.frame[name]) == list(slow.frame[name])
    for name in ("lon", "lat", "total"):
        assert list(quick.frame[name]) == list(slow.frame[name].astype(float))


def test_a_unit_above_the_table_holds_for_people(ledger: Write) -> None:
    rows = [["人口统计表（单位：万人）"], ["社区名称", "常住人口", "60岁以上人口（人）"], ["南关", 1.2, 200]]
    (table,), _ = ledger(rows, table=POPULATION)
    assert dict(table.units) == {"total": "万人", "age60": "人"}
    rows[0] = ["填报单位：万人镇  单位：家、人"]
    (table,), _ = ledger(rows, table=POPULATION)
    assert dict(table.units) == {"age60": "人"}


def test_the_sheet_that_tells_how_to_fill_in_the_others_is_passed_over_quietly(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("助老食堂")
        sheet.write_row(0, 0, ["名称", "经度", "纬度"])
        sheet.write_row(1, 0, ["甲食堂", 117.0, 36.0])
        book.add_worksheet("填写说明").write_column(0, 0, ["每类设施一张表。", "日期写到日。"])
        book.add_worksheet("随笔").write_column(0, 0, ["每类设施一张表。"])
    _, problems = read_ledger(tmp_path / "a.xlsx", FACILITIES, file="a.xlsx")
    assert [problem.sheet for problem in problems if problem.rule == "no_header"] == ["随笔"]


def test_the_cells_of_a_total_are_told_apart(tmp_path):
    text = "序号,名称,经度,纬度,座位数\n1,甲,117,36,50\n合计,1处,,,50\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    _, problems = read_ledger(tmp_path / "a.csv", FACILITIES, file="a.csv")
    assert [problem.found for problem in problems if problem.rule == "subtotal_row"] == ["小计、合计行：合计 1处 50"]


def painted(rows: dict[int, str], width: int = 4) -> Any:
    """Paint rows (counted from zero) of the sheet in these colours."""

    def paint(book: Any, sheet: Any) -> None:
        for row, colour in rows.items():
            shape = book.add_format({"bg_color": colour})
            sheet.conditional_format(0, 0, 0, 0, {"type": "no_errors", "format": shape})  # rules colour no cell
            for column in range(width):
                sheet.write(row, column, [HEAD, SOUTH, NORTH, SOUTH, NORTH, SOUTH, NORTH][row][column], shape)

    return paint


@pytest.mark.parametrize(
    ("colours", "told"),
    [
        ({}, []),
        ({0: "#DDEBF7"}, []),
        ({1: "#FF0000"}, [2]),
        ({2: "#FF0000", 4: "#FFFF00"}, [3]),
        (dict.fromkeys(range(7), "#FFFF00"), []),
        (dict.fromkeys(range(1, 7), "#FFFF00") | {3: "#FF0000"}, [4]),
        (dict.fromkeys(range(1, 7, 2), "#DDEBF7"), []),
        ({3: "#FFFFFF"}, []),
    ],
    ids=["none", "heading", "one row", "two colours", "all alike", "one unlike", "stripes", "white"],
)
def test_rows_told_apart_by_colour_are_told_once(ledger: Write, colours: dict[int, str], told: list[int]) -> None:
    (table,), problems = ledger([HEAD, SOUTH, NORTH, SOUTH, NORTH, SOUTH, NORTH], painted(colours))
    assert len(table.frame) == 6
    assert [problem.row for problem in problems if problem.rule == "colour_meaning"] == told


def test_the_rows_of_a_colour_are_listed(ledger: Write) -> None:
    _, problems = ledger([HEAD, SOUTH, NORTH, SOUTH, NORTH, SOUTH, NORTH], painted({2: "#FF0000", 4: "#FFFF00"}))
    (told,) = [problem for problem in problems if problem.rule == "colour_meaning"]
    assert told.found == "第3、5行（共2行）的底色与其他行不同，颜色的含义未读取"
    assert told.severity == "warning"


@pytest.mark.parametrize(
    "part", [b"<fills", b"<fills><fill", b"<cellXfs><xf ", b'<fills><fill><patternFill patternType="']
)
def test_styles_that_never_end_are_looked_through_once(part: bytes) -> None:
    assert filled_styles(part * 20_000 + b"</fills></cellXfs>") == {}
