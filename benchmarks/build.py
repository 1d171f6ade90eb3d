"""
The whole build beside the common recipe: `python benchmarks/build.py [PLACE] [--rounds N] [--small] [--cold]`.

PLACE is `example` (the county of the repository) or `wuhan` (beside the checkout; default where it is there). Both
sides start a fresh process, read the same files and write the same outputs: the walk of every person to the nearest
site of four services, people in reach of every site, rates by community, gaps, a workbook, a map of each service and
one of all. The recipe is the one of countless notebooks: osmnx reads the streets, networkx walks from every site,
folium draws. It is given the streets as XML with nothing but walkable ways, because osmnx reads no pbf, and attaches
to nodes, which is less work than ours and less exact. `--cold` adds what a first run costs. Exit status 1 when the
ratio of processor seconds falls short.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage"), str(HERE.parent / "tests")]

import figures  # noqa: E402

WUHAN = HERE.parent.parent / "shared" / "data" / "wuhan"
WANTED = {"example": 4.0, "wuhan": 40.0}
"""The recipe must take at least so many times our processor seconds."""
HELP_S = 0.3
"""Processor seconds of `jiujin --help`."""


def main() -> int:
    """Build the place on both sides, turn by turn, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", nargs="?", choices=[*WANTED], default="wuhan" if WUHAN.is_dir() else "example")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--recipe-rounds", type=int, default=1, help="the recipe takes minutes")
    parser.add_argument("--small", action="store_true", help="the example, one round, one map of the recipe: for CI")
    parser.add_argument("--cold", action="store_true", help="also the start of the program and the first build")
    wanted = parser.parse_args()
    if wanted.small:
        wanted.place, wanted.rounds = "example", 1
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        study = _study(wanted.place, folder)
        short = _beside_the_recipe(wanted, study, folder)
        if wanted.cold:
            short |= _cold(f"from a cold start, {wanted.place}", study, folder)
    return int(short)


def _study(place: str, folder: Path) -> Path:
    if place == "wuhan":
        from real_studies import write_study

        return write_study(folder / "wuhan", WUHAN)
    return Path(
        shutil.copytree(HERE.parent / "geodata" / "example", folder / "example", ignore=shutil.ignore_patterns(".*"))
    )


def _beside_the_recipe(wanted: argparse.Namespace, study: Path, folder: Path) -> bool:
    """Time both in fresh processes; ours warm, that is with compiled code but with nothing kept of the study."""
    ours = _jiujin("build", str(study), "--out", str(folder / "ours"), "--no-atlas", "--no-cache")
    _timed(ours)  # compiles where nothing is compiled yet, and cleans the data for the recipe
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:  # a child's peak begins with its parent's
        apart.submit(clean, study, folder / "ours", folder).result()
    recipe = [
        sys.executable,
        str(HERE / "build_recipe.py"),
        str(folder),
        str(folder / "recipe"),
        *["--one-map"][: wanted.small],
    ]
    mine, theirs = [], []
    for turn in range(wanted.rounds):
        mine.append(_timed(ours))
        if turn < wanted.recipe_rounds:
            theirs.append(_timed(recipe))
    print(
        f"whole build, {wanted.place}\n{'':34s}{'cpu s':>9s}{'wall s':>9s}{'peak MB':>10s}{'ratio':>8s}{'wanted':>8s}"
    )
    title, least = f"whole build, {wanted.place}", WANTED[wanted.place]
    cpu, *rest = _kept(title, "jiujin build --no-atlas", mine)
    print(f"{'jiujin build --no-atlas':34s}{cpu:9.2f}{rest[0]:9.2f}{rest[1]:10.0f}")
    cpu_peer, wall_peer, peak_peer = min(theirs)
    print(f"{'osmnx + networkx + folium recipe':34s}{cpu_peer:9.2f}{wall_peer:9.2f}{peak_peer:10.0f}", end="")
    times = {"cpu_ms": cpu_peer * 1e3, "wall_ms": wall_peer * 1e3, "peak_mb": peak_peer}
    enough = figures.ahead(title, "osmnx + networkx + folium recipe", cpu_peer / cpu, least, **times)
    print(f"{cpu_peer / cpu:8.1f}{f'≥ {least:g}':>8s}{'' if enough else '  SHORT'}")
    if wanted.place == "wuhan":
        enough &= figures.hold(title, "jiujin build: processor seconds", cpu, 5, "s")
        enough &= figures.hold(title, "jiujin build: memory", rest[1], 700, "MB")
    return not enough


