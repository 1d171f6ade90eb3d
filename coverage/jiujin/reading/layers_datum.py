"""
Where a layer really is: from the coordinates that its file holds to WGS 84.

What the study states comes first, then what the file declares, then a datum column in the layer, then the size of the
numbers. Only a layer in degrees that says nothing at all is left to be judged by the streets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from jiujin.coordinates import REFUSED, datum_refusal, gauss_kruger_epsg, in_china, meridian_epsg, to_wgs84
from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.datums import datum_named
from jiujin.study import Study
from jiujin.tables import Column, Table

DATUM_FIELDS = Table(
    name="datum",
    label="坐标系",
    columns=(
        Column(
            name="datum", label="坐标系", kind="text", meaning="", headings=("坐标来源", "坐标系统", "采集平台", "crs")
        ),
    ),
)

_SILENT = "图层未声明坐标系"
_AS_WGS84 = {"EPSG:4326", "EPSG:4490"}
_LABELS = {"wgs84": "WGS 84", "gcj02": "GCJ-02（火星坐标）", "bd09": "BD-09（百度坐标）", "cgcs2000": "CGCS2000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlace:
    """
    The layer that is to be placed: which input it is, its file, and the streets it may be held against.

    `near` is a longitude and latitude not far from it, for layers that are read before the streets.
    """

    study: Study
    layer: str
    path: Path
    file: str
    streets: Streets | None = None
    near: tuple[float, float] | None = None


Tell = Callable[[gpd.GeoDataFrame], tuple[str, str] | None]
"""Finds the datum of a layer in degrees that nothing states, with the reason in Chinese; None where it cannot tell."""


def placed(
    frame: gpd.GeoDataFrame, declared: str | None, place: LayerPlace, *, tell: Tell | None = None
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """
    Bring the shapes of a layer to WGS 84 degrees, vertex by vertex; tell by which datum.

    A layer in degrees that states nothing is WGS 84 unless `tell` knows better. Raises TableError when the coordinates
    cannot be brought there, saying what to write into the study file.
    """
    shapes = frame.geometry.to_numpy()
    bounds = shapely.total_bounds(shapes)
    if not np.isfinite(bounds).all():
        return frame.set_geometry(shapes).set_crs(4326, allow_override=True), []
    stated = place.study.datum_of(place.layer, place.path)
    told: tuple[str, str] | None = None
    in_degrees = bool(np.abs(bounds[[0, 2]]).max() <= 360 and np.abs(bounds[[1, 3]]).max() <= 90)
    if stated != "auto":
        datum, why = stated, "study.toml 中写明"
        if not in_degrees and declared is not None and not stated.lower().startswith("epsg"):
            shapes = _unprojected(shapes, declared)  # GCJ-02 that a GIS has projected as if it were WGS 84
    elif declared is not None:
        datum, why = declared, "图层声明"
        told = tell(frame) if tell is not None and declared in _AS_WGS84 else None
    elif (named := _named_in(frame)) is not None:
        datum, why = named, "图层的坐标系字段写明"
    elif in_degrees:
        told = None if tell is None else tell(frame)
        datum, why = (told[0], f"{_SILENT}，{told[1]}") if told else ("wgs84", _SILENT)
    else:
        datum, why = _by_size(bounds, place), f"{_SILENT}，按坐标数值判断"
    moved = _moved(shapes, datum, place)
    layer = gpd.GeoDataFrame(frame.drop(columns=frame.geometry.name), geometry=moved, crs=4326)
    if why == _SILENT and in_china((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2):
        return layer, [_assumed(place)]
    return layer, [_said(datum, why, place), *_doubts(datum, told, place)]


def _moved(shapes: NDArray[np.object_], datum: str, place: LayerPlace) -> NDArray[np.object_]:
    if datum.lower() in {"wgs84", "cgcs2000", "epsg:4326", "epsg:4490"}:
        return shapes
    named = datum.lower() in _LABELS or re.fullmatch(r"epsg:\d+|bd09mc", datum.lower())
    refusal = datum_refusal(datum) if named else wkt_refusal(datum)
    if refusal:
        raise TableError(_stop(place, "datum_refused", refusal))

    def moved(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        if named:
            return np.column_stack(to_wgs84(vertices[:, 0], vertices[:, 1], datum))
        way = Transformer.from_crs(CRS.from_user_input(datum), 4326, always_xy=True)
        return np.column_stack(way.transform(vertices[:, 0], vertices[:, 1]))

    return np.asarray(shapely.transform(shapes, moved), object)


def _unprojected(shapes: NDArray[np.object_], declared: str) -> NDArray[np.object_]:
    crs = CRS.from_user_input(declared)
    way = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    return np.asarray(shapely.transform(shapes, lambda xy: np.column_stack(way.transform(xy[:, 0], xy[:, 1]))), object)


def wkt_refusal(wkt: str) -> str | None:
    """A system without a number: refused where it rests on an old datum or on nothing known."""
    try:
        base = CRS.from_user_input(wkt).geodetic_crs
    except CRSError:
        return "图层声明的坐标系无法识别"
    if base is None:
        return "图层声明的是没有大地基准的本地坐标系"
    name = re.sub(r"[^a-z0-9]", "", base.to_wkt().lower())
    for number, label in REFUSED.items():
        if base.to_epsg() == number or {4610: "xian1980", 4214: "beijing1954", 4555: "newbeijing"}[number] in name:
            return f"图层采用{label}，到 WGS 84 的转换参数不公开；请先转为 CGCS2000"
    return None


def _named_in(frame: gpd.GeoDataFrame) -> str | None:
    """The datum that a column of the layer names in every row alike."""
    from jiujin.reading.layers_columns import matched_columns

    field = matched_columns(frame.columns, DATUM_FIELDS).get("datum")
    if field is None:
        return None
    found = {datum_named(str(value)) for value in frame[field].dropna().unique()}
    return found.pop() if len(found) == 1 else None


def _by_size(bounds: NDArray[np.float64], place: LayerPlace) -> str:
    """Gauss-Kruger metres, with or without zone prefix, near the streets."""
    east, north = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if 1_800_000 < north < 6_000_000:
        prefixed = gauss_kruger_epsg(east)
        if prefixed is not None:
            return f"EPSG:{prefixed}"
        near = _near(place)
        if 100_000 < east < 900_000 and near is not None and in_china(*near):
            return _nearest_meridian(east, north, near[0])
    raise TableError(_stop(place, "unknown_datum", f"坐标不是经纬度（{east:.0f}, {north:.0f}），图层也没有声明坐标系"))


def _near(place: LayerPlace) -> tuple[float, float] | None:
    streets = place.streets
    if streets is None or not len(streets.lon_e7):
        return place.near
    return float(np.median(streets.lon)), float(np.median(streets.lat))


def _nearest_meridian(east: float, north: float, lon: float) -> str:
    """The central meridian under which the layer's middle comes closest to this longitude."""
    codes = [f"EPSG:{meridian_epsg(meridian)}" for meridian in range(75, 136, 3)]
    return min(codes, key=lambda code: abs(float(to_wgs84([east], [north], code)[0][0]) - lon))


