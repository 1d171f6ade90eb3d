"""What stands on and beside a map: symbols, names without collisions, legend, scale bar, north arrow, locator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jiujin.analysis.results import Results
from jiujin.rendering.drawing import (
    COUNTY_BORDER,
    HATCH,
    NO_RATE,
    NO_RATE_HATCH,
    RAMP,
    RAMP_LABELS,
    STREET_LABELS,
    STREETS,
    Extent,
    MapLayers,
    draw_polygons,
)
from jiujin.rendering.fonts import Font
from jiujin.study import Service

MARKERS = {"star": "*", "circle": "o", "square": "s", "cross": "P", "triangle": "^", "diamond": "D"}
SIZES = {"star": 190, "circle": 90, "square": 85, "cross": 120, "triangle": 110, "diamond": 75}
_ROOM_FOR = 150
"""So many symbols have their full size on one map."""

MIDDLE = {"ha": "center", "va": "center"}


@dataclass(slots=True)
class Names:
    """Places names on a map so that none covers another; `taken` are boxes in points of the figure."""

    axes: Any
    font: Font
    taken: list[tuple[float, float, float, float]]

    def place(self, x: float, y: float, text: str, *, size: float, weight: str = "normal") -> bool:
        """Write a name centred on a place of the plane where it covers no other; False where there is no room."""
        from matplotlib.patheffects import withStroke

        text = self.font.safe(text)
        west, east = self.axes.get_xlim()
        south, north = self.axes.get_ylim()
        frame = self.axes.get_window_extent()
        per_point = 72 / self.axes.figure.dpi
        px = (x - west) / (east - west) * frame.width * per_point
        py = (y - south) / (north - south) * frame.height * per_point
        half_width = 0.53 * size * sum(1.0 if ord(letter) > 255 else 0.6 for letter in text)
        box = (px - half_width, py - 0.65 * size, px + half_width, py + 0.65 * size)
        inside = (
            box[0] > 2 and box[1] > 2 and box[2] < frame.width * per_point - 2 and box[3] < frame.height * per_point - 2
        )
        if not inside or any(_meet(box, other) for other in self.taken):
            return False
        self.taken.append(box)
        halo = [withStroke(linewidth=2.2, foreground="white")]
        self.axes.text(x, y, text, fontsize=size, color="#222", zorder=12, path_effects=halo, weight=weight, **MIDDLE)
        return True


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def draw_sites(axes: Any, results: Results, layers: MapLayers, services: Sequence[Service], *, large: float) -> None:
    """Draw facilities by the shape and colour of their service; those that do not count are hollow."""
    frame = results.facilities
    kinds, counted = frame["service"].to_numpy(object), frame["counted"].to_numpy(bool)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    seen = (layers.facility_x > west) & (layers.facility_x < east)
    seen &= (layers.facility_y > south) & (layers.facility_y < north)
    large *= _where_many(int(seen[np.isin(kinds, [service.id for service in services])].sum()))
    for service in services:
        marker = MARKERS.get(service.symbol, "o")
        size = SIZES.get(service.symbol, 90) * large
        for filled in (False, True):
            rows = np.flatnonzero((kinds == service.id) & (counted == filled))
            x, y = layers.facility_x[rows], layers.facility_y[rows]
            axes.scatter(x, y, s=size * 1.5, marker=marker, c="white", linewidths=0, zorder=9)
            colour = (
                {"c": service.colour, "edgecolors": "#222222"}
                if filled
                else {"c": "white", "edgecolors": service.colour}
            )
            axes.scatter(x, y, s=size, marker=marker, linewidths=0.4 if filled else 1.2, zorder=10, **colour)


def _where_many(count: int) -> float:
    """How much smaller symbols are where many would hide one another and the map."""
    return min(max(_ROOM_FOR / max(count, 1), 0.3), 1.0)


def draw_suggested(axes: Any, results: Results, *, large: float = 1.0) -> None:
    """Draw the suggested sites of the siting answer as numbered white discs in the order of building."""
    answer = results.siting
    if answer is None or not answer.sites:
        return
    lon = np.array([site.lon for site in answer.sites])
    lat = np.array([site.lat for site in answer.sites])
    x, y = results.plane.project(lon, lat)
    colour = results.study.service(answer.service).colour
    axes.scatter(x, y, s=190 * large, marker="o", c="#fff3b0", edgecolors=colour, linewidths=1.6, zorder=11)
    look = {"fontsize": 8 * large**0.5, "color": "#111", "zorder": 12, "clip_on": True, **MIDDLE}
    for site, px, py in zip(answer.sites, x.tolist(), y.tolist(), strict=True):
        axes.text(px, py, str(site.rank), **look)


def draw_scale(axes: Any, extent: Extent, scale: int) -> None:
    """Draw a scale bar in round metres with the scale in numbers, at the lower left of the map."""
    span = extent.east - extent.west
    rounds = (each * 10**power for power in range(7) for each in (1, 2, 5))
    step = next(each for each in rounds if each * 4 >= span * 0.16)
    x, y = extent.west + 0.025 * span, extent.south + 0.03 * (extent.north - extent.south)
    high = 0.006 * (extent.north - extent.south)
    pad = 0.012 * span
    look = {"fontsize": 8.5, "ha": "center", "va": "bottom", "zorder": 14}
    unit_m, unit = (1000, "公里") if 4 * step >= 1000 else (1, "米")
    axes.fill(
        [x - pad, x + 4 * step + 4 * pad, x + 4 * step + 4 * pad, x - pad],
        [y - 2.5 * high, y - 2.5 * high, y + 9 * high, y + 9 * high],
        color="white", alpha=0.85, zorder=13, linewidth=0,
    )  # fmt: skip
    for part in range(4):
        left = x + part * step
        axes.fill(
            [left, left + step, left + step, left], [y, y, y + high, y + high],
            facecolor="#222" if part % 2 == 0 else "white", edgecolor="#222", linewidth=0.6, zorder=14,
        )  # fmt: skip
        axes.text(left, y + 1.6 * high, f"{part * step / unit_m:g}", **look)
    axes.text(x + 4 * step, y + 1.6 * high, f"{4 * step / unit_m:g}{unit}", **look)
    axes.text(x + 2 * step, y + 5.2 * high, f"比例尺　1:{scale:,}", **look)


def draw_north(axes: Any) -> None:
    """Draw a north arrow at the upper right of the map; grid north of the plane."""
    at = {"transform": axes.transAxes, "zorder": 14}
    axes.fill([0.965, 0.975, 0.975], [0.905, 0.915, 0.965], color="#222", linewidth=0, **at)
    axes.fill([0.985, 0.975, 0.975], [0.905, 0.915, 0.965], facecolor="white", edgecolor="#222", linewidth=0.8, **at)
    axes.text(0.975, 0.97, "北", fontsize=12, ha="center", va="bottom", **at)


def draw_locator(axes: Any, layers: MapLayers, extent: Extent) -> None:
    """Draw the outline of the county, and where in it this map lies; never anything beyond the county."""
    whole = Extent.around(layers.county)
    axes.set_xlim(whole.west, whole.east)
    axes.set_ylim(whole.south, whole.north)
    axes.set_aspect("equal")
    style = {"facecolor": "#f1f3f5", "edgecolor": "#9aa0a6", "linewidth": 0.5, "zorder": 1}
    draw_polygons(axes, layers.townships.values(), whole, **style)
    outline = {"facecolor": "none", "edgecolor": COUNTY_BORDER, "linewidth": 1.2, "zorder": 2}
    draw_polygons(axes, [layers.county], whole, **outline)
    if extent.box.contains(layers.county):
        return
    west, east = max(extent.west, whole.west), min(extent.east, whole.east)
    south, north = max(extent.south, whole.south), min(extent.north, whole.north)
    axes.fill(
        [west, east, east, west],
        [south, south, north, north],
        facecolor="none",
        edgecolor="#c1121f",
        linewidth=1.3,
        zorder=3,
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: `patch`, `line` or `mark`, how it is drawn, and its words."""

    kind: str
    style: dict[str, Any]
    label: str


