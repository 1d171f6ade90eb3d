"""Where a point meets the street."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from jiujin.network.attach import NO_LEG, attach, on_chains
from network.street_worlds import chessboard, town

CROSS = ([(0, 0), (100, 0), (100, 100), (100, -100), (300, 0)], [(0, 1), (1, 2), (3, 1), (1, 4)])


def attached(network, *points):
    return attach(network, *np.array(points, float).T)


def test_a_point_beside_a_street_meets_it_at_its_foot():
    place = attached(town(*CROSS), (30, 4))
    assert (place.piece[0], place.t[0], place.at_cm[0], place.leg_cm[0]) == (0, 0.3, 3000, 400)


def test_a_point_beyond_the_end_of_a_street_meets_its_last_vertex():
    place = attached(town(*CROSS), (-3, 4))
    assert (place.piece[0], place.t[0], place.at_cm[0], place.leg_cm[0]) == (0, 0.0, 0, 500)


def test_at_a_shared_vertex_the_first_piece_wins():
    """The point stands where the feet on all four pieces are the crossing itself."""
    place = attached(town(*CROSS, way=[7, 7, 8, 9]), (100, 0))
    assert (place.piece[0], place.at_cm[0], place.leg_cm[0]) == (0, 10_000, 0)


@pytest.mark.parametrize("point", [(1.3, 77.7), (-0.1, 50.3), (12.34, 99.99)])
def test_ties_in_the_outer_corner_of_two_pieces_are_exact(point):
    """Beyond a sharp corner both pieces are nearest in the corner; the earlier piece wins whatever the numbers."""
    corner = (point[0], point[1])
    arms = [(corner[0] - 90.1, corner[1] - 33.3), (corner[0] - 71.7, corner[1] + 11.9)]
    for pieces in ([(0, 1), (1, 2)], [(1, 0), (2, 1)], [(1, 2), (0, 1)]):
        network = town([arms[0], corner, arms[1]], pieces)
        assert attached(network, (corner[0] + 17.1, corner[1] + 0.7)).piece[0] == 0


def test_between_two_streets_at_the_same_distance_the_lower_way_wins():
    network = town([(0, 0), (100, 0), (0, 20), (100, 20)], [(0, 1), (2, 3)], way=[4, 9])
    assert attached(network, (50, 10)).piece[0] == 0


def test_the_position_on_the_street_is_counted_along_its_chain():
    network = town([(0, 0), (100, 0), (100, 50), (150, 50)], [(0, 1), (2, 1), (2, 3)])
    place = attached(network, (101, 30), (20, -1), (120, 50))
    from_first = place.along_cm if network.junction_vertex[network.chain_from[0]] == 0 else 20_000 - place.along_cm
    assert from_first.tolist() == [13_000, 2_000, 17_000]
    assert place.at_cm.tolist() == [2_000, 2_000, 2_000]


def test_the_stated_length_not_the_drawn_one_decides_the_position():
    """A piece of 100 drawn metres that is 99.99 m long: three tenths of it are 29.997 m, told as 30.00 m."""
    assert attached(town([(0, 0), (100, 0)], [(0, 1)], cm=[9_999]), (30, 5)).at_cm[0] == 3_000


def test_halves_of_a_centimetre_go_to_the_even_one():
    network = town([(0, 0), (100, 0)], [(0, 1)], cm=[5])
    assert attached(network, (50, 0), (10, 0), (30, 0)).at_cm.tolist() == [2, 0, 2]


def test_a_point_whose_nearest_street_is_on_an_island_is_marked_and_goes_to_the_mainland():
    vertices = [(0, 0), (3000, 0), (0, 200), (100, 200)]
    network = town(vertices, [(0, 1), (2, 3)], island_cm=200_000)
    place = attached(network, (50, 190), (50, 90))
    assert place.piece.tolist() == [0, 0]
    assert place.leg_cm.tolist() == [19_000, 9_000]
    assert place.island.tolist() == [True, False]


def test_a_point_501_metres_off_has_a_leg_of_501_metres():
    assert attached(town(*chessboard(3)), (100, 701), (-501, 50)).leg_cm.tolist() == [50_100, 50_100]


@pytest.mark.parametrize("point", [(math.nan, 0), (0, math.nan), (math.inf, 5), (1e300, -1e300)])
def test_a_point_without_a_position_has_no_place(point):
    place = attached(town(*CROSS), point, (30, 4))
    assert (place.piece[0], place.chain[0], place.leg_cm[0], place.island[0]) == (-1, -1, NO_LEG, False)
    assert place.piece[1] == 0


def test_points_far_away_find_the_nearest_street_all_the_same():
    rng = np.random.default_rng(5)
    network = town(*chessboard(30))
    points = rng.uniform(-4e6, 4e6, (400, 2))
    lines = shapely.linestrings(
        np.stack(
            (
                np.column_stack((network.x[network.start], network.y[network.start])),
                np.column_stack((network.x[network.end], network.y[network.end])),
            ),
            axis=1,
        )
    )
    truth = shapely.distance(shapely.points(points)[:, None], lines[None, :]).min(axis=1)
    assert np.abs(attached(network, *points).leg_cm - truth * 100).max() <= 0.51


def test_nobody_and_nothing_attach_to_nothing():
    assert len(attach(town(*CROSS), np.empty(0), np.empty(0))) == 0


def test_a_crooked_town_agrees_with_shapely():
    rng = np.random.default_rng(11)
    vertices = rng.uniform(0, 3000, (400, 2)).round(3)
    pieces = rng.integers(0, 400, (500, 2))  # long pieces across the whole town, some of no length
    network = town(vertices, pieces)
    points = rng.uniform(-500, 3500, (1000, 2))
    lines = shapely.linestrings(vertices[pieces])
    distance = shapely.distance(shapely.points(points)[:, None], lines[None, :])
    places = attached(network, *points)
    assert np.abs(places.leg_cm - distance.min(axis=1) * 100).max() <= 0.500001
    assert np.allclose(distance[np.arange(1000), places.piece], distance.min(axis=1), atol=1e-9)


def test_read_only_positions_attach_too():
    x, y = np.array([30.0]), np.array([4.0])
    x.flags.writeable = y.flags.writeable = False
    assert attach(town(*CROSS), x, y).leg_cm[0] == 400


def test_a_stated_street_position_gives_the_same_place_as_attaching():
    network = town([(0, 0), (100, 0), (100, 50), (150, 50)], [(0, 1), (2, 1), (2, 3)])
    found = attached(network, (101, 30), (20, -1), (120, 50))
    stated = on_chains(network, found.piece, found.at_cm, found.leg_cm)
    assert stated.chain.tolist() == found.chain.tolist()
    assert stated.along_cm.tolist() == found.along_cm.tolist()
    assert stated.leg_cm.tolist() == found.leg_cm.tolist()
