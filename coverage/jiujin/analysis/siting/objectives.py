"""Every way to ask “where?”: each takes a question laid out and gives a plan with what was proven about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jiujin.analysis.siting.bound import dearest
from jiujin.analysis.siting.budget import cover_within_budget
from jiujin.analysis.siting.fairness import Places, fairest
from jiujin.analysis.siting.fewest import fewest_for
from jiujin.analysis.siting.incidence import Incidence, incidence
from jiujin.analysis.siting.limits import Limits
from jiujin.analysis.siting.local_search import Groups
from jiujin.analysis.siting.maximal import LARGEST_MIXED, Chosen, Effort, Found, cover_most
from jiujin.analysis.siting.sharing import seat_most
from jiujin.analysis.siting.table import Plan, Table, walks_today, with_existing
from jiujin.analysis.siting.walking import NEVER_CM, Reached, saving_question, shortest_longest
from jiujin.errors import Problem, SitingError
from jiujin.study import SitingQuestion

WALKED_AT_MOST = 3
"""For walks, candidates are looked at up to so many times the reach; a longer walk counts as so long."""


def solve(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """Answer a question by its kind; SitingError when it has no answer, or its wishes cannot be combined."""
    _combinable(question)
    if question.rate is not None:
        return _fewest(table, question, effort)
    if question.budget is not None:
        return _afford(table, question.budget, effort)
    if question.relocate:
        return _relocate(table, question, effort)
    kinds = {"cover": _most, "median": _least_walks, "centre": _shortest_longest, "fair": _fairest, "seats": _seats}
    return kinds[question.objective](table, question, effort)


def _combinable(question: SitingQuestion) -> None:
    if conflict := question.conflict():
        wanted = "分开提问；study.toml [siting] 对同类设施的要求也一并考虑"
        raise SitingError(Problem(severity="error", rule="wishes_conflict", found=conflict, wanted=wanted))


def _most(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """Maximal covering beside the sites that must be built."""
    limits = table.limits
    found = cover_most(
        _beside_forced(table.valued, limits), (question.count or 0) - limits.forced.size,
        groups=limits.groups, effort=effort,
    )  # fmt: skip
    return _covering(table, found, effort, valued=not table.plain)


def _beside_forced(asked: Incidence, limits: Limits) -> Incidence:
    """What is left to choose and to serve once the sites stand that must be built."""
    return asked.within(limits.free, ~asked.served(limits.forced))


def _covering(table: Table, found: Found, effort: Effort, *, valued: bool) -> Plan:
    """A plan of the free candidates beside those that must be built; `valued`: its value is to be told."""
    asked, chosen = table.valued, _both(table, found.chosen)
    units = asked.units(table.limits.forced) + found.bound
    return Plan(
        chosen=chosen,
        bound=table.people_above(units) if table.plain else _people_bound(table, chosen, effort),
        optimal=found.optimal,
        timed_out=found.timed_out,
        value=asked.people(asked.units(chosen)) if valued else None,
        value_bound=asked.people(units) if valued else None,
    )


def _both(table: Table, free: Chosen) -> Chosen:
    return np.concatenate((table.limits.forced, table.limits.free[free])).astype(np.int32)


def _people_bound(table: Table, chosen: Chosen, effort: Effort) -> float:
    """No plan of as many sites gains more people, whatever else it was chosen for."""
    asked = table.question
    if not chosen.size or not asked.classes:
        return 0.0
    steps = int(np.clip(effort.price / (10 * asked.row.size + 1), 200, 2000))
    none = Groups.none(asked.candidates)
    prices = dearest(asked, chosen.size, none, steps=steps, enough=asked.units(chosen))
    return table.people_above(prices.upto(chosen.size, none))


def _fewest(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """Fewest sites for the rate, beside those that must be built; SitingError when the rate is out of reach."""
    asked, demand, limits = table.question, table.demand, table.limits
    total, before, rate = demand.total, demand.sum(demand.covered), question.rate or 0.0
    every = np.concatenate((limits.forced, limits.free))
    most = before + asked.people(asked.units(every))
    if rate * total > most + 1e-6:
        best = f"{np.floor(most / total * 1000) / 10:.1f}%"
        found = f"全部 {every.size} 处备选点位都建，人口覆盖率也只能达到 {best}，达不到 {rate:.1%}"
        wanted = f"不超过 {best} 的覆盖率，或补充备选点位"
        raise SitingError(Problem(severity="error", rule="rate_out_of_reach", found=found, wanted=wanted))
    missing = int(np.ceil((rate * total - before) * asked.scale - 1e-6)) - asked.units(limits.forced)
    rest = _beside_forced(asked, limits)
    fewest = fewest_for(rest, min(missing, int(rest.weight.sum())), effort=effort)
    chosen = _both(table, fewest.found.chosen)
    least = limits.forced.size + fewest.least
    return Plan(
        chosen=chosen,
        bound=table.people_above(asked.units(limits.forced) + fewest.found.bound),
        optimal=fewest.optimal,
        timed_out=fewest.found.timed_out,
        value=float(chosen.size),
        value_bound=float(least),
        fewest=least,
    )


def _afford(table: Table, budget: float, effort: Effort) -> Plan:
    """Maximal covering for money, beside the sites that must be built."""
    limits, asked = table.limits, table.valued
    cost = table.candidates.table["cost"].to_numpy(np.float64)
    unknown = int(np.isnan(cost[limits.free]).sum() + np.isnan(cost[limits.forced]).sum())
    left = budget - float(np.nansum(cost[limits.forced]))
    if unknown or left < 0:
        said = f"{unknown} 处备选点位没有造价" if unknown else "必须建设的点位已超出预算"
        wanted = "备选点位表中每处的造价，之和不超过预算的必建点位"
        raise SitingError(Problem(severity="error", rule="budget", found=said, wanted=wanted))
    found = cover_within_budget(_beside_forced(asked, limits), cost[limits.free], left, effort=effort)
    return _covering(table, found, effort, valued=True)


def _relocate(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """
    Maximal covering where some existing sites may be given up, each for one new site more.

    The existing sites are candidates of which all but `relocate` must be kept (Church and ReVelle's model with
    closings; Wang, Batta, Badhury and Rump 2003).
    """
    laid, existing = with_existing(table)
    limits, new = table.limits, len(table.candidates)
    must = max(existing - question.relocate, 0)
    free = np.concatenate((limits.free, np.arange(new, new + existing)))
    groups = Groups(
        group=(free >= new).astype(np.int32),
        least=np.array([0, must], np.int32),
        most=np.array([2**30, existing], np.int32),
    )
    asked = laid.question
    rest = _beside_forced(asked, replace(limits, free=free))
    start = np.arange(limits.free.size, free.size, dtype=np.int32)
    count = (question.count or 0) - limits.forced.size + existing
    found = cover_most(rest, count, groups=groups, effort=effort, start=start)
    plan = np.concatenate((limits.forced, free[found.chosen]))
    kept = set(plan[plan >= new].tolist())
    ids = laid.candidates.table["id"].tolist()
    before = table.demand.sum(table.demand.covered)
    return Plan(
        chosen=plan[plan < new].astype(np.int32),
        bound=laid.people_above(asked.units(limits.forced) + found.bound) - before,
        optimal=found.optimal,
        timed_out=found.timed_out,
        closed=tuple(ids[at] for at in range(new, new + existing) if at not in kept),
    )


def _reached_far(table: Table, farthest_cm: int) -> Reached:
    """Walks from all candidates to all people, up to the farthest that counts."""
    ptr, point, cm = table.demand.walks(table.candidates.places, also_covered=True, within_cm=farthest_cm)
    return Reached(ptr=ptr, point=point, cm=cm)


def _farthest_cm(table: Table) -> int:
    service = table.demand.service
    return WALKED_AT_MOST * 100 * max(service.reach.urban_m, service.reach.rural_m)


def _least_walks(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """p-median: the least sum of all walks; `value` is the mean walk in metres."""
    limits, demand, farthest = table.limits, table.demand, _farthest_cm(table)
    reached, today = _reached_far(table, farthest), walks_today(demand, farthest)
    try:
        saving = saving_question(reached, demand.people, today)
    except ValueError as error:
        raise _too_large() from error
    rest = _beside_forced(saving, limits)
    found = cover_most(rest, (question.count or 0) - limits.forced.size, groups=limits.groups, effort=effort)
    chosen = _both(table, found.chosen)
    walked = float((demand.people * today).sum())
    total = max(demand.total, 1e-12) * 100
    best = saving.people(saving.units(limits.forced) + found.bound)
    return Plan(
        chosen=chosen,
        bound=_people_bound(table, chosen, effort),
        optimal=found.optimal,
        timed_out=found.timed_out,
        value=(walked - saving.people(saving.units(chosen))) / total,
        value_bound=(walked - best) / total,
    )


def _shortest_longest(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """p-center: the least longest walk of all whom some site reaches; `value` is that walk in metres."""
    limits, demand, farthest = table.limits, table.demand, _farthest_cm(table)
    every = _reached_far(table, farthest)
    today = walks_today(demand, NEVER_CM)
    today[(demand.people <= 0) | (today > farthest)] = NEVER_CM
    source = every.candidate()
    must = np.isin(source, limits.forced)
    np.minimum.at(today, every.point[must], every.cm[must].astype(np.int64))
    place = np.full(len(table.candidates), -1)
    place[limits.free] = np.arange(limits.free.size)
    may = place[source] >= 0
    ptr = np.zeros(limits.free.size + 1, np.int64)
    np.cumsum(np.bincount(place[source[may]], minlength=limits.free.size), out=ptr[1:])
    found = shortest_longest(
        Reached(ptr=ptr, point=every.point[may], cm=every.cm[may]),
        today,
        (question.count or 0) - limits.forced.size,
        effort=effort,
    )
    if found.longest_cm == NEVER_CM:
        wanted = "更多处数，或 objective = median"
        said = f"{question.count} 处不能使所有走得到备选点位的人都有站点"
        raise SitingError(Problem(severity="error", rule="too_few_for_all", found=said, wanted=wanted))
    chosen = _filled_up(table, _both(table, found.chosen), question.count or 0, effort)
    return Plan(
        chosen=chosen,
        bound=_people_bound(table, chosen, effort),
        optimal=found.optimal,
        timed_out=found.timed_out,
        value=found.longest_cm / 100,
        value_bound=found.bound_cm / 100,
    )


def _filled_up(table: Table, chosen: Chosen, count: int, effort: Effort) -> Chosen:
    """Let sites that the longest walk does not need serve as many people as possible."""
    others = np.setdiff1d(table.limits.free, chosen)
    if chosen.size >= count:
        return chosen
    rest = table.question.within(others, ~table.question.served(chosen))
    found = cover_most(rest, count - chosen.size, effort=effort)
    return np.concatenate((chosen, others[found.chosen])).astype(np.int32)


def _fairest(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """Worst-served township first; `value` is its rate."""
    limits, demand = table.limits, table.demand
    results = demand.results
    named = results.communities["township"].where(results.communities["township"].notna(), results.communities["name"])
    names, of_community = np.unique(named.to_numpy(str), return_inverse=True)
    home = results.residents.community
    place = np.where(home >= 0, of_community[home], 0).astype(np.int32)
    served = demand.covered.copy()
    for at in limits.forced.tolist():
        served[table.point[table.ptr[at] : table.ptr[at + 1]]] = True
    rows = [table.point[table.ptr[at] : table.ptr[at + 1]] for at in limits.free.tolist()]
    rows = [row[~served[row]] for row in rows]
    ptr = np.cumsum([0, *(row.size for row in rows)]).astype(np.int64)
    point = np.concatenate([*rows, np.empty(0, np.int32)]).astype(np.int32)
    rest = incidence(ptr, point, demand.people, apart=place)
    _small_enough(rest.row.size)
    of_class = np.zeros(rest.classes, np.int32)
    known = rest.class_of >= 0
    of_class[rest.class_of[known]] = place[known]
    people = np.bincount(place, demand.people, names.size).astype(np.float64)
    now = np.bincount(place[served], demand.people[served], names.size).astype(np.float64)
    places = Places(people=people, served=now, place=of_class)
    found = fairest(rest, places, (question.count or 0) - limits.forced.size, effort=effort)
    chosen = _both(table, found.chosen)
    return Plan(
        chosen=chosen,
        bound=_people_bound(table, chosen, effort),
        optimal=found.optimal,
        timed_out=found.timed_out,
        value=found.worst,
        value_bound=found.worst_bound,
    )


def _seats(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """Maximal covering with seats; `value` is the people who find one."""
    limits, service, asked = table.limits, table.demand.service, table.question
    capacity = table.candidates.table["capacity"].to_numpy(np.float64)
    if service.capacity_default is not None:
        capacity = np.where(np.isnan(capacity), service.capacity_default, capacity)
    if np.isnan(capacity).any() or limits.forced.size:
        found = "必须建设的点位不能与 seats 一起要求" if limits.forced.size else "备选点位没有服务能力"
        wanted = f"备选点位表中的服务能力，或 [services.{service.id}] capacity_default"
        raise SitingError(Problem(severity="error", rule="capacity_unknown", found=found, wanted=wanted))
    rest = asked.within(limits.free)
    _small_enough(rest.row.size)
    room = capacity[limits.free] / max(service.take_up, 1e-9)
    shared = seat_most(rest, room, question.count or 0, effort=effort)
    chosen = _both(table, shared.chosen)
    return Plan(
        chosen=chosen,
        bound=_people_bound(table, chosen, effort),
        optimal=shared.optimal,
        timed_out=shared.timed_out,
        value=shared.people,
        value_bound=shared.bound,
    )


def _small_enough(size: int) -> None:
    if size > LARGEST_MIXED:
        raise _too_large()


def _too_large() -> SitingError:
    wanted = "较少的备选点位，或较大的 spacing_m"
    return SitingError(Problem(severity="error", rule="too_large", found="备选点位太多", wanted=wanted))
