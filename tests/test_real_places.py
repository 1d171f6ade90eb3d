"""Whole builds on the real places beside the checkout: every sum agrees, every walk is a walk, the page is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jiujin import pipeline
from real_studies import write_study

PEOPLE = {"guixi": 118_299, "wuhan": 5_755_512, "shanghai_core": 195_156, "helsinki_centre": 7_801}
"""Residents of each place, as the README beside its data states them."""


@pytest.mark.parametrize("place", PEOPLE)
def test_a_build_on_a_real_place_adds_up(place: str, shared_data: Path, tmp_path: Path) -> None:
    study = write_study(tmp_path / place, shared_data / place)
    report = pipeline.build(study, tmp_path / "out", atlas=False, cache=False)
    out = tmp_path / "out"
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    access = pd.read_parquet(out / "tables" / "access.parquet")
    communities = pd.read_csv(out / "tables" / "communities.csv", dtype={"community_code": str})
    assert access["total"].sum() == PEOPLE[place]
    for service, figures in summary["services"].items():
        mine = communities[communities["service"] == service]
        assert np.isclose(mine["covered"].sum(), figures["covered"], rtol=1e-12)
        assert figures["people"] + report.results.coverage.outside[service] == pytest.approx(
            report.results.residents.groups[report.results.study.service(service).group].sum()
        )
        walked = access.dropna(subset=f"{service}_m")
        # the plane stretches the ellipsoid by parts in ten thousand, and every leg and piece is rounded
        assert (walked[f"{service}_m"] >= walked[f"{service}_radius_m"] * 0.999 - 0.05).all()
    assert (out / "index.html").stat().st_size < 2_200_000
    assert len(report.results.coverage.checks) == len(summary["services"])
