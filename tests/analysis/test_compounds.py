"""People behind a wall go out by a gate, though a street runs along the other side of the wall."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box

from jiujin.analysis.compounds import Compounds, through_gates
from jiujin.errors import TableError
from jiujin.network.attach import attach
from jiujin.network.graph import build_network
from jiujin.pipeline import run
from jiujin.reading.streets import read_streets
from jiujin.reading.study_file import read_study
from worlds import PLANE, Town, lon_lat

SQUARE = [(210, 210), (390, 210), (390, 390), (210, 390)]


def ring(places) -> Polygon:
    return Polygon([lon_lat(*place) for place in places])


def town(
    folder: Path,
    *gates: tuple[float, float],
    compounds=(SQUARE,),
    ways=(),
    canteen=(200, 300),
    people=((220, 300), (100, 190)),
) -> Path:
    """A person 20 m east of the street where the canteen stands, in a walled block of the chessboard."""
    world = Town().facility("elderly_canteen", *canteen)
    for place in people:
        world.person(*place, age60=1)
    for way in ways:
        world.way(*way, highway="service")
    world.write(folder)
    shapes = [ring(each) for each in compounds] + [Point(lon_lat(*gate)) for gate in gates]
    features = gpd.GeoSeries(shapes, crs=4326)
    (folder / "小区.geojson").write_text(features.to_json(), encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(
        text.replace("[inputs]\n", '[inputs]\ncompounds = "小区.geojson"\n'), encoding="utf-8"
    )
    return folder


def walks_m(folder: Path) -> list[float]:
    access = run(read_study(folder)).access["elderly_canteen"]
    return [round(cm / 100, 1) for cm in access.walk_cm.tolist()]


def test_without_compounds_the_way_is_over_the_wall(tmp_path):
    Town().person(220, 300, age60=1).facility("elderly_canteen", 200, 300).write(tmp_path)
    assert walks_m(tmp_path) == [20.0]


def test_a_person_in_a_compound_walks_to_its_gate_and_round(tmp_path):
    """170 m to the gate times 1.15, 10 m to the street east of it, 400 m round the block; the neighbour as ever."""
    assert walks_m(town(tmp_path, (390, 300))) == pytest.approx([195.5 + 10 + 400, 10 + 100 + 100], abs=0.11)


def test_of_several_gates_each_walk_takes_the_one_that_makes_it_shortest(tmp_path):
    """To the south gate √(80² + 90²) = 120.4 m times 1.15, and 10 m; then 100 m west and 100 m north."""
    expected = 1.15 * np.hypot(80, 90) + 10 + 100 + 100
    assert walks_m(town(tmp_path, (390, 300), (300, 210)))[0] == pytest.approx(expected, abs=0.11)


def test_a_person_at_the_west_gate_leaves_by_the_east_gate_to_a_facility_there(tmp_path):
    """East: 170 m times 1.15, 10 m to the street and the canteen 10 m across. West: 11.5 + 10 m, and 400 m around."""
    results = run(read_study(town(tmp_path, (210, 300), (390, 300), canteen=(410, 300))))
    assert results.places[False].leg_cm[0] == pytest.approx(1150 + 1000, abs=2)
    assert results.access["elderly_canteen"].walk_cm[0] == pytest.approx(19_550 + 1000 + 1000, abs=11)


def test_a_facility_in_a_compound_is_reached_through_the_gate_that_suits_the_person(tmp_path):
    """The canteen stands in the middle: 10 + 90 times 1.15 m from either street; one neighbour is at each."""
    folder = town(tmp_path, (210, 300), (390, 300), canteen=(300, 300), people=[(190, 300), (410, 300), (300, 190)])
    through, south = 10 + 10 + 1.15 * 90, 10 + 100 + 100 + 10 + 1.15 * 90
    assert walks_m(folder) == pytest.approx([through, through, south], abs=0.11)


def test_within_one_compound_nobody_goes_out_to_come_in_again(tmp_path):
    """80 m from the person to the canteen behind the same wall, times 1.15; the neighbour outside comes by the gate."""
    folder = town(tmp_path, (210, 300), canteen=(300, 300), people=[(220, 300), (190, 300)])
    assert walks_m(folder) == pytest.approx([1.15 * 80, 10 + 10 + 1.15 * 90], abs=0.11)


def test_nobody_takes_a_short_cut_through_a_compound(tmp_path):
    """From the west street to a canteen on the east street is 400 m around the block, gates or not."""
    folder = town(tmp_path, (210, 300), (390, 300), canteen=(410, 300), people=[(190, 300), (300, 300)])
    assert walks_m(folder)[0] == pytest.approx(10 + 400 + 10, abs=0.11)


def test_without_gates_a_compound_opens_where_an_inner_street_meets_its_outline(tmp_path):
    """The inner street runs 10 m through the wall to the east street: its gate needs no further leg."""
    folder = town(tmp_path, ways=[[(400, 200), (400, 300)], [(400, 300), (300, 300)]])
    results = run(read_study(folder))
    assert results.places[False].leg_cm[0] == pytest.approx(115 * 170, abs=11)
    assert "1 个以内部道路与边界相交处为大门" in " ".join(problem.found for problem in results.problems)


def test_a_compound_with_neither_goes_by_the_nearest_street_and_that_is_told(tmp_path):
    folder = town(tmp_path)
    assert walks_m(folder)[0] == 20.0
    (told,) = [problem for problem in run(read_study(folder)).problems if problem.rule == "compound_gates"]
    assert told.severity == "warning"


def test_a_gate_far_from_every_wall_is_told_and_not_used(tmp_path):
    problems = run(read_study(town(tmp_path, (390, 300), (600, 600)))).problems
    assert [problem.rule for problem in problems if problem.rule == "gate_elsewhere"] == ["gate_elsewhere"]


def test_a_file_without_outlines_stops_the_work(tmp_path):
    folder = town(tmp_path, (390, 300), compounds=())
    with pytest.raises(TableError, match="小区范围面"):
        run(read_study(folder))


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    folder = Town().write(tmp_path_factory.mktemp("town"))
    streets, _, _ = read_streets(read_study(folder))
    return build_network(streets, PLANE)


places = st.tuples(st.integers(0, 800), st.integers(0, 800))


@settings(max_examples=40, deadline=None)
@given(
    people=st.lists(places, min_size=1, max_size=6), gates=st.lists(st.tuples(places, st.integers(0, 1)), max_size=5)
)
def test_every_leg_is_the_shortest_over_the_gates_of_the_compound(ground, people, gates):
    gates = sorted(gates, key=lambda gate: gate[1])
    spots = np.array([lon_lat(*at) for at, _ in gates]).reshape(-1, 2)
    areas = np.array([box(*lon_lat(-50, -50), *lon_lat(400, 850)), box(*lon_lat(300, -50), *lon_lat(850, 850))], object)
    compounds = Compounds(
        areas=areas, gate_lon=spots[:, 0], gate_lat=spots[:, 1], gate_of=np.array([of for _, of in gates], np.int32)
    )
    lon, lat = np.array([lon_lat(*at) for at in people]).T
    xy = PLANE.project(lon, lat)
    home, before = compounds.of(lon, lat), attach(ground, *xy)
    after = through_gates(before, ground, compounds, PLANE, home=home, xy=xy)
    at = PLANE.project(spots[:, 0], spots[:, 1])
    legs = attach(ground, *at).leg_cm
    for person, ((x, _), area) in enumerate(zip(people, home.tolist(), strict=True)):
        assert area == (0 if x <= 395 else 1 if x >= 405 else area)
        ways = [
            round(115 * float(np.hypot(xy[0][person] - at[0][gate], xy[1][person] - at[1][gate]))) + int(legs[gate])
            for gate, (_, of) in enumerate(gates)
            if of == area
        ]
        assert after.leg_cm[person] == (min(ways) if ways else before.leg_cm[person])
