"""
What our speed claims rest on: `python benchmarks/compute.py [--rounds N] [--quick]`.

The made-up city of geodata/ (half a million vertices, half a million people) in one process with the peers: scipy's
csgraph, networkx, pandana, shapely. Needs `pip install -e .[benchmark]`; a peer that is not installed is left out and
said so. Answers are compared before times are. Exit status 1 when a ratio falls short.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage"), str(HERE.parent / "geodata")]

import compute_peers as peers  # noqa: E402
from compute_rounds import Board, Job, peak_mb  # noqa: E402
from madeup.lattice import city_arrays  # noqa: E402

from jiujin.network.attach import Places, attach, on_chains  # noqa: E402
from jiujin.network.graph import WalkNetwork, build_network  # noqa: E402
from jiujin.network.kernels import warm_up  # noqa: E402
from jiujin.network.search import Walks, improve, nearest, pairs, what_if  # noqa: E402
from jiujin.network.sheds import shed, stretches  # noqa: E402

LIMIT_CM = 150_000
REACH_CM = 100_000
SOURCES = 50_000
SHED_WIDTH_M = 30


@dataclass
class City:
    """The streets, the network, and everybody's position in the plane."""

    @cached_property
    def made(self):
        return city_arrays()

    @cached_property
    def network(self) -> WalkNetwork:
        return build_network(self.made.streets, self.made.plane, step_free=False, island_cm=200_000)

    @cached_property
    def people_at(self):
        return self.made.plane.project(self.made.lon, self.made.lat)

    @cached_property
    def people(self) -> Places:
        return attach(self.network, *self.people_at)

    @cached_property
    def sites(self) -> Places:
        return attach(self.network, *self.made.plane.project(*self.made.sites["party_centre"]))

    @cached_property
    def vertices(self) -> Places:
        """Every vertex of the kept network as a place of its own."""
        network = self.network
        kept = np.flatnonzero(network.kept).astype(np.int32)
        vertex, first = np.unique(np.concatenate((network.start[kept], network.end[kept])), return_index=True)
        piece = np.tile(kept, 2)[first]
        at_cm = np.where(first < kept.size, 0, network.length_cm[piece])
        self.vertex = vertex
        return on_chains(network, piece, at_cm, np.zeros(piece.size))


