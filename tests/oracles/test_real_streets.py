"""On real streets every walk equals, to the centimetre, that of a graph in which every point is a node."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from jiujin.coordinates import plane_of
from jiujin.network.attach import attach
from jiujin.network.graph import build_network
from jiujin.network.search import improve, nearest, pairs, what_if
from jiujin.reading.streets import read_streets
from jiujin.reading.study_file import read_study
from oracles.split_graph import NO_WALK, attach_slowly, kept_pieces, walk_table
from real_studies import write_study

ISLAND_CM = 200_000


@pytest.fixture(scope="module", params=["guixi", "helsinki_centre"])
def place(request, shared_data, tmp_path_factory):
    study = read_study(write_study(tmp_path_factory.mktemp("study"), shared_data / request.param))
    streets, _, _ = read_streets(study)
    plane = plane_of(streets.lon, streets.lat)
    people, sites = (positions(shared_data / request.param / f"{name}.csv") for name in ("population", "facilities"))
    rng = np.random.default_rng(20261123)
    west, east, south, north = streets.lon.min(), streets.lon.max(), streets.lat.min(), streets.lat.max()
    anywhere = np.column_stack((rng.uniform(west, east, 300), rng.uniform(south, north, 300)))
    people = np.concatenate((people, anywhere))
    return streets, plane, plane.project(*people.T), plane.project(*sites[:60].T)


def positions(path) -> np.ndarray:
    with path.open(encoding="utf-8-sig") as file:
        return np.array([(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)])


@pytest.mark.parametrize("step_free", [False, True])
def test_every_point_equals_the_split_graph_to_the_centimetre(place, step_free):
    streets, plane, people_at, sites_at = place
    network = build_network(streets, plane, step_free=step_free, island_cm=ISLAND_CM)
    rules = {"step_free": step_free, "island_cm": ISLAND_CM}
    slow_people = attach_slowly(streets, plane, *people_at, **rules)
    slow_sites = attach_slowly(streets, plane, *sites_at, **rules)
    kept = kept_pieces(streets, **rules)
    people, sites = attach(network, *people_at), attach(network, *sites_at)

    assert np.array_equal(network.piece_of[network.kept], kept)
    for quick, slow in ((people, slow_people), (sites, slow_sites)):
        assert network.piece_of[quick.piece].tolist() == [p.piece for p in slow]
        assert quick.at_cm.tolist() == [p.at_cm for p in slow]
        assert quick.leg_cm.tolist() == [p.leg_cm for p in slow]
        assert quick.island.tolist() == [p.island for p in slow]

    table = walk_table(streets, slow_people, slow_sites, kept)
    walks = nearest(network, people, sites)
    assert np.array_equal(walks.cm, table.min(axis=1))
    assert np.array_equal(walks.site, np.where(table.min(axis=1) < NO_WALK, table.argmin(axis=1), -1))

    within = pairs(network, sites, people, 100_000)
    source, goal = np.nonzero(table.T <= 100_000)
    assert np.array_equal(np.repeat(np.arange(len(sites)), np.diff(within.ptr)), source)
    assert np.array_equal(within.goal, goal)
    assert np.array_equal(within.cm, table.T[source, goal])

    half = np.arange(len(sites)) < len(sites) // 2
    first = nearest(network, people, sites.select(half))
    gain = improve(what_if(network, people, first), sites.select(~half), first_site=int(half.sum()))
    added = gain.applied(first)
    assert np.array_equal(added.cm, walks.cm)
    assert np.array_equal(added.site, walks.site)
    assert np.array_equal(added.label, walks.label)
