"""What a question rules out or demands: forced and forbidden sites, quotas of townships; and when that cannot be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.siting.candidates import Candidates
from jiujin.analysis.siting.incidence import Ints
from jiujin.analysis.siting.local_search import Groups
from jiujin.errors import Problem, SitingError
from jiujin.study import SitingQuestion

NO_LIMIT = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Positions of the candidates that must be built and that may be, and the groups of the latter."""

    forced: NDArray[np.int64]
    free: NDArray[np.int64]
    groups: Groups


def limits_of(question: SitingQuestion, candidates: Candidates, communities: pd.DataFrame) -> Limits:
    """
    Turn the wishes of a question into positions.

    Raises SitingError, with every contradiction, when they cannot be met together.
    """
    position = {name: at for at, name in enumerate(candidates.table["id"])}
    problems = [
        _problem("unknown_candidate", f"备选点位中没有编号“{name}”", "备选点位表中的编号")
        for name in (*question.forced, *question.forbidden)
        if name not in position
    ]
    problems += [
        _problem("forced_and_forbidden", f"点位“{name}”既要求建又不许建", "只写在 forced 或 forbidden 之一")
        for name in question.forced
        if name in question.forbidden
    ]
    forced = np.array(sorted({position[name] for name in question.forced if name in position}), np.int64)
    barred = {position[name] for name in question.forbidden if name in position}
    free = np.array([at for at in range(len(candidates)) if at not in barred and at not in set(forced)], np.int64)
    problems += _count_problems(question, forced.size, free.size)
    groups = Groups.none(free.size)
    if not problems and (question.least_per_township or question.most_per_township is not None):
        groups, met = _townships(question, candidates, communities, forced, free)
        problems += met
    if problems:
        raise SitingError(problems)
    return Limits(forced=forced, free=free, groups=groups)


def _count_problems(question: SitingQuestion, forced: int, free: int) -> list[Problem]:
    usable = forced + free
    if usable == 0:
        return [_problem("no_candidates", "没有可用的备选点位", "离道路不太远、未被排除的点位")]
    if question.count is None:
        return []
    if question.count > usable:
        found = f"要新建 {question.count} 处，备选点位只有 {usable} 处"
        return [_problem("too_few_candidates", found, f"不超过 {usable} 处，或补充备选点位")]
    if question.count < forced:
        found = f"必须建设的点位有 {forced} 处，多于新建数 {question.count} 处"
        return [_problem("too_many_forced", found, f"新建数不少于 {forced}")]
    return []


def _townships(
    question: SitingQuestion,
    candidates: Candidates,
    communities: pd.DataFrame,
    forced: NDArray[np.int64],
    free: NDArray[np.int64],
) -> tuple[Groups, list[Problem]]:
    """Number the townships of the candidates; the last number is for those that stand in none, which has no quota."""
    names = township_of(candidates.community, communities)
    known = sorted({name for name in communities["township"] if isinstance(name, str)})
    number = {name: at for at, name in enumerate(known)}
    group = np.array([number.get(name, len(known)) if name else len(known) for name in names], np.int32)
    held = np.bincount(group[forced], minlength=len(known) + 1)
    least: Ints = np.append(np.full(len(known), question.least_per_township), 0).astype(np.int32)
    most = np.full(len(known) + 1, NO_LIMIT if question.most_per_township is None else question.most_per_township)
    most[-1] = NO_LIMIT
    least = np.maximum(least - held, 0).astype(np.int32)
    room = np.bincount(group[free], minlength=len(known) + 1)
    groups = Groups(
        group=np.ascontiguousarray(group[free]), least=least, most=np.maximum(most - held, 0).astype(np.int32)
    )
    problems = [
        *_scarce(question, known, room=room[:-1] < least[:-1], full=held[:-1] > most[:-1]),
        *_quota_problems(question, groups, forced.size, room),
    ]
    return groups, problems


def _scarce(
    question: SitingQuestion, known: list[str], *, room: NDArray[np.bool_], full: NDArray[np.bool_]
) -> list[Problem]:
    """Name the townships that lack the `room` for what they must have, and those too `full` with forced sites."""
    return [
        *(
            _problem(
                "no_candidate_in_township",
                f"{known[at]}没有足够的备选点位",
                f"每个乡镇至少 {question.least_per_township} 处",
            )
            for at in np.flatnonzero(room)
        ),
        *(
            _problem(
                "forced_over_quota",
                f"{known[at]}必须建设的点位已超过上限",
                f"每个乡镇不超过 {question.most_per_township} 处",
            )
            for at in np.flatnonzero(full)
        ),
    ]


def _quota_problems(question: SitingQuestion, groups: Groups, forced: int, room: NDArray[np.integer]) -> list[Problem]:
    """Say where the quotas of all townships together do not go with the number of sites."""
    if question.count is None:
        return []
    problems, left, asked = [], question.count - forced, int(groups.least.sum())
    if left < asked:
        found = f"每个乡镇至少 {question.least_per_township} 处共需 {forced + asked} 处"
        problems.append(_problem("too_few_for_quotas", found, f"新建数不少于 {forced + asked}"))
    if left > np.minimum(room, groups.most).sum():
        problems.append(_problem("quotas_too_tight", "各乡镇上限之和少于新建数", "提高上限或减少新建数"))
    return problems


def township_of(community: Ints, communities: pd.DataFrame) -> list[str | None]:
    """The township of each candidate by the row of its community; None where it stands in none."""
    names = [*communities["township"].tolist(), None]  # the last is found by -1
    return [name if isinstance(name, str) else None for name in (names[at] for at in community.tolist())]


def _problem(rule: str, found: str, wanted: str) -> Problem:
    return Problem(severity="error", rule=rule, found=found, wanted=wanted)
