"""
Residential land (`[inputs] residential`): the parcels whose share within reach is 居住用地覆盖率.

Land that two parcels share belongs to the first of them, so that no square metre counts twice. A parcel is cut into
pieces of at most 50 metres, so that of a large one only the part within reach counts.
"""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.analysis.coverage_housing import Housing
from jiujin.analysis.residence import community_of
from jiujin.coordinates import Floats, Plane
from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.communities import name_in_study
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_columns import matched_columns
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.study import Study
from jiujin.tables import Column, Table

PIECE_M = 50.0
SLIVERS = 0.001
"""Less than this share outside all communities, or in two parcels, is where outlines do not quite meet."""

MOST_PIECES = 1_000_000
"""Where 50 metres would make more pieces, they are made larger."""

PARCELS = Table(
    name="residential",
    label="用地",
    columns=(
        Column(
            name="use", label="用地性质", kind="text", meaning="what the parcel is for",
            headings=(
                "用地类型", "用地类别", "用地分类", "用地代码", "用地编码", "用地用海分类", "用地用海分类名称",
                "用地用海分类代码", "地类名称", "地类编码", "地类", "规划用途", "土地用途", "dlmc", "dlbm", "ydxz",
                "ydyhflmc", "ydyhfldm", "landuse", "fclass",
            ),
        ),
    ),
)  # fmt: skip
"""What is read of a layer of parcels."""

_AREAS = (3, 6)
_CODE = re.compile(r"(?:07\d*|R\d*[A-Z]?)(?!\w)", re.IGNORECASE)
_WORDS = re.compile(r"居住|住宅|宅基地|residential|apartments?|housing")


def read_residential(
    study: Study, communities: gpd.GeoDataFrame, plane: Plane, streets: Streets | None = None
) -> tuple[Housing, list[Problem]]:
    """Read the residential land of a study; raises TableError when a file cannot be read or there is none in it."""
    problems: list[Problem] = []
    stated = np.concatenate([_parcels(study, path, plane, streets, problems) for path in study.inputs.residential])
    parcels = each_once(stated)
    twice_m2 = float(shapely.area(stated).sum() - shapely.area(parcels).sum())
    if twice_m2 > SLIVERS * shapely.area(stated).sum():
        problems.append(_twice(study, twice_m2))
    pieces = _pieces(parcels, step_m=PIECE_M)
    if not len(pieces):
        raise TableError([*problems, _none(study)])
    middle = shapely.point_on_surface(pieces)
    lon, lat = plane.unproject(shapely.get_x(middle), shapely.get_y(middle))
    home = community_of(lon, lat, communities)
    inside = home >= 0
    area = shapely.area(pieces)
    if area[~inside].sum() > SLIVERS * area.sum():
        problems.append(_outside(study, float(area[~inside].sum()), float(area.sum())))
    return Housing(lon=lon[inside], lat=lat[inside], amount=area[inside], community=home[inside]), problems


def is_residential(use: object) -> bool:
    """Whether a stated use of land is residential, by its name or its code (07 or R)."""
    text = "" if use is None or use != use else str(use).strip()  # noqa: PLR0124 - NaN
    return _CODE.match(text) is not None or _WORDS.search(text.lower()) is not None


def _parcels(
    study: Study, path: Path, plane: Plane, streets: Streets | None, problems: list[Problem]
) -> NDArray[np.object_]:
    """Outlines of one file's residential parcels, in the plane."""
    file = name_in_study(study, path)
    frame, declared, found = read_layer(path, file=file, wanted="areas")
    frame = frame[np.isin(shapely.get_type_id(frame.geometry.to_numpy()), _AREAS)].reset_index(drop=True)
    place = LayerPlace(study=study, layer="residential", path=path, file=file, streets=streets)
    frame, moved = placed(frame, declared, place)
    problems += [*found, *moved]
    fields = matched_columns([str(name) for name in frame.columns if name != "geometry"], PARCELS)
    if "use" in fields:
        wanted = np.array([is_residential(use) for use in frame[fields["use"]].tolist()], bool)
        problems.append(_used(file, fields["use"], len(frame), int(wanted.sum())))
        frame = frame[wanted]
    shapes = np.asarray(frame.geometry.to_numpy(), object)
    flat = shapely.transform(shapes, lambda xy: np.column_stack(plane.project(xy[:, 0], xy[:, 1])))
    return np.asarray(shapely.make_valid(flat, method="structure", keep_collapsed=False), object)


