"""Which community a row names (by code, by township and name, by a unique name), and which one a point lies in."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import Floats
from jiujin.reading.values import normal_name, normal_township, plain_name

Ints = NDArray[np.int32]
Key = TypeVar("Key")
NONE = -1
_SEVERAL = re.compile("[、，,;；/／]")
_SHORTEST = 3  # characters of a community's name that may be looked for in other texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The communities of a study, by everything that a ledger may call them; ambiguous names are left out."""

    shapes: NDArray[np.object_]
    labels: list[str]
    codes: dict[str, int]
    in_township: dict[tuple[str, str], int]
    unique: dict[str, int]
    full: dict[str, int]
    names: frozenset[str]
    any_full: re.Pattern[str] | None

    def found(self, code: str | None, township: str | None, name: str | None) -> int:
        """Position of the community that the row names, -1 where it names none that is known for sure."""
        if code is not None and code in self.codes:
            return self.codes[code]
        if not name:
            return NONE
        plain = normal_name(name)
        if township:
            return self.in_township.get((normal_township(township), plain), NONE)
        return self.unique.get(plain, NONE)

    def inside(self, *texts: str | None) -> int:
        """Position of the one community whose full name stands in these texts (a facility's name, its address)."""
        if self.any_full is None:
            return NONE
        hits = {hit for text in texts if text for hit in self.any_full.findall(plain_name(text))}
        return self.full[hits.pop()] if len(hits) == 1 else NONE

    def each_found(self, township: str | None, text: str) -> list[int]:
        """Positions of the communities of a cell that names several (甲社区、乙村); empty where one is not known."""
        parts = [part for part in _SEVERAL.split(text) if part.strip()]
        found = [self.found(None, township, part) for part in parts] if len(parts) > 1 else []
        return [] if NONE in found else found

    def unheard(self, name: str) -> bool:
        """Whether no community at all is called so, in whatever township; of several, whether any is not."""
        parts = [part for part in _SEVERAL.split(name) if part.strip()]
        return bool(self.names) and any(normal_name(part) not in self.names for part in parts)

    def containing(self, lon: Floats, lat: Floats) -> Ints:
        """Position of the community that each point lies in (on a border the first), -1 for none."""
        place = np.full(lon.size, NONE, np.int32)
        known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        if not len(self.shapes) or not known.size:
            return place
        tree = shapely.STRtree(self.shapes)
        point, shape = tree.query(shapely.points(lon[known], lat[known]), predicate="intersects")
        order = np.lexsort((shape, point))
        first = np.unique(point[order], return_index=True)
        place[known[first[0]]] = shape[order][first[1]]
        return place


def names_of(communities: gpd.GeoDataFrame | None) -> Named:
    """Index the communities; an empty index where there are none."""
    if communities is None or communities.empty:
        return Named(
            shapes=np.empty(0, object),
            labels=[],
            codes={},
            in_township={},
            unique={},
            full={},
            names=frozenset(),
            any_full=None,
        )
    names = [str(name) if name else "" for name in communities["name"]]
    townships = communities["township"].tolist() if "township" in communities else [None] * len(names)
    plain = [normal_name(name) if name else "" for name in names]
    keys = [(normal_township(str(town)) if town else "", name) for town, name in zip(townships, plain, strict=True)]
    full = {name: at for name, at in _only([plain_name(name) for name in names]).items() if len(name) >= _SHORTEST}
    longest_first = "|".join(map(re.escape, sorted(full, key=lambda name: (-len(name), name))))
    return Named(
        shapes=communities.geometry.to_numpy(),
        labels=[f"{town or ''}{name}" for town, name in zip(townships, names, strict=True)],
        codes={str(code): at for at, code in enumerate(communities["code"])},
        in_township={key: at for key, at in _only(keys).items() if key[0] and key[1]},
        unique={name: at for name, at in _only(plain).items() if name},
        full=full,
        names=frozenset(plain),
        any_full=re.compile(longest_first) if full else None,
    )


def _only(keys: list[Key]) -> dict[Key, int]:
    """The positions of keys that occur once."""
    times = Counter(keys)
    return {key: at for at, key in enumerate(keys) if times[key] == 1}
