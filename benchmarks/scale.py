"""
How a study of a city or a province is borne: `python benchmarks/scale.py [city|province] [--study FOLDER] [--pages]`.

The made-up study of geodata/ is written once (under the system's temporary folder, unless `--study` names one) and
computed in a process of its own: four services, every answer, the tables; with `--pages` the maps as well. Printed are
the processor seconds and the peak memory by stage, and what one person and one vertex cost. The bound is physical: how
often the time of merely reading the inputs once (bytes through pyosmium, pandas and pyarrow) goes into the whole.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage"), str(HERE.parent / "geodata")]

from figures import Row, hold, keep  # noqa: E402

SHAPE = {"city": (1, 1), "province": (2, 5)}
MOST_MB = {"city": 1_500, "province": 8_192}
"""Peak memory that each size may take."""
STAGES = {
    "读取道路": "streets",
    "读取社区（村）范围": "communities",
    "读取人口": "people",
    "读取设施台账": "facilities",
    "计算步行距离": "walks, and pairs within reach",
    "汇总覆盖情况": "coverage",
    "查找服务盲区、核对目标": "gaps, seats, targets",
}
"""What the program says on the screen when a stage begins."""
MOST_SECONDS = {"province": 240}
"""Wall time on two cores with nothing else to do."""


def main() -> int:
    """Make the study where it is not there yet, compute it in a child and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", nargs="?", choices=[*SHAPE], default="city")
    parser.add_argument("--study", type=Path)
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    study = study_of(wanted.size, wanted.study, make=not wanted.child)
    if wanted.child:
        print(json.dumps(measured(study, pages=wanted.pages)))
        return 0
    words = [sys.executable, __file__, wanted.size, "--study", str(study), "--child", *["--pages"][: wanted.pages]]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return _table(told, MOST_MB[wanted.size], MOST_SECONDS.get(wanted.size))


def study_of(size: str, study: Path | None, *, make: bool = True) -> Path:
    """Where the made-up study of a size stands; it is written where it is not there yet."""
    study = study or Path(tempfile.gettempdir()) / f"jiujin-benchmark-{size}"
    if make and not (study / "study.toml").is_file():
        from madeup.large import write_large

        study.mkdir(parents=True, exist_ok=True)
        columns, rows = SHAPE[size]
        write_large(study, 1, columns=columns, rows=rows)
    return study


def measured(study: Path, *, pages: bool) -> dict[str, object]:
    """Compute the study here; processor and wall seconds and peak megabytes after each stage."""
    gc.set_threshold(200_000, 20, 100)  # as the command does
    stages: list[tuple[str, float, float, float]] = []
    wall = time.perf_counter()

    def tell(text: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        stages.append((text, time.process_time(), time.perf_counter() - wall, peak))

    tell("start")
    from jiujin import pipeline
    from jiujin.rendering import outputs
    from jiujin.rendering.tables import write_frame, write_parquet

    results = pipeline.run(pipeline.study_to_build(study, atlas=False), tell=tell)
    tell("tables")
    with tempfile.TemporaryDirectory() as folder:
        if pages:
            outputs.write_outputs(results, Path(folder) / "out")
        else:
            write_parquet(Path(folder) / "access.parquet", outputs.access_columns(results))
            write_frame(Path(folder) / "communities.csv", results.coverage.communities, outputs.COMMUNITY_COLUMNS)
            write_frame(Path(folder) / "facilities.csv", outputs.facility_frame(results), outputs.FACILITY_COLUMNS)
    tell("end")
    return {
        "stages": stages,
        "people": len(results.people),
        "vertices": int(results.streets.lon_e7.size),
        "sites": len(results.facilities),
        "pairs": sum(len(each.cm) for each in results.pairs.values()),
        "reading": reading_once(study),
    }


def reading_once(study: Path) -> float:
    """Processor seconds to read every input once and keep nothing of it."""
    import geopandas as gpd
    import osmium
    import pandas as pd
    import pyarrow.parquet as pq

    began = time.process_time()
    for thing in osmium.FileProcessor(str(study / "streets.osm.pbf")):
        if thing.is_way():
            [node.ref for node in thing.nodes]
    pq.read_table(study / "population.parquet").to_pandas()
    pd.read_csv(study / "facilities.csv")
    gpd.read_file(study / "communities.gpkg")
    return time.process_time() - began


def _table(told: dict, most_mb: float, most_seconds: float | None) -> int:
    stages, title = told["stages"], f"a study of {told['people']:,} people on {told['vertices']:,} vertices"
    print(f"{title}, {told['sites']:,} sites, {told['pairs']:,} pairs\n")
    print(f"{'stage':26s}{'cpu s':>9s}{'wall s':>9s}{'peak MB':>10s}")
    _, cpu, wall, peak = stages[-1]
    lines = [
        (STAGES.get(name.rstrip("…"), name), cpu_after - cpu_before, wall_after - wall_before, so_far)
        for (name, cpu_before, wall_before, _), (_, cpu_after, wall_after, so_far) in itertools.pairwise(stages)
    ]
    for name, cpu_s, wall_s, peak_mb in (*lines, ("whole", cpu, wall, peak)):
        print(f"{name:26s}{cpu_s:9.2f}{wall_s:9.2f}{peak_mb:10.0f}")
        keep(Row(question=title, what=name, cpu_ms=cpu_s * 1e3, wall_ms=wall_s * 1e3, peak_mb=peak_mb))
    print(f"\nper person {cpu / told['people'] * 1e6:.1f} µs and {peak / told['people'] * 1024:.2f} KB; ", end="")
    print(f"per vertex {cpu / told['vertices'] * 1e6:.1f} µs; {cpu / told['reading']:.1f} × reading the inputs once")
    keep(Row(question=title, what="reading the inputs once, nothing else", cpu_ms=told["reading"] * 1e3))
    held = [hold(title, "peak memory", peak, most_mb, "MB")]
    print(f"peak {peak:,.0f} MB, at most {most_mb:,.0f}{'' if held[0] else '  SHORT'}")
    if most_seconds is not None:
        held.append(hold(title, "by the clock, on two cores", wall, most_seconds, "s"))
        print(f"{wall:.0f} s by the clock, at most {most_seconds:.0f}{'' if held[1] else '  SHORT'}")
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
