# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""
Prices of a covering question by the restarted primal-dual hybrid gradient method.

Every class has a price (at most its weight), every candidate a share (between 0 and 1); both move against one another
and are averaged, and the average is where the next round begins (Chambolle and Pock 2011; Applegate et al. 2021).
`PriceSearch` does so for a whole question, where the shares add up to the number of sites; `NearbySearch` for the
classes around one candidate, where everything farther away stays as it is and a share costs the rent of a site.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.incidence import Floats, Incidence, Ints, Longs, Masks
from jiujin.network.kernels import kernel

STEPS_AT_ONCE = 40

Bytes = NDArray[np.int8]


class _Descent(ABC):
    """The method itself: steps, averages and restarts; what is moved is up to the questions below."""

    def __init__(self, ptr: Longs, row: Ints, weight: Floats, price: Floats, share: Floats) -> None:
        self.ptr, self.row, self.weight = ptr, row, weight
        degree = np.maximum(np.bincount(row, minlength=weight.size), 1)
        self.up = weight / degree
        self.down = 1 / np.maximum(_take(ptr, row, weight), 1e-9)
        self.price, self.share = price, share
        self.balance = 1.0
        self.gap_at_restart = self.last_gap = np.inf
        self.steps = self.since = 0
        self.lowest, self.highest = np.inf, -np.inf
        self._begin()

    def _begin(self) -> None:
        self.from_price, self.from_share = self.price.copy(), self.share.copy()
        self.price_sum, self.share_sum = np.zeros_like(self.price), np.zeros_like(self.share)
        self.since = 0

    @abstractmethod
    def _march(self) -> None:
        """Take so many steps at once."""

    @abstractmethod
    def _ends(self, price: Floats, share: Floats) -> tuple[float, float]:
        """What these prices prove from above, and what these shares serve from below."""

    def advance(self) -> Floats:
        """Take some steps, restart where that helps, and return the better of the prices now and on average."""
        self._march()
        self.since += STEPS_AT_ONCE
        self.steps += STEPS_AT_ONCE
        now, mean = (self.price, self.share), (self.price_sum / self.since, self.share_sum / self.since)
        gap, price, share = self._better(now, mean)
        if self._suffices():
            return price
        shrunk = gap <= 0.2 * self.gap_at_restart
        stalled = gap <= 0.8 * self.gap_at_restart and gap > self.last_gap
        if shrunk or stalled or self.since >= 0.36 * self.steps + STEPS_AT_ONCE:
            self._restart(price, share, gap)
        self.last_gap = gap
        return price

    def _suffices(self) -> bool:
        """Whether no more rounds are wanted, so that there is nothing to prepare."""
        return False

    def settled(self, enough: float = 0.0) -> bool:
        """
        Whether prices and shares prove one another to a hundred-thousandth.

        Less will do, down to a two-thousandth, where the bound stays so far above `enough` that it hardly matters.
        """
        gap, most = self.lowest - self.highest, max(self.lowest, 1.0)
        return bool(gap <= min(max(0.05 * (self.lowest - enough), 1e-5 * most), 5e-4 * most))

    def _better(self, *pairs: tuple[Floats, Floats]) -> tuple[float, Floats, Floats]:
        gaps = []
        for price, share in pairs:
            above, below = self._ends(price, share)
            self._note(above, below, price, share)
            gaps.append(above - below)
        best = int(np.argmin(gaps))
        return gaps[best], *pairs[best]

    def _note(self, above: float, below: float, price: Floats, share: Floats) -> None:  # noqa: ARG002
        self.lowest, self.highest = min(self.lowest, above), max(self.highest, below)

    def _restart(self, price: Floats, share: Floats, gap: float) -> None:
        moved_price = float((((price - self.from_price) ** 2) / np.maximum(self.up, 1e-9)).sum())
        moved_share = float((((share - self.from_share) ** 2) / self.down).sum())
        if moved_price > 0 and moved_share > 0:
            self.balance = float(np.exp(0.5 * np.log(np.sqrt(moved_price / moved_share)) + 0.5 * np.log(self.balance)))
        self.price, self.share = price.copy(), share.copy()
        self.gap_at_restart = gap
        self._begin()


