"""
`atlas.pdf`: the map sheets of a county on A3, to be printed, bound and laid on a table.

Cover, contents with the 口径说明, an overview, a sheet for each service, one of how far people walk, and one for each
township. The same study
gives the same bytes: nothing in the file comes from the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from jiujin.analysis.results import Results
from jiujin.rendering.atlas_maps import overview_map, service_map, township_map
from jiujin.rendering.atlas_sheet import INCHES, Paper, sheet_frame, wrapped
from jiujin.rendering.atlas_spread import spread_sheet
from jiujin.rendering.drawing import MapLayers, map_layers
from jiujin.rendering.fonts import chinese_font, lettering
from jiujin.rendering.wording import caliber

_MAP_STEP, _LINE_STEP = 0.32, 0.27
_MAPS_ON_PAGE, _LINES_ON_PAGE = 28, 34
"""As many maps and lines of the 口径说明 as find room on a page of contents, at these steps in inches."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One numbered map: its title as the contents list it, and how it is drawn."""

    title: str
    draw: Callable[[Paper], None]


def write_atlas(results: Results, path: Path) -> bool:
    """Write the atlas; False, and no file, where this computer has no Chinese font."""
    from matplotlib.backends.backend_pdf import PdfPages

    font = chinese_font()
    if font is None:
        return False
    layers = map_layers(results)
    sheets = list_sheets(results, layers)
    told = {"Title": _title(results), "Author": results.study.output.unit or None, "CreationDate": None}
    with lettering(font), PdfPages(path, metadata=told) as pages:
        for draw in (_cover, *contents_pages(results, sheets)):
            paper = Paper.new(results, font)
            draw(paper)
            pages.savefig(paper.figure)
        for number, sheet in enumerate(sheets, start=1):
            paper = Paper.new(results, font)
            sheet_frame(paper, f"图{number}", sheet.title)
            sheet.draw(paper)
            pages.savefig(paper.figure)
    return True


def list_sheets(results: Results, layers: MapLayers) -> list[Sheet]:
    """List the maps in their order: overview, services, how far people walk, townships."""
    study = results.study
    sheets = [
        Sheet(title=f"{study.name}公共服务设施布局总图", draw=partial(overview_map, results=results, layers=layers))
    ]
    for service in study.services:
        title = f"{study.name}{service.label}步行覆盖分析图"
        sheets.append(Sheet(title=title, draw=partial(service_map, results=results, layers=layers, service=service)))
    sheets.append(Sheet(title=f"{study.name}步行距离分布与均衡性分析图", draw=partial(spread_sheet, results=results)))
    for township in layers.townships:
        title = f"{study.name}{township}公共服务设施步行覆盖图"
        draw = partial(township_map, results=results, layers=layers, township=township)
        sheets.append(Sheet(title=title, draw=draw))
    return sheets


def _title(results: Results) -> str:
    return f"{results.study.name}公共服务设施步行覆盖图集"


def _cover(paper: Paper) -> None:
    study = paper.results.study
    width, height = INCHES
    page = paper.page()
    page.plot([2.2, width - 2.2], [7.1, 7.1], color="#365F7D", linewidth=2.5)
    page.text(width / 2, 7.9, paper.say(_title(paper.results)), fontsize=40, ha="center")
    services = "、".join(service.label for service in study.services)
    for row, line in enumerate(wrapped(services, 60)):
        page.text(width / 2, 6.5 - 0.45 * row, paper.say(line), fontsize=18, ha="center", color="#444")
    page.text(width / 2, 3.2, paper.say(study.output.unit or ""), fontsize=22, ha="center")
    as_of = study.as_of
    page.text(width / 2, 2.6, f"数据截止{as_of.year}年{as_of.month}月{as_of.day}日", fontsize=18, ha="center")
    page.text(width - 0.9, height - 0.9, paper.secrecy.split("，")[0], fontsize=16, ha="right", va="top")
    page.text(width / 2, 0.7, paper.say(paper.secrecy), fontsize=11, ha="center", color="#444")


def contents_pages(results: Results, sheets: list[Sheet]) -> list[Callable[[Paper], None]]:
    """Lay out the contents and the 口径说明 in two columns, on as many pages as they need."""
    notes = [line for n, each in enumerate(caliber(results), 1) for line in _hanging(f"{n}. {each}")]
    maps, texts = _parts(sheets, _MAPS_ON_PAGE), _parts(notes, _LINES_ON_PAGE)
    first = 2 + max(len(maps), len(texts))
    numbered = [[(row + at * _MAPS_ON_PAGE, each) for row, each in enumerate(part)] for at, part in enumerate(maps)]
    pages = range(max(len(maps), len(texts)))
    return [partial(_contents, maps=_at(numbered, n), notes=_at(texts, n), at=(n, first)) for n in pages]


def _at(parts: list[list[T]], number: int) -> list[T]:
    return parts[number] if number < len(parts) else []


def _contents(paper: Paper, *, maps: list[tuple[int, Sheet]], notes: list[str], at: tuple[int, int]) -> None:
    """Draw one page of them; `at` is how many came before it and the page of the first map."""
    width, height = INCHES
    before, first = at
    page = paper.page()
    look = {"fontsize": 12, "va": "center"}
    more = "（续）" if before else ""
    for x, title, there in ((width / 4, "目　录", maps), (0.75 * width, "口径说明", notes)):
        if there:
            page.text(x, height - 1.0, title + more, fontsize=24, ha="center")
    page.plot([width / 2, width / 2], [0.8, height - 0.8], color="#999", linewidth=0.8)
    for row, (number, sheet) in enumerate(maps):
        y = height - 1.7 - _MAP_STEP * row
        page.text(0.9, y, f"图{number + 1}", **look)
        page.text(1.7, y, paper.say(sheet.title), **look)
        page.text(width / 2 - 0.5, y, str(number + first), ha="right", **look)
    for row, line in enumerate(notes):
        page.text(width / 2 + 0.4, height - 1.7 - _LINE_STEP * row, paper.say(line), fontsize=10.5, va="center")


def _hanging(text: str) -> list[str]:
    """Break a numbered note so that its further lines stand under its words, not under its number."""
    first, *others = wrapped(text, 96)
    rest = wrapped("".join(others).strip(), 92)
    return [first, *(f"　 {line.strip()}" for line in rest)]


def _parts(things: list[T], size: int) -> list[list[T]]:
    return [things[at : at + size] for at in range(0, len(things), size)]
