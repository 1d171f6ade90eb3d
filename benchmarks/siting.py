# ruff: noqa: E501 - lines of a printed table
"""
Siting beside spopt, plain greedy and HiGHS alone: `python benchmarks/siting.py [--brief]`.

The made-up city of geodata/ in one process; the county is the one that compute.py cuts out of it, with 60,000 people
points. Everybody gets the same walks. Plans are compared by the people they serve, bounds by what they prove; times are
processor seconds, and no clock ends our work. HiGHS alone is given as much time as we took, and ended there. Needs
`pip install spopt` for that peer; without it the others are timed. About eight minutes; `--brief` leaves out what takes
long. Exit status 1 when a promise is not kept.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import os
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "coverage"), str(HERE.parent / "geodata")]

from compute import HALF_DEGREE, PEOPLE  # noqa: E402
from compute_rounds import Board, peak_mb  # noqa: E402
from figures import Row, keep  # noqa: E402
from madeup.lattice import city_arrays  # noqa: E402
from siting_alone import highs_alone  # noqa: E402

from jiujin.analysis.siting.fewest import fewest_for  # noqa: E402
from jiujin.analysis.siting.incidence import Incidence, incidence  # noqa: E402
from jiujin.analysis.siting.local_search import Groups, Plan  # noqa: E402
from jiujin.analysis.siting.maximal import Effort, cover_most  # noqa: E402
from jiujin.analysis.siting.walking import Reached, saving_question  # noqa: E402
from jiujin.network.attach import attach  # noqa: E402
from jiujin.network.graph import build_network  # noqa: E402
from jiujin.network.search import Pairs, pairs  # noqa: E402

REACH_CM = 100_000
MEDIAN_CM = 150_000
UNTIMED = Effort(seconds=3600)
LITTLE = Effort(search=5e8, branch=1e9, seconds=3600)
ROUNDS = 3


class Ground:
    """The city's streets and people, from which smaller places are cut around the middle."""

    def __init__(self) -> None:
        self.made = made = city_arrays()
        self.network = build_network(made.streets, made.plane, step_free=False, island_cm=200_000)
        self.x, self.y = made.plane.project(made.lon, made.lat)
        self.total = made.total.astype(np.float64)

    def middle(self, people: int) -> np.ndarray:
        away = np.maximum(np.abs(self.x - np.median(self.x)), np.abs(self.y - np.median(self.y)))
        return np.sort(np.argsort(away, kind="stable")[:people])

    def county(self) -> np.ndarray:
        """60,000 people of the county of compute.py, evenly thinned out."""
        lon, lat = self.made.streets.lon, self.made.streets.lat
        inside = np.abs(self.made.lon - np.median(lon)) < HALF_DEGREE
        inside &= np.abs(self.made.lat - np.median(lat)) < HALF_DEGREE * 0.8
        rows = np.flatnonzero(inside)
        return rows[np.linspace(0, rows.size - 1, PEOPLE).astype(np.int64)]

    def thinly(self, people: int) -> np.ndarray:
        """People drawn from the middle, so that a small question is not all in one quarter."""
        return np.sort(np.random.default_rng(people).choice(self.middle(60_000), people, replace=False))

    def walks(self, who: np.ndarray, candidates: int, limit_cm: int = REACH_CM) -> Pairs:
        """From candidates near the homes of some of these people to all of them."""
        rng = np.random.default_rng(candidates)
        near = np.sort(rng.choice(who, candidates, replace=False))
        shift = rng.normal(0, 30, (2, candidates))
        sites = attach(self.network, self.x[near] + shift[0], self.y[near] + shift[1])
        return pairs(self.network, sites, attach(self.network, self.x[who], self.y[who]), limit_cm)


@cache
def ground() -> Ground:
    return Ground()


def question_of(who: np.ndarray, candidates: int, limit_cm: int = REACH_CM) -> Incidence:
    walks = ground().walks(who, candidates, limit_cm)
    return incidence(walks.ptr, walks.goal, ground().total[who])


def timed(run):
    """The answer, processor seconds (with those of programs that were started), wall seconds."""
    wall, cpu = time.perf_counter(), _processor()
    answer = run()
    return answer, _processor() - cpu, time.perf_counter() - wall


def _processor() -> float:
    told = os.times()
    return time.process_time() + told.children_user + told.children_system


def greedy_alone(question: Incidence, count: int) -> int:
    plan = Plan(question, Groups.none(question.candidates))
    plan.build_greedily(count)
    return plan.units()


