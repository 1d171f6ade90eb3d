"""The facilities ledger as an office keeps it: titles, units, merged cells, dates written in many ways, totals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import xlsxwriter

from .names import COUNTY
from .offices import BUILDING, CLOSED, OPERATING, PLANNED, Site

_NOTE = "填报单位：示例县民政局    填报时间：2024年1月10日    坐标系：2000国家大地坐标系（CGCS2000）    单位：{unit}"
_STATUS = {
    OPERATING: ("运营", "正常运营", "运营中", "正常"),
    BUILDING: ("在建", "装修中"),
    PLANNED: ("拟建", "筹建"),
    CLOSED: ("停用", "停业"),
}
_KEEPERS = ("赵某", "钱某某", "孙某", "李某某", "周某", "吴某某")


def write_ledger(rng: np.random.Generator, path: Path, ledgers: dict[str, list[Site]]) -> None:
    """Write one sheet per service; the bytes depend on nothing but the arguments."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"title": f"{COUNTY}社区服务设施台账", "created": datetime(2024, 1, 10)})  # noqa: DTZ001
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    head = book.add_format(
        {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True, "bg_color": "#E8EEF4"}
    )
    cell = book.add_format({"border": 1, "valign": "vcenter"})
    day = book.add_format({"border": 1, "num_format": "yyyy/m/d"})
    formats = (title, head, cell, day)
    _canteens(rng, book.add_worksheet("助老食堂"), formats, ledgers["elderly_canteen"])
    _party(rng, book.add_worksheet("党群服务中心"), formats, ledgers["party_centre"])
    _rukang(rng, book.add_worksheet("如康家园"), formats, ledgers["rukang_home"])
    _health(rng, book.add_worksheet("社区卫生服务中心"), formats, ledgers["health_centre"])
    book.close()


Formats = tuple[xlsxwriter.format.Format, ...]
Sheet = xlsxwriter.worksheet.Worksheet


def _canteens(rng: np.random.Generator, sheet: Sheet, formats: Formats, sites: list[Site]) -> None:
    title, head, cell, _ = formats
    _top(sheet, title, ("附件1  示例县助老食堂基本情况台账", "家、个"), 11)
    names = [
        "序号",
        "乡镇（街道）",
        "村（社区）",
        "食堂名称",
        "地理坐标",
        "",
        "建成（投用）时间",
        "运营情况",
        "就餐座位数\n（个）",
        "负责人",
        "联系电话",
    ]
    for column, name in enumerate(names):
        if column not in {4, 5}:
            sheet.merge_range(2, column, 3, column, name, head)
    sheet.merge_range(2, 4, 2, 5, "地理坐标", head)
    sheet.write_row(3, 4, ["经度", "纬度"], head)
    sheet.set_column(0, 0, 5)
    sheet.set_column(1, 3, 20)
    sheet.set_column(4, 10, 13)
    first = 4
    for number, site in enumerate(sites):
        row = first + number
        sheet.write_row(row, 0, [number + 1, "", site.community, site.name, site.lon, site.lat], cell)
        _date(rng, sheet, (row, 6), formats, site.opened)
        sheet.write(row, 7, _status(rng, site.status), cell)
        sheet.write(row, 8, _seats(rng, site.size), cell)
        sheet.write_row(row, 9, _keeper(rng, number), cell)
    _merge_townships(sheet, cell, first, [site.township for site in sites])
    last = first + len(sites)
    sheet.write_row(
        last, 0, ["合计", "", "", f"{len(sites)}家", "", "", "", "", sum(site.size for site in sites), "", ""], head
    )
    sheet.write(last + 1, 0, "填表人：张某某    审核人：李某某")
    sheet.freeze_panes(4, 0)


def _party(rng: np.random.Generator, sheet: Sheet, formats: Formats, sites: list[Site]) -> None:
    title, head, cell, _ = formats
    _top(sheet, title, ("附件2  示例县党群服务中心情况统计表", "处、㎡"), 10)
    names = [
        "序号",
        "镇街",
        "所在村（社区）",
        "阵地名称",
        "经度",
        "纬度",
        "建筑面积（㎡）",
        "启用时间",
        "目前状态",
        "联系电话",
    ]
    sheet.write_row(2, 0, names, head)
    sheet.set_column(1, 3, 24)
    sheet.set_column(4, 9, 13)
    for number, site in enumerate(sites):
        row = 3 + number
        sheet.write_row(
            row, 0, [number + 1, site.township, site.community, site.name, site.lon, site.lat, site.size], cell
        )
        _date(rng, sheet, (row, 7), formats, site.opened)
        sheet.write(row, 8, _status(rng, site.status), cell)
        sheet.write(row, 9, _keeper(rng, number + 100)[1], cell)
    sheet.write_row(
        3 + len(sites),
        0,
        ["合计", "", "", f"{len(sites)}处", "", "", sum(site.size for site in sites), "", "", ""],
        head,
    )
    sheet.freeze_panes(3, 0)


