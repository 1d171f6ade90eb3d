"""Native charts of the workbook, on a sheet to be printed, fed by a sheet of plain numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet

from jiujin.analysis.results import Results
from jiujin.rendering.wording import NOTHING
from jiujin.rendering.workbook_sheets import Annex, Book, Cell, Heading, Kind, inert, write_annex

_FIRST_ROW = 3
_FONT = {"name": "宋体", "size": 10}
_UNTIL_M = 3000


def add_chart_sheet(book: Book) -> Worksheet:
    """Make the sheet for the charts at this place of the workbook; `write_charts` fills it when all else is written."""
    return book.file.add_worksheet(book.sheet_name("图表"))


def write_charts(book: Book, sheet: Worksheet, results: Results) -> None:
    """Draw the charts, and put the numbers that they are drawn from on sheets at the end."""
    study = results.study
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.center_horizontally()
    sheet.hide_gridlines(2)
    title = f"{study.name}公共服务设施步行覆盖情况图"
    sheet.merge_range(0, 0, 0, 19, "", book.format("title", "plain"))
    sheet.write_string(0, 0, title, book.format("title", "plain"))
    sheet.set_row(0, 30)
    rates = _rates(book, results)
    curve = _curve(book, results)
    townships = _townships(book, results)
    colours = [service.colour for service in study.services]
    _place(book, sheet, "B3", _columns(rates, "分服务人口覆盖率与服务半径覆盖率", ("#365F7D", "#A9B8C4")))
    _place(book, sheet, "L3", _lines(curve, "步行距离累计覆盖曲线", colours))
    _place(book, sheet, "B21", _columns(townships, "分乡镇（街道）人口覆盖率", colours) | {"wide": True})


Numbers = tuple[str, int, int]
"""Name of a sheet, its rows and its series: headings stand in row 2, names or distances in column 0."""


def _numbers(book: Book, name: str, heads: Sequence[str], kinds: Sequence[Kind], rows: list[list[Cell]]) -> Numbers:
    headings = [Heading(label=head, kind=kind, width=18) for head, kind in zip(heads, kinds, strict=True)]
    sheet = write_annex(book, Annex(sheet=name, title=name, headings=headings, rows=()))
    for number, row in enumerate(rows, start=_FIRST_ROW):  # cell by cell, for charts carry a copy of what they show
        for column, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
            if isinstance(cell, (int, float)) and math.isfinite(cell):
                sheet.write_number(number, column, cell, book.format(kind, "plain"))
            else:
                text, look = (inert(cell), "text") if isinstance(cell, str) else (NOTHING, "mark")
                sheet.write_string(number, column, text, book.format(look, "plain"))
    return sheet.get_name(), len(rows), len(heads) - 1


def _rates(book: Book, results: Results) -> Numbers:
    rows: list[list[Cell]] = []
    for service in results.study.services:
        county = results.coverage.county[service.id]
        rows.append([service.label, county["pop_rate"], county["radius_rate"]])
    return _numbers(book, "图表数据 分服务", ("服务", "人口覆盖率", "服务半径覆盖率"), ("text", "rate", "rate"), rows)


def _curve(book: Book, results: Results) -> Numbers:
    services = results.study.services
    table = results.answers.curve
    table = table[(table["class"] == "all") & (table["metres"] <= _UNTIL_M)]
    by_metres = table.pivot_table(index="metres", columns="service", values="rate", dropna=False)
    by_metres = by_metres.reindex(columns=[service.id for service in services])
    rows: list[list[Cell]] = [
        [int(metres), *rates] for metres, rates in zip(by_metres.index, by_metres.to_numpy().tolist(), strict=True)
    ]
    rates: list[Kind] = ["rate"] * len(services)
    kinds: list[Kind] = ["metres", *rates]
    return _numbers(book, "图表数据 距离曲线", ("步行距离（米）", *(s.label for s in services)), kinds, rows)


def _townships(book: Book, results: Results) -> Numbers:
    services = results.study.services
    table = results.coverage.splits
    table = table[table["split"] == "township"]
    rows: list[list[Cell]] = []
    for township, part in table.groupby("value", sort=False):
        found = dict(zip(part["service"].tolist(), part["pop_rate"].tolist(), strict=True))
        rows.append([str(township), *(found[service.id] for service in services)])
    rates: list[Kind] = ["rate"] * len(services)
    kinds: list[Kind] = ["text", *rates]
    return _numbers(book, "图表数据 分乡镇", ("乡镇（街道）", *(s.label for s in services)), kinds, rows)


def _columns(numbers: Numbers, title: str, colours: Sequence[str]) -> dict[str, Any]:
    return {"type": "column", "numbers": numbers, "title": title, "colours": colours}


def _lines(numbers: Numbers, title: str, colours: Sequence[str]) -> dict[str, Any]:
    return {"type": "scatter", "subtype": "straight", "numbers": numbers, "title": title, "colours": colours}


def _place(book: Book, sheet: Worksheet, cell: str, said: dict[str, Any]) -> None:
    name, rows, series = said["numbers"]
    if not rows:
        return
    straight = said["type"] == "scatter"
    chart = book.file.add_chart({"type": said["type"], **({"subtype": said["subtype"]} if straight else {})})
    for column in range(1, series + 1):
        colour = said["colours"][(column - 1) % len(said["colours"])]
        drawn = {"line": {"color": colour, "width": 2}} if straight else {"fill": {"color": colour}, "gap": 80}
        few = rows * series <= 12 and not straight
        chart.add_series(
            {
                "name": [name, 2, column],
                "categories": [name, _FIRST_ROW, 0, _FIRST_ROW + rows - 1, 0],
                "values": [name, _FIRST_ROW, column, _FIRST_ROW + rows - 1, column],
                **drawn,
                **({"data_labels": {"value": True, "num_format": "0.0%", "font": {"size": 8}}} if few else {}),
            }
        )
    chart.set_title({"name": said["title"], "name_font": {"name": "黑体", "size": 13}, "overlay": False})
    chart.set_y_axis(
        {
            "num_format": "0%",
            "min": 0,
            "max": 1,
            "num_font": _FONT,
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
        }
    )
    chart.set_x_axis(
        {"num_font": _FONT}
        | ({"name": "步行距离（米）", "name_font": _FONT, "min": 0, "max": _UNTIL_M} if straight else {})
    )
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_size({"width": 1200 if said.get("wide") else 590, "height": 350})
    sheet.insert_chart(cell, chart)