class PriceSearch(_Descent):
    """Prices of a whole question; the shares of its candidates add up to `count`."""

    def __init__(self, question: Incidence, count: int, start: tuple[Floats, Floats] | None = None) -> None:
        self.count = count
        weight = question.weight.astype(np.float64)
        if start is None:
            price = weight / np.maximum(np.diff(question.back_ptr), 1)
            start = price, np.full(question.candidates, count / max(question.candidates, 1))
        super().__init__(question.ptr, question.row, weight, *start)

    def _march(self) -> None:
        _steps(
            STEPS_AT_ONCE, self.count, self.balance, self.ptr, self.row, self.weight,
            self.up, self.down, self.price, self.share, self.price_sum, self.share_sum,
        )  # fmt: skip

    def _ends(self, price: Floats, share: Floats) -> tuple[float, float]:
        income = _take(self.ptr, self.row, price)
        above = float((self.weight - price).sum() + np.partition(income, -self.count)[-self.count :].sum())
        built = _give(self.ptr, self.row, share, self.weight.size)
        return above, float((self.weight * np.minimum(built, 1)).sum())


class NearbySearch(_Descent):
    """
    Prices of the classes around one candidate, while all others stay as they are.

    `classes` and `sites` are the classes and the open candidates that matter here; candidates have `outside` income
    from classes farther away, and a site costs `rent`. `best_price` and `best_share` belong to the lowest bound met.
    """

    def __init__(
        self, question: Incidence, near: Masks, state: Bytes, rent: float, start: tuple[Floats, Floats]
    ) -> None:
        price, share = start
        self.classes = np.flatnonzero(near).astype(np.int32)
        cut = _cut_out(question.ptr, question.row, question.back_ptr, question.back, self.classes, state, price)
        self.sites, ptr, row, self.outside = cut
        self.rent = rent
        weight = question.weight[self.classes].astype(np.float64)
        reached = np.bincount(row, minlength=weight.size) > 0
        self.best_price = np.where(reached, price[self.classes], weight)  # whom nobody can serve keeps nothing
        self.best_share = share[self.sites]
        super().__init__(ptr, row, weight, self.best_price.copy(), self.best_share.copy())
        self.up = np.where(reached, self.up, 0.0)
        self.begun, _ = self._ends(self.price, self.share)
        self.lowest = self.begun

    def settle(self, rounds: int, balance: float) -> None:
        """Take at most so many rounds of steps; fewer where hardly anything is left to gain."""
        self.balance = balance
        for _ in range(rounds):
            self.advance()
            if self._suffices():
                break

    def _suffices(self) -> bool:
        return self.lowest - self.highest <= 0.03 * (self.begun - self.lowest) + 1e-6 * abs(self.begun)

    def _march(self) -> None:
        _steps_nearby(
            STEPS_AT_ONCE, self.rent, self.balance, self.ptr, self.row, self.weight, self.outside,
            self.up, self.down, self.price, self.share, self.price_sum, self.share_sum,
        )  # fmt: skip

    def _ends(self, price: Floats, share: Floats) -> tuple[float, float]:
        return _ends_nearby(self.ptr, self.row, self.weight, self.outside - self.rent, price, share)

    def _note(self, above: float, below: float, price: Floats, share: Floats) -> None:
        if above < self.lowest:
            self.best_price, self.best_share = price.copy(), share.copy()
        super()._note(above, below, price, share)


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


@kernel(
    "void(int64, float64, float64, int64[::1], int32[::1], float64[::1], float64[::1], float64[::1],"
    " float64[::1], float64[::1], float64[::1], float64[::1], float64[::1])"
)
def _steps_nearby(
    steps: int,
    rent: float,
    balance: float,
    ptr: Longs,
    row: Ints,
    weight: Floats,
    outside: Floats,
    up: Floats,
    down: Floats,
    price: Floats,
    share: Floats,
    price_sum: Floats,
    share_sum: Floats,
) -> None:
    for _ in range(steps):
        built = np.zeros(weight.size)
        for j in range(share.size):
            income = outside[j] - rent
            for k in range(ptr[j], ptr[j + 1]):
                income += price[row[k]]
            moved = min(1.0, max(0.0, share[j] + income * down[j] / balance))
            ahead = 2 * moved - share[j]
            share[j] = moved
            share_sum[j] += moved
            if ahead != 0:
                for k in range(ptr[j], ptr[j + 1]):
                    built[row[k]] += ahead
        for i in range(weight.size):
            price[i] = min(weight[i], max(0.0, price[i] + balance * up[i] * (1 - built[i])))
            price_sum[i] += price[i]