def _rukang(rng: np.random.Generator, sheet: Sheet, formats: Formats, sites: list[Site]) -> None:
    title, head, cell, _ = formats
    _top(sheet, title, ("附件3  示例县如康家园情况表", "处、人"), 9)
    sheet.write_row(
        2, 0, ["序号", "乡镇街道", "名称", "东经", "北纬", "服务名额（人）", "投用时间", "运营状态", "负责人"], head
    )
    sheet.set_column(1, 8, 18)
    for number, site in enumerate(sites):
        row = 3 + number
        sheet.write_row(
            row, 0, [number + 1, site.township, site.name, _minutes(site.lon), _minutes(site.lat), site.size], cell
        )
        _date(rng, sheet, (row, 6), formats, site.opened)
        sheet.write(row, 7, _status(rng, site.status), cell)
        sheet.write(row, 8, _keeper(rng, number)[0], cell)
    sheet.write_row(
        3 + len(sites), 0, ["合计", "", f"{len(sites)}处", "", "", sum(site.size for site in sites), "", "", ""], head
    )


def _health(rng: np.random.Generator, sheet: Sheet, formats: Formats, sites: list[Site]) -> None:
    title, head, cell, _ = formats
    _top(sheet, title, ("附件4  示例县社区卫生服务中心（乡镇卫生院）一览表", "处、张"), 8)
    sheet.write_row(
        2, 0, ["序号", "乡镇（街道）", "机构名称", "经纬度", "床位数（张）", "成立时间", "运营状态", "联系电话"], head
    )
    sheet.set_column(1, 7, 22)
    for number, site in enumerate(sites):
        row = 3 + number
        where = f"{site.lon:.6f}，{site.lat:.6f}" if rng.random() < 0.4 else f"{site.lon:.6f},{site.lat:.6f}"
        sheet.write_row(row, 0, [number + 1, site.township, site.name, where, site.size], cell)
        _date(rng, sheet, (row, 5), formats, site.opened)
        sheet.write(row, 6, _status(rng, site.status), cell)
        sheet.write(row, 7, _keeper(rng, number)[1], cell)
    sheet.write_row(
        3 + len(sites), 0, ["合计", "", f"{len(sites)}处", "", sum(site.size for site in sites), "", "", ""], head
    )


def _top(sheet: Sheet, title: xlsxwriter.format.Format, words: tuple[str, str], columns: int) -> None:
    sheet.merge_range(0, 0, 0, columns - 1, words[0], title)
    sheet.merge_range(1, 0, 1, columns - 1, _NOTE.format(unit=words[1]))
    sheet.set_row(0, 28)


def _merge_townships(sheet: Sheet, cell: xlsxwriter.format.Format, first: int, townships: list[str]) -> None:
    start = 0
    for end in range(1, len(townships) + 1):
        if end < len(townships) and townships[end] == townships[start]:
            continue
        if end - start > 1:
            sheet.merge_range(first + start, 1, first + end - 1, 1, townships[start], cell)
        else:
            sheet.write(first + start, 1, townships[start], cell)
        start = end


def _date(rng: np.random.Generator, sheet: Sheet, at: tuple[int, int], formats: Formats, day: date) -> None:
    """Write a date in one of the ways that offices do."""
    _, _, cell, dated = formats
    ways: list[Callable[[], str]] = [
        lambda: f"{day.year}年{day.month}月",
        lambda: f"{day.year}.{day.month}",
        lambda: f"{day.year}-{day.month:02d}",
        lambda: f"{day.year}年{day.month}月{day.day}日",
        lambda: f"{day:%Y%m%d}",
        lambda: f"{day.year}年",
    ]
    way = int(rng.choice(8, p=[0.2, 0.16, 0.1, 0.1, 0.06, 0.04, 0.17, 0.17]))
    if way >= len(ways):
        sheet.write_datetime(*at, datetime(day.year, day.month, day.day), dated)  # noqa: DTZ001
        return
    sheet.write_string(*at, ways[way](), cell)


def _status(rng: np.random.Generator, status: str) -> str:
    words = _STATUS[status]
    return words[min(int(rng.geometric(0.6)) - 1, len(words) - 1)]


def _seats(rng: np.random.Generator, seats: int) -> int | str:
    way = rng.random()
    if way < 0.8:
        return seats
    return (
        f"{seats}个"
        if way < 0.9
        else f"约{seats}人"
        if way < 0.95
        else "".join(chr(ord(c) + 0xFEE0) for c in str(seats))
    )


def _keeper(rng: np.random.Generator, number: int) -> list[str]:
    """A person in charge who is nobody, and a telephone number that cannot exist."""
    return [str(rng.choice(_KEEPERS)), f"0000-{number:07d}"]


def _minutes(value: float) -> str:
    seconds = round(value * 3600, 2)
    degree, rest = divmod(seconds, 3600)
    minute, second = divmod(rest, 60)
    return f"{int(degree)}°{int(minute):02d}′{second:05.2f}″"
