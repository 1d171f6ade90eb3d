"""
Where a new site could stand: buildings that are there already, places that an office lists, positions on streets.

Every candidate stands at degrees of seven decimals and is brought onto the street from there, exactly as a build
would bring a facility with these coordinates; so what is promised here is what a build then counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.placing import behind_walls, place_facilities
from jiujin.analysis.residence import community_of
from jiujin.analysis.results import Results
from jiujin.network.attach import Places, attach, on_chains
from jiujin.network.attach import joined as joined_places
from jiujin.network.graph import WalkNetwork
from jiujin.study import Service, SitingQuestion

Floats = NDArray[np.float64]

STREET_CANDIDATES = 10_000
"""More positions on streets than this are not looked at; the spacing grows until they are fewer."""

BUILDING, LISTED, STREET, CENTRE, EXISTING = "building", "listed", "street", "centre", "existing"
"""How a site comes about: in a building of another service, from a list, on open ground, in a community's middle."""

COLUMNS = ("id", "name", "lon", "lat", "kind", "cost", "capacity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """
    Candidates in order: `table` (`id, name, lon, lat, kind, cost, capacity`; ids unique), their `places` on the
    network of the service, `community` (row in the communities, -1 = none).
    """

    table: pd.DataFrame
    places: Places
    community: NDArray[np.int32]

    def __len__(self) -> int:
        """How many candidates."""
        return len(self.table)

    def select(self, which: NDArray[np.integer] | NDArray[np.bool_]) -> Candidates:
        """Take some of them."""
        return Candidates(
            table=self.table.iloc[which if which.dtype != np.bool_ else np.flatnonzero(which)].reset_index(drop=True),
            places=self.places.select(which),
            community=self.community[which],
        )

    def on_network(self, results: Results, step_free: bool) -> Places:
        """Bring the same candidates onto the other walking network."""
        return onto_streets(results, step_free, self.table)


def onto_streets(results: Results, step_free: bool, table: pd.DataFrame) -> Places:
    """Bring the places of a table (`lon`, `lat`) onto a walking network as a build does: out of compounds by gates."""
    degrees = table["lon"].to_numpy(np.float64), table["lat"].to_numpy(np.float64)
    network, plane = results.networks[step_free], results.plane
    return behind_walls(attach(network, *plane.project(*degrees)), network, plane, results.compounds, degrees)


def gather(
    results: Results,
    service: Service,
    question: SitingQuestion,
    *,
    listed: pd.DataFrame | None = None,
    excluded: shapely.Geometry | None = None,
) -> Candidates:
    """
    Find the candidates of a question, those in `excluded` areas (WGS 84) left out.

    `listed` is the table of an office, as `read_candidates` gives it. Without any wish: the buildings of the other
    services, and positions on streets about `spacing_m` apart where people live who have no site within reach.
    Candidates farther from every street than the snap limit are left out.
    """
    if listed is not None:
        table = listed.assign(kind=LISTED, capacity=listed.get("capacity", np.nan))[list(COLUMNS)]
        candidates = _placed(results, service, table, None)
    elif question.candidates is None:
        candidates = joined([_buildings(results, service, None), _on_streets(results, service, question.spacing_m)])
    elif question.candidates == "streets":
        candidates = _on_streets(results, service, question.spacing_m)
    elif question.candidates == "communities":
        candidates = _centres(results, service)
    else:
        candidates = _buildings(results, service, question.candidates)
    usable = candidates.places.leg_cm <= results.study.walk.snap_limit_m * 100
    if excluded is not None and len(candidates):
        inside = shapely.intersects_xy(excluded, candidates.table["lon"], candidates.table["lat"])
        usable &= ~np.asarray(inside, np.bool_)
    return candidates.select(usable)


def existing_sites(results: Results, service: Service) -> Candidates:
    """The sites that the service has, as candidates to be given up or kept."""
    rows = results.access[service.id].sites
    table = _facility_table(results, rows, EXISTING)
    return Candidates(
        table=table,
        places=results.sites[service.step_free].select(rows),
        community=results.facility_community[rows].astype(np.int32),
    )


def _placed(results: Results, service: Service, table: pd.DataFrame, rows: NDArray[np.integer] | None) -> Candidates:
    network, plane = results.networks[service.step_free], results.plane
    if rows is None:
        places = onto_streets(results, service.step_free, table)
    else:
        degrees = table["lon"].to_numpy(np.float64), table["lat"].to_numpy(np.float64)
        places = place_facilities(network, results.streets, results.facilities.iloc[rows], plane.project(*degrees))
        places = behind_walls(places, network, plane, results.compounds, degrees)
    return Candidates(
        table=table.reset_index(drop=True),
        places=places,
        community=np.asarray(community_of(table["lon"], table["lat"], results.communities), np.int32),
    )


def _buildings(results: Results, service: Service, only: str | None) -> Candidates:
    """The counted sites of other services, one per place; `only` those of one service."""
    facilities = results.facilities
    wanted = facilities["counted"].to_numpy(np.bool_) & (facilities["service"] != service.id).to_numpy(np.bool_)
    if only is not None:
        wanted &= (facilities["service"] == only).to_numpy(np.bool_)
    rows = np.flatnonzero(wanted)
    again = facilities.iloc[rows].duplicated(["lon", "lat"]).to_numpy(np.bool_)
    rows = rows[~again]
    return _placed(results, service, _facility_table(results, rows, BUILDING), rows)


def _facility_table(results: Results, rows: NDArray[np.integer], kind: str) -> pd.DataFrame:
    chosen = results.facilities.iloc[rows]
    repeated = chosen["id"].duplicated(keep=False).to_numpy(np.bool_)
    ids = [
        f"{service}:{name}" if twice else str(name)
        for service, name, twice in zip(chosen["service"], chosen["id"], repeated, strict=True)
    ]
    table = chosen[["name", "lon", "lat", "cost", "capacity"]].assign(id=ids, kind=kind)
    return table[list(COLUMNS)].reset_index(drop=True)


def _centres(results: Results, service: Service) -> Candidates:
    """The population point nearest to the middle of the people of each community."""
    home, people = results.residents.community, results.people
    weight = results.residents.group(service.group)
    weight = np.ones(len(home)) if weight is None else weight
    lived = np.flatnonzero((home >= 0) & (weight > 0))
    count = len(results.communities)
    x, y = results.plane.project(people["lon"].to_numpy(np.float64), people["lat"].to_numpy(np.float64))
    total = np.maximum(np.bincount(home[lived], weight[lived], count), 1e-9)
    middle_x = np.bincount(home[lived], weight[lived] * x[lived], count) / total
    middle_y = np.bincount(home[lived], weight[lived] * y[lived], count) / total
    away = np.hypot(x[lived] - middle_x[home[lived]], y[lived] - middle_y[home[lived]])
    order = lived[np.lexsort((lived, away, home[lived]))]
    nearest = order[np.unique(home[order], return_index=True)[1]]
    communities = results.communities.iloc[home[nearest]]
    return _placed(
        results,
        service,
        _new_table(
            communities["code"].tolist(),
            [f"{name}中心" for name in communities["name"]],
            people["lon"].to_numpy(np.float64)[nearest],
            people["lat"].to_numpy(np.float64)[nearest],
            CENTRE,
        ),
        None,
    )


def _new_table(ids: Sequence[str], names: Sequence[str], lon: Floats, lat: Floats, kind: str) -> pd.DataFrame:
    table = pd.DataFrame({"id": list(ids), "name": list(names), "lon": np.round(lon, 7), "lat": np.round(lat, 7)})
    return table.assign(kind=kind, cost=np.nan, capacity=np.nan)


def _on_streets(results: Results, service: Service, spacing_m: int) -> Candidates:
    """A position on a street for every square of the spacing in which somebody lives who has no site within reach."""
    network = results.networks[service.step_free]
    people, access = results.people, results.access[service.id]
    weight = results.residents.group(service.group)
    waiting = ~access.covered & (results.residents.community >= 0)
    waiting &= np.ones(len(waiting), np.bool_) if weight is None else weight > 0
    x, y = results.plane.project(people["lon"].to_numpy(np.float64), people["lat"].to_numpy(np.float64))
    at_x, at_y, on = _along_streets(network, max(spacing_m / 4, 20.0))
    step = float(max(spacing_m, 20))
    while True:
        picked = _one_per_square(at_x, at_y, x[waiting], y[waiting], step)
        if picked.size <= STREET_CANDIDATES:
            break
        step *= 1.25
    lon, lat = results.plane.unproject(at_x[picked], at_y[picked])
    table = _new_table(*_street_names(results, network, on.select(picked), lon, lat), lon, lat, STREET)
    return _placed(results, service, table, None)


def _along_streets(network: WalkNetwork, step_m: float) -> tuple[Floats, Floats, Places]:
    """Positions on all kept pieces, `step_m` apart at most, in the order of the pieces."""
    pieces = np.flatnonzero(network.kept)
    parts = np.maximum(np.ceil(network.length_cm[pieces] / (100 * step_m)).astype(np.int64), 1)
    piece = np.repeat(pieces, parts).astype(np.int32)
    number = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    t = (number + 0.5) / np.repeat(parts, parts)
    start, end = network.start[piece], network.end[piece]
    x = network.x[start] + t * (network.x[end] - network.x[start])
    y = network.y[start] + t * (network.y[end] - network.y[start])
    at_cm = np.rint(t * network.length_cm[piece]).astype(np.int32)
    return x, y, on_chains(network, piece, at_cm, np.zeros(piece.size, np.int32))


def _one_per_square(x: Floats, y: Floats, people_x: Floats, people_y: Floats, step: float) -> NDArray[np.int64]:
    """The position nearest to the middle of the people of each square in which some live; ascending."""
    if not x.size or not people_x.size:
        return np.empty(0, np.int64)
    west, south = min(x.min(), people_x.min()), min(y.min(), people_y.min())
    width = int((max(x.max(), people_x.max()) - west) // step) + 2

    def squares(east: Floats, north: Floats) -> NDArray[np.int64]:
        numbers: NDArray[np.int64] = ((north - south) // step * width + (east - west) // step).astype(np.int64)
        return numbers

    lived, of = np.unique(squares(people_x, people_y), return_inverse=True)
    count = np.bincount(of)
    middle_x, middle_y = np.bincount(of, people_x) / count, np.bincount(of, people_y) / count
    mine = squares(x, y)
    at = np.minimum(np.searchsorted(lived, mine), lived.size - 1)
    able = np.flatnonzero(lived[at] == mine)
    away = np.hypot(x[able] - middle_x[at[able]], y[able] - middle_y[at[able]])
    order = able[np.lexsort((able, np.round(away, 3), at[able]))]
    first = np.unique(at[order], return_index=True)[1]
    picked: NDArray[np.int64] = np.sort(order[first])
    return picked


def _street_names(
    results: Results, network: WalkNetwork, on: Places, lon: Floats, lat: Floats
) -> tuple[list[str], list[str]]:
    """Ids that state the street position, and names that state the community and a number within it."""
    way, piece = network.way[on.piece], network.piece_of[on.piece]
    first = np.searchsorted(results.streets.way, way, side="left")
    ids = [f"w{w}-{p}-{cm}" for w, p, cm in zip(way, piece - first, on.at_cm, strict=True)]
    home = community_of(lon, lat, results.communities)
    seen: dict[int, int] = {}
    names = []
    for community in home.tolist():
        seen[community] = seen.get(community, 0) + 1
        place = results.communities["name"].iloc[community] if community >= 0 else "县界外"
        names.append(f"{place}拟建点{seen[community]}")
    return ids, names


def joined(parts: list[Candidates]) -> Candidates:
    """Candidates one after the other."""
    table = pd.concat([part.table for part in parts if len(part)] or [parts[0].table], ignore_index=True)
    places = joined_places([part.places for part in parts])
    return Candidates(table=table, places=places, community=np.concatenate([part.community for part in parts]))
