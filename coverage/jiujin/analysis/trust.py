"""
How far the streets can be trusted, community by community: are the paths that people really walk in the data?

Where they are not, walks come out too long and people off the network. Three witnesses: how many people live far from
every street, how many junctions there are, and how many streets just end (dead ends as a measure of street networks:
Barrington-Leigh, C. and Millard-Ball, A. 2020, Global trends toward urban street-network sprawl, PNAS 117(4),
1941-1950). The thresholds are ours and stand below.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.coverage_counts import Floats, Ints, Masks, Residents, exact_sums, ratio
from jiujin.analysis.residence import community_of
from jiujin.coordinates import Plane
from jiujin.network.graph import WalkNetwork
from jiujin.tables import RURAL

GOOD, FAIR, POOR = "good", "fair", "poor"
TRUST_LABELS = {GOOD: "可信", FAIR: "一般", POOR: "不足"}

FAR_M = (100, 200, 300)
"""Distances from a street beyond which people are counted."""

GOOD_FAR_200, POOR_FAR_200 = 0.05, 0.25
"""Share of people farther than 200 m from a street: at most this for good; more than that is poor."""

POOR_FAR_300 = 0.10
"""More people than this farther than 300 m from a street is poor."""

GOOD_JUNCTIONS, POOR_JUNCTIONS = 20.0, 5.0
"""In town, junctions per km²: at least this for good; fewer than that is poor. Villages stand in fields; not asked."""

GOOD_DEAD_ENDS = 0.45
"""In town, dead ends among all junctions: at most this for good; more means lanes that lead nowhere in the data."""

COLUMNS = ("far_100", "far_200", "far_300", "junctions_km2", "dead_ends", "trust")


def communities_trust(
    network: WalkNetwork, leg_cm: Ints, *, plane: Plane, communities: gpd.GeoDataFrame, residents: Residents
) -> pd.DataFrame:
    """
    Grade the streets of every community of a study on its full walking network; see `network_trust`.

    `leg_cm` is by person. People are those of `total`, where nobody counted them of the first group, else points.
    """
    groups = residents.groups
    people = groups.get("total", next(iter(groups.values()), np.ones(len(residents))))
    lon, lat = plane.unproject(network.junction_x, network.junction_y)
    shapes = shapely.transform(
        communities.geometry.to_numpy(), lambda part: np.column_stack(plane.project(part[:, 0], part[:, 1]))
    )
    return network_trust(
        leg_cm=leg_cm,
        people=people,
        community=residents.community,
        junction_community=community_of(lon, lat, communities),
        junction_degree=junction_degrees(network),
        area_km2=shapely.area(shapes) / 1e6,
        rural=(communities["class"] == RURAL).to_numpy(np.bool_),
    )


def network_trust(
    *,
    leg_cm: Ints,
    people: Floats,
    community: Ints,
    junction_community: Ints,
    junction_degree: NDArray[np.int64],
    area_km2: Floats,
    rural: Masks,
) -> pd.DataFrame:
    """
    Grade the streets of each community: `good`, `fair` or `poor`, with the figures it rests on (`COLUMNS`).

    By person: leg to the street, people at the point, `community` (row, -1 = none); by junction: its community and how
    many streets meet there; by community: area and whether it is rural. Shares are of people and of junctions; NaN
    where there are none. A community without people is graded by its junctions alone, a rural one then as fair.
    """
    size = len(area_km2)
    everybody = exact_sums(community, people, size)
    far = [ratio(exact_sums(community[leg], people[leg], size), everybody) for leg in (leg_cm > m * 100 for m in FAR_M)]
    inside = junction_community >= 0
    real = inside & (junction_degree != 2)  # two streets that merely meet are one street
    crossings = np.bincount(junction_community[real & (junction_degree > 2)], minlength=size).astype(np.float64)
    ends = np.bincount(junction_community[real & (junction_degree == 1)], minlength=size).astype(np.float64)
    per_km2 = ratio(crossings, area_km2)
    dead_ends = ratio(ends, crossings + ends)
    return pd.DataFrame(
        {
            **{f"far_{metres}": share for metres, share in zip(FAR_M, far, strict=True)},
            "junctions_km2": per_km2,
            "dead_ends": dead_ends,
            "trust": _grades(far[1], far[2], per_km2, dead_ends, rural),
        }
    )


def junction_degrees(network: WalkNetwork) -> NDArray[np.int64]:
    """How many chains of street end at each junction; one that returns to it ends there twice."""
    ends = np.concatenate((network.chain_from, network.chain_to))
    return np.bincount(ends, minlength=len(network.junction_vertex))


def _grades(far_200: Floats, far_300: Floats, per_km2: Floats, dead_ends: Floats, rural: Masks) -> list[str]:
    town = ~rural
    peopled = ~np.isnan(far_200)
    dense = np.nan_to_num(per_km2)
    poor = peopled & ((far_200 > POOR_FAR_200) | (far_300 > POOR_FAR_300)) | town & (dense < POOR_JUNCTIONS)
    near = peopled & (far_200 <= GOOD_FAR_200)
    knit = rural | (dense >= GOOD_JUNCTIONS) & (np.nan_to_num(dead_ends) <= GOOD_DEAD_ENDS)
    good = (near | town & ~peopled) & knit
    return [str(grade) for grade in np.select([poor, good], [POOR, GOOD], FAIR)]
