"""
The exact answer, found without any of our own search: every person and every site is a node of an explicit graph.

Lengths come from pyproj, positions on streets from shapely, walks from scipy's Dijkstra. Only the streets as read, the
plane and the definitions of the contract are shared with the product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

NO_WALK = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Exact:
    """Pieces of the kept components as lines in the plane, each with its ends and its geodesic length."""

    start: np.ndarray
    end: np.ndarray
    cm: np.ndarray
    lines: np.ndarray
    vertices: int
    snap_limit_cm: int

    def walks(self, people_xy, sites_xy) -> np.ndarray:
        """Walk in centimetres from every person to the nearest site; NO_WALK where there is none."""
        (person_piece, person_at, person_leg), (site_piece, site_at, site_leg) = self._on(people_xy), self._on(sites_xy)
        place, node = self._nodes(np.append(person_piece, site_piece), np.append(person_at, site_at))
        people, sites = node[: person_piece.size], node[person_piece.size :]
        usable = site_leg <= self.snap_limit_cm
        walk = self._from_sites(place, sites[usable], site_leg[usable])[people] + person_leg
        walk[person_leg > self.snap_limit_cm] = np.inf
        return np.where(np.isfinite(walk), walk, NO_WALK).astype(np.int64)

    def _on(self, xy):
        """Nearest piece of each point (of equals the first), centimetres along it, and the leg in centimetres."""
        points = shapely.points(*xy)
        (point, piece), metres = shapely.STRtree(self.lines).query_nearest(points, return_distance=True)
        order = np.lexsort((piece, point))
        first = order[np.unique(point[order], return_index=True)[1]]
        piece, line = piece[first], self.lines[piece[first]]
        length = shapely.length(line)
        along = np.divide(shapely.line_locate_point(line, points), length, out=np.zeros(length.size), where=length > 0)
        return piece, np.rint(along * self.cm[piece]).astype(np.int64), np.rint(metres[first] * 100)

    def _nodes(self, piece, at):
        """Distinct places `piece, at, node` on pieces, and the node of every point; ends of pieces are vertices."""
        places, which = np.unique(np.column_stack((piece, at)), axis=0, return_inverse=True)
        node = self.vertices + np.arange(len(places))
        node = np.where(places[:, 1] == 0, self.start[places[:, 0]], node)
        node = np.where(places[:, 1] == self.cm[places[:, 0]], self.end[places[:, 0]], node)
        return np.column_stack((places, node)), node[which.reshape(-1)]

    def _from_sites(self, place, sites, legs):
        """Dijkstra over the pieces, cut at every place, from one more node joined to all sites by their legs."""
        pieces = np.arange(self.cm.size)
        stops = np.vstack(
            (
                np.column_stack((pieces, np.zeros_like(pieces), self.start)),
                place,
                np.column_stack((pieces, self.cm, self.end)),
            )
        )
        stops = stops[np.lexsort((np.arange(len(stops)), stops[:, 1], stops[:, 0]))]
        joined = stops[1:, 0] == stops[:-1, 0]
        a, b = stops[:-1, 2][joined], stops[1:, 2][joined]
        cm = (stops[1:, 1] - stops[:-1, 1])[joined]
        source = self.vertices + len(place)
        a, b = np.append(a, np.full(sites.size, source)), np.append(b, sites)
        graph = _shortest(a, b, np.append(cm, legs + 1), source + 1)  # plus 1: scipy takes 0 for no edge
        return dijkstra(graph, directed=False, indices=source)[:source] - 1


def exact_streets(streets, plane, *, island_cm: int, snap_limit_cm: int) -> Exact:
    """Measure the pieces anew and drop the islands."""
    geod = pyproj.Geod(ellps="WGS84")
    _, _, metres = geod.inv(
        *(each[ends] for ends in (streets.start, streets.end) for each in (streets.lon, streets.lat))
    )
    cm = np.rint(np.asarray(metres) * 100).astype(np.int64)
    size = streets.lon.size
    links = coo_matrix((np.ones(cm.size), (streets.start, streets.end)), (size, size))
    part = connected_components(links, directed=False)[1][streets.start]
    total = np.bincount(part, weights=cm)
    kept = (total[part] >= island_cm) | (part == part[np.argmax(total[part])])
    x, y = plane.project(streets.lon, streets.lat)
    ends = np.stack([np.column_stack((x[v[kept]], y[v[kept]])) for v in (streets.start, streets.end)], axis=1)
    return Exact(
        start=streets.start[kept],
        end=streets.end[kept],
        cm=cm[kept],
        lines=shapely.linestrings(ends),
        vertices=size,
        snap_limit_cm=snap_limit_cm,
    )


def _shortest(a, b, cm, size):
    """Make a graph out of edges, the shortest of doubled ones; an edge from a node to itself leads nowhere."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((cm, high, low))
    order = order[low[order] != high[order]]
    low, high, cm = low[order], high[order], cm[order]
    first = np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]))
    return coo_matrix((cm[first], (low[first], high[first])), (size, size)).tocsr()