def case(
    board: Board, name: str, question: Incidence, count: int, gap: float, seconds: float, effort: Effort = UNTIMED
) -> int:
    """One covering question: ours, greedy, and HiGHS alone with as much time; returns the people we serve."""
    board.ask(f"siting, {name}, p={count}")
    print(f"  {question.classes:,} classes, {question.candidates:,} candidates, {question.row.size:,} pairs")
    (found, memory), cpu, _ = timed(lambda: peak_mb(lambda: cover_most(question, count, effort=effort)))
    share = (found.bound - found.units) / max(found.bound, 1)
    keep(Row(question=board.title, what="jiujin", cpu_ms=cpu * 1e3, peak_mb=memory, measured=f"{found.units:,} people"))
    greedy = greedy_alone(question, count)
    print(
        f"  ours   {found.units:>12,}  bound {found.bound:>12,}  gap {share:.3%}  {cpu:7.2f} s cpu, {memory:.0f} MB more"
    )
    print(f"  greedy {greedy:>12,}  ({greedy / found.units - 1:+.2%} to ours)")
    keep(Row(question=board.title, what="greedy", measured=f"{greedy:,} people"))
    if question.row.size < 1_500_000:
        alone = highs_alone(question, count, cpu)
        print(
            f"  HiGHS  {alone.people:>12,}  bound {alone.bound:>12,.0f}  {alone.cpu:7.2f} s cpu (alone, as much time)"
        )
        told = f"{alone.people:,} people" if alone.people else "no plan"
        keep(Row(question=board.title, what="HiGHS alone, as much time", cpu_ms=alone.cpu * 1e3, measured=told))
        board.hold("HiGHS alone beyond ours", max(alone.people - found.units, 0), 0, "people")
    board.hold("gap to what is proven", share * 100, gap, "%")
    board.hold("processor seconds", cpu, seconds, "s")
    if memory == memory:
        board.hold("memory above what was in use", memory, 4096, "MB")
    return found.units


def at_once(board: Board, question: Incidence, count: int, best: int, seconds: float) -> None:
    """The same question with little effort, held against the best plan known."""
    found, cpu, _ = timed(lambda: cover_most(question, count, effort=LITTLE))
    print(f"  with little effort {found.units:,} of {best:,}, bound {found.bound:,}, {cpu:.2f} s cpu")
    board.hold("little effort: below the best plan", (best - found.units) / best * 100, 0.2, "%")
    board.hold("little effort: processor seconds", cpu, seconds, "s")


def quickly(board: Board) -> None:
    """500,000 people x 50,000 candidates: a good plan at once."""
    who = np.arange(ground().x.size)
    walks = ground().walks(who, 50_000)
    question, merging, _ = timed(lambda: incidence(walks.ptr, walks.goal, ground().total[who]))

    def plan() -> int:
        built = Plan(question, Groups.none(question.candidates))
        built.build_greedily(100)
        built.exchange()
        return built.units()

    plan()
    units, cpu, _ = timed(plan)
    board.ask("siting, city x 50,000, greedy and exchanges, p=100")
    print(f"  {units:,}; merging {merging:.2f} s, plan {cpu:.2f} s cpu")
    board.hold("processor seconds", cpu, 3, "s")


def medians(board: Board) -> None:
    """p-median 3,000 x 300, p = 20."""
    who = ground().thinly(3_000)
    walks = ground().walks(who, 300, MEDIAN_CM)
    people = ground().total[who]
    today = np.full(who.size, MEDIAN_CM, np.int64)

    def ask():
        saving = saving_question(Reached(ptr=walks.ptr, point=walks.goal, cm=walks.cm), people, today)
        return cover_most(saving, 20, effort=UNTIMED)

    found, cpu, _ = timed(ask)
    cost, least = (people * today).sum() - found.units, (people * today).sum() - found.bound
    board.ask("siting, p-median 3,000 x 300, p=20")
    print(f"  {cost / 100:,.0f} m, no plan below {least / 100:,.0f} m; {cpu:.2f} s cpu")
    board.hold("gap to what is proven", (cost - least) / cost * 100, 0.1, "%")
    board.hold("processor seconds", cpu, 10, "s")


def everybody(board: Board) -> None:
    """Fewest sites for all whom 1,000 candidates reach, at county size."""
    question = question_of(ground().county(), 1_000)
    found, cpu, _ = timed(lambda: fewest_for(question, int(question.weight.sum()), effort=UNTIMED))
    board.ask("siting, fewest sites for all of a county, 1,000 candidates")
    print(f"  {found.found.chosen.size} sites, at least {found.least}; {cpu:.2f} s cpu")
    board.hold("sites beyond the proven least", found.found.chosen.size - found.least, 0)


