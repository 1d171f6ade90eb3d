# ruff: noqa: C901, PLR0912, PLR0917 - kernels take plain arrays, many at a time, and branch where a CPU must
"""The grid of cells in which attaching looks for the nearest piece."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from jiujin.network.kernels import kernel

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

NOT_YET = -2
"""This grid gave up on the point: nothing within its rings."""

SLACK_M = 1e-6
"""A segment is listed in cells that it misses by less, so that no rounding can hide it."""

TINY = 1e-300
"""Instead of the length of a piece of none: every position on it is its start."""

RINGS = 24
"""Rings of cells that a point looks through before it asks a coarser grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """
    Segments `ax, ay, bx, by` (metres) under square cells; `frame` is `west, south, cell, columns, rows`.

    `rings`: how many rings of cells around its own a point looks through before it gives up.
    """

    segments: Floats
    frame: Floats
    rings: int

    @staticmethod
    def over(x: Floats, y: Floats, start: Ints, end: Ints) -> Grid:
        """Lay cells over the segments, with about one segment's length of street in each."""
        segments, (west, south, east, north) = _draw(x, y, start, end)
        cell = max(20.0, 1.2 * sqrt((east - west) * (north - south) / start.size))
        columns, rows = ceil((east - west) / cell), ceil((north - south) / cell)
        return Grid(segments=segments, frame=np.array([west, south, cell, columns, rows], np.float64), rings=RINGS)

    def coarser(self) -> Grid:
        """Lay cells 16 times as wide over the same segments; the last grid is one cell and finds everything."""
        west, south, cell, columns, rows = self.frame
        return Grid(
            segments=self.segments,
            frame=np.array([west, south, 16 * cell, ceil(columns / 16), ceil(rows / 16)], np.float64),
            rings=RINGS,
        )


@kernel("Tuple((float64[:, ::1], float64[::1]))(float64[::1], float64[::1], int32[::1], int32[::1])")
def _draw(x: Floats, y: Floats, start: Ints, end: Ints) -> tuple[Floats, Floats]:
    """Write segments as rows of coordinates, and their bounds with a metre around."""
    segments = np.empty((start.size, 4))
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for segment in range(start.size):
        for vertex, at in ((start[segment], 0), (end[segment], 2)):
            segments[segment, at], segments[segment, at + 1] = x[vertex], y[vertex]
            west, east = min(west, x[vertex]), max(east, x[vertex])
            south, north = min(south, y[vertex]), max(north, y[vertex])
    return segments, np.array([west - 1, south - 1, east + 1, north + 1])


@kernel("Tuple((int32[::1], int32[::1]))(float64[:, ::1], float64[::1])")
def lay_grid(segments: Floats, frame: Floats) -> tuple[Ints, Ints]:
    """List the segments that pass through each cell, row by row of cells, in ascending order."""
    west, south, cell = frame[0], frame[1], frame[2]
    columns, rows = int(frame[3]), int(frame[4])
    ptr = np.zeros(columns * rows + 1, np.int32)
    listed = np.empty(0, np.int32)
    filled = ptr
    for counting in (True, False):
        for segment in range(segments.shape[0]):
            ax, ay, bx, by = segments[segment, 0], segments[segment, 1], segments[segment, 2], segments[segment, 3]
            low, high = min(ay, by) - SLACK_M, max(ay, by) + SLACK_M
            bottom = max(int((low - south) / cell), 0)
            top = min(int((high - south) / cell), rows - 1)
            for row in range(bottom, top + 1):
                left, right = min(ax, bx), max(ax, bx)
                if top > bottom and ay != by:  # only the stretch of the segment within this row of cells
                    slope = (bx - ax) / (by - ay)
                    at_floor = ax + slope * (south + row * cell - SLACK_M - ay)
                    at_ceiling = ax + slope * (south + (row + 1) * cell + SLACK_M - ay)
                    left = max(left, min(at_floor, at_ceiling))
                    right = min(right, max(at_floor, at_ceiling))
                first = max(int((left - SLACK_M - west) / cell), 0)
                last = min(int((right + SLACK_M - west) / cell), columns - 1)
                for column in range(first, last + 1):
                    here = row * columns + column
                    if counting:
                        ptr[here + 1] += 1
                    else:
                        listed[filled[here]] = segment
                        filled[here] += 1
        if counting:
            for here in range(columns * rows):
                ptr[here + 1] += ptr[here]
            filled = ptr.copy()
            listed = np.empty(ptr[columns * rows], np.int32)
    return ptr, listed


