"""
The rows of all facility inputs, as the files hold them, under one set of column names.

Tables come through `ledger`, vector layers through `layers`; the page's scenario files are layers that carry street
positions, and `facilities_added.csv` is a table that is always read last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.facilities_parts import sites_of_part
from jiujin.reading.facilities_services import ServiceWords
from jiujin.reading.layers import SUFFIXES, read_layer
from jiujin.reading.layers_columns import matched_columns
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.reading.ledger import LedgerTable, read_ledger
from jiujin.study import Study
from jiujin.tables import ADDITIONS_FILE, Table

ADDED = ADDITIONS_FILE
"""What `jiujin add` keeps in the study folder; WGS 84, read after everything else."""

STREET = ("street_way", "street_piece", "street_cm", "street_leg_cm")
_STREET_KEYS = {
    "way": "street_way",
    "piece": "street_piece",
    "cm": "street_cm",
    "at_cm": "street_cm",
    "leg_cm": "street_leg_cm",
    "network": "network_hash",
    "network_hash": "network_hash",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    One table of one file: raw cells under the names of its `Table`, and `row`.

    `datum`: what the file itself fixes for all its rows (None: nothing). `replaces`: rows with a known id take that
    facility's place, as scenarios and additions do.
    """

    path: Path
    file: str
    sheet: str
    title: str
    frame: pd.DataFrame
    headings: Mapping[str, str] = field(default_factory=dict)
    datum: str | None = None
    replaces: bool = False
    notes: str = ""
    epoch_1904: bool = False


def name_in_study(study: Study, path: Path) -> str:
    """The name by which a file is reported: relative to the study where it lies inside."""
    folder = study.folder.resolve()
    resolved = path.resolve()
    return resolved.relative_to(folder).as_posix() if resolved.is_relative_to(folder) else path.name


def facility_sources(study: Study, table: Table, *, streets: Streets | None) -> tuple[list[Source], list[Problem]]:
    """Read every facility input of the study, the added ones last; TableError when one cannot be read."""
    problems: list[Problem] = []
    broken: list[Problem] = []
    sources: list[Source] = []
    paths = list(study.inputs.facilities)
    added = study.inputs.additions or study.folder / ADDED
    if added.is_file() and added.resolve() not in {path.resolve() for path in paths}:
        paths.append(added)
    for path in paths:
        try:
            found, met = sources_of(path, study, table, streets=streets)
        except TableError as error:
            is_empty_addition = path == added and all(one.rule == "table_empty" for one in error.problems[-1:])
            broken += [] if is_empty_addition else list(error.problems)
            continue
        sources += found
        problems += met
    if broken:
        raise TableError([*broken, *problems])
    return sources, problems


def sources_of(
    path: Path, study: Study, table: Table, *, streets: Streets | None, layer: str = "facilities"
) -> tuple[list[Source], list[Problem]]:
    """Read one input file, whatever it is."""
    file = ADDED if path == study.inputs.additions else name_in_study(study, path)
    if path.suffix.lower() in SUFFIXES:
        return _layer(path, file, study, table, streets, layer)
    added = path.name == ADDED
    words = None if added or layer != "facilities" else ServiceWords(study.services)
    tables, problems = read_ledger(path, table, file=file, services=words)
    sources = []
    for one in tables:
        part, met = sites_of_part(one, study) if one.service or "present" in one.frame else (one, [])
        problems += met
        sources.append(_table(path, part, added=added))
    return sources, problems


def _table(path: Path, one: LedgerTable, *, added: bool) -> Source:
    return Source(
        path=path,
        file=one.file,
        sheet=one.sheet,
        title=one.title,
        frame=_with_type(one.frame, "other:service"),
        headings=one.headings,
        datum="wgs84" if added else None,
        replaces=added,
        notes=one.notes,
        epoch_1904=one.epoch_1904,
    )


def _layer(  # noqa: PLR0917 - the facts of one layer
    path: Path, file: str, study: Study, table: Table, streets: Streets | None, layer: str
) -> tuple[list[Source], list[Problem]]:
    features, declared, problems = read_layer(path, file=file)
    fields = matched_columns([name for name in features.columns if name != features.geometry.name], table)
    frame = pd.DataFrame({name: features[column].astype(object) for name, column in fields.items()})
    if "service" in features:
        frame = _with_type(frame.join(features[["service"]]), "service")
    street = _street_positions(features)
    scenario = not street.empty or _is_scenario(path)
    datum: str | None = None
    stated = study.datum_of(layer, path)
    if scenario:
        datum = "wgs84"
    elif stated != "auto" or declared is not None or path.suffix.lower() in {".geojson", ".json"}:
        features, moved = placed(
            features, declared, LayerPlace(study=study, layer=layer, path=path, file=file, streets=streets)
        )
        problems += moved
        datum = "wgs84"
    points = shapely.centroid(features.geometry.to_numpy())
    frame = frame.drop(columns=["lon", "lat", "point", *street.columns], errors="ignore").join(street)
    frame = frame.assign(lon=shapely.get_x(points), lat=shapely.get_y(points), row=np.arange(1, len(features) + 1))
    source = Source(path=path, file=file, sheet="", title="", frame=frame, datum=datum, replaces=scenario)
    return [source], problems


def _is_scenario(path: Path) -> bool:
    """Whether the page wrote this file: its GeoJSON says so before its features."""
    if path.suffix.lower() not in {".geojson", ".json"}:
        return False
    with path.open("rb") as file:
        return re.search(rb'"jiujin"\s*:\s*\{', file.read(4096)) is not None


def _with_type(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The page and `jiujin add` call the type `service`."""
    if column not in frame or "type" in frame:
        return frame
    return frame.rename(columns={column: "type"})


def _street_positions(features: gpd.GeoDataFrame) -> pd.DataFrame:
    """Take out the street positions that the page states, as columns or as one object per feature."""
    flat = {name: features[name] for name in (*STREET, "network_hash") if name in features}
    for column in ("street", "position", "street_position"):
        if column in features:
            parts = [_object(cell) for cell in features[column]]
            for key, name in _STREET_KEYS.items():
                if name not in flat and any(key in part for part in parts):
                    flat[name] = pd.Series([part.get(key) for part in parts], dtype=object)
    if not flat and "network" in features and "way" in features:
        flat = {name: features[key] for key, name in _STREET_KEYS.items() if key in features}
    return pd.DataFrame({name: series.astype(object) for name, series in flat.items()}, index=features.index)


def _object(cell: object) -> dict[str, object]:
    if isinstance(cell, dict):
        return cell
    if not isinstance(cell, str):
        return {}
    try:
        read = json.loads(cell)
    except json.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
