"""
People and facilities onto the streets: the nearest position on the nearest piece, never just a node.

    places = attach(network, x, y)

Positions are metres in the study's plane. The access leg is the straight distance to the street. A point whose nearest
street of all lies on a dropped island is marked, and goes to the nearest kept street instead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiujin.network.graph import WalkNetwork, morton
from jiujin.network.grid import NOT_YET, Grid, lay_grid, nearest_pieces
from jiujin.network.kernels import in_shares

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

DETOUR_PERCENT = 115
"""A walk within walls, in percent of the straight way."""

NO_LEG = 2**31 - 1
"""The leg of a point that has no position, or is 21,474 km away."""

OFF_EARTH_M = 1e9
"""Coordinates beyond this, like NaN, are no position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """
    Points (n,) attached to a network: where they meet the street, and how far away that is.

    `piece` (position in the network's pieces), `t` (fraction of the piece, in the plane), `at_cm` (centimetres from
    the piece's start vertex: `t` times its length, rounded half to even), `chain` and `along_cm` (the same position
    counted from the chain's start), `leg_cm` (access leg, rounded to the centimetre), `island` (the nearest street of
    all was dropped with its island). A point without a position (NaN) has piece and chain -1 and leg `NO_LEG`.

    Points inside walls have `doors`: further positions, of which each walk takes the one that makes it shortest. What
    stands in the other columns is the position with the shortest leg.
    """

    piece: Ints
    t: Floats
    at_cm: Ints
    chain: Ints
    along_cm: Ints
    leg_cm: Ints
    island: NDArray[np.bool_]
    doors: Doors | None = None

    def __len__(self) -> int:
        """How many points."""
        return int(self.piece.size)

    def select(self, which: NDArray[np.bool_] | NDArray[np.integer]) -> Places:
        """Take some of the points, by mask or by position."""
        rows: NDArray[np.integer] = np.arange(len(self))[which]
        some = {name: getattr(self, name)[rows] for name in COLUMNS}
        return Places(**some, doors=None if self.doors is None else self.doors.select(rows))

    def every_door(self) -> tuple[Places, Ints]:
        """Give all positions, the points' own first, then those of their doors; and the point of each."""
        points = np.arange(len(self), dtype=np.int32)
        if self.doors is None:
            return self, points
        return joined([replace(self, doors=None), self.doors.places]), np.concatenate((points, self.doors.owner))


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """
    What walls do to points (n,): further ways out, and the ways within.

    `places` (m,) are positions on the streets beside the points' own, `owner` (m,) the point of each, ascending. `yard`
    (n,) tells which walls a point stands within (-1: none), `x`, `y` where, in plane metres. From a point to another in
    the same yard one walks `DETOUR_PERCENT` of the straight way, or out by a door and in by one.
    """

    owner: Ints
    places: Places
    yard: Ints
    x: Floats
    y: Floats

    def select(self, rows: NDArray[np.integer]) -> Doors:
        """Take some of the points, by position."""
        first = np.searchsorted(self.owner, rows, side="left")
        count = np.searchsorted(self.owner, rows, side="right") - first
        owner = np.repeat(np.arange(rows.size, dtype=np.int32), count)
        at = np.arange(owner.size) - np.repeat(np.cumsum(count) - count - first, count)
        return Doors(owner=owner, places=self.places.select(at), yard=self.yard[rows], x=self.x[rows], y=self.y[rows])


COLUMNS = tuple(field.name for field in fields(Places) if field.name != "doors")
"""The columns of `Places`: one value for each point."""


def joined(parts: list[Places]) -> Places:
    """Put points one after the other, their doors with them."""
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS}
    if all(part.doors is None for part in parts):
        return Places(**columns)
    doors = [part.doors or _no_doors(part) for part in parts]
    before = np.cumsum([0, *map(len, parts)])
    owner = np.concatenate([one.owner + first for one, first in zip(doors, before[:-1], strict=True)])
    within = {name: np.concatenate([getattr(one, name) for one in doors]) for name in ("yard", "x", "y")}
    further = Doors(owner=owner.astype(np.int32), places=joined([one.places for one in doors]), **within)
    return Places(**columns, doors=further)


def _no_doors(places: Places) -> Doors:
    nobody, nowhere = np.empty(0, np.int32), np.full(len(places), np.nan)
    yard = np.full(len(places), -1, np.int32)
    return Doors(owner=nobody, places=places.select(nobody), yard=yard, x=nowhere, y=nowhere)


