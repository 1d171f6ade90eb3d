"""Rows to places: positions, their datum file by file, the county line, and the community that the row names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import ControlFit, Floats, Plane, datum_refusal
from jiujin.errors import Problem
from jiujin.network.streets import Streets
from jiujin.reading.datums import Evidence, datum_named
from jiujin.reading.datums_streets import street_witness
from jiujin.reading.datums_units import Written, settle_datums
from jiujin.reading.facilities_named import NONE, Named, names_of
from jiujin.reading.facilities_rows import Source
from jiujin.reading.lost_codes import WHOLE_CODE
from jiujin.reading.positions import Positions, box_of, read_positions
from jiujin.reading.positions_numbers import Box
from jiujin.reading.values import clean_text, clean_texts, to_code
from jiujin.study import Study

NEIGHBOUR_M = 5000.0
"""Sites up to this far outside the county serve its people and count; beyond, they are not placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What facilities are held against: the study's plane and streets, communities and outline."""

    plane: Plane
    evidence: Evidence
    named: Named
    near: Box | None
    outline: shapely.Geometry | None
    control: ControlFit | None = None


def ground_of(
    streets: Streets | None,
    plane: Plane,
    communities: gpd.GeoDataFrame | None = None,
    outline: shapely.Geometry | None = None,
) -> Ground:
    """Lay everything out once; without an outline the communities together are it."""
    named = names_of(communities)
    if outline is None and len(named.shapes):
        outline = shapely.union_all(named.shapes)
    witness = None if streets is None else street_witness(streets, plane)
    evidence = Evidence(witness=witness, communities=named.shapes, outline=outline)
    lon, lat = (np.empty(0), np.empty(0)) if streets is None else (streets.lon, streets.lat)
    if outline is not None:
        west, south, east, north = shapely.bounds(outline)
        lon, lat = np.r_[lon, west, east], np.r_[lat, south, north]
    return Ground(plane=plane, evidence=evidence, named=named, near=box_of(lon, lat), outline=outline)


def placed_rows(
    sources: list[Source], study: Study, ground: Ground, *, layer: str = "facilities"
) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Give every row of every source its position in WGS 84, or the reason why it has none.

    Columns: the raw cells under the names of the table, `file`, `sheet`, `title`,
    `row`, `source` (position among the sources), `lon`, `lat` (NaN: none), `why_not` (Chinese, None where placed or
    where the row has no position at all), `absent`, `unread` (already listed), `named` (community position).
    """
    parts: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for file in dict.fromkeys(source.file for source in sources):
        of_file = [(at, source) for at, source in enumerate(sources) if source.file == file]
        read = [_read(at, source, study, ground, layer) for at, source in of_file]
        part = pd.concat([frame for frame, _ in read], ignore_index=True)
        problems += [problem for _, met in read for problem in met]
        if part.empty:
            continue
        places, of_place = _each_place_once(part)
        written = Written(
            lon=places["lon"].to_numpy(np.float64),
            lat=places["lat"].to_numpy(np.float64),
            stated=places["stated"].to_numpy(object),
            unit=places["unit"].to_numpy(object),
            named=places["witness"].to_numpy(np.int32),
        )
        settled, met = settle_datums(written, ground.evidence, file=file, layer=layer)
        problems += met
        why = np.asarray(settled.why_not, object)[of_place]
        parts.append(part.assign(lon=settled.lon[of_place], lat=settled.lat[of_place], why_not=why))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(), problems


def _each_place_once(part: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Count the one position of a row once, however many services the row lists: it is one witness of the datum."""
    if part["source"].nunique() < 2:
        return part, np.arange(len(part), dtype=np.int64)
    places = part.groupby(["sheet", "row", "lon", "lat"], sort=False, dropna=False).ngroup()
    of_place = np.asarray(places, np.int64)
    _, first = np.unique(of_place, return_index=True)
    return part.iloc[first], of_place


def outside_m(lon: Floats, lat: Floats, ground: Ground) -> Floats:
    """Metres that each position lies outside the county; 0 inside, NaN without a position."""
    away = np.where(np.isfinite(lon), 0.0, np.nan)
    if ground.outline is None:
        return away
    shapely.prepare(ground.outline)
    beyond = np.flatnonzero(np.isfinite(lon) & ~shapely.intersects_xy(ground.outline, lon, lat))
    if beyond.size:
        away[beyond] = _from_outline_m(*ground.plane.project(lon[beyond], lat[beyond]), ground)
    return away


