"""The three kinds of map sheets: where everything stands, how far one service reaches, and one township in detail."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from jiujin.analysis.coverage_public import shown_coverage
from jiujin.analysis.results import Results
from jiujin.rendering.atlas_sheet import Paper, beside, map_axes
from jiujin.rendering.drawing import (
    UNCOVERED,
    Extent,
    MapLayers,
    draw_borders,
    draw_ground,
    draw_people,
    draw_polygons,
    draw_rates,
)
from jiujin.rendering.drawing_marks import (
    Entry,
    Names,
    draw_sites,
    draw_suggested,
    ground_entries,
    rate_entries,
    site_entries,
)
from jiujin.rendering.wording import people as people_text
from jiujin.rendering.wording import percent
from jiujin.study import Service

REACHED = ("#5a0f7d", "#9b4fb5", "#c08fd0", "#bfc4c9")
"""People who reach no service, one, two, and more."""


def overview_map(paper: Paper, results: Results, layers: MapLayers) -> None:
    """Draw all facilities of the county on its streets, with the names of townships and communities."""
    axes, extent = map_axes(paper, Extent.around(layers.county))
    draw_ground(axes, layers, extent)
    _veil(axes, layers.county, extent)
    draw_borders(axes, layers, extent)
    draw_sites(axes, results, layers, results.study.services, large=0.55)
    _names(axes, paper, results, layers)
    entries = [*site_entries(results, results.study.services), *ground_entries(layers)]
    beside(paper, layers, extent, entries, _county_table(results))


def service_map(paper: Paper, results: Results, layers: MapLayers, service: Service) -> None:
    """Draw the coverage of one service by community, the people out of its reach, and where it stands."""
    axes, extent = map_axes(paper, Extent.around(layers.county))
    coverage_layers(axes, results, layers, extent, service)
    suggested = results.siting is not None and results.siting.service == service.id
    if suggested:
        draw_suggested(axes, results)
    _names(axes, paper, results, layers)
    entries = [*rate_entries("人口覆盖率（沿路网步行）"), *site_entries(results, [service])]
    if suggested:
        disc = {"marker": "o", "c": "#fff3b0", "edgecolors": service.colour, "s": 110}
        entries.append(Entry("mark", disc, "建议新增点位（数字为建设次序）"))
    if not paper.public:
        dot = {"marker": "s", "c": UNCOVERED, "s": 14}
        entries += [Entry("title", {}, "人口"), Entry("mark", dot, "未覆盖人口（服务盲区）")]
    beside(paper, layers, extent, [*entries, *ground_entries(layers)], _county_table(results))


def coverage_layers(axes: Any, results: Results, layers: MapLayers, extent: Extent, service: Service) -> None:
    """Draw everything about one service's coverage but names and suggestions."""
    public = results.study.output.profile == "public"
    shown = shown_coverage(results.coverage, [service], public=public).communities
    rates = shown[shown["service"] == service.id]["pop_rate"].to_numpy(np.float64)
    draw_rates(axes, layers, extent, rates.tolist())
    draw_ground(axes, layers, extent)
    weight = results.residents.group(service.group)
    if weight is not None and not public:
        out = (weight > 0) & ~results.access[service.id].covered & (results.community >= 0)
        draw_people(axes, layers.people_x[out], layers.people_y[out], colour=UNCOVERED, size=2.2)
    _veil(axes, layers.county, extent)
    draw_borders(axes, layers, extent)
    draw_sites(axes, results, layers, [service], large=0.8)


