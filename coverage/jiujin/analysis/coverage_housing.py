"""Coverage counted in homes instead of people: 住宅建筑覆盖率, 居住用地覆盖率 and 住宅小区覆盖率."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.coverage_counts import Floats, Ints, Masks, exact_sums, ratio
from jiujin.study import Service

BUILDINGS, LAND, COMPOUNDS = "housing", "residential_land", "compounds"
"""What a study may name: floor space of buildings and residential land, both in square metres, and walled compounds."""

_OF_CLASSES = ["kind", "service", "class", "area_m2", "covered_m2", "rate", "radius_rate"]
_OF_COMMUNITIES = ["kind", "service", "community_code", "township", "area_m2", "covered_m2", "rate"]
_COUNTED = {"area_m2": "compounds", "covered_m2": "covered"}
"""Columns of compounds, which are counted and not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Housing:
    """
    Buildings that people live in, pieces of residential land, or compounds: a place in WGS 84 each, and how much it is.

    `amount` is square metres (footprint times floors, or the area of the piece), and 1 for each compound; `community`
    the row of the community it lies in.
    """

    lon: Floats
    lat: Floats
    amount: Floats
    community: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """Housing, residential land or compounds with the walks to every service; `rural` by the class of the community."""

    housing: Housing
    access: Mapping[str, ServiceAccess]
    rural: Masks


def area_tables(services: Sequence[Service], homes: Mapping[str, Homes]) -> pd.DataFrame:
    """
    Coverage of each kind of area that the study names (`BUILDINGS`, `LAND`); no rows where it names none.

    Columns `kind`, then those of `area_rates`.
    """
    return _by_class(services, _measured(homes))


def community_areas(services: Sequence[Service], homes: Mapping[str, Homes], communities: pd.DataFrame) -> pd.DataFrame:
    """
    Add each kind of area up by community, only those that have some; no rows where the study names none.

    Columns `kind, service, community_code, township, area_m2, covered_m2, rate`, communities by code.
    """
    return _by_community(services, _measured(homes), communities)


def compound_table(services: Sequence[Service], homes: Mapping[str, Homes]) -> pd.DataFrame:
    """
    住宅小区覆盖率: how many of the compounds lie within reach of each service; no rows where the study names none.

    A compound is reached as somebody in the middle of it is, out by the gate that makes the walk shortest, and with the
    reach of the class of the community that the middle lies in. Columns `service, class` (all, urban, rural)`,
    compounds, covered, rate, radius_rate`.
    """
    return _counted(_by_class(services, _compounds(homes)))


def community_compounds(
    services: Sequence[Service], homes: Mapping[str, Homes], communities: pd.DataFrame
) -> pd.DataFrame:
    """
    Count the compounds by community, only those that have some; no rows where the study names none.

    Columns `service, community_code, township, compounds, covered, rate`, communities by code.
    """
    return _counted(_by_community(services, _compounds(homes), communities))


def _measured(homes: Mapping[str, Homes]) -> dict[str, Homes]:
    return {kind: each for kind, each in homes.items() if kind != COMPOUNDS}


def _compounds(homes: Mapping[str, Homes]) -> dict[str, Homes]:
    return {kind: each for kind, each in homes.items() if kind == COMPOUNDS}


def _counted(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="kind").astype(dict.fromkeys(_COUNTED, np.int64)).rename(columns=_COUNTED)


def _by_class(services: Sequence[Service], homes: Mapping[str, Homes]) -> pd.DataFrame:
    found = [
        area_rates(
            services,
            each.access,
            area_m2=each.housing.amount,
            community=each.housing.community,
            rural=each.rural,
        ).assign(kind=kind)
        for kind, each in homes.items()
    ]
    return pd.concat(found, ignore_index=True)[_OF_CLASSES] if found else pd.DataFrame(columns=_OF_CLASSES)


def _by_community(services: Sequence[Service], homes: Mapping[str, Homes], communities: pd.DataFrame) -> pd.DataFrame:
    codes, townships = communities["code"].to_numpy(object), communities["township"].to_numpy(object)
    found = []
    for kind, each in homes.items():
        home, amount = each.housing.community, each.housing.amount
        whole = exact_sums(home, amount, len(codes))
        rows = np.flatnonzero(whole > 0)
        for service in services:
            covered = exact_sums(home, np.where(each.access[service.id].covered, amount, 0.0), len(codes))
            columns = {"kind": kind, "service": service.id, "community_code": codes[rows], "township": townships[rows]}
            sums = {"area_m2": whole[rows], "covered_m2": covered[rows], "rate": ratio(covered, whole)[rows]}
            found.append(pd.DataFrame(columns | sums))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=_OF_COMMUNITIES)


def area_rates(
    services: Sequence[Service],
    access: Mapping[str, ServiceAccess],
    *,
    area_m2: Floats,
    community: Ints,
    rural: Masks,
) -> pd.DataFrame:
    """
    Share of the built or residential area within walking reach of each service, and within the circle of that length.

    The walks are those of the buildings' or pieces' own positions, as `service_access` makes them with buildings in
    the place of people; `area_m2` is footprint times floors, or the area of the piece. Each is covered or not as a
    whole. Columns `service, class` (all, urban, rural)`, area_m2, covered_m2, rate, radius_rate`; areas that lie in no
    community (-1) are in no rate. The official health-check indicators of 2021 count residential land this way with
    circles only (城市体检指标: 半径覆盖的居住用地面积占总居住用地面积的百分比).
    """
    living = community >= 0
    parts = {"all": living, "urban": living & ~rural, "rural": living & rural}
    rows = []
    for service in services:
        reached = access[service.id]
        for name, part in parts.items():
            each = (part, part & reached.covered, part & reached.radius_covered)
            rows.append((service.id, name, *(_sum(area_m2[mask]) for mask in each)))
    table = pd.DataFrame(rows, columns=["service", "class", "area_m2", "covered_m2", "radius_m2"])
    whole = table["area_m2"].to_numpy(np.float64)
    table["rate"] = ratio(table["covered_m2"].to_numpy(np.float64), whole)
    table["radius_rate"] = ratio(table["radius_m2"].to_numpy(np.float64), whole)
    return table.drop(columns="radius_m2")


def _sum(values: Floats) -> float:
    return float(exact_sums(np.zeros(len(values), np.int32), values, 1)[0])
