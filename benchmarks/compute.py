"""
What our speed claims rest on: `python benchmarks/compute.py [--size county|city|province] [--rounds N] [--quick]`.

The made-up city of geodata/ (half a million vertices, half a million people), a county cut out of it (50,000 and
60,000), or the made-up province (five million of each, with the peers that manage it), in one process with the peers:
scipy's csgraph, networkit, igraph, networkx, pandana, shapely, geopandas. Needs `pip install -e .[benchmark]`; a peer
that is not installed is left out and said so. Answers are compared before times are. Exit status 1 when a ratio falls
short.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage"), str(HERE.parent / "geodata")]

import compute_peers as peers  # noqa: E402
from compute_rounds import Board, Job, peak_mb  # noqa: E402
from figures import Row, keep  # noqa: E402
from madeup.lattice import PLANE, MadeUpCity, city_arrays  # noqa: E402
from scale import study_of  # noqa: E402

from jiujin.network.attach import Places, attach, on_chains  # noqa: E402
from jiujin.network.graph import WalkNetwork, build_network  # noqa: E402
from jiujin.network.kernels import warm_up  # noqa: E402
from jiujin.network.search import Walks, improve, nearest, pairs, what_if  # noqa: E402
from jiujin.network.sheds import shed, stretches  # noqa: E402
from jiujin.reading.streets import read_streets  # noqa: E402
from jiujin.reading.study_file import read_study  # noqa: E402

LIMIT_CM = 150_000
REACH_CM = 100_000
SOURCES = 50_000
SHED_WIDTH_M = 30
HALF_DEGREE = 0.108
"""Half the width of the county that is cut out of the city."""
PEOPLE = 60_000
PEERS = ("scipy", "networkit", "igraph", "networkx", "pandana")

LEAST = {
    "county": {"attach": 15, "scipy": 2, "networkit": 5, "igraph": 6, "pandana": 40, "adding": 15},
    "city": {"attach": 25, "scipy": 3, "networkit": 8, "igraph": 8, "pandana": 50, "adding": 40},
    "province": {"scipy": 3, "igraph": 8, "adding": 40},
}
LEAST["county"] |= {"networkx": 100, "networkx_metres": 40}
LEAST["city"] |= {"networkx": 150, "networkx_metres": 100}
"""A peer must take at least so many times our time."""

TOO_LARGE = {"county": set(), "city": set(), "province": {"networkit", "networkx", "pandana"}}
"""Peers that would take minutes, or all memory, to get ready."""


@dataclass
class City:
    """The streets of a city or of a county in it, the network, and everybody's position in the plane."""

    size: str = "city"

    @cached_property
    def made(self):
        return province_arrays() if self.size == "province" else city_arrays()

    @cached_property
    def streets(self):
        return peers.cut(self.made.streets, HALF_DEGREE) if self.size == "county" else self.made.streets

    @cached_property
    def network(self) -> WalkNetwork:
        return self.build()

    def build(self) -> WalkNetwork:
        return build_network(self.streets, self.made.plane, step_free=False, island_cm=200_000)

    def inside(self, x, y):
        """Of places, those within the streets."""
        streets_x, streets_y = self.made.plane.project(self.streets.lon, self.streets.lat)
        near = (x > streets_x.min()) & (x < streets_x.max()) & (y > streets_y.min()) & (y < streets_y.max())
        return x[near], y[near]

    @cached_property
    def people_at(self):
        x, y = self.inside(*self.made.plane.project(self.made.lon, self.made.lat))
        many = min(PEOPLE, x.size) if self.size == "county" else x.size
        few = np.linspace(0, x.size - 1, many).astype(np.int64)
        return x[few], y[few]

    @cached_property
    def sites_at(self):
        return self.inside(*self.made.plane.project(*self.made.sites["party_centre"]))

    @cached_property
    def people(self) -> Places:
        return attach(self.network, *self.people_at)

    @cached_property
    def sites(self) -> Places:
        return attach(self.network, *self.sites_at)

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


