"""
Tables in HTML, and XML spreadsheets of 2003, to grids: what web systems export under the name `.xls`.

Both are read by one tolerant parser: `tr` and `Row`, `td` and `Cell` mean the same; rows and columns may span.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from jiujin.errors import Problem, TableError
from jiujin.reading.sheets import Cell, Merge, Sheet
from jiujin.reading.text_files import decoded

_START = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html|<table|<meta|<head|<body|<style|<div|<!--"
    rb"|<\?xml[^>]*>\s*(?:<\?mso-application[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:\w+:)?(?:workbook|html))",
    re.IGNORECASE | re.DOTALL,
)
_SPAN_LIMIT = 2000
_WIDTH_LIMIT = 2000


def is_markup(data: bytes) -> bool:
    """Tell whether the bytes begin like HTML or an XML spreadsheet."""
    head = data[:4000]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    return _START.match(head) is not None


def read_markup(data: bytes, *, file: str) -> tuple[list[Sheet], list[Problem]]:
    """Read each table as a sheet; TableError when there is none."""
    text, problems = decoded(data, file=file)
    reader = _Tables()
    reader.feed(text)
    reader.close()
    reader.end_table()
    filled = [table for table in reader.tables if table.cells]
    if not filled:
        found, action = "网页里没有表格", "请另存为 xlsx"
        raise TableError(Problem(severity="error", rule="not_a_table", found=found, action=action, file=file))
    sheets = [
        Sheet(
            file=file,
            name=table.name or (f"表{number}" if len(filled) > 1 else ""),
            cells=table.cells,
            merges=table.merges,
            hidden=table.hidden,
        )
        for number, table in enumerate(filled, start=1)
    ]
    return sheets, problems


class _Grid:
    """One table while it is being read."""

    def __init__(self, name: str, *, hidden: bool) -> None:
        self.name = name
        self.hidden = hidden
        self.cells: list[list[Cell]] = []
        self.merges: list[Merge] = []
        self._taken: set[tuple[int, int]] = set()

    def start_row(self, index: int | None) -> None:
        wanted = max(len(self.cells), min((index or 1) - 1, len(self.cells) + _SPAN_LIMIT))
        self.cells.extend([] for _ in range(wanted - len(self.cells) + 1))

    def put(self, value: Cell, *, down: int, across: int, index: int | None) -> None:
        if not self.cells:
            self.cells.append([])
        top, row = len(self.cells) - 1, self.cells[-1]
        left = max(len(row), (index or 1) - 1)
        while (top, left) in self._taken:
            left += 1
        if left >= _WIDTH_LIMIT:
            return
        row.extend([None] * (left - len(row)))
        row.append(value)
        right = min(left + across, _WIDTH_LIMIT)
        row.extend([None] * (right - left))
        if down or across:
            self.merges.append(Merge(top=top, left=left, bottom=top + down, right=right))
        self._taken.update((top + step, column) for step in range(1, down + 1) for column in range(left, right + 1))


class _Tables(HTMLParser):
    """Collect the tables of a document; a table inside a cell becomes a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Grid] = []
        self._open: list[_Grid] = []
        self._cell: list[str] | None = None
        self._spans: tuple[int, int, int | None, str | None] = (0, 0, None, None)
        self._sheet, self._hidden, self._mute = "", False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = tag.rpartition(":")[2]
        named = {key.removeprefix("ss:"): value or "" for key, value in attrs}
        if tag in {"style", "script", "comment"}:
            self._mute += 1
        elif tag == "worksheet":
            self._sheet = named.get("name", "")
        elif tag == "visible":
            self._mute += 1
        elif tag == "table":
            self.end_cell()
            self._open.append(_Grid(self._sheet, hidden=False))
            self.tables.append(self._open[-1])
        elif tag in {"tr", "row"}:
            self.end_cell()
            if self._open:
                self._open[-1].start_row(_number(named.get("index")))
        elif tag in {"td", "th", "cell"}:
            self.end_cell()
            down = (_number(named.get("rowspan")) or 1) - 1 + (_number(named.get("mergedown")) or 0)
            across = (_number(named.get("colspan")) or 1) - 1 + (_number(named.get("mergeacross")) or 0)
            self._cell, self._spans = (
                [],
                (max(down, 0), max(across, 0), _number(named.get("index")), named.get("x:num")),
            )
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in {"style", "script", "comment", "visible"}:
            self._mute = max(0, self._mute - 1)
        elif tag in {"td", "th", "cell", "tr", "row"}:
            self.end_cell()
        elif tag == "table":
            self.end_table()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._mute:
            self._cell.append(data)

    def end_cell(self) -> None:
        if self._cell is None or not self._open:
            self._cell = None
            return
        text = "".join(self._cell).strip()
        down, across, index, exact = self._spans
        self._open[-1].put(exact or text, down=down, across=across, index=index)
        self._cell = None

    def end_table(self) -> None:
        self.end_cell()
        if self._open:
            self._open.pop()


def _number(text: str | None) -> int | None:
    found = re.match(r"\s*(\d{1,6})", text or "")
    return min(int(found[1]), _SPAN_LIMIT) if found else None
