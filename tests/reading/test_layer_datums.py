"""Layers that do not say in which datum they were drawn: the other inputs tell, or the office is asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, box

from jiujin.coordinates import bd09_from_wgs84, gcj02_from_wgs84
from jiujin.reading.outline import read_outline
from jiujin.reading.streets import read_streets
from jiujin.study import Inputs, Study

SHIFTS = {"wgs84": lambda lon, lat: (lon, lat), "gcj02": gcj02_from_wgs84, "bd09": bd09_from_wgs84}
STEP = 0.004
CROSSINGS = np.arange(9)


def shifted(shapes, datum: str):
    return shapely.transform(np.asarray(shapes), lambda xy: np.column_stack(SHIFTS[datum](xy[:, 0], xy[:, 1])))


def roads() -> list[LineString]:
    """Streets of uneven blocks, so that no shift but the right one brings people back to them."""
    at = STEP * (CROSSINGS + 0.3 * np.sin(CROSSINGS * 2.5))
    span = np.linspace(0, at[-1], 40)
    along = [np.column_stack((117 + span, np.full(40, 36 + y))) for y in at]
    across = [np.column_stack((np.full(40, 117 + x), 36 + span)) for x in at]
    return [LineString(line) for line in (*along, *across)]


def people(folder: Path, datum: str = "wgs84") -> Path:
    places = np.add(np.concatenate([shapely.get_coordinates(line)[::5] for line in roads()]), [0.0001, 0.00007])
    lon, lat = SHIFTS[datum](places[:, 0], places[:, 1])
    pd.DataFrame({"id": range(len(lon)), "lon": lon, "lat": lat, "total": 1}).to_csv(folder / "p.csv", index=False)
    return folder / "p.csv"


def layer(path: Path, shapes, *, declared: bool = False, crs: int = 4326) -> Path:
    gpd.GeoDataFrame({"名称": ["a"] * len(shapes)}, geometry=list(shapes), crs=crs).to_file(path)
    if not declared:
        path.with_suffix(".prj").unlink()
    return path


def study(folder: Path, **inputs: Path) -> Study:
    empty = dict.fromkeys(("facilities", "communities", "population", "streets"), ())
    files = empty | {name: (path,) for name, path in inputs.items()}
    return Study(name="试", folder=folder, as_of=date(2024, 1, 1), inputs=Inputs(**files), services=())


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_people_beside_the_roads_tell_the_datum_of_a_road_layer(tmp_path, datum):
    path = layer(tmp_path / "道路.shp", shifted(roads(), datum))
    streets, _, problems = read_streets(study(tmp_path, streets=path, population=people(tmp_path)))
    assert streets.lon.min() == pytest.approx(117, abs=2e-7)
    assert streets.lat.min() == pytest.approx(36, abs=2e-7)
    assert ("datum_converted" in {problem.rule for problem in problems}) == (datum != "wgs84")


def test_a_road_layer_that_nothing_tells_of_is_taken_for_wgs84_and_asked_about(tmp_path):
    path = layer(tmp_path / "道路.shp", roads())
    _, _, problems = read_streets(study(tmp_path, streets=path))
    (asked,) = [problem for problem in problems if problem.rule == "datum_assumed"]
    assert asked.severity == "warning"
    assert 'streets = "gcj02"' in asked.action


def test_a_layer_that_declares_wgs84_and_lies_where_gcj02_would_is_kept_and_asked_about(tmp_path):
    path = layer(tmp_path / "道路.shp", shifted(roads(), "gcj02"), declared=True)
    streets, _, problems = read_streets(study(tmp_path, streets=path, population=people(tmp_path)))
    assert streets.lon.min() > 117.003
    (asked,) = [problem for problem in problems if problem.rule == "datum_doubtful"]
    assert 'streets = "gcj02"' in asked.wanted


def test_roads_in_metres_without_a_projection_find_their_zone_by_the_communities(tmp_path):
    flat = gpd.GeoSeries(roads(), crs=4490).to_crs(4548)
    communities = layer(tmp_path / "村.shp", [box(117, 36, 117.04, 36.04)])
    path = layer(tmp_path / "道路.shp", list(flat), crs=4548)
    streets, _, _ = read_streets(study(tmp_path, streets=path, communities=communities))
    assert streets.lon.min() == pytest.approx(117, abs=2e-7)


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_the_communities_tell_the_datum_of_the_boundary_round_them(tmp_path, datum):
    county = box(117, 36, 117.03, 36.03)
    path = layer(tmp_path / "县界.shp", shifted([county], datum))
    streets, _, _ = read_streets(study(tmp_path, streets=layer(tmp_path / "道路.shp", roads())))
    halves = [box(117, 36, 117.01, 36.03), box(117.01, 36, 117.03, 36.03)]
    communities = gpd.GeoDataFrame({"code": ["1", "2"]}, geometry=halves, crs=4326)
    outline, problems = read_outline(study(tmp_path, boundary=path), communities, streets=streets)
    assert outline.bounds == pytest.approx(county.bounds, abs=1e-6)
    assert "重合" in " ".join(problem.found for problem in problems)
