"""
Where uncovered people live side by side: zones that follow the streets, not squares.

Two people belong together when less than a few hundred metres of street lie between them, directly or through others
(single linkage along the network). All such links can be read off one search from everybody at once, for it is enough
to join the two people who meet on each street (Mehlhorn, K. 1988, A faster approximation algorithm for the Steiner
problem in graphs, Information Processing Letters 27(3), 125-128). The result is the same whatever the order of rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jiujin.network.attach import Places
from jiujin.network.contraction import component_roots
from jiujin.network.flood import Queue, flood
from jiujin.network.graph import WalkNetwork
from jiujin.network.kernels import kernel

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Links = tuple[Longs, Longs]


def street_links(network: WalkNetwork, places: Places, community: Ints, link_cm: int) -> Links:
    """
    Link people between whom at most `link_cm` of street lie, as two arrays of positions in `places`.

    Not every such pair, but enough of them that whoever belongs together is linked in some number of steps.
    """
    stop, person_stop, first_person = _stops(places, community)
    one, other, ends = _along_chains(network, stop, link_cm)
    meet_one, meet_other = _meetings(network, stop, ends, link_cm)
    here = np.arange(len(places))
    return (
        np.concatenate((here, first_person[one], first_person[meet_one])),
        np.concatenate((first_person[person_stop], first_person[other], first_person[meet_other])),
    )


def open_links(xy: tuple[Floats, Floats], link_m: float) -> Links:
    """
    Link people at most `link_m` apart in a straight line: for those who are far from every street.

    In square cells with a diagonal of `link_m` all belong together; each then needs one neighbour in every cell around.
    """
    count = len(xy[0])
    if not count:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    place = np.column_stack(xy)
    cells, cell = np.unique(np.floor((place - place.min(axis=0)) / (link_m / np.sqrt(2))), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    order = np.argsort(cell, kind="stable")
    ptr = np.searchsorted(cell[order], np.arange(len(cells) + 1))
    together = np.flatnonzero(np.diff(cell[order]) == 0)
    links = np.empty((_CELLS_AHEAD * count, 2), np.int64)
    found = _across_cells(place[order], cells.astype(np.int64), ptr, link_m, links)
    one = np.concatenate((order[together], order[links[:found, 0]]))
    other = np.concatenate((order[together + 1], order[links[:found, 1]]))
    return np.minimum(one, other), np.maximum(one, other)


def components(count: int, links: Links) -> Longs:
    """Number the parts that hang together through links among `count` people."""
    root = component_roots(links[0].astype(np.int32), links[1].astype(np.int32), count)
    return np.asarray(np.unique(root, return_inverse=True)[1], np.int64)


def _stops(places: Places, community: Ints) -> tuple[Longs, Longs, Longs]:
    """
    Distinct positions on the streets, chain by chain: rows of `chain, cm along it`.

    People of two communities at one position make two stops there, so that a cut can run between them. Also the stop
    of each person, and the first person at each stop.
    """
    keys = np.column_stack((places.chain, places.along_cm, community)).astype(np.int64)
    order = np.lexsort(keys.T[::-1])  # stable: of people at one stop the first comes first
    begins = np.concatenate(([True], (np.diff(keys[order], axis=0) != 0).any(axis=1)))[: len(keys)]
    stop_of = np.empty(len(keys), np.int64)
    stop_of[order] = np.cumsum(begins) - 1
    first = order[begins]
    return keys[first, :2], stop_of, first


def _along_chains(network: WalkNetwork, stop: Longs, link_cm: int) -> tuple[Longs, Longs, tuple[Longs, Longs, Longs]]:
    """Links between neighbours on one chain, and the way from the outer stops of each chain to its junctions."""
    chain, along = stop[:, 0], stop[:, 1]
    same = chain[1:] == chain[:-1]
    near = np.flatnonzero(same & (np.diff(along) <= link_cm))
    first = np.flatnonzero(np.concatenate(([True], ~same))[: len(chain)])
    last = np.flatnonzero(np.concatenate((~same, [True]))[-len(chain) :]) if len(chain) else first
    ends = (
        np.concatenate((first, last)),
        np.concatenate((network.chain_from[chain[first]], network.chain_to[chain[last]])).astype(np.int64),
        np.concatenate((along[first], network.chain_cm[chain[last]] - along[last])),
    )
    return near, near + 1, ends


def _meetings(network: WalkNetwork, stop: Longs, ends: tuple[Longs, Longs, Longs], link_cm: int) -> Links:
    """Search from all stops at once and link those whose people would meet on a street, where they are near enough."""
    end_stop, end_junction, end_cm = ends
    seed = end_cm << 32 | end_stop
    order = np.argsort(seed, kind="stable")
    label = np.full(len(network.junction_vertex), (link_cm + 1) << 32, np.int64)
    queue = Queue(len(label), network.longest_cm)
    seed_junction = end_junction[order].astype(np.int32)
    flood(network.arc_ptr, network.arcs, seed_junction, seed[order], label, queue.head, queue.link, queue.reached)
    reached_cm, source = label >> 32, label & 0xFFFFFFFF
    bare = np.ones(len(network.chain_cm), bool)
    bare[stop[:, 0]] = False
    start, end = network.chain_from[bare], network.chain_to[bare]
    meet = reached_cm[start] + network.chain_cm[bare] + reached_cm[end] <= link_cm
    near = end_cm + reached_cm[end_junction] <= link_cm
    return (
        np.concatenate((source[start[meet]], end_stop[near])),
        np.concatenate((source[end[meet]], source[end_junction[near]])),
    )


_CELLS_AHEAD = 12
"""Of the 24 cells around one, those that are looked at from it; from the others it is looked at itself."""


@kernel("int64(float64[:, ::1], int64[:, ::1], int64[::1], float64, int64[:, ::1])")
def _across_cells(place: Floats, cells: Longs, ptr: Longs, link_m: float, links: Longs) -> int:
    """Link each person, sorted by cell, to one within `link_m` in every cell ahead; return the number of links."""
    count = 0
    for cell in range(cells.shape[0]):
        column, row = cells[cell, 0], cells[cell, 1]
        ahead = cell + 1
        while ahead < cells.shape[0] and cells[ahead, 0] <= column + 2:
            if abs(cells[ahead, 1] - row) <= 2:
                for i in range(ptr[cell], ptr[cell + 1]):
                    for j in range(ptr[ahead], ptr[ahead + 1]):
                        aside, along = place[i, 0] - place[j, 0], place[i, 1] - place[j, 1]
                        if aside * aside + along * along <= link_m * link_m:
                            links[count, 0] = i
                            links[count, 1] = j
                            count += 1
                            break
            ahead += 1
    return count
