# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""The nearest site as the crow flies: what plans have measured with circles, kept beside every walk."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from jiujin.network.kernels import in_shares, kernel
from jiujin.network.search import NO_WALK

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

SITES_PER_CELL = 2


def straight_to_nearest(people_xy: tuple[Floats, Floats], site_xy: tuple[Floats, Floats]) -> tuple[Ints, Ints]:
    """
    Straight distance of each person to the nearest site in the plane: centimetres, and the site's position.

    Equal distances (to the last bit): the lower site. No site: `NO_WALK` and -1.
    """
    count = len(people_xy[0])
    cm, site = np.full(count, NO_WALK, np.int32), np.full(count, -1, np.int32)
    if not len(site_xy[0]) or not count:
        return cm, site
    people, sites = np.column_stack(people_xy), np.column_stack(site_xy)
    west_south, size, shape = _frame(sites)
    cell = np.clip(((sites - west_south) / size).astype(np.int64), 0, np.array(shape) - 1)
    number = cell[:, 0] * shape[1] + cell[:, 1]
    in_cells = np.argsort(number, kind="stable").astype(np.int32)  # within a cell the lower site first
    ptr = np.zeros(shape[0] * shape[1] + 1, np.int32)
    np.cumsum(np.bincount(number, minlength=ptr.size - 1), out=ptr[1:])
    frame = np.array([*west_south, size])
    in_shares(
        lambda share: _look_around(share, people, sites, frame, *shape, ptr, in_cells, cm, site),
        np.arange(count, dtype=np.int32),
    )
    return cm, site


def _frame(sites: Floats) -> tuple[Floats, float, tuple[int, int]]:
    """Lay square cells over the sites, a few to each: the corner, the width of a cell, columns and rows."""
    corner, sides = sites.min(axis=0), np.ptp(sites, axis=0)
    size = max(math.sqrt(sides[0] * sides[1] * SITES_PER_CELL / len(sites)), sides.max() / len(sites), 1.0)
    columns, rows = (sides / size).astype(np.int64) + 1
    return corner, float(size), (int(columns), int(rows))


@kernel(
    "void(int32[::1], float64[:, ::1], float64[:, ::1], float64[::1], int64, int64, int32[::1], int32[::1], "
    "int32[::1], int32[::1])"
)
def _look_around(
    share: Ints,
    people: Floats,
    sites: Floats,
    frame: Floats,
    columns: int,
    rows: int,
    ptr: Ints,
    in_cells: Ints,
    cm: Ints,
    site: Ints,
) -> None:
    """Look at the cells around each person, ring by ring, until no farther ring can hold a site as near."""
    size = frame[2]
    for i in share:
        x, y = people[i, 0], people[i, 1]
        at_x, at_y = (x - frame[0]) / size, (y - frame[1]) / size
        column = int(min(max(at_x, 0.0), columns - 1.0))
        row = int(min(max(at_y, 0.0), rows - 1.0))
        inset = min(at_x - column, column + 1 - at_x, at_y - row, row + 1 - at_y)  # of the person in the own cell
        nearest, least, least_2 = -1, np.inf, np.inf
        for ring in range(max(columns, rows)):
            if least < (ring - 1 + max(inset, 0.0)) * size * (1 - 1e-9):  # at least so far lie cells `ring` away
                break
            for across in range(max(column - ring, 0), min(column + ring, columns - 1) + 1):
                whole = abs(across - column) == ring
                for up in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                    if not whole and abs(up - row) != ring:
                        continue  # inside the ring: looked at before
                    for k in range(ptr[across * rows + up], ptr[across * rows + up + 1]):
                        other = in_cells[k]
                        aside, ahead = x - sites[other, 0], y - sites[other, 1]
                        if aside * aside + ahead * ahead > least_2:
                            continue
                        metres = math.hypot(aside, ahead)
                        if metres < least or (metres == least and other < nearest):
                            nearest, least = other, metres
                            least_2 = metres * metres * (1 + 1e-12)  # squares may round to either side
        cm[i] = np.rint(least * 100)
        site[i] = nearest
