"""The accuracy study: its reference agrees with hand and oracle, and each common method fails as it is known to."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import jiujin
from oracles.split_graph import attach_slowly, kept_pieces, walk_table
from worlds import Town

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import accuracy
import accuracy_methods as methods
import accuracy_reference as reference


@pytest.fixture(scope="module")
def hairpin(tmp_path_factory: pytest.TempPathFactory) -> accuracy.Place:
    """
    Two streets 60 m apart that meet only 400 m away, a vertex every 100 m.

    The person lives at 160 m on the one, the site stands at 170 m on the other, 10 m off the street: 71 m as the crow
    flies, 240 + 60 + 230 + 10 = 540 m to walk.
    """
    there = [(float(x), 0.0) for x in range(0, 401, 100)]
    back = [(float(x), 60.0) for x in range(400, -1, -100)]
    town = Town(size=0).way(*there, *back).person(160, 0, 5).facility("party_centre", 170, 70)
    folder = town.write(tmp_path_factory.mktemp("hairpin"))
    return accuracy._placed(jiujin.read_layers(jiujin.read_study(folder)))


def test_the_reference_is_the_walk_worked_out_by_hand(hairpin: accuracy.Place) -> None:
    assert abs(int(hairpin.exact_cm[0]) - 54_000) <= 10
    assert hairpin.our_cm.tolist() == hairpin.exact_cm.tolist()


def test_the_reference_keeps_the_limits_of_the_definition(hairpin: accuracy.Place) -> None:
    streets, plane = hairpin.layers.streets, hairpin.layers.plane
    near = reference.exact_streets(streets, plane, island_cm=0, snap_limit_cm=999)
    assert near.walks(hairpin.people.T, hairpin.sites.T).tolist() == [reference.NO_WALK]  # the site is 10 m off
    both_off = hairpin.people - np.array([0, 20])
    assert near.walks(both_off.T, hairpin.people.T).tolist() == [reference.NO_WALK]


def test_each_method_fails_as_it_is_known_to(hairpin: accuracy.Place) -> None:
    ways = dict(accuracy.ways_to_measure(hairpin))
    said = {name: [bool(within(reach_m)[0]) for reach_m in (300, 500, 550)] for name, within in ways.items()}
    assert said["直线半径（画圆）"] == [True, True, True]
    assert said[accuracy.OURS] == [False, False, True]
    # both go to the vertices at 200 m: 200 + 60 + 200 m between them; legs of 40 m and of 30 m along and 10 m across
    vertices = methods.Nodes.every_vertex(hairpin.network)
    assert vertices.walks(hairpin.people, hairpin.sites, legs=False)[0] == pytest.approx(460, abs=0.1)
    assert vertices.walks(hairpin.people, hairpin.sites, legs=True)[0] == pytest.approx(460 + 40 + 31.6, abs=0.1)
    assert said["归到最近道路顶点，不计两端（pandana 常用做法）"] == [False, True, True]
    # the only junctions are the two loose ends, 860 m apart, so that a site reaches no junction but its own
    assert said["归到最近路口，不计两端（pandana 常用做法）"] == [False, False, False]
    assert said["可达路口的凸包"] == said["可达路段缓冲区（osmnx 示例做法）"] == [False, False, False]


def test_the_reference_equals_the_oracle_wherever_people_and_sites_stand(tmp_path: Path) -> None:
    town = Town(size=4, block_m=130).way((0, 0), (130, 130)).way((40, 900), (90, 900)).person(0, 0)
    layers = jiujin.read_layers(jiujin.read_study(town.facility("party_centre", 0, 0).write(tmp_path)))
    streets, plane = layers.streets, layers.plane
    rng = np.random.default_rng(5)
    x, y = plane.project(streets.lon, streets.lat)
    people = np.column_stack((rng.uniform(x.min() - 50, x.max() + 50, 60), rng.uniform(y.min() - 50, y.max() + 50, 60)))
    people[:8] = np.column_stack((x, y))[:8]  # on vertices
    sites = np.concatenate((people[2:4], rng.uniform(people.min(0), people.max(0), (5, 2))))
    island_cm = 20_000
    exact = reference.exact_streets(streets, plane, island_cm=island_cm, snap_limit_cm=10**9)
    slow = [attach_slowly(streets, plane, *each.T, island_cm=island_cm) for each in (people, sites)]
    table = walk_table(streets, *slow, kept_pieces(streets, step_free=False, island_cm=island_cm))
    assert exact.walks(people.T, sites.T).tolist() == table.min(axis=1).tolist()


def test_errors_are_counted_in_people(hairpin: accuracy.Place) -> None:
    table = accuracy.compare(hairpin, (300, 550)).set_index(["method", "reach_m"])
    assert table.loc[("直线半径（画圆）", 300), ["wrongly_in", "wrongly_out", "wrong_rate"]].tolist() == [5, 0, 1]
    assert table.loc[("可达路口的凸包", 550), ["wrongly_in", "wrongly_out", "wrong_rate"]].tolist() == [0, 5, 1]
    assert table.loc[(accuracy.OURS, 550), ["covered", "wrong_rate"]].tolist() == [5, 0]
