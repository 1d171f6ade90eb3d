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
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from jiujin.network.attach import Places
from jiujin.network.graph import WalkNetwork

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
    """Link people at most `link_m` apart in a straight line: for those who are far from every street."""
    if not len(xy[0]):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    pairs = cKDTree(np.column_stack(xy)).query_pairs(link_m, output_type="ndarray").astype(np.int64)
    return pairs[:, 0], pairs[:, 1]


def components(count: int, links: Links) -> Longs:
    """Number the parts that hang together through links among `count` people."""
    graph = coo_array((np.ones(len(links[0]), np.int8), links), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _stops(places: Places, community: Ints) -> tuple[Longs, Longs, Longs]:
    """
    Distinct positions on the streets, chain by chain: rows of `chain, cm along it`.

    People of two communities at one position make two stops there, so that a cut can run between them. Also the stop
    of each person, and the first person at each stop.
    """
    keys = np.column_stack((places.chain, places.along_cm, community)).astype(np.int64)
    stops, first, stop_of = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return stops[:, :2], stop_of.reshape(-1).astype(np.int64), first.astype(np.int64)


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
    junctions, (end_stop, end_junction, end_cm) = len(network.junction_vertex), ends
    if not len(stop):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    bare = np.ones(len(network.chain_cm), bool)
    bare[stop[:, 0]] = False
    bare &= network.chain_cm <= link_cm
    one = np.concatenate((network.chain_from[bare].astype(np.int64), end_junction))
    other = np.concatenate((network.chain_to[bare].astype(np.int64), end_stop + junctions))
    cm = np.concatenate((network.chain_cm[bare].astype(np.int64), end_cm))
    graph = _graph(junctions + len(stop), one, other, cm)
    sources = np.unique(end_stop) + junctions
    reached_cm, _, source = dijkstra(graph, indices=sources, min_only=True, limit=link_cm, return_predecessors=True)
    between = reached_cm[one] + cm + reached_cm[other]
    meet = between <= link_cm
    return source[one[meet]].astype(np.int64) - junctions, source[other[meet]].astype(np.int64) - junctions


def _graph(size: int, one: Longs, other: Longs, cm: Longs) -> csr_array:
    """Both directions of each stretch; of parallel stretches the shortest (a sparse array would add them up)."""
    start, end, both_cm = np.concatenate((one, other)), np.concatenate((other, one)), np.concatenate((cm, cm))
    order = np.lexsort((both_cm, end, start))
    start, end, both_cm = start[order], end[order], both_cm[order]
    shortest = np.concatenate(([True], (np.diff(start) != 0) | (np.diff(end) != 0)))
    start, end, both_cm = start[shortest], end[shortest], both_cm[shortest]
    ptr = np.searchsorted(start, np.arange(size + 1))
    return csr_array((both_cm.astype(np.float64), end, ptr), shape=(size, size))
