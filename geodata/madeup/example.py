"""The example study: a made-up county of about 411,000 people, drawn, settled, filed and written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from scipy.spatial import cKDTree

from .country import Settlements, build_country
from .curves import Floats
from .drawing import Drawing, Joined, Tags, join, simplified, with_curves
from .names import COUNTY, TOWNSHIPS
from .offices import Site, canteens, health_centres, party_centres, plan_tables, rukang_homes
from .people import POINTS, Community, People, divide, settle
from .seat import Seat, build_seat
from .study_text import STUDY, TARGETS
from .terrain import Terrain, bend, degrees, draw_terrain, without_ponds_near
from .workbook import write_ledger
from .write import OsmFile, write_communities, write_csv, write_outline, write_population

SEED = 20231231
ROAD_DEAR = {"trunk": 14.0, "primary": 14.0, "secondary": 6.0, "tertiary": 5.0}
"""How dear it is for a community to reach across a road of this class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """Everything about the made-up county before it is written."""

    terrain: Terrain
    seat: Seat
    settled: Settlements
    streets: Joined
    communities: list[Community]
    people: People
    ledgers: dict[str, list[Site]]
    tables: dict[str, list[list[object]]]


def make_county(seed: int = SEED, *, points: int = POINTS, within_m: float = 0.8) -> County:
    """
    Make the county; each part has its own stream of chance, so that changing one leaves the others alone.

    At most `points` doors are population points (it has some 35,000); the streets keep to `within_m` of their curves.
    """
    chance = [np.random.default_rng([seed, part]) for part in range(7)]
    terrain, drawing = draw_terrain(chance[0]), Drawing()
    seat = build_seat(chance[1], drawing)
    settled = build_country(chance[2], drawing, terrain, seat.footprint, np.array(seat.exits))
    roads = shapely.MultiLineString(
        [line for line, tags, crosses in drawing.lines if crosses or tags["highway"] in ROAD_DEAR]
    )
    terrain = without_ponds_near(terrain, roads)
    streets = join(drawing, terrain.water, shapely.LineString(terrain.rail).buffer(11))
    communities = divide(chance[3], terrain, seat, settled, _walls(terrain, seat, drawing))
    people = settle(chance[4], terrain, seat, settled, communities, points=points)
    ledgers = {
        "party_centre": party_centres(chance[5], communities, people),
        "elderly_canteen": canteens(chance[5], communities, people, _abroad(terrain, settled)),
        "rukang_home": rukang_homes(chance[5], communities, people),
        "health_centre": health_centres(chance[5], communities, people),
    }
    return County(
        terrain=terrain,
        seat=seat,
        settled=settled,
        streets=_finished(streets, np.array(seat.gates), within_m),
        communities=communities,
        people=people,
        ledgers=ledgers,
        tables=plan_tables(chance[6], communities),
    )


