"""Housing and residential land in 附表2: a column of rates for each kind of layer that the study names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from jiujin.analysis.results import Results
from jiujin.rendering.wording import AREAS
from jiujin.rendering.workbook_sheets import Cell, Heading
from jiujin.study import Service

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaColumns:
    """Cells to put at the end of a row, by community code, by township and for the county; none without a layer."""

    headings: tuple[Heading, ...]
    communities: Mapping[str, list[Cell]]
    townships: Mapping[str | None, list[Cell]]
    county: list[Cell]

    def of_community(self, code: str) -> list[Cell]:
        """Rates of a community; no rate where it has no housing or residential land."""
        return self.communities.get(code, [None] * len(self.headings))

    def of_township(self, name: str | None) -> list[Cell]:
        """Rates of a township, from its sums."""
        return self.townships.get(name, [None] * len(self.headings))


def area_columns(results: Results, service: Service) -> AreaColumns:
    """Lay the area rates of a service out for 附表2."""
    areas, parts = results.answers.areas, results.answers.community_areas
    kinds = list(dict.fromkeys(areas["kind"].tolist()))
    whole = areas[(areas["service"] == service.id) & (areas["class"] == "all")]
    mine = parts[parts["service"] == service.id]
    townships = mine["township"].where(mine["township"].notna(), None)
    return AreaColumns(
        headings=tuple(Heading(label=f"{AREAS[kind]}覆盖率", kind="rate", width=10) for kind in kinds),
        communities=_side_by_side(mine, mine["community_code"].tolist(), kinds),
        townships=_side_by_side(mine, townships.tolist(), kinds),
        county=[float(whole[whole["kind"] == kind]["rate"].iloc[0]) for kind in kinds],
    )


def _side_by_side(parts: pd.DataFrame, keys: list[K], kinds: list[str]) -> dict[K, list[Cell]]:
    """Add areas up by key and put the rates of the kinds in columns."""
    sums: dict[K, list[list[float]]] = {}
    rows = zip(keys, *(parts[name].tolist() for name in ("kind", "area_m2", "covered_m2")), strict=True)
    for key, kind, area, covered in rows:
        pair = sums.setdefault(key, [[0.0, 0.0] for _ in kinds])[kinds.index(kind)]
        pair[0] += area
        pair[1] += covered
    return {key: [c / a if a > 0 else None for a, c in pairs] for key, pairs in sums.items()}
