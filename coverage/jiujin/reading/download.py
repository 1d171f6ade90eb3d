"""
Download a place's streets from OpenStreetMap, where there is internet; the one door to osmnx.

The place is found by name and its outline widened, because people at the border walk on streets beyond it. The ways of
both `walkable` settings, water and railways are saved whole, with all their tags, as an ordinary OpenStreetMap file.
"""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from jiujin.coordinates import plane_of
from jiujin.errors import Problem, TableError
from jiujin.reading.walkable import EXCLUDED, FOOT_MAY_USE, SQUARES, overpass_filter

MARGIN_M = 3000
_ENDINGS = (".osm", ".osm.pbf")
_BY_HAND = "请在能上网的电脑上运行，或从 Geofabrik 等网站下载 .osm.pbf，放入项目文件夹并写入 [inputs] streets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What was saved: the place as the map service names it, the file, and how much is in it."""

    place: str
    path: Path
    nodes: int
    ways: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where to ask; None stands for the public server that osmnx knows."""

    geocoder: str | None = None
    overpass: str | None = None


def download_streets(
    place: str, out: Path, *, margin_m: float = MARGIN_M, servers: Servers | None = None, overwrite: bool = False
) -> Download:
    """
    Save the streets of a place (`贵溪市, 江西省`), and of `margin_m` around it, into the file `out`.

    The file appears whole or not at all. TableError says in Chinese what is wrong: no connection, no such place, no
    street there, a file that exists already.
    """
    if not out.name.lower().endswith(_ENDINGS):
        raise TableError(_stop("bad_value", f"不能存为 {out.name}", "以 .osm.pbf 或 .osm 结尾的文件名"))
    if out.exists() and not overwrite:
        raise TableError(_stop("file_exists", f"文件已存在：{out}", "换一个文件名，或先移走它"))
    if not out.parent.is_dir():
        raise TableError(_stop("missing_file", f"没有这个文件夹：{out.parent}", "已有的文件夹"))
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".jiujin-") as temporary:
        folder = Path(temporary)
        with _osmnx(servers or Servers(), folder) as osmnx, _told(place):
            found = osmnx.geocode_to_gdf(place)
            _answers(osmnx, _widened(found.geometry.iloc[0], margin_m))
            nodes, ways = _elements(folder)
        if not any("highway" in way.get("tags", {}) for way in ways):
            raise TableError(_stop("no_such_place", f"“{place}”范围内没有道路数据", "较大的范围，或另一个地名"))
        _write(nodes, ways, folder / out.name)
        (folder / out.name).replace(out)
    return Download(place=str(found["display_name"].iloc[0]), path=out, nodes=len(nodes), ways=len(ways))


def _filters() -> list[str]:
    """Osmnx's walk filter, then the shared cycleways and squares of `default+shared`."""
    plain = {key: f'["{key}"!~"{pattern}"]' for key, pattern in EXCLUDED}
    cycleways = "".join(clause for key, clause in plain.items() if key != "highway")
    squares = "".join(clause for key, clause in plain.items() if key != "area")
    return [
        overpass_filter(),
        f'["highway"="cycleway"]["foot"~"^({"|".join(sorted(FOOT_MAY_USE))})$"]{cycleways}',
        f'["highway"~"^({"|".join(sorted(SQUARES))})$"]["area"="yes"]{squares}',
        '["waterway"~"^(river|canal|stream|riverbank)$"]',
        '["natural"="water"]',
        '["railway"~"^(rail|light_rail|narrow_gauge)$"]',
    ]


def _widened(outline: Any, margin_m: float) -> Any:
    """The outline in degrees with a margin in metres around it."""
    west, south, east, north = outline.bounds
    plane = plane_of(np.array([west, east]), np.array([south, north]))
    flat = shapely.transform(outline, lambda at: np.column_stack(plane.project(at[:, 0], at[:, 1])))
    wide = shapely.simplify(flat.buffer(margin_m), min(margin_m / 20, 50))
    return shapely.transform(wide, lambda at: np.column_stack(plane.unproject(at[:, 0], at[:, 1])))


def _answers(osmnx: Any, outline: Any) -> None:
    """Ask for everything inside the outline; the raw answers, whole ways with all tags, stay in the cache folder."""
    from osmnx._errors import CacheOnlyInterruptError

    with suppress(CacheOnlyInterruptError):
        osmnx.graph_from_polygon(outline, custom_filter=_filters())


def _elements(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Nodes and ways of all answers, once each, in order of their ids."""
    elements: dict[tuple[str, int], dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        for element in answer.get("elements", []) if isinstance(answer, dict) else []:
            elements[element["type"], element["id"]] = element
    ordered = [elements[key] for key in sorted(elements)]
    return [one for one in ordered if one["type"] == "node"], [one for one in ordered if one["type"] == "way"]


def _write(nodes: list[dict[str, Any]], ways: list[dict[str, Any]], path: Path) -> None:
    import osmium
    from osmium.osm import mutable

    with osmium.SimpleWriter(str(path)) as writer:
        for node in nodes:
            place = (node["lon"], node["lat"])
            writer.add_node(mutable.Node(id=node["id"], location=place, tags=node.get("tags", {}), version=1))
        for way in ways:
            writer.add_way(mutable.Way(id=way["id"], nodes=way["nodes"], tags=way.get("tags", {}), version=1))


@contextmanager
def _osmnx(servers: Servers, folder: Path) -> Iterator[Any]:
    """osmnx, set up for one download; its settings and the name look-up that it bends are put back afterwards."""
    import osmnx  # 2 s, and only this command needs it

    changed: dict[str, Any] = {
        "use_cache": True,
        "cache_folder": folder,
        "cache_only_mode": True,  # the answers themselves are wanted, not the graph that osmnx would make of them
    }
    if servers.geocoder:
        changed["nominatim_url"] = servers.geocoder
    if servers.overpass:
        changed |= {"overpass_url": servers.overpass, "overpass_rate_limit": False}
    before = {key: getattr(osmnx.settings, key) for key in changed}
    look_up = socket.getaddrinfo
    try:
        for key, value in changed.items():
            setattr(osmnx.settings, key, value)
        yield osmnx
    finally:
        for key, value in before.items():
            setattr(osmnx.settings, key, value)
        socket.getaddrinfo = look_up


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Say in Chinese what stopped the download."""
    from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError
    from requests.exceptions import RequestException

    try:
        yield
    except (RequestException, socket.gaierror) as error:
        found = "连不上 OpenStreetMap 的服务器（没有互联网，或被防火墙挡住）"
        raise TableError(_stop("no_internet", found, "能访问互联网的网络", _BY_HAND)) from error
    except ResponseStatusCodeError as error:
        found = f"OpenStreetMap 的服务器拒绝了请求（{error}）"
        raise TableError(_stop("server_refused", found, action="请稍后再试；" + _BY_HAND)) from error
    except (InsufficientResponseError, TypeError) as error:
        found = f"没有找到“{place}”的边界，或其中没有可步行的道路"
        raise TableError(_stop("no_such_place", found, "写全上级地名，例如 贵溪市, 江西省, 中国")) from error
    except (ValueError, KeyError) as error:
        found = f"OpenStreetMap 的服务器答非所问（{type(error).__name__}）"
        raise TableError(_stop("server_refused", found, action="请稍后再试；" + _BY_HAND)) from error


def _stop(rule: str, found: str, wanted: str = "", action: str = "") -> Problem:
    return Problem(severity="error", rule=rule, found=found, wanted=wanted, action=action)