def _said(datum: str, why: str, place: LayerPlace) -> Problem:
    label = _LABELS.get(datum.lower(), datum if len(datum) < 20 else CRS.from_user_input(datum).name)
    moved = datum.lower() not in {"wgs84", "cgcs2000", "epsg:4326", "epsg:4490"}
    judged = moved and why.startswith(_SILENT)
    return Problem(
        severity="warning" if judged else "info",
        rule="datum_converted" if moved else "datum_kept",
        file=place.file,
        found=f"{why}：{label}",
        action="已逐点换算为 WGS 84" if moved else "按 WGS 84 使用",
    )


def _assumed(place: LayerPlace) -> Problem:
    return Problem(
        severity="warning",
        rule="datum_assumed",
        file=place.file,
        found=f"{_SILENT}，其他数据也不足以判定",
        action=f'按 WGS 84 使用；如不是，请在 study.toml 的 [datum] 中写明，例如 {place.layer} = "gcj02"',
    )


def _doubts(datum: str, told: tuple[str, str] | None, place: LayerPlace) -> list[Problem]:
    """A layer that declares WGS 84 but lies where GCJ-02 or BD-09 would: the declared is kept, and asked about."""
    if told is None or datum not in _AS_WGS84 or told[0] == "wgs84":
        return []
    wanted = f'如确为 {_LABELS[told[0]]}，在 study.toml 的 [datum] 中写 {place.layer} = "{told[0]}"'
    found = f"图层声明 WGS 84（或 CGCS2000），但位置更像 {_LABELS[told[0]]}：{told[1]}"
    return [
        Problem(
            severity="warning", rule="datum_doubtful", file=place.file, found=found, wanted=wanted,
            action="按声明的坐标系使用，请核对",
        )
    ]  # fmt: skip


def _stop(place: LayerPlace, rule: str, found: str) -> Problem:
    wanted = f'在 study.toml 的 [datum] 中写明，例如 {place.layer} = "EPSG:4526" 或 "gcj02"'
    return Problem(severity="error", rule=rule, file=place.file, found=found, wanted=wanted, action="补充后重新运行")
