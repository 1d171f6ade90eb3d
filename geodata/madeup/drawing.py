"""
From drawn lines to streets: cut where water or the railway is in the way, joined where lines meet.

Lines are drawn freely, one over the other; `join` finds where they cross or touch and gives both the same vertex, so
that the result is a street network and not a picture of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from .curves import Floats, densified

TOUCH_M = 0.6
"""Lines that come nearer than this touch."""

Tags = dict[str, str]


@dataclass(slots=True)
class Drawing:
    """Lines drawn so far; `lines` holds vertices (n, 2), tags, and whether the line may cross water and rail."""

    lines: list[tuple[Floats, Tags, bool]] = field(default_factory=list)

    def draw(self, points: Floats, tags: Tags, *, crosses: bool = False) -> None:
        """Add a line; one that `crosses` gets bridges, any other ends at the bank."""
        self.lines.append((np.asarray(points, np.float64), tags, crosses))


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Vertices `xy` (n, 2) on paper and ways as (vertex numbers, tags)."""

    xy: Floats
    ways: list[tuple[NDArray[np.int64], Tags]]


def join(drawing: Drawing, water: shapely.Geometry, fence: shapely.Geometry) -> Joined:
    """Cut the lines at water and fence or lead them over it, then give crossing lines a common vertex."""
    return _noded(_cut(drawing.lines, water, fence))


def with_curves(joined: Joined, step_m: float) -> Joined:
    """Add vertices along long straight pieces, so that bending the paper bends them."""
    xy = [joined.xy]
    total, ways = len(joined.xy), []
    for nodes, tags in joined.ways:
        longer: list[int] = []
        for a, b in pairwise(nodes):
            new = densified(joined.xy[[a, b]], step_m)[1:-1]
            longer += [a, *range(total, total + len(new))]
            xy.append(new)
            total += len(new)
        ways.append((np.array([*longer, nodes[-1]], np.int64), tags))
    return Joined(xy=np.vstack(xy), ways=ways)


def simplified(joined: Joined, tolerance_m: float, keep: NDArray[np.int64]) -> Joined:
    """Leave out vertices that a line does not need; junctions, ends and those in `keep` stay."""
    used = np.concatenate([nodes for nodes, _ in joined.ways])
    shared = np.bincount(used, minlength=len(joined.xy)) > 1
    shared[keep] = True
    ways = []
    for nodes, tags in joined.ways:
        stops = np.flatnonzero(shared[nodes])
        stops = np.unique(np.concatenate([[0], stops, [len(nodes) - 1]]))
        kept = [nodes[:1]]
        for a, b in pairwise(stops):
            kept.append(_needed(joined.xy, nodes[a : b + 1], tolerance_m)[1:])
        ways.append((np.concatenate(kept), tags))
    return Joined(xy=joined.xy, ways=ways)


def _needed(xy: Floats, nodes: NDArray[np.int64], tolerance_m: float) -> NDArray[np.int64]:
    if len(nodes) == 2:
        return nodes
    line = shapely.LineString(np.column_stack([xy[nodes], np.arange(len(nodes))]))
    kept = shapely.get_coordinates(line.simplify(tolerance_m), include_z=True)[:, 2]
    return nodes[kept.astype(np.int64)]


def _cut(
    lines: list[tuple[Floats, Tags, bool]], water: shapely.Geometry, fence: shapely.Geometry
) -> list[tuple[Floats, Tags]]:
    barrier = shapely.union_all([water, fence])
    shapely.prepare([water, barrier])
    cut: list[tuple[Floats, Tags]] = []
    for points, tags, crosses in lines:
        line = shapely.LineString(points)
        stop = water if crosses else barrier
        if not stop.intersects(line):
            cut.append((points, tags))
            continue
        cut += [(part, tags) for part in _parts(line.difference(stop))]
        if crosses:
            cut += [(part, {**tags, "bridge": "yes", "layer": "1"}) for part in _parts(line.intersection(stop))]
    return cut


def _parts(shape: shapely.Geometry) -> list[Floats]:
    lines = [part for part in shapely.get_parts(shape) if part.geom_type == "LineString" and part.length > 4]
    return [shapely.get_coordinates(part) for part in lines]


def _noded(lines: list[tuple[Floats, Tags]]) -> Joined:
    xy = np.vstack([points for points, _ in lines])
    last = np.cumsum([len(points) for points, _ in lines])
    a = np.setdiff1d(np.arange(len(xy)), last - 1)
    extra, segment, share, vertex = _meetings(xy, a, a + 1)
    xy = np.vstack([xy, extra])
    group = _merged(xy)
    ways = []
    order = np.lexsort((share, segment))
    segment, vertex = segment[order], vertex[order]
    for (_, tags), stop, start in zip(lines, last, np.concatenate([[0], last[:-1]]), strict=True):
        nodes: list[int] = []
        for place in range(start, stop):
            number = int(np.searchsorted(a, place)) if place < stop - 1 else -1
            nodes.append(int(group[place]))
            if number >= 0:
                first, end = np.searchsorted(segment, [number, number + 1])
                nodes += group[vertex[first:end]].tolist()
        chain = np.array(nodes, np.int64)
        chain = chain[np.concatenate([[True], chain[1:] != chain[:-1]])]
        if len(chain) > 1:
            ways.append((chain, tags))
    return Joined(xy=xy, ways=ways)


def _meetings(
    xy: Floats, a: NDArray[np.int64], b: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64], Floats, NDArray[np.int64]]:
    """New vertices at crossings, and what to insert: (segment, share along it, vertex)."""
    segments = shapely.linestrings(np.stack([xy[a], xy[b]], axis=1))
    one, two = shapely.STRtree(segments).query(segments, predicate="dwithin", distance=TOUCH_M)
    one, two = one[one < two], two[one < two]
    order = np.lexsort((two, one))
    one, two = one[order], two[order]
    inserts = []
    touched = np.zeros(len(one), bool)
    for end, other, ends in ((one, two, a), (one, two, b), (two, one, a), (two, one, b)):
        at = ends[end]
        share, away = _along(xy, a[other], b[other], at)
        near = away < TOUCH_M
        touched |= near
        inserts.append((other[near], share[near], at[near]))
    p, q = xy[a[one]], xy[a[two]]
    r, s = xy[b[one]] - p, xy[b[two]] - q
    cross = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = ((q - p)[:, 0] * s[:, 1] - (q - p)[:, 1] * s[:, 0]) / cross
        u = ((q - p)[:, 0] * r[:, 1] - (q - p)[:, 1] * r[:, 0]) / cross
    meet = ~touched & (t > 0) & (t < 1) & (u > 0) & (u < 1)
    new = len(xy) + np.arange(meet.sum())
    inserts += [(one[meet], t[meet], new), (two[meet], u[meet], new)]
    segment, share, vertex = (np.concatenate(parts) for parts in zip(*inserts, strict=True))
    return p[meet] + t[meet, None] * r[meet], segment, share, vertex


def _along(xy: Floats, a: NDArray[np.int64], b: NDArray[np.int64], at: NDArray[np.int64]) -> tuple[Floats, Floats]:
    run = xy[b] - xy[a]
    share = np.clip(((xy[at] - xy[a]) * run).sum(axis=1) / np.maximum((run**2).sum(axis=1), 1e-9), 0, 1)
    away = np.hypot(*(xy[a] + share[:, None] * run - xy[at]).T)
    return share, away


def _merged(xy: Floats) -> NDArray[np.int64]:
    """For every vertex the first of those that lie at the same place."""
    pairs = cKDTree(xy).query_pairs(TOUCH_M, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    return first[label]
