"""
A province cut into its counties beside the uncut one: `python benchmarks/cut.py [city|province] [--study FOLDER]`.

The made-up study of geodata/ is written once, read and searched whole, and cut: the province into its ten counties, the
city into its townships. Then every part is answered in a process of its own, and its walks, sites and straight metres
are held against those that the whole found for the same people. Printed are the processor seconds and the peak memory
of the whole and of each part, and how many pieces of street are in several parts. Exit status 1 when one point differs,
or when a part takes more memory than the whole.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage"), str(HERE.parent / "geodata")]

from figures import Row, hold, keep  # noqa: E402
from scale import study_of  # noqa: E402

LEVEL = {"city": "township", "province": "county"}


def main() -> int:
    """Cut, answer every part, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", nargs="?", choices=[*LEVEL], default="city")
    parser.add_argument("--study", type=Path)
    wanted = parser.parse_args()
    study = study_of(wanted.size, wanted.study)
    with tempfile.TemporaryDirectory() as folder:
        pieces, people, parts, cpu, peak = alone(cut, study, Path(folder), LEVEL[wanted.size])
        title = f"a province of {people:,} people and {pieces:,} pieces of street, cut"
        print(f"{title}\n")
        print(f"{'':22s}{'people':>12s}{'pieces':>12s}{'differing':>11s}{'cpu s':>9s}{'peak MB':>9s}")
        print(f"{'read, searched, cut':22s}{people:12,d}{pieces:12,d}{'':11s}{cpu:9.1f}{peak:9.0f}", flush=True)
        keep(Row(question=title, what="read, searched and cut", cpu_ms=cpu * 1e3, peak_mb=peak))
        told = [line(title, name, *alone(answer, Path(folder) / f"{name}.bin")) for name in parts]
    points, within, differing, cpu_of, peaks = (list(each) for each in zip(*told, strict=True))
    print(f"\n{sum(differing)} of {sum(points):,} points differ, of {people:,}; ", end="")
    print(f"pieces in all parts {sum(within) / pieces:.2f} times those of the whole; ", end="")
    print(f"{cpu + sum(cpu_of):.0f} cpu s in all; peak {max(peak, *peaks):,.0f} MB")
    missing = people - sum(points)
    held = hold(title, f"points that differ, of {people:,}", sum(differing) + missing, 0)
    held &= hold(title, "memory of the largest part", max(peaks), peak, "MB")
    keep(Row(question=title, what="pieces of street in all parts", measured=f"{sum(within) / pieces:.2f} × the whole"))
    print("" if held else "SHORT")
    return int(not held)


def alone(work, *words):
    """Do something in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *words).result()


def line(title: str, name: str, points: int, pieces: int, differing: int, cpu: float, peak: float):
    """Print a part as it is done."""
    print(f"{name:22s}{points:12,d}{pieces:12,d}{differing:11,d}{cpu:9.1f}{peak:9.0f}", flush=True)
    keep(Row(question=title, what=f"{name}: {points:,} people", cpu_ms=cpu * 1e3, peak_mb=peak))
    return points, pieces, differing, cpu, peak


def cut(study: Path, folder: Path, level: str):
    """Lay the parts down; pieces and people of the whole, names of the parts, cost."""
    from jiujin.caching import frozen
    from jiujin.pipeline_cut import parts_of, whole_of
    from jiujin.reading.study_file import read_study

    whole = whole_of(read_study(study))
    parts = []
    for part in parts_of(whole, level):
        (folder / f"{part.code}.bin").write_bytes(frozen(part))
        parts.append(part.code)
    return int(whole.layers.streets.start.size), len(whole.layers.people), parts, *cost()


def answer(file: Path):
    """Answer a part: people, pieces, points that differ from the whole, cost."""
    from jiujin.caching import thawed
    from jiujin.errors import JiujinError
    from jiujin.pipeline_cut import answered_part

    part = thawed(file.read_bytes())
    differing = 0
    try:
        answered_part(part)
    except JiujinError as error:
        print("\n".join(problem.sentence() for problem in error.problems), flush=True)
        differing = len(part.people)
    return len(part.people), int(part.streets.start.size), differing, *cost()


def cost() -> tuple[float, float]:
    return time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
