"""
Which candidate serves whom, with everybody who depends on the same candidates put together.

Two people whom exactly the same candidates would serve are served or left together in every plan, so they may count as
one: this changes no answer and makes the question several times smaller (Church and ReVelle's model is stated on such
classes already in Toregas and ReVelle 1973). People are whole units here, so that a search may add and take away
without ever rounding: one person is `scale` units, a power of two that keeps all sums below 2^52.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.network.kernels import kernel

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Masks = NDArray[np.bool_]

_LARGEST = 2.0**52
_LEAST = 2.0**-20


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidence:
    """
    Candidates and the classes of people that they serve, both ways.

    Candidate j serves the classes `row[ptr[j]:ptr[j + 1]]` (ascending); class i is served by the candidates
    `back[back_ptr[i]:back_ptr[i + 1]]` (ascending). `weight` (int64, units) per class; `class_of` (int32) is the class
    of each point that was handed in, -1 where no candidate serves it or nobody lives there. `exact` tells that units
    are the people as they were counted, without any rounding; then `whole` tells that they were whole numbers.
    """

    ptr: Longs
    row: Ints
    back_ptr: Longs
    back: Ints
    weight: Longs
    class_of: Ints
    scale: float
    exact: bool
    whole: bool

    @property
    def candidates(self) -> int:
        """How many candidates."""
        return self.ptr.size - 1

    @property
    def classes(self) -> int:
        """How many classes of people."""
        return self.weight.size

    def served(self, chosen: NDArray[np.integer]) -> Masks:
        """Whether each class is served when these candidates are built."""
        return _served(self.ptr, self.row, chosen.astype(np.int64), self.classes)

    def units(self, chosen: NDArray[np.integer]) -> int:
        """Units served when these candidates are built."""
        return int(self.weight[self.served(chosen)].sum())

    def reach(self, weight: Longs | None = None) -> Longs:
        """Units that each candidate would serve alone; `weight`: counted so."""
        return _row_sums(self.ptr, self.row, self.weight if weight is None else weight)

    def people(self, units: float) -> float:
        """Turn units into people."""
        return float(units) / self.scale

    def within(self, candidates: NDArray[np.integer], classes: Masks | None = None) -> Incidence:
        """
        Keep only these candidates (in this order) and the classes not yet decided, and put people together anew.

        `class_of` of the smaller question is by the classes of this one.
        """
        ptr, row = rows_of(self.ptr, self.row, candidates)
        weight = self.weight if classes is None else np.where(classes, self.weight, 0)
        return _merged(ptr, row, weight, scale=self.scale, exact=self.exact, whole=self.whole)


def incidence(ptr: Longs, point: Ints, people: Floats, *, apart: Ints | None = None) -> Incidence:
    """
    Put together the points that the same candidates serve; points with different numbers in `apart` stay apart.

    `point[ptr[j]:ptr[j + 1]]` are the points (ascending) that candidate j serves, `people` (float64, not negative) how
    many persons stand for each point; points without persons are left out.
    """
    total = float(people.sum())
    whole = bool(np.all(people == np.rint(people))) and total < _LARGEST
    scale = 1.0 if whole or total == 0 else float(2.0 ** np.floor(np.log2(_LARGEST / (4 * max(total, _LEAST)))))
    units = np.rint(people * scale)
    return _merged(
        ptr,
        point,
        units.astype(np.int64),
        scale=scale,
        exact=bool(np.array_equal(units, people * scale)),
        whole=whole,
        apart=apart,
    )


def rows_of(ptr: Longs, row: Ints, candidates: NDArray[np.integer]) -> tuple[Longs, Ints]:
    """Take the rows of these candidates, in this order."""
    lengths = ptr[candidates + 1] - ptr[candidates]
    taken = np.zeros(len(candidates) + 1, np.int64)
    np.cumsum(lengths, out=taken[1:])
    at = np.repeat(ptr[candidates] - taken[:-1], lengths) + np.arange(taken[-1])
    return taken, row[at]


def _merged(
    ptr: Longs, point: Ints, units: Longs, *, scale: float, exact: bool, whole: bool, apart: Ints | None = None
) -> Incidence:
    left, right, first = _signatures(ptr, point, units.size)
    if apart is not None:
        left += apart.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    known = np.flatnonzero((first >= 0) & (units > 0))
    order = known[np.argsort(left[known], kind="stable")]
    news = np.ones(order.size, np.bool_)
    news[1:] = (left[order[1:]] != left[order[:-1]]) | (right[order[1:]] != right[order[:-1]])
    group = np.cumsum(news) - 1
    heads = order[news]
    rank = np.empty(heads.size, np.int64)  # neighbours in the streets get neighbouring numbers
    rank[np.lexsort((heads, first[heads]))] = np.arange(heads.size)
    class_of = np.full(units.size, -1, np.int32)
    class_of[order] = rank[group]
    weight = np.zeros(heads.size, np.int64)
    np.add.at(weight, class_of[order], units[order])
    stands = np.full(units.size, -1, np.int32)
    stands[heads] = class_of[heads]
    merged_ptr, row = _keep_heads(ptr, point, stands)
    back_ptr, back = _transposed(merged_ptr, row, heads.size)
    return Incidence(
        ptr=merged_ptr,
        row=row,
        back_ptr=back_ptr,
        back=back,
        weight=weight,
        class_of=class_of,
        scale=scale,
        exact=exact,
        whole=whole,
    )


def _signatures(ptr: Longs, point: Ints, points: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64], Ints]:
    """Add up two 64-bit numbers per candidate for each point, and find the first candidate of each (-1 = none)."""
    left, right = np.zeros(points, np.uint64), np.zeros(points, np.uint64)
    first = np.full(points, -1, np.int32)
    _sign(ptr, point, left, right, first)
    return left, right, first


@kernel("boolean[::1](int64[::1], int32[::1], int64[::1], int64)")
def _served(ptr: Longs, row: Ints, chosen: Longs, classes: int) -> Masks:
    served = np.zeros(classes, np.bool_)
    for site in chosen:
        served[row[ptr[site] : ptr[site + 1]]] = True
    return served


@kernel("void(int64[::1], int32[::1], uint64[::1], uint64[::1], int32[::1])")
def _sign(ptr: Longs, point: Ints, left: NDArray[np.uint64], right: NDArray[np.uint64], first: Ints) -> None:
    for j in range(ptr.size - 1):
        # splitmix64 of the candidate's number: the same on every machine
        z = np.uint64(j + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        a = z ^ (z >> np.uint64(31))
        b = (a ^ (a >> np.uint64(29))) * np.uint64(0xD6E8FEB86659FD93)
        for k in range(ptr[j], ptr[j + 1]):
            i = point[k]
            left[i] += a
            right[i] += b
            if first[i] < 0:
                first[i] = j


@kernel("Tuple((int64[::1], int32[::1]))(int64[::1], int32[::1], int32[::1])")
def _keep_heads(ptr: Longs, point: Ints, stands: Ints) -> tuple[Longs, Ints]:
    """Rows of classes, ascending, from rows of points; `stands` is -1 for a point that stands for no class."""
    kept = np.zeros(ptr.size, np.int64)
    for j in range(ptr.size - 1):
        count = 0
        for k in range(ptr[j], ptr[j + 1]):
            if stands[point[k]] >= 0:
                count += 1
        kept[j + 1] = kept[j] + count
    row = np.empty(kept[-1], np.int32)
    for j in range(ptr.size - 1):
        at = kept[j]
        for k in range(ptr[j], ptr[j + 1]):
            if stands[point[k]] >= 0:
                row[at] = stands[point[k]]
                at += 1
        row[kept[j] : at] = np.sort(row[kept[j] : at])
    return kept, row


@kernel("Tuple((int64[::1], int32[::1]))(int64[::1], int32[::1], int64)")
def _transposed(ptr: Longs, row: Ints, classes: int) -> tuple[Longs, Ints]:
    back_ptr = np.zeros(classes + 1, np.int64)
    for k in range(row.size):
        back_ptr[row[k] + 1] += 1
    for i in range(classes):
        back_ptr[i + 1] += back_ptr[i]
    at = back_ptr[:-1].copy()
    back = np.empty(row.size, np.int32)
    for j in range(ptr.size - 1):
        for k in range(ptr[j], ptr[j + 1]):
            back[at[row[k]]] = j
            at[row[k]] += 1
    return back_ptr, back


@kernel("int64[::1](int64[::1], int32[::1], int64[::1])")
def _row_sums(ptr: Longs, row: Ints, weight: Longs) -> Longs:
    sums = np.zeros(ptr.size - 1, np.int64)
    for j in range(ptr.size - 1):
        for k in range(ptr[j], ptr[j + 1]):
            sums[j] += weight[row[k]]
    return sums
