"""
Housing compounds with walls: who is inside goes in and out by the gates, and walks straight to them, times 1.15.

A person, or a facility, in a compound may use every gate of it; each walk takes the one that makes it shortest, and a
walk to a facility in one's own compound need not leave it. The contract's one access leg of a point is that of its best
connected gate: 1.15 times the straight way to it, and from there to the nearest street. Points in a compound without
any gate, and all points where a study names no compounds, go to the nearest street. Nobody walks through a compound
who neither lives in it nor goes to a facility there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import Plane
from jiujin.network.attach import COLUMNS, DETOUR_PERCENT, NO_LEG, Doors, Places, attach
from jiujin.network.graph import WalkNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compounds:
    """
    Compounds and their gates, in WGS 84 degrees.

    `areas`: polygons, whoever lives in two of them belongs to the first. `gate_lon`, `gate_lat`, and `gate_of`: the
    compound of each gate, ascending.
    """

    areas: NDArray[np.object_]
    gate_lon: Floats
    gate_lat: Floats
    gate_of: Ints

    def of(self, lon: Floats, lat: Floats) -> Ints:
        """Give the compound that each place lies in, its outline included; -1 where it lies in none."""
        inside = np.full(lon.size, len(self.areas), np.int64)
        homes = np.asarray(shapely.points(np.column_stack((lon, lat))), object)
        area, point = shapely.STRtree(homes).query(self.areas, predicate="intersects")
        np.minimum.at(inside, point, area)
        return np.where(inside < len(self.areas), inside, -1).astype(np.int32)


def through_gates(
    places: Places, network: WalkNetwork, compounds: Compounds, plane: Plane, *, home: Ints, xy: tuple[Floats, Floats]
) -> Places:
    """
    Bring the points in compounds onto the streets by all of their gates; all others stay where they are.

    `home` is the compound of each point (-1: none), `xy` where it is in plane metres. A point's own position is that of
    the gate with the shortest leg (of equal ones the first), the others are its further doors.
    """
    gate_x, gate_y = plane.project(compounds.gate_lon, compounds.gate_lat)
    gates = attach(network, gate_x, gate_y)
    first = np.searchsorted(compounds.gate_of, home, side="left")
    count = np.where(home >= 0, np.searchsorted(compounds.gate_of, home, side="right") - first, 0)
    points = np.flatnonzero(count)
    if not points.size:
        return places
    begin = np.cumsum(count[points]) - count[points]
    point = np.repeat(points, count[points])
    gate = np.arange(point.size) - np.repeat(begin - first[points], count[points])
    inner_m = np.hypot(xy[0][point] - gate_x[gate], xy[1][point] - gate_y[gate])
    leg_cm = np.minimum(np.rint(inner_m * DETOUR_PERCENT).astype(np.int64) + gates.leg_cm[gate], NO_LEG)
    by_leg = np.lexsort((gate, leg_cm, point))
    doors = replace(gates.select(gate[by_leg]), leg_cm=leg_cm[by_leg].astype(np.int32))
    others = np.setdiff1d(np.arange(point.size), begin)
    walled = np.isin(np.arange(len(places)), points)
    own = {}
    for name in COLUMNS:
        own[name] = getattr(places, name).copy()
        own[name][points] = getattr(doors, name)[begin]
    return Places(
        **own,
        doors=Doors(
            owner=point[others].astype(np.int32),
            places=doors.select(others),
            yard=np.where(walled, home, -1).astype(np.int32),
            x=np.where(walled, xy[0], np.nan),
            y=np.where(walled, xy[1], np.nan),
        ),
    )
