"""
Two numbers to a place: which of the ways of writing a position gives one that makes sense.

Each way is a hypothesis; a row takes the first that lands where it may: plain degrees anywhere in the country (exact in
mainland China, where latitudes stay below 54 and longitudes above 73), everything cleverer only near the study.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from jiujin.coordinates import (
    CHINA,
    WEB_MERCATOR,
    ControlFit,
    Floats,
    Pair,
    bd09_from_bd09mc,
    datum_refusal,
    gauss_kruger_epsg,
    in_china,
    meridian_epsg,
    to_wgs84,
)
from jiujin.errors import Severity
from jiujin.reading.positions_findings import Finding

Flags = NDArray[np.bool_]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

MARGIN = 0.3
"""Degrees around the study in which a guessed position may land: the shift of BD-09, and the next county."""


FAR = 1e14
"""No writing of a position has a number this big."""


def _guess(rule: str, found: str, action: str, severity: Severity = "warning") -> Finding:
    return Finding(severity=severity, rule=rule, found=found, action=action)


GUESSES = {
    "swapped": _guess("swapped_lon_lat", "经度和纬度写反了", "已对调"),
    "negative": _guess("negative_degrees", "经纬度带负号，落在国外", "已去掉负号"),
    "gauss_kruger": _guess(
        "gauss_kruger",
        "坐标是高斯—克吕格平面米制坐标",
        "已按 CGCS2000 换算；若为西安80或北京54请先转换",
        "info",
    ),
    "web_mercator": _guess("web_mercator", "坐标是 Web 墨卡托米制坐标", "已换算为经纬度", "info"),
    "baidu_mercator": _guess("baidu_mercator", "坐标是百度墨卡托米制坐标", "已换算为经纬度", "info"),
    "scaled": _guess("lost_decimal_point", "经纬度缺小数点（或为微度等整数写法）", "已按数量级补上"),
    "seconds": _guess("degrees_in_seconds", "经纬度以秒为单位", "已换算为度"),
    "radians": _guess("degrees_in_radians", "经纬度以弧度为单位", "已换算为度"),
}
"""Ways of writing that are guessed: what is said of them, and what was done."""

UNREADABLE: dict[str, tuple[str, str]] = {
    "": ("坐标读不出或不在合理范围", "十进制经纬度，如 117.12345，36.54321"),
    "mercator_undecided": (
        "坐标是墨卡托米制坐标，分不清是 Web 墨卡托还是百度墨卡托",
        "在 [datum] 中写明 EPSG:3857（Web 墨卡托）或 bd09（百度），或改填经纬度",
    ),
    "gauss_kruger_undecided": (
        "坐标是不带带号的高斯—克吕格米制坐标，无法确定中央经线",
        "在 [datum] 中写明 EPSG 代码（如 EPSG:4548）",
    ),
}
"""What is said of rows that make no place, by the reason that `locate` left in `guess`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The two numbers of every row (n,), in the order in which their columns claim longitude and latitude."""

    first: Floats
    second: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Degrees (NaN: none), the guess that gave them (`degrees` where nothing was guessed), and the datum it fixes."""

    lon: Floats
    lat: Floats
    guess: NDArray[np.object_]
    datum: NDArray[np.object_]


def locate(numbers: Numbers, *, near: Box | None, datum: str = "auto", control: ControlFit | None = None) -> Located:
    """
    Turn number pairs into degrees; `near` is the study's box, `datum` what the study states (or `auto`).

    A stated system that cannot be converted goes by the study's control points where it has some.
    """
    found = _Search(numbers, near)
    if datum.lower().startswith("epsg:"):
        by_points = control is not None and datum_refusal(datum) is not None
        found.stated(control.to_wgs84 if control is not None and by_points else partial(to_wgs84, datum=datum))
        return found.result()
    found.plain_degrees()
    found.swapped_and_negative()
    if found.waiting.any():
        found.gauss_kruger()
        found.mercator(datum.lower())
        found.scaled()
    return found.result()


