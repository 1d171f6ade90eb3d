"""
`atlas.pdf`: the map sheets of a county on A3, to be printed, bound and laid on a table.

Cover, contents with the 口径说明, an overview, a sheet for each service and one for each township. The same study
gives the same bytes: nothing in the file comes from the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jiujin.analysis.results import Results
from jiujin.rendering.atlas_maps import overview_map, service_map, township_map
from jiujin.rendering.atlas_sheet import INCHES, Paper, sheet_frame, wrapped
from jiujin.rendering.drawing import MapLayers, map_layers
from jiujin.rendering.fonts import Font, chinese_font
from jiujin.rendering.wording import caliber

_LINES_ON_CONTENTS = 34


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
        for draw in (_cover, _contents(sheets)):
            paper = Paper.new(results, font)
            draw(paper)
            pages.savefig(paper.figure)
        for number, sheet in enumerate(sheets, start=1):
            paper = Paper.new(results, font)
            sheet_frame(paper, f"图{number}", sheet.title)
            sheet.draw(paper)
            pages.savefig(paper.figure)
    return True


@contextmanager
def lettering(font: Font) -> Iterator[None]:
    """Draw with this font alone, and embed no more of it than is used."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties, fontManager

    path = str(font.path)
    if path not in {entry.fname for entry in fontManager.ttflist}:
        fontManager.addfont(path)
    wanted: Any = {
        "font.family": [FontProperties(fname=path).get_name()],
        "pdf.fonttype": 42 if font.truetype else 3,  # PostScript outlines cannot be embedded as TrueType
        "axes.unicode_minus": False,
        "hatch.linewidth": 0.5,
        "text.parse_math": False,  # a name with dollar signs is a name
    }
    with mpl.rc_context(wanted):
        yield


def list_sheets(results: Results, layers: MapLayers) -> list[Sheet]:
    """List the maps in their order: overview, services, townships."""
    study = results.study
    sheets = [
        Sheet(title=f"{study.name}公共服务设施布局总图", draw=partial(overview_map, results=results, layers=layers))
    ]
    for service in study.services:
        title = f"{study.name}{service.label}步行覆盖分析图"
        sheets.append(Sheet(title=title, draw=partial(service_map, results=results, layers=layers, service=service)))
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


def _contents(sheets: list[Sheet]) -> Callable[[Paper], None]:
    def draw(paper: Paper) -> None:
        width, height = INCHES
        page = paper.page()
        page.text(width / 4, height - 1.0, "目　录", fontsize=24, ha="center")
        step = min(0.32, (height - 2.6) / max(len(sheets), 1))
        for number, sheet in enumerate(sheets, start=1):
            y = height - 1.7 - step * (number - 1)
            page.text(0.9, y, f"图{number}", fontsize=min(12, 40 * step), va="center")
            page.text(1.7, y, paper.say(sheet.title), fontsize=min(12, 40 * step), va="center")
            page.text(width / 2 - 0.5, y, str(number + 2), fontsize=min(12, 40 * step), ha="right", va="center")
        page.plot([width / 2, width / 2], [0.8, height - 0.8], color="#999", linewidth=0.8)
        page.text(0.75 * width, height - 1.0, "口径说明", fontsize=24, ha="center")
        lines = [line for n, each in enumerate(caliber(paper.results), 1) for line in wrapped(f"{n}. {each}", 84)]
        for row, line in enumerate(lines[:_LINES_ON_CONTENTS]):
            page.text(width / 2 + 0.4, height - 1.7 - 0.27 * row, paper.say(line), fontsize=10.5, va="center")

    return draw
