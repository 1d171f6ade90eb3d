"""The planner's part of the page in a real browser: suggestions, plans, swipe, heat, gaps, targets, measuring."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from jiujin.rendering.page import html_of
from jiujin.rendering.page_data import page_data
from page.page_worlds import town

pytestmark = pytest.mark.browser

SITES = "document.querySelectorAll('#site-list li').length"


def _told(row: dict, **more: object) -> dict:
    return {"id": "t", "unit": "", "source": "民政规划", "note": "", "found": 0.5, "goal": 0.8} | row | more


@pytest.fixture(scope="session")
def planned_town() -> SimpleNamespace:
    """The small town with targets, and with an answer to a siting question."""
    place = town()
    place.answers.targets = pd.DataFrame(
        [
            _told({"id": "a", "label": "助老食堂覆盖", "state": "滞后"}),
            _told({"id": "b", "label": "<img onerror=ran()>", "state": "已完成"}, found=100.0, goal=80.0, unit="家"),
            _told({"id": "c", "label": "探访率", "state": "无数据"}, found=np.nan),
        ]
    )
    site = SimpleNamespace(name="推荐甲", lon=118.012, lat=36.608, gained=123, cumulative_rate=0.6)
    place.siting = SimpleNamespace(
        service="party_centre", gained=123, optimal=False, gap=0.013, closed=(), sites=(site,)
    )
    return place


@pytest.fixture(scope="session")
def planned_page(planned_town: SimpleNamespace) -> str:
    return html_of(page_data(planned_town))


def test_sites_are_suggested_in_a_worker_and_the_plan_gains_what_was_promised(
    open_page: Callable, planned_page: str
) -> None:
    page = open_page(planned_page)
    page.tab.get_by_role("tab", name="选址试算").click()
    page.tab.locator("#advice summary").click()
    page.write(page.tab.locator("#advice-count"), "3")
    for kind in ("people", "facilities", "streets"):
        before = page.js("jiujin.summary('party_centre').covered")
        page.tab.locator("#advice-kind").select_option(kind)
        page.tab.get_by_role("button", name="开始推荐").click()
        page.until(f"{SITES} === 3 && !document.getElementById('advice-go').disabled")
        sites = json.loads(page.js("jiujin.exportScenario()"))["features"]
        places = [site["geometry"]["coordinates"] for site in sites]
        gained = page.js(f"jiujin.whatIf('party_centre', {json.dumps(places)}).gained")
        shown = page.js("JJ.desk.model.gains(JJ.desk.look()).map(one => one.next)")
        assert sum(shown) == gained > 0
        assert shown == sorted(shown, reverse=True)
        page.until(f"document.getElementById('figures').innerText.includes('{round(before + gained):,}')")
        page.tab.get_by_role("button", name="撤销").click()
        page.until(f"{SITES} === 0")
    assert page.js("JJ.desk.aside.made instanceof Worker"), "the work was done in a Worker"
    assert page.faults == []


def test_without_a_worker_the_page_suggests_between_its_frames(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    page.js("JJ.desk.aside.made = null")
    page.tab.get_by_role("tab", name="选址试算").click()
    page.tab.locator("#advice summary").click()
    page.tab.get_by_role("button", name="开始推荐").click()
    page.until(f"{SITES} === 5")
    assert page.faults == []


def test_a_suggestion_can_be_stopped_and_changes_nothing(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    page.js("JJ.errands.suggest = function* () { for (;;) yield { done: 1, total: 9 }; }")
    page.js("JJ.desk.aside.made = null")
    page.tab.get_by_role("tab", name="选址试算").click()
    page.tab.locator("#advice summary").click()
    page.tab.get_by_role("button", name="开始推荐").click()
    page.until("document.getElementById('advice-run').textContent.includes('1 / 9')")
    page.tab.get_by_role("button", name="停止").click()
    assert page.js("document.getElementById('advice-run').textContent") == "已停止。"
    assert page.js("JJ.desk.store.state.scenario.sites.length") == 0
    assert page.faults == []


def test_what_python_has_found_is_taken_over_as_a_plan(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    page.tab.get_by_role("tab", name="选址试算").click()
    assert "距最优不超过1.3%" in page.text("#carried")
    page.tab.get_by_role("button", name="采纳为方案").click()
    page.until(f"{SITES} === 1")
    features = json.loads(page.js("jiujin.exportScenario()"))["features"]
    assert [(one["properties"]["name"], one["geometry"]["coordinates"]) for one in features] == [
        ("推荐甲", [118.012, 36.608])
    ]
    page.tab.get_by_role("button", name="采纳为方案").click()
    page.until("document.querySelectorAll('#plans tbody tr').length === 3")
    assert "优化选址" in page.text("#plans tr.on")
    page.js("JJ.desk.choose('elderly_canteen')")
    assert page.text("#carried") == ""
    assert page.faults == []


def test_plans_stand_side_by_side_and_survive_a_reload(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    tab = page.tab
    tab.get_by_role("tab", name="选址试算").click()
    page.js("JJ.desk.place(118.012, 36.608)")
    tab.get_by_role("button", name="复制方案").click()
    page.js("JJ.desk.place(118.004, 36.604)")
    tab.get_by_role("button", name="方案改名").click()
    tab.locator("#plans input").fill("<b>两处</b>")
    tab.keyboard.press("Enter")
    rows = (
        "Array.from(document.querySelectorAll('#plans tbody tr'), row => row.innerText.split('\\t').map(t => t.trim()))"
    )
    one = page.js("jiujin.whatIf('party_centre', [[118.012, 36.608]])")
    two = page.js("jiujin.whatIf('party_centre', [[118.012, 36.608], [118.004, 36.604]])")
    page.until(f"{rows}.length === 3 && {rows}[2][1] === '2'")
    shown = page.js(rows)
    assert [row[0] for row in shown] == ["现状", "方案1", "<b>两处</b>"]
    assert [row[2] for row in shown[1:]] == [f"{round(each['covered']):,}" for each in (one, two)]
    assert [row[4] for row in shown[1:]] == [f"+{round(each['gained']):,}" for each in (one, two)]
    page.until("decodeURIComponent(location.hash).includes('<b>两处</b>')")
    tab.reload()
    page.js("jiujin.ready")
    tab.get_by_role("tab", name="选址试算").click()
    assert page.js(rows) == shown
    assert page.js("JJ.desk.store.state.scenario.sites.length") == 2
    tab.locator("#plans .link").first.click()
    page.until(f"{SITES} === 1")
    tab.get_by_role("button", name="移除方案").click()
    page.until(f"{rows}.length === 2")
    tab.get_by_role("button", name="撤销").click()
    page.until(f"{rows}.length === 3")
    assert page.faults == []


def test_the_gain_surface_fills_in_and_goes_when_the_question_changes(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    page.tab.get_by_role("tab", name="选址试算").click()
    page.tab.get_by_role("button", name="新增收益热力").click()
    page.until("JJ.desk.surface && JJ.desk.surface.done")
    best = page.js("JJ.desk.surface.cells.reduce((a, b) => a.gain >= b.gain ? a : b)")
    lon, lat = page.js(f"JJ.desk.shapes.degrees({best['x']}, {best['y']})")
    gained = page.js(f"jiujin.whatIf('party_centre', [[{lon}, {lat}]]).gained")
    assert abs(gained - best["gain"]) <= 0.05 * best["gain"], "drawing units are a little coarser than degrees"
    painted = (
        "(() => { const g = document.createElement('canvas').getContext('2d');"
        " g.drawImage(JJ.desk.layers.heat.canvas, 0, 0, 300, 150);"
        " return g.getImageData(0, 0, 300, 150).data.some(v => v); })()"
    )
    assert page.js(painted)
    assert "增设一处新增人数" in page.text("#legend")
    page.js("JJ.desk.store.set({metres: 400})")
    page.until(f"JJ.desk.surface && JJ.desk.surface.done && {painted}")
    assert page.js("JJ.desk.surface.most") < best["gain"]
    page.tab.get_by_role("button", name="新增收益热力").click()
    page.until(f"!{painted}")
    assert page.faults == []


def test_the_swipe_shows_the_present_left_of_its_line(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    page.tab.get_by_role("tab", name="选址试算").click()
    page.js("JJ.desk.place(118.012, 36.608)")
    page.tab.get_by_role("button", name="前后对比").click()
    divider = page.tab.get_by_role("slider", name="现状与方案的分界")
    box = divider.bounding_box()
    stage = page.tab.locator("#stage").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - stage["x"] - stage["width"] / 2) < 3
    page.tab.mouse.move(box["x"] + 14, box["y"] + 300)
    page.tab.mouse.down()
    page.tab.mouse.move(stage["x"] + stage["width"] * 0.25, box["y"] + 300, steps=4)
    page.tab.mouse.up()
    assert divider.get_attribute("aria-valuenow") == "25"
    divider.focus()
    page.tab.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "27"
    edge = (
        "(() => { const c = JJ.desk.layers.before.canvas, b = c.getBoundingClientRect();"
        " return b.left + parseFloat(c.style.clipPath.split(/[ ,]+/)[2]); })()"
    )
    assert abs(page.js(edge) - stage["x"] - 0.27 * stage["width"]) < 3
    page.js("JJ.desk.map.panBy([90, 20], {animate: false})")
    assert abs(page.js(edge) - stage["x"] - 0.27 * stage["width"]) < 3, "the line stays where it is when the map moves"
    page.tab.get_by_role("button", name="前后对比").click()
    assert page.js("JJ.desk.layers.before.canvas") is None
    assert page.faults == []


def test_gaps_are_listed_and_lead_to_their_place(
    open_page: Callable, planned_town: SimpleNamespace, planned_page: str
) -> None:
    page = open_page(planned_page)
    gaps = planned_town.answers.gaps
    first = gaps[gaps["service"] == "elderly_canteen"].iloc[0]
    page.js("JJ.desk.choose('elderly_canteen')")
    page.tab.get_by_role("tab", name="服务盲区").click()
    row = page.tab.locator("#gap-list li").first
    assert f"{round(first['people']):,} 人" in page.text(row)
    assert first["remedy"] in page.text(row)
    row.get_by_role("button").click()
    bounds = page.js("(b => [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()])(JJ.desk.map.getBounds())")
    west, south, east, north = first.geometry.bounds
    assert bounds[0] < west
    assert bounds[1] < south
    assert bounds[2] > east
    assert bounds[3] > north
    page.drawn()
    assert page.tab.locator("#gap-list li.on").count() == 1
    page.tab.get_by_label("在图上显示全部盲区").check()
    assert page.js("JJ.desk.store.state.gaps")
    assert page.faults == []


def test_targets_are_told_with_their_state(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    page.tab.get_by_role("tab", name="目标任务").click()
    text = page.text("#pane-targets")
    for said in (
        "已完成1项、滞后1项、无数据1项",
        "现状 50.0% · 目标 80.0%",
        "现状 100家 · 目标 80家",
        "现状 — · 目标 80.0%",
        "<img onerror=ran()>",
    ):
        assert said in text
    assert page.faults == []


def test_all_services_at_once_are_counted_as_python_counts_them(
    open_page: Callable, planned_town: SimpleNamespace, planned_page: str
) -> None:
    page = open_page(planned_page)
    page.tab.get_by_role("button", name="3项服务齐全").click()
    reached = np.sum([access.covered for access in planned_town.access.values()], axis=0)
    total = planned_town.people["total"].to_numpy()
    home = planned_town.community >= 0
    counts = [float(total[home & (reached == n)].sum()) for n in range(4)]
    assert page.js("JJ.basket.byCount(JJ.desk.engine, 'total')") == counts
    shown = page.text(".reached")
    for count in counts:
        assert f"{round(count):,}人" in shown
    assert page.js("document.getElementById('rate').textContent") == f"{100 * counts[3] / sum(counts):.1f}%"
    assert "人均可达服务（共3项）" in page.text("#legend")
    assert page.tab.locator("#metres").is_disabled()
    page.tab.locator("[data-service=party_centre]").click()
    assert page.js("JJ.desk.store.state.basket") is False
    assert page.faults == []


def test_two_clicks_measure_the_walk_between_them(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    page.tab.get_by_role("button", name="量距").click()
    stage = page.tab.locator("#stage").bounding_box()
    for share in (0.45, 0.6):
        page.tab.mouse.click(stage["x"] + stage["width"] * share, stage["y"] + stage["height"] * 0.55)
    page.until("document.getElementById('measured').textContent.startsWith('步行')")
    found = page.js("({m: JJ.desk.measured.metres, s: JJ.desk.measured.straight_m})")
    assert found["m"] >= found["s"] - 0.02 > 100
    assert f"步行 {round(found['m']):,}米" in page.js("document.getElementById('measured').textContent")
    page.tab.get_by_role("button", name="量距").click()
    page.drawn()
    assert page.tab.locator("#measured").is_hidden()
    assert page.faults == []


def test_the_card_tells_groups_nearest_facilities_the_gap_to_the_goal_and_the_trust(
    open_page: Callable, planned_town: SimpleNamespace, planned_page: str
) -> None:
    page = open_page(planned_page)
    page.js("JJ.desk.chooseCommunity(2, true)")
    page.until("document.querySelectorAll('#card table').length === 3")
    card = page.text("#card")
    access = planned_town.access["party_centre"]
    here, total = planned_town.community == 2, planned_town.people["total"].to_numpy()
    people, covered = total[here].sum(), total[here & access.covered].sum()
    missing = int(np.ceil(0.8 * people - 1e-9 - covered))
    assert ("已达标" if missing <= 0 else f"还差 {missing:,} 人") in card
    nearest = (
        pd.Series(total[here & (access.facility_row >= 0)])
        .groupby(access.facility_row[here & (access.facility_row >= 0)])
        .sum()
    )
    row = nearest.idxmax()
    assert planned_town.facilities["name"][row] in card
    assert f"{round(nearest[row]):,}人" in card
    grade = {"good": "可信", "fair": "一般", "poor": "不足"}[planned_town.trust["trust"].iloc[2]]
    assert f"道路数据可信度：{grade}" in card
    assert "60岁及以上老年人" in card
    assert page.faults == []


def test_minutes_follow_the_speed_that_the_study_gives_the_group(
    open_page: Callable, planned_town: SimpleNamespace
) -> None:
    data = page_data(planned_town)
    slow = tuple(replace(group, speed_m_s=0.5) if group.id == "disabled" else group for group in data.groups)
    page = open_page(html_of(replace(data, groups=slow)))
    minutes = "document.querySelector('#minutes button:nth-child(3)').title"
    assert page.js(minutes) == "670米"
    page.tab.locator("#group").select_option("age60")
    assert page.js(minutes) == "480米"
    page.tab.locator("#group").select_option("disabled")
    assert page.js(minutes) == "300米"
    page.tab.get_by_role("button", name="10分钟").click()
    assert "统一 300 米 ≈ 10分钟（持证残疾人 0.5米/秒）" in page.js("document.getElementById('reach').textContent")
    assert page.faults == []


def test_facilities_and_townships_are_found_by_name_and_initials(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    for text, found in (
        ("北关村服务", "北关村服务点"),
        ("bgcfwd", "北关村服务点"),
        ("东河", "东河镇"),
        ("dhz", "东河镇"),
    ):
        page.tab.locator("#find").fill(text)
        page.until(
            "document.querySelector('#found li span') &&"
            f" document.querySelector('#found li span').textContent === '{found}'"
        )
        page.tab.keyboard.press("Enter")
    assert page.js("JJ.desk.store.state.township") == "东河镇"
    assert page.js("JJ.desk.store.state.facility") >= 0
    assert page.faults == []


def test_a_bureaus_page_tells_its_own_gaps_targets_and_sites(planned_town: SimpleNamespace) -> None:
    planned_town.study = replace(planned_town.study, targets=())
    answers = page_data(planned_town).for_service("party_centre").answers
    assert {gap["service"] for gap in answers.gaps} == {"party_centre"}
    assert len(answers.gap_shapes) == len(answers.gaps) > 0
    assert answers.targets == (), "targets that belong to no service, or to another, stay in the whole page"
    assert answers.siting is not None
    assert page_data(planned_town).for_service("rukang_home").answers.siting is None


def test_townships_are_the_union_of_their_communities(planned_town: SimpleNamespace) -> None:
    answers = page_data(planned_town).answers
    assert answers.townships == ("东河镇", "城关街道")
    for name, shape in zip(answers.townships, answers.township_shapes, strict=True):
        own = planned_town.communities[planned_town.communities["township"] == name].geometry.union_all()
        assert shape.symmetric_difference(own).area < 1e-9


def test_the_boxes_of_the_layers_follow_whoever_switches_them(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page, at="#s=party_centre&l=fill/others")
    page.js("JJ.byId('layers').open = true")
    fill, others = (page.tab.get_by_role("checkbox", name=name) for name in ("覆盖率分级", "其他服务设施"))
    page.drawn()
    assert not fill.is_checked()
    assert others.is_checked()
    page.js("JJ.desk.store.set({layers: Object.assign({}, JJ.desk.store.state.layers, {fill: true})})")
    assert fill.is_checked()
    fill.uncheck()
    page.until("location.hash.includes('l=fill/others')")
    page.js("location.hash = '#s=party_centre&l=labels'")
    page.until("!JJ.desk.store.state.layers.labels")
    assert fill.is_checked()
    assert not others.is_checked()
    assert not page.tab.get_by_role("checkbox", name="注记").is_checked()
    assert page.faults == []


def test_what_was_changed_last_survives_a_reload_right_after_it(open_page: Callable, planned_page: str) -> None:
    page = open_page(planned_page)
    page.js("JJ.desk.place(118.012, 36.608)")
    page.until("location.hash.includes('118.012')")
    page.js("window.setTimeout = () => 0; JJ.desk.store.undo(); JJ.desk.chooseTownship('东河镇')")
    page.tab.reload()
    page.js("jiujin.ready")
    assert page.js("JJ.desk.store.state.scenario.sites.length") == 0
    assert page.js("document.getElementById('township').value") == "东河镇"
    assert page.js("document.querySelector('input[name=extent]:checked').value") == "township"
