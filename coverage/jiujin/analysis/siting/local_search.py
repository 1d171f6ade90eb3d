# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""
Good plans quickly: greedy building, exchanges, and a search that is shaken and repeated.

The state of a plan is kept up to date with every site that is built or taken back: `gain` (what each candidate would
add now) and `count` (how many built sites serve each class). A class that becomes served, or is left, touches only the
candidates that serve it, so one exchange costs microseconds whatever the size of the county.

Greedy building: Nemhauser, Wolsey and Fisher 1978 (never worse than 63 % of the best). Exchange: Teitz and Bart 1968.
Shaking: iterated local search, Lourenço, Martin and Stützle 2003. Groups (“at least one per township”) hold throughout:
`least` and `most` say how many of each group a plan has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.incidence import Incidence, Ints, Longs
from jiujin.network.kernels import kernel

KICKS = 4
"""At most so many sites are moved at random before each repetition."""

Bytes = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """A partition of the candidates: `group` of each, and how many of each group a plan must and may have."""

    group: Ints
    least: Ints
    most: Ints

    @classmethod
    def none(cls, candidates: int) -> Groups:
        """One group without any demand."""
        return cls(group=np.zeros(candidates, np.int32), least=np.zeros(1, np.int32), most=np.full(1, 2**30, np.int32))

    @property
    def bind(self) -> bool:
        """Whether the groups ask for anything."""
        return bool(self.least.any() or (self.most < 2**30).any())

    def within(self, candidates: NDArray[np.integer]) -> Groups:
        """The groups of some of the candidates, asking for the same."""
        return Groups(group=np.ascontiguousarray(self.group[candidates]), least=self.least, most=self.most)


class Plan:
    """A plan under search: arrays that the kernels keep up to date. `chosen` are the sites built, in slots."""

    __slots__ = ("chosen", "count", "gain", "groups", "held", "is_open", "question")

    def __init__(self, question: Incidence, groups: Groups) -> None:
        self.question, self.groups = question, groups
        self.chosen = np.empty(0, np.int32)
        self.count = np.zeros(question.classes, np.int32)
        self.gain = question.reach()
        self.is_open = np.zeros(question.candidates, np.int8)
        self.held = np.zeros(groups.least.size, np.int32)

    def build_greedily(self, count: int) -> None:
        """Fill the plan up to `count` sites, each time the one that adds most (equal: the lower candidate)."""
        added = _greedy(count, self.chosen.size, *self._arrays())
        self.chosen = np.concatenate((self.chosen, added))

    def start_from(self, chosen: NDArray[np.integer]) -> None:
        """Build these sites, in this order."""
        for site in chosen.tolist():
            _build(site, *self._network(), self.count, self.gain, self.is_open, self.groups.group, self.held)
        self.chosen = np.concatenate((self.chosen, chosen.astype(np.int32)))

    def exchange(self) -> int:
        """Move sites one at a time for as long as that gains; returns how many moves gained."""
        return int(_exchange(self.chosen, *self._arrays()))

    def search(self, rounds: int, rng: np.random.Generator, *, enough: int) -> None:
        """Shake and exchange, so many times, keeping the best plan; stop when it serves `enough` units."""
        if self.chosen.size and rounds > 0:
            noise = rng.integers(0, 2**62, (rounds, 1 + 3 * KICKS))
            _iterate(noise, enough, self.units(), self.chosen, *self._arrays())

    def units(self) -> int:
        """Units served now."""
        return int(self.question.weight[self.count > 0].sum())

    def _network(self) -> tuple[Longs, Ints, Longs, Ints, Longs]:
        asked = self.question
        return asked.ptr, asked.row, asked.back_ptr, asked.back, asked.weight

    def _arrays(self) -> tuple[Any, ...]:
        groups = self.groups
        return (
            *self._network(),
            self.count,
            self.gain,
            self.is_open,
            groups.group,
            groups.least,
            groups.most,
            self.held,
        )


def work_of_a_round(question: Incidence, count: int) -> float:
    """Roughly how many steps one repetition of the search takes."""
    per_site = question.row.size / max(question.candidates, 1)
    per_class = question.row.size / max(question.classes, 1)
    return 2.0 * count * (2 * per_site * (per_class + 2) + question.candidates)


