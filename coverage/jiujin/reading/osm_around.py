"""
What an OpenStreetMap extract shows beside the streets: water, railways, buildings and named places.

Lakes and rivers that consist of several ways (multipolygons) are put together from the members that the extract holds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from jiujin.network.streets import Surroundings
from jiujin.reading.osm_lines import Lines, Locations, OsmFile, objects
from jiujin.reading.walkable import SQUARES, Tags

AROUND_KEYS = ("waterway", "natural", "landuse", "railway", "building")
_WATER_LINES = frozenset({"river", "canal", "stream"})
_WATER_AREAS = {
    "natural": frozenset({"water"}),
    "waterway": frozenset({"riverbank", "dock"}),
    "landuse": frozenset({"reservoir", "basin"}),
}
_RAILWAYS = frozenset({"rail", "light_rail", "narrow_gauge"})
_PLACES = frozenset({"city", "borough", "town", "suburb", "quarter", "neighbourhood", "village", "hamlet"})
Shapes = NDArray[np.object_]


def kind_around(tags: Tags) -> str | None:
    """What a way is to someone on foot: `water_area`, `water_line`, `rail`, `building`, or nothing of these."""
    if any(tags.get(key) in values for key, values in _WATER_AREAS.items()):
        return "water_area"
    is_tunnel = tags.get("tunnel") not in {None, "no"}
    if not is_tunnel and (tags.get("waterway") in _WATER_LINES or tags.get("natural") == "coastline"):
        return "water_line"
    if not is_tunnel and tags.get("railway") in _RAILWAYS:
        return "rail"
    return "building" if tags.get("building") not in {None, "no"} else None


class Around:
    """The lines around the streets, by kind, and the areas made of several ways."""

    def __init__(self, locations: Locations) -> None:
        self.squares: set[int] = set()
        self._lines = {kind: Lines(locations) for kind in ("water_area", "water_line", "rail", "building")}
        self._members = Lines(locations)
        self._areas: dict[int, tuple[str, list[int]]] = {}
        self._seen: set[int] = set()

    def add(self, way: Any, kind: str) -> None:
        """Take in one way, once, whichever files hold it."""
        if way.id not in self._seen:
            self._seen.add(way.id)
            self._lines[kind].add(way)

    def read_areas(self, file: OsmFile) -> None:
        """Find the multipolygons of water, buildings and squares, and which ways they are made of."""
        keyed = osmium.filter.KeyFilter("highway", *AROUND_KEYS)
        for relation in objects(file, osmium.osm.RELATION, keyed):
            tags = relation.tags
            if tags.get("type") != "multipolygon":
                continue
            members = [member.ref for member in relation.members if member.type == "w"]
            kind = kind_around(tags)
            if tags.get("highway") in SQUARES:
                self.squares.update(members)
            elif kind in {"water_area", "building"}:
                self._areas.setdefault(relation.id, (kind, members))

    @property
    def wanted(self) -> set[int]:
        """Ids of the ways that areas and squares are made of."""
        return self.squares.union(*(members for _, members in self._areas.values()))

    def add_member(self, way: Any) -> None:
        """Take in one way of an area."""
        self._members.add(way)

    def surroundings(self, files: list[OsmFile]) -> Surroundings:
        """Everything gathered, as shapes."""
        water_areas, water_banks = _polygons(self._lines["water_area"])
        buildings, _ = _polygons(self._lines["building"])
        lakes, shores, blocks = self._assembled()
        water_lines, _ = self._lines["water_line"].shapes()
        rail, _ = self._lines["rail"].shapes()
        return Surroundings(
            water=np.concatenate([water_areas, lakes, water_banks, shores, water_lines]),
            rail=rail,
            buildings=np.concatenate([buildings, blocks]),
            places=_places(files),
        )

    def _assembled(self) -> tuple[Shapes, Shapes, Shapes]:
        """Lakes, shores of lakes that do not close within the extract, and buildings made of several ways."""
        lines, ids = self._members.shapes()
        lines_of: dict[int, list[Any]] = {}
        for line, way in zip(lines, ids.tolist(), strict=True):
            lines_of.setdefault(way, []).append(line)
        lakes, shores, blocks = [], [], []
        for _, (kind, members) in sorted(self._areas.items()):
            parts = [line for member in dict.fromkeys(members) for line in lines_of.get(member, ())]
            area = shapely.build_area(shapely.GeometryCollection(parts))
            if kind == "building":
                blocks += [] if area.is_empty else [area]
            elif area.is_empty:
                shores += parts
            else:
                lakes.append(area)
        return _shapes(lakes), _shapes(shores), _shapes(blocks)


def _polygons(lines: Lines) -> tuple[Shapes, Shapes]:
    """Closed lines as polygons; the others as they are."""
    shapes, _ = lines.shapes()
    if not len(shapes):
        return shapes, shapes
    is_closed = shapely.is_closed(shapes) & (shapely.get_num_coordinates(shapes) >= 4)
    vertices, ring = shapely.get_coordinates(shapes[is_closed], return_index=True)
    polygons = shapely.polygons(shapely.linearrings(vertices, indices=ring)) if len(ring) else _shapes([])
    return np.asarray(polygons, object), shapes[~is_closed]


def _shapes(listed: list[Any]) -> Shapes:
    shapes = np.empty(len(listed), object)
    shapes[:] = listed
    return shapes


def _places(files: list[OsmFile]) -> tuple[tuple[float, float, str, str], ...]:
    places: dict[int, tuple[float, float, str, str]] = {}
    for file in files:
        for node in objects(file, osmium.osm.NODE, osmium.filter.KeyFilter("place")):
            rank, name = node.tags.get("place"), node.tags.get("name")
            if rank in _PLACES and name and node.location.valid():
                places[node.id] = (node.location.lon, node.location.lat, name, rank)
    return tuple(places[key] for key in sorted(places))
