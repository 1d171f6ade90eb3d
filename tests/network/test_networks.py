"""What becomes of streets when they are made a network: towns small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from jiujin.errors import NetworkError
from jiujin.network.graph import build_network
from network.street_worlds import Drawing, chessboard, draw, town


def chains_of(network):
    """Each chain as (lower end vertex, higher end vertex, cm)."""
    ends = np.sort(network.junction_vertex[network.chains[:, :2]], axis=1)
    return sorted((int(a), int(b), int(cm)) for (a, b), cm in zip(ends, network.chain_cm, strict=True))


def test_a_street_with_bends_is_one_chain_between_its_ends():
    network = town([(0, 0), (100, 0), (100, 50), (150, 50)], [(0, 1), (2, 1), (2, 3)])
    assert chains_of(network) == [(0, 3, 20_000)]
    along = network.chain_cm_at_start.tolist()
    if network.junction_vertex[network.chain_from[0]] == 0:
        assert (along, network.forward.tolist()) == ([0, 15_000, 15_000], [True, False, True])
    else:
        assert (along, network.forward.tolist()) == ([20_000, 5_000, 5_000], [False, True, False])


def test_a_chessboard_town_keeps_its_crossings_and_merges_its_corners():
    network = town(*chessboard(4))
    assert network.junction_vertex.size == 12  # sixteen crossings less the four corners
    assert network.chains.shape[0] == 20  # twenty-four blocks, two at each corner merged
    assert sorted(network.chain_cm.tolist()) == [10_000] * 16 + [20_000] * 4
    assert (network.nodes, network.edges, network.km) == (16, 24, 2.4)


def test_every_arc_has_its_way_back():
    network = town(*chessboard(5))
    tail = np.repeat(np.arange(network.junction_vertex.size), np.diff(network.arc_ptr))
    there = sorted(zip(tail, network.arcs[:, 0], network.arcs[:, 1], network.arcs[:, 2], strict=True))
    back = sorted(zip(network.arcs[:, 0], tail, network.arcs[:, 1], network.arcs[:, 2], strict=True))
    assert there == back
    assert (network.chains[network.arcs[:, 2], network.arcs[:, 3]] == tail).all()


def test_a_ring_without_a_crossing_is_pinned_where_its_first_piece_starts():
    network = town([(0, 0), (100, 0), (100, 100), (0, 100)], [(1, 2), (2, 3), (3, 0), (0, 1)])
    assert chains_of(network) == [(1, 1, 40_000)]
    assert network.arcs.tolist() == [[0, 40_000, 0, 0]]


def test_a_piece_that_returns_to_its_own_vertex_is_a_ring():
    assert chains_of(town([(0, 0)], [(0, 0)], cm=[700])) == [(0, 0, 700)]


def test_a_loop_at_the_end_of_a_street_hangs_on_its_junction():
    network = town([(0, 0), (100, 0), (150, 50), (150, -50)], [(0, 1), (1, 2), (2, 3), (3, 1)], cm=[10, 7, 10, 7])
    assert chains_of(network) == [(0, 1, 10), (1, 1, 24)]
    assert np.diff(network.arc_ptr)[network.junction_vertex == 1].item() == 2  # the street, and the loop once


def test_parallel_streets_stay_two_chains():
    vertices = [(0, 0), (100, 0), (50, 40), (-50, 0), (150, 0)]
    network = town(vertices, [(0, 1), (0, 2), (2, 1), (3, 0), (1, 4)], cm=[100, 60, 60, 50, 50])
    assert chains_of(network) == [(0, 1, 100), (0, 1, 120), (0, 3, 50), (1, 4, 50)]


def test_pieces_of_no_length_lead_on():
    network = town([(0, 0), (100, 0), (100, 0), (200, 0)], [(0, 1), (1, 2), (2, 3)])
    assert chains_of(network) == [(0, 3, 20_000)]


MAINLAND = [(0, 0), (1500, 0), (1500, 1000)]
ISLAND = [(0, 9000), (1999, 9000)]


def test_a_component_with_less_street_than_the_limit_is_dropped():
    network = town(MAINLAND + ISLAND, [(0, 1), (1, 2), (3, 4)], island_cm=200_000)
    assert (network.components_kept, network.components_dropped) == (1, 1)
    assert network.kept.tolist() == [True, True, False]
    assert network.chain.tolist()[2] == -1
    assert network.km == 2.5


def test_a_component_with_just_the_limit_is_kept():
    network = town([*MAINLAND, (0, 9000), (2000, 9000)], [(0, 1), (1, 2), (3, 4)], island_cm=200_000)
    assert (network.components_kept, network.components_dropped) == (2, 0)


def test_the_largest_component_stays_however_short_and_of_equals_the_first():
    lanes = [(0, 9000), (50, 9000), (0, 0), (50, 0), (0, 500), (40, 500)]
    network = town(lanes, [(4, 5), (2, 3), (0, 1)], island_cm=200_000)
    assert network.kept.tolist() == [False, True, False]


def test_without_steps_an_island_may_appear():
    vertices = [(0, 0), (3000, 0), (3010, 0), (4500, 0)]
    streets = draw(vertices, [(0, 1), (1, 2), (2, 3)], steps=[1])
    everyone = build_network(streets, Drawing(), step_free=False, island_cm=200_000)
    wheels = build_network(streets, Drawing(), step_free=True, island_cm=200_000)
    assert (everyone.components_kept, everyone.components_dropped) == (1, 0)
    assert (wheels.components_kept, wheels.components_dropped) == (1, 1)
    assert wheels.piece_of.tolist() == [0, 2]
    assert wheels.kept.tolist() == [True, False]


def test_streets_of_steps_alone_are_no_network_for_wheels():
    with pytest.raises(NetworkError, match="没有无台阶、轮椅可行的道路"):
        town([(0, 0), (10, 0)], [(0, 1)], steps=[0], step_free=True)
