"""Fairness: measures worked out by hand, then what must hold for any walks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.small_counties import CANTEEN, PARTY, access_of, communities_of, no_marks, people_of
from jiujin.analysis.coverage_tables import coverage_tables, is_rural
from jiujin.analysis.equity import gini, group_gaps, lorenz, palma, spread, worst_served


def test_when_all_walk_equally_far_nothing_is_uneven():
    walk_m, people = np.full(4, 300.0), np.array([1.0, 5, 2, 2])
    assert gini(walk_m, people) == pytest.approx(0)
    assert palma(walk_m, people) == pytest.approx(0.1 / 0.4)
    share, metres = lorenz(walk_m, people)
    assert (share.tolist(), metres.tolist()) == ([0, 1], [0, 1])


def test_gini_of_two_walks_by_hand():
    # half the people walk 100 m, half 300 m: the curve runs over (0.5, 0.25), the area under it is 0.375
    assert gini(np.array([300.0, 100.0]), np.array([7.0, 7.0])) == pytest.approx(0.25)


def test_gini_when_one_in_ten_walks_everything():
    walk_m = np.array([0.0] * 9 + [1000.0])
    assert gini(walk_m, np.ones(10)) == pytest.approx(0.9)
    assert np.isnan(palma(walk_m, np.ones(10)))


def test_palma_of_ten_people_by_hand():
    walk_m = np.arange(100.0, 1001.0, 100.0)
    assert palma(walk_m, np.ones(10)) == pytest.approx(1000 / (100 + 200 + 300 + 400))


def test_nobody_has_no_measure():
    assert np.isnan(gini(np.array([5.0]), np.zeros(1)))
    assert np.isnan(palma(np.array([]), np.array([])))


def test_people_without_a_walk_are_left_out_and_counted():
    residents = people_of([0, 0, 0, -1], age60=[5, 5, 3, 9])
    found = spread(CANTEEN, access_of(CANTEEN, [100, 300, None, 50]), residents)
    assert (found.gini, found.people, found.left_out, found.mean_m) == (pytest.approx(0.25), 10, 3, 200)
    assert np.isnan(spread(CANTEEN, access_of(CANTEEN, [100]), people_of([0], total=[1])).gini)


def test_gaps_between_groups_and_between_town_and_country():
    residents = people_of([0, 0, 1, -1], total=[60, 40, 100, 500], age60=[10, 30, 60, 500])
    rural = np.array([False, False, True, False])
    table = group_gaps([PARTY], {"party": access_of(PARTY, [10, 2000, 1500, 5], rural=rural)}, residents, rural)
    rates = table.set_index(["group", "class"])["pop_rate"]
    assert rates[("total", "all")] == 160 / 200
    assert rates[("total", "urban")] == 0.6
    assert rates[("total", "rural")] == 1
    assert rates[("age60", "all")] == 0.7
    gaps = table.set_index(["group", "class"])["gap"]
    assert gaps[("total", "all")] == 0
    assert gaps[("age60", "all")] == pytest.approx(-0.1)
    assert gaps[("total", "urban")] == pytest.approx(-0.2)


def test_the_worst_served_places_are_named_with_the_cut_off_before_the_far():
    communities = communities_of(*((f"37000100120{n}", "李庄镇", "220", "村委会") for n in range(4)))
    residents = people_of([0, 1, 2, 3], age60=[30, 30, 90, 20])
    coverage = coverage_tables(
        [CANTEEN],
        access={
            "canteen": access_of(CANTEEN, [1500, None, 100, 1400], rural=is_rural(communities, residents.community))
        },
        residents=residents,
        communities=communities,
        facility_community=np.array([2], np.int32),
        marks=no_marks(4),
    )
    worst = worst_served(coverage.communities, "canteen", count=3)
    assert worst["community_name"].tolist() == ["社区1", "社区0", "社区3"]
    assert worst["uncovered"].tolist() == [30, 30, 20]
    assert len(worst_served(coverage.communities, "canteen", least_people=25)) == 2


WALKS = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 50)), min_size=1, max_size=30)


@given(WALKS)
def test_gini_lies_between_nought_and_one_and_is_half_the_mean_difference(walks):
    walk_m, people = np.array(walks, float).T
    found = gini(walk_m, people)
    assert 0 <= found < 1
    mean = (walk_m * people).sum() / people.sum()
    difference = (np.abs(walk_m[:, None] - walk_m) * np.outer(people, people)).sum() / people.sum() ** 2
    assert found == pytest.approx(difference / (2 * mean) if mean else 0, abs=1e-9)


@given(WALKS, st.integers(2, 9))
def test_measures_know_neither_the_unit_nor_the_size_of_the_county(walks, times):
    walk_m, people = np.array(walks, float).T
    assert gini(walk_m * times, people * times) == pytest.approx(gini(walk_m, people), abs=1e-9)
    assert palma(walk_m * times, people * times) == pytest.approx(palma(walk_m, people), nan_ok=True)
