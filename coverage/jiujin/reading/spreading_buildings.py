"""Building footprints as places where people live: floor space, and housing only where the layer tells uses apart."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.analysis.coverage_housing import Housing
from jiujin.analysis.residence import community_of
from jiujin.coordinates import Plane
from jiujin.errors import Problem, StudyError
from jiujin.network.streets import Streets
from jiujin.reading.communities import name_in_study
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_columns import matched_columns
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.reading.spreading import Spots
from jiujin.reading.values import to_number
from jiujin.study import Study
from jiujin.tables import Column, Table

STOREY_M = 3.0

BUILDINGS = Table(
    name="buildings",
    label="建筑",
    columns=(
        Column(
            name="floors", label="层数", kind="number", meaning="storeys above ground",
            headings=(
                "building:levels", "levels", "storeys", "floor", "楼层", "楼层数", "总层数", "地上层数", "建筑层数",
            ),
        ),
        Column(name="height", label="高度", kind="metres", meaning="height", headings=("建筑高度", "楼高", "房屋高度")),
        Column(
            name="use", label="用途", kind="text", meaning="what the building is for",
            headings=(
                "building", "房屋用途", "建筑用途", "房屋类型", "建筑类型", "使用性质", "房屋类别", "type", "fclass",
            ),
        ),
    ),
)  # fmt: skip
"""What is read of a layer of footprints."""

_HOUSING = re.compile(
    r"residential|apartment|house|dwelling|detached|terrace|dormitor|bungalow|farm$|cabin|hut|villa"
    r"|住宅|居住|住房|民房|农房|宿舍|公寓|商住|居民|自建房|别墅|楼房"
)
_UNTOLD = re.compile(r"(?:yes|building|roof|其他|其它|未知|unknown|房屋|建筑|普通房屋|一般房屋)?")


def building_spots(
    study: Study, communities: gpd.GeoDataFrame, plane: Plane, streets: Streets | None = None
) -> tuple[Spots, list[Problem]]:
    """Read the footprints of a study as spots, weighted by floor space in square metres."""
    problems: list[Problem] = []
    parts = []
    for path in study.inputs.buildings:
        file = name_in_study(study, path)
        place = LayerPlace(study=study, layer="buildings", path=path, file=file, streets=streets)
        parts.append(_spots(place, communities, plane, problems))
    return (
        Spots(
            lon=np.concatenate([part.lon for part in parts]),
            lat=np.concatenate([part.lat for part in parts]),
            weight=np.concatenate([part.weight for part in parts]),
            community=np.concatenate([part.community for part in parts]),
        ),
        problems,
    )


def read_housing(
    study: Study, communities: gpd.GeoDataFrame, plane: Plane, streets: Streets | None = None
) -> tuple[Housing, list[Problem]]:
    """Read the footprints of a study as housing whose coverage is asked for."""
    spots, problems = building_spots(study, communities, plane, streets)
    return Housing(lon=spots.lon, lat=spots.lat, amount=spots.weight, community=spots.community), problems


def is_housing(use: object) -> bool | None:
    """Whether a stated use is housing; None where the layer says only that there is a building."""
    text = "" if use is None or use != use else str(use).strip().lower()  # noqa: PLR0124 - NaN
    if _UNTOLD.fullmatch(text):
        return None
    return _HOUSING.search(text) is not None and "仓" not in text and "greenhouse" not in text


def _spots(place: LayerPlace, communities: gpd.GeoDataFrame, plane: Plane, problems: list[Problem]) -> Spots:
    file = place.file
    frame, declared, found = read_layer(place.path, file=file, wanted="areas")
    frame, moved = placed(frame[frame.geometry.notna()].reset_index(drop=True), declared, place)
    problems += found + moved
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    fields = matched_columns([str(name) for name in frame.columns if name != "geometry"], BUILDINGS)
    stated = place.study.inputs.options.get("buildings_floors")
    if stated is not None and stated not in frame.columns:
        wanted = "建筑图层中的字段：" + "、".join(str(name) for name in frame.columns if name != "geometry")
        raise StudyError(
            Problem(
                severity="error", rule="missing_column", file=file, column=stated, found="没有这个字段", wanted=wanted
            )
        )
    floors = _floors(frame, fields | ({"floors": stated} if stated else {}))
    flat = shapely.transform(shapes, lambda xy: np.column_stack(plane.project(xy[:, 0], xy[:, 1])))
    middle = shapely.point_on_surface(shapes)
    lon, lat = shapely.get_x(middle), shapely.get_y(middle)
    home = community_of(lon, lat, communities)
    weight = shapely.area(flat) * floors
    kept = (weight > 0) & (home >= 0) & _lived_in(frame, fields, home, len(communities))
    problems.append(_used(file, frame, kept, fields))
    return Spots(lon=lon[kept], lat=lat[kept], weight=weight[kept], community=home[kept])


def _floors(frame: gpd.GeoDataFrame, fields: dict[str, str]) -> NDArray[np.float64]:
    """Storeys, from their number or the height; one where neither is known."""
    floors = np.full(len(frame), np.nan)
    for name, divisor in (("floors", 1.0), ("height", STOREY_M)):
        if name in fields:
            numbers = np.array([to_number(cell).value for cell in frame[fields[name]].tolist()], np.float64) / divisor
            floors = np.where(np.isnan(floors), numbers, floors)
    return np.where(floors >= 1, np.minimum(floors, 100), 1.0)


def _lived_in(
    frame: gpd.GeoDataFrame, fields: dict[str, str], home: NDArray[np.int32], count: int
) -> NDArray[np.bool_]:
    """Not those of another use, except in a community that has nothing else."""
    if "use" not in fields:
        return np.ones(len(frame), bool)
    other = np.array([is_housing(use) is False for use in frame[fields["use"]].tolist()], bool)
    has_homes = np.zeros(count + 1, bool)
    has_homes[home[~other]] = True
    return ~other | ~has_homes[home]


def _used(file: str, frame: gpd.GeoDataFrame, kept: NDArray[np.bool_], fields: dict[str, str]) -> Problem:
    by = "基底面积×层数" if {"floors", "height"} & set(fields) else "基底面积（没有层数）"
    homes = "只用住房" if "use" in fields else "不分用途"
    return Problem(
        severity="info", rule="spread_over_buildings", file=file,
        found=f"{len(frame)} 栋建筑中有 {int(kept.sum())} 栋在社区（村）范围内并采用",
        action=f"按{by}计建筑量，{homes}",
    )  # fmt: skip
