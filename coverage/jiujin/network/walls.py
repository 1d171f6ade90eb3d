"""Walks that do not leave the walls: between points of one yard, along the straight way times a detour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.network.attach import DETOUR_PERCENT, Doors

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """Walks within walls: `person`, `site` (positions among those asked about) and `cm`, ordered by person, site."""

    person: Ints
    site: Ints
    cm: Ints


def within_walls(people: Doors | None, sites: Doors | None, limit_cm: int) -> Inner:
    """Find all walks of at most `limit_cm` from a person to a site in the same yard."""
    none = np.empty(0, np.int32)
    if people is None or sites is None:
        return Inner(person=none, site=none, cm=none)
    order = np.argsort(sites.yard, kind="stable")
    yard = sites.yard[order]
    first = np.searchsorted(yard, people.yard, side="left")
    count = np.where(people.yard >= 0, np.searchsorted(yard, people.yard, side="right") - first, 0)
    person = np.repeat(np.arange(count.size), count)
    site = order[np.arange(person.size) - np.repeat(np.cumsum(count) - count - first, count)]
    straight_m = np.hypot(people.x[person] - sites.x[site], people.y[person] - sites.y[site])
    cm = np.rint(straight_m * DETOUR_PERCENT)
    near = cm <= limit_cm
    return Inner(person=person[near].astype(np.int32), site=site[near].astype(np.int32), cm=cm[near].astype(np.int32))
