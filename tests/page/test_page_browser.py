"""The page in a real browser, opened from disk with the network off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from jiujin.errors import Problem
from jiujin.rendering.page import html_of
from jiujin.rendering.page_data import page_data
from page.page_worlds import PARTY, town, with_facilities

pytestmark = pytest.mark.browser

HOSTILE = [
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "</script><script>ran()</script>",
    "${ran()}`${ran()}`",
    "'\"><svg onload=ran()>",
    "javascript:ran()",
    "]]><!--<iframe srcdoc='<script>parent.ran()</script>'>",
    '=HYPERLINK("http://x","y")',
    "\u202e正社\u202d\u200b\u200d村",
    "长" * 2000,
    "C:\\2019\\u0041\\",
    "&lt;b&gt;{{7*7}}<%= 1 %>",
]  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (390, 844)])
def test_a_page_opens_from_disk_without_a_request_or_a_complaint(
    open_page: Callable, small_page: str, width: int, height: int
) -> None:
    page = open_page(small_page, viewport={"width": width, "height": height})
    assert page.js("jiujin.selfCheck") == {"ok": True, "compared": 96, "differing": 0}
    assert page.js("document.getElementById('check').textContent") == "自检通过"
    assert page.js("document.documentElement.scrollWidth <= innerWidth")
    assert page.faults == []


SEEN = (
    "JJ.desk.shapes.communities.slice(SLICE).flatMap(one => { const f = one.frame, s = JJ.desk.shapes;"
    " return [[f.x0, f.y0], [f.x1, f.y0], [f.x0, f.y1], [f.x1, f.y1]].map(at => { const d = s.degrees(...at);"
    " const map = JJ.desk.map, p = map.latLngToContainerPoint([d[1], d[0]]);"
    " const b = map.getContainer().getBoundingClientRect(), top = document.elementFromPoint(b.x + p.x, b.y + p.y);"
    " return Boolean(top && top.closest('.map') && !top.closest('.leaflet-control')); }); })"
)
"""Of every corner of the communities' frames, whether nothing lies over it on the stage."""


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (390, 844)])
def test_the_county_fills_what_legend_and_title_leave_of_the_stage(
    open_page: Callable, small_page: str, width: int, height: int
) -> None:
    page = open_page(small_page, viewport={"width": width, "height": height})
    page.drawn()
    assert all(page.js(SEEN.replace("SLICE", "0")))
    zoom = page.js("JJ.desk.map.getZoom()")
    assert zoom * 8 == int(zoom * 8)
    nearer = page.js(
        "JJ.desk.map.setZoom(JJ.desk.map.getZoom() + 0.25, {animate: false}) && " + SEEN.replace("SLICE", "0")
    )
    assert not all(nearer)  # as large as it can be: an eighth is the step, an eighth what that may leave
    page.tab.get_by_role("button", name="显示全域").click()
    assert page.js("JJ.desk.map.getZoom()") == zoom
    page.js("JJ.desk.chooseCommunity(1, true)")
    page.drawn()
    assert page.tab.locator("#card").is_visible()
    assert all(page.js(SEEN.replace("SLICE", "1, 2")))


