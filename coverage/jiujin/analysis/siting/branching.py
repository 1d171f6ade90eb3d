"""
Closing the gap: branch and bound on Lagrange prices.

A node puts some candidates in and strikes others out. Only what lies around the candidate that was decided last changes
much, so only the prices there are searched anew, and the bound is added up over everybody. Which candidate to decide is
learned from how far the bound fell wherever the same one was decided before (pseudo-costs: Bénichou et al. 1971; tried
out where nothing is known: Achterberg, Koch and Martin 2005). The node with the highest bound comes first, so the bound
of the whole falls steadily, and it is right whenever the search is ended (Land and Doig 1960).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count as numbers
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.bound import parts_of
from jiujin.analysis.siting.incidence import Floats, Incidence, Longs, Masks
from jiujin.analysis.siting.local_search import Groups, Plan
from jiujin.analysis.siting.price_search import STEPS_AT_ONCE, Bytes, NearbySearch, PriceSearch, around, incomes

Names = NDArray[np.int64]

ROUNDS = 3
"""At most so many times forty steps around the candidate that is decided."""

FIRST_ROUNDS = 100
"""At most so many times forty steps at the beginning, where no prices are known."""

MORE_ROUNDS = 20
"""The same where prices of a larger question are known."""

TRIED = 4
"""So many candidates of which nothing is known are tried out at a node."""

FINE = 2**16 - 1
"""Prices and shares are kept as so many parts of the most that they can be."""

IN, OPEN, OUT = 1, 0, -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`state` of each candidate, `price` per class and `share` per candidate, as parts of the most they can be."""

    state: Bytes
    price: NDArray[np.uint16]
    share: NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The best plan, its units, the bound, and whether the clock, the number of nodes or the work ended the search."""

    chosen: NDArray[np.int32]
    units: int
    bound: int
    finished: bool
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leash:
    """When to end: after so many `nodes`, so much `work` (steps), or at the time `until` (monotonic)."""

    nodes: int
    until: float
    work: float = np.inf


def close_gap(
    question: Incidence,
    count: int,
    best: NDArray[np.int32],
    bound: int,
    *,
    least: int,
    leash: Leash,
    start: tuple[Floats, Floats] | None = None,
) -> Closed:
    """
    Find the best plan of `count` candidates, or a better bound; `best` is a plan, `bound` a bound of its question.

    Only plans of more than `least` units are looked for: so many are known to be served, if not by `best`. `start` are
    prices and shares to begin with. Ended by nodes or work, the answer is the same on every machine; ended by the clock
    it is not.
    """
    tree = Tree(question, count, best, least)
    tree.plant(bound, start)
    done = 0
    while tree.heap and done < leash.nodes and tree.work < leash.work and monotonic() < leash.until:
        above, _, node = heapq.heappop(tree.heap)
        if -above <= tree.units:
            tree.heap.clear()
            break
        tree.branch(-above, node)
        done += 1
    finished = not tree.heap or -tree.heap[0][0] <= tree.units
    left = tree.units if finished else -tree.heap[0][0]
    return Closed(chosen=tree.best, units=tree.units, bound=max(left, tree.units), finished=finished, nodes=done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    A node laid open: who is `waiting` for a site, prices and shares as numbers, what each candidate would take.

    `left` sites are still to be chosen; `rent` lies between the last candidate that the bound takes and the next.
    """

    state: Bytes
    waiting: Masks
    price: Floats
    share: Floats
    income: Longs
    left: int
    last_in: int
    first_out: int
    bound: int
    rent: float


