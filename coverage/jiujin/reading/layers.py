"""
Vector layers as offices send them: one door for GeoJSON, GeoPackage, Shapefile (also zipped), KML and the rest of GDAL.

Nothing is converted here. A layer comes back with its own columns, its own coordinates and the coordinate system that
it declares; a GeoJSON without a `crs` member declares none, because Chinese map services write GCJ-02 into such files.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile, ZipFile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from jiujin.errors import Problem, TableError
from jiujin.reading.layers_shapefile import decoded, sidecars, text_encoding

SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".kml", ".kmz", ".fgb", ".tab", ".mif", ".gdb", ".gml", ".zip")
"""The endings that are read as vector layers; GeoParquet is recognised by its content."""

ZIP_BYTES = 4_000_000_000
ZIP_RATIO = 300

_KINDS = {"points": "Point", "lines": "LineString", "areas": "Polygon"}
_GONE = "没有这个文件"
_WANTED = "GeoJSON、GeoPackage、Shapefile（可压缩为 zip）或 KML 矢量图层"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What GDAL is given: a path or the bytes of a file, and how its text is encoded."""

    what: str | bytes
    name: str
    encoding: str | None = None
    says_crs: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One layer of a source, and whether its shapes are of the wanted kind."""

    source: _Source
    place: int
    name: str
    fits: bool


def read_layer(
    path: Path, *, file: str, wanted: Literal["any", "points", "lines", "areas"] = "any"
) -> tuple[gpd.GeoDataFrame, str | None, list[Problem]]:
    """
    Read the first layer that holds features; `file` is the name under which problems are reported.

    Of a file with several layers those with the `wanted` shapes come first; of lines, all layers that have them are
    read as one, because roads are often kept as a layer for each class.

    The frame keeps every feature in file order (index 0, 1, …; problems count features from 1), its original columns,
    and flat geometries; a feature without a shape has None and is listed. The second value is the declared coordinate
    system (`EPSG:n`, or WKT), None when the file declares none. Raises TableError when nothing can be read.
    """
    if not path.exists():
        raise TableError(_stop(file, "missing_file", _GONE, "请检查文件名和所在文件夹"))
    if path.is_file() and path.stat().st_size == 0:
        raise TableError(_stop(file, "empty_file", "文件是空的（0 字节）", "请重新导出该图层"))
    if path.suffix.lower() == ".parquet":
        return _geoparquet(path, file)
    problems: list[Problem] = []
    layers = _layers(_sources(path, file, problems), file, wanted)
    taken: list[tuple[_Layer, gpd.GeoDataFrame, str | None]] = []
    for layer in layers:
        if taken and not (wanted == "lines" and layer.fits):
            break
        frame, declared = _opened(layer, file, problems)
        if len(frame) and (not taken or declared == taken[0][2]):
            taken.append((layer, frame, declared))
    if not taken:
        raise TableError(_stop(file, "empty_layer", "文件里没有任何要素", "请确认导出时选中了要素"))
    if len(layers) > 1:
        problems.append(_several(file, layers, [layer for layer, _, _ in taken]))
    whole = taken[0][1] if len(taken) == 1 else _one(frame for _, frame, _ in taken)
    return whole, taken[0][2], problems + _shapeless(whole, file)


def _sources(path: Path, file: str, problems: list[Problem]) -> list[_Source]:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return _zipped(path, file, problems)
    if suffix in {".geojson", ".json"}:
        return [_geojson(path.read_bytes(), path.name, file, problems)]
    if suffix == ".shp":
        parts = {part.suffix.lower(): _text_part(part.suffix, part.read_bytes) for part in sidecars(path)}
        return [_shapefile(str(path), path.name, parts, file, problems)]
    return [_Source(what=str(path), name=path.name)]


def _zipped(path: Path, file: str, problems: list[Problem]) -> list[_Source]:
    try:
        with ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.filename.startswith("__MACOSX")]
            _guard(entries, file)
            inside = sorted(entry.filename for entry in entries if Path(entry.filename).suffix.lower() in SUFFIXES[:-1])
            if not inside:
                raise TableError(
                    _stop(file, "no_layer_in_zip", "压缩包里没有矢量图层", "请把 .shp、.shx、.dbf、.prj 一起压缩")
                )
            return [_member(archive, name, path, file, problems) for name in inside]
    except (BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        found = "压缩包加了密码" if "password" in str(error) else "压缩包损坏，无法打开"
        raise TableError(_stop(file, "broken_zip", found, "请重新压缩后再试")) from error


def _guard(entries: list[Any], file: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(sum(entry.compress_size for entry in entries), 1)
    if unpacked > ZIP_BYTES or (unpacked > 100_000_000 and unpacked / packed > ZIP_RATIO):
        raise TableError(
            _stop(file, "zip_too_large", f"压缩包解开后有 {unpacked / 1e9:.1f} GB", "请解压后直接使用其中的图层文件")
        )


def _member(archive: ZipFile, name: str, path: Path, file: str, problems: list[Problem]) -> _Source:
    inner = f"/vsizip/{path}/{name}"
    if Path(name).suffix.lower() in {".geojson", ".json"}:
        return _geojson(archive.read(name), name, file, problems)
    if Path(name).suffix.lower() != ".shp":
        return _Source(what=inner, name=_readable(name))
    stem = name[:-4].lower()
    around = {entry[len(stem) :].lower(): entry for entry in archive.namelist() if entry[:-4].lower() == stem}
    parts = {kind: _text_part(kind, partial(archive.read, entry)) for kind, entry in around.items()}
    return _shapefile(inner, _readable(name), parts, file, problems)


def _text_part(kind: str, read: Callable[[], bytes]) -> bytes:
    """The content of the parts of a shapefile that tell its encoding; of the others only that they are there."""
    return read() if kind.lower() in {".dbf", ".cpg"} else b""


def _readable(name: str) -> str:
    """Undo the code page 437 in which unmarked zip archives present Chinese names."""
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name


def _shapefile(what: str, name: str, parts: dict[str, bytes], file: str, problems: list[Problem]) -> _Source:
    if ".shx" not in parts:
        raise TableError(
            _stop(file, "missing_part", f"{name} 缺少配套的 .shx 文件", "请连同 .shx、.dbf、.prj 一起提供")
        )
    if ".dbf" not in parts:
        problems.append(_note(file, "missing_part", f"{name} 缺少配套的 .dbf 文件，没有属性", "只用图形", "warning"))
    if ".prj" not in parts:
        problems.append(
            _note(file, "missing_prj", f"{name} 缺少 .prj 文件，没有声明坐标系", "按坐标数值和路网判断", "warning")
        )
    encoding = text_encoding(parts.get(".dbf", b""), parts.get(".cpg"))
    if encoding not in {None, "UTF-8"}:
        problems.append(_note(file, "converted_encoding", f"{name} 的属性文字按 {encoding} 读取", ""))
    return _Source(what=what, name=name, encoding=encoding)


def _geojson(raw: bytes, name: str, file: str, problems: list[Problem]) -> _Source:
    text = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        text = _recoded(text, file)
        problems.append(_note(file, "converted_encoding", f"{name} 不是 UTF-8 编码", "已按 GB18030 或 UTF-16 读取"))
    says_crs = re.search(rb'"crs"\s*:\s*\{', text) is not None
    return _Source(what=text, name=name, says_crs=says_crs)


def _recoded(text: bytes, file: str) -> bytes:
    for encoding in ("utf-16",) if text[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("gb18030",):
        try:
            return text.decode(encoding).encode("utf-8")
        except UnicodeDecodeError:
            break
    raise TableError(_stop(file, "unreadable_text", "文字编码无法识别", "请另存为 UTF-8 编码"))


def _layers(sources: list[_Source], file: str, wanted: str) -> list[_Layer]:
    """All layers with shapes, the wanted kind first, else as the file has them."""
    layers = []
    for source in sources:
        try:
            listed = pyogrio.list_layers(source.what)
        except (RuntimeError, ValueError, OSError, UnicodeError) as error:
            raise TableError(_unreadable(file)) from error
        for place, (name, kind) in enumerate(listed):
            if kind is not None:
                fits = _KINDS.get(wanted, str(kind)) in str(kind)
                label = source.name if len(listed) == 1 else str(name)
                layers.append(_Layer(source=source, place=place, name=label, fits=fits))
    return sorted(layers, key=lambda layer: not layer.fits)


def _opened(layer: _Layer, file: str, problems: list[Problem]) -> tuple[gpd.GeoDataFrame, str | None]:
    try:
        frame = _read(layer.source, layer.place, file, problems)
    except (RuntimeError, ValueError, OSError, UnicodeError, shapely.GEOSException) as error:
        raise TableError(_unreadable(file)) from error
    crs = frame.crs if layer.source.says_crs else None
    return frame.set_crs(None, allow_override=True) if crs is None else frame, _named(crs)


def _one(frames: Iterable[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    whole = pd.concat(frames, ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry")


def _several(file: str, layers: list[_Layer], taken: list[_Layer]) -> Problem:
    names = "、".join(layer.name for layer in sorted(layers, key=lambda layer: layer.place))
    found = f"文件里有 {len(layers)} 个图层：{names}"
    return _note(file, "several_layers", found, f"只读 {len(taken)} 个：{'、'.join(layer.name for layer in taken)}")


def _unreadable(file: str) -> Problem:
    return _stop(file, "unreadable_layer", "无法作为矢量图层打开，文件可能损坏或不完整", "请重新导出该图层")


def _read(source: _Source, layer: int, file: str, problems: list[Problem]) -> gpd.GeoDataFrame:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        raw = "ISO-8859-1" if source.encoding else None  # a character cut by the field's width would stop GDAL
        frame = pyogrio.read_dataframe(source.what, layer=layer, encoding=raw, on_invalid="fix")
    if source.encoding:
        frame = decoded(frame, source.encoding)
    texts = sorted({str(warning.message).strip() for warning in said})
    problems.extend(
        _note(file, "layer_warning", f"读取图层时提示：{text}", "请核对该图层", "warning") for text in texts[:5]
    )
    return _flat(gpd.GeoDataFrame(frame))


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Without Z and M, and with None in place of every empty shape."""
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    bad = shapely.is_empty(shapes) | ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    shapes[bad] = None
    return gpd.GeoDataFrame(frame.drop(columns=frame.geometry.name), geometry=shapes, crs=frame.crs)


