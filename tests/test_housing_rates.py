"""How much housing lies within reach, where the study has footprints: floor space counted instead of people."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Polygon

from jiujin.pipeline import run
from jiujin.reading.study_file import read_study
from jiujin.rendering.outputs import summary
from worlds import Town, lon_lat


def house(x: float, y: float) -> Polygon:
    return Polygon([lon_lat(*at) for at in ((x, y), (x + 10, y), (x + 10, y + 10), (x, y + 10))])


def town(folder: Path, houses: list[tuple[float, float, int]]) -> Path:
    Town().person(0, 5, age60=1).facility("elderly_canteen", 0, 0).write(folder)
    frame = {"层数": [floors for *_, floors in houses]}
    drawn = gpd.GeoDataFrame(frame, geometry=[house(x, y) for x, y, _ in houses], crs=4326)
    (folder / "建筑.geojson").write_text(drawn.to_json(), encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    said = text.replace("[inputs]\n", '[inputs]\nbuildings = "建筑.geojson"\n')
    (folder / "study.toml").write_text(said, encoding="utf-8")
    return folder


def test_floor_space_is_covered_where_the_walk_is_within_reach(tmp_path):
    """600 m on foot, within the 720 m of town; 1,600 m, three times as high, beyond it, as in a straight line."""
    results = run(read_study(town(tmp_path, [(395, 195, 1), (795, 795, 3)])))
    told = summary(results)["housing"]["elderly_canteen"]
    assert told["all"]["area_m2"] == pytest.approx(400, rel=1e-3)
    assert told["all"]["rate"] == pytest.approx(0.25, rel=1e-3)
    assert told["all"]["radius_rate"] == pytest.approx(0.25, rel=1e-3)
    assert told["rural"]["rate"] is None
    json.dumps(told, allow_nan=False)


def test_a_study_without_buildings_says_nothing_of_housing(tmp_path):
    folder = Town().person(0, 5, age60=1).facility("elderly_canteen", 0, 0).write(tmp_path)
    assert "housing" not in summary(run(read_study(folder)))
