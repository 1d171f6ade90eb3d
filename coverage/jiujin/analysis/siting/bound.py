# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""
How much the best plan could serve at all: a bound from above, in whole units, that no rounding can spoil.

The question is relaxed in Lagrange's way: instead of “who is served needs a built site” every class pays a price of at
most its weight to the candidates that serve it. For *any* prices no plan serves more than what the classes keep and the
best `count` candidates take; the lowest such bound is that of the linear programme (Geoffrion 1974; Galvão and ReVelle
1996 for covering). Prices are found by the restarted primal-dual hybrid gradient method (Chambolle and Pock 2011;
Applegate et al. 2021), then rounded to whole units, and the bound is added up in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jiujin.analysis.siting.incidence import Floats, Incidence, Ints, Longs, Masks, _row_sums
from jiujin.analysis.siting.local_search import Groups
from jiujin.network.kernels import kernel

STEPS_AT_ONCE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """
    Prices in whole units and what they prove.

    `kept` is what the classes keep; `income` (per candidate) what it would take. `upto(count)` is the bound.
    """

    kept: int
    income: Longs

    def upto(self, count: int, groups: Groups) -> int:
        """No plan of `count` sites serves more units than this."""
        return self.kept + best_income(self.income, count, groups)

    def fewest(self, units: int, most: int) -> int:
        """No plan of fewer sites than this serves so many units; `most` + 1 when not even `most` sites do."""
        takings = np.cumsum(np.sort(self.income)[::-1][:most])
        bounds = self.kept + np.concatenate(([0], takings))
        return int(np.searchsorted(bounds, units))

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
        never = ~built & (bound - last_in + self.income <= served)
        always = built & (bound - self.income + first_out <= served)
        return always, never


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
    best, best_bound = _priced(question, search.price), None
    for _ in range(max(steps // STEPS_AT_ONCE, 1)):
        found = search.advance()
        prices = _priced(question, found)
        bound = prices.upto(count, groups)
        if best_bound is None or bound < best_bound:
            best, best_bound = prices, bound
        if best_bound <= enough or search.settled():
            break
    return best


def _priced(question: Incidence, price: Floats) -> Prices:
    whole = np.clip(np.rint(price), 0, question.weight).astype(np.int64)
    return Prices(kept=int((question.weight - whole).sum()), income=_row_sums(question.ptr, question.row, whole))


class PriceSearch:
    """The primal-dual method with restarts from the average; `price` per class, `share` per candidate."""

    def __init__(self, question: Incidence, count: int, start: tuple[Floats, Floats] | None = None) -> None:
        self.question, self.count = question, count
        self.weight = question.weight.astype(np.float64)
        degree = np.maximum(np.diff(question.back_ptr), 1)
        self.up = self.weight / degree
        self.down = 1 / np.maximum(question.reach().astype(np.float64), 1e-9)
        self.price = self.weight / degree
        self.share = np.full(question.candidates, self.count / max(question.candidates, 1))
        if start is not None:
            self.price, self.share = start
        self.balance = 1.0
        self.gap_at_restart = self.last_gap = np.inf
        self.steps = self.since = 0
        self.lowest, self.highest = np.inf, 0.0
        self._begin()

    def _begin(self) -> None:
        self.from_price, self.from_share = self.price.copy(), self.share.copy()
        self.price_sum, self.share_sum = np.zeros_like(self.price), np.zeros_like(self.share)
        self.since = 0

    def advance(self) -> Floats:
        """Take some steps, restart where that helps, and return the better of the prices now and on average."""
        asked = self.question
        _steps(
            STEPS_AT_ONCE, self.count, self.balance, asked.ptr, asked.row, self.weight,
            self.up, self.down, self.price, self.share, self.price_sum, self.share_sum,
        )  # fmt: skip
        self.since += STEPS_AT_ONCE
        self.steps += STEPS_AT_ONCE
        now, mean = (self.price, self.share), (self.price_sum / self.since, self.share_sum / self.since)
        gap, price, share = self._better(now, mean)
        shrunk = gap <= 0.2 * self.gap_at_restart
        stalled = gap <= 0.8 * self.gap_at_restart and gap > self.last_gap
        if shrunk or stalled or self.since >= 0.36 * self.steps + STEPS_AT_ONCE:
            self._restart(price, share, gap)
        self.last_gap = gap
        return price

    def settle(self, rounds: int, *, enough: int) -> tuple[int, Prices, Floats, Floats]:
        """Take some rounds of steps; the lowest bound, its prices in whole units and as they are, and the shares."""
        none = Groups.none(self.question.candidates)
        best_price = self.price
        best = _priced(self.question, best_price)
        bound = best.upto(self.count, none)
        for turn in range(rounds):
            price = self.advance()
            prices = _priced(self.question, price)
            now = prices.upto(self.count, none)
            fell = bound - now
            if now < bound:
                best, bound, best_price = prices, now, price
            if bound <= enough or self.settled() or (turn and fell < 0.02 * (bound - enough)):
                break
        return bound, best, best_price.copy(), self.share.copy()

    def settled(self) -> bool:
        """Whether prices and shares prove one another to a hundred-thousandth."""
        return bool(self.lowest - self.highest <= 1e-5 * max(self.lowest, 1.0))

    def _better(self, *pairs: tuple[Floats, Floats]) -> tuple[float, Floats, Floats]:
        gaps = [self._gap(price, share) for price, share in pairs]
        best = int(np.argmin(gaps))
        return gaps[best], *pairs[best]

    def _gap(self, price: Floats, share: Floats) -> float:
        asked = self.question
        income = _take(asked.ptr, asked.row, price)
        above = float((self.weight - price).sum() + np.partition(income, -self.count)[-self.count :].sum())
        built = _give(asked.ptr, asked.row, share, asked.classes)
        below = float((self.weight * np.minimum(built, 1)).sum())
        self.lowest, self.highest = min(self.lowest, above), max(self.highest, below)
        return above - below

    def _restart(self, price: Floats, share: Floats, gap: float) -> None:
        moved_price = float((((price - self.from_price) ** 2) / np.maximum(self.up, 1e-9)).sum())
        moved_share = float((((share - self.from_share) ** 2) / self.down).sum())
        if moved_price > 0 and moved_share > 0:
            self.balance = float(np.exp(0.5 * np.log(np.sqrt(moved_price / moved_share)) + 0.5 * np.log(self.balance)))
        self.price, self.share = price.copy(), share.copy()
        self.gap_at_restart = gap
        self._begin()


@kernel("float64[::1](int64[::1], int32[::1], float64[::1])")
def _take(ptr: Longs, row: Ints, price: Floats) -> Floats:
    income = np.zeros(ptr.size - 1)
    for j in range(ptr.size - 1):
        for k in range(ptr[j], ptr[j + 1]):
            income[j] += price[row[k]]
    return income


@kernel("float64[::1](int64[::1], int32[::1], float64[::1], int64)")
def _give(ptr: Longs, row: Ints, share: Floats, classes: int) -> Floats:
    built = np.zeros(classes)
    for j in range(ptr.size - 1):
        if share[j] != 0:
            for k in range(ptr[j], ptr[j + 1]):
                built[row[k]] += share[j]
    return built


@kernel("void(float64[::1], float64[::1], int64)")
def _onto_plans(share: Floats, width: Floats, count: int) -> None:
    """Move to the nearest shares between 0 and 1 that add up to `count`, distances measured in `width`."""
    low, high = 0.0, 0.0
    for j in range(share.size):
        low = min(low, -share[j] / width[j])
        high = max(high, (1 - share[j]) / width[j])
    shift = 0.0
    for _ in range(100):
        total, slope = 0.0, 0.0
        for j in range(share.size):
            moved = share[j] + shift * width[j]
            if moved >= 1:
                total += 1
            elif moved > 0:
                total += moved
                slope += width[j]
        if abs(total - count) <= 1e-9 * count:
            break
        if total > count:
            high = shift
        else:
            low = shift
        shift = shift - (total - count) / slope if slope > 0 else (low + high) / 2
        if shift <= low or shift >= high:
            shift = (low + high) / 2
    for j in range(share.size):
        share[j] = min(1.0, max(0.0, share[j] + shift * width[j]))


@kernel(
    "void(int64, int64, float64, int64[::1], int32[::1], float64[::1], float64[::1],"
    " float64[::1], float64[::1], float64[::1], float64[::1], float64[::1])"
)
def _steps(
    steps: int,
    count: int,
    balance: float,
    ptr: Longs,
    row: Ints,
    weight: Floats,
    up: Floats,
    down: Floats,
    price: Floats,
    share: Floats,
    price_sum: Floats,
    share_sum: Floats,
) -> None:
    width = down / balance
    for _ in range(steps):
        before = share.copy()
        share += width * _take(ptr, row, price)
        _onto_plans(share, width, count)
        built = _give(ptr, row, 2 * share - before, weight.size)
        for i in range(weight.size):
            moved = price[i] + balance * up[i] * (1 - built[i])
            price[i] = min(weight[i], max(0.0, moved))
            price_sum[i] += price[i]
        for j in range(share.size):
            share_sum[j] += share[j]