def township_map(paper: Paper, results: Results, layers: MapLayers, township: str) -> None:
    """Draw one township: its people by how many services they reach, its facilities, the names of its communities."""
    shape = layers.townships[township]
    axes, extent = map_axes(paper, Extent.around(shape))
    draw_ground(axes, layers, extent)
    inside = np.flatnonzero(results.communities["township"].to_numpy(object) == township)
    if not paper.public:
        reached = services_reached(results)
        here = np.isin(results.community, inside)
        last = len(REACHED) - 1
        for count in range(last, -1, -1):
            rows = here & ((reached >= last) if count == last else (reached == count))
            draw_people(axes, layers.people_x[rows], layers.people_y[rows], colour=REACHED[count], size=9)
    _veil(axes, shape, extent)
    draw_borders(axes, layers, extent)
    draw_sites(axes, results, layers, results.study.services, large=1.2)
    draw_suggested(axes, results, large=1.2)
    names = Names(axes, paper.font, [])
    _community_names(names, results, layers, inside.tolist(), size=10.5)
    entries = site_entries(results, results.study.services)
    if results.siting is not None:
        disc = {"marker": "o", "c": "#fff3b0", "edgecolors": "#333333", "s": 110}
        label = results.study.service(results.siting.service).label
        entries.append(Entry("mark", disc, f"建议新增{label}（数字为次序）"))
    if not paper.public:
        entries.append(Entry("title", {}, "居民点步行可达的服务种数"))
        labels = ("0种", "1种", "2种", f"3种及以上（共{len(results.study.services)}种）")
        entries += [
            Entry("mark", {"marker": "s", "c": colour, "s": 26}, label)
            for colour, label in zip(REACHED, labels, strict=True)
        ]
    beside(paper, layers, extent, [*entries, *ground_entries(layers)], _township_table(results, township))


def services_reached(results: Results) -> NDArray[np.int64]:
    """How many of the services each person reaches on foot."""
    covered = [results.access[service.id].covered for service in results.study.services]
    return np.asarray(np.sum(covered, axis=0), np.int64)


def _veil(axes: Any, shape: BaseGeometry, extent: Extent) -> None:
    """Make what lies outside a township pale."""
    draw_polygons(
        axes, [extent.box.difference(shape)], extent, facecolor="white", edgecolor="none", alpha=0.62, zorder=4.5
    )


def _names(axes: Any, paper: Paper, results: Results, layers: MapLayers) -> None:
    """Write the names of townships, then of as many communities as find room, the most populous first."""
    names = Names(axes, paper.font, [])
    for township, shape in layers.townships.items():
        middle = shape.representative_point()
        names.place(middle.x, middle.y, township, size=13, weight="bold")
    _community_names(names, results, layers, list(range(len(layers.communities))), size=6.5)


def _community_names(names: Names, results: Results, layers: MapLayers, rows: list[int], *, size: float) -> None:
    weight = results.residents.group("total")
    homes = np.zeros(len(layers.communities) + 1)
    np.add.at(homes, results.community, np.ones(len(results.community)) if weight is None else weight)
    labels = results.communities["name"].tolist()
    for row in sorted(rows, key=lambda each: (-homes[each], each)):
        middle = layers.communities[row].representative_point()
        names.place(middle.x, middle.y, str(labels[row]), size=size)


def _county_table(results: Results) -> list[tuple[str, ...]]:
    public = results.study.output.profile == "public"
    shown = shown_coverage(results.coverage, results.study.services, public=public).county
    rows = shown.to_dict("records")
    # sites just outside the border serve the county too: the table has as many as the summary
    whole = [{**each, "sites": results.coverage.county[each["service"]]["sites"]} for each in rows]
    return _table(results, whole)


def _township_table(results: Results, township: str) -> list[tuple[str, ...]]:
    public = results.study.output.profile == "public"
    shown = shown_coverage(results.coverage, results.study.services, public=public).townships
    return _table(results, shown[shown["value"] == township].to_dict("records"))


def _table(results: Results, rows: list[Any]) -> list[tuple[str, ...]]:
    """Tell sites, people and rates of each service in one line."""
    labels = {service.id: service for service in results.study.services}
    table: list[tuple[str, ...]] = [("服务", "设施", "未覆盖人数", "人口覆盖率")]
    for each in rows:
        service = labels[each["service"]]
        rate = each["rate_band"] if isinstance(each["rate_band"], str) else percent(each["pop_rate"])
        mark = "*" if each["estimated"] else ""
        sites = f"{each['sites']:.0f}处"
        table.append((service.label[:9] + mark, sites, people_text(each["uncovered"]), rate))
    if any(each["estimated"] for each in rows):
        table.append(("*人数为估算", "", "", ""))
    return table
