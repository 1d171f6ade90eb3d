# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""
The streets within a walk of a site, and the ground beside them: for drawing, never for counting.

    reached = stretches(network, sites, limit_cm=100_000)
    shape = shed(reached.lines(network), width_m=30)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jiujin.network.attach import Places, by_chain
from jiujin.network.flood import FARTHEST_CM, Queue, flood
from jiujin.network.graph import WalkNetwork
from jiujin.network.kernels import kernel
from jiujin.network.walks import seeds

if TYPE_CHECKING:
    import shapely

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

CELLS_PER_WIDTH = 4.5
"""So fine that the area of a shed is within one per cent of the exact one."""

MOST_CELLS = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """Stretches of street: `piece`, `from_cm` to `to_cm` from its start vertex; ascending, none touches another."""

    piece: Ints
    from_cm: Ints
    to_cm: Ints

    def lines(self, network: WalkNetwork) -> Floats:
        """Draw the stretches as rows `ax, ay, bx, by` in plane metres."""
        a, b = network.start[self.piece], network.end[self.piece]
        origin = np.column_stack((network.x[a], network.y[a]))
        along = np.column_stack((network.x[b], network.y[b])) - origin
        length = network.length_cm[self.piece]
        return np.hstack(
            (origin + along * (self.from_cm / length)[:, None], origin + along * (self.to_cm / length)[:, None])
        )


def stretches(network: WalkNetwork, sites: Places, limit_cm: int) -> Stretches:
    """Find all street from which some site is at most `limit_cm` away, the site's access leg included."""
    limit = min(limit_cm, FARTHEST_CM)
    label = np.full(network.junction_vertex.size, (limit + 1) << 32, np.int64)
    queue = Queue(label.size, network.longest_cm)
    flood(network.arc_ptr, network.arcs, *seeds(network, sites, limit), label, queue.head, queue.link, queue.reached)
    site_ptr, site_at = by_chain(network, sites, limit)
    found = _reached(
        network.chain,
        network.chain_cm_at_start,
        network.forward,
        network.length_cm,
        network.chains,
        label,
        site_ptr,
        site_at,
        limit,
    )
    return _joined(found[np.lexsort((found[:, 1], found[:, 0]))])


def _joined(found: Ints) -> Stretches:
    """Join stretches that overlap or touch, from rows `piece, from, to` in ascending order."""
    piece = found[:, 0].astype(np.int64) << 32
    furthest = np.maximum.accumulate(piece + found[:, 2])  # of the rows so far; a new piece begins beyond all of them
    begins = np.append(True, (piece + found[:, 1])[1:] > furthest[:-1])[: piece.size]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], piece.size)[: first.size] - 1
    return Stretches(
        piece=found[first, 0], from_cm=found[first, 1], to_cm=(furthest[last] & 0xFFFFFFFF).astype(np.int32)
    )


@kernel(
    "int32[:, ::1](int32[::1], int32[::1], boolean[::1], int32[::1], int32[:, ::1], int64[::1], int32[::1], "
    "int32[:, ::1], int64)"
)
def _reached(
    chain_of: Ints,
    at_start: Ints,
    forward: NDArray[np.bool_],
    length_cm: Ints,
    chains: Ints,
    label: Labels,
    site_ptr: Ints,
    site_at: Ints,
    limit: int,
) -> Ints:
    """List what is reached of each piece, from both ends of its chain and from each site on it: piece, from, to."""
    found = np.empty((1024, 3), np.int32)
    count = 0
    for piece in range(chain_of.size):
        chain = chain_of[piece]
        if chain < 0:
            continue
        end, sites = chains[chain, 2], site_ptr[chain + 1] - site_ptr[chain]
        if sites == 0 and min(label[chains[chain, 0]], label[chains[chain, 1]]) >> 32 > limit:
            continue
        low = at_start[piece] if forward[piece] else at_start[piece] - length_cm[piece]
        high = low + length_cm[piece]
        for source in range(-2, sites):
            if source == -2:
                middle, room = 0, limit - (label[chains[chain, 0]] >> 32)
            elif source == -1:
                middle, room = end, limit - (label[chains[chain, 1]] >> 32)
            else:
                site = site_ptr[chain] + source
                middle, room = site_at[site, 0], limit - site_at[site, 1]
            left, right = max(low, middle - room), min(high, middle + room)
            if room < 0 or left >= right:
                continue
            if count == found.shape[0]:
                wider = np.empty((2 * count, 3), np.int32)
                wider[:count] = found
                found = wider
            found[count, 0] = piece
            found[count, 1] = left - low if forward[piece] else high - right
            found[count, 2] = right - low if forward[piece] else high - left
            count += 1
    return found[:count].copy()


def shed(lines: Floats, width_m: float) -> shapely.MultiPolygon:
    """
    Draw the ground within `width_m` of the lines, holes included, in plane metres.

    The distance to the nearest line is written into cells of two ninths of the width (wider where the lines spread over
    more than 25 km) and its contour drawn.
    """
    import shapely
    from contourpy import FillType, contour_generator

    if lines.shape[0] == 0:
        return shapely.MultiPolygon()
    low, high = lines.reshape(-1, 2).min(axis=0), lines.reshape(-1, 2).max(axis=0)
    width, height = high - low + 2 * width_m
    cell = max(width_m / CELLS_PER_WIDTH, sqrt(width * height / MOST_CELLS))
    west, south = low - width_m - 2 * cell
    square = np.full((ceil(height / cell) + 4, ceil(width / cell) + 4), (width_m + 2 * cell) ** 2)
    _burn(np.ascontiguousarray(lines), west, south, cell, width_m, square)
    drawn: Any = contour_generator(
        west + cell * np.arange(square.shape[1]),
        south + cell * np.arange(square.shape[0]),
        np.sqrt(square, out=square),
        fill_type=FillType.ChunkCombinedOffsetOffset,
    ).filled(-1, width_m)
    (corners,), (rings,), (outlines,) = drawn
    return shapely.MultiPolygon(
        list(shapely.from_ragged_array(shapely.GeometryType.POLYGON, corners, (rings, outlines)))
    )


@kernel("void(float64[:, ::1], float64, float64, float64, float64, float64[:, ::1])")
def _burn(lines: Floats, west: float, south: float, cell: float, width: float, square: Floats) -> None:
    """Lower every cell near a line to its squared distance, and a cell further than the width, for the contour."""
    reach = width + 1.5 * cell
    rows, columns = square.shape
    for line in range(lines.shape[0]):
        ax, ay, bx, by = lines[line, 0], lines[line, 1], lines[line, 2], lines[line, 3]
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        scale = 1 / length if length > 0 else 0.0
        first = max(int((min(ax, bx) - reach - west) / cell), 0)
        last = min(int((max(ax, bx) + reach - west) / cell) + 1, columns - 1)
        for row in range(
            max(int((min(ay, by) - reach - south) / cell), 0),
            min(int((max(ay, by) + reach - south) / cell) + 1, rows - 1) + 1,
        ):
            py = south + row * cell - ay
            for column in range(first, last + 1):
                px = west + column * cell - ax
                t = min(max((px * dx + py * dy) * scale, 0.0), 1.0)
                away = (px - t * dx) ** 2 + (py - t * dy) ** 2
                square[row, column] = min(square[row, column], away)
