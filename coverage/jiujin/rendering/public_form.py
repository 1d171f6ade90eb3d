"""What every output leaves out or blurs in the public profile; inside the office all of this gives back what it got."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import Site, SitingAnswer
from jiujin.analysis.suppression import LEAST, rounded
from jiujin.errors import Problem

Figures = Mapping[str, float | bool | None]

_FINE = 3
"""Rates beside blurred counts have so many decimals: all of them would tell the exact counts again."""


def is_public(results: Results) -> bool:
    """Whether these outputs may be read by anyone."""
    return results.study.output.profile == "public"


def blurred(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hide (NaN) counts of one to nine people and write the others in fives."""
    return np.where((counts > 0) & (counts < LEAST), np.nan, rounded(counts))


def shown_problems(results: Results) -> tuple[Problem, ...]:
    """Findings; to the public nothing about the people, nor what is not about one of the input files."""
    if not is_public(results):
        return results.problems
    about_people = {path.name for path in results.study.inputs.population}
    return tuple(p for p in results.problems if p.file and p.file.rsplit("/", 1)[-1] not in about_people)


def shown_siting(results: Results, answer: SitingAnswer) -> SitingAnswer:
    """
    Suggested sites; to the public with every number of people in fives, and nothing about small numbers.

    Whom the plan leaves unserved is not named to the public: a place could be one whose count is withheld elsewhere.
    """
    if not is_public(results):
        return answer
    counts = np.array([answer.gained, answer.people, answer.covered_before, answer.covered_after], np.float64)
    gained, people, before, after = blurred(counts).tolist()
    return replace(
        answer,
        sites=tuple(_shown_site(site) for site in answer.sites),
        gained=gained,
        people=people,
        covered_before=before,
        covered_after=after,
        curve=(),
        unserved=(),
        alternatives=(),
    )


def _shown_site(site: Site) -> Site:
    names = list(site.gained_by_group)
    gained = blurred(np.array([site.gained, site.needed, *site.gained_by_group.values()], np.float64)).tolist()
    rate = site.cumulative_rate
    return replace(
        site,
        gained=gained[0],
        needed=gained[1],
        gained_by_group=dict(zip(names, gained[2:], strict=True)),
        cumulative_rate=None if rate is None else round(rate, _FINE),
        substitutes=(),
    )


def shown_county(results: Results, county: pd.DataFrame) -> dict[str, dict[str, float | bool | None]]:
    """
    Figures of every service for `summary.json`; `county` is that of `shown_coverage`.

    To the public, counts are hidden where the tables hide them and in fives elsewhere, rates have three decimals.
    """
    exact = {service.id: dict(results.coverage.county[service.id]) for service in results.study.services}
    if not is_public(results):
        return exact
    rows = {str(row["service"]): row for row in county.to_dict("records")}
    return {service: _shown_figures(figures, rows[service]) for service, figures in exact.items()}


def _shown_figures(figures: Figures, row: Mapping[Hashable, float]) -> dict[str, float | bool | None]:
    shown = dict(figures)
    for name in ("people", "covered", "pop_rate", "radius_rate"):
        shown[name] = _number(row[name])
    for name, figure in figures.items():
        if name.endswith("_people"):
            shown[name] = None if figure is None else _number(float(blurred(np.array([float(figure)]))[0]))
        elif name.endswith("_rate") and (rate := shown[name]) is not None:
            shown[name] = round(float(rate), _FINE)
    return shown


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
