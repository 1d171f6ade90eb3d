"""The ways people may walk on are those of the installed osmnx, held as data."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import osmnx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from osmnx import _overpass

from jiujin.network.streets import STREET_CLASSES
from jiujin.reading.streets import read_streets
from jiujin.reading.walkable import EXCLUDED, is_shared, is_step_free, is_walkable, overpass_filter, street_class
from jiujin.study import Inputs, Study

OSMNX_FILTER: str = _overpass._get_network_filter("walk")
CLAUSE = re.compile(r'\["([^"]+)"(?:(!?~)"([^"]*)")?\]')


def overpass_keeps(tags: dict[str, str]) -> bool:
    """What Overpass does with osmnx's filter: each clause in turn, patterns found anywhere in the value."""
    for key, operator, pattern in CLAUSE.findall(OSMNX_FILTER):
        value = tags.get(key)
        if operator == "" and value is None:
            return False
        if operator == "!~" and value is not None and re.search(pattern, value):
            return False
    return True


def test_the_filter_is_that_of_the_installed_osmnx() -> None:
    assert overpass_filter() == OSMNX_FILTER
    assert "".join(match[0] for match in re.finditer(CLAUSE, OSMNX_FILTER)) == OSMNX_FILTER


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "steps"}, True),
        ({"highway": "trunk"}, True),
        ({"highway": "motorway_link"}, False),
        ({"highway": "cycleway", "foot": "yes"}, False),
        ({"highway": "pedestrian", "area": "yes"}, False),
        ({"highway": "service", "service": "private"}, False),
        ({"highway": "service", "service": "driveway"}, True),
        ({"highway": "services"}, False),
        ({"highway": "footway", "access": "private"}, False),
        ({"highway": "footway", "access": "no"}, True),
        ({"highway": "primary", "sidewalk:left": "separate"}, False),
        ({"highway": "unknown"}, False),
        ({"railway": "rail"}, False),
        ({}, False),
    ],
)
def test_known_ways(tags: dict[str, str], kept: bool) -> None:
    assert is_walkable(tags) is kept
    assert overpass_keeps(tags) is kept


keys = st.sampled_from(["highway", *(key for key, _ in EXCLUDED), "name", "wheelchair"])
refused = {word for _, pattern in EXCLUDED for word in pattern.split("|")}
words = st.sampled_from(sorted(refused | {"residential", "steps"}))
values = words | st.tuples(words, words).map(";".join) | st.text(max_size=5)


@given(st.dictionaries(keys, values, max_size=6))
@example({"highway": "footway", "foot": "unknown"})
def test_any_way_is_judged_as_overpass_would(tags: dict[str, str]) -> None:
    assert is_walkable(tags) is overpass_keeps(tags)


@given(st.dictionaries(keys, values, max_size=6))
def test_what_is_shared_is_added_and_nothing_else(tags: dict[str, str]) -> None:
    if is_shared(tags):
        assert not is_walkable(tags)
        assert tags.get("access") != "private"


@pytest.mark.parametrize(
    ("tags", "shared"),
    [
        ({"highway": "cycleway", "foot": "designated"}, True),
        ({"highway": "cycleway", "foot": "yes", "access": "private"}, False),
        ({"highway": "cycleway"}, False),
        ({"highway": "cycleway", "foot": "no"}, False),
        ({"highway": "pedestrian", "area": "yes"}, True),
        ({"highway": "pedestrian", "area": "yes", "foot": "no"}, False),
        ({"highway": "service", "area": "yes"}, False),
    ],
)
def test_shared_ways(tags: dict[str, str], shared: bool) -> None:
    assert is_shared(tags) is shared


def test_steps_and_wheelchair_no_are_not_step_free() -> None:
    assert not is_step_free({"highway": "steps"})
    assert not is_step_free({"highway": "footway", "wheelchair": "no"})
    assert is_step_free({"highway": "footway", "wheelchair": "limited"})


def test_every_way_has_a_class_to_draw_it_by() -> None:
    assert [STREET_CLASSES[street_class(word)] for word in ("trunk", "tertiary", "residential", "track", "steps")] == [
        "main",
        "minor",
        "residential",
        "service",
        "steps",
    ]
    assert STREET_CLASSES[street_class("corridor")] == STREET_CLASSES[street_class(None)] == "path"


def test_reading_does_not_import_osmnx() -> None:
    told = "import sys, jiujin.reading.osm, jiujin.reading.streets; print('osmnx' in sys.modules)"
    root = Path(__file__).resolve().parents[2] / "coverage"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "False"


def test_a_real_extract_gives_the_streets_of_osmnx(shared_data: Path, tmp_path: Path) -> None:
    """osmnx makes edges of every way in a file, so it is given the ways that its own filter keeps."""
    source = shared_data / "guixi" / "network.osm"
    document = ET.parse(source)
    for way in document.getroot().findall("way"):
        if not overpass_keeps({tag.get("k", ""): tag.get("v", "") for tag in way.findall("tag")}):
            document.getroot().remove(way)
    document.write(tmp_path / "filtered.osm")
    graph = osmnx.graph_from_xml(tmp_path / "filtered.osm", simplify=False, retain_all=True)
    place = {node: (round(data["x"] * 1e7), round(data["y"] * 1e7)) for node, data in graph.nodes(data=True)}
    theirs = {frozenset((place[start], place[end])) for start, end in graph.edges() if start != end}

    inputs = Inputs(facilities=(), communities=(), population=(), streets=(source,))
    study = Study(name="贵溪市", folder=tmp_path, as_of=date(2023, 12, 31), inputs=inputs, services=())
    streets, _, _ = read_streets(study)
    at = list(zip(streets.lon_e7.tolist(), streets.lat_e7.tolist(), strict=True))
    ends = zip(streets.start.tolist(), streets.end.tolist(), strict=True)
    ours = {frozenset((at[start], at[end])) for start, end in ends}
    assert ours == theirs
    assert len(at) == len({node for edge in graph.edges() for node in edge}) == 1256
    assert len(streets.way) == 1396
