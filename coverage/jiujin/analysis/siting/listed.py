"""The candidates of an office's table: which of them a site could stand on, and why not the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jiujin.analysis.results import Results
from jiujin.analysis.siting.candidates import onto_streets
from jiujin.errors import Problem
from jiujin.study import Service


def usable(results: Results, service: Service, listed: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Keep the rows of a candidate table where a site could be built and reached; list the others with their rows.

    `listed` as `read_candidates` gives it. Left out are candidates farther from every street of the service's network
    than the snap limit, and those that cost less than nothing.
    """
    limit_m = results.study.walk.snap_limit_m
    leg_cm = onto_streets(results, service.step_free, listed).leg_cm
    away = leg_cm > limit_m * 100
    negative = (listed["cost"] < 0).to_numpy(np.bool_)
    problems = []
    for row in np.flatnonzero(away | negative).tolist():
        name = listed["name"].iloc[row]
        if away[row]:
            found, wanted = f"备选点位“{name}”离道路 {leg_cm[row] / 100:.0f} 米", f"离道路不超过 {limit_m} 米的点位"
            problems.append(_left_out(listed, row, "candidate_off_network", found, wanted))
        if negative[row]:
            problems.append(_left_out(listed, row, "negative_cost", f"备选点位“{name}”的造价是负数", "不小于 0 的造价"))
    return listed[~(away | negative)].reset_index(drop=True), problems


def _left_out(listed: pd.DataFrame, row: int, rule: str, found: str, wanted: str) -> Problem:
    told = listed.iloc[row]
    return Problem(
        severity="error",
        rule=rule,
        found=found,
        wanted=wanted,
        action="未使用该行",
        file=told["source"],
        sheet=told["sheet"] or "",
        row=int(told["row"]),
    )
