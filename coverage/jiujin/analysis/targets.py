"""What was promised, what is there, and whether it will be in time: the rows of `tables/targets.csv`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from jiujin.analysis.targets_facts import TargetFacts
from jiujin.analysis.targets_measures import MEASURES, SHARES, SMALL_IS_GOOD
from jiujin.study import Target

DONE, ON_COURSE, BEHIND, NO_DATA = "已完成", "按期推进", "滞后", "无数据"

COLUMNS = ("id", "label", "goal", "found", "unit", "state", "source")
"""Columns of `tables/targets.csv`; the table has `note` and `measure` after them."""

_CLOSE = 1e-9


def target_table(targets: Sequence[Target], facts: TargetFacts, as_of: date) -> pd.DataFrame:
    """
    Measure every target on the day `as_of`, in the order of the plan.

    `found` is NaN, and the state 无数据, where a table, column or group that the target needs is not there. A share is
    told in per cent where the target's unit is `%` and its goal is above 1, else as a fraction of one.
    """
    rows = []
    for target in targets:
        found = MEASURES[target.measure](facts, target)
        value = None if found.value is None else found.value * _scale(target)
        rows.append(
            {
                "id": target.id,
                "label": target.label,
                "goal": target.goal,
                "found": float("nan") if value is None else value,
                "unit": target.unit,
                "state": state(target, value, as_of),
                "source": target.source,
                "note": found.note,
                "measure": target.measure,
            }
        )
    return pd.DataFrame(rows, columns=[*COLUMNS, "note", "measure"])


def state(target: Target, found: float | None, as_of: date) -> str:
    """
    Done, on course, behind, or no data.

    On course is at least the share of the goal that the elapsed share of the time asks for. For a figure that should
    be small (people per site) the goal is the most that is allowed, and it is either kept or not.
    """
    if found is None:
        return NO_DATA
    slack = _CLOSE * max(abs(target.goal), 1)
    if target.measure in SMALL_IS_GOOD:
        return DONE if found <= target.goal + slack else BEHIND
    if found >= target.goal - slack:
        return DONE
    return ON_COURSE if found >= target.goal * elapsed(target.due, as_of) - slack else BEHIND


def elapsed(due: date | None, as_of: date) -> float:
    """
    Share of the time that is over, from the first day of the year of `as_of` to the day when the target is due.

    Without a due date that is the last day of the same year. On the due day and after it: all of it.
    """
    start = date(as_of.year, 1, 1)
    end = due or date(as_of.year, 12, 31)
    return 1.0 if as_of >= end else ((as_of - start).days + 1) / ((end - start).days + 1)


def _scale(target: Target) -> float:
    return 100.0 if target.measure in SHARES and target.unit in {"%", "％"} and target.goal > 1 else 1.0
