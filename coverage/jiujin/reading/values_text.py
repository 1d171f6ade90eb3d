"""
Cells as text: what office tables leave in a cell besides what was meant, and names that can be compared.

A cell is whatever the file holds: text, number, boolean, date or None. Nothing here knows a table.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time
from importlib.resources import files
from typing import Generic, NamedTuple, TypeVar

from jiujin.errors import Problem, Severity

T = TypeVar("T")


class Value(NamedTuple, Generic[T]):
    """What a cell says (None: nothing, or nothing readable), and what had to be done or doubted to read it."""

    value: T | None
    rule: str = ""
    note: str = ""
    severity: Severity = "info"

    def problem(self, cell: object, *, wanted: str = "") -> Problem | None:
        """Tell the doubt as a problem still without a place; None when the cell was plain."""
        if not self.rule:
            return None
        shown = "" if cell is None else _said(cell).strip()
        return Problem(severity=self.severity, rule=self.rule, found=shown, wanted=wanted, action=self.note)


WORDS = tomllib.loads(files("jiujin.reading").joinpath("words.toml").read_text(encoding="utf-8"))
"""The words of `words.toml`."""

EMPTY_WORDS = frozenset(WORDS["empty"].split())
"""The ways to write nothing."""

FORMULA_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
DITTO_WORDS = frozenset(WORDS["ditto"].split())
"""Cells that repeat the cell above."""

_DIRT = re.compile(
    r"[\x00-\x20\x7f-\xa0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff']"
)
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_BREAK_IN_CHINESE = re.compile(rf"(?<=[{_CJK}])\s*[\r\n\v\f\x85\u2028\u2029]+\s*(?=[{_CJK}])")
_NARROW = re.compile("[0-9A-Za-z\u4e00-\u9fff]+")
_PLAIN = re.compile("[0-9a-z\u4e00-\u9fff]+")
_UNREADABLE = re.compile("[\ufffd\u25a1\ue000-\uf8ff\U000f0000-\U0010fffd]")


def clean_text(cell: object) -> str | None:
    """
    Read a cell as text: without invisible characters, padding, apostrophe or `.0`; None for every way to write nothing.

    A line break inside a Chinese name closes up (`南关社区⏎助老食堂`), elsewhere it becomes one space.
    """
    if type(cell) is str:
        text = cell if _DIRT.search(cell) is None else _swept(cell)
    elif cell is None:
        return None
    else:
        text = _said(cell)
    if len(text) <= 6 and (
        not text or text.lower() in EMPTY_WORDS or text in FORMULA_ERRORS or not text.strip("—-－/／×_")
    ):
        return None
    return text if text not in FORMULA_ERRORS else None


def clean_texts(cells: Iterable[object]) -> list[str | None]:
    """Read a column as text, each way of writing once: as `clean_text`."""
    heard: dict[object, str | None] = {}
    texts = []
    for cell in cells:
        if type(cell) is not str:
            texts.append(clean_text(cell))
            continue
        if cell not in heard:
            heard[cell] = clean_text(cell)
        texts.append(heard[cell])
    return texts


def clean_id(cell: object) -> str | None:
    """Read a cell as an id: as `clean_text`, but the letter x is an id, where elsewhere it strikes a cell out."""
    text = clean_text(cell)
    return str(cell).strip() if text is None and isinstance(cell, str) and cell.strip() in {"x", "X"} else text


def to_text(cell: object) -> Value[str]:
    """Read a cell as text, and say so where a formula failed or characters were lost on the way."""
    text = clean_text(cell)
    if text is None:
        if isinstance(cell, str) and cell.strip() in FORMULA_ERRORS:
            return Value(None, "formula_error", "公式出错的单元格按空白处理，请改正", "warning")
        return Value(None)
    if _UNREADABLE.search(text):
        return Value(text, "unreadable_character", "含无法显示的字（生僻字或乱码），请核对", "warning")
    return Value(text)


def narrow(text: str) -> str:
    """Make full-width letters, digits and punctuation half-width (NFKC); drop white space and what is invisible."""
    if _NARROW.fullmatch(text):
        return text  # nearly every name in a ledger
    return re.sub(r"\s+", "", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))


def plain_name(text: str) -> str:
    """Reduce a name to what tells it apart: width, letter case, spaces, and the way of bracketing do not."""
    if _PLAIN.fullmatch(text):
        return text
    name = narrow(text).lower()
    name = name.translate(_SAME_PUNCTUATION)
    return name.strip(".,;:'\"-_") or name


_SAME_PUNCTUATION = str.maketrans(
    {"【": "(", "】": ")", "[": "(", "]": ")", "〔": "(", "〕": ")", "{": "(", "}": ")"} | dict.fromkeys("·•・‧●．", "")
)
_COMMITTEE = re.compile(
    r"(?:社区)?(?:居民委员会|村民委员会|居民委员|村民委员|居委会|村委会|居委|村委|村居委会|村居委员会|居会|居员会|村员会|员会|村会|委员会)$"
)
_UNIT = re.compile(r"(?:行政村|社区村|社区|村|居)$")


def normal_name(text: str, prefixes: tuple[str, ...] = ()) -> str:
    """
    Reduce the name of a community or village to what joins it: `南关社区居委会`, `南关社区` and `南关` are one.

    `prefixes` (names of the county or the township) are taken off in front. At least two characters stay, so that
    `新村` remains itself. Names of two units may meet (`大李村`, `大李社区`): join inside a township, and check.
    """
    name = plain_name(text)
    for prefix in prefixes:
        front = plain_name(prefix)
        if front and name.startswith(front) and len(name) - len(front) >= 2:
            name = name[len(front) :]
    while True:
        shorter = _COMMITTEE.sub("", name)
        shorter = _UNIT.sub("", shorter) if len(_UNIT.sub("", shorter)) >= 2 else shorter
        if shorter == name or len(shorter) < 1:
            return name
        name = shorter


def normal_township(text: str) -> str:
    """Reduce the name of a township: `南关街道办事处`, `南关街道`, `南关办` and `南关` are one."""
    name = re.sub(r"(?:人民政府|街道办事处|办事处|街道办|街办|街道|地区|开发区管委会|管委会)$", "", plain_name(text))
    shorter = re.sub(r"(?:镇|乡|办|街)$", "", name)
    return shorter if len(shorter) >= 2 else name


def _swept(text: str) -> str:
    text = _INVISIBLE.sub("", text)
    text = _BREAK_IN_CHINESE.sub("", text)
    text = " ".join(text.split())
    return text[1:].lstrip() if text.startswith("'") and text != "''" else text


def _said(cell: object) -> str:
    """Write a cell that is not text as a spreadsheet program would show it."""
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != time(0) else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
