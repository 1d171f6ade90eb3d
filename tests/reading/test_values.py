"""What a cell says: every writing of numbers, dates, states and codes that offices were seen to use."""

from __future__ import annotations

import math
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiujin.reading.values import (
    chinese_number,
    clean_id,
    clean_text,
    normal_name,
    normal_township,
    plain_name,
    to_area,
    to_capacity,
    to_code,
    to_date,
    to_number,
    to_status,
    to_text,
)

EMPTY = [
    "",
    " ",
    "　",
    "/",
    "—",
    "——",
    "－",
    "-",
    "无",
    "空",
    "NA",
    "n/a",
    "null",
    "暂无",
    "待定",
    "×",
    None,
    math.nan,
    "\ufeff",
]


@pytest.mark.parametrize("cell", EMPTY)
def test_there_are_many_ways_to_write_nothing(cell: object) -> None:
    assert clean_text(cell) is None
    assert to_number(cell) == (None, "", "", "info")
    assert to_date(cell).value is None
    assert to_code(cell) == (None, "", "", "info")


@pytest.mark.parametrize(
    ("cell", "number", "rule"),
    [
        (50.0, 50, ""),
        ("５０", 50, ""),
        ("１１７．１２５", 117.125, ""),
        ("1,234", 1234, ""),
        ("１，２３４", 1234, ""),
        ("1,234,567.5", 1234567.5, ""),
        (" 60 ", 60, ""),
        ("\u200b60\xa0", 60, ""),
        ("'60", 60, ""),
        ("-5", -5, ""),
        ("1.5e3", 1500, ""),
        ("80%", 0.8, ""),
        ("８０％", 0.8, ""),
        ("约60人", 60, "number_approximate"),
        ("50余", 50, "number_approximate"),
        ("≥20", 20, "number_approximate"),
        ("20以上", 20, "number_approximate"),
        ("50人/餐", 50, "number_unit"),
        ("2层", 2, "number_unit"),
        ("120㎡", 120, "number_unit"),
        ("1.2万", 12000, "number_unit"),
        ("1.2万人", 12000, "number_unit"),
        ("30-40", 30, "number_range"),
        ("30～40人", 30, "number_range"),
        ("30人-40人", 30, "number_range"),
        ("3-5万", 30000, "number_range"),
        ("50人（含20个包间）", 50, "number_unit"),
        ("50座200㎡", 50, "number_several"),
        ("十二", 12, "number_in_chinese"),
        ("一百二十", 120, "number_in_chinese"),
        ("一百二", 120, "number_in_chinese"),
        ("三千五", 3500, "number_in_chinese"),
        ("一万二", 12_000, "number_in_chinese"),
        ("一百零二", 102, "number_in_chinese"),
        ("几十", None, "number_unreadable"),
        ("数百人", None, "number_unreadable"),
        ("4O", 40, "letters_for_digits"),
        ("l0", 10, "letters_for_digits"),
        ("约一百二十人", 120, "number_in_chinese"),
        ("1,23", None, "number_unreadable"),
        ("若干", None, "number_unreadable"),
        ("#REF!", None, "formula_error"),
        (date(2023, 3, 5), None, "date_in_number"),
    ],
)
def test_numbers(cell: object, number: float | None, rule: str) -> None:
    assert to_number(cell)[:2] == (number, rule)


@given(st.integers(min_value=1, max_value=99_999_999))
def test_a_number_written_in_chinese_reads_back(number: int) -> None:
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]

    def section(value: int) -> str:
        text, gap = "", False
        for power in (3, 2, 1, 0):
            digit = value // 10**power % 10
            gap = gap or (digit == 0 and text != "")
            if digit:
                text += ("零" if gap else "") + digits[digit] + units[power]
                gap = False
        return text

    high, low = divmod(number, 10_000)
    text = (section(high) + "万" if high else "") + ("零" if high and low and low < 1000 else "") + section(low)
    assert chinese_number(text) == number


@given(st.floats(min_value=-1e9, max_value=1e9).map(lambda value: round(value, 6)))
def test_a_number_is_the_same_however_it_is_typed(number: float) -> None:
    wide = str.maketrans("0123456789.-,", "０１２３４５６７８９．－，")
    plain = f"{number:.6f}"
    assert (
        to_number(plain).value
        == to_number(plain.translate(wide)).value
        == to_number(f"{number:,.6f}").value
        == float(plain)
    )


def test_what_a_site_serves_is_neither_negative_nor_absurd() -> None:
    assert to_capacity("60座").value == 60
    assert to_capacity(-3.0)[:2] == (None, "capacity_negative")
    assert to_capacity("2,000,000")[:2] == (None, "capacity_absurd")


def test_an_area_is_in_square_metres() -> None:
    assert to_area("120㎡").value == 120
    assert to_area("3亩").value == pytest.approx(2000)
    assert to_area(0.5, "公顷").value == 5000
    assert to_area("0.5", "公顷").value == 5000


JUNE = date(2023, 6, 30)


