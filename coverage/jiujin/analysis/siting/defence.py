"""
What a planner needs to defend a plan: the order of building, what each site is worth, what else would do.

The order takes at each step the site of the plan that adds most, so that stopping early is never a waste; the curve
puts it beside the best plan of every size, which may need other sites.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.incidence import Incidence
from jiujin.analysis.siting.local_search import Groups, Plan
from jiujin.analysis.siting.maximal import Effort, cover_most

WITHIN = 0.01
SUBSTITUTES = 3
ALTERNATIVES = 3
CURVE_POINTS = 24
Chosen = NDArray[np.int32]


def building_order(question: Incidence, chosen: NDArray[np.integer]) -> Chosen:
    """Order a plan so that each site adds as much as possible to those before it (equal: the lower candidate)."""
    chosen = np.sort(chosen)
    plan = Plan(question.within(chosen), Groups.none(chosen.size))
    plan.build_greedily(chosen.size)
    return chosen[plan.chosen].astype(np.int32)


def substitutes(question: Incidence, chosen: Chosen, able: NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """
    For each site of a plan the best other candidates in its place, as (candidate, units lost), best first.

    Only those with which the plan stays within 1 % of the units that it serves; `able` says which may be built.
    """
    plan = Plan(question, Groups.none(question.candidates))
    plan.start_from(chosen)
    served = plan.units()
    found = []
    for site in chosen.tolist():
        others = chosen[chosen != site]
        without = Plan(question, Groups.none(question.candidates))
        without.start_from(others)
        gain = np.where(able, without.gain, -1)
        gain[chosen] = -1
        lost = int(without.gain[site]) - gain
        best = np.lexsort((np.arange(lost.size), lost))[:SUBSTITUTES]
        found.append([(int(at), int(lost[at])) for at in best if gain[at] > 0 and lost[at] <= WITHIN * served])
    return found


def other_plans(question: Incidence, order: Chosen, effort: Effort) -> list[tuple[Chosen, int]]:
    """
    Find whole plans that serve at most 1 % less, as (candidates in ascending order, units), the best first.

    Each does without every third site of the building order, so it differs in a third of the sites or more, and is the
    best that a quick search finds among all other candidates.
    """
    quick = replace(effort, search=effort.search / 40, price=effort.price / 10, exact_size=0)
    served, found = question.units(order), dict[bytes, tuple[Chosen, int]]()
    for first in range(min(ALTERNATIVES, order.size)):
        others = np.setdiff1d(np.arange(question.candidates), order[first::ALTERNATIVES])
        if others.size < order.size:
            continue
        kept = np.flatnonzero(np.isin(others, order)).astype(np.int32)
        plan = cover_most(question.within(others), order.size, effort=quick, start=kept)
        chosen = _brought_back(question, others[plan.chosen].astype(np.int32), others[kept])
        units = question.units(chosen)
        if units >= (1 - WITHIN) * served and units > 0:
            found[chosen.tobytes()] = chosen, units
    return sorted(found.values(), key=lambda each: (-each[1], each[0].tolist()))


def _brought_back(question: Incidence, chosen: Chosen, wanted: NDArray[np.integer]) -> Chosen:
    """Put sites that are wanted in the place of others, wherever that costs nothing."""
    for site in np.setdiff1d(chosen, wanted).tolist():
        missing = np.setdiff1d(wanted, chosen)
        if not missing.size:
            break
        rest = chosen[chosen != site]
        plan = Plan(question, Groups.none(question.candidates))
        plan.start_from(rest)
        best = int(missing[np.argmax(plan.gain[missing])])
        if plan.gain[best] >= plan.gain[site]:
            chosen = np.append(rest, best)
    return np.sort(chosen).astype(np.int32)


def alone(question: Incidence, chosen: Chosen) -> list[int]:
    """Units that each site of a plan serves and no other of its sites does."""
    times = np.zeros(question.classes, np.int64)
    rows = [question.row[question.ptr[site] : question.ptr[site + 1]] for site in chosen.tolist()]
    for row in rows:
        times[row] += 1
    return [int(question.weight[row[times[row] == 1]].sum()) for row in rows]


def curve(
    question: Incidence, order: Chosen, final: tuple[int, int], effort: Effort
) -> list[tuple[int, int, int, int]]:
    """
    For growing numbers of sites: (count, units of the building order so far, units of the best plan found, bound).

    `final` is (units, bound) of the whole plan, which ends the curve.
    """
    brief = replace(effort, search=effort.search / 40, price=effort.price / 10, exact_size=0)
    points = []
    for count in _counts(order.size):
        nested = question.units(order[:count])
        if count == order.size:
            points.append((count, nested, max(nested, final[0]), max(final[1], nested)))
            continue
        found = cover_most(question, count, effort=brief, start=order[:count])
        points.append((count, nested, found.units, found.bound))
    return points


def _counts(whole: int) -> list[int]:
    if whole <= CURVE_POINTS:
        return list(range(1, whole + 1))
    return sorted(set(np.rint(np.linspace(1, whole, CURVE_POINTS)).astype(int).tolist()))
