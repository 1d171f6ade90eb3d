"""Many sites at once: parts that are decided one by one bound the whole, and neighbourhoods are put in order."""

from __future__ import annotations

from time import monotonic

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.siting_worlds import World, world_of, worlds
from jiujin.analysis.siting.bound import dearest
from jiujin.analysis.siting.branching import Leash
from jiujin.analysis.siting.incidence import Incidence
from jiujin.analysis.siting.local_search import Groups
from jiujin.analysis.siting.maximal import Effort, cover_most, quick_plan
from jiujin.analysis.siting.parting import part_of, parted_bound
from jiujin.analysis.siting.windows import WINDOW, neighbours, rearranged

TRIES = settings(max_examples=25, deadline=None)
LITTLE = Effort(search=2e6, price=2e7, branch=2e8, seconds=60)


def leash(nodes: int) -> Leash:
    return Leash(nodes=nodes, until=monotonic() + 60)


def hard(seed: int, candidates: int = 60, points: int = 250) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [rng.choice(points, 25, replace=False).tolist() for _ in range(candidates)]


def two_valleys() -> Incidence:
    """Two hard questions side by side, of which nobody has a site in common."""
    rng = np.random.default_rng(9)
    reach = hard(1) + [[250 + point for point in row] for row in hard(2)]
    return world_of(reach, rng.integers(1, 50, 500).astype(float).tolist()).question


@TRIES
@given(world=worlds(candidates=9, points=14), count=st.integers(1, 4), data=st.data())
def test_no_plan_serves_more_than_its_parts_together(world: World, count: int, data: st.DataObject) -> None:
    parts, nodes = data.draw(st.integers(1, 3)), data.draw(st.sampled_from([0, 2, 99]))
    question = world.question
    assume(count <= len(world.reach) and question.classes > 0)
    start = np.zeros(question.classes), np.full(question.candidates, count / question.candidates)
    bound = parted_bound(
        question, quick_plan(question, count), start,
        parts=parts, rng=np.random.default_rng(0), leash=leash(nodes),
    )  # fmt: skip
    assert bound >= world.best(count)


def test_what_a_linear_programme_promises_too_much_is_found_out_part_by_part() -> None:
    question, none = two_valleys(), Groups.none(120)
    plan = cover_most(question, 12, effort=LITTLE).chosen
    prices = dearest(question, 12, none, steps=2000, enough=0)
    asked = {"parts": 2, "leash": leash(400)}
    start = prices.price, prices.share
    bound, again = (parted_bound(question, plan, start, rng=np.random.default_rng(4), **asked) for _ in range(2))
    assert question.units(plan) <= bound < prices.upto(12, none)
    assert bound == again


def test_parts_are_neighbourhoods() -> None:
    question = two_valleys()
    prices = dearest(question, 12, Groups.none(120), steps=800, enough=0)
    part = part_of(question, prices.price, prices.share, 2)
    here, there = np.bincount(part[:60], minlength=2), np.bincount(part[60:], minlength=2)
    assert here.argmax() != there.argmax()
    assert min(here.max(), there.max()) >= 50  # the larger valley gives some away, so that both have equal work


def test_neighbours_of_a_site_are_those_along_the_road() -> None:
    question = world_of([[j, j + 1] for j in range(30)], [1.0] * 31).question
    plan = np.arange(30, dtype=np.int32)
    assert neighbours(question, plan, 0)[:6].tolist() == [0, 1, 2, 3, 4, 5]
    assert set(neighbours(question, plan, 15)[:5].tolist()) == {13, 14, 15, 16, 17}
    assert neighbours(question, plan, 15).size == WINDOW


@pytest.mark.parametrize("seed", [5, 8])
def test_a_plan_within_one_window_becomes_the_best(seed: int) -> None:
    weight = np.random.default_rng(seed).integers(1, 50, 250).astype(float).tolist()
    question = world_of(hard(seed), weight).question

    def decide(asked: Incidence, start: np.ndarray) -> np.ndarray:
        return cover_most(asked, start.size, effort=LITTLE, start=start).chosen

    first = quick_plan(question, 6)
    better, best = rearranged(question, first, decide), cover_most(question, 6, effort=LITTLE)
    assert best.optimal
    assert question.units(first) < question.units(better) == best.units
    assert len(set(better.tolist())) == 6


def test_many_sites_have_a_plan_and_a_bound_that_do_not_depend_on_what_else_ran() -> None:
    rng = np.random.default_rng(6)
    reach = [sorted({(5 * j + int(step)) % 900 for step in rng.integers(0, 40, 12)}) for j in range(180)]
    question = world_of(reach, rng.integers(1, 50, 900).astype(float).tolist()).question
    none = Groups.none(180)
    found, again = (cover_most(question, 60, effort=LITTLE) for _ in range(2))
    assert (found.units, found.bound, found.chosen.tolist()) == (again.units, again.bound, again.chosen.tolist())
    assert question.units(found.chosen) == found.units <= found.bound
    assert found.bound < dearest(question, 60, none, steps=2000, enough=0).upto(60, none)
    assert len(set(found.chosen.tolist())) == 60
