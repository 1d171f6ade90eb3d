"""The sheet that is no map: how far people walk to each service, how unevenly, and who is served worst."""

from __future__ import annotations

from typing import Any

from jiujin.analysis.coverage_public import shown_coverage
from jiujin.analysis.results import Results
from jiujin.rendering.atlas_sheet import Paper, wrapped
from jiujin.rendering.curves import draw_distances, draw_lorenz, spread_rows, worst_rows

_LEFT, _RIGHT = (1.2, 5.5, 6.6, 4.5), (9.2, 5.5, 6.6, 4.5)
_SPREAD, _WORST = (0.7, 2.2, 7.3, 2.6), (8.6, 1.1, 7.3, 3.7)
_STEP = 0.26


def spread_sheet(paper: Paper, results: Results) -> None:
    """Draw the distance and Lorenz curves of all services above their figures."""
    distances, lorenz = _curve_axes(paper, _LEFT), _curve_axes(paper, _RIGHT)
    draw_distances(distances, results, paper.font, size=12)
    draw_lorenz(lorenz, results, paper.font, size=12)
    for axes in (distances, lorenz):
        axes.legend(fontsize=11, frameon=False, loc="lower right" if axes is distances else "upper left")
    public = results.study.output.profile == "public"
    shown = shown_coverage(results.coverage, results.study.services, public=public).communities
    _table(paper, _SPREAD, "步行距离的分布", spread_rows(results), (0.1, 3.3, 4.5, 5.75, 7.2))
    _table(paper, _WORST, "未覆盖人数最多的社区（村）", worst_rows(shown, results.study.services), (0.1, 2.3, 5.9, 7.2))
    told = (
        "洛伦兹曲线把服务对象由近到远排列，看前百分之几的人走了总路程的百分之几，越下垂差距越大；基尼系数为其概括，0为人人一样远。"
        "帕尔马比值为最远的一成人与最近的四成人所走路程之比，人人一样远时为0.25。无法步行到达的人没有距离，不在曲线内。"
    )
    notes = paper.inches((_SPREAD[0], 1.05, _SPREAD[2], 1.1))
    for row, line in enumerate(wrapped(told, 98)):
        notes.text(0.1, 0.95 - 0.2 * row, line, fontsize=9.5, va="center", color="#444")


def _curve_axes(paper: Paper, box: tuple[float, float, float, float]) -> Any:
    axes = paper.axes(box)
    axes.xaxis.set_major_locator(_locator())
    axes.yaxis.set_major_locator(_locator())
    return axes


def _locator() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(6)


def _table(
    paper: Paper,
    box: tuple[float, float, float, float],
    title: str,
    rows: list[tuple[str, ...]],
    across: tuple[float, ...],
) -> None:
    """Write rows under a title; the first column and names to the left of their places, figures to the right."""
    axes = paper.inches(box)
    axes.text(box[2] / 2, box[3] - 0.02, title, fontsize=13, ha="center", va="center")
    step = min(_STEP, (box[3] - 0.25) / max(len(rows), 1))
    for row, cells in enumerate(rows):
        y = box[3] - 0.32 - row * step
        for x, text, head in zip(across, cells, rows[0], strict=True):
            left = head in {"服务", "社区（村）"}
            look = {"fontsize": min(10.5, 40 * step), "weight": "bold" if row == 0 else "normal"}
            axes.text(x, y, paper.say(text), ha="left" if left else "right", va="center", **look)
        axes.plot([0.05, box[2] - 0.05], [y - step / 2] * 2, color="#bbb" if row else "#444", linewidth=0.6)
