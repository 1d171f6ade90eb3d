"""What must hold on every street plan: drawn at random, with loops, doubled streets, lanes of no length, islands."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.network.attach import attach
from jiujin.network.graph import build_network
from jiujin.network.search import improve, nearest, pairs, what_if
from network.street_worlds import Drawing, draw
from oracles.split_graph import NO_WALK, attach_slowly, kept_pieces, walk_table

coordinates = st.integers(0, 12).map(lambda k: 10.0 * k)
spots = st.tuples(coordinates, coordinates)
points = st.tuples(st.integers(-30, 150), st.integers(-30, 150)).map(lambda p: (p[0] + 0.25, p[1] + 0.5))


@st.composite
def plans(draw_from):
    """Streets between few vertices, so that everything strange is common, with lengths true or stated."""
    vertices = draw_from(st.lists(spots, min_size=2, max_size=14))
    ends = st.integers(0, len(vertices) - 1)
    pieces = draw_from(st.lists(st.tuples(ends, ends), min_size=1, max_size=22))
    true = draw_from(st.booleans())
    lengths = st.sampled_from([0, 1, 2, 3, 1000, 1001, 2500])
    cm = None if true else draw_from(st.lists(lengths, min_size=len(pieces), max_size=len(pieces)))
    return draw(vertices, pieces, cm=cm)


@st.composite
def towns(draw_from):
    """A plan with people and sites on it, and with or without islands."""
    people = np.array(draw_from(st.lists(points | spots, min_size=1, max_size=8)))
    sites = np.array(draw_from(st.lists(points | spots, min_size=1, max_size=5)))
    return draw_from(plans()), people, sites, draw_from(st.sampled_from([0, 3000, 10**6]))


def settled(town):
    streets, people, sites, island_cm = town
    network = build_network(streets, Drawing(), step_free=False, island_cm=island_cm)
    return network, attach(network, *people.T), attach(network, *sites.T)


@settings(max_examples=250, deadline=None)
@given(towns())
def test_every_walk_is_that_of_the_uncontracted_graph_with_every_point_a_node(town):
    streets, people_at, sites_at, island_cm = town
    network, people, sites = settled(town)
    slow = [attach_slowly(streets, Drawing(), *where.T, island_cm=island_cm) for where in (people_at, sites_at)]
    for quick, expected in zip((people, sites), slow, strict=True):
        told = zip(quick.piece, quick.at_cm, quick.leg_cm, quick.island, strict=True)
        assert [tuple(map(int, t)) for t in told] == [(e.piece, e.at_cm, e.leg_cm, e.island) for e in expected]
    table = walk_table(streets, *slow, kept_pieces(streets, step_free=False, island_cm=island_cm))
    walks = nearest(network, people, sites)
    assert np.array_equal(walks.cm, table.min(axis=1))
    assert np.array_equal(walks.site, np.where(table.min(axis=1) < NO_WALK, table.argmin(axis=1), -1))
    within = pairs(network, people, sites, 9000)
    source, goal = np.nonzero(table <= 9000)
    assert np.array_equal(np.repeat(np.arange(len(people)), np.diff(within.ptr)), source)
    assert np.array_equal(within.goal, goal)
    assert np.array_equal(within.cm, table[source, goal])


@settings(max_examples=150, deadline=None)
@given(towns(), st.sampled_from([None, 0, 4000, 12_000]))
def test_one_more_site_lengthens_no_walk_and_adding_equals_starting_again(town, limit_cm):
    network, people, sites = settled(town)
    whole = nearest(network, people, sites, limit_cm=limit_cm)
    for first in range(len(sites)):
        early = np.arange(len(sites)) < first
        before = nearest(network, people, sites.select(early), limit_cm=limit_cm)
        ready = what_if(network, people, before)
        for _ in range(2):  # asking changes nothing, so it may be asked again
            after = improve(ready, sites.select(~early), first_site=first).applied(before)
            assert np.array_equal(after.cm, whole.cm)
            assert np.array_equal(after.site, whole.site)
            assert np.array_equal(after.label, whole.label)
        assert (before.cm >= whole.cm).all()


@settings(max_examples=100, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_walk(town, random):
    streets, people_at, sites_at, island_cm = town
    network, people, sites = settled(town)
    rows, columns = list(range(len(people))), list(range(len(sites)))
    random.shuffle(rows)
    random.shuffle(columns)
    mixed = (streets, people_at[rows], sites_at[columns], island_cm)
    assert np.array_equal(nearest(*settled(mixed)).cm, nearest(network, people, sites).cm[rows])


@settings(max_examples=100, deadline=None)
@given(towns(), st.integers(0, 20_000))
def test_pairs_are_symmetric_and_their_least_is_the_nearest(town, limit_cm):
    network, people, sites = settled(town)
    there, back = pairs(network, people, sites, limit_cm), pairs(network, sites, people, limit_cm)
    person = np.repeat(np.arange(len(people)), np.diff(there.ptr))
    site = np.repeat(np.arange(len(sites)), np.diff(back.ptr))
    assert sorted(zip(person, there.goal, there.cm, strict=True)) == sorted(zip(back.goal, site, back.cm, strict=True))
    walks = nearest(network, people, sites, limit_cm=limit_cm)
    for i in range(len(people)):
        row = there.cm[there.ptr[i] : there.ptr[i + 1]]
        assert walks.cm[i] == (row.min() if row.size else NO_WALK)


@settings(max_examples=100, deadline=None)
@given(towns())
def test_no_walk_is_shorter_than_the_straight_line(town):
    streets, people_at, sites_at, island_cm = town
    true = draw(np.column_stack((streets.lon_e7, streets.lat_e7)) / 1000, np.column_stack((streets.start, streets.end)))
    network, people, sites = settled((true, people_at, sites_at, island_cm))
    straight = np.hypot(*(people_at[:, None, :] - sites_at[None, :, :]).transpose(2, 0, 1)) * 100
    walks = nearest(network, people, sites)
    walked = walks.site >= 0
    rounding = 0.5 * (streets.start.size + 4)  # half a centimetre for each piece, position and leg
    assert (walks.cm[walked] >= straight[walked].min(axis=1) - rounding).all()
