"""
The shifts of Chinese map services: GCJ-02 (Amap, Tencent) and BD-09 (Baidu), there and back.

All functions take and give arrays `(lon, lat)` in degrees; NaN stays NaN. The forward formulas are the widely published
ones; the inverses are iterated to less than a millimetre. Neither is applied outside the published box around China,
where map services show WGS 84 as it is. `jiujin.coordinates` is the only module that uses this one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

_SHIFTED = (72.004, 0.8293, 137.8347, 55.8271)  # the box in which the published GCJ-02 formula shifts
_GCJ_RADIUS_M, _GCJ_FLATNESS = 6378245.0, 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
_ROUNDS = 6  # each GCJ round gains two decimal digits, each BD round nearly two


def gcj02_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift WGS 84 the way Chinese map services (Amap, Tencent) do; outside China nothing moves."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return _where_shifted(_gcj_forward(x, y), x, y)


def wgs84_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo the shift of GCJ-02, to less than a millimetre."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return _where_shifted(_undo(_gcj_forward, x, y), x, y)


def bd09_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift GCJ-02 the way Baidu does on top of it; outside China nothing moves."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return _where_shifted(_bd_forward(x, y), x, y)


def gcj02_from_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo Baidu's own shift, to less than a millimetre; the usual closed form is 0.2 m off."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return _where_shifted(_undo(_bd_forward, x, y), x, y)


def bd09_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS 84 to what Baidu's coordinate picker would show there."""
    return bd09_from_gcj02(*gcj02_from_wgs84(lon, lat))


def wgs84_from_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo both shifts of a position picked on a Baidu map."""
    return wgs84_from_gcj02(*gcj02_from_bd09(lon, lat))


def bd09_from_bd09mc(x: ArrayLike, y: ArrayLike) -> Pair:
    """
    Baidu's Mercator metres to BD-09 degrees, by the polynomials that Baidu's own map script publishes.

    Defined from the equator to 60 N, which holds China; elsewhere NaN.
    """
    east, north = np.asarray(x, np.float64), np.asarray(y, np.float64)
    lon, lat = np.full(np.broadcast(east, north).shape, np.nan), np.full(np.broadcast(east, north).shape, np.nan)
    for low, high, (offset, scale, *terms, unit) in _BAIDU_BANDS:
        here = (north >= low) & (north < high)
        lon = np.where(here, offset + scale * east, lon)
        lat = np.where(here, np.polynomial.polynomial.polyval(north / unit, terms), lat)
    return lon, lat


def _gcj_forward(lon: Floats, lat: Floats) -> Pair:
    x, y, pi = lon - 105.0, lat - 35.0, np.pi
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * pi * x) + 20.0 * np.sin(2.0 * pi * x)
    waves_north = 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi / 3.0 * y)
    waves_north += 160.0 * np.sin(pi / 12.0 * y) + 320.0 * np.sin(pi / 30.0 * y)
    waves_east = 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi / 3.0 * x)
    waves_east += 150.0 * np.sin(pi / 12.0 * x) + 300.0 * np.sin(pi / 30.0 * x)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + (ripple + waves_north) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + (ripple + waves_east) * 2.0 / 3.0
    phi = np.radians(lat)
    bend = 1.0 - _GCJ_FLATNESS * np.sin(phi) ** 2
    metres_north = _GCJ_RADIUS_M * (1.0 - _GCJ_FLATNESS) / (bend * np.sqrt(bend)) * pi / 180.0
    metres_east = _GCJ_RADIUS_M / np.sqrt(bend) * np.cos(phi) * pi / 180.0
    return lon + east_m / metres_east, lat + north_m / metres_north


def _bd_forward(lon: Floats, lat: Floats) -> Pair:
    far = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return far * np.cos(angle) + 0.0065, far * np.sin(angle) + 0.006


def _undo(shift: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    guess_lon, guess_lat = lon, lat
    for _ in range(_ROUNDS):
        there_lon, there_lat = shift(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - there_lon), guess_lat + (lat - there_lat)
    return guess_lon, guess_lat


def _where_shifted(moved: Pair, lon: Floats, lat: Floats) -> Pair:
    west, south, east, north = _SHIFTED
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.where(inside, moved[0], lon), np.where(inside, moved[1], lat)


# Lowest and highest northing of a band, then offset and scale of the longitude, the polynomial of the latitude in
# northing / unit (orders 0 to 6), and that unit: the table MC2LL of Baidu's public map script, bands below 60 N.
_BAIDU_BANDS: tuple[tuple[float, float, tuple[float, ...]], ...] = (
    (
        5591021.0,
        8362377.87,
        (
            -3.030883460898826e-8,
            8.98305509983578e-6,
            0.30071316287616,
            59.74293618442277,
            7.357984074871,
            -25.38371002664745,
            13.45380521110908,
            -3.29883767235584,
            0.32710905363475,
            6856817.37,
        ),
    ),
    (
        3481989.83,
        5591021.0,
        (
            -1.981981304930552e-8,
            8.983055099779535e-6,
            0.03278182852591,
            40.31678527705744,
            0.65659298677277,
            -4.44255534477492,
            0.85341911805263,
            0.12923347998204,
            -0.04625736007561,
            4482777.06,
        ),
    ),
    (
        1678043.12,
        3481989.83,
        (
            3.09191371068437e-9,
            8.983055096812155e-6,
            6.995724062e-5,
            23.10934304144901,
            -2.3663490511e-4,
            -0.6321817810242,
            -0.00663494467273,
            0.03430082397953,
            -0.00466043876332,
            2555164.4,
        ),
    ),
    (
        0.0,
        1678043.12,
        (
            2.890871144776878e-9,
            8.983055095805407e-6,
            -3.068298e-8,
            7.47137025468032,
            -3.53937994e-6,
            -0.02145144861037,
            -1.234426596e-5,
            1.0322952773e-4,
            -3.23890364e-6,
            826088.5,
        ),
    ),
)
