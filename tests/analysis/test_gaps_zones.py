"""Gaps: zones on streets drawn by hand, their remedies, and what may be shown to anyone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.small_counties import communities_of, people_of
from jiujin.analysis.access import reach_of, service_access
from jiujin.analysis.gaps import COLUMNS, find_gaps
from jiujin.analysis.gaps_links import components, open_links, street_links
from jiujin.analysis.gaps_public import SQUARE, coarse, public_gaps
from jiujin.analysis.gaps_remedy import CHECK_STREETS, NEW_SITE, PATH_OR_BRIDGE, USE_EXISTING
from jiujin.analysis.gaps_zones import Ground
from jiujin.network.attach import attach
from jiujin.network.search import pairs
from jiujin.study import Reach, Service
from network.street_worlds import Drawing, chessboard, town

CANTEEN = Service(id="canteen", label="助老食堂", group="age60", reach=Reach(urban_m=500, rural_m=500))
PARTY = Service(id="party", label="党群服务中心", group="total", reach=Reach(urban_m=500, rural_m=500))
VILLAGES = communities_of(("370001002201", "李庄镇", "220", "村委会"), ("370001002202", "李庄镇", "220", "村委会"))
STREET = town([(0, 0), (5000, 0)], [(0, 1)])
CHESSBOARD = town(*chessboard(6))
# two banks of a river, joined by one bridge a kilometre to the east
RIVER = town([(0, 0), (1000, 0), (1000, 100), (0, 100)], [(0, 1), (1, 2), (2, 3)])


def gaps_of(network, people, sites, *, home=None, age60=None, snap_limit_m=500, link_m=300):
    """Gaps of people to canteens and party centres: `sites` as (service, x, y), `people` as (x, y)."""
    people = np.array(people, float).reshape(-1, 2)
    x, y = people[:, 0].copy(), people[:, 1].copy()
    home = np.zeros(len(people), np.int32) if home is None else np.array(home, np.int32)
    age60 = np.full(len(people), 10.0) if age60 is None else np.array(age60, float)
    kinds = [service for service, _, _ in sites]
    site_xy = np.array([(sx, sy) for _, sx, sy in sites], float).reshape(-1, 2)
    places = attach(network, x, y)
    access = {}
    for service in (CANTEEN, PARTY):
        access[service.id] = service_access(
            service,
            network=network,
            people_places=places,
            site_places=attach(network, site_xy[:, 0].copy(), site_xy[:, 1].copy()),
            people_xy=(x, y),
            site_xy=(site_xy[:, 0], site_xy[:, 1]),
            counted=np.array([kind == service.id for kind in kinds], bool),
            reach_cm=reach_of(service, np.zeros(len(people), bool)),
            snap_limit_cm=snap_limit_m * 100,
        )
    ledger = pd.DataFrame(
        {"id": [f"F{n}" for n in range(len(sites))], "name": [f"{k}{n}" for n, k in enumerate(kinds)]}
    )
    gaps = find_gaps(
        [CANTEEN, PARTY],
        access=access,
        residents=people_of(home, age60=age60),
        communities=VILLAGES,
        facilities=ledger,
        ground=Ground(networks={False: network}, places={False: places}, x=x, y=y, plane=Drawing()),
        link_m=link_m,
    )
    return gaps[gaps["service"] == "canteen"].reset_index(drop=True)


def test_people_three_hundred_metres_apart_along_the_street_are_one_zone_and_farther_apart_two():
    gaps = gaps_of(STREET, [(1000, 0), (1300, 0), (1600.01, 0), (2600, 0)], [("canteen", 0, 0)])
    assert gaps["people"].tolist() == [20, 10, 10]
    assert gaps["points"].tolist() == [2, 1, 1]
    assert gaps["rank"].tolist() == [1, 2, 3]


def test_the_person_halfway_down_tells_how_far_the_zone_is():
    gaps = gaps_of(STREET, [(1000, 0), (1200, 0), (1400, 30)], [("canteen", 0, 40)], age60=[5, 6, 10])
    zone = gaps.iloc[0]
    assert (zone["people"], zone["nearest_m"], zone["nearest_facility"]) == (21, 1240, "F0")
    assert zone["straight_m"] == pytest.approx(np.hypot(1200, 40), abs=0.01)
    assert zone["detour"] == pytest.approx(1240 / zone["straight_m"])
    assert (zone["nearest_name"], zone["remedy"], zone["remedy_people"]) == ("canteen0", NEW_SITE, 21)


def test_near_in_the_air_is_not_near_on_the_street():
    gaps = gaps_of(RIVER, [(0, 0), (0, 100)], [])
    assert gaps["points"].tolist() == [1, 1]


def test_across_the_river_a_bridge_is_missing():
    gaps = gaps_of(RIVER, [(0, 100), (100, 100)], [("canteen", 0, 0)])
    assert gaps["remedy"].tolist() == [PATH_OR_BRIDGE]
    assert gaps["nearest_m"].tolist() == [2000]
    assert gaps["straight_m"].tolist() == [141.42]


def test_a_building_of_another_service_at_hand_is_named():
    gaps = gaps_of(STREET, [(2000, 0), (2100, 0)], [("canteen", 0, 0), ("party", 2400, 0), ("party", 4000, 0)])
    assert gaps[["remedy", "remedy_site", "remedy_people"]].to_numpy().tolist() == [[USE_EXISTING, "F1", 20]]


def test_far_from_every_street_the_streets_are_to_be_checked():
    gaps = gaps_of(STREET, [(2000, 900), (2000, 700), (2000, 0)], [("canteen", 0, 0)])
    assert gaps["remedy"].tolist() == [CHECK_STREETS, NEW_SITE]
    assert np.isnan(gaps["nearest_m"][0])
    assert gaps["off_network"].tolist() == [20, 0]
    assert gaps["nearest_facility"].isna().tolist() == [True, False]
    assert gaps["straight_name"].tolist() == ["canteen0", "canteen0"]


def test_a_zone_wider_than_one_site_can_serve_is_cut_at_the_border():
    people = [(1000 + 100 * n, 0) for n in range(14)]
    gaps = gaps_of(STREET, people, [("canteen", 0, 0)], home=[0] * 8 + [1] * 6)
    assert gaps["community_code"].tolist() == ["370001002201", "370001002202"]
    assert gaps["people"].tolist() == [80, 60]
    narrow = gaps_of(STREET, people[:10], [("canteen", 0, 0)], home=[0] * 4 + [1] * 6)
    assert narrow["people"].tolist() == [100]
    assert narrow["community_code"].tolist() == ["370001002202"]
    assert narrow["name"].tolist() == ["社区1等2个社区（村）"]


def test_small_pieces_of_a_cut_zone_are_gathered_as_far_as_one_site_can_serve_them():
    # six hamlets of two villages in turn, 300 m apart; the smallest joins first: 1 with 2, they with 3; then 4 with 5,
    # which is narrower than with the three, and 6 with these; all together would be 1,500 m wide, the reach is 500 m
    villages = [(1000 + 300 * n, 0) for n in range(6)]
    gaps = gaps_of(STREET, villages, [("canteen", 0, 0)], home=[0, 1, 0, 1, 0, 1], age60=[1, 2, 3, 4, 5, 6])
    assert gaps["people"].tolist() == [15, 6]
    assert gaps["points"].tolist() == [3, 3]


def test_several_zones_of_one_village_are_told_apart_by_their_side():
    gaps = gaps_of(STREET, [(1000, 0), (4000, 0), (4050, 0)], [("canteen", 0, 0)])
    assert gaps["name"].tolist() == ["社区0东部", "社区0西部"]


def test_covered_people_those_of_no_village_and_points_without_old_people_are_in_no_gap():
    gaps = gaps_of(
        STREET, [(0, 0), (1000, 0), (1200, 0), (1400, 0)], [("canteen", 0, 0)], home=[0, -1, 0, 0], age60=[9, 9, 0, 9]
    )
    assert gaps["people"].tolist() == [9]
    assert gaps["nearest_m"].tolist() == [1400]


def test_without_any_site_everybody_is_in_a_gap_and_nothing_is_near():
    gaps = gaps_of(STREET, [(0, 0)], [])
    assert gaps["people"].tolist() == [10]
    assert gaps[["nearest_m", "straight_m", "detour", "nearest_facility"]].isna().all().all()
    assert tuple(gaps.columns) == (*COLUMNS, "geometry")


def test_where_all_are_covered_there_is_no_gap():
    assert len(gaps_of(STREET, [(0, 0)], [("canteen", 0, 0)])) == 0


def test_the_outline_holds_the_people_and_the_centre_is_one_of_them():
    people = [(1000, 0), (1100, 20), (1200, -20)]
    zone = gaps_of(STREET, people, [("canteen", 0, 0)]).iloc[0]
    assert (round(zone["lon"] * 1e4), round(zone["lat"] * 1e4)) in people
    west, south, east, north = (edge * 1e4 for edge in zone["geometry"].bounds)
    assert west < 1000 < 1200 < east < 1300
    assert -100 < south < -20 < 20 < north < 100


POSITIONS = st.tuples(st.integers(0, 500), st.sampled_from([0, 100, 200, 300, 400, 500]))


@settings(max_examples=100, deadline=None)
@given(st.lists(POSITIONS, min_size=1, max_size=14), st.integers(0, 250))
def test_zones_are_those_of_single_linkage_over_all_walks(people, link_m):
    x, y = np.array(people, float).T
    places = attach(CHESSBOARD, x.copy(), y.copy())
    zone = components(len(x), street_links(CHESSBOARD, places, np.zeros(len(x), np.int32), link_m * 100))
    table = pairs(CHESSBOARD, places, places, link_m * 100)
    walks = (np.repeat(np.arange(len(people)), np.diff(table.ptr)), table.goal.astype(np.int64))
    wanted = components(len(x), walks)
    together = zone[:, None] == zone
    assert (together == (wanted[:, None] == wanted)).all()


def test_people_on_open_ground_are_linked_in_a_straight_line():
    one, other = open_links((np.array([0.0, 300, 601]), np.zeros(3)), 300)
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 1)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=25), st.sampled_from([1, 2, 5]))
def test_links_across_open_ground_are_those_of_every_pair_within_the_distance(people, link_m):
    x, y = np.array(people, float).T
    near = np.flatnonzero(np.hypot(x[:, None] - x, y[:, None] - y).ravel() <= link_m)
    found, wanted = (components(len(x), links) for links in (open_links((x, y), link_m), divmod(near, len(x))))
    assert found.tolist() == wanted.tolist()


CROWD = st.lists(st.tuples(POSITIONS, st.integers(-1, 1), st.integers(0, 30)), min_size=1, max_size=14)


@settings(max_examples=40, deadline=None)
@given(CROWD, st.randoms(use_true_random=False))
def test_zones_add_up_to_the_uncovered_and_do_not_depend_on_the_order_of_rows(crowd, random):
    def ask(rows):
        where, home, age60 = zip(*rows, strict=True)
        return gaps_of(
            CHESSBOARD, where, [("canteen", 0, -450), ("party", 500, 500)], home=home, age60=age60, link_m=120
        )

    one, other = ask(crowd), ask(random.sample(crowd, len(crowd)))
    far = [age60 for (px, py), home, age60 in crowd if home >= 0 and px + py > 50]
    assert one["people"].sum() == sum(far)
    assert one["people"].tolist() == sorted(one["people"], reverse=True)
    pd.testing.assert_frame_equal(one.drop(columns="geometry"), other.drop(columns="geometry"))


def test_in_public_a_zone_of_a_few_people_has_no_place_and_no_number():
    people = [(1000, 0), (2000, 0), (3000, 0), (4000, 0)]
    gaps = gaps_of(STREET, people, [("canteen", 0, 0)], home=[0, 0, 0, 1], age60=[23, 6, 7, 3])
    shown = public_gaps(gaps)
    assert shown["people"].tolist()[:2] == [25, 15]
    assert np.isnan(shown["people"][2])
    assert shown["rank"].tolist() == [1, 2, 3]
    assert shown["geometry"].notna().tolist() == [True, False, False]
    assert shown["community_code"].isna().tolist() == [False, False, True]
    assert shown["name"].tolist()[1:] == ["社区0零散住户", "李庄镇零散住户"]
    assert shown["nearest_m"].notna().tolist() == [True, False, False]
    assert shown[["lon", "lat", "points"]].isna().all().all()
    assert len(public_gaps(gaps.iloc[:0])) == 0


@settings(max_examples=60, deadline=None)
@given(
    lon=st.floats(73, 135),
    lat=st.integers(18, 52).map(lambda degree: degree + 0.2),
    east_m=st.floats(-80, 80),
    north_m=st.floats(-80, 80),
)
def test_in_public_the_outline_around_one_house_does_not_tell_where_in_its_square_the_house_stands(
    lon, lat, east_m, north_m
):
    wide = np.cos(np.radians(round(lat)))
    column, row = np.floor(np.array((lon * wide, lat)) / SQUARE)
    middle = np.array(((column + 0.5) * SQUARE / wide, (row + 0.5) * SQUARE))
    house = shapely.transform(shapely.Point(0, 0).buffer(60), lambda at: at / 111_320 / (wide, 1) + middle)
    moved = shapely.transform(house, lambda at: at + np.array((east_m / wide, north_m)) / 111_320)
    assert coarse(moved).equals_exact(coarse(house), 1e-6), "anywhere in the square the same square is shown"
    shown = coarse(house).bounds
    assert (shown[3] - shown[1]) * 111_320 == pytest.approx(200, abs=1)
    assert coarse(house).covers(shapely.Point(middle))