@kernel(
    "void(int32[::1], float64[::1], float64[::1], float64[:, ::1], float64[::1], int32[::1], int32[::1], int64, "
    "int32[::1], float64[::1], float64[::1])"
)
def nearest_pieces(
    points: Ints,
    x: Floats,
    y: Floats,
    segments: Floats,
    frame: Floats,
    cell_ptr: Ints,
    cell_segment: Ints,
    rings: int,
    piece: Ints,
    t: Floats,
    leg_m: Floats,
) -> None:
    """
    Write the nearest segment, the fraction along it and its distance for these `points`; `NOT_YET` where too far.

    Cells are searched ring by ring around the point's own, until no cell further out can hold anything nearer.
    """
    west, south, cell = frame[0], frame[1], frame[2]
    columns, rows = int(frame[3]), int(frame[4])
    for point in points:
        px, py = x[point], y[point]
        column = int(min(max((px - west) / cell, 0.0), columns - 1.0))
        row = int(min(max((py - south) / cell, 0.0), rows - 1.0))
        best, best_segment, best_t = np.inf, NOT_YET, 0.0
        for ring in range(rings + 1):
            first, last = max(column - ring, 0), min(column + ring, columns - 1)
            bottom, top = max(row - ring, 0), min(row + ring, rows - 1)
            for j in range(bottom, top + 1):
                whole = abs(j - row) == ring
                for i in range(first, last + 1):
                    if not whole and abs(i - column) != ring:
                        continue
                    gap_x = max(west + i * cell - px, px - west - (i + 1) * cell, SLACK_M) - SLACK_M
                    gap_y = max(south + j * cell - py, py - south - (j + 1) * cell, SLACK_M) - SLACK_M
                    if gap_x * gap_x + gap_y * gap_y > best:
                        continue
                    for k in range(cell_ptr[j * columns + i], cell_ptr[j * columns + i + 1]):
                        segment = cell_segment[k]
                        ax, ay = segments[segment, 0], segments[segment, 1]
                        bx, by = segments[segment, 2], segments[segment, 3]
                        dx, dy = bx - ax, by - ay
                        along = (px - ax) * dx + (py - ay) * dy
                        fraction = min(max(along / max(dx * dx + dy * dy, TINY), 0.0), 1.0)
                        nx = ax + fraction * dx if fraction < 1 else bx  # the vertex itself, so that ties are exact
                        ny = ay + fraction * dy if fraction < 1 else by
                        distance = (nx - px) * (nx - px) + (ny - py) * (ny - py)
                        if distance < best or (distance == best and segment < best_segment):
                            best, best_segment, best_t = distance, segment, fraction
            # beyond these four sides lie only cells that were not searched; a side at the edge has none
            beyond = np.inf
            if first > 0:
                beyond = min(beyond, px - (west + first * cell))
            if last < columns - 1:
                beyond = min(beyond, west + (last + 1) * cell - px)
            if bottom > 0:
                beyond = min(beyond, py - (south + bottom * cell))
            if top < rows - 1:
                beyond = min(beyond, south + (top + 1) * cell - py)
            if beyond == np.inf or (beyond > SLACK_M and best < (beyond - SLACK_M) ** 2):
                piece[point] = best_segment
                t[point] = best_t
                leg_m[point] = np.sqrt(best)
                break