_NETWORK = "int64[::1], int32[::1], int64[::1], int32[::1], int64[::1]"
_STATE = "int32[::1], int64[::1], int8[::1], int32[::1], int32[::1], int32[::1], int32[::1]"


@kernel(f"void(int64, {_NETWORK}, int32[::1], int64[::1], int8[::1], int32[::1], int32[::1])")
def _build(
    site: int,
    ptr: Longs,
    row: Ints,
    back_ptr: Longs,
    back: Ints,
    weight: Longs,
    count: Ints,
    gain: Longs,
    is_open: Bytes,
    group: Ints,
    held: Ints,
) -> None:
    for k in range(ptr[site], ptr[site + 1]):
        i = row[k]
        if count[i] == 0:
            for b in range(back_ptr[i], back_ptr[i + 1]):
                gain[back[b]] -= weight[i]
        count[i] += 1
    is_open[site] = 1
    held[group[site]] += 1


@kernel(f"void(int64, {_NETWORK}, int32[::1], int64[::1], int8[::1], int32[::1], int32[::1])")
def _take_back(
    site: int,
    ptr: Longs,
    row: Ints,
    back_ptr: Longs,
    back: Ints,
    weight: Longs,
    count: Ints,
    gain: Longs,
    is_open: Bytes,
    group: Ints,
    held: Ints,
) -> None:
    for k in range(ptr[site], ptr[site + 1]):
        i = row[k]
        count[i] -= 1
        if count[i] == 0:
            for b in range(back_ptr[i], back_ptr[i + 1]):
                gain[back[b]] += weight[i]
    is_open[site] = 0
    held[group[site]] -= 1


@kernel("int64(int64, int32[::1], int32[::1])")
def _slack(left: int, least: Ints, held: Ints) -> int:
    """How many of the sites still to be built are free, after every group has what it must have."""
    for g in range(least.size):
        if held[g] < least[g]:
            left -= least[g] - held[g]
    return left


@kernel("boolean(int64, int64, int32[::1], int32[::1], int32[::1], int32[::1])")
def _allowed(site: int, slack: int, group: Ints, least: Ints, most: Ints, held: Ints) -> bool:
    g = group[site]
    return held[g] < most[g] and (slack > 0 or held[g] < least[g])


@kernel("int64(int64, int64[::1], int8[::1], int32[::1], int32[::1], int32[::1], int32[::1])")
def _best(slack: int, gain: Longs, is_open: Bytes, group: Ints, least: Ints, most: Ints, held: Ints) -> int:
    """Find the candidate that adds most and may be built; the lower one of equals, -1 = none may."""
    best, most_gain = -1, np.int64(-1)
    if least.size == 1:
        for j in range(gain.size):
            if gain[j] > most_gain and is_open[j] == 0:
                best, most_gain = j, gain[j]
        return best
    for j in range(gain.size):
        if gain[j] > most_gain and is_open[j] == 0 and _allowed(j, slack, group, least, most, held):
            best, most_gain = j, gain[j]
    return best


@kernel(f"int32[::1](int64, int64, {_NETWORK}, {_STATE})")
def _greedy(
    want: int,
    have: int,
    ptr: Longs,
    row: Ints,
    back_ptr: Longs,
    back: Ints,
    weight: Longs,
    count: Ints,
    gain: Longs,
    is_open: Bytes,
    group: Ints,
    least: Ints,
    most: Ints,
    held: Ints,
) -> Ints:
    added = np.empty(max(want - have, 0), np.int32)
    for k in range(added.size):
        slack = _slack(want - have - k, least, held)
        site = _best(slack, gain, is_open, group, least, most, held)
        if site < 0:
            return added[:k].copy()
        _build(site, ptr, row, back_ptr, back, weight, count, gain, is_open, group, held)
        added[k] = site
    return added


