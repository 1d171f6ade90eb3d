"""
Ways as they come out of a file, and how they become pieces of street.

Every format gives the same thing: vertices in 1e-7 degree, and ways that run over them; a vertex that the file does
not hold is -1. Cutting there, dropping repeated vertices, measuring and ordering happen here, once for all formats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from jiujin.network.streets import Streets

MISSING = -1
_WGS84 = Geod(ellps="WGS84")
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """
    Walkable ways: way `i` runs over `vertex[ptr[i]:ptr[i + 1]]`, positions in `lon_e7` and `lat_e7`, -1 if missing.

    `way` (w,) int64 ids in any order; entries of one id follow one another as they stand. `cut_ways` counts the ways
    that lack a vertex.
    """

    way: Ints
    ptr: Ints
    vertex: Ints
    lon_e7: Ints
    lat_e7: Ints
    step_free: NDArray[np.bool_]
    street_class: NDArray[np.uint8]
    cut_ways: int = 0


def e7(degrees: NDArray[np.float64]) -> Ints:
    """Degrees as whole numbers of 1e-7 degree, about a centimetre: rounded here once and nowhere else."""
    return np.rint(degrees * 1e7).astype(np.int64)


def joined(sources: list[Ways]) -> Ways:
    """
    Put the ways of several sources together: neighbouring files meet where their vertices agree to 1e-7 degree.

    A way that an earlier source has drawn already is left out; ids that repeat in a later source are raised past the
    others.
    """
    if len(sources) == 1:
        return sources[0]
    ids: list[Ints] = []
    ptrs, vertices = [np.zeros(1, np.int64)], []
    highest = before = run = 0
    for source in sources:
        clash = bool(ids) and bool(np.isin(source.way, np.concatenate(ids)).any())
        ids.append(source.way + (highest + 1 - source.way.min() if clash else 0))
        highest = max(highest, int(ids[-1].max(initial=0)))
        vertices.append(np.where(source.vertex == MISSING, MISSING, source.vertex + before))
        ptrs.append(source.ptr[1:] + run)
        before, run = before + len(source.lon_e7), run + len(source.vertex)
    whole = Ways(
        way=np.concatenate(ids),
        ptr=np.concatenate(ptrs),
        vertex=np.concatenate(vertices),
        lon_e7=np.concatenate([source.lon_e7 for source in sources]),
        lat_e7=np.concatenate([source.lat_e7 for source in sources]),
        step_free=np.concatenate([source.step_free for source in sources]),
        street_class=np.concatenate([source.street_class for source in sources]),
        cut_ways=sum(source.cut_ways for source in sources),
    )
    met = _met(whole, np.repeat(np.arange(len(sources)), [len(source.lon_e7) for source in sources]))
    return replace(_chosen(met, _first_drawn(met, len(sources[0].way))), cut_ways=whole.cut_ways)


def _met(ways: Ways, source: Ints) -> Ways:
    """Let vertices of later sources be those of earlier ones at the same place; within a source they stay apart."""
    _, first, place = np.unique(ways.lon_e7 * 2**32 + ways.lat_e7, return_index=True, return_inverse=True)
    earliest = first[place.ravel()]
    own = np.arange(len(source))
    into = np.where(source[earliest] < source, earliest, own)
    return replace(ways, vertex=np.where(ways.vertex == MISSING, MISSING, into[ways.vertex]))


def _first_drawn(ways: Ways, sure: int) -> Ints:
    """Positions of the ways that run where no earlier one does, in either direction; the first `sure` all do."""
    drawn: set[bytes] = set()
    kept = []
    for way, (begin, end) in enumerate(zip(ways.ptr[:-1].tolist(), ways.ptr[1:].tolist(), strict=True)):
        run = ways.vertex[begin:end]
        name = min(run.tobytes(), run[::-1].tobytes())
        if way < sure or name not in drawn:
            kept.append(way)
        drawn.add(name)
    return np.array(kept, np.int64)


def streets_of(ways: Ways) -> Streets:
    """
    Cut ways into pieces, ordered by way id and then along the way.

    A piece needs both its vertices, and two different ones. Lengths are those of the rounded coordinates: geodesics on
    WGS 84, in centimetres.
    """
    order = np.argsort(ways.way, kind="stable")
    count = np.diff(ways.ptr)[order]
    owner = np.repeat(order, count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    vertex, owner = _without_repeats(ways.vertex[ways.ptr[owner] + within], owner)
    is_piece = (owner[1:] == owner[:-1]) & (vertex[1:] != MISSING) & (vertex[:-1] != MISSING)
    start, end, owner = vertex[:-1][is_piece], vertex[1:][is_piece], owner[:-1][is_piece]
    used, position = np.unique(np.concatenate([start, end]), return_inverse=True)
    lon_e7, lat_e7 = ways.lon_e7[used].astype(np.int32), ways.lat_e7[used].astype(np.int32)
    ends = position.astype(np.int32).reshape(2, -1)
    return Streets(
        lon_e7=lon_e7,
        lat_e7=lat_e7,
        start=ends[0],
        end=ends[1],
        length_cm=geodesic_cm(lon_e7, lat_e7, ends),
        way=ways.way[owner],
        step_free=ways.step_free[owner],
        street_class=ways.street_class[owner],
    )


def geodesic_cm(lon_e7: NDArray[np.int32], lat_e7: NDArray[np.int32], ends: NDArray[np.int32]) -> NDArray[np.int32]:
    """Length of each piece (its `ends` are two rows of vertices) on the WGS 84 ellipsoid, in whole centimetres."""
    lon, lat = lon_e7 / 1e7, lat_e7 / 1e7
    _, _, metres = _WGS84.inv(lon[ends[0]], lat[ends[0]], lon[ends[1]], lat[ends[1]])
    return np.asarray(np.rint(np.asarray(metres) * 100), np.int32)


def fullest(ways: Ways) -> Ways:
    """Of ways that several files hold, the first copy with most of its vertices."""
    if len(np.unique(ways.way)) == len(ways.way):
        return ways
    present = np.diff(np.concatenate([[0], np.cumsum(ways.vertex != MISSING)])[ways.ptr])
    order = np.lexsort((-present, ways.way))
    ids = ways.way[order]
    return _chosen(ways, order[np.append(True, ids[1:] != ids[:-1])])


def _chosen(ways: Ways, kept: Ints) -> Ways:
    count = np.diff(ways.ptr)[kept]
    ptr = np.concatenate([[0], np.cumsum(count)])
    vertex = ways.vertex[np.repeat(ways.ptr[kept] - ptr[:-1], count) + np.arange(ptr[-1])]
    owner = np.repeat(np.arange(len(kept)), count)
    return replace(
        ways,
        way=ways.way[kept],
        ptr=ptr,
        vertex=vertex,
        step_free=ways.step_free[kept],
        street_class=ways.street_class[kept],
        cut_ways=len(np.unique(owner[vertex == MISSING])),
    )


def _without_repeats(vertex: Ints, owner: Ints) -> tuple[Ints, Ints]:
    is_new = np.ones(len(vertex), bool)
    is_new[1:] = (vertex[1:] != vertex[:-1]) | (owner[1:] != owner[:-1]) | (vertex[1:] == MISSING)
    return vertex[is_new], owner[is_new]
