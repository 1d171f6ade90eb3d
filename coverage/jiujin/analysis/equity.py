"""
Is nearness shared out fairly? Between groups, between town and country, and between the best and the worst served.

Gaps are differences of rates in which sums come first. The measures of one distribution (Lorenz curve, Gini, Palma)
are over the walks of the people of a service's group; people without any walk cannot stand in a sum of metres, so
they are left out of these and their number is always given beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.coverage_counts import Floats, Ints, Residents, exact_sums, ratio
from jiujin.network.search import NO_WALK
from jiujin.study import Service

WORST_SHARE, BEST_SHARE = 0.1, 0.4
"""Palma's tails: the worst-off tenth against the best-off four tenths."""


def group_gaps(
    services: Sequence[Service], access: Mapping[str, ServiceAccess], residents: Residents, rural: NDArray[np.bool_]
) -> pd.DataFrame:
    """
    Coverage of each service for every population group, in town, in the country and in all.

    Each person is measured against the reach of the service where they live, whatever group they are of. Columns
    `service, group, class` (all, urban, rural)`, people, covered, pop_rate, gap` (rate less that of the service's own
    group in all), `estimated`.
    """
    living = residents.community >= 0
    parts = {"all": living, "urban": living & ~rural, "rural": living & rural}
    rows = []
    for service in services:
        covered = access[service.id].covered
        for group, weight in residents.groups.items():
            for name, part in parts.items():
                rows.append((service.id, group, name, _sum(weight[part]), _sum(weight[part & covered])))
    table = pd.DataFrame(rows, columns=["service", "group", "class", "people", "covered"])
    table["pop_rate"] = ratio(table["covered"].to_numpy(np.float64), table["people"].to_numpy(np.float64))
    own = {s.id: _rate_of(table, s.id, s.group) for s in services}
    table["gap"] = table["pop_rate"] - table["service"].map(own).astype(np.float64)
    table["estimated"] = table["group"].isin(list(residents.estimated))
    return table


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """
    How unevenly the walks to one service are spread over the people of its group; NaN where nobody walks.

    `lorenz` is the Lorenz curve at every per cent of people: `people_share, metres_share`, both from 0 to 1; no rows
    where nobody walks. `people` are those in it, `left_out` those of the group who have no walk.
    """

    lorenz: pd.DataFrame
    gini: float
    palma: float
    mean_m: float
    people: float
    left_out: float


def spread(service: Service, access: ServiceAccess, residents: Residents) -> Spread:
    """Lorenz curve, Gini and Palma of the walks to a service, over the people of its group in some community."""
    weight = residents.group(service.group)
    if weight is None:
        nothing = _at_every_per_cent(None)
        return Spread(lorenz=nothing, gini=np.nan, palma=np.nan, mean_m=np.nan, people=np.nan, left_out=np.nan)
    living = (residents.community >= 0) & (weight > 0)
    walking = living & (access.walk_cm != NO_WALK)
    walk_m, people = access.walk_cm[walking] / 100, weight[walking]
    mean = ratio(np.array([_sum(walk_m * people)]), np.array([_sum(people)]))
    curve = lorenz(walk_m, people) if len(people) else None
    return Spread(
        lorenz=_at_every_per_cent(curve),
        gini=np.nan if curve is None else _gini(*curve),
        palma=np.nan if curve is None else _palma(*curve),
        mean_m=float(mean[0]),
        people=_sum(people),
        left_out=_sum(weight[living & ~walking]),
    )


def _at_every_per_cent(curve: tuple[Floats, Floats] | None) -> pd.DataFrame:
    share = np.arange(101) / 100 if curve is not None else np.empty(0)
    metres = np.interp(share, *curve) if curve is not None else share
    return pd.DataFrame({"people_share": share, "metres_share": metres})


