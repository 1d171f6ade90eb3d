"""
Streets as a graph to walk on: islands dropped, vertices without a choice merged, neighbours near in memory.

    network = build_network(streets, plane, step_free=False, island_cm=200_000)

A *piece* is the part of a way between two vertices. A *junction* is a vertex where a walker has a choice or none at
all (not exactly two pieces meet). A *chain* is a run of pieces from junction to junction. Searches see junctions and
chains only; a position on a piece is turned into a position on its chain without any loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.coordinates import Plane
from jiujin.errors import NetworkError, Problem
from jiujin.network.contraction import component_roots, contract, pack_arcs
from jiujin.network.streets import Streets

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkNetwork:
    """
    One walking network (full or step-free) of a study, in its metric plane.

    Vertices, as in `Streets`: `x`, `y` (metres). Pieces that may be walked here, ordered by way and then along it:
    `start`, `end` (vertices), `length_cm`, `way`, `piece_of` (position in `Streets`), `kept` (False on a dropped
    island), and where they lie on their chain: `chain` (-1 on an island), `chain_cm_at_start` (centimetres from the
    chain's start to the piece's start vertex) and `forward` (the chain runs from the piece's start to its end).
    Chains: `chains`, a row `from junction, to junction, cm` each. Junctions: `junction_vertex`, in Morton order.
    Arcs out of junction j are the rows `arc_ptr[j]:arc_ptr[j + 1]` of `arcs`: `neighbour, cm, chain, reversed`; a
    chain that returns to its junction has one arc, any other has two. `longest_cm`: the longest chain.
    """

    x: Floats
    y: Floats
    start: Ints
    end: Ints
    length_cm: Ints
    way: NDArray[np.int64]
    piece_of: Ints
    kept: NDArray[np.bool_]
    chain: Ints
    chain_cm_at_start: Ints
    forward: NDArray[np.bool_]
    chains: Ints
    junction_vertex: Ints
    arc_ptr: Ints
    arcs: Ints
    longest_cm: int
    components_kept: int
    components_dropped: int

    @property
    def chain_from(self) -> Ints:
        """The junction where each chain starts."""
        return self.chains[:, 0]

    @property
    def chain_to(self) -> Ints:
        """The junction where each chain ends."""
        return self.chains[:, 1]

    @property
    def chain_cm(self) -> Ints:
        """The length of each chain."""
        return self.chains[:, 2]

    @property
    def junction_x(self) -> Floats:
        """Metres east of each junction."""
        return self.x[self.junction_vertex]

    @property
    def junction_y(self) -> Floats:
        """Metres north of each junction."""
        return self.y[self.junction_vertex]

    @property
    def nodes(self) -> int:
        """How many vertices the kept pieces touch."""
        touched = np.zeros(self.x.size, np.bool_)
        touched[self.start[self.kept]] = touched[self.end[self.kept]] = True
        return int(np.count_nonzero(touched))

    @property
    def edges(self) -> int:
        """How many pieces are kept."""
        return int(np.count_nonzero(self.kept))

    @property
    def km(self) -> float:
        """Kilometres of kept street."""
        return int(self.length_cm[self.kept].sum(dtype=np.int64)) / 100_000


def build_network(
    streets: Streets,
    plane: Plane,
    *,
    step_free: bool = False,
    island_cm: int = 200_000,
    kept: NDArray[np.bool_] | None = None,
) -> WalkNetwork:
    """
    Make the walking network: all streets, or those without steps. Vertices are metres in `plane`, lengths centimetres.

    Components with less than `island_cm` of street are dropped; the largest stays whatever its length (of equals, the
    one with the first piece). Where the streets are a part of others, `kept` states by piece what was kept of the
    whole, for a part does not know how long its components are. Raises `NetworkError` where there is no piece to walk.
    """
    pieces = np.flatnonzero(streets.step_free) if step_free else np.arange(streets.start.size)
    if pieces.size == 0:
        raise NetworkError(_no_street(step_free=step_free))
    x, y = plane.project(streets.lon, streets.lat)
    start, end, length_cm = streets.start[pieces], streets.end[pieces], streets.length_cm[pieces]
    if kept is None:
        kept, components_kept, components_dropped = _kept_pieces(start, end, length_cm, x.size, island_cm)
    else:
        kept, components_kept, components_dropped = _as_stated(start, end, x.size, kept[pieces])
    walked = np.flatnonzero(kept).astype(np.int32)
    chain, at_start, forward, ends, count = contract(start, end, length_cm, walked, x.size)
    ends, chain, junction_vertex = _in_morton_order(ends[:count], chain, x, y)
    arc_ptr, arcs = pack_arcs(ends, junction_vertex.size)
    return WalkNetwork(
        x=x,
        y=y,
        start=start,
        end=end,
        length_cm=length_cm,
        way=streets.way[pieces],
        piece_of=pieces.astype(np.int32),
        kept=kept,
        chain=chain,
        chain_cm_at_start=at_start,
        forward=forward,
        chains=ends,
        junction_vertex=junction_vertex,
        arc_ptr=arc_ptr,
        arcs=arcs,
        longest_cm=int(ends[:, 2].max()),
        components_kept=components_kept,
        components_dropped=components_dropped,
    )


def _kept_pieces(
    start: Ints, end: Ints, length_cm: Ints, vertices: int, island_cm: int
) -> tuple[NDArray[np.bool_], int, int]:
    """Say which pieces are on components that are kept, and how many components are kept and dropped."""
    component = component_roots(start, end, vertices)[start]  # named by its lowest vertex
    street_cm = np.bincount(component, weights=length_cm, minlength=vertices)
    present = np.zeros(vertices, np.bool_)
    present[component] = True
    keep = present & (street_cm >= island_cm)
    keep[component[np.argmax(street_cm[component])]] = True
    kept = int(np.count_nonzero(keep))
    return keep[component], kept, int(np.count_nonzero(present)) - kept


def _as_stated(start: Ints, end: Ints, vertices: int, kept: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], int, int]:
    """Keep the pieces that are stated to be kept; and how many components there are of them, and of the others."""
    component = component_roots(start, end, vertices)[start]
    return kept, int(np.unique(component[kept]).size), int(np.unique(component[~kept]).size)


def _in_morton_order(ends: Ints, chain: Ints, x: Floats, y: Floats) -> tuple[Ints, Ints, Ints]:
    """Number junctions along a Morton curve and chains by their lower junction, so that near is near in memory."""
    is_junction = np.zeros(x.size, np.bool_)
    is_junction[ends[:, :2]] = True
    vertex = np.flatnonzero(is_junction)
    vertex = vertex[np.argsort(morton(x[vertex], y[vertex]), kind="stable")]
    junction = np.empty(x.size, np.int32)
    junction[vertex] = np.arange(vertex.size, dtype=np.int32)
    ends = ends.copy()
    ends[:, :2] = junction[ends[:, :2]]
    order = np.argsort(ends[:, :2].min(axis=1), kind="stable")
    renamed = np.full(order.size + 1, -1, np.int32)  # the last stays -1: pieces of islands have chain -1
    renamed[order] = np.arange(order.size, dtype=np.int32)
    return np.ascontiguousarray(ends[order]), renamed[chain], vertex.astype(np.int32)


def morton(x: Floats, y: Floats) -> NDArray[np.uint64]:
    """Place along a Morton curve through these positions: the bits of both coordinates, interleaved."""
    step = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9) / ((1 << 20) - 1)
    return _spread((x - x.min()) / step) | (_spread((y - y.min()) / step) << np.uint64(1))


def _spread(coordinate: Floats) -> NDArray[np.uint64]:
    bits = coordinate.astype(np.uint64)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits


def _no_street(*, step_free: bool) -> Problem:
    kind = "无台阶、轮椅可行的道路" if step_free else "可步行的道路"
    return Problem(
        severity="error",
        rule="no_walkable_street",
        found=f"道路数据中没有{kind}",
        wanted="至少一条可步行的道路",
        action="请检查 [inputs] streets 指向的文件，以及 [walk] walkable 的设置",
    )
