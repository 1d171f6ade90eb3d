# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""
Seats handed out pair by pair: the loops over everybody within reach of every site.

All take the columns of `ReachPairs`, ordered by site and then by person, and leave them as they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jiujin.network.kernels import kernel

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

NOBODY = 1e-9
"""Less than this is what rounding left of a person, not a person."""


@kernel("int32[::1](int32[::1], int32[::1], int32[::1], int32[::1], float64[::1], float64[::1])")
def seating_order(site: Ints, person: Ints, cm: Ints, rank: Ints, room: Floats, waiting: Floats) -> Ints:
    """
    Positions of the pairs by walk, then by the person's rank, then by site; without those who need or have nothing.

    Counted into place twice instead of compared: pairs come by site, and counting keeps what is equal in its order.
    """
    by_rank = np.zeros(rank.size + 1, np.int64)  # where the pairs of each rank begin
    longest, count = 0, 0
    for pair in range(site.size):
        if room[site[pair]] > NOBODY and waiting[person[pair]] > NOBODY:
            by_rank[rank[person[pair]] + 1] += 1
            longest = max(longest, int(cm[pair]))
            count += 1
    by_walk = np.zeros(longest + 2, np.int64)
    by_rank = np.cumsum(by_rank)
    ranked = np.empty(count, np.int32)
    for pair in range(site.size):
        if room[site[pair]] > NOBODY and waiting[person[pair]] > NOBODY:
            ranked[by_rank[rank[person[pair]]]] = pair
            by_rank[rank[person[pair]]] += 1
            by_walk[cm[pair] + 1] += 1
    by_walk = np.cumsum(by_walk)
    order = np.empty(count, np.int32)
    for each in ranked:
        order[by_walk[cm[each]]] = each
        by_walk[cm[each]] += 1
    return order


@kernel("int64(int32[::1], int32[::1], int32[::1], float64[::1], float64[::1], int32[::1], float64[::1])")
def seat(order: Ints, site: Ints, person: Ints, room: Floats, waiting: Floats, rows: Ints, served: Floats) -> int:
    """
    Seat people in this order of pairs, lowering `room` and `waiting`; note and count the pairs that seat somebody.

    Each of them fills a site or leaves nobody of a point waiting, so there are at most as many as sites and people.
    """
    count = 0
    for pair in order:
        taken = min(room[site[pair]], waiting[person[pair]])
        if taken > NOBODY:
            room[site[pair]] -= taken
            waiting[person[pair]] -= taken
            rows[count] = pair
            served[count] = taken
            count += 1
    return count