def rate_entries(title: str) -> list[Entry]:
    """Explain the five classes of a rate, best first."""
    entries = [Entry("title", {}, title)]
    for colour, label in reversed(list(zip(RAMP, RAMP_LABELS, strict=True))):
        hatch = HATCH if colour == RAMP[0] else None
        entries.append(Entry("patch", {"facecolor": colour, "edgecolor": "#8d949e", "hatch": hatch}, label))
    unknown = {"facecolor": NO_RATE, "edgecolor": "#8d949e", "hatch": NO_RATE_HATCH}
    return [*entries, Entry("patch", unknown, "无服务对象或不予显示")]


def site_entries(results: Results, services: Sequence[Service]) -> list[Entry]:
    """Explain the symbols of the services, and hollow ones where a facility does not count."""
    entries = [Entry("title", {}, "现状设施")]
    for service in services:
        style = {"marker": MARKERS.get(service.symbol, "o"), "c": service.colour, "edgecolors": "#222222"}
        entries.append(Entry("mark", style, service.label))
    shown = results.facilities[results.facilities["service"].isin([service.id for service in services])]
    if not shown["counted"].all():
        hollow = {"marker": "o", "c": "white", "edgecolors": "#555555"}
        entries.append(Entry("mark", hollow, "在建、拟建、停用（空心）"))
    return entries


