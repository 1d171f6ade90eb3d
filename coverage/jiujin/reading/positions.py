"""
Cells to positions: every writing of a place that offices use, down to degrees, with each guess reported.

    positions, problems = read_positions(frame, file="设施.xlsx", sheet="食堂", near=box_of(streets))

`frame` has some of the columns `lon`, `lat`, `point` and the spreadsheet row in `row`. Cells become two numbers
(`positions_text`); the numbers become degrees by their magnitude and by where they land (`positions_numbers`). Which
datum the degrees are in is decided elsewhere (`datums`), unless the writing itself fixes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.coordinates import ControlFit, Floats
from jiujin.errors import Problem
from jiujin.reading.positions_findings import Finding, Findings
from jiujin.reading.positions_numbers import GUESSES, UNREADABLE, Box, Numbers, locate
from jiujin.reading.positions_text import ABSENT, angles, clean, has_letters_for_digits, plain_angles

Flags = NDArray[np.bool_]

PACKED = Finding(
    severity="info",
    rule="packed_degrees",
    found="经纬度按“度.分秒”连写（如 117.1230 表示 117°12′30″）",
    action="已换算为十进制度",
)
COARSE = Finding(
    severity="warning",
    rule="coarse_position",
    found="经纬度最多只有 3 位小数，位置误差约 100 米或更大",
    wanted="5 位以上小数",
    action="照用，请重新采集",
)

LETTERED = Finding(
    severity="warning",
    rule="letters_for_digits",
    found="坐标中的 0、1 写成了字母 O、l",
    wanted="数字",
    action="按数字读取，请核对",
)

COARSE_DECIMALS = 3
"""Decimals of a degree that are too few: the third is 111 m."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """
    Where the rows (n,) of a table are, as far as their cells say it.

    `lon`, `lat`: degrees, NaN where the row has no usable position. `datum`: the datum that the writing fixes by itself
    (`cgcs2000` for Gauss-Kruger metres, `bd09` for Baidu metres, `wgs84` where a stated EPSG code was applied), else
    None. `absent`: the row has no position at all, as against one that cannot be read.
    """

    lon: Floats
    lat: Floats
    datum: NDArray[np.object_]
    absent: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The two numbers of every row (n,) as typed, and what was noticed on the way."""

    first: Floats
    second: Floats
    dms: Flags
    garbled: Flags
    lettered: Flags
    packed: bool = False


def read_positions(
    frame: pd.DataFrame,
    *,
    file: str,
    sheet: str = "",
    headings: Mapping[str, str] | None = None,
    near: Box | None = None,
    datum: str = "auto",
    control: ControlFit | None = None,
) -> tuple[Positions, list[Problem]]:
    """
    Read the positions of a table; `near` is the box around the study's streets, `datum` what the study states.

    Rows without a position are marked `absent` and left to the caller to list, because only the caller knows whether
    a row needs one (a mobile service does not). Rows with numbers that make no place are listed here, one by one.
    """
    cells = _unpacked(_cells(frame), near)
    numbers = locate(Numbers(first=cells.first, second=cells.second), near=near, datum=datum, control=control)
    absent = np.isnan(cells.first) & np.isnan(cells.second) & ~cells.garbled
    absent |= _zero(cells.first, cells.second)
    lon, lat = np.where(absent, np.nan, numbers.lon), np.where(absent, np.nan, numbers.lat)
    positions = Positions(lon=lon, lat=lat, datum=numbers.datum, absent=absent)
    said = Findings(frame, file=file, sheet=sheet, headings=headings or {})
    _report(said, positions, cells, numbers.guess)
    return positions, said.problems


