"""
Polygons of communities as they can be used: valid, flat, one shape to a code; overlaps told with their area.

Nothing is moved to make neighbours fit: where polygons overlap both stay as drawn, and a person there belongs to the
lower code.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import plane_of
from jiujin.errors import Problem
from jiujin.reading.communities_units import same_name

SLIVER_M2 = 10.0
OVERLAP_M2 = 10.0
LISTED = 50
"""As many single overlaps as are listed beneath their number."""

_SNAP = 1e-9
_POLYGON, _MULTIPOLYGON = 3, 6


def repaired(units: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """
    Make every shape a valid (multi)polygon, or None where nothing of a polygon is left; each repair is listed.

    Parts under 10 square metres beside a larger one are splinters of digitising and go.
    """
    shapes = units.geometry.to_numpy().copy()
    problems: list[Problem] = []
    filled = ~shapely.is_missing(shapes)
    for row in np.flatnonzero(filled & ~shapely.is_valid(shapes)).tolist():
        reason = str(shapely.is_valid_reason(shapes[row]))
        shapes[row] = _valid(shapes[row])
        problems.append(_about(units, row, "invalid_polygon", f"图形有错（{reason}）", "已自动修复，请核对边界"))
    kinds = shapely.get_type_id(shapes)
    for row in np.flatnonzero(filled & ((kinds != _POLYGON) | shapely.is_empty(shapes))).tolist():
        parts = _polygons(shapes[row])
        kept, dropped = _without_splinters(parts, float(np.nan_to_num(shapely.bounds(shapes[row])[1])))
        if not len(kept):
            problems.append(_about(units, row, "no_polygon", "图形不是面", "该图形不能用作范围"))
        elif dropped:
            problems.append(_about(units, row, "splinters", f"有 {dropped} 块不足 10 平方米的碎面", "已去掉碎面"))
        shapes[row] = None if not len(kept) else kept[0] if len(kept) == 1 else _valid(shapely.multipolygons(kept))
    return units.set_geometry(gpd.GeoSeries(shapes, units.index, crs=4326)), problems


def one_to_a_code(units: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """
    Join the features that share a code and a name into one; tell apart those that share a code and not the name.

    Of the latter the one whose name comes first keeps the code, the others are counted under `code#2`, `code#3`, ….
    """
    shared = units["code"].duplicated(keep=False)
    problems: list[Problem] = []
    kept: list[gpd.GeoDataFrame] = [units[~shared]]
    for code, group in units[shared].groupby("code", sort=True):
        kept += _of_one_code(str(code), gpd.GeoDataFrame(group, crs=4326), problems)
    whole = gpd.GeoDataFrame(pd.concat(kept), geometry="geometry", crs=4326)
    return whole.sort_values("code", kind="stable").reset_index(drop=True), problems


def _of_one_code(code: str, units: gpd.GeoDataFrame, problems: list[Problem]) -> list[gpd.GeoDataFrame]:
    """The features of one code as one row for each name, in an order that the file's order does not change."""
    marked = units.assign(_name=units["name"].map(same_name), _shape=units.geometry.to_wkb(hex=True))
    ordered = marked.sort_values(["_name", "_shape"], kind="stable")
    made: list[gpd.GeoDataFrame] = []
    for number, (_, group) in enumerate(ordered.groupby("_name", sort=True), start=1):
        unit = gpd.GeoDataFrame(group.iloc[[0]].drop(columns=["_name", "_shape"]), crs=4326)
        if number > 1:
            unit["code"] = f"{code}#{number}"
            problems.append(_twice(group, code, str(ordered["name"].iloc[0]), f"{code}#{number}"))
        if len(group) > 1:
            union, problem = _joined(group)
            unit = unit.set_geometry(gpd.GeoSeries([union], unit.index, crs=4326))
            problems.append(problem)
        made.append(unit)
    return made


