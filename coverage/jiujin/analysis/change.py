"""
What changed between two builds: by service, township, community and person, and which targets are now reached.

Only what differs is told. Sums are differences of the two builds' own sums; rates are each build's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.results import Results
from jiujin.analysis.targets import DONE
from jiujin.tables import RURAL

FIGURES = ("people", "covered", "pop_rate")
"""What is told of each service before and after."""

_COUNTS = ("people", "covered", "sites")
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredPoints:
    """
    Which points of a build were covered by each service, in the order of its points, and nothing else about them.

    `points` is the digest of their ids (`digest_of_points`): the marks mean something only beside the same points.
    """

    points: str
    services: Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """
    What one build says, as far as builds are compared.

    `county`: figures by service, as in `summary.json`; `communities` and `targets`: the tables of these names;
    `people`: per point `id`, `community_code`, `class`, the groups and `<service>_m` (NaN: no walk), empty where no
    points are known; `reach_m`: by service and class; `labels`: of services; `groups`: the population group of each
    service; `points`: which of its points were covered, where that is known without asking the people.
    """

    county: Mapping[str, Mapping[str, Any]]
    communities: pd.DataFrame
    targets: pd.DataFrame
    people: pd.DataFrame
    reach_m: Mapping[str, Mapping[str, int]]
    labels: Mapping[str, str]
    groups: Mapping[str, str]
    points: CoveredPoints | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """
    The difference of two builds; people are float64, NaN where a figure is null.

    `services`: a row per service with `people`, `covered`, `pop_rate` and `sites`, each `_before` and `_after`,
    `newly` (people now covered who were not) and `no_longer`, both NaN where one build does not tell its points, or
    tells others. `townships`
    and `communities`: rows where people covered or sites changed; communities also `unit_reached_before` and `_after`.
    `targets`: rows whose value or state changed.
    """

    services: pd.DataFrame
    townships: pd.DataFrame
    communities: pd.DataFrame
    targets: pd.DataFrame

    @property
    def nothing(self) -> bool:
        """Whether the two builds say the same."""
        moved = self.services["newly"].fillna(0).gt(0).any() or self.services["no_longer"].fillna(0).gt(0).any()
        return not moved and self.communities.empty and self.targets.empty


def figures(county: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Take the figures that are told before and after out of those of the county."""
    return {service: {name: each[name] for name in FIGURES} for service, each in county.items()}


def built_of(results: Results, metres: Mapping[str, NDArray[np.float64]]) -> Built:
    """See a run as a build; `metres` is the walk of every person to each service, NaN where there is none."""
    people, communities = results.people, results.communities
    known = results.community >= 0
    row = np.where(known, results.community, 0)
    columns: dict[str, Any] = {"id": people["id"].to_numpy(object)}
    for name, column in (("community_code", "code"), ("class", "class")):
        columns[name] = np.where(known, communities[column].to_numpy(object)[row], None)
    columns |= dict(results.residents.groups)
    columns |= {f"{service}_m": walk for service, walk in metres.items()}
    services = results.study.services
    marks = {service: access.covered & known for service, access in results.access.items()}
    return Built(
        county=results.coverage.county,
        communities=results.coverage.communities,
        targets=results.answers.targets,
        people=pd.DataFrame(columns),
        reach_m={s.id: {"urban": s.reach.urban_m, "rural": s.reach.rural_m} for s in services},
        labels={s.id: s.label for s in services},
        groups={s.id: s.group for s in services},
        points=CoveredPoints(points=digest_of_points(people["id"]), services=marks),
    )


def without_people(built: Built) -> Built:
    """Leave out of a build who its people are; which of its points were covered stays, and is enough to compare."""
    return replace(built, people=built.people.iloc[:0, :0])


def changes_between(before: Built, after: Built) -> Changes:
    """Tell what the second build says otherwise than the first."""
    return Changes(
        services=_services(before, after),
        townships=_by_place(before, after, ["township"]).drop(columns=["people_before", "people_after"]),
        communities=_communities(before, after),
        targets=_targets(before.targets, after.targets),
    )


def covered(people: pd.DataFrame, service: str, reach_m: Mapping[str, int]) -> NDArray[np.bool_]:
    """Whether each person is covered by a service, by its reach in each class; nobody who lives in no community."""
    reach = np.where(people["class"] == RURAL, *(reach_m[name] for name in ("rural", "urban")))
    walk = people[f"{service}_m"].to_numpy(np.float64)
    return np.asarray((walk <= reach) & people["community_code"].notna().to_numpy(), np.bool_)


def digest_of_points(ids: pd.Series[Any]) -> str:
    """Tell these points, in this order, from any others."""
    return hashlib.sha256("\n".join(map(str, ids.tolist())).encode()).hexdigest()


