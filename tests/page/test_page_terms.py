"""What the page calls its numbers: on the screen, on paper and in files the same, for one service and for all."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.browser

LEGEND_ON_PAPER = (
    "JJ.paintSheet(JJ.desk, JJ.sheetLayout(JJ.desk, {paper: 'A3', extent: 'all', title: ''}),"
    " document.createElement('canvas'), 96, false).map(one => one.text)"
)


def test_a_map_of_all_services_never_calls_itself_that_of_one(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    page.tab.get_by_role("button", name="3项服务齐全").click()
    heading = page.text("#table-head").replace("\t", " ")
    assert "齐全率" in heading
    assert "不齐全" in heading
    assert "覆盖率" not in heading
    legend = page.text("#legend")
    for service in ("党群服务中心", "助老食堂", "如康家园"):
        assert f"{service}（" in legend
    paper = page.js(LEGEND_ON_PAPER)
    assert "示例县公共服务综合可达图" in paper
    assert "各项服务齐全的人口" in paper
    assert "服务不齐全人数最多的社区（村）" in paper
    assert "几乎没有" in paper
    assert not [text for text in paper if "步行覆盖图" in text or text in ("覆盖率", "未覆盖", "不足20%")]
    page.tab.get_by_role("button", name="打印与导出").click()
    assert page.tab.get_by_label("图名").input_value() == "示例县公共服务综合可达图"
    path = page.saved_by(page.tab.get_by_role("button", name="保存表格（CSV）"))
    assert path.name == "示例县公共服务综合可达分社区（村）情况表.csv"
    head, *_, total = csv.reader(path.read_text("utf-8-sig").splitlines())
    shown = dict(zip(head, total, strict=True))
    assert float(shown["现状齐全率"]) == pytest.approx(
        float(shown["现状齐全"]) / float(shown["服务对象人数"]), abs=1e-3
    )
    assert page.faults == []


def test_each_row_has_the_colour_that_its_community_has_on_the_map(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    for click in ("3项服务齐全", "党群服务中心"):
        page.tab.get_by_role("button", name=click).first.click()
        page.drawn()
        pairs = page.js(
            "[...document.querySelectorAll('#table-body tr')].map(row => [row.querySelector('.swatch').className,"
            " JJ.desk.look().fill(Number(row.getAttribute('data-c')))])"
        )
        assert pairs
        assert all(name == f"swatch {'none' if fixed < 0 else f'c{fixed}'}" for name, fixed in pairs)


def test_small_changes_are_told_finely_and_losses_in_red(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    assert page.js("JJ.words.points(0.19521, 0.19662)") == "+0.14个百分点"
    assert page.js("JJ.words.points(0.2, 0.175)") == "−2.5个百分点"
    assert page.js("JJ.words.points(0.2, 0.20001)") == "不变"
    assert [page.js(f"JJ.words.signed({n})") for n in (-3, 0, 0.2, 1200)] == ["−3", "0", "0", "+1,200"]
    page.js("JJ.desk.toggleClosed('party_centre', 'party_centre-00')")
    page.drawn()
    loss = page.tab.locator(".delta strong")
    assert loss.inner_text().startswith("−")
    assert loss.evaluate("one => getComputedStyle(one).color") == "rgb(179, 38, 30)"


def test_an_estimate_is_marked_wherever_it_is_shown(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    groups = page.js("JJ.desk.engine.world.groups.map(one => [one.id, one.label, one.estimated])")
    assert {estimated for _, _, estimated in groups} == {True, False}
    page.js("JJ.desk.chooseCommunity(1, false)")
    page.drawn()
    rows = dict(
        page.js(
            "[...document.querySelectorAll('#card table:nth-of-type(2) tbody tr')]"
            ".map(row => [row.children[0].textContent, row.children[1].textContent])"
        )
    )
    for group, label, estimated in groups:
        assert rows[label].endswith(" 估") == estimated
        page.js(f"JJ.desk.store.set({{group: '{group}'}})")
        mark = f"{label}（估算）" if estimated else label
        assert f"{mark}覆盖率" in page.text("#legend")
        assert f"{mark} ·" in page.text("#title-block")
        assert f"{mark}覆盖率" in page.js(LEGEND_ON_PAPER)
        assert ("（估算）" in "".join(page.js("JJ.tableSheets(JJ.desk)[0].title"))) == estimated


def test_classes_of_gains_are_round_numbers(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    steps = {2567: 500, 2243: 400, 14: 2, 9: 1, 3: 1, 100: 20, 1e6: 200_000, 740: 100, 800: 150}
    assert {most: page.js(f"JJ.gainStep({most})") for most in steps} == steps


def test_the_legend_on_paper_explains_every_line_of_the_map(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    assert {"社区（村）界", "乡镇（街道）界", "道路"} <= set(page.js(LEGEND_ON_PAPER))
    page.js("JJ.desk.store.set({layers: Object.assign({}, JJ.desk.store.state.layers, {streets: false})})")
    assert "道路" not in page.js(LEGEND_ON_PAPER)


def test_who_is_about_to_place_a_site_is_told_how(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page, viewport={"width": 390, "height": 844})
    page.tab.get_by_role("tab", name="选址试算").click()
    button = page.tab.get_by_role("button", name="在图上放置点位")
    before = button.evaluate("one => getComputedStyle(one).backgroundColor")
    button.click()
    page.until("JJ.byId('stage').getBoundingClientRect().top > -1")
    assert "请在图上点击" in page.text("#told")
    assert button.evaluate("one => getComputedStyle(one).backgroundColor") != before
    page.tab.keyboard.press("Escape")
    page.until("!JJ.byId('told').classList.contains('shown')")
    assert page.faults == []


def test_minutes_become_round_metres_and_households_are_no_people(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    page.tab.get_by_role("button", name="15分钟").click()
    assert page.js("JJ.desk.store.state.metres") == 1000
    assert page.tab.get_by_role("button", name="15分钟").get_attribute("aria-pressed") == "true"
    assert "统一 1000 米 ≈ 15分钟" in page.text("#reach")
    people = page.text("#figures")
    assert "人口覆盖率" in people
    page.js("JJ.desk.store.set({group: 'households'})")
    terms = page.js("JJ.words.terms({group: 'households'}, JJ.desk.look().service)")
    assert (terms["county"], terms["count"], terms["unit"]) == ("住户覆盖率", "户数", "户")
    assert "户数" in page.text("#table-head")
    assert "人数" not in page.text("#table-head")


def test_a_sheet_of_a_part_says_that_its_figures_are_of_the_whole(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    assert "人口覆盖率" in page.js(LEGEND_ON_PAPER)
    assert "全域人口覆盖率" in page.js(LEGEND_ON_PAPER.replace("'all'", "'screen'"))


def test_every_layer_that_is_switched_on_stands_in_the_legend_on_the_screen_and_on_paper(
    open_page: Callable, small_page: str
) -> None:
    page = open_page(small_page)
    page.js("JJ.desk.store.set({layers: Object.assign({}, JJ.LAYERS, {others: true, trust: true})})")
    page.drawn()
    legend, paper = page.text("#legend"), page.js(LEGEND_ON_PAPER)
    for name in ("现状党群服务中心", "助老食堂", "如康家园"):
        assert f"\n{name}（" in legend
        assert [text for text in paper if text.startswith(f"{name}（")]
    assert {"道路数据可信度一般", "道路数据可信度不足"} <= set(paper)
    assert legend.index("无服务对象") < legend.index("道路数据可信度")
    page.js("JJ.desk.store.set({layers: JJ.LAYERS, gaps: true})")
    page.drawn()
    assert "服务盲区" in page.text("#legend")
    page.js("JJ.desk.store.set({gaps: false})")
    page.drawn()
    assert not {"服务盲区", "助老食堂"} & set(re.split(r"[（\n]", page.text("#legend")))
    assert not [text for text in page.js(LEGEND_ON_PAPER) if "可信度" in text or text.startswith("助老食堂")]


def test_escape_ends_measuring_and_a_card_makes_way_for_it(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    page.js("JJ.desk.chooseCommunity(2, false)")
    page.tab.get_by_role("button", name="量距").click()
    page.until("document.getElementById('card').hidden")
    page.tab.keyboard.press("Escape")
    page.until("document.getElementById('measured').hidden")
    assert page.js("JJ.desk.store.state.measuring") is False
    assert page.faults == []
