"""Lists of communities without outlines: office tables and village points, and how they complete the outlines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.coordinates import to_wgs84
from jiujin.errors import Problem, Severity
from jiujin.network.streets import Streets
from jiujin.reading.communities_join import NONE, SEVERAL, matched_units
from jiujin.reading.communities_units import read_class, units_of
from jiujin.reading.datums import datum_named
from jiujin.reading.ledger import LedgerTable, read_ledger
from jiujin.reading.lost_codes import lost_codes
from jiujin.reading.positions import box_of, read_positions
from jiujin.study import Study
from jiujin.tables import COMMUNITIES, GROUPS

_FILLED = ("name", "township", "class", "committee", *GROUPS)
_LISTED = 50


def read_list(path: Path, study: Study, *, file: str, streets: Streets | None) -> tuple[pd.DataFrame, list[Problem]]:
    """Read an office's list of communities: the columns of `units_of`, and `lon`, `lat` (NaN where it has no point)."""
    tables, problems = read_ledger(path, COMMUNITIES, file=file)
    parts = []
    for table in tables:
        units = units_of(table.frame, COMMUNITIES, file=file, rows=table.frame["row"].tolist())
        lon, lat, met = _points(table, path, study, streets)
        parts.append(units.assign(lon=lon, lat=lat))
        problems += met + lost_codes(table, "code")
    return pd.concat(parts, ignore_index=True), problems


def completed(drawn: pd.DataFrame, listed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """
    Fill what the outlines do not say from the lists; return them, the listed units that have no outline, and problems.

    A list's code takes the place of a missing one, or of a layer's running number. Where both state a class and differ,
    that of the layer stays.
    """
    found = matched_units(listed, drawn)
    problems = _ambiguous(listed, found)
    cells: dict[str, list[Any]] = {name: drawn[name].tolist() for name in ("code", "lost", *_FILLED) if name in drawn}
    for name in _FILLED:
        if name in listed:
            cells.setdefault(name, [None] * len(drawn))
    for row, at in enumerate(found.tolist()):
        if at >= 0:
            _fill(cells, at, listed.iloc[row], problems)
    filled = drawn.assign(**{
        name: np.array(column, np.float64) if name in GROUPS else pd.Series(column, drawn.index, object)
        for name, column in cells.items()
    })  # fmt: skip
    filled["lost"] = filled["lost"].astype(bool)
    known = set(found[found >= 0].tolist())
    extra = [at for at in range(len(drawn)) if at not in known]
    if extra and len(listed):
        names = "、".join(str(drawn["name"].iloc[at] or drawn["code"].iloc[at]) for at in extra[:10])
        said = f"{len(extra)} 个社区（村）只在图层里，不在名单里：{names}{'等' if len(extra) > 10 else ''}"
        problems.append(
            Problem(
                severity="warning",
                rule="unit_not_listed",
                file=str(drawn["file"].iloc[0]),
                found=said,
                action="照常计算，请核对",
            )
        )
    return filled, listed[found == NONE].reset_index(drop=True), problems


def _fill(cells: dict[str, list[Any]], at: int, unit: pd.Series, problems: list[Problem]) -> None:
    """Complete the unit at this place from one row of a list."""
    for name in _FILLED:
        if name in unit and pd.notna(unit[name]) and pd.isna(cells[name][at]):
            cells[name][at] = unit[name]
    mine, theirs = cells["code"][at], unit["code"]
    if isinstance(theirs, str) and (mine is None or (len(theirs) == 12 and len(str(mine)) != 12)):
        cells["code"][at], cells["lost"][at] = theirs, False
    stated, other = read_class(cells["class"][at]), read_class(unit["class"])
    if stated and other and stated[0] != other[0]:
        found = f"{unit['name']} 的城乡分类在图层中是 {cells['class'][at]}，在名单中是 {unit['class']}"
        problems.append(_about(unit, "class_differs", found, "按图层计算，请核对"))


def without_place(units: pd.DataFrame) -> list[Problem]:
    """List the units that have neither outline nor point; nobody can be counted there."""
    bare = units[~np.isfinite(units["lon"]) | ~np.isfinite(units["lat"])]
    problems = [
        _about(unit, "unit_without_place", f"{unit['name'] or unit['code']} 没有范围，也没有村点坐标", "未使用")
        for _, unit in bare.iloc[:_LISTED].iterrows()
    ]
    if len(bare) > _LISTED:
        found = f"另有 {len(bare) - _LISTED} 个社区（村）没有范围，也没有村点坐标"
        problems.append(Problem(severity="error", rule="unit_without_place", found=found, action="未使用"))
    return problems


def _points(
    table: LedgerTable, path: Path, study: Study, streets: Streets | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Problem]]:
    frame = table.frame
    if not {"lon", "point"} & set(frame.columns):
        return np.full(len(frame), np.nan), np.full(len(frame), np.nan), []
    stated = study.datum_of("communities", path)
    near = box_of(streets.lon, streets.lat) if streets is not None and len(streets.lon_e7) else None
    positions, problems = read_positions(
        frame, file=table.file, sheet=table.sheet, headings=table.headings, near=near, datum=stated
    )
    heading = " ".join([table.title, *(table.headings.get(name, "") for name in ("lon", "point", "datum"))])
    datum = stated if stated != "auto" else datum_named(heading) or "wgs84"
    lon, lat = positions.lon.copy(), positions.lat.copy()
    shifted = np.array([fixed is None for fixed in positions.datum], bool) & np.isfinite(lon)
    if datum.lower() in {"gcj02", "bd09"} and shifted.any():
        lon[shifted], lat[shifted] = to_wgs84(lon[shifted], lat[shifted], datum)
        problems.append(
            Problem(
                severity="info", rule="datum_converted", file=table.file, sheet=table.sheet,
                found=f"{int(shifted.sum())} 个村点的坐标是 {datum}", action="已逐点换算为 WGS 84",
            )
        )  # fmt: skip
    return lon, lat, problems


def _ambiguous(listed: pd.DataFrame, found: NDArray[np.int32]) -> list[Problem]:
    return [
        _about(
            listed.iloc[row],
            "ambiguous_unit",
            f"{listed['township'].iloc[row]} 有几个叫 {listed['name'].iloc[row]} 的范围",
            "未使用该行，请写明编码",
        )
        for row in np.flatnonzero(found == SEVERAL).tolist()
    ]


def _about(unit: pd.Series, rule: str, found: str, action: str) -> Problem:
    severity: Severity = "warning" if rule == "class_differs" else "error"
    return Problem(
        severity=severity, rule=rule, file=str(unit["file"]), row=int(unit["row"]), found=found, action=action
    )