@kernel(f"int64(int32[::1], {_NETWORK}, {_STATE})")
def _exchange(
    chosen: Ints,
    ptr: Longs,
    row: Ints,
    back_ptr: Longs,
    back: Ints,
    weight: Longs,
    count: Ints,
    gain: Longs,
    is_open: Bytes,
    group: Ints,
    least: Ints,
    most: Ints,
    held: Ints,
) -> int:
    moves, since, slot = 0, 0, 0
    while since < chosen.size:
        old = chosen[slot]
        _take_back(old, ptr, row, back_ptr, back, weight, count, gain, is_open, group, held)
        new = _best(_slack(1, least, held), gain, is_open, group, least, most, held)
        if new < 0 or gain[new] <= gain[old]:
            new = old
        _build(new, ptr, row, back_ptr, back, weight, count, gain, is_open, group, held)
        chosen[slot] = new
        since += 1
        if new != old:
            moves += 1
            since = 0
        slot = slot + 1 if slot + 1 < chosen.size else 0
    return moves


@kernel(f"void(int64[::1], int32[::1], {_NETWORK}, {_STATE})")
def _shake(
    noise: Longs,
    chosen: Ints,
    ptr: Longs,
    row: Ints,
    back_ptr: Longs,
    back: Ints,
    weight: Longs,
    count: Ints,
    gain: Longs,
    is_open: Bytes,
    group: Ints,
    least: Ints,
    most: Ints,
    held: Ints,
) -> None:
    """Move a few sites at random: every other time anywhere, else to somewhere that serves some of the same people."""
    for kick in range(1 + noise[0] % KICKS):
        slot, where, which = noise[1 + 3 * kick : 4 + 3 * kick]
        old = chosen[slot % chosen.size]
        new = which % gain.size
        length = ptr[old + 1] - ptr[old]
        if (where >> 40) % 2 == 0 and length > 0:
            i = row[ptr[old] + where % length]
            new = back[back_ptr[i] + which % (back_ptr[i + 1] - back_ptr[i])]
        held[group[old]] -= 1
        may = is_open[new] == 0 and _allowed(new, _slack(1, least, held), group, least, most, held)
        held[group[old]] += 1
        if may:
            _take_back(old, ptr, row, back_ptr, back, weight, count, gain, is_open, group, held)
            _build(new, ptr, row, back_ptr, back, weight, count, gain, is_open, group, held)
            chosen[slot % chosen.size] = new


@kernel(f"void(int32[::1], int32[::1], {_NETWORK}, int32[::1], int64[::1], int8[::1], int32[::1], int32[::1])")
def _return_to(
    best: Ints,
    chosen: Ints,
    ptr: Longs,
    row: Ints,
    back_ptr: Longs,
    back: Ints,
    weight: Longs,
    count: Ints,
    gain: Longs,
    is_open: Bytes,
    group: Ints,
    held: Ints,
) -> None:
    """Take back what differs from the best plan, and build that plan again."""
    for slot in range(chosen.size):
        if chosen[slot] != best[slot]:
            _take_back(chosen[slot], ptr, row, back_ptr, back, weight, count, gain, is_open, group, held)
    for slot in range(chosen.size):
        if chosen[slot] != best[slot]:
            _build(best[slot], ptr, row, back_ptr, back, weight, count, gain, is_open, group, held)
            chosen[slot] = best[slot]


@kernel(f"int64(int64[:, ::1], int64, int64, int32[::1], {_NETWORK}, {_STATE})")
def _iterate(
    noise: NDArray[np.int64],
    enough: int,
    served: int,
    chosen: Ints,
    ptr: Longs,
    row: Ints,
    back_ptr: Longs,
    back: Ints,
    weight: Longs,
    count: Ints,
    gain: Longs,
    is_open: Bytes,
    group: Ints,
    least: Ints,
    most: Ints,
    held: Ints,
) -> int:
    best, best_served = chosen.copy(), np.int64(served)
    for turn in range(noise.shape[0]):
        if best_served >= enough:
            break
        _shake(noise[turn], chosen, ptr, row, back_ptr, back, weight, count, gain, is_open, group, least, most, held)
        _exchange(chosen, ptr, row, back_ptr, back, weight, count, gain, is_open, group, least, most, held)
        now = np.int64(0)
        for i in range(weight.size):
            if count[i] > 0:
                now += weight[i]
        if now >= best_served:
            best[:] = chosen
            best_served = now
            continue
        _return_to(best, chosen, ptr, row, back_ptr, back, weight, count, gain, is_open, group, held)
    return int(best_served)
