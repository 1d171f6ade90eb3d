"""The page computes what Python computes, to the last digit: walks, attachments, sums, scenarios."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.coordinates import Plane
from jiujin.network.search import NO_WALK
from jiujin.rendering.page import pack_page
from jiujin.rendering.page_data import attached_of, page_data
from page.asking import HERE, ask, node_path
from page.page_worlds import CANTEEN, PARTY, RUKANG, town, with_facilities
from real_studies import write_study


def test_the_engine_passes_its_own_tests() -> None:
    run = subprocess.run(
        [node_path(), "--test", *map(str, sorted(HERE.glob("*.test.js")))],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-4000:]


@pytest.mark.parametrize("epsg", [4534, 4547, 4554, 4490 + 2, 4505, 4527, 32635, 32650, 32733])
def test_the_plane_of_the_page_is_that_of_pyproj_to_a_micrometre(epsg: int) -> None:
    middle = {4534: 75, 4547: 114, 4554: 135, 4492: 81, 4505: 93, 4527: 117, 32635: 27, 32650: 117, 32733: 15}[epsg]
    rng = np.random.default_rng(epsg)
    lon, lat = middle + rng.uniform(-3.5, 3.5, 300), rng.uniform(17, 61, 300) * (-1 if epsg > 32700 else 1)
    x, y = Plane(epsg=epsg).project(lon, lat)
    (found,) = ask(None, ["projected", epsg, np.column_stack((lon, lat)).tolist()])
    assert np.abs(np.array(found) - np.column_stack((x, y))).max() < 1e-6


def test_every_walk_and_every_nearest_facility_is_pythons(small_town: SimpleNamespace) -> None:
    packed = pack_page(page_data(small_town))
    for service in small_town.study.services:
        access = small_town.access[service.id]
        ids = np.append(small_town.facilities["id"].to_numpy(object), None)
        walks, nearest, check = ask(packed, ["walks", service.id], ["nearest", service.id], ["selfCheck"])
        # the page holds people in the order of the streets, so compare what is at each place
        order = np.lexsort((*_places(small_town, min({s.step_free for s in small_town.study.services})),))
        assert walks == access.walk_cm[order].tolist()
        assert nearest == ids[access.facility_row][order].tolist()
        assert NO_WALK in walks
        assert check == {"ok": True, "compared": 2 * 3 * 3 * 5 + 6, "differing": 0}


def _places(results: SimpleNamespace, step_free: bool) -> tuple[np.ndarray, np.ndarray]:
    attached = attached_of(results.networks[step_free], results.places[step_free])
    return attached.at_cm, attached.piece


def test_the_summary_is_that_of_the_county_to_the_last_bit(small_town: SimpleNamespace) -> None:
    services = [service.id for service in small_town.study.services]
    for service, mine in zip(
        services, ask(pack_page(page_data(small_town)), *(["summary", s] for s in services)), strict=True
    ):
        county = small_town.coverage.county[service]
        assert [mine[key] for key in ("people", "covered", "pop_rate")] == [
            county[key] for key in ("people", "covered", "pop_rate")
        ]
    assert small_town.coverage.county["elderly_canteen"]["people"] % 1, "the estimate must have fractions to compare"


def test_at_a_population_point_the_walk_is_the_tables_value(small_town: SimpleNamespace) -> None:
    people, access = small_town.people, small_town.access["rukang_home"]
    rows = list(range(0, len(people), 40))
    asks = [["walk", "rukang_home", people["lon"][row], people["lat"][row]] for row in rows]
    for row, found in zip(rows, ask(pack_page(page_data(small_town)), *asks), strict=True):
        if access.walk_cm[row] == NO_WALK:
            assert found == {"metres": None, "facility": None}
        else:
            facility = small_town.facilities["id"][int(access.facility_row[row])]
            assert found == {"metres": access.walk_cm[row] / 100, "facility": facility}


def test_the_walk_that_is_drawn_is_as_long_as_the_walk_that_is_told(small_town: SimpleNamespace) -> None:
    packed = pack_page(page_data(small_town))
    for service in small_town.study.services:
        walks, drawn = ask(packed, ["walks", service.id], ["pathLengths", service.id])
        assert [None if path is None else path["cm"] for path in drawn] == [
            None if walk == NO_WALK else walk for walk in walks
        ]


def test_any_place_is_attached_as_python_attaches_it(small_town: SimpleNamespace) -> None:
    from jiujin.network.attach import attach

    rng = np.random.default_rng(5)
    lon, lat = 117.99 + rng.uniform(0, 0.05, 400), 36.585 + rng.uniform(0, 0.04, 400)
    packed = pack_page(page_data(small_town))
    for service in (PARTY, RUKANG):
        network = small_town.networks[service.step_free]
        mine = attached_of(network, attach(network, *small_town.plane.project(lon, lat)))
        (found,) = ask(packed, ["attached", service.id, np.column_stack((lon, lat)).tolist()])
        assert [place["piece"] for place in found] == mine.piece.tolist()
        assert np.abs(np.array([place["at"] for place in found]) - mine.at_cm).max() <= 1
        assert np.abs(np.array([place["leg"] for place in found]) - mine.leg_cm).max() <= 1


@settings(max_examples=12, deadline=None)
@given(
    places=st.lists(st.tuples(st.floats(117.995, 118.03), st.floats(36.595, 36.62)), max_size=4),
    closed=st.sets(st.sampled_from([0, 2, 3, 4])),
    service=st.sampled_from([PARTY, CANTEEN, RUKANG]),
)
def test_a_what_if_is_what_a_build_of_the_exported_scenario_gives(places: list, closed: set, service: object) -> None:
    before = _town()
    packed = pack_page(page_data(before))
    ids = [f"{service.id}-{number:02d}" for number in sorted(closed)]
    sites = [{"service": service.id, "name": f"新{i}", "lon": lon, "lat": lat} for i, (lon, lat) in enumerate(places)]
    scenario, said = ask(
        packed,
        ["exported", sites, [{"service": service.id, "id": one} for one in ids]],
        ["whatIf", service.id, [list(place) for place in places], ids],
    )
    after = with_facilities(before, _replayed(before.facilities, scenario))
    county = after.coverage.county[service.id]
    assert (said["people"], said["covered"], said["pop_rate"]) == (
        county["people"],
        county["covered"],
        county["pop_rate"],
    )
    assert said["gained"] == county["covered"] - before.coverage.county[service.id]["covered"]


_TOWNS: list[SimpleNamespace] = []


def _town() -> SimpleNamespace:
    if not _TOWNS:
        _TOWNS.append(town(people=600))
    return _TOWNS[0]


def _replayed(facilities: pd.DataFrame, scenario: dict) -> pd.DataFrame:
    """The ledger with a scenario taken in, by the street positions that it states."""
    table = facilities.assign(street_way=-1, street_piece=-1, street_cm=-1, street_leg_cm=-1, network_hash="")
    fresh = []
    for number, feature in enumerate(scenario["features"]):
        said = feature["properties"]
        if said.get("status") == "closed":
            table.loc[(table["id"] == said["id"]) & (table["service"] == said["service"]), "counted"] = False
            continue
        assert "status" not in said
        assert feature["geometry"]["coordinates"] == [said["lon"], said["lat"]]
        stated = {key: said.get(key, -1) for key in ("street_way", "street_piece", "street_cm", "street_leg_cm")}
        stated["network_hash"] = said["network_hash"]
        plain = {
            "id": f"zz{number}",
            "status": "operating",
            "counted": True,
            "outside": False,
            "source": "",
            "sheet": "",
            "row": 1,
        }
        fresh.append(
            plain | {"name": said["name"], "service": said["service"], "lon": said["lon"], "lat": said["lat"]} | stated
        )
    order = {service: k for k, service in enumerate(dict.fromkeys(facilities["service"]))}
    whole = pd.concat([table, pd.DataFrame(fresh)], ignore_index=True) if fresh else table
    return whole.sort_values(
        ["service", "id"], key=lambda c: c.map(order) if c.name == "service" else c, ignore_index=True
    )


def test_guixi_with_an_exported_scenario_as_a_further_ledger_gives_what_the_page_said(
    shared_data: Path, tmp_path: Path
) -> None:
    from jiujin import pipeline
    from jiujin.reading.study_file import read_study

    service = "elderly_canteen"
    before = pipeline.run(read_study(write_study(tmp_path / "before", shared_data / "guixi")))
    ledger = before.facilities
    closed = ledger.loc[ledger["service"] == service, "id"].iloc[0]
    places = [[117.2395, 28.2975], [117.222, 28.2899], [117.2301, 28.3001]]
    sites = [{"service": service, "name": f"新{i}", "lon": lon, "lat": lat} for i, (lon, lat) in enumerate(places)]
    scenario, said = ask(
        pack_page(page_data(before)),
        ["exported", sites, [{"service": service, "id": closed}]],
        ["whatIf", service, places, [closed]],
    )
    after = write_study(tmp_path / "after", shared_data / "guixi")
    (after / "new.geojson").write_text(json.dumps(scenario, ensure_ascii=False), encoding="utf-8")
    told = (after / "study.toml").read_text(encoding="utf-8")
    told = re.sub(r'^facilities = (".*")$', r'facilities = [\1, "new.geojson"]', told, count=1, flags=re.MULTILINE)
    (after / "study.toml").write_text(told, encoding="utf-8")
    county = pipeline.run(read_study(after)).coverage.county[service]
    assert said["gained"] > 0
    assert (said["people"], said["covered"]) == (county["people"], county["covered"])


def test_an_exported_site_names_way_piece_and_network(small_town: SimpleNamespace) -> None:
    data = page_data(small_town)
    site = {"service": "party_centre", "name": "=1+1", "lon": 118.012, "lat": 36.604}
    (scenario,) = ask(pack_page(data), ["exported", [site], []])
    said = scenario["features"][0]["properties"]
    assert said["network_hash"] == small_town.streets.fingerprint()
    first = int(np.searchsorted(small_town.streets.way, said["street_way"]))
    piece = first + said["street_piece"]
    assert small_town.streets.way[piece] == said["street_way"]
    assert 0 <= said["street_cm"] <= small_town.streets.length_cm[piece]


def test_fractions_too_fine_to_add_in_any_order_travel_in_pythons_order() -> None:
    rough = town(people=400, ratio=1e-7 / 3)
    packed = pack_page(page_data(rough))
    check, mine = ask(packed, ["selfCheck"], ["summary", "elderly_canteen"])
    assert check["ok"]
    assert mine["people"] == rough.coverage.county["elderly_canteen"]["people"]


def test_a_page_tells_when_python_and_its_engine_disagree(small_town: SimpleNamespace) -> None:
    data = page_data(small_town)
    data.people["total"][2] += 1
    (check,) = ask(pack_page(data), ["selfCheck"])
    data.people["total"][2] -= 1
    assert check == {"ok": False, "compared": 96, "differing": 3}


def test_guixi_agrees_on_every_cell(shared_data: Path, tmp_path: Path) -> None:
    from jiujin import pipeline
    from jiujin.reading.study_file import read_study

    results = pipeline.run(read_study(write_study(tmp_path / "guixi", shared_data / "guixi")))
    packed = pack_page(page_data(results))
    (check,) = ask(packed, ["selfCheck"])
    assert check["ok"]
    assert check["compared"] >= 4 * 20 * 2
