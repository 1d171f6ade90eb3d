"""
Every benchmark in one go: `python benchmarks/run.py [--small | --city | --province] [--only NAME …] [--write]`.

`--small` is what CI runs: the example county beside the common recipe, and the searches of a county, in about a minute;
it fails on ratios (two thirds of those that are claimed, for it has neighbours), never on seconds. `--city` (the
default) are the comparisons that the project's claims rest on, with half a million people; `--province` adds ten times
that. `--write` puts what was printed into docs/benchmarks.md, with the machine it ran on.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"

SMALL = (("build.py", "--small"), ("compute.py", "--size", "county", "--part", "0.67"))
CITY = (
    ("compute.py", "--size", "county"),
    ("compute.py",),
    ("capacity.py",),
    ("people.py",),
    ("facilities.py",),
    ("siting.py",),
    ("build.py", "--cold"),
    ("scale.py", "city", "--pages"),
    ("cut.py", "city"),
)
PROVINCE = (("compute.py", "--size", "province", "--rounds", "3"), ("scale.py", "province"), ("cut.py", "province"))
SIZES = {"small": SMALL, "city": CITY, "province": (*CITY, *PROVINCE)}

PEERS = (
    "access",
    "folium",
    "geopandas",
    "highspy",
    "igraph",
    "networkit",
    "networkx",
    "numba",
    "numpy",
    "osmnx",
    "pandana",
    "scipy",
    "shapely",
)

OPENING = """\
# Benchmarks

Written by `python benchmarks/run.py --{size} --write`. Processor seconds are user and system time of all threads, the
least of interleaved rounds, because that is the figure least bent by whatever else the machine does; ratios are peer to
ours. What each comparison asks, and how the peers are called, stands at the top of its file in `benchmarks/`.

{machine}
"""


def main() -> int:
    """Run the files of a size one after the other; 1 when any of them fell short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for size in SIZES:
        parser.add_argument(f"--{size}", dest="size", action="store_const", const=size, default="city")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="files to run, without .py")
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    said, short = [], []
    for name, *words in SIZES[wanted.size]:
        if wanted.only and Path(name).stem not in wanted.only:
            continue
        print(f"== {name} {' '.join(words)}", flush=True)
        text, status = _run([sys.executable, str(HERE / name), *words])
        said.append(f"## {' '.join((name, *words))}\n\n```\n{text.strip()}\n```\n")
        short += [name][: bool(status)]
    if wanted.write:
        opening = OPENING.format(size=wanted.size, machine=machine())
        PAGE.write_text("\n".join([opening, *said]), encoding="utf-8", newline="\n")
    print(f"short: {', '.join(short)}" if short else "every ratio holds")
    return int(bool(short))


def _run(words: list[str]) -> tuple[str, int]:
    """Run a benchmark, show its lines as they come and keep them."""
    lines = []
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    return "".join(lines), process.returncode


def machine() -> str:
    """Say what the figures were taken on."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    versions = []
    for name in PEERS:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{name} not installed")
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}{load}; {', '.join(versions)}."


if __name__ == "__main__":
    sys.exit(main())
