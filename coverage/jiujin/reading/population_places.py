"""Positions of population points: from what the cells say to WGS 84 degrees, in the datum stated, named or found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.residence import community_of
from jiujin.coordinates import Pair, Plane, in_china, to_wgs84
from jiujin.errors import Problem, Severity, TableError
from jiujin.network.streets import Streets
from jiujin.reading.datums import HYPOTHESES, LABELS, DatumVerdict, datum_named, decide_datum
from jiujin.reading.population_files import PeopleRows
from jiujin.reading.positions import box_of, read_positions
from jiujin.study import Study

LISTED = 100
SAMPLE = 20_000
"""Points that are tried against the communities at most."""


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
    silent = ~fixed & (named == "") & np.isfinite(lon)
    if silent.any() and stated == "auto":
        datum, told = _tested(rows, silent, (lon, lat), ground)
        named = np.where(silent, datum, named)
        problems.append(told)
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


def layer_datum(layer: gpd.GeoDataFrame, file: str, ground: Ground) -> tuple[str, str]:
    """Find the datum of a layer in degrees that nothing states, and say why; raises as for a table."""
    points = shapely.get_coordinates(shapely.point_on_surface(layer.geometry.dropna().to_numpy()))
    rows = PeopleRows(file=file, sheet="", title=file, frame=pd.DataFrame(), groups=(), headings={})
    datum, told = _tested(rows, np.ones(len(points), bool), (points[:, 0], points[:, 1]), ground)
    return datum, told.found


def _tested(rows: PeopleRows, silent: NDArray[np.bool_], position: Pair, ground: Ground) -> tuple[str, Problem]:
    """
    Find the datum of points that nothing states: by the streets, else by the outline of the communities.

    Where neither speaks against WGS 84 the points are taken as they stand, with a warning; where the outline does, and
    the streets do not tell, a TableError asks for the datum.
    """
    lon, lat = position[0][silent], position[1][silent]
    if not in_china(float(np.median(lon)), float(np.median(lat))):
        return "wgs84", _told(rows, "info", "datum_kept", "不在中国境内", "按 WGS 84 使用")
    verdict = _verdict(rows, silent, (lon, lat), ground)
    if verdict is not None and verdict.datum is not None:
        kept = verdict.datum in {"wgs84", "cgcs2000"}
        rule, action = ("datum_kept", "按 WGS 84 使用") if kept else ("datum_detected", "已逐点换算为 WGS 84")
        severity: Severity = "info" if kept else "warning"
        found = f"{LABELS[verdict.datum]}（{verdict.because}；{verdict.scores()}）"
        return verdict.datum, _told(rows, severity, rule, found, action)
    sample = np.linspace(0, len(lon) - 1, min(len(lon), SAMPLE)).astype(np.int64)
    inside = {
        datum: float((community_of(*to_wgs84(lon[sample], lat[sample], datum), ground.communities) >= 0).mean())
        for datum in HYPOTHESES
    }
    scores = "，".join(f"按{LABELS[datum]}有 {share:.1%} 在社区（村）范围内" for datum, share in inside.items())
    said = f"{scores}{'；' + verdict.scores() if verdict is not None and verdict.street_m else ''}"
    if inside["wgs84"] > 0.01 + max(share for datum, share in inside.items() if datum != "wgs84"):
        return "wgs84", _told(rows, "info", "datum_kept", f"按社区（村）范围判定为 WGS 84（{said}）", "按 WGS 84 使用")
    if inside["wgs84"] + 0.005 < max(inside.values()):
        wanted = '在 study.toml 的 [datum] 中写明，例如 population = "gcj02"'
        raise TableError(
            Problem(
                severity="error", rule="datum_undecided", file=rows.file, sheet=rows.sheet, wanted=wanted,
                found=f"人口点的坐标系没有写明，也无法判定：{said}", action="补充后重新运行",
            )
        )  # fmt: skip
    found = f"人口点的坐标系没有写明，路网不足以判定；{said}"
    action = '按 WGS 84 使用；如不是，请在 [datum] 中写明，例如 population = "gcj02"'
    return "wgs84", _told(rows, "warning", "datum_assumed", found, action)


def _verdict(rows: PeopleRows, silent: NDArray[np.bool_], position: Pair, ground: Ground) -> DatumVerdict | None:
    if ground.streets is None:
        return None
    named = None
    if "community_code" in rows.frame:
        codes = pd.Index(ground.communities["code"].astype(object))
        named = codes.get_indexer(rows.frame["community_code"][silent].astype(object)).astype(np.int32)
    shapes = ground.communities.geometry.to_numpy()
    return decide_datum(*position, streets=ground.streets, plane=ground.plane, communities=shapes, named=named)


def _told(rows: PeopleRows, severity: Severity, rule: str, found: str, action: str) -> Problem:
    return Problem(severity=severity, rule=rule, file=rows.file, sheet=rows.sheet, found=found, action=action)


def _named(rows: PeopleRows) -> NDArray[np.object_]:
    """The datum that each row, or the heading of its longitude, names; the empty text where neither does."""
    heading = datum_named(" ".join(rows.headings.get(name, "") for name in ("lon", "point"))) or ""
    if "datum" not in rows.frame:
        return np.full(len(rows.frame), heading, object)
    words = {word: datum_named(str(word)) or heading for word in rows.frame["datum"].dropna().unique()}
    return np.array([words.get(word, heading) for word in rows.frame["datum"].tolist()], object)


def _converted(rows: PeopleRows, count: int, datum: str) -> Problem:
    return Problem(
        severity="info", rule="datum_converted", file=rows.file, sheet=rows.sheet,
        found=f"{count} 个人口点的坐标是 {datum}", action="已逐点换算为 WGS 84",
    )  # fmt: skip


def _absent(rows: PeopleRows, absent: NDArray[np.bool_]) -> list[Problem]:
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
