"""
Read the graphs that osmnx saves as GraphML, of old and new versions.

osmnx writes a street walkable both ways as two edges, u to v and v to u, with the same shape reversed; here it is one.
Edges keep the id of their OpenStreetMap way (of several, the lowest), and stand in the order of their end nodes.
"""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import to_wgs84
from jiujin.errors import Problem, TableError
from jiujin.reading.streets_ways import Ways, e7
from jiujin.reading.walkable import is_step_free, is_walkable, street_class

_NS = "{http://graphml.graphdrawing.org/xmlns}"
_EPSG = re.compile(r"epsg:+(\d{4,6})", re.IGNORECASE)
_RESIDENTIAL = 2


@dataclass(slots=True)
class _Edge:
    """One street between two nodes (positions), its shape between them in file coordinates."""

    way: int
    start: int
    end: int
    between: tuple[tuple[float, float], ...]
    highways: tuple[str, ...]
    step_free: bool


@dataclass(slots=True)
class _Graph:
    names: list[str]
    x: list[float]
    y: list[float]
    edges: list[dict[str, str]]
    crs: str


def read_graphml(path: Path, *, file: str) -> tuple[Ways, list[Problem]]:
    """
    Read one GraphML file of osmnx as undirected ways in WGS 84.

    Edges that osmnx's walk filter would not have kept (a graph of another network type) are left out and counted.
    TableError where the file is broken or no graph of osmnx.
    """
    graph = _parsed(path, file)
    edges, left_out = [], 0
    position = _positions(graph)
    for data in graph.edges:
        edge = _edge(data, position, file)
        if edge is None:
            left_out += 1
        else:
            edges.append(edge)
    problems = [_left_out(file, left_out)] if left_out else []
    return _ways(graph, position, _each_once(edges), file), problems


def _parsed(path: Path, file: str) -> _Graph:
    graph = _Graph(names=[], x=[], y=[], edges=[], crs="")
    try:
        _refuse_entities(path, file)
        keys: dict[str, str] = {}
        for element in _elements(path):
            tag = element.tag.removeprefix(_NS)
            if tag == "key":
                keys[element.get("id", "")] = element.get("attr.name", "")
                continue
            data = {keys.get(child.get("key", ""), ""): child.text or "" for child in element.findall(f"{_NS}data")}
            if tag == "node":
                graph.names.append(element.get("id", ""))
                graph.x.append(float(data["x"]))
                graph.y.append(float(data["y"]))
            elif tag == "edge":
                graph.edges.append(data | {"source": element.get("source", ""), "target": element.get("target", "")})
            else:
                graph.crs = data.get("crs", "")
            element.clear()
    except (ET.ParseError, expat.ExpatError, KeyError, ValueError, OSError) as error:
        raise TableError(_broken(file, f"GraphML 文件损坏或不是 osmnx 写出的路网（{error}）")) from error
    if not np.isfinite(graph.x).all() or not np.isfinite(graph.y).all():
        raise TableError(_broken(file, "GraphML 文件中有节点的坐标不是数字"))
    return graph


def _elements(path: Path) -> Iterator[Any]:
    for _, element in ET.iterparse(path):  # noqa: S314
        if element.tag in {f"{_NS}key", f"{_NS}node", f"{_NS}edge", f"{_NS}graph"}:
            yield element


def _refuse_entities(path: Path, file: str) -> None:
    """Read up to the first element: entity bombs need a DOCTYPE before it, which osmnx never writes."""

    def refuse(*_: object) -> None:
        raise TableError(_broken(file, "GraphML 文件带有 DOCTYPE 或实体声明，出于安全不予读取"))

    def begin(*_: object) -> None:
        raise StopIteration

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    with path.open("rb") as opened, suppress(StopIteration):
        parser.ParseFile(opened)


def _positions(graph: _Graph) -> dict[str, int]:
    """Each node's position, in order of its id: by number where all ids are numbers."""
    is_number = all(re.fullmatch(r"-?\d+", name) for name in graph.names)
    order = sorted(set(graph.names), key=int if is_number else None)
    return {name: place for place, name in enumerate(order)}


