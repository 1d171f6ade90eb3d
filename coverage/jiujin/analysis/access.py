"""
Who reaches a service on foot, and whom does it reach: one person at a time, in whole centimetres.

Everything here is an array by position: people in input order, sites as the counted facilities of one service in the
order of their ids. Coverage rates, gaps and capacity are all made of what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access_straight import straight_to_nearest
from jiujin.errors import Problem
from jiujin.network.attach import Places
from jiujin.network.graph import WalkNetwork
from jiujin.network.search import NO_WALK, nearest
from jiujin.study import Service

COVERED, BEYOND, UNREACHABLE, OFF_NETWORK = 0, 1, 2, 3
STATUS_LABELS = ("已覆盖", "超出服务距离", "路网不连通", "远离路网")
"""What people read for each status, by its number."""

Ints = NDArray[np.int32]
Masks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccess:
    """
    The walk of every person to one service.

    `sites` (int64) are the rows of the facilities frame that count for the service, in the order of their ids;
    `site_on_network` tells which of them are within the snap limit of a street, the others serve nobody.
    Per person: `walk_cm` (`NO_WALK` where no way leads, or off the network), `facility` (position in `sites` of the
    nearest on foot, -1 = none; equal walks: the lower id), `straight_cm` (in the plane, to the nearest of all `sites`;
    `NO_WALK` where there is none), `straight_facility` (position in `sites`, -1 = none), `reach_cm`, `leg_cm` (to the
    street), `status` (`COVERED`, `BEYOND`, `UNREACHABLE`, `OFF_NETWORK`), `radius_covered` (straight ≤ reach).
    """

    service: str
    sites: NDArray[np.int64]
    site_on_network: Masks
    walk_cm: Ints
    facility: Ints
    straight_cm: Ints
    straight_facility: Ints
    reach_cm: Ints
    leg_cm: Ints
    status: NDArray[np.uint8]
    radius_covered: Masks

    @property
    def covered(self) -> Masks:
        """Whether the walk is within reach; exactly at the reach is covered."""
        return np.asarray(self.status == COVERED, np.bool_)

    @property
    def facility_row(self) -> NDArray[np.int64]:
        """Row in the facilities frame of each person's nearest facility on foot, -1 = none."""
        return self._rows(self.facility)

    @property
    def straight_facility_row(self) -> NDArray[np.int64]:
        """Row in the facilities frame of each person's nearest facility in a straight line, -1 = none."""
        return self._rows(self.straight_facility)

    def _rows(self, position: Ints) -> NDArray[np.int64]:
        rows = np.full(len(position), -1, np.int64)
        known = position >= 0
        rows[known] = self.sites[position[known]]
        return rows


def service_access(
    service: Service,
    *,
    network: WalkNetwork,
    people_places: Places,
    site_places: Places,
    people_xy: tuple[NDArray[np.float64], NDArray[np.float64]],
    site_xy: tuple[NDArray[np.float64], NDArray[np.float64]],
    counted: NDArray[np.int64] | Masks,
    reach_cm: Ints,
    snap_limit_cm: int,
) -> ServiceAccess:
    """
    Walk every person to the nearest counted facility of a service.

    `site_places` and `site_xy` (plane metres) are those of all rows of the facilities frame; `counted` (positions or a
    mask) picks the counted rows of this service, which stand in the order of their ids. A person or facility whose
    leg is longer than `snap_limit_cm` is off the network; exactly at the limit is on it.
    """
    sites = np.flatnonzero(counted) if counted.dtype == np.bool_ else counted.astype(np.int64)
    site_on = site_places.leg_cm[sites] <= snap_limit_cm
    person_on = people_places.leg_cm <= snap_limit_cm
    walk_cm, facility = _walks(network, people_places, person_on, site_places.select(sites), site_on)
    straight_cm, straight_facility = straight_to_nearest(people_xy, (site_xy[0][sites], site_xy[1][sites]))
    return ServiceAccess(
        service=service.id,
        sites=sites,
        site_on_network=site_on,
        walk_cm=walk_cm,
        facility=facility,
        straight_cm=straight_cm,
        straight_facility=straight_facility,
        reach_cm=reach_cm.astype(np.int32),
        leg_cm=people_places.leg_cm.astype(np.int32),
        status=person_status(walk_cm, reach_cm, person_on),
        radius_covered=straight_cm <= reach_cm,
    )


def _walks(network: WalkNetwork, people: Places, person_on: Masks, sites: Places, site_on: Masks) -> tuple[Ints, Ints]:
    """Walk and nearest site (position in `sites`) of each person; only who is on the network takes part."""
    walk_cm = np.full(len(person_on), NO_WALK, np.int32)
    facility = np.full(len(person_on), -1, np.int32)
    if site_on.any() and person_on.any():
        walks = nearest(network, people.select(person_on), sites.select(site_on))
        walk_cm[person_on] = walks.cm
        facility[person_on] = np.where(walks.site >= 0, np.flatnonzero(site_on)[walks.site], -1)
    return walk_cm, facility


def person_status(walk_cm: Ints, reach_cm: Ints, on_network: Masks) -> NDArray[np.uint8]:
    """Status of each person: off the network, no walk, beyond the reach or covered, decided in this order."""
    status = np.where(walk_cm <= reach_cm, COVERED, BEYOND).astype(np.uint8)
    status[walk_cm == NO_WALK] = UNREACHABLE
    status[~on_network] = OFF_NETWORK
    return status


def reach_of(service: Service, rural: Masks) -> Ints:
    """Reach of a service in centimetres for each person, by whether the community that the person lives in is rural."""
    return np.where(rural, service.reach.rural_m * 100, service.reach.urban_m * 100).astype(np.int32)


def off_network_sites(access: ServiceAccess, facilities: pd.DataFrame, leg_cm: Ints) -> list[Problem]:
    """List the counted facilities that stand farther from every street than the snap limit, and so serve nobody."""
    rows = access.sites[~access.site_on_network]
    listed = facilities.iloc[rows]
    return [
        Problem(
            severity="warning",
            rule="facility_off_network",
            found=f"设施“{name}”距最近可步行道路 {leg / 100:.0f} 米",
            wanted="在道路附近的坐标，或补充通往该处的道路",
            action="计入设施数，但不服务任何人",
            file=str(source),
            sheet=sheet if isinstance(sheet, str) else "",
            row=int(row),
        )
        for name, source, sheet, row, leg in zip(
            *(listed[column].tolist() for column in ("name", "source", "sheet", "row")), leg_cm[rows], strict=True
        )
    ]
