"""
What can go wrong, as a tree.

    JiujinError
    ├── StudyError      the study file is wrong, or names what is not there
    ├── TableError      an input cannot be read, or yields nothing
    ├── NetworkError    the streets give no network to walk on
    └── SitingError     the siting question has no answer as it is put

Each carries *all* its problems as data, each with the place where it stands. A bug of the calling code is a plain
`ValueError` and never one of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

Severity = Literal["error", "warning", "info"]
"""error: not used or stops the work; warning: used, but to be checked; info: converted or noted."""

_ADVICE = ("是否想写", "可用的有")
"""How a `wanted` begins that is a sentence of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    One finding about an input, with its place: the row of `quality.csv`.

    `row` is numbered as a spreadsheet program shows it (the first line is 1); `sheet` is empty for text files.
    `rule` is a stable snake_case word; `found`, `wanted` and `action` are Chinese sentences for the office.
    """

    severity: Severity
    rule: str
    found: str
    wanted: str = ""
    action: str = ""
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def sentence(self, rows: str = "") -> str:
        """Tell the problem in one Chinese line, place first; `rows` names all the rows where it stands alike."""
        rows = rows or ("" if self.row is None else str(self.row))
        place = "".join(
            part
            for part in (
                self.file,
                f"〔{self.sheet}〕" if self.sheet else "",
                f" 第{rows}行" if rows else "",
                f" “{self.column}”" if self.column else "",
            )
        )
        said = f"{place}：{self.found}" if place else self.found
        if self.wanted:
            said += f"；{self.wanted}" if self.wanted.startswith(_ADVICE) else f"；应为：{self.wanted}"
        return f"{said}；{self.action}" if self.action else said


def sentences(problems: Iterable[Problem]) -> list[tuple[Severity, str]]:
    """
    Tell problems in lines for a screen, each with its severity, in their order.

    Neighbours that say the same of several rows share a line that names the rows: “第6—24、27行”. A list that goes
    back to an office (`quality.csv`) keeps a line for each.
    """
    lines: list[tuple[Severity, str]] = []
    for alike, run in groupby(problems, key=lambda problem: replace(problem, row=None)):
        rows = [problem.row for problem in run]
        if any(row is None for row in rows):
            lines.extend((alike.severity, replace(alike, row=row).sentence()) for row in rows)
        else:
            lines.append((alike.severity, alike.sentence(_ranges([row for row in rows if row is not None]))))
    return lines


def _ranges(rows: list[int]) -> str:
    """Row numbers with runs drawn together, in the order in which they came."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return "、".join(str(first) if first == last else f"{first}—{last}" for first, last in runs)


class JiujinError(Exception):
    """The input stops the work; `problems` lists every reason at once."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(problem.sentence() for problem in self.problems))


class StudyError(JiujinError, ValueError):
    """The study file has mistakes."""


class TableError(JiujinError, ValueError):
    """An input cannot be read, or yields nothing."""


class NetworkError(JiujinError, ValueError):
    """The streets give no network to walk on, or none where the people live."""


class SitingError(JiujinError, ValueError):
    """The siting question has no answer as it is put."""
