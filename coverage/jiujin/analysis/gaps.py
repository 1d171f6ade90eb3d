"""
Gaps: where do people live who cannot walk to a service, how many, how far from it, and what would help?

`find_gaps` lists them, most people first; `public_gaps` in `gaps_public` makes the list fit to be shown to anyone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.access import BEYOND, OFF_NETWORK, UNREACHABLE, ServiceAccess
from jiujin.analysis.coverage_counts import Longs, Residents, exact_sums
from jiujin.analysis.gaps_remedy import remedies
from jiujin.analysis.gaps_zones import Ground, Zones, zones_of
from jiujin.caching import Shelf
from jiujin.network.search import NO_WALK
from jiujin.study import Service

LINK_M = 300
"""People with at most this much street between them live in one zone."""

MARGIN_M = 60.0
"""Width drawn around the outermost people of a zone."""

DEGREE = 1e-7
"""Outlines are drawn to this part of a degree."""

COLUMNS = (
    "rank",
    "service",
    "people",
    "community_code",
    "nearest_m",
    "name",
    "community_name",
    "township",
    "nearest_facility",
    "nearest_name",
    "straight_m",
    "straight_name",
    "detour",
    "remedy",
    "remedy_site",
    "remedy_people",
    "beyond",
    "no_walk",
    "off_network",
    "communities",
    "points",
    "lon",
    "lat",
)
"""Columns of a gap, before its geometry; the first five are those of `tables/gaps.geojson`."""


def find_gaps(
    services: Sequence[Service],
    *,
    access: Mapping[str, ServiceAccess],
    residents: Residents,
    communities: pd.DataFrame,
    facilities: pd.DataFrame,
    ground: Ground,
    link_m: int = LINK_M,
    shelf: Shelf | None = None,
    walked: Mapping[str, object] | None = None,
) -> gpd.GeoDataFrame:
    """
    List the zones of uncovered people, by service and then by people of its group, most first.

    Every uncovered person of the group who lives in some community is in exactly one zone, so the zones of a service
    add up to its uncovered people. A zone is about as wide as twice the reach at most, so that one site may serve it
    (`gaps_pieces`); those off the network make zones of their own. `nearest_m` (null = no walk), `nearest_facility`
    and `detour` are those of the person halfway down the zone's walks, `straight_m` leads from there to
    `straight_name`, the nearest as the crow flies; `community_code` is the community with most of its people; `lon`,
    `lat` is the position of the person nearest to their centre. A service whose group nobody counted has no gaps.
    The geometry (WGS 84) is drawn around the people. With `walked` (`Facts`) `shelf` may have the zones of a service.
    """
    shelf = shelf or Shelf()
    tables = []
    for service in services:
        own = access[service.id]
        made_of = own if walked is None else walked[service.id]
        drawn = shelf.of(
            f"zones-{service.id}",
            (service, made_of, link_m, *(facilities[name].to_numpy(object)[own.sites] for name in ("id", "name"))),
            partial(_drawn, service, own, residents, communities, facilities, ground, link_m),
        )
        if drawn is not None:
            others = [access[s.id] for s in services if s.id != service.id]
            tables.append(_with_remedies(drawn, own, others, facilities))
    if not tables:
        return gpd.GeoDataFrame(pd.DataFrame(columns=list(COLUMNS)), geometry=[], crs=4326)
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), geometry="geometry", crs=4326)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """
    The zones of one service as far as they hang on the walks to it alone, so that they stand while others change.

    `table` has a row per zone, in the order in which they are told: `order` names the zone of each row.
    """

    who: Longs
    zone: Longs
    weight: NDArray[np.float64]
    community: NDArray[np.int32]
    order: Longs
    table: pd.DataFrame


def _drawn(  # noqa: PLR0917 - all that a gap tells
    service: Service,
    access: ServiceAccess,
    residents: Residents,
    communities: pd.DataFrame,
    facilities: pd.DataFrame,
    ground: Ground,
    link_m: int,
) -> _Drawn | None:
    """Put the uncovered together, draw around them and describe the zones: most people first, None where all are."""
    zones = zones_of(service, access, residents, ground, link_m=link_m)
    if zones is None:
        return None
    table = _described(zones, facilities, zones.halfway())
    status = zones.access.status[zones.who]
    for name, each in (("beyond", BEYOND), ("no_walk", UNREACHABLE), ("off_network", OFF_NETWORK)):
        table[name] = zones.people(status == each)
    centre = _centres(zones, ground)
    table["lon"], table["lat"] = ground.plane.unproject(ground.x[zones.who[centre]], ground.y[zones.who[centre]])
    home, table["communities"] = _home(zones)
    table["community_code"] = communities["code"].to_numpy(object)[home]
    table["community_name"] = communities["name"].to_numpy(object)[home]
    table["township"] = communities["township"].to_numpy(object)[home]
    table["name"] = _names(zones, ground, centre, home, communities)
    spread = table["communities"].to_numpy(np.int64)
    table["name"] += [f"等{each}个社区（村）" if each > 1 else "" for each in spread.tolist()]
    table["points"] = np.bincount(zones.zone, minlength=zones.count)
    table["geometry"] = _outlines(zones, ground)
    table["service"] = zones.access.service
    order = np.lexsort((table["lat"], table["lon"], home, -table["people"].to_numpy(np.float64)))
    table = table.iloc[order].reset_index(drop=True)
    table["rank"] = np.arange(1, zones.count + 1)
    return _Drawn(
        who=zones.who, zone=zones.zone, weight=zones.weight, community=zones.community, order=order, table=table
    )


def _with_remedies(
    drawn: _Drawn, access: ServiceAccess, others: Sequence[ServiceAccess], facilities: pd.DataFrame
) -> pd.DataFrame:
    """Add to each zone what would help its people."""
    order = drawn.order
    zones = Zones(
        access=access,
        who=drawn.who,
        zone=drawn.zone,
        count=len(order),
        weight=drawn.weight,
        community=drawn.community,
    )
    words, rows, people = remedies(zones, others)
    told = drawn.table.assign(
        remedy=np.array(words, object)[order], remedy_site=_ids(facilities, rows[order]), remedy_people=people[order]
    )
    return told[[*COLUMNS, "geometry"]]


def _described(zones: Zones, facilities: pd.DataFrame, halfway: Longs) -> pd.DataFrame:
    """People of each zone, and the way to the service from the person halfway down."""
    access, person = zones.access, zones.who[halfway]
    walking = access.walk_cm[person] != NO_WALK
    row = np.where(walking, access.facility_row[person], -1)
    walk_m = np.where(walking, access.walk_cm[person] / 100, np.nan)
    straight_m = np.where(access.straight_facility[person] >= 0, access.straight_cm[person] / 100, np.nan)
    detour = np.divide(walk_m, straight_m, out=np.full(zones.count, np.nan), where=straight_m > 0)
    return pd.DataFrame(
        {
            "people": zones.people(),
            "nearest_m": walk_m,
            "nearest_facility": _ids(facilities, row),
            "nearest_name": _ids(facilities, row, "name"),
            "straight_m": straight_m,
            "straight_name": _ids(facilities, access.straight_facility_row[person], "name"),
            "detour": detour,
        }
    )


def _ids(facilities: pd.DataFrame, row: Longs, column: str = "id") -> NDArray[np.object_]:
    """What the facilities frame has in these rows; None for row -1."""
    return np.append(facilities[column].to_numpy(object), [None])[row]


def _home(zones: Zones) -> tuple[Longs, Longs]:
    """Community with most people of each zone (equal: the lower code), and how many communities it lies in."""
    key, place = np.unique(zones.zone << 32 | zones.community, return_inverse=True)
    pair = np.column_stack((key >> 32, key & 0xFFFFFFFF))
    people = exact_sums(place, zones.weight, len(pair))
    order = np.lexsort((pair[:, 1], -people, pair[:, 0]))
    first = np.searchsorted(pair[order, 0], np.arange(zones.count))
    return pair[order, 1][first].astype(np.int64), np.bincount(pair[:, 0], minlength=zones.count)


def _centres(zones: Zones, ground: Ground) -> Longs:
    """Row in `who` of the person nearest to the weighted centre of each zone (equal: farther south, then west)."""
    x, y = ground.x[zones.who], ground.y[zones.who]
    people = zones.people()
    mean_x = exact_sums(zones.zone, zones.weight * (x - x.min()), zones.count) / people + x.min()
    mean_y = exact_sums(zones.zone, zones.weight * (y - y.min()), zones.count) / people + y.min()
    away = np.round(np.hypot(x - mean_x[zones.zone], y - mean_y[zones.zone]), 3)
    order = np.lexsort((x, y, away, zones.zone))
    return order[np.searchsorted(zones.zone[order], np.arange(zones.count))]


def _names(zones: Zones, ground: Ground, centre: Longs, home: Longs, communities: pd.DataFrame) -> list[str]:
    """Name each zone by its community, with the side it lies on where a community has several zones."""
    several = np.bincount(home, minlength=len(communities)) > 1
    x, y = ground.x[zones.who[centre]], ground.y[zones.who[centre]]
    homes = np.maximum(np.bincount(home, minlength=len(communities)), 1)
    middle_x, middle_y = np.bincount(home, x, len(homes)) / homes, np.bincount(home, y, len(homes)) / homes
    sides = np.array(("东部", "东北部", "北部", "西北部", "西部", "西南部", "南部", "东南部"))
    turn = np.rint(np.arctan2(y - middle_y[home], x - middle_x[home]) / (np.pi / 4)).astype(np.int64) % 8
    names = communities["name"].to_numpy(object)[home].tolist()
    return [
        f"{name}{side}" if apart else str(name)
        for name, side, apart in zip(names, sides[turn].tolist(), several[home].tolist(), strict=True)
    ]


def _outlines(zones: Zones, ground: Ground) -> NDArray[np.object_]:
    """Draw around the people of each zone, following their outline, and bring it to WGS 84, to 1e-7 degree."""
    order = np.argsort(zones.zone, kind="stable")
    first = np.searchsorted(zones.zone[order], np.arange(zones.count))
    # a thread through a zone's people is made several times as quickly as a crowd of points, and has the same hull
    order = np.insert(order, first, order[first])
    thread = np.column_stack((ground.x[zones.who[order]], ground.y[zones.who[order]]))
    crowd = shapely.linestrings(thread, indices=zones.zone[order])
    drawn = shapely.buffer(shapely.concave_hull(crowd, ratio=0.35), MARGIN_M, quad_segs=4)
    drawn = np.asarray(shapely.simplify(drawn, 5.0), object)
    degrees = shapely.transform(drawn, lambda part: np.column_stack(ground.plane.unproject(part[:, 0], part[:, 1])))
    rounded = shapely.set_precision(shapely.set_precision(degrees, DEGREE), 0)  # and forget by what it was rounded
    return np.asarray(rounded, object)
