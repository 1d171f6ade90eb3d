"""
What somebody wants to add: any facility table, layer or page scenario, read as the ledgers are, one row per service.

A row that cannot be used (no position, another type, too far outside) is listed and left out; the rest goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from jiujin.coordinates import Plane
from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.facilities import described, per_service
from jiujin.reading.facilities_facts import places_of
from jiujin.reading.facilities_listing import left_out, outsiders
from jiujin.reading.facilities_places import NEIGHBOUR_M, ground_of, outside_m, placed_rows
from jiujin.reading.facilities_rows import STREET, Source, sources_of
from jiujin.reading.layers import SUFFIXES
from jiujin.reading.register import Row, nothing
from jiujin.reading.values import clean_id
from jiujin.study import Study
from jiujin.tables import FACILITIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """
    One facility of one service that is to be taken in.

    `row` holds the cells for `facilities_added.csv`, without an id where the file states none; `place` says where it
    stands in its file; `from_page`: somebody placed it on the map page.
    """

    row: Row
    place: Problem
    from_page: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What incoming facilities are held against: the study's streets, plane, communities and outline."""

    streets: Streets
    plane: Plane
    communities: gpd.GeoDataFrame
    outline: shapely.Geometry


def read_incoming(
    paths: list[Path], study: Study, setting: Setting, *, datum: str | None = None
) -> tuple[list[Incoming], list[Problem]]:
    """
    Read the facilities of these files, in their order.

    `datum` goes before what the study states for facilities. Raises TableError when a file cannot be read, or when no
    row of any of them can be used.
    """
    if datum is not None:
        study = replace(study, datums=MappingProxyType({"facilities": datum}))
    sources, problems = _sources(paths, study, setting.streets)
    ground = ground_of(setting.streets, setting.plane, setting.communities, setting.outline)
    rows, met = placed_rows(sources, study, ground)
    problems += met
    if not rows.empty:
        rows, met = described(rows, sources, study)
        problems += met
    sites = per_service(rows) if not rows.empty else rows
    if sites.empty:
        raise TableError([*problems, _nothing_usable(paths)])
    away_m = outside_m(sites["lon"].to_numpy(np.float64), sites["lat"].to_numpy(np.float64), ground)
    problems += outsiders(sites, places_of(sites, sources), away_m)
    sites = sites[~(away_m > NEIGHBOUR_M)].reset_index(drop=True)
    usable = [_usable(record) for record in sites.to_dict("records")]
    sites = sites[np.array(usable, np.bool_)].reset_index(drop=True)
    problems += left_out(rows, sites, sources, without=sites)
    if sites.empty:
        raise TableError([*problems, _nothing_usable(paths)])
    places = places_of(sites, sources)
    incoming = [
        Incoming(row=_row(record, places.of(at)), place=places[at], from_page=_from_page(places.of(at)))
        for at, record in enumerate(sites.to_dict("records"))
    ]
    return incoming, problems


def _sources(paths: list[Path], study: Study, streets: Streets) -> tuple[list[Source], list[Problem]]:
    sources: list[Source] = []
    problems: list[Problem] = []
    broken: list[Problem] = []
    for path in paths:
        if not path.is_file():
            broken.append(_missing(path))
            continue
        try:
            found, met = sources_of(path, study, FACILITIES, streets=streets)
        except TableError as error:
            broken += error.problems
            continue
        # a row with a known id may leave everything out that has not changed
        sources += [replace(source, replaces=True) for source in found]
        problems += met
    if broken:
        raise TableError([*broken, *problems])
    return sources, problems


def _from_page(source: Source) -> bool:
    is_layer = source.path.suffix.lower() in SUFFIXES
    return is_layer and source.datum == "wgs84" and "network_hash" in source.frame


def _usable(record: dict[Any, Any]) -> bool:
    """A row without a position can still close or rename a facility whose id or name is known."""
    known = clean_id(record.get("id")) or record.get("name")
    without = bool(record["absent"]) and bool(known) and record.get("why_not") is None
    return not nothing(record["lon"]) or without


def _row(record: dict[Any, Any], source: Source) -> Row:
    row: Row = {
        "id": clean_id(record.get("id")),
        "name": record.get("name"),
        "service": record["service"] or None,
        "lon": _degrees(record["lon"]),
        "lat": _degrees(record["lat"]),
        "status": record["status"],
        "opened": _day(record["opened"]),
        "closed": _day(record["closed"]),
        "capacity": None if nothing(record["capacity"]) else float(record["capacity"]),
        "township": record.get("township"),
        "community": record.get("community"),
        "community_code": record.get("community_code_named"),
        "source": source.path.name,
    }
    stated = record["street_way"] != -1
    row |= {name: int(record[name]) if stated else None for name in STREET}
    row["network_hash"] = record["network_hash"] if stated else None
    return {name: None if nothing(cell) else cell for name, cell in row.items()}


def _degrees(value: float) -> float | None:
    return None if nothing(value) else round(float(value), 7)


def _day(value: object) -> str | None:
    return value.isoformat() if isinstance(value, date) and not pd.isna(value) else None


def _missing(path: Path) -> Problem:
    return Problem(
        severity="error",
        rule="missing_file",
        file=path.name,
        found=f"没有这个文件：{path}",
        wanted="要添加的设施表、图层或网页导出的方案文件",
        action="登记表与成果未改动",
    )


def _nothing_usable(paths: list[Path]) -> Problem:
    return Problem(
        severity="error",
        rule="nothing_to_add",
        file="、".join(path.name for path in paths),
        found="没有一行可以采用",
        wanted="至少一处设施：名称、服务类型和坐标，或现有设施的编号",
        action="登记表与成果未改动；坐标系未定时用 --datum 写明，例如 --datum gcj02",
    )
