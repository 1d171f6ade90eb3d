"""Cells as numbers: full-width digits, thousands, units, about and between, and numbers written in Chinese."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from datetime import time as clock

from jiujin.reading.values_text import EMPTY_WORDS, FORMULA_ERRORS, Value, narrow

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?![\d])")
_AMOUNT = r"(?:\d+\.?\d*|\.\d+)"
_SCALES = {"亿": 1e8, "千万": 1e7, "百万": 1e6, "十万": 1e5, "万": 1e4, "千": 1e3, "百": 1e2, "": 1.0}
_RANGE = re.compile(
    rf"({_AMOUNT})([十百千]?万|亿|)[^\d.\-~至到—–]{{0,4}}(?:-|—|–|~|至|到)+({_AMOUNT})([十百千]?万|亿|)"
)
_FIRST = re.compile(rf"([^\d.]*?)([+-]?{_AMOUNT})([十百千]?万|亿|千(?!克|米|瓦)|百|)(.*)", re.DOTALL)
_ABOUT = re.compile(r"约|近|大概|大约|左右|上下|余|多|以上|以下|以内|[≥≤><]|超过|不少于|不超过|至少|最多|不足|\+$")
_BRACKET = re.compile(r"\([^()]*\)")
_CHINESE = re.compile(r"[〇零○一二两俩三四五六七八九十百千万亿廿卅]+")
_SHORT = re.compile(r"(.*[一二两三四五六七八九十])([百千万])([一二两三四五六七八九])")
_VAGUE = re.compile(r"[几数若干][十百千万]")
_TYPED_LETTERS = re.compile(r"(?=.*\d)[\dOoIl]+")
_DIGITS = {
    char: value
    for value, chars in enumerate(("〇零○", "一", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}

ABSURD_CAPACITY = 1_000_000
"""No site serves more people, holds more seats or has more square metres than this."""

AREA_UNITS = {"平方公里": 1e6, "平方千米": 1e6, "km2": 1e6, "公顷": 1e4, "ha": 1e4, "亩": 2000 / 3}
"""Square metres in one of each; whatever else stands behind an area is square metres."""


def to_number(cell: object) -> Value[float]:
    """
    Read a cell as a number.

    `30-40` is its lower end (a promise made on the safe side), `约60人` is 60, `1.2万` 12000, `80%` 0.8, `一百二十`
    120;
    each says what was done. What cannot be told is None with a rule.
    """
    kind = type(cell)
    if kind is float:
        return Value(cell) if math.isfinite(cell) else Value(None)  # type: ignore[arg-type]
    if kind is int or kind is bool:
        return Value(float(cell))  # type: ignore[arg-type]
    if cell is None:
        return Value(None)
    if isinstance(cell, datetime | date | clock):
        return Value(None, "date_in_number", "应为数字，单元格存成了日期（如 3-5 被自动改为3月5日），未采用", "warning")
    if isinstance(cell, str):
        return _number_in(cell)
    try:
        number = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return _unreadable()
    return Value(number) if math.isfinite(number) else Value(None)


def to_capacity(cell: object) -> Value[float]:
    """Read what a site can serve: a number that is neither negative nor absurd."""
    read = to_number(cell)
    if read.value is None:
        return read
    if isinstance(cell, str) and narrow(cell).endswith("%"):
        return Value(None, "number_unreadable", "写的是比例，不是数量，未采用", "warning")
    if read.value < 0:
        return Value(None, "capacity_negative", "服务能力为负数，未采用，请核对", "warning")
    if read.value > ABSURD_CAPACITY:
        return Value(None, "capacity_absurd", "服务能力大得不合理，未采用，请核对", "warning")
    return read


def to_area(cell: object, unit: str = "") -> Value[float]:
    """Read an area as square metres; the unit in the cell goes before the one in the heading (`亩`, `公顷`)."""
    read = to_number(cell)
    if read.value is None:
        return read
    said = narrow(cell).lower() if isinstance(cell, str) else ""
    for word, square_metres in AREA_UNITS.items():
        if said.endswith(word) or ((said[-1:].isdigit() or not said) and unit == word):
            return Value(read.value * square_metres, "unit_converted", f"由{word}换算为平方米")
    return read


def chinese_number(text: str) -> int | None:
    """Read a whole number in Chinese: `十二`, `一百二十`, `两千零五`, `三万`, and digit by digit `二〇二三`."""
    if not _CHINESE.fullmatch(text):
        return None
    if all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total = section = digit = 0
    if (short := _SHORT.fullmatch(text)) is not None:  # 一百二 is 120, 一万二 12000
        text = short[1] + short[2] + short[3] + {"百": "十", "千": "百", "万": "千"}[short[2]]
    for char in text.replace("廿", "二十").replace("卅", "三十"):
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
        else:
            total = (total + (section + digit or 1)) * {"万": 10_000, "亿": 100_000_000}[char]
            section = digit = 0
    return total + section + digit


def _number_in(cell: str) -> Value[float]:
    text = narrow(cell).lstrip("'`‘’").rstrip(";；。")
    if _PLAIN.fullmatch(text):
        number = float(text)
        return Value(number) if math.isfinite(number) else _unreadable()
    if text.lower() in EMPTY_WORDS or not text.strip("—-－/×_"):
        return Value(None)
    if text.upper() in FORMULA_ERRORS:
        return Value(None, "formula_error", "公式出错的单元格按空白处理，请改正", "warning")
    if _TYPED_LETTERS.fullmatch(text):
        number = float(text.translate(str.maketrans("OoIl", "0011")))
        return Value(number, "letters_for_digits", f"数字0、1写成了字母O、l，按{number:g}采用，请核对", "warning")
    text = _THOUSANDS.sub(lambda found: found.group().replace(",", ""), text)
    if _PLAIN.fullmatch(text):
        return Value(float(text))
    if re.fullmatch(rf"[+-]?{_AMOUNT}%", text):
        return Value(float(text[:-1]) / 100)
    return _spoken(text)


def _spoken(text: str) -> Value[float]:
    """Read a number with words around it."""
    between = _RANGE.search(text)
    if between is not None:
        scale = between[2] or between[4]
        low = float(between[1]) * _SCALES[scale]
        return Value(low, "number_range", "数值为区间，按下限采用", "warning")
    main = _BRACKET.sub("", text) or text
    first = _FIRST.fullmatch(main)
    if first is None:
        return _in_chinese(main)
    before, amount, scale, after = first.groups()
    if "," in after or re.search(r"[a-z]{3}", before):
        return _unreadable()
    number = float(amount) * _SCALES[scale]
    if re.search(r"\d", re.sub(r"k?m[23]", "", after)):
        return Value(number, "number_several", "单元格里有几个数，只取第一个，请核对", "warning")
    if _ABOUT.search(before + after):
        return Value(number, "number_approximate", f"约数，按{number:g}采用")
    return Value(number, "number_unit", f"去掉单位文字，按{number:g}采用")


def _in_chinese(text: str) -> Value[float]:
    found = _CHINESE.search(text)
    number = chinese_number(found.group()) if found else None
    rest = text.replace(found.group(), "", 1) if found else text
    if number is None or _VAGUE.search(text) or _CHINESE.search(rest) or len(rest) > 6:
        return _unreadable()
    return Value(float(number), "number_in_chinese", f"中文数字，按{number}采用")


def _unreadable() -> Value[float]:
    return Value(None, "number_unreadable", "不是数字，未采用", "warning")