def write_example(county: County, folder: Path, seed: int = SEED) -> None:
    """Write the study into this folder."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    outline = shapely.coverage_union_all([place.shape for place in county.communities])
    write_communities(folder / "communities.gpkg", county.communities)
    write_outline(folder / "county.geojson", outline, COUNTY)
    write_population(folder / "population.csv", county.communities, county.people)
    write_ledger(np.random.default_rng([seed, 99]), folder / "facilities.xlsx", county.ledgers)
    _write_streets(folder / "streets.osm.pbf", county)
    for stem, rows in county.tables.items():
        write_csv(folder / "tables" / f"{stem}.csv", rows, bom=True)
    (folder / "study.toml").write_text(STUDY, "utf-8", newline="\n")
    (folder / "targets.toml").write_text(TARGETS, "utf-8", newline="\n")


def _walls(terrain: Terrain, seat: Seat, drawing: Drawing) -> list[tuple[Floats, float]]:
    walls = [(line, 14.0) for line in seat.arterials] + [(line, 13.0) for line in seat.streets]
    roads = [(line, ROAD_DEAR[tags["highway"]]) for line, tags, _ in drawing.lines if tags["highway"] in ROAD_DEAR]
    brooks = [(line, 18.0) for line in terrain.brooks]
    return [*roads, *walls, (terrain.motorway, 12.0), *brooks, (terrain.rail, 25.0), (terrain.river, 60.0)]


def _abroad(terrain: Terrain, settled: Settlements) -> tuple[float, float]:
    """The largest hamlet between 500 m and 2 km beyond the border: a door there, in degrees."""
    away = shapely.distance(terrain.outline, shapely.points(settled.middle))
    outside = [k for k in range(settled.towns, len(away)) if 500 < away[k] < 2000 and len(settled.doors[k])]
    number = max(outside, key=lambda k: len(settled.doors[k]))
    doors = settled.doors[number]
    door = doors[np.argmin(np.hypot(*(doors - settled.middle[number]).T))]
    lon, lat = degrees(door[None])[0]
    return round(float(lon), 6), round(float(lat), 6)


def _finished(streets: Joined, gates: Floats, within_m: float) -> Joined:
    """Bend the streets and leave out what no line needs; gates stay."""
    curved = with_curves(streets, 30.0)
    _, kept = cKDTree(curved.xy).query(gates)
    return simplified(Joined(xy=bend(curved.xy), ways=curved.ways), within_m, kept)


def _write_streets(path: Path, county: County) -> None:
    """Number vertices in the order of the ways, then everything else that a map of the county shows."""
    streets = county.streets
    used = np.concatenate([nodes for nodes, _ in streets.ways])
    first = np.sort(np.unique(used, return_index=True)[1])
    order = used[first]
    number = np.zeros(len(streets.xy), np.int64)
    number[order] = np.arange(1, len(order) + 1)
    tagged = _gates(county, streets.xy, order)
    file = OsmFile(path)
    for vertex, (lon, lat) in zip(order.tolist(), _placed(streets.xy[order]), strict=True):
        file.node(int(number[vertex]), lon, lat, tagged.get(vertex))
    total = len(order)
    for lon, lat, tags in _places(county):
        total += 1
        file.node(total, lon, lat, tags)
    shapes = [(nodes.tolist(), tags) for nodes, tags in _around(county)]
    rings = []
    for points, tags in shapes:
        closed = points[0] == points[-1]
        lonlat = degrees(np.array(points[:-1] if closed else points))
        rings.append(([*range(total + 1, total + 1 + len(lonlat)), *([total + 1] if closed else [])], tags))
        for lon, lat in lonlat.tolist():
            total += 1
            file.node(total, lon, lat)
    for nodes, tags in streets.ways:
        file.way(number[nodes].tolist(), tags)
    for nodes, tags in rings:
        file.way(nodes, tags)
    file.close()


def _placed(bent: Floats) -> list[list[float]]:
    from .terrain import CENTRE, PLANE  # bent already: only the plane is left

    lon, lat = PLANE.unproject(bent[:, 0] + CENTRE[0], bent[:, 1] + CENTRE[1])
    return np.round(np.column_stack([lon, lat]), 7).tolist()


def _gates(county: County, bent: Floats, order: np.ndarray) -> dict[int, Tags]:
    _, near = cKDTree(bent[order]).query(bend(np.array(county.seat.gates)))
    return {int(vertex): {"barrier": "gate"} for vertex in order[near]}


def _places(county: County) -> list[tuple[float, float, Tags]]:
    """Names on the map: the county seat, the towns, the villages."""
    named = [(np.array([0.0, 250.0]), {"place": "town", "name": f"{COUNTY}城"})]
    for (digits, name), at in zip(TOWNSHIPS[3:], county.settled.middle, strict=False):
        named.append((at, {"place": "town" if digits < "200" else "village", "name": name[:-1]}))
    for place in county.communities:
        kind = "neighbourhood" if place.urban_committee else "village"
        named.append(
            (np.array(place.middle), {"place": kind, "name": place.name.removesuffix("社区").removesuffix("村")})
        )
    lonlat = degrees(np.array([at for at, _ in named])).tolist()
    return [(lon, lat, tags) for (lon, lat), (_, tags) in zip(lonlat, named, strict=True)]


def _around(county: County) -> list[tuple[Floats, Tags]]:
    """Water, railway, motorway and houses, as lines and rings on paper."""
    land = county.terrain
    frame = land.outline.buffer(2500)
    found: list[tuple[Floats, Tags]] = []
    for shapes, tags in (
        (land.banks, {"natural": "water", "water": "river"}),
        (land.lakes, {"natural": "water", "water": "reservoir"}),
        (land.ponds, {"natural": "water", "water": "pond"}),
    ):
        for part in shapely.get_parts(shapely.intersection(shapes, frame)):
            found += [
                (shapely.get_coordinates(one.exterior.simplify(1.5)), tags)
                for one in shapely.get_parts(part)
                if one.geom_type == "Polygon"
            ]
    names = ("示例河", "北溪", "南溪")
    lines = [
        (line, {"waterway": "river" if k == 0 else "stream", "name": names[k]})
        for k, line in enumerate((land.river, *land.brooks))
    ]
    lines += [
        (land.rail, {"railway": "rail", "name": "示例铁路"}),
        (land.motorway, {"highway": "motorway", "ref": "S99", "name": "示例高速"}),
    ]
    for line, tags in lines:
        found += [
            (shapely.get_coordinates(one), tags)
            for one in shapely.get_parts(shapely.LineString(line).simplify(0.8).intersection(frame))
        ]
    return found + [(ring, {"building": "apartments"}) for ring in county.seat.buildings]
