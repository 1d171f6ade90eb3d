"""The page lets people out of their compounds by the gates that Python lets them out by, walk by walk."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely import Point, box

from jiujin.analysis.placing import behind_walls
from jiujin.network.attach import attach
from jiujin.network.search import nearest
from jiujin.pipeline import find_sites, run
from jiujin.reading.study_file import read_study
from jiujin.rendering.page import pack_page
from jiujin.rendering.page_data import page_data
from jiujin.study import SitingQuestion
from page.asking import ask
from worlds import Town, lon_lat

SERVICES = ("elderly_canteen", "rukang_home")


def walled(town: Town, folder: Path, *gates: tuple[float, float]) -> Path:
    """The town with a wall around the block from 210 to 390 m, and these gates in it."""
    town.write(folder)
    shapes = [box(*lon_lat(210, 210), *lon_lat(390, 390)), *(Point(lon_lat(*gate)) for gate in gates)]
    (folder / "小区.geojson").write_text(gpd.GeoSeries(shapes, crs=4326).to_json(), encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    said = text.replace("[inputs]\n", '[inputs]\ncompounds = "小区.geojson"\n')
    (folder / "study.toml").write_text(said, encoding="utf-8")
    return folder


def test_the_page_walks_through_the_gate_to_the_centimetre(tmp_path):
    town = Town().person(220, 300, age60=1).facility("elderly_canteen", 200, 300)
    results = run(read_study(walled(town, tmp_path, (390, 300))))
    lon, lat = lon_lat(220, 300)
    walks, check, said = ask(
        pack_page(page_data(results)),
        ["walks", "elderly_canteen"],
        ["selfCheck"],
        ["walk", "elderly_canteen", lon, lat],
    )
    assert walks == results.access["elderly_canteen"].walk_cm.tolist()
    assert said["metres"] == pytest.approx(walks[0] / 100)
    assert walks[0] > 60_000
    assert check["differing"] == 0


spots = st.tuples(st.integers(205, 395), st.integers(205, 395)) | st.tuples(st.integers(0, 800), st.integers(0, 800))
gates = st.sampled_from([(210, 300), (390, 300), (300, 210), (300, 390), (390, 230)])


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    people=st.lists(spots, min_size=1, max_size=8),
    sites=st.lists(st.tuples(st.sampled_from(SERVICES), spots), min_size=1, max_size=5),
    doors=st.lists(gates, min_size=1, max_size=4, unique=True),
    data=st.data(),
)
def test_page_and_python_agree_on_every_walk_and_on_closing_a_facility(tmp_path_factory, people, sites, doors, data):
    town = Town(settings="[services.elderly_canteen]\nreach_m = { urban = 300, rural = 300 }")
    for number, place in enumerate(people):
        town.person(*place, age60=1 + number % 3, disabled=1)
    town.way((150, 250), (450, 250), highway="steps")
    for service, place in sites:
        town.facility(service, *place)
    results = run(read_study(walled(town, tmp_path_factory.mktemp("walls"), *doors)))
    own = results.facilities[results.facilities["service"] == "elderly_canteen"]
    closed = data.draw(st.lists(st.sampled_from(own["id"].tolist()), unique=True)) if len(own) else []
    page = page_data(results)
    at = page.attached[False]
    order = np.lexsort((at.at_cm, at.piece))  # in which the page holds whole persons
    asked = [[question, service] for question in ("walks", "nearest") for service in SERVICES]
    asked += [["selfCheck"], ["pathLengths", "elderly_canteen"], ["whatIf", "elderly_canteen", [], closed]]
    told = ask(pack_page(page), *asked)
    for number, service in enumerate(SERVICES):
        access = results.access[service]
        assert told[number] == access.walk_cm[order].tolist()
        ids = np.append(results.facilities["id"].to_numpy(object)[access.sites], None)
        assert told[2 + number] == ids[access.facility][order].tolist()
    assert told[4]["differing"] == 0
    assert [path and path["cm"] for path in told[5]] == [
        cm if path else None for cm, path in zip(told[0], told[5], strict=True)
    ]
    rest = own[~own["id"].isin(closed)]
    again = covered_with(results, rest.index.to_numpy())
    assert told[6]["covered"] == again


def covered_with(results, rows) -> float:
    """People of 60 who reach one of these rows of the facilities, by a search of their own."""
    from jiujin.network.search import nearest

    walks = nearest(results.networks[False], results.places[False], results.sites[False].select(rows))
    reach = results.access["elderly_canteen"].reach_cm
    return float(results.people["age60"].to_numpy()[walks.cm <= reach].sum())


CANTEEN = "elderly_canteen"


def test_a_free_place_behind_the_wall_walks_round_by_the_gate_as_a_person_there_would(tmp_path):
    town = Town().person(220, 300, age60=1).person(700, 700, age60=1).facility(CANTEEN, 200, 300)
    results = run(read_study(walled(town, tmp_path, (390, 300))))
    beside, outside = lon_lat(220, 301), lon_lat(205, 300)
    inside, before_it = ask(pack_page(page_data(results)), ["walk", CANTEEN, *beside], ["walk", CANTEEN, *outside])
    at_home = results.access[CANTEEN].walk_cm[0] / 100
    assert inside["metres"] == pytest.approx(at_home, abs=1)
    assert before_it["metres"] == pytest.approx(5, abs=0.1)


def test_a_free_place_in_the_yard_of_a_facility_does_not_leave_it(tmp_path):
    town = Town().person(700, 700, age60=1).facility(CANTEEN, 380, 300)
    results = run(read_study(walled(town, tmp_path, (210, 300))))
    (said,) = ask(pack_page(page_data(results)), ["walk", CANTEEN, *lon_lat(280, 300)])
    assert said["metres"] == pytest.approx(115, abs=0.1)


def test_a_site_placed_in_a_yard_serves_the_yard_at_once_and_the_street_outside_by_the_gate(tmp_path):
    """The person behind the wall walks 34.5 m; the one at the wall outside 700 m round, over the reach of 300."""
    town = Town(settings="[services.elderly_canteen]\nreach_m = { urban = 300, rural = 300 }")
    town.person(250, 300, age60=2).person(200, 300, age60=5).person(400, 300, age60=7).facility("party_centre", 0, 0)
    results = run(read_study(walled(town, tmp_path, (390, 300))))
    (said,) = ask(pack_page(page_data(results)), ["whatIf", CANTEEN, [lon_lat(220, 300)], []])
    assert said["covered"] == 9  # the yard, and 10 m beyond the gate: 1.15 x 170 + 10


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    people=st.lists(spots, min_size=1, max_size=8),
    sites=st.lists(spots, min_size=1, max_size=3),
    asked=st.lists(spots, min_size=1, max_size=6),
    doors=st.lists(gates, min_size=1, max_size=3, unique=True),
)
def test_free_places_and_placed_sites_are_what_a_build_gives(tmp_path_factory, people, sites, asked, doors):
    town = Town(settings="[services.elderly_canteen]\nreach_m = { urban = 250, rural = 250 }")
    for number, place in enumerate(people):
        town.person(*place, age60=1 + number % 3)
    for place in sites:
        town.facility(CANTEEN, *place)
    folder = walled(town, tmp_path_factory.mktemp("yards"), *doors)
    results = run(read_study(folder))
    places = [lon_lat(*place) for place in asked]
    fresh = [{"service": CANTEEN, "name": f"新{i}", "lon": at[0], "lat": at[1]} for i, at in enumerate(places)]
    *walks, said, scenario = ask(
        pack_page(page_data(results)),
        *(["walk", CANTEEN, *place] for place in places),
        ["whatIf", CANTEEN, places, []],
        ["exported", fresh, []],
    )
    assert [walk["metres"] for walk in walks] == pytest.approx(built_walks(results, places), abs=0.05)
    (folder / "方案.geojson").write_text(json.dumps(scenario, ensure_ascii=False), encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    said_with = text.replace('facilities = "facilities.csv"', 'facilities = ["facilities.csv", "方案.geojson"]')
    assert said_with != text
    (folder / "study.toml").write_text(said_with, encoding="utf-8")
    county = run(read_study(folder)).coverage.county[CANTEEN]
    assert (said["people"], said["covered"]) == (county["people"], county["covered"])


def built_walks(results, places) -> list[float]:
    """Metres from these places to the nearest canteen, as a person living there would walk."""
    lon, lat = (np.array(values) for values in zip(*places, strict=True))
    network, plane = results.networks[False], results.plane
    here = behind_walls(attach(network, *plane.project(lon, lat)), network, plane, results.compounds, (lon, lat))
    sites = results.sites[False].select(results.access[CANTEEN].sites)
    return [cm / 100 for cm in nearest(network, here, sites).cm.tolist()]


def test_a_candidate_in_a_compound_is_promised_what_a_build_then_counts(tmp_path):
    """The listed place lies at the west wall, its gate in the east: it serves the yard, not the street beside it."""
    town = Town(settings="[services.elderly_canteen]\nreach_m = { urban = 300, rural = 300 }")
    town.person(250, 300, age60=2).person(200, 300, age60=5).person(400, 300, age60=7)
    town.facility("party_centre", 220, 300)
    results = run(read_study(walled(town, tmp_path, (390, 300))))
    answer, _ = find_sites(results, SitingQuestion(service=CANTEEN, count=1, candidates="party_centre"))
    assert [site.gained for site in answer.sites] == [9]
