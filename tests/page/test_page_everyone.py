"""The page for everybody: by keys, with a screen reader, by finger, on a phone, on a projector, in an old browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from jiujin.rendering.page import _text, html_of
from jiujin.rendering.page_data import page_data
from page.page_worlds import town

pytestmark = pytest.mark.browser


def violations(page: Any) -> list[tuple[str, list[str]]]:
    """What axe-core finds wrong, with the places."""
    if page.js("typeof axe === 'undefined'"):
        page.js((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.js("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(one["id"], [str(node["target"]) for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_axe_finds_nothing_wrong_in_any_state(
    open_page: Callable, small_page: str, scheme: str, width: int, height: int
) -> None:
    page = open_page(small_page, color_scheme=scheme, viewport={"width": width, "height": height})
    assert violations(page) == []
    page.js("JJ.desk.chooseCommunity(3, true)")
    page.js("JJ.desk.place(118.012, 36.608)")
    page.js("JJ.desk.toggleClosed('party_centre', 'party_centre-00')")
    page.js("JJ.byId('layers').open = JJ.byId('legend').open = true")
    for tab in page.tab.get_by_role("tab").all():
        tab.click()
        page.until("!document.getElementById('card').hidden")
        assert violations(page) == [], tab.inner_text()
    page.tab.locator("#find").fill("c")
    page.tab.wait_for_selector("#found li")
    assert violations(page) == []
    page.tab.get_by_role("button", name="打印与导出").click()
    assert violations(page) == []
    assert page.faults == []


def test_everything_can_be_done_by_keys(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    keys = page.tab.keyboard
    page.tab.locator(".map").focus()
    keys.press("Enter")
    page.until("!document.getElementById('card').hidden")
    assert page.js("JJ.desk.store.state.community >= 0 || JJ.desk.store.state.facility >= 0")
    keys.press("Escape")
    page.until("document.getElementById('card').hidden")
    centre = page.js("JJ.desk.map.getCenter().lng")
    keys.press("ArrowRight")
    page.until(f"JJ.desk.map.getCenter().lng > {centre}")
    page.tab.get_by_role("tab", name="社区（村）").focus()
    keys.press("ArrowRight")
    assert page.js("document.activeElement.textContent") == "选址试算"
    page.tab.get_by_role("button", name="在图上放置点位").focus()
    keys.press("Enter")
    page.tab.locator(".map").focus()
    keys.press("Enter")
    page.tab.wait_for_selector("#site-list li")
    where = "JSON.parse(jiujin.exportScenario()).features[0].geometry.coordinates"
    before = page.js(where)
    page.tab.locator("#site-list input").focus()
    keys.press("Alt+ArrowRight")
    after = page.js(where)
    assert after[0] > before[0]
    assert after[1] == before[1]
    page.tab.get_by_role("button", name="打印与导出").focus()
    keys.press("Enter")
    assert page.js("document.getElementById('paper-dialog').contains(document.activeElement)")
    keys.press("Escape")
    page.until("!document.getElementById('paper-dialog').open")
    assert page.js("document.activeElement.id") == "paper", "the dialog gives the focus back"
    assert page.faults == []


def test_nothing_that_takes_the_focus_is_without_a_name(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    page.js("JJ.desk.chooseCommunity(3, true)")
    page.until("!document.getElementById('card').hidden")
    nameless = page.js(
        "[...document.querySelectorAll('button, a[href], input, select, [tabindex=\"0\"]')].filter(one =>"
        " one.checkVisibility() && !one.textContent.trim() && !one.getAttribute('aria-label')"
        " && !(one.labels && one.labels.length) && !one.title && !one.getAttribute('aria-labelledby'))"
        ".map(one => one.outerHTML)"
    )
    assert nameless == []


def test_a_finger_pulls_a_site_along_and_not_the_map(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.js("JJ.desk.place(JJ.desk.map.getCenter().lng, JJ.desk.map.getCenter().lat)")
    page.until("JJ.desk.layers.targets.some(one => one.site)")
    x, y = page.js(
        "(() => { const t = JJ.desk.layers.targets.find(one => one.site),"
        " b = JJ.desk.map.getContainer().getBoundingClientRect(); return [t.x + b.x, t.y + b.y]; })()"
    )
    centre = page.js("JJ.desk.map.getCenter()")
    before = json.loads(page.js("jiujin.exportScenario()"))["features"][0]["geometry"]["coordinates"]
    touch = page.tab.context.new_cdp_session(page.tab)
    finger = [{"x": x + 14, "y": y}]  # a little beside it, as fingers are
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": finger})
    for step in range(1, 7):
        moved = [{"x": x + 14 + 10 * step, "y": y - 8 * step}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": moved})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = json.loads(page.js("jiujin.exportScenario()"))["features"][0]["geometry"]["coordinates"]
    assert after[0] > before[0]
    assert after[1] > before[1]
    assert page.js("JJ.desk.map.getCenter()") == centre
    assert page.faults == []


def test_on_a_projector_nothing_lies_over_anything_else(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page, viewport={"width": 1366, "height": 768})
    boxes = page.js(
        "['#top', '#panel', '#layers', '#legend', '#corner', '#north', '#fit', '.leaflet-control-zoom'].map(name => {"
        " const b = document.querySelector(name).getBoundingClientRect();"
        " return [name, b.left, b.top, b.right, b.bottom]; })"
    )
    for i, (one, *a) in enumerate(boxes):
        assert 0 <= a[0] < a[2] <= 1366, one
        assert 0 <= a[1] < a[3] <= 768, one
        for other, *b in boxes[:i]:
            apart = a[2] <= b[0] + 0.5 or b[2] <= a[0] + 0.5 or a[3] <= b[1] + 0.5 or b[3] <= a[1] + 0.5
            assert apart, (one, other)


@pytest.mark.parametrize("missing", ["Promise", "Path2D", "PointerEvent"])
def test_a_browser_that_is_too_old_says_so_plainly(chromium: Any, small_page: str, tmp_path: Any, missing: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(small_page, encoding="utf-8", newline="\n")
    context = chromium.new_context()
    tab = context.new_page()
    tab.add_init_script(f"delete window.{missing}")
    tab.goto(path.as_uri())
    shown = tab.locator("body").inner_text()
    context.close()
    assert "浏览器内核过旧" in shown
    assert "极速模式" in shown
    assert "自检" not in shown


def test_the_notice_for_old_browsers_runs_on_old_browsers_and_comes_first(small_page: str) -> None:
    for name in ("complete.js", "outdated.js"):
        script = re.sub(r"/\*.*?\*/|'[^']*'", "", _text(name), flags=re.DOTALL)
        assert not re.search(r"\b(const|let|class|async|of)\b|=>|`|\.\.\.", script)
    in_head, first, *_ = re.findall(r"<script(?! type)[^>]*>(.{40,120})", small_page, flags=re.DOTALL)
    assert "for every browser" in in_head
    assert "too old" in first
    assert 'name="renderer" content="webkit"' in small_page


def test_every_community_of_a_large_county_is_in_the_table(open_page: Any) -> None:
    page = open_page(html_of(page_data(town(names=[f"第{number}居" for number in range(1, 1001)]))))
    tab, body = page.tab, "#table-body tr"
    assert page.text("#table-foot") == "共1000个社区（村），向下滚动显示其余"
    assert tab.locator(body).count() < 1000
    farthest = page.js(
        "(() => { const rows = [...document.querySelectorAll('#table-body tr')];"
        " const seen = new Set(rows.map(row => Number(row.dataset.c)));"
        " return JJ.desk.engine.world.communities.findIndex(one => !seen.has(one.position)); })()"
    )
    page.js(f"JJ.desk.chooseCommunity({farthest})")
    page.drawn()
    assert tab.locator("#table-body tr.on").get_attribute("data-c") == str(farthest)
    page.until(
        "(() => { const box = document.getElementById('table-box'); box.scrollTop = box.scrollHeight;"
        " return document.querySelectorAll('#table-body tr').length === 1000; })()"
    )
    assert page.text("#table-foot") == "共1000个社区（村）"
    assert len({row.get_attribute("data-c") for row in tab.locator(body).all()}) == 1000


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1093, 500), (1024, 768), (800, 600), (683, 384)])
def test_a_scaled_or_small_screen_cuts_nothing_off(
    open_page: Callable, small_page: str, width: int, height: int
) -> None:
    page = open_page(small_page, viewport={"width": width, "height": height})
    page.js("JJ.desk.place(118.012, 36.608)")
    assert page.js("document.documentElement.scrollWidth") == width
    for tab in page.tab.get_by_role("tab").all():
        tab.click()
        assert page.js("document.querySelector('#panel').scrollWidth <= document.querySelector('#panel').clientWidth")
    page.tab.get_by_role("tab", name="社区（村）").click()
    page.drawn()
    row = page.tab.locator("#table-body tr").last
    row.scroll_into_view_if_needed()
    box, tabs = row.bounding_box(), page.tab.locator("#tabs").bounding_box()
    assert 0 < box["y"] < height
    assert tabs["height"] > 25
    assert page.js("document.getElementById('table').offsetWidth <= document.getElementById('table-box').clientWidth")
    assert page.tab.get_by_role("button", name="打印与导出").bounding_box()["x"] + 60 < width
    assert page.faults == []
