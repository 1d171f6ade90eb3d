"""
The slow way to a walk, for checking the quick one: every attached point becomes a node of the street graph.

Nothing here knows of chains, junctions, grids or buckets. Pieces are looked through one by one, cut at every point,
and networkx searches from every site in whole centimetres.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import networkx as nx
import numpy as np

NO_WALK = 2**31 - 1


@dataclass(frozen=True)
class Attached:
    """A point on a piece: its number in `Streets`, centimetres from the piece's start, access leg."""

    piece: int
    at_cm: int
    leg_cm: int
    island: bool


def kept_pieces(streets, *, step_free: bool, island_cm: int) -> list[int]:
    """The pieces of components that are long enough, and of the longest."""
    graph = nx.Graph()
    walkable = [p for p in range(streets.start.size) if streets.step_free[p] or not step_free]
    graph.add_edges_from((int(streets.start[p]), int(streets.end[p])) for p in walkable)
    component = {v: number for number, part in enumerate(nx.connected_components(graph)) for v in part}
    street_cm: dict[int, int] = {}
    for p in walkable:
        at = component[int(streets.start[p])]
        street_cm[at] = street_cm.get(at, 0) + int(streets.length_cm[p])
    largest = max(street_cm, key=lambda at: street_cm[at])  # of equals the first met, which has the first piece
    return [
        p
        for p in walkable
        if street_cm[component[int(streets.start[p])]] >= island_cm or component[int(streets.start[p])] == largest
    ]


def attach_slowly(streets, plane, x, y, *, step_free: bool = False, island_cm: int = 0) -> list[Attached]:
    """The nearest position on the nearest piece, by looking at every piece for every point."""
    vx, vy = plane.project(streets.lon, streets.lat)
    every = np.flatnonzero(streets.step_free) if step_free else np.arange(streets.start.size)
    kept = np.array(kept_pieces(streets, step_free=step_free, island_cm=island_cm))
    found = []
    for px, py in zip(x, y, strict=True):
        best, _, _ = _nearest(streets, vx, vy, every, px, py)
        island = best not in kept
        piece, t, metres = _nearest(streets, vx, vy, kept, px, py)
        found.append(
            Attached(piece, int(np.rint(t * streets.length_cm[piece])), int(np.rint(metres * 100)), bool(island))
        )
    return found


def _nearest(streets, vx, vy, pieces, px, py) -> tuple[int, float, float]:
    a, b = streets.start[pieces], streets.end[pieces]
    dx, dy = vx[b] - vx[a], vy[b] - vy[a]
    square = dx * dx + dy * dy
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(square > 0, ((px - vx[a]) * dx + (py - vy[a]) * dy) / square, 0.0)
    t = np.clip(t, 0, 1)
    nx_ = np.where(t == 1, vx[b], vx[a] + t * dx)
    ny_ = np.where(t == 1, vy[b], vy[a] + t * dy)
    distance = (nx_ - px) ** 2 + (ny_ - py) ** 2
    first = int(np.argmin(distance))  # the first of equals: lower way, then earlier piece
    return int(pieces[first]), float(t[first]), float(np.sqrt(distance[first]))


def walk_table(streets, people: list[Attached], sites: list[Attached], pieces: list[int]) -> np.ndarray:
    """All walks (people, sites) in centimetres, `NO_WALK` where there is none."""
    graph = nx.Graph()
    on_piece: dict[int, list[tuple[int, object]]] = {p: [] for p in pieces}
    for kind, places in (("person", people), ("site", sites)):
        for number, place in enumerate(places):
            on_piece[place.piece].append((place.at_cm, (kind, number, "street")))
            _join(graph, (kind, number), (kind, number, "street"), place.leg_cm)
    for p in pieces:
        nodes = [(0, int(streets.start[p])), *sorted(on_piece[p], key=lambda at: at[0])]
        nodes.append((int(streets.length_cm[p]), int(streets.end[p])))
        for (from_cm, a), (to_cm, b) in itertools.pairwise(nodes):
            _join(graph, a, b, to_cm - from_cm)
    table = np.full((len(people), len(sites)), NO_WALK, np.int64)
    for j in range(len(sites)):
        walk = nx.single_source_dijkstra_path_length(graph, ("site", j), weight="cm")
        for i in range(len(people)):
            table[i, j] = walk.get(("person", i), NO_WALK)
    return table


def _join(graph: nx.Graph, a, b, cm: int) -> None:
    if a != b and (not graph.has_edge(a, b) or graph[a][b]["cm"] > cm):
        graph.add_edge(a, b, cm=cm)
