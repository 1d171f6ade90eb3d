"""A county's own road layer: any vector format, with or without a class column, with or without a projection."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point

from jiujin.errors import NetworkError, Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.streets import read_streets
from jiujin.study import Inputs, Study

CROSS = [LineString([(117, 36), (117.001, 36), (117.002, 36)]), LineString([(117.001, 36), (117.001, 36.001)])]


def parallel(count: int) -> list[LineString]:
    return [LineString([(117, 36 + row / 1000), (117.001, 36 + row / 1000)]) for row in range(count)]


def study_of(*paths: Path, datum: str = "auto", **options: str) -> Study:
    inputs = Inputs(facilities=(), communities=(), population=(), streets=paths, options=options)
    return Study(
        name="某县",
        folder=paths[0].parent,
        as_of=date(2023, 12, 31),
        inputs=inputs,
        services=(),
        datums={"streets": datum},
    )


def saved(path: Path, shapes: list[Any], crs: int | None = 4326, **columns: list[Any]) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return path


def read(path: Path, datum: str = "auto", **options: str) -> tuple[Streets, list[Problem]]:
    streets, _, problems = read_streets(study_of(path, datum=datum, **options))
    return streets, problems


@pytest.mark.parametrize("name", ["道路.geojson", "路网 2023（终）.gpkg", "roads.shp"])
def test_lines_meet_where_their_vertices_agree(tmp_path: Path, name: str) -> None:
    streets, _ = read(saved(tmp_path / name, CROSS, highway=["residential", "steps"]))
    assert streets.way.tolist() == [1, 1, 2]
    assert len(streets.lon_e7) == 4
    assert streets.end[0] == streets.start[1] == streets.start[2]
    assert streets.length_cm.tolist()[:2] == [9016, 9016]
    assert streets.step_free.tolist() == [True, True, False]


def test_vertices_that_agree_to_the_seventh_place_are_one(tmp_path: Path) -> None:
    near = [LineString([(117, 36), (117.001, 36)]), LineString([(117.00100004, 36.00000004), (117.002, 36)])]
    apart = [near[0], LineString([(117.0010002, 36), (117.002, 36)])]
    assert len(read(saved(tmp_path / "a.gpkg", near))[0].lon_e7) == 3
    assert len(read(saved(tmp_path / "b.gpkg", apart))[0].lon_e7) == 4


def test_crossing_lines_without_a_shared_vertex_do_not_meet(tmp_path: Path) -> None:
    """A bridge: only a shared vertex is a junction."""
    lines = [LineString([(117, 36), (117.002, 36)]), LineString([(117.001, 35.999), (117.001, 36.001)])]
    assert len(read(saved(tmp_path / "a.gpkg", lines))[0].lon_e7) == 4


def test_the_parts_of_one_road_do_not_run_into_each_other(tmp_path: Path) -> None:
    parts = MultiLineString([[(117, 36), (117.001, 36)], [(117.005, 36), (117.006, 36)]])
    streets, _ = read(saved(tmp_path / "a.gpkg", [parts, CROSS[1]]))
    assert streets.way.tolist() == [1, 1, 2]
    assert streets.length_cm.max() < 12_000


def test_the_declared_column_tells_what_nobody_walks_on(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.gpkg", parallel(5), 道路等级=["高速公路", "县道", "台阶", "村道", None])
    streets, problems = read(path, streets_class="道路等级")
    assert sorted(set(streets.way.tolist())) == [2, 3, 4, 5]
    assert set(streets.way[~streets.step_free].tolist()) == {3}
    (said,) = [problem for problem in problems if problem.rule == "street_class"]
    assert "不可步行的类别：高速公路×1" in said.found


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
@pytest.mark.filterwarnings("ignore:Normalized/laundered field name", "ignore:Could not decode error message")
def test_a_shapefile_without_projection_and_encoding_tells_its_classes(tmp_path: Path, encoding: str) -> None:
    """In UTF-8 the field name is cut at ten bytes, in the middle of a character."""
    path = tmp_path / "道路.shp"
    frame = gpd.GeoDataFrame({"道路等级": ["高速公路", "县道", "台阶"]}, geometry=parallel(3), crs=4490)
    frame.to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    path.with_suffix(".prj").unlink()
    streets, problems = read(path, datum="cgcs2000", streets_class="道路等级")
    assert sorted(set(streets.way.tolist())) == [2, 3]
    assert set(streets.way[~streets.step_free].tolist()) == {3}
    assert "县道×1" in next(problem.found for problem in problems if problem.rule == "street_class")


def test_own_codes_are_named_in_the_study(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.gpkg", parallel(3), GB=[420101, 440200, 440300])
    streets, _ = read(path, streets_class="gb", streets_skip="420101、999", streets_steps="440300")
    assert streets.way.tolist() == [2, 3]
    assert streets.step_free.tolist() == [True, False]


def test_tags_beside_the_class_count_too(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.gpkg", CROSS, fclass=["residential", "footway"], access=[None, "private"])
    assert set(read(path)[0].way.tolist()) == {1}


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.gpkg", CROSS, 类别=["县道", "村道"])
    with pytest.raises(TableError, match="类别") as caught:
        read(path, streets_class="道路等级")
    assert caught.value.problems[0].column == "道路等级"


def test_without_a_class_all_lines_are_walked_and_that_is_said(tmp_path: Path) -> None:
    streets, problems = read(saved(tmp_path / "a.gpkg", [*CROSS, Point(117, 36)]))
    assert len(streets.way) == 3
    assert {"no_street_class", "not_a_line"} <= {problem.rule for problem in problems}


def test_a_projected_layer_is_brought_to_degrees(tmp_path: Path) -> None:
    flat = gpd.GeoSeries(CROSS, crs=4490).to_crs(4548)
    streets, _ = read(saved(tmp_path / "a.gpkg", list(flat), crs=4548))
    assert streets.length_cm.tolist() == read(saved(tmp_path / "b.gpkg", CROSS))[0].length_cm.tolist()
    assert len(streets.lon_e7) == 4


def test_a_layer_without_a_projection_is_read_when_the_study_states_it(tmp_path: Path) -> None:
    flat = gpd.GeoSeries(CROSS, crs=4490).to_crs(4548)
    path = saved(tmp_path / "roads.shp", list(flat), crs=4548)
    path.with_suffix(".prj").unlink()
    streets, _ = read(path, datum="EPSG:4548")
    assert np.abs(np.sort(streets.lon) - [117, 117.001, 117.001, 117.002]).max() < 2e-7


def test_several_layers_are_one_network(tmp_path: Path) -> None:
    paths = [saved(tmp_path / f"{name}.gpkg", [line]) for name, line in zip("ab", CROSS, strict=True)]
    streets, _, _ = read_streets(study_of(*paths))
    assert streets.way.tolist() == [1, 1, 2]
    assert len(streets.lon_e7) == 4


def test_a_line_that_two_layers_hold_is_walked_once(tmp_path: Path) -> None:
    paths = [saved(tmp_path / "a.gpkg", CROSS), saved(tmp_path / "b.gpkg", [CROSS[0].reverse()])]
    assert read_streets(study_of(*paths))[0].way.tolist() == [1, 1, 2]


def test_a_road_layer_meets_the_streets_of_openstreetmap_at_shared_places(tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_text(
        '<osm version="0.6"><node id="1" lon="117" lat="36"/><node id="2" lon="117.001" lat="36"/>'
        '<node id="3" lon="117.002" lat="36"/><way id="9"><nd ref="1"/><nd ref="2"/><nd ref="3"/>'
        '<tag k="highway" v="residential"/></way></osm>',
        encoding="utf-8",
    )
    streets, _, _ = read_streets(study_of(tmp_path / "a.osm", saved(tmp_path / "b.gpkg", CROSS)))
    assert streets.way.tolist() == [2, 9, 9]  # the first line is way 9 again
    assert len(streets.lon_e7) == 4


def test_a_layer_without_walkable_lines_stops_the_work(tmp_path: Path) -> None:
    for name, shapes, value in (("a.gpkg", CROSS[:1], "高速公路"), ("b.gpkg", [Point(117, 36)], "县道")):
        with pytest.raises(NetworkError) as caught:
            read(saved(tmp_path / name, shapes, 等级=[value]), streets_class="等级")
        assert caught.value.problems[0].file == name


def test_a_line_drawn_twice_counts_once(tmp_path: Path) -> None:
    """Layers that draw each direction, as the edges of a saved osmnx graph do."""
    streets, problems = read(saved(tmp_path / "a.gpkg", [*CROSS, CROSS[0].reverse(), CROSS[1]]))
    assert streets.way.tolist() == [1, 1, 2]
    assert [problem.found[:3] for problem in problems if problem.rule == "repeated_line"] == ["2 条"]


@pytest.mark.parametrize("name", ["a.shp", "a.gpkg", "a.geojson", "a.zip"])
def test_a_broken_layer_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not a layer")
    with pytest.raises(TableError):
        read(tmp_path / name)


corners = st.tuples(st.integers(0, 4), st.integers(0, 4))
road = st.lists(corners, min_size=2, max_size=6, unique=True)
roads = st.lists(road, min_size=1, max_size=5, unique_by=lambda line: tuple(min(line, line[::-1])))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(roads=roads)
def test_pieces_are_the_segments_of_the_lines(tmp_path: Path, roads: list[list[tuple[int, int]]]) -> None:
    lines = [LineString([(117 + x / 1000, 36 + y / 1000) for x, y in road]) for road in roads]
    path = tmp_path / "a.geojson"
    path.unlink(missing_ok=True)
    streets, _ = read(saved(path, lines))
    assert streets.way.tolist() == [place + 1 for place, road in enumerate(roads) for _ in road[1:]]
    assert len(streets.lon_e7) == len({corner for road in roads for corner in road})