def lorenz(walk_m: Floats, people: Floats) -> tuple[Floats, Floats]:
    """
    Lorenz curve: the share of all metres walked by the share of people who walk least.

    Both from 0 to 1, one point more than there are distinct walks; a straight line when all walk equally far or
    nobody walks. Lorenz, M. O. (1905), Methods of measuring the concentration of wealth, Publications of the American
    Statistical Association 9(70), 209-219.
    """
    walks, place = np.unique(walk_m[people > 0], return_inverse=True)
    counts = exact_sums(place, people[people > 0], len(walks))
    upto = np.concatenate(([0.0], np.cumsum(counts)))
    metres = np.concatenate(([0.0], np.cumsum(counts * walks)))
    if not len(walks):
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    people_share = upto / upto[-1]
    return people_share, metres / metres[-1] if metres[-1] > 0 else people_share


def gini(walk_m: Floats, people: Floats) -> float:
    """
    Gini coefficient of the walks: 0 when all walk equally far, towards 1 when a few walk it all; NaN without people.

    One less twice the area under the Lorenz curve, exactly, by trapezia. Gini, C. (1912), Variabilità e mutabilità;
    for weighted data Lerman, R. I. and Yitzhaki, S. (1989), Improving the accuracy of estimates of Gini coefficients,
    Journal of Econometrics 42(1), 43-47.
    """
    return _gini(*lorenz(walk_m, people)) if (people > 0).any() else float("nan")


def _gini(share: Floats, metres: Floats) -> float:
    return max(float(1 - np.sum(np.diff(share) * (metres[1:] + metres[:-1]))), 0.0)


def palma(walk_m: Floats, people: Floats) -> float:
    """
    Palma ratio turned to walks: metres walked by the farthest-living tenth over those of the nearest four tenths.

    0.25 when all walk equally far; a person on the edge of a tail counts with the part that lies in it. NaN without
    people, or when the nearest four tenths need not walk at all. Palma, J. G. (2011), Homogeneous middles vs.
    heterogeneous tails, and the end of the 'inverted-U', Development and Change 42(1), 87-153.
    """
    return _palma(*lorenz(walk_m, people)) if (people > 0).any() else float("nan")


def _palma(share: Floats, metres: Floats) -> float:
    farthest = 1 - float(np.interp(1 - WORST_SHARE, share, metres))
    nearest = float(np.interp(BEST_SHARE, share, metres))
    return farthest / nearest if nearest > 0 else float("nan")


def worst_served(table: pd.DataFrame, service: str, *, count: int = 10, least_people: float = 1) -> pd.DataFrame:
    """
    Name the communities where most people of the group are out of reach of a service, the worst first.

    `table` is `Coverage.communities`. Ordered by the people not covered, then by the longer median walk (no walk is
    the longest), then by code; communities where fewer than `least_people` are not covered are left out. Columns
    `community_code, community_name, township, people, uncovered, pop_rate, median_walk_m, p90_walk_m`.
    """
    rows = table[table["service"] == service].copy()
    rows["uncovered"] = rows["people"] - rows["covered"]
    rows = rows[rows["uncovered"] >= least_people]
    walk = rows["median_walk_m"].fillna(np.inf).to_numpy(np.float64)
    order = np.lexsort((np.arange(len(rows)), -walk, -rows["uncovered"].to_numpy(np.float64)))
    columns = ["community_code", "community_name", "township", "people", "uncovered", "pop_rate"]
    return rows.iloc[order[:count]][[*columns, "median_walk_m", "p90_walk_m"]].reset_index(drop=True)


def worst_tables(table: pd.DataFrame, services: Sequence[Service]) -> pd.DataFrame:
    """Name the ten worst-served communities of every service: `service`, then the columns of `worst_served`."""
    found = [worst_served(table, service.id) for service in services]
    named = [each.assign(service=service.id) for service, each in zip(services, found, strict=True)]
    columns = ["service", *found[0].columns]
    return pd.concat(named, ignore_index=True)[columns]


def _rate_of(table: pd.DataFrame, service: str, group: str) -> float:
    row = table[(table["service"] == service) & (table["group"] == group) & (table["class"] == "all")]
    return float(row["pop_rate"].iloc[0]) if len(row) else float("nan")


def _sum(weight: Floats) -> float:
    nobody: Ints = np.zeros(len(weight), np.int32)
    return float(exact_sums(nobody, weight, 1)[0])
