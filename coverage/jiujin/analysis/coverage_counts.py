"""
People counted by place and status: the sums that every rate is made of.

A *key* is any way to put people together: the community, township, class or county that they live in, as a number per
person, -1 for a person who is in none and so in no sum. Sums come first and rates after; rates are never averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import BEYOND, OFF_NETWORK, UNREACHABLE, ServiceAccess
from jiujin.network.kernels import kernel
from jiujin.network.search import NO_WALK
from jiujin.study import Service

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Masks = NDArray[np.bool_]

MEDIAN, P90 = (1, 2), (9, 10)
"""Shares as whole fractions, so that 90 % of thirty people are exactly twenty-seven."""

_GRAIN = 2.0**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Residents:
    """
    The people as coverage counts them, in input order.

    `community` (int32) is the row in the communities, -1 = none; `groups` holds for each group that is counted or
    estimated the persons at each point; `estimated` names the groups that were taken as a share of another.
    """

    community: Ints
    groups: Mapping[str, Floats]
    estimated: frozenset[str]

    def __len__(self) -> int:
        """How many population points there are."""
        return len(self.community)

    def group(self, name: str) -> Floats | None:
        """Persons of a group at each point; None when it is neither counted nor estimated."""
        return self.groups.get(name)


def residents_of(people: pd.DataFrame, community: Ints) -> Residents:
    """Take the groups out of the population frame; a point where a counted group is missing has nobody of it."""
    groups = {
        str(column): np.nan_to_num(people[column].to_numpy(np.float64, na_value=np.nan))
        for column in people.columns
        if column not in ("id", "lon", "lat", "community_code", "community")
        and pd.api.types.is_numeric_dtype(people[column])
    }
    estimated = frozenset(people.attrs.get("estimated", ()))
    return Residents(community=np.asarray(community, np.int32), groups=groups, estimated=estimated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """
    People of one service's group by key (all float64, one number per key) and by what became of them.

    `covered + beyond + no_walk + off_network == people`. Every column is NaN when the group is neither counted nor
    estimated. `long_leg` and `island` cut across the statuses; walks are in centimetres, NaN = null.
    """

    people: Floats
    covered: Floats
    beyond: Floats
    no_walk: Floats
    off_network: Floats
    radius_covered: Floats
    long_leg: Floats
    island: Floats
    mean_cm: Floats
    median_cm: Floats
    p90_cm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is noted about each person's way to the street: over 200 m or across a barrier, across, a dropped island."""

    long_leg: Masks
    crossing: Masks
    island: Masks


def tally(
    key: NDArray[np.integer],
    size: int,
    *,
    service: Service,
    access: ServiceAccess,
    residents: Residents,
    marks: Marks,
    by_walk: Longs | None = None,
) -> Tally:
    """
    Count the people of a service's group by `key` (0 … size - 1; -1 is in no count).

    `by_walk` are the people with the shortest walk first, where that is known already.
    """
    weight = residents.group(service.group)
    if weight is None:
        nothing = np.full(size, np.nan)
        return Tally(**dict.fromkeys(Tally.__dataclass_fields__, nothing))

    def of(mask: Masks) -> Floats:
        return exact_sums(key[mask], weight[mask], size)

    median_cm, p90_cm = walk_quantiles_cm(key, size, access.walk_cm, weight, (MEDIAN, P90), by_walk)
    return Tally(
        people=exact_sums(key, weight, size),
        covered=of(access.covered),
        beyond=of(access.status == BEYOND),
        no_walk=of(access.status == UNREACHABLE),
        off_network=of(access.status == OFF_NETWORK),
        radius_covered=of(access.radius_covered),
        long_leg=of(marks.long_leg),
        island=of(marks.island),
        mean_cm=mean_walk_cm(key, size, access.walk_cm, weight),
        median_cm=median_cm,
        p90_cm=p90_cm,
    )


def exact_sums(key: NDArray[np.integer], weight: Floats, size: int) -> Floats:
    """
    Sum of the weights of each key, the same to the last bit whatever the order of the rows.

    Each weight is split into a multiple of 2^-20 and a small rest; both are summed without rounding at the sizes of
    a county, so only the last addition rounds. Whole numbers of people have no rest and stay whole.
    """
    sums = np.zeros((2, size))
    _add_up(np.ascontiguousarray(key, np.int32), np.ascontiguousarray(weight, np.float64), sums)
    return np.asarray(sums[0] + sums[1], np.float64)


@kernel("void(int32[::1], float64[::1], float64[:, ::1])")
def _add_up(key: Ints, weight: Floats, sums: Floats) -> None:
    """Add the coarse part of each weight to row 0 of its key and the rest to row 1."""
    for i in range(key.size):
        if key[i] >= 0:
            coarse = np.rint(weight[i] * _GRAIN) / _GRAIN
            sums[0, key[i]] += coarse
            sums[1, key[i]] += weight[i] - coarse


def mean_walk_cm(key: NDArray[np.integer], size: int, walk_cm: Ints, weight: Floats) -> Floats:
    """Mean walk of the people of each key who have one, in centimetres; NaN where nobody has."""
    walking = walk_cm != NO_WALK
    walked = exact_sums(key[walking], weight[walking] * walk_cm[walking], size)
    return ratio(walked, exact_sums(key[walking], weight[walking], size))


def walk_quantiles_cm(  # noqa: PLR0917
    key: NDArray[np.integer],
    size: int,
    walk_cm: Ints,
    weight: Floats,
    shares: tuple[tuple[int, int], ...],
    by_walk: Longs | None = None,
) -> list[Floats]:
    """
    Lower weighted quantiles of the walks of each key: the least walk that at least this share of people do not exceed.

    No walk counts as infinite; a quantile that falls there is NaN, as is that of a key without people.
    """
    who = np.argsort(walk_cm, kind="stable") if by_walk is None else by_walk
    who = who[(key[who] >= 0) & (weight[who] > 0)]
    small = np.uint16 if size < 1 << 16 else np.int64  # numbers of two bytes are sorted many times faster
    who = who[np.argsort(key[who].astype(small), kind="stable")]
    upto = np.concatenate(([0.0], np.cumsum(weight[who])))
    end = np.searchsorted(key[who], np.arange(size), side="right")
    start = np.concatenate(([0], end[:-1]))
    total = upto[end] - upto[start]
    quantiles = []
    for part, whole in shares:
        wanted = whole * upto[start] + part * total
        at = np.searchsorted(upto[1:] * whole, wanted - 1e-9 * np.maximum(total, 1e-6))
        at = np.clip(at, start, np.maximum(end - 1, start))
        found = np.full(size, np.nan)
        some = end > start
        found[some] = walk_cm[who[at[some]]]
        found[found == NO_WALK] = np.nan
        quantiles.append(found)
    return quantiles


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide, and say nothing (NaN) where there is nothing to divide by."""
    nothing: Floats = np.full(np.shape(whole), np.nan)
    return np.divide(part, whole, out=nothing, where=whole > 0)
