"""Ways to the street that need a look: how many people, how each kind is drawn, and that no public page has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jiujin.pipeline import run
from jiujin.reading.study_file import read_study
from jiujin.rendering.page import html_of, pack_page
from jiujin.rendering.page_columns import columns_of
from jiujin.rendering.page_data import page_data
from worlds import Town, lon_lat

CANTEEN = "elderly_canteen"


def doubtful() -> Town:
    """
    A chessboard with one of every kind of doubtful way, and two people beside the street.

    2 live 300 m east of the last street; 4 have a railway between them and theirs; 8 live at a lone path that no street
    joins, 1 at the same path and more than 200 m from any other street.
    """
    town = Town().facility(CANTEEN, 400, 400).way((1000, 700), (1000, 800), highway="path")
    town.ways.append(([(650, 30), (750, 30)], {"railway": "rail"}))
    for x, y, people in ((300, 410, 16), (410, 500, 32), (1100, 400, 2), (700, 60, 4), (980, 750, 8), (1050, 750, 1)):
        town.person(x, y, people, age60=people)
    return town


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    results = run(read_study(doubtful().write(tmp_path_factory.mktemp("legs"))))
    return results, html_of(page_data(results))


def box(opened: Any) -> Any:
    return opened.tab.locator("#layers-body label", has_text="需核实的接入线")


def test_the_numbers_in_the_legend_are_those_of_the_summary(
    page: tuple[Any, str], open_page: Callable[..., Any]
) -> None:
    results, text = page
    opened = open_page(text)
    assert "接入线" not in opened.text("#legend-body")
    opened.tab.locator("#layers summary").click()
    box(opened).click()
    told = opened.text("#legend-body")
    for line in ("超过200米（3人）", "跨越水系或铁路（4人）", "最近的道路是孤立路网（9人）"):
        assert line in told
    county = results.coverage.county[CANTEEN]
    assert county["long_leg_people"] == 3 + 4
    assert county["island_people"] == 9
    assert not opened.faults


def test_each_kind_is_listed_once_with_its_people_and_communities(page: tuple[Any, str]) -> None:
    told = {one.rule: (one.severity, one.found) for one in page[0].problems}
    assert told["long_leg"] == (
        "info", "2 个人口点，3 人：到最近道路的接入线超过 200 米；涉及 1 个社区（村）：棋盘社区（2）"
    )  # fmt: skip
    assert told["leg_crosses"][1].startswith("1 个人口点，4 人：接入线跨越水系或铁路")
    assert told["island_nearest"][1].startswith("2 个人口点，9 人：最近的道路属于已剔除的孤立路网")


def test_ways_are_drawn_while_the_layer_is_on_and_each_kind_in_its_own_shape(
    page: tuple[Any, str], open_page: Callable[..., Any]
) -> None:
    opened = open_page(page[1])
    look = "JJ.desk.layers.marks.canvas.toDataURL()"
    switch = "JJ.desk.store.set({{ layers: Object.assign({{}}, JJ.desk.store.state.layers, {{ legs: {} }}) }})"
    opened.drawn()
    without = opened.js(look)
    opened.js(switch.format("true"))
    opened.drawn()
    assert opened.js(look) != without
    opened.js(switch.format("false"))
    opened.drawn()
    assert opened.js(look) == without
    shapes = opened.js(
        "['long', 'crossing', 'island'].map(kind => {"
        " const c = document.createElement('canvas'), g = c.getContext('2d');"
        " g.filter = 'grayscale(1)'; JJ.paintLegKey(g, kind, 10, 10, 60, 10); return c.toDataURL(); })"
    )
    assert len(set(shapes)) == 3


def test_a_way_leads_from_the_home_to_the_street(page: tuple[Any, str], open_page: Callable[..., Any]) -> None:
    """Of the two who live 300 m east of the last street: a line along 400 m north, and nothing beside it."""
    opened = open_page(page[1])
    lon, lat = lon_lat(950, 400)
    dark = opened.js(
        f"(() => {{ const at = JJ.desk.shapes.point({lon}, {lat}), d = JJ.desk, c = document.createElement('canvas');"
        " c.width = c.height = 21; d.store.state.layers = Object.assign({}, d.store.state.layers, { legs: true });"
        " const k = 0.25, g = c.getContext('2d');"
        " JJ.paintLegs(g, { k, x0: at[0] - 10 / k, y0: at[1] - 10 / k, w: 21, h: 21, z: 16 }, d.shapes, d);"
        " const row = y => g.getImageData(0, y, 21, 1).data.filter((v, i) => i % 4 === 3 && v > 40).length;"
        " return [0, 10, 20].map(row); })()"
    )
    assert dark == [0, 21, 0]


def test_a_page_carries_the_rows_that_qualify_and_a_public_page_none(tmp_path: Path) -> None:
    town = doubtful()
    inner = columns_of(page_data(run(read_study(town.write(tmp_path / "a")))))
    assert (len(inner["crossing"][1]), len(inner["island"][1])) == (1, 2)
    town.settings = '[output]\nprofile = "public"\n'
    shown = page_data(run(read_study(town.write(tmp_path / "b"))))
    assert not {"crossing", "island", "step_free_crossing", "step_free_island"} & set(columns_of(shown))
    assert "crossing" not in columns_of(shown.for_service("rukang_home"))


def test_a_public_page_has_no_box_for_it(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    town = doubtful()
    town.settings = '[output]\nprofile = "public"\n'
    opened = open_page(html_of(page_data(run(read_study(town.write(tmp_path / "b"))))))
    assert box(opened).count() == 0
    opened.js("JJ.desk.store.set({ layers: Object.assign({}, JJ.desk.store.state.layers, { legs: true }) })")
    assert "接入线" not in opened.text("#legend-body")
    assert not opened.faults


def test_where_everybody_lives_at_a_street_there_is_no_box(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    town = Town().facility(CANTEEN, 400, 400).person(300, 410, age60=16)
    data = page_data(run(read_study(town.write(tmp_path))))
    assert box(open_page(html_of(data))).count() == 0
    assert pack_page(data).size > 0
