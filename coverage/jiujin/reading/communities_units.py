"""
What a layer or a list says about each community: code, name, township, statistical class, committee, totals.

Two splits of town and country are kept apart, because a quarter of all village committees stand in town: the
statistical class (1xx urban, 2xx rural), by which reach is decided, and the kind of committee.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from jiujin.errors import Problem
from jiujin.reading.layers_columns import matched_columns
from jiujin.reading.values import clean_text, normal_name, to_code, to_number
from jiujin.tables import GROUPS, RURAL, URBAN, Table

CLASS_CODES = {
    "111": "主城区",
    "112": "城乡结合区",
    "121": "镇中心区",
    "122": "镇乡结合区",
    "123": "特殊区域",
    "210": "乡中心区",
    "220": "村庄",
}
_CLASS_WORDS = {
    **dict.fromkeys(("urban", "城镇", "城市", "城区", "镇区", "城", "镇", "市区", "1", "town", "city"), URBAN),
    **dict.fromkeys(("rural", "乡村", "农村", "村", "乡", "2", "village", "country"), RURAL),
}
_COMMITTEES = {"居委会": ("居委", "居民委员会", "社区", "居民"), "村委会": ("村委", "村民委员会", "行政村", "村")}

UNIT_COLUMNS = ("code", "name", "township", "class", "committee")


def units_of(frame: pd.DataFrame, table: Table, *, file: str, rows: Iterable[int]) -> pd.DataFrame:
    """
    Take the columns of `COMMUNITIES` out of a layer or list, as text, missing values as None.

    `class` is still what the file writes; the totals of population groups are numbers. `file` and `row` say where each
    unit stands.
    """
    fields = matched_columns([str(name) for name in frame.columns if name != "geometry"], table)
    units = pd.DataFrame(index=pd.RangeIndex(len(frame)))
    for column in UNIT_COLUMNS:
        cells = frame[fields[column]].tolist() if column in fields else [None] * len(frame)
        if column == "code":
            read = [to_code(cell) for cell in cells]
            units["lost"] = [value.rule == "code_lost_digits" for value in read]
            units["code"] = pd.Series([value.value for value in read], dtype=object)
        else:
            units[column] = pd.Series([clean_text(cell) for cell in cells], dtype=object)
    for column in GROUPS:
        if column in fields:
            numbers = [to_number(cell).value for cell in frame[fields[column]].tolist()]
            units[column] = np.array(numbers, np.float64)
    units["file"], units["row"] = file, list(rows)
    units.attrs["has"] = set(fields)
    return units


def same_name(text: str | None) -> str:
    """Reduce a name to what joins it; the empty text where there is none."""
    return "" if text is None else normal_name(text)


def with_classes(units: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Give every unit its class, class code and committee; an unreadable class is urban and listed."""
    read = [read_class(raw) for raw in units["class"]]
    problems: list[Problem] = []
    if len(units) and units["class"].isna().all():
        problems.append(_no_class(units))
    else:
        problems += [_unreadable(units, row) for row, found in enumerate(read) if found is None]
    classes = [URBAN if found is None else found[0] for found in read]
    codes = [None if found is None else found[1] for found in read]
    committees = [
        read_committee(*cells) for cells in zip(units["code"], units["committee"], units["name"], strict=True)
    ]
    made = units.assign(**{
        "class": pd.Series(classes, units.index, object),
        "class_code": pd.Series(codes, units.index, object),
        "committee": pd.Series(committees, units.index, object),
    })  # fmt: skip
    return made, problems


def read_class(raw: str | None) -> tuple[str, str | None] | None:
    """Read a statistical class: (`urban` | `rural`, code or None); None when it cannot be read."""
    if raw is None:
        return None
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", str(raw))).lower()
    if found := re.fullmatch(r"([12])\d\d", re.sub(r"\.0+$", "", text)):
        return (URBAN if found[1] == "1" else RURAL), found[0]
    if found := re.match(r"(1[12][123]|2[12]0)(?!\d)", text):  # “111主城区”
        return read_class(found[1])
    for code, label in CLASS_CODES.items():
        if label in text:
            return read_class(code)
    stem = re.sub(r"(?:类|型|地区|区域|社区)$", "", text)
    known = _CLASS_WORDS.get(text) or _CLASS_WORDS.get(stem)
    return None if known is None else (known, None)


