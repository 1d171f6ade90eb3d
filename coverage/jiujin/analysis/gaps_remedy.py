"""What would help the people of a gap: better streets data, a path or bridge, a building that is there, a new site."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jiujin.analysis.access import OFF_NETWORK, ServiceAccess
from jiujin.analysis.coverage_counts import Floats, Longs, Masks, exact_sums
from jiujin.analysis.gaps_zones import Zones
from jiujin.network.search import NO_WALK

CHECK_STREETS = "核对路网"
PATH_OR_BRIDGE = "打通路径或建桥"
USE_EXISTING = "依托现有建筑"
NEW_SITE = "新建"

LONG_WAY_ROUND = 2
"""A walk of at least this many times the straight distance is a way round something."""


def remedies(zones: Zones, others: Sequence[ServiceAccess]) -> tuple[list[str], Longs, Floats]:
    """
    Suggest a remedy for each zone: its words, the row of the building it would use (-1 = none), people it would help.

    The first of these that at least half of a zone's people stand for: they are off the network (the streets are to
    be checked first); a site is in reach as the crow flies, but the walk is at least twice as long or there is none
    (a path or bridge is missing); they reach the building of another service within this service's reach (open it
    there); otherwise a new site, which would help all.
    """
    people = zones.people()
    off = zones.people(zones.access.status[zones.who] == OFF_NETWORK)
    round_about = zones.people(_goes_round(zones))
    building, served = _best_building(zones, others)
    chosen = np.select(
        [2 * off >= people, 2 * round_about >= people, (building >= 0) & (2 * served >= people)], [0, 1, 2], 3
    )
    words = np.array((CHECK_STREETS, PATH_OR_BRIDGE, USE_EXISTING, NEW_SITE), object)
    helped = np.choose(chosen, (off, round_about, served, people))
    return words[chosen].tolist(), np.where(chosen == 2, building, -1), helped


def _goes_round(zones: Zones) -> Masks:
    """Whether a site is near each person in a straight line and far, or cut off, on foot."""
    access, who = zones.access, zones.who
    walk_cm, straight_cm = access.walk_cm[who].astype(np.int64), access.straight_cm[who].astype(np.int64)
    far = (walk_cm == NO_WALK) | (walk_cm >= LONG_WAY_ROUND * straight_cm)
    return np.asarray(access.radius_covered[who] & far & (access.status[who] != OFF_NETWORK), np.bool_)


def _best_building(zones: Zones, others: Sequence[ServiceAccess]) -> tuple[Longs, Floats]:
    """Find the building of another service that most people of each zone reach, and how many they are."""
    reach_cm = zones.access.reach_cm[zones.who]
    best, served = np.full(zones.count, -1, np.int64), np.zeros(zones.count)
    for other in others:
        near = np.flatnonzero(other.walk_cm[zones.who] <= reach_cm)
        key, place = np.unique(zones.zone[near] << 32 | other.facility_row[zones.who[near]], return_inverse=True)
        pair = np.column_stack((key >> 32, key & 0xFFFFFFFF))
        people = exact_sums(place, zones.weight[near], len(pair))
        order = np.lexsort((pair[:, 1], -people, pair[:, 0]))
        zone, first = np.unique(pair[order, 0], return_index=True)
        row, most = pair[order[first], 1], people[order[first]]
        better = most > served[zone]  # of equals the service that comes first in the study
        best[zone[better]], served[zone[better]] = row[better], most[better]
    return best, served
