"""Every output of a build, written into one folder that appears whole or not at all."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from jiujin.analysis.coverage_housing import COMPOUNDS
from jiujin.analysis.coverage_public import shown_coverage
from jiujin.analysis.coverage_tables import COMMUNITY_COLUMNS
from jiujin.analysis.gaps_public import public_gaps
from jiujin.analysis.public_cells import shown_people
from jiujin.analysis.results import Results
from jiujin.caching import Cache
from jiujin.network.search import NO_WALK
from jiujin.rendering.atlas import write_atlas
from jiujin.rendering.fonts import chinese_font, font_problems
from jiujin.rendering.page import write_pages
from jiujin.rendering.public_form import blurred, is_public, shown_county, shown_problems, shown_siting
from jiujin.rendering.quality import QUALITY_COLUMNS, quality_rows
from jiujin.rendering.report import write_report
from jiujin.rendering.siting import write_sites
from jiujin.rendering.staging import staged
from jiujin.rendering.tables import write_csv, write_frame, write_geojson, write_json, write_parquet
from jiujin.rendering.unchanged import Unchanged
from jiujin.rendering.wording import caliber
from jiujin.rendering.workbook import write_workbook
from jiujin.version import __version__

FACILITY_COLUMNS = (
    "id", "name", "service", "lon", "lat", "status", "counted", "snapped_m", "people_in_reach",
    "source", "sheet", "row",
)  # fmt: skip
TARGET_COLUMNS = ("id", "label", "goal", "found", "unit", "state", "source")
_LIBRARIES = ("geopandas", "numba", "numpy", "osmium", "pandas", "pyproj", "scipy", "shapely")


def write_outputs(
    results: Results, folder: Path, *, cache: Cache | None = None, at_last: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """
    Write pages, tables and the summary of a run into `folder`; returns what `summary.json` holds.

    What `cache` knows to come out as it did in the last build is not written again. `at_last` is called when everything
    is written and not yet in place; where it fails, nothing is put in place.
    """
    results = replace(results, problems=(*results.problems, *font_problems(atlas=results.study.output.atlas)))
    told = summary(results)
    with staged(folder) as stage:
        unchanged = Unchanged(last=folder, stage=stage, cache=cache or Cache())
        (stage / "tables").mkdir()
        write_json(stage / "summary.json", told)
        asked = None if results.study.siting is None else (results.siting, results.problems)  # it reads further files
        made_of = (results.state, asked, chinese_font() is not None if results.study.output.atlas else None)
        for name, write in _writers(results).items():
            unchanged.file(name, made_of, write)
        write_pages(results, stage, unchanged)
        at_last()
    return told


def _writers(results: Results) -> dict[str, Callable[[Path], object]]:
    """Tell how each output is written, but for the summary and the pages; all hang on everything."""
    writers: dict[str, Callable[[Path], object]] = {
        "tables/access.parquet": lambda path: write_parquet(path, access_columns(results)),
        "tables/communities.csv": lambda path: _write_communities(results, path),
        "tables/facilities.csv": lambda path: write_frame(path, facility_frame(results), FACILITY_COLUMNS),
        "tables/gaps.geojson": lambda path: _write_gaps(results, path),
        "tables/targets.csv": lambda path: write_frame(path, results.answers.targets, TARGET_COLUMNS),
        "tables/quality.csv": lambda path: write_csv(path, QUALITY_COLUMNS, quality_rows(shown_problems(results))),
        "tables.xlsx": lambda path: write_workbook(results, path),
    }
    if (answer := results.siting) is not None:
        writers["tables/sites.geojson"] = lambda path: write_sites(path, results, shown_siting(results, answer))
    if results.study.output.atlas:
        if chinese_font() is not None:
            writers["atlas.pdf"] = lambda path: write_atlas(results, path)
        writers["report.docx"] = lambda path: write_report(results, path)
    return writers


def _write_communities(results: Results, path: Path) -> None:
    shown = shown_coverage(results.coverage, results.study.services, public=is_public(results))
    write_frame(path, shown.communities, COMMUNITY_COLUMNS)


def _write_gaps(results: Results, path: Path) -> None:
    gaps = shown_gaps(results)
    write_geojson(path, gaps.geometry.to_numpy(), pd.DataFrame(gaps.drop(columns="geometry")), rounded=True)


def access_columns(results: Results) -> dict[str, Any]:
    """
    Lay out a row per population point: place, community, people by group, and the walk to every service.

    In the public profile the points are cells (`public_cells`), and nobody's home is in the table.
    """
    shown = shown_people(results)
    people = shown.people
    communities = results.communities
    columns: dict[str, Any] = {
        "id": people["id"].to_numpy(object),
        "lon": people["lon"].to_numpy(np.float64),
        "lat": people["lat"].to_numpy(np.float64),
        "community_code": _named(communities["code"], shown.community),
        "class": _named(communities["class"], shown.community),
    }
    for group in results.study.groups:
        if group.id in people:
            columns[group.id] = people[group.id].to_numpy(np.float64)
    ids = results.facilities["id"]
    for service in results.study.services:
        access = shown.access[service.id]
        columns[f"{service.id}_m"] = metres(access.walk_cm)
        columns[f"{service.id}_facility"] = _named(ids, access.facility_row)
        columns[f"{service.id}_radius_m"] = metres(access.straight_cm)
    return columns


def metres(walk_cm: np.ndarray[Any, np.dtype[np.int32]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Turn whole centimetres into metres with two decimals; NaN where there is no walk."""
    return np.where(walk_cm == NO_WALK, np.nan, walk_cm / 100)


