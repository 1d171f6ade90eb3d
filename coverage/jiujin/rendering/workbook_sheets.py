"""
One annex on one sheet, as an office prints it: title, unit and date, headings on every page, rows, 口径说明.

XlsxWriter's door. Everything that comes from data is written as a string or a number, never as what a spreadsheet
could take for a formula.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Literal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from jiujin.rendering.wording import NOTHING
from jiujin.rendering.workbook_lines import LineSheet, number_look, text_look

Kind = Literal["text", "code", "people", "count", "decimal", "rate", "metres", "degrees", "date", "points"]
Style = Literal["plain", "subtotal", "total", "block", "head"]
Cell = str | float | int | date | None

NUMBER_FORMATS: dict[str, str] = {
    "people": "#,##0",
    "count": "#,##0",
    "decimal": "#,##0.00",
    "rate": "0.0%",
    "metres": "#,##0",
    "degrees": "0.000000",
    "points": "+0.0;-0.0;0.0",
}
"""How a number of each kind is shown; `points` are percentage points."""

_LONGEST_NAME = 31
_LONGEST_TEXT = 32_767
_A4 = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column: what stands above it, what kind of value it holds, and its width in Latin letters."""

    label: str
    kind: Kind = "text"
    width: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Cells in the order of the headings; `kinds` where a row's differ from its columns' (blocks of a summary)."""

    cells: Sequence[Cell]
    style: Style = "plain"
    kinds: Sequence[Kind] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """
    A table for people: name of its sheet, title, columns, rows, and the sentences under it.

    `heads_repeat` prints the headings on every page; not so where blocks with headings of their own follow.
    """

    sheet: str
    title: str
    headings: Sequence[Heading]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    filtered: bool = False
    heads_repeat: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """Who made the tables, for which day, and what may be done with them."""

    unit: str
    as_of: date
    secrecy: str


@dataclass(slots=True, kw_only=True)
class Book:
    """A workbook being written: its formats and the sheet names already taken."""

    file: Workbook
    imprint: Imprint
    formats: dict[tuple[str, str], Format] = field(default_factory=dict)
    looks: dict[tuple[str, str], tuple[str, str, str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def format(self, kind: str, style: str) -> Format:
        """Look up the format of a kind of cell in a style of row, making it once."""
        key = (kind, style)
        if key not in self.formats:
            self.formats[key] = self.file.add_format(_format(kind, style))
        return self.formats[key]

    def look(self, kind: str, style: str) -> tuple[str, str, str]:
        """How the file begins a cell of this kind that holds a number, a text, or a mark in the place of a number."""
        key = (kind, style)
        if key not in self.looks:
            words = self.format(kind if kind in {"text", "code"} else "mark", style)
            mark = self.format("mark", style)
            self.looks[key] = (number_look(self.format(kind, style)), text_look(words), text_look(mark))
        return self.looks[key]

    def sheet_name(self, wanted: str) -> str:
        """Make a legal name of this text that no other sheet has."""
        name = legal_name(wanted)
        number = 2
        while name.casefold() in self.names:
            tail = f"（{number}）"
            name = legal_name(wanted)[: _LONGEST_NAME - len(tail)] + tail
            number += 1
        self.names.add(name.casefold())
        return name


def legal_name(text: str) -> str:
    r"""Make a sheet name that Excel and WPS accept: at most 31 letters, none of []:*?/\, no apostrophe at an end."""
    kept = "".join("·" if letter in "[]:*?/\\" or ord(letter) < 32 else letter for letter in inert(text))
    kept = kept[:_LONGEST_NAME].strip().strip("'").strip()
    return "表" if not kept or kept.casefold() == "history" else kept


def inert(text: str) -> str:
    """Text that any file can hold: no lone surrogates, not longer than a cell, nothing that is taken for tags."""
    kept = text.encode("utf-8", "replace").decode("utf-8")[:_LONGEST_TEXT]
    return f"{kept} " if kept.startswith("<r>") and kept.endswith("</r>") else kept


def write_annex(book: Book, annex: Annex) -> LineSheet:
    """Write one annex on a sheet of its own and give that sheet back."""
    sheet: LineSheet = book.file.add_worksheet(book.sheet_name(annex.sheet), worksheet_class=LineSheet)
    last = len(annex.headings) - 1
    _set_up_page(book, sheet, last, heads_repeat=annex.heads_repeat)
    for column, heading in enumerate(annex.headings):
        sheet.set_column(column, column, heading.width)
    _write_head(book, sheet, annex, last)
    kinds = tuple(heading.kind for heading in annex.headings)
    widths = [heading.width for heading in annex.headings]
    for number, row in enumerate(annex.rows, start=3):
        if row.style == "block":
            sheet.set_row(number, 22)
            _merged(sheet, number, (0, last), inert(str(row.cells[0])), book.format("left", "block"))
        else:
            _write_row(book, sheet, number, row, (row.kinds or kinds, widths))
    if annex.filtered and annex.rows:
        sheet.autofilter(2, 0, 2 + len(annex.rows), last)
    _write_notes(book, sheet, 3 + len(annex.rows), annex, last)
    return sheet


def _set_up_page(book: Book, sheet: Worksheet, last: int, *, heads_repeat: bool) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.center_horizontally()
    sheet.repeat_rows(0, 2 if heads_repeat else 1)
    sheet.freeze_panes(3 if heads_repeat else 2, min(3, last) if heads_repeat else 0)
    sheet.hide_gridlines(2)
    unit = inert(book.imprint.unit)[:60].replace("&", "&&")
    sheet.set_footer(f"&L&9{book.imprint.secrecy[:40]}&C&9第&P页 共&N页&R&9{unit}")


def _write_head(book: Book, sheet: Worksheet, annex: Annex, last: int) -> None:
    imprint = book.imprint
    unit = f"编制单位：{imprint.unit or NOTHING}"
    day = f"统计截止日期：{imprint.as_of.isoformat()}　　{imprint.secrecy.split('，')[0]}"
    sheet.set_row(0, 30)
    sheet.set_row(1, 18)
    middle = max(last // 2, 0)
    _merged(sheet, 0, (0, last), inert(annex.title), book.format("title", "plain"))
    _merged(sheet, 1, (0, middle), inert(unit), book.format("left", "plain"))
    _merged(sheet, 1, (min(middle + 1, last), last), inert(day), book.format("right", "plain"))
    labels = [_broken(inert(each.label), each.width) for each in annex.headings]
    lines = max((_lines(label, each.width) for label, each in zip(labels, annex.headings, strict=True)), default=1)
    sheet.set_row(2, 15 * lines + 4)
    for column, label in enumerate(labels):
        sheet.write_string(2, column, label, book.format("text", "head"))


def _merged(sheet: Worksheet, row: int, columns: tuple[int, int], text: str, style: Format) -> None:
    first, last = columns
    if last <= first:
        sheet.write_string(row, first, text, style)
        return
    sheet.merge_range(row, first, row, last, "", style)
    sheet.write_string(row, first, text, style)


def _write_row(
    book: Book, sheet: LineSheet, number: int, row: Row, columns: tuple[Sequence[Kind], Sequence[float]]
) -> None:
    """Write a row of cells, as high as its longest text needs; a cell without a value shows that there is none."""
    lines = 1
    cells: list[tuple[str, str]] = []
    texts = _broken_heads(row, columns[1]) if row.style == "head" else row.cells
    for cell, kind, width in zip(texts, *columns, strict=False):
        as_number, as_text, as_mark = book.look(kind, row.style)
        if isinstance(cell, str):
            cells.append((as_text, sheet.text_position(inert(cell))))
            if 2 * len(cell) > width - 2:
                lines = max(lines, _lines(cell, width))
        elif isinstance(cell, date):
            cells.append((as_mark, sheet.text_position(cell.isoformat())))
        elif cell is None or not math.isfinite(cell):
            cells.append((as_mark, sheet.text_position(NOTHING)))
        else:
            cells.append((as_number, f"{cell:.16G}"))
    if lines > 1 or row.style == "head":
        sheet.set_row(number, min(14 * lines + 4, 400))
    sheet.write_line(number, cells)


def _write_notes(book: Book, sheet: Worksheet, start: int, annex: Annex, last: int) -> None:
    if not annex.notes:
        return
    width = sum(heading.width for heading in annex.headings)
    _merged(sheet, start, (0, last), "口径说明", book.format("left", "note_head"))
    for row, note in enumerate(annex.notes, start=start + 1):
        text = f"{row - start}. {inert(note)}"
        sheet.set_row(row, 13.5 * _lines(text, width) + 2)
        _merged(sheet, row, (0, last), text, book.format("note", "plain"))


def _broken_heads(row: Row, widths: Sequence[float]) -> list[Cell]:
    pairs = zip(row.cells, widths, strict=False)  # a block may have fewer columns than its sheet
    return [_broken(cell, width) if isinstance(cell, str) else cell for cell, width in pairs]


def _broken(label: str, width: float) -> str:
    """Break a heading that is too wide before its unit in brackets, or before the word for a share."""
    if _lines(label, width) == 1:
        return label
    if label.endswith("）"):
        return "\n（".join(label.rsplit("（", 1))
    return "\n占比".join(label.rsplit("占比", 1))


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column; a Chinese character is as wide as two Latin letters."""
    return sum(max(1, math.ceil(0.93 * text_width(line) / max(width - 1.5, 1))) for line in text.split("\n"))


