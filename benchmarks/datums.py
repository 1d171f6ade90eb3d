"""
How often the datum of a real table is found, by the number of its rows, with the gap rule as it ships.

    python benchmarks/datums.py [--trials 300]

The tables of the shared packs are written in WGS 84, GCJ-02 and BD-09; samples of them are judged by the streets alone,
and, where sites name their communities, with these as a second witness. `right + wrong + undecided = 1`.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage")]

from figures import Row, keep  # noqa: E402

from jiujin.coordinates import bd09_from_wgs84, gcj02_from_wgs84, plane_of  # noqa: E402
from jiujin.reading.datums import Evidence, judge  # noqa: E402
from jiujin.reading.datums_streets import street_witness  # noqa: E402
from jiujin.reading.facilities_named import names_of  # noqa: E402
from jiujin.reading.streets import read_streets  # noqa: E402
from jiujin.study import Inputs, Study  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
WRITE = {"wgs84": lambda lon, lat: (lon, lat), "gcj02": gcj02_from_wgs84, "bd09": bd09_from_wgs84}
SIZES = (5, 10, 20, 50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--trials", type=int, default=300)
    trials = parser.parse_args().trials
    print(f"{'pack':<16}{'witnesses':<22}{'rows':>5}{'right':>8}{'wrong':>8}{'undecided':>11}")
    for name in ("guixi", "wuhan", "shanghai_core"):
        if not (DATA / name).is_dir():
            print(f"{name} is not beside the checkout: left out")
            continue
        evidence, sites, named = laid_out(DATA / name)
        for witnesses, known in (("streets", None), ("streets, communities", named)):
            if known is not None and (known >= 0).mean() < 0.5:
                continue
            for size in SIZES:
                if size <= len(sites):
                    right, wrong = rates(evidence, sites, known, size, trials)
                    rest = 1 - right - wrong
                    told = f"right {right:.1%}, wrong {wrong:.1%}, undecided {rest:.1%}"
                    title = f"datum of a ledger, judged by its places, {trials} samples each"
                    keep(Row(question=title, what=f"{name}, {size} rows, by {witnesses}", measured=told))
                    print(f"{name:<16}{witnesses:<22}{size:>5}{right:>8.3f}{wrong:>8.3f}{rest:>11.3f}")


def laid_out(folder: Path) -> tuple[Evidence, pd.DataFrame, np.ndarray]:
    inputs = Inputs(facilities=(), communities=(), population=(), streets=(folder / "network.osm.pbf",))
    study = Study(name=folder.name, folder=folder, as_of=date(2023, 12, 31), inputs=inputs, services=())
    streets, _, _ = read_streets(study)
    units = gpd.read_file(folder / "communities.geojson").assign(township=None)
    units["code"] = units["id"].astype(str)
    names = names_of(units)
    sites = pd.read_csv(folder / "facilities.csv")
    named = np.array([names.inside(site) for site in sites["name"]], np.int32)
    witness = street_witness(streets, plane_of(streets.lon, streets.lat))
    return Evidence(witness=witness, communities=names.shapes), sites, named


def rates(
    evidence: Evidence, sites: pd.DataFrame, named: np.ndarray | None, size: int, trials: int
) -> tuple[float, float]:
    rng = np.random.default_rng(2023)
    lon, lat = sites["lon"].to_numpy(), sites["lat"].to_numpy()
    right = wrong = 0
    for trial in range(trials):
        truth = list(WRITE)[trial % 3]
        some = rng.choice(len(sites), size, replace=False)
        found = judge(*WRITE[truth](lon[some], lat[some]), evidence, None if named is None else named[some]).datum
        right += found == truth
        wrong += found not in {None, truth}
    return right / trials, wrong / trials


if __name__ == "__main__":
    main()