class Tree:
    """The nodes still open, the best plan so far, and what was learned on the way."""

    def __init__(self, question: Incidence, count: int, best: NDArray[np.int32], least: int) -> None:
        self.question, self.count = question, count
        self.best, self.units = best, max(question.units(best), least)
        self.heap: list[tuple[int, int, Node]] = []
        self.number = numbers()
        self.parts = parts_of(question)
        self.in_parts = question.weight * self.parts
        self.weight = np.maximum(question.weight.astype(np.float64), 1e-9)
        self.fall = np.full((2, question.candidates), np.nan)
        """How far the bound fell, per share taken away from (0) or added to (1) a candidate."""
        self.balance = 1.0
        self.work = 0.0

    def plant(self, bound: int, start: tuple[Floats, Floats] | None) -> None:
        """Make the first node."""
        search = PriceSearch(self.question, min(self.count, self.question.candidates), start)
        rounds, found = FIRST_ROUNDS if start is None else MORE_ROUNDS, search.price
        while search.steps < rounds * STEPS_AT_ONCE and not search.settled(self.units):
            found = search.advance()
        self.work += 2 * search.steps * self.question.row.size
        start = found, search.share
        nobody_served = np.ones(self.question.classes, np.bool_)
        known = self._known(np.zeros(self.question.candidates, np.int8), nobody_served, *start)
        self._push(min(bound, known.bound), known)

    def branch(self, above: int, node: Node) -> None:
        """Divide a node by the candidate whose decision brings the bounds of both halves down most."""
        waiting = ~self.question.served(np.flatnonzero(node.state == IN))
        known = self._known(node.state, waiting, node.price / FINE * self.weight, node.share / FINE)
        able = np.flatnonzero(known.state == OPEN)
        if self._ended(known, able):
            self._offer(known, able)
            return
        self._offer(known, able[np.argsort(-known.share[able], kind="stable")])
        torn = able[(known.share[able] > 0.02) & (known.share[able] < 0.98)]
        if not torn.size:
            torn = able[np.argsort(-known.income[able], kind="stable")[: known.left + 1]]
        site, halves = self._choose(above, known, torn)
        for half in halves or self._halves(above, known, site):
            self._push(min(above, half.bound), half)

    def _choose(self, above: int, known: Known, torn: Names) -> tuple[int, tuple[Known, Known] | None]:
        """Take the candidate of which most is expected; of some that were never decided it is tried out."""
        share = known.share[torn]
        expected = self._promise(self.fall[0, torn] * share, self.fall[1, torn] * (1 - share), above)
        unknown = np.flatnonzero(np.isnan(expected))
        torn_most = np.minimum(share, 1 - share)[unknown] * known.income[torn[unknown]]
        tried = {}
        expected[unknown] = -1
        for at in unknown[np.argsort(-torn_most, kind="stable")[:TRIED]].tolist():
            halves = self._halves(above, known, int(torn[at]))
            tried[at] = halves
            out, put_in = (np.array([float(above - half.bound)]) for half in halves)
            expected[at] = self._promise(out, put_in, above)[0]
        best = int(np.argmax(expected))
        return int(torn[best]), tried.get(best)

    def _promise(self, out: Floats, put_in: Floats, above: int) -> Floats:
        """The product of both falls, none counted beyond what closes the node."""
        enough = above - self.units
        product: Floats = np.clip(out, 1, enough) * np.clip(put_in, 1, enough)
        return product

    def _halves(self, above: int, known: Known, site: int) -> tuple[Known, Known]:
        """The node without the candidate and with it; what is seen of the fall is remembered."""
        near = around(site, *self._network(), known.waiting, known.state)
        halves = []
        for decided, amount in ((0, known.share[site]), (1, 1 - known.share[site])):
            half = self._decided(known, site, near, IN if decided else OUT)
            seen = max(above - half.bound, 0) / max(amount, 0.02)
            before = self.fall[decided, site]
            self.fall[decided, site] = seen if np.isnan(before) else (seen + before) / 2
            halves.append(half)
        return halves[0], halves[1]

    def _decided(self, known: Known, site: int, near: Masks, state: int) -> Known:
        states, waiting = known.state.copy(), known.waiting
        price, share = known.price.copy(), known.share.copy()
        states[site], share[site] = state, 0
        if state == IN:
            row = self.question.row[self.question.ptr[site] : self.question.ptr[site + 1]]
            waiting = waiting.copy()
            waiting[row], price[row] = False, 0
            near = near & waiting
        if near.any():
            search = NearbySearch(self.question, near, states, known.rent, (price, share))
            search.settle(ROUNDS, self.balance)
            self.balance = 0.9 * self.balance + 0.1 * search.balance
            self.work += 2 * search.steps * search.row.size
            price[search.classes], share[search.sites] = search.best_price, search.best_share
        return self._fixed(self._known(states, waiting, price, share))

    def _fixed(self, known: Known) -> Known:
        """Strike out and put in what no better plan below this node can do otherwise (reduced costs)."""
        if known.bound <= self.units or known.left <= 0:
            return known
        enough = (self.units + 1) * self.parts
        total = known.bound * self.parts + self.parts - 1
        able = known.state == OPEN
        never = able & (known.income <= known.first_out) & (total - known.last_in + known.income < enough)
        known.state[never] = OUT
        return known

    def _known(self, state: Bytes, waiting: Masks, price: Floats, share: Floats) -> Known:
        question = self.question
        self.work += 4 * question.row.size
        whole = np.minimum(np.rint(price * self.parts).astype(np.int64), self.in_parts)
        kept, income = incomes(question.ptr, question.row, state, waiting, whole, self.in_parts)
        left, last_in, first_out, bound = self._taken(state, kept, income)
        return Known(
            state=state,
            waiting=waiting,
            price=price,
            share=share,
            income=income,
            left=left,
            last_in=last_in,
            first_out=first_out,
            bound=bound,
            rent=(last_in + first_out) / 2 / self.parts,
        )

    def _taken(self, state: Bytes, kept: int, income: Longs) -> tuple[int, int, int, int]:
        """How many sites are left, the income of the last that they go to and of the next, and the bound."""
        left = self.count - int(np.count_nonzero(state == IN))
        ordered = np.sort(income[state == OPEN])[::-1]
        last_in = int(ordered[min(left, ordered.size) - 1]) if left > 0 and ordered.size else 0
        first_out = int(ordered[left]) if 0 <= left < ordered.size else 0
        return left, last_in, first_out, (kept + int(ordered[: max(left, 0)].sum())) // self.parts

    def _ended(self, known: Known, able: Names) -> bool:
        """Whether nothing is left to decide."""
        return known.left <= 0 or able.size <= known.left

    def _push(self, bound: int, known: Known) -> None:
        if bound > self.units:
            node = Node(
                state=known.state,
                price=np.rint(np.minimum(known.price / self.weight, 1) * FINE).astype(np.uint16),
                share=np.rint(known.share * FINE).astype(np.uint16),
            )
            heapq.heappush(self.heap, (-bound, next(self.number), node))

    def _offer(self, known: Known, first: Names) -> None:
        """Build these candidates as far as there are sites left, others where they do not suffice."""
        fixed = np.flatnonzero(known.state == IN)
        chosen = np.concatenate((fixed, first[: max(known.left, 0)]))
        if chosen.size < self.count:
            chosen = np.concatenate((chosen, np.setdiff1d(np.arange(self.question.candidates), chosen)))[: self.count]
        if self.question.units(chosen) <= self.units:
            return
        plan = Plan(self.question, Groups.none(self.question.candidates))
        plan.start_from(chosen)
        plan.exchange()
        self.best, self.units = plan.chosen.astype(np.int32), plan.units()

    def _network(self) -> tuple[Longs, NDArray[np.int32], Longs, NDArray[np.int32]]:
        return self.question.ptr, self.question.row, self.question.back_ptr, self.question.back
