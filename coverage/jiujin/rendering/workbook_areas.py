"""Housing, residential land and compounds in 附表2: a column of rates for each kind of layer that the study names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd

from jiujin.analysis.coverage_housing import COMPOUNDS
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
    """Lay the rates of a service by housing, land and compounds out for 附表2."""
    answers = results.answers
    county = [*_records(answers.areas, service), *_records(answers.compounds, service, kind=COMPOUNDS)]
    whole = {each["kind"]: float(each["rate"]) for each in county if each["class"] == "all"}
    parts = [
        *_records(answers.community_areas, service),
        *_records(
            answers.community_compounds.rename(columns={"compounds": "area_m2", "covered": "covered_m2"}),
            service,
            kind=COMPOUNDS,
        ),
    ]
    townships = [each["township"] if isinstance(each["township"], str) else None for each in parts]
    kinds = list(whole)
    return AreaColumns(
        headings=tuple(Heading(label=f"{AREAS[kind]}覆盖率", kind="rate", width=10) for kind in kinds),
        communities=_side_by_side(parts, [str(each["community_code"]) for each in parts], kinds),
        townships=_side_by_side(parts, townships, kinds),
        county=list(whole.values()),
    )


def _records(table: pd.DataFrame, service: Service, **further: str) -> list[dict[str, Any]]:
    found = table[table["service"] == service.id].to_dict("records")
    return [{str(name): value for name, value in each.items()} | further for each in found]


def _side_by_side(parts: Sequence[dict[str, Any]], keys: Sequence[K], kinds: list[str]) -> dict[K, list[Cell]]:
    """Add amounts up by key and put the rates of the kinds in columns."""
    sums: dict[K, list[list[float]]] = {}
    for key, each in zip(keys, parts, strict=True):
        pair = sums.setdefault(key, [[0.0, 0.0] for _ in kinds])[kinds.index(each["kind"])]
        pair[0] += each["area_m2"]
        pair[1] += each["covered_m2"]
    return {key: [covered / whole if whole > 0 else None for whole, covered in pairs] for key, pairs in sums.items()}
