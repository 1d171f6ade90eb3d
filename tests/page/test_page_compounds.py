"""The page lets people out of their compounds by the gate that Python chose."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import Point, box

from jiujin.pipeline import run
from jiujin.reading.study_file import read_study
from jiujin.rendering.page import pack_page
from jiujin.rendering.page_data import page_data
from page.asking import ask
from worlds import Town, lon_lat


def test_the_page_walks_through_the_gate_to_the_centimetre(tmp_path):
    folder = Town().person(220, 300, age60=1).facility("elderly_canteen", 200, 300).write(tmp_path)
    shapes = [box(*lon_lat(210, 210), *lon_lat(390, 390)), Point(lon_lat(390, 300))]
    (folder / "小区.geojson").write_text(gpd.GeoSeries(shapes, crs=4326).to_json(), encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    said = text.replace("[inputs]\n", '[inputs]\ncompounds = "小区.geojson"\n')
    (folder / "study.toml").write_text(said, encoding="utf-8")
    results = run(read_study(folder))
    lon, lat = lon_lat(220, 300)
    walks, check, said = ask(
        pack_page(page_data(results)),
        ["walks", "elderly_canteen"],
        ["selfCheck"],
        ["walk", "elderly_canteen", lon, lat],
    )
    assert walks == results.access["elderly_canteen"].walk_cm.tolist()
    assert said["metres"] == pytest.approx(walks[0] / 100)
    assert walks[0] > 60_000
    assert check["differing"] == 0
