"""Can the streets be trusted? Grades worked out by hand, on figures and on streets drawn for it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from analysis.small_counties import people_of
from jiujin.analysis.trust import COLUMNS, TRUST_LABELS, communities_trust, junction_degrees, network_trust
from network.street_worlds import Drawing, chessboard, town


def graded(*, legs=(), homes=(), people=None, junctions=(), area_km2=(1.0,), rural=(False,)):
    """Trust from legs in metres and (community, degree) of junctions."""
    at = np.array(junctions, np.int64).reshape(-1, 2)
    return network_trust(
        leg_cm=np.rint(np.array(legs, float) * 100).astype(np.int32),
        people=np.ones(len(legs)) if people is None else np.array(people, float),
        community=np.array(homes, np.int32),
        junction_community=at[:, 0].astype(np.int32),
        junction_degree=at[:, 1],
        area_km2=np.array(area_km2, float),
        rural=np.array(rural, bool),
    )


def test_figures_are_shares_of_people_and_of_junctions():
    table = graded(
        legs=[100, 100.01, 250, 400, 999],
        homes=[0, 0, 0, 0, -1],
        people=[10, 20, 30, 40, 999],
        junctions=[(0, 3), (0, 4), (0, 4), (0, 1), (0, 2), (-1, 1)],
        area_km2=[0.5],
    )
    assert tuple(table.columns) == COLUMNS
    assert table.iloc[0].tolist() == [0.9, 0.7, 0.4, 6.0, 0.25, "poor"]


def test_a_well_drawn_town_is_good_and_a_sparse_one_poor():
    streets = [(0, 4)] * 20 + [(1, 4)] * 19 + [(2, 4)] * 4
    table = graded(legs=[10, 10, 10], homes=[0, 1, 2], junctions=streets, area_km2=[1, 1, 1], rural=[False] * 3)
    assert table["trust"].tolist() == ["good", "fair", "poor"]


def test_lanes_that_lead_nowhere_keep_a_town_from_being_good():
    def town_with(ends: int) -> str:
        return graded(legs=[10], homes=[0], junctions=[(0, 4)] * 55 + [(0, 1)] * ends)["trust"][0]

    assert (town_with(45), town_with(46)) == ("good", "fair")


def test_a_village_is_graded_by_its_people_alone():
    table = graded(
        legs=[150] * 95 + [201] * 5 + [150] * 94 + [201] * 6 + [150] * 74 + [201] * 26,
        homes=[0] * 100 + [1] * 100 + [2] * 100,
        area_km2=[9, 9, 9],
        rural=[True] * 3,
    )
    assert table["trust"].tolist() == ["good", "fair", "poor"]


def test_more_than_a_tenth_beyond_three_hundred_metres_is_poor():
    assert graded(legs=[0] * 9 + [301], homes=[0] * 10, rural=[True])["trust"][0] == "fair"
    assert graded(legs=[0] * 8 + [301] * 2, homes=[0] * 10, rural=[True])["trust"][0] == "poor"


def test_where_nobody_lives_only_a_town_can_be_judged():
    table = graded(junctions=[(0, 4)] * 30, area_km2=[1, 1, 1], rural=[False, True, False])
    assert table["trust"].tolist() == ["good", "fair", "poor"]
    assert table["far_200"].isna().all()


@pytest.mark.parametrize("grade", ["good", "fair", "poor"])
def test_every_grade_has_words(grade):
    assert TRUST_LABELS[grade]


def test_a_chessboard_has_four_ways_inside_three_at_the_edge_and_its_corners_are_no_junctions():
    degrees = np.bincount(junction_degrees(town(*chessboard(4))))
    assert degrees.tolist() == [0, 0, 0, 8, 4]


def test_a_cul_de_sac_is_a_dead_end():
    network = town([(0, 0), (100, 0), (200, 0), (100, 100)], [(0, 1), (1, 2), (1, 3)])
    assert sorted(junction_degrees(network).tolist()) == [1, 1, 1, 3]


def test_the_streets_of_each_community_are_those_inside_its_border():
    # 7 x 7 crossings, 100 m apart: the western community holds four columns of them, corners excepted
    west, east = shapely.box(-0.005, -0.005, 0.035, 0.065), shapely.box(0.035, -0.005, 0.065, 0.065)
    communities = gpd.GeoDataFrame({"code": ["1", "2"], "class": "urban"}, geometry=[west, east], crs=4326)
    residents = people_of([0, 1, 1], total=[5, 5, 5])
    table = communities_trust(
        town(*chessboard(7)),
        np.array([0, 0, 25_000], np.int32),
        plane=Drawing(),
        communities=communities,
        residents=residents,
    )
    assert table["junctions_km2"].tolist() == pytest.approx([(28 - 2) / 0.28, (21 - 2) / 0.21])
    assert table["far_200"].tolist() == [0, 0.5]
    assert table["trust"].tolist() == ["good", "poor"]