def _report(said: Findings, positions: Positions, cells: Cells, guess: NDArray[np.object_]) -> None:
    usable = ~np.isnan(positions.lon)
    for at in np.flatnonzero(~usable & ~positions.absent).tolist():
        found, wanted = UNREADABLE.get(str(guess[at]), UNREADABLE[""])
        if np.isnan(cells.first[at]) != np.isnan(cells.second[at]) and not cells.garbled[at]:
            found, wanted = "只有经纬度中的一个", "经度和纬度两个数"
        unread = Finding(severity="error", rule="unreadable_position", found=found, wanted=wanted, action="未使用该行")
        said.row(at, unread)
    for kind, finding in GUESSES.items():
        rows = usable & (guess == kind)
        said.rows(rows, finding, whole=bool(finding.severity == "info" and rows.sum() > 0.5 * usable.sum()))
    if cells.packed:
        said.whole(PACKED)
    said.rows(usable & cells.lettered, LETTERED)
    plain = usable & (guess == "degrees") & ~cells.dms
    coarse = plain & _fits_decimals(positions.lon, COARSE_DECIMALS) & _fits_decimals(positions.lat, COARSE_DECIMALS)
    said.rows(coarse, COARSE, whole=bool(coarse.sum() > max(3, 0.5 * plain.sum())))


def _fits_decimals(degrees: Floats, decimals: int) -> Flags:
    return np.asarray(np.round(degrees, decimals) == degrees)


def box_of(lon: Floats, lat: Floats) -> Box | None:
    """Find the box around these positions (degrees), None where there is none."""
    here = np.isfinite(lon) & np.isfinite(lat)
    if not here.any():
        return None
    return float(lon[here].min()), float(lat[here].min()), float(lon[here].max()), float(lat[here].max())


def _zero(first: Floats, second: Floats) -> Flags:
    # a form's default for “nothing”: 0, 1 or -1 in both cells, 0 in one and nothing in the other
    nothing = [np.isnan(value) | np.isin(value, (0.0, 1.0, -1.0, 999.0, 9999.0)) for value in (first, second)]
    return np.asarray(nothing[0] & nothing[1] & ~(np.isnan(first) & np.isnan(second)))


def _cells(frame: pd.DataFrame) -> Cells:
    first, second = _column(frame, "lon"), _column(frame, "lat")
    a, b = first.value, second.value
    turn = (first.latitude & ~np.isnan(a)) | (second.longitude & ~np.isnan(b))  # the text itself says which is which
    a, b = np.where(turn, b, a), np.where(turn, a, b)
    garbled, dms = first.garbled | second.garbled, first.dms | second.dms
    point = _column(frame, "point")
    needs_point = np.isnan(a) | np.isnan(b)
    for column, where in ((first, ~np.isnan(first.other)), (second, ~np.isnan(second.other)), (point, needs_point)):
        pair = where & ~np.isnan(column.value) & ~np.isnan(column.other)
        a, b = np.where(pair, column.value, a), np.where(pair, column.other, b)
        dms |= pair & column.dms
        garbled = (garbled & ~pair) | (where & column.garbled)
    half = needs_point & ~np.isnan(point.value) & np.isnan(point.other) & np.isnan(a) & np.isnan(b)
    lettered = first.lettered | second.lettered | point.lettered
    return Cells(first=np.where(half, point.value, a), second=b, dms=dms, garbled=garbled, lettered=lettered)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """What one column of cells says: its number, a second number in the same cell, and how it was written."""

    value: Floats
    other: Floats
    dms: Flags
    garbled: Flags
    lettered: Flags
    longitude: Flags
    latitude: Flags


def _column(frame: pd.DataFrame, name: str) -> _Column:
    count = len(frame)
    value, other = np.full(count, np.nan), np.full(count, np.nan)
    flags = {key: np.zeros(count, np.bool_) for key in ("dms", "garbled", "lettered", "longitude", "latitude")}
    if name in frame:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
            value = column.to_numpy(np.float64, na_value=np.nan)
            value = np.where(np.isfinite(value), value, np.nan)
        else:
            cells = column.to_numpy(object)
            value = pd.to_numeric(column.mask(column.map(_not_a_number)), errors="coerce").to_numpy(np.float64)
            value = np.where(np.isfinite(value), value, np.nan)
            _read_plain(cells, value, flags)
            for at in np.flatnonzero(np.isnan(value)):
                _read_cell(cells[at], int(at), value, other, flags)
    return _Column(value=value, other=other, **flags)


