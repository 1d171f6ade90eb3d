"""What siting answers, held against every possible choice in small worlds."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from time import monotonic

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from analysis.siting_worlds import World, world_of, worlds
from jiujin.analysis.siting.bound import dearest
from jiujin.analysis.siting.branching import Leash, close_gap
from jiujin.analysis.siting.budget import cover_within_budget
from jiujin.analysis.siting.defence import building_order, curve, other_plans, substitutes
from jiujin.analysis.siting.exact import solve
from jiujin.analysis.siting.fairness import Places, fairest
from jiujin.analysis.siting.fewest import fewest_for
from jiujin.analysis.siting.incidence import incidence
from jiujin.analysis.siting.local_search import Groups
from jiujin.analysis.siting.maximal import Effort, cover_most, covering_programme, quick_plan
from jiujin.analysis.siting.promising import search_promising
from jiujin.analysis.siting.sharing import seat_most
from jiujin.analysis.siting.walking import NEVER_CM, Reached, saving_question, shortest_longest

BRIEF = Effort(search=2e4, price=1e5, seconds=20)
TRIES = settings(max_examples=25, deadline=None)

# two villages of ten around the ends, a town of twelve in the middle: greedy takes the middle and is stuck
TRAP = world_of([[0, 1], [2, 3], [1, 2]], [4, 6, 6, 4])


def test_the_best_two_are_not_the_greedy_two() -> None:
    found = cover_most(TRAP.question, 2, effort=BRIEF)
    assert found.chosen.tolist() == [0, 1]
    assert (found.units, found.bound, found.optimal) == (20, 20, True)
    assert quick_plan(TRAP.question, 1).tolist() == [2]  # alone, the middle is best


def test_people_who_depend_on_the_same_candidates_are_one_class() -> None:
    question = world_of([[0, 1, 2], [2, 3], []], [1, 2, 4, 8]).question
    assert question.weight.tolist() == [3, 4, 8]
    assert question.class_of.tolist() == [0, 0, 1, 2]
    assert question.reach().tolist() == [7, 12, 0]


def test_points_without_people_are_in_no_class() -> None:
    assert world_of([[0, 1]], [0, 5]).question.class_of.tolist() == [-1, 0]


@TRIES
@given(world=worlds(), count=st.integers(0, 4))
def test_no_choice_serves_more_than_the_one_found(world: World, count: int) -> None:
    assume(count <= len(world.reach))
    found = cover_most(world.question, count, effort=BRIEF)
    assert found.optimal
    assert found.units == world.best(count) == world.served(found.chosen.tolist())
    assert len(set(found.chosen.tolist())) == count


@TRIES
@given(world=worlds(whole=False), count=st.integers(1, 3))
def test_estimated_people_are_compared_to_a_hair(world: World, count: int) -> None:
    assume(count <= len(world.reach))
    question = world.question
    found = cover_most(question, count, effort=BRIEF)
    assert world.served(found.chosen.tolist()) == pytest.approx(world.best(count), abs=1e-6)
    assert question.people(found.bound) >= world.best(count) - 1e-6


@TRIES
@given(world=worlds(), count=st.integers(1, 4), steps=st.sampled_from([40, 200, 800]))
def test_bounds_are_above_the_optimum_and_plans_below(world: World, count: int, steps: int) -> None:
    assume(count <= len(world.reach))
    question, groups = world.question, Groups.none(len(world.reach))
    bound = dearest(question, count, groups, steps=steps, enough=0).upto(count, groups)
    assert bound >= world.best(count) >= question.units(quick_plan(question, count))


@TRIES
@given(world=worlds(), count=st.integers(1, 4))
def test_the_bound_comes_down_to_the_linear_programme(world: World, count: int) -> None:
    question, n = world.question, len(world.reach)
    assume(count <= n and question.classes > 0)
    serves = np.zeros((question.classes, n))
    for j in range(n):
        serves[question.row[question.ptr[j] : question.ptr[j + 1]], j] = 1
    programme = linprog(
        np.concatenate((np.zeros(n), -question.weight)),
        A_ub=np.hstack((-serves, np.eye(question.classes))),
        b_ub=np.zeros(question.classes),
        A_eq=np.concatenate((np.ones(n), np.zeros(question.classes)))[None, :],
        b_eq=[count],
        bounds=(0, 1),
    )
    groups = Groups.none(n)
    bound = dearest(question, count, groups, steps=4000, enough=0).upto(count, groups)
    assert bound >= -programme.fun - 1e-6
    assert bound <= -programme.fun * 1.02 + question.classes + 1  # whole prices round each class by one at most


@TRIES
@given(world=worlds(), extra=st.lists(st.integers(0, 8), unique=True), count=st.integers(1, 3))
def test_one_more_candidate_never_worsens_the_best(world: World, extra: list[int], count: int) -> None:
    assume(count <= len(world.reach))
    more = world_of([*world.reach, [i for i in extra if i < len(world.people)]], world.people)
    assert cover_most(more.question, count, effort=BRIEF).units >= cover_most(world.question, count, effort=BRIEF).units


@TRIES
@given(world=worlds(), count=st.integers(1, 4), data=st.data())
def test_townships_get_what_they_must_and_no_more_than_they_may(world: World, count: int, data: st.DataObject) -> None:
    n = len(world.reach)
    group = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), np.int32)
    least = np.array(data.draw(st.lists(st.integers(0, 1), min_size=3, max_size=3)), np.int32)
    most = np.array(data.draw(st.lists(st.integers(1, 3), min_size=3, max_size=3)), np.int32)

    def allowed(plan) -> bool:
        held = np.bincount(group[list(plan)], minlength=3)
        return bool((held >= least).all() and (held <= most).all())

    best = world.best(count, allowed) if count <= n else None
    groups = Groups(group=group, least=least, most=most)
    if best is None:
        with pytest.raises(ValueError, match="no plan"):
            cover_most(world.question, count, groups=groups, effort=BRIEF)
        return
    found = cover_most(world.question, count, groups=groups, effort=BRIEF)
    assert allowed(found.chosen.tolist())
    assert found.units == best
    assert found.optimal


@TRIES
@given(world=worlds(), share=st.integers(1, 10))
def test_no_fewer_sites_would_do(world: World, share: int) -> None:
    question = world.question
    reachable = int(question.weight.sum())
    units = -(-reachable * share // 10)
    assume(units > 0)
    fewest = fewest_for(question, units, effort=BRIEF)
    needed = next(k for k in range(1, len(world.reach) + 1) if world.best(k) >= units)
    assert fewest.found.chosen.size == needed == fewest.least
    assert fewest.optimal
    assert fewest.found.units == world.best(needed)  # and of so few sites the best are taken


def test_more_than_everybody_cannot_be_served() -> None:
    with pytest.raises(ValueError, match="together"):
        fewest_for(TRAP.question, 21)


@TRIES
@given(world=worlds(), data=st.data())
def test_no_spending_within_the_budget_serves_more(world: World, data: st.DataObject) -> None:
    n = len(world.reach)
    cost = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), float)
    budget = data.draw(st.integers(0, 25))
    found = cover_within_budget(world.question, cost, budget, effort=BRIEF)
    plans = [c for k in range(n + 1) for c in combinations(range(n), k) if cost[list(c)].sum() <= budget]
    assert cost[found.chosen].sum() <= budget
    assert found.units == max(world.served(plan) for plan in plans)
    assert found.optimal


def walking_world(data: st.DataObject) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, m = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 7))
    walk = st.one_of(st.none(), st.integers(0, 20))
    cm = np.array(
        [[-1 if w is None else w for w in data.draw(st.lists(walk, min_size=m, max_size=m))] for _ in range(n)]
    )
    people = np.array(data.draw(st.lists(st.integers(0, 9), min_size=m, max_size=m)), float)
    today = np.array(data.draw(st.lists(st.integers(5, 25), min_size=m, max_size=m)), np.int64)
    return cm, people, today


def reached_of(cm: np.ndarray) -> Reached:
    ptr = np.concatenate(([0], np.cumsum((cm >= 0).sum(axis=1)))).astype(np.int64)
    source, point = np.nonzero(cm >= 0)
    return Reached(ptr=ptr, point=point.astype(np.int32), cm=cm[source, point].astype(np.int32))


def walks_with(cm: np.ndarray, today: np.ndarray, plan) -> np.ndarray:
    walks = today.copy()
    for j in plan:
        walks = np.where((cm[j] >= 0) & (cm[j] < walks), cm[j], walks)
    return walks


@TRIES
@given(data=st.data())
def test_no_choice_makes_the_sum_of_walks_less(data: st.DataObject) -> None:
    cm, people, today = walking_world(data)
    count = data.draw(st.integers(1, len(cm)))
    question = saving_question(reached_of(cm), people, today)
    found = cover_most(question, count, effort=BRIEF)
    costs = [(people * walks_with(cm, today, plan)).sum() for plan in combinations(range(len(cm)), count)]
    assert (people * today).sum() - found.units == min(costs)
    assert (people * walks_with(cm, today, found.chosen.tolist())).sum() == min(costs)
    assert found.optimal


@TRIES
@given(data=st.data())
def test_no_choice_makes_the_longest_walk_less(data: st.DataObject) -> None:
    cm, _, today = walking_world(data)
    today = np.where(today > 20, NEVER_CM, today)
    count = data.draw(st.integers(1, len(cm)))
    found = shortest_longest(reached_of(cm), today, count, effort=BRIEF)
    known = walks_with(cm, today, range(len(cm))) < NEVER_CM
    longest = [
        walks_with(cm, today, plan)[known].max(initial=0)
        for k in range(count + 1)
        for plan in combinations(range(len(cm)), k)
    ]
    assert found.longest_cm == min(longest)
    assert found.optimal
    assert walks_with(cm, today, found.chosen.tolist())[known].max(initial=0) == min(longest)


@TRIES
@given(world=worlds(candidates=5, points=6), data=st.data())
def test_no_choice_seats_more(world: World, data: st.DataObject) -> None:
    question, n = world.question, len(world.reach)
    room = np.array(data.draw(st.lists(st.integers(0, 40), min_size=n, max_size=n)), float)
    count = data.draw(st.integers(1, n))
    found = seat_most(question, room, count, effort=BRIEF)
    assert found.people == pytest.approx(max(seats(world, room, c) for c in combinations(range(n), count)), abs=1e-6)
    assert found.optimal
    assert (found.load <= room[found.chosen] + 1e-6).all()


def seats(world: World, room: np.ndarray, plan) -> float:
    """Hall's theorem with room: what any set of chosen sites leaves out limits the flow (least cut, by trying all)."""
    cuts = []
    for full in product([False, True], repeat=len(plan)):
        open_sites = [j for j, each in zip(plan, full, strict=True) if not each]
        cuts.append(sum(room[j] for j, each in zip(plan, full, strict=True) if each) + world.served(open_sites))
    return min(cuts)


