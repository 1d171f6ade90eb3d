"""
A better bound where many sites are asked for: the ground is parted, and every part is decided for itself.

Somebody whom candidates of several parts serve counts in each of them, there only with their price; what they keep
counts once, and every site pays the same rent. For any prices and any rent no plan serves more than the best of every
part together, rents returned (Lagrangean decomposition: Guignard and Kim 1987). What a linear programme promises too
much inside a part is found out there by branching; and what a branch of one part finds need not be found again in every
branch of the others, as in one search over all.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiujin.analysis.siting.bound import priced
from jiujin.analysis.siting.branching import IN, MORE_ROUNDS, OPEN, Known, Leash, Names, Tree
from jiujin.analysis.siting.dominance import dominated
from jiujin.analysis.siting.incidence import Floats, Incidence, Ints, Longs
from jiujin.analysis.siting.local_search import Groups, Plan
from jiujin.analysis.siting.price_search import STEPS_AT_ONCE, NearbySearch, PriceSearch

Chosen = NDArray[np.int32]

SITES_A_PART = 14
"""About so many sites of a plan lie in a part: more promise more, and take much longer."""

ROUNDS = 100
"""At most so many times forty steps for the prices of the whole."""

HELD = 1e-3
"""Candidates with less share than this go with the part that serves most of their people."""

SHAKEN = 200

RENT_STEP = 0.004
"""By what part of it the rent is changed."""


def parts_wanted(count: int) -> int:
    """Into how many parts a question of so many sites is divided."""
    return round(count / SITES_A_PART)


def parted_bound(
    question: Incidence,
    best: Chosen,
    start: tuple[Floats, Floats],
    *,
    parts: int,
    rng: np.random.Generator,
    leash: Leash,
) -> int:
    """
    No plan of as many candidates as `best` serves more units than this.

    `start` are prices and shares of the whole question; `best` is a plan, from which good ones of the parts are made.
    The question has classes, and `best` has sites.
    """
    search = PriceSearch(question, best.size, start)
    price = search.price
    while search.steps < ROUNDS * STEPS_AT_ONCE and not search.settled():
        price = search.advance()
    prices = priced(question, price, search.share)
    ordered = np.sort(prices.income)[::-1]
    rent = int(ordered[best.size - 1 : best.size + 1].mean()) // prices.parts
    part = part_of(question, price, search.share, parts)
    worth = _worth(question, part, price)
    named = [np.flatnonzero(part == number) for number in range(parts)]
    asked = [replace(question, weight=worth).within(names) for names in named]
    plans = [np.flatnonzero(np.isin(names, best)).astype(np.int32) for names in named]
    rent, plans = _fitting(asked, rent, plans, rng)
    trees = []
    for names, part_asked, plan in zip(named, asked, plans, strict=True):
        begun = _Begun(price=_carried(part_asked, np.minimum(price, worth)), share=search.share[names])
        trees.append(_planted(part_asked, rent, begun, plan))
    _decide(trees, replace(leash, work=leash.work - 2 * search.steps * question.row.size))
    return int((question.weight - worth).sum()) + rent * best.size + sum(tree.bound for tree in trees)


def _fitting(
    asked: list[Incidence], rent: int, held: list[Chosen], rng: np.random.Generator
) -> tuple[int, list[Chosen]]:
    """
    Lower the rent a little where the parts build fewer sites than they hold, raise it where more; and good plans then.

    The rent of the linear programme suits sites that are built in part. One that suits whole sites bounds better, but
    branching takes the longer, the farther the rent lies from the first.
    """
    plans = [_good_plan(each, rent, plan, rng) for each, plan in zip(asked, held, strict=True)]
    lacking = sum(plan.size for plan in held) - sum(plan.size for plan in plans)
    rent -= round(RENT_STEP * rent) * int(np.sign(lacking))
    return rent, [_good_plan(each, rent, plan, rng) for each, plan in zip(asked, plans, strict=True)]


def _decide(trees: list[RentTree], leash: Leash) -> None:
    """Branch where most is left to find out, for as long as the leash allows."""
    done = 0
    while sum(tree.work for tree in trees) < leash.work and done < leash.nodes and monotonic() < leash.until:
        tree = max(trees, key=lambda each: each.bound - each.units)  # of equals the first
        if tree.bound <= tree.units:
            break
        tree.branch_best()
        done += 1


class RentTree(Tree):
    """Branching where any number of candidates may be built, each for a rent; units are what is left after it."""

    def __init__(self, question: Incidence, rent: int, best: Chosen) -> None:
        super().__init__(question, best.size, best, 0)
        self.site_rent = rent
        self.units = self._net(best)

    @property
    def bound(self) -> int:
        """No plan leaves more."""
        return max(-self.heap[0][0], self.units) if self.heap else self.units

    def plant_rented(self, start: _Begun) -> Known:
        """Settle the prices, make the first node, and tell it."""
        state = np.zeros(self.question.candidates, np.int8)
        waiting = np.ones(self.question.classes, np.bool_)
        search = NearbySearch(self.question, waiting, state, float(self.site_rent), (start.price, start.share))
        search.settle(MORE_ROUNDS, self.balance)
        self.work += 2 * search.steps * search.row.size
        share = np.zeros(self.question.candidates)
        share[search.sites] = search.best_share
        known = self._fixed(self._known(state, waiting, search.best_price, share))
        self._push(known.bound, known)
        return known

    def branch_best(self) -> None:
        """Divide the node of the highest bound."""
        above, _, node = heapq.heappop(self.heap)
        self.branch(-above, node)

    def _net(self, chosen: NDArray[np.integer]) -> int:
        return self.question.units(chosen) - self.site_rent * chosen.size

    def _taken(self, state: NDArray[np.int8], kept: int, income: Longs) -> tuple[int, int, int, int]:
        rent = self.site_rent * self.parts
        able = state == OPEN
        gained = int(np.maximum(income[able] - rent, 0).sum()) - rent * int(np.count_nonzero(state == IN))
        return int(np.count_nonzero(able)), rent, rent, (kept + gained) // self.parts

    def _ended(self, known: Known, able: Names) -> bool:  # noqa: ARG002
        return not able.size

    def _offer(self, known: Known, first: Names) -> None:
        """Build the candidates of which more than half is built already."""
        chosen = np.concatenate((np.flatnonzero(known.state == IN), first[known.share[first] > 0.5]))
        if self._net(chosen) > self.units:
            self.best, self.units = chosen.astype(np.int32), self._net(chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """Prices and shares to begin with."""

    price: Floats
    share: Floats


def _planted(asked: Incidence, rent: int, start: _Begun, plan: Chosen) -> RentTree:
    """Begin with all candidates of a part, and again with those that this leaves, put together anew."""
    tree = RentTree(asked, rent, plan)
    known = tree.plant_rented(start)
    names = np.union1d(np.flatnonzero(known.state == OPEN), plan)
    fewer = asked.within(names)
    needed = ~dominated(fewer.ptr, fewer.row, fewer.back_ptr, fewer.back) | np.isin(names, plan)
    names = names[needed]
    fewer = asked.within(names)
    again = RentTree(fewer, rent, np.searchsorted(names, np.sort(plan)).astype(np.int32))
    again.plant_rented(_Begun(price=_carried(fewer, known.price), share=known.share[names]))
    again.work += tree.work
    return again


def _carried(asked: Incidence, price: Floats) -> Floats:
    """Prices of a question for a smaller one made of it."""
    known = asked.class_of >= 0
    carried = np.bincount(asked.class_of[known], price[known], asked.classes)
    return np.minimum(carried, asked.weight).astype(np.float64)


def _good_plan(asked: Incidence, rent: int, held: Chosen, rng: np.random.Generator) -> Chosen:
    """A plan that leaves much after its rents: of as many sites as `held`, or of more or fewer where that is better."""

    def searched(start: Chosen, count: int) -> Chosen:
        plan = Plan(asked, Groups.none(asked.candidates))
        plan.start_from(start[:count])
        plan.build_greedily(count)
        plan.exchange()
        plan.search(SHAKEN, rng, enough=int(asked.weight.sum()))
        return plan.chosen

    best = searched(held, held.size)
    for step in (1, -1):
        while 0 <= best.size + step <= asked.candidates:
            other = searched(best, best.size + step)
            if asked.units(other) - asked.units(best) <= rent * step:
                break
            best = other
    return best


def _worth(question: Incidence, part: Ints, price: Floats) -> Longs:
    """What a class counts in each part: its weight where one part alone can serve it, elsewhere its price."""
    of, heads = part[question.back], question.back_ptr[:-1]
    alone = np.minimum.reduceat(of, heads) == np.maximum.reduceat(of, heads)
    return np.where(alone, question.weight, np.clip(np.rint(price), 0, question.weight)).astype(np.int64)


def part_of(question: Incidence, price: Floats, share: Floats, parts: int) -> Ints:
    """Number the part of each candidate: neighbourhoods in which about equally many sites are to be built."""
    serves = sparse.csr_array(
        (price[question.row], question.row, question.ptr), shape=(question.candidates, question.classes)
    )
    holding = np.flatnonzero(share > HELD)
    held = share[holding]
    shared = serves @ sparse.csr_array((serves[holding] > 0).astype(np.float64)).T
    among = sparse.csr_array(shared[holding] * held[None, :] * held[:, None]).toarray()
    np.fill_diagonal(among, 0)
    grown = _grown(among, held, parts)
    of_part = sparse.csr_array((np.ones(holding.size), (np.arange(holding.size), grown)))
    part: Ints = np.argmax((shared @ of_part).toarray(), axis=1).astype(np.int32)
    part[holding] = grown
    return part


def _grown(tie: Floats, share: Floats, parts: int) -> Ints:
    """Let one part after the other grow from the edge of what is left, by the candidate that is tied most to it."""
    part = np.full(share.size, -1, np.int32)
    for number in range(parts):
        left = part < 0
        outward = tie[:, left].sum(axis=1)
        wanted = float(share[left].sum()) / (parts - number)
        inward = np.zeros(share.size)
        got = 0.0
        while left.any() and (got < wanted or number == parts - 1):
            pull = np.where(left, inward / np.maximum(outward, 1e-9), -1.0)
            node = int(np.argmax(pull)) if pull.max() > 0 else int(np.argmin(np.where(left, outward, np.inf)))
            part[node], left[node] = number, False
            inward += tie[node]
            got += float(share[node])
    return part
