"""Native charts of the workbook, on a sheet to be printed, fed by a sheet of plain numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from xlsxwriter.chart import Chart
from xlsxwriter.worksheet import Worksheet

from jiujin.analysis.coverage_public import CoverageShown
from jiujin.analysis.results import Results
from jiujin.rendering.public_form import is_public
from jiujin.rendering.wording import NOTHING
from jiujin.rendering.workbook_sheets import Annex, Book, Cell, Heading, Kind, inert, write_annex

_FIRST_ROW = 3
_FONT = {"name": "宋体", "size": 10}
_UNTIL_M = 3000
_HIGH, _WIDE, _WHOLE = 290, 600, 1240
"""Height of a chart, and width of one that has a neighbour and of one that has none, in points of the screen."""

_BARS = ("#365F7D", "#A9B8C4", "#6E8898")
_EVEN, _EVEN_COLOUR = "完全均等", "#8A8A8A"
_DASHES = ("solid", "dash", "dash_dot", "round_dot", "long_dash")
"""Lines of services are told apart on black-and-white paper, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Name of a sheet, its rows and its series: headings stand in row 2, names or distances in column 0."""

    sheet: str
    rows: int
    series: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What an axis measures, how its numbers are shown, and where it ends (None: where the numbers do)."""

    name: str = ""
    form: str = "0%"
    until: float | None = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart to be drawn: columns of named things or, with an axis `x`, lines over a measure."""

    title: str
    numbers: Numbers
    colours: Sequence[str]
    x: Axis | None = None
    y: Axis = Axis()
    width: int = _WIDE


def add_chart_sheet(book: Book) -> Worksheet:
    """Make the sheet for the charts at this place of the workbook; `write_charts` fills it when all else is written."""
    return book.file.add_worksheet(book.sheet_name("图表"))


def write_charts(book: Book, sheet: Worksheet, results: Results, shown: CoverageShown) -> None:
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
    sheet.set_default_row(15)  # charts keep their shape where the font of the workbook is not at hand
    sheet.set_row(0, 30)
    for cell, drawing in zip(("B3", "L3", "B18", "L18", "B33"), _drawings(book, results, shown), strict=True):
        if drawing.numbers.rows:
            sheet.insert_chart(cell, _chart(book, drawing))


def _drawings(book: Book, results: Results, shown: CoverageShown) -> list[Drawing]:
    colours = [service.colour for service in results.study.services]
    labels = {service.id: service.label for service in results.study.services}
    metres = Axis(name="步行距离（米）", form="#,##0", until=_UNTIL_M)
    people = Axis(name="服务对象累计占比（由近到远）")
    rates, curve, walks = _rates(book, shown, labels), _curve(book, results), _walks(book, results, shown)
    lorenz, townships = _lorenz(book, results), _townships(book, shown, labels)
    return [
        Drawing(title="分服务人口覆盖率与服务半径覆盖率", numbers=rates, colours=_BARS),
        Drawing(title="步行距离累计覆盖曲线", numbers=curve, colours=colours, x=metres),
        Drawing(title="到最近设施的步行距离", numbers=walks, colours=_BARS, y=replace(metres, until=None)),
        Drawing(
            title="步行距离洛伦兹曲线",
            numbers=lorenz,
            colours=[*colours, _EVEN_COLOUR],
            x=people,
            y=Axis(name="步行路程累计占比"),
        ),
        Drawing(title="分乡镇（街道）人口覆盖率", numbers=townships, colours=colours, width=_WHOLE),
    ]


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
    return Numbers(sheet=sheet.get_name(), rows=len(rows), series=len(heads) - 1)


def _rates(book: Book, shown: CoverageShown, labels: Mapping[str, str]) -> Numbers:
    rates = _of_county(shown, "pop_rate", "radius_rate")
    rows: list[list[Cell]] = [[label, *rates[service]] for service, label in labels.items()]
    return _numbers(book, "图表数据 分服务", ("服务", "人口覆盖率", "服务半径覆盖率"), ("text", "rate", "rate"), rows)


def _of_county(shown: CoverageShown, *names: str) -> dict[str, tuple[float, ...]]:
    """Figures of the county by service."""
    columns = [shown.county[name].to_numpy(np.float64).tolist() for name in names]
    return dict(zip(shown.county["service"].tolist(), zip(*columns, strict=True), strict=True))


def _curve(book: Book, results: Results) -> Numbers:
    services = results.study.services
    table = results.answers.curve
    table = table[(table["class"] == "all") & (table["metres"] <= _UNTIL_M)]
    by_metres = table.pivot_table(index="metres", columns="service", values="rate", dropna=False)
    by_metres = by_metres.reindex(columns=[service.id for service in services])
    rows: list[list[Cell]] = [
        [int(metres), *rates]
        for metres, rates in zip(by_metres.index, by_metres.to_numpy().round(_digits(results)).tolist(), strict=True)
    ]
    rates: list[Kind] = ["rate"] * len(services)
    kinds: list[Kind] = ["metres", *rates]
    return _numbers(book, "图表数据 距离曲线", ("步行距离（米）", *(s.label for s in services)), kinds, rows)


def _walks(book: Book, results: Results, shown: CoverageShown) -> Numbers:
    walks = _of_county(shown, "median_walk_m", "p90_walk_m")
    rows: list[list[Cell]] = []
    for service in results.study.services:
        median, ninth = walks[service.id]
        rows.append([service.label, median, results.answers.spread[service.id].mean_m, ninth])
    heads = ("服务", "中位数（米）", "平均（米）", "P90（米）")
    return _numbers(book, "图表数据 步行距离", heads, ("text", "metres", "metres", "metres"), rows)


def _digits(results: Results) -> int:
    """With exact shares a single home could be told, so the public form has them by the thousandth only."""
    return 3 if is_public(results) else 15


def _lorenz(book: Book, results: Results) -> Numbers:
    services = results.study.services
    curves = [results.answers.spread[service.id].lorenz for service in services]
    digits = _digits(results)
    columns = [[round(each, digits) for each in curve["metres_share"].tolist()] for curve in curves]
    shares = next((curve["people_share"].tolist() for curve in curves if len(curve)), [])
    rows: list[list[Cell]] = [
        [share, *(column[row] if column else None for column in columns), share] for row, share in enumerate(shares)
    ]
    heads = ("服务对象累计占比", *(service.label for service in services), _EVEN)
    return _numbers(book, "图表数据 洛伦兹曲线", heads, ["rate"] * len(heads), rows)


def _townships(book: Book, shown: CoverageShown, labels: Mapping[str, str]) -> Numbers:
    rows: list[list[Cell]] = []
    for township, part in shown.townships.groupby("value", sort=False):
        found = dict(zip(part["service"].tolist(), part["pop_rate"].tolist(), strict=True))
        rows.append([str(township), *(found[service] for service in labels)])
    rates: list[Kind] = ["rate"] * len(labels)
    return _numbers(book, "图表数据 分乡镇", ("乡镇（街道）", *labels.values()), ("text", *rates), rows)


def _chart(book: Book, said: Drawing) -> Chart:
    lines = said.x is not None
    chart = book.file.add_chart({"type": "scatter", "subtype": "straight"} if lines else {"type": "column"})
    for column in range(1, said.numbers.series + 1):
        chart.add_series(_series(said, column))
    chart.set_title({"name": said.title, "name_font": {"name": "黑体", "size": 13}, "overlay": False})
    chart.set_y_axis(_axis(said.y) | {"major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
    chart.set_x_axis({"num_font": _FONT} if said.x is None else _axis(said.x))
    chart.set_legend({"position": "right" if lines else "bottom", "font": _FONT})
    chart.set_size({"width": said.width, "height": _HIGH})
    return chart


def _series(said: Drawing, column: int) -> dict[str, Any]:
    """One line or one set of columns; columns carry their numbers where there are few of them."""
    numbers = said.numbers
    last = _FIRST_ROW + numbers.rows - 1
    series = {
        "name": [numbers.sheet, 2, column],
        "categories": [numbers.sheet, _FIRST_ROW, 0, last, 0],
        "values": [numbers.sheet, _FIRST_ROW, column, last, column],
    }
    place = (column - 1) % len(said.colours)
    colour = said.colours[place]
    if said.x is not None:
        dash, width = (_DASHES[place % len(_DASHES)], 2) if colour != _EVEN_COLOUR else ("solid", 1)
        return series | {"line": {"color": colour, "width": width, "dash_type": dash}}
    form = "0.0%" if said.y.form == "0%" else said.y.form
    labels = {"data_labels": {"value": True, "num_format": form, "font": {"size": 8}}}
    return series | {"fill": {"color": colour}, "gap": 80} | (labels if numbers.rows * numbers.series <= 12 else {})


def _axis(said: Axis) -> dict[str, Any]:
    ends = {"min": 0} if said.until is None else {"min": 0, "max": said.until}
    return {"name": said.name, "name_font": _FONT | {"bold": False}, "num_font": _FONT, "num_format": said.form} | ends
