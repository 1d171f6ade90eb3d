"""
Two-step access beside pysal `access`: `python benchmarks/capacity.py [--rounds N]`.

The made-up city of geodata/ in one process. First on the same table of pairs, and the numbers are compared before the
times. Then with the distances made as well: ours along the streets, the peer's by its own `create_euclidean_distance`,
which is the easier question; on a part of the city, because the peer runs out of memory on the whole. Needs
`pip install access`; without it ours is timed alone. Exit status 1 when the numbers differ or we are not five times as
quick.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage"), str(HERE.parent / "geodata")]

from compute_rounds import Board, Job  # noqa: E402
from madeup.lattice import city_arrays  # noqa: E402

from jiujin.analysis.access import reach_of, service_access  # noqa: E402
from jiujin.analysis.access_pairs import ReachPairs, reach_pairs  # noqa: E402
from jiujin.analysis.capacity import LUO_QI_SLOW, enhanced_two_step, two_step  # noqa: E402
from jiujin.network.attach import attach  # noqa: E402
from jiujin.network.graph import build_network  # noqa: E402
from jiujin.study import Reach, Service  # noqa: E402

REACH_M = 1000
WANTED = 5.0
SERVICE = Service(id="elderly_canteen", label="助老食堂", group="age60", reach=Reach(urban_m=REACH_M, rural_m=REACH_M))


PART_OF_PEOPLE, PART_OF_SITES = 100, 10


class City:
    """People and canteens of the made-up city on its streets, with seats and old people drawn at random."""

    def __init__(self, people: int = 1, sites: int = 1) -> None:
        """Take every so many-th of the people and of the sites."""
        made = city_arrays()
        self.epsg = made.plane.epsg
        self.network = build_network(made.streets, made.plane, step_free=False, island_cm=200_000)
        self.people_xy = made.plane.project(made.lon[::people], made.lat[::people])
        self.site_xy = made.plane.project(*(each[::sites] for each in made.sites[SERVICE.id]))
        self.people, self.sites = attach(self.network, *self.people_xy), attach(self.network, *self.site_xy)
        rng = np.random.default_rng(20231231)
        self.demand = rng.integers(0, 30, len(self.people)).astype(np.float64)
        self.seats = rng.integers(20, 120, len(self.sites)).astype(np.float64)
        self.access = service_access(
            SERVICE,
            network=self.network,
            people_places=self.people,
            site_places=self.sites,
            people_xy=self.people_xy,
            site_xy=self.site_xy,
            counted=np.ones(len(self.sites), bool),
            reach_cm=reach_of(SERVICE, np.zeros(len(self.people), bool)),
            snap_limit_cm=50_000,
        )
        self.table = self.pairs()

    def pairs(self) -> ReachPairs:
        return reach_pairs(self.access, network=self.network, people_places=self.people, site_places=self.sites)

    def plain(self) -> np.ndarray:
        return two_step(self.table, self.seats, self.demand)

    def zoned(self) -> np.ndarray:
        return enhanced_two_step(self.table, self.seats, self.demand, self.access.reach_cm)

    def from_the_streets(self) -> np.ndarray:
        return two_step(self.pairs(), self.seats, self.demand)


class Peer:
    """The same pairs as the frames that `access` takes, made beforehand."""

    def __init__(self, city: City) -> None:
        pairs, self.city = city.table, city
        self.people = len(city.people)
        self.costs = pd.DataFrame({"origin": pairs.person, "dest": pairs.site, "cost": pairs.cm})
        self.demand = pd.DataFrame({"geoid": np.arange(self.people), "demand": city.demand})
        self.supply = pd.DataFrame({"supply": city.seats})

    def ask(self, weigh=None) -> np.ndarray:
        from access.fca import two_stage_fca

        found = two_stage_fca(self.demand, self.supply, self.costs, max_cost=REACH_M * 100, weight_fn=weigh)
        return found.reindex(np.arange(self.people)).fillna(0).to_numpy()  # null where nothing is in reach

    def ask_zoned(self) -> np.ndarray:
        from access.weights import step_fn

        edges = [REACH_M * 100 * third / 3 for third in (1, 2, 3)]
        return self.ask(step_fn(dict(zip(edges, LUO_QI_SLOW, strict=True))))

    def from_straight_lines(self) -> pd.Series:
        import geopandas as gpd
        from access import Access

        people, sites = (
            gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*xy), crs=self.city.epsg)
            for frame, xy in (
                (self.demand, self.city.people_xy),
                (self.supply.assign(geoid=np.arange(len(self.supply))), self.city.site_xy),
            )
        )
        asked = Access(people, "demand", sites, "supply", demand_index="geoid", supply_index="geoid")
        asked.create_euclidean_distance(threshold=REACH_M, centroid_o=True, centroid_d=True)
        return asked.two_stage_fca(name="fca", cost="euclidean", max_cost=REACH_M)


def main() -> int:
    """Compare the numbers, then the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    board = Board(rounds=parser.parse_args().rounds)
    city, part = City(), City(PART_OF_PEOPLE, PART_OF_SITES)
    print(f"{len(city.people):,} people, {len(city.sites):,} sites, {len(city.table.cm):,} pairs within {REACH_M} m")
    if importlib.util.find_spec("access") is None:
        print("pysal access is not installed: ours alone (pip install access)")
        board.race("2SFCA from the streets", Job("jiujin", city.from_the_streets), {})
        return 0
    peer, part_peer = Peer(city), Peer(part)
    for name, ours, theirs in (("2SFCA", city.plain, peer.ask), ("E2SFCA", city.zoned, peer.ask_zoned)):
        board.ask(f"{name} on the same pairs: the numbers")
        board.hold(f"{name}: greatest difference", _difference(ours(), theirs()) * 1e9, 1, "parts per billion")
        board.race(f"{name} on the same pairs", Job("jiujin", ours), {Job("pysal access", theirs, rounds=3): WANTED})
    board.race(
        f"2SFCA with the distances, {len(part.people):,} people and {len(part.sites):,} sites",
        Job("jiujin, along the streets", part.from_the_streets),
        {Job("pysal access, straight lines", part_peer.from_straight_lines, rounds=3): WANTED},
    )
    return 1 if board.short else 0


def _difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Greatest difference, as a part of the greatest value."""
    return float(np.abs(ours - theirs).max() / theirs.max())


if __name__ == "__main__":
    sys.exit(main())
