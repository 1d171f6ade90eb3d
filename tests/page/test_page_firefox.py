"""The page in Firefox: what is asked of it in Chromium, and that both browsers find the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from page import test_page_browser as basics
from page import test_page_everyone as everyone
from page import test_page_paper as paper
from page import test_page_planning as planning
from page.conftest import opener

pytestmark = pytest.mark.browser

planned_town, planned_page, formula_town = planning.planned_town, planning.planned_page, paper.formula_town

test_policy = basics.test_the_policy_lets_nothing_out_and_nothing_foreign_run
test_interface = basics.test_the_scripting_interface_answers_as_python_does
test_site = basics.test_a_site_is_placed_dragged_renamed_undone_and_survives_a_reload
test_closing = basics.test_closing_a_facility_shows_who_loses_it
test_house = basics.test_clicking_a_house_tells_how_far_it_is_and_why_it_is_not_covered
test_scenario = basics.test_a_saved_scenario_is_taken_in_again_and_a_strangers_is_refused
test_keys = everyone.test_everything_can_be_done_by_keys
test_table = paper.test_the_csv_of_communities_has_a_mark_and_no_formula
test_print = paper.test_what_is_printed_is_aligned_with_the_text_over_it
test_suggestions = planning.test_sites_are_suggested_in_a_worker_and_the_plan_gains_what_was_promised


@pytest.fixture
def open_page(firefox: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a text in Firefox."""
    yield from opener(firefox, tmp_path)


@pytest.fixture
def open_in_chromium(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a text in the other browser."""
    (tmp_path / "chromium").mkdir()
    yield from opener(chromium, tmp_path / "chromium")


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_a_page_opens_from_disk_and_agrees_with_python(
    open_page: Callable, small_page: str, width: int, height: int
) -> None:
    basics.test_a_page_opens_from_disk_without_a_request_or_a_complaint(open_page, small_page, width, height)


def test_hostile_names_run_nothing_even_without_the_policy(open_page: Callable) -> None:
    basics.test_hostile_names_run_nothing_and_break_nothing(open_page, "removed")


def test_both_browsers_find_the_same_to_the_last_digit(
    open_page: Callable, open_in_chromium: Callable, small_town: SimpleNamespace, small_page: str
) -> None:
    rows = np.random.default_rng(4).integers(0, len(small_town.people), 12)
    places = small_town.people[["lon", "lat"]].to_numpy()[rows] + 0.0004
    closed = small_town.facilities.loc[small_town.facilities["service"] == "party_centre", "id"].iloc[0]
    question = (
        f"({places.tolist()}).map((at, i) => {{ const id = JJ.desk.engine.services[i % 3].id;"
        f" const found = jiujin.whatIf(id, [at], i % 3 || i % 2 ? [] : ['{closed}']); delete found.ms;"
        " return [found, jiujin.walk(id, ...at), jiujin.summary(id), jiujin.exportScenario(id, [at])]; })"
    )
    assert open_page(small_page).js(question) == open_in_chromium(small_page).js(question)


def test_the_walking_shed_of_a_site_is_drawn_and_taken_away_again(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    drawn = (
        "[...document.querySelectorAll('.leaflet-shed-pane canvas')].reduce((sum, one) => sum + one.getContext('2d')"
        ".getImageData(0, 0, one.width, one.height).data.filter((v, i) => i % 4 === 3 && v).length, 0)"
    )
    assert page.js(drawn) == 0
    page.js("JJ.desk.place(118.012, 36.608)")
    page.until(f"{drawn} > 500")
    page.js("JJ.byId('undo').click()")
    page.until(f"{drawn} === 0")
    assert page.faults == []
