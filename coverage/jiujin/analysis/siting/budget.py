"""
Maximal covering for money: whom can a budget serve? (Khuller, Moss and Naor 1999)

    maximise  sum of weight_i z_i   with   z_i <= sum of x_j over the candidates j that serve class i,
                                          sum of cost_j x_j <= budget,  x_j in {0, 1},  0 <= z_i <= 1

Two first plans: most people per unit of money at each step, and most people at each step. The better one is improved by
exchanges that the budget allows. Lagrange prices with a fractional knapsack bound all plans; HiGHS closes small ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiujin.analysis.siting.bound import dearest
from jiujin.analysis.siting.exact import Programme, solve
from jiujin.analysis.siting.incidence import Floats, Incidence
from jiujin.analysis.siting.local_search import Groups, Plan
from jiujin.analysis.siting.maximal import (
    LARGEST_MIXED,
    Chosen,
    Effort,
    Found,
    covering_programme,
    covering_start,
    units_above,
)

MONEY = 1e-9
"""Relative allowance when costs are added up."""


def cover_within_budget(question: Incidence, cost: Floats, budget: float, *, effort: Effort | None = None) -> Found:
    """
    Choose candidates that together cost at most `budget` and serve as many people as possible.

    `cost` is finite and not negative.
    """
    effort = effort or Effort()
    limit = budget * (1 + MONEY)
    plans = [
        _exchanged(question, cost, limit, _greedy(question, cost, limit, per_money=each)) for each in (True, False)
    ]
    best = max(plans, key=question.units)
    units, bound = question.units(best), _bound(question, cost, limit, best, effort)
    timed_out = False
    if units < bound and question.row.size <= min(effort.exact_size, LARGEST_MIXED):
        best, bound, timed_out = _decide(question, cost, limit, best, bound, effort)
        units = question.units(best)
    return Found(chosen=np.sort(best), units=units, bound=max(bound, units), timed_out=timed_out)


def _greedy(question: Incidence, cost: Floats, limit: float, *, per_money: bool) -> Chosen:
    plan = Plan(question, Groups.none(question.candidates))
    left = limit
    while True:
        able = (plan.is_open == 0) & (cost <= left) & (plan.gain > 0)
        if not able.any():
            return plan.chosen
        worth = plan.gain / np.maximum(cost, 1e-12) if per_money else plan.gain.astype(np.float64)
        site = int(np.argmax(np.where(able, worth, -1.0)))
        plan.start_from(np.array([site]))
        left -= float(cost[site])


def _exchanged(question: Incidence, cost: Floats, limit: float, chosen: Chosen) -> Chosen:
    """Replace single sites by others that the budget allows, and fill up, for as long as that gains."""
    moved = True
    while moved:
        moved = False
        for site in chosen.tolist():
            plan = Plan(question, Groups.none(question.candidates))
            plan.start_from(chosen[chosen != site])
            left = limit - float(cost[plan.chosen].sum())
            before = int(plan.gain[site])
            gained = 0
            while True:
                able = (plan.is_open == 0) & (cost <= left) & (plan.gain > 0)
                if not able.any():
                    break
                new = int(np.argmax(np.where(able, plan.gain, -1)))
                gained += int(plan.gain[new])
                left -= float(cost[new])
                plan.start_from(np.array([new]))
            if gained > before:
                chosen, moved = plan.chosen, True
                break
    return chosen


def _bound(question: Incidence, cost: Floats, limit: float, chosen: Chosen, effort: Effort) -> int:
    """The classes keep what the prices leave them; the budget buys the dearest candidates, the last one in part."""
    if not question.candidates or not question.classes:
        return 0
    steps = int(np.clip(effort.price / (3 * question.row.size + 1), 200, 4000))
    none = Groups.none(question.candidates)
    prices = dearest(question, max(chosen.size, 1), none, steps=steps, enough=0)
    order = np.argsort(-prices.income / np.maximum(cost, 1e-12), kind="stable")
    paid = np.cumsum(cost[order])
    whole = int(np.searchsorted(paid, limit, side="right"))
    bought = int(prices.income[order[:whole]].sum())
    if whole < order.size and cost[order[whole]] > 0:
        left = limit - (paid[whole - 1] if whole else 0.0)
        bought += int(np.ceil(prices.income[order[whole]] * left / cost[order[whole]]))
    return min((prices.kept + bought) // prices.parts, int(question.weight.sum()))


def _decide(  # noqa: PLR0917
    question: Incidence, cost: Floats, limit: float, best: Chosen, bound: int, effort: Effort
) -> tuple[Chosen, int, bool]:
    plain = covering_programme(question, question.candidates, Groups.none(question.candidates))
    money = np.concatenate((cost, np.zeros(question.classes)))[None, :]
    programme = Programme(
        worth=plain.worth,
        least=plain.least,
        most=plain.most,
        whole=plain.whole,
        matrix=sparse.csr_array(sparse.vstack([plain.matrix, sparse.csr_array(money)])),
        low=np.concatenate((np.where(np.arange(plain.low.size) < question.classes, plain.low, 0), [0.0])),
        high=np.append(plain.high, limit),
    )
    step = 1.0 if question.whole else 0.0
    solved = solve(programme, seconds=effort.seconds, start=covering_start(question, best), step=step)
    found: NDArray[np.int32] = best
    if solved.columns is not None:
        chosen = np.flatnonzero(solved.columns[: question.candidates] > 0.5).astype(np.int32)
        if question.units(chosen) > question.units(best) and cost[chosen].sum() <= limit * (1 + MONEY):
            found = chosen
    return found, min(bound, units_above(question, solved.bound, question.units(found))), not solved.finished
