"""
Are there seats enough? Load of each site, and the catchment measures of supply per person.

All of it is made of the pairs of site and person within reach on foot (`access_pairs.ReachPairs`), so distances are
those of the streets, to the centimetre. A person who reaches no site has access 0, never null: left out of a mean,
the worst-off would make it better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.access_pairs import ReachPairs
from jiujin.analysis.capacity_seats import seat, seating_order
from jiujin.analysis.coverage_counts import Floats, Ints, Residents, exact_sums, ratio
from jiujin.study import Service

LUO_QI_SLOW, LUO_QI_SHARP = (1.0, 0.68, 0.22), (1.0, 0.42, 0.09)
"""Weights of the three thirds of a catchment in Luo and Qi (2009): slow and sharp decay."""

ENOUGH, TOO_MANY, TOO_FEW = "适中", "超出", "偏少"


def supply(service: Service, capacity: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """
    What each site offers, and which of that is assumed.

    `capacity` is the ledger's (NaN = not stated) by site; the service's default fills in. Where the service knows no
    capacity at all, each site counts as one. A site whose capacity stays unknown among known ones offers 0.
    """
    known = ~np.isnan(capacity)
    if service.capacity_default is not None:
        return np.where(known, capacity, service.capacity_default), ~known
    if not known.any():
        return np.ones(len(capacity)), np.ones(len(capacity), bool)
    return np.where(known, capacity, 0.0), ~known


def two_step(pairs: ReachPairs, offer: Floats, demand: Floats) -> Floats:
    """
    Offer per person within reach, site by site, summed over the sites that each person reaches (2SFCA).

    `offer` by site, `demand` by person; the catchment is the person's own reach. A site nobody needs gives nothing.
    Luo, W. and Wang, F. (2003), Measures of spatial accessibility to health care in a GIS environment, Environment and
    Planning B 30(6), 865-884.
    """
    return _floating(pairs, lambda block: np.ones(len(block.cm)), offer, demand)


def enhanced_two_step(
    pairs: ReachPairs,
    offer: Floats,
    demand: Floats,
    reach_cm: Ints,
    zone_weights: tuple[float, ...] = LUO_QI_SLOW,
) -> Floats:
    """
    Two-step access in which near counts more: equal zones of the reach, each with its weight (E2SFCA).

    A walk on the edge of two zones is in the nearer. Luo, W. and Qi, Y. (2009), An enhanced two-step floating
    catchment area (E2SFCA) method for measuring spatial accessibility to primary care physicians, Health & Place
    15(4), 1100-1107.
    """
    zones, weights = len(zone_weights), np.array(zone_weights)

    def weigh(block: ReachPairs) -> Floats:
        reach = np.maximum(reach_cm[block.person].astype(np.int64), 1)
        return weights[np.clip(-(-block.cm.astype(np.int64) * zones // reach) - 1, 0, zones - 1)]

    return _floating(pairs, weigh, offer, demand)


def gaussian_two_step(pairs: ReachPairs, offer: Floats, demand: Floats, reach_cm: Ints) -> Floats:
    """
    Two-step access in which near counts more, without steps: 1 at the door, 0 at the reach (Gaussian 2SFCA).

    Weight (exp(-½(d/d₀)²) - exp(-½)) / (1 - exp(-½)). Dai, D. (2010), Black residential segregation, disparities in
    spatial access to health care facilities, and late-stage breast cancer diagnosis in metropolitan Detroit, Health &
    Place 16(5), 1038-1052.
    """
    edge = np.exp(-0.5)

    def weigh(block: ReachPairs) -> Floats:
        share = block.cm / np.maximum(reach_cm[block.person], 1)
        return np.asarray(np.clip((np.exp(-0.5 * share**2) - edge) / (1 - edge), 0, 1), np.float64)

    return _floating(pairs, weigh, offer, demand)


def _floating(pairs: ReachPairs, weigh: Callable[[ReachPairs], Floats], offer: Floats, demand: Floats) -> Floats:
    """Demand around each site, offer per unit of it, and that again summed around each person; sites block by block."""
    access = np.zeros(pairs.people)
    for block in pairs.blocks():
        weight = weigh(block)
        asked: Floats = np.bincount(block.site, weight * demand[block.person], pairs.sites).astype(np.float64)
        share = np.nan_to_num(ratio(offer, asked))
        access += np.bincount(block.person, weight * share[block.site], pairs.people)
    return access


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """
    Who is served when every site takes only so many, the nearest first.

    `served` (demand met) by person, `used` by site, and `shares`: a row `site, person, cm, served` per allocation.
    """

    served: Floats
    used: Floats
    shares: pd.DataFrame


def allocate(pairs: ReachPairs, offer: Floats, demand: Floats, rank: NDArray[np.integer] | None = None) -> Allocation:
    """
    Seat people at the nearest site with room, the shortest walk first, until seats or people run out.

    A point's demand may be split over several sites. Of equal walks the lower person goes first, by `rank` (default:
    input order), and to the lower site. Nobody served has a site nearer that turned them away for someone who walks
    farther to it: the stable assignment of Gale, D. and Shapley, L. S. (1962), College admissions and the stability of
    marriage, American Mathematical Monthly 69(1), 9-15.
    """
    first = (np.arange(pairs.people) if rank is None else rank).astype(np.int32)
    room, waiting = offer.astype(np.float64), demand.astype(np.float64)
    order = seating_order(pairs.site, pairs.person, pairs.cm, first, room, waiting)
    most = min(len(order), pairs.sites + pairs.people)
    rows, served = np.empty(most, np.int32), np.empty(most)
    count = seat(order, pairs.site, pairs.person, room, waiting, rows, served)
    at = rows[:count]
    shares = pd.DataFrame(
        {"site": pairs.site[at], "person": pairs.person[at], "cm": pairs.cm[at], "served": served[:count]}
    )
    return Allocation(served=demand - waiting, used=offer - room, shares=shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """
    What one service can bear.

    `sites`: a row per counted site, with `row` in the facilities frame, `capacity`, `assumed`, `people_in_reach`,
    `demand` (those × take-up), `load` (demand per unit of capacity), `nearest_people`, `judgement` (nearest people
    against the people that one site is for; None where the service has no such range), `served` and `utilisation`.
    Per person: `access_2sfca`, `access_e2sfca`, `access_gaussian` (capacity per person, 0 = none in reach), `served`
    (demand met within reach) of `demand`. `unmet` is the demand that finds no room within reach, `met_rate` the share
    that does (服务能力达标率), `sites_per_10k` the counted sites for ten thousand people of the group.
    Where the service knows no capacity at all (`has_seats` False) each site counts as one: access is then sites per
    person, and all that speaks of room (`load`, `served`, `utilisation`, `unmet`, `met_rate`) is NaN.
    """

    has_seats: bool
    sites: pd.DataFrame
    access_2sfca: Floats
    access_e2sfca: Floats
    access_gaussian: Floats
    demand: Floats
    served: Floats
    unmet: float
    met_rate: float
    sites_per_10k: float


def service_capacity(
    service: Service,
    access: ServiceAccess,
    pairs: ReachPairs,
    residents: Residents,
    *,
    capacity: Floats,
    rank: NDArray[np.integer] | None = None,
) -> Capacity | None:
    """
    Measure load and access of a service; None when its group is neither counted nor estimated.

    `capacity` (NaN = not stated) is by row of the facilities frame; `rank` orders people whose walks are equal, by
    their ids, so that the order of the rows changes nothing.
    """
    weight = residents.group(service.group)
    if weight is None:
        return None
    living = np.where(residents.community >= 0, weight, 0.0)
    seats = _seats(service, access, capacity)
    demand = living * service.take_up
    filled = allocate(pairs, seats.offer, demand, rank) if seats.known else _no_seats(pairs)
    asked, met, people = (_sum(each) for each in (demand, filled.served, living))
    return Capacity(
        has_seats=seats.known,
        sites=_site_table(service, access, pairs, seats=seats, living=living, used=filled.used),
        access_2sfca=two_step(pairs, seats.offer, living),
        access_e2sfca=enhanced_two_step(pairs, seats.offer, living, access.reach_cm),
        access_gaussian=gaussian_two_step(pairs, seats.offer, living, access.reach_cm),
        demand=demand,
        served=filled.served,
        unmet=_sum(demand - filled.served),
        met_rate=met / asked if asked > 0 else np.nan,
        sites_per_10k=1e4 * len(access.sites) / people if people > 0 else np.nan,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seats:
    """What each site offers, whether that is assumed, and whether the service knows seats at all."""

    offer: Floats
    assumed: NDArray[np.bool_]
    known: bool


def _seats(service: Service, access: ServiceAccess, capacity: Floats) -> _Seats:
    stated = capacity[access.sites]
    known = service.capacity_default is not None or bool((~np.isnan(stated)).any())
    offer, assumed = supply(service, stated)
    return _Seats(offer=np.where(access.site_on_network, offer, 0.0), assumed=assumed, known=known)


def _site_table(
    service: Service, access: ServiceAccess, pairs: ReachPairs, *, seats: _Seats, living: Floats, used: Floats
) -> pd.DataFrame:
    """Set what is asked of each site against what it has."""
    room = seats.offer if seats.known else np.full(len(access.sites), np.nan)
    people = pairs.by_site(living)
    nearest = exact_sums(access.facility, living, len(access.sites))
    return pd.DataFrame(
        {
            "row": access.sites,
            "capacity": seats.offer,
            "assumed": seats.assumed,
            "people_in_reach": people,
            "nearest_people": nearest,
            "served": used,
            "demand": people * service.take_up,
            "load": ratio(people * service.take_up, room),
            "judgement": np.array([judge(service, each) for each in nearest.tolist()], object),
            "utilisation": ratio(used, room),
        }
    )


def _sum(values: Floats) -> float:
    return float(exact_sums(np.zeros(len(values), np.int32), values, 1)[0])


def _no_seats(pairs: ReachPairs) -> Allocation:
    """Nothing is known of how many a site can take, so nothing is said about who finds room."""
    none = pd.DataFrame({"site": [], "person": [], "cm": [], "served": []})
    return Allocation(served=np.full(pairs.people, np.nan), used=np.full(pairs.sites, np.nan), shares=none)


def judge(service: Service, people: float) -> str | None:
    """Compare the people of one site with the range that one site is meant for; None without a range."""
    if service.people_per_site is None:
        return None
    least, most = service.people_per_site
    return TOO_FEW if people < least else TOO_MANY if people > most else ENOUGH
