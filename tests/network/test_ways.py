"""The line that a walk draws."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from jiujin.network.attach import attach
from jiujin.network.search import nearest
from jiujin.network.ways import way
from network.street_worlds import chessboard, draw, town
from network.test_walk_properties import settled, towns


def drawn(network, person, site):
    people, sites = (attach(network, *np.array([point], float).T) for point in (person, site))
    return way(network, people, 0, sites, nearest(network, people, sites)).tolist()


def test_a_walk_turns_at_the_vertices_of_its_streets():
    network = town([(0, 0), (100, 0), (100, 50), (150, 50), (100, -80)], [(0, 1), (2, 1), (2, 3), (1, 4)])
    assert drawn(network, (30, 5), (140, 52)) == [[30, 0], [100, 0], [100, 50], [140, 50]]
    assert drawn(network, (140, 52), (30, 5)) == [[140, 50], [100, 50], [100, 0], [30, 0]]
    assert drawn(network, (99, 20), (95, -70)) == [[100, 20], [100, 0], [100, -70]]


def test_between_neighbours_it_is_the_stretch_between_them():
    assert drawn(town(*chessboard(3)), (20, 3), (70, -3)) == [[20, 0], [70, 0]]
    assert drawn(town(*chessboard(3)), (20, 3), (20, -3)) == [[20, 0]]


def test_where_there_is_no_walk_there_is_no_line():
    assert drawn(town([(0, 0), (9, 0), (0, 9), (9, 9)], [(0, 1), (2, 3)]), (5, 0), (5, 9)) == []


@settings(max_examples=150, deadline=None)
@given(towns())
def test_the_line_is_as_long_as_the_walk(plan):
    streets, people_at, sites_at, island_cm = plan
    true = draw(np.column_stack((streets.lon_e7, streets.lat_e7)) / 1000, np.column_stack((streets.start, streets.end)))
    network, people, sites = settled((true, people_at, sites_at, island_cm))
    walks = nearest(network, people, sites)
    for person in range(len(people)):
        line = way(network, people, person, sites, walks)
        if walks.site[person] < 0:
            assert line.size == 0
            continue
        legs = int(people.leg_cm[person]) + int(sites.leg_cm[walks.site[person]])
        metres = np.hypot(*np.diff(line, axis=0).T).sum()
        assert abs(metres * 100 - (walks.cm[person] - legs)) < 0.5 * (streets.start.size + 4)


@settings(max_examples=100, deadline=None)
@given(towns())
def test_streets_of_strange_lengths_have_a_way_too(plan):
    network, people, sites = settled(plan)
    walks = nearest(network, people, sites)
    for person in range(len(people)):
        assert (way(network, people, person, sites, walks).size > 0) == (walks.site[person] >= 0)