def province_arrays() -> MadeUpCity:
    """The made-up province of `scale.py` as arrays: streets, people, sites."""
    study = read_study(study_of("province", None))
    people = pd.read_parquet(study.inputs.population[0], columns=["lon", "lat"])
    sites = pd.read_csv(study.inputs.facilities[0], usecols=["type", "lon", "lat"])
    by_type = {name: (rows["lon"].to_numpy(), rows["lat"].to_numpy()) for name, rows in sites.groupby("type")}
    none = np.empty(0)
    return MadeUpCity(
        streets=read_streets(study)[0],
        lon=people["lon"].to_numpy(),
        lat=people["lat"].to_numpy(),
        total=none,
        age60=none,
        disabled=none,
        community=none,
        sites=by_type,
        plane=PLANE,
    )


def main() -> int:
    """Run every comparison and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=[*LEAST], default="city")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--part", type=float, default=1.0, help="of the wanted ratios that is enough, for CI")
    parser.add_argument("--quick", action="store_true", help="leave out the peers that take minutes to prepare")
    wanted = parser.parse_args()
    out = {name for name in PEERS if importlib.util.find_spec(name) is None}
    out |= TOO_LARGE[wanted.size] | ({"pandana", "networkx"} if wanted.quick and wanted.size == "city" else set())
    print(f"kernels compiled in this run: {warm_up()}; left out: {', '.join(sorted(out)) or 'nobody'}")
    city, board = City(wanted.size), Board(wanted.rounds, wanted.part, size=wanted.size)
    network = city.network
    print(f"{network.nodes:,} vertices, {network.edges:,} pieces, {network.junction_vertex.size:,} junctions, ", end="")
    print(f"{network.chains.shape[0]:,} chains, {len(city.people):,} people, {len(city.sites):,} sites")
    if wanted.size != "province":
        board.attempt("attaching", _attaching, city, board)
    if wanted.size == "county":
        board.attempt("walking sheds", _sheds, city, board)
    contraction = Job("pandana: contraction", lambda: peers.pandana_network(network), 1, 1)
    if "pandana" not in out:
        board.attempt(contraction.name, contraction.once)
    ready = contraction if contraction.answer is not None else None
    board.attempt("nearest", _nearest, city, board, out, ready)
    if ready:
        board.attempt("nearest, from nothing", _from_nothing, city, board, ready)
    board.attempt("one more site", _adding, city, board)
    board.attempt("pairs", _pairs, city, board, ready)
    board.attempt("memory of pairs", _pairs_memory, city, board)
    print("\n" + (f"short: {', '.join(board.short)}" if board.short else "every ratio holds"))
    return bool(board.short)


def _attaching(city: City, board: Board) -> None:
    network, at, least = city.network, city.people_at, LEAST[city.size]["attach"]
    rounds = 2
    ours = Job("jiujin, grid built anew", lambda: attach(network, *at))
    tree = Job("shapely STRtree.query_nearest, built anew", lambda: peers.tree(network, at), 1, rounds)
    joined = Job("geopandas.sjoin_nearest", lambda: peers.sjoin(network, at), 1, rounds)
    board.race(f"attach {len(at[0]):,} people", ours, {tree: least, joined: least})
    for peer in (tree, joined):
        away = ours.answer.leg_cm - peer.answer * 100
        _same("legs to the rounding of a centimetre", bool(np.abs(away[~ours.answer.island]).max() <= 0.5001))


def _nearest(city: City, board: Board, out: set[str], contraction: Job | None) -> None:
    """
    Graphs ready on all sides, ours with its vertices in the order of the streets; only the query is timed.

    We tell the metres and the site of every vertex, and so does networkx in its second row; the others, and networkx
    in its first row, tell metres alone.
    """
    network, people, sites, least = city.network, city.people, city.sites, LEAST[city.size]
    everybody = Job("jiujin, all people with their site", lambda: nearest(network, people, sites, limit_cm=LIMIT_CM))
    others: dict[Job, float | None] = {everybody: None}
    if "scipy" not in out:
        graph = peers.super_source(network, sites)
        query = Job("scipy csgraph.dijkstra", lambda: peers.query_scipy(graph, LIMIT_CM))
        others[query] = least["scipy"]
    if "networkit" not in out:
        kit = peers.networkit_graph(network, sites)
        others[Job("networkit Dijkstra", lambda: peers.query_networkit(kit), 1, 3)] = least["networkit"]
    if "igraph" not in out:
        igraph = peers.igraph_graph(network, sites)
        others[Job("igraph distances", lambda: peers.query_igraph(igraph), 1, 3)] = least["igraph"]
    if contraction:
        engine = contraction.answer
        engine.set_pois("site", LIMIT_CM / 100, 1, *peers.points(network, sites))
        ask = Job("pandana nearest_pois", lambda: peers.nearest_pois(engine, LIMIT_CM), 1, 2, "wall")
        others[ask] = least["pandana"]
    if "networkx" not in out:
        whole = peers.graph(network)
        seeds = peers.join_sites(whole, network, sites)
        bare = Job("networkx multi-source, metres", lambda: peers.query_networkx(whole, seeds, LIMIT_CM), 1, 2)
        sited = Job("networkx multi-source, site", lambda: peers.query_networkx_sites(whole, seeds, LIMIT_CM), 1, 2)
        others |= {bare: least["networkx_metres"], sited: least["networkx"]}
    vertices = city.vertices.select(np.lexsort((city.vertices.along_cm, city.vertices.chain)))
    ours = Job("jiujin, every vertex with its site", lambda: nearest(network, vertices, sites, limit_cm=LIMIT_CM))
    board.race(f"nearest of {len(sites):,} sites within {LIMIT_CM // 100} m", ours, others)
    if "scipy" not in out:
        expected = peers.people_cm(query.answer, network, people, sites, LIMIT_CM)
        _same("walks of all people, to the centimetre", np.array_equal(everybody.answer.cm, expected))


def _from_nothing(city: City, board: Board, contraction: Job) -> None:
    """From streets as read to everybody's walk: what a planner waits for who asks once."""

    def whole() -> Walks:
        network = city.build()
        people, sites = attach(network, *city.people_at), attach(network, *city.sites_at)
        return nearest(network, people, sites, limit_cm=LIMIT_CM)

    ours = Job("jiujin: network, attaching, search", whole, 1, 3)
    engine, at = contraction.answer, city.people_at
    rest = Job("pandana: nearest nodes, nearest_pois", lambda: peers.pandana_people(engine, at, LIMIT_CM), 1, 1)
    board.race("nearest site of everybody, with all that comes before", ours, {contraction: None, rest: None})
    whole_cpu = min(contraction.cpu) + min(rest.cpu)
    board.at_least("pandana, both", whole_cpu / min(ours.cpu), 60)