@TRIES
@given(world=worlds(), data=st.data())
def test_no_choice_has_a_better_worst_place(world: World, data: st.DataObject) -> None:
    n, m = len(world.reach), len(world.people)
    place = np.array(data.draw(st.lists(st.integers(0, 2), min_size=m, max_size=m)), np.int32)
    count = data.draw(st.integers(1, n))
    people = np.array(world.people, float)
    ptr = np.cumsum([0, *map(len, world.reach)]).astype(np.int64)
    question = incidence(ptr, np.array([i for row in world.reach for i in row], np.int32), people, apart=place)
    of_class = np.zeros(question.classes, np.int32)
    of_class[question.class_of[question.class_of >= 0]] = place[question.class_of >= 0]
    places = Places(people=np.bincount(place, people, 3), served=np.zeros(3), place=of_class)

    def value(plan) -> tuple[float, float]:
        served = set().union(*(set(world.reach[j]) for j in plan))
        rates = [
            sum(people[i] for i in served if place[i] == u) / places.people[u] for u in range(3) if places.people[u] > 0
        ]
        return (round(min(rates, default=1.0), 9), sum(people[i] for i in served))

    best = max(value(plan) for plan in combinations(range(n), count))
    found = fairest(question, places, count, effort=BRIEF)
    assert value(found.chosen.tolist()) == best
    assert found.optimal


