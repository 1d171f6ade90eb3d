"""Whole studies, from files to tables, whose answers were worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiujin import pipeline
from jiujin.analysis.results import Results
from jiujin.errors import JiujinError
from jiujin.network.search import NO_WALK
from jiujin.reading.study_file import read_study
from worlds import PLANE, Town, lon_lat

BLOCK_CM = 20_000


def answer(town: Town, folder: Path) -> Results:
    return pipeline.run(read_study(town.write(folder)))


def walks(results: Results, service: str = "party_centre") -> list[float | None]:
    cm = results.access[service].walk_cm.tolist()
    return [None if each == NO_WALK else each / 100 for each in cm]


def test_people_walk_along_the_chessboard_and_not_across_it(tmp_path: Path) -> None:
    town = Town().person(0, 0).person(200, 200).person(0, 400).facility("party_centre", 400, 400)
    found = walks(answer(town, tmp_path))
    assert found == pytest.approx([800, 400, 400], abs=0.05)  # two by two blocks, one by one, none by two


def test_both_legs_count(tmp_path: Path) -> None:
    town = Town().person(100, 30).facility("party_centre", 300, -20)
    # 30 m to the street, 200 m along it, 20 m from it
    assert walks(answer(town, tmp_path)) == pytest.approx([250], abs=0.05)


def test_two_on_one_street_meet_without_going_to_its_ends(tmp_path: Path) -> None:
    town = Town().person(95, 0).facility("party_centre", 105, 0)
    assert walks(answer(town, tmp_path)) == pytest.approx([10], abs=0.02)


def test_exactly_at_the_reach_is_covered_and_a_centimetre_farther_is_not(tmp_path: Path) -> None:
    town = Town().person(0, 0).facility("party_centre", 400, 0)
    walk_cm = int(answer(town, tmp_path / "a").access["party_centre"].walk_cm[0])
    assert abs(walk_cm - 2 * BLOCK_CM) <= 4
    # a leg of the person brings the walk to whole metres, so that a reach in metres can be met exactly
    leg_m = (-walk_cm % 100) / 100 + 1
    near = Town(settings=f"[services.party_centre]\nreach_m = {{ urban = {walk_cm // 100 + 2}, rural = 5 }}")
    near.person(0, -leg_m).person(0, -leg_m - 0.01).facility("party_centre", 400, 0)
    results = answer(near, tmp_path / "b")
    reach_cm = int(results.access["party_centre"].reach_cm[0])
    exact, farther = results.access["party_centre"].walk_cm.tolist()
    assert farther - exact == 1
    covered = results.access["party_centre"].covered.tolist()
    assert covered == [exact <= reach_cm, farther <= reach_cm]
    assert exact == reach_cm


def test_a_person_501_m_off_the_network_is_off_it_and_stays_in_the_denominator(tmp_path: Path) -> None:
    town = Town().person(400, -499.9, 3).person(400, -501, 7).facility("party_centre", 400, 0)
    results = answer(town, tmp_path)
    assert walks(results) == [pytest.approx(499.9, abs=0.05), None]
    county = results.coverage.county["party_centre"]
    assert (county["people"], county["covered"], county["off_network_people"]) == (10, 3, 7)


def test_an_island_is_dropped_and_its_people_are_counted(tmp_path: Path) -> None:
    island = [(400.0, 1200.0), (900.0, 1200.0)]
    town = Town().way(*island).person(450, 1195, 5).facility("party_centre", 400, 800)
    results = answer(town, tmp_path)
    county = results.coverage.county["party_centre"]
    assert results.networks[False].components_dropped == 1
    assert county["island_people"] == 5
    assert walks(results) == pytest.approx([395 + 50], abs=0.1)  # to the chessboard's top row, then along it


def test_a_large_second_component_is_kept_and_has_no_walk(tmp_path: Path) -> None:
    far = [(0.0, 1600.0), (2100.0, 1600.0)]
    town = Town().way(*far).person(100, 1610, 4).person(0, 0, 6).facility("party_centre", 0, 0)
    results = answer(town, tmp_path)
    county = results.coverage.county["party_centre"]
    assert results.networks[False].components_kept == 2
    assert (county["covered"], county["no_walk_people"]) == (6, 4)


def test_steps_are_no_way_to_the_rukang_home(tmp_path: Path) -> None:
    town = (
        Town(size=0).way((0, 0), (0, 100), (0, 2500)).way((0, 0), (300, 0), highway="steps").way((0, 100), (300, 100))
    )
    town.way((300, 0), (300, 100)).person(0, 0, disabled=1).facility("rukang_home", 300, 0)
    town.facility("party_centre", 300, 0)
    results = answer(town, tmp_path)
    assert walks(results, "party_centre") == pytest.approx([300], abs=0.05)
    assert walks(results, "rukang_home") == pytest.approx([500], abs=0.05)  # around the steps


def test_equal_walks_go_to_the_lower_id(tmp_path: Path) -> None:
    town = Town().person(400, 400)
    town.facility("party_centre", 400, 600, id="B").facility("party_centre", 400, 600, id="A", name="同址")
    results = answer(town, tmp_path)
    nearest = results.facilities["id"].to_numpy()[results.access["party_centre"].facility_row]
    assert nearest.tolist() == ["A"]


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        ({}, True),
        ({"status": "停用"}, False),
        ({"status": "在建"}, False),
        ({"opened": "2024-01-01"}, False),
        ({"opened": "2023-12-31"}, True),
        ({"closed": "2023-12-31"}, False),
        ({"closed": "2024-01-01"}, True),
        ({"opened": "2023年"}, True),
        ({"opened": "2024年"}, False),
    ],
)
def test_what_counts_is_what_runs_on_the_day(tmp_path: Path, facts: dict[str, str], counts: bool) -> None:
    town = Town().person(0, 0).facility("party_centre", 0, 0, **facts)
    assert answer(town, tmp_path).coverage.county["party_centre"]["sites"] == int(counts)


def test_reach_is_that_of_the_persons_community(tmp_path: Path) -> None:
    town = Town(size=15, settings="[services.party_centre]\nreach_m = { urban = 1000, rural = 1500 }")
    town.communities = [
        ("370000001001", "城", "urban", (-500.0, -500.0, 1400.0, 3500.0)),
        ("370000001201", "乡", "rural", (1400.0, -500.0, 3500.0, 3500.0)),
    ]
    town.person(0, 0).person(2600, 0).facility("party_centre", 1300, 0)  # both 1300 m away
    results = answer(town, tmp_path)
    assert results.access["party_centre"].covered.tolist() == [False, True]
    table = results.coverage.communities.set_index(["community_name", "service"])
    assert table.loc[("城", "party_centre"), "pop_rate"] == 0
    assert table.loc[("乡", "party_centre"), "pop_rate"] == 1
    county = results.coverage.county["party_centre"]
    assert (county["pop_rate"], county["unit_has"], county["unit_reached"]) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(("place", "said"), [("104.06,30.67", "没有重叠"), ("24.94,60.17", "没有任何可用的人口点")])
def test_layers_from_two_places_are_refused(tmp_path: Path, place: str, said: str) -> None:
    folder = Town().person(0, 0).facility("party_centre", 0, 0).write(tmp_path)
    (folder / "population.csv").write_text(f"id,lon,lat,total\n1,{place},5\n", encoding="utf-8")
    with pytest.raises(JiujinError, match=said):
        pipeline.run(read_study(folder))


def test_a_build_writes_every_table_and_reads_back(tmp_path: Path) -> None:
    town = Town().person(0, 0, age60=2).person(2000, 2000).facility("party_centre", 400, 400)
    report = pipeline.build(town.write(tmp_path / "棋盘镇"), tmp_path / "out", atlas=False)
    out = tmp_path / "out"
    assert json.loads((out / "summary.json").read_text(encoding="utf-8")) == json.loads(
        json.dumps(report.summary, default=str)
    )
    access = pd.read_parquet(out / "tables" / "access.parquet")
    assert access["id"].tolist() == ["P1", "P2"]
    assert access["party_centre_m"].isna().tolist() == [False, True]
    assert access["rukang_home_m"].isna().all()
    communities = pd.read_csv(out / "tables" / "communities.csv", dtype={"community_code": str})
    assert communities["service"].tolist() == ["party_centre", "elderly_canteen", "rukang_home", "health_centre"]
    facilities = pd.read_csv(out / "tables" / "facilities.csv")
    assert facilities.loc[0, ["id", "counted", "people_in_reach"]].tolist() == ["F1", True, 1]


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    town = Town().person(0, 0, age60=2).person(500, 600).facility("party_centre", 400, 400)
    folder = town.write(tmp_path / "study")
    for name in ("one", "two"):
        pipeline.build(folder, tmp_path / name)
    files = [path.relative_to(tmp_path / "one") for path in sorted((tmp_path / "one").rglob("*")) if path.is_file()]
    differing = [f for f in files if (tmp_path / "one" / f).read_bytes() != (tmp_path / "two" / f).read_bytes()]
    assert files
    assert differing == []


places = st.tuples(st.integers(-100, 900), st.integers(-100, 900))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(places, min_size=1, max_size=8), sites=st.lists(places, min_size=1, max_size=4), new=places)
def test_one_more_facility_never_lengthens_a_walk(
    tmp_path_factory: pytest.TempPathFactory,
    people: list[tuple[int, int]],
    sites: list[tuple[int, int]],
    new: tuple[int, int],
) -> None:
    town = Town()
    for place in people:
        town.person(*place)
    for place in sites:
        town.facility("party_centre", *place)
    before = answer(town, tmp_path_factory.mktemp("before")).access["party_centre"]
    after = answer(town.facility("party_centre", *new), tmp_path_factory.mktemp("after")).access["party_centre"]
    assert (after.walk_cm <= before.walk_cm).all()
    assert (before.straight_cm <= before.walk_cm + 2 + before.walk_cm // 10_000).all()  # plane against ellipsoid


def test_the_towns_plane_is_metres() -> None:
    east = PLANE.project(*map(float, lon_lat(1000, 0)))  # type: ignore[arg-type]
    west = PLANE.project(*map(float, lon_lat(0, 0)))  # type: ignore[arg-type]
    assert float(east[0] - west[0]) == pytest.approx(1000, abs=0.02)