def moved(before: Built, after: Built, service: str) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """
    Rows of the second build's people who are covered now and were not, and the other way round; by the id of the point.

    None where one of the builds does not know the service, or the first does not tell these people.
    """
    if f"{service}_m" not in after.people or service not in before.county:
        return None
    ids = after.people["id"]
    kept = after.points
    now = covered(after.people, service, after.reach_m[service]) if kept is None else kept.services[service]
    was = _covered_before(before, ids, digest_of_points(ids) if kept is None else kept.points, service)
    return None if was is None else (np.flatnonzero(now & ~was), np.flatnonzero(was & ~now))


def _covered_before(before: Built, ids: pd.Series[Any], points: str, service: str) -> NDArray[np.bool_] | None:
    """Whether the points of these ids were covered in a build; None where it does not tell that."""
    kept = before.points
    if kept is not None and service in kept.services and kept.points == points:
        return kept.services[service]
    if f"{service}_m" not in before.people:
        return None
    was = pd.Series(covered(before.people, service, before.reach_m[service]), index=before.people["id"])
    return was[~was.index.duplicated()].reindex(ids, fill_value=False).to_numpy(np.bool_)


def _services(before: Built, after: Built) -> pd.DataFrame:
    rows = []
    for service in dict.fromkeys([*before.county, *after.county]):
        old, new = before.county.get(service, {}), after.county.get(service, {})
        newly, no_longer = _moved(before, after, service)
        row: dict[str, Any] = {"service": service, "label": {**after.labels, **before.labels}.get(service, service)}
        for name in (*FIGURES, "sites"):
            row |= {f"{name}_before": _number(old.get(name)), f"{name}_after": _number(new.get(name))}
        rows.append({**row, "newly": newly, "no_longer": no_longer})
    return pd.DataFrame(rows)


def _moved(before: Built, after: Built, service: str) -> tuple[float, float]:
    """People of the service's group covered now and not before, and the other way round."""
    group, rows = after.groups.get(service), moved(before, after, service)
    if rows is None or group not in after.people:
        return np.nan, np.nan
    weight = np.nan_to_num(after.people[group].to_numpy(np.float64))
    return float(weight[rows[0]].sum()), float(weight[rows[1]].sum())


def _communities(before: Built, after: Built) -> pd.DataFrame:
    place = ["community_code", "community_name", "township"]
    table = _by_place(before, after, place)
    for when, built in (("before", before), ("after", after)):
        reached = built.communities.set_index(["community_code", "service"])["unit_reached"]
        reached = reached[~reached.index.duplicated()]
        wanted = pd.MultiIndex.from_frame(table[["community_code", "service"]])
        table[f"unit_reached_{when}"] = reached.reindex(wanted).to_numpy(object)
    return table.drop(columns=["people_before", "people_after"])


def _by_place(before: Built, after: Built, place: list[str]) -> pd.DataFrame:
    """Sums by place and service of both builds, where people covered or sites differ."""
    key = [*place, "service"]

    def sums(built: Built) -> pd.DataFrame:
        table = built.communities.assign(
            **{name: built.communities[name].fillna("") for name in place},
            **{name: pd.to_numeric(built.communities[name]).astype(np.float64) for name in _COUNTS},
        )
        return table.groupby(key, sort=True)[list(_COUNTS)].sum(min_count=1)

    both = sums(before).add_suffix("_before").join(sums(after).add_suffix("_after"), how="outer")
    differs = np.zeros(len(both), np.bool_)
    for name in ("covered", "sites"):
        old, new = both[f"{name}_before"].fillna(0), both[f"{name}_after"].fillna(0)
        differs |= np.abs(old.to_numpy(np.float64) - new.to_numpy(np.float64)) > _EPSILON
    return both[differs].reset_index()


def _targets(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    old = before.set_index("id")[["found", "state"]]
    old = old[~old.index.duplicated()]
    table = after[["id", "label", "goal", "unit", "found", "state"]].rename(
        columns={"found": "found_after", "state": "state_after"}
    )
    known = old.reindex(table["id"])
    table = table.assign(
        found_before=pd.to_numeric(known["found"]).to_numpy(np.float64), state_before=known["state"].to_numpy(object)
    )
    now = pd.to_numeric(table["found_after"]).to_numpy(np.float64)
    same = (now == table["found_before"]) | (np.isnan(now) & table["found_before"].isna())
    table = table[~np.asarray(same, np.bool_) | (table["state_before"] != table["state_after"]).to_numpy(np.bool_)]
    newly_done = (table["state_after"] == DONE) & (table["state_before"] != DONE)
    told: pd.DataFrame = table.assign(newly_done=newly_done).reset_index(drop=True)
    return told


def _number(value: object) -> float:
    return float("nan") if value is None else float(value)  # type: ignore[arg-type]