def _kept(title: str, what: str, rounds: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Keep the least and the median of rounds as a row; the least round."""
    cpu, wall, peak = min(rounds)
    middle = statistics.median(each[0] for each in rounds)
    times = {"cpu_ms": cpu * 1e3, "median_ms": middle * 1e3, "wall_ms": wall * 1e3}
    figures.keep(figures.Row(question=title, what=what, peak_mb=peak, **times))
    return cpu, wall, peak


def clean(study_folder: Path, ours: Path, folder: Path) -> None:
    """Lay down for the recipe what it reads: the walkable ways, and people, sites and communities without a flaw."""
    import json

    import geopandas as gpd
    import osmium
    import pandas as pd

    from jiujin.reading.study_file import read_study
    from jiujin.reading.walkable import is_walkable

    study = read_study(study_folder)
    reach = json.loads((ours / "summary.json").read_text(encoding="utf-8"))["parameters"]["reach_m"]
    services = [{"id": s.id, "group": s.group, **reach[s.id]} for s in study.services]
    (folder / "services.json").write_text(json.dumps(services), encoding="utf-8")
    people = pd.read_parquet(ours / "tables" / "access.parquet")
    people[[name for name in people if not name.endswith(("_m", "_facility"))]].to_csv(folder / "people.csv")
    sites = pd.read_csv(ours / "tables" / "facilities.csv")
    sites[sites["counted"]][["id", "service", "lon", "lat"]].to_csv(folder / "sites.csv", index=False)
    gpd.read_file(study.inputs.communities[0])[["geometry"]].to_file(folder / "communities.geojson")
    with osmium.BackReferenceWriter(str(folder / "streets.osm"), str(study.inputs.streets[0]), overwrite=True) as out:
        for way in osmium.FileProcessor(str(study.inputs.streets[0]), osmium.osm.WAY):
            if "highway" in way.tags and is_walkable(way.tags):
                out.add(way)


def _cold(title: str, study: Path, folder: Path) -> bool:
    """From nothing compiled, neither Python's modules nor the kernels, to a build that finds everything kept."""
    fresh = os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "pyc"), "NUMBA_CACHE_DIR": str(folder / "kernels")}
    fresh.pop("PYTHONDONTWRITEBYTECODE", None)
    build = _jiujin("build", str(study), "--out", str(folder / "cold"), "--no-atlas")
    print(f"\n{title}\n{'':34s}{'cpu s':>9s}{'wall s':>9s}{'peak MB':>10s}")
    held = True
    for name, rounds, words in (
        ("jiujin --help, nothing compiled", 1, _jiujin("--help")),
        ("jiujin --help", 5, _jiujin("--help")),
        ("first build, nothing compiled", 1, [*build, "--no-cache"]),
        ("second build", 2, [*build, "--no-cache"]),
        ("build that keeps what it read", 1, build),
        ("build that finds it kept", 2, build),
    ):
        cpu, wall, peak = _kept(title, name, [_timed(words, fresh) for _ in range(rounds)])
        print(f"{name:34s}{cpu:9.2f}{wall:9.2f}{peak:10.0f}", flush=True)
        if name == "jiujin --help":
            held = figures.hold(title, "jiujin --help: processor seconds", cpu, HELP_S, "s")
    return not held


def _jiujin(*words: str) -> list[str]:
    return [sys.executable, "-m", "jiujin", *words]


def _timed(words: list[str], environment: dict[str, str] | None = None) -> tuple[float, float, float]:
    """Run a process to its end: processor seconds, wall seconds, peak megabytes."""
    environment = dict(environment or os.environ)
    environment["PYTHONPATH"] = os.pathsep.join((str(HERE.parent / "coverage"), environment.get("PYTHONPATH", "")))
    wall = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}\n{said.decode(errors='replace')}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - wall, used.ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