def _geoparquet(path: Path, file: str) -> tuple[gpd.GeoDataFrame, str | None, list[Problem]]:
    try:
        frame = _flat(gpd.read_parquet(path).reset_index(drop=True))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(_stop(file, "unreadable_layer", "不是可用的 GeoParquet 图层", f"请提供{_WANTED}")) from error
    return frame, _named(frame.crs), _shapeless(frame, file)


def _named(crs: CRS | None) -> str | None:
    """`EPSG:n` where the system has a number, else its WKT."""
    if crs is None:
        return None
    if crs.to_authority() == ("OGC", "CRS84"):
        return "EPSG:4326"
    code = crs.to_epsg()
    return str(crs.to_wkt()) if code is None else f"EPSG:{code}"


def _shapeless(frame: gpd.GeoDataFrame, file: str) -> list[Problem]:
    rows = np.flatnonzero(frame.geometry.isna().to_numpy())
    return [
        Problem(
            severity="warning", rule="empty_geometry", file=file, row=int(row) + 1, column="geometry",
            found=f"第 {row + 1} 个要素没有图形", wanted="每个要素都有图形", action="该要素的图形不能使用",
        )
        for row in rows
    ]  # fmt: skip


def _note(file: str, rule: str, found: str, action: str, severity: Any = "info") -> Problem:
    return Problem(severity=severity, rule=rule, file=file, found=found, action=action)


def _stop(file: str, rule: str, found: str, action: str) -> Problem:
    return Problem(severity="error", rule=rule, file=file, found=found, wanted=_WANTED, action=action)
