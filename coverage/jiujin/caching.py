"""
What was computed once and need not be again: values kept beside a study under the digest of all that they are made of.

    cache = Cache(folder)
    walks = cache.of("walks", digest_of(streets_digest, service), lambda: search(...))

A value is written as plain data (numbers, texts, arrays, tables, shapes, and frozen dataclasses of this package) with a
checksum over every byte; nothing that is read back is ever executed. A file that is torn, damaged, of another version
or not to be read is no file: the value is made again. Whether values come from here or are made anew is not to be told
from any output.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.version import __version__

T = TypeVar("T")

FORMAT = 1
KEPT = 3
"""So many values of one stage stay on disk, the latest."""

_AS_IT_IS = frozenset((str, int, bool, type(None)))
_MAGIC = b"jiujin cache\n"
_ALIGN = 64
_OWN = "jiujin."
_LIBRARIES = (
    "folium", "geopandas", "matplotlib", "numba", "numpy", "osmium", "pandas", "pyarrow", "pyogrio", "pyproj",
    "python-docx", "scipy", "shapely", "XlsxWriter",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """
    Values by stage and key: in memory for this run, and in `folder` for the next.

    Without a folder, or where it cannot be written, values live for this run only. `may_write` is off for a run that
    must leave nothing behind.
    """

    folder: Path | None = None
    may_write: bool = True
    memory: dict[tuple[str, str], Any] = field(default_factory=dict)

    def of(self, stage: str, key: str, make: Callable[[], T]) -> T:
        """Give the value of a stage for this key, made only where it is not there."""
        if (stage, key) not in self.memory:
            self.memory[stage, key] = self._read_or_made(stage, key, make)
        value: T = self.memory[stage, key]
        return value

    def _read_or_made(self, stage: str, key: str, make: Callable[[], T]) -> T:
        path = None if self.folder is None else self.folder / f"{stage}-{key[:32]}.bin"
        if path is not None:
            with suppress(OSError, ValueError, LookupError, TypeError, AttributeError, ImportError):
                kept: T = thawed(path.read_bytes())
                return kept
        value = make()
        if path is not None and self.may_write:
            with suppress(OSError):
                _write(path, frozen(value))
                _forget(path.parent, stage, path)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A cache for what is made of one base: `base` is the digest of everything that all its values rest on."""

    cache: Cache = field(default_factory=Cache)
    base: str = ""

    def of(self, stage: str, things: object, make: Callable[[], T]) -> T:
        """Give the value of a stage that is made of the base and of these things."""
        return self.cache.of(stage, digest_of(self.base, things), make)


def digest_of(*things: object) -> str:
    """Tell things (whatever can be kept) from all others: 64 hexadecimal digits."""
    return hashlib.sha256(frozen((FORMAT, program(), things))).hexdigest()


