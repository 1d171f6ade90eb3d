"""
Coverage of every service by community, township, class and county: the rates that a plan is judged by.

`coverage_tables` is the entry. There is no bare coverage rate here: `pop_rate` is people, `unit_has` communities that
have a site, `unit_reached` communities most of whose people are covered, `radius_rate` the old way with circles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.coverage_checks import reconcile
from jiujin.analysis.coverage_counts import Longs, Marks, Residents, Tally, exact_sums, ratio, tally
from jiujin.study import Service
from jiujin.tables import CLASS_LABELS, RURAL

COMMUNITY_COLUMNS = (
    "community_code",
    "community_name",
    "township",
    "class",
    "service",
    "group",
    "people",
    "covered",
    "pop_rate",
    "radius_rate",
    "median_walk_m",
    "p90_walk_m",
    "sites",
    "unit_reached",
    "no_walk",
    "off_network",
    "estimated",
    "trust",
)
"""Columns of `tables/communities.csv`, in order."""

REACHED_SHARE = 0.8
LONG_LEG_CM = 20_000

Ints = NDArray[np.int32]
Masks = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """
    What the county's coverage comes to.

    `communities`: a row per community and service (`COMMUNITY_COLUMNS`, then `beyond`, `mean_walk_m`), communities by
    code, services in the study's order. `county`: for each service the figures of `summary.json`. `splits`: the same
    rates for the county and by township, class (`class`: urban, rural; `class3`: 城区, 镇区, 乡村) and committee; a
    row per split, value and service. `outside`: for each service the people of its group who live in no community and
    so are in no rate (NaN: group unknown), and `sites_outside` those counted sites that stand in none. `checks`: the
    reconciliation, line by line in Chinese. Counts and rates are float64; NaN is null.
    """

    communities: pd.DataFrame
    county: Mapping[str, Mapping[str, float | bool | None]]
    splits: pd.DataFrame
    outside: Mapping[str, float]
    sites_outside: Mapping[str, int]
    checks: tuple[str, ...]


def coverage_tables(
    services: Sequence[Service],
    *,
    access: Mapping[str, ServiceAccess],
    residents: Residents,
    communities: pd.DataFrame,
    facility_community: Ints,
    marks: Mapping[bool, Marks],
    trust: Sequence[str] | None = None,
) -> Coverage:
    """
    Make every coverage table of a study.

    `communities` are sorted by code; `facility_community` (row in `communities`, -1 = none) is by row of the
    facilities frame; `marks` by whether the network is step-free; `trust` is the grade of each community. Raises
    `AssertionError` when the statuses do not add up to the people, for any community or the county.
    """
    count = len(communities)
    question = _Question(
        services=services,
        access=access,
        residents=residents,
        communities=communities,
        sites={s.id: _sites(access[s.id], facility_community, count) for s in services},
        marks=marks,
        by_walk={s.id: np.argsort(access[s.id].walk_cm, kind="stable") for s in services},
    )
    tallies = {service.id: question.tally(service, residents.community, count) for service in services}
    splits = _splits(question, tallies)
    outside = {s.id: _outside(residents, s.group) for s in services}
    return Coverage(
        communities=_community_table(question, tallies, trust),
        county={s.id: _summary(question, splits, s) for s in services},
        splits=splits,
        outside=outside,
        sites_outside={s.id: len(access[s.id].sites) - int(question.sites[s.id].sum()) for s in services},
        checks=reconcile(services, tallies, splits, residents, outside),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is counted for whom: `sites` are counted sites by community, `by_walk` people, the shortest walk first."""

    services: Sequence[Service]
    access: Mapping[str, ServiceAccess]
    residents: Residents
    communities: pd.DataFrame
    sites: Mapping[str, Floats]
    marks: Mapping[bool, Marks]
    by_walk: Mapping[str, Longs]

    def tally(self, service: Service, key: Ints, size: int) -> Tally:
        return tally(
            key,
            size,
            service=service,
            access=self.access[service.id],
            residents=self.residents,
            marks=self.marks[service.step_free],
            by_walk=self.by_walk[service.id],
        )

    def estimated(self, service: Service) -> bool:
        return service.group in self.residents.estimated


