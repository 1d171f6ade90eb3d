"""Rasters of persons: per cell unless another unit is stated, border cells divided, nothing made of “no data”."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Geod
from shapely import box

from jiujin.coordinates import gcj02_from_wgs84
from jiujin.errors import TableError
from jiujin.reading.population import read_population
from jiujin.study import Inputs, Study

STEP = 0.001


def from_origin(west: float, north: float, step_x: float, step_y: float) -> Affine:
    return Affine(step_x, 0, west, 0, -step_y, north)


def towns(*boxes) -> gpd.GeoDataFrame:
    codes = [str(number) for number in range(1, len(boxes) + 1)]
    frame = {"code": codes, "name": codes, "township": None, "file": "c", "row": range(1, len(boxes) + 1)}
    return gpd.GeoDataFrame(frame, geometry=[box(*each) for each in boxes], crs=4326)


def raster(folder: Path, values, *, name="pop.tif", crs="EPSG:4326", transform=None, nodata=None) -> Path:
    values = np.asarray(values, np.float32)
    values = values[None] if values.ndim == 2 else values
    transform = transform or from_origin(117.0, 36.0 + STEP * values.shape[1], STEP, STEP)
    shape = {"height": values.shape[1], "width": values.shape[2], "count": values.shape[0]}
    with rasterio.open(
        folder / name, "w", "GTiff", dtype="float32", crs=crs, transform=transform, nodata=nodata, **shape
    ) as file:
        file.write(values)
    return folder / name


def study(*paths: Path, datum: str = "auto", **options: str) -> Study:
    inputs = Inputs(facilities=(), communities=(), population=paths, streets=(), options=options)
    return Study(
        name="试",
        folder=paths[0].parent,
        as_of=date(2024, 1, 1),
        inputs=inputs,
        services=(),
        datums={"population": datum},
    )


PER_CELL = {"population_unit": "per_cell"}


def test_every_cell_inside_is_a_point_at_its_middle(tmp_path):
    path = raster(tmp_path, [[1, 2], [3, 0]])
    people, problems = read_population(study(path, **PER_CELL), communities=towns((116, 35, 118, 37)))
    assert people["id"].tolist() == ["R1C1", "R1C2", "R2C1"]
    assert people["total"].tolist() == [1.0, 2.0, 3.0]
    assert people["lon"].tolist() == pytest.approx([117.0005, 117.0015, 117.0005])
    assert people["lat"].tolist() == pytest.approx([36.0015, 36.0015, 36.0005])
    assert people["community_code"].tolist() == ["1"] * 3
    assert [problem.severity for problem in problems] == ["info"]


def test_a_raster_of_no_stated_unit_counts_persons_per_cell_and_says_so(tmp_path):
    path = raster(tmp_path, [[7.0]])
    people, problems = read_population(study(path), communities=towns((116, 35, 118, 37)))
    assert people["total"].tolist() == [7.0]
    assert [problem.severity for problem in problems if problem.rule == "raster_unit"] == ["warning"]
    _, declared = read_population(study(path, **PER_CELL), communities=towns((116, 35, 118, 37)))
    assert "raster_unit" not in {problem.rule for problem in declared}


def test_an_unknown_unit_is_refused(tmp_path):
    with pytest.raises(TableError, match="per_hectare"):
        read_population(
            study(raster(tmp_path, [[1.0]]), population_unit="persons"), communities=towns((116, 35, 118, 37))
        )


def test_persons_per_hectare_become_persons_by_the_area_of_the_cell(tmp_path):
    path = raster(tmp_path, [[10.0]])
    people, _ = read_population(study(path, population_unit="per_hectare"), communities=towns((116, 35, 118, 37)))
    west, south = 117.0, 36.0
    corners = [west, west + STEP, west + STEP, west], [south, south, south + STEP, south + STEP]
    hectares = abs(Geod(ellps="WGS84").polygon_area_perimeter(*corners)[0]) / 10_000
    assert people["total"].tolist() == pytest.approx([10 * hectares])
    metric = raster(
        tmp_path, [[10.0]], name="m.tif", crs="EPSG:4548", transform=from_origin(500_000, 3_990_000, 50, 50)
    )
    people, _ = read_population(study(metric, population_unit="per_hectare"), communities=towns((116, 35, 118, 37)))
    assert people["total"].tolist() == pytest.approx([2.5])


def test_a_cell_on_a_border_is_divided_by_area_and_the_rest_outside_is_told(tmp_path):
    path = raster(tmp_path, [[100, 100]])
    west, east = (117.0, 35, 117.00025, 37), (117.00025, 35, 117.0015, 37)
    people, problems = read_population(study(path, **PER_CELL), communities=towns(west, east))
    assert people["id"].tolist() == ["R1C1-1", "R1C1-2", "R1C2"]
    assert people["total"].tolist() == pytest.approx([25, 75, 50])
    assert people["community_code"].tolist() == ["1", "2", "2"]
    outside = [problem for problem in problems if problem.rule == "raster_outside"]
    assert "50.0 人" in outside[0].found


def test_where_communities_overlap_a_cell_counts_once(tmp_path):
    path = raster(tmp_path, [[100]])
    people, _ = read_population(
        study(path, **PER_CELL), communities=towns((117, 35, 117.00075, 37), (117.00025, 35, 117.001, 37))
    )
    assert people["total"].sum() == pytest.approx(100)


def test_no_data_is_nobody_whether_declared_or_not(tmp_path):
    path = raster(tmp_path, [[5, -9999, -99999], [7, np.nan, 3.4e38]], nodata=-9999)
    people, problems = read_population(study(path, **PER_CELL), communities=towns((116, 35, 118, 37)))
    assert people["total"].tolist() == [5.0, 7.0]
    said = [problem for problem in problems if problem.rule == "raster_no_data"]
    assert ["1 个" in problem.found for problem in said] == [True, True]


def test_totals_rule_how_many_and_the_raster_only_where(tmp_path):
    path = raster(tmp_path, [[1.5, 0.5, 4.0]])
    (tmp_path / "总数.csv").write_text("社区代码,常住人口\n1,7\n", encoding="utf-8")
    people, problems = read_population(
        study(path, tmp_path / "总数.csv", **PER_CELL),
        communities=towns((117, 35, 117.002, 37), (117.002, 35, 118, 37)),
    )
    assert people.groupby("community_code")["total"].sum().to_dict() == {"1": 7.0, "2": 4.0}
    assert people.loc[people["community_code"] == "1", "total"].tolist() == [5.0, 2.0]
    assert "raster_rescaled" in {problem.rule for problem in problems}


def test_two_rasters_of_two_groups_meet_in_one_point(tmp_path):
    paths = raster(tmp_path, [[10, 20]]), raster(tmp_path, [[3, 0]], name="pop_age60_2020.tif")
    people, _ = read_population(study(*paths, **PER_CELL), communities=towns((116, 35, 118, 37)))
    assert people[["total", "age60"]].values.tolist() == [[10.0, 3.0], [20.0, 0.0]]


def test_other_planes_and_datums_come_to_the_same_places(tmp_path):
    metric = raster(tmp_path, [[8.0]], crs="EPSG:3857", transform=from_origin(13_024_500, 4_300_000, 100, 100))
    people, _ = read_population(study(metric, **PER_CELL), communities=towns((116, 35, 118, 37)))
    assert people["lon"][0] == pytest.approx((13_024_550 / 6378137) * 180 / np.pi)
    lon, lat = gcj02_from_wgs84(np.array([117.0]), np.array([36.0]))
    shifted = raster(tmp_path, [[8.0]], transform=from_origin(lon[0] - STEP / 2, lat[0] + STEP / 2, STEP, STEP))
    people, _ = read_population(study(shifted, datum="gcj02", **PER_CELL), communities=towns((116, 35, 118, 37)))
    assert (people["lon"][0], people["lat"][0]) == pytest.approx((117.0, 36.0), abs=1e-7)


def test_rasters_that_cannot_be_used_are_refused_in_chinese(tmp_path):
    (tmp_path / "bad.tif").write_bytes(b"II*\0 no raster")
    everywhere = towns((116, 35, 118, 37))
    cases = [
        (tmp_path / "bad.tif", "无法作为栅格打开"),
        (raster(tmp_path, [[1.0]], name="old.tif", crs="EPSG:2363"), "西安80"),
        (raster(tmp_path, [[1.0]], name="far.tif", transform=from_origin(10, 10, 1, 1)), "没有一个有人的栅格单元"),
    ]
    for path, said in cases:
        with pytest.raises(TableError, match=said):
            read_population(study(path, **PER_CELL), communities=everywhere)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_a_system_asks_for_it(tmp_path):
    path = raster(tmp_path, [[1.0]], name="none.tif", crs=None)
    with pytest.raises(TableError, match="EPSG:4326"):
        read_population(study(path, **PER_CELL), communities=towns((116, 35, 118, 37)))
    people, _ = read_population(study(path, datum="EPSG:4490", **PER_CELL), communities=towns((116, 35, 118, 37)))
    assert people["total"].tolist() == [1.0]


def test_strips_of_a_tall_raster_join_without_seams(tmp_path):
    values = np.ones((1300, 2))
    path = raster(tmp_path, values, transform=from_origin(117.0, 36.0 + 1300e-5, 1e-5, 1e-5))
    people, _ = read_population(study(path, **PER_CELL), communities=towns((116, 35, 118, 37)))
    assert people["total"].sum() == 2600
    assert people["id"].is_unique
