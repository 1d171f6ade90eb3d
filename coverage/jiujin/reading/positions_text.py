"""
Positions as people type them: degrees, degrees-minutes-seconds in every writing, and both numbers in one cell.

    angles("东经117°12′30″，北纬36°33′")  ->  [Angle(117.2083…, "lon"), Angle(36.55, "lat")]
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Axis = Literal["lon", "lat"]


class Angle(NamedTuple):
    """One number of a position: its value, the axis if the text names it, whether it was degrees-minutes-seconds."""

    value: float
    axis: Axis | None
    dms: bool


# signs that the folding would turn into letters or break apart, and white space that parts two numbers
_KEPT = str.maketrans(
    {**dict.fromkeys("º˚゜ﾟ⁰ᵒ○", "°"), **dict.fromkeys("′´ˊ‵ʹʼ", "'"), **dict.fromkeys("″‶ʺ˝〝〞〟", '"')}
    | dict.fromkeys("\n\r\t", " ")
)

_ABSENT_WORDS = """
/ \\ - — – － 无 空 na n/a nan null none 暂无 待定 待采集 未采集 未采 未定位 待补 待补充 待核实 未知 不详 没有 缺
× x ? ？ … . 、 流动 移动 流动服务 不固定 无固定 无固定地点 #n/a #ref! #value!
"""
ABSENT = frozenset(_ABSENT_WORDS.split()) | {""}
"""What people write into a cell that has no position; compared in lower case."""

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x1f\x7f]")
_DEGREE = r"[°º˚度。]"
_MINUTE = r"['′‘’`´ˊˋ分]"
_SECOND = r"(?:[\"″“”〃秒]|['′‘’`´]{2})"
_NUMBER = r"\d+(?:\.\d+)?"
_NAMED = r"[EWNSewns东西南北]"
_ANGLE = re.compile(
    rf"(?P<before>{_NAMED})?\s*(?:[经纬]度?)?\s*[:=]?\s*(?P<sign>-)?\s*(?P<degree>{_NUMBER})\s*"
    rf"(?:{_DEGREE}\s*(?:(?P<minute>{_NUMBER})\s*(?:{_MINUTE}(?![′'’])\s*(?:(?P<second>{_NUMBER})\s*{_SECOND}?)?)?)?)?\s*"
    rf"(?(before)|(?P<after>{_NAMED}))?(?![\d.])"
)
_USUAL = (
    r"(?P<before>[EN]|东经|北纬)?(?P<degree>[0-9]{1,3})[°度](?P<minute>[0-9]{1,2})[′'分]"
    r"(?P<second>[0-9]{1,2}(?:\.[0-9]+)?)[″\"秒]?(?P<after>[EN])?"
)
_PLAIN = re.compile(_USUAL)
_PLAIN_PAIR = re.compile(r"(\d{1,3}\.\d+)(?:[,，、;；]\s*|\s+)(\d{1,3}\.\d+)")
_SEPARATED = re.compile(
    rf"^(?P<before>{_NAMED})?\D{{0,3}}(?P<degree>\d{{1,3}})\s*(?P<gap>[-:\s_])\s*(?P<minute>\d{{1,2}})\s*(?P=gap)\s*"
    rf"(?P<second>\d{{1,2}}(?:\.\d+)?)\D{{0,3}}?(?P<after>{_NAMED})?$"
)
_DOTTED = re.compile(r"(?<![\d.])(\d{2,3})\.(\d{2})\.(\d{2}(?:\.\d+)?)(?![\d.])")  # 117.12.30
_TORN_POINT = re.compile(r"(?<=\d)(?:\s+\.\s*|\.\s+)(?=\d)|(?<=\d)。(?=\d{3})")  # 117. 2083、117。2083
_TYPED_LETTERS = re.compile(r"(?<=[\d.])(?:[oOlI]+(?=[\d.])|[oO]+$)")
_AS_DIGITS = str.maketrans("oOlI", "0011")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_POINT = re.compile(r"^(?:srid=\d+;)?\s*(?:point|点)\s*z?m?\s*\(", re.IGNORECASE)
_KEYS = re.compile(r"[\"']?(?:longitude|latitude|lng|lon|lat|经度|纬度|坐标|x|y)[\"']?\s*[:=]", re.IGNORECASE)
_LATITUDE_FIRST = re.compile(r"^\W*(?:latitude|lat|纬度|北纬|[nN])(?:\W|\d)", re.IGNORECASE)
_NEGATIVE = frozenset("WSws西南")
_AXES: dict[str, Axis] = {**dict.fromkeys("EWew东西", "lon"), **dict.fromkeys("NSns北南", "lat")}


def clean(cell: object) -> str:
    """Fold full-width forms, drop invisible characters, trim."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # as the spreadsheet shows it
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", str(cell).translate(_KEPT))).strip().lstrip("'‘’`+ ")


