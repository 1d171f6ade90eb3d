"""How much the result hangs on what was assumed: walking speed 20 % up and down, snap limit 100 m up and down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from jiujin.analysis.access import OFF_NETWORK, ServiceAccess, person_status
from jiujin.analysis.coverage_counts import Residents, exact_sums, ratio
from jiujin.study import Service

SPEED_SHARES = ((4, 5), (6, 5))
"""Speed 20 % slower and faster, as whole fractions: in the same minutes the reach changes by the same share."""

SNAP_STEP_CM = 10_000

COLUMNS = ("service", "case", "reach_urban_m", "reach_rural_m", "snap_limit_m", "people", "covered", "pop_rate")

_Case = tuple[str, tuple[int, int], int, ServiceAccess]
"""Name, share of the reach, snap limit in centimetres, and the walks under it."""


def sensitivity(
    services: Sequence[Service],
    access: Mapping[str, ServiceAccess],
    residents: Residents,
    *,
    snap_limit_cm: int,
    with_snap_limit: Callable[[Service, int], ServiceAccess],
) -> pd.DataFrame:
    """
    Coverage of every service as computed and under four other assumptions.

    `with_snap_limit(service, centimetres)` walks everybody again with that snap limit. Columns `service, case`
    (`base, slower, faster, snap_less, snap_more`)`, reach_urban_m, reach_rural_m, snap_limit_m, people, covered,
    pop_rate, change` (of the rate against base). A snap limit cannot fall below 0.
    """
    rows = []
    for service in services:
        base = access[service.id]
        cases: list[_Case] = [("base", (1, 1), snap_limit_cm, base)]
        for name, share in zip(("slower", "faster"), SPEED_SHARES, strict=True):
            cases.append((name, share, snap_limit_cm, with_reach(base, share)))
        for name, step_cm in (("snap_less", -SNAP_STEP_CM), ("snap_more", SNAP_STEP_CM)):
            limit_cm = max(snap_limit_cm + step_cm, 0)
            cases.append((name, (1, 1), limit_cm, with_snap_limit(service, limit_cm)))
        rows += [_row(service, case, residents) for case in cases]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    base_rate = table["pop_rate"].where(table["case"] == "base").groupby(table["service"]).transform("first")
    return table.assign(change=table["pop_rate"] - base_rate)


def _row(service: Service, case: _Case, residents: Residents) -> tuple[str | float, ...]:
    name, (part, whole), limit_cm, access = case
    reach_m = (service.reach.urban_m * part / whole, service.reach.rural_m * part / whole)
    return (service.id, name, *reach_m, limit_cm / 100, *_covered(service, access, residents))


def with_reach(access: ServiceAccess, share: tuple[int, int]) -> ServiceAccess:
    """Take the same walks against another reach, a whole fraction of the one they were measured against."""
    part, whole = share
    reach_cm = (access.reach_cm.astype(np.int64) * part // whole).astype(np.int32)
    return replace(
        access,
        reach_cm=reach_cm,
        status=person_status(access.walk_cm, reach_cm, access.status != OFF_NETWORK),
        radius_covered=access.straight_cm <= reach_cm,
    )


def _covered(service: Service, access: ServiceAccess, residents: Residents) -> tuple[float, float, float]:
    """People, covered and their ratio in the county; NaN where the group is unknown."""
    weight = residents.group(service.group)
    if weight is None:
        return (np.nan,) * 3
    key = np.where(residents.community >= 0, 0, -1)
    people = exact_sums(key, weight, 1)
    covered = exact_sums(key[access.covered], weight[access.covered], 1)
    return float(people[0]), float(covered[0]), float(ratio(covered, people)[0])