def overlaps(communities: gpd.GeoDataFrame, crs: str) -> list[Problem]:
    """List the pairs of communities that lie over one another, largest first, with the area; equal shapes apart."""
    shapes = communities.geometry.to_numpy()
    if len(shapes) < 2:
        return []
    flat = _in_plane(shapes, crs)
    tree = shapely.STRtree(flat)
    first, second = tree.query(flat, predicate="intersects")
    first, second = first[first < second], second[first < second]
    # neighbours that only touch share no inside: most pairs end here
    inside = shapely.relate_pattern(flat[first], flat[second], "T********")
    first, second = first[inside], second[inside]
    shared = shapely.area(shapely.intersection(flat[first], flat[second]))
    large = shared > OVERLAP_M2
    first, second, shared = first[large], second[large], shared[large]
    if not len(shared):
        return []
    order = np.lexsort((second, first, -shared))
    whole = Problem(
        severity="warning", rule="overlapping_polygons", file=str(communities["file"].iloc[first[order[0]]]),
        found=f"{len(shared)} 对社区（村）范围相互重叠，共 {shared.sum():,.0f} 平方米",
        wanted="范围互不重叠", action="重叠处的人口归编码较小的一方",
    )  # fmt: skip
    return [whole, *(_pair(communities, first[at], second[at], float(shared[at])) for at in order[:LISTED])]


def _pair(communities: gpd.GeoDataFrame, first: int, second: int, shared: float) -> Problem:
    shapes = communities.geometry
    equal = shapely.equals(shapes.iloc[first], shapes.iloc[second])
    said = "范围完全相同" if equal else f"重叠 {shared:,.0f} 平方米"
    return _about(
        communities, second, "duplicate_polygon" if equal else "overlapping_polygons",
        f"与 {communities['name'].iloc[first]}（{communities['code'].iloc[first]}）{said}",
        "请核对两者的边界",
    )  # fmt: skip


def _valid(shape: Any) -> Any:
    """Make a shape valid; what the first repair leaves crossed by rounding is snapped to a tenth of a millimetre."""
    if shapely.is_valid(shape):
        return shape
    mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    return (
        mended if shapely.is_valid(mended) else shapely.union_all(_polygons(shapely.make_valid(shape)), grid_size=_SNAP)
    )


def _polygons(shape: Any) -> NDArray[np.object_]:
    """The polygons in a shape of any kind, however deep they lie."""
    parts = shapely.get_parts(shape)
    parts = parts[~shapely.is_empty(parts)]
    while (shapely.get_type_id(parts) > _POLYGON).any():
        parts = shapely.get_parts(parts)
    return np.asarray(parts[shapely.get_type_id(parts) == _POLYGON], object)


def _without_splinters(parts: NDArray[np.object_], lat: float) -> tuple[NDArray[np.object_], int]:
    """Parts large enough to be meant; where all are tiny, all."""
    square_m = shapely.area(parts) * 111_320.0**2 * np.cos(np.radians(lat))
    large = square_m >= SLIVER_M2
    if not large.any():
        return parts, 0
    return parts[large], int((~large).sum())


def _joined(group: gpd.GeoDataFrame) -> tuple[Any, Problem]:
    shapes = group.geometry.to_numpy()
    shapes = shapes[~shapely.is_missing(shapes)]
    repeated = len(shapes) > 1 and all(shapely.equals(shapes[0], other) for other in shapes[1:])
    said = "重复了" if repeated else "分成了"
    union = shapely.union_all(shapes) if len(shapes) else None
    return union, Problem(
        severity="info", rule="duplicate_feature" if repeated else "joined_parts",
        file=str(group["file"].iloc[0]), row=int(group["row"].min()), column="code",
        found=f"{group['name'].iloc[0] or group['code'].iloc[0]}（{group['code'].iloc[0]}）{said} {len(group)} 个要素",
        action="只用一个" if repeated else "合并为一个社区（村）",
    )  # fmt: skip


def _twice(group: gpd.GeoDataFrame, code: str, other: str, given: str) -> Problem:
    return Problem(
        severity="error", rule="duplicate_code", file=str(group["file"].iloc[0]), row=int(group["row"].min()),
        column="code", found=f"{group['name'].iloc[0]} 与 {other} 都用编码 {code}", wanted="每个社区（村）一个编码",
        action=f"暂按 {given} 计，请改正编码",
    )  # fmt: skip


def _in_plane(shapes: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    west, south, east, north = shapely.total_bounds(shapes)
    plane = plane_of(np.array([west, east]), np.array([south, north]), crs)
    return np.asarray(
        shapely.transform(shapes, lambda vertices: np.column_stack(plane.project(vertices[:, 0], vertices[:, 1]))),
        object,
    )


def _about(units: gpd.GeoDataFrame, row: int, rule: str, found: str, action: str) -> Problem:
    unit = units.iloc[row]
    return Problem(
        severity="warning", rule=rule, file=str(unit["file"]), row=int(unit["row"]), column="geometry",
        found=f"{unit['name'] or '社区（村）'}（{unit['code']}）{found}", action=action,
    )  # fmt: skip
