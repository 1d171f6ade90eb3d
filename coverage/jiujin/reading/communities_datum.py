"""
In which datum outlines were drawn whose file does not say it: the people tell.

Borders need not run along streets, so streets say nothing about them. But people whose own datum is known, because the
study states it or their points lie on the streets, live inside the outlines; drawn 500 metres away, many would not.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.analysis.residence import community_of
from jiujin.coordinates import (
    Pair,
    bd09_from_wgs84,
    gcj02_from_wgs84,
    in_china,
    plane_of,
    to_wgs84,
)
from jiujin.network.streets import Streets
from jiujin.reading.datums import LABELS, decide_datum
from jiujin.reading.population_files import plain_rows
from jiujin.study import Study

Places = NDArray[np.float64]

GAP = 0.02
"""A datum must hold this much more of the people than WGS 84 does before outlines are moved …"""

CLEAR_GAP = 0.005
"""… or this much more where it holds all but a hundredth: in a large county few people live by the border …"""

MOSTLY = 0.8
"""… and always at least this share of them."""

SAMPLE = 20_000


def outlines_datum(frame: gpd.GeoDataFrame, study: Study, streets: Streets | None) -> tuple[str, str] | None:
    """
    Find the datum of outlines in degrees that nothing states, and say why; None where nobody can tell.

    `frame` holds the outlines as the file has them.
    """
    shapes = frame.geometry.to_numpy()
    areas = shapes[shapely.get_type_id(shapes) >= 3]
    if not len(areas) or streets is None or not len(streets.way):
        return None
    west, south, east, north = shapely.total_bounds(areas)
    if not in_china((west + east) / 2, (south + north) / 2):
        return None
    people = _people(study, streets)
    if people is None:
        return None
    outlines = gpd.GeoDataFrame(geometry=shapely.make_valid(areas), crs=4326)
    there: dict[str, Pair] = {
        "wgs84": people,
        "gcj02": gcj02_from_wgs84(*people),
        "bd09": bd09_from_wgs84(*people),
    }
    inside = {datum: float((community_of(*place, outlines) >= 0).mean()) for datum, place in there.items()}
    best = max(inside, key=lambda datum: (inside[datum], datum == "wgs84"))
    said = "，".join(f"{LABELS[datum]} {share:.1%}" for datum, share in inside.items())
    gap = CLEAR_GAP if inside[best] >= 0.99 else GAP
    if inside[best] < MOSTLY or inside[best] < inside["wgs84"] + gap:
        best = "wgs84"
    return best, f"按人口点落在范围内的比例判断（{said}）"


def people_as_stated(study: Study) -> Pair | None:
    """Sample the population points of plain files, brought to WGS 84 where the study states their datum."""
    return _joined([_moved(xy, study.datum_of("population", path)) for path, xy in _points(study)])


def _people(study: Study, streets: Streets) -> Pair | None:
    """Population points of plain files at WGS 84, as far as their datum is stated or told by the streets."""
    parts: list[Places] = []
    for path, xy in _points(study):
        datum: str | None = study.datum_of("population", path)
        if datum == "auto" and len(xy):
            plane = plane_of(streets.lon, streets.lat, study.crs)
            datum = decide_datum(xy[:, 0], xy[:, 1], streets=streets, plane=plane).datum
        if datum is not None and len(xy) and not datum.lower().startswith("epsg"):
            parts.append(_moved(xy, datum))
    return _joined(parts)


def _points(study: Study) -> list[tuple[Path, Places]]:
    """Positions in degrees that the plain population files hold, at most `SAMPLE` of each."""
    found = []
    for path in study.inputs.population:
        rows = plain_rows(path, study, file=path.name) if path.suffix.lower() in {".csv", ".parquet"} else None
        if rows is None or not {"lon", "lat"} <= set(rows.columns):
            continue
        xy = rows.frame[["lon", "lat"]].to_numpy(np.float64)
        xy = xy[np.isfinite(xy).all(axis=1) & (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)]
        if len(xy):
            found.append((path, xy[np.linspace(0, len(xy) - 1, min(len(xy), SAMPLE)).astype(np.int64)]))
    return found


def _moved(xy: Places, datum: str) -> Places:
    return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum)) if datum in {"gcj02", "bd09"} else xy


def _joined(parts: list[Places]) -> Pair | None:
    if not parts:
        return None
    whole = np.concatenate(parts)
    return whole[:, 0], whole[:, 1]