@pytest.mark.parametrize(
    ("cell", "day", "rule"),
    [
        (datetime.fromisoformat("2023-06-01T08:30"), date(2023, 6, 1), ""),
        (date(2023, 6, 1), date(2023, 6, 1), ""),
        (2023.6, JUNE, "date_month_only"),
        (2023.06, JUNE, "date_month_only"),
        (2023.11, date(2023, 11, 30), "date_month_only"),
        (2023.1, date(2023, 10, 31), "date_ambiguous"),
        ("2023.10", date(2023, 10, 31), "date_month_only"),
        ("2023.1", date(2023, 1, 31), "date_month_only"),
        ("2023年6月", JUNE, "date_month_only"),
        ("2023年06月份", JUNE, "date_month_only"),
        ("2023年6月1日", date(2023, 6, 1), ""),
        ("2023 年 6 月 1 日", date(2023, 6, 1), ""),
        ("二〇二三年六月", JUNE, "date_month_only"),
        ("二〇二三年十二月三十一日", date(2023, 12, 31), ""),
        ("2023/6/1", date(2023, 6, 1), ""),
        ("2023-06", JUNE, "date_month_only"),
        ("２０２３．６．１", date(2023, 6, 1), ""),
        ("2023-06-01 00:00:00", date(2023, 6, 1), ""),
        ("2023-06-01T08:00:00", date(2023, 6, 1), ""),
        ("2023年6月1日 8:30", date(2023, 6, 1), ""),
        ("20230601", date(2023, 6, 1), ""),
        (20230601.0, date(2023, 6, 1), ""),
        ("202306", JUNE, "date_month_only"),
        (45078.0, date(2023, 6, 1), "date_serial"),
        ("45078", date(2023, 6, 1), "date_serial"),
        ("44927", date(2023, 1, 1), "date_serial"),
        ("23.6.1", date(2023, 6, 1), "date_two_digit_year"),
        (2023.0, date(2023, 12, 31), "date_year_only"),
        ("2023年", date(2023, 12, 31), "date_year_only"),
        ("2023年底", date(2023, 12, 31), "date_vague"),
        ("2023年上半年", JUNE, "date_vague"),
        ("2023年第三季度", date(2023, 9, 30), "date_vague"),
        ("2023年6月中旬", date(2023, 6, 20), "date_vague"),
        ("十三五期间", date(2020, 12, 31), "date_vague"),
        ("约2019年", date(2019, 12, 31), "date_vague"),
        ("2022-2023", date(2023, 12, 31), "date_range"),
        ("2022年-2023年", date(2023, 12, 31), "date_range"),
        ("2021.3-2023.6", JUNE, "date_range"),
        ("2023年3-6月", JUNE, "date_range"),
        ("2019年6月建成投用", date(2019, 6, 30), "date_month_only"),
        ("民国112年6月1日", date(2023, 6, 1), "date_from_text"),
        ("民国一百一十二年", date(2023, 12, 31), "date_from_text"),
        ("2018年10月建成，2019年1月投用", date(2019, 1, 31), "date_from_text"),
        ("2023。6。1", date(2023, 6, 1), ""),
        ("2023·6", date(2023, 6, 30), "date_month_only"),
        ("6/1/2023", date(2023, 6, 1), "date_ambiguous"),
        ("25/12/2023", date(2023, 12, 25), ""),
        ("已建成", None, "date_is_status"),
        ("2023年2月30日", None, "date_impossible"),
        ("2023.13", None, "date_impossible"),
        ("长期", None, "date_unreadable"),
        ("#N/A", None, "formula_error"),
    ],
)
def test_dates(cell: object, day: date | None, rule: str) -> None:
    assert to_date(cell)[:2] == (day, rule)


def test_a_serial_number_counts_from_the_epoch_of_its_workbook() -> None:
    assert to_date(43616.0, epoch_1904=True).value == date(2023, 6, 1)


