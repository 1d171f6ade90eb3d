"""Codes of communities whose digits a spreadsheet has lost for good: listed with their rows, and not used."""

from __future__ import annotations

from jiujin.errors import Problem
from jiujin.reading.ledger import LedgerTable
from jiujin.reading.values import to_code

WHOLE_CODE = "12 位的社区（村）代码，单元格设为文本"


def lost_codes(table: LedgerTable, column: str) -> list[Problem]:
    """List the rows of a table in whose column of codes digits are lost (3.70101E+11)."""
    if column not in table.frame:
        return []
    problems = []
    for position, cell in enumerate(table.frame[column].tolist()):
        read = to_code(cell)
        problem = read.problem(cell, wanted=WHOLE_CODE) if read.rule == "code_lost_digits" else None
        if problem is not None:
            problems.append(table.place(problem, position=position, column=column))
    return problems
