"""Positions of population points: from what the cells say to WGS 84 degrees, in the datum stated, named or found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from jiujin.coordinates import Plane, to_wgs84
from jiujin.errors import Problem
from jiujin.network.streets import Streets
from jiujin.reading.layers_datum import named_datum
from jiujin.reading.population_files import PeopleRows
from jiujin.reading.positions import box_of, read_positions
from jiujin.study import Study

LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What population is read against: the study, its communities, streets and plane."""

    study: Study
    communities: gpd.GeoDataFrame
    streets: Streets | None
    plane: Plane

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of the streets and communities, in degrees."""
        west, south, east, north = self.communities.total_bounds
        lon, lat = np.array([west, east]), np.array([south, north])
        if self.streets is not None and len(self.streets.lon_e7):
            lon, lat = np.r_[lon, self.streets.lon], np.r_[lat, self.streets.lat]
        return box_of(lon, lat)


def placed_rows(rows: PeopleRows, path: Path, ground: Ground) -> tuple[pd.DataFrame, list[Problem]]:
    """Give the rows that have a position theirs in WGS 84, as `lon` and `lat`; the others are listed and left out."""
    stated = ground.study.datum_of("population", path)
    positions, problems = read_positions(
        rows.frame, file=rows.file, sheet=rows.sheet, headings=rows.headings, near=ground.box, datum=stated
    )
    lon, lat = positions.lon.copy(), positions.lat.copy()
    fixed = pd.notna(positions.datum)
    named = _named(rows) if stated == "auto" else np.full(len(lon), stated, object)
    for datum in sorted({str(word) for word in named if word} - {"wgs84", "cgcs2000"}):
        moved = ~fixed & (named == datum)
        if datum.lower().startswith("epsg") or not moved.any():
            continue  # already applied when the numbers were read
        lon[moved], lat[moved] = to_wgs84(lon[moved], lat[moved], datum)
        problems.append(_converted(rows, int(moved.sum()), datum))
    nowhere = ~(np.isfinite(lon) & np.isfinite(lat))
    absent = nowhere & positions.absent
    if absent.any():
        problems += _absent(rows, absent)
    kept = rows.frame.assign(lon=lon, lat=lat, file=rows.file, sheet=rows.sheet)
    return (kept[~nowhere] if nowhere.any() else kept), problems


def _named(rows: PeopleRows) -> np.ndarray:
    """The datum that each row, or the heading of its longitude, names; the empty text where neither does."""
    heading = named_datum(" ".join(rows.headings.get(name, "") for name in ("lon", "point"))) or ""
    if "datum" not in rows.frame:
        return np.full(len(rows.frame), heading, object)
    words = {word: named_datum(str(word)) or heading for word in rows.frame["datum"].dropna().unique()}
    return np.array([words.get(word, heading) for word in rows.frame["datum"].tolist()], object)


def _converted(rows: PeopleRows, count: int, datum: str) -> Problem:
    return Problem(
        severity="info", rule="datum_converted", file=rows.file, sheet=rows.sheet,
        found=f"{count} 个人口点的坐标是 {datum}", action="已逐点换算为 WGS 84",
    )  # fmt: skip


def _absent(rows: PeopleRows, absent: np.ndarray) -> list[Problem]:
    at = np.flatnonzero(absent)
    numbers = rows.frame["row"].to_numpy()
    column = re.sub(r"^$", "经度", rows.headings.get("lon", rows.headings.get("point", "")))
    problems = [
        Problem(
            severity="error", rule="missing_position", file=rows.file, sheet=rows.sheet, row=int(numbers[row]),
            column=column, found="没有经纬度", wanted="经度和纬度", action="未使用该行",
        )
        for row in at[:LISTED].tolist()
    ]  # fmt: skip
    if len(at) > LISTED:
        found = f"另有 {len(at) - LISTED} 行没有经纬度"
        problems.append(
            Problem(severity="error", rule="missing_position", file=rows.file, found=found, action="未使用这些行")
        )
    return problems
