"""
The communities and villages of a county: their outlines, codes and classes, from any vector format and office lists.

One feature's journey: read as it is, brought to WGS 84, its columns found, its shape repaired, joined with the features
of the same code, completed from the office's lists, and sorted by code.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.communities_shapes import one_to_a_code, overlaps, repaired
from jiujin.reading.communities_units import units_of, with_classes, with_codes
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.study import Study
from jiujin.tables import COMMUNITIES, GROUPS

COLUMNS = ("code", "name", "township", "class", "class_code", "committee", "sketch")


def read_communities(study: Study, *, streets: Streets | None = None) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """
    Read the communities of a study, sorted by code; see the module for the way of a feature.

    Columns: `code`, `name`, `township`, `class` (urban, rural), `class_code`, `committee` (居委会, 村委会), `sketch`
    (the outline is only a 示意界线), `geometry` (WGS 84), `file`, `row`, and the totals of population groups where the
    layer has them. Raises TableError when there is no usable community at all.
    """
    problems: list[Problem] = []
    parts = [_read_part(study, path, streets, problems) for path in study.inputs.communities]
    units = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=4326)
    units, more = with_codes(units)
    problems += more
    units, more = repaired(gpd.GeoDataFrame(units, geometry="geometry", crs=4326))
    problems += more
    drawn = gpd.GeoDataFrame(units[~units.geometry.isna()], crs=4326)
    if drawn.empty:
        raise TableError([*problems, _no_communities(study)])
    communities, more = one_to_a_code(drawn)
    problems += more
    communities, more = with_classes(communities)
    problems += more + overlaps(gpd.GeoDataFrame(communities, crs=4326), study.crs)
    return _finished(communities), problems


def _read_part(study: Study, path: Path, streets: Streets | None, problems: list[Problem]) -> gpd.GeoDataFrame:
    file = name_in_study(study, path)
    frame, declared, found = read_layer(path, file=file)
    frame, moved = placed(
        frame, declared, LayerPlace(study=study, layer="communities", path=path, file=file, streets=streets)
    )
    problems += found + moved
    units = units_of(frame, COMMUNITIES, file=file, rows=range(1, len(frame) + 1))
    return gpd.GeoDataFrame(units, geometry=frame.geometry.to_numpy(), crs=4326)


def name_in_study(study: Study, path: Path) -> str:
    """The name by which a file is reported: relative to the study where it lies inside."""
    try:
        return path.resolve().relative_to(study.folder.resolve()).as_posix()
    except ValueError:
        return path.name


def _finished(communities: pd.DataFrame) -> gpd.GeoDataFrame:
    named = communities["name"].where(communities["name"].notna(), communities["code"])
    township = communities["township"].astype(object).where(communities["township"].notna(), None)
    whole = communities.assign(name=named, township=township, sketch=np.zeros(len(communities), bool))
    totals = [group for group in GROUPS if group in whole]
    kept = whole[[*COLUMNS, *totals, "file", "row", "geometry"]]
    return gpd.GeoDataFrame(kept.reset_index(drop=True), geometry="geometry", crs=4326)


def _no_communities(study: Study) -> Problem:
    return Problem(
        severity="error",
        rule="no_communities",
        file="、".join(name_in_study(study, path) for path in study.inputs.communities),
        found="没有任何可用的社区（村）范围",
        wanted="社区（村）面图层",
        action="请核对图层",
    )
