"""A part that has the ways home has the walks of the whole, and nothing else is needed."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.network.attach import attach
from jiujin.network.cutting import Reaches, some_pieces, ways_home
from jiujin.network.graph import build_network
from jiujin.network.search import nearest
from network.street_worlds import Drawing, chessboard, draw
from network.test_walk_properties import settled, towns


def cut_to_the_ways_home(town):
    """Walks in the whole, the part that has only the ways home, and walks in that."""
    streets, people, sites, _ = town
    network, homes, places = settled(town)
    whole = nearest(network, homes, places)
    marked = ways_home(network, whole.label, homes.chain, places.chain)
    part = some_pieces(streets, np.sort(network.piece_of[network.kept & marked[network.chain]]))
    cut = build_network(part, Drawing(), kept=np.ones(part.start.size, np.bool_))
    return whole, part, nearest(cut, attach(cut, *people.T), attach(cut, *sites.T))


def test_on_a_chessboard_only_the_blocks_between_home_and_site_are_needed():
    streets = draw(*chessboard(9))
    whole, part, found = cut_to_the_ways_home((streets, np.array([[130.0, 200.0]]), np.array([[410.0, 200.0]]), 0))
    assert whole.cm.tolist() == found.cm.tolist() == [28_000]
    assert part.start.size < 20 < streets.start.size


@settings(max_examples=60, deadline=None)
@given(towns())
def test_the_ways_home_alone_give_every_walk_and_its_site(town):
    whole, _, found = cut_to_the_ways_home(town)
    assert found.cm.tolist() == whole.cm.tolist()
    assert found.site.tolist() == whole.site.tolist()


@settings(max_examples=30, deadline=None)
@given(towns(), st.data())
def test_every_piece_that_enters_the_region_is_found(town, data):
    streets = town[0]
    x, y = streets.lon, streets.lat
    reaches = Reaches.over(streets, x, y, cell=max(float(np.ptp(x)), float(np.ptp(y)), 1e-6) / 7)
    cells = data.draw(st.lists(st.booleans(), min_size=(n := reaches.shape[0] * reaches.shape[1]), max_size=n))
    region = np.array(cells).reshape(reaches.shape)
    found = set(reaches.pieces_in(region).tolist())
    for piece, (a, b) in enumerate(zip(streets.start.tolist(), streets.end.tolist(), strict=True)):
        along = [np.clip(z[a] + np.linspace(0, 1, 21) * (z[b] - z[a]), *sorted((z[a], z[b]))) for z in (x, y)]
        column, row = reaches.cells(*along)
        if region[column, row].any():
            assert piece in found
