"""What targets ask of that is not there: columns of office tables, names in conditions, rows that no community owns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import numpy as np

from jiujin.analysis.targets_facts import TargetFacts, figures_of, join_communities
from jiujin.errors import Problem
from jiujin.study import Target
from jiujin.tables import CLASS_LABELS

_SHOWN = 5
_CLASSES = {*CLASS_LABELS, *CLASS_LABELS.values(), "城区", "镇区"}
_BY_COMMUNITY = frozenset({"units_with", "mean_per_unit"})


def target_problems(targets: Sequence[Target], facts: TargetFacts) -> list[Problem]:
    """Tell of every target what it asks for in vain; a table that could not be read has been told by its reader."""
    problems: list[Problem] = []
    for target in targets:
        problems += [*_conditions(target, facts), *_columns(target, facts), *_strangers(target, facts)]
    return problems


def _conditions(target: Target, facts: TargetFacts) -> Iterator[Problem]:
    for key, values in target.where.items():
        known = facts.known_to(key)
        for value in values:
            if value not in known and not _is_a_kind(key, value):
                found = f"社区（村）{'和设施' if key == 'tag' else ''}中没有“{value}”"
                yield _problem(
                    target, "target_where_unknown", f"where.{key}", found, _known_names(value, sorted(known))
                )


def _is_a_kind(key: str, value: str) -> bool:
    """Whether this is a kind of community that other counties have, and so no slip of the pen."""
    return key == "committee" or (key == "class" and (value in _CLASSES or value.isdigit()))


def _columns(target: Target, facts: TargetFacts) -> Iterator[Problem]:
    frame = facts.tables.get(target.table or "")
    if frame is None:
        return
    for key in ("field", "numerator", "denominator"):
        column = getattr(target, key)
        if column is not None and figures_of(facts, target.table or "", column, {}) is None:
            headings = [str(name).removeprefix("other:") for name in frame.columns if str(name).startswith("other:")]
            found = f"登记表 {target.table} 没有“{column}”这一列"
            yield _problem(target, "target_column_missing", key, found, _known_names(column, headings))


def _strangers(target: Target, facts: TargetFacts) -> Iterator[Problem]:
    """Rows of a table by community that belong to none."""
    frame = facts.tables.get(target.table or "")
    if frame is None or target.measure not in _BY_COMMUNITY:
        return
    lost = np.flatnonzero(join_communities(frame, facts.communities, facts.normal) < 0)
    if lost.size:
        told = [str(frame["name"].iloc[at]) for at in lost[:_SHOWN] if "name" in frame]
        names = f"：{'、'.join(told)}{'等' if lost.size > len(told) else ''}" if told else ""
        found = f"登记表 {target.table} 有 {lost.size} 行对不上社区（村）{names}"
        yield _problem(
            target, "target_rows_unknown", "table", found, "社区（村）的区划代码，或乡镇和名称", "这些行不计入"
        )


def _known_names(word: str, words: list[str]) -> str:
    """The name that was probably meant, else some of those there are."""
    if near := get_close_matches(word, words, n=1, cutoff=0.6):
        return f"是否想写 {near[0]}？"
    return "可用的有：" + "、".join(words[:_SHOWN]) + ("等" if len(words) > _SHOWN else "") if words else ""


def _problem(  # noqa: PLR0917
    target: Target, rule: str, key: str, found: str, wanted: str, action: str = "目标按没有这一项核对"
) -> Problem:
    return Problem(
        severity="warning",
        rule=rule,
        file="",
        column=f"targets.{target.id}.{key}",
        found=f"目标“{target.label}”：{found}",
        wanted=wanted,
        action=action,
    )
