"""
Maps as they are drawn: the layers of a county in metres, and one map of them on a matplotlib axes.

The colours are those of the page: a neutral grey ramp for coverage in five fixed classes, the worst one hatched, so
that maps of different dates and services compare, and people, streets and symbols keep the hues to themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from jiujin.analysis.results import Results
from jiujin.network.streets import STREET_CLASSES

RAMP = ("#aeb4bd", "#c5cad1", "#d9dde2", "#ebedf0", "#fafbfc")
RAMP_LABELS = ("0—20%", "20—40%", "40—60%", "60—80%", "80—100%")
NO_RATE = "#ffffff"
HATCH, NO_RATE_HATCH = "////", "..."
UNCOVERED, COVERED = "#5a0f7d", "#8d9399"
WATER, WATER_EDGE = "#d3e6f3", "#9cc3de"
BORDER, TOWNSHIP_BORDER, COUNTY_BORDER = "#8a8f96", "#4d535a", "#1f2328"
STREETS: dict[str, tuple[str, float]] = {
    "main": ("#c98a2b", 1.2),
    "minor": ("#d9b26b", 0.8),
    "residential": ("#b9b3a8", 0.45),
    "service": ("#c9c4ba", 0.3),
    "path": ("#bcb6ab", 0.3),
    "steps": ("#9a6b4f", 0.5),
}
STREET_LABELS = {
    ("main",): "主要道路",
    ("minor",): "次要道路",
    ("residential",): "居住区道路、村路",
    ("path", "service"): "小路、服务道路",
}
"""What the legend calls the classes of streets; the first of several gives the look."""


CRACK_M = 20.0
"""Narrower holes in a county are no enclaves."""

_LINES_TO_A_PATH = 400
_MANY_PIECES = 60_000
_MARGIN = 0.04
_FINEST = 4000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A window of the plane, in metres."""

    west: float
    south: float
    east: float
    north: float

    @staticmethod
    def around(shape: BaseGeometry) -> Extent:
        """Give the window around a shape, with a margin."""
        west, south, east, north = (float(each) for each in shape.bounds)
        margin = _MARGIN * max(east - west, north - south, 100.0)
        return Extent(west=west - margin, south=south - margin, east=east + margin, north=north + margin)

    def to_scale(self, width_m: float, height_m: float) -> tuple[Extent, int]:
        """Widen the window to the paper (its width and height in metres) at a round scale; the scale is 1 to that."""
        needed = max((self.east - self.west) / width_m, (self.north - self.south) / height_m)
        scale = round_scale(needed)
        half_x, half_y = width_m * scale / 2, height_m * scale / 2
        x, y = (self.west + self.east) / 2, (self.south + self.north) / 2
        return Extent(west=x - half_x, south=y - half_y, east=x + half_x, north=y + half_y), scale

    @property
    def box(self) -> BaseGeometry:
        """The window as a rectangle."""
        return shapely.box(self.west, self.south, self.east, self.north)


