"""
Which community a person lives in: the one that the data states, else the polygon that holds the point.

Polygons are asked one after the other, each only about the points near it, which a grid over the points finds. That
is exact (a point on a border is on it) and several times faster than a spatial join of point shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from jiujin.errors import Problem

NOWHERE = -1
"""In no community."""

EXAMPLES = 20
"""As many single points as are listed beneath a count."""


class Residence(NamedTuple):
    """The community of each person as its row in the communities (int32, -1 = none), and who has none and why."""

    community: NDArray[np.int32]
    problems: tuple[Problem, ...]


def residents(population: pd.DataFrame, communities: gpd.GeoDataFrame) -> Residence:
    """
    Find the community of every person.

    A stated code is final: one that no community has leaves the person in no community, whatever polygon the point
    lies in. Those in no community are reported, with their number and with examples.
    """
    stated = population["community_code"] if "community_code" in population else pd.Series(None, population.index)
    named = stated.notna().to_numpy()
    codes = pd.Index(communities["code"].astype(object))
    community = np.full(len(population), NOWHERE, np.int32)
    community[named] = codes.get_indexer(stated[named].astype(object))
    lon, lat = population["lon"].to_numpy(np.float64), population["lat"].to_numpy(np.float64)
    by_place = community_of(lon, lat, communities)
    community[~named] = by_place[~named]
    unknown, outside = named & (community == NOWHERE), ~named & (community == NOWHERE)
    elsewhere = named & ~unknown & (by_place != community)
    problems = [
        *_unknown_codes(population, stated, unknown),
        *_outside(population, outside),
        *_elsewhere(population, elsewhere, int(named.sum())),
    ]
    return Residence(community=community, problems=tuple(problems))


def community_of(lon: ArrayLike, lat: ArrayLike, communities: gpd.GeoDataFrame) -> NDArray[np.int32]:
    """
    Row of the community whose polygon holds each position, -1 where none does.

    On a shared border, and where polygons overlap, the lower row has it: communities are sorted by code.
    """
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    found = np.full(len(x), NOWHERE, np.int32)
    places = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    shapes = communities.geometry.to_numpy()
    if not len(places) or not len(shapes):
        return found
    grid = _Grid.over(x[places], y[places])
    x, y, places = x[places][grid.order], y[places][grid.order], places[grid.order]
    bounds = shapely.bounds(shapes)
    shapely.prepare(shapes)
    for row in np.flatnonzero(np.isfinite(bounds).all(axis=1)):
        near = grid.within(*bounds[row])
        near = near[found[places[near]] == NOWHERE]
        inside = near[shapely.intersects_xy(shapes[row], x[near], y[near])]
        found[places[inside]] = row
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Points sorted into the cells of a grid, column by column; `first[cell]` is the first point of a cell."""

    west: float
    south: float
    step_x: float
    step_y: float
    size: int
    order: NDArray[np.int64]
    first: NDArray[np.int64]

    @classmethod
    def over(cls, x: NDArray[np.float64], y: NDArray[np.float64]) -> _Grid:
        """Lay a grid with about sixteen points to a cell."""
        size = int(np.clip(np.sqrt(len(x) / 16), 1, 1024))
        west, south = float(x.min()), float(y.min())
        step_x, step_y = (float(np.ptp(x)) or 1.0) / size, (float(np.ptp(y)) or 1.0) / size
        column = np.minimum(((x - west) / step_x).astype(np.int64), size - 1)
        line = np.minimum(((y - south) / step_y).astype(np.int64), size - 1)
        cell = column * size + line
        order = np.argsort(cell, kind="stable")
        first = np.searchsorted(cell[order], np.arange(size * size + 1))
        return cls(west=west, south=south, step_x=step_x, step_y=step_y, size=size, order=order, first=first)

    def within(self, west: float, south: float, east: float, north: float) -> NDArray[np.int64]:
        """Sorted places of the points in all cells that this box touches."""
        # one cell more on each side: dividing may round a point at the very edge of the box into the next cell
        left, right = self._cells(west - self.west, east - self.west, self.step_x)
        low, high = self._cells(south - self.south, north - self.south, self.step_y)
        if left > right or low > high:
            return np.empty(0, np.int64)
        columns = np.arange(left, right + 1) * self.size
        runs = zip(self.first[columns + low], self.first[columns + high + 1], strict=True)
        return np.concatenate([np.arange(start, stop) for start, stop in runs])

    def _cells(self, start: float, stop: float, step: float) -> tuple[int, int]:
        return max(int(np.floor(start / step)) - 1, 0), min(int(np.floor(stop / step)) + 1, self.size - 1)


def _unknown_codes(population: pd.DataFrame, stated: pd.Series, unknown: NDArray[np.bool_]) -> list[Problem]:
    if not unknown.any():
        return []
    counts = stated[unknown].value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    whole = Problem(
        severity="warning",
        rule="unknown_community_code",
        column="community_code",
        found=f"{int(unknown.sum())} 个人口点（{_people(population, unknown)}）所写的社区编码不在社区图层里",
        wanted="社区图层中有的编码",
        action="不计入任何覆盖率",
    )
    each = [
        Problem(
            severity="warning",
            rule="unknown_community_code",
            column="community_code",
            found=f"编码 {code}：{count} 个人口点",
            wanted="社区图层中有的编码",
            action="核对编码，或在社区图层中补上该社区",
        )
        for code, count in counts.iloc[:EXAMPLES].items()
    ]
    return [whole, *each]


def _outside(population: pd.DataFrame, outside: NDArray[np.bool_]) -> list[Problem]:
    rows = np.flatnonzero(outside)
    if not len(rows):
        return []
    whole = Problem(
        severity="warning",
        rule="in_no_community",
        found=f"{len(rows)} 个人口点（{_people(population, outside)}）不在任何社区范围内",
        wanted="位于某个社区范围内，或写明社区编码",
        action="不计入任何覆盖率",
    )
    shown = population.iloc[rows[:EXAMPLES]]
    each = [
        Problem(
            severity="info",
            rule="in_no_community",
            found=f"人口点 {name}（{lon:.6f}, {lat:.6f}）不在任何社区范围内",
            wanted="位于某个社区范围内",
            action="不计入任何覆盖率",
        )
        for name, lon, lat in zip(shown["id"], shown["lon"], shown["lat"], strict=True)
    ]
    return [whole, *each]


def _elsewhere(population: pd.DataFrame, elsewhere: NDArray[np.bool_], stated: int) -> list[Problem]:
    """Points outside the community whose code they state: a few lie by the border, many mean a shifted layer."""
    count = int(elsewhere.sum())
    if not count:
        return []
    many = count > 0.05 * stated
    return [
        Problem(
            severity="warning" if many else "info",
            rule="outside_stated_community",
            column="community_code",
            found=f"{count} 个人口点（{_people(population, elsewhere)}）不在所写编码的社区范围内，"
            f"占 {count / stated:.1%}",
            wanted="位于所写社区的范围内",
            action="按所写编码计；" + ("比例偏高，请核对坐标系和编码" if many else "多在边界附近"),
        )
    ]


def _people(population: pd.DataFrame, chosen: NDArray[np.bool_]) -> str:
    if "total" not in population:
        return "人数未知"
    return f"{population['total'].to_numpy(np.float64)[chosen].sum():,.0f} 人"
