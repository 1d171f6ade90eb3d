"""
A sheet whose rows are set as text when they are written, one string for a row instead of an object for every cell.

XlsxWriter keeps each cell and looks at it three times more before it is in the file; on a county's seventy thousand
cells that is most of the time of a workbook. This sheet takes over the innermost step alone: widths, heights, merged
cells, printing and all other parts of the file stay the library's. Its hidden hooks are held by the tests, which read
what is written here with two other libraries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

LETTERS = [xl_col_to_name(column) for column in range(64)]
"""Names of as many columns as any of our tables has."""


@dataclass(frozen=True, slots=True)
class Line:
    """The cells of one row as they stand in the file."""

    text: str


class LineSheet(Worksheet):  # type: ignore[misc]
    """A worksheet that also takes whole rows."""

    def write_line(self, row: int, cells: Sequence[tuple[str, str]]) -> None:
        """
        Write a row from its first column on: for each cell how it looks (`number_look`, `text_look`) and its value.

        A value is a number as the file has it, or the position of a text in the workbook (`text_position`).
        """
        number = str(row + 1)
        parts = [
            f'<c r="{letter}{number}{look}{value}</v></c>'
            for letter, (look, value) in zip(LETTERS, cells, strict=False)
        ]
        self._check_dimensions(row, 0)
        self._check_dimensions(row, max(len(cells) - 1, 0))
        self.table[row][0] = Line("".join(parts))

    def text_position(self, text: str) -> str:
        """Put a text among those that the sheets of the workbook share, and tell where it is."""
        return str(self.str_table._get_shared_string_index(text))  # noqa: SLF001  (as the library's own sheets do)

    def _calculate_spans(self) -> None:
        self.row_spans: dict[int, str] = {}  # a hint that files may leave out; our rows do not tell their columns

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        if isinstance(cell, Line):
            self.fh.write(cell.text)
        else:
            super()._write_cell(row, col, cell)


def number_look(style: Format) -> str:
    """How a cell with a number begins in the file after its name."""
    return f'" s="{style._get_xf_index()}"><v>'  # noqa: SLF001  (the library numbers its formats when first asked)


def text_look(style: Format) -> str:
    """How a cell with a text begins in the file after its name."""
    return f'" s="{style._get_xf_index()}" t="s"><v>'  # noqa: SLF001
