"""
A longer search among the candidates that prices hold promising (kernel search: Angelelli, Mansini and Speranza 2010).

Most candidates have no share in the best prices, and hardly any of those is in a best plan. Among the others, put
together anew, a search is several times faster; so it can begin again and again, each time with a part of the best plan
and with candidates drawn by their shares, before the best plan found is searched from for the rest of the work.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.incidence import Floats, Incidence
from jiujin.analysis.siting.local_search import Groups, Plan, work_of_a_round

Chosen = NDArray[np.int32]

PROMISING = 0.02
"""The least share of a candidate that is looked at."""

KEPT = 0.6
"""Share of the best plan with which a new beginning starts."""

ROUNDS = 200
BEGINNINGS = 30
MOST_ROUNDS = 20_000


def search_promising(
    question: Incidence, best: Chosen, share: Floats, *, rng: np.random.Generator, work: float, enough: int
) -> Chosen:
    """Look for a better plan of as many candidates as `best`; stop when one serves `enough` units."""
    names = np.union1d(np.flatnonzero(share > PROMISING), best)
    asked = question.within(names)
    known = np.flatnonzero(np.isin(names, best)).astype(np.int32)
    cost = work_of_a_round(asked, best.size)
    drawn = np.maximum(share[names], 1e-6)
    plan = _searched(asked, known, int(min(ROUNDS, work / cost)), rng, enough)
    for _ in range(int(min(BEGINNINGS, work / 2 / (ROUNDS * cost)))):
        if plan.units() >= enough:
            break
        again = _searched(asked, _beginning(plan.chosen, drawn, rng), ROUNDS, rng, enough)
        if again.units() > plan.units():
            plan = again
    plan.search(int(min(work / 2 / cost, MOST_ROUNDS)), rng, enough=enough)
    return names[plan.chosen].astype(np.int32)


def _searched(asked: Incidence, start: Chosen, rounds: int, rng: np.random.Generator, enough: int) -> Plan:
    plan = Plan(asked, Groups.none(asked.candidates))
    plan.start_from(start)
    plan.exchange()
    plan.search(rounds, rng, enough=enough)
    return plan


def _beginning(best: Chosen, drawn: Floats, rng: np.random.Generator) -> Chosen:
    """Keep a part of a plan and fill it up with candidates drawn by their shares."""
    kept = rng.permutation(best)[: int(KEPT * best.size)]
    weight = drawn.copy()
    weight[kept] = 0
    filled = rng.choice(drawn.size, best.size - kept.size, replace=False, p=weight / weight.sum())
    return np.concatenate((kept, filled)).astype(np.int32)
