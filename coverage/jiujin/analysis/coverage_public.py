"""
Coverage as it may be shown: exact inside the office, blurred and without small counts where anyone may read it.

`shown_coverage` gives communities, townships and the county in one form for both, so that a table, a page and a CSV
file all hide the same cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jiujin.analysis.coverage_tables import Coverage
from jiujin.analysis.suppression import SHOWN, Floats, Marks, rounded, suppress
from jiujin.study import Service

FEW_PEOPLE = 30
"""Below this many people a rate is told as a band only, and no walk is told as a quantile."""

BANDS = ("0—20%", "20—40%", "40—60%", "60—80%", "80—100%")

_RATES = ("pop_rate", "radius_rate")
_WALKS = ("mean_walk_m", "median_walk_m", "p90_walk_m")
_PARTS = ("beyond", "no_walk", "off_network")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageShown:
    """
    Rows by unit and service: `communities` (as `Coverage.communities`), `townships` and `county` (as its splits).

    All have `uncovered`, the marks of `people`, `covered` and `uncovered` (`people_mark`, … as in `suppression`) and
    `rate_band` (None where the rate itself is shown). In the public form hidden counts are NaN, others rounded to
    five; rates come from the exact counts.
    """

    public: bool
    communities: pd.DataFrame
    townships: pd.DataFrame
    county: pd.DataFrame


def shown_coverage(coverage: Coverage, services: Sequence[Service], *, public: bool) -> CoverageShown:
    """Prepare the coverage tables for their readers; `public` hides and rounds."""
    tables = [coverage.communities, _split(coverage, "township"), _split(coverage, "county")]
    prepared = [_prepared(table) for table in tables]
    if public:
        prepared = _public(prepared, services)
    communities, townships, county = prepared
    return CoverageShown(public=public, communities=communities, townships=townships, county=county)


def _split(coverage: Coverage, name: str) -> pd.DataFrame:
    return coverage.splits[coverage.splits["split"] == name].reset_index(drop=True)


def _prepared(table: pd.DataFrame) -> pd.DataFrame:
    marks = {f"{name}_mark": np.zeros(len(table), np.uint8) for name in ("people", "covered", "uncovered")}
    bands = np.full(len(table), None, object)
    return table.assign(uncovered=table["people"] - table["covered"], rate_band=bands, **marks)


def _public(tables: Sequence[pd.DataFrame], services: Sequence[Service]) -> list[pd.DataFrame]:
    done: list[list[pd.DataFrame]] = [[], [], []]
    for service in services:
        parts = [table[table["service"] == service.id] for table in tables]
        for place, part in enumerate(_blurred(parts)):
            done[place].append(part)
    return [pd.concat(parts).sort_index() for parts in done]


def _blurred(parts: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Hide, round and band the rows of one service: its communities, townships and the county."""
    communities, townships, _ = parts
    if not len(communities) or bool(communities["people"].isna().any()):
        return list(parts)  # nobody counted the group, so there is nothing to hide
    numbers = {name: at for at, name in enumerate(townships["value"].tolist())}
    group = np.array([numbers.get(name, -1) for name in communities["township"].tolist()], np.int64)
    people = communities["people"].to_numpy(np.float64)
    marks = suppress(people, communities["covered"].to_numpy(np.float64), group)
    circles = np.round(np.nan_to_num(communities["radius_rate"].to_numpy(np.float64)) * people, 6)
    radius = suppress(people, circles, group).covered
    ends = np.cumsum([0, len(communities), len(townships), 1])
    found = []
    for part, start, end in zip(parts, ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        of_part = (marks.people[start:end], marks.covered[start:end], marks.uncovered[start:end])
        found.append(_masked(part, of_part, radius[start:end]))
    return found


def _masked(table: pd.DataFrame, marks: tuple[Marks, Marks, Marks], radius: Marks) -> pd.DataFrame:
    people = table["people"].to_numpy(np.float64)
    hidden, few = marks[1] != SHOWN, people < FEW_PEOPLE
    rate = table["pop_rate"].to_numpy(np.float64)
    banded = few & ~hidden & (people > 0)
    bands = [name if known else None for name, known in zip(band(rate), banded.tolist(), strict=True)]
    shown: dict[str, Any] = {"rate_band": np.array(bands, object)}
    for name, mark in zip(("people", "covered", "uncovered"), marks, strict=True):
        shown[name] = np.where(mark == SHOWN, rounded(table[name].to_numpy(np.float64)), np.nan)
        shown[f"{name}_mark"] = mark
    shown["pop_rate"] = np.where(hidden | few, np.nan, rate)
    shown["radius_rate"] = np.where(hidden | few | (radius != SHOWN), np.nan, table["radius_rate"])
    shown["unit_reached"] = np.where(hidden, np.nan, table["unit_reached"])
    shown |= {name: np.where(hidden | few, np.nan, table[name]) for name in _WALKS}
    shown |= dict.fromkeys(_PARTS, np.full(len(table), np.nan))
    return table.assign(**shown)


def band(rate: Floats) -> list[str | None]:
    """Name the fifth that each rate lies in; null rates get None."""
    last = len(BANDS) - 1
    return [None if np.isnan(each) else BANDS[min(int(each * len(BANDS)), last)] for each in rate.tolist()]
