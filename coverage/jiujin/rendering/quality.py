"""The list of every drop, guess, repair and conversion, as `quality.csv` and `--json` show it."""

from __future__ import annotations

from collections.abc import Iterable

from jiujin.errors import Problem

QUALITY_COLUMNS = ("severity", "file", "sheet", "row", "column", "found", "wanted", "rule", "action")
_RANK = {"error": 0, "warning": 1, "info": 2}


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems as people want to meet them: what stops first, then by file, sheet and row."""
    return sorted(
        problems, key=lambda p: (_RANK[p.severity], p.file, p.sheet, p.row or 0, p.column, p.rule, p.found, p.action)
    )


def quality_rows(problems: Iterable[Problem]) -> list[list[object]]:
    """One row per problem, in the order of `ordered`."""
    return [[getattr(problem, column) for column in QUALITY_COLUMNS] for problem in ordered(problems)]


def quality_records(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """Give the same rows as objects, for `--json`."""
    return [dict(zip(QUALITY_COLUMNS, row, strict=True)) for row in quality_rows(problems)]
