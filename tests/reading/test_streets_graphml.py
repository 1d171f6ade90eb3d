"""Graphs that osmnx saved: the streets in them are those of the map that they were made from."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx
import pytest

from jiujin.errors import JiujinError, NetworkError, TableError
from jiujin.network.streets import Streets
from jiujin.reading.streets import read_streets
from jiujin.study import Inputs, Study

TOWN = """<osm version="0.6">
<node id="1" lon="117.000" lat="36.000"/><node id="2" lon="117.001" lat="36.000"/>
<node id="3" lon="117.002" lat="36.001"/><node id="4" lon="117.003" lat="36.000"/>
<node id="5" lon="117.003" lat="36.002"/><node id="6" lon="117.004" lat="36.003"/>
<node id="7" lon="117.005" lat="36.001"/><node id="8" lon="117.001" lat="36.002"/>
<way id="20"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><tag k="highway" v="residential"/></way>
<way id="10"><nd ref="4"/><nd ref="5"/><tag k="highway" v="steps"/></way>
<way id="11"><nd ref="4"/><nd ref="7"/><nd ref="6"/><nd ref="4"/><tag k="highway" v="footway"/></way>
<way id="12"><nd ref="2"/><nd ref="8"/><nd ref="4"/><tag k="highway" v="path"/></way>
</osm>"""
OLD = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key attr.name="geometry" attr.type="string" for="edge" id="d9"/>
<key attr.name="osmid" attr.type="string" for="edge" id="d8"/>
<key attr.name="highway" attr.type="string" for="edge" id="d7"/>
<key attr.name="osmid" attr.type="string" for="node" id="d6"/>
<key attr.name="y" attr.type="string" for="node" id="d5"/>
<key attr.name="x" attr.type="string" for="node" id="d4"/>
<key attr.name="crs" attr.type="string" for="graph" id="d0"/>
<graph edgedefault="directed"><data key="d0">{'init': 'epsg:4326'}</data>
<node id="9"><data key="d4">117.0</data><data key="d5">36.0</data><data key="d6">9</data></node>
<node id="10"><data key="d4">117.002</data><data key="d5">36.0</data><data key="d6">10</data></node>
<edge source="10" target="9" id="0"><data key="d8">[70, 30]</data><data key="d7">['steps', 'footway']</data>
<data key="d9">LINESTRING (117.002 36, 117.001 36.001, 117 36)</data></edge>
<edge source="9" target="10" id="0"><data key="d8">[30, 70]</data><data key="d7">['footway', 'steps']</data>
<data key="d9">LINESTRING (117 36, 117.001 36.001, 117.002 36)</data></edge>
<edge source="9" target="10" id="1"><data key="d8">5</data><data key="d7">residential</data></edge>
<edge source="9" target="10" id="2"><data key="d8">6</data><data key="d7">motorway</data></edge>
</graph></graphml>"""


def study_of(path: Path) -> Study:
    inputs = Inputs(facilities=(), communities=(), population=(), streets=(path,))
    return Study(name="某县", folder=path.parent, as_of=date(2023, 12, 31), inputs=inputs, services=())


def read(path: Path) -> Streets:
    return read_streets(study_of(path))[0]


def town(folder: Path, *, simplify: bool) -> nx.MultiDiGraph:
    (folder / "town.osm").write_text(TOWN, "utf-8")
    return osmnx.graph_from_xml(folder / "town.osm", bidirectional=True, simplify=simplify, retain_all=True)


def drawn(streets: Streets) -> list[tuple[object, ...]]:
    """Each piece as its two ends whichever way round, its length and whether it is step-free."""
    ends = zip(streets.start.tolist(), streets.end.tolist(), strict=True)
    at = list(zip(streets.lon_e7.tolist(), streets.lat_e7.tolist(), strict=True))
    marks = zip(streets.length_cm.tolist(), streets.step_free.tolist(), strict=True)
    return sorted((*sorted((at[start], at[end])), *mark) for (start, end), mark in zip(ends, marks, strict=True))


@pytest.mark.parametrize("simplify", [False, True])
def test_a_graph_gives_the_streets_of_its_map_once(tmp_path: Path, simplify: bool) -> None:
    osmnx.save_graphml(town(tmp_path, simplify=simplify), tmp_path / "town.graphml")
    streets = read(tmp_path / "town.graphml")
    assert drawn(streets) == drawn(read(tmp_path / "town.osm"))
    assert len(streets.way) == 9
    assert sorted(set(streets.way.tolist())) == [10, 11, 12, 20]
    assert len(streets.lon_e7) == 8


