"""
A million people: read, joined to a thousand communities and attached to half a million vertices of street.

    python benchmarks/people.py [POINTS] [COMMUNITIES]

The people and streets are those of the made-up city of geodata/. Ours reads, checks positions and numbers, gives ids,
finds every person's community and nearest street; pandas and geopandas, in the same run, only read and join.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage"), str(HERE.parent / "geodata")]

from figures import ahead, hold  # noqa: E402
from madeup.lattice import MadeUpCity, city_arrays  # noqa: E402

from jiujin.analysis.residence import community_of, residents  # noqa: E402
from jiujin.network.attach import attach  # noqa: E402
from jiujin.network.graph import build_network  # noqa: E402
from jiujin.reading.population import read_population  # noqa: E402
from jiujin.study import Inputs, Study  # noqa: E402

MOST_S = 6.0
"""Processor seconds that a million people may take, from the file to the street."""


def world(folder: Path, city: MadeUpCity, communities: int) -> gpd.GeoDataFrame:
    """Wriggling communities over the whole city, and its people as files."""
    rng = np.random.default_rng(20231231)
    west, south, east, north = city.lon.min(), city.lat.min(), city.lon.max(), city.lat.max()
    county = shapely.box(west, south, east, north)
    places = rng.random((communities, 2)) * [east - west, north - south] + [west, south]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(places), extend_to=county))
    shapes = shapely.segmentize(shapely.intersection(cells, county), 0.0005)
    codes = [f"{number:012d}" for number in range(communities)]
    towns = gpd.GeoDataFrame(
        {"code": codes, "name": codes, "township": None, "row": 0, "file": ""}, geometry=shapes, crs=4326
    )
    people = pd.DataFrame({
        "id": [f"P{number:07d}" for number in range(len(city.lon))],
        "lon": np.round(city.lon, 7),
        "lat": np.round(city.lat, 7),
        "total": city.total,
        "age60": city.age60,
    })  # fmt: skip
    people.to_csv(folder / "people.csv", index=False)
    people.to_parquet(folder / "people.parquet")
    return towns


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds of processor time, so that a busy machine does not count."""
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def read(folder: Path, name: str, towns: gpd.GeoDataFrame) -> pd.DataFrame:
    inputs = Inputs(facilities=(), communities=(), population=(folder / name,), streets=())
    study = Study(name="", folder=folder, as_of=date(2023, 12, 31), inputs=inputs, services=())
    return read_population(study, communities=towns)[0]


def joined_by_geopandas(people: pd.DataFrame, towns: gpd.GeoDataFrame) -> pd.Series:
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(people["lon"], people["lat"]), crs=4326)
    return points.sjoin(towns[["geometry"]], how="left")["index_right"].groupby(level=0).min()


def main() -> int:
    points, communities = (int(text) for text in (sys.argv[1:] + ["1000000", "1000"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city = city_arrays(people=points)
        towns = world(folder, city, communities)
        network = build_network(city.streets, city.plane)
        community_of([117.1], [36.1], towns)
        attach(network, *city.plane.project(city.lon[:1000], city.lat[:1000]))
        title = f"{points:,} people read, joined to {communities:,} communities, attached to {network.nodes:,} vertices"
        print(f"{title}; seconds of processor time")
        whole = {}
        for file, peer in (("people.csv", pd.read_csv), ("people.parquet", pd.read_parquet)):
            ours, people = timed(lambda file=file: read(folder, file, towns))
            whole[file] = ours
            theirs, _ = timed(lambda file=file, peer=peer: peer(folder / file))
            ahead(title, f"{file}: {peer.__name__}, read only", theirs / ours, None, cpu_ms=theirs * 1e3)
            print(f"  {file:15} read_population {ours:6.2f}   {peer.__name__} {theirs:6.2f}")
        mine, living = timed(lambda: residents(people, towns))
        attached, _ = timed(lambda: attach(network, *city.plane.project(*people[["lon", "lat"]].to_numpy().T)))
        peers, joined = timed(lambda: joined_by_geopandas(people, towns))
        same = np.array_equal(living.community, joined.fillna(-1).to_numpy(np.int32))
        print(
            f"  communities     residents       {mine:6.2f}   geopandas.sjoin {peers:6.2f}   ratio {peers / mine:.1f}"
        )
        print(f"  streets         attach          {attached:6.2f}")
        held = ahead(title, "geopandas.sjoin, join only", peers / mine, 1, cpu_ms=peers * 1e3)
        for file, seconds in whole.items():
            print(f"  {file:15} in all          {seconds + mine + attached:6.2f}")
            held &= hold(title, f"jiujin, {file}, all of it", seconds + mine + attached, points * MOST_S / 1e6, "s")
        print(f"  the same answer for every point: {same}")
        return int(not (held and same))


if __name__ == "__main__":
    sys.exit(main())
