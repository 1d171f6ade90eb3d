"""Walks in towns where a child could count them."""

from __future__ import annotations

import numpy as np
import pytest

from jiujin.network.attach import attach
from jiujin.network.search import NO_WALK, nearest, pairs
from network.street_worlds import chessboard, town


def walks(network, people, sites, **rules):
    """Metres (None: no walk) and site of every person."""
    found = nearest(network, at(network, people), at(network, sites), **rules)
    metres = [None if cm == NO_WALK else cm / 100 for cm in found.cm.tolist()]
    return list(zip(metres, found.site.tolist(), strict=True))


def at(network, points):
    return attach(network, *np.array(points, float).reshape(-1, 2).T)


def test_in_a_chessboard_town_one_walks_around_the_blocks():
    network = town(*chessboard(4))
    people = [(0, 0), (300, 300), (150, 100), (10, 30), (200, 145)]
    # the third goes 50 m east, 100 m north and 0 east; the fourth has 10 m to the street at its west, 30 m north on it
    assert walks(network, people, [(200, 200)]) == [(400, 0), (200, 0), (150, 0), (10 + 370, 0), (55, 0)]


def test_two_people_on_one_block_walk_to_each_other_and_not_around():
    network = town(*chessboard(2))
    assert walks(network, [(20, -3)], [(90, -4)]) == [(3 + 70 + 4, 0)]


def test_on_one_long_chain_the_way_around_wins_where_it_is_shorter():
    """A loop of 400 m hangs on a street; two places 10 m from its mouth on either side are 20 m apart, not 380 m."""
    network = town([(0, 0), (0, -50), (0, 100), (100, 100), (100, 0)], [(0, 1), (0, 2), (2, 3), (3, 4), (4, 0)])
    assert walks(network, [(0, 10), (100, 100)], [(10, 0)]) == [(20, 0), (190, 0)]