def beside_spopt(board: Board, people: int, candidates: int, count: int, wanted: float) -> None:
    """The same instance in spopt: build and solve, with the solver that it brings; the least of three rounds in turn."""
    import pulp
    from spopt.locate import MCLP

    who = ground().thinly(people)
    walks = ground().walks(who, candidates)
    weight = ground().total[who]
    cost = np.full((people, candidates), 1e9)
    for j in range(candidates):
        cost[walks.goal[walks.ptr[j] : walks.ptr[j + 1]], j] = walks.cm[walks.ptr[j] : walks.ptr[j + 1]]
    ours, building, solving = [], [], []
    for _ in range(ROUNDS):
        found, cpu, _ = timed(lambda: cover_most(incidence(walks.ptr, walks.goal, weight), count))
        ours.append(cpu)
        model, cpu, _ = timed(lambda: MCLP.from_cost_matrix(cost, weight, service_radius=REACH_CM, p_facilities=count))
        building.append(cpu)
        solved, cpu, _ = timed(lambda model=model: model.solve(pulp.PULP_CBC_CMD(msg=False), results=False))
        solving.append(cpu)
    theirs, ahead = round(pulp.value(solved.problem.objective)), (min(building) + min(solving)) / min(ours)
    board.ask(f"siting beside spopt, {people:,} x {candidates:,}, p={count}")
    print(f"  ours {found.units:,}, optimal {found.optimal}, {min(ours):.3f} s cpu")
    print(f"  spopt {theirs:,}: {min(building):.1f} s to build, {min(solving):.1f} s to solve; {ahead:.0f} times ours")
    board.hold("spopt beyond ours", max(theirs - found.units, 0), 0, "people")
    board.at_least("spopt, to build and to solve", ahead, wanted)


def warm() -> None:
    """Load the kernels outside the measurements."""
    tiny = incidence(np.array([0, 2, 4, 6]), np.array([0, 1, 2, 3, 1, 2], np.int32), np.array([4.0, 6, 6, 4]))
    rng = np.random.default_rng(0)
    reach = [np.sort(rng.choice(90, 9, replace=False)) for _ in range(30)]
    hard = incidence(
        np.arange(31, dtype=np.int64) * 9, np.concatenate(reach).astype(np.int32), rng.integers(1, 50, 90) * 1.0
    )
    cover_most(tiny, 1)
    cover_most(hard, 7)


def at_length(board: Board, county: np.ndarray, few: Incidence) -> None:
    """The questions of a county that take a minute."""
    at_once(board, few, 50, case(board, "county x 1,000", few, 50, 0, 60), 5)
    case(board, "county x 1,000", few, 100, 1, 60)
    many = question_of(county, 5_000)
    at_once(board, many, 20, case(board, "county x 5,000", many, 20, 0.2, 60), 10)
    case(board, "county x 5,000", many, 100, 1, 75)


def main() -> int:
    """Run every comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brief", action="store_true", help="only the questions of a few seconds")
    wanted = parser.parse_args()
    gc.set_threshold(200_000, 20, 100)  # as the command does
    board = Board(rounds=1)
    warm()
    county = ground().county()
    town = question_of(ground().middle(11_000), 2_000, 50_000)
    board.attempt("a town", case, board, "a town, 500 m, 11,000 x 2,000", town, 30, 0, 5)
    board.attempt("p-median", medians, board)
    board.attempt("fewest sites", everybody, board)
    if importlib.util.find_spec("spopt") is None:
        print("\nspopt is not installed: left out (pip install spopt)")
    else:
        board.attempt("spopt", beside_spopt, board, 1_000, 200, 10, 100)
        if not wanted.brief:
            board.attempt("spopt", beside_spopt, board, 5_000, 500, 20, 300)
    few = question_of(county, 1_000)
    board.attempt("county x 1,000", case, board, "county x 1,000", few, 20, 0, 5)
    if not wanted.brief:
        board.attempt("county x 1,000", at_length, board, county, few)
        whole = np.arange(ground().x.size)
        board.attempt("city x 10,000", case, board, "city x 10,000", question_of(whole, 10_000), 100, 1, 120)
        board.attempt("city x 50,000", quickly, board)
    print("\n" + (f"short: {', '.join(board.short)}" if board.short else "every promise is kept"))
    return bool(board.short)


if __name__ == "__main__":
    sys.exit(main())
