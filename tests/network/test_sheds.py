"""The streets within a walk, and the ground beside them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from jiujin.network.attach import attach, on_chains
from jiujin.network.search import nearest
from jiujin.network.sheds import shed, stretches
from network.street_worlds import chessboard, town
from network.test_walk_properties import settled, towns

LANE = ([(0, 0), (400, 0), (400, 300), (-200, 0)], [(0, 1), (1, 2), (0, 3)])


def reached(network, sites, limit_cm):
    found = stretches(network, attach(network, *np.array(sites, float).T), limit_cm)
    return list(zip(found.piece.tolist(), found.from_cm.tolist(), found.to_cm.tolist(), strict=True))


def test_from_a_site_on_a_lane_the_stretch_goes_both_ways_less_the_leg():
    assert reached(town(*LANE), [(100, 20)], 17_000) == [(0, 0, 25_000), (2, 0, 5_000)]


def test_stretches_of_two_sites_are_joined_where_they_touch():
    assert reached(town(*LANE), [(50, 0), (250, 0)], 10_000) == [(0, 0, 35_000), (2, 0, 5_000)]
    assert reached(town(*LANE), [(100, 0), (301, 0)], 10_000) == [(0, 0, 20_000), (0, 20_100, 40_000), (1, 0, 100)]


def test_a_reach_shorter_than_the_leg_reaches_nothing():
    assert reached(town(*LANE), [(100, 20)], 1_999) == []
    assert reached(town(*LANE), [(100, 20)], 2_000) == []


@settings(max_examples=60, deadline=None)
@given(towns())
def test_a_place_is_on_a_stretch_exactly_where_its_walk_is_within_reach(plan):
    network, _, sites = settled(plan)
    found = stretches(network, sites, 6_000)
    assert (found.from_cm < found.to_cm).all()
    piece = np.repeat(np.flatnonzero(network.kept).astype(np.int32), 5)
    at_cm = (network.length_cm[piece] * np.tile([0.0, 0.21, 0.5, 0.83, 1.0], piece.size // 5)).astype(np.int32)
    there = on_chains(network, piece, at_cm, np.zeros(piece.size))
    walk = nearest(network, there, sites).cm
    inside = np.zeros(piece.size, bool)
    for p, a, b in zip(found.piece, found.from_cm, found.to_cm, strict=True):
        inside |= (piece == p) & (at_cm >= a) & (at_cm <= b)
    lone = walk == 6_000  # a point reached with the last centimetre may be a stretch of no length
    assert ((walk < 6_000) & (network.length_cm[piece] > 0) <= inside).all()
    assert (inside <= (walk <= 6_000)).all()
    assert lone.sum() >= 0


@pytest.mark.parametrize("limit_cm", [20_000, 60_000])
def test_the_ground_is_that_of_the_buffered_street_within_one_per_cent(limit_cm):
    network = town(*chessboard(12, 90))
    sites = attach(network, np.array([400.0, 777.0]), np.array([430.0, 800.0]))
    lines = stretches(network, sites, limit_cm).lines(network)
    exact = shapely.union_all(shapely.buffer(shapely.linestrings(lines.reshape(-1, 2, 2)), 30, quad_segs=32))
    drawn = shed(lines, 30)
    assert drawn.is_valid
    assert drawn.area == pytest.approx(exact.area, rel=0.01)
    assert drawn.symmetric_difference(exact).area < 0.02 * exact.area


def test_the_ground_around_one_lane_is_a_sausage():
    drawn = shed(np.array([[0.0, 0.0, 500.0, 0.0]]), 50)
    assert drawn.area == pytest.approx(500 * 100 + math.pi * 50**2, rel=0.005)
    assert shed(np.empty((0, 4)), 50).is_empty
