"""
Outlines for villages that have only a point: the ground nearer to it than to any other, marked 示意界线.

They are drawn inside the township where the boundary layer has it, else inside the county, and leave alone whatever
has an outline of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import MultiPoint

from jiujin.coordinates import Plane, plane_of
from jiujin.errors import Problem
from jiujin.reading.values import normal_township

ROOM_M = 1000.0
"""How far beyond the outermost points a county reaches whose outline nobody gave."""


def sketched(
    units: pd.DataFrame, drawn: NDArray[np.object_], regions: gpd.GeoDataFrame | None, crs: str
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """
    Give every unit with `lon`, `lat` an outline around its point; those that get none are listed and left out.

    `drawn` are outlines that exist; `regions` the boundary layer (`township`, geometry), None where there is none.
    All degrees are WGS 84; nearness is measured in the study's plane.
    """
    units = units.sort_values(["lon", "lat", "name", "row"], kind="stable").reset_index(drop=True)
    lon, lat = units["lon"].to_numpy(np.float64), units["lat"].to_numpy(np.float64)
    plane = plane_of(lon, lat, crs)
    x, y = plane.project(lon, lat)
    taken = shapely.union_all(_flat(drawn, plane)) if len(drawn) else None
    shapes = np.full(len(units), None, object)
    for area, rows in _areas(units, np.column_stack([x, y]), regions, plane):
        near = rows[shapely.dwithin(area, shapely.points(x[rows], y[rows]), ROOM_M)]
        shapes[near] = _cells(x[near], y[near], area if taken is None else _left_of(area, taken))
    problems = _lost(units, shapes)
    kept = ~shapely.is_missing(shapes)
    whole = shapely.transform(shapes[kept], lambda xy: np.column_stack(plane.unproject(xy[:, 0], xy[:, 1])))
    made = gpd.GeoDataFrame(units[kept].drop(columns=["lon", "lat"]), geometry=shapely.make_valid(whole), crs=4326)
    if len(made):
        problems.insert(0, _told(made))
    return made.assign(sketch=True), problems


def _areas(
    units: pd.DataFrame, xy: NDArray[np.float64], regions: gpd.GeoDataFrame | None, plane: Plane
) -> list[tuple[shapely.Geometry, NDArray[np.int64]]]:
    """The areas to divide, each with the rows that share it: townships that have an outline, then the rest."""
    if regions is None:
        around = MultiPoint(xy).convex_hull.buffer(ROOM_M)
        return [(around, np.arange(len(units)))]
    flat = _flat(regions.geometry.to_numpy(), plane)
    towns = _towns(regions["township"])
    mine = _towns(units["township"])
    points = np.asarray(shapely.points(xy[:, 0], xy[:, 1]), object)
    named = np.isin(mine, towns[towns != ""])
    areas: list[tuple[shapely.Geometry, NDArray[np.int64]]] = []
    areas += [
        (shapely.union_all(flat[towns == town]), np.flatnonzero(mine == town))
        for town in sorted(set(mine[named].tolist()))
    ]
    # a township that the boundary layer does not know: the area that the point lies in
    at, region = shapely.STRtree(flat).query(points, predicate="intersects")
    for number in np.unique(region).tolist():
        rows = np.setdiff1d(at[region == number], np.flatnonzero(named))
        if len(rows):
            areas.append((flat[number], rows))
    return areas


def _towns(names: pd.Series) -> NDArray[np.object_]:
    return np.array([normal_township(name) if isinstance(name, str) else "" for name in names], object)


def _left_of(area: shapely.Geometry, taken: shapely.Geometry) -> shapely.Geometry:
    """The area without what is taken, and without the hair-thin strips along borders that nearly agree."""
    left = shapely.difference(area, taken)
    return shapely.buffer(shapely.buffer(left, -1.0, join_style="mitre"), 1.0, join_style="mitre")


def _cells(x: NDArray[np.float64], y: NDArray[np.float64], area: shapely.Geometry) -> NDArray[np.object_]:
    """The part of an area nearest to each point; None for a point that repeats another or has no part of it."""
    cells = np.full(len(x), None, object)
    first = np.sort(np.unique(np.column_stack([x, y]), axis=0, return_index=True)[1])
    if shapely.is_empty(area):
        return cells
    if len(first) == 1:
        cells[first] = area
        return cells
    points = np.asarray(shapely.points(x[first], y[first]), object)
    together = MultiPoint(np.column_stack([x[first], y[first]]))
    near = shapely.get_parts(shapely.voronoi_polygons(together, extend_to=area))
    at, cell = shapely.STRtree(near).query(points, predicate="within")
    for point, of in zip(at.tolist(), cell.tolist(), strict=True):
        parts = shapely.get_parts(shapely.intersection(near[of], area))
        polygons = parts[shapely.get_type_id(parts) == 3]
        if len(polygons):
            cells[first[point]] = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
    return cells


def _flat(shapes: Sequence[shapely.Geometry] | NDArray[np.object_], plane: Plane) -> NDArray[np.object_]:
    def moved(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(plane.project(vertices[:, 0], vertices[:, 1]))

    return np.asarray(shapely.make_valid(shapely.transform(np.asarray(shapes, object), moved)), object)


def _lost(units: pd.DataFrame, shapes: NDArray[np.object_]) -> list[Problem]:
    return [
        Problem(
            severity="error", rule="no_sketch", file=str(units["file"].iloc[row]), row=int(units["row"].iloc[row]),
            found=f"{units['name'].iloc[row] or units['code'].iloc[row]} 的村点与别的村点重合，或不在县界内",
            wanted="县界内各不相同的村点", action="没有为它划示意界线，未使用",
        )
        for row in np.flatnonzero(shapely.is_missing(shapes)).tolist()
    ]  # fmt: skip


def _told(made: gpd.GeoDataFrame) -> Problem:
    names = "、".join(str(name) for name in made["name"].iloc[:10])
    return Problem(
        severity="warning", rule="sketched_outline", file=str(made["file"].iloc[0]),
        found=f"{len(made)} 个社区（村）没有范围，只有村点：{names}{'等' if len(made) > 10 else ''}",
        wanted="行政村（社区）界", action="按离村点最近划出示意界线，图表中注明",
    )  # fmt: skip