def long_leg_marks(leg_cm: Ints, *, crossing: Masks, island: Masks) -> Marks:
    """Mark people whose leg to the street is over 200 m or crosses water or rail, and those of a dropped island."""
    return Marks(long_leg=(leg_cm > LONG_LEG_CM) | crossing, crossing=crossing, island=island)


def unit_reached(people: Floats, covered: Floats) -> Floats:
    """Whether at least 80 % of each community's people are covered: 1 or 0, NaN where there are no people."""
    reached = (covered >= REACHED_SHARE * people - 1e-9).astype(np.float64)
    return np.where(people > 0, reached, np.nan)


def class3_of(communities: pd.DataFrame) -> list[str]:
    """城区 (111, 112), 镇区 (121–123) or 乡村 (2xx) by the class code; 城镇 or 乡村 where there is no code."""
    codes = communities["class_code"] if "class_code" in communities else pd.Series([None] * len(communities))
    named = {"11": "城区", "12": "镇区", "2": "乡村"}
    found = []
    for code, kind in zip(codes.tolist(), communities["class"].tolist(), strict=True):
        text = code if isinstance(code, str) else ""
        found.append(named.get(text[:2]) or named.get(text[:1]) or CLASS_LABELS[kind])
    return found


def _sites(access: ServiceAccess, facility_community: Ints, count: int) -> Floats:
    home = facility_community[access.sites]
    return np.bincount(home[home >= 0], minlength=count).astype(np.float64)


def _outside(residents: Residents, group: str) -> float:
    weight = residents.group(group)
    if weight is None:
        return float("nan")
    homeless = residents.community < 0
    return float(exact_sums(np.zeros(int(homeless.sum()), np.int64), weight[homeless], 1)[0])


def _community_table(question: _Question, tallies: Mapping[str, Tally], trust: Sequence[str] | None) -> pd.DataFrame:
    """Lay the services side by side within each community, so that rows come by code and then by service."""
    services, communities = question.services, question.communities
    rows, kinds = len(communities), len(services)
    grades = np.array([None] * rows if trust is None else list(trust), object)

    def each(name: str) -> Floats:
        return np.column_stack([getattr(tallies[s.id], name) for s in services]).ravel()

    def repeated(column: str) -> NDArray[np.object_]:
        return np.repeat(communities[column].to_numpy(object), kinds)

    people, covered = each("people"), each("covered")
    return pd.DataFrame(
        {
            "community_code": repeated("code"),
            "community_name": repeated("name"),
            "township": repeated("township"),
            "class": repeated("class"),
            "service": [s.id for s in services] * rows,
            "group": [s.group for s in services] * rows,
            "people": people,
            "covered": covered,
            "pop_rate": ratio(covered, people),
            "radius_rate": ratio(each("radius_covered"), people),
            "median_walk_m": each("median_cm") / 100,
            "p90_walk_m": each("p90_cm") / 100,
            "sites": np.column_stack([question.sites[s.id] for s in services]).ravel(),
            "unit_reached": unit_reached(people, covered),
            "no_walk": each("no_walk"),
            "off_network": each("off_network"),
            "estimated": [question.estimated(s) for s in services] * rows,
            "trust": np.repeat(grades, kinds),
            "beyond": each("beyond"),
            "mean_walk_m": each("mean_cm") / 100,
        }
    )


