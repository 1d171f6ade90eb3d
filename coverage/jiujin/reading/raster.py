"""
Rasters of persons: a point for every cell, or part of a cell, that lies in a community.

Whether the numbers are persons per cell or per hectare cannot be told from the file and is asked, never guessed. A cell
that a border cuts is divided by area, and what lies outside all communities is left out and told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from rasterio.errors import RasterioError
from rasterio.windows import Window

from jiujin.analysis.residence import community_of
from jiujin.coordinates import bd09_from_wgs84, datum_refusal, gcj02_from_wgs84, wgs84_from_bd09, wgs84_from_gcj02
from jiujin.errors import Problem, TableError
from jiujin.reading.layers_datum import wkt_refusal
from jiujin.reading.values import plain_name
from jiujin.study import Study

UNITS = ("per_cell", "per_hectare")
ROWS_AT_ONCE = 512
ABSURD = 1e6
"""More persons than any cell holds: an undeclared sign for “no data”."""

Floats = NDArray[np.float64]
Way = Callable[[Floats, Floats], tuple[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """A raster that is open: where its cells lie, how it goes from and to WGS 84, and what its numbers mean."""

    source: Any
    file: str
    to_raster: Way
    to_wgs84: Way
    unit: str
    geographic: bool

    def boxes(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.object_]:
        """The outlines of cells in the raster's own coordinates."""
        at = self.source.transform
        west, east = at.c + columns * at.a, at.c + (columns + 1) * at.a
        north, south = at.f + rows * at.e, at.f + (rows + 1) * at.e
        return np.asarray(shapely.box(west, south, east, north), object)

    def hectares(self, rows: NDArray[np.int64]) -> Floats:
        """Area of a cell in each of these rows."""
        step_x, step_y = abs(self.source.transform.a), abs(self.source.transform.e)
        if not self.geographic:
            factor = CRS.from_user_input(self.source.crs).axis_info[0].unit_conversion_factor
            return np.full(len(rows), step_x * step_y * factor**2 / 10_000)
        north = self.source.transform.f + rows * self.source.transform.e
        south = north + self.source.transform.e
        geod = Geod(ellps="WGS84")
        kinds, place = np.unique(rows, return_inverse=True)
        first = [int(np.flatnonzero(rows == kind)[0]) for kind in kinds]
        areas = [
            abs(geod.polygon_area_perimeter([0, step_x, step_x, 0], [south[at], south[at], north[at], north[at]])[0])
            for at in first
        ]
        return np.asarray(areas, np.float64)[place] / 10_000


def read_raster(
    study: Study, path: Path, communities: gpd.GeoDataFrame, *, file: str
) -> tuple[pd.DataFrame, str, list[Problem]]:
    """
    Read a GeoTIFF of persons: a row per cell and community.

    Columns: `lon`, `lat`, `people`, `community_code`, `row`, `cell`. The second value is the group that is counted.
    Values are persons per cell unless the study says per hectare; where it says neither, that is told. Raises
    TableError where the unit is unknown, the file cannot be read, or the raster lies elsewhere.
    """
    stated = study.inputs.options.get("population_unit") or study.inputs.options.get("raster_unit")
    unit = "per_cell" if stated is None else stated
    if unit not in UNITS:
        raise TableError(_unit_wanted(file, f"栅格单位写的是“{stated}”", "error", "未使用该文件"))
    try:
        with rasterio.open(path) as source:
            grid = _opened(study, path, source, file, unit)
            parts, problems = _cells(grid, communities)
            if stated is None:
                found = "没有写明栅格数值是每格人数还是每公顷人数"
                problems.append(
                    _unit_wanted(file, found, "warning", "按每格人数读取；两者可差数倍，请查栅格的说明文件")
                )
            if source.count > 1:
                found = f"栅格有 {source.count} 个波段"
                problems.append(_note(file, "several_bands", found, "只读第 1 个波段", "warning"))
    except RasterioError as error:
        raise TableError(_stop(file, "unreadable_raster", "无法作为栅格打开", "GeoTIFF 人口栅格")) from error
    if parts.empty:
        raise TableError(
            [*problems, _stop(file, "raster_elsewhere", "社区（村）范围内没有一个有人的栅格单元", "覆盖本县的人口栅格")]
        )
    return parts, _group(study, path), problems


