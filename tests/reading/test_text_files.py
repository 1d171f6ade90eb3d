"""Text in any Chinese encoding, with any separator, is one grid of cells."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiujin.errors import TableError
from jiujin.reading.text_files import decoded, read_text, separator_of

ROWS = [["名称", "经度", "纬度"], ["南关社区助老食堂", "117.125", "36.25"], ["北关社区助老食堂", "117.135", "36.35"]]


def text_of(rows: list[list[str]], separator: str = ",", ends: str = "\n") -> str:
    return ends.join(separator.join(row) for row in rows) + ends


def cells(data: bytes) -> list[list[object]]:
    (sheet,), problems = read_text(data, file="a.csv")
    assert problems == []
    assert sheet.name == ""
    return [row for row in sheet.cells if row]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "，", "|"])
def test_every_encoding_with_every_separator(encoding: str, separator: str) -> None:
    assert cells(text_of(ROWS, separator).encode(encoding)) == ROWS


def test_utf_16_with_its_mark_in_both_orders() -> None:
    text = text_of(ROWS, "\t")
    assert cells(codecs.BOM_UTF16_LE + text.encode("utf-16-le")) == ROWS
    assert cells(codecs.BOM_UTF16_BE + text.encode("utf-16-be")) == ROWS


def test_a_character_outside_gbk_survives() -> None:
    rows = [["名称", "经度"], ["䶮社区", "117"], ["㙦村", "118"]]
    assert cells(text_of(rows).encode("gb18030")) == rows


def test_a_file_of_one_gbk_row_is_no_riddle() -> None:
    rows = [["名称", "经度", "纬度"], ["南关", "1", "2"]]
    assert cells(text_of(rows).encode("gbk")) == rows


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_line_end(ends: str) -> None:
    assert cells(text_of(ROWS, ends=ends).encode()) == ROWS


def test_mixed_line_ends_in_one_file() -> None:
    lines = [",".join(row) for row in ROWS]
    assert cells(f"{lines[0]}\r\n{lines[1]}\n{lines[2]}\r".encode("gbk")) == ROWS


@pytest.mark.parametrize("tail", [b"\x00", b"\x1a", b"\x00\x00\x00\x1a", b"\r\n\x1a"])
def test_what_old_programs_leave_at_the_end(tail: bytes) -> None:
    assert cells(text_of(ROWS).encode("gbk") + tail) == ROWS


def test_one_bad_byte_loses_one_character_and_not_the_file() -> None:
    rows = [["名称", "经度", "纬度"], *[[f"南关社区第{number}食堂", "117.1", "36.2"] for number in range(20)]]
    lines = text_of(rows).encode("gbk").split(b"\n")
    lines[7] = lines[7][:2] + b"\xff" + lines[7][2:]
    (sheet,), problems = read_text(b"\n".join(lines), file="a.csv")
    assert [row for number, row in enumerate(sheet.cells) if number != 7 and row] == [
        row for number, row in enumerate(rows) if number != 7
    ]
    assert [(problem.rule, problem.row) for problem in problems] == [("undecodable", None), ("undecodable", 8)]


def test_one_bad_byte_does_not_turn_utf_8_into_mojibake() -> None:
    data = text_of(ROWS * 10).encode()
    cut = data.index("北关".encode())
    (sheet,), problems = read_text(data[:cut] + b"\xff" + data[cut:], file="a.csv")
    assert sheet.cells[0] == ROWS[0]
    assert {problem.rule for problem in problems} == {"undecodable"}


def test_commas_inside_cells_do_not_deceive() -> None:
    rows = [["名称", "坐标", "地址"], ["a", "117.1,36.2", "南关路1号，院内"], ["b", "117.3,36.4", "北关路2号，院内"]]
    assert cells(text_of(rows, "\t").encode()) == rows
    assert cells(text_of(rows, ";").encode()) == rows
    quoted = io.StringIO()
    csv.writer(quoted).writerows(rows)
    assert cells(quoted.getvalue().encode("gbk")) == rows


def test_titles_above_do_not_deceive() -> None:
    text = "示例县助老食堂台账，2023年\n填报单位：民政局，单位：家\n" + text_of(ROWS * 3)
    assert separator_of(text) == ","


def test_a_line_break_inside_quotes_stays_in_its_cell() -> None:
    assert cells('名称,经度\n"南关社区\n助老食堂",117\n'.encode()) == [["名称", "经度"], ["南关社区\n助老食堂", "117"]]


def test_an_odd_quotation_mark_swallows_no_rows() -> None:
    rows = [["名称", "经度", "纬度"], *[[f"{number}号", "117", "36"] for number in range(60)]]
    rows[5][0] = '"南关'
    (sheet,), problems = read_text(text_of(rows).encode("gbk"), file="a.csv")
    assert len([row for row in sheet.cells if row]) == 61
    assert [problem.rule for problem in problems] == ["quotes_unbalanced"]


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n" + bytes(5000), b"%PDF-1.7\n" + bytes(range(128, 256)) * 99]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(TableError) as raised:
        decoded(data, file="a.csv")
    assert raised.value.problems[0].rule == "not_a_table"


CELLS = st.text(alphabet="南关社区助老食堂東䶮村0123456789.-，；abc \"'", max_size=8)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    separator=st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_is_written_with_quotes_reads_back(rows: list[list[str]], encoding: str, separator: str) -> None:
    table = [["名称", "经度", "纬度"], *([cell.strip() for cell in row] for row in rows)]
    written = io.StringIO()
    csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(table)
    (sheet,), _ = read_text(written.getvalue().encode(encoding), file="a.csv")
    assert sheet.cells == table
