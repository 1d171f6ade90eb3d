"""Points with several ways onto the streets: every walk is the shortest over the doors, and within the walls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.network.attach import DETOUR_PERCENT, Doors, Places, attach, joined
from jiujin.network.search import NO_WALK, improve, nearest, pairs, what_if
from network.street_worlds import chessboard, town

SIDE = 4
spot = st.tuples(st.integers(-20, 320), st.integers(-20, 320))
leg = st.integers(0, 20_000)
walled = st.tuples(st.lists(st.tuples(spot, leg), min_size=1, max_size=3), st.integers(-1, 1), spot)


@pytest.fixture(scope="module")
def network():
    return town(*chessboard(SIDE))


def places_of(network, points) -> Places:
    """Points of some doors each, in a yard or in none: the door with the shortest leg first."""
    ordered = [sorted(doors, key=lambda door: door[1]) for doors, _, _ in points]
    doors = [(owner, *door) for owner, each in enumerate(ordered) for door in each[1:]]
    return replace(
        flat(network, [each[0] for each in ordered]),
        doors=Doors(
            owner=np.array([owner for owner, _, _ in doors], np.int32),
            places=flat(network, [door[1:] for door in doors]),
            yard=np.array([yard for _, yard, _ in points], np.int32),
            x=np.array([float(x) for _, _, (x, _) in points]),
            y=np.array([float(y) for _, _, (_, y) in points]),
        ),
    )


def flat(network, doors) -> Places:
    x, y = np.array([at for at, _ in doors], float).reshape(-1, 2).T
    return replace(attach(network, x, y), leg_cm=np.array([leg for _, leg in doors], np.int32))


def walk_by_hand(network, one, other) -> int:
    """Over all pairs of doors, each as two points with one door; and within the walls."""
    a, b = flat(network, one[0]), flat(network, other[0])
    best = min(
        int(nearest(network, a.select(np.array([i])), b.select(np.array([k]))).cm[0])
        for i in range(len(a))
        for k in range(len(b))
    )
    if one[1] >= 0 and one[1] == other[1]:
        best = min(best, round(DETOUR_PERCENT * float(np.hypot(one[2][0] - other[2][0], one[2][1] - other[2][1]))))
    return best


@settings(max_examples=60, deadline=None)
@given(people=st.lists(walled, min_size=1, max_size=4), sites=st.lists(walled, min_size=1, max_size=4))
def test_every_walk_is_the_shortest_over_doors_and_within_walls(network, people, sites):
    found = nearest(network, places_of(network, people), places_of(network, sites))
    for person, one in enumerate(people):
        by_hand = [walk_by_hand(network, one, other) for other in sites]
        assert found.cm[person] == min(by_hand)
        assert found.site[person] == by_hand.index(min(by_hand))


@settings(max_examples=60, deadline=None)
@given(
    people=st.lists(walled, min_size=1, max_size=5),
    sites=st.lists(walled, min_size=1, max_size=5),
    limit=st.sampled_from([5_000, 20_000, NO_WALK - 1]),
)
def test_pairs_name_each_walk_once_and_are_the_same_from_either_end(network, people, sites, limit):
    a, b = places_of(network, people), places_of(network, sites)
    there, back = pairs(network, a, b, limit), pairs(network, b, a, limit)
    found = set(
        zip(
            np.repeat(np.arange(len(a)), np.diff(there.ptr)).tolist(),
            there.goal.tolist(),
            there.cm.tolist(),
            strict=True,
        )
    )
    wanted = {
        (person, site, cm)
        for person, one in enumerate(people)
        for site, other in enumerate(sites)
        if (cm := walk_by_hand(network, one, other)) <= limit
    }
    assert found == wanted
    assert len(there.goal) == len(wanted)
    turned = zip(
        back.goal.tolist(), np.repeat(np.arange(len(b)), np.diff(back.ptr)).tolist(), back.cm.tolist(), strict=True
    )
    assert set(turned) == wanted
    assert all((np.diff(row) > 0).all() for row in np.split(there.goal, there.ptr[1:-1]))


@settings(max_examples=60, deadline=None)
@given(
    people=st.lists(walled, min_size=1, max_size=5),
    sites=st.lists(walled, min_size=1, max_size=3),
    added=st.lists(walled, min_size=1, max_size=3),
    limit=st.sampled_from([20_000, None]),
)
def test_adding_a_facility_equals_a_search_from_all(network, people, sites, added, limit):
    homes, before, more = (places_of(network, points) for points in (people, sites, added))
    walks = nearest(network, homes, before, limit_cm=limit)
    ready = what_if(network, homes, walks)
    first = improve(ready, more, first_site=len(sites)).applied(walks)
    again = improve(ready, more, first_site=len(sites)).applied(walks)
    whole = nearest(network, homes, joined([before, more]), limit_cm=limit)
    for each in (first, again):
        assert each.cm.tolist() == whole.cm.tolist()
        assert each.site.tolist() == whole.site.tolist()
        assert each.label.tolist() == whole.label.tolist()


@given(people=st.lists(walled, min_size=1, max_size=5), which=st.lists(st.integers(0, 4), max_size=7))
def test_some_points_keep_their_doors_also_when_named_twice(network, people, which):
    rows = np.array([row for row in which if row < len(people)], np.intp)
    some, whole = places_of(network, people).select(rows), places_of(network, [people[row] for row in rows])
    for mine, theirs in ((some, whole), (some.doors.places, whole.doors.places), (some.doors, whole.doors)):
        for name in set(mine.__slots__) - {"doors", "places"}:
            np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


def test_points_with_and_without_doors_stand_in_one_line(network):
    inside = places_of(network, [([((0, 50), 100), ((300, 50), 700)], 0, (10, 50))])
    outside = flat(network, [((150, 0), 0)])
    line = joined([outside, inside, outside])
    assert line.doors.owner.tolist() == [1]
    assert line.doors.yard.tolist() == [-1, 0, -1]
    assert line.every_door()[1].tolist() == [0, 1, 2, 1]


def test_many_goals_of_high_number_are_sorted(network):
    """Goals far up the list that stand on the streets while most of the list does not."""
    x = np.full(5000, np.nan)
    x[-200:] = np.linspace(0, 300, 200)
    found = pairs(network, flat(network, [((0, 0), 0)]), attach(network, x, np.zeros(5000)), 100_000)
    assert found.goal.tolist() == list(range(4800, 5000))
