"""The tables as anyone may read them: what is hidden in one place follows from no other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.small_counties import CANTEEN, access_of, communities_of, no_marks, people_of
from jiujin.analysis.coverage_public import CoverageShown, band, shown_coverage
from jiujin.analysis.coverage_tables import coverage_tables
from jiujin.analysis.suppression import SHOWN, SMALL, WITHHELD


def shown(people: list[float], walks: list[float | None], *, public: bool = True) -> CoverageShown:
    """One person point in each community of two townships, so many people, so far from the canteen."""
    codes = [(f"37000000{1 + row // 3}20{row % 3}", "甲镇" if row < 3 else "乙镇", "111", "居委会") for row in range(6)]
    home = np.arange(6, dtype=np.int32)
    coverage = coverage_tables(
        [CANTEEN],
        access={"canteen": access_of(CANTEEN, walks)},
        residents=people_of(home, age60=people),
        communities=communities_of(*codes),
        facility_community=np.array([0], np.int32),
        marks=no_marks(6),
    )
    return shown_coverage(coverage, [CANTEEN], public=public)


def test_inside_the_office_everything_is_exact() -> None:
    found = shown([3, 101, 202, 303, 404, 505], [100] * 6, public=False)
    assert found.communities["people"].tolist() == [3, 101, 202, 303, 404, 505]
    assert not found.communities["people_mark"].any()
    assert found.county["covered"].tolist() == [1518]


def test_the_public_reads_rounded_counts_and_never_a_few() -> None:
    found = shown([3, 101, 202, 303, 404, 505], [100] * 6)
    assert found.communities["people_mark"].tolist() == [SMALL, WITHHELD, SHOWN, SHOWN, SHOWN, SHOWN]
    people = found.communities["people"]
    assert people.isna().tolist() == [True, True, False, False, False, False]
    assert people[2:].tolist() == [200, 305, 405, 505]
    assert found.townships["people"].tolist() == [305, 1210]
    assert found.county["people"].tolist() == [1520]


def test_rates_come_from_exact_counts_and_are_bands_where_few_live() -> None:
    found = shown([20, 101, 202, 303, 404, 505], [100, 9000, 100, 100, 100, 100])
    row = found.communities.iloc[0]
    assert (row["rate_band"], np.isnan(row["pop_rate"]), np.isnan(row["median_walk_m"])) == ("80—100%", True, True)
    assert found.townships["pop_rate"][0] == 222 / 323


def test_what_tells_the_same_is_hidden_too() -> None:
    found = shown([3, 101, 202, 303, 404, 505], [100] * 6).communities
    hidden = found["covered_mark"] != SHOWN
    for column in ("covered", "uncovered", "pop_rate", "radius_rate", "median_walk_m", "p90_walk_m", "unit_reached"):
        assert found.loc[hidden, column].isna().all()
    assert found[["no_walk", "off_network", "beyond"]].isna().all().all()


def test_bands_are_fifths() -> None:
    assert band(np.array([0.0, 0.2, 0.999, 1.0, np.nan])) == ["0—20%", "20—40%", "80—100%", "80—100%", None]


def test_an_unknown_group_hides_nothing_and_shows_nothing() -> None:
    table = shown([3, 101, 202, 303, 404, 505], [100] * 6, public=False).communities
    assert isinstance(table, pd.DataFrame)
    codes = [("370000001201", "甲镇", "111", "居委会")]
    coverage = coverage_tables(
        [CANTEEN],
        access={"canteen": access_of(CANTEEN, [100])},
        residents=people_of([0], total=[5]),
        communities=communities_of(*codes),
        facility_community=np.array([0], np.int32),
        marks=no_marks(1),
    )
    found = shown_coverage(coverage, [CANTEEN], public=True)
    assert found.communities["people"].isna().all()
    assert not found.communities["people_mark"].any()
