"""
People and facilities brought onto the streets of a study, on each of its walking networks.

A facility that was placed on the map states its street position; where the streets are still the same it is taken as
stated, so that what the page promised is what a build gives. Everything else goes to the nearest street.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.compounds import Compounds, through_gates
from jiujin.caching import Shelf
from jiujin.coordinates import Plane
from jiujin.network.attach import COLUMNS, Places, attach, on_chains
from jiujin.network.graph import WalkNetwork, build_network
from jiujin.network.streets import Streets, Surroundings
from jiujin.study import Study

CROSSING_FROM_CM = 100
"""A leg shorter than this stands on the street itself and crosses nothing."""

Floats = NDArray[np.float64]
Masks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnStreets:
    """
    People and facilities on the walking networks of a study, keyed by whether the network is the step-free one.

    `places` are those of the people, `sites` those of all rows of the facilities frame; `people_xy` and `site_xy` the
    same in plane metres.
    """

    networks: Mapping[bool, WalkNetwork]
    places: Mapping[bool, Places]
    sites: Mapping[bool, Places]
    people_xy: tuple[Floats, Floats]
    site_xy: tuple[Floats, Floats]


def bring_onto_streets(
    study: Study,
    plane: Plane,
    streets: Streets,
    *,
    people: pd.DataFrame,
    facilities: pd.DataFrame,
    compounds: Compounds | None = None,
    shelf: Shelf | None = None,
) -> OnStreets:
    """
    Make the full walking network, and the step-free one when a service asks for it; bring everybody onto them.

    Who lives in one of the `compounds` comes by its gates, and so do the ways to a facility there, whatever street
    position it states. The networks and the people on them are taken from `shelf` where it has them.
    """
    networks, places, people_xy = (shelf or Shelf()).of(
        "ground", None, lambda: _people(study, plane, streets, people, compounds)
    )
    site_xy = _plane_metres(plane, facilities)
    sites = {kind: place_facilities(network, streets, facilities, site_xy) for kind, network in networks.items()}
    degrees = facilities["lon"].to_numpy(np.float64), facilities["lat"].to_numpy(np.float64)
    sites = {kind: behind_walls(places, networks[kind], plane, compounds, degrees) for kind, places in sites.items()}
    return OnStreets(
        networks=networks,
        places=places,
        sites=sites,
        people_xy=people_xy,
        site_xy=site_xy,
    )


def _people(
    study: Study, plane: Plane, streets: Streets, people: pd.DataFrame, compounds: Compounds | None
) -> tuple[dict[bool, WalkNetwork], dict[bool, Places], tuple[Floats, Floats]]:
    kinds = sorted({False} | {service.step_free for service in study.services})
    island_cm = study.walk.island_m * 100
    networks = {kind: build_network(streets, plane, step_free=kind, island_cm=island_cm) for kind in kinds}
    lon, lat = people["lon"].to_numpy(np.float64), people["lat"].to_numpy(np.float64)
    return networks, *homes_on_streets(networks, plane, lon, lat, compounds)


def homes_on_streets(
    networks: Mapping[bool, WalkNetwork], plane: Plane, lon: Floats, lat: Floats, compounds: Compounds | None
) -> tuple[dict[bool, Places], tuple[Floats, Floats]]:
    """Bring places where people live onto the streets, through gates where there are compounds; with their metres."""
    xy = plane.project(lon, lat)
    places = {
        kind: behind_walls(attach(network, *xy), network, plane, compounds, (lon, lat))
        for kind, network in networks.items()
    }
    return places, xy


def behind_walls(
    places: Places, network: WalkNetwork, plane: Plane, compounds: Compounds | None, degrees: tuple[Floats, Floats]
) -> Places:
    """
    Bring those of these places that lie in a compound onto the streets by its gates; without compounds nothing changes.

    `degrees` (lon, lat) say where the places are. Ways within walls are measured between seven decimals of a degree,
    as the page carries them: both find the same.
    """
    if compounds is None or not len(places):
        return places
    xy = plane.project(np.round(degrees[0], 7), np.round(degrees[1], 7))
    return through_gates(places, network, compounds, plane, home=compounds.of(*degrees), xy=xy)


def _plane_metres(plane: Plane, frame: pd.DataFrame) -> tuple[Floats, Floats]:
    return plane.project(frame["lon"].to_numpy(np.float64), frame["lat"].to_numpy(np.float64))


def place_facilities(
    network: WalkNetwork, streets: Streets, facilities: pd.DataFrame, site_xy: tuple[Floats, Floats]
) -> Places:
    """
    Attach every facility; one that states its street position stands there.

    A stated position counts only where it was stated for these very streets (`network_hash`) and on a piece that is
    walked here.
    """
    places = attach(network, *site_xy)
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
            for name in COLUMNS
        }
    )


def _states_position(streets: Streets, facilities: pd.DataFrame) -> Masks:
    """Whether a facility states where on these very streets it stands."""
    if "street_way" not in facilities:
        return np.zeros(len(facilities), np.bool_)
    ours = (facilities["network_hash"] == streets.fingerprint()).to_numpy(np.bool_)
    return np.asarray(ours & (facilities["street_way"].to_numpy(np.int64) != -1), np.bool_)


def _stated_pieces(network: WalkNetwork, streets: Streets, facilities: pd.DataFrame) -> NDArray[np.int64]:
    """Piece of the network that each facility states by way and place along it; -1 where it states none of these."""
    way = facilities["street_way"].to_numpy(np.int64)
    first = np.searchsorted(streets.way, way, side="left")
    after = np.searchsorted(streets.way, way, side="right")
    wanted = first + facilities["street_piece"].to_numpy(np.int64)
    known = _states_position(streets, facilities) & (wanted >= first) & (wanted < after)
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
