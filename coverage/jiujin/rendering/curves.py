"""Two curves of every service side by side: how many people live within each distance, and how unevenly they walk."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from jiujin.analysis.equity import worst_served
from jiujin.analysis.results import Results
from jiujin.rendering.fonts import Font, lettering
from jiujin.rendering.workbook_annexes import people_cell
from jiujin.study import Service

UNTIL_M = 3000
"""As far as the distance curve is drawn."""

_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_SIZE = (8.4, 3.9)


def curves_picture(results: Results, font: Font) -> bytes:
    """Draw both curves as a PNG of 200 dots to the inch, as wide as the text of the report."""
    from matplotlib.figure import Figure

    with lettering(font):
        figure = Figure(figsize=_SIZE, dpi=200)
        left, right = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.075, right=0.985, top=0.91, bottom=0.235, wspace=0.24)
        draw_distances(left, results, font, size=9)
        draw_lorenz(right, results, font, size=9)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=min(len(labels), 4), fontsize=9, frameon=False)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=200, metadata={"Software": None})
    return picture.getvalue()


def draw_distances(axes: Any, results: Results, font: Font, *, size: float) -> None:
    """Draw the share of each service's people who live within each walk."""
    curve = results.answers.curve
    for number, service in enumerate(results.study.services):
        own = curve[(curve["service"] == service.id) & (curve["class"] == "all") & (curve["metres"] <= UNTIL_M)]
        if own["rate"].notna().any():
            axes.plot(own["metres"], 100 * own["rate"], **_line(font, service, number))
    axes.set_xlim(0, UNTIL_M)
    axes.set_ylim(0, 100)
    _finish(axes, "步行距离累计覆盖曲线", ("步行距离（米）", "服务对象累计占比（%）"), size)


def draw_lorenz(axes: Any, results: Results, font: Font, *, size: float) -> None:
    """Draw the Lorenz curve of the walks to each service, and the line on which all would walk equally far."""
    axes.plot([0, 100], [0, 100], color="#8a8a8a", linewidth=0.9)
    axes.text(48, 51, "完全均等", fontsize=size, color="#666", rotation=38, ha="right", va="bottom")
    for number, service in enumerate(results.study.services):
        own = results.answers.spread[service.id].lorenz
        if len(own):
            axes.plot(100 * own["people_share"], 100 * own["metres_share"], **_line(font, service, number))
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    _finish(axes, "步行距离洛伦兹曲线", ("服务对象累计占比（%，由近到远）", "步行路程累计占比（%）"), size)


def spread_lines(results: Results) -> list[str]:
    """Say in a sentence or two how unevenly people walk; nothing where nobody walks to anything."""
    known = [(s, results.answers.spread[s.id]) for s in results.study.services]
    known = [(service, each) for service, each in known if not math.isnan(each.gini)]
    if not known:
        return []
    ginis = "、".join(f"{service.label}{each.gini:.2f}" for service, each in known)
    means = "、".join(f"{service.label}{each.mean_m:,.0f}米" for service, each in known)
    worst, spread = max(known, key=lambda pair: pair[1].gini)
    half = float(spread.lorenz["metres_share"].iloc[50])
    return [
        f"平均步行距离：{means}。",
        (
            f"步行距离的基尼系数（0为人人一样远）：{ginis}；差距最大的是{worst.label}，"
            f"住得最近的一半人只走总路程的{half:.1%}。"
        ),
    ]


def spread_rows(results: Results) -> list[tuple[str, ...]]:
    """Tell mean, Gini, Palma and the people without any walk of every service, under headings."""
    rows: list[tuple[str, ...]] = [("服务", "平均步行（米）", "基尼系数", "帕尔马比值", "无法步行到达（人）")]
    for service in results.study.services:
        each = results.answers.spread[service.id]
        left = people_cell(results, each.left_out)
        figures = ((each.mean_m, ",.0f"), (each.gini, ".2f"), (each.palma, ".2f"), (left, ",.0f"))
        rows.append((service.label, *(_shown(value, form) for value, form in figures)))
    return rows


def worst_rows(communities: pd.DataFrame, services: Sequence[Service]) -> list[tuple[str, ...]]:
    """Name the three worst-served communities of every service under headings; a table like `Coverage.communities`."""
    rows: list[tuple[str, ...]] = [("服务", "社区（村）", "未覆盖（人）", "中位步行（米）")]
    for service in services:
        for each in worst_served(communities, service.id, count=3, least_people=30).to_dict("records"):
            where = str(each["community_name"])
            rows.append(
                (service.label, where, _shown(each["uncovered"], ",.0f"), _shown(each["median_walk_m"], ",.0f"))
            )
    return rows


def _shown(value: Any, form: str) -> str:
    if isinstance(value, str):
        return value
    return "—" if math.isnan(value) else format(value, form)


def _line(font: Font, service: Service, number: int) -> dict[str, Any]:
    """Colour and dash of a service: they can be told apart on black-and-white paper too."""
    dash = _DASHES[number % len(_DASHES)]
    return {"color": service.colour, "linewidth": 1.8, "linestyle": dash, "label": font.safe(service.label)}


def _finish(axes: Any, title: str, labels: tuple[str, str], size: float) -> None:
    axes.set_title(title, fontsize=1.15 * size)
    axes.set_xlabel(labels[0], fontsize=size)
    axes.set_ylabel(labels[1], fontsize=size)
    axes.tick_params(labelsize=0.9 * size)
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
