"""Seats and people: two-step measures against a calculation by hand and a plain matrix, seats handed out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.small_counties import access_of, pairs_of, people_of
from jiujin.analysis.capacity import (
    LUO_QI_SHARP,
    allocate,
    enhanced_two_step,
    gaussian_two_step,
    judge,
    service_capacity,
    supply,
    two_step,
)
from jiujin.study import Reach, Service

CANTEEN = Service(
    id="canteen",
    label="助老食堂",
    group="age60",
    reach=Reach(urban_m=900, rural_m=900),
    capacity_default=50,
    take_up=0.5,
)
HEALTH = Service(
    id="health", label="卫", group="total", reach=Reach(urban_m=900, rural_m=900), people_per_site=(30_000, 100_000)
)
REACH_CM = np.full(4, 90_000, np.int32)


# two sites with 20 and 60 seats; four villages of 100, 200, 300 and 50 people; the last reaches nothing
VILLAGES = pairs_of([(0, 0, 100), (0, 1, 600), (1, 1, 300), (1, 2, 900)], 4, 2)
SEATS = np.array([20.0, 60.0])
PEOPLE = np.array([100.0, 200.0, 300.0, 50.0])


def test_two_steps_worked_out_by_hand():
    # site 0: 20 / (100 + 200); site 1: 60 / (200 + 300)
    access = two_step(VILLAGES, SEATS, PEOPLE)
    assert access == pytest.approx([20 / 300, 20 / 300 + 60 / 500, 60 / 500, 0])


def test_who_reaches_nothing_has_access_nought_not_null():
    for measure in (two_step(VILLAGES, SEATS, PEOPLE), gaussian_two_step(VILLAGES, SEATS, PEOPLE, REACH_CM)):
        assert measure[3] == 0


def test_all_seats_are_shared_out_among_those_who_reach_them():
    assert (two_step(VILLAGES, SEATS, PEOPLE) * PEOPLE).sum() == pytest.approx(80)


def test_zones_of_the_reach_worked_out_by_hand():
    # 100 and 300 m lie in the first third (300 m is its edge), 600 m in the second, 900 m in the last
    first, second = 20 / (100 + 0.68 * 200), 60 / (200 + 0.22 * 300)
    access = enhanced_two_step(VILLAGES, SEATS, PEOPLE, REACH_CM)
    assert access == pytest.approx([first, 0.68 * first + second, 0.22 * second, 0])
    sharp = enhanced_two_step(VILLAGES, SEATS, PEOPLE, REACH_CM, LUO_QI_SHARP)
    assert sharp[2] == pytest.approx(0.09 * 60 / (200 + 0.09 * 300))


def test_gaussian_weights_are_one_at_the_door_and_nought_at_the_reach():
    pairs = pairs_of([(0, 0, 0), (0, 1, 900), (0, 2, 450)], 4, 1)
    access = gaussian_two_step(pairs, np.array([10.0]), np.ones(4), REACH_CM)
    half = (np.exp(-0.125) - np.exp(-0.5)) / (1 - np.exp(-0.5))
    assert access == pytest.approx([10 / (1 + half), 0, half * 10 / (1 + half), 0])


def test_a_site_that_nobody_needs_gives_nothing():
    pairs = pairs_of([(0, 0, 10)], 1, 2)
    assert two_step(pairs, np.array([5.0, 5.0]), np.array([0.0])).tolist() == [0]


def test_seats_go_to_the_nearest_first_and_the_rest_walk_on():
    # 10 at 100 m fill site 0 but for 2 seats; 5 at 200 m take these and send 3 on to site 1; the last find 1 seat
    pairs = pairs_of([(0, 0, 100), (0, 1, 200), (1, 1, 500), (1, 2, 700)], 3, 2)
    seats = allocate(pairs, np.array([12.0, 4.0]), np.array([10.0, 5.0, 6.0]))
    assert seats.served.tolist() == [10, 5, 1]
    assert seats.used.tolist() == [12, 4]
    assert seats.shares.to_numpy().tolist() == [[0, 0, 10000, 10], [0, 1, 20000, 2], [1, 1, 50000, 3], [1, 2, 70000, 1]]


def test_of_equal_walks_the_lower_id_is_seated_whatever_the_order_of_rows():
    pairs = pairs_of([(0, 0, 100), (0, 1, 100)], 2, 1)
    assert allocate(pairs, np.array([1.0]), np.ones(2)).served.tolist() == [1, 0]
    assert allocate(pairs, np.array([1.0]), np.ones(2), rank=np.array([1, 0])).served.tolist() == [0, 1]


def test_unknown_capacity_is_the_default_and_marked_as_assumed():
    offer, assumed = supply(CANTEEN, np.array([np.nan, 80.0]))
    assert (offer.tolist(), assumed.tolist()) == ([50, 80], [True, False])


def test_where_no_capacity_is_known_at_all_a_site_is_a_site():
    assert supply(HEALTH, np.array([np.nan, np.nan]))[0].tolist() == [1, 1]
    assert supply(HEALTH, np.array([np.nan, 12.0]))[0].tolist() == [0, 12]


def test_people_per_centre_are_judged_by_the_range_it_is_for():
    judged = [judge(HEALTH, people) for people in (29_999, 30_000, 100_000, 100_001)]
    assert judged == ["偏少", "适中", "适中", "超出"]
    assert judge(CANTEEN, 10) is None


def test_load_and_room_of_each_canteen():
    residents = people_of([0, 0, 0, -1], age60=[100, 200, 300, 50])
    access = access_of(CANTEEN, [100, 300, 900, None], facility=[0, 1, 1, 0], sites=[5, 7])
    capacity = np.full(8, np.nan)
    capacity[7] = 60
    found = service_capacity(CANTEEN, access, VILLAGES, residents, capacity=capacity)
    assert found.has_seats
    table = found.sites.set_index("row")
    assert table["capacity"].tolist() == [50, 60]
    assert table["people_in_reach"].tolist() == [300, 500]
    assert table["demand"].tolist() == [150, 250]
    assert table["load"].tolist() == [3, 250 / 60]
    assert table["nearest_people"].tolist() == [100, 500]
    assert found.served.tolist() == [50, 60, 0, 0]  # village 1 is nearest to site 1 and takes all of it
    assert found.unmet == 190
    assert found.met_rate == pytest.approx(110 / 300)
    assert found.sites_per_10k == pytest.approx(2 / 0.06)  # two for 600 people who live in some community
    assert service_capacity(CANTEEN, access, VILLAGES, people_of([0, 0, 0, 0]), capacity=capacity) is None


def test_where_no_seats_are_known_nothing_is_said_about_room():
    residents = people_of([0, 0, 0, -1], total=[100, 200, 300, 50])
    access = access_of(HEALTH, [100, 300, 900, None], facility=[0, 1, 1, 0], sites=[0, 1])
    found = service_capacity(HEALTH, access, VILLAGES, residents, capacity=np.full(2, np.nan))
    assert not found.has_seats
    assert found.sites[["load", "served", "utilisation"]].isna().all().all()
    assert np.isnan(found.unmet)
    assert np.isnan(found.met_rate)
    assert found.sites_per_10k == pytest.approx(2 / 0.06)
    assert found.sites["people_in_reach"].tolist() == [300, 500]
    assert found.access_2sfca.tolist() == pytest.approx([1 / 300, 1 / 300 + 1 / 500, 1 / 500, 0])


WORLDS = st.integers(1, 6).flatmap(
    lambda people: st.integers(1, 4).flatmap(
        lambda sites: st.tuples(
            st.lists(st.integers(0, 20), min_size=people, max_size=people),
            st.lists(st.integers(0, 30), min_size=sites, max_size=sites),
            st.lists(st.integers(0, 120_000), min_size=people * sites, max_size=people * sites),
        )
    )
)


def matrix_access(cost_cm, demand, offer, weigh):
    """The same measures by explicit loops over a dense matrix: the oracle."""
    access = np.zeros(len(demand))
    for j, seats in enumerate(offer):
        asked = sum(weigh(cost_cm[i][j]) * demand[i] for i in range(len(demand)))
        for i in range(len(demand)):
            access[i] += weigh(cost_cm[i][j]) * seats / asked if asked > 0 else 0
    return access


@settings(max_examples=100, deadline=None)
@given(WORLDS)
def test_the_pairs_give_what_a_full_matrix_gives(world):
    demand, offer, costs = world
    people, sites = len(demand), len(offer)
    cost_cm = np.array(costs).reshape(people, sites)
    listed = [(j, i, cost_cm[i, j] / 100) for i in range(people) for j in range(sites) if cost_cm[i, j] <= 90_000]
    pairs = pairs_of(listed, people, sites)
    reach_cm = np.full(people, 90_000, np.int32)
    asked = (pairs, np.array(offer, float), np.array(demand, float))
    edge = np.exp(-0.5)

    def zones(cm):
        return 1.0 if cm <= 30_000 else 0.68 if cm <= 60_000 else 0.22 if cm <= 90_000 else 0.0

    def bell(cm):
        return (np.exp(-((cm / 90_000) ** 2) / 2) - edge) / (1 - edge) if cm <= 90_000 else 0.0

    plain = matrix_access(cost_cm, demand, offer, lambda cm: float(cm <= 90_000))
    assert two_step(*asked) == pytest.approx(plain)
    assert enhanced_two_step(*asked, reach_cm) == pytest.approx(matrix_access(cost_cm, demand, offer, zones))
    assert gaussian_two_step(*asked, reach_cm) == pytest.approx(matrix_access(cost_cm, demand, offer, bell), abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(WORLDS)
def test_no_seat_is_given_twice_and_nobody_who_could_sit_is_left_standing(world):
    demand, offer, costs = world
    people, sites = len(demand), len(offer)
    listed = [(j, i, costs[i * sites + j] / 100) for i in range(people) for j in range(sites)]
    seats = allocate(pairs_of(listed, people, sites), np.array(offer, float), np.array(demand, float))
    assert (seats.used <= offer).all()
    assert (seats.served <= demand).all()
    assert seats.served.sum() == min(sum(demand), sum(offer))  # here everybody reaches every site
    assert seats.shares["served"].sum() == seats.served.sum()