def _adding(city: City, board: Board) -> None:
    network, people, sites = city.network, city.people, city.sites
    last = np.arange(len(sites)) == len(sites) - 1
    before: Walks = nearest(network, people, sites.select(~last))
    ready = what_if(network, people, before)
    hundred = [people.select(np.array([k])) for k in range(0, len(people), len(people) // 100)]
    again = Job("a search from all sites", lambda: nearest(network, people, sites), 1, 4)
    one = Job("jiujin, one of a hundred sites added", lambda: [improve(ready, a, first_site=99_999) for a in hundred])
    one.times = 1 / len(hundred)
    board.race("one more site", one, {again: LEAST[city.size]["adding"]})
    board.hold("one more site", min(one.cpu) * 1e3, 1, "ms")
    gained = improve(ready, sites.select(last), first_site=len(sites) - 1).applied(before)
    same = all(np.array_equal(getattr(gained, name), getattr(again.answer, name)) for name in ("cm", "site", "label"))
    _same("adding and searching again", same)


def _pairs(city: City, board: Board, contraction: Job | None) -> None:
    network, goals = city.network, city.vertices
    many = min(SOURCES, len(goals) // 10)
    chosen = np.sort(np.random.default_rng(7).choice(len(goals), many, replace=False))
    sources = goals.select(chosen)
    others: dict[Job, float] = {}
    ours = Job("jiujin, vertex to vertex, rows sorted", lambda: pairs(network, sources, goals, REACH_CM), 1, 4)
    if contraction:
        few, engine = chosen[::10], contraction.answer
        call = Job(
            "pandana, its C++ call alone, 1 in 10, x 10", peers.within(engine, city.vertex[few], REACH_CM), 10, 3
        )
        position = np.searchsorted(engine.node_idx.index.to_numpy(), city.vertex[few]).astype(np.int64)
        public = Job(
            "pandana nodes_in_range, 1 in 10, x 10", lambda: peers.rows_within(engine, position, REACH_CM), 10, 1
        )
        others = {call: 4, public: 20}
    board.race(f"pairs within {REACH_CM // 100} m of {many:,} sources", ours, others)
    if contraction:
        rows = np.diff(ours.answer.ptr)[::10]
        theirs = np.array([len(row) for row in call.answer])
        print(f"  rows of the same size: {np.mean(rows == theirs):.4%}; pairs {rows.sum():,} and {theirs.sum():,}")
        _pairs_from_nothing(city, board, sources, goals, min(contraction.cpu) + min(public.cpu))


def _pairs_memory(city: City, board: Board) -> None:
    """How far memory rises above what was in use while the pairs of people are found, beside what they take."""
    board.ask("memory for all pairs of people")
    network, people = city.network, city.people
    some = np.random.default_rng(7).choice(len(people), min(SOURCES, len(people) // 10), replace=False)
    table, rose = peak_mb(lambda: pairs(network, people.select(np.sort(some)), people, REACH_CM))
    size = (table.goal.nbytes + table.cm.nbytes + table.ptr.nbytes) / 2**20
    print(f"  {table.goal.size:,} pairs of people, {size:.0f} MB; memory rose by {rose:.0f} MB at most")
    keep(Row(question=board.title, what=f"{table.goal.size:,} pairs take", measured=f"{size:.0f} MB", peak_mb=rose))
    if rose == rose and city.size == "city":  # elsewhere the scratch of the cores, a row for each vertex, is most of it
        board.hold("peak memory in times the answer", rose / size, 2.2, "×")


def _pairs_from_nothing(city: City, board: Board, sources: Places, goals: Places, theirs: float) -> None:
    """The same with the network made first; the peer's contraction and rows were timed above."""
    ours = Job("jiujin: network and pairs", lambda: (city.build(), pairs(city.network, sources, goals, REACH_CM)), 1, 3)
    board.race("pairs with all that comes before", ours, {})
    board.at_least("pandana: contraction and nodes_in_range", theirs / min(ours.cpu), 50)


def _sheds(city: City, board: Board) -> None:
    network, (x, y) = city.network, city.sites_at
    inside = np.flatnonzero((np.abs(x - network.x.mean()) < 4_000) & (np.abs(y - network.y.mean()) < 4_000))[:20]
    sites = attach(network, x[inside], y[inside])
    alone = [sites.select(np.array([k])) for k in range(len(sites))]
    lines = [stretches(network, site, REACH_CM).lines(network) for site in alone]
    ours = Job(
        "jiujin, stretches and their ground",
        lambda: [shed(stretches(network, site, REACH_CM).lines(network), SHED_WIDTH_M) for site in alone],
        1 / len(alone),
    )
    exact = Job("exact stretches, buffered by shapely", lambda: [peers.ground(each, SHED_WIDTH_M) for each in lines])
    exact.times = 1 / len(alone)
    recipe = peers.EgoRecipe(network, sites, REACH_CM, SHED_WIDTH_M)
    others = {exact: 1.0, Job("ego_graph and buffer, the osmnx recipe", recipe, 1 / len(alone), 2): 25}
    board.race(f"walking shed, {REACH_CM // 100} m, per site", ours, others)
    ratio = np.array([a.area / b.area for a, b in zip(ours.answer, exact.answer, strict=True)])
    print(f"  area against the exact one: {ratio.min():.4f} to {ratio.max():.4f}")
    board.hold("largest error of area", float(np.abs(ratio - 1).max()) * 100, 1, "%")


def _same(what: str, same: bool) -> None:
    print(f"  same {what}: {'yes' if same else 'NO'}")
    if not same:
        raise SystemExit(f"the answers differ: {what}")


if __name__ == "__main__":
    sys.exit(main())
