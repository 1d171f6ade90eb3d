"""
Maximal covering: with so many new sites, how many more people can have a way within reach? (Church and ReVelle 1974)

    maximise  sum of weight_i z_i   with   z_i <= sum of x_j over the candidates j that serve class i,
                                          sum of x_j = count,  x_j in {0, 1},  0 <= z_i <= 1

Existing sites stay: whom they serve is not in the question. A greedy plan is improved by exchanges and repeated
shaking; Lagrange prices bound every other plan; candidates that no better plan can hold are struck out; what remains,
put together anew, is searched by branch and bound (by HiGHS, from that plan, where groups bind). Where so many sites
are asked for that branching gets nowhere, the plan is rearranged by neighbourhoods and the ground parted for the bound.
Plan and bound are returned wherever the road ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiujin.analysis.siting.bound import Prices, dearest
from jiujin.analysis.siting.branching import Leash, close_gap
from jiujin.analysis.siting.dominance import dominated
from jiujin.analysis.siting.exact import Programme, solve
from jiujin.analysis.siting.incidence import Floats, Incidence
from jiujin.analysis.siting.local_search import Groups, Plan, work_of_a_round
from jiujin.analysis.siting.parting import parted_bound, parts_wanted
from jiujin.analysis.siting.promising import search_promising
from jiujin.analysis.siting.windows import rearranged

Chosen = NDArray[np.int32]

LARGEST_MIXED = 400_000
"""Questions with more pairs than this are not handed to HiGHS."""

MOST_NODES = 20_000

FEWEST_PARTS = 4
"""Questions of fewer parts than this are branched on as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """
    How hard to try. `search`, `price` and `branch` are steps of the search, of the bound and of branching (about a
    thousand million a second each); questions with more pairs than `exact_size` are not branched on. `seconds` is a
    guard, and the only thing that depends on the machine.
    """

    search: float = 2e9
    price: float = 1.5e9
    seconds: float = 60.0
    branch: float = 4e10
    exact_size: int = 3_000_000
    seed: int = 20_231_231

    def rng(self) -> np.random.Generator:
        """The source of all random moves."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    A plan and what is known about all others.

    `chosen` candidates in ascending order; `units` served; no plan serves more than `bound` units; `timed_out` tells
    that the exact solver was ended by the clock.
    """

    chosen: Chosen
    units: int
    bound: int
    timed_out: bool = False

    @property
    def optimal(self) -> bool:
        """Whether no other plan serves more."""
        return self.bound <= self.units


def cover_most(
    question: Incidence, count: int, *, groups: Groups | None = None, effort: Effort | None = None,
    start: Chosen | None = None,
) -> Found:  # fmt: skip
    """
    Choose `count` candidates that serve as many people as possible; `start` is a plan to begin with.

    Raises ValueError when there are fewer candidates, or the groups allow no plan.
    """
    groups = groups or Groups.none(question.candidates)
    effort = effort or Effort()
    if not _possible(count, groups):
        raise ValueError("no plan of this many sites respects the groups")
    if count == 0:
        return Found(chosen=np.empty(0, np.int32), units=0, bound=0)
    return _Road(question, count, groups, effort).go(start)


def quick_plan(question: Incidence, count: int, groups: Groups | None = None) -> Chosen:
    """Build greedily and exchange: a good plan at once, in the order of building, without a bound."""
    plan = Plan(question, groups or Groups.none(question.candidates))
    plan.build_greedily(count)
    plan.exchange()
    return plan.chosen


