"""
Answers that a page tells beside coverage: targets, gaps, the trust in its streets, suggested sites, townships.

All of them are computed by a run; the page only shows them, and draws gaps and townships where they lie.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.gaps_public import public_gaps
from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import SitingAnswer
from jiujin.rendering.public_form import shown_siting
from jiujin.rendering.siting import gap_above

MOST_GAPS = 300
"""As many gaps of a service stand in a page; the whole list is `gaps.geojson`."""

GAP_LINE = 1e-4
"""Degrees by which the line around a gap may be off: it is drawn around people with 60 metres to spare."""


def _no_shapes() -> NDArray[np.object_]:
    return np.empty(0, object)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswers:
    """
    Facts of text and numbers as the page reads them; shapes are in WGS 84 degrees.

    `targets` and `gaps` are rows by name, each with the id of its `service` (None: of no single one); `gap_shapes` and
    `township_shapes` go with `gaps` and `townships`; `trust` is a grade per community; `gap_count` counts all gaps of
    each service, also those that are left out here.
    """

    targets: tuple[dict[str, Any], ...] = ()
    gaps: tuple[dict[str, Any], ...] = ()
    gap_shapes: NDArray[np.object_] = field(default_factory=_no_shapes)
    gap_count: dict[str, int] = field(default_factory=dict)
    trust: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    township_shapes: NDArray[np.object_] = field(default_factory=_no_shapes)
    siting: dict[str, Any] | None = None

    def for_service(self, service: str) -> PageAnswers:
        """What the page of one bureau tells: its own gaps, targets and sites."""
        rows = np.array([gap["service"] == service for gap in self.gaps], np.bool_)
        return replace(
            self,
            targets=tuple(target for target in self.targets if target["service"] == service),
            gaps=tuple(gap for gap in self.gaps if gap["service"] == service),
            gap_shapes=self.gap_shapes[rows],
            gap_count={name: count for name, count in self.gap_count.items() if name == service},
            siting=self.siting if self.siting and self.siting["service"] == service else None,
        )

    def told(self) -> dict[str, Any]:
        """What of it goes into the head of the page: all but shapes."""
        gaps = [[gap[name] for name in _GAP_FACTS] for gap in self.gaps]
        said = {"targets": list(self.targets), "trust": list(self.trust), "townships": list(self.townships)}
        return {**said, "gap_facts": _GAP_FACTS, "gaps": gaps, "gap_count": self.gap_count, "siting": self.siting}


_GAP_FACTS = (
    "service", "rank", "name", "township", "people", "nearest_m", "nearest_name", "detour", "remedy", "remedy_name",
    "remedy_people",
)  # fmt: skip


def page_answers(results: Results) -> PageAnswers:
    """Take out of the results what a page tells beside coverage; to the public no exact count and no exact place."""
    public = results.study.output.profile == "public"
    gaps = public_gaps(results.answers.gaps) if public else results.answers.gaps
    shown = gaps[gaps["rank"] <= MOST_GAPS]
    townships, shapes = _townships(results.communities)
    names = dict(zip(results.facilities["id"], results.facilities["name"], strict=True))
    return PageAnswers(
        targets=_targets(results),
        gaps=tuple(_gap(row, names) for row in shown.drop(columns="geometry").to_dict("records")),
        gap_shapes=_lines(shown),
        gap_count={str(service): int(count) for service, count in gaps["service"].value_counts(sort=False).items()},
        trust=tuple(str(grade) for grade in results.trust["trust"]),
        townships=townships,
        township_shapes=shapes,
        siting=None if results.siting is None else _siting(shown_siting(results, results.siting)),
    )  # fmt: skip


def _targets(results: Results) -> tuple[dict[str, Any], ...]:
    service = {target.id: target.service for target in results.study.targets}
    columns = ("id", "label", "goal", "found", "unit", "state", "source", "note")
    return tuple(
        {"service": service.get(row["id"]), **{name: _plain(row[name]) for name in columns}}
        for row in results.answers.targets.to_dict("records")
    )


def _gap(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    told = {name: _plain(row[name]) for name in _GAP_FACTS if name != "remedy_name"}
    return told | {"remedy_name": _plain(names.get(row["remedy_site"]))}


def _lines(gaps: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Outlines that are small to carry; a gap without a place has an empty one."""
    shapes = gaps.geometry.to_numpy()
    placed = np.array([shapely.Polygon() if shape is None else shape for shape in shapes], object)
    return np.asarray(shapely.simplify(placed, GAP_LINE), object)


def _townships(communities: gpd.GeoDataFrame) -> tuple[tuple[str, ...], NDArray[np.object_]]:
    """Townships as the union of their communities, where there is more than one; slivers inside are closed."""
    if "township" not in communities:
        return (), _no_shapes()
    named = communities[communities["township"].map(lambda name: isinstance(name, str) and bool(name)).astype(bool)]
    names = tuple(sorted(set(named["township"])))
    if len(names) < 2:
        return (), _no_shapes()
    shapes = np.empty(len(names), object)
    for position, name in enumerate(names):
        parts = named.geometry[named["township"] == name].to_numpy()
        shapes[position] = _without_slivers(shapely.union_all(shapely.set_precision(parts, 1e-7)))
    return names, shapes


def _without_slivers(shape: shapely.Geometry) -> shapely.Geometry:
    """Close holes that are nobody's land, only two outlines that do not quite meet (under about a hectare)."""
    parts = []
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon":
            continue
        parts.append(
            shapely.Polygon(part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area > 1e-6])
        )
    return shapely.MultiPolygon(parts) if len(parts) != 1 else parts[0]


def _siting(answer: SitingAnswer) -> dict[str, Any]:
    sites = [
        {
            "name": site.name,
            "lon": site.lon,
            "lat": site.lat,
            "gained": _plain(site.gained),
            "rate": _plain(site.cumulative_rate),
        }
        for site in answer.sites
    ]
    told = {"service": answer.service, "gained": _plain(answer.gained), "optimal": answer.optimal}
    return {**told, "gap": _plain(gap_above(answer.gap) / 100), "closed": list(answer.closed), "sites": sites}


def _plain(value: Any) -> Any:
    """A value as JSON holds it: missing is None, whole numbers are whole, others as short as reading wants them."""
    if value is None or pd.isna(value):
        return None
    if isinstance(value, str | bool):
        return value
    number = float(value)
    return int(number) if number.is_integer() else round(number, 4)