def test_on_an_isolated_ring_both_ways_round_count():
    network = town([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    assert walks(network, [(50, 0), (100, 90), (0, 10)], [(0, 40)]) == [(90, 0), (170, 0), (30, 0)]


def test_on_parallel_streets_each_person_stays_on_its_own():
    """Two streets of 100 m and 120 m between the same crossings."""
    vertices = [(0, 0), (100, 0), (0, 10), (100, 10), (-50, 0), (150, 0)]
    network = town(vertices, [(0, 1), (0, 2), (2, 3), (3, 1), (4, 0), (1, 5)])
    assert walks(network, [(50, 1), (50, 9), (-50, 0)], [(60, 10)]) == [(1 + 50 + 50, 0), (11, 0), (50 + 10 + 60, 0)]


def test_a_site_at_the_end_of_a_dead_end_is_walked_to_and_back():
    network = town([(0, 0), (100, 0), (200, 0), (100, 60)], [(0, 1), (1, 2), (1, 3)])
    assert walks(network, [(0, 0), (200, 0), (100, 50)], [(100, 60)]) == [(160, 0), (160, 0), (10, 0)]


def test_across_the_water_there_is_no_walk():
    network = town([(0, 0), (100, 0), (0, 20), (100, 20)], [(0, 1), (2, 3)])
    assert walks(network, [(10, 0), (10, 20)], [(20, 21)]) == [(None, -1), (11, 0)]


def test_a_person_exactly_at_the_reach_is_within_it_and_a_centimetre_more_is_not():
    network = town([(0, 0), (2000, 0)], [(0, 1)])
    people = [(720, 0), (720.01, 0), (719, 1), (719, 1.01)]
    assert walks(network, people, [(0, 0)], limit_cm=72_000) == [(720, 0), (None, -1), (720, 0), (None, -1)]


def test_the_legs_of_both_count():
    network = town([(0, 0), (1000, 0)], [(0, 1)])
    assert walks(network, [(100, 30)], [(400, -40), (120, 330)]) == [(370, 0)]


def test_of_two_sites_equally_far_the_first_is_taken_whichever_way():
    network = town([(0, 0), (100, 0), (200, 0), (100, 70)], [(0, 1), (1, 2), (1, 3)])
    person = [(100, 70)]
    assert walks(network, person, [(0, 0), (200, 0)]) == [(170, 0)]
    assert walks(network, person, [(200, 0), (0, 0)]) == [(170, 0)]
    assert walks(network, [(100, 0)], [(150, 20), (30, 0), (100, 70)]) == [(70, 0)]


def test_ties_are_decided_through_streets_of_no_length_too():
    """Where lanes of no length meet, labels of equal walks pass back and forth; the lower site must win everywhere."""
    vertices = [(10 * k, 0) for k in range(6)] + [(10 * k, 30) for k in range(6)]
    pieces = [(k, k + 1) for k in range(5)] + [(k, k + 6) for k in range(6)]
    network = town(vertices, pieces, cm=[0] * 5 + [3000] * 6)
    people = [(10 * k, 30) for k in range(6)]
    for order in ([0, 5], [5, 0], [2, 3], [3, 2]):
        sites = [(10 * k, 0) for k in order]
        assert {site for _, site in walks(network, people, sites)} == {0}


def test_a_site_upon_a_person_is_no_walk_at_all():
    assert walks(town(*chessboard(3)), [(50, 0)], [(50, 0)]) == [(0, 0)]


def test_without_sites_nobody_walks():
    assert walks(town(*chessboard(3)), [(50, 0)], []) == [(None, -1)]


def test_people_and_sites_without_a_position_do_not_walk():
    network = town(*chessboard(3))
    assert walks(network, [(np.nan, 0), (50, 0)], [(np.nan, 7), (50, 20)]) == [(None, -1), (20, 1)]


def test_a_leg_of_half_the_earth_does_not_overflow():
    network = town(*chessboard(3))
    assert walks(network, [(2e7, 0), (4e6, 0)], [(4e6, 0), (0, 0)]) == [(None, -1), (4_000_000, 1)]


def test_pairs_list_who_is_within_reach_goal_by_goal():
    network = town([(0, 0), (1000, 0)], [(0, 1)])
    people, sites = at(network, [(900, 0), (300, 10), (0, 0)]), at(network, [(200, 0), (1000, 5)])
    found = pairs(network, sites, people, 20_000)
    assert found.ptr.tolist() == [0, 2, 3]
    assert found.goal.tolist() == [1, 2, 0]
    assert found.cm.tolist() == [11_000, 20_000, 10_500]


def test_pairs_on_a_loop_take_the_shorter_side():
    network = town([(0, 0), (0, -50), (0, 100), (100, 100), (100, 0)], [(0, 1), (0, 2), (2, 3), (3, 4), (4, 0)])
    places = at(network, [(0, 10), (10, 0), (100, 100)])
    assert pairs(network, places, places, 100_000).cm.tolist() == [0, 2000, 19000, 2000, 0, 19000, 19000, 19000, 0]


def test_pairs_of_nobody_are_empty_rows():
    network = town(*chessboard(3))
    found = pairs(network, at(network, [(0, 0), (np.nan, 0)]), at(network, []), 100_000)
    assert (found.ptr.tolist(), found.goal.size) == ([0, 0, 0], 0)


@pytest.mark.parametrize("crowd", [60, 5_000, 90_000])
def test_rows_of_any_length_come_sorted_and_complete(crowd):
    """A crowd on one square: short rows, rows of two digits, and more than the first room holds."""
    rng = np.random.default_rng(crowd)
    network = town(*chessboard(4))
    people = at(network, rng.uniform(0, 300, (crowd, 2)))
    sites = at(network, [(0, 0), (150, 130), (300, 300)])
    found = pairs(network, sites, people, 45_000)
    every = [nearest(network, people, sites.select(np.array([j]))).cm for j in range(3)]
    for j in range(3):
        row = slice(found.ptr[j], found.ptr[j + 1])
        assert np.array_equal(found.goal[row], np.flatnonzero(every[j] <= 45_000))
        assert np.array_equal(found.cm[row], every[j][every[j] <= 45_000])
