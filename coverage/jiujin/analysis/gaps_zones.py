"""The people that a service does not cover, put together into zones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jiujin.analysis.access import OFF_NETWORK, ServiceAccess
from jiujin.analysis.coverage_counts import Floats, Ints, Longs, Masks, Residents, exact_sums
from jiujin.analysis.gaps_links import open_links, street_links
from jiujin.analysis.gaps_pieces import Crowd, zones_to_serve
from jiujin.coordinates import Plane
from jiujin.network.attach import Places
from jiujin.network.graph import WalkNetwork
from jiujin.study import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where the people are: the networks and their places on them (by step-free or not), and plane metres."""

    networks: Mapping[bool, WalkNetwork]
    places: Mapping[bool, Places]
    x: Floats
    y: Floats
    plane: Plane


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """
    Uncovered people of one service, and the zone of each.

    `who` are their positions among all people; by row of `who`: `zone` (0 … `count` - 1), `weight` (persons of the
    group), `community`.
    """

    access: ServiceAccess
    who: Longs
    zone: Longs
    count: int
    weight: Floats
    community: Ints

    def people(self, mask: Masks | None = None) -> Floats:
        """People of each zone, or those of them in `mask` (by row of `who`)."""
        if mask is None:
            return exact_sums(self.zone, self.weight, self.count)
        return exact_sums(self.zone[mask], self.weight[mask], self.count)

    def halfway(self) -> Longs:
        """Row in `who` of the person at the lower weighted median of each zone's walks, no walk being the longest."""
        access, who = self.access, self.who
        by_walk = (access.straight_facility, access.facility, access.straight_cm, access.walk_cm)
        order = np.lexsort(np.vstack([*(each[who] for each in by_walk), self.zone]))
        upto = np.cumsum(self.weight[order])
        last = np.searchsorted(self.zone[order], np.arange(self.count), side="right") - 1
        before = np.concatenate(([0.0], upto[last[:-1]]))
        half = before + (upto[last] - before) / 2
        at = np.searchsorted(upto, half - 1e-9 * np.maximum(half, 1))
        return order[np.clip(at, np.concatenate(([0], last[:-1] + 1)), last)]


def zones_of(
    service: Service, access: ServiceAccess, residents: Residents, ground: Ground, *, link_m: int
) -> Zones | None:
    """
    Put the uncovered people of a service's group together: None when there are none, or the group is unknown.

    People on the streets are linked along them; those off the network across open ground, among themselves.
    """
    group = residents.group(service.group)
    if group is None:
        return None
    who = np.flatnonzero((residents.community >= 0) & (group > 0) & ~access.covered)
    if not len(who):
        return None
    community, off = residents.community[who], access.status[who] == OFF_NETWORK
    on_rows, off_rows = np.flatnonzero(~off), np.flatnonzero(off)
    network, places = ground.networks[service.step_free], ground.places[service.step_free]
    on_links = street_links(network, places.select(who[on_rows]), community[on_rows], link_m * 100)
    off_links = open_links((ground.x[who[off_rows]], ground.y[who[off_rows]]), link_m)
    one = np.concatenate((on_rows[on_links[0]], off_rows[off_links[0]]))
    other = np.concatenate((on_rows[on_links[1]], off_rows[off_links[1]]))
    crowd = Crowd(
        x=ground.x[who],
        y=ground.y[who],
        people=group[who],
        community=community,
        widest_m=access.reach_cm[who] / 50,  # twice the reach
    )
    zone = zones_to_serve((one, other), crowd)
    count = int(zone.max()) + 1
    return Zones(access=access, who=who, zone=zone, count=count, weight=group[who], community=community)
