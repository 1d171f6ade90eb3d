"""Who has a second site to go to, what is lost when one closes, and who has all services at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.access_pairs import ReachPairs
from jiujin.analysis.coverage_counts import Floats, Residents, exact_sums, ratio
from jiujin.study import Service


def site_table(service: Service, access: ServiceAccess, pairs: ReachPairs, residents: Residents) -> pd.DataFrame:
    """
    Tell for each counted site how many people of the service's group it serves; a row per site, in their order.

    `row` in the facilities frame; `people_in_reach`; `only_here`: those of them who reach no other site, so are lost
    when it closes; `nearest_people`: those for whom it is the nearest on foot, at whatever distance. Only people who
    live in some community; NaN when the group is neither counted nor estimated.
    """
    weight = residents.group(service.group)
    if weight is None:
        blank = np.full(len(access.sites), np.nan)
        return pd.DataFrame(
            {"row": access.sites, "people_in_reach": blank, "only_here": blank, "nearest_people": blank}
        )
    living = np.where(residents.community >= 0, weight, 0.0)
    return pd.DataFrame(
        {
            "row": access.sites,
            "people_in_reach": pairs.by_site(living),
            "only_here": pairs.by_site(np.where(pairs.sites_in_reach == 1, living, 0.0)),
            "nearest_people": exact_sums(access.facility, living, len(access.sites)),
        }
    )


def overlap(service: Service, pairs: ReachPairs, residents: Residents) -> dict[str, float | None]:
    """
    People with a choice: within reach of two sites or more, and the share of all people of the group.

    `double_rate` is null where the group has nobody, all figures are where it is neither counted nor estimated.
    """
    weight = residents.group(service.group)
    if weight is None:
        return {"people": None, "one_site": None, "two_or_more": None, "double_rate": None}
    key = np.where(residents.community >= 0, 0, -1)
    sites = pairs.sites_in_reach
    people = exact_sums(key, weight, 1)
    twice = exact_sums(key[sites >= 2], weight[sites >= 2], 1)
    rate = float(ratio(twice, people)[0])
    return {
        "people": float(people[0]),
        "one_site": float(exact_sums(key[sites == 1], weight[sites == 1], 1)[0]),
        "two_or_more": float(twice[0]),
        "double_rate": None if np.isnan(rate) else rate,
    }


def basket(
    services: Sequence[Service], access: Mapping[str, ServiceAccess], residents: Residents, group: str = "total"
) -> pd.DataFrame:
    """
    Count the people of one group by how many of the services they reach on foot; the last row has them all.

    Columns `services` (0 … all), `people`, `rate`. The sufficientarian reading of access: what counts is who has
    enough, not how far the average walks (Martens 2017, Transport Justice). No rows when the group is unknown.
    """
    weight = residents.group(group)
    if weight is None or not services:
        return pd.DataFrame({"services": [], "people": [], "rate": []})
    reached = np.sum([access[service.id].covered for service in services], axis=0)
    key = np.where(residents.community >= 0, reached, -1)
    people = exact_sums(key, weight, len(services) + 1)
    return pd.DataFrame({"services": np.arange(len(services) + 1), "people": people, "rate": _share(people)})


def _share(people: Floats) -> Floats:
    return ratio(people, np.full(len(people), people.sum()))
