"""
Where things are: the metric plane of a study, and the datums in which offices write positions.

Degrees are WGS 84 (equal to CGCS2000 within centimetres) everywhere outside this module; GCJ-02 and BD-09 live only
here, with their arithmetic in `jiujin.shifts`. All functions take and give arrays `(lon, lat)`, or `(east, north)` for
metres; NaN stays NaN.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jiujin.errors import Problem, StudyError
from jiujin.shifts import (
    bd09_from_bd09mc,
    bd09_from_gcj02,
    bd09_from_wgs84,
    gcj02_from_bd09,
    gcj02_from_wgs84,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)

if TYPE_CHECKING:
    from pyproj import Transformer

__all__ = [
    "CHINA",
    "DATUMS",
    "REFUSED",
    "WEB_MERCATOR",
    "ControlFit",
    "Floats",
    "Pair",
    "Plane",
    "bd09_from_bd09mc",
    "bd09_from_gcj02",
    "bd09_from_wgs84",
    "datum_refusal",
    "fit_control_points",
    "gauss_kruger_epsg",
    "gcj02_from_bd09",
    "gcj02_from_wgs84",
    "in_china",
    "meridian_epsg",
    "plane_of",
    "to_wgs84",
    "wgs84_from_bd09",
    "wgs84_from_gcj02",
]

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

CHINA = (73.0, 17.0, 136.0, 54.0)
"""West, south, east, north: a centre inside is taken to be in China."""

DATUMS = ("wgs84", "gcj02", "bd09", "cgcs2000")
"""The datum words of a study file, beside `EPSG:n` and `auto`; `bd09mc` (Baidu's metres) is understood too."""

WEB_MERCATOR = "EPSG:3857"

REFUSED = {4610: "西安80坐标系", 4214: "北京54坐标系", 4555: "新北京54坐标系"}
"""Geographic systems whose way to WGS 84 is restricted: PROJ would shift them by nothing, or by 70 m too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The one metric plane of a study, named by its EPSG code."""

    epsg: int

    def project(self, lon: Floats, lat: Floats) -> Pair:
        """WGS 84 degrees to plane metres, x east and y north."""
        x, y = _transformer(self.epsg).transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def unproject(self, x: Floats, y: Floats) -> Pair:
        """Plane metres back to WGS 84 degrees."""
        lon, lat = _transformer(self.epsg).transform(
            np.asarray(x, np.float64), np.asarray(y, np.float64), direction="INVERSE"
        )
        return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def plane_of(lon: Floats, lat: Floats, crs: str = "auto") -> Plane:
    """
    Choose the metric plane for these positions (degrees).

    The centre of their bounding box decides: in China CGCS2000 3-degree Gauss-Kruger of the nearest meridian
    (EPSG 4534-4554), elsewhere the UTM zone. A `crs` other than `auto` (`EPSG:n`) is taken as it stands.
    """
    if crs != "auto":
        return Plane(epsg=int(crs.upper().removeprefix("EPSG:")))
    west, east, south, north = float(np.min(lon)), float(np.max(lon)), float(np.min(lat)), float(np.max(lat))
    centre_lon, centre_lat = (west + east) / 2, (south + north) / 2
    if in_china(centre_lon, centre_lat):
        zone = min(max(int(np.floor(centre_lon / 3 + 0.5)), 25), 45)
        return Plane(epsg=4534 + zone - 25)
    zone = min(int((centre_lon + 180) // 6) + 1, 60)
    return Plane(epsg=(32600 if centre_lat >= 0 else 32700) + zone)


def in_china(lon: float, lat: float) -> bool:
    """Whether this place is taken to lie in China."""
    west, south, east, north = CHINA
    return west <= lon <= east and south <= lat <= north


def to_wgs84(first: ArrayLike, second: ArrayLike, datum: str) -> Pair:
    """
    Bring positions of a stated datum to WGS 84 degrees.

    `first` is the longitude or easting, `second` the latitude or northing, whatever the axis order of the datum's
    own definition. `datum` is one of `DATUMS`, `bd09mc`, or `EPSG:n`. Raises StudyError for a datum that is not known,
    and for one that cannot be brought to WGS 84 without control points (see `datum_refusal`).
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    word = datum.strip().lower()
    if word in _FROM:
        return _FROM[word](a, b)
    refusal = datum_refusal(datum)
    if refusal:
        wanted = "wgs84、gcj02、bd09、cgcs2000 或可以转换的 EPSG 代码"
        raise StudyError(Problem(severity="error", rule="datum_refused", found=refusal, wanted=wanted, column="datum"))
    lon, lat = _transformer(_epsg_number(word)).transform(a, b, direction="INVERSE")
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def datum_refusal(datum: str) -> str | None:
    """
    Say in Chinese why this datum cannot be brought to WGS 84; None when it can.

    PROJ answers with a silent shift of zero metres where it knows no operation; that is refused too, except for
    CGCS2000, which truly equals WGS 84 within centimetres.
    """
    word = datum.strip().lower()
    if word in _FROM:
        return None
    number = _epsg_number(word)
    if number < 0:
        return f"不认识的坐标系“{datum}”"
    return _epsg_refusal(number)


def gauss_kruger_epsg(east: float) -> int | None:
    """
    EPSG code of the CGCS2000 zone that an easting *with zone prefix* names; None when it carries no prefix.

    39 510 730 is zone 39 of the 3-degree series (EPSG 4527), 20 510 730 zone 20 of the 6-degree series (EPSG 4498).
    """
    zone = int(east // 1_000_000)
    if 25 <= zone <= 45:
        return 4513 + zone - 25
    if 13 <= zone <= 23:
        return 4491 + zone - 13
    return None


def meridian_epsg(meridian: int) -> int:
    """EPSG code of CGCS2000 Gauss-Kruger about this central meridian (75, 78 … 135) without zone prefix."""
    return 4534 + (meridian - 75) // 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlFit:
    """
    A local system tied to a plane by control points: `plane = matrix @ (local - local_centre) + plane_centre`.

    `residual_m` says how far each control point misses after the fit; `rms_m` is their root mean square per point.
    """

    plane: Plane
    matrix: Floats
    local_centre: Floats
    plane_centre: Floats
    residual_m: Floats

    @property
    def rms_m(self) -> float:
        """Root mean square of the residuals, in metres."""
        return float(np.sqrt(np.mean(self.residual_m**2)))

    def to_wgs84(self, east: ArrayLike, north: ArrayLike) -> Pair:
        """Local positions to WGS 84 degrees."""
        local = np.stack(_local_metres(east, north, self.plane), axis=-1)
        moved = (local - self.local_centre) @ self.matrix.T + self.plane_centre
        return self.plane.unproject(moved[..., 0], moved[..., 1])


def fit_control_points(
    east: ArrayLike, north: ArrayLike, lon: ArrayLike, lat: ArrayLike, *, plane: Plane, parameters: int = 4
) -> ControlFit:
    """
    Tie a local or refused system to WGS 84 by points known in both, by least squares.

    Four parameters: shift, turn and scale; six: an affine map, for paper that shrank unevenly. Local positions may be
    metres (east, north) or degrees of an old datum. Raises ValueError for fewer than three points, or points on a line.
    """
    local = np.stack(_local_metres(east, north, plane), axis=-1)
    target = np.stack(plane.project(np.asarray(lon, np.float64), np.asarray(lat, np.float64)), axis=-1)
    if len(local) < 3 or parameters not in (4, 6):
        raise ValueError("a fit of 4 or 6 parameters needs at least three control points")
    local_centre, plane_centre = local.mean(axis=0), target.mean(axis=0)
    source, goal = local - local_centre, target - plane_centre
    spread = np.linalg.svd(source, compute_uv=False)
    if spread[1] < 1e-3 * spread[0]:
        raise ValueError("control points on one line fix no map")
    if parameters == 6:
        matrix = np.linalg.lstsq(source, goal, rcond=None)[0].T
    else:
        weight = float(np.sum(source**2))
        turn = float(np.sum(source[:, 0] * goal[:, 1] - source[:, 1] * goal[:, 0])) / weight
        scale = float(np.sum(source * goal)) / weight
        matrix = np.array([[scale, -turn], [turn, scale]])
    residual_m = np.hypot(*(source @ matrix.T - goal).T)
    return ControlFit(
        plane=plane, matrix=matrix, local_centre=local_centre, plane_centre=plane_centre, residual_m=residual_m
    )


def _local_metres(east: ArrayLike, north: ArrayLike, plane: Plane) -> Pair:
    a, b = np.asarray(east, np.float64), np.asarray(north, np.float64)
    if np.nanmax(np.abs(a), initial=0) <= 180 and np.nanmax(np.abs(b), initial=0) <= 90:
        return plane.project(a, b)  # degrees of an old datum: the plane is near enough to its own for a fit
    return a, b


def _same(lon: Floats, lat: Floats) -> Pair:
    return lon, lat


def _wgs84_from_bd09mc(x: Floats, y: Floats) -> Pair:
    return wgs84_from_bd09(*bd09_from_bd09mc(x, y))


_FROM: dict[str, Callable[[Floats, Floats], Pair]] = {
    "wgs84": _same,
    "cgcs2000": _same,
    "epsg:4326": _same,
    "epsg:4490": _same,
    "gcj02": wgs84_from_gcj02,
    "bd09": wgs84_from_bd09,
    "bd09mc": _wgs84_from_bd09mc,
}


def _epsg_number(word: str) -> int:
    digits = word.removeprefix("epsg:").strip()
    return int(digits) if word.startswith("epsg:") and digits.isdecimal() else -1


@cache
def _epsg_refusal(number: int) -> str | None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError
    from pyproj.transformer import TransformerGroup

    try:
        crs = CRS.from_epsg(number)
    except CRSError:
        return f"没有代码为 EPSG:{number} 的坐标系"
    base = crs.geodetic_crs.to_epsg() if crs.geodetic_crs else None
    if base in (4326, 4490):
        return None
    if base in REFUSED:
        return (
            f"EPSG:{number} 属于{REFUSED[base]}，到 WGS 84 的转换参数不公开，软件默认的零平移会错开几十到一百多米；"
            "请先由测绘部门转为 CGCS2000，或提供至少 3 个控制点"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a grid that is not installed only means that the next best one is used
        known = TransformerGroup(crs, 4326, always_xy=True).transformers
    if not known or known[0].accuracy < 0:
        return f"EPSG:{number} 到 WGS 84 没有已知精度的转换，不作零平移处理；请先转为 CGCS2000"
    return None


@cache
def _transformer(epsg: int) -> Transformer:
    from pyproj import Transformer  # 0.1 s, and --help does not need it

    return Transformer.from_crs(4326, epsg, always_xy=True)