@kernel("UniTuple(float64, 2)(int64[::1], int32[::1], float64[::1], float64[::1], float64[::1], float64[::1])")
def _ends_nearby(
    ptr: Longs, row: Ints, weight: Floats, outside: Floats, price: Floats, share: Floats
) -> tuple[float, float]:
    """What these prices prove from above and these shares serve from below; `outside` less the rent."""
    above, below = 0.0, 0.0
    built = np.zeros(weight.size)
    for j in range(share.size):
        income = outside[j]
        below += share[j] * outside[j]
        for k in range(ptr[j], ptr[j + 1]):
            income += price[row[k]]
            built[row[k]] += share[j]
        above += max(income, 0.0)
    for i in range(weight.size):
        above += weight[i] - price[i]
        below += weight[i] * min(built[i], 1.0)
    return above, below


@kernel("boolean[::1](int64, int64[::1], int32[::1], int64[::1], int32[::1], boolean[::1], int8[::1])")
def around(
    site: int, ptr: Longs, row: Ints, back_ptr: Longs, back: Ints, waiting: Masks, state: Bytes
) -> NDArray[np.bool_]:
    """Tell for each waiting class whether an open candidate serves it that shares a waiting class with `site`."""
    close = np.zeros(ptr.size - 1, np.bool_)
    close[site] = True
    for k in range(ptr[site], ptr[site + 1]):
        i = row[k]
        if waiting[i]:
            for b in range(back_ptr[i], back_ptr[i + 1]):
                if state[back[b]] == 0:
                    close[back[b]] = True
    near = np.zeros(waiting.size, np.bool_)
    for j in range(close.size):
        if close[j]:
            for k in range(ptr[j], ptr[j + 1]):
                near[row[k]] = waiting[row[k]]
    return near


@kernel(
    "Tuple((int32[::1], int64[::1], int32[::1], float64[::1]))"
    "(int64[::1], int32[::1], int64[::1], int32[::1], int32[::1], int8[::1], float64[::1])"
)
def _cut_out(
    ptr: Longs, row: Ints, back_ptr: Longs, back: Ints, classes: Ints, state: Bytes, price: Floats
) -> tuple[Ints, Longs, Ints, Floats]:
    """Cut these classes out with the open candidates that serve them, and their income from all other classes."""
    number = np.full(back_ptr.size - 1, -1, np.int32)
    meets = np.zeros(ptr.size - 1, np.bool_)
    for at in range(classes.size):
        i = classes[at]
        number[i] = at
        for b in range(back_ptr[i], back_ptr[i + 1]):
            if state[back[b]] == 0:
                meets[back[b]] = True
    sites = np.flatnonzero(meets).astype(np.int32)
    cut = np.zeros(sites.size + 1, np.int64)
    outside = np.zeros(sites.size)
    for at in range(sites.size):
        inside = 0
        for k in range(ptr[sites[at]], ptr[sites[at] + 1]):
            if number[row[k]] >= 0:
                inside += 1
            else:
                outside[at] += price[row[k]]
        cut[at + 1] = cut[at] + inside
    kept = np.empty(cut[-1], np.int32)
    for at in range(sites.size):
        place = cut[at]
        for k in range(ptr[sites[at]], ptr[sites[at] + 1]):
            if number[row[k]] >= 0:
                kept[place] = number[row[k]]
                place += 1
    return sites, cut, kept, outside


@kernel("Tuple((int64, int64[::1]))(int64[::1], int32[::1], int8[::1], boolean[::1], int64[::1], int64[::1])")
def incomes(ptr: Longs, row: Ints, state: Bytes, waiting: Masks, price: Longs, weight: Longs) -> tuple[int, Longs]:
    """
    What the classes keep, and what each open candidate takes of those that wait.

    Who is served counts in full; whom no open candidate can serve keeps nothing.
    """
    income = np.zeros(ptr.size - 1, np.int64)
    reached = np.zeros(weight.size, np.bool_)
    for j in range(ptr.size - 1):
        if state[j] == 0:
            for k in range(ptr[j], ptr[j + 1]):
                if waiting[row[k]]:
                    income[j] += price[row[k]]
                    reached[row[k]] = True
    kept = 0
    for i in range(weight.size):
        if not waiting[i]:
            kept += weight[i]
        elif reached[i]:
            kept += weight[i] - price[i]
    return kept, income