@TRIES
@given(world=worlds(), count=st.integers(1, 4))
def test_the_building_order_adds_most_first_and_the_curve_rises(world: World, count: int) -> None:
    assume(count <= len(world.reach))
    question = world.question
    found = cover_most(question, count, effort=BRIEF)
    order = building_order(question, found.chosen)
    assert sorted(order.tolist()) == found.chosen.tolist()
    served = [question.units(order[:k]) for k in range(count + 1)]
    gains = np.diff(served)
    assert (np.diff(gains) <= 0).all()
    points = curve(question, order, (found.units, found.bound), BRIEF)
    assert [point[0] for point in points] == list(range(1, count + 1))
    for size, nested, best, bound in points:
        assert nested == served[size] <= best <= world.best(size) <= bound


@TRIES
@given(world=worlds(), count=st.integers(1, 3))
def test_a_substitute_costs_what_is_said(world: World, count: int) -> None:
    assume(count <= len(world.reach))
    question = world.question
    chosen = cover_most(question, count, effort=BRIEF).chosen
    able = np.ones(len(world.reach), np.bool_)
    for site, others in zip(chosen.tolist(), substitutes(question, chosen, able), strict=True):
        for other, lost in others:
            instead = [other if each == site else each for each in chosen.tolist()]
            assert other not in chosen
            assert question.units(chosen) - world.served(instead) == lost <= 0.01 * question.units(chosen)