def _read_plain(cells: NDArray[np.object_], value: Floats, flags: dict[str, Flags]) -> None:
    """Read all degrees-minutes-seconds of a column that are written in the usual way at once."""
    texts = np.array([at for at in np.flatnonzero(np.isnan(value)).tolist() if isinstance(cells[at], str)], np.intp)
    if not texts.size:
        return
    degrees, axis = plain_angles(cells[texts])
    read = ~np.isnan(degrees)
    at = texts[read]
    value[at], flags["dms"][at] = degrees[read], True
    flags["longitude"][at], flags["latitude"][at] = axis[read] == "lon", axis[read] == "lat"


def _not_a_number(cell: object) -> bool:
    return isinstance(cell, bool) or not isinstance(cell, str | int | float)


def _read_cell(cell: object, at: int, value: Floats, other: Floats, flags: dict[str, Flags]) -> None:
    if cell is None or cell is pd.NaT or isinstance(cell, float):
        return
    found = angles(cell)
    if not found:
        flags["garbled"][at] = clean(cell).lower() not in ABSENT
        return
    value[at] = found[0].value
    flags["dms"][at] = any(angle.dms for angle in found)
    flags["lettered"][at] = has_letters_for_digits(cell)
    if len(found) == 2:
        other[at] = found[1].value
    else:
        flags["longitude"][at] = found[0].axis == "lon"
        flags["latitude"][at] = found[0].axis == "lat"


def _unpacked(cells: Cells, near: Box | None) -> Cells:
    """
    Read the whole table as D.MMSS where every number allows it and chance cannot explain that.

    Decimals 3 and 4 of a decimal degree are below 60 six times in ten; the first two hardly vary inside a county, so
    only 3 and 4 count as witnesses. Fewer numbers are enough where decimal degrees would miss the study's box.
    """
    rows = np.isfinite(cells.first) & np.isfinite(cells.second) & ~cells.dms
    rows &= (np.abs(cells.first) <= 180) & (np.abs(cells.second) <= 180)
    some = np.flatnonzero(rows)[:100]
    if any(np.isnan(_from_packed(value[some])).any() for value in (cells.first, cells.second)):
        return cells  # nearly every table leaves here
    rows &= (cells.first % 1 != 0) | (cells.second % 1 != 0)
    if rows.sum() < 5 or rows.sum() < 0.9 * np.isfinite(cells.first).sum():
        return cells
    unpacked = [_from_packed(value[rows]) for value in (cells.first, cells.second)]
    if any(np.isnan(value).any() for value in unpacked):
        return cells
    witnesses = sum(np.unique(np.round(value[rows], 8)).size for value in (cells.first, cells.second))
    decimal_in, packed_in = (_share_in(near, a, b) for a, b in ((cells.first[rows], cells.second[rows]), unpacked))
    certain = 0.6**witnesses < 1e-6 and packed_in >= decimal_in
    if not certain and not (near is not None and packed_in > 0.9 and decimal_in < 0.5):
        return cells
    first, second = cells.first.copy(), cells.second.copy()
    first[rows], second[rows] = unpacked
    return replace(cells, first=first, second=second, dms=cells.dms | rows, packed=True)


def _from_packed(value: Floats) -> Floats:
    """D.MMSSss to degrees; NaN where minutes or seconds reach 60."""
    size = np.round(np.abs(value) * 1e4, 6)
    seconds = size % 100
    minutes = np.floor(size / 100) % 100
    degrees = np.floor(size / 1e4)
    good = (seconds < 60) & (minutes < 60)
    return np.where(good, np.sign(value) * (degrees + minutes / 60 + seconds / 3600), np.nan)


def _share_in(near: Box | None, a: Floats, b: Floats) -> float:
    if near is None:
        return 1.0
    west, south, east, north = near
    lon, lat = np.maximum(a, b), np.minimum(a, b)
    return float(np.mean((lon > west - 0.1) & (lon < east + 0.1) & (lat > south - 0.1) & (lat < north + 0.1)))