def each_once(parcels: NDArray[np.object_]) -> NDArray[np.object_]:
    """Take from every parcel what an earlier one has of it; what all of them cover together stays the same."""
    this, other = shapely.STRtree(parcels).query(parcels, predicate="intersects")
    this, other = this[other < this], other[other < this]
    shared = shapely.area(shapely.intersection(parcels[this], parcels[other])) > 0
    this, other = this[shared], other[shared]
    order = np.lexsort((other, this))
    rows, first = np.unique(this[order], return_index=True)
    left = parcels.copy()
    after = np.append(first, len(order))[1:]
    for row, begin, end in zip(rows.tolist(), first, after, strict=True):
        earlier = parcels[other[order[begin:end]]]
        left[row] = shapely.difference(parcels[row], shapely.union_all(earlier))
    return left


def _pieces(parcels: NDArray[np.object_], *, step_m: float) -> NDArray[np.object_]:
    """Cut parcels along the lines of a grid of the plane."""
    parcels = parcels[shapely.area(parcels) > 0] if len(parcels) else parcels
    if not len(parcels):
        return parcels
    west, south, east, north = shapely.bounds(parcels).T
    while True:
        columns, rows = (_cells(low, high, step_m) for low, high in ((west, east), (south, north)))
        count = columns * rows
        if count.sum() <= MOST_PIECES:
            break
        step_m *= 2
    owner = np.repeat(np.arange(len(parcels)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    x = (np.floor(west / step_m)[owner] + number % columns[owner]) * step_m
    y = (np.floor(south / step_m)[owner] + number // columns[owner]) * step_m
    cut = shapely.intersection(parcels[owner], shapely.box(x, y, x + step_m, y + step_m))
    return np.asarray(cut[shapely.area(cut) > 0], object)


def _cells(low: Floats, high: Floats, step_m: float) -> NDArray[np.int64]:
    return (np.floor(high / step_m) - np.floor(low / step_m) + 1).astype(np.int64)


def _used(file: str, column: str, count: int, used: int) -> Problem:
    return Problem(
        severity="info", rule="residential_land", file=file, column=column,
        found=f"{count} 个地块中有 {used} 个是居住用地", action="只用居住用地计算居住用地覆盖率",
    )  # fmt: skip


def _twice(study: Study, twice_m2: float) -> Problem:
    return Problem(
        severity="warning", rule="residential_twice", file=_files(study),
        found=f"居住用地地块互相重叠，重叠面积合计 {twice_m2 / 10_000:,.2f} 公顷", wanted="互不重叠的地块",
        action="重叠部分只计一次，归入在前的地块",
    )  # fmt: skip


def _outside(study: Study, outside_m2: float, whole_m2: float) -> Problem:
    found = f"{outside_m2 / 10_000:,.1f} 公顷居住用地（共 {whole_m2 / 10_000:,.1f} 公顷）不在任何社区（村）范围内"
    return Problem(
        severity="info", rule="residential_outside", file=_files(study), found=found, action="未计入居住用地覆盖率"
    )


def _none(study: Study) -> Problem:
    return Problem(
        severity="error", rule="no_residential", file=_files(study), found="没有任何居住用地面",
        wanted="居住用地面图层；有用地性质一列的，其中要有居住用地（代码 07 或 R，或名称含“居住”“住宅”）",
        action="请换用居住用地图层，或删去 [inputs] 中的 residential 一行",
    )  # fmt: skip


def _files(study: Study) -> str:
    return "、".join(name_in_study(study, path) for path in study.inputs.residential)
