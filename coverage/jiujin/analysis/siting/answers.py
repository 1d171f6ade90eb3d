"""The answer to a siting question: the sites in their order of building, and what a planner needs to defend them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Objective = str
"""cover, rate, median, centre, fair: what was asked for; see `SitingQuestion`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """Another candidate for the place of a site, and how many people fewer the whole plan then serves."""

    id: str
    name: str
    lost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    One suggested site.

    `gained` people when it is built after those of lower `rank`; `needed` people whom it alone serves in the whole
    plan; `gained_by_group` the same people counted by every group; `kind` as in `candidates`; `year` of building (0:
    not asked); `cost` (None: not stated). `way`, `piece`, `at_cm`, `leg_cm` are its street position. `substitutes` are
    other candidates with which the plan stays within 1 % of what it serves.
    """

    rank: int
    id: str
    name: str
    lon: float
    lat: float
    kind: str
    gained: float
    needed: float
    cumulative_rate: float | None
    gained_by_group: Mapping[str, float]
    community_code: str | None
    community: str | None
    township: str | None
    cost: float | None
    year: int
    way: int
    piece: int
    at_cm: int
    leg_cm: int
    substitutes: tuple[Substitute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """So many sites: what the first of the building order gain, what the best plan found gains, and a bound."""

    count: int
    nested: float
    best: float
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """
    Another whole plan of as many sites: names of the sites it does `without`, and of those it has `instead`.

    It gains `gained` people, at most 1 % fewer than the plan; found by a quick search, so there may be a better one of
    its kind.
    """

    without: tuple[str, ...]
    instead: tuple[str, ...]
    gained: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A community with many people beyond reach after the plan is built."""

    code: str
    name: str
    township: str | None
    people: float
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitingAnswer:
    """
    What to build, and how good it is.

    `gained` people of the service's group in all; no choice of `count` candidates gains more than `bound`; `optimal`
    when that is proven to be the best (for a rate: the fewest sites; for other objectives: the best value). `value`
    and `value_bound` are those of the objective, `fewest` the bound from below on the number of sites for a rate.
    `closed` are the ids of sites that are given up. `timed_out`: the clock ended the proof, another run may prove more.
    """

    service: str
    objective: Objective
    count: int
    sites: tuple[Site, ...]
    gained: float
    bound: float
    optimal: bool
    people: float
    covered_before: float
    covered_after: float
    seconds: float
    candidates: int
    value: float
    value_bound: float
    fewest: int | None = None
    rate: float | None = None
    closed: tuple[str, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    timed_out: bool = False
    alternatives: tuple[Alternative, ...] = ()

    @property
    def gap(self) -> float:
        """How far from the best the plan can be, as a share of the bound; 0 when it is proven best."""
        if self.optimal:
            return 0.0
        top = max(abs(self.value), abs(self.value_bound))
        return abs(self.value_bound - self.value) / top if top > 0 else 0.0

    @property
    def rate_after(self) -> float | None:
        """Coverage rate with the sites built; None where nobody is of the group."""
        return self.covered_after / self.people if self.people > 0 else None

    def as_json(self) -> dict[str, object]:
        """Name what `jiujin site --json` prints."""
        return {
            "service": self.service,
            "count": self.count,
            "sites": [
                {
                    "rank": site.rank,
                    "id": site.id,
                    "name": site.name,
                    "lon": site.lon,
                    "lat": site.lat,
                    "gained": site.gained,
                    "cumulative_rate": site.cumulative_rate,
                }
                for site in self.sites
            ],
            "gained": self.gained,
            "bound": self.bound,
            "optimal": self.optimal,
            "people": self.people,
            "covered_before": self.covered_before,
            "covered_after": self.covered_after,
            "seconds": self.seconds,
        }
