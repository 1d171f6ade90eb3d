"""
People and facilities brought onto the streets of a study, on each of its walking networks.

A facility that was placed on the map states its street position; where the streets are still the same it is taken as
stated, so that what the page promised is what a build gives. Everything else goes to the nearest street.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import Plane
from jiujin.network.attach import Places, attach, on_chains
from jiujin.network.graph import WalkNetwork
from jiujin.network.streets import Streets, Surroundings

CROSSING_FROM_CM = 100
"""A leg shorter than this stands on the street itself and crosses nothing."""

Masks = NDArray[np.bool_]


def place_people(network: WalkNetwork, plane: Plane, people: pd.DataFrame) -> Places:
    """Attach every person to the nearest position on the nearest street."""
    return attach(network, *plane.project(people["lon"].to_numpy(np.float64), people["lat"].to_numpy(np.float64)))


def place_facilities(network: WalkNetwork, plane: Plane, streets: Streets, facilities: pd.DataFrame) -> Places:
    """Attach every facility; one that states its street position stands there, if that piece is walked here."""
    places = place_people(network, plane, facilities)
    if "street_way" not in facilities or not len(facilities):
        return places
    piece = _stated_pieces(network, streets, facilities)
    stated = piece >= 0
    if not stated.any():
        return places
    at_cm = facilities["street_cm"].to_numpy(np.int32)
    leg_cm = facilities["street_leg_cm"].to_numpy(np.int32)
    own = on_chains(network, np.where(stated, piece, -1).astype(np.int32), at_cm, leg_cm)
    return Places(
        **{
            name: np.where(stated, getattr(own, name), getattr(places, name)).astype(getattr(places, name).dtype)
            for name in Places.__dataclass_fields__
        }
    )


def _stated_pieces(network: WalkNetwork, streets: Streets, facilities: pd.DataFrame) -> NDArray[np.int64]:
    """Piece of the network that each facility states by way and place along it; -1 where it states none of these."""
    way = facilities["street_way"].to_numpy(np.int64)
    first = np.searchsorted(streets.way, way, side="left")
    after = np.searchsorted(streets.way, way, side="right")
    wanted = first + facilities["street_piece"].to_numpy(np.int64)
    known = (way != -1) & (wanted >= first) & (wanted < after)
    here = np.full(streets.way.size, -1, np.int64)
    here[network.piece_of[network.kept]] = np.flatnonzero(network.kept)
    piece = np.full(len(way), -1, np.int64)
    piece[known] = here[wanted[known]]
    at_cm = facilities["street_cm"].to_numpy(np.int64)
    fits = (piece >= 0) & (at_cm >= 0) & (at_cm <= network.length_cm[np.maximum(piece, 0)])
    return np.where(fits, piece, -1)


def crosses_barrier(
    network: WalkNetwork, plane: Plane, people: pd.DataFrame, places: Places, around: Surroundings
) -> Masks:
    """Whether the straight leg from each person to the street crosses water or rail, where the streets show them."""
    crossing = np.zeros(len(people), bool)
    barriers = np.concatenate((around.water, around.rail))
    rows = np.flatnonzero((places.piece >= 0) & (places.leg_cm >= CROSSING_FROM_CM))
    if not len(barriers) or not len(rows):
        return crossing
    piece, t = places.piece[rows], places.t[rows]
    ax, ay = network.x[network.start[piece]], network.y[network.start[piece]]
    bx, by = network.x[network.end[piece]], network.y[network.end[piece]]
    lon, lat = plane.unproject(ax + t * (bx - ax), ay + t * (by - ay))
    home = np.column_stack((people["lon"].to_numpy(np.float64)[rows], people["lat"].to_numpy(np.float64)[rows]))
    legs = shapely.linestrings(np.stack((home, np.column_stack((lon, lat))), axis=1))
    crossed = shapely.STRtree(barriers).query(legs, predicate="intersects")[0]
    crossing[rows[np.unique(crossed)]] = True
    return crossing
