"""The tables that machines and analysts read: Parquet, CSV with a byte order mark, GeoJSON, the summary."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from json.encoder import encode_basestring
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

_AS_IT_IS = frozenset((str, int, bool, type(None)))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as UTF-8 with a byte order mark, which Excel and WPS open without asking."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def write_frame(path: Path, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Write these columns of a frame as CSV, in this order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(zip(*(_column(frame[name]) for name in columns), strict=True))
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def _column(values: pd.Series[Any]) -> list[str]:
    """Write the cells of a column as `cell` does, those of one kind at once."""
    if values.dtype == np.float64:
        return [
            "" if not math.isfinite(value) else repr(value) if value % 1 else str(int(value))
            for value in values.tolist()
        ]
    return [cell(value) for value in values.to_numpy(object).tolist()]


def cell(value: object) -> str:
    """
    Write one value so that it reads back as the same value: nothing for null, whole numbers without a point.

    Text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    if type(value) is float:  # most cells: asked first, and in the quickest way
        return number(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return number(float(value))
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def number(value: float) -> str:
    """Shortest text that reads back as this number; empty for null."""
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value == int(value) else repr(value)


def write_json(path: Path, thing: object) -> None:
    """Write JSON for people and machines: UTF-8, indented, null for every number that is not finite."""
    text = json.dumps(plain(thing), ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def plain(thing: Any) -> Any:
    """Turn numpy and pandas values into what JSON has; whole floats become integers, nothing-values null."""
    if type(thing) in _AS_IT_IS:
        return thing
    if isinstance(thing, float | np.floating):
        value = float(thing)
        if not math.isfinite(value):
            return None
        return int(value) if value == int(value) and abs(value) < 2**53 else value
    if isinstance(thing, Mapping):
        return {str(key): plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple | np.ndarray):
        return [plain(value) for value in thing]
    if isinstance(thing, np.generic):
        return plain(thing.item())
    if thing is pd.NA:
        return None
    if isinstance(thing, date):
        return thing.isoformat()
    if isinstance(thing, str | int):
        return thing
    raise TypeError(f"no JSON form for {type(thing).__name__}")


def write_parquet(path: Path, columns: Mapping[str, Any]) -> None:
    """Write named arrays as Parquet; the bytes depend on nothing but the values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    pq.write_table(table, path, compression="zstd", store_schema=False)


def write_geojson(
    path: Path,
    shapes: NDArray[np.object_],
    properties: pd.DataFrame | Sequence[Mapping[str, object]],
    *,
    rounded: bool = False,
) -> None:
    """Write shapes (WGS 84, to 1e-7 degree, `rounded` already or not; None for no place) and properties as GeoJSON."""
    geometries = shapely.to_geojson(shapes if rounded else shapely.set_precision(shapes, 1e-7)).tolist()
    told = _told(properties) if isinstance(properties, pd.DataFrame) else map(_json, properties)
    lines = ",\n".join(
        f'{{"type":"Feature","geometry":{geometry or "null"},"properties":{each}}}'
        for geometry, each in zip(geometries, told, strict=True)
    )
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8", newline="\n")


def _told(frame: pd.DataFrame) -> Iterable[str]:
    """Write every row of a frame as `_json` writes its record, column by column: the values of one are of one kind."""
    head = [f"{_json(str(name))}: " for name in frame.columns]
    columns = [_column_json(frame[name]) for name in frame.columns]
    return [f"{{{', '.join(map(add, head, row))}}}" for row in zip(*columns, strict=True)]


def _column_json(values: pd.Series[Any]) -> list[str]:
    if values.dtype == np.float64:
        return [number(value) or "null" for value in values.tolist()]
    if values.dtype == np.int64:
        return list(map(str, values.tolist()))
    cells = values.to_numpy(object).tolist()
    return [encode_basestring(value) if type(value) is str else _json(value) for value in cells]


def _json(thing: object) -> str:
    return json.dumps(plain(thing), ensure_ascii=False, allow_nan=False)
