"""Small towns for the tests of the network, drawn in metres on a plane that is the degree grid itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jiujin.coordinates import Plane
from jiujin.network.graph import WalkNetwork, build_network
from jiujin.network.streets import Streets


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing(Plane):
    """A plane on which one 1e-7 degree is one millimetre: vertices stand exactly where a test draws them."""

    epsg: int = 0

    def project(self, lon, lat):
        return np.asarray(lon, np.float64) * 1e4, np.asarray(lat, np.float64) * 1e4

    def unproject(self, x, y):
        return np.asarray(x, np.float64) / 1e4, np.asarray(y, np.float64) / 1e4


def draw(
    vertices: Sequence[tuple[float, float]],
    pieces: Sequence[tuple[int, int]],
    *,
    cm: Sequence[int] | None = None,
    way: Sequence[int] | None = None,
    steps: Sequence[int] = (),
) -> Streets:
    """Streets from vertices in metres and pieces between them; lengths are the drawn ones unless stated."""
    xy = np.array(vertices, float).reshape(-1, 2)
    start, end = np.array(pieces, np.int32).reshape(-1, 2).T.copy()
    drawn = np.rint(np.hypot(*(xy[end] - xy[start]).T) * 100)
    step_free = np.ones(start.size, bool)
    step_free[list(steps)] = False
    return Streets(
        lon_e7=np.rint(xy[:, 0] * 1000).astype(np.int32),
        lat_e7=np.rint(xy[:, 1] * 1000).astype(np.int32),
        start=start,
        end=end,
        length_cm=(drawn if cm is None else np.array(cm)).astype(np.int32),
        way=np.arange(start.size, dtype=np.int64) if way is None else np.array(way, np.int64),
        step_free=step_free,
        street_class=np.zeros(start.size, np.uint8),
    )


def town(vertices, pieces, *, island_cm: int = 0, step_free: bool = False, **details) -> WalkNetwork:
    """The walking network of a drawing; islands are kept unless `island_cm` says otherwise."""
    return build_network(draw(vertices, pieces, **details), Drawing(), step_free=step_free, island_cm=island_cm)


def chessboard(side: int, block_m: float = 100) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    """`side` x `side` crossings, numbered row by row from the south-west, `block_m` apart."""
    vertices = [(column * block_m, row * block_m) for row in range(side) for column in range(side)]
    east = [(row * side + column, row * side + column + 1) for row in range(side) for column in range(side - 1)]
    north = [(row * side + column, (row + 1) * side + column) for row in range(side - 1) for column in range(side)]
    return vertices, east + north