def _from_outline_m(x: Floats, y: Floats, ground: Ground) -> Floats:
    """Metres from the county line; infinite for what is no place in the plane."""
    rings, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(ground.outline)), return_index=True)
    corners = np.column_stack(ground.plane.project(rings[:, 0], rings[:, 1]))
    sides = np.flatnonzero(ring[1:] == ring[:-1])
    line = shapely.STRtree(
        np.asarray(shapely.linestrings(np.stack((corners[sides], corners[sides + 1]), axis=1)), object)
    )
    away = np.full(x.size, np.inf)
    here = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    (place, _), metres = line.query_nearest(shapely.points(x[here], y[here]), return_distance=True, all_matches=False)
    away[here[place]] = metres
    return away


def _read(at: int, source: Source, study: Study, ground: Ground, layer: str) -> tuple[pd.DataFrame, list[Problem]]:
    stated = source.datum or study.datum_of(layer, source.path)
    positions, problems = read_positions(
        source.frame,
        file=source.file,
        sheet=source.sheet,
        headings=source.headings,
        near=ground.near,
        datum="auto" if source.datum else stated,
        control=ground.control,
    )
    kept = [name for name in source.frame.columns if not name.startswith("other:") and name not in {"lon", "lat"}]
    township, community = _texts(source.frame, "township"), _texts(source.frame, "community")
    codes, lost = _codes(source)
    problems += lost
    found = cache(ground.named.found)  # a ledger names each community many times
    named = [found(*row) for row in zip(codes, township, community, strict=True)]
    known = _stated(source, positions, stated)
    witness = named
    if (known == None).any():  # noqa: E711 - an array
        texts = zip(codes, community, _texts(source.frame, "name"), _texts(source.frame, "address"), strict=True)
        witness = [
            ground.named.inside(name, address) if at == NONE and not (code or cell) else at
            for at, (code, cell, name, address) in zip(named, texts, strict=True)
        ]
    frame = (
        source.frame[kept]
        .astype(object)
        .reset_index(drop=True)
        .assign(
            lon=positions.lon,
            lat=positions.lat,
            stated=known,
            unit=pd.Series([unit or source.sheet or source.file for unit in township], dtype=object),
            named=np.array(named, np.int32),
            witness=np.array(witness, np.int32),
            absent=positions.absent,
            unread=np.isnan(positions.lon) & ~positions.absent,
            file=source.file,
            sheet=source.sheet,
            title=source.title,
            source=at,
        )
    )
    told = {"township": township, "community": community, "community_code_named": codes}
    return frame.assign(**{name: pd.Series(cells, dtype=object) for name, cells in told.items()}), problems


def _codes(source: Source) -> tuple[list[str | None], list[Problem]]:
    """Read the codes of communities; those whose digits a spreadsheet has lost are listed and not used."""
    codes: list[str | None] = []
    problems: list[Problem] = []
    for at, cell in enumerate(_cells(source.frame, "community_code")):
        read = to_code(cell)
        codes.append(read.value)
        told = read.problem(cell, wanted=WHOLE_CODE) if read.rule == "code_lost_digits" else None
        if told is not None:
            column, row = source.headings.get("community_code", ""), int(source.frame["row"].iloc[at])
            problems.append(replace(told, file=source.file, sheet=source.sheet, row=row, column=column))
    return codes, problems


def _stated(source: Source, positions: Positions, stated: str) -> NDArray[np.object_]:
    """
    Find what is known about the datum of each row: stated by the study, fixed by the file or the writing, or named.

    A cell of the datum column goes before the heading of the coordinates, and that before the title.
    """
    count = positions.lon.size
    if stated != "auto" and not stated.lower().startswith("epsg"):
        known = np.full(count, stated, object)
    else:
        heading = datum_named(" ".join(source.headings.get(name, "") for name in ("lon", "lat", "point")))
        around = f"{source.title} {source.notes}"
        title = datum_named(around) if "坐标" in around else None
        cells = [datum_named(clean_text(cell)) for cell in _cells(source.frame, "datum")]
        known = np.array([cell or heading or title for cell in cells] or [None] * count, object)
    refused = np.array([word is not None and datum_refusal(str(word)) is not None for word in known], np.bool_)
    # metres read as CGCS2000 are not so where the row itself names an old datum
    fixed = np.array([word is not None for word in positions.datum], np.bool_) & ~refused
    return np.where(fixed, positions.datum, known)


def _cells(frame: pd.DataFrame, name: str) -> Iterable[object]:
    return frame[name].tolist() if name in frame else [None] * len(frame)


def _texts(frame: pd.DataFrame, name: str) -> list[str | None]:
    return clean_texts(_cells(frame, name))
