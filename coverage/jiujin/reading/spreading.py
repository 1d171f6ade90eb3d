"""
From a community's totals to points: whole people put where people can live, and not one lost or made.

Over building footprints where the study has them (floor space is the weight), else along the streets inside the
community, else at one point. Shares are rounded by largest remainders; a part of the people (over 60, say) is shared
out among the whole as it was placed, so that no point holds more over-60s than people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.residence import community_of
from jiujin.errors import Problem
from jiujin.network.streets import STREET_CLASSES, Streets

SPACING_M = 50.0
"""Distance between points along a street."""

WHOLE_OF = {"age60": "total", "age65": "age60", "age80": "age65", "disabled": "total", "households": "total"}
"""The group among which a group is shared out, where that is placed."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spots:
    """Where people may live: degrees, how much room there is, and the row of the community (-1 = none)."""

    lon: Floats
    lat: Floats
    weight: Floats
    community: NDArray[np.int32]

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Spots:
        """The chosen spots only."""
        return Spots(
            lon=self.lon[chosen], lat=self.lat[chosen], weight=self.weight[chosen], community=self.community[chosen]
        )


def whole_shares(total: float, weight: Floats) -> Floats:
    """
    Share out a total by weight in whole numbers that add up to it exactly (largest remainders).

    Equal remainders go to the earlier spot; a fraction of a person, in a total that is not whole, goes with the largest
    share. Weights that are all zero count as equal.
    """
    if not len(weight):
        raise ValueError("nobody can be shared out among no spots")
    whole = np.floor(total)
    even = weight if weight.sum() > 0 else np.ones(len(weight))
    quota = whole * (even / even.sum())
    shares = np.floor(quota)
    order = np.argsort(-(quota - shares), kind="stable")
    missing = int(whole - shares.sum())
    if missing >= 0:
        np.add.at(shares, order[np.arange(missing) % len(order)], 1.0)
    else:  # a quota that rounding lifted to the next whole number
        takers = order[::-1][shares[order[::-1]] > 0][:-missing]
        shares[takers] -= 1.0
    shares[int(np.argmax(shares))] += total - whole
    return np.asarray(shares, np.float64)


def nested_shares(totals: Mapping[str, float], weight: Floats) -> dict[str, Floats]:
    """Share out every group of one community; a group goes among its whole where that is large enough to hold it."""
    placed: dict[str, Floats] = {}
    for group in sorted(totals, key=_depth):
        amount, whole = totals[group], WHOLE_OF.get(group)
        while whole is not None and whole not in placed:
            whole = WHOLE_OF.get(whole)
        among = placed[whole] if whole is not None and placed[whole].sum() >= amount > 0 else weight
        placed[group] = whole_shares(amount, among)
    return {group: placed[group] for group in totals}


def _depth(group: str) -> int:
    return 1 + _depth(WHOLE_OF[group]) if group in WHOLE_OF else 0


def spread(totals: pd.DataFrame, spots: Spots, communities: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Put the totals of communities onto spots: a row per spot that receives anybody.

    `totals` is indexed by the row in `communities`, its columns are groups. A community without a spot gets one point
    inside its outline, and is listed. Rows come by community, then by longitude and latitude, whatever the order of the
    spots; ids are `code-1`, `code-2`, ….
    """
    order = np.lexsort((spots.weight, spots.lat, spots.lon, spots.community))
    ordered = spots.of(order)
    first = np.searchsorted(ordered.community, np.arange(len(communities) + 1))
    parts: list[pd.DataFrame] = []
    bare: list[int] = []
    for row in sorted(int(label) for label in totals.index):
        people = {
            str(group): float(amount) for group, amount in zip(totals.columns, totals.loc[row].to_numpy(), strict=True)
        }
        if not any(people.values()):
            continue
        here = ordered.of(np.arange(first[row], first[row + 1]))
        if not len(here.lon):
            bare.append(row)
            here = _inside(communities, row)
        placed = pd.DataFrame({"lon": here.lon, "lat": here.lat, **nested_shares(people, here.weight)})
        placed = placed[(placed[list(people)] > 0).any(axis=1)]
        code = str(communities["code"].iloc[row])
        ids = [f"{code}-{number}" for number in range(1, len(placed) + 1)]
        parts.append(placed.assign(id=ids, community_code=code, row=int(communities["row"].iloc[row])))
    problems = [_at_one_point(communities, bare)] if bare else []
    if not parts:
        nothing = {str(name): np.empty(0) for name in ("lon", "lat", *totals.columns)}
        texts = {name: pd.Series(dtype="str") for name in ("id", "community_code")}
        return pd.DataFrame({**nothing, **texts, "row": np.empty(0, np.int64)}), problems
    return pd.concat(parts, ignore_index=True), problems


def street_spots(streets: Streets, communities: gpd.GeoDataFrame) -> Spots:
    """
    Spots along the streets about every 50 metres, weighted by the street's length; main roads have no front doors.

    Short pieces of one way count together, so that a winding street is not more homely than a straight one.
    """
    homely = streets.street_class != STREET_CLASSES.index("main")
    start, end = streets.start[homely], streets.end[homely]
    length_m, way = streets.length_cm[homely] / 100.0, streets.way[homely]
    cuts = np.maximum(np.ceil(length_m / SPACING_M).astype(np.int64), 1)
    piece = np.repeat(np.arange(len(cuts)), cuts)
    number = np.arange(len(piece)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    t = (number + 0.5) / cuts[piece]
    lon = streets.lon[start][piece] * (1 - t) + streets.lon[end][piece] * t
    lat = streets.lat[start][piece] * (1 - t) + streets.lat[end][piece] * t
    weight = (length_m / cuts)[piece]
    along = np.cumsum(weight) - weight / 2
    new_way = np.r_[True, way[piece][1:] != way[piece][:-1]] if len(piece) else np.empty(0, bool)
    origin = np.maximum.accumulate(np.where(new_way, along - weight / 2, -np.inf))
    stretch = np.floor((along - origin) / SPACING_M).astype(np.int64)
    return _merged(
        Spots(lon=lon, lat=lat, weight=weight, community=community_of(lon, lat, communities)), way[piece], stretch
    )


def _merged(spots: Spots, way: NDArray[np.int64], stretch: NDArray[np.int64]) -> Spots:
    """One spot for each stretch of a way inside one community, at the middle of its bits."""
    if not len(way):
        return spots
    same = (way[1:] == way[:-1]) & (stretch[1:] == stretch[:-1]) & (spots.community[1:] == spots.community[:-1])
    first = np.flatnonzero(np.r_[True, ~same])
    middle = (first + np.r_[first[1:], len(way)] - 1) // 2
    return Spots(
        lon=spots.lon[middle], lat=spots.lat[middle],
        weight=np.add.reduceat(spots.weight, first), community=spots.community[middle],
    )  # fmt: skip


def _inside(communities: gpd.GeoDataFrame, row: int) -> Spots:
    point = shapely.point_on_surface(communities.geometry.iloc[row])
    return Spots(
        lon=np.array([point.x]), lat=np.array([point.y]), weight=np.ones(1), community=np.array([row], np.int32)
    )


def _at_one_point(communities: gpd.GeoDataFrame, rows: list[int]) -> Problem:
    names = "、".join(str(communities["name"].iloc[row]) for row in rows[:10])
    return Problem(
        severity="warning",
        rule="people_at_one_point",
        found=f"{len(rows)} 个社区（村）范围内没有住房也没有可走的路：{names}{'等' if len(rows) > 10 else ''}",
        action="人口放在范围内的一个点上，结果仅供参考",
    )
