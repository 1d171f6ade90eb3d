"""
“We can build so many more: where?” One question of a study from its results to a defended plan.

    answer = site(results, question)

Gains are those of coverage itself, so `covered_after` is what a build counts once these sites stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np
import pandas as pd
import shapely

from jiujin.analysis.coverage_counts import exact_sums
from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import CurvePoint, Site, SitingAnswer, Substitute, Unserved
from jiujin.analysis.siting.candidates import Candidates, gather
from jiujin.analysis.siting.defence import alone, building_order, curve, substitutes
from jiujin.analysis.siting.demand import Demand, demand_of
from jiujin.analysis.siting.fewest import fewest_for
from jiujin.analysis.siting.incidence import Incidence, Ints, Longs, Masks, incidence
from jiujin.analysis.siting.limits import Limits, limits_of, township_of
from jiujin.analysis.siting.maximal import Chosen, Effort, cover_most
from jiujin.errors import Problem, SitingError
from jiujin.study import SitingQuestion

UNSERVED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Candidates, whom each would gain (`points[ptr[j]:ptr[j + 1]]`, rows of the people), and the merged question."""

    demand: Demand
    candidates: Candidates
    limits: Limits
    ptr: Longs
    point: Ints
    question: Incidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan of candidates by position, and what was proven about it, in people."""

    chosen: Chosen
    bound: float
    optimal: bool
    timed_out: bool
    fewest: int | None = None


def site(
    results: Results,
    question: SitingQuestion,
    *,
    listed: pd.DataFrame | None = None,
    excluded: shapely.Geometry | None = None,
    effort: Effort | None = None,
) -> SitingAnswer:
    """
    Answer a siting question on the results of a run.

    `listed` is the candidate table of an office, `excluded` where nothing may be built (WGS 84). Raises SitingError
    when the question has no answer as it is put: too few candidates, a rate that cannot be reached, contradictions.
    """
    started = monotonic()
    effort = effort or Effort()
    demand = demand_of(results, results.study.service(question.service))
    candidates = gather(results, demand.service, question, listed=listed, excluded=excluded)
    limits = limits_of(question, candidates, results.communities)
    ptr, point = demand.reached(candidates.places)
    table = Table(
        demand=demand,
        candidates=candidates,
        limits=limits,
        ptr=ptr,
        point=point,
        question=incidence(ptr, point, demand.people),
    )
    plan = _fewest(table, question, effort) if question.rate is not None else _most(table, question, effort)
    return _told(table, question, plan, effort, started)


def _most(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """Maximal covering beside the sites that must be built."""
    asked, limits = table.question, table.limits
    forced = limits.forced
    rest = asked.within(limits.free, ~asked.served(forced))
    found = cover_most(rest, (question.count or 0) - forced.size, groups=limits.groups, effort=effort)
    chosen = np.concatenate((forced, limits.free[found.chosen])).astype(np.int32)
    units = asked.units(forced) + found.bound
    return Plan(chosen=chosen, bound=_people_above(table, units), optimal=found.optimal, timed_out=found.timed_out)


def _fewest(table: Table, question: SitingQuestion, effort: Effort) -> Plan:
    """Fewest sites for the rate, beside those that must be built; SitingError when the rate is out of reach."""
    asked, demand, limits = table.question, table.demand, table.limits
    total, before = demand.total, demand.sum(demand.covered)
    wanted = (question.rate or 0) * total
    every = np.concatenate((limits.forced, limits.free))
    most = before + asked.people(asked.units(every))
    if wanted > most + 1e-6:
        best = most / total if total else 0
        raise SitingError(
            Problem(
                severity="error",
                rule="rate_out_of_reach",
                found=f"全部 {every.size} 处备选点位都建，人口覆盖率也只能达到 {_floor_percent(best)}，达不到 {question.rate:.1%}",
                wanted=f"不超过 {_floor_percent(best)} 的覆盖率，或补充备选点位",
            )
        )
    missing = int(np.ceil((wanted - before) * asked.scale - 1e-6))
    rest = asked.within(limits.free, ~asked.served(limits.forced))
    fewest = fewest_for(rest, min(missing - asked.units(limits.forced), int(rest.weight.sum())), effort=effort)
    chosen = np.concatenate((limits.forced, limits.free[fewest.found.chosen])).astype(np.int32)
    return Plan(
        chosen=chosen,
        bound=_people_above(table, asked.units(limits.forced) + fewest.found.bound),
        optimal=fewest.optimal,
        timed_out=fewest.found.timed_out,
        fewest=limits.forced.size + fewest.least,
    )


def _floor_percent(rate: float) -> str:
    return f"{np.floor(rate * 1000) / 10:.1f}%"


def _people_above(table: Table, units: int) -> float:
    """Bring a bound in units back to people; where people were rounded to units the rounding is added."""
    asked = table.question
    people = asked.people(units)
    return people if asked.exact else people + asked.class_of.size / asked.scale


def _told(table: Table, question: SitingQuestion, plan: Plan, effort: Effort, started: float) -> SitingAnswer:
    demand, asked = table.demand, table.question
    order = building_order(asked, plan.chosen)
    masks = _covered_after_each(table, order)
    before = demand.sum(demand.covered)
    after = [demand.sum(mask) for mask in masks]
    covered_after = after[-1] if after else before
    gained = covered_after - before
    bound = gained if plan.optimal and plan.fewest is None else max(plan.bound, gained)
    units = asked.units(order)
    points = curve(asked, order, (units, int(round(bound * asked.scale))), effort) if _is_plain(table, question) else []
    rate = question.rate
    return SitingAnswer(
        service=question.service,
        objective="cover" if rate is None else "rate",
        count=order.size,
        sites=_sites(table, question, order, masks, after),
        gained=gained,
        bound=bound,
        optimal=plan.optimal,
        people=demand.total,
        covered_before=before,
        covered_after=covered_after,
        seconds=round(monotonic() - started, 3),
        candidates=len(table.candidates),
        value=gained if rate is None else float(order.size),
        value_bound=bound if rate is None else float(plan.fewest or 0),
        fewest=plan.fewest,
        rate=rate,
        curve=tuple(
            CurvePoint(count=count, nested=asked.people(a), best=asked.people(b), bound=asked.people(c))
            for count, a, b, c in points
        ),
        unserved=_unserved(demand, masks[-1] if masks else demand.covered),
        timed_out=plan.timed_out,
    )


def _is_plain(table: Table, question: SitingQuestion) -> bool:
    """Whether any number of candidates may be chosen freely, so that best plans of other sizes can be compared."""
    return not table.limits.forced.size and not question.forbidden and not table.limits.groups.bind


def _covered_after_each(table: Table, order: Chosen) -> list[Masks]:
    masks = []
    covered = table.demand.covered.copy()
    for at in order.tolist():
        covered = covered.copy()
        covered[table.point[table.ptr[at] : table.ptr[at + 1]]] = True
        masks.append(covered)
    return masks


def _sites(
    table: Table, question: SitingQuestion, order: Chosen, masks: list[Masks], after: list[float]
) -> tuple[Site, ...]:
    demand, candidates, asked = table.demand, table.candidates, table.question
    results = demand.results
    able = np.zeros(len(candidates), np.bool_)
    able[table.limits.free] = True
    forced = set(table.limits.forced.tolist())
    instead = substitutes(asked, order, able)
    needed = alone(asked, order)
    years = _years(question, order.size, results.study.as_of.year)
    townships = township_of(candidates.community, results.communities)
    ids, names = candidates.table["id"].tolist(), candidates.table["name"].tolist()
    told = []
    earlier, total = demand.covered, demand.total
    so_far = demand.sum(earlier)
    for rank, at in enumerate(order.tolist()):
        row, home = candidates.table.iloc[at], int(candidates.community[at])
        newly = masks[rank] & ~earlier
        way, piece, at_cm, leg_cm = street_position(results, candidates, at, demand.service.step_free)
        told.append(
            Site(
                rank=rank + 1,
                id=ids[at],
                name=names[at] if isinstance(names[at], str) else ids[at],
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                kind=str(row["kind"]),
                gained=after[rank] - so_far,
                needed=asked.people(needed[rank]),
                cumulative_rate=after[rank] / total if total > 0 else None,
                gained_by_group=_by_group(demand, newly),
                community_code=str(results.communities["code"].iloc[home]) if home >= 0 else None,
                community=str(results.communities["name"].iloc[home]) if home >= 0 else None,
                township=townships[at],
                cost=None if np.isnan(row["cost"]) else float(row["cost"]),
                year=years[rank],
                way=way,
                piece=piece,
                at_cm=at_cm,
                leg_cm=leg_cm,
                substitutes=()
                if at in forced
                else tuple(
                    Substitute(id=ids[other], name=names[other], lost=asked.people(lost))
                    for other, lost in instead[rank]
                ),
            )
        )
        earlier, so_far = masks[rank], after[rank]
    return tuple(told)


def _by_group(demand: Demand, newly: Masks) -> dict[str, float]:
    living = newly & (demand.results.residents.community >= 0)
    groups = demand.results.residents.groups
    known = {group.id for group in demand.results.study.groups}
    return {
        name: float(exact_sums(np.where(living, 0, -1), people, 1)[0])
        for name, people in groups.items()
        if name in known
    }


def _years(question: SitingQuestion, count: int, as_of: int) -> list[int]:
    """The year after the study's for the first stage, and so on; all stages after the last are the last."""
    if not question.stages:
        return [0] * count
    ends = np.cumsum(question.stages)
    stage = np.minimum(np.searchsorted(ends, np.arange(count), side="right"), ends.size - 1)
    return [as_of + 1 + int(each) for each in stage]


