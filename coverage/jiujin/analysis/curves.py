"""How many people live within each distance: the fixed rings of a plan, and the whole curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.coverage_counts import Floats, Residents, exact_sums, ratio
from jiujin.network.search import NO_WALK
from jiujin.study import Service

STEP_M = 50
UNTIL_M = 5000
ALL, URBAN, RURAL = "all", "urban", "rural"


def ring_table(
    services: Sequence[Service], access: Mapping[str, ServiceAccess], residents: Residents, rural: NDArray[np.bool_]
) -> pd.DataFrame:
    """
    People of each service's group within each of its rings, for everybody and for town and country apart.

    `rural` says for each person whether their community is. Columns `service, class` (all, urban, rural)`, ring_m,
    people` (all of them)`, within, rate`; a walk of exactly the ring is within. NaN where the group is unknown.
    """
    tables = [
        _within(service, access[service.id], residents, rural, np.array(service.rings_m, np.int64))
        for service in services
    ]
    return pd.concat(tables, ignore_index=True).rename(columns={"metres": "ring_m"})


def distance_curve(
    services: Sequence[Service],
    access: Mapping[str, ServiceAccess],
    residents: Residents,
    rural: NDArray[np.bool_],
    *,
    step_m: int = STEP_M,
    until_m: int = UNTIL_M,
) -> pd.DataFrame:
    """
    Count the people within 0, 50, 100 … metres of walk: the share that would be covered at any standard.

    Columns as in `ring_table`, with `metres` for `ring_m`. Those who walk farther than `until_m`, or have no walk, are
    in `people` and never in `within`.
    """
    steps = np.arange(0, until_m + step_m, step_m)
    tables = [_within(service, access[service.id], residents, rural, steps) for service in services]
    return pd.concat(tables, ignore_index=True)


def _within(
    service: Service,
    access: ServiceAccess,
    residents: Residents,
    rural: NDArray[np.bool_],
    metres: NDArray[np.int64],
) -> pd.DataFrame:
    """Count people by the first step that holds their walk, town and country apart, and add the steps up."""
    weight = residents.group(service.group)
    steps = len(metres)
    ascending = np.argsort(metres, kind="stable")
    # one step more, for those beyond the last
    counts = np.full((2, steps + 1), np.nan)
    if weight is not None:
        step = np.searchsorted(metres[ascending] * 100, access.walk_cm)
        step[access.walk_cm == NO_WALK] = steps
        key = np.where(residents.community >= 0, rural * (steps + 1) + step, -1)
        counts = exact_sums(key, weight, 2 * (steps + 1)).reshape(2, steps + 1)
    back = np.empty(steps, np.int64)
    back[ascending] = np.arange(steps)
    by_class = {ALL: counts.sum(axis=0), URBAN: counts[0], RURAL: counts[1]}
    return pd.concat(
        [_lines(service.id, name, metres, np.cumsum(each)[back], each.sum()) for name, each in by_class.items()],
        ignore_index=True,
    )


def _lines(service: str, name: str, metres: NDArray[np.int64], within: Floats, people: float) -> pd.DataFrame:
    everybody = np.full(len(metres), people)
    return pd.DataFrame(
        {
            "service": service,
            "class": name,
            "metres": metres,
            "people": everybody,
            "within": within,
            "rate": ratio(within, everybody),
        }
    )
