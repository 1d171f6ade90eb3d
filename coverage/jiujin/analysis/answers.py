"""Every question that a plan asks beyond coverage itself, answered in one place from the walks of everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.access_pairs import ReachPairs
from jiujin.analysis.capacity import Capacity, service_capacity
from jiujin.analysis.coverage_counts import Ints, Residents
from jiujin.analysis.coverage_housing import Homes, area_tables, community_areas, community_compounds, compound_table
from jiujin.analysis.coverage_overlap import basket, overlap
from jiujin.analysis.coverage_tables import is_rural
from jiujin.analysis.curves import distance_curve, ring_table
from jiujin.analysis.equity import Spread, group_gaps, spread, worst_tables
from jiujin.analysis.gaps import find_gaps
from jiujin.analysis.gaps_zones import Ground
from jiujin.analysis.sensitivity import sensitivity
from jiujin.analysis.targets import target_table
from jiujin.analysis.targets_facts import TargetFacts
from jiujin.analysis.targets_findings import target_problems
from jiujin.caching import Shelf
from jiujin.errors import Problem
from jiujin.study import Service, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    What the questions are asked of.

    `coverage` is `Coverage.communities`; `facility_community` the row in `communities` of each facility, whose capacity
    (NaN = not stated) stands in `facilities`; `person_rank` orders people whose walks are equal; `homes` are the
    housing, the residential land and the compounds by kind; `tables` are the office tables that targets read;
    `with_snap_limit(service, centimetres)` walks everybody again under another snap limit; `normal` brings names of
    places to a common form; `shelf` has what was found out before about the same people on the same streets, and
    `walked` tells the walks to each service from all others among these.
    """

    study: Study
    communities: gpd.GeoDataFrame
    facilities: pd.DataFrame
    facility_community: Ints
    residents: Residents
    access: Mapping[str, ServiceAccess]
    pairs: Mapping[str, ReachPairs]
    coverage: pd.DataFrame
    ground: Ground
    walked: Mapping[str, object]
    person_rank: NDArray[np.integer]
    with_snap_limit: Callable[[Service, int], ServiceAccess]
    normal: Callable[[str], str]
    homes: Mapping[str, Homes] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[str, pd.DataFrame] = field(default_factory=lambda: MappingProxyType({}))
    shelf: Shelf = field(default_factory=Shelf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """
    The answers, each as the function named like it gives it.

    `overlap`, `spread` (with the Lorenz curve) and `capacity` are keyed by service id; a service whose group nobody
    counted has no capacity. `worst` names the worst-served communities of every service, `areas` has the rates of
    housing and residential land, `community_areas` the same by community, `compounds` and `community_compounds` how
    many compounds are reached; no rows where the study names no such layer. `problems`: what targets ask for in vain.
    """

    rings: pd.DataFrame
    curve: pd.DataFrame
    overlap: Mapping[str, Mapping[str, float | None]]
    basket: pd.DataFrame
    sensitivity: pd.DataFrame
    gaps: gpd.GeoDataFrame
    group_gaps: pd.DataFrame
    spread: Mapping[str, Spread]
    worst: pd.DataFrame
    areas: pd.DataFrame
    community_areas: pd.DataFrame
    compounds: pd.DataFrame
    community_compounds: pd.DataFrame
    capacity: Mapping[str, Capacity]
    targets: pd.DataFrame
    problems: tuple[Problem, ...] = ()


def answer(facts: Facts) -> Answers:
    """Answer every question of a study."""
    study, access, residents = facts.study, facts.access, facts.residents
    services, asked_of = study.services, _target_facts(facts)
    rural = is_rural(facts.communities, residents.community)
    own = {
        s.id: facts.shelf.of(f"answers-{s.id}", facts.walked[s.id], partial(_own, facts, s, rural)) for s in services
    }

    def together(name: str) -> pd.DataFrame:
        tables: list[pd.DataFrame] = [getattr(own[service.id], name) for service in services]
        return pd.concat(tables, ignore_index=True)

    return Answers(
        rings=together("rings"),
        curve=together("curve"),
        overlap={s.id: overlap(s, facts.pairs[s.id], residents) for s in services},
        basket=basket(services, access, residents),
        sensitivity=together("sensitivity"),
        gaps=find_gaps(
            services,
            access=access,
            residents=residents,
            communities=facts.communities,
            facilities=facts.facilities,
            ground=facts.ground,
            shelf=facts.shelf,
            walked=facts.walked,
        ),
        group_gaps=together("group_gaps"),
        spread={s.id: own[s.id].spread for s in services},
        worst=worst_tables(facts.coverage, services),
        areas=area_tables(services, facts.homes),
        community_areas=community_areas(services, facts.homes, facts.communities),
        compounds=compound_table(services, facts.homes),
        community_compounds=community_compounds(services, facts.homes, facts.communities),
        capacity=_capacities(facts),
        targets=target_table(study.targets, asked_of, study.as_of),
        problems=tuple(target_problems(study.targets, asked_of)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnswers:
    """The answers about one service that hang on the walks to it alone, so that they stand while others change."""

    rings: pd.DataFrame
    curve: pd.DataFrame
    sensitivity: pd.DataFrame
    group_gaps: pd.DataFrame
    spread: Spread


def _own(facts: Facts, service: Service, rural: NDArray[np.bool_]) -> OwnAnswers:
    access, residents = facts.access, facts.residents
    return OwnAnswers(
        rings=ring_table([service], access, residents, rural),
        curve=distance_curve([service], access, residents, rural),
        sensitivity=sensitivity(
            [service],
            access,
            residents,
            snap_limit_cm=facts.study.walk.snap_limit_m * 100,
            with_snap_limit=facts.with_snap_limit,
        ),
        group_gaps=group_gaps([service], access, residents, rural),
        spread=spread(service, access[service.id], residents),
    )


def _capacities(facts: Facts) -> dict[str, Capacity]:
    capacity = facts.facilities["capacity"].to_numpy(np.float64)
    found = {
        service.id: service_capacity(
            service,
            facts.access[service.id],
            facts.pairs[service.id],
            facts.residents,
            capacity=capacity,
            rank=facts.person_rank,
        )
        for service in facts.study.services
    }
    return {service: each for service, each in found.items() if each is not None}


def _target_facts(facts: Facts) -> TargetFacts:
    return TargetFacts(
        communities=facts.communities,
        facilities=facts.facilities,
        facility_community=facts.facility_community,
        services={service.id: service for service in facts.study.services},
        residents=facts.residents,
        access=facts.access,
        tables=facts.tables,
        normal=facts.normal,
    )
