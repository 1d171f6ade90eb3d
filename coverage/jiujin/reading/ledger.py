"""
An office's table file to plain tables: the shared entry for ledgers, population tables, candidates and figures.

What is no data (titles, repeated headings, subtotals, notes) is taken away and listed, merged cells and “同上” are
filled,
personal columns are dropped; every cell that stays is as the file holds it, with its row number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from jiujin.errors import Problem, TableError
from jiujin.tables import Table

if TYPE_CHECKING:
    import pandas as pd

    from jiujin.reading.facilities_services import ServiceWords
    from jiujin.reading.sheets import Sheet

OTHER = "other:"
"""What stands before the heading of a column that the table does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTable:
    """
    One table of a file, its cells as the file holds them.

    `frame` has a column per recognised name, `other:<heading>` for the rest, and `row`, the spreadsheet's row number;
    empty cells are None. `headings` tells how the office heads each column, `units` the unit a heading states (`万人`),
    `title` the text above the heading, `notes` what stands below the rows, `personal` the headings of columns dropped
    as personal data. `service` is the one that a part of a wide table tells of, `own` its columns that no other shares.
    """

    file: str
    sheet: str
    title: str
    hidden: bool
    headings: Mapping[str, str]
    frame: pd.DataFrame
    units: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    personal: tuple[str, ...] = ()
    notes: str = ""
    service: str = ""
    own: tuple[str, ...] = ()
    epoch_1904: bool = False

    def place(self, problem: Problem, *, position: int | None = None, column: str = "") -> Problem:
        """Put a problem in its place: file, sheet, the row at this position of the frame, the column's heading."""
        from dataclasses import replace

        row = None if position is None else int(self.frame["row"].to_numpy()[position])
        return replace(problem, file=self.file, sheet=self.sheet, row=row, column=self.headings.get(column, column))


def read_ledger(
    path: Path, table: Table, *, file: str, services: ServiceWords | None = None
) -> tuple[list[LedgerTable], list[Problem]]:
    """
    Read every table of a workbook, text or HTML file that has headings of this table.

    Where `services` are given, a table with columns for several of them becomes one table for each. Hidden sheets are
    not read, and it is said. Raises TableError with all problems when the file cannot be read or
    holds no such table.
    """
    from jiujin.reading.ledger_fast import read_plain_text
    from jiujin.reading.ledger_rows import tables_of
    from jiujin.reading.sheets import read_sheets

    plain = read_plain_text(path, table, file=file)
    if plain is not None:
        return plain
    sheets, problems = read_sheets(path, file=file)
    found: list[LedgerTable] = []
    for sheet in sheets:
        if sheet.hidden:
            problems.append(_hidden_sheet(sheet))
            continue
        tables, notes = tables_of(sheet, table, services)
        found.extend(tables)
        problems.extend(notes)
    if not found:
        problems.append(_nothing(table, file))
        raise TableError(problems)
    if not any(len(one.frame) for one in found):
        action = "请补充数据行"
        problems.append(
            Problem(severity="error", rule="table_empty", found="只有表头，没有数据", action=action, file=file)
        )
        raise TableError(problems)
    return found, problems


def _hidden_sheet(sheet: Sheet) -> Problem:
    action = "未采用；如需采用，请取消隐藏"
    return Problem(
        severity="warning", rule="hidden_sheet", found="隐藏的工作表", action=action, file=sheet.file, sheet=sheet.name
    )


def _nothing(table: Table, file: str) -> Problem:
    known = "、".join(column.label for column in table.columns[:8])
    return Problem(
        severity="error",
        rule="no_header",
        found=f"没有找到{table.label}的表头",
        wanted=f"至少两个能识别的列名，如：{known}",
        action="请核对表头文字",
        file=file,
    )
