"""The made-up city and province: the right size, the same every time, and the same in memory and on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from geodata.madeup import MadeUpCity, city_arrays
from geodata.madeup.large import _cells, _links, code_of, write_large
from geodata.madeup.lattice import BLOCKS, SIDE, SITES

from jiujin.reading.streets import read_streets
from jiujin.reading.study_file import read_study

PEOPLE = 4_000


@pytest.fixture(scope="module")
def city() -> MadeUpCity:
    return city_arrays(3, people=PEOPLE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    write_large(folder, 3, columns=1, rows=1, people=PEOPLE)
    return folder


def test_the_city_has_half_a_million_vertices_and_thousands_of_sites(city: MadeUpCity):
    assert 500_000 < len(city.streets.lon_e7) < 560_000
    assert {service: len(lon) for service, (lon, _) in city.sites.items()} == SITES
    assert sum(SITES.values()) == 7_550
    assert len(city.lon) == PEOPLE
    assert (city.age60 <= city.total).all()
    assert (city.disabled <= city.total).all()


def test_pieces_stand_way_by_way_and_join_different_vertices(city: MadeUpCity):
    streets = city.streets
    assert (np.diff(streets.way) >= 0).all()
    same = np.diff(streets.way) == 0
    assert (streets.end[:-1][same] == streets.start[1:][same]).all()
    assert (streets.start != streets.end).all()
    assert (streets.length_cm > 0).all()
    assert np.array_equal(np.unique([streets.start, streets.end]), np.arange(len(streets.lon_e7)))
    assert not streets.step_free[streets.street_class == 5].any()


def test_few_streets_cross_the_river_and_some_end_nowhere(city: MadeUpCity):
    degree = np.bincount(np.append(city.streets.start, city.streets.end))
    assert 2.3 < degree.mean() < 2.8
    assert (degree == 1).sum() > 1_000


def test_same_seed_same_city():
    one, other, third = city_arrays(5, people=100), city_arrays(5, people=100), city_arrays(6, people=100)
    assert np.array_equal(one.streets.length_cm, other.streets.length_cm)
    assert np.array_equal(one.lon, other.lon)
    assert not np.array_equal(one.lon, third.lon)


def test_the_file_holds_the_streets_of_the_arrays(city: MadeUpCity, folder: Path):
    streets, _, problems = read_streets(read_study(folder))
    assert not problems
    assert np.array_equal(streets.length_cm, city.streets.length_cm)
    assert np.array_equal(streets.step_free, city.streets.step_free)
    assert np.array_equal(streets.street_class, city.streets.street_class)
    assert np.array_equal(streets.lon_e7[streets.start], city.streets.lon_e7[city.streets.start])


def test_the_files_hold_the_people_of_the_arrays_and_every_code_has_a_polygon(city: MadeUpCity, folder: Path):
    people = pq.read_table(folder / "population.parquet").to_pydict()
    assert people["total"] == city.total.tolist()
    assert np.allclose(people["lon"], city.lon, atol=1e-7)
    _, _, shapes, fields = pyogrio.raw.read(folder / "communities.gpkg")
    codes = fields[0].tolist()
    assert len(set(codes)) == len(codes) == BLOCKS * BLOCKS
    assert set(people["community_code"]) <= set(codes)
    assert people["community_code"] == [code_of(0, cell) for cell in city.community.tolist()]
    inside = shapely.from_wkb(shapes)[[codes.index(code) for code in people["community_code"]]]
    assert (shapely.distance(inside, shapely.points(people["lon"], people["lat"])) < 0.0015).all()


def test_neighbouring_tiles_fit_and_are_joined():
    west, east = shapely.union_all(_cells(0, 0)), shapely.union_all(_cells(1, 0))
    assert west.intersection(east).area < 1e-9
    assert west.intersection(east.buffer(2e-7)).length > 1
    links = _links([(0, 0), (1, 0)], {(0, 0): 1, (1, 0): 1_000_001})
    assert len(links) == (SIDE - 1) // 12
    assert all(start <= SIDE * SIDE < end for start, end in links)
