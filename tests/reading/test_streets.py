"""OpenStreetMap extracts as they come: whole, clipped, in parts, in any order, broken."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiujin.coordinates import to_wgs84
from jiujin.errors import JiujinError, NetworkError, TableError
from jiujin.network.streets import Streets
from jiujin.reading.streets import read_streets
from jiujin.study import Inputs, Study, WalkRules

EAST = 0.001  # a thousandth of a degree
RESIDENTIAL = {"highway": "residential"}


@dataclass
class World:
    """A tiny map: nodes by id in thousandths of a degree from 117 E 36 N, ways by id."""

    nodes: dict[int, tuple[float, float]]
    ways: dict[int, tuple[list[int], dict[str, str]]]
    areas: dict[int, tuple[list[int], dict[str, str]]] = field(default_factory=dict)
    names: dict[int, dict[str, str]] = field(default_factory=dict)
    ways_first: bool = False

    def xml(self) -> str:
        nodes = "".join(
            f'<node id="{key}" lon="{117 + x * EAST:.7f}" lat="{36 + y * EAST:.7f}">'
            f"{tags(self.names.get(key, {}))}</node>"
            for key, (x, y) in self.nodes.items()
        )
        ways = "".join(
            f'<way id="{key}">{"".join(f"<nd ref={chr(34)}{ref}{chr(34)}/>" for ref in refs)}{tags(marks)}</way>'
            for key, (refs, marks) in self.ways.items()
        )
        areas = "".join(
            f'<relation id="{key}">'
            + "".join(f'<member type="way" ref="{ref}" role="outer"/>' for ref in refs)
            + f"{tags(marks | {'type': 'multipolygon'})}</relation>"
            for key, (refs, marks) in self.areas.items()
        )
        return f'<osm version="0.6">{ways + nodes if self.ways_first else nodes + ways}{areas}</osm>'


def tags(marks: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in marks.items())


def study_of(*paths: Path, walkable: str = "default", datum: str = "auto") -> Study:
    return Study(
        name="某县",
        folder=paths[0].parent,
        as_of=date(2023, 12, 31),
        inputs=Inputs(facilities=(), communities=(), population=(), streets=paths),
        services=(),
        walk=WalkRules(walkable=walkable),
        datums={"streets": datum},
    )


def saved(world: World, path: Path) -> Path:
    path.write_text(world.xml(), "utf-8")
    return path


def read(world: World, folder: Path, walkable: str = "default") -> Streets:
    streets, _, problems = read_streets(study_of(saved(world, folder / "街道.osm"), walkable=walkable))
    assert problems == []
    return streets


def pieces(streets: Streets) -> list[tuple[int, tuple[int, int], tuple[int, int]]]:
    """Each piece as its way and its two ends in thousandths of a degree from 117 E 36 N."""
    x, y = (streets.lon_e7 - 1_170_000_000) // 10_000, (streets.lat_e7 - 360_000_000) // 10_000
    return [
        (way, (x[start], y[start]), (x[end], y[end]))
        for way, start, end in zip(streets.way.tolist(), streets.start, streets.end, strict=True)
    ]


LINE = World({1: (0, 0), 2: (1, 0), 3: (2, 0)}, {10: ([1, 2, 3], RESIDENTIAL)})


def test_a_way_becomes_its_pieces_in_order(tmp_path: Path) -> None:
    streets = read(LINE, tmp_path)
    assert pieces(streets) == [(10, (0, 0), (1, 0)), (10, (1, 0), (2, 0))]
    assert streets.length_cm.tolist() == [9016, 9016]  # 6378137 m * cos 36 / sqrt(1 - e2 sin2 36) * 0.001 degree
    assert streets.step_free.all()


def test_pieces_stand_by_way_id_then_along_the_way(tmp_path: Path) -> None:
    world = World(LINE.nodes | {4: (3, 0)}, {30: ([3, 2, 1], RESIDENTIAL), 7: ([3, 4], RESIDENTIAL)})
    assert pieces(read(world, tmp_path)) == [
        (7, (2, 0), (3, 0)),
        (30, (2, 0), (1, 0)),
        (30, (1, 0), (0, 0)),
    ]


def test_ways_are_cut_where_vertices_are_missing(tmp_path: Path) -> None:
    world = World(
        {1: (0, 0), 2: (1, 0), 4: (3, 0), 5: (4, 0)},
        {10: ([9, 1, 2, 3, 4, 5], RESIDENTIAL), 11: ([8, 5], RESIDENTIAL), 12: ([1, 5], RESIDENTIAL)},
    )
    streets, _, problems = read_streets(study_of(saved(world, tmp_path / "clipped.osm")))
    assert pieces(streets) == [(10, (0, 0), (1, 0)), (10, (3, 0), (4, 0)), (12, (0, 0), (4, 0))]
    (warning,) = problems
    assert (warning.severity, warning.rule, warning.file) == ("warning", "ways_cut", "clipped.osm")
    assert warning.found.startswith("2 条")


def test_repeated_vertices_make_no_piece(tmp_path: Path) -> None:
    world = World(LINE.nodes, {10: ([1, 1, 2, 2, 2, 3], RESIDENTIAL)})
    assert pieces(read(world, tmp_path)) == pieces(read(LINE, tmp_path))


def test_two_vertices_in_one_place_stay_two(tmp_path: Path) -> None:
    """A bridge over a street: no way from one to the other, though they lie upon each other on the map."""
    nodes = {1: (0, 0), 2: (1, 1), 3: (2, 2), 4: (0, 2), 5: (1, 1), 6: (2, 0)}
    world = World(nodes, {1: ([1, 2, 3], RESIDENTIAL), 2: ([4, 5, 6], RESIDENTIAL)})
    assert len(read(world, tmp_path).lon_e7) == 6


def test_oneway_does_not_bind_walkers(tmp_path: Path) -> None:
    world = World(LINE.nodes, {10: ([1, 2, 3], RESIDENTIAL | {"oneway": "yes"})})
    assert pieces(read(world, tmp_path)) == pieces(read(LINE, tmp_path))


def test_steps_and_wheelchair_no_leave_the_step_free_network(tmp_path: Path) -> None:
    world = World(
        LINE.nodes,
        {
            1: ([1, 2], {"highway": "steps"}),
            2: ([2, 3], {"highway": "footway", "wheelchair": "no"}),
            3: ([1, 3], {"highway": "footway", "wheelchair": "limited"}),
        },
    )
    assert read(world, tmp_path).step_free.tolist() == [False, False, True]


def test_shared_cycleways_and_squares_come_with_default_shared(tmp_path: Path) -> None:
    nodes = {key: (key, key % 2) for key in range(1, 13)}
    world = World(
        nodes,
        {
            1: ([1, 2], RESIDENTIAL),
            2: ([2, 3], {"highway": "cycleway", "foot": "designated"}),
            3: ([3, 4], {"highway": "cycleway"}),
            4: ([4, 5, 6, 4], {"highway": "pedestrian", "area": "yes"}),
            5: ([7, 8, 9], {}),
            6: ([9, 7], {}),
            7: ([10, 11], {}),
        },
        areas={1: ([5, 6], {"highway": "pedestrian"}), 2: ([7], {"natural": "water"})},
    )
    assert set(read(world, tmp_path).way.tolist()) == {1}
    shared = read(world, tmp_path, walkable="default+shared")
    assert shared.way.tolist() == [1, 2, 4, 4, 4, 5, 5, 6]
    assert shared.step_free.all()


def test_what_lies_around_is_read_too(tmp_path: Path) -> None:
    square = {1: (0, 0), 2: (4, 0), 3: (4, 4), 4: (0, 4)}
    inner = {5: (1, 1), 6: (2, 1), 7: (2, 2)}
    world = World(
        LINE.nodes | square | inner | {20: (9, 9)},
        {
            1: ([1, 2], RESIDENTIAL),
            2: ([1, 3], {"waterway": "river"}),
            3: ([1, 4], {"waterway": "river", "tunnel": "culvert"}),
            4: ([2, 4], {"railway": "rail"}),
            5: ([2, 4], {"railway": "subway", "tunnel": "yes"}),
            6: ([1, 2, 3, 1], {"natural": "water"}),
            7: ([5, 6, 7, 5], {"building": "yes"}),
            8: ([1, 2, 3], {}),
            9: ([3, 4, 1], {}),
            10: ([5, 6, 7, 5], {"natural": "water", "water": "island"}),
            11: ([1, 99, 2, 3], {"waterway": "canal"}),
        },
        areas={1: ([8, 9], {"natural": "water"})},
        names={20: {"place": "village", "name": "南关村"}},
    )
    _, around, _ = read_streets(study_of(saved(world, tmp_path / "a.osm")))
    kinds = sorted(shape.geom_type for shape in around.water)
    assert kinds == ["LineString", "LineString", "Polygon", "Polygon", "Polygon"]
    assert max(shape.area for shape in around.water) == pytest.approx(16 * EAST**2)
    assert len(around.rail) == 1
    assert [shape.geom_type for shape in around.buildings] == ["Polygon"]
    assert around.places == ((117.009, 36.009, "南关村", "village"),)


def test_parts_of_one_map_are_read_as_one(tmp_path: Path) -> None:
    """The same way in both parts counts once, and a node that one part lacks is found in the other."""
    west = World({1: (0, 0), 2: (1, 0)}, {10: ([1, 2, 3], RESIDENTIAL), 11: ([1, 2], RESIDENTIAL)})
    east = World({3: (2, 0), 4: (3, 0)}, {10: ([1, 2, 3], RESIDENTIAL), 12: ([3, 4], RESIDENTIAL)})
    streets, _, problems = read_streets(study_of(saved(west, tmp_path / "w.osm"), saved(east, tmp_path / "e.osm")))
    assert streets.way.tolist() == [10, 10, 11, 12]
    assert len(streets.lon_e7) == 4
    assert problems == []


def test_of_two_copies_the_fuller_counts(tmp_path: Path) -> None:
    short = World(LINE.nodes, {10: ([1, 2], RESIDENTIAL)})
    files = [saved(short, tmp_path / "a.osm"), saved(LINE, tmp_path / "b.osm")]
    for order in (files, files[::-1]):
        streets, _, _ = read_streets(study_of(*order))
        assert pieces(streets) == pieces(read(LINE, tmp_path))


@pytest.mark.parametrize("name", ["某县 道路（2023）.osm.pbf", "A.OSM.PBF", "b.osm.gz", "c.osm.bz2", "d.PBF"])
def test_every_packing_gives_the_same(tmp_path: Path, name: str) -> None:
    plain = saved(LINE, tmp_path / "plain.osm")
    kind = "osm.pbf" if name.lower().endswith("pbf") else name.split(".", 1)[1]
    with osmium.SimpleWriter(osmium.io.File(str(tmp_path / name), kind)) as writer:
        for thing in osmium.FileProcessor(str(plain)):
            writer.add(thing)
    streets, _, _ = read_streets(study_of(tmp_path / name))
    assert pieces(streets) == pieces(read(LINE, tmp_path))


def test_ways_may_stand_before_their_nodes_and_ids_may_be_negative(tmp_path: Path) -> None:
    """Editors write files in any order, and give negative ids to what was never uploaded."""
    world = World({-1: (0, 0), -2: (1, 0), 3: (2, 0)}, {-10: ([-1, -2, 3], RESIDENTIAL)}, ways_first=True)
    assert pieces(read(world, tmp_path)) == [(-10, (0, 0), (1, 0)), (-10, (1, 0), (2, 0))]


def test_streets_that_were_shifted_are_brought_back(tmp_path: Path) -> None:
    streets, _, _ = read_streets(study_of(saved(LINE, tmp_path / "a.osm"), datum="gcj02"))
    lon, lat = to_wgs84([117.0, 117.001, 117.002], [36.0] * 3, "gcj02")
    assert np.abs(streets.lon - lon).max() < 1e-7
    assert np.abs(streets.lat - lat).max() < 1e-7


@pytest.mark.parametrize(
    "world",
    [
        World({}, {}),
        World(LINE.nodes, {1: ([1, 2], {"highway": "motorway"}), 2: ([2, 3], {"waterway": "river"})}),
        World({1: (0, 0)}, {1: ([1, 2], RESIDENTIAL), 2: ([1], RESIDENTIAL), 3: ([], RESIDENTIAL)}),
        World(LINE.nodes, {1: ([1, 1], RESIDENTIAL)}),
    ],
)
def test_a_map_without_a_street_stops_the_work(tmp_path: Path, world: World) -> None:
    with pytest.raises(NetworkError, match="没有一条可步行的道路") as caught:
        read_streets(study_of(saved(world, tmp_path / "a.osm")))
    assert caught.value.problems[0].file == "a.osm"
    assert caught.value.problems[0].action


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + ']><osm version="0.6"><node id="1" lat="36" lon="117"><tag k="name" v="&j;"/></node></osm>'
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.osm", b""),
        ("a.osm", b"\0" * 100),
        ("a.osm", LINE.xml().encode()[:200]),
        ("a.osm", BOMB.encode()),
        ("a.osm", b"<html>404</html>"),
        ("a.osm", b'<osm version="0.6"><node id="1" lat="3600" lon="117"/></osm>'),
        ("a.osm", b'<osm version="0.6"><way id="1"><nd ref="one"/></way></osm>'),
        ("a.osm.pbf", b""),
        ("a.osm.pbf", b"<osm/>"),
        ("a.osm.pbf", bytes(range(256)) * 20),
        ("a.osm.gz", b"<osm/>"),
    ],
)
def test_a_broken_file_is_told_and_never_blows_up(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError) as caught:
        read_streets(study_of(tmp_path / name))
    (problem,) = caught.value.problems
    assert problem.file == name
    assert "道路文件损坏" in problem.found


@pytest.mark.parametrize("name", ["无.osm.pbf", "无.osm", "无.graphml", "无.xml", "无.shp"])
def test_a_file_that_has_gone_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(TableError) as caught:
        read_streets(study_of(tmp_path / name))
    assert caught.value.problems[0].file == name


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_pbf_damaged_anywhere_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    whole = tmp_path / "whole.osm.pbf"
    if not whole.exists():
        with osmium.SimpleWriter(str(whole)) as writer:
            for thing in osmium.FileProcessor(str(saved(LINE, tmp_path / "plain.osm"))):
                writer.add(thing)
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged.osm.pbf"
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(JiujinError):  # anything else would be a traceback in an office
        streets, _, _ = read_streets(study_of(damaged))
        assert (streets.length_cm >= 0).all()


node_ids = st.lists(st.integers(1, 12), max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ways=st.dictionaries(st.integers(1, 30), node_ids, min_size=1, max_size=6), absent=st.sets(st.integers(1, 12)))
def test_pieces_are_the_neighbours_on_a_way_that_are_both_there(
    tmp_path: Path, ways: dict[int, list[int]], absent: set[int]
) -> None:
    nodes = {key: (key, key % 3) for key in range(1, 13) if key not in absent}
    wanted = [
        (way, nodes[one], nodes[other])
        for way, refs in sorted(ways.items())
        for one, other in pairwise(refs)
        if one != other and one in nodes and other in nodes
    ]
    world = World(nodes, {way: (refs, RESIDENTIAL) for way, refs in ways.items()})
    try:
        streets, _, _ = read_streets(study_of(saved(world, tmp_path / "a.osm")))
    except NetworkError:
        assert wanted == []
    else:
        assert pieces(streets) == wanted


def test_real_packs_have_their_known_size(shared_data: Path) -> None:
    found = {}
    for name in ("guixi", "wuhan", "helsinki_centre"):
        streets, around, problems = read_streets(study_of(shared_data / name / "network.osm.pbf"))
        found[name] = (len(streets.lon_e7), len(streets.way), len(problems))
        assert streets.way.tolist() == sorted(streets.way.tolist())
    assert found["guixi"] == (1256, 1396, 0)
    assert found["wuhan"] == (78120, 87708, 0)
    assert found["helsinki_centre"][2] == 1  # a clipped extract, with its warning
    assert len(around.water) > 0
