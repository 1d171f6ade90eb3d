"""The paper of a map sheet: A3 with its frame, title, imprint and the places for the map and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jiujin.analysis.results import Results
from jiujin.rendering.drawing import Extent, MapLayers
from jiujin.rendering.drawing_marks import Entry, draw_legend, draw_locator, draw_north, draw_scale
from jiujin.rendering.fonts import Font
from jiujin.rendering.wording import INTERNAL, NOTHING
from jiujin.rendering.workbook_sheets import text_width

INCHES = (16.535, 11.693)
"""A3 landscape."""

MAP = (0.5, 1.05, 11.9, 9.55)
"""Left, bottom, width and height of the map on the paper, in inches."""

LEGEND = (12.6, 5.1, 3.45, 5.5)
TABLE = (12.6, 3.05, 3.45, 1.95)
LOCATOR = (12.6, 1.05, 3.45, 1.9)

_INCH_M = 0.0254


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One sheet while it is drawn."""

    results: Results
    font: Font
    figure: Any

    @staticmethod
    def new(results: Results, font: Font, size: tuple[float, float] = INCHES) -> Paper:
        """Take an empty sheet."""
        from matplotlib.figure import Figure

        return Paper(results=results, font=font, figure=Figure(figsize=size, dpi=200))

    @property
    def public(self) -> bool:
        """Whether anyone may see this sheet."""
        return self.results.study.output.profile == "public"

    @property
    def secrecy(self) -> str:
        """What may be done with the sheet."""
        if self.public:
            return f"审图号：{self.results.study.output.review_no or '（送审后填写）'}"
        return f"内部资料，{INTERNAL}"

    def say(self, text: str) -> str:
        """Text in letters that the font has."""
        return self.font.safe(text)

    def page(self) -> Any:
        """Axes over the whole paper whose units are inches."""
        return self.inches((0.0, 0.0, *INCHES))

    def inches(self, box: tuple[float, float, float, float], *, frame: bool = False) -> Any:
        """Axes in this box of the paper whose units are inches from its lower left."""
        axes = self.axes(box, frame=frame)
        axes.set_xlim(0, box[2])
        axes.set_ylim(0, box[3])
        return axes

    def axes(self, box: tuple[float, float, float, float], *, frame: bool = True) -> Any:
        """Axes in this box (inches) without ticks."""
        width, height = self.figure.get_size_inches()
        axes = self.figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(frame)
            spine.set_linewidth(0.9)
        if not frame:
            axes.patch.set_visible(False)
        return axes


def sheet_frame(paper: Paper, number: str, title: str) -> None:
    """Draw the frame, the title at the top centre, and the imprint at the foot."""
    study = paper.results.study
    width, height = INCHES
    page = paper.page()
    page.plot(
        [0.3, width - 0.3, width - 0.3, 0.3, 0.3], [0.3, 0.3, height - 0.3, height - 0.3, 0.3], color="#222", lw=1.6
    )
    page.text(width / 2, height - 0.68, paper.say(title), fontsize=26, ha="center", va="center")
    page.text(0.55, height - 0.68, number, fontsize=16, ha="left", va="center")
    kind = "公开版" if paper.public else "内部资料"
    page.text(width - 0.55, height - 0.68, kind, fontsize=14, ha="right", va="center")
    day = study.as_of
    first = [
        f"编制单位：{study.output.unit or NOTHING}",
        f"数据截止日期：{day.year}年{day.month}月{day.day}日",
        "坐标系：2000国家大地坐标系",
        f"审图号：{study.output.review_no or ('（送审后填写）' if paper.public else NOTHING)}",
    ]
    page.text(0.55, 0.78, paper.say("　　".join(first)), fontsize=10.5, va="center")
    source = "数据来源：设施台账、人口点、社区（村）界、道路网（见口径说明）"
    page.text(0.55, 0.5, source, fontsize=10.5, va="center")
    if not paper.public:
        page.text(width - 0.55, 0.5, INTERNAL, fontsize=10.5, ha="right", va="center")


def map_axes(paper: Paper, wanted: Extent) -> tuple[Any, Extent]:
    """Make the map of a sheet at a round scale, with scale bar and north arrow."""
    axes = paper.axes(MAP)
    extent, scale = wanted.to_scale(MAP[2] * _INCH_M, MAP[3] * _INCH_M)
    fit(axes, extent)
    draw_scale(axes, extent, scale)
    draw_north(axes)
    return axes, extent


def fit(axes: Any, extent: Extent) -> None:
    """Show exactly this window of the plane."""
    axes.set_xlim(extent.west, extent.east)
    axes.set_ylim(extent.south, extent.north)
    axes.set_autoscale_on(False)


def beside(paper: Paper, layers: MapLayers, extent: Extent, entries: list[Entry], table: list[tuple[str, ...]]) -> None:
    """Put legend, table of figures and locator beside the map."""
    step = min(0.255, (LEGEND[3] - 0.65) / max(len(entries), 1))
    draw_legend(paper.inches(LEGEND, frame=True), entries, paper.font, step=step)
    box = paper.inches(TABLE, frame=True)
    rows = len(table)
    across = [
        0.08,
        *(TABLE[2] * (0.40 + 0.60 * (n + 1) / (len(table[0]) - 1)) - 0.08 for n in range(len(table[0]) - 1)),
    ]
    for row, cells in enumerate(table):
        y = TABLE[3] - (row + 0.5) * TABLE[3] / rows
        for column, (x, text) in enumerate(zip(across, cells, strict=True)):
            side = "left" if column == 0 else "right"
            weight = "bold" if row == 0 else "normal"
            box.text(x, y, paper.say(text), fontsize=8.6, ha=side, va="center", weight=weight)
        if row:
            box.plot([0.04, TABLE[2] - 0.04], [y + 0.5 * TABLE[3] / rows] * 2, color="#bbb", linewidth=0.5)
    locator = paper.axes(LOCATOR)
    draw_locator(locator, layers, extent)
    locator.text(0.03, 0.96, "位置示意", transform=locator.transAxes, fontsize=9, va="top")


def wrapped(text: str, width: int) -> list[str]:
    """
    Break a text into lines of at most this many Latin letters; a Chinese character takes two.

    Latin words and figures stay whole where a line can hold them; no line begins with a mark that closes, or ends with
    one that opens.
    """
    lines, line, used = [], "", 0
    for word in _words(text, width):
        wide = text_width(word)
        if used + wide > width and line and word not in "，。；：、）”%":
            opening = line[-1:] if line[-1:] in "（“《〔(" and len(line) > 1 else ""
            lines.append(line.removesuffix(opening))
            line, used = opening, text_width(opening)
        line += word
        used += wide
    return [*lines, line] if line else lines


def _words(text: str, width: int) -> Iterator[str]:
    """Go through the parts of a text that may not be broken."""
    for word in re.findall(r"[!-~]+|.", text, re.DOTALL):
        yield from [word] if len(word) <= width else word
