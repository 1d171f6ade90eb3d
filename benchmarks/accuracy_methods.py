"""
How others answer “who is within so many metres on foot?”, each as it is commonly done and at its best.

All get the same streets (islands dropped, geodesic lengths), people and sites. Each method gives who is within reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

EDGE_M, NODE_M = 25, 50
"""Widths around edges and nodes in osmnx's example of isochrones."""


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """A graph of nodes: places in the plane, and edges in metres; a walk begins and ends at the nearest node."""

    xy: np.ndarray
    a: np.ndarray
    b: np.ndarray
    metres: np.ndarray

    @classmethod
    def every_vertex(cls, network) -> Nodes:
        """A node at every vertex of the streets."""
        kept = network.kept
        used = np.unique(np.append(network.start[kept], network.end[kept]))
        a, b = (np.searchsorted(used, ends[kept]) for ends in (network.start, network.end))
        return cls(xy=np.column_stack((network.x, network.y))[used], a=a, b=b, metres=network.length_cm[kept] / 100)

    @classmethod
    def junctions(cls, network) -> Nodes:
        """A node where streets meet or end, as osmnx simplifies and pandana's loader keeps them."""
        xy = np.column_stack((network.junction_x, network.junction_y))
        return cls(xy=xy, a=network.chain_from, b=network.chain_to, metres=network.chain_cm / 100)

    @cached_property
    def graph(self):
        """Edges as a matrix, the shortest of doubled ones."""
        low, high = np.minimum(self.a, self.b), np.maximum(self.a, self.b)
        order = np.lexsort((self.metres, high, low))
        order = order[(low != high)[order]]
        low, high, metres = low[order], high[order], self.metres[order]
        first = np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]))[: low.size]
        size = len(self.xy)
        return coo_matrix((np.maximum(metres[first], 1e-6), (low[first], high[first])), (size, size)).tocsr()

    def snap(self, points):
        """Metres to the nearest node, and which it is."""
        return cKDTree(self.xy).query(points)

    def walks(self, people, sites, *, legs: bool) -> np.ndarray:
        """Metres from each person's node to the nearest site's node, with or without the way to the nodes."""
        (person_leg, person), (site_leg, site) = self.snap(people), self.snap(sites)
        if not legs:
            return dijkstra(self.graph, directed=False, indices=np.unique(site), min_only=True)[person]
        # each leg becomes an edge to one more node; a short one stands in for none, which scipy takes for no edge
        nodes, which = np.unique(site, return_inverse=True)
        leg = np.full(nodes.size, np.inf)
        np.minimum.at(leg, which, site_leg)
        size = len(self.xy)
        graph = self.graph.tocoo()
        row, column = np.append(graph.row, np.full(nodes.size, size)), np.append(graph.col, nodes)
        whole = coo_matrix((np.append(graph.data, np.maximum(leg, 1e-6)), (row, column)), (size + 1, size + 1)).tocsr()
        return dijkstra(whole, directed=False, indices=size)[person] + person_leg

    def reached(self, site: int, reach_m: int) -> np.ndarray:
        """Nodes within reach of one node."""
        return np.flatnonzero(np.isfinite(dijkstra(self.graph, directed=False, indices=site, limit=reach_m)))


def circle(people, sites, reach_m: int) -> np.ndarray:
    """Straight line within the reach."""
    return cKDTree(sites).query(people)[0] <= reach_m


def hull(nodes: Nodes, people, sites, reach_m: int) -> np.ndarray:
    """Inside the convex hull of the nodes that a site reaches."""
    shapes = [
        shapely.convex_hull(shapely.multipoints(nodes.xy[nodes.reached(s, reach_m)])) for s in _nodes(nodes, sites)
    ]
    return _inside(shapes, people)


def buffered(nodes: Nodes, network, people, sites, reach_m: int) -> np.ndarray:
    """Inside the buffered nodes and edges (as they run on the ground) that a site reaches, holes filled."""
    edges, spots = shapely.buffer(_edge_lines(network), EDGE_M), shapely.buffer(shapely.points(nodes.xy), NODE_M)
    shapes = []
    for site in _nodes(nodes, sites):
        near = np.zeros(len(nodes.xy), bool)
        near[nodes.reached(site, reach_m)] = True
        ground = shapely.union_all([*edges[near[nodes.a] & near[nodes.b]], *spots[near]])
        shapes += [shapely.polygons(shapely.get_exterior_ring(part)) for part in shapely.get_parts(ground)]
    return _inside(shapes, people)


def _edge_lines(network) -> np.ndarray:
    """The ground that each chain of pieces between two junctions covers."""
    kept = np.flatnonzero(network.kept)
    kept = kept[np.argsort(network.chain[kept], kind="stable")]
    ends = [np.column_stack((network.x[v[kept]], network.y[v[kept]])) for v in (network.start, network.end)]
    return shapely.multilinestrings(shapely.linestrings(np.stack(ends, axis=1)), indices=network.chain[kept])


def _nodes(nodes: Nodes, sites) -> list[int]:
    return np.unique(nodes.snap(sites)[1]).tolist()


def _inside(shapes, people) -> np.ndarray:
    inside = np.zeros(len(people), bool)
    shapes = np.array(shapes, object)
    shapely.prepare(shapes)
    inside[shapely.STRtree(shapely.points(people)).query(shapes, predicate="intersects")[1]] = True
    return inside


def pandana_walks(nodes: Nodes, people, sites, reach_m: int) -> np.ndarray:
    """What pandana itself says, where it is installed: metres, at most the reach plus one."""
    import pandana
    import pandas as pd

    x, y = (pd.Series(each) for each in nodes.xy.T)
    a, b = (pd.Series(each.astype(np.int64)) for each in (nodes.a, nodes.b))
    network = pandana.Network(x, y, a, b, pd.DataFrame({"metres": nodes.metres}), twoway=True)
    network.set_pois("site", reach_m + 1, 1, *(pd.Series(each) for each in sites.T))
    found = network.nearest_pois(reach_m + 1, "site", num_pois=1, max_distance=np.inf)[1]
    return found.to_numpy()[network.get_node_ids(*(pd.Series(each) for each in people.T)).to_numpy()]
