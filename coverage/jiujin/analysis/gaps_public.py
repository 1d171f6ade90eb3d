"""Gaps fit to be shown to anyone: no zone of a few people, no exact count, no point where somebody lives."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from jiujin.analysis.gaps import COLUMNS

LEAST_PEOPLE = 10
"""Zones with fewer people of the group than this are merged, and not counted where they stay small."""

ROUNDED_TO = 5

SQUARE = 0.0018
"""Degrees of latitude, 200 metres: public outlines are made of squares of this size on a fixed grid."""

SPARE = 5e-4
"""Degrees of latitude, 55 metres: nearly as much as an outline keeps around its people."""


def public_gaps(gaps: gpd.GeoDataFrame, *, least: float = LEAST_PEOPLE) -> gpd.GeoDataFrame:
    """
    Merge small zones and blur the counts of the others.

    Zones of fewer than `least` people become one row per community, and where that is still too few one per township,
    without place or distance; a row that stays below `least` has no number of people either. Every number of people
    is rounded to five, and an outline is made of squares of 200 metres: one around a single house would show the house.
    Rows without a number come last; ranks are given anew.
    """
    shown = gaps[gaps["people"] >= least]
    merged = _merged(gaps[gaps["people"] < least], ["service", "township", "community_code", "community_name"])
    still_small = merged["people"] < least
    merged = pd.concat([merged[~still_small], _merged(merged[still_small], ["service", "township"])], ignore_index=True)
    table = pd.concat([shown, merged], ignore_index=True) if len(merged) else shown.reset_index(drop=True)
    table["people"] = table["people"].where(table["people"] >= least)
    for column in ("people", "remedy_people", "beyond", "no_walk", "off_network"):
        table[column] = np.round(table[column].astype(np.float64) / ROUNDED_TO) * ROUNDED_TO
    table[["lon", "lat"]] = np.nan
    table["points"] = None
    table["geometry"] = np.array([None if one is None else coarse(one) for one in table["geometry"]], object)
    order = pd.Index(gaps["service"].unique()).get_indexer(table["service"])
    people = -table["people"].fillna(-1).to_numpy(np.float64)
    table = table.iloc[np.lexsort((np.arange(len(table)), people, order))].reset_index(drop=True)
    table["rank"] = table.groupby("service").cumcount() + 1
    return gpd.GeoDataFrame(table[[*COLUMNS, "geometry"]], geometry="geometry", crs=4326)


def coarse(shape: BaseGeometry) -> BaseGeometry:
    """Make an outline of the squares of a fixed grid in which its people live; a single house is in one of them."""
    if shape.is_empty:
        return shape
    wide = float(np.cos(np.radians(np.rint(shape.centroid.y))))
    flat = shapely.transform(shape, lambda at: at * (wide, 1.0))
    core: BaseGeometry = flat.buffer(-SPARE)
    core = flat.centroid if core.is_empty else core
    west, south, east, north = np.floor(np.array(core.bounds) / SQUARE)
    column, row = np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
    squares = shapely.box(column * SQUARE, row * SQUARE, (column + 1) * SQUARE, (row + 1) * SQUARE).ravel()
    met = shapely.union_all(squares[shapely.intersects(squares, core)])
    return shapely.transform(met, lambda at: (at / (wide, 1.0)).round(7))


def _merged(zones: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """One row without a place for all zones of the same service and community, or township."""
    rows = []
    for keys, part in zones.groupby(by, sort=True, dropna=False):
        row: dict[str, object] = dict.fromkeys([*COLUMNS, "geometry"])
        row.update(zip(by, keys, strict=True))
        row |= {"people": float(part["people"].sum()), "communities": int(part["communities"].max())}
        row["name"] = f"{keys[-1] if isinstance(keys[-1], str) else ''}零散住户"
        rows.append(row)
    return pd.DataFrame(rows, columns=[*COLUMNS, "geometry"])