class _Search:
    """The rows that still wait for a hypothesis, and the places found so far."""

    def __init__(self, numbers: Numbers, near: Box | None) -> None:
        self.a, self.b = (np.where(np.abs(value) < FAR, value, np.nan) for value in (numbers.first, numbers.second))
        self.near = near
        self.chinese = near is None or in_china((near[0] + near[2]) / 2, (near[1] + near[3]) / 2)
        count = self.a.size
        self.lon, self.lat = np.full(count, np.nan), np.full(count, np.nan)
        self.guess, self.datum = np.full(count, "", object), np.full(count, None, object)
        self.waiting = np.isfinite(self.a) & np.isfinite(self.b)

    def result(self) -> Located:
        return Located(lon=self.lon, lat=self.lat, guess=self.guess, datum=self.datum)

    def take(self, rows: Flags, place: Pair, guess: str, datum: str | None = None) -> None:
        rows = rows & self.waiting
        self.lon, self.lat = np.where(rows, place[0], self.lon), np.where(rows, place[1], self.lat)
        self.guess[rows], self.datum[rows] = guess, datum
        self.waiting = self.waiting & ~rows

    def lands(self, lon: Floats, lat: Floats) -> Flags:
        """Whether these degrees lie near the study, or in China where no study is known."""
        west, south, east, north = CHINA if self.near is None else self.near
        margin = 0.0 if self.near is None else MARGIN
        return np.asarray(
            (lon >= west - margin) & (lon <= east + margin) & (lat >= south - margin) & (lat <= north + margin)
        )

    def stated(self, convert: Callable[[Floats, Floats], Pair]) -> None:
        """Convert from a stated system, whichever of the two numbers is the northing."""
        for a, b in ((self.a, self.b), (self.b, self.a)):
            place = convert(np.where(self.waiting, a, np.nan), np.where(self.waiting, b, np.nan))
            good = np.isfinite(place[0]) & np.isfinite(place[1]) & self.lands(*place)
            self.take(good, place, "degrees", "wgs84")

    def plain_degrees(self) -> None:
        a, b = self.a, self.b
        if self.chinese:
            self.take((a >= 73) & (a <= 136) & (b >= 3) & (b <= 54), (a, b), "degrees")
            return
        legal = (np.abs(a) <= 180) & (np.abs(b) <= 90)
        self.take(legal & (self.lands(a, b) | ~self.lands(b, a)), (a, b), "degrees")

    def swapped_and_negative(self) -> None:
        a, b = self.a, self.b
        if self.chinese:
            self.take((b >= 73) & (b <= 136) & (a >= 3) & (a <= 54), (b, a), "swapped")
            self.take(self.lands(np.abs(a), np.abs(b)), (np.abs(a), np.abs(b)), "negative")
            return
        self.take((np.abs(b) <= 180) & (np.abs(a) <= 90), (b, a), "swapped")

    def gauss_kruger(self) -> None:
        """Take metres with a zone prefix by their zone; without, by the meridian that brings them near the study."""
        if not self.chinese:
            return
        for east, north in ((self.a, self.b), (self.b, self.a)):
            shape = self.waiting & (north > 1.8e6) & (north < 6.0e6)
            prefixed = shape & (east >= 13e6) & (east < 46e6)
            for zone in np.unique(east[prefixed] // 1e6):
                epsg = gauss_kruger_epsg(float(zone) * 1e6)
                if epsg is not None:
                    self._metres(prefixed & (east // 1e6 == zone), east, north, epsg)
            short = shape & (east > 1e5) & (east < 9e5)
            if self.near is None:
                self.guess[short & self.waiting] = "gauss_kruger_undecided"
                continue
            middle = round((self.near[0] + self.near[2]) / 2 / 3) * 3
            for meridian in sorted(range(75, 136, 3), key=lambda known: abs(known - middle))[:3]:
                self._metres(short, east, north, meridian_epsg(meridian))

    def _metres(self, rows: Flags, east: Floats, north: Floats, epsg: int) -> None:
        rows = rows & self.waiting
        if not rows.any():
            return
        place = np.full(rows.size, np.nan), np.full(rows.size, np.nan)
        place[0][rows], place[1][rows] = to_wgs84(east[rows], north[rows], f"EPSG:{epsg}")
        self.take(rows & self.lands(*place), place, "gauss_kruger", "cgcs2000")

    def mercator(self, datum: str) -> None:
        """Tell Web from Baidu Mercator, whose northings differ by tens of kilometres, by where all the rows land."""
        a, b = self.a, self.b
        rows = self.waiting & (np.abs(a) > 1000) & (np.abs(a) < 20.1e6) & (np.abs(b) < 20.1e6)
        if self.chinese:
            rows &= (a > 8.1e6) & (a < 15.2e6) & (b > 0.3e6) & (b < 7.3e6)
        if not rows.any():
            return
        web, baidu = np.full((2, rows.size), np.nan), np.full((2, rows.size), np.nan)
        web[:, rows] = to_wgs84(a[rows], b[rows], WEB_MERCATOR)
        baidu[:, rows] = bd09_from_bd09mc(a[rows], b[rows])
        if datum in {"bd09", "bd09mc"} or (datum == "auto" and self._fits(baidu, rows) > 2 * self._fits(web, rows)):
            self.take(rows & self.lands(baidu[0], baidu[1]), (baidu[0], baidu[1]), "baidu_mercator", "bd09")
        elif datum != "auto" or not self.chinese or self._fits(web, rows) > 2 * self._fits(baidu, rows):
            self.take(rows & self.lands(web[0], web[1]), (web[0], web[1]), "web_mercator")
        else:
            self.guess[rows] = "mercator_undecided"

    def _fits(self, place: NDArray[np.float64], rows: Flags) -> float:
        """Say what share of the rows lies inside the study's own box."""
        if self.near is None:
            return 0.0
        west, south, east, north = self.near
        lon, lat = place[0][rows], place[1][rows]
        return float(
            np.mean((lon >= west - 0.02) & (lon <= east + 0.02) & (lat >= south - 0.02) & (lat <= north + 0.02))
        )

    def scaled(self) -> None:
        """Find the scale that brings the numbers near the study: a lost point, micro-degrees, seconds, radians."""
        for turned, (a, b) in enumerate(((self.a, self.b), (self.b, self.a))):
            place = self._decimal(a, 0), self._decimal(b, 1)
            self.take(self.lands(*place), place, "scaled")
            if turned and self.chinese:
                continue
            for guess, degrees in _UNITS.items():
                place = degrees(a), degrees(b)
                self.take(self.lands(*place), place, guess)

    def _decimal(self, value: Floats, axis: int) -> Floats:
        """Divide by the power of ten that brings the value into the study's range; NaN where none does."""
        west, south, east, north = CHINA if self.near is None else self.near
        low, high = ((west, east), (south, north))[axis]
        margin = 0.0 if self.near is None else MARGIN
        out = np.full(value.size, np.nan)
        for power in range(1, 13):
            scaled = value / 10.0**power
            fits = (scaled >= low - margin) & (scaled <= high + margin) & np.isnan(out)
            out = np.where(fits, scaled, out)
        already = (value >= low - margin) & (value <= high + margin)
        return np.where(already, value, out)


_UNITS: dict[str, Callable[[Floats], Floats]] = {
    "seconds": lambda value: value / 3600.0,
    "radians": np.degrees,
}
