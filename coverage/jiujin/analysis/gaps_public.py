"""Gaps fit to be shown to anyone: no zone of a few people, no exact count, no point where somebody lives."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from jiujin.analysis.gaps import COLUMNS

LEAST_PEOPLE = 10
"""Zones with fewer people of the group than this are merged, and not counted where they stay small."""

ROUNDED_TO = 5


def public_gaps(gaps: gpd.GeoDataFrame, *, least: float = LEAST_PEOPLE) -> gpd.GeoDataFrame:
    """
    Merge small zones and blur the counts of the others.

    Zones of fewer than `least` people become one row per community, and where that is still too few one per township,
    without place or distance; a row that stays below `least` has no number of people either. Every number of people
    is rounded to five. Rows without a number come last; ranks are given anew.
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
    order = pd.Index(gaps["service"].unique()).get_indexer(table["service"])
    people = -table["people"].fillna(-1).to_numpy(np.float64)
    table = table.iloc[np.lexsort((np.arange(len(table)), people, order))].reset_index(drop=True)
    table["rank"] = table.groupby("service").cumcount() + 1
    return gpd.GeoDataFrame(table[[*COLUMNS, "geometry"]], geometry="geometry", crs=4326)


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
