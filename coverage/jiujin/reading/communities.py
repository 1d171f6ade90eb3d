"""
The communities and villages of a county: their outlines, codes and classes, from any vector format and office lists.

One feature's journey: read as it is, brought to WGS 84, its columns found, completed from the office's lists, its shape
repaired, joined with the features of the same code, and sorted by code. A village that has only a point gets a sketched
outline.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.communities_datum import outlines_datum
from jiujin.reading.communities_lists import completed, read_list, without_place
from jiujin.reading.communities_shapes import one_to_a_code, overlaps, repaired
from jiujin.reading.communities_sketch import sketched
from jiujin.reading.communities_units import units_of, with_classes, with_codes
from jiujin.reading.layers import SUFFIXES, read_layer
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.study import Study
from jiujin.tables import COMMUNITIES, GROUPS

COLUMNS = ("code", "name", "township", "class", "class_code", "committee", "sketch")


def read_communities(study: Study, *, streets: Streets | None = None) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """
    Read the communities of a study, sorted by code; see the module for the way of a feature.

    Columns: `code`, `name`, `township`, `class` (urban, rural), `class_code`, `committee` (居委会, 村委会), `sketch`
    (the outline is only a 示意界线), `file`, `row`, `geometry` (WGS 84), and the totals of population groups where the
    layer has them. Raises TableError when there is no usable community at all.
    """
    problems: list[Problem] = []
    drawn, listed = _read_all(study, streets, problems)
    if len(listed):
        drawn, bare, met = completed(drawn, listed)
        problems += met + without_place(bare)
        bare = bare[np.isfinite(bare["lon"]) & np.isfinite(bare["lat"])]
    else:
        bare = listed
    units, met = repaired(gpd.GeoDataFrame(drawn, geometry="geometry", crs=4326))
    problems += met
    units = units[~units.geometry.isna()].assign(sketch=False)
    if len(bare):
        sketches, met = sketched(bare, units.geometry.to_numpy(), _regions(study, streets, problems), study.crs)
        problems += met
        units = _under_one_another([units, sketches])
    if units.empty:
        raise TableError([*problems, _no_communities(study)])
    units, met = with_codes(units.reset_index(drop=True))
    problems += met
    communities, met = one_to_a_code(gpd.GeoDataFrame(units, geometry="geometry", crs=4326))
    problems += met
    whole, met = with_classes(communities)
    return _finished(whole), problems + met + overlaps(communities, study.crs)


def name_in_study(study: Study, path: Path) -> str:
    """The name by which a file is reported: relative to the study where it lies inside."""
    try:
        return path.resolve().relative_to(study.folder.resolve()).as_posix()
    except ValueError:
        return path.name


def _read_all(study: Study, streets: Streets | None, problems: list[Problem]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Units that have an outline, and units of lists and points, over all files."""
    drawn: list[gpd.GeoDataFrame] = []
    listed: list[pd.DataFrame] = []
    broken: list[Problem] = []
    for path in study.inputs.communities:
        try:
            _read_one(path, study, streets, drawn, listed, problems)
        except TableError as error:
            broken += error.problems
    if broken:
        raise TableError([*broken, *problems])
    empty = gpd.GeoDataFrame({"code": []}, geometry=[], crs=4326)
    return (
        _under_one_another(drawn) if any(len(part) for part in drawn) else _as_drawn(empty, listed),
        pd.concat(listed, ignore_index=True),
    )


def _read_one(  # noqa: PLR0917 - one file and where it goes
    path: Path,
    study: Study,
    streets: Streets | None,
    drawn: list[gpd.GeoDataFrame],
    listed: list[pd.DataFrame],
    problems: list[Problem],
) -> None:
    """Add the units of one file to those that have an outline and those of lists and points."""
    file = name_in_study(study, path)
    if path.suffix.lower() not in {*SUFFIXES, ".parquet"}:
        units, met = read_list(path, study, file=file, streets=streets)
        listed.append(units)
        problems += met
        return
    units = _read_layer(LayerPlace(study=study, layer="communities", path=path, file=file, streets=streets), problems)
    where = units.geometry.to_numpy()
    without = (shapely.get_type_id(where) == 0) | shapely.is_missing(where)
    bare = pd.DataFrame(units[without].drop(columns="geometry"))
    listed.append(bare.assign(lon=shapely.get_x(where[without]), lat=shapely.get_y(where[without])))
    drawn.append(units[~without])


def _as_drawn(empty: gpd.GeoDataFrame, listed: Sequence[pd.DataFrame]) -> gpd.GeoDataFrame:
    """No outlines at all: an empty frame with the columns of the lists."""
    columns = pd.concat(listed, ignore_index=True).iloc[:0].drop(columns=["lon", "lat"])
    return gpd.GeoDataFrame(columns, geometry=empty.geometry, crs=4326)


def _read_layer(place: LayerPlace, problems: list[Problem]) -> gpd.GeoDataFrame:
    frame, declared, met = read_layer(place.path, file=place.file, wanted="areas")
    frame, moved = placed(frame, declared, place, tell=lambda layer: outlines_datum(layer, place.study, place.streets))
    problems += met + moved
    units = units_of(frame, COMMUNITIES, file=place.file, rows=range(1, len(frame) + 1))
    return gpd.GeoDataFrame(units, geometry=frame.geometry.to_numpy(), crs=4326)


def _regions(study: Study, streets: Streets | None, problems: list[Problem]) -> gpd.GeoDataFrame | None:
    """The areas of the boundary layer with the name that each has, as `township`; None where there is no such layer."""
    parts = []
    for path in study.inputs.boundary:
        place = LayerPlace(study=study, layer="boundary", path=path, file=name_in_study(study, path), streets=streets)
        units = _read_layer(place, problems)
        named = units["township"].where(units["township"].notna(), units["name"])
        areas = units.geometry.notna() & units.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
        parts.append(gpd.GeoDataFrame({"township": named[areas]}, geometry=units.geometry[areas], crs=4326))
    whole = _under_one_another(parts) if parts else None
    return whole if whole is not None and len(whole) else None


def _under_one_another(parts: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    filled = [part for part in parts if len(part)] or list(parts[:1])
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=4326)


def _finished(communities: pd.DataFrame) -> gpd.GeoDataFrame:
    def text(name: str) -> pd.Series:
        return communities[name].astype(object).where(communities[name].notna(), None)

    named = text("name").where(communities["name"].notna(), communities["code"])
    texts = {name: text(name) for name in ("township", "class_code", "committee")}
    whole = communities.assign(name=named, sketch=communities["sketch"].astype(bool), **texts)
    totals = [group for group in GROUPS if group in whole]
    kept = whole[[*COLUMNS, *totals, "file", "row", "geometry"]]
    return gpd.GeoDataFrame(kept.reset_index(drop=True), geometry="geometry", crs=4326)


def _no_communities(study: Study) -> Problem:
    return Problem(
        severity="error",
        rule="no_communities",
        file="、".join(name_in_study(study, path) for path in study.inputs.communities),
        found="没有任何可用的社区（村）范围",
        wanted="社区（村）面图层，或带村点坐标的名单",
        action="请核对图层",
    )
