"""Seats handed out by counting, against the same rule told as one loop over a sorted list."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.small_counties import pairs_of
from jiujin.analysis.access_straight import straight_to_nearest
from jiujin.analysis.capacity import allocate, gaussian_two_step
from jiujin.analysis.coverage_counts import exact_sums

PEOPLE, SITES = 7, 4
TABLES = st.dictionaries(
    st.tuples(st.integers(0, SITES - 1), st.integers(0, PEOPLE - 1)), st.integers(0, 3), min_size=1, max_size=28
).map(lambda cells: [(*key, metres) for key, metres in cells.items()])
AMOUNTS = st.sampled_from([0.0, 0.5, 1.0, 2.25, 10.0])


def told_as_a_loop(table, offer, demand, rank):
    room, waiting, rows = list(offer), list(demand), []
    for site, person, metres in sorted(table, key=lambda row: (row[2], rank[row[1]], row[0])):
        taken = min(room[site], waiting[person])
        if taken > 0:
            room[site] -= taken
            waiting[person] -= taken
            rows.append([site, person, metres * 100, taken])
    return rows


@given(
    TABLES,
    st.lists(AMOUNTS, min_size=SITES, max_size=SITES),
    st.lists(AMOUNTS, min_size=PEOPLE, max_size=PEOPLE),
    st.permutations(range(PEOPLE)),
)
def test_counting_seats_in_the_order_of_the_rule(table, offer, demand, rank):
    seats = allocate(pairs_of(table, PEOPLE, SITES), np.array(offer), np.array(demand), np.array(rank))
    assert seats.shares.to_numpy().tolist() == told_as_a_loop(table, offer, demand, rank)
    assert seats.used.sum() == seats.served.sum()


def test_nobody_within_reach_of_anything_leaves_every_seat_empty():
    seats = allocate(pairs_of([], PEOPLE, SITES), np.ones(SITES), np.ones(PEOPLE))
    assert seats.used.tolist() == [0] * SITES
    assert len(seats.shares) == 0


@given(TABLES, st.integers(1, 30))
def test_blocks_hold_every_pair_once_and_whole_sites(table, at_once):
    pairs = pairs_of(table, PEOPLE, SITES)
    blocks = list(pairs.blocks(at_once))
    assert np.concatenate([block.person for block in blocks]).tolist() == pairs.person.tolist()
    sites = [set(block.site.tolist()) for block in blocks]
    assert sum(map(len, sites)) == len(set().union(*sites))


def test_weighing_in_blocks_changes_no_access(monkeypatch):
    rng = np.random.default_rng(5)
    table = [(site, person, rng.integers(0, 900)) for site in range(SITES) for person in range(PEOPLE)]
    pairs, reach = pairs_of(table, PEOPLE, SITES), np.full(PEOPLE, 90_000, np.int32)
    whole = gaussian_two_step(pairs, np.ones(SITES), np.ones(PEOPLE), reach)
    monkeypatch.setattr(type(pairs).blocks, "__defaults__", (3,))
    assert len(list(pairs.blocks())) == SITES
    np.testing.assert_allclose(gaussian_two_step(pairs, np.ones(SITES), np.ones(PEOPLE), reach), whole, rtol=1e-12)


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(-80, 80), st.integers(-80, 80)), min_size=1, max_size=30),
    st.sampled_from([1.0, 37.5, 4000.0]),
)
def test_the_nearest_as_the_crow_flies_is_that_of_looking_at_all(sites, people, scale):
    sites, people = np.array(sites) * scale, np.array(people) * scale + 0.25
    metres = np.hypot(people[:, None, 0] - sites[:, 0], people[:, None, 1] - sites[:, 1])
    cm, site = straight_to_nearest(tuple(people.T), tuple(sites.T))
    assert cm.tolist() == np.rint(metres.min(axis=1) * 100).astype(int).tolist()
    assert site.tolist() == metres.argmin(axis=1).tolist()


def test_sums_do_not_know_the_order_of_the_rows():
    rng = np.random.default_rng(1)
    key, weight = rng.integers(-1, 3, 1000), rng.integers(0, 900, 1000) * 0.209
    for _ in range(5):
        order = rng.permutation(1000)
        assert (
            np.round(exact_sums(key[order], weight[order], 3), 9).tolist()
            == np.round(exact_sums(key, weight, 3), 9).tolist()
        )
    assert exact_sums(np.array([-1, 0, 2]), np.array([5.0, 1.5, 2.0]), 3).tolist() == [1.5, 0, 2]
