"""
A ledger of fifty thousand facilities: read from xlsx, checked, moved out of GCJ-02, and held against a whole city.

    python benchmarks/facilities.py [ROWS]

Streets and communities are those of the made-up city of geodata/. Three ledgers: a clean one, one where one row in
twenty has a fault (no place, swapped, far away, another type, a vague date, reported twice), one in degrees, minutes
and seconds. Ours finds headings, services, dates, the datum township by township, repeats, and who lies outside;
openpyxl and pandas, in the same run, only read the cells. Fails where ours takes longer than `MOST_S`, or than `LIMIT`
times openpyxl.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import shapely
from figures import ahead, hold
from people import timed, world

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "coverage"), str(HERE.parent / "geodata")]

from madeup.lattice import MadeUpCity, city_arrays  # noqa: E402

from jiujin.coordinates import gcj02_from_wgs84  # noqa: E402
from jiujin.reading.facilities import read_facilities  # noqa: E402
from jiujin.reading.study_file import read_study  # noqa: E402
from jiujin.study import Inputs, Study  # noqa: E402

LIMIT = 3.0
"""Times the time in which openpyxl reads the cells and does nothing with them."""

MOST_S = 3.0
"""Processor seconds that 50,000 rows may take."""

TOWNSHIPS = 60


def ledger(city: MadeUpCity, towns: gpd.GeoDataFrame, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Facilities where people live, one in each place, in GCJ-02."""
    at = rng.permutation(len(city.lon))[:rows]
    lon, lat = city.lon[at], city.lat[at]
    tree = shapely.STRtree(towns.geometry.to_numpy())
    point, town = tree.query(shapely.points(lon, lat), predicate="intersects")
    home = np.zeros(rows, np.int64)
    home[point] = town
    kinds = np.array(["党群服务中心", "助老食堂", "如康家园", "社区卫生服务中心"], object)[rng.integers(0, 4, rows)]
    places = np.array([chr(0x4E00 + number) for number in range(800)], object)
    called = ["".join(signs) for signs in places[rng.integers(0, 800, (rows, 3))]]
    x, y = gcj02_from_wgs84(lon, lat)
    township = [f"第{number * TOWNSHIPS // len(towns) + 1}街道" for number in home.tolist()]
    columns = {
        "序号": np.arange(1, rows + 1),
        "设施名称": [f"{place}{kind}" for place, kind in zip(called, kinds, strict=True)],
        "设施类型": kinds,
        "所属街道": township,
        "所属社区": towns["name"].to_numpy()[home],
        "经度": np.round(x, 6),
        "纬度": np.round(y, 6),
        "座位数": rng.integers(20, 200, rows),
        "运营状态": "运营",
        "投用时间": [f"20{year}-{month:02d}-01" for year, month in rng.integers([10, 1], [23, 13], (rows, 2))],
    }
    return pd.DataFrame(columns).astype(object)


def dirty(clean: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row in twenty with a fault."""
    table = clean.copy()
    faulty = rng.permutation(len(table))[: len(table) // 20]
    missing, swapped, away, other, vague, twice = np.array_split(faulty, 6)
    table.loc[missing, ["经度", "纬度"]] = None
    table.loc[swapped, ["经度", "纬度"]] = table.loc[swapped, ["纬度", "经度"]].to_numpy()
    table.loc[away, "经度"] = table.loc[away, "经度"] + 0.9
    table.loc[other, "设施类型"] = "公共厕所"
    table.loc[vague, "投用时间"] = 2021.1
    table.loc[twice, table.columns[1:]] = table.loc[(twice + 1) % len(table), table.columns[1:]].to_numpy()
    return table


def in_minutes(clean: pd.DataFrame) -> pd.DataFrame:
    """The same places as degrees, minutes and seconds."""
    told = {}
    for name in ("经度", "纬度"):
        minutes, seconds = np.divmod(np.round(clean[name].to_numpy(np.float64) * 3600, 2), 60)
        cells = zip(minutes.astype(int).tolist(), seconds.tolist(), strict=True)
        told[name] = [f"{whole // 60}°{whole % 60}′{rest:.2f}″" for whole, rest in cells]
    return clean.assign(**told)


def study_with(folder: Path) -> Study:
    (folder / "study.toml").write_text(
        '[study]\nname = "计时"\nas_of = 2023-12-31\n[inputs]\nfacilities = "people.csv"\ncommunities = "people.csv"\n'
        'population = "people.csv"\nstreets = "people.csv"\n',
        encoding="utf-8",
    )
    return read_study(folder)


def best(work: Callable[[], object]) -> tuple[float, object]:
    """The quicker of two rounds: what else the machine does only ever adds."""
    return min((timed(work) for _ in range(2)), key=lambda round_: round_[0])


def main() -> None:
    gc.set_threshold(200_000, 20, 100)  # as the command does
    rows = int((sys.argv[1:] or ["50000"])[0])
    rng = np.random.default_rng(20231231)
    slow = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city = city_arrays(people=max(200_000, rows))
        towns = world(folder, city, 1000)
        outline = shapely.union_all(towns.geometry.to_numpy())
        study = study_with(folder)
        clean = ledger(city, towns, rows, rng)
        tables = {"clean": clean, "one in twenty": dirty(clean, rng), "minutes": in_minutes(clean)}
        clean.head(100).to_excel(folder / "first.xlsx", index=False, engine="xlsxwriter")
        read(folder / "first.xlsx", study, city, towns, outline)
        title = f"a ledger of {rows:,} facilities, from xlsx to checked sites"
        print(f"{title}; seconds of processor time")
        for kind, table in tables.items():
            path = folder / f"{kind}.xlsx"
            table.to_excel(path, index=False, engine="xlsxwriter")
            ours, (frame, problems) = best(lambda path=path: read(path, study, city, towns, outline))
            peer, _ = best(lambda path=path: list(openpyxl.load_workbook(path, read_only=True).active.values))
            pandas, _ = best(lambda path=path: pd.read_excel(path, engine="openpyxl"))
            held = hold(title, f"jiujin, {kind}", ours, MOST_S * max(rows / 50_000, 1), "s")
            held &= hold(title, f"jiujin, {kind}: of the time of openpyxl, cells only", ours / peer, LIMIT, "×")
            ahead(title, f"openpyxl, {kind}, cells only", peer / ours, None, cpu_ms=peer * 1e3)
            ahead(title, f"pandas.read_excel, {kind}, cells only", pandas / ours, None, cpu_ms=pandas * 1e3)
            slow += [] if held else [kind]
            print(
                f"  {kind:14} read_facilities {ours:6.2f}   openpyxl {peer:6.2f}   pandas.read_excel {pandas:6.2f}   "
                f"ratio {ours / peer:.2f}   {len(frame):,} sites, {len(problems):,} problems"
            )
    if slow:
        sys.exit(f"slower than {MOST_S:g} s for 50,000 or {LIMIT:g} times openpyxl: {', '.join(slow)}")


def read(
    path: Path, study: Study, city: MadeUpCity, towns: gpd.GeoDataFrame, outline: shapely.Geometry
) -> tuple[pd.DataFrame, list[object]]:
    inputs = Inputs(facilities=(path,), communities=(), population=(), streets=())
    study = replace(study, inputs=inputs)
    frame, problems = read_facilities(study, streets=city.streets, plane=city.plane, communities=towns, outline=outline)
    return frame, list(problems)


if __name__ == "__main__":
    main()
