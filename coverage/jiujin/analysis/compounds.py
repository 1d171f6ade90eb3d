"""
Housing compounds with walls: who lives inside goes in and out by a gate, and walks straight to it, times 1.15.

The contract gives every person one position on the streets. Here it is that of one gate, the one with the shortest leg:
1.15 times the straight way to the gate, and from there to the nearest street. A person with several gates may have a
shorter walk through another one; that is not searched for. Facilities stand where they stand: at the nearest street.
People in a compound without any gate, and everybody where a study names no compounds, go to the nearest street.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import Plane
from jiujin.network.attach import NO_LEG, Places, attach
from jiujin.network.graph import WalkNetwork

DETOUR_PERCENT = 115
"""A walk inside a compound, in percent of the straight way."""

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
    Bring the people who live in compounds onto the streets by their gates; all others stay where they are.

    `home` is the compound of each person (-1: none), `xy` where they live in plane metres. Of gates with equal legs the
    first one is taken.
    """
    gate_x, gate_y = plane.project(compounds.gate_lon, compounds.gate_lat)
    gates = attach(network, gate_x, gate_y)
    first = np.searchsorted(compounds.gate_of, home, side="left")
    count = np.where(home >= 0, np.searchsorted(compounds.gate_of, home, side="right") - first, 0)
    people = np.flatnonzero(count)
    if not people.size:
        return places
    begin = np.cumsum(count[people]) - count[people]
    person = np.repeat(people, count[people])
    gate = np.arange(person.size) - np.repeat(begin - first[people], count[people])
    inner_m = np.hypot(xy[0][person] - gate_x[gate], xy[1][person] - gate_y[gate])
    leg_cm = np.rint(inner_m * DETOUR_PERCENT).astype(np.int64) + gates.leg_cm[gate]
    best = np.lexsort((gate, leg_cm, person))[begin]
    chosen = gates.select(gate[best])
    chosen = replace(chosen, leg_cm=np.minimum(leg_cm[best], NO_LEG).astype(np.int32))
    moved = {}
    for field in fields(Places):
        moved[field.name] = getattr(places, field.name).copy()
        moved[field.name][people] = getattr(chosen, field.name)
    return Places(**moved)