def _possible(count: int, groups: Groups) -> bool:
    have = np.bincount(groups.group, minlength=groups.least.size)
    room = np.minimum(have, groups.most)
    return bool((groups.least <= room).all() and groups.least.sum() <= count <= room.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """A smaller question: candidates `fixed` in, and the others that are left by their `names` in the whole."""

    fixed: NDArray[np.integer]
    names: NDArray[np.integer]
    asked: Incidence


class _Road:
    """From the first plan to the last word, one step after the other."""

    def __init__(self, question: Incidence, count: int, groups: Groups, effort: Effort) -> None:
        self.question, self.count, self.groups, self.effort = question, count, groups, effort
        self.until = monotonic() + effort.seconds
        self.rng = effort.rng()
        self.best = np.empty(0, np.int32)
        self.units = -1
        self.bound = int(question.weight.sum())
        self.timed_out = False

    def go(self, start: Chosen | None) -> Found:
        """Search briefly, bound, branch briefly; then search and branch for as long as the effort allows."""
        self._search(self.effort.search / 1000, start)
        if self.units < self.bound:
            self._prove()
        return Found(
            chosen=np.sort(self.best).astype(np.int32), units=self.units, bound=self.bound, timed_out=self.timed_out
        )

    def _search(self, work: float, start: Chosen | None) -> None:
        """Search among all candidates; `start` are some of them to begin with."""
        plan = Plan(self.question, self.groups)
        if start is not None:
            plan.start_from(start)
        plan.build_greedily(self.count)
        plan.exchange()
        rounds = int(min(work / work_of_a_round(self.question, self.count), 20_000))
        plan.search(rounds, self.rng, enough=self.bound)
        self._offer(plan.chosen)

    def _offer(self, chosen: NDArray[np.integer]) -> None:
        units = self.question.units(chosen)
        if units > self.units:
            self.best, self.units = chosen.astype(np.int32), units

    def _prove(self) -> None:
        steps = int(np.clip(self.effort.price / (3 * self.question.row.size + 1), 200, 8000))
        prices = dearest(self.question, self.count, self.groups, steps=steps, enough=self.units)
        self.bound = min(self.bound, prices.upto(self.count, self.groups))
        if self.units < self.bound and self.groups.bind:
            self._search(self.effort.search / 2, self.best)
            if self.units < self.bound:
                self._solve()
            return
        for search, branch in ((1 / 2000, 1 / 40), (2.0, 1.0)):  # most close at once; others are worth a longer search
            if self.units < self.bound:
                self._search_promising(prices, search * self.effort.search)
            if self.units < self.bound and branch == 1 and (parts := parts_wanted(self.count)) >= FEWEST_PARTS:
                self._part(prices, parts)
                if self.question.row.size > LARGEST_MIXED:
                    return  # the parts have taken all the work that there was
            if self.units < self.bound:
                self._branch(prices, branch * self.effort.branch)

    def _search_promising(self, prices: Prices, work: float) -> None:
        better = search_promising(self.question, self.best, prices.share, rng=self.rng, work=work, enough=self.bound)
        self._offer(better)

    def _part(self, prices: Prices, parts: int) -> None:
        """Rearrange the plan by neighbourhoods, and bound the others part by part."""
        if self.question.row.size > self.effort.exact_size:
            return
        self._offer(rearranged(self.question, self.best, self._decided))
        leash = Leash(nodes=MOST_NODES, work=3 * self.effort.branch, until=self.until)
        start = prices.price, prices.share
        bound = parted_bound(self.question, self.best, start, parts=parts, rng=self.rng, leash=leash)
        self.timed_out = monotonic() >= self.until
        self.bound = max(min(self.bound, bound), self.units)

    def _decided(self, asked: Incidence, start: Chosen) -> Chosen:
        """A plan of a small question, mostly the best."""
        left = max(self.until - monotonic(), 0.0)
        little = replace(self.effort, search=1e8, price=3e8, branch=2e9, seconds=left)
        return cover_most(asked, start.size, effort=little, start=start).chosen

    def _undecided(self, prices: Prices) -> _Rest:
        """What a better plan can differ in: candidates that are in all or in none of them are taken out."""
        names = np.arange(self.question.candidates)
        always, never = prices.decided(self.count, self.units)
        fixed, left = names[always], names[~always & ~never]
        return _Rest(fixed=fixed, names=left, asked=self.question.within(left, ~self.question.served(fixed)))

    def _kept(self, rest: _Rest) -> Chosen:
        """The best plan, as far as its candidates are left."""
        known = np.flatnonzero(np.isin(rest.names, self.best))
        return known[: self.count - rest.fixed.size].astype(np.int32)

    def _branch(self, prices: Prices, work: float) -> None:
        rest = self._undecided(prices)
        start = prices.within(rest.asked, rest.names)
        kept = undominated(rest.asked)
        fewer = rest.asked.within(kept)
        start = replace(prices, price=start[0], share=start[1]).within(fewer, kept)
        rest = _Rest(fixed=rest.fixed, names=rest.names[kept], asked=fewer)
        base, count = self.question.units(rest.fixed), self.count - rest.fixed.size
        if rest.names.size <= count:
            self._offer(np.concatenate((rest.fixed, rest.names)))
            self.bound = self.units
            return
        if rest.asked.row.size > self.effort.exact_size:
            return
        closed = close_gap(
            rest.asked,
            count,
            self._filled(self._kept(rest), rest.names.size, count),
            self.bound - base,
            least=self.units - base,
            leash=Leash(nodes=MOST_NODES, work=work, until=self.until),
            start=start,
        )
        self._offer(np.concatenate((rest.fixed, rest.names[closed.chosen])))
        self.timed_out = not closed.finished and monotonic() >= self.until
        # who is not in the small question is served by the fixed sites, or by nobody in any better plan
        self.bound = max(min(self.bound, base + closed.bound), self.units)

    @staticmethod
    def _filled(known: NDArray[np.integer], candidates: int, count: int) -> Chosen:
        """The plan as far as its candidates are left, filled up with the first others."""
        others = np.setdiff1d(np.arange(candidates), known)
        return np.concatenate((known[:count], others))[:count].astype(np.int32)

    def _solve(self) -> None:
        asked = self.question
        if asked.row.size > min(LARGEST_MIXED, self.effort.exact_size):
            return
        programme = covering_programme(asked, self.count, self.groups)
        step = 1.0 if asked.whole else 0.0
        solved = solve(programme, seconds=self.until - monotonic(), start=covering_start(asked, self.best), step=step)
        if solved.columns is not None:
            self._offer(np.flatnonzero(solved.columns[: asked.candidates] > 0.5))
        self.timed_out = not solved.finished
        self.bound = max(min(self.bound, units_above(asked, solved.bound, self.units)), self.units)


def units_above(question: Incidence, people: float, known: int) -> int:
    """
    Turn the solver's bound in people into units, its tolerance allowed for; all units where it has none.

    What the solver cannot tell from the `known` units of a plan, a few millionths of a person, is no better plan.
    """
    if not np.isfinite(people):
        return int(question.weight.sum())
    slack = 1e-9 * abs(people) + 1e-6
    bound = int(np.floor((people + slack) * question.scale))
    return known if known < bound <= known + 3 * slack * question.scale and not question.whole else bound


def undominated(question: Incidence) -> NDArray[np.int64]:
    """Candidates whose people no other candidate serves all of (of two that serve the same, the lower stays)."""
    return np.flatnonzero(~dominated(question.ptr, question.row, question.back_ptr, question.back))


def covering_programme(question: Incidence, count: int, groups: Groups) -> Programme:
    """State the model of this module: first the candidates' columns, then the classes'."""
    n, m = question.candidates, question.classes
    ones = np.ones(question.back.size)
    serves = sparse.csr_array((-ones, question.back, question.back_ptr), shape=(m, n))
    parts = [sparse.hstack([serves, sparse.eye_array(m)]), _row_of_ones(n, n + m)]
    low, high = [np.full(m, -np.inf), np.zeros(1)], [np.zeros(m), np.full(1, float(count))]
    if groups.bind:
        for group in range(groups.least.size):
            parts.append(_row_of_ones(np.flatnonzero(groups.group == group), n + m))
            low.append(np.full(1, float(groups.least[group])))
            high.append(np.full(1, float(min(groups.most[group], n))))
    return Programme(
        worth=np.concatenate((np.zeros(n), question.weight / question.scale)),
        least=np.zeros(n + m),
        most=np.ones(n + m),
        whole=np.arange(n + m) < n,
        matrix=sparse.csr_array(sparse.vstack(parts)),
        low=np.concatenate(low),
        high=np.concatenate(high),
    )


def covering_start(question: Incidence, chosen: NDArray[np.integer]) -> Floats:
    """The columns of this plan in the programme."""
    built = np.zeros(question.candidates)
    built[chosen] = 1
    return np.concatenate((built, question.served(chosen).astype(np.float64)))


def _row_of_ones(columns: int | NDArray[np.integer], width: int) -> sparse.csr_array:
    at = np.arange(columns) if isinstance(columns, int) else columns
    return sparse.csr_array((np.ones(at.size), (np.zeros(at.size, np.int64), at)), shape=(1, width))
