"""
A million people: read, placed and joined to a thousand communities, beside pandas and geopandas in the same run.

    python benchmarks/people.py [POINTS] [COMMUNITIES]

Ours reads, checks positions and numbers, gives ids and finds every person's community; the peers only read and join.
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

from jiujin.analysis.residence import community_of, residents
from jiujin.reading.population import read_population
from jiujin.study import Inputs, Study


def world(folder: Path, points: int, communities: int) -> gpd.GeoDataFrame:
    """Wriggling communities over half a degree, and people everywhere in them."""
    rng = np.random.default_rng(20231231)
    county = shapely.box(117.0, 36.0, 117.6, 36.5)
    seeds = shapely.multipoints(rng.random((communities, 2)) * [0.6, 0.5] + [117.0, 36.0])
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=county))
    shapes = shapely.segmentize(shapely.intersection(cells, county), 0.0005)
    codes = [f"{number:012d}" for number in range(communities)]
    towns = gpd.GeoDataFrame(
        {"code": codes, "name": codes, "township": None, "row": 0, "file": ""}, geometry=shapes, crs=4326
    )
    people = pd.DataFrame({
        "id": [f"P{number:07d}" for number in range(points)],
        "lon": np.round(rng.random(points) * 0.6 + 117.0, 7),
        "lat": np.round(rng.random(points) * 0.5 + 36.0, 7),
        "total": rng.integers(0, 40, points),
        "age60": 0,
    })  # fmt: skip
    people.to_csv(folder / "people.csv", index=False)
    people.to_parquet(folder / "people.parquet")
    return towns


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def read(folder: Path, name: str, towns: gpd.GeoDataFrame) -> pd.DataFrame:
    inputs = Inputs(facilities=(), communities=(), population=(folder / name,), streets=())
    study = Study(name="", folder=folder, as_of=date(2023, 12, 31), inputs=inputs, services=())
    return read_population(study, communities=towns)[0]


def joined_by_geopandas(people: pd.DataFrame, towns: gpd.GeoDataFrame) -> pd.Series:
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(people["lon"], people["lat"]), crs=4326)
    return points.sjoin(towns[["geometry"]], how="left")["index_right"].groupby(level=0).min()


def main() -> None:
    points, communities = (int(text) for text in (sys.argv[1:] + ["1000000", "1000"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        towns = world(folder, points, communities)
        community_of([117.1], [36.1], towns)
        print(f"{points:,} points, {communities:,} communities; seconds")
        for file, peer in (("people.csv", pd.read_csv), ("people.parquet", pd.read_parquet)):
            ours, people = timed(lambda file=file: read(folder, file, towns))
            theirs, _ = timed(lambda file=file, peer=peer: peer(folder / file))
            print(f"  {file:15} read_population {ours:6.2f}   {peer.__name__} {theirs:6.2f}")
        mine, living = timed(lambda: residents(people, towns))
        peers, joined = timed(lambda: joined_by_geopandas(people, towns))
        same = np.array_equal(living.community, joined.fillna(-1).to_numpy(np.int32))
        print(
            f"  communities     residents       {mine:6.2f}   geopandas.sjoin {peers:6.2f}   ratio {peers / mine:.1f}"
        )
        print(f"  the same answer for every point: {same}")


if __name__ == "__main__":
    main()
