"""
How much the best plan could serve at all: a bound from above, in whole units, that no rounding can spoil.

The question is relaxed in Lagrange's way: instead of “who is served needs a built site” every class pays a price of at
most its weight to the candidates that serve it. For *any* prices no plan serves more than what the classes keep and the
best `count` candidates take; the lowest such bound is that of the linear programme (Geoffrion 1974; Galvão and ReVelle
1996 for covering). Prices are rounded to whole parts of a unit, and the bound is added up in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.incidence import Floats, Incidence, Longs, Masks, _row_sums
from jiujin.analysis.siting.local_search import Groups
from jiujin.analysis.siting.price_search import STEPS_AT_ONCE, PriceSearch

FINEST = 64
"""A price is rounded to so many parts of a unit, where all sums then stay below 2^52."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """
    Prices and what they prove: `kept` is what the classes keep, `income` (per candidate) what it would take.

    Both are in parts of a unit, `parts` to the unit. `price` (per class) and `share` (per candidate) are where the
    search stood: to go on from, and to tell which candidates are promising.
    """

    kept: int
    income: Longs
    parts: int
    price: Floats
    share: Floats

    def upto(self, count: int, groups: Groups) -> int:
        """No plan of `count` sites serves more units than this."""
        return (self.kept + best_income(self.income, count, groups)) // self.parts

    def fewest(self, units: int, most: int) -> int:
        """No plan of fewer sites than this serves so many units; `most` + 1 when not even `most` sites do."""
        takings = np.cumsum(np.sort(self.income)[::-1][:most])
        bounds = self.kept + np.concatenate(([0], takings))
        return int(np.searchsorted(bounds, units * self.parts))

    def decided(self, count: int, served: int) -> tuple[Masks, Masks]:
        """
        Candidates that are in every plan better than `served` units, and those that are in none.

        Taking the contrary decision for one of them brings the bound down to `served` or below (reduced costs). Only
        for questions without groups.
        """
        order = np.argsort(-self.income, kind="stable")
        built = np.zeros(self.income.size, np.bool_)
        built[order[:count]] = True
        if count >= self.income.size:
            return built, np.zeros(self.income.size, np.bool_)
        bound = self.kept + int(self.income[order[:count]].sum())
        last_in, first_out = self.income[order[count - 1]], self.income[order[count]]
        enough = (served + 1) * self.parts
        never = ~built & (bound - last_in + self.income < enough)
        always = built & (bound - self.income + first_out < enough)
        return always, never

    def within(self, asked: Incidence, names: NDArray[np.integer]) -> tuple[Floats, Floats]:
        """Prices and shares to begin with in a smaller question, made of the candidates `names`."""
        known = asked.class_of >= 0
        price = np.bincount(asked.class_of[known], self.price[known], asked.classes)
        return np.minimum(price, asked.weight), self.share[names]


def best_income(income: Longs, count: int, groups: Groups) -> int:
    """Add up the best `count` incomes that respect the groups."""
    if not groups.bind:
        return int(np.sort(income)[::-1][:count].sum())
    order = np.lexsort((-income, groups.group))
    start = np.searchsorted(groups.group[order], np.arange(groups.least.size))
    rank = np.arange(order.size) - start[groups.group[order]]
    must = rank < groups.least[groups.group[order]]
    may = ~must & (rank < groups.most[groups.group[order]])
    free = max(count - int(must.sum()), 0)
    rest = np.sort(income[order[may]])[::-1][:free]
    return int(income[order[must]].sum() + rest.sum())


def dearest(question: Incidence, count: int, groups: Groups, *, steps: int, enough: int) -> Prices:
    """
    Find prices whose bound is low; stop after `steps`, when the bound comes down to `enough`, or when it is settled.

    Deterministic: the same question gives the same prices.
    """
    search = PriceSearch(question, min(count, question.candidates))
    best, best_bound = priced(question, search.price, search.share), None
    for _ in range(max(steps // STEPS_AT_ONCE, 1)):
        found = search.advance()
        prices = priced(question, found, search.share)
        bound = prices.upto(count, groups)
        if best_bound is None or bound < best_bound:
            best, best_bound = prices, bound
        if best_bound <= enough or search.settled(enough):
            break
    return best


def parts_of(question: Incidence) -> int:
    """How many parts of a unit a price of this question may be rounded to."""
    total = int(question.weight.sum())
    return FINEST if total * FINEST < 2**52 else 1


def priced(question: Incidence, price: Floats, share: Floats) -> Prices:
    """Round prices to whole parts of a unit, and add up what they prove."""
    parts = parts_of(question)
    weight = question.weight * parts
    whole = np.clip(np.rint(price * parts), 0, weight).astype(np.int64)
    income = _row_sums(question.ptr, question.row, whole)
    return Prices(kept=int((weight - whole).sum()), income=income, parts=parts, price=price.copy(), share=share.copy())
