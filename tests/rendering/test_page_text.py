"""The text of a page: one file, nothing fetched, the same bytes again, no more in it than its reader may see."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import folium
import numpy as np
import pytest

from jiujin.network.streets import Surroundings
from jiujin.rendering.page import FIRST_SCRIPT, HEAD_SCRIPT, SCRIPTS, TILES_SCRIPT, html_of, page_html, write_pages
from jiujin.rendering.page_columns import columns_of, length_guess_cm
from jiujin.rendering.page_data import page_data
from jiujin.rendering.page_shell import shell_parts
from page.page_worlds import town

PAGE = files("jiujin.rendering") / "page"


@pytest.fixture(scope="module")
def place() -> SimpleNamespace:
    return town(people=300)


def test_the_vendored_files_are_those_of_the_lock() -> None:
    assets = json.loads((PAGE / "assets.lock.json").read_text(encoding="utf-8"))["assets"]
    assert {asset["file"] for asset in assets} == {item.name for item in (PAGE / "vendor").iterdir()}
    for asset in assets:
        assert hashlib.sha256((PAGE / "vendor" / asset["file"]).read_bytes()).hexdigest() == asset["sha256"], asset[
            "file"
        ]


def test_every_script_of_the_folder_is_in_the_page_and_none_is_missing() -> None:
    ours = [HEAD_SCRIPT, FIRST_SCRIPT, *SCRIPTS, TILES_SCRIPT]
    assert sorted(ours) == sorted(item.name for item in PAGE.iterdir() if item.name.endswith(".js"))


def test_no_script_of_ours_ever_takes_a_string_for_markup() -> None:
    for name in SCRIPTS:
        text = (PAGE / name).read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|bindPopup|bindTooltip", text
        ), name
        named = set(re.findall(r"https?://([^/'\"\s]+)", text))
        assert named <= {"schemas.openxmlformats.org", "www.w3.org"}, name  # names of formats, not places


def test_the_page_names_no_host_but_leaflets_own_link(place: SimpleNamespace) -> None:
    text = page_html(place)
    hosts = {
        re.sub(r"^https?://([^/'\"\s<>)]+).*", r"\1", found) for found in re.findall(r"https?://[^\s'\"<>)]+", text)
    }
    assert hosts <= {"leafletjs.com", "www.w3.org", "github.com", "bugs.chromium.org", "bugzilla.mozilla.org"} | {
        "schemas.openxmlformats.org"
    }, "comments, one link, and the name of a format"
    assert not re.search(r"<(?:link|img|iframe|script[^>]+src)", text)


def test_the_same_results_give_the_same_bytes(place: SimpleNamespace) -> None:
    assert page_html(place) == html_of(page_data(town(people=300)))


def test_pages_are_written_for_everybody_and_for_each_bureau(place: SimpleNamespace, tmp_path: Path) -> None:
    written = write_pages(place, tmp_path)
    assert [path.name for path in written] == [
        "index.html",
        "party_centre.html",
        "elderly_canteen.html",
        "rukang_home.html",
    ]
    assert all(path.read_bytes().startswith(b'<!DOCTYPE html>\n<html lang="zh-CN">') for path in written)
    assert all(b"\r" not in path.read_bytes() for path in written)


def test_the_page_of_one_service_carries_its_group_alone(place: SimpleNamespace) -> None:
    data = page_data(place).for_service("rukang_home")
    columns = columns_of(data)
    assert {name for name in columns if name.startswith(("weight:", "people:", "covered:", "value:"))} == {
        "weight:disabled", "people:disabled", "covered:rukang_home:disabled",
    }  # fmt: skip
    assert set(data.facilities.service) == {"rukang_home"}


def test_lengths_are_guessed_within_a_centimetre_or_two(place: SimpleNamespace) -> None:
    rest = place.streets.length_cm - length_guess_cm(place.streets)
    assert np.abs(rest).max() <= 2


def test_outlines_of_areas_and_lines_travel_ring_by_ring() -> None:
    import shapely

    water = np.array([
        shapely.from_wkt("POLYGON ((0 0, 0 2, 2 2, 2 0, 0 0), (0.5 0.5, 1 0.5, 1 1, 0.5 0.5))"),
        shapely.from_wkt("MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 4))"),
    ], object)  # fmt: skip
    place = town(people=50)
    place.surroundings = Surroundings(water=water)
    columns = {name: np.asarray(values).tolist() for name, (_, values) in columns_of(page_data(place)).items()}
    assert columns["water_rings"] == [2, 2]
    assert columns["water_closed"] == [1, 1, 0, 0]
    assert columns["water_points"] == [5, 4, 2, 3]
    assert columns["water_lon"][-2:] == [3e6, 4e6]


def test_an_analyst_may_add_a_folium_layer_that_fetches_nothing() -> None:
    shell = shell_parts(size=1, crc32=2, layers=[folium.Circle([36, 118], radius=5)])
    assert "L.circle" in shell.scripts[0]
    assert shell.scripts[0].index("makeMap") < shell.scripts[0].index("L.circle") < shell.scripts[0].index("JJ.open")


def test_a_folium_layer_that_would_fetch_something_is_refused() -> None:
    from folium.plugins import MarkerCluster

    with pytest.raises(ValueError, match="would be fetched"):
        shell_parts(size=1, crc32=2, layers=[MarkerCluster()])