@given(st.dates(min_value=date(1951, 1, 1), max_value=date(2049, 12, 31)))
def test_a_day_is_the_same_in_every_full_writing(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    writings = [
        f"{day:%Y-%m-%d}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        float(serial),
    ]
    assert {to_date(writing).value for writing in writings} == {day}


@pytest.mark.parametrize(
    ("cell", "state", "rule"),
    [
        ("运营", "operating", ""),
        ("正常运营", "operating", ""),
        (" 已 投用 ", "operating", ""),
        ("√", "operating", ""),
        ("是", "operating", ""),
        (1.0, "operating", ""),
        (True, "operating", ""),
        ("在建", "building", ""),
        ("装修中", "building", ""),
        ("已建成未投用", "building", ""),
        ("预计2024年6月投用", "building", "status_from_text"),
        ("拟建", "planned", ""),
        ("停用", "closed", ""),
        ("未运营", "closed", ""),
        ("否", "closed", ""),
        ("×", "closed", ""),
        ("因装修暂停营业", "closed", "status_from_text"),
        ("曾停业，现恢复运营", "operating", "status_from_text"),
        ("疫情期间暂停，现已恢复", "operating", "status_from_text"),
        ("计划停用", "operating", "status_from_text"),
        ("待运营", "building", "status_from_text"),
        ("未正式运营", "building", "status_from_text"),
        ("建成未用", "building", "status_from_text"),
        ("主体已封顶", "building", "status_from_text"),
        ("提升改造", "building", "status_from_text"),
        ("已立项", "planned", "status_from_text"),
        ("不再运营", "closed", "status_from_text"),
        ("已搬迁", "closed", "status_from_text"),
        ("并入南关中心", "closed", "status_from_text"),
        ("空置", "closed", "status_from_text"),
        ("已改作他用", "closed", "status_from_text"),
        ("改造后重新开放", "operating", "status_from_text"),
        ("已建成", "operating", "status_built"),
        ("甲等", None, "status_unknown"),
        ("—", None, ""),
        ("无", None, ""),
        (None, None, ""),
    ],
)
def test_states(cell: object, state: str | None, rule: str) -> None:
    assert to_status(cell)[:2] == (state, rule)


@pytest.mark.parametrize(
    ("cell", "code", "rule"),
    [
        ("370124001002", "370124001002", ""),
        (370124001002.0, "370124001002", ""),
        ("'370124001002", "370124001002", ""),
        (" 370124 001 002", "370124001002", ""),
        ("370124001002.0", "370124001002", ""),
        ("３７０１２４００１００２", "370124001002", ""),
        ("3.70124E+11", None, "code_lost_digits"),
        (370124000000.0, None, "code_lost_digits"),
        ("370124001", "370124001", "code_level"),
        ("370124", "370124", "code_level"),
        ("370124001000", "370124001000", "code_level"),
        ("F001", "F001", ""),
        ("007", "007", ""),
        (12.0, "12", ""),
    ],
)
def test_codes(cell: object, code: str | None, rule: str) -> None:
    assert to_code(cell)[:2] == (code, rule)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("南关社区\n助老食堂", "南关社区助老食堂"),
        ("South\nGate", "South Gate"),
        ("\u3000南关社区\xa0", "南关社区"),
        ("南关\u200b社区", "南关社区"),
        ("'0531", "0531"),
        (3.0, "3"),
        (3.5, "3.5"),
        ("䶮社区", "䶮社区"),
        ("南关社区（东）", "南关社区（东）"),
    ],
)
def test_text_is_what_was_meant(cell: object, text: str) -> None:
    assert clean_text(cell) == text


def test_characters_that_were_lost_are_told() -> None:
    assert to_text("南□社区").rule == "unreadable_character"
    assert to_text("南\ue123社区").rule == "unreadable_character"
    assert to_text("#REF!")[:2] == (None, "formula_error")
    assert to_text("㙦垛社区")[:2] == ("㙦垛社区", "")


SAME = [
    "南关社区居民委员会",
    "南关社区居委会",
    "南关居委会",
    "南关社区",
    "南关",
    "南关村民委员会",
    "南关村村委会",
    " 南 关 社 区 ",
    "南关居会",
]


@pytest.mark.parametrize("name", SAME)
def test_one_community_has_many_names(name: str) -> None:
    assert normal_name(name) == "南关"


def test_names_keep_what_tells_them_apart() -> None:
    assert normal_name("新村") == normal_name("新村村委会") == "新村"
    assert normal_name("示例县南关社区", ("示例县",)) == "南关"
    assert normal_name("南关社区（东）") == normal_name("南关社区(东)")
    assert plain_name("南关社区（东）食堂") == plain_name("南关社区(东) 食堂")
    assert plain_name("南关社区") != plain_name("南关村")


@given(st.text(alphabet="东西南北李王村社区居委会民员新", min_size=1, max_size=10))
def test_normalising_a_name_twice_changes_nothing(name: str) -> None:
    once = normal_name(name)
    assert once
    assert normal_name(once) == once


def test_a_township_has_many_names() -> None:
    assert {
        normal_township(name) for name in ("南关街道", "南关街道办事处", "南关办事处", "南关办", "南关", "南关街道办")
    } == {"南关"}
    assert normal_township("李镇") == "李镇"


@given(
    st.one_of(
        st.text(max_size=30),
        st.floats(),
        st.integers(),
        st.booleans(),
        st.none(),
        st.dates(),
        st.datetimes(),
        st.times(),
        st.timedeltas(),
    )
)
def test_no_cell_is_too_strange(cell: object) -> None:
    for read in (to_text, to_number, to_capacity, to_area, to_date, to_status, to_code):
        value = read(cell)
        assert value.rule == "" or value.note
    number = to_number(cell).value
    assert number is None or math.isfinite(number)


@pytest.mark.parametrize(
    ("cell", "known"), [("x", "x"), (" X ", "X"), ("×", None), ("无", None), ("A1", "A1"), (7.0, "7")]
)
def test_the_letter_x_is_an_id_and_strikes_out_a_name(cell, known):
    assert clean_id(cell) == known
    assert clean_text("x") is None