def street_position(results: Results, candidates: Candidates, at: int, step_free: bool) -> tuple[int, int, int, int]:
    """Way, piece of the way, centimetres along it and leg, as a scenario states them."""
    network, places = results.networks[step_free], candidates.places
    here = int(places.piece[at])
    way, piece = int(network.way[here]), int(network.piece_of[here])
    first = int(np.searchsorted(results.streets.way, way, side="left"))
    return way, piece - first, int(places.at_cm[at]), int(places.leg_cm[at])


def _unserved(demand: Demand, covered: Masks) -> tuple[Unserved, ...]:
    """The communities with most people beyond reach."""
    communities, home = demand.results.communities, demand.results.residents.community
    people = exact_sums(home, demand.people, len(communities))
    left = people - exact_sums(np.where(covered, home, -1), demand.people, len(communities))
    worst = np.lexsort((np.arange(left.size), -left))[:UNSERVED]
    townships = township_of(np.arange(left.size, dtype=np.int32), communities)
    return tuple(
        Unserved(
            code=str(communities["code"].iloc[at]),
            name=str(communities["name"].iloc[at]),
            township=townships[at],
            people=float(left[at]),
            rate=float(1 - left[at] / people[at]) if people[at] > 0 else None,
        )
        for at in worst.tolist()
        if left[at] > 0
    )