def angles(cell: object) -> list[Angle]:
    """
    Read the one or two numbers of a position out of a cell; an empty list where the text is no position.

    Of two numbers the longitude comes first if the text says which is which, else they stay as written.
    """
    if isinstance(cell, str) and (plain := _PLAIN.fullmatch(cell) or _PLAIN_PAIR.fullmatch(cell)):  # the usual ones
        if plain.re is _PLAIN_PAIR:
            return [Angle(float(number), None, dms=False) for number in plain.groups()]
        return [angle] if (angle := _angle(plain)) else []
    text = clean(cell)
    if text.lower() in ABSENT:
        return []
    text = _TORN_POINT.sub(".", text)
    if _THOUSANDS.fullmatch(text):
        return [Angle(float(text.replace(",", "")), None, dms=False)]
    latitude_first = bool(_LATITUDE_FIRST.match(text))
    text = _KEYS.sub(" ", _POINT.sub("(", text)).strip("()[]{}<>（）【】 ,;\"'" if _bracketed(text) else " ,;")
    parts = [part for part in re.split(r"\s*[,;、|/]\s*", text) if part]
    if len(parts) == 2 and _decimal_comma(parts):
        parts = [".".join(parts)]
    found = [angle for part in parts for angle in _part(part)]
    if len(found) > 3 or (len(found) == 3 and not _point_with_height(found)):
        return []
    found = found[:2]
    if len(found) == 2 and (found[0].axis == "lat" or found[1].axis == "lon" or (latitude_first and not found[0].axis)):
        found.reverse()
    return found


def plain_angles(texts: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """
    Read degrees-minutes-seconds in their usual writing, all at once: the values, and the axis each names.

    NaN, None where a text is written in another way, which `angles` may still read. Same numbers as `angles`.
    """
    import pyarrow as pa
    from pyarrow import compute

    try:
        cells = pa.array(texts, pa.string())
    except UnicodeEncodeError:  # half a character, which no file can hold
        return np.full(texts.size, np.nan), np.full(texts.size, None, object)
    before, degree, minute, second, after = compute.extract_regex(cells, f"^{_USUAL}$").flatten()
    d, m, s = (part.cast(pa.float64()).to_numpy(zero_copy_only=False) for part in (degree, minute, second))
    good = (m < 60) & (s < 60)
    letter = compute.utf8_slice_codeunits(compute.binary_join_element_wise(before, after, ""), 0, 1)
    named = letter.to_numpy(zero_copy_only=False)
    axis = np.full(texts.size, None, object)
    axis[np.isin(named, ("E", "东"))], axis[np.isin(named, ("N", "北"))] = "lon", "lat"
    return np.where(good, d + m / 60 + s / 3600, np.nan), axis


def _bracketed(text: str) -> bool:
    return text[:1] in "([{<（【" or bool(_POINT.match(text))


def _decimal_comma(parts: list[str]) -> bool:
    whole, fraction = parts
    return whole.isdecimal() and fraction.isdecimal() and len(whole) <= 3 and float(fraction) > 180


def _point_with_height(found: list[Angle]) -> bool:
    return not any(angle.dms or angle.axis for angle in found)


def _part(text: str) -> list[Angle]:
    text = _DOTTED.sub(r"\1:\2:\3", text)
    separated = _SEPARATED.match(text)
    if separated:
        angle = _angle(separated)
        return [angle] if angle else []
    words = text.split()
    if len(words) == 6 and all(re.fullmatch(_NUMBER, word) for word in words):
        return _part(" ".join(words[:3])) + _part(" ".join(words[3:]))
    if len(words) == 2 and all(_SEPARATED.match(word) for word in words):
        return _part(words[0]) + _part(words[1])
    found: list[Angle] = []
    at = 0
    for match in _ANGLE.finditer(_letters_as_digits(text)):
        angle = _angle(match)
        between = text[at : match.start()]
        if angle is None or re.search(r"[^\s()度经纬]", between):
            return []
        found.append(angle)
        at = match.end()
    return found if not re.search(r"[^\s()\"'°度]", text[at:]) else []


def _letters_as_digits(text: str) -> str:
    # a typed O or l between digits is a 0 or a 1; elsewhere letters are left to fail
    return _TYPED_LETTERS.sub(lambda run: run.group().translate(_AS_DIGITS), text)


def has_letters_for_digits(cell: object) -> bool:
    """Whether a number in this cell was typed with the letters O, l or I for 0 and 1."""
    return isinstance(cell, str) and _TYPED_LETTERS.search(clean(cell)) is not None


def _angle(match: re.Match[str]) -> Angle | None:
    parts = match.groupdict()
    degree, minute, second = (float(parts[key] or 0) for key in ("degree", "minute", "second"))
    if minute >= 60 or second >= 60:
        return None
    letter = (parts["before"] or parts["after"] or "")[:1]
    value = degree + minute / 60 + second / 3600
    if parts.get("sign") or letter in _NEGATIVE:
        value = -value
    return Angle(value, _AXES.get(letter), parts["minute"] is not None)