def main() -> int:
    """Run every comparison and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="leave out the peers that take minutes to prepare")
    wanted = parser.parse_args()
    left_out = {name for name in ("pandana", "networkx", "scipy") if importlib.util.find_spec(name) is None}
    no_ego = "networkx" in left_out
    left_out |= {"pandana", "networkx"} if wanted.quick else set()
    print(f"kernels compiled in this run: {warm_up()}; left out: {', '.join(sorted(left_out)) or 'nobody'}")
    city, board = City(), Board(wanted.rounds)
    network = city.network
    print(f"{network.nodes:,} vertices, {network.edges:,} pieces, {network.junction_vertex.size:,} junctions, ", end="")
    print(f"{network.chains.shape[0]:,} chains, {len(city.people):,} people, {len(city.sites):,} sites")
    _attaching(city, board)
    _sheds(city, board, no_ego=no_ego)
    engine = None if "pandana" in left_out else peers.pandana_network(network)
    _nearest(city, board, left_out, engine)
    _adding(city, board)
    _pairs(city, board, engine)
    print("\n" + (f"short: {', '.join(board.short)}" if board.short else "every ratio holds"))
    return bool(board.short)


def _attaching(city: City, board: Board) -> None:
    ours = Job("jiujin, grid built anew", lambda: attach(city.network, *city.people_at))
    tree = Job("shapely STRtree.query_nearest, tree built anew", lambda: peers.tree(city.network, city.people_at), 1, 2)
    board.race("attach every person", ours, {tree: 25})
    away = ours.answer.leg_cm - tree.answer * 100
    same = np.abs(away[~ours.answer.island]).max() <= 0.5001
    _same("legs to the rounding of a centimetre", bool(same))


def _nearest(city: City, board: Board, left_out: set[str], engine) -> None:
    network, people, sites = city.network, city.people, city.sites
    others: dict[Job, float] = {}
    if "scipy" not in left_out:
        graph = peers.super_source(network, sites)
        query = Job("scipy csgraph.dijkstra, vertices only", lambda: peers.query_scipy(graph, LIMIT_CM))
        others[query] = 3
    if engine is not None:
        engine.set_pois("site", LIMIT_CM / 100, 1, *peers.points(network, sites))
        others[Job("pandana nearest_pois, vertices only", lambda: peers.nearest_pois(engine, LIMIT_CM), 1, 2)] = 50
    if "networkx" not in left_out:
        whole = peers.graph(network)
        seeds = peers.join_sites(whole, network, sites)
        others[
            Job("networkx multi-source, vertices only", lambda: peers.query_networkx(whole, seeds, LIMIT_CM), 1, 1)
        ] = 50
    ours = Job("jiujin, all people with their site", lambda: nearest(network, people, sites, limit_cm=LIMIT_CM))
    board.race(f"nearest of {len(sites):,} sites within {LIMIT_CM // 100} m", ours, others)
    if "scipy" not in left_out:
        expected = peers.people_cm(query.answer, network, people, sites, LIMIT_CM)
        _same("walks of all people, to the centimetre", np.array_equal(ours.answer.cm, expected))


def _adding(city: City, board: Board) -> None:
    network, people, sites = city.network, city.people, city.sites
    last = np.arange(len(sites)) == len(sites) - 1
    before: Walks = nearest(network, people, sites.select(~last))
    ready = what_if(network, people, before)
    hundred = [people.select(np.array([k])) for k in range(0, len(people), len(people) // 100)]
    again = Job("a search from all sites", lambda: nearest(network, people, sites), 1, 4)
    one = Job("jiujin, one of a hundred sites added", lambda: [improve(ready, a, first_site=99_999) for a in hundred])
    one.times = 1 / len(hundred)
    board.race("one more site", one, {again: 40})
    gained = improve(ready, sites.select(last), first_site=len(sites) - 1).applied(before)
    same = all(np.array_equal(getattr(gained, name), getattr(again.answer, name)) for name in ("cm", "site", "label"))
    _same("adding and searching again", same)


def _pairs(city: City, board: Board, engine) -> None:
    network, goals = city.network, city.vertices
    chosen = np.sort(np.random.default_rng(7).choice(len(goals), SOURCES, replace=False))
    sources = goals.select(chosen)
    others: dict[Job, float] = {}
    ours = Job("jiujin, vertex to vertex, rows sorted", lambda: pairs(network, sources, goals, REACH_CM), 1, 4)
    if engine is not None:
        few = chosen[:: SOURCES // 5_000]
        call = peers.within(engine, city.vertex[few], REACH_CM)
        others[Job("pandana, its C++ call alone, 1 in 10, x 10", call, SOURCES / few.size, 3)] = 4
    board.race(f"all within {REACH_CM // 100} m of {SOURCES:,} sources", ours, others)
    for job in others:
        rows = np.diff(ours.answer.ptr)[:: SOURCES // 5_000]
        theirs = np.array([len(row) for row in job.answer])
        print(f"  rows of the same size: {np.mean(rows == theirs):.4%}; pairs {rows.sum():,} and {theirs.sum():,}")
    table, rose = peak_mb(lambda: pairs(network, city.people.select(chosen % len(city.people)), city.people, REACH_CM))
    size = (table.goal.nbytes + table.cm.nbytes + table.ptr.nbytes) / 2**20
    print(f"  {table.goal.size:,} pairs of people, {size:.0f} MB; memory rose by {rose:.0f} MB at most")
    if rose == rose:
        board.hold("peak memory in times the answer", rose / size, 2.2)


def _sheds(city: City, board: Board, *, no_ego: bool) -> None:
    county = peers.cut(city.made.streets, half_degree=0.06)
    network = build_network(county, city.made.plane, step_free=False, island_cm=200_000)
    x, y = city.made.plane.project(*city.made.sites["party_centre"])
    inside = np.flatnonzero((np.abs(x - network.x.mean()) < 4_000) & (np.abs(y - network.y.mean()) < 4_000))[:20]
    sites = attach(network, x[inside], y[inside])
    alone = [sites.select(np.array([k])) for k in range(len(sites))]
    print(f"\n(sheds in a county of {network.nodes:,} vertices, {len(alone)} sites)")
    lines = [stretches(network, site, REACH_CM).lines(network) for site in alone]
    ours = Job(
        "jiujin, stretches and their ground",
        lambda: [shed(stretches(network, site, REACH_CM).lines(network), SHED_WIDTH_M) for site in alone],
        1 / len(alone),
    )
    exact = Job("exact stretches, buffered by shapely", lambda: [peers.ground(each, SHED_WIDTH_M) for each in lines])
    exact.times = 1 / len(alone)
    others = {exact: 1.0}
    if not no_ego:
        recipe = peers.EgoRecipe(network, sites, REACH_CM, SHED_WIDTH_M)
        others[Job("ego_graph and buffer, the osmnx recipe", recipe, 1 / len(alone), 3)] = 25
    board.race(f"the ground within {REACH_CM // 100} m, per site", ours, others)
    ratio = np.array([a.area / b.area for a, b in zip(ours.answer, exact.answer, strict=True)])
    print(f"  area against the exact one: {ratio.min():.4f} to {ratio.max():.4f}")
    board.hold("largest error of area, per cent", float(np.abs(ratio - 1).max()) * 100, 1)


def _same(what: str, same: bool) -> None:
    print(f"  same {what}: {'yes' if same else 'NO'}")
    if not same:
        raise SystemExit(f"the answers differ: {what}")


if __name__ == "__main__":
    sys.exit(main())