@cache
def program() -> str:
    """Tell this program from any other: its version, its files as they stand, and the libraries it computes with."""
    package = Path(__file__).parent
    files = [path for path in package.rglob("*") if path.suffix in {".py", ".toml", ".js", ".css", ".html"}]
    stood = [(path.relative_to(package).as_posix(), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    libraries = [(name, importlib.metadata.version(name)) for name in _LIBRARIES]
    return hashlib.sha256(repr((__version__, sorted(stood), libraries)).encode()).hexdigest()


def frozen(thing: object) -> bytes:
    """Lay a value out as bytes with their checksum; TypeError for what cannot be kept."""
    arrays: list[NDArray[Any]] = []
    head = json.dumps(_plain(thing, arrays), ensure_ascii=False, separators=(",", ":")).encode()
    said = json.dumps([[array.dtype.str, array.shape] for array in arrays]).encode()
    body = bytearray()
    for part in (len(head).to_bytes(8, "little"), len(said).to_bytes(8, "little"), head, said):
        body += part
    for array in arrays:
        body += b"\0" * (-len(body) % _ALIGN)
        body += np.ascontiguousarray(array).tobytes()
    return _MAGIC + hashlib.sha256(body).digest() + body


def thawed(content: bytes) -> Any:
    """Give back the value of these bytes; ValueError where they are not whole. Arrays may be written to."""
    start = len(_MAGIC) + 32
    body = bytearray(memoryview(content)[start:])
    if content[: len(_MAGIC)] != _MAGIC or hashlib.sha256(body).digest() != content[len(_MAGIC) : start]:
        raise ValueError("not a whole cache file")
    long, more = (int.from_bytes(body[at : at + 8], "little") for at in (0, 8))
    at = 16 + long + more
    arrays: list[NDArray[Any]] = []
    for kind, shape in json.loads(body[16 + long : at]):
        at += -at % _ALIGN
        count = int(np.prod(shape))
        arrays.append(np.frombuffer(body, kind, count, at).reshape(shape) if count else np.empty(shape, kind))
        at += arrays[-1].nbytes
    return _made(json.loads(body[16 : 16 + long]), arrays)


def _plain(thing: Any, arrays: list[NDArray[Any]]) -> Any:  # noqa: C901, PLR0911, PLR0912 - one case per kind of value
    """A value as JSON: scalars as they are, everything else as `[kind, ...]`, arrays by their number."""
    if thing is None or type(thing) in (bool, int, str):
        return thing
    if type(thing) is float:
        return thing if np.isfinite(thing) else ["float", repr(thing)]
    if isinstance(thing, np.ndarray):
        return _plain_array(thing, arrays)
    if isinstance(thing, np.generic):
        return ["scalar", _plain(np.asarray(thing).reshape(1), arrays)]
    if isinstance(thing, tuple) and hasattr(thing, "_fields") and type(thing).__module__.startswith(_OWN):
        return _plain_fact(thing, thing._fields, arrays)
    if type(thing) in {tuple, list, set, frozenset}:
        kind = type(thing).__name__
        return [kind, _plain_members(sorted(thing) if isinstance(thing, set | frozenset) else list(thing), arrays)]
    if isinstance(thing, dict | MappingProxyType):
        kind = "dict" if isinstance(thing, dict) else "proxy"
        return [kind, [[_plain(key, arrays), _plain(value, arrays)] for key, value in thing.items()]]
    if thing is pd.NaT or thing is pd.NA:
        return ["NaT" if thing is pd.NaT else "NA"]
    if isinstance(thing, datetime | date):
        return [type(thing).__name__, thing.isoformat()]
    if isinstance(thing, PurePath):
        return ["path", str(thing)]
    if isinstance(thing, shapely.Geometry):
        return ["shape", _plain_array(np.array([thing], object), arrays)]
    if isinstance(thing, pd.DataFrame):
        return _plain_frame(thing, arrays)
    if is_dataclass(thing) and type(thing).__module__.startswith(_OWN):
        return _plain_fact(thing, [each.name for each in fields(thing) if each.init], arrays)
    raise TypeError(f"no cache form for {type(thing).__name__}")


def _plain_members(members: list[Any], arrays: list[NDArray[Any]]) -> list[Any]:
    """Texts and whole numbers, which most members are, stand for themselves."""
    return members if _AS_IT_IS.issuperset(map(type, members)) else [_plain(each, arrays) for each in members]


def _plain_fact(thing: Any, names: Iterable[str], arrays: list[NDArray[Any]]) -> Any:
    members = [[name, _plain(getattr(thing, name), arrays)] for name in names]
    return ["fact", type(thing).__module__, type(thing).__qualname__, members]


def _plain_array(array: NDArray[Any], arrays: list[NDArray[Any]]) -> Any:
    if array.dtype != object:
        arrays.append(array)
        return ["array", len(arrays) - 1]
    flat = array.ravel()
    if flat.size and all(each is None or isinstance(each, shapely.Geometry) for each in flat) and flat[0] is not None:
        wkb = [b"" if each is None else each for each in shapely.to_wkb(flat, include_srid=False).tolist()]
        joined = np.frombuffer(b"".join(wkb), np.uint8)
        lengths = np.array([len(each) for each in wkb], np.int64)
        return ["shapes", list(array.shape), _plain_array(joined, arrays), _plain_array(lengths, arrays)]
    return ["objects", list(array.shape), _plain_members(flat.tolist(), arrays)]


def _plain_frame(frame: pd.DataFrame, arrays: list[NDArray[Any]]) -> Any:
    columns = []
    for at, name in enumerate(frame.columns):
        series = frame.iloc[:, at]
        kind = str(series.dtype)
        values = np.asarray(series.to_numpy(object) if kind == "geometry" else series.to_numpy())
        if not isinstance(series.dtype, np.dtype) and kind != "geometry":
            values = np.array([*series.tolist(), None], object)[:-1]
        columns.append([_plain(name, arrays), kind, _plain_array(values, arrays)])
    index = None
    if not (isinstance(frame.index, pd.RangeIndex) and frame.index.start == 0 and frame.index.step == 1):
        index = _plain_array(frame.index.to_numpy(), arrays)
    geo = None
    if hasattr(frame, "geometry") and type(frame).__name__ == "GeoDataFrame":
        geo = [frame.active_geometry_name, None if frame.crs is None else frame.crs.to_string()]
    return ["frame", len(frame), columns, index, geo, _plain(dict(frame.attrs), arrays)]


def _made(said: Any, arrays: list[NDArray[Any]]) -> Any:  # noqa: C901, PLR0911 - one case per kind of value
    """Undo `_plain`."""
    if not isinstance(said, list):
        return said
    kind, *rest = said
    if kind == "float":
        return float(rest[0])
    if kind == "array":
        return arrays[rest[0]]
    if kind == "scalar":
        return _made(rest[0], arrays)[0]
    if kind in _GROUPS:
        return _GROUPS[kind](_made_members(rest[0], arrays))
    if kind in {"dict", "proxy"}:
        made = {_made(key, arrays): _made(value, arrays) for key, value in rest[0]}
        return made if kind == "dict" else MappingProxyType(made)
    if kind in {"NaT", "NA"}:
        return pd.NaT if kind == "NaT" else pd.NA
    if kind in {"date", "datetime"}:
        return (date if kind == "date" else datetime).fromisoformat(rest[0])
    if kind == "path":
        return Path(rest[0])
    if kind == "shape":
        return _made(rest[0], arrays)[0]
    if kind == "shapes":
        return _made_shapes(*(_made(each, arrays) for each in rest[1:])).reshape(rest[0])
    if kind == "objects":
        flat = np.empty(len(rest[1]), object)
        flat[:] = _made_members(rest[1], arrays)
        return flat.reshape(rest[0])
    return _made_frame(rest, arrays) if kind == "frame" else _made_fact(rest, arrays)


def _made_members(said: list[Any], arrays: list[NDArray[Any]]) -> list[Any]:
    return [_made(each, arrays) for each in said] if list in map(type, said) else said


_GROUPS: Mapping[str, Callable[[Any], Any]] = {"tuple": tuple, "list": list, "set": set, "frozenset": frozenset}


def _made_shapes(joined: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.object_]:
    whole, end = joined.tobytes(), np.cumsum(lengths)
    parts = [whole[stop - long : stop] or None for stop, long in zip(end.tolist(), lengths.tolist(), strict=True)]
    return np.asarray(shapely.from_wkb(np.array([*parts, None], object)[:-1]), object)


def _made_frame(said: list[Any], arrays: list[NDArray[Any]]) -> pd.DataFrame:
    length, columns, index, geo, attrs = said
    series = {}
    for name, kind, values in columns:
        made = _made(values, arrays)
        if kind not in {"geometry", "object"} and kind != str(made.dtype):
            made = pd.array(list(made), dtype=kind)
        # named, for pandas would take an object column of texts for one of strings
        series[_made(name, arrays)] = made if kind == "geometry" else pd.Series(made, dtype=made.dtype)
    labels = pd.RangeIndex(length) if index is None else _made(index, arrays)
    frame = pd.DataFrame(series, columns=list(series), index=pd.RangeIndex(length))
    frame.index = pd.Index(labels)
    if geo is not None:
        import geopandas as gpd

        frame = gpd.GeoDataFrame(frame, geometry=geo[0], crs=geo[1])
    frame.attrs.update(_made(attrs, arrays))
    return frame


def _made_fact(said: list[Any], arrays: list[NDArray[Any]]) -> Any:
    module, name, members = said
    if not module.startswith(_OWN):
        raise ValueError(f"{module} is not ours")
    fact = getattr(importlib.import_module(module), name)
    if not isinstance(fact, type) or not (is_dataclass(fact) or issubclass(fact, tuple)):
        raise ValueError(f"{name} is no record of facts")
    make: Callable[..., Any] = fact
    return make(**{key: _made(value, arrays) for key, value in members})


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _forget(folder: Path, stage: str, latest: Path) -> None:
    """Remove all but the latest values of a stage, and what a killed process left half written."""
    with suppress(OSError):
        kept = sorted(
            folder.glob(f"{stage}-????????????????????????????????.bin"), key=lambda path: path.stat().st_mtime
        )
        for path in [path for path in kept if path != latest][: max(len(kept) - KEPT, 0)]:
            path.unlink(missing_ok=True)
        for part in folder.glob(".*.part"):
            part.unlink(missing_ok=True)
