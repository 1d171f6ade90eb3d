"""What an office wrote under 小计 and 合计, held against the rows that it adds up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from jiujin.errors import Problem
from jiujin.reading.headings import Header
from jiujin.reading.sheets import Cell, Sheet
from jiujin.reading.values import to_number
from jiujin.tables import Table

_ADDED = frozenset({"people", "integer", "number"})
_HALF = 0.5
"""Sums of people are whole; of hectares and of 万元 the last digit may be rounded in each row."""


@dataclass(slots=True)
class StatedTotals:
    """Where a table's data rows and its rows of sums stand, in the order of the sheet."""

    rows: list[tuple[int, bool]] = field(default_factory=list)

    def add(self, position: int, *, total: bool) -> None:
        """Note the next row."""
        self.rows.append((position, total))

    def problems(self, sheet: Sheet, header: Header, table: Table) -> list[Problem]:
        """List the sums that are neither that of all rows nor that of the rows between two sums."""
        if not any(total for _, total in self.rows):
            return []
        found = []
        for name, column in sorted(header.columns.items(), key=lambda each: each[1]):
            if table[name].kind in _ADDED and column not in header.personal:
                found += list(self._wrong(sheet, column, "".join(header.texts[column].split())))
        return sorted(found, key=lambda problem: (problem.row or 0, problem.column))

    def _wrong(self, sheet: Sheet, column: int, heading: str) -> Iterator[Problem]:
        cells = [(_number(sheet.cells[position], column), position, total) for position, total in self.rows]
        rows = [number for number, _, total in cells if not total]
        if any(number is None for number in rows):
            return  # a cell that says “约60人” or “同上” adds up to nothing certain
        whole = sum(number for number in rows if number is not None)
        for at, (stated, position, total) in enumerate(cells):
            if not total or not stated:
                continue
            above = _run(cells[:at][::-1])
            below = _run(cells[at + 1 :])
            if all(abs(stated - each) > _HALF for each in (whole, above, below)):
                near = min((whole, above, below), key=lambda each: abs(stated - each))
                yield Problem(
                    severity="warning", rule="total_differs", file=sheet.file, sheet=sheet.name, row=position + 1,
                    column=heading, found=f"合计写为 {stated:,.10g}，各行相加为 {near:,.10g}",
                    action="以各行为准，请核对是否缺行或填错",
                )  # fmt: skip


def _run(cells: Sequence[tuple[float | None, int, bool]]) -> float:
    """Add up the rows that come before the next sum."""
    summed = 0.0
    for number, _, total in cells:
        if total:
            break
        summed += number or 0.0
    return summed


def _number(row: Sequence[Cell], column: int) -> float | None:
    """Read a cell as a number, an empty one as nothing to add; None where it is no plain number."""
    read = to_number(row[column] if column < len(row) else None)
    if read.rule not in {"", "number_unit"}:
        return None
    return 0.0 if read.value is None else read.value