def ground_entries(layers: MapLayers) -> list[Entry]:
    """Explain streets and borders, those that the county has."""
    entries = [Entry("title", {}, "基础地理")]
    for names, label in STREET_LABELS.items():
        colour, width = STREETS[names[0]]
        if any(len(layers.streets[name]) for name in names):
            entries.append(Entry("line", {"color": colour, "linewidth": width * 1.6}, label))
    if len(layers.rail):
        entries.append(Entry("line", {"color": "#555555", "linewidth": 1.6, "linestyle": (0, (4, 2))}, "铁路"))
    if len(layers.water):
        entries.append(Entry("patch", {"facecolor": "#d3e6f3", "edgecolor": "#9cc3de"}, "水域"))
    entries.append(Entry("line", {"color": COUNTY_BORDER, "linewidth": 1.8}, "县（市、区）界"))
    if layers.townships:
        entries.append(Entry("line", {"color": "#4d535a", "linewidth": 1.0}, "乡镇（街道）界"))
    return [*entries, Entry("line", {"color": "#8a8f96", "linewidth": 0.5}, "社区（村）界")]


def draw_legend(axes: Any, entries: Sequence[Entry], font: Font, *, step: float = 0.26) -> None:
    """List the entries from the top of an axes whose units are inches; titles bold on a line of their own."""
    width, height = axes.get_xlim()[1], axes.get_ylim()[1]
    y = height - 0.1
    axes.text(width / 2, y, "图　例", fontsize=13, ha="center", va="top")
    y -= 0.42
    for entry in entries:
        if entry.kind == "title":
            axes.text(0.12, y - 0.04, font.safe(entry.label), fontsize=10.5, va="center", color="#111", weight="bold")
            y -= step
            continue
        if entry.kind == "patch":
            axes.fill([0.15, 0.5, 0.5, 0.15], [y - 0.08, y - 0.08, y + 0.08, y + 0.08], linewidth=0.6, **entry.style)
        elif entry.kind == "line":
            axes.plot([0.15, 0.5], [y, y], **entry.style)
        else:
            size = entry.style.get("s", 70)
            axes.scatter([0.325], [y], linewidths=0.8, **{**entry.style, "s": size})
        axes.text(0.62, y, font.safe(entry.label), fontsize=9.5, va="center")
        y -= step
