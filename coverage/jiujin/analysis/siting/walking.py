"""
The shortest walks instead of the most people within reach: p-median and p-center.

p-median (Hakimi 1964; ReVelle and Swain 1970) makes the sum of all walks least. In the radius form (Cornuejols,
Nemhauser and Wolsey 1980; García, Labbé and Marín 2011) it is a covering question: between two consecutive distances of
a person lies a layer of centimetres that is saved as soon as a site stands within the nearer one. So everything that is
known about covering, the bound and the exact solver included, holds for it.

p-center (Hakimi 1964; Minieka 1970) makes the longest walk least: the smallest radius within which so many sites serve
everybody, found by halving over the distances that occur, a set covering question each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.fewest import fewest_for
from jiujin.analysis.siting.incidence import Floats, Incidence, Ints, Longs, incidence
from jiujin.analysis.siting.maximal import Chosen, Effort

LARGEST = 60_000_000
"""So many layers served are the most that a p-median may have."""

NEVER_CM = 2**31 - 1
"""The longest walk when so many sites cannot serve everybody whom all candidates together would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Walks from candidates to points: row j is `ptr[j]:ptr[j + 1]` of `point` (ascending) and `cm`."""

    ptr: Longs
    point: Ints
    cm: Ints

    def candidate(self) -> NDArray[np.int64]:
        """The candidate of each pair."""
        return np.repeat(np.arange(self.ptr.size - 1), np.diff(self.ptr))


def saving_question(reached: Reached, people: Floats, today_cm: Longs) -> Incidence:
    """
    State the p-median as covering: the units served are centimetres saved against `today_cm` (per point, finite).

    Raises ValueError when there would be more than 60 million layers served.
    """
    source, point, cm = reached.candidate(), reached.point.astype(np.int64), reached.cm.astype(np.int64)
    shorter = (cm < today_cm[point]) & (people[point] > 0)
    source, point, cm = source[shorter], point[shorter], cm[shorter]
    order = np.lexsort((cm, point))
    source, point, cm = source[order], point[order], cm[order]
    news = np.ones(cm.size, np.bool_)
    news[1:] = (point[1:] != point[:-1]) | (cm[1:] != cm[:-1])
    layer = np.cumsum(news) - 1
    of, begin = point[news], cm[news]
    ends = today_cm[of].copy()
    same = np.flatnonzero(of[1:] == of[:-1])
    ends[same] = begin[same + 1]
    last = np.searchsorted(of, of, side="right") - 1
    length = last[layer] - layer + 1
    if length.sum() > LARGEST:
        raise ValueError("too many walks for a p-median")
    begins = np.cumsum(length) - length
    at = np.repeat(layer - begins, length) + np.arange(int(length.sum()))
    candidate = np.repeat(source, length)
    order = np.lexsort((at, candidate))
    ptr = np.zeros(reached.ptr.size, np.int64)
    np.cumsum(np.bincount(candidate, minlength=reached.ptr.size - 1), out=ptr[1:])
    return incidence(ptr, at[order].astype(np.int32), people[of] * (ends - begin))


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """The plan; the longest walk with it, and a walk that no plan of so many sites gets below, in centimetres."""

    chosen: Chosen
    longest_cm: int
    bound_cm: int
    timed_out: bool

    @property
    def optimal(self) -> bool:
        """Whether no plan has a shorter longest walk."""
        return self.bound_cm >= self.longest_cm


def shortest_longest(reached: Reached, today_cm: Longs, count: int, *, effort: Effort | None = None) -> Centre:
    """
    Choose `count` candidates so that the longest walk is least, over the points that a site or candidate reaches.

    `today_cm` is the walk to an existing site, a number above all walks where there is none.
    """
    effort = effort or Effort()
    nearest = today_cm.copy()
    np.minimum.at(nearest, reached.point, reached.cm.astype(np.int64))
    known = nearest < NEVER_CM
    radii = np.unique(np.concatenate((reached.cm.astype(np.int64), today_cm[known & (today_cm <= NEVER_CM)])))
    if not known.any() or not radii.size:
        return Centre(chosen=np.empty(0, np.int32), longest_cm=0, bound_cm=0, timed_out=False)
    low = proven = int(np.searchsorted(radii, nearest[known].max()))  # no walk gets below the nearest candidate's
    high, timed_out = radii.size, False
    best: Chosen = np.empty(0, np.int32)
    while low < high:
        middle = (low + high) // 2
        plan, impossible, late = _within(reached, today_cm, known, int(radii[middle]), count, effort)
        timed_out = timed_out or late
        if plan is not None:
            best, high = plan, middle
            continue
        low = middle + 1
        if impossible:
            proven = max(proven, low)
    longest_cm = int(radii[high]) if high < radii.size else NEVER_CM
    bound_cm = int(radii[proven]) if proven < radii.size else NEVER_CM
    return Centre(chosen=best, longest_cm=longest_cm, bound_cm=bound_cm, timed_out=timed_out)


def _within(  # noqa: PLR0917
    reached: Reached, today_cm: Longs, known: NDArray[np.bool_], radius_cm: int, count: int, effort: Effort
) -> tuple[Chosen | None, bool, bool]:
    """A plan of at most `count` sites within the radius of all; whether there is surely none; whether time ran out."""
    waiting = known & (today_cm > radius_cm)
    near = (reached.cm <= radius_cm) & waiting[reached.point]
    ptr = np.zeros(reached.ptr.size, np.int64)
    np.cumsum(np.bincount(reached.candidate()[near], minlength=reached.ptr.size - 1), out=ptr[1:])
    question = incidence(ptr, reached.point[near], waiting.astype(np.float64))
    if int(question.weight.sum()) < int(waiting.sum()):
        return None, True, False
    fewest = fewest_for(question, int(question.weight.sum()), effort=effort)
    if fewest.found.chosen.size <= count:
        return fewest.found.chosen, False, False
    return None, fewest.least > count, fewest.found.timed_out