def read_committee(code: str | None, stated: str | None, name: str | None) -> str | None:
    """Tell 居委会 or 村委会: by digits 10 to 12 of a 12-digit code, else by the stated kind, else by the name."""
    if code is not None and re.fullmatch(r"\d{12}", code):
        number = int(code[9:])
        if 1 <= number < 200 or 400 <= number < 500:
            return "居委会"
        if 200 <= number < 400 or 500 <= number < 600:
            return "村委会"
    for text in (stated, name):
        for committee, words in _COMMITTEES.items():
            if text is not None and text.endswith(words + tuple(f"{word}会" for word in words)):
                return committee
    return None


def with_codes(units: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Give a code to every unit that has none: its township and name, `#2` for a repeat.

    Such a code does not depend on the order of the rows. Codes that lost their last digits are listed.
    """
    problems: list[Problem] = []
    codes = units["code"].tolist()
    missing = [row for row, code in enumerate(codes) if code is None]
    named = sorted(missing, key=lambda row: (_made(units, row), str(units["name"].iloc[row]), units["row"].iloc[row]))
    counts: dict[str, int] = {}
    taken = {code for code in codes if code is not None}
    for row in named:
        stem = _made(units, row)
        counts[stem] = counts.get(stem, 0) + 1
        codes[row] = stem if counts[stem] == 1 and stem not in taken else f"{stem}#{max(counts[stem], 2)}"
    if missing:
        problems.append(_coded(units, missing))
    problems += [_lost_digits(units, int(row)) for row in np.flatnonzero(units["lost"])]
    return units.assign(code=pd.Series(codes, units.index, object)), problems


def _made(units: pd.DataFrame, row: int) -> str:
    name, township = units["name"].iloc[row], units["township"].iloc[row]
    if name is None:
        return f"{township or '社区'}:第{units['row'].iloc[row]}个"
    return f"{township}:{name}" if township else name


def _coded(units: pd.DataFrame, missing: list[int]) -> Problem:
    file = units["file"].iloc[missing[0]]
    whole = "图层没有编码" if len(missing) == len(units) else f"{len(missing)} 个社区（村）没有编码"
    return Problem(
        severity="warning", rule="missing_code", file=file, column="code", found=whole,
        row=None if len(missing) > 1 else int(units["row"].iloc[missing[0]]),
        wanted="12 位统计用区划代码", action="以乡镇和名称代替编码",
    )  # fmt: skip


def _no_class(units: pd.DataFrame) -> Problem:
    return Problem(
        severity="warning", rule="unreadable_class", file=str(units["file"].iloc[0]), column="class",
        found=f"{len(units)} 个社区（村）都没有城乡分类",
        wanted="城乡分类代码（1xx 城镇，2xx 乡村），或 城镇/乡村",
        action="全部按城镇计算",
    )  # fmt: skip


def _unreadable(units: pd.DataFrame, row: int) -> Problem:
    raw, name = units["class"].iloc[row], units["name"].iloc[row] or units["code"].iloc[row]
    return Problem(
        severity="warning", rule="unreadable_class", file=units["file"].iloc[row], row=int(units["row"].iloc[row]),
        column="class",
        found=f"{name} 没有城乡分类" if raw is None else f"{name} 的城乡分类无法识别：{raw}",
        wanted="城乡分类代码（1xx 城镇，2xx 乡村），或 城镇/乡村",
        action="按城镇计算",
    )  # fmt: skip


def _lost_digits(units: pd.DataFrame, row: int) -> Problem:
    return Problem(
        severity="warning", rule="code_lost_digits", file=units["file"].iloc[row], row=int(units["row"].iloc[row]),
        column="code", found="编码末几位已丢失（以文本以外的格式保存过）", wanted="12 位统计用区划代码",
        action="请以文本格式重新填写编码",
    )  # fmt: skip
