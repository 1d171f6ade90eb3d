"""Which county everybody and everything of a province belongs to, and what ground a county's answers rest on."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from jiujin.coordinates import Plane
from jiujin.network.cutting import Reaches

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

DIGITS = {"prefecture": 4, "county": 6, "township": 9}
"""So many leading digits of a statistical code name the unit that a province may be cut into."""

LONGEST_PIECE = 1.6
"""
A way of so many metres leads at most this many times as far in the plane.

Pieces are rounded to the centimetre, and between different vertices (1e-7 degree apart) none within 57 degrees of the
equator is shorter than 0.6 cm: 0.6 to 1.5 cm count as one. The rest is for the scale of the plane, 1.002 at most.
"""


def units_of(codes: pd.Series, digits: int) -> tuple[list[str], Rows]:
    """Units that the first digits of the codes of communities name, in order, and the unit of every community."""
    heads = codes.str.slice(0, digits)
    names = sorted(set(heads))
    number = {name: at for at, name in enumerate(names)}
    return names, heads.map(number).to_numpy(np.int64)


def joined(units: list[str], of_community: Rows, of_person: Rows) -> tuple[list[str], Rows, Rows]:
    """
    Join every unit without anybody to the one before it (the first: the one after it), for nobody walks there.

    Units by name, that of every community and that of every person; communities stay in the order of their codes.
    """
    lived_in = np.bincount(of_person, minlength=len(units)) > 0
    number = np.maximum(np.cumsum(lived_in) - 1, 0)
    names = [name for name, lived in zip(units, lived_in.tolist(), strict=True) if lived]
    return names, number[of_community], number[of_person]


def unit_of_people(people: pd.DataFrame, home: NDArray[np.int32], communities: gpd.GeoDataFrame, unit: Rows) -> Rows:
    """Unit of every person: that of the community, and of the nearest community for who lives in none."""
    of_person = unit[np.maximum(home, 0)]
    nowhere = np.flatnonzero(home < 0)
    if nowhere.size:
        lon, lat = (people[name].to_numpy(np.float64)[nowhere] for name in ("lon", "lat"))
        tree = shapely.STRtree(communities.geometry.to_numpy())
        person, row = tree.query_nearest(shapely.points(lon, lat))
        order = np.lexsort((row, person))  # of communities at the same distance the lower
        first = np.unique(person[order], return_index=True)[1]
        of_person[nowhere] = unit[row[order][first]]
    return of_person


def ground_of(
    reaches: Reaches, people_xy: tuple[Floats, Floats], communities: gpd.GeoDataFrame, plane: Plane, halo_m: float
) -> NDArray[np.bool_]:
    """
    Cells (columns, rows) with everything within `halo_m` of these people and of the boxes of these communities.

    A place outside the grid counts to its edge, from where everything in the grid is as near or nearer.
    """
    ground = np.zeros(reaches.shape, np.uint8)
    ground[reaches.cells(*people_xy)] = 1
    boxes = shapely.bounds(communities.geometry.to_numpy())
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    west, south, east, north = boxes.T
    corners = [plane.project(lon, lat) for lon in (west, east) for lat in (south, north)]
    x, y = (np.stack([corner[axis] for corner in corners]) for axis in (0, 1))
    (left, low), (right, high) = (
        reaches.cells(x.min(axis=0), y.min(axis=0)),
        reaches.cells(x.max(axis=0), y.max(axis=0)),
    )
    for a, b, c, d in zip(left.tolist(), low.tolist(), right.tolist(), high.tolist(), strict=True):
        ground[a : c + 1, b : d + 1] = 1
    rings = int(np.ceil(halo_m / reaches.cell)) + 1
    return np.asarray(maximum_filter(ground, 2 * rings + 1, mode="constant"), np.bool_)
