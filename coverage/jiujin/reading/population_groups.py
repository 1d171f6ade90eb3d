"""People by group: numbers that can be used, groups that are a declared share of another, and what does not add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.errors import Problem
from jiujin.study import Group, Study
from jiujin.tables import GROUPS

LISTED = 100
"""As many single rows as are listed beneath their number."""

_PARTS = (
    ("age60", "total"), ("age65", "age60"), ("age80", "age65"), ("age65", "total"), ("age80", "total"),
    ("age80", "age60"), ("disabled", "total"), ("households", "total"),
)  # fmt: skip


def usable_people(frame: pd.DataFrame, groups: tuple[str, ...]) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Keep the rows whose number of people can be used; the others are listed.

    A row goes when its `total` (where there is one, else every group) is missing or negative. A group that is missing
    or negative in a row that stays has nobody there.
    """
    leading = ("total",) if "total" in groups else groups
    bad = {group: ~(frame[group].to_numpy(np.float64) >= 0) | np.isinf(frame[group]) for group in groups}
    unusable = np.logical_and.reduce([bad[group] for group in leading]) if leading else np.zeros(len(frame), bool)
    problems = _unusable(frame, leading, unusable)
    kept = frame[~unusable].copy() if unusable.any() else frame
    for group in groups:
        rest = bad[group][~unusable]
        if rest.any():
            kept = kept.assign(**{group: np.where(rest, 0.0, kept[group].to_numpy(np.float64))})
            negative = rest & (frame[group].to_numpy(np.float64)[~unusable] < 0)
            problems += _as_nobody(kept, group, rest, negative)
    return kept, problems


def larger_than_whole(frame: pd.DataFrame, groups: tuple[str, ...]) -> list[Problem]:
    """List the rows where a part of the people outnumbers the whole, such as more people over 60 than people."""
    problems = []
    for part, whole in _PARTS:
        if part not in groups or whole not in groups:
            continue
        over = np.flatnonzero(frame[part].to_numpy() > frame[whole].to_numpy() + 1e-9)
        for at in over[:LISTED].tolist():
            row = frame.iloc[at]
            problems.append(
                Problem(
                    severity="warning", rule="part_exceeds_whole", file=row["file"], row=int(row["row"]), column=part,
                    found=f"{GROUPS[part]} {row[part]:g} 大于{GROUPS[whole]} {row[whole]:g}",
                    wanted=f"{GROUPS[part]}不多于{GROUPS[whole]}",
                    action="仍按填报数使用",
                )
            )  # fmt: skip
        if len(over) > LISTED:
            found = f"另有 {len(over) - LISTED} 行{GROUPS[part]}大于{GROUPS[whole]}"
            problems.append(Problem(severity="warning", rule="part_exceeds_whole", column=part, found=found))
    return problems


def with_estimates(frame: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, set[str], list[Problem]]:
    """Add the groups that the data does not count and the study declares as a share of another; tell which."""
    made: dict[str, NDArray[np.float64]] = {}
    problems: list[Problem] = []
    waiting = [group for group in study.groups if group.id not in frame and group.share_of and group.ratio is not None]
    while ready := [group for group in waiting if group.share_of in frame or group.share_of in made]:
        for group in ready:
            base = str(group.share_of)
            whole = made[base] if base in made else frame[base].to_numpy(np.float64)
            made[group.id] = whole * float(group.ratio or 0.0)
            problems.append(_estimated(group, study))
        waiting = [group for group in waiting if group.id not in made]
    for group in waiting:
        found = f"{group.label}要按 {group.share_of} 估算，但数据里没有 {group.share_of}"
        problems.append(
            Problem(severity="warning", rule="no_base_group", column=group.id, found=found, action="不作估算")
        )
    return frame.assign(**made), set(made), problems


def _estimated(group: Group, study: Study) -> Problem:
    base = study.group(str(group.share_of)).label
    return Problem(
        severity="info", rule="estimated_group", column=group.id,
        found=f"数据没有{group.label}，按{base}的 {float(group.ratio or 0):.2%} 估算", action="凡用到处均标注“估算”",
    )  # fmt: skip


def _unusable(frame: pd.DataFrame, leading: tuple[str, ...], unusable: NDArray[np.bool_]) -> list[Problem]:
    rows = np.flatnonzero(unusable)
    problems = []
    for at in rows[:LISTED].tolist():
        row, column = frame.iloc[at], leading[0]
        said = "人数缺失" if not np.isfinite(row[column]) else f"人数为负：{row[column]:g}"
        problems.append(
            Problem(
                severity="error", rule="unusable_people", file=row["file"], row=int(row["row"]), column=column,
                found=said, wanted="不小于 0 的人数", action="未使用该行",
            )
        )  # fmt: skip
    if len(rows) > LISTED:
        found = f"另有 {len(rows) - LISTED} 行人数缺失或为负"
        problems.append(Problem(severity="error", rule="unusable_people", found=found, action="未使用这些行"))
    return problems


def _as_nobody(frame: pd.DataFrame, group: str, rest: NDArray[np.bool_], negative: NDArray[np.bool_]) -> list[Problem]:
    problems = []
    file = str(frame["file"].iloc[0])
    missing = int(rest.sum() - negative.sum())
    if missing:
        found = f"{missing} 行没有 {group}"
        problems.append(
            Problem(severity="warning", rule="missing_people", file=file, column=group, found=found, action="按 0 人计")
        )
    problems += [
        Problem(
            severity="error", rule="unusable_people", file=file, row=int(frame["row"].iloc[at]), column=group,
            found=f"{group} 为负数", wanted="不小于 0 的人数", action="按 0 人计",
        )
        for at in np.flatnonzero(negative)[:LISTED].tolist()
    ]  # fmt: skip
    return problems
