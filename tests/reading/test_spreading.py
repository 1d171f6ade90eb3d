"""Totals become points, and nobody is lost or made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Polygon, box

from jiujin.coordinates import plane_of
from jiujin.errors import StudyError
from jiujin.network.streets import STREET_CLASSES, Streets
from jiujin.reading.population import read_population
from jiujin.reading.spreading import Spots, nested_shares, spread, street_spots, whole_shares
from jiujin.reading.spreading_buildings import building_spots, is_housing
from jiujin.study import Inputs, Study

WEST, EAST = box(117.00, 36.0, 117.01, 36.01), box(117.01, 36.0, 117.02, 36.01)
PLANE = plane_of(np.array([117.0, 117.02]), np.array([36.0, 36.01]))
HALL = STREET_CLASSES.index("residential")
MAIN = STREET_CLASSES.index("main")


def towns(*shapes: Polygon) -> gpd.GeoDataFrame:
    codes = [str(number) for number in range(1, len(shapes) + 1)]
    names = [f"村{code}" for code in codes]
    frame = {"code": codes, "name": names, "file": "c", "row": range(1, len(shapes) + 1)}
    return gpd.GeoDataFrame(frame, geometry=list(shapes), crs=4326)


def test_three_people_in_two_houses_of_one_and_two_floors():
    assert whole_shares(3, np.array([100.0, 200.0])).tolist() == [1, 2]
    assert whole_shares(10, np.array([1.0, 1.0, 1.0])).tolist() == [4, 3, 3]
    assert whole_shares(2, np.zeros(3)).tolist() == [1, 1, 0]
    assert whole_shares(0, np.array([5.0])).tolist() == [0]
    assert whole_shares(2.5, np.array([3.0, 1.0])).tolist() == [2.5, 0.0]
    with pytest.raises(ValueError, match="no spots"):
        whole_shares(1, np.empty(0))


weights = st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=1, max_size=60).map(np.array)


@given(total=st.integers(0, 10**7), weight=weights)
def test_a_total_is_shared_out_exactly_in_whole_people_near_each_ones_share(total, weight):
    shares = whole_shares(total, weight)
    assert shares.sum() == total
    assert (shares >= 0).all()
    assert (shares == np.floor(shares)).all()
    if weight.sum() > 0:
        assert np.abs(shares - total * (weight / weight.sum())).max() <= 1 + 1e-6


@given(counts=st.lists(st.integers(0, 5000), min_size=5, max_size=5), weight=weights)
def test_no_point_holds_more_old_people_than_people(counts, weight):
    total, age60, age65, age80, disabled = np.minimum.accumulate(sorted(counts, reverse=True))
    people = {"age80": age80, "age60": age60, "disabled": disabled, "total": total, "age65": age65}
    placed = nested_shares(people, weight)
    assert list(placed) == list(people)
    assert all(placed[group].sum() == amount for group, amount in people.items())
    for part, whole in (("age60", "total"), ("age65", "age60"), ("age80", "age65"), ("disabled", "total")):
        assert (placed[part] <= placed[whole]).all()


def test_more_old_people_than_people_are_still_all_placed():
    placed = nested_shares({"total": 3.0, "age60": 8.0}, np.ones(4))
    assert placed["age60"].sum() == 8


def spots(*rows: tuple[float, float, float, int]) -> Spots:
    lon, lat, weight, community = np.array(rows, float).reshape(-1, 4).T
    return Spots(lon=lon, lat=lat, weight=weight, community=community.astype(np.int32))


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 50), st.integers(-1, 1)),
        max_size=25,
        unique_by=lambda row: row[:2],
    ),
    totals=st.tuples(st.integers(0, 300), st.integers(0, 300)),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_the_houses_changes_nothing_and_everybody_is_somewhere(rows, totals, order):
    frame = pd.DataFrame({"total": [float(total) for total in totals]})
    once, _ = spread(frame, spots(*rows), towns(WEST, EAST))
    order.shuffle(rows)
    turned, _ = spread(frame, spots(*rows), towns(WEST, EAST))
    pd.testing.assert_frame_equal(once, turned)
    sums = once.groupby("community_code")["total"].sum() if len(once) else {}
    for code, total in zip(("1", "2"), totals, strict=True):
        assert sums.get(code, 0) == total
    assert once["id"].is_unique
    assert (once["total"] > 0).all() or once.empty


def test_a_community_without_houses_or_streets_gets_one_point_inside_and_it_is_told():
    people, problems = spread(pd.DataFrame({"total": [7.0]}), spots(), towns(WEST))
    assert people["total"].tolist() == [7.0]
    assert WEST.contains(gpd.points_from_xy(people["lon"], people["lat"])[0])
    assert [problem.rule for problem in problems] == ["people_at_one_point"]


def streets(*lines: tuple[int, list[tuple[float, float]]]) -> Streets:
    lon, lat, start, end, way, kind, length = [], [], [], [], [], [], []
    for number, (street_class, line) in enumerate(lines):
        for at, (x, y) in enumerate(line):
            lon.append(x)
            lat.append(y)
            if at:
                start.append(len(lon) - 2)
                end.append(len(lon) - 1)
                way.append(number)
                kind.append(street_class)
                length.append(round(Geod(ellps="WGS84").inv(*line[at - 1], x, y)[2] * 100))
    return Streets(
        lon_e7=np.round(np.array(lon) * 1e7).astype(np.int32), lat_e7=np.round(np.array(lat) * 1e7).astype(np.int32),
        start=np.array(start, np.int32), end=np.array(end, np.int32), length_cm=np.array(length, np.int32),
        way=np.array(way, np.int64), step_free=np.ones(len(start), bool), street_class=np.array(kind, np.uint8),
    )  # fmt: skip


def test_people_live_along_side_streets_every_fifty_metres_and_never_on_main_roads():
    side = [(117.001, 36.002), (117.001, 36.002 + 200 / 110_964)]  # 200 m to the north
    main = [(117.002, 36.002), (117.002, 36.008)]
    found = street_spots(streets((HALL, side), (MAIN, main)), towns(WEST))
    assert len(found.lon) == 4
    assert found.weight == pytest.approx([50] * 4, abs=0.1)
    assert np.allclose(found.lon, 117.001)
    assert np.allclose(np.diff(found.lat) * 110_964, 50, atol=0.2)


def test_a_street_of_many_short_pieces_is_as_homely_as_a_straight_one():
    north = np.linspace(36.002, 36.002 + 200 / 110_964, 41)
    short = [(117.001, y) for y in north]
    found = street_spots(streets((HALL, short)), towns(WEST))
    assert len(found.lon) == 4
    assert found.weight == pytest.approx([50] * 4, abs=0.1)


def test_a_street_across_a_border_counts_in_each_community_for_its_part():
    found = street_spots(streets((HALL, [(117.005, 36.005), (117.015, 36.005)])), towns(WEST, EAST))
    length = [found.weight[found.community == row].sum() for row in (0, 1)]
    assert length == pytest.approx([450.6, 450.6], abs=50)
    assert sum(length) == pytest.approx(901.2, abs=1)
    assert set(found.community) == {0, 1}


def buildings(folder: Path, **columns) -> Study:
    shapes = [box(x, 36.005, x + 0.0001, 36.0051) for x in (117.001, 117.003, 117.005, 117.015, 117.5)]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(folder / "b.gpkg")
    inputs = Inputs(facilities=(), communities=(), population=(), streets=(), buildings=(folder / "b.gpkg",))
    return Study(name="试", folder=folder, as_of=date(2024, 1, 1), inputs=inputs, services=())


def test_floor_space_is_the_weight_and_only_housing_counts_where_uses_are_told(tmp_path):
    study = buildings(tmp_path, 楼层=[1, 6, 3, None, 1], 房屋用途=["住宅", "住宅楼", "厂房", "学校", "住宅"])
    found, problems = building_spots(study, towns(WEST, EAST), PLANE)
    assert found.community.tolist() == [0, 0, 1]  # the school is all that the east has
    assert found.weight[1] / found.weight[0] == pytest.approx(6)
    assert found.weight[0] == pytest.approx(9.01 * 11.1, rel=0.01)
    assert "4 栋" not in problems[-1].found
    assert "3 栋" in problems[-1].found


def test_a_floors_column_that_the_study_names_wrongly_stops_with_the_columns_there_are(tmp_path):
    study = buildings(tmp_path, 楼层=[1] * 5)
    options = {"buildings_floors": "层"}
    wrong = replace(study, inputs=replace(study.inputs, options=options))
    with pytest.raises(StudyError, match="楼层"):
        building_spots(wrong, towns(WEST), PLANE)


@pytest.mark.parametrize(
    ("use", "housing"),
    [("住宅", True), ("商住楼", True), ("apartments", True), ("厂房", False), ("学校", False), ("commercial", False),
     ("yes", None), ("", None), (None, None), (float("nan"), None), ("居民区仓库", False)],
)  # fmt: skip
def test_uses_of_buildings(use, housing):
    assert is_housing(use) is housing


@pytest.mark.parametrize("table", [True, False])
def test_footprints_among_the_population_share_out_the_totals_of_a_table_or_of_the_communities(tmp_path, table):
    houses = [box(117.001, 36.001, 117.0012, 36.0012), box(117.003, 36.001, 117.0034, 36.0014)]
    gpd.GeoDataFrame(geometry=houses, crs=4326).to_file(tmp_path / "b.gpkg")
    (tmp_path / "t.csv").write_text("code,total\n1,50\n", encoding="utf-8")
    communities = towns(box(117, 36, 117.01, 36.01)).assign(township=None, **{} if table else {"total": 50.0})
    files = (tmp_path / "b.gpkg", tmp_path / "t.csv") if table else (tmp_path / "b.gpkg",)
    inputs = Inputs(facilities=(), communities=(), population=files, streets=())
    datums = {"population": "wgs84", "buildings": "wgs84"}
    study = Study(name="县", folder=tmp_path, as_of=date(2023, 12, 31), inputs=inputs, services=(), datums=datums)
    people, problems = read_population(study, communities=communities)
    assert people["total"].tolist() == [10.0, 40.0]
    assert "footprints" in {problem.rule for problem in problems}