def facility_frame(results: Results) -> pd.DataFrame:
    """Lay out the facilities as used, by service and id, with the leg to the street and the people reached."""
    frame = results.facilities
    step_free = {service.id: service.step_free for service in results.study.services}
    kind = frame["service"].map(step_free).to_numpy(np.bool_)
    leg = np.where(kind, results.sites[max(results.sites)].leg_cm, results.sites[False].leg_cm)
    people = np.full(len(frame), np.nan)
    for sites in results.site_people.values():
        people[sites["row"]] = sites["people_in_reach"]
    return frame.assign(snapped_m=metres(leg), people_in_reach=blurred(people) if is_public(results) else people)


def shown_gaps(results: Results) -> gpd.GeoDataFrame:
    """Give the gaps as they may be shown: in the public profile small ones are merged and counts rounded."""
    gaps = results.answers.gaps
    return public_gaps(gaps) if is_public(results) else gaps


def summary(results: Results) -> dict[str, Any]:
    """What `summary.json` holds: versions, inputs, parameters, the 口径, the network, and every service's figures."""
    study = results.study
    network = results.networks[False]
    county = shown_coverage(results.coverage, study.services, public=is_public(results)).county
    return {
        "jiujin": __version__,
        "versions": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "study": study.name,
        "as_of": study.as_of,
        "crs": f"EPSG:{results.plane.epsg}",
        "inputs": results.input_hashes,
        "parameters": {
            "snap_limit_m": study.walk.snap_limit_m,
            "island_m": study.walk.island_m,
            "walkable": study.walk.walkable,
            "profile": study.output.profile,
            "labels": {s.id: s.label for s in study.services},
            "reach_m": {s.id: {"urban": s.reach.urban_m, "rural": s.reach.rural_m} for s in study.services},
            "estimated": {
                group.id: {"share_of": group.share_of, "ratio": group.ratio}
                for group in study.groups
                if group.id in results.estimated
            },
        },
        "caliber": caliber(results),
        "checks": [] if is_public(results) else list(results.coverage.checks),
        "network": {
            "nodes": network.nodes,
            "edges": network.edges,
            "km": round(network.km, 5),
            "components_dropped": network.components_dropped,
            "components_kept": network.components_kept,
        },
        "services": shown_county(results, county),
        **_areas(results.answers.areas),
        **_areas(results.answers.compounds.assign(kind=COMPOUNDS)),
    }


def _areas(rates: pd.DataFrame) -> dict[str, Any]:
    """Tell the housing, land and compounds within reach by kind, service and class: how much, covered, the rates."""
    told: dict[str, Any] = {}
    names = [name for name in rates.columns if name not in {"kind", "service", "class"}]
    for row in rates.to_dict("records"):
        figures = {name: None if row[name] != row[name] else row[name] for name in names}
        told.setdefault(row["kind"], {}).setdefault(row["service"], {})[row["class"]] = figures
    return told


def _named(names: pd.Series[Any], row: np.ndarray[Any, np.dtype[Any]]) -> list[str | None]:
    known = [*names.tolist(), None]  # the last is found by -1
    return [known[at] for at in row.tolist()]
