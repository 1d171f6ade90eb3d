"""The ten ways to measure a target: each takes the facts and a target, and gives what was found, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jiujin.analysis.coverage_counts import Floats, exact_sums
from jiujin.analysis.coverage_tables import unit_reached
from jiujin.analysis.targets_facts import TargetFacts, figures_of
from jiujin.study import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a measure comes to; `value` None = no data. `note` is a Chinese remark for the table, or empty."""

    value: float | None
    note: str = ""


NO_DATA = Found(value=None)
TAGGED = Found(value=None, note="步行覆盖按全部设施计算，不能只按有标签的设施核对")


def site_count(facts: TargetFacts, target: Target) -> Found:
    """Counted sites inside the county; the note names those being built, which do not count."""
    service = target.service or ""
    if target.where and facts.meets_nothing(target.where):
        return NO_DATA
    building = len(facts.sites_where(service, target.where, counted=False))
    sites = len(facts.sites_where(service, target.where))
    return Found(value=float(sites), note=f"另有在建 {building} 处，含在建共 {sites + building} 处" if building else "")


def units_with(facts: TargetFacts, target: Target) -> Found:
    """Share of communities that have one: a counted site, or a row with a figure above 0 in the table."""
    chosen = facts.units_where(target.where)
    counts = _per_community(facts, target)
    if counts is None or np.isnan(counts[chosen]).all():
        return NO_DATA
    return _share(np.nan_to_num(counts)[chosen] > 0, _unreported(counts, chosen))


def mean_per_unit(facts: TargetFacts, target: Target) -> Found:
    """Sum over the communities divided by how many there are; one that reported nothing counts with nothing."""
    chosen = facts.units_where(target.where)
    counts = _per_community(facts, target)
    if counts is None or np.isnan(counts[chosen]).all():
        return NO_DATA
    return Found(value=_sum(np.nan_to_num(counts)[chosen]) / int(chosen.sum()), note=_unreported(counts, chosen))


def min_per_site(facts: TargetFacts, target: Target) -> Found:
    """
    Least figure of any row of the table, or fewest counted sites of any community.

    With a `denominator`, a column that says how many sites the row stands for, the figure is per site, and a row with
    no site is none.
    """
    known = _per_row(facts, target)
    blank = int(np.isnan(known).sum())
    known = known[~np.isnan(known)]
    return Found(value=float(known.min()), note=f"{blank} 行未填报" if blank else "") if len(known) else NO_DATA


def _per_row(facts: TargetFacts, target: Target) -> Floats:
    if target.table is None:
        counts = _per_community(facts, target)
        return np.empty(0) if counts is None else counts[facts.units_where(target.where)]
    figures = figures_of(facts, target.table, target.field, target.where)
    if figures is None:
        return np.empty(0)
    if target.denominator is None:
        return figures.values[figures.chosen]
    sites = figures_of(facts, target.table, target.denominator, target.where)
    if sites is None:
        return np.empty(0)
    real = figures.chosen & (np.nan_to_num(sites.values) > 0)
    return np.asarray(figures.values[real] / sites.values[real], np.float64)


def total(facts: TargetFacts, target: Target) -> Found:
    """Sum of a column of the table."""
    figures = figures_of(facts, target.table or "", target.field, target.where)
    if figures is None or not figures.chosen.any() or np.isnan(figures.values[figures.chosen]).all():
        return NO_DATA
    return Found(value=_sum(np.nan_to_num(figures.values[figures.chosen])))


def ratio(facts: TargetFacts, target: Target) -> Found:
    """Sum of one column over the sum of another, of the rows in which both are filled in."""
    over = figures_of(facts, target.table or "", target.numerator, target.where)
    under = figures_of(facts, target.table or "", target.denominator, target.where)
    if over is None or under is None or target.numerator is None or target.denominator is None:
        return NO_DATA
    both = over.chosen & ~np.isnan(over.values) & ~np.isnan(under.values)
    whole = _sum(under.values[both])
    blank = int((over.chosen & ~both).sum())
    note = f"{blank} 行未填全" if blank else ""
    return Found(value=_sum(over.values[both]) / whole, note=note) if whole > 0 else NO_DATA


def pop_rate(facts: TargetFacts, target: Target) -> Found:
    """People covered over people, of the service's group in the chosen communities."""
    if _asks_walks_of_tagged(facts, target):
        return TAGGED
    people, covered = _people(facts, target)
    whole = _sum(people)
    return Found(value=_sum(covered) / whole, note=_estimated(facts, target)) if whole > 0 else NO_DATA


