"""Everything that a build writes for the public: no home, no small count, none that is exact."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jiujin.analysis.results import Results
from jiujin.errors import Problem
from jiujin.rendering.outputs import write_outputs
from jiujin.rendering.public_form import blurred, shown_county, shown_problems, shown_siting


@pytest.fixture(scope="module")
def folder(public_county: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("public") / "out"
    study = public_county.study
    write_outputs(replace(public_county, study=replace(study, output=replace(study.output, atlas=False))), out)
    return out


def hidden_or_in_fives(counts: pd.Series) -> bool:
    known = counts.dropna()
    return bool(((known % 5 == 0) & ((known == 0) | (known >= 10))).all())


def test_the_table_of_people_holds_cells_and_no_resident(folder: Path, public_county: Results) -> None:
    table = pd.read_parquet(folder / "tables" / "access.parquet")
    people = public_county.people
    assert 0 < len(table) < len(people)
    assert not set(table["id"]) & set(people["id"])
    homes = set(zip(people["lon"], people["lat"], strict=True))
    assert not homes & set(zip(table["lon"], table["lat"], strict=True))
    for group in public_county.residents.groups:
        assert hidden_or_in_fives(table[group]), group
        assert (table[group] == 0).sum() < len(table)


def test_no_table_tells_a_small_or_an_exact_count(folder: Path) -> None:
    communities = pd.read_csv(folder / "tables" / "communities.csv", encoding="utf-8-sig")
    for name in ("people", "covered"):
        assert hidden_or_in_fives(communities[name])
    assert communities["people"].isna().any(), "the four people of the last village are hidden"
    assert communities["no_walk"].isna().all()
    facilities = pd.read_csv(folder / "tables" / "facilities.csv", encoding="utf-8-sig")
    assert hidden_or_in_fives(facilities["people_in_reach"])
    sites = json.loads((folder / "tables" / "sites.geojson").read_text(encoding="utf-8"))["features"]
    assert sites
    for site in sites:
        told = site["properties"]
        counts = [told[name] for name in told if name.startswith("gained") or name == "needed"]
        assert hidden_or_in_fives(pd.Series(counts, dtype=float))
        assert told["substitutes"] is None


def test_the_summary_tells_counts_in_fives_and_rates_in_three_decimals(folder: Path) -> None:
    services = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["services"]
    for told in services.values():
        counts = [told[name] for name in told if name in ("people", "covered") or name.endswith("_people")]
        assert hidden_or_in_fives(pd.Series(counts, dtype=float))
        for name in ("pop_rate", "radius_rate"):
            assert told[name] is None or told[name] == round(told[name], 3)


def test_inside_the_office_every_figure_stays_as_it_was_counted(county: Results) -> None:
    assert shown_problems(county) is county.problems
    assert county.siting is not None
    assert shown_siting(county, county.siting) is county.siting
    exact = {service.id: dict(county.coverage.county[service.id]) for service in county.study.services}
    assert shown_county(county, pd.DataFrame()) == exact


def test_findings_about_people_are_for_the_office_alone(public_county: Results) -> None:
    population = public_county.study.inputs.population[0].name
    told = {"severity": "warning", "rule": "r"}
    problems = (
        Problem(file=population, row=3, found="人数为负", **told), Problem(found="7人不在任何社区", **told),
        Problem(file="facilities.csv", row=2, found="缺经度", **told),
    )  # fmt: skip
    shown = shown_problems(replace(public_county, problems=problems))
    assert [problem.found for problem in shown] == ["缺经度"]


def test_one_to_nine_are_hidden_and_others_told_in_fives() -> None:
    counts = np.array([0, 0.4, 1, 9.9, 10, 12, 13, 47.5, np.nan])
    assert np.array_equal(blurred(counts), [0, np.nan, np.nan, np.nan, 10, 10, 15, 50, np.nan], equal_nan=True)
