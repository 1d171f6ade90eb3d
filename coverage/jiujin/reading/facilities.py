"""
The facilities of a study: from the ledgers as they came to one row per site and service.

One row's journey: read as it is, brought to WGS 84, its service told, its state and dates read, made into one row per
service with an id, replaced by an addition that knows its id, held against the county line and the community that it
names. A row that does not arrive is listed with its place; none is lost in silence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from jiujin.coordinates import Plane
from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.datums_control import read_control_points
from jiujin.reading.duplicates import crowded_points, same_sites
from jiujin.reading.facilities_facts import places_of, with_facts
from jiujin.reading.facilities_ids import replaced, with_ids
from jiujin.reading.facilities_listing import (
    crowds,
    left_out,
    outsiders,
    repeated,
    strangers,
    unheard_codes,
    unheard_communities,
)
from jiujin.reading.facilities_places import NEIGHBOUR_M, Ground, ground_of, outside_m, placed_rows
from jiujin.reading.facilities_rows import STREET, Source, facility_sources, sources_of
from jiujin.reading.facilities_types import services_of
from jiujin.reading.values import clean_id, clean_texts
from jiujin.study import Study
from jiujin.tables import CANDIDATES, FACILITIES

COLUMNS = (
    "id", "name", "service", "lon", "lat", "status", "opened", "closed", "counted", "capacity", "township", "community",
    "community_code_named", "outside", "source", "sheet", "row", *STREET, "network_hash", "cost",
)  # fmt: skip
"""The columns of the frame, in order."""

NO_NAME = "未命名"


def read_facilities(
    study: Study,
    *,
    streets: Streets | None,
    plane: Plane,
    communities: gpd.GeoDataFrame | None = None,
    outline: shapely.Geometry | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Read all facility inputs of a study: one row per site and service, sorted by service in study order, then by id.

    `outline` (WGS 84) is the county; without it the communities together. Rows without a usable position, of another
    type, or farther than 5 km outside are listed in the problems and not in the frame. Raises TableError when an input
    cannot be read at all.
    """
    sources, problems = facility_sources(study, FACILITIES, streets=streets)
    control, met = read_control_points(study, plane)
    ground = replace(ground_of(streets, plane, communities, outline), control=control)
    rows, more = placed_rows(sources, study, ground)
    problems += met + more
    if rows.empty:
        return _finished(rows, study), problems
    rows, met = described(rows, sources, study)
    problems += met
    sites = per_service(rows)
    base, additions = sites[~sites["replaces"]], sites[sites["replaces"]]
    base, met = _each_once(base.reset_index(drop=True), sources, plane)
    problems += met
    base, met = with_ids(base, sources)
    problems += met
    sites, met = replaced(base, additions, sources)
    problems += met + left_out(rows, sites, sources)
    sites = sites[np.isfinite(sites["lon"].to_numpy(np.float64))].reset_index(drop=True)
    sites, met = _inside(sites, sources, ground)
    return _finished(sites, study), problems + met


