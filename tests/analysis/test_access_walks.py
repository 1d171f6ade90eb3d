"""Who reaches a service: streets drawn by hand, then what must hold on any."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.analysis.access import (
    BEYOND,
    COVERED,
    OFF_NETWORK,
    UNREACHABLE,
    off_network_sites,
    reach_of,
    service_access,
    straight_to_nearest,
)
from jiujin.analysis.access_pairs import reach_pairs
from jiujin.network.attach import attach
from jiujin.network.search import NO_WALK
from jiujin.study import Reach, Service
from network.street_worlds import chessboard, town

SERVICE = Service(id="canteen", label="助老食堂", group="age60", reach=Reach(urban_m=300, rural_m=600))
CHESSBOARD = town(*chessboard(6))
LONG_STREET = town([(0, 0), (2000, 0)], [(0, 1)])
TWO_ISLANDS = town([(0, 0), (1000, 0), (0, 900), (1000, 900)], [(0, 1), (2, 3)])


def walked(network, people, sites, *, counted=None, rural=None, snap_limit_m: float = 500):
    """Access of people to sites, both drawn as positions in metres."""
    people, sites = np.array(people, float).reshape(-1, 2), np.array(sites, float).reshape(-1, 2)
    rural = np.zeros(len(people), bool) if rural is None else np.array(rural)
    question = {
        "network": network,
        "people_places": attach(network, people[:, 0].copy(), people[:, 1].copy()),
        "site_places": attach(network, sites[:, 0].copy(), sites[:, 1].copy()),
    }
    access = service_access(
        SERVICE,
        **question,
        people_xy=(people[:, 0], people[:, 1]),
        site_xy=(sites[:, 0], sites[:, 1]),
        counted=np.ones(len(sites), bool) if counted is None else np.array(counted),
        reach_cm=reach_of(SERVICE, rural),
        snap_limit_cm=round(snap_limit_m * 100),
    )
    return access, reach_pairs(access, **question)


def test_a_walk_is_leg_way_and_leg_and_exactly_the_reach_is_covered():
    access, _ = walked(LONG_STREET, [(10, 5), (280, 10), (281, 10)], [(0, -10)])
    assert access.walk_cm.tolist() == [2500, 30_000, 30_100]
    assert access.status.tolist() == [COVERED, COVERED, BEYOND]
    assert access.covered.tolist() == [True, True, False]


def test_the_reach_is_that_of_the_persons_own_community():
    access, _ = walked(LONG_STREET, [(500, 0), (500, 0)], [(0, 0)], rural=[False, True])
    assert access.status.tolist() == [BEYOND, COVERED]


def test_a_walk_round_the_block_is_not_the_straight_line():
    access, _ = walked(CHESSBOARD, [(200, 200)], [(0, 0)])
    assert access.walk_cm.tolist() == [40_000]
    assert access.straight_cm.tolist() == [28_284]
    assert access.radius_covered.tolist() == [True]
    assert access.covered.tolist() == [False]


def test_of_two_sites_equally_far_the_lower_is_named():
    access, _ = walked(LONG_STREET, [(100, 0)], [(200, 0), (0, 0)])
    assert (access.facility.tolist(), access.straight_facility.tolist()) == ([0], [0])


def test_exactly_at_the_snap_limit_is_on_the_network_and_a_centimetre_farther_is_not():
    access, _ = walked(LONG_STREET, [(0, 500), (0, 500.01)], [(0, 0)])
    assert access.status.tolist() == [BEYOND, OFF_NETWORK]
    assert access.walk_cm.tolist() == [50_000, NO_WALK]
    assert access.facility.tolist() == [0, -1]
    assert access.straight_cm.tolist() == [50_000, 50_001]


def test_a_site_off_the_network_serves_nobody_but_draws_its_circle():
    access, pairs = walked(LONG_STREET, [(0, 400)], [(0, 600), (0, -50)])
    assert access.site_on_network.tolist() == [False, True]
    assert (access.facility.tolist(), access.walk_cm.tolist()) == ([1], [45_000])
    assert (access.straight_facility.tolist(), access.straight_cm.tolist()) == ([0], [20_000])
    assert pairs.site.tolist() == []
    ledger = pd.DataFrame({"name": ["甲", "乙"], "source": "a.xlsx", "sheet": ["表1", None], "row": [4, 5]})
    (problem,) = off_network_sites(access, ledger, np.array([60_000, 5_000], np.int32))
    assert (problem.severity, problem.file, problem.sheet, problem.row) == ("warning", "a.xlsx", "表1", 4)
    assert problem.found == "设施“甲”距最近可步行道路 600 米"


def test_across_the_water_there_is_no_walk_however_near():
    access, _ = walked(TWO_ISLANDS, [(500, 900), (500, 0)], [(500, 0)])
    assert access.status.tolist() == [UNREACHABLE, COVERED]
    assert access.walk_cm.tolist() == [NO_WALK, 0]
    assert access.facility.tolist() == [-1, 0]
    assert access.straight_cm.tolist() == [90_000, 0]


def test_a_service_without_sites_covers_nobody():
    access, pairs = walked(LONG_STREET, [(0, 0), (0, 600)], [(0, 0)], counted=[False])
    assert access.status.tolist() == [UNREACHABLE, OFF_NETWORK]
    assert access.straight_cm.tolist() == [NO_WALK, NO_WALK]
    assert access.radius_covered.tolist() == [False, False]
    assert len(pairs.cm) == 0


def test_only_counted_sites_count_and_keep_their_rows():
    access, _ = walked(LONG_STREET, [(100, 0), (900, 0)], [(100, 0), (300, 0), (900, 0)], counted=[False, True, True])
    assert access.sites.tolist() == [1, 2]
    assert access.facility.tolist() == [0, 1]
    assert access.facility_row.tolist() == [1, 2]
    assert access.walk_cm.tolist() == [20_000, 0]
    by_position, _ = walked(LONG_STREET, [(100, 0)], [(100, 0), (300, 0), (900, 0)], counted=np.array([1, 2]))
    assert by_position.facility_row.tolist() == [1]


def test_everybody_in_reach_of_every_site_each_with_their_own_reach():
    _, pairs = walked(LONG_STREET, [(0, 0), (500, 0), (500, 0)], [(0, 0), (300, 0)], rural=[False, False, True])
    found = list(zip(pairs.site.tolist(), pairs.person.tolist(), pairs.cm.tolist(), strict=True))
    assert found == [(0, 0, 0), (0, 2, 50_000), (1, 0, 30_000), (1, 1, 20_000), (1, 2, 20_000)]
    assert pairs.sites_in_reach.tolist() == [2, 1, 2]
    assert pairs.by_site(np.array([1.0, 10, 100])).tolist() == [101, 111]
    assert pairs.by_person(np.array([1.0, 10])).tolist() == [11, 10, 11]


def test_more_equal_straight_distances_than_we_look_at_first_still_name_the_lowest_site():
    ring = [(0, 5), (3, 4), (4, 3), (5, 0), (4, -3), (3, -4), (0, -5), (-3, -4), (-5, 0)]
    for turn in range(len(ring)):
        sites = np.array(ring[turn:] + ring[:turn], float)
        metres, site = straight_to_nearest((np.zeros(1), np.zeros(1)), (sites[:, 0], sites[:, 1]))
        assert (metres.tolist(), site.tolist()) == ([500], [0])


POSITIONS = st.tuples(st.integers(-100, 600), st.integers(-100, 600))
SITES = st.lists(POSITIONS, min_size=1, max_size=8)
FOLK = st.lists(POSITIONS, min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(FOLK, SITES)
def test_the_straight_line_is_never_longer_than_the_walk_and_is_the_shortest_of_all(people, sites):
    access, _ = walked(CHESSBOARD, people, sites, snap_limit_m=90)
    assert (access.straight_cm - 2 <= access.walk_cm).all()  # legs and way are rounded, each for itself
    drawn = [min(round(100 * np.hypot(x - sx, y - sy)) for sx, sy in sites) for x, y in people]
    assert access.straight_cm.tolist() == drawn


@settings(max_examples=60, deadline=None)
@given(FOLK, SITES, POSITIONS)
def test_one_more_site_never_lengthens_a_walk_or_takes_coverage_away(people, sites, extra):
    before, _ = walked(CHESSBOARD, people, sites)
    after, _ = walked(CHESSBOARD, people, [*sites, extra])
    assert (after.walk_cm <= before.walk_cm).all()
    assert (after.covered | ~before.covered).all()
    assert (after.radius_covered | ~before.radius_covered).all()


@settings(max_examples=60, deadline=None)
@given(FOLK, SITES, st.randoms(use_true_random=False))
def test_the_order_of_people_and_the_company_they_keep_change_nothing(people, sites, random):
    order = random.sample(range(len(people)), len(people))
    one, _ = walked(CHESSBOARD, people, sites, snap_limit_m=90)
    other, _ = walked(CHESSBOARD, [people[i] for i in order], sites, snap_limit_m=90)
    for name in ("walk_cm", "facility", "straight_cm", "straight_facility", "status", "radius_covered"):
        assert (getattr(one, name)[order] == getattr(other, name)).all()


@settings(max_examples=60, deadline=None)
@given(FOLK, SITES)
def test_covered_is_exactly_who_reaches_some_site_and_the_nearest_is_among_them(people, sites):
    access, pairs = walked(CHESSBOARD, people, sites, snap_limit_m=90)
    assert ((pairs.sites_in_reach > 0) == access.covered).all()
    nearest = {}
    for site, person, cm in zip(pairs.site.tolist(), pairs.person.tolist(), pairs.cm.tolist(), strict=True):
        nearest[person] = min(nearest.get(person, (NO_WALK, -1)), (cm, site))
    for person in np.flatnonzero(access.covered).tolist():
        assert nearest[person] == (access.walk_cm[person], access.facility[person])
    assert list(zip(pairs.site.tolist(), pairs.person.tolist(), strict=True)) == sorted(
        set(zip(pairs.site.tolist(), pairs.person.tolist(), strict=True))
    )


@pytest.mark.parametrize("counted", [[True, False, True], [True, True, False]])
def test_sites_that_do_not_count_are_as_if_they_were_not_there(counted):
    sites = [(0, 0), (250, 100), (500, 500)]
    people = list(itertools.product(range(0, 501, 50), (0, 100, 300)))
    access, _ = walked(CHESSBOARD, people, sites, counted=counted)
    alone, _ = walked(CHESSBOARD, people, [site for site, here in zip(sites, counted, strict=True) if here])
    assert (access.walk_cm == alone.walk_cm).all()
    assert (access.facility == alone.facility).all()
    assert (access.straight_cm == alone.straight_cm).all()
