"""
Fewest sites for a rate: partial set covering (Daskin and Owen 1999; the whole: Toregas et al. 1971).

    minimise  sum of x_j   with   z_i <= sum of x_j over the candidates j that serve class i,
                                  sum of weight_i z_i >= units,  x_j in {0, 1},  0 <= z_i <= 1

A greedy plan is cut back and exchanged until one site fewer no longer does; prices show how many sites are needed at
least; where the two do not meet HiGHS decides. Of the plans with the fewest sites one that serves most is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiujin.analysis.siting.bound import dearest
from jiujin.analysis.siting.dominance import implied
from jiujin.analysis.siting.exact import Programme, solve
from jiujin.analysis.siting.incidence import Incidence
from jiujin.analysis.siting.local_search import Groups, Plan, work_of_a_round
from jiujin.analysis.siting.maximal import LARGEST_MIXED, Chosen, Effort, Found, cover_most, covering_start, undominated


@dataclass(frozen=True, slots=True, kw_only=True)
class Fewest:
    """The plan, as `Found`; `least`: with fewer sites than this the units cannot be served."""

    found: Found
    least: int

    @property
    def optimal(self) -> bool:
        """Whether no plan of fewer sites would do."""
        return self.least >= self.found.chosen.size


def fewest_for(question: Incidence, units: int, *, effort: Effort | None = None) -> Fewest:
    """
    Serve at least `units` with as few candidates as possible.

    Raises ValueError when all candidates together serve fewer.
    """
    effort = effort or Effort()
    if units > int(question.weight.sum()):
        raise ValueError("all candidates together serve fewer")
    if units <= 0:
        return Fewest(found=Found(chosen=np.empty(0, np.int32), units=0, bound=0), least=0)
    until = monotonic() + effort.seconds
    plan = _cut_back(question, units, _greedy_until(question, units), effort)
    groups = Groups.none(question.candidates)
    steps = int(np.clip(effort.price / (3 * question.row.size + 1), 200, 8000))
    least, timed_out = 1, False
    for count in (plan.size - 1, plan.size):  # prices made for the question whether one site fewer would do
        if count >= 1 and least < plan.size:
            prices = dearest(question, count, groups, steps=steps, enough=units - 1)
            least = max(least, prices.fewest(units, plan.size))
    if least < plan.size:
        plan, least, timed_out = _decide(question, units, plan, least, effort, until)
    found = cover_most(question, plan.size, effort=replace(effort, branch=effort.branch / 2), start=plan)
    return Fewest(found=replace(found, timed_out=found.timed_out or timed_out), least=min(least, plan.size))


def _greedy_until(question: Incidence, units: int) -> Chosen:
    plan = Plan(question, Groups.none(question.candidates))
    step = 1
    while plan.units() < units:
        plan.build_greedily(plan.chosen.size + step)
        step *= 2
    served = np.cumsum([0, *_gains(question, plan.chosen)])
    return plan.chosen[: int(np.searchsorted(served, units))]


def _gains(question: Incidence, order: Chosen) -> list[int]:
    served = np.zeros(question.classes, np.bool_)
    gains = []
    for site in order.tolist():
        row = question.row[question.ptr[site] : question.ptr[site + 1]]
        gains.append(int(question.weight[row[~served[row]]].sum()))
        served[row] = True
    return gains


def _cut_back(question: Incidence, units: int, plan: Chosen, effort: Effort) -> Chosen:
    """Try with ever fewer sites, each time by exchanges and shaking, until that no longer serves enough."""
    rng = effort.rng()
    while plan.size > 1:
        fewer = Plan(question, Groups.none(question.candidates))
        fewer.start_from(_without_least(question, plan))
        fewer.exchange()
        rounds = int(min(effort.search / 4 / work_of_a_round(question, plan.size), 5000))
        fewer.search(rounds, rng, enough=units)
        if fewer.units() < units:
            return plan
        plan = fewer.chosen.copy()
    return plan


def _without_least(question: Incidence, plan: Chosen) -> Chosen:
    times = np.zeros(question.classes, np.int64)
    rows = [question.row[question.ptr[site] : question.ptr[site + 1]] for site in plan.tolist()]
    for row in rows:
        times[row] += 1
    alone = [int(question.weight[row[times[row] == 1]].sum()) for row in rows]
    return np.delete(plan, int(np.argmin(alone)))


def _decide(  # noqa: PLR0917
    question: Incidence, units: int, plan: Chosen, least: int, effort: Effort, until: float
) -> tuple[Chosen, int, bool]:
    if question.row.size > min(effort.exact_size, LARGEST_MIXED):
        return plan, least, False
    names = np.arange(question.candidates)
    if units >= int(question.weight.sum()):
        small, names = _essential(question)
        programme, start = _everybody(small), None
    else:
        programme, start = _partly(question, units, least, plan.size), covering_start(question, plan)
    solved = solve(programme, seconds=until - monotonic(), start=start, step=1.0)
    if solved.columns is not None:
        chosen = names[np.flatnonzero(solved.columns[: names.size] > 0.5)].astype(np.int32)
        if chosen.size < plan.size and question.units(chosen) >= units:
            plan = chosen
    if np.isfinite(solved.bound):
        least = max(least, int(np.ceil(-solved.bound - 1e-6)))
    return plan, least, not solved.finished


def _essential(question: Incidence) -> tuple[Incidence, NDArray[np.int64]]:
    """
    Leave out classes that are served whenever another is, and candidates that another makes needless, in turn.

    Only where everybody is to be served (Toregas and ReVelle 1973). Returns the names of the candidates left as well.
    """
    names, before = np.arange(question.candidates), None
    while before != (question.candidates, question.classes):
        before = (question.candidates, question.classes)
        asking = ~implied(question.ptr, question.row, question.back_ptr, question.back)
        question = question.within(np.arange(question.candidates), asking)
        kept = undominated(question)
        question, names = question.within(kept), names[kept]
    return question, names


def _everybody(question: Incidence) -> Programme:
    """Every class has a site: set covering; without further rows, which the solver's presolve could not see through."""
    n, m = question.candidates, question.classes
    serves = sparse.csr_array((np.ones(question.back.size), question.back, question.back_ptr), shape=(m, n))
    return Programme(
        worth=-np.ones(n),
        least=np.zeros(n),
        most=np.ones(n),
        whole=np.ones(n, np.bool_),
        matrix=serves,
        low=np.ones(m),
        high=np.full(m, np.inf),
    )


def _partly(question: Incidence, units: int, least: int, most: int) -> Programme:
    """So many units have a site: the model of this module."""
    n, m = question.candidates, question.classes
    serves = sparse.csr_array((-np.ones(question.back.size), question.back, question.back_ptr), shape=(m, n))
    served = np.concatenate((np.zeros(n), question.weight / question.scale))[None, :]
    number = np.concatenate((np.ones(n), np.zeros(m)))[None, :]
    rows = [sparse.hstack([serves, sparse.eye_array(m)]), sparse.csr_array(served), sparse.csr_array(number)]
    return Programme(
        worth=np.concatenate((-np.ones(n), np.zeros(m))),
        least=np.zeros(n + m),
        most=np.ones(n + m),
        whole=np.arange(n + m) < n,
        matrix=sparse.csr_array(sparse.vstack(rows)),
        low=np.concatenate((np.full(m, -np.inf), [units / question.scale], [float(least)])),
        high=np.concatenate((np.zeros(m), [np.inf], [float(most)])),
    )
