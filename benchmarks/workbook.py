"""
How long the annex tables of a county of 1,000 communities take to write, in CPU seconds of this process.

    python benchmarks/workbook.py [--communities 1000] [--rounds 3]

The example county is computed once and its communities, facilities and gaps are repeated under new codes until there
are as many as asked for; only the writing is measured. Exit status 1 above `LIMIT_S`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage")]

from figures import hold  # noqa: E402

from jiujin import pipeline  # noqa: E402
from jiujin.analysis.results import Results  # noqa: E402
from jiujin.reading.study_file import read_study  # noqa: E402
from jiujin.rendering.workbook import write_workbook  # noqa: E402

LIMIT_S = 3.0


def stretched(results: Results, wanted: int) -> Results:
    """Repeat communities, facilities and gaps until there are `wanted` communities."""
    have = len(results.communities)
    times = -(-wanted // have)
    services = len(results.study.services)
    table = repeated(results.coverage.communities, times, "community_code").head(wanted * services)
    communities = repeated(results.communities, times, "code").head(wanted)
    home = np.concatenate([np.where(results.facility_community >= 0, results.facility_community, -1)] * times)
    rows = len(results.facilities)
    people = {
        service: pd.concat([sites.assign(row=sites["row"] + rows * turn) for turn in range(times)])
        for service, sites in results.site_people.items()
    }
    sites = {kind: places.select(np.tile(np.arange(rows), times)) for kind, places in results.sites.items()}
    return replace(
        results,
        coverage=replace(results.coverage, communities=table),
        communities=communities,
        facilities=repeated(results.facilities, times, "id"),
        facility_community=home.astype(np.int32),
        site_people=people,
        sites=sites,
        answers=replace(results.answers, gaps=repeated(results.answers.gaps, times, "community_code")),
    )


def repeated(frame: pd.DataFrame, times: int, code: str) -> pd.DataFrame:
    """Put a frame under itself so many times, each with codes of its own."""
    parts = [frame.assign(**{code: [f"{each}-{turn}" for each in frame[code]]}) for turn in range(times)]
    return pd.concat(parts, ignore_index=True)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--communities", type=int, default=1000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    results = stretched(pipeline.run(read_study(pipeline.example_study())), options.communities)
    held, title = True, f"annex tables of {options.communities:,} communities"
    for profile in ("internal", "public"):
        study = replace(results.study, output=replace(results.study.output, profile=profile))
        seconds = []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tables.xlsx"
            for _ in range(options.rounds):
                before = time.process_time()
                write_workbook(replace(results, study=study), path)
                seconds.append(time.process_time() - before)
            size = path.stat().st_size
        print(
            f"{profile}: {options.communities} communities x {len(study.services)} services, "
            f"{len(results.facilities)} facilities, {len(results.answers.gaps)} gaps: "
            f"best {min(seconds):.2f} s, worst {max(seconds):.2f} s (limit {LIMIT_S} s), {size / 1e6:.2f} MB"
        )
        held &= hold(
            title, f"{profile}: processor seconds", min(seconds), LIMIT_S, "s", median_ms=median(seconds) * 1e3
        )
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
