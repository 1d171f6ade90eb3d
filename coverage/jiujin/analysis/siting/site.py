"""
“We can build so many more: where?” One question of a study from its results to a defended plan.

    answer = site(results, question)

Gains are those of coverage itself, so `covered_after` is what a build counts once these sites stand.
"""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np
import pandas as pd
import shapely

from jiujin.analysis.coverage_counts import exact_sums
from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import Alternative, CurvePoint, Site, SitingAnswer, Substitute, Unserved
from jiujin.analysis.siting.candidates import Candidates, existing_sites, gather
from jiujin.analysis.siting.defence import alone, building_order, curve, other_plans, substitutes
from jiujin.analysis.siting.demand import Demand, demand_of
from jiujin.analysis.siting.incidence import Masks, incidence
from jiujin.analysis.siting.limits import limits_of, township_of
from jiujin.analysis.siting.maximal import Chosen, Effort
from jiujin.analysis.siting.objectives import solve
from jiujin.analysis.siting.table import Plan, Table, lay_out
from jiujin.study import SitingQuestion

UNSERVED = 10


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
    table = lay_out(demand, candidates, limits, question)
    plan = solve(table, question, effort)
    return _told(table, question, plan, effort, started)


def _told(table: Table, question: SitingQuestion, plan: Plan, effort: Effort, started: float) -> SitingAnswer:
    before = table.demand.sum(table.demand.covered)
    if plan.closed:
        table = _without(table, plan.closed)
    demand, asked = table.demand, table.question
    order = building_order(table.valued if not plan.closed else asked, plan.chosen)
    masks = _covered_after_each(table, order)
    after = [demand.sum(mask) for mask in masks]
    covered_after = after[-1] if after else demand.sum(demand.covered)
    gained = covered_after - before
    covering = plan.value is None
    bound = gained if plan.optimal and covering else max(plan.bound, gained)
    free = covering and not plan.closed and _is_plain(table, question)
    return SitingAnswer(
        service=question.service,
        objective=_objective(question),
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
        value=gained if plan.value is None else plan.value,
        value_bound=bound if plan.value_bound is None else plan.value_bound,
        fewest=plan.fewest,
        rate=question.rate,
        closed=plan.closed,
        curve=_curve(table, order, bound, effort) if free else (),
        unserved=_unserved(demand, masks[-1] if masks else demand.covered),
        timed_out=plan.timed_out,
        alternatives=_alternatives(table, order, effort) if free else (),
    )


def _curve(table: Table, order: Chosen, bound: float, effort: Effort) -> tuple[CurvePoint, ...]:
    asked = table.question
    return tuple(
        CurvePoint(count=count, nested=asked.people(a), best=asked.people(b), bound=asked.people(c))
        for count, a, b, c in curve(asked, order, (asked.units(order), round(bound * asked.scale)), effort)
    )


def _alternatives(table: Table, order: Chosen, effort: Effort) -> tuple[Alternative, ...]:
    names = table.candidates.table["name"].tolist()

    def only(these: Chosen, those: Chosen) -> tuple[str, ...]:
        return tuple(names[at] for at in these.tolist() if at not in those)

    return tuple(
        Alternative(without=only(order, chosen), instead=only(chosen, order), gained=table.question.people(units))
        for chosen, units in other_plans(table.question, order, effort)
    )


def _objective(question: SitingQuestion) -> str:
    if question.rate is not None:
        return "rate"
    return "budget" if question.budget is not None else question.objective


def _without(table: Table, closed: tuple[str, ...]) -> Table:
    """The question as it stands once these sites are given up: who loses them waits for a site as well."""
    demand = table.demand
    existing = existing_sites(demand.results, demand.service)
    kept = existing.select(~existing.table["id"].isin(closed).to_numpy(np.bool_))
    nobody = replace(demand, covered=np.zeros(len(demand.people), np.bool_))
    covered = np.zeros(len(demand.people), np.bool_)
    covered[nobody.reached(kept.places)[1]] = True
    left = replace(demand, covered=covered)
    ptr, point = left.reached(table.candidates.places)
    merged = incidence(ptr, point, left.people)
    return replace(table, demand=left, ptr=ptr, point=point, question=merged, valued=merged)


def _is_plain(table: Table, question: SitingQuestion) -> bool:
    """Whether any number of candidates may be chosen freely, so that best plans of other sizes can be compared."""
    return table.plain and not table.limits.forced.size and not question.forbidden and not table.limits.groups.bind


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
    """The sites in their order of building, each with what it adds and what else would do in its place."""
    demand, asked = table.demand, table.question
    total, earlier, so_far = demand.total, demand.covered, demand.sum(demand.covered)
    needed, instead = alone(asked, order), _substitutes(table, order)
    years = _years(question, order.size, demand.results.study.as_of.year)
    told = []
    for rank, at in enumerate(order.tolist()):
        told.append(
            Site(
                rank=rank + 1,
                gained=after[rank] - so_far,
                needed=asked.people(needed[rank]),
                cumulative_rate=after[rank] / total if total > 0 else None,
                gained_by_group=_by_group(demand, masks[rank] & ~earlier),
                year=years[rank],
                substitutes=instead[rank],
                **_place(table, at),
            )
        )
        earlier, so_far = masks[rank], after[rank]
    return tuple(told)


def _substitutes(table: Table, order: Chosen) -> list[tuple[Substitute, ...]]:
    """For each site the candidates that would do in its place; none for one that must be built."""
    candidates, asked = table.candidates, table.question
    able = np.zeros(len(candidates), np.bool_)
    able[table.limits.free] = True
    forced = set(table.limits.forced.tolist())
    ids, names = candidates.table["id"].tolist(), candidates.table["name"].tolist()
    return [
        ()
        if at in forced
        else tuple(Substitute(id=ids[other], name=names[other], lost=asked.people(lost)) for other, lost in others)
        for at, others in zip(order.tolist(), substitutes(asked, order, able), strict=True)
    ]


def _place(table: Table, at: int) -> dict[str, Any]:
    """Who the candidate is, and where it stands."""
    candidates, results = table.candidates, table.demand.results
    row, home = candidates.table.iloc[at], int(candidates.community[at])
    way, piece, at_cm, leg_cm = street_position(results, candidates, at, table.demand.service.step_free)
    return {
        "id": row["id"],
        "name": row["name"] if isinstance(row["name"], str) else row["id"],
        "lon": float(row["lon"]),
        "lat": float(row["lat"]),
        "kind": str(row["kind"]),
        "community_code": str(results.communities["code"].iloc[home]) if home >= 0 else None,
        "community": str(results.communities["name"].iloc[home]) if home >= 0 else None,
        "township": township_of(candidates.community[at : at + 1], results.communities)[0],
        "cost": None if np.isnan(row["cost"]) else float(row["cost"]),
        "way": way,
        "piece": piece,
        "at_cm": at_cm,
        "leg_cm": leg_cm,
    }


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
