"""The page lets people out of their compounds by the gates that Python lets them out by, walk by walk."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely import Point, box

from jiujin.pipeline import run
from jiujin.reading.study_file import read_study
from jiujin.rendering.page import pack_page
from jiujin.rendering.page_data import page_data
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
