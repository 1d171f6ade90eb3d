"""
Lines of OpenStreetMap ways, gathered while a file is read and turned into coordinates all at once.

osmium hands a whole line over as WKB; only ways that lack a vertex are taken apart vertex by vertex.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from jiujin.errors import Problem, TableError

NOWHERE = 2**31 - 1
"""The coordinate of a vertex that the extract does not hold, as osmium writes it."""

_WKB_HEADING = 9
_ALL = osmium.geom.use_nodes.ALL
_REMEDY = "重新下载或重新导出道路文件（.osm.pbf 或 .osm）"


@dataclass(frozen=True, slots=True, kw_only=True)
class OsmFile:
    """An extract, and the name that problems call it by."""

    path: Path
    file: str

    @property
    def source(self) -> osmium.io.File:
        """The file with its format told by the end of its name, in any case of letters."""
        name = self.path.name.lower()
        packed = next((end for end in (".gz", ".bz2") if name.endswith(end)), "")
        return osmium.io.File(str(self.path), name.removesuffix(packed).rsplit(".", 1)[-1] + packed)

    @contextmanager
    def told_when_broken(self) -> Iterator[None]:
        """Turn what osmium says about a broken file into Chinese."""
        try:
            yield
        except (RuntimeError, osmium.InvalidLocationError, ValueError, OSError) as error:
            found = f"道路文件损坏、不完整，或不是 OpenStreetMap 数据（{error}）"
            problem = Problem(severity="error", rule="unreadable", file=self.file, found=found, wanted=_REMEDY)
            raise TableError(problem) from error


class Locations:
    """Where the nodes of all files are, looked up by osmium while it reads ways."""

    def __init__(self, files: list[OsmFile]) -> None:
        self.filter = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
        self.filter.ignore_errors()
        self._files = files
        self._negative: dict[int, tuple[int, int]] | None = None
        for file in files:
            with file.told_when_broken(), osmium.io.Reader(file.source, osmium.osm.NODE) as reader:
                osmium.apply(reader, self.filter)

    def points(self, way: Any) -> list[tuple[int, int]]:
        """Vertices of a way in 1e-7 degree, `NOWHERE` where no file holds them."""
        return [(node.x, node.y) if node.x != NOWHERE else self._unusual(node.ref) for node in way.nodes]

    def _unusual(self, ref: int) -> tuple[int, int]:
        """Nodes of files that were never uploaded have negative ids, which osmium's index leaves out."""
        if ref >= 0:
            return NOWHERE, NOWHERE
        if self._negative is None:
            self._negative = {
                node.id: (node.location.x, node.location.y)
                for file in self._files
                for node in objects(file, osmium.osm.NODE)
                if node.id < 0
            }
        return self._negative.get(ref, (NOWHERE, NOWHERE))


class Lines:
    """Lines in the order in which they were added, with the ids of their ways."""

    def __init__(self, locations: Locations) -> None:
        self.ids: list[int] = []
        self.counts: list[int] = []
        self._locations = locations
        self._factory = osmium.geom.WKBFactory()
        self._whole: list[str] = []
        self._patched: dict[int, list[tuple[int, int]]] = {}

    def add(self, way: Any, count: int | None = None) -> None:
        """Take in one way, while osmium shows it."""
        self.ids.append(way.id)
        self.counts.append(len(way.nodes) if count is None else count)
        try:
            self._whole.append(self._factory.create_linestring(way, _ALL))
        except (osmium.InvalidLocationError, RuntimeError):
            self._patched[len(self.ids) - 1] = self._locations.points(way)

    def coordinates(self) -> NDArray[np.int64]:
        """Vertices of all lines in one row (n, 2), longitude and latitude in 1e-7 degree; `NOWHERE` where missing."""
        counts = np.array(self.counts, np.int64)
        is_patched = np.zeros(len(counts), bool)
        is_patched[list(self._patched)] = True
        in_patched = np.repeat(is_patched, counts)
        vertices = np.empty((len(in_patched), 2), np.int64)
        vertices[~in_patched] = np.rint(_degrees("".join(self._whole), counts[~is_patched]) * 1e7)
        if in_patched.any():
            vertices[in_patched] = [point for place in sorted(self._patched) for point in self._patched[place]]
        return vertices

    def shapes(self) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
        """LineStrings in degrees, a cut line in its parts, and the way id of each."""
        vertices = self.coordinates()
        owner = np.repeat(np.arange(len(self.counts)), self.counts)
        is_there = vertices[:, 0] != NOWHERE
        breaks = np.ones(len(owner), bool)
        breaks[1:] = (owner[1:] != owner[:-1]) | ~is_there[:-1]
        part = np.cumsum(breaks)[is_there]
        _, line, count = np.unique(part, return_inverse=True, return_counts=True)
        is_line = (count > 1)[line]
        if not is_line.any():
            return np.empty(0, object), np.empty(0, np.int64)
        _, first, line = np.unique(part[is_line], return_index=True, return_inverse=True)
        lines = shapely.linestrings(vertices[is_there][is_line] / 1e7, indices=line)
        return lines, np.array(self.ids, np.int64)[owner[is_there][is_line][first]]


def objects(file: OsmFile, kind: Any, *filters: Any) -> Iterator[Any]:
    """The nodes, ways or relations of a file that pass the filters, one after the other."""
    reader = osmium.FileProcessor(file.source, kind)
    for one in filters:
        reader = reader.with_filter(one)
    return iter(reader)


def _degrees(wkb: str, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Vertices (n, 2) of lines in hexadecimal WKB, one after the other: nine bytes of heading, then the numbers."""
    raw = np.frombuffer(bytes.fromhex(wkb), np.uint8)
    size = _WKB_HEADING + 16 * counts
    heading = (np.cumsum(size) - size)[:, None] + np.arange(_WKB_HEADING)
    return np.delete(raw, heading.ravel()).view("<f8").reshape(-1, 2)
