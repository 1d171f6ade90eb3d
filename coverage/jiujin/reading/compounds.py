"""
Housing compounds with walls (`[inputs] compounds`): polygons, and the points of their gates.

Gates are a point layer in the same file or in another one; a point belongs to the compound whose outline is nearest,
within 30 metres. A compound without such a point has a gate wherever an inner street or path meets its outline.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.analysis.compounds import Compounds
from jiujin.analysis.coverage_housing import Housing
from jiujin.analysis.residence import community_of
from jiujin.coordinates import Floats, Plane, plane_of
from jiujin.errors import Problem, TableError
from jiujin.network.streets import STREET_CLASSES, Streets
from jiujin.reading.communities import name_in_study
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.study import Study

AT_THE_WALL_M = 30.0
"""A gate farther than this from every outline is no gate of any compound."""

SAME_SHARE = 0.9
"""Outlines of which each has this much in common with the other are one compound, drawn twice."""

_INNER = [STREET_CLASSES.index(name) for name in ("residential", "service", "path", "steps")]
_POLYGONS, _POINTS = (3, 6), (0, 4)


def read_compounds(study: Study, *, streets: Streets | None) -> tuple[Compounds, list[Problem]]:
    """Read the compounds of a study and their gates; raises TableError when a file cannot be read or holds none."""
    problems: list[Problem] = []
    areas, points = [], []
    for path in study.inputs.compounds:
        areas.append(_shapes(path, "areas", study, streets, problems))
        points.append(_shapes(path, "points", study, streets, problems))
    outlines = _whole(np.concatenate(areas)) if areas else np.empty(0, object)
    if not len(outlines):
        raise TableError([*problems, _none(study)])
    west, south, east, north = shapely.total_bounds(outlines)
    plane = plane_of(np.array([west, east]), np.array([south, north]), study.crs)
    gates, owner = _stated(outlines, np.round(shapely.get_coordinates(np.concatenate(points)), 7), plane)
    problems += [_elsewhere(study, int((owner < 0).sum()))] if (owner < 0).any() else []
    gates, owner = gates[owner >= 0], owner[owner >= 0]
    bare = np.setdiff1d(np.arange(len(outlines)), owner)
    found, of_bare = _met(outlines, bare, streets)
    problems.append(_told(study, len(outlines), len(bare), len(np.unique(of_bare))))
    gates, owner = np.concatenate([gates, found]), np.concatenate([owner, of_bare])
    order = np.argsort(owner, kind="stable")
    lon, lat = gates[order].T
    return Compounds(areas=outlines, gate_lon=lon, gate_lat=lat, gate_of=owner[order].astype(np.int32)), problems


def compound_places(study: Study, compounds: Compounds, communities: gpd.GeoDataFrame) -> tuple[Housing, list[Problem]]:
    """See each compound as one home in the middle of it; those in no community and those drawn twice are left out."""
    own = compounds.areas[~_drawn_before(compounds.areas)]
    middle = shapely.point_on_surface(own)
    lon, lat = shapely.get_x(middle), shapely.get_y(middle)
    home = community_of(lon, lat, communities)
    inside, twice = home >= 0, len(compounds.areas) - len(own)
    problems = [_twice(study, twice)] if twice else []
    problems += [] if inside.all() else [_outside(study, int((~inside).sum()), len(own))]
    places = Housing(lon=lon[inside], lat=lat[inside], amount=np.ones(int(inside.sum())), community=home[inside])
    return places, problems


def _drawn_before(outlines: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether an outline is that of an earlier one."""
    this, other = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    earlier = other < this
    this, other = this[earlier], other[earlier]
    larger = np.maximum(shapely.area(outlines[this]), shapely.area(outlines[other]))
    same = shapely.area(shapely.intersection(outlines[this], outlines[other])) >= SAME_SHARE * larger
    return np.isin(np.arange(len(outlines)), this[same])


def _shapes(
    path: Path, wanted: Literal["areas", "points"], study: Study, streets: Streets | None, problems: list[Problem]
) -> NDArray[np.object_]:
    file = name_in_study(study, path)
    frame, declared, met = read_layer(path, file=file, wanted=wanted)
    kinds = _POLYGONS if wanted == "areas" else _POINTS
    frame = frame[np.isin(shapely.get_type_id(frame.geometry.to_numpy()), kinds)]
    if not len(frame):
        return np.empty(0, object)
    place = LayerPlace(study=study, layer="compounds", path=path, file=file, streets=streets)
    frame, moved = placed(frame, declared, place)
    problems += [each for each in (*met, *moved) if each not in problems]
    return np.asarray(frame.geometry.to_numpy(), object)


