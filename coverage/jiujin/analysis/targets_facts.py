"""What targets are measured on: communities, sites, people and office tables of a study, and how to pick of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.coverage_counts import Floats, Ints, Masks, Residents
from jiujin.analysis.coverage_tables import class3_of
from jiujin.study import Service
from jiujin.tables import CLASS_LABELS

Where = Mapping[str, tuple[str, ...]]

_YES_AND_NO = {"是": "1", "有": "1", "√": "1", "✓": "1", "否": "0", "无": "0", "没有": "0", "×": "0"}
_TAG_SEPARATORS = str.maketrans("、，,；;/|", "       ")


def plain(text: str) -> str:
    """Width, case and spaces taken out of a name: what is left when no better normaliser is passed in."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Reached(Protocol):
    """Whoever knows of every person whether a service is in reach, as `ServiceAccess` does."""

    @property
    def covered(self) -> Masks:
        """Whether the walk is within reach, one for each person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """
    Everything that the targets of a study may count.

    `communities` as read (sorted by code; an optional text column `tag` may hold several words); `facilities` with
    `service, status, counted` and optionally `tag`, beside `facility_community` (row in communities, -1 = none); for
    the people `residents` and `access` by service; `tables` by name: a frame with one row per community, township or
    site, known by `code`, or by `township` and `name`, and a column per figure (also as `other:<heading>`).
    `normal` brings names of places to a common form for the join.
    """

    communities: pd.DataFrame
    facilities: pd.DataFrame
    facility_community: Ints
    services: Mapping[str, Service]
    residents: Residents
    access: Mapping[str, Reached]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=lambda: MappingProxyType({}))
    normal: Callable[[str], str] = plain

    def communities_where(self, where: Where) -> Masks:
        """Communities that meet every condition; within one condition any of its values will do."""
        chosen = np.ones(len(self.communities), bool)
        for key, values in where.items():
            labels = self._labels(key)
            chosen &= np.array([bool(set(values) & each) for each in labels], bool)
        return chosen

    def units_where(self, where: Where) -> Masks:
        """Communities to be counted: as `communities_where`, but a tag that only sites have asks nothing of them."""
        if "tag" in self.communities:
            return self.communities_where(where)
        return self.communities_where({key: values for key, values in where.items() if key != "tag"})

    def sites_where(self, service: str, where: Where, *, counted: bool = True) -> NDArray[np.int64]:
        """
        Rows of the sites of a service inside the county (in some community) that meet every condition.

        A `tag` may be the site's own or its community's. With `counted=False` those still being built instead.
        """
        frame = self.facilities
        mine = (frame["service"].to_numpy(object) == service) & (self.facility_community >= 0)
        here = frame["counted"].to_numpy(bool)
        mine &= here if counted else ~here & (frame["status"].to_numpy(object) == "building")
        for key, values in where.items():
            met = self.communities_where({key: values})[self.facility_community]
            if key == "tag" and "tag" in frame:
                met |= np.array([bool(set(values) & _words(each)) for each in frame["tag"].tolist()], bool)
            mine &= met
        return np.flatnonzero(mine)

    def known_to(self, key: str) -> set[str]:
        """Every name that a condition of this kind can meet: of communities, and of sites for a tag."""
        known = set().union(*self._labels(key)) if len(self.communities) else set()
        if key == "tag" and "tag" in self.facilities:
            known |= set().union(*(_words(each) for each in self.facilities["tag"].tolist()))
        return known

    def meets_nothing(self, where: Where) -> bool:
        """Whether conditions name no community at all, or tags that nothing has: there is nothing to be counted."""
        tags = where.get("tag")
        return (tags is not None and not self.known_to("tag") & set(tags)) or not self.units_where(where).any()

    def _labels(self, key: str) -> list[set[str]]:
        """What each community answers to under one kind of condition."""
        if key == "tag":
            if "tag" not in self.communities:
                return [set() for _ in range(len(self.communities))]
            return [_words(each) for each in self.communities["tag"].tolist()]
        if key == "class":
            codes = self.communities["class_code"].tolist() if "class_code" in self.communities else None
            kinds = self.communities["class"].tolist()
            threes = class3_of(self.communities)
            codes = codes or [None] * len(kinds)
            return [
                {kind, CLASS_LABELS[kind], three} | ({code} if isinstance(code, str) else set())
                for kind, three, code in zip(kinds, threes, codes, strict=True)
            ]
        if key not in self.communities:
            return [set() for _ in range(len(self.communities))]
        return [{each} if isinstance(each, str) else set() for each in self.communities[key].tolist()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Rows of an office table: `community` (-1 = not found), whether each meets the conditions, and its number."""

    community: Ints
    chosen: Masks
    values: Floats


def figures_of(facts: TargetFacts, table: str, column: str | None, where: Where) -> Figures | None:
    """
    Take one column of an office table, joined to the communities; None when there is no such table or column.

    Without a column each row counts as 1. A row that is not found among the communities meets a condition only where
    the condition is its own township.
    """
    frame = facts.tables.get(table)
    if frame is None:
        return None
    name = column if column is None or column in frame else f"other:{column}"
    if name is not None and name not in frame:
        return None
    community = join_communities(frame, facts.communities, facts.normal)
    chosen = np.append(facts.communities_where(where), [not where])[community]
    if set(where) == {"township"} and "township" in frame:
        own = frame["township"].isin(list(where["township"])).to_numpy(bool)
        chosen |= (community < 0) & own
    values = np.ones(len(frame)) if name is None else numbers(frame[name])
    return Figures(community=community, chosen=chosen, values=values)


def numbers(column: pd.Series) -> Floats:
    """Read figures that may still be text (`1,200`, `80%`, `是`); NaN where there is none."""
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    text = column.map(lambda cell: unicodedata.normalize("NFKC", str(cell)).replace(",", "").strip())
    text = text.replace(_YES_AND_NO)
    percent = text.str.endswith("%").to_numpy(bool)
    found = pd.to_numeric(text.str.rstrip("%"), errors="coerce").to_numpy(np.float64)
    return np.where(percent, found / 100, found)


def join_communities(frame: pd.DataFrame, communities: pd.DataFrame, normal: Callable[[str], str]) -> Ints:
    """
    Row in the communities of each row of a table: by `code`, else by `township` and name; -1 = not found.

    Never by name alone, and not by a name that two communities of a township share.
    """
    row = np.full(len(frame), -1, np.int32)
    if "code" in frame:
        codes = {code: at for at, code in enumerate(communities["code"].tolist())}
        row[:] = [codes.get(code, -1) if isinstance(code, str) else -1 for code in frame["code"].tolist()]
    if not {"township", "name"} <= set(frame.columns):
        return row
    keys = _keys(communities, normal)
    known: dict[tuple[str, str] | None, int] = {}
    for at, key in enumerate(keys):
        known[key] = -1 if key in known else at
    known[None] = -1
    by_name = np.array([known.get(key, -1) for key in _keys(frame, normal)], np.int32)
    return np.where(row >= 0, row, by_name).astype(np.int32)


def _keys(frame: pd.DataFrame, normal: Callable[[str], str]) -> list[tuple[str, str] | None]:
    return [
        (normal(township), normal(name)) if isinstance(township, str) and isinstance(name, str) else None
        for township, name in zip(frame["township"].tolist(), frame["name"].tolist(), strict=True)
    ]


def _words(cell: object) -> set[str]:
    return set(cell.translate(_TAG_SEPARATORS).split()) if isinstance(cell, str) else set()