def units_reached(facts: TargetFacts, target: Target) -> Found:
    """Share of the chosen communities with people of the group where at least 80 % of them are covered."""
    if _asks_walks_of_tagged(facts, target):
        return TAGGED
    people, covered = _people(facts, target)
    reached = unit_reached(people, covered)
    return _share(reached[people > 0] == 1, _estimated(facts, target))


def people_per_site(facts: TargetFacts, target: Target) -> Found:
    """People of the group in the chosen communities for each counted site there; a small figure is a good one."""
    sites = len(facts.sites_where(target.service or "", target.where))
    people, _ = _people(facts, target)
    return Found(value=_sum(people) / sites, note=_estimated(facts, target)) if sites and len(people) else NO_DATA


def township_with(facts: TargetFacts, target: Target) -> Found:
    """Share of the townships with at least one counted site, or with a row in the table."""
    chosen = facts.units_where(target.where)
    township = facts.communities["township"].to_numpy(object)
    all_of_them = {each for each in township[chosen].tolist() if isinstance(each, str)}
    if target.table is not None:
        figures = figures_of(facts, target.table, target.field, target.where)
        frame = facts.tables.get(target.table)
        if figures is None or frame is None:
            return NO_DATA
        has = np.flatnonzero(figures.chosen & (np.nan_to_num(figures.values) > 0))
        named = frame["township"].to_numpy(object) if "township" in frame else np.full(len(frame), None, object)
        found = {named[at] if figures.community[at] < 0 else township[figures.community[at]] for at in has}
    else:
        sites = facts.sites_where(target.service or "", target.where)
        found = set(township[facts.facility_community[sites]].tolist())
    missing = sorted(all_of_them - found)
    note = "缺：" + "、".join(missing) if missing and len(missing) <= 5 else ""
    return Found(value=len(all_of_them & found) / len(all_of_them), note=note) if all_of_them else NO_DATA


MEASURES: dict[str, Callable[[TargetFacts, Target], Found]] = {
    "site_count": site_count,
    "units_with": units_with,
    "mean_per_unit": mean_per_unit,
    "min_per_site": min_per_site,
    "sum": total,
    "ratio": ratio,
    "pop_rate": pop_rate,
    "unit_reached": units_reached,
    "people_per_site": people_per_site,
    "township_with": township_with,
}
SHARES = frozenset({"units_with", "ratio", "pop_rate", "unit_reached", "township_with"})
"""Measures that are parts of a whole, and may be told in per cent."""

SMALL_IS_GOOD = frozenset({"people_per_site"})


def _per_community(facts: TargetFacts, target: Target) -> Floats | None:
    """
    Count sites, or sum the table's figures, by community; NaN for a community without a row in the table.

    None when there is neither a service nor such a table.
    """
    size = len(facts.communities)
    if target.table is None:
        if target.service is None:
            return None
        rows = facts.sites_where(target.service, {k: v for k, v in target.where.items() if k == "tag"})
        return np.bincount(facts.facility_community[rows], minlength=size).astype(np.float64)
    figures = figures_of(facts, target.table, target.field, {})
    if figures is None:
        return None
    said = (figures.community >= 0) & ~np.isnan(figures.values)
    sums = exact_sums(figures.community[said], figures.values[said], size)
    return np.where(np.bincount(figures.community[said], minlength=size) > 0, sums, np.nan)


def _people(facts: TargetFacts, target: Target) -> tuple[Floats, Floats]:
    """People of the service's group in each chosen community, and those of them who are covered."""
    service = facts.services.get(target.service or "")
    weight = facts.residents.group(service.group) if service else None
    if service is None or weight is None:
        return np.empty(0), np.empty(0)
    home, covered = facts.residents.community, facts.access[service.id].covered
    size, chosen = len(facts.communities), facts.units_where(target.where)
    return exact_sums(home, weight, size)[chosen], exact_sums(home[covered], weight[covered], size)[chosen]


def _asks_walks_of_tagged(facts: TargetFacts, target: Target) -> bool:
    """Whether walks to tagged sites alone are asked for: walks go to the nearest site, whatever its tags."""
    return "tag" in target.where and "tag" not in facts.communities


def _estimated(facts: TargetFacts, target: Target) -> str:
    service = facts.services.get(target.service or "")
    return "估算" if service and service.group in facts.residents.estimated else ""


def _share(met: np.ndarray, note: str) -> Found:
    return Found(value=int(np.count_nonzero(met)) / len(met), note=note) if len(met) else NO_DATA


def _unreported(counts: Floats, chosen: np.ndarray) -> str:
    silent = int(np.isnan(counts[chosen]).sum())
    return f"{silent} 个社区（村）未填报" if silent else ""


def _sum(values: Floats) -> float:
    return float(exact_sums(np.zeros(len(values), np.int32), values, 1)[0])