def read_candidates(
    path: Path,
    study: Study,
    *,
    streets: Streets | None,
    plane: Plane,
    communities: gpd.GeoDataFrame | None = None,
    outline: shapely.Geometry | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Read a table of places where a site could be built.

    Columns `id, name, lon, lat, cost, capacity` (NaN: none), `source, sheet, row`. Any format and writing that
    facilities may have; ids are made from names where the table has none. Raises TableError when nothing can be read.
    """
    sources, problems = sources_of(path, study, CANDIDATES, streets=streets, layer="candidates")
    ground = ground_of(streets, plane, communities, outline)
    rows, met = placed_rows(sources, study, ground, layer="candidates")
    problems += met
    if rows.empty:
        wanted = "至少一行 id、name、lon、lat"
        raise TableError([*problems, Problem(severity="error", rule="empty", found="没有备选点位", wanted=wanted)])
    rows, met = with_facts(rows.assign(name=_names(rows)), sources, study.as_of)
    problems += met
    rows, met = with_ids(rows.assign(service="candidate"), sources)
    problems += met + left_out(rows.assign(services="candidate"), rows, sources)
    rows = rows[np.isfinite(rows["lon"].to_numpy(np.float64))].sort_values("id", kind="stable").reset_index(drop=True)
    table = rows.assign(source=rows["file"])
    return table[["id", "name", "lon", "lat", "cost", "capacity", "source", "sheet", "row"]], problems


def described(rows: pd.DataFrame, sources: list[Source], study: Study) -> tuple[pd.DataFrame, list[Problem]]:
    """Tell of every row its name, services, state and dates, and whether it may replace a facility."""
    services, problems = services_of(rows, sources, study)
    rows, met = with_facts(rows, sources, study.as_of)
    replaces = np.array([sources[at].replaces for at in rows["source"]], np.bool_)
    services = [
        told or (("",) if follows and clean_id(known) else ())
        for told, follows, known in zip(services, replaces, rows.get("id", [None] * len(rows)), strict=True)
    ]
    told = pd.Series(services, index=rows.index, dtype=object)
    return rows.assign(name=_names(rows), services=told, replaces=replaces), problems + met


def _names(rows: pd.DataFrame) -> pd.Series:
    if "name" not in rows:
        return pd.Series([None] * len(rows), index=rows.index, dtype=object)
    return pd.Series(clean_texts(rows["name"].tolist()), index=rows.index, dtype=object)


def per_service(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per service of a row; `origin` tells which row it came from."""
    used = rows.assign(origin=np.arange(len(rows)))[[bool(services) for services in rows["services"]]]
    return used.assign(service=used["services"]).explode("service", ignore_index=True)


def _each_once(sites: pd.DataFrame, sources: list[Source], plane: Plane) -> tuple[pd.DataFrame, list[Problem]]:
    """Leave out rows that repeat a site; report pairs that may, and crowds on one point."""
    if sites.empty:
        return sites, []
    stated = [clean_id(cell) for cell in sites["id"]] if "id" in sites else [None] * len(sites)
    named = sites.assign(stated_id=pd.Series(stated, index=sites.index, dtype=object))
    lon, lat = sites["lon"].to_numpy(np.float64), sites["lat"].to_numpy(np.float64)
    x, y = np.full(lon.size, np.nan), np.full(lon.size, np.nan)
    here = np.isfinite(lon)
    x[here], y[here] = plane.project(lon[here], lat[here])
    again, doubtful = same_sites(named, x, y)
    places = places_of(sites, sources)
    problems = repeated(sites, places, again, doubtful)
    problems += crowds(sites, places, crowded_points(sites[here]), np.flatnonzero(here))
    return sites[again < 0].reset_index(drop=True), problems


def _inside(sites: pd.DataFrame, sources: list[Source], ground: Ground) -> tuple[pd.DataFrame, list[Problem]]:
    """Flag sites just outside the county, drop those far beyond, list those in another community than they name."""
    away_m = outside_m(sites["lon"].to_numpy(np.float64), sites["lat"].to_numpy(np.float64), ground)
    places = places_of(sites, sources)
    problems = outsiders(sites, places, away_m)
    near = away_m <= NEIGHBOUR_M
    kept = sites.assign(outside=away_m > 0)[near].reset_index(drop=True)
    problems += strangers(kept, places_of(kept, sources), ground.named)
    problems += unheard_communities(kept, places_of(kept, sources), ground.named)
    problems += unheard_codes(kept, places_of(kept, sources), ground.named)
    return kept, problems


def _finished(sites: pd.DataFrame, study: Study) -> pd.DataFrame:
    if sites.empty:
        return _empty()
    order = {service.id: at for at, service in enumerate(study.services)}
    names = [name or NO_NAME for name in sites["name"]]
    keys = list(zip(sites["service"].map(order).tolist(), sites["id"].tolist(), strict=True))
    in_order = sorted(range(len(keys)), key=keys.__getitem__)  # frames are slow to compare texts
    sites = sites.assign(source=sites["file"], name=names).take(in_order).reset_index(drop=True)
    return sites[list(COLUMNS)].astype({"row": np.int64, "lon": np.float64, "lat": np.float64})


def _empty() -> pd.DataFrame:
    kinds: dict[str, str] = dict.fromkeys(COLUMNS, "object")
    kinds |= dict.fromkeys(("lon", "lat", "capacity", "cost"), "float64") | dict.fromkeys(
        ("counted", "outside"), "bool"
    )
    kinds |= {"row": "int64", "street_way": "int64"} | dict.fromkeys(STREET[1:], "int32")
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