def test_a_graph_saved_in_metres_is_brought_back_to_degrees(tmp_path: Path) -> None:
    osmnx.save_graphml(osmnx.project_graph(town(tmp_path, simplify=True)), tmp_path / "utm.graphml")
    streets, plain = read(tmp_path / "utm.graphml"), read(tmp_path / "town.osm")
    order, theirs = np.lexsort((streets.lat, streets.lon)), np.lexsort((plain.lat, plain.lon))
    assert np.abs(streets.lon[order] - plain.lon[theirs]).max() <= 1e-7
    assert sorted(streets.length_cm) == pytest.approx(sorted(plain.length_cm), abs=2)


def test_graphs_of_old_osmnx_are_read(tmp_path: Path) -> None:
    (tmp_path / "old.graphml").write_text(OLD, "utf-8")
    streets, _, problems = read_streets(study_of(tmp_path / "old.graphml"))
    assert streets.way.tolist() == [5, 30, 30]
    assert streets.step_free.tolist() == [True, False, False]
    assert streets.length_cm[0] == 18033  # twice 90.164 m
    assert [(problem.rule, problem.found[:3]) for problem in problems] == [("not_walkable", "1 条")]


def test_the_order_of_edges_in_the_file_does_not_matter(tmp_path: Path) -> None:
    edges = OLD.split("<edge ")
    tail = edges[-1].removesuffix("</graph></graphml>")
    turned = "<edge ".join([edges[0], tail, *edges[-2:0:-1]]) + "</graph></graphml>"
    (tmp_path / "a.graphml").write_text(OLD, "utf-8")
    (tmp_path / "b.graphml").write_text(turned, "utf-8")
    one, other = read(tmp_path / "a.graphml"), read(tmp_path / "b.graphml")
    for name in Streets.__slots__:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "损坏"),
        ("<graphml", "损坏"),
        (OLD[:900], "损坏"),
        (OLD.replace('<data key="d4">117.0</data>', ""), "损坏"),
        (OLD.replace(">117.0<", ">nan<"), "不是数字"),
        (OLD.replace(">117.0<", ">500000.0<"), "不是经纬度"),
        (OLD.replace('source="10"', 'source="11"'), "读不懂"),
        (OLD.replace("LINESTRING (117.002", "LINE (117.002"), "读不懂"),
        ('<?xml version="1.0"?><!DOCTYPE g [<!ENTITY a "b">]><graphml>&a;</graphml>', "实体"),
        (
            '<?xml version="1.0"?><!-- ' + "x" * 9000 + ' --><!DOCTYPE g [<!ENTITY a "b">]><graphml>&a;</graphml>',
            "实体",
        ),
    ],
)
def test_a_broken_graph_is_told(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "a.graphml").write_text(content, "utf-8")
    with pytest.raises(TableError) as caught:
        read(tmp_path / "a.graphml")
    assert caught.value.problems[0].file == "a.graphml"
    assert said in caught.value.problems[0].found


def test_a_graph_without_streets_stops_the_work(tmp_path: Path) -> None:
    (tmp_path / "a.graphml").write_text(OLD.split("<edge ", maxsplit=1)[0] + "</graph></graphml>", "utf-8")
    with pytest.raises(NetworkError, match="没有一条可步行的道路"):
        read(tmp_path / "a.graphml")


def test_files_named_xml_are_told_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "graph.xml").write_text(OLD, "utf-8")
    (tmp_path / "map.xml").write_text(TOWN, "utf-8")
    assert len(read(tmp_path / "graph.xml").way) == 3
    assert len(read(tmp_path / "map.xml").way) == 9


def test_a_file_that_is_no_text_at_all_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.graphml").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(JiujinError):
        read(tmp_path / "a.graphml")


def test_the_real_walking_graph_of_shenzhen(shared_data: Path) -> None:
    """Its undirected length, by osmnx's own edges, is that of our pieces."""
    path = shared_data / "shenzhen_futian" / "walk_network.graphml"
    streets = read(path)
    graph = osmnx.convert.to_undirected(osmnx.load_graphml(path))
    kept = sum(
        data["length"]
        for _, _, data in graph.edges(data=True)
        if not re.search("motorway|cycleway", str(data["highway"])) and "private" not in str(data.get("access"))
    )
    assert streets.length_cm.sum() / 100 == pytest.approx(kept, rel=0.01)  # osmnx's earth is a sphere
    assert (~streets.step_free).any()


def test_the_same_graph_twice_is_the_graph_once(shared_data, tmp_path):
    """Neighbouring graphs overlap: what both hold is walked once, and they meet there."""
    path = shared_data / "shenzhen_futian" / "walk_network.graphml"
    copy = tmp_path / "again.graphml"
    copy.write_bytes(path.read_bytes())
    inputs = Inputs(facilities=(), communities=(), population=(), streets=(path, copy))
    study = Study(name="试", folder=tmp_path, as_of=date(2023, 12, 31), inputs=inputs, services=())
    once = replace(study, inputs=replace(inputs, streets=(path,)))
    assert read_streets(study)[0].fingerprint() == read_streets(once)[0].fingerprint()
