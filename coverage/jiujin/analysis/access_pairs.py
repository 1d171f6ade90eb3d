"""
Everybody within reach of every site of a service: the table that overlap, closures and capacity are asked of.

One row per site and person who reaches it, however many other sites that person reaches as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.access import OFF_NETWORK, ServiceAccess
from jiujin.analysis.coverage_counts import exact_sums
from jiujin.network.attach import Places
from jiujin.network.graph import WalkNetwork
from jiujin.network.search import pairs

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

PAIRS_AT_ONCE = 1 << 22
"""So many pairs are weighed at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachPairs:
    """
    Site and person within the person's reach of each other, ordered by site and then by person.

    `site` is the position in the `sites` of the service's access, `person` the position among the people, `cm` the
    walk between them; `sites` and `people` tell how many there are of each.
    """

    site: Ints
    person: Ints
    cm: Ints
    sites: int
    people: int

    def by_site(self, weight: Floats) -> Floats:
        """Sum over the people within reach of each site; `weight` is per person."""
        return exact_sums(self.site, weight[self.person], self.sites)

    def by_person(self, weight: Floats) -> Floats:
        """Sum over the sites within reach of each person; `weight` is per site."""
        return exact_sums(self.person, weight[self.site], self.people)

    def blocks(self, pairs_at_once: int = PAIRS_AT_ONCE) -> Iterator[ReachPairs]:
        """Yield the pairs of some sites at a time, whole sites only, so that what is made of them stays small."""
        row = np.searchsorted(self.site, np.arange(self.sites + 1)).astype(np.int64)
        first = np.flatnonzero(np.diff(row[:-1] // pairs_at_once, prepend=-1))  # sites that begin a block
        ends = np.append(row[first[1:]], len(self.site))[: len(first)]  # no sites, no blocks
        for start, stop in zip(row[first].tolist(), ends.tolist(), strict=True):
            part = slice(start, stop)
            yield replace(self, site=self.site[part], person=self.person[part], cm=self.cm[part])

    @property
    def sites_in_reach(self) -> NDArray[np.int64]:
        """How many sites each person reaches."""
        return np.bincount(self.person, minlength=self.people)


def reach_pairs(
    access: ServiceAccess, *, network: WalkNetwork, people_places: Places, site_places: Places
) -> ReachPairs:
    """
    Find every site that each person reaches, each person with the reach of their own community's class.

    `people_places` and `site_places` (all rows of the facilities frame) are those that the access was made of.
    """
    sites = np.flatnonzero(access.site_on_network)
    people = np.flatnonzero(access.status != OFF_NETWORK)
    count = {"sites": len(access.sites), "people": len(access.status)}
    if not len(sites) or not len(people):
        none = np.empty(0, np.int32)
        return ReachPairs(site=none, person=none, cm=none, **count)
    reach_cm = access.reach_cm[people]
    shortest_cm, longest_cm = int(reach_cm.min()), int(reach_cm.max())
    table = pairs(network, site_places.select(access.sites[sites]), people_places.select(people), longest_cm)
    site = np.repeat(sites.astype(np.int32), np.diff(table.ptr))
    person = table.goal if len(people) == count["people"] else people.astype(np.int32)[table.goal]
    if shortest_cm == longest_cm:
        return ReachPairs(site=site, person=person, cm=table.cm, **count)
    within = table.cm <= reach_cm[table.goal]
    return ReachPairs(site=site[within], person=person[within], cm=table.cm[within], **count)
