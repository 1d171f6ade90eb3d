# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""
The nearest site of every person: one search from all sites at once.

A walk is the person's access leg, the shortest way along the streets, and the site's access leg; on one chain the
stretch between the two when that is shorter. All in integer centimetres. Ties go to the lower site position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.network.attach import Places, by_chain
from jiujin.network.flood import FARTHEST_CM, Queue, flood
from jiujin.network.graph import WalkNetwork
from jiujin.network.kernels import in_shares, kernel
from jiujin.network.walls import Inner, within_walls

Ints = NDArray[np.int32]
Labels = NDArray[np.int64]

NO_WALK = 2**31 - 1
"""In place of a walk where there is none; never a distance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walks:
    """
    The walk of every person to the nearest site: `cm` (`NO_WALK` where none) and `site` (-1 where none).

    `label` holds the same for every junction, packed as in `flood`, and `limit_cm` the longest walk that was looked
    for, so that sites can be added without starting again.
    """

    cm: Ints
    site: Ints
    label: Labels
    limit_cm: int


def nearest(network: WalkNetwork, people: Places, sites: Places, *, limit_cm: int | None = None) -> Walks:
    """
    Walk from every person to the nearest site, and say which it is.

    Walks are whole centimetres, both access legs included. One search from all sites at once: its cost hardly grows
    with their number (Dijkstra, E. W. (1959), A note on two problems in connexion with graphs, Numerische Mathematik
    1, 269-271; with buckets for a heap, Dial, R. B. (1969), Communications of the ACM 12(11), 632-633). Walks
    longer than `limit_cm` are not told. People and sites without a place on the network have none.
    """
    limit = FARTHEST_CM if limit_cm is None else min(limit_cm, FARTHEST_CM)
    label = np.full(network.junction_vertex.size, (limit + 1) << 32, np.int64)
    queue = Queue(label.size, network.longest_cm)
    flood(network.arc_ptr, network.arcs, *seeds(network, sites, limit), label, queue.head, queue.link, queue.reached)
    site_ptr, site_at = by_chain(network, sites, limit)
    doors, owner = people.every_door()
    cm, site = np.empty(len(doors), np.int32), np.empty(len(doors), np.int32)
    person = np.column_stack((doors.chain, doors.along_cm, doors.leg_cm))
    in_shares(
        lambda share: _end_walks(share, person, network.chains, label, site_ptr, site_at, limit, cm, site),
        np.arange(len(doors), dtype=np.int32),
    )
    if people.doors is not None:
        cm, site = _by_best_door(cm, site, owner, within_walls(people.doors, sites.doors, limit), len(people))
    return Walks(cm=cm, site=site, label=label, limit_cm=limit)


def _by_best_door(cm: Ints, site: Ints, owner: Ints, inner: Inner, people: int) -> tuple[Ints, Ints]:
    """Take the shortest walk of each person over all doors, and within walls."""
    best = np.full(people, NO_WALK << 32, np.int64)
    walked = np.flatnonzero(site >= 0)
    np.minimum.at(best, owner[walked], cm[walked].astype(np.int64) << 32 | site[walked])
    np.minimum.at(best, inner.person, inner.cm.astype(np.int64) << 32 | inner.site)
    there = best < NO_WALK << 32
    return np.where(there, best >> 32, NO_WALK).astype(np.int32), np.where(there, best & 0xFFFFFFFF, -1).astype(
        np.int32
    )


def seeds(network: WalkNetwork, sites: Places, limit_cm: int, first_site: int = 0) -> tuple[Ints, Labels]:
    """List what each site offers to the two junctions of its chain, ascending: junction, label."""
    sites, owner = sites.every_door()
    on = np.flatnonzero((sites.chain >= 0) & (sites.leg_cm <= limit_cm))
    start, end, length = network.chains[sites.chain[on]].T
    leg, along = sites.leg_cm[on].astype(np.int64), sites.along_cm[on].astype(np.int64)
    label = np.concatenate((leg + along, leg + length - along)) << 32 | np.tile(owner[on] + np.int64(first_site), 2)
    order = np.argsort(label, kind="stable")
    return np.concatenate((start, end))[order], label[order]


@kernel(
    "void(int32[::1], int32[:, ::1], int32[:, ::1], int64[::1], int32[::1], int32[:, ::1], int64, "
    "int32[::1], int32[::1])"
)
def _end_walks(
    share: Ints,
    person: Ints,
    chains: Ints,
    label: Labels,
    site_ptr: Ints,
    site_at: Ints,
    limit: int,
    cm: Ints,
    site: Ints,
) -> None:
    """Take the lower of what a person's chain offers at its two ends, and straight from sites on the chain itself."""
    none = (limit + 1) << 32
    for i in share:
        cm[i] = NO_WALK
        site[i] = -1
        chain, along, leg = person[i, 0], int(person[i, 1]), int(person[i, 2])
        if chain < 0 or leg > limit:
            continue
        best = min(
            label[chains[chain, 0]] + (along << 32), label[chains[chain, 1]] + ((chains[chain, 2] - along) << 32)
        )
        for k in range(site_ptr[chain], site_ptr[chain + 1]):
            stretch = abs(site_at[k, 0] - along) + site_at[k, 1]
            best = min(best, (stretch << 32) | np.int64(site_at[k, 2]))
        if best < none - (leg << 32):
            cm[i] = (best >> 32) + leg
            site[i] = best & 0xFFFFFFFF