def _edge(data: Mapping[str, str], position: Mapping[str, int], file: str) -> _Edge | None:
    """One edge, turned so that it runs from the lower node; None when nobody may walk there."""
    highways = _listed(data.get("highway", ""))
    tags = {key: value for key, value in data.items() if value and key not in {"highway", "geometry"}}
    if not all(is_walkable(tags | {"highway": highway}) for highway in highways):
        return None
    try:
        start, end = position[data["source"]], position[data["target"]]
        vertices = shapely.get_coordinates(shapely.from_wkt(data["geometry"])).tolist() if data.get("geometry") else []
        osmids = [int(osmid) for osmid in _listed(data.get("osmid", "")) if re.fullmatch(r"-?\d+", osmid)]
    except (KeyError, ValueError, shapely.errors.ShapelyError) as error:
        raise TableError(_broken(file, f"GraphML 文件中有一条边读不懂（{error}）")) from error
    between = tuple((x, y) for x, y in vertices[1:-1])
    if start > end or (start == end and between[::-1] < between):
        start, end, between = end, start, between[::-1]
    step_free = all(is_step_free(tags | {"highway": highway}) for highway in highways or ("",))
    return _Edge(min(osmids, default=0), start, end, between, highways, step_free)


def _listed(text: str) -> tuple[str, ...]:
    """Osmnx writes what it merged as a Python list, and a single value plainly."""
    if not text.startswith("["):
        return (text,) if text else ()
    try:
        return tuple(str(entry) for entry in ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return (text,)


def _each_once(edges: list[_Edge]) -> list[_Edge]:
    """Edges in order, of the same street only the one with the lowest way id."""
    ordered = sorted(edges, key=lambda edge: (edge.way, edge.start, edge.end, edge.between, edge.highways))
    once: dict[tuple[Any, ...], _Edge] = {}
    for edge in ordered:
        shape = tuple((round(x, 7), round(y, 7)) for x, y in edge.between)
        once.setdefault((edge.start, edge.end, shape), edge)
    return list(once.values())


def _ways(graph: _Graph, position: Mapping[str, int], edges: list[_Edge], file: str) -> Ways:
    """Each edge as a way of its own, under its OpenStreetMap id; the vertices between its nodes are its own too."""
    places = np.zeros((len(position), 2))
    places[[position[name] for name in graph.names]] = np.column_stack([graph.x, graph.y])
    between = np.array([place for edge in edges for place in edge.between]).reshape(-1, 2)
    inner = np.array([len(edge.between) for edge in edges], np.int64)
    ptr = np.concatenate([[0], np.cumsum(inner + 2)]).astype(np.int64)
    vertex = np.empty(ptr[-1], np.int64)
    is_end = np.zeros(len(vertex), bool)
    is_end[ptr[:-1]] = is_end[ptr[1:] - 1] = True
    vertex[is_end] = [end for edge in edges for end in (edge.start, edge.end)]
    vertex[~is_end] = len(places) + np.arange(len(between))
    lon, lat = _degrees(np.concatenate([places, between]), graph.crs, file)
    drawn = [min((street_class(highway) for highway in edge.highways), default=_RESIDENTIAL) for edge in edges]
    return Ways(
        way=np.array([edge.way for edge in edges], np.int64),
        ptr=ptr,
        vertex=vertex,
        lon_e7=e7(lon),
        lat_e7=e7(lat),
        step_free=np.array([edge.step_free for edge in edges], np.bool_),
        street_class=np.array(drawn, np.uint8),
    )


def _degrees(vertices: NDArray[np.float64], crs: str, file: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """WGS 84 degrees, also of a graph that was saved after projecting."""
    code = _EPSG.search(crs)
    if code and int(code[1]) not in {4326, 4490}:
        return to_wgs84(vertices[:, 0], vertices[:, 1], f"EPSG:{code[1]}")
    if len(vertices) and (np.abs(vertices) > [180, 90]).any():
        raise TableError(_broken(file, "GraphML 文件的坐标不是经纬度，也没有写明投影"))
    return vertices[:, 0], vertices[:, 1]


def _broken(file: str, found: str) -> Problem:
    wanted = "用 osmnx.save_graphml 重新导出，或改用 .osm.pbf"
    return Problem(severity="error", rule="unreadable", file=file, found=found, wanted=wanted)


def _left_out(file: str, count: int) -> Problem:
    return Problem(
        severity="info",
        rule="not_walkable",
        file=file,
        found=f"{count} 条边不可步行（如高速公路、非机动车道）",
        action="未纳入步行路网",
    )
