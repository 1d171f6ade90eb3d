"""Cells as days, in every writing that offices use; a date that states less than a day means its last day."""

from __future__ import annotations

import math
import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from jiujin.reading.values_numbers import chinese_number
from jiujin.reading.values_text import EMPTY_WORDS, FORMULA_ERRORS, Value, narrow

FIRST_YEAR, LAST_YEAR = 1900, 2100

_EPOCH_1900, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_SERIALS = range(18_264, 73_051)  # 1950 to 2099; as bare numbers, lower ones are more likely something else
_SEPARATOR = r"[年./\-\\、,_。·]"
_DAY = re.compile(rf"(\d{{4}}|\d{{2}}){_SEPARATOR}(\d{{1,2}})[月./\-\\、,_。·](\d{{1,2}})(?:[日号]|)")
_MONTH = re.compile(rf"(\d{{4}}|\d{{2}}){_SEPARATOR}(\d{{1,2}})(?:月份?|)")
_YEAR = re.compile(r"(\d{4}|\d{2}(?=年))年?(?:度)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_PART_OF_MONTH = re.compile(rf"(\d{{4}}|\d{{2}}){_SEPARATOR}(\d{{1,2}})月?(上旬|中旬|下旬|初|中|底|末)")
_PART_OF_YEAR = re.compile(
    r"(\d{4})年?(年初|年中|年底|年末|初|中|底|末|上半年|下半年|第?[一二三四1-4]季度|[qQ][1-4]|[春夏秋冬]季?)"
)
_ENDS = {
    "初": (1, 31), "中": (6, 30), "底": (12, 31), "末": (12, 31), "上半年": (6, 30), "下半年": (12, 31),
    "一": (3, 31), "二": (6, 30), "三": (9, 30), "四": (12, 31),
    "1": (3, 31), "2": (6, 30), "3": (9, 30), "4": (12, 31),
    "春": (5, 31), "夏": (8, 31), "秋": (11, 30), "冬": (12, 31),
}  # fmt: skip
_PLANS = {"十一五": 2010, "十二五": 2015, "十三五": 2020, "十四五": 2025, "十五五": 2030}
_STATES = re.compile(r"已?(?:建成|投用|运营|启用|投入使用|开业|完工|竣工)|在建|拟建|未建|筹建|建设中|装修中|是|否|√")
_TAIL = re.compile(
    r"(?:建成|投用|运营|启用|投入使用|开业|成立|竣工|完工|正式|开始|挂牌|揭牌|并|预计|计划|拟|已|于|初步|试|\(.*\))+"
)
_ABOUT = re.compile(r"约|大约|左右|前后|前|后|以来|至今|起")
_REPUBLIC = re.compile(r"民国(\d{1,3})(?=年)")
_OPENED = re.compile(
    r"(\d{4}[年./\-]\d{1,2}(?:[月./\-](?:\d{1,2}日?)?)?)[^\d,;。、]{0,4}(?:投用|投入|运营|启用|开业|开放)"
)
_CHINESE_PART = re.compile(r"([〇零○一二三四五六七八九十百廿卅]+)(?=年|月|日|号)")


def to_date(cell: object, *, epoch_1904: bool = False) -> Value[date]:
    """
    Read a cell as a day.

    A year or a month alone is its last day, with a rule; so is `2023年底`, `上半年`, the end of a range. The number
    2023.1 may
    have been October (2023.10) or January: the later is taken, and flagged. `epoch_1904` is how the workbook counts
    days.
    """
    if isinstance(cell, datetime):
        return _plausible(Value(cell.date()))
    if isinstance(cell, date):
        return _plausible(Value(cell))
    if cell is None or isinstance(cell, bool):
        return Value(None)
    if isinstance(cell, int | float):
        return Value(None) if not math.isfinite(cell) else _plausible(_from_number(float(cell), epoch_1904=epoch_1904))
    if not isinstance(cell, str):
        return _unreadable()
    text = narrow(_without_time(cell)).strip("'`;,。")
    if not text or text.lower() in EMPTY_WORDS or not text.strip("—-－/×_"):
        return Value(None)
    if text.upper() in FORMULA_ERRORS:
        return Value(None, "formula_error", "公式出错的单元格按空白处理，请改正", "warning")
    return _plausible(_from_text(text, epoch_1904=epoch_1904))


def last_day(year: int, month: int = 12) -> date:
    """Give the last day of a month, or of a year."""
    return date(year, month, monthrange(year, month)[1])


def _without_time(text: str) -> str:
    return re.sub(r"(?<=[\d日号])(?:T|\s*)(?:上午|下午)?\d{1,2}[:：]\d{2}.*$", "", text.strip())


def _from_number(number: float, *, epoch_1904: bool) -> Value[date]:
    whole = int(number)
    if number == whole:
        if FIRST_YEAR <= whole <= LAST_YEAR:
            return _year(whole)
        if whole in _SERIALS:
            return _serial(number, epoch_1904=epoch_1904)
        return _from_text(str(whole), epoch_1904=epoch_1904)
    if whole in _SERIALS:
        return _serial(number, epoch_1904=epoch_1904)
    if number == round(whole + 0.1, 1) and (FIRST_YEAR <= whole <= LAST_YEAR or 0 < whole < 100):
        year = whole if whole >= FIRST_YEAR else _full_year(whole)
        note = f"存成数字{number:g}，分不清是1月还是10月，按{year}年10月末计，请核对"
        return Value(last_day(year, 10), "date_ambiguous", note, "warning")
    return _from_text(repr(number), epoch_1904=epoch_1904)


def _from_text(text: str, *, epoch_1904: bool) -> Value[date]:
    text = _CHINESE_PART.sub(lambda found: str(chinese_number(found[1])), text)
    if _REPUBLIC.search(text):
        own = _from_text(_REPUBLIC.sub(lambda found: str(1911 + int(found[1])), text), epoch_1904=epoch_1904)
        return (
            Value(own.value, "date_from_text", f"由民国纪年换算为{own.value}，请核对", "warning") if own.value else own
        )
    read = _written(text, epoch_1904=epoch_1904)
    if read is not None:
        return read
    for plan, year in _PLANS.items():
        if plan in text:
            return Value(last_day(year), "date_vague", f"只写了时期，按{year}年末计", "warning")
    halves = re.split(r"--|—+|–|~|至|到|(?<=[\d年月日])-(?=\d{4})", text, maxsplit=1)
    months = re.fullmatch(r"(\d{4}年)\d{1,2}月?[-—–~至到](\d{1,2}月)", text)
    if months is not None:
        halves = [months[1], months[1] + months[2]]
    if len(halves) == 2:
        end = _written(halves[1], epoch_1904=epoch_1904) or _written(
            text[: text.find("年") + 1] + halves[1], epoch_1904=epoch_1904
        )
        if end is not None and end.value is not None and re.match(r"\d{2}", halves[0]):
            return Value(end.value, "date_range", f"写的是一段时间，按最后一天{end.value}计", "warning")
    return _within(text, epoch_1904=epoch_1904)


def _within(text: str, *, epoch_1904: bool) -> Value[date]:
    """Read a date with words around it; a cell that tells a state instead of a date says so."""
    bare = _ABOUT.sub("", _TAIL.sub("", text))
    read = _written(bare, epoch_1904=epoch_1904) if bare != text else None
    if read is not None and read.value is not None:
        if _ABOUT.search(_TAIL.sub("", text)):
            return Value(read.value, "date_vague", f"写法不确定，按{read.value}计", "warning")
        return read
    if _STATES.fullmatch(text):
        return Value(None, "date_is_status", "时间栏写的是状态，没有日期", "warning")
    opened = _OPENED.search(text) if len(re.findall(r"(?:19|20)\d{2}", text)) > 1 else None
    text = opened[1] if opened else text
    found = _DAY.search(text) or _MONTH.search(text) or re.search(r"(?:19|20)\d{2}(?=年)", text)
    read = _written(found.group(), epoch_1904=epoch_1904) if found else None
    if read is not None and read.value is not None:
        return Value(read.value, "date_from_text", f"从文字中读出{read.value}，请核对", "warning")
    return _unreadable()


def _written(text: str, *, epoch_1904: bool) -> Value[date] | None:
    """Read a text that is a date and nothing else; None when it is not one."""
    if found := _DAY.fullmatch(text):
        return _day(found[1], int(found[2]), int(found[3]))
    if found := _MONTH.fullmatch(text):
        return _month(found[1], int(found[2]))
    if found := _YEAR.fullmatch(text):
        return _year(_full_year(int(found[1])) if len(found[1]) == 2 else int(found[1]))
    if found := _PART_OF_MONTH.fullmatch(text):
        return _part_of_month(found[1], int(found[2]), found[3])
    if found := _PART_OF_YEAR.fullmatch(text):
        year, part = (
            int(found[1]),
            found[2].lower().removeprefix("年").removeprefix("第").removeprefix("q").removesuffix("季"),
        )
        month, day = _ENDS[part.removesuffix("季度")]
        return Value(date(year, month, day), "date_vague", f"只写了大致时间，按{year}年{month}月{day}日计")
    if found := _DAY_FIRST.fullmatch(text):
        return _day_first(int(found[1]), int(found[2]), int(found[3]))
    return _digits(text, epoch_1904=epoch_1904)


def _digits(text: str, *, epoch_1904: bool) -> Value[date] | None:
    """Read `20230601`, `202306` and serial numbers that became text."""
    text = text.removesuffix(".0")
    if not re.fullmatch(r"\d{5,8}(?:\.\d+)?", text):
        return None
    if len(text) == 8 and text.isdigit():
        return _day(text[:4], int(text[4:6]), int(text[6:]))
    if len(text) == 6 and text.isdigit() and 1 <= int(text[4:]) <= 12 and FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        return _month(text[:4], int(text[4:]))
    return _serial(float(text), epoch_1904=epoch_1904) if int(float(text)) in _SERIALS else None


def _serial(number: float, *, epoch_1904: bool) -> Value[date]:
    day = (_EPOCH_1904 if epoch_1904 else _EPOCH_1900) + timedelta(days=int(number))
    return Value(day, "date_serial", f"由日期序号换算为{day}")


def _day(year: str, month: int, day: int) -> Value[date]:
    full = int(year) if len(year) == 4 else _full_year(int(year))
    try:
        read = date(full, month, day)
    except ValueError:
        return Value(None, "date_impossible", "没有这一天，未采用", "warning")
    if len(year) == 2:
        return Value(read, "date_two_digit_year", f"年份只写两位，按{read}计", "warning")
    return Value(read)


def _month(year: str, month: int) -> Value[date]:
    full = int(year) if len(year) == 4 else _full_year(int(year))
    if not 1 <= month <= 12 or not FIRST_YEAR <= full <= LAST_YEAR:
        return Value(None, "date_impossible", "没有这个月份，未采用", "warning")
    read = last_day(full, month)
    if len(year) == 2:
        return Value(read, "date_two_digit_year", f"年份只写两位，按{read}计", "warning")
    return Value(read, "date_month_only", f"只写到月，按当月最后一天{read}计")


def _year(year: int) -> Value[date]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return _unreadable()
    return Value(last_day(year), "date_year_only", f"只写到年，按{year}年12月31日计")


def _part_of_month(year: str, month: int, part: str) -> Value[date]:
    read = _month(year, month)
    if read.value is None:
        return read
    day = {"上旬": 10, "中旬": 20, "初": 10, "中": 20}.get(part, read.value.day)
    return Value(read.value.replace(day=day), "date_vague", f"只写了大致时间，按{read.value.replace(day=day)}计")


def _day_first(first: int, second: int, year: int) -> Value[date]:
    """Read `6/1/2023`: a spreadsheet set to English writes the month first."""
    month, day = (second, first) if first > 12 else (first, second)
    read = _day(str(year), month, day)
    if read.value is None or first > 12 or second > 12 or first == second:
        return read
    return Value(read.value, "date_ambiguous", f"月、日先后不明，按{read.value}计，请核对", "warning")


def _full_year(two_digits: int) -> int:
    return two_digits + (2000 if two_digits <= 50 else 1900)


def _plausible(read: Value[date]) -> Value[date]:
    if read.value is not None and not FIRST_YEAR <= read.value.year <= LAST_YEAR:
        return Value(None, "date_impossible", "年份不合理，未采用", "warning")
    return read


def _unreadable() -> Value[date]:
    return Value(None, "date_unreadable", "不是日期，按没有日期处理", "warning")
