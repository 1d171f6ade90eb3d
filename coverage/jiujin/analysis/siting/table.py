"""A siting question laid out: its people, its candidates, whom each would gain, and what a plan comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jiujin.analysis.siting.candidates import Candidates, existing_sites, joined
from jiujin.analysis.siting.demand import Demand, demand_of
from jiujin.analysis.siting.incidence import Floats, Incidence, Ints, Longs, incidence
from jiujin.analysis.siting.limits import Limits
from jiujin.analysis.siting.maximal import Chosen
from jiujin.errors import Problem, SitingError
from jiujin.network.search import NO_WALK
from jiujin.study import SitingQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    Candidates, whom each would gain (`point[ptr[j]:ptr[j + 1]]`, rows of the people), and the merged question.

    Plans are valued by `valued`: the same as `question`, unless people of several groups or services count.
    """

    demand: Demand
    candidates: Candidates
    limits: Limits
    ptr: Longs
    point: Ints
    question: Incidence
    valued: Incidence

    @property
    def plain(self) -> bool:
        """Whether value is people of the service's group."""
        return self.valued is self.question

    def people_above(self, units: int) -> float:
        """Bring a bound in units back to people; where people were rounded to units, the rounding is added."""
        asked = self.question
        people = asked.people(units)
        return people if asked.exact else people + asked.class_of.size / asked.scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    A plan of candidates by position, and what was proven about it.

    `bound`: people that no plan of so many sites gains more than; `value` and `value_bound` of the objective, `fewest`
    for a rate; `closed` are the existing sites given up.
    """

    chosen: Chosen
    bound: float
    optimal: bool
    timed_out: bool
    value: float | None = None
    value_bound: float | None = None
    fewest: int | None = None
    closed: tuple[str, ...] = ()


def lay_out(demand: Demand, candidates: Candidates, limits: Limits, question: SitingQuestion) -> Table:
    """Find whom each candidate would gain, by their walks, and put together who depends on the same candidates."""
    ptr, point = demand.reached(candidates.places)
    merged = incidence(ptr, point, demand.people)
    valued = merged
    if question.weights:
        valued = incidence(ptr, point, _weighted(demand, question))
    if question.together:
        valued = _together(demand, candidates, question, ptr, point)
    return Table(
        demand=demand, candidates=candidates, limits=limits, ptr=ptr, point=point, question=merged, valued=valued
    )


def _weighted(demand: Demand, question: SitingQuestion) -> Floats:
    """People counted by the weights of their groups (Morrill and Symons 1977: equity as weights)."""
    residents = demand.results.residents
    unknown = [name for name in question.weights if residents.group(name) is None]
    if unknown:
        found = "人口数据中没有 " + "、".join(unknown)
        raise SitingError(
            Problem(severity="error", rule="group_unknown", found=found, wanted="weights 中写人口表有的人群")
        )
    value = np.zeros(len(demand.people))
    for name, weight in question.weights.items():
        group = residents.group(name)
        if group is not None:
            value += weight * group
    return np.where((residents.community >= 0) & (demand.people > 0), value, 0.0)


def _together(demand: Demand, candidates: Candidates, question: SitingQuestion, ptr: Longs, point: Ints) -> Incidence:
    """
    Value a building by everybody who gains by any of the services in it: person and service together are a point.

    Co-siting as maximal covering over the union of the services' own questions, each with its reach and its network.
    """
    rows, points, people = (
        [np.repeat(np.arange(len(candidates)), np.diff(ptr))],
        [point.astype(np.int64)],
        [demand.people],
    )
    for name in question.together:
        other = demand_of(demand.results, demand.results.study.service(name))
        places = candidates.places
        if other.service.step_free != demand.service.step_free:
            places = candidates.on_network(demand.results, other.service.step_free)
        other_ptr, other_point = other.reached(places)
        rows.append(np.repeat(np.arange(len(candidates)), np.diff(other_ptr)))
        points.append(other_point.astype(np.int64) + len(demand.people) * len(people))
        people.append(other.people)
    row, of = np.concatenate(rows), np.concatenate(points)
    order = np.lexsort((of, row))
    joint = np.zeros(len(candidates) + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=len(candidates)), out=joint[1:])
    return incidence(joint, of[order].astype(np.int32), np.concatenate(people))


def with_existing(table: Table) -> tuple[Table, int]:
    """Lay the question out anew with the existing sites as candidates, after the others; returns how many they are."""
    demand = table.demand
    existing = existing_sites(demand.results, demand.service)
    limit_cm = demand.results.study.walk.snap_limit_m * 100
    existing = existing.select(existing.places.leg_cm <= limit_cm)
    candidates = joined([table.candidates, existing])
    nobody = replace(demand, covered=np.zeros(len(demand.people), np.bool_))
    ptr, point = nobody.reached(candidates.places)
    merged = incidence(ptr, point, demand.people)
    laid = replace(table, demand=nobody, candidates=candidates, ptr=ptr, point=point, question=merged, valued=merged)
    return laid, len(existing)


def walks_today(demand: Demand, farthest_cm: int) -> Longs:
    """Walk of each person to a site of today, cut at `farthest_cm`."""
    walk = demand.results.access[demand.service.id].walk_cm.astype(np.int64)
    return np.where(walk == NO_WALK, farthest_cm, np.minimum(walk, farthest_cm))