def _opened(study: Study, path: Path, source: Any, file: str, unit: str) -> _Grid:
    stated = study.datum_of("population", path).lower()
    crs = CRS.from_user_input(stated) if stated.startswith("epsg") else source.crs and CRS.from_user_input(source.crs)
    if not crs:
        wanted = '在 study.toml 的 [datum] 中写明，例如 population = "EPSG:4326"'
        raise TableError(_stop(file, "unknown_datum", "栅格没有声明坐标系", wanted))
    code = crs.to_epsg()
    refusal = datum_refusal(f"EPSG:{code}") if code else wkt_refusal(crs.to_wkt())
    if refusal:
        raise TableError(_stop(file, "datum_refused", refusal, "CGCS2000 或 WGS 84 坐标系的栅格"))
    if source.transform.b or source.transform.d or source.transform.a < 0 or source.transform.e > 0:
        raise TableError(_stop(file, "turned_raster", "栅格不是正北方向", "先重采样为正北方向的栅格"))
    shifts: dict[str, tuple[Way, Way]] = {
        "gcj02": (gcj02_from_wgs84, wgs84_from_gcj02),
        "bd09": (bd09_from_wgs84, wgs84_from_bd09),
    }
    if crs.is_geographic and stated in shifts:
        there, back = shifts[stated]
    else:
        there, back = _ways(crs)
    return _Grid(
        source=source, file=file, to_raster=there, to_wgs84=back, unit=unit, geographic=bool(crs.is_geographic)
    )


def _ways(crs: CRS) -> tuple[Way, Way]:
    there, back = Transformer.from_crs(4326, crs, always_xy=True), Transformer.from_crs(crs, 4326, always_xy=True)
    return there.transform, back.transform


def _cells(grid: _Grid, communities: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    def there(vertices: Floats) -> Floats:
        return np.column_stack(grid.to_raster(vertices[:, 0], vertices[:, 1]))

    shapes = np.asarray(shapely.transform(communities.geometry.to_numpy(), there), object)
    local = communities.assign(geometry=shapes)
    parts: list[pd.DataFrame] = []
    ignored = {"negative": 0, "absurd": 0}
    outside = 0.0
    for window in _windows(grid, shapely.total_bounds(shapes)):
        rows, columns, people = _persons(grid, window, ignored)
        if len(people):
            part = _divided(grid, local, rows, columns, people)
            outside += people.sum() - part["people"].sum()
            parts.append(part)
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"people": []})
    return whole, _said(grid, whole, ignored, outside)


def _windows(grid: _Grid, bounds: Floats) -> list[Window]:
    """The part of the raster around the communities, in strips that fit into memory."""
    west, south, east, north = (float(bound) for bound in bounds)
    transform = grid.source.transform
    left, right = (west - transform.c) / transform.a, (east - transform.c) / transform.a
    top, bottom = (north - transform.f) / transform.e, (south - transform.f) / transform.e
    first_column, last_column = max(int(np.floor(left)), 0), min(int(np.ceil(right)), grid.source.width)
    first_row, last_row = max(int(np.floor(top)), 0), min(int(np.ceil(bottom)), grid.source.height)
    if first_column >= last_column:
        return []
    return [
        Window(first_column, row, last_column - first_column, min(ROWS_AT_ONCE, last_row - row))
        for row in range(first_row, last_row, ROWS_AT_ONCE)
    ]


