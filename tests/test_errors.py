"""What the screen says of many rows."""

from __future__ import annotations

from typing import Any

from jiujin.errors import Problem, sentences


def _problem(row: int | None, **other: Any) -> Problem:
    told = {"severity": "info", "rule": "ditto", "file": "台账.xlsx", "sheet": "食堂", "column": "乡镇", "found": "〃"}
    return Problem(row=row, **(told | other))


def test_rows_that_say_the_same_share_a_line_that_names_them_all() -> None:
    lines = sentences([_problem(row) for row in (6, 7, 8, 11, 13, 14)])
    assert lines == [("info", "台账.xlsx〔食堂〕 第6—8、11、13—14行 “乡镇”：〃")]


def test_another_finding_in_between_keeps_its_place() -> None:
    other = _problem(7, severity="error", found="无法读取")
    assert sentences([_problem(6), other, _problem(8)]) == [
        ("info", "台账.xlsx〔食堂〕 第6行 “乡镇”：〃"),
        ("error", "台账.xlsx〔食堂〕 第7行 “乡镇”：无法读取"),
        ("info", "台账.xlsx〔食堂〕 第8行 “乡镇”：〃"),
    ]


def test_findings_without_a_row_stand_each_for_itself() -> None:
    assert [line for _, line in sentences([_problem(None, sheet=""), _problem(None)])] == [
        "台账.xlsx “乡镇”：〃",
        "台账.xlsx〔食堂〕 “乡镇”：〃",
    ]
