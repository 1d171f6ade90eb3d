"""Findings about the positions of one table, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.errors import Problem, Severity
from jiujin.reading.positions_text import clean

LISTED_SINGLY = 200
"""Findings of one kind that are listed row by row; the rest of a long list is told in one line."""

LONGEST = 60
"""Characters of a cell that are quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is said of a row or a column: a `Problem` without its place."""

    severity: Severity
    rule: str
    found: str
    wanted: str = ""
    action: str = ""


class Findings:
    """Collects the problems of one table of positions; `frame` has the cells as typed and their `row`."""

    def __init__(self, frame: pd.DataFrame, *, file: str, sheet: str, headings: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        names = [name for name in ("lon", "lat", "point") if name in frame]
        self._cells = {name: frame[name].to_numpy(object) for name in names}
        self._rows = frame["row"].to_numpy() if "row" in frame else np.arange(2, len(frame) + 2)
        self._file, self._sheet = file, sheet
        self._column = "、".join(headings[name] for name in names if name in headings)

    def row(self, at: int, finding: Finding) -> None:
        """Tell something about one row, quoting what stands there."""
        said = f"{finding.found}：{self._quoted(at)}"
        self._add(replace(finding, found=said), int(self._rows[at]))

    def rows(self, which: NDArray[np.bool_], finding: Finding, *, whole: bool = False) -> None:
        """Tell something about many rows: one by one, or once with their number where it holds of the `whole`."""
        here = np.flatnonzero(which)
        if whole and here.size:
            self.whole(replace(finding, found=f"{finding.found}（{here.size} 行）"))
            return
        for at in here[:LISTED_SINGLY]:
            self.row(int(at), finding)
        if here.size > LISTED_SINGLY:
            self.whole(replace(finding, found=f"{finding.found}：其余 {here.size - LISTED_SINGLY} 行"))

    def whole(self, finding: Finding) -> None:
        """Tell something about the columns of the position."""
        self._add(finding, None)

    def _quoted(self, at: int) -> str:
        cells = (column[at] for column in self._cells.values())
        return "，".join(clean(cell)[:LONGEST] for cell in cells if _written(cell)) or "空"

    def _add(self, finding: Finding, row: int | None) -> None:
        place = {"file": self._file, "sheet": self._sheet, "column": self._column}
        self.problems.append(
            Problem(
                severity=finding.severity,
                rule=finding.rule,
                found=finding.found,
                wanted=finding.wanted,
                action=finding.action,
                row=row,
                **place,
            )
        )


def _written(cell: object) -> bool:
    return cell is not None and cell is not pd.NaT and not (isinstance(cell, float) and np.isnan(cell))