@TRIES
@given(world=worlds(), count=st.integers(1, 4))
def test_other_plans_are_whole_plans_that_serve_what_is_said(world: World, count: int) -> None:
    assume(count <= len(world.reach))
    question = world.question
    order = building_order(question, cover_most(question, count, effort=BRIEF).chosen)
    plans = other_plans(question, order, BRIEF)
    for chosen, units in plans:
        assert len(set(chosen.tolist())) == count
        assert 0.99 * question.units(order) <= units == world.served(chosen.tolist()) <= question.units(order)
        assert any(not set(order[first::3].tolist()) & set(chosen.tolist()) for first in range(3))
    assert len({tuple(chosen.tolist()) for chosen, _ in plans}) == len(plans)


def test_a_twin_of_every_site_makes_other_plans_just_as_good() -> None:
    question = world_of([[0, 1], [0, 1], [2, 3], [2, 3], [4], [4]], [5, 5, 4, 4, 3]).question
    order = building_order(question, np.array([0, 2, 4], np.int32))
    assert order.tolist() == [0, 2, 4]
    found = [(chosen.tolist(), units) for chosen, units in other_plans(question, order, BRIEF)]
    assert sorted(found) == [([0, 2, 5], 21), ([0, 3, 4], 21), ([1, 2, 4], 21)]


def test_the_same_question_has_the_same_answer_whatever_else_ran() -> None:
    rng = np.random.default_rng(5)
    reach = [sorted(rng.choice(300, 25, replace=False).tolist()) for _ in range(60)]
    world = world_of(reach, rng.integers(1, 50, 300).astype(float).tolist())
    effort = replace(BRIEF, search=3e7, exact_size=0)
    first, again = (cover_most(world.question, 8, effort=effort) for _ in range(2))
    assert first.chosen.tolist() == again.chosen.tolist()
    assert (first.units, first.bound) == (again.units, again.bound)


@pytest.mark.parametrize("seed", range(4))
def test_branching_and_the_exact_solver_agree_where_the_bound_alone_does_not_close(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reach = [sorted(rng.choice(90, 9, replace=False).tolist()) for _ in range(30)]
    question = world_of(reach, rng.integers(1, 50, 90).astype(float).tolist()).question
    groups = Groups.none(30)
    loose = dearest(question, 7, groups, steps=2000, enough=0).upto(7, groups)
    start = quick_plan(question, 7)
    closed = close_gap(question, 7, start, loose, least=0, leash=Leash(nodes=5000, until=monotonic() + 60))
    solved = solve(covering_programme(question, 7, groups), seconds=60, step=1.0)
    assert closed.finished
    assert closed.units == closed.bound == question.units(closed.chosen) == round(solved.worth)
    assert loose > closed.bound  # so there was something to close
    early = close_gap(question, 7, start, loose, least=0, leash=Leash(nodes=2, until=monotonic() + 60))
    assert loose >= early.bound >= closed.units >= early.units


@TRIES
@given(world=worlds(candidates=9, points=14), count=st.integers(1, 4), nodes=st.integers(0, 6))
def test_branching_may_be_ended_at_any_node(world: World, count: int, nodes: int) -> None:
    assume(count <= len(world.reach) and world.question.classes > 0)
    question, start = world.question, np.arange(count, dtype=np.int32)
    leash = Leash(nodes=nodes, until=monotonic() + 60)
    closed = close_gap(question, count, start, int(question.weight.sum()), least=0, leash=leash)
    assert question.units(start) <= closed.units == question.units(closed.chosen) <= world.best(count) <= closed.bound
    assert len(set(closed.chosen.tolist())) == count
    assert closed.units == closed.bound or not closed.finished


def test_a_search_among_promising_candidates_leaves_a_trap_that_exchanges_do_not() -> None:
    rng = np.random.default_rng(3)
    reach = [sorted(rng.choice(400, 30, replace=False).tolist()) for _ in range(80)]
    question = world_of(reach, rng.integers(1, 50, 400).astype(float).tolist()).question
    plan = quick_plan(question, 9)
    share = dearest(question, 9, Groups.none(80), steps=800, enough=0).share
    asked = {"share": share, "work": 2e7, "enough": 10**9}
    found, again = (search_promising(question, plan, rng=np.random.default_rng(1), **asked) for _ in range(2))
    assert question.units(found) > question.units(plan)
    assert found.tolist() == again.tolist()
    assert len(set(found.tolist())) == 9
    easily_pleased = {**asked, "enough": question.units(plan)}
    assert question.units(search_promising(question, plan, rng=np.random.default_rng(1), **easily_pleased)) == (
        question.units(plan)
    )
