"""
The results of many counties as one table in parts: GeoParquet under `geoparquet/points/county=<code>/`.

A program for tables in parts (pyarrow, DuckDB, GDAL, geopandas) reads the folder `points` as one table of everybody's
walks and `communities` as one of all communities with their rates, and knows from the folder's name which county a row
is of.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from jiujin.analysis.coverage_public import shown_coverage
from jiujin.analysis.coverage_tables import COMMUNITY_COLUMNS
from jiujin.analysis.results import Results
from jiujin.rendering.outputs import access_columns
from jiujin.rendering.public_form import is_public

FOLDER = "geoparquet"
"""Where the tables in parts stand among the outputs of a batch."""


def write_geoparquet(results: Results, folder: Path, county: str) -> None:
    """
    Write a county's part of both tables into `folder`, WGS 84, rows as in `access.parquet` and `communities.csv`.

    In the public profile they hold what those hold: cells instead of homes, no small counts.
    """
    access = pd.DataFrame(access_columns(results))
    places = gpd.points_from_xy(access["lon"], access["lat"])
    _write(gpd.GeoDataFrame(access, geometry=places, crs="EPSG:4326"), folder / "points" / f"county={county}")
    shown = shown_coverage(results.coverage, results.study.services, public=is_public(results)).communities
    outlines = results.communities.set_index("code").geometry.reindex(shown["community_code"])
    rates = shown.loc[:, list(COMMUNITY_COLUMNS)].reset_index(drop=True)
    rates = gpd.GeoDataFrame(rates, geometry=outlines.to_numpy(), crs="EPSG:4326")
    _write(rates, folder / "communities" / f"county={county}")


def _write(frame: gpd.GeoDataFrame, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / ".part.parquet.new"
    frame.to_parquet(partial, index=False, compression="zstd", write_covering_bbox=False)
    partial.replace(folder / "part.parquet")
