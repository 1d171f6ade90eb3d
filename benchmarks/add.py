"""
What adding one facility costs against a clean build, in process time beyond the start of Python and its imports.

    python benchmarks/add.py [PLACE]          PLACE: a folder of shared data, default Wuhan

Everything is imported and every kernel loaded on a tiny town first; then the place is built clean, built into a cache,
and one canteen after another is added. The compute part is the walks that an addition makes anew, under each of the
three snap limits that are looked at, and who is within reach of which site. Exit status 1 when a figure falls
short.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests"), str(ROOT / "coverage")]

from figures import Row, ahead, hold, keep  # noqa: E402

from jiujin import pipeline, pipeline_additions, pipeline_walks  # noqa: E402
from jiujin.network import kernels  # noqa: E402
from jiujin.pipeline_additions import Author  # noqa: E402
from jiujin.reading.communities import read_communities  # noqa: E402
from jiujin.reading.study_file import read_study  # noqa: E402
from real_studies import write_study  # noqa: E402
from worlds import Town  # noqa: E402

TIMES = 3
AUTHOR = Author(name="benchmark", at=datetime(2026, 1, 1, tzinfo=UTC))


def seconds(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


class Stopwatch:
    """Adds up the process time of functions of a module while it runs."""

    def __init__(self, module: Any, *names: str) -> None:
        self.seconds = 0.0
        for name in names:
            setattr(module, name, self.timed(getattr(module, name)))

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **more: Any) -> Any:
            began = time.process_time()
            try:
                return function(*given, **more)
            finally:
                self.seconds += time.process_time() - began

        return timed


def warm(folder: Path) -> None:
    town = Town().person(0, 0, 10, age60=3).facility("party_centre", 0, 100).write(folder / "town")
    kernels.warm_up()
    pipeline.build(town, folder / "town-out", atlas=False)


def main() -> int:
    gc.set_threshold(200_000, 20, 100)  # as the command does
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data" / "wuhan"
    if not place.is_dir():
        print(f"{place.name} is not beside the checkout: left out")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        warm(folder)
        study, out = write_study(folder / "study", place), folder / "out"
        clean = [seconds(lambda: pipeline.build(study, out, atlas=False, cache=False)) for _ in range(TIMES)]
        first = seconds(lambda: pipeline.build(study, out, atlas=False))
        again = seconds(lambda: pipeline.build(study, out, atlas=False))
        homes = read_communities(read_study(study), streets=None)[0].geometry.representative_point()
        added, computed = [], []
        watch = Stopwatch(pipeline_walks, "service_access", "reach_pairs")
        for number in range(TIMES):
            new = folder / f"new{number}.csv"
            at = homes.iloc[7 * number + 3]
            watch.seconds = 0.0
            new.write_text(f"name,type,lon,lat\n新食堂{number},elderly_canteen,{at.x},{at.y}\n", encoding="utf-8")
            added.append(
                seconds(
                    lambda new=new: pipeline_additions.add(
                        study, [new], author=AUTHOR, out=out, datum="wgs84", agree=lambda _: True, atlas=False
                    )
                )
            )
            computed.append(watch.seconds)
    whole, one = statistics.median(clean), statistics.median(added)
    print(f"{place.name}: process seconds beyond imports, no atlas, median of {TIMES}")
    print(f"  clean build            {whole:6.2f}")
    print(f"  build into the cache   {first:6.2f}")
    print(f"  nothing changed        {again:6.2f}")
    print(f"  add one facility       {one:6.2f}   {whole / one:.1f}x")
    print(f"  of that, compute       {statistics.median(computed):6.3f}")
    return _held(
        place.name, {"clean build": whole, "build into the cache": first, "nothing changed": again}, one, computed
    )


def _held(name: str, before: dict[str, float], one: float, computed: list[float]) -> int:
    """Keep the figures; 1 where one is not as wanted."""
    title = f"one facility added to {name}, all outputs but the atlas"
    for what, taken in before.items():
        keep(Row(question=title, what=what, median_ms=taken * 1e3))
    held = hold(title, "one facility added", one, 1.5, "s")
    held &= ahead(title, "a clean build", before["clean build"] / one, 4)
    held &= hold(title, "of that, compute", statistics.median(computed) * 1e3, 50, "ms")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