@cache
def text_width(text: str) -> int:
    """Width of a text in Latin letters."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def _format(kind: str, style: str) -> dict[str, Any]:
    base: dict[str, Any] = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
    if kind in {"title", "left", "right", "note"}:
        return base | _line_format(kind, style)
    base |= {"border": 1, "border_color": "#7F7F7F", "text_wrap": kind == "text"}
    base |= {"align": "left", "indent": 1} if kind == "text" else {"align": "center" if kind == "code" else "right"}
    if kind == "code":
        base["num_format"] = "@"
    elif kind in NUMBER_FORMATS:
        base["num_format"] = NUMBER_FORMATS[kind]
    if style == "head":
        base |= {"bold": True, "align": "center", "indent": 0, "text_wrap": True, "bg_color": "#DCE3EA"}
        base["font_name"] = "黑体"
    if style == "subtotal":
        base |= {"bold": True, "bg_color": "#F0F3F6"}
    if style == "total":
        base |= {"bold": True, "bg_color": "#E2E8EE", "top": 2}
    return base


def _line_format(kind: str, style: str) -> dict[str, Any]:
    if style == "block":
        return {"font_name": "黑体", "font_size": 12, "align": "left", "valign": "bottom"}
    if style == "note_head":
        return {"font_name": "黑体", "font_size": 10, "align": "left", "valign": "bottom"}
    kinds: dict[str, dict[str, Any]] = {
        "title": {"font_name": "方正小标宋简体", "font_size": 18, "align": "center"},
        "left": {"align": "left"},
        "right": {"align": "right"},
        "note": {"font_size": 9, "align": "left", "valign": "top", "text_wrap": True},
    }
    return kinds[kind]