def _whole(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    """The valid areas of these outlines, their corners at seven decimals of a degree; what has no area is left out."""
    valid = shapely.make_valid(outlines, method="structure", keep_collapsed=False)
    grid = np.asarray(shapely.set_precision(valid, 1e-7), object)
    return np.asarray(grid[shapely.area(grid) > 0], object)


def _stated(outlines: NDArray[np.object_], gates: Floats, plane: Plane) -> tuple[Floats, NDArray[np.int64]]:
    """The compound of each gate point: that of the nearest outline; -1 where none is near."""
    owner = np.full(len(gates), -1, np.int64)
    if len(gates):
        walls = shapely.transform(
            shapely.boundary(outlines), lambda xy: np.column_stack(plane.project(xy[:, 0], xy[:, 1]))
        )
        here = shapely.points(np.column_stack(plane.project(gates[:, 0], gates[:, 1])))
        gate, wall = shapely.STRtree(walls).query_nearest(here, max_distance=AT_THE_WALL_M, all_matches=False)
        owner[gate] = wall
    return gates, owner


def _met(
    outlines: NDArray[np.object_], bare: NDArray[np.int64], streets: Streets | None
) -> tuple[Floats, NDArray[np.int64]]:
    """Where inner streets meet the outlines of these compounds: places in degrees, and whose they are."""
    nothing = np.empty((0, 2)), np.empty(0, np.int64)
    if streets is None or not len(bare):
        return nothing
    inner = np.isin(streets.street_class, _INNER)
    ends = np.stack((streets.start[inner], streets.end[inner]), axis=1)
    if not len(ends):
        return nothing
    lines = np.asarray(shapely.linestrings(np.stack((streets.lon[ends], streets.lat[ends]), axis=2)), object)
    walls = shapely.boundary(outlines[bare])
    wall, line = shapely.STRtree(lines).query(walls, predicate="intersects")
    crossings, of = shapely.get_parts(shapely.intersection(walls[wall], lines[line]), return_index=True)
    single = shapely.get_type_id(crossings) == 0  # a street along the wall is no gate
    places = np.column_stack((bare[wall[of[single]]], np.rint(shapely.get_coordinates(crossings[single]) * 1e7)))
    once = np.unique(places, axis=0)
    return once[:, 1:] / 1e7, once[:, 0].astype(np.int64)


def _told(study: Study, count: int, bare: int, met: int) -> Problem:
    found = f"{count} 个小区：{count - bare} 个有大门点，{met} 个以内部道路与边界相交处为大门，{bare - met} 个没有大门"
    action = "小区内按直线距离×1.15 走到大门，由使全程最短的大门出入"
    return Problem(
        severity="warning" if bare > met else "info", rule="compound_gates", file=_files(study), found=found,
        action=f"{action}；没有大门的小区仍按最近的道路接入" if bare > met else action,
    )  # fmt: skip


def _elsewhere(study: Study, count: int) -> Problem:
    found = f"{count} 个大门点离所有小区边界都超过 {AT_THE_WALL_M:.0f} 米"
    return Problem(
        severity="warning", rule="gate_elsewhere", file=_files(study), found=found, wanted="大门点在小区边界上",
        action="未使用这些点",
    )  # fmt: skip


def _twice(study: Study, count: int) -> Problem:
    found = f"{count} 个小区的范围与前面的小区基本相同（互相重合九成以上）"
    return Problem(
        severity="warning", rule="compound_twice", file=_files(study), found=found, wanted="每个小区只有一个范围面",
        action="计算住宅小区覆盖率时只计一次",
    )  # fmt: skip


def _outside(study: Study, outside: int, count: int) -> Problem:
    found = f"{outside} 个小区（共 {count} 个）的中心不在任何社区（村）范围内"
    return Problem(
        severity="info", rule="compound_outside", file=_files(study), found=found, action="未计入住宅小区覆盖率"
    )


def _none(study: Study) -> Problem:
    return Problem(
        severity="error", rule="no_compounds", file=_files(study), found="没有任何小区范围面",
        wanted="小区范围面图层，可另附大门点图层", action="请换用小区范围图层，或删去 [inputs] 中的 compounds 一行",
    )  # fmt: skip


def _files(study: Study) -> str:
    return "、".join(name_in_study(study, path) for path in study.inputs.compounds)