def test_tiles_are_painted_at_the_very_zoom_and_not_stretched(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    for zoom in (12.375, 13.5, 14):
        page.js(f"JJ.desk.map.setZoom({zoom}, {{animate: false}})")
        page.drawn()
        tiles = page.js(
            "[...document.querySelectorAll('canvas.leaflet-tile')].filter(one => one.width).map(one => {"
            " const b = one.getBoundingClientRect(); return [b.width, b.height, getComputedStyle(one).visibility]; })"
        )
        assert tiles
        assert all(one == [512, 512, "visible"] for one in tiles)
        at = page.js(
            "(() => { const d = JJ.desk, v = d.layers.marks.view(), s = d.shapes.facilities[0];"
            " const f = d.engine.world.facilities[0], corner = d.map.getPixelBounds().min;"
            " const p = d.map.project([f.lat, f.lon]).subtract(corner);"
            " return [(s[0] - v.x0) * v.k - v.pad - p.x, (s[1] - v.y0) * v.k - v.pad - p.y]; })()"
        )
        assert max(map(abs, at)) < 0.05  # a painter's place and the map's are the same
    assert page.faults == []


def test_the_policy_lets_nothing_out_and_nothing_foreign_run(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', small_page)
    assert policy is not None
    assert policy.group(1).startswith("default-src 'none'; ")
    assert "unsafe" not in policy.group(1)
    assert page.js("fetch('https://example.com/').then(() => 'went out', () => 'stopped')") == "stopped"
    page.js("document.body.append(Object.assign(document.createElement('script'), {textContent: 'ran()'}))")
    assert page.js("window.executed === undefined")
    assert "script-src-elem" in page.js("violations")


def test_the_scripting_interface_answers_as_python_does(
    open_page: Callable, small_town: SimpleNamespace, small_page: str
) -> None:
    page = open_page(small_page)
    for service in small_town.study.services:
        county = small_town.coverage.county[service.id]
        said = page.js(f"jiujin.summary('{service.id}')")
        assert said == {
            "people": county["people"],
            "covered": county["covered"],
            "pop_rate": county["pop_rate"],
            "reach_m": {"urban": service.reach.urban_m, "rural": service.reach.rural_m},
        }
    shown = page.js("document.getElementById('rate').textContent")
    assert shown == f"{100 * small_town.coverage.county['party_centre']['pop_rate']:.1f}%"
    before = page.js("document.body.innerText")
    what_if = page.js("jiujin.whatIf('party_centre', [[118.012, 36.608]])")
    assert what_if["gained"] > 0
    assert what_if["ms"] < 1000
    assert page.js("document.body.innerText") == before, "asking changes nothing on the screen"
    near = int(small_town.access["party_centre"].walk_cm.argmin())
    lon, lat = float(small_town.people["lon"][near]), float(small_town.people["lat"][near])
    walk = page.js(f"jiujin.walk('party_centre', {lon}, {lat})")
    assert walk["metres"] == small_town.access["party_centre"].walk_cm[near] / 100


def test_clicking_a_community_shows_its_figures(
    open_page: Callable, small_town: SimpleNamespace, small_page: str
) -> None:
    page = open_page(small_page)
    page.tab.get_by_role("button", name="南苑社区").click()
    table = small_town.coverage.communities
    row = table[(table["community_name"] == "南苑社区") & (table["service"] == "elderly_canteen")].iloc[0]
    card = page.text("#card")
    assert f"{round(row['people']):,} 估" in card
    assert f"{100 * row['pop_rate']:.1f}%" in card
    page.tab.get_by_role("button", name="显示全域").click()
    at = page.js(
        "(() => { const p = JJ.desk.map.latLngToContainerPoint([36.595, 118.0]);"
        " const b = JJ.desk.map.getContainer().getBoundingClientRect(); return [p.x + b.x, p.y + b.y]; })()"
    )
    page.tab.mouse.click(*at)
    assert page.text("#card h2") == "文昌社区"
    assert page.text("#table tr.on").startswith("文昌社区")
    assert page.faults == []


def test_a_site_is_placed_dragged_renamed_undone_and_survives_a_reload(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    tab = page.tab
    tab.get_by_role("tab", name="选址试算").click()
    tab.get_by_role("button", name="在图上放置点位").click()
    box = tab.locator("#stage").bounding_box()
    x, y = box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.6
    tab.mouse.click(x, y)
    tab.wait_for_selector("#site-list li")
    placed = json.loads(page.js("jiujin.exportScenario()"))["features"][0]
    assert placed["properties"]["service"] == "party_centre"
    shown = page.js("document.getElementById('rate').textContent")
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 40, y - 60, steps=6)
    tab.mouse.up()
    moved = json.loads(page.js("jiujin.exportScenario()"))["features"][0]
    assert moved["geometry"]["coordinates"] != placed["geometry"]["coordinates"]
    said = page.js(f"jiujin.whatIf('party_centre', [{moved['geometry']['coordinates']}])")
    page.until(f"document.getElementById('rate').textContent === '{100 * said['pop_rate']:.1f}%'")
    page.write(tab.locator("#site-list input"), "新北关点")
    assert json.loads(page.js("jiujin.exportScenario()"))["features"][0]["properties"]["name"] == "新北关点"
    page.until("decodeURIComponent(location.hash).includes('新北关点')")
    tab.reload()
    page.js("jiujin.ready")
    again = json.loads(page.js("jiujin.exportScenario()"))["features"][0]
    assert again["properties"]["name"] == "新北关点"
    assert again["geometry"] == moved["geometry"]
    tab.get_by_role("tab", name="选址试算").click()
    tab.get_by_role("button", name="清空").click()
    tab.get_by_role("button", name="撤销").click()
    tab.wait_for_selector("#site-list li")
    tab.get_by_role("button", name="删除").click()
    page.until("document.querySelectorAll('#site-list li').length === 0")
    assert shown
    assert page.faults == []


def test_closing_a_facility_shows_who_loses_it(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    before = page.js("jiujin.summary('party_centre').covered")
    page.js("JJ.desk.chooseFacility(0, true)")
    page.tab.get_by_role("button", name="试算：停用该设施").click()
    after = page.js("jiujin.whatIf('party_centre', [], ['party_centre-00']).covered")
    assert after < before
    page.until(f"document.getElementById('figures').innerText.includes('{round(after):,}')")
    feature = json.loads(page.js("jiujin.exportScenario()"))["features"][0]
    assert (feature["properties"]["id"], feature["properties"]["status"]) == ("party_centre-00", "closed")
    assert page.faults == []


def test_clicking_a_house_tells_how_far_it_is_and_why_it_is_not_covered(
    open_page: Callable, small_town: SimpleNamespace, small_page: str
) -> None:
    page = open_page(small_page)
    access = small_town.access["party_centre"]
    person = int(np.flatnonzero((access.walk_cm > access.reach_cm) & (access.walk_cm < 200_000))[0])
    lon, lat = float(small_town.people["lon"][person]), float(small_town.people["lat"][person])
    page.js(f"JJ.desk.map.setView([{lat}, {lon}], 18, {{animate: false}})")
    box = page.tab.locator("#stage").bounding_box()
    page.tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.until("!document.getElementById('card').hidden")
    card = page.text("#card")
    assert "居住点" in card
    assert f"{round(access.walk_cm[person] / 100):,}米" in card
    assert f"超出 {round((access.walk_cm[person] - access.reach_cm[person]) / 100):,}米" in card
    assert page.faults == []


def test_search_by_initials_goes_to_the_community(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    page.tab.locator("#find").fill("bgc")
    page.tab.wait_for_selector("#found li")
    page.tab.keyboard.press("Enter")
    assert page.text("#card h2") == "北关村"


GB2312_STARTS = dict(
    zip(
        "abcdefghjklmnopqrstwxyz",
        (0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8, 0xC4C3, 0xC5B6,
         0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1),
        strict=True,
    )
)  # fmt: skip
"""Where each letter starts in the first level of GB 2312, whose 3,755 characters stand in the order of pinyin."""


def test_every_common_character_is_found_by_its_first_letter(open_page: Callable, small_page: str) -> None:
    codes = [(high << 8) + low for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF) if (high << 8) + low < 0xD7FA]
    letters = {
        code.to_bytes(2).decode("gb2312"): max(GB2312_STARTS, key=lambda one: (GB2312_STARTS[one] <= code, one))
        for code in codes
    }
    page = open_page(small_page)
    ask = "([all]) => all.filter(([name, letter]) => JJ.words.initialsAt(name, JJ.words.initials(name), letter) !== 0)"
    unfound = {one for one, _ in page.tab.evaluate(ask, [list(letters.items())])}
    assert len(letters) == 3755
    assert unfound <= set("匙脯槛咯咳伺轧"), "read otherwise by the browser, and in no name of a place"
    find = "(hits => hits.map(one => one.name))(JJ.findMatches(['刘家村', '长兴社区', '村幸福食堂', '六龙路', '重阳里']"
    find += ".map(name => ({name, key: name, initials: JJ.words.initials(name)})), %r))"
    assert page.js(find % "ljc") == ["刘家村"]
    assert page.js(find % "cx") == ["长兴社区", "村幸福食堂"]
    assert page.js(find % "zx") == ["长兴社区"]
    assert page.js(find % "lll") == ["六龙路"]
    assert page.js(find % "cyl") == ["重阳里"]


@pytest.mark.parametrize("policy", ["kept", "removed"])
def test_hostile_names_run_nothing_and_break_nothing(open_page: Callable, policy: str) -> None:
    place = town(people=300, names=HOSTILE)
    place.study = type(place.study)(
        **{f: getattr(place.study, f) for f in place.study.__slots__} | {"name": HOSTILE[2]}
    )
    place.problems = tuple(Problem(severity="warning", rule="r", found=name, file=name) for name in HOSTILE)
    text = html_of(page_data(place))
    if policy == "removed":
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    page = open_page(text, at="#p=party_centre/118.01/36.61/%3Cimg%20src%3Dx%20onerror%3Dran()%3E&c=%3Cscript%3E")
    assert page.js("jiujin.selfCheck.ok")
    for tab in ("选址试算", "口径说明", "社区（村）"):
        page.tab.get_by_role("tab", name=tab).click()
    for c in range(len(HOSTILE)):
        page.js(f"JJ.desk.chooseCommunity({c}, true)")
    for row in range(5):
        page.js(f"JJ.desk.chooseFacility({row}, true)")
    page.tab.locator("#find").fill("<")
    page.tab.wait_for_selector("#found li")
    page.until("document.querySelectorAll('#card h2').length === 1")
    assert page.js("window.executed === undefined")
    assert page.js("document.querySelectorAll('#panel script, #panel img, #stage img, #card svg, iframe').length") == 0
    assert page.js("document.documentElement.scrollWidth <= innerWidth")
    assert page.faults == []


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_damaged_data_shows_no_number_and_says_so(open_page: Callable, small_page: str, damage: str) -> None:
    def hurt(found: re.Match[str]) -> str:
        text = found.group(2)
        middle = len(text) // 2
        other = "A" if text[middle] != "A" else "B"
        return (
            found.group(1)
            + {
                "cut": text[: middle - middle % 4],
                "changed": text[:middle] + other + text[middle + 1 :],
                "emptied": "",
            }[damage]
        )

    page = open_page(re.sub(r'(id="data">)([^<]*)', hurt, small_page))
    assert page.js("jiujin.selfCheck.ok") is False
    assert "数据已损坏" in page.text("#alarm")
    assert page.js("document.getElementById('rate')") is None
    assert page.js(
        "(() => { try { return jiujin.summary('party_centre'); } catch (e) { return e.message; } })()"
    ).startswith("数据已损坏")
    assert page.complaints == []


def test_numbers_that_disagree_are_flagged_over_the_page(open_page: Callable, small_town: SimpleNamespace) -> None:
    data = page_data(small_town)
    data.covered["party_centre", "total"][0] += 1
    page = open_page(html_of(data))
    assert page.js("jiujin.selfCheck") == {"ok": False, "compared": 96, "differing": 1}
    assert "自检不符" in page.text("#alarm")


def test_a_bureaus_page_holds_its_own_group_and_nothing_else(open_page: Callable, small_town: SimpleNamespace) -> None:
    page = open_page(html_of(page_data(small_town).for_service("rukang_home")))
    assert page.js("jiujin.selfCheck.ok")
    assert page.js("Object.keys(JJ.desk.engine.groups)") == ["disabled"]
    assert page.js("JJ.desk.engine.world.facilities.every(f => f.id.startsWith('rukang_home'))")
    assert page.js("jiujin.summary('rukang_home').covered") == small_town.coverage.county["rukang_home"]["covered"]
    assert page.faults == []


def test_a_service_whose_group_nobody_counted_shows_walks_and_no_rate(open_page: Callable) -> None:
    from dataclasses import replace

    place = town(people=200, services=(replace(PARTY, group="age80"),))
    page = open_page(html_of(page_data(place)))
    assert page.js("jiujin.summary('party_centre')")["people"] is None
    assert page.js("jiujin.selfCheck.ok")
    assert "人数与覆盖率留空" in page.text("#figures")
    near = int(place.access["party_centre"].walk_cm.argmin())
    lon, lat = float(place.people["lon"][near]), float(place.people["lat"][near])
    assert page.js(f"jiujin.walk('party_centre', {lon}, {lat}).metres") is not None
    assert page.faults == []


def test_a_saved_scenario_is_taken_in_again_and_a_strangers_is_refused(
    open_page: Callable, small_page: str, tmp_path: Path
) -> None:
    page = open_page(small_page)
    saved = page.js(
        "jiujin.exportScenario('party_centre', [[118.012, 36.608], [118.004, 36.604]], ['party_centre-02'])"
    )
    mine, strange = tmp_path / "mine.geojson", tmp_path / "strange.geojson"
    mine.write_text(saved, encoding="utf-8")
    strange.write_text(re.sub(r'"network_hash": "\w+"', '"network_hash": "0"', saved), encoding="utf-8")
    page.tab.get_by_role("tab", name="选址试算").click()
    page.tab.locator("#load").set_input_files(strange)
    page.until("document.getElementById('told').textContent.includes('另一份路网')")
    assert json.loads(page.js("jiujin.exportScenario()"))["features"] == []
    page.tab.locator("#load").set_input_files(mine)
    page.until("document.querySelectorAll('#site-list li').length === 2")
    assert json.loads(page.js("jiujin.exportScenario()"))["features"] == json.loads(saved)["features"]
    assert page.faults == []


def test_a_service_without_any_facility_is_all_gap_and_can_be_given_its_first_site(open_page: Callable) -> None:
    place = town(people=200, services=(PARTY,))
    bare = with_facilities(place, place.facilities.assign(counted=False, status="planned"))
    page = open_page(html_of(page_data(bare)))
    assert page.js("jiujin.selfCheck.ok")
    assert page.js("jiujin.summary('party_centre')")["covered"] == 0
    assert page.js("jiujin.walk('party_centre', 118.01, 36.61)") == {"metres": None, "facility": None}
    assert page.js("jiujin.whatIf('party_centre', [[118.012, 36.608]])")["gained"] > 0
    assert page.faults == []