def _persons(
    grid: _Grid, window: Window, ignored: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Row, column and persons of the cells of a window where there is anybody."""
    values = grid.source.read(1, window=window).astype(np.float64)
    known = np.isfinite(values)
    if grid.source.nodata is not None:
        known &= values != float(np.float64(grid.source.nodata))
    known &= grid.source.read_masks(1, window=window) > 0
    ignored["negative"] += int((known & (values < 0)).sum())
    ignored["absurd"] += int((known & (values > ABSURD)).sum())
    row, column = np.nonzero(known & (values > 0) & (values <= ABSURD))
    people = values[row, column]
    rows, columns = row + int(window.row_off), column + int(window.col_off)
    if grid.unit == "per_hectare" and len(rows):
        people = people * grid.hectares(rows)
    return rows, columns, people


def _divided(
    grid: _Grid, communities: gpd.GeoDataFrame, rows: NDArray[np.int64], columns: NDArray[np.int64], people: Floats
) -> pd.DataFrame:
    """Whole cells at their middle; those on a border as one part for each community, at the middle of the part."""
    boxes = grid.boxes(rows, columns)
    shapes = communities.geometry.to_numpy()
    cut = np.zeros(len(boxes), bool)
    borders = shapely.boundary(shapes)
    shapely.prepare(borders)
    cut[shapely.STRtree(boxes).query(borders, predicate="intersects")[1]] = True
    centre = shapely.centroid(boxes)
    home = community_of(shapely.get_x(centre), shapely.get_y(centre), communities)
    inner = np.flatnonzero(~cut & (home >= 0))
    cells = np.flatnonzero(cut)
    box, owner = shapely.STRtree(shapes).query(boxes[cells], predicate="intersects")
    pieces = shapely.intersection(boxes[cells][box], shapes[owner])
    share = shapely.area(pieces) / shapely.area(boxes[cells][box])
    share, owner, box, pieces = (values[share > 1e-9] for values in (share, owner, box, pieces))
    # overlapping communities must not count a cell twice
    share /= np.maximum(np.bincount(box, share, minlength=len(cells)), 1.0)[box]
    points = np.r_[centre[inner], shapely.point_on_surface(pieces)]
    cell, community = np.r_[inner, cells[box]], np.r_[home[inner], owner]
    xy = shapely.get_coordinates(points)
    lon, lat = grid.to_wgs84(xy[:, 0], xy[:, 1])
    made = pd.DataFrame(
        {
            "lon": lon,
            "lat": lat,
            "people": people[cell] * np.r_[np.ones(len(inner)), share],
            "community_code": communities["code"].to_numpy(object)[community],
            "row": rows[cell] + 1,
            "cell": [f"R{row + 1}C{column + 1}" for row, column in zip(rows[cell], columns[cell], strict=True)],
        }
    )
    order = np.lexsort((community, columns[cell], rows[cell]))
    return made.iloc[order].reset_index(drop=True)


def _group(study: Study, path: Path) -> str:
    """The group that a raster counts: as declared, else as its file name says, else everybody."""
    stated = study.inputs.options.get("population_group")
    if stated is not None:
        return stated
    stem = plain_name(path.stem)
    named = [group.id for group in study.groups if group.id != "total" and group.id in stem]
    return named[0] if len(named) == 1 else "total"


def _said(grid: _Grid, whole: pd.DataFrame, ignored: dict[str, int], outside: float) -> list[Problem]:
    unit = {"per_cell": "每格人数", "per_hectare": "每公顷人数"}[grid.unit]
    problems = []
    if len(whole):
        found = f"按{unit}读取 {whole['cell'].nunique()} 个有人的栅格单元，共 {whole['people'].sum():,.0f} 人"
        problems.append(_note(grid.file, "raster_read", found, "每个单元（或被界线切开的部分）作一个人口点", "info"))
    if outside > 0.5:
        found = f"边界处栅格单元有 {outside:,.1f} 人按面积算在社区（村）范围以外"
        problems.append(_note(grid.file, "raster_outside", found, "不计入", "info"))
    for kind, said in (("negative", "为负数"), ("absurd", "大于一百万")):
        if ignored[kind]:
            found = f"{ignored[kind]} 个栅格单元的值{said}"
            problems.append(_note(grid.file, "raster_no_data", found, "按无数据处理，未使用", "warning"))
    return problems


def _note(file: str, rule: str, found: str, action: str, severity: Any) -> Problem:
    return Problem(severity=severity, rule=rule, file=file, found=found, action=action)


def _unit_wanted(file: str, found: str, severity: Any, action: str) -> Problem:
    wanted = (
        '在 study.toml 中写 [inputs.options]，下一行 population_unit = "per_cell"（每格）或 "per_hectare"（每公顷）'
    )
    return Problem(
        severity=severity, rule="raster_unit", file=file, column="population_unit", found=found, wanted=wanted,
        action=action,
    )  # fmt: skip


def _stop(file: str, rule: str, found: str, wanted: str) -> Problem:
    return Problem(severity="error", rule=rule, file=file, found=found, wanted=wanted, action="未使用该文件")
