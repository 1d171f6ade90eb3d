"""
The kinds of value that a study file may hold, each with the Chinese words for what is wanted there.

Every kind is a checker for pydantic: it takes what TOML gave, returns the plain value, or says what was wanted.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from jiujin.study import SERVER

Value = TypeVar("Value")
_EPSG = re.compile(r"EPSG:(\d{4,6})")
_DATUMS = {
    "auto": "auto",
    "wgs84": "wgs84",
    "gcj02": "gcj02",
    "bd09": "bd09",
    "bd09ll": "bd09",
    "cgcs2000": "cgcs2000",
    "2000国家大地坐标系": "cgcs2000",
    "火星坐标": "gcj02",
}
_UNSAFE = re.compile(r'[\\/:*?"<>|\s.]')


def _kind(wanted: str, convert: Callable[[Any], Value | None]) -> PlainValidator:
    """A checker whose `convert` returns None for what is not wanted."""

    def check(value: Any) -> Value:
        converted = convert(value)
        if converted is None:
            raise PydanticCustomError("wanted", "{wanted}", {"wanted": wanted})
        return converted

    return PlainValidator(check)


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


def _any_text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or any(_text(entry) is None for entry in listed):
        return None
    return tuple(dict.fromkeys(entry.strip() for entry in listed))


def _any_texts(value: Any) -> tuple[str, ...] | None:
    return () if value == [] else _texts(value)


def _servers(value: Any) -> tuple[str, ...] | None:
    listed = _any_texts(value)
    return None if listed is None or not all(SERVER.fullmatch(one) for one in listed) else listed


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _whole(value: Any, least: int) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) and least <= number < 2**31 else None


def _between(value: Any, least: float, most: float) -> float | None:
    number = _number(value)
    return number if number is not None and least <= number <= most else None


def _wholes(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, list) or not value:
        return None
    numbers = [_whole(entry, 1) for entry in value]
    return None if None in numbers else tuple(sorted({number for number in numbers if number is not None}))


def _range(value: Any) -> tuple[int, int] | None:
    numbers = _wholes(value)
    return (numbers[0], numbers[1]) if numbers is not None and len(numbers) == 2 == len(value) else None


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def _datum(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    plain = unicodedata.normalize("NFKC", value).strip().upper()
    if (code := _EPSG.fullmatch(plain)) and _crs_kind(int(code[1])):
        return plain
    return _DATUMS.get(plain.lower().replace("-", "").replace("_", "").replace(" ", ""))


def _plane(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    plain = unicodedata.normalize("NFKC", value).strip().upper()
    if plain == "AUTO":
        return "auto"
    code = _EPSG.fullmatch(plain)
    return plain if code and _crs_kind(int(code[1])) == "metres" else None


def _crs_kind(epsg: int) -> str:
    """Tell what an EPSG code measures in: `metres`, `other`, or nothing when there is no such code."""
    from pyproj import CRS  # 0.1 s, and most studies state no code
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_epsg(epsg)
    except CRSError:
        return ""
    metric = crs.is_projected and all(axis.unit_conversion_factor == 1 for axis in crs.axis_info)
    return "metres" if metric else "other"


def _colour(value: Any) -> str | None:
    return value.upper() if isinstance(value, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", value) else None


def is_usable_id(text: str) -> bool:
    """Whether an id can name a file and a column on every system."""
    return 0 < len(text) <= 60 and not _UNSAFE.search(text)


Flag = Annotated[bool, _kind("true 或 false", lambda value: value if isinstance(value, bool) else None)]
Text = Annotated[str, _kind("加英文双引号的文字，不能为空", _text)]
AnyText = Annotated[str, _kind("加英文双引号的文字", _any_text)]
Texts = Annotated[tuple[str, ...], _kind('文字或文字列表，例如 ["甲", "乙"]', _texts)]
AnyTexts = Annotated[tuple[str, ...], _kind('文字或文字列表，例如 ["甲", "乙"]', _any_texts)]
Paths = Annotated[tuple[str, ...], _kind('文件路径，或路径列表，例如 ["a.xlsx", "b.csv"]', _texts)]
Whole = Annotated[int, _kind("不小于 0 的整数", lambda value: _whole(value, 0))]
Metres = Annotated[int, _kind("不小于 0 的整数（米）", lambda value: _whole(value, 0))]
Reach = Annotated[int, _kind("大于 0 的整数（米）", lambda value: _whole(value, 1))]
Rings = Annotated[tuple[int, ...], _kind("大于 0 的整数（米）列表，例如 [300, 500, 1000]", _wholes)]
Range = Annotated[tuple[int, int], _kind("两个由小到大的整数，例如 [30000, 100000]", _range)]
Count = Annotated[int, _kind("大于 0 的整数", lambda value: _whole(value, 1))]
Ratio = Annotated[float, _kind("0 到 1 之间的数，例如 0.209", lambda value: _between(value, 0, 1))]
Amount = Annotated[float, _kind("不小于 0 的数", lambda value: _between(value, 0, 1e12))]
Speed = Annotated[float, _kind("每秒米数，0.1 到 10 之间", lambda value: _between(value, 0.1, 10))]
Day = Annotated[date, _kind("日期，写作 2023-12-31", _day)]
DatumName = Annotated[str, _kind("wgs84、gcj02、bd09、cgcs2000、EPSG:编号 或 auto", _datum)]
PlaneName = Annotated[str, _kind('"auto" 或以米为单位的投影坐标系，例如 "EPSG:4548"', _plane)]
Servers = Annotated[tuple[str, ...], _kind('瓦片服务器，只写到主机名，例如 ["https://*.tianditu.gov.cn"]', _servers)]
Colour = Annotated[str, _kind('颜色，写作 "#0072B2"', _colour)]
