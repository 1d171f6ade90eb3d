"""The page for anyone: cells instead of homes, no small or exact count, and the same engine over it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from jiujin.analysis.public_cells import shown_people
from jiujin.analysis.siting.answers import Site, SitingAnswer
from jiujin.errors import Problem
from jiujin.rendering.outputs import access_columns
from jiujin.rendering.page import html_of, pack_page
from jiujin.rendering.page_data import page_data
from page.asking import ask
from page.page_worlds import town


@pytest.fixture(scope="module")
def public_town() -> SimpleNamespace:
    """A town whose easternmost community has four people with disabilities, in one house."""
    place = town()
    weights = place.residents.groups["disabled"]
    last = place.community == place.community.max()
    weights[last] = 0
    weights[np.flatnonzero(last)[3]] = 4
    place.study = replace(place.study, output=replace(place.study.output, profile="public"))
    about = {"severity": "info", "rule": "r", "found": "某户3人"}
    place.study = replace(
        place.study, inputs=replace(place.study.inputs, population=(place.study.folder / "人口.csv",))
    )
    place.problems = (
        Problem(file="人口.csv", **about), Problem(file="设施.xlsx", row=3, **about), Problem(**about),
        Problem(severity="info", rule="r", file="设施.xlsx", found="共15处"),
    )  # fmt: skip
    return place


def numbers_in(page: str, *names: str) -> list[Any]:
    return ask(page, *(["columns", [name]] for name in names))


def test_a_public_page_carries_no_home_and_no_count_that_is_small_or_exact(public_town: SimpleNamespace) -> None:
    data = page_data(public_town)
    homes = set(zip(np.round(public_town.people["lon"], 7), np.round(public_town.people["lat"], 7), strict=True))
    assert not homes & set(zip(data.lon.tolist(), data.lat.tolist(), strict=True))
    assert len(data.lon) < len(public_town.people) / 2
    for group in data.groups:
        assert np.all(group.weights % 5 == 0)
        assert np.all((group.weights == 0) | (group.weights >= 10))
    for sums in (*data.people.values(), *data.covered.values()):
        assert np.all(sums % 5 == 0)
        assert np.all((sums == 0) | (sums >= 10))
        assert np.all((sums == 0) | (sums >= 10))


def test_nothing_packed_tells_the_four_people_of_a_small_community(public_town: SimpleNamespace) -> None:
    data = page_data(public_town)
    last = len(data.communities.code) - 1
    assert data.few["disabled"].tolist() == [False] * last + [True]
    assert data.people["disabled"][last] == 0
    (meta_few, check) = ask(pack_page(data), ["columns", ["people:disabled"]], ["selfCheck"])
    assert meta_few[0][last] == 0
    assert check["ok"]
    assert [problem.found for problem in data.problems] == ["共15处"]


def test_a_bureaus_public_page_has_only_the_cells_of_its_own_group(public_town: SimpleNamespace) -> None:
    data = page_data(public_town)
    own = data.for_service("rukang_home")
    assert np.all(own.groups[0].weights > 0)
    assert len(own.lon) < len(data.lon)
    (check,) = ask(pack_page(own), ["selfCheck"])
    assert check["ok"]


def test_the_table_of_people_has_the_cells_of_the_page_and_their_walks(public_town: SimpleNamespace) -> None:
    columns, data = access_columns(public_town), page_data(public_town)
    assert columns["lon"].tolist() == data.lon.tolist()
    assert columns["id"][0] == "G000001"
    assert not set(public_town.people["id"]) & set(columns["id"])
    packed = pack_page(data)
    rows = range(0, len(data.lon), 7)
    asks = [["walk", "rukang_home", columns["lon"][row], columns["lat"][row]] for row in rows]
    for row, found in zip(rows, ask(packed, *asks), strict=True):
        metres = columns["rukang_home_m"][row]
        assert found["metres"] == (None if np.isnan(metres) else metres)


def test_inside_the_office_everybody_stands_where_the_population_file_has_them(small_town: SimpleNamespace) -> None:
    shown = shown_people(small_town)
    assert shown.people is small_town.people
    assert shown.access is small_town.access
    data = page_data(small_town)
    assert data.lon.tolist() == small_town.people["lon"].tolist()
    assert data.few == {}
    assert data.caliber[""] == page_data(small_town).caliber[""]
    assert not any("公开版" in line for line in data.caliber[""])


@pytest.mark.browser
def test_a_public_page_says_what_it_is_and_shows_few_people_as_fewer_than_ten(
    open_page: Callable, public_town: SimpleNamespace
) -> None:
    page = open_page(html_of(page_data(public_town)))
    assert page.js("jiujin.selfCheck.ok")
    page.tab.get_by_role("button", name="如康家园").click()
    page.until("document.querySelector('#table tr[data-c=\"4\"]').innerText.includes('<10')")
    row = page.text('#table tr[data-c="4"]')
    assert re.sub(r"\s+", " ", row).strip() == "锦绣社区 <10 — —"
    page.js("JJ.desk.chooseCommunity(4, false)")
    page.until("document.getElementById('card').innerText.includes('<10')")
    assert "内部" not in page.text("#title-block")
    page.tab.get_by_role("button", name="党群服务中心").click()
    lacking = []
    for community in range(4):
        page.js(f"JJ.desk.chooseCommunity({community}, false)")
        lacking += re.findall(r"还差 ([\d,]+) 人", page.text("#card"))
    assert lacking
    assert all(int(people.replace(",", "")) % 5 == 0 for people in lacking)
    page.tab.get_by_role("tab", name="口径说明").click()
    assert "公开版" in page.text(page.tab.locator("#caliber li").first)
    lon, lat = page.js("[0, 1].map(k => JJ.desk.engine.world.people[k ? 'lat' : 'lon'][20] / 1e7)")
    page.js(f"JJ.desk.map.setView([{lat}, {lon}], 18, {{animate: false}})")
    page.js("JJ.desk.store.set({person: 20, community: -1})")
    page.until("document.getElementById('card').innerText.includes('合并格网')")
    assert page.js("jiujin.whatIf('party_centre', [[118.012, 36.608]]).gained") % 5 == 0
    assert page.faults == []


def _site(rank: int, gained: float) -> Site:
    return Site(
        rank=rank, id=f"c{rank}", name=f"路口{rank}", lon=118.012, lat=36.608, kind="street", gained=gained,
        needed=gained,
        cumulative_rate=0.612371, gained_by_group={"total": gained}, community_code=None, community=None, township=None,
        cost=None, year=0, way=1, piece=0, at_cm=0, leg_cm=0,
    )  # fmt: skip


def test_suggested_sites_are_told_to_the_public_in_fives_and_none_of_a_few_people(public_town: SimpleNamespace) -> None:
    public_town.siting = SitingAnswer(
        service="party_centre", objective="cover", count=2, sites=(_site(1, 128.0), _site(2, 4.0)), gained=132.0,
        bound=132.0, optimal=True, people=9000.0, covered_before=5001.0, covered_after=5133.0, seconds=0.0,
        candidates=9, value=132.0, value_bound=132.0,
    )  # fmt: skip
    told = page_data(public_town).answers.siting
    public_town.siting = None
    assert told is not None
    assert [site["gained"] for site in told["sites"]] == [130, None]
    assert told["gained"] == 130