def _splits(question: _Question, tallies: Mapping[str, Tally]) -> pd.DataFrame:
    """Count again by every way to put communities together; the sums come from people, never from rates."""
    community = question.residents.community
    parts: list[dict[str, NDArray[np.generic]]] = []
    for split, values in _ways_to_split(question.communities).items():
        names, unit = _numbered(values)
        unit_of_person = np.where(community >= 0, np.append(unit, -1)[community], -1).astype(np.int32)
        for service in question.services:
            counts = question.tally(service, unit_of_person, len(names))
            said = {"split": split, "value": names, "service": service.id, "group": service.group}
            labels = {name: np.broadcast_to(np.array(each, object), len(names)) for name, each in said.items()}
            figures = _split_figures(counts, tallies[service.id], question.sites[service.id], unit)
            parts.append(labels | figures | {"estimated": np.full(len(names), question.estimated(service))})
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _ways_to_split(communities: pd.DataFrame) -> dict[str, list[object]]:
    ways: dict[str, list[object]] = {"county": ["全县"] * len(communities)}
    for column in ("township", "class", "committee"):
        if column in communities:
            ways[column] = communities[column].tolist()
    ways["class3"] = list(class3_of(communities))
    return ways


def _numbered(values: list[object]) -> tuple[list[str], Ints]:
    """Distinct values in the order of their first community, and the number of each community's; missing is -1."""
    names: dict[str, int] = {}
    numbers = [names.setdefault(value, len(names)) if isinstance(value, str) else -1 for value in values]
    return list(names), np.array(numbers, np.int32)


def _split_figures(counts: Tally, own: Tally, sites: Floats, unit: Ints) -> dict[str, NDArray[np.generic]]:
    """Rates of each unit: from its people, and from its communities (`own` and `sites` are by community)."""
    inside, size = unit >= 0, len(counts.people)

    def of_communities(mask: Masks) -> Floats:
        return np.bincount(unit[inside & mask], minlength=size).astype(np.float64)

    reached = unit_reached(own.people, own.covered)
    communities = of_communities(np.ones(len(unit), bool))
    peopled = of_communities(own.people > 0)
    unknown = np.isnan(counts.people)
    return {
        "communities": communities,
        "people": counts.people,
        "covered": counts.covered,
        "pop_rate": ratio(counts.covered, counts.people),
        "radius_rate": ratio(counts.radius_covered, counts.people),
        "unit_has": ratio(of_communities(sites > 0), communities),
        "unit_reached": np.where(unknown, np.nan, ratio(of_communities(reached == 1), peopled)),
        "mean_walk_m": counts.mean_cm / 100,
        "median_walk_m": counts.median_cm / 100,
        "p90_walk_m": counts.p90_cm / 100,
        "sites": exact_sums(unit, sites, size),
        "beyond": counts.beyond,
        "no_walk": counts.no_walk,
        "off_network": counts.off_network,
        "long_leg": counts.long_leg,
        "island": counts.island,
    }


def _summary(question: _Question, splits: pd.DataFrame, service: Service) -> dict[str, float | bool | None]:
    """Figures of one service for `summary.json`; `sites` are all that count, also those just outside the boundary."""
    row = splits[(splits["split"] == "county") & (splits["service"] == service.id)]

    def figure(name: str) -> float | None:
        known = row[name].dropna().to_numpy(np.float64)
        return float(known[0]) if len(known) else None

    return {
        "people": figure("people"),
        "covered": figure("covered"),
        "pop_rate": figure("pop_rate"),
        "radius_rate": figure("radius_rate"),
        "unit_has": figure("unit_has"),
        "unit_reached": figure("unit_reached"),
        "sites": len(question.access[service.id].sites),
        "no_walk_people": figure("no_walk"),
        "off_network_people": figure("off_network"),
        "long_leg_people": figure("long_leg"),
        "island_people": figure("island"),
        "estimated": question.estimated(service),
    }


def is_rural(communities: pd.DataFrame, community: Ints) -> Masks:
    """Whether each person lives in a rural community; who lives in none counts as urban."""
    rural = np.append(communities["class"].to_numpy(object) == RURAL, [False])  # the last is found by -1
    return np.asarray(rural[community], np.bool_)