def attach(network: WalkNetwork, x: Floats, y: Floats) -> Places:
    """
    Attach every point to the nearest position on the nearest kept piece.

    `x` and `y` are metres in the plane of the network; legs and positions along streets come in centimetres. Of pieces
    at exactly the same distance the one of the lower way wins, then the earlier piece. Where the nearest position is a
    vertex, the vertex itself is measured, so that pieces that meet there tie exactly.
    """
    x = np.require(x, np.float64, ["C", "W"])
    y = np.require(y, np.float64, ["C", "W"])
    piece, t, leg_m = _nearest(network.start, network.end, network, x, y)
    island = (piece >= 0) & ~network.kept[piece]
    if island.any():
        kept = np.flatnonzero(network.kept).astype(np.int32)
        found, t[island], leg_m[island] = _nearest(
            network.start[kept], network.end[kept], network, x[island], y[island]
        )
        piece[island] = kept[found]
    return place_at(network, piece, t, leg_m, island)


def place_at(network: WalkNetwork, piece: Ints, t: Floats, leg_m: Floats, island: NDArray[np.bool_]) -> Places:
    """Turn positions on pieces, found elsewhere or here, into places on chains."""
    at_cm = np.rint(t * network.length_cm[piece]).astype(np.int32)
    return on_chains(network, piece, at_cm, np.rint(leg_m * 100), t=t, island=island)


def on_chains(
    network: WalkNetwork,
    piece: Ints,
    at_cm: Ints,
    leg_cm: NDArray[np.number],
    *,
    t: Floats | None = None,
    island: NDArray[np.bool_] | None = None,
) -> Places:
    """Make places from stated street positions: piece (-1: none), centimetres from its start, leg in centimetres."""
    attached = piece >= 0
    length = np.maximum(network.length_cm[piece], 1)
    along = network.chain_cm_at_start[piece] + np.where(network.forward[piece], at_cm, -at_cm)
    return Places(
        piece=piece.astype(np.int32),
        t=np.where(attached, at_cm / length if t is None else t, np.nan),
        at_cm=np.where(attached, at_cm, 0).astype(np.int32),
        chain=np.where(attached, network.chain[piece], -1).astype(np.int32),
        along_cm=np.where(attached, along, 0).astype(np.int32),
        leg_cm=np.where(attached, np.minimum(leg_cm, NO_LEG), NO_LEG).astype(np.int32),
        island=np.zeros(piece.size, np.bool_) if island is None else island,
    )


def by_chain(network: WalkNetwork, places: Places, limit_cm: int) -> tuple[Ints, Ints]:
    """Sort positions by chain and along it: where each chain's begin, and rows `along, leg, place`."""
    places, owner = places.every_door()
    on = np.flatnonzero((places.chain >= 0) & (places.leg_cm <= limit_cm))
    order = on[np.argsort(places.chain[on].astype(np.int64) << 32 | places.along_cm[on])]
    ptr = np.zeros(network.chains.shape[0] + 1, np.int32)
    np.cumsum(np.bincount(places.chain[on], minlength=ptr.size - 1), out=ptr[1:])
    return ptr, np.column_stack((places.along_cm[order], places.leg_cm[order], owner[order]))


def _nearest(start: Ints, end: Ints, network: WalkNetwork, x: Floats, y: Floats) -> tuple[Ints, Floats, Floats]:
    """
    Find the nearest of the pieces from `start` to `end` for every point: piece (-1 for NaN), fraction, metres.

    A fine grid answers almost everybody; who is too far from any street asks a coarser one.
    """
    piece = np.where((np.abs(x) < OFF_EARTH_M) & (np.abs(y) < OFF_EARTH_M), NOT_YET, -1).astype(np.int32)
    t = np.zeros(x.size)
    leg_m = np.full(x.size, np.inf)
    found = (piece, t, leg_m)
    grid = Grid.over(network.x, network.y, start, end)
    while (waiting := np.flatnonzero(piece == NOT_YET)).size:
        near = waiting[np.argsort(morton(x[waiting], y[waiting]))]  # so that each finds its cells in the cache
        in_shares(partial(_look_up, grid, lay_grid(grid.segments, grid.frame), (x, y), found), near.astype(np.int32))
        grid = grid.coarser()
    return piece, t, leg_m


def _look_up(
    grid: Grid,
    cells: tuple[Ints, Ints],
    point: tuple[Floats, Floats],
    found: tuple[Ints, Floats, Floats],
    share: Ints,
) -> None:
    (x, y), (ptr, listed), (piece, t, leg_m) = point, cells, found
    nearest_pieces(share, x, y, grid.segments, grid.frame, ptr, listed, grid.rings, piece, t, leg_m)