def round_scale(needed: float) -> int:
    """Least scale in round numbers that is not larger than the paper allows."""
    steps = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10)
    power = 10.0 ** np.floor(np.log10(max(needed, 1.0)))
    return int(next(step * power for step in steps if step * power >= needed * (1 - 1e-9)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayers:
    """
    The layers of a county in metres of its plane, ready to be drawn any number of times.

    `communities` by row of `Results.communities`, `townships` by name in the order of their first community;
    `streets` as lines by class; people and facilities by row.
    """

    communities: NDArray[np.object_]
    townships: dict[str, BaseGeometry]
    county: BaseGeometry
    streets: dict[str, NDArray[np.object_]]
    water: NDArray[np.object_]
    rail: NDArray[np.object_]
    people_x: Floats
    people_y: Floats
    facility_x: Floats
    facility_y: Floats


def map_layers(results: Results) -> MapLayers:
    """Bring everything that maps show into the plane, once."""
    plane = results.plane
    communities = _in_plane(results, results.communities.geometry.to_numpy())
    townships: dict[str, list[BaseGeometry]] = {}
    for name, shape in zip(results.communities["township"].tolist(), communities, strict=True):
        if isinstance(name, str):
            townships.setdefault(name, []).append(shape)
    people, facilities = results.people, results.facilities
    people_x, people_y = plane.project(people["lon"].to_numpy(), people["lat"].to_numpy())
    facility_x, facility_y = plane.project(facilities["lon"].to_numpy(), facilities["lat"].to_numpy())
    return MapLayers(
        communities=communities,
        townships={name: without_cracks(shapely.union_all(shapes)) for name, shapes in townships.items()},
        county=without_cracks(shapely.union_all(communities)),
        streets=_polylines(results),
        water=_in_plane(results, results.surroundings.water),
        rail=_in_plane(results, results.surroundings.rail),
        people_x=people_x,
        people_y=people_y,
        facility_x=facility_x,
        facility_y=facility_y,
    )


def without_cracks(shape: BaseGeometry) -> BaseGeometry:
    """Fill the cracks between communities whose outlines do not quite meet: holes of less than `CRACK_M` across."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    return shapely.union_all(
        [shapely.Polygon(part.exterior, [ring for ring in part.interiors if _is_wide(ring)]) for part in parts]
    )


def _is_wide(hole: shapely.LinearRing) -> bool:
    return not shapely.Polygon(hole).buffer(-CRACK_M / 2).is_empty


def _in_plane(results: Results, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    def project(places: Floats) -> Floats:
        return np.column_stack(results.plane.project(places[:, 0], places[:, 1]))

    if not len(shapes):
        return np.empty(0, object)
    return np.asarray(shapely.transform(np.asarray(shapes, object), project), object)


def _polylines(results: Results) -> dict[str, NDArray[np.object_]]:
    """Join the pieces of each way that follow one another, by class."""
    streets = results.streets
    x, y = results.plane.project(streets.lon, streets.lat)
    start, end = streets.start, streets.end
    goes_on = (streets.way[1:] == streets.way[:-1]) & (start[1:] == end[:-1])
    goes_on &= streets.street_class[1:] == streets.street_class[:-1]
    first = np.flatnonzero(np.concatenate(([True], ~goes_on))[: len(start)])
    vertex = np.insert(end, first, start[first])
    owner = np.repeat(np.arange(first.size), np.diff(first, append=len(start)) + 1)
    lines = np.asarray(shapely.linestrings(x[vertex], y[vertex], indices=owner), object)
    kind = streets.street_class[first]
    return {name: lines[kind == number] for number, name in enumerate(STREET_CLASSES)}


def draw_ground(axes: Any, layers: MapLayers, extent: Extent) -> None:
    """Draw what lies under everything else: water, streets by class, rail."""
    draw_polygons(axes, layers.water, extent, facecolor=WATER, edgecolor=WATER_EDGE, linewidth=0.5, zorder=2)
    drawn = {name: _seen(layers.streets[name], extent) for name in STREETS}
    many = sum(shapely.get_num_coordinates(lines).sum() for lines in drawn.values()) > _MANY_PIECES
    for name in ("service", "path", "residential", "steps", "minor", "main"):
        colour, width = STREETS[name]
        fine = name not in {"main", "minor"}
        _lines(axes, drawn[name], color=colour, linewidth=width, zorder=3, rasterized=many and fine)
    rails = shapely.get_parts(layers.rail)
    _lines(axes, rails, color="#555555", linewidth=1.4, zorder=4)
    _lines(axes, rails, color="#ffffff", linewidth=0.8, linestyle=(0, (6, 6)), zorder=4)


def draw_rates(axes: Any, layers: MapLayers, extent: Extent, rates: Sequence[float | None]) -> None:
    """Fill each community by its rate in five fixed classes, the worst hatched; white where there is no rate."""
    place = [_class_of(rate) for rate in rates]
    for number, colour in enumerate((*RAMP, NO_RATE)):
        wanted = number if number < len(RAMP) else -1
        shapes = layers.communities[np.array([each == wanted for each in place], bool)]
        hatch = {0: HATCH, -1: NO_RATE_HATCH}.get(wanted)
        edge = "#8d949e" if hatch else "none"
        look = {"facecolor": colour, "edgecolor": edge, "hatch": hatch, "linewidth": 0.0}
        draw_polygons(axes, shapes, extent, zorder=1, **look)


def _class_of(rate: float | None) -> int:
    if rate is None or np.isnan(rate):
        return -1
    return min(int(rate * len(RAMP)), len(RAMP) - 1)


def draw_borders(axes: Any, layers: MapLayers, extent: Extent) -> None:
    """Draw the borders of communities, townships and the county over the streets."""
    draw_polygons(axes, layers.communities, extent, facecolor="none", edgecolor=BORDER, linewidth=0.4, zorder=5)
    draw_polygons(
        axes, layers.townships.values(), extent, facecolor="none", edgecolor=TOWNSHIP_BORDER, linewidth=1.0, zorder=6
    )
    draw_polygons(axes, [layers.county], extent, facecolor="none", edgecolor=COUNTY_BORDER, linewidth=1.8, zorder=7)


def draw_people(axes: Any, x: Floats, y: Floats, *, colour: str, size: float) -> None:
    """Draw people as small squares, as a picture: a county has tens of thousands."""
    if len(x):
        axes.scatter(x, y, s=size, c=colour, marker="s", linewidths=0, zorder=8, rasterized=True)


def _seen(lines: NDArray[np.object_], extent: Extent) -> NDArray[np.object_]:
    """Lines in the window, without what is finer than the paper shows."""
    bounds = shapely.bounds(lines).reshape(-1, 4)
    inside = (bounds[:, 2] >= extent.west) & (bounds[:, 0] <= extent.east)
    inside &= (bounds[:, 3] >= extent.south) & (bounds[:, 1] <= extent.north)
    finest = (extent.east - extent.west) / _FINEST
    return np.asarray(shapely.simplify(lines[inside], finest, preserve_topology=False), object)


def _lines(axes: Any, lines: NDArray[np.object_], *, color: str, **style: Any) -> None:
    """Draw lines of one look, some hundreds to a path: with a path for each, a page of a city takes seconds."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    places, line = shapely.get_coordinates(lines, return_index=True)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    codes = np.full(len(line), Path.LINETO, np.uint8)
    codes[first] = Path.MOVETO
    cuts = first[_LINES_TO_A_PATH::_LINES_TO_A_PATH]
    paths = [Path(*each) for each in zip(np.split(places, cuts), np.split(codes, cuts), strict=True)]
    if len(first):
        drawn = PathCollection(paths, facecolor="none", edgecolor=color, capstyle="round", **style)
        axes.add_collection(drawn, autolim=False)


def draw_polygons(axes: Any, shapes: Iterable[BaseGeometry], extent: Extent, **style: Any) -> None:
    """Draw the polygons of these shapes; lines among them (rivers) as lines."""
    from matplotlib.collections import PathCollection

    parts = shapely.get_parts(np.array(list(shapes), object))
    parts = parts[shapely.intersects(parts, extent.box)]
    kind = shapely.get_type_id(parts)
    areas = _paths(parts[kind == shapely.GeometryType.POLYGON])
    if areas:
        axes.add_collection(PathCollection(areas, **style), autolim=False)
    lines = parts[kind == shapely.GeometryType.LINESTRING]
    if len(lines):
        _lines(axes, lines, color=style["edgecolor"], linewidth=1.2, zorder=style["zorder"])


def _paths(polygons: NDArray[np.object_]) -> list[Any]:
    """A path for each polygon, its holes cut out."""
    from matplotlib.path import Path

    rings, polygon = shapely.get_rings(polygons, return_index=True)
    places, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(ring), Path.LINETO, np.uint8)
    codes[np.diff(ring, prepend=-1) != 0] = Path.MOVETO
    codes[np.diff(ring, append=-1) != 0] = Path.CLOSEPOLY
    cuts = np.flatnonzero(np.diff(polygon[ring])) + 1
    return (
        [Path(*each) for each in zip(np.split(places, cuts), np.split(codes, cuts), strict=True)] if len(ring) else []
    )
