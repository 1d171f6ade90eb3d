"""Streets are downloaded from whatever servers are named; here both are on this machine and answer from a recording."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlparse

import osmnx
import pytest

from jiujin.errors import TableError
from jiujin.reading.download import Servers, download_streets
from jiujin.reading.streets import read_streets
from jiujin.study import Inputs, Study

OUTLINE = [[117.0, 28.0], [117.02, 28.0], [117.02, 28.02], [117.0, 28.02], [117.0, 28.0]]
PLACE = {
    "place_id": 1,
    "osm_type": "relation",
    "osm_id": 7,
    "lat": "28.01",
    "lon": "117.01",
    "class": "boundary",
    "type": "administrative",
    "place_rank": 16,
    "importance": 0.5,
    "addresstype": "city",
    "name": "某市",
    "display_name": "某市, 某省, 中国",
    "boundingbox": ["28.0", "28.02", "117.0", "117.02"],
    "geojson": {"type": "Polygon", "coordinates": [OUTLINE]},
}
NODES = [
    {"type": "node", "id": number, "lat": 28.01, "lon": lon}
    for number, lon in ((1, 117.008), (2, 117.009), (3, 117.010), (4, 117.011), (5, 117.012))
]
STREET = {"type": "way", "id": 10, "nodes": [1, 2, 3], "tags": {"highway": "residential", "oneway": "yes"}}
STEPS = {"type": "way", "id": 11, "nodes": [3, 4], "tags": {"highway": "steps"}}
SHARED = {"type": "way", "id": 12, "nodes": [4, 5], "tags": {"highway": "cycleway", "foot": "designated"}}
RIVER = {"type": "way", "id": 13, "nodes": [1, 5], "tags": {"waterway": "river", "name": "某河"}}
ANSWERS = {
    '["highway"]["area"!~"yes"]': [STREET, STEPS],
    '["highway"="cycleway"]': [SHARED],
    '["waterway"~': [RIVER],
}


class Recording(BaseHTTPRequestHandler):
    places: ClassVar[list[dict[str, Any]]] = [PLACE]
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        self._answer(self.places if urlparse(self.path).path == "/search" else [])

    def do_POST(self) -> None:
        query = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
        ways = next((ways for words, ways in ANSWERS.items() if words in query), [])
        self._answer({"elements": [*NODES, *ways] if ways else []})

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode() if self.status == 200 else b"<html>Forbidden</html>"
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    monkeypatch.setattr("time.sleep", lambda _: None)  # osmnx waits a second before each question to a public server
    server = HTTPServer(("127.0.0.1", 0), Recording)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    yield Servers(geocoder=address, overpass=address)
    server.shutdown()
    thread.join()
    server.server_close()


def study_of(path: Path) -> Study:
    inputs = Inputs(facilities=(), communities=(), population=(), streets=(path,))
    return Study(name="某市", folder=path.parent, as_of=date(2023, 12, 31), inputs=inputs, services=())


@pytest.mark.parametrize("name", ["某市 道路（1）.osm.pbf", "streets.osm"])
def test_a_downloaded_place_can_be_read_at_once(tmp_path: Path, servers: Servers, name: str) -> None:
    download = download_streets("某市", tmp_path / name, servers=servers)
    assert download.place == "某市, 某省, 中国"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    streets, surroundings, problems = read_streets(study_of(tmp_path / name))
    assert len(streets.way) == 3  # two pieces of the street, one of steps; the cycleway is for `default+shared` only
    assert streets.step_free.tolist().count(False) == 1
    assert len(surroundings.water) == 1
    assert problems == []


def test_osmnx_is_left_as_it_was(tmp_path: Path, servers: Servers) -> None:
    before = (osmnx.settings.use_cache, osmnx.settings.nominatim_url, socket.getaddrinfo)
    download_streets("某市", tmp_path / "a.osm", servers=servers)
    assert (osmnx.settings.use_cache, osmnx.settings.nominatim_url, socket.getaddrinfo) == before


def test_a_place_that_is_not_found_is_said(tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recording, "places", [])
    with pytest.raises(TableError, match="没有找到“无此地”"):
        download_streets("无此地", tmp_path / "a.osm", servers=servers)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_refuses_is_said(tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recording, "status", 403)
    with pytest.raises(TableError, match="拒绝了请求"):
        download_streets("某市", tmp_path / "a.osm", servers=servers)


def test_without_internet_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with socket.socket() as taken:  # bound and not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(TableError, match="没有互联网") as caught:
            download_streets("某市", tmp_path / "a.osm", servers=Servers(geocoder=address, overpass=address))
    assert "Geofabrik" in caught.value.problems[0].action
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_never_overwritten(tmp_path: Path, servers: Servers) -> None:
    out = tmp_path / "streets.osm"
    out.write_text("mine")
    with pytest.raises(TableError, match="文件已存在"):
        download_streets("某市", out, servers=servers)
    assert out.read_text() == "mine"


def test_only_osm_files_are_written(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="不能存为"):
        download_streets("某市", tmp_path / "streets.shp")
