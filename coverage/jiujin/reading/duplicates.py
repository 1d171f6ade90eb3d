"""
The same site twice: the same name written another way, one place under two rows, many sites on one point.

Rows that agree in service and plain name within 50 m are one site, and the later is left out with a warning. Everything
less sure is only reported, because two canteens can share a courtyard.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import Floats
from jiujin.reading.values import plain_name

SAME_M = 50.0
NEAR_M = 100.0
ALIKE = 0.8
"""Similarity of two names (0 to 1) from which on they may be one site."""

CROWD = 3
"""Differently named sites on exactly one point are suspicious from this many on."""

_OUTER = re.compile(r"[()（）\[\]\-_·,.]|居委会|村委会|社区|村民委员会|居民委员会|[县市区镇乡村]")


def same_sites(facilities: pd.DataFrame, x: Floats, y: Floats) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """
    Find rows that repeat an earlier one, and pairs that may.

    `facilities` has `service`, `name` and `stated_id` (text, or None where the ledger gives none); `x`, `y` are plane
    metres. Returns for every row the earlier row that it repeats (-1: none), and the doubtful pairs (earlier, later).
    Rows with two different ids of their own are never taken for one.
    """
    names = [plain_name(name) if name else "" for name in facilities["name"]]
    ids = facilities["stated_id"].tolist()
    repeats = np.full(len(names), -1, np.int64)
    doubtful: list[tuple[int, int]] = []
    for first, second in _close_pairs(facilities["service"].to_numpy(object), x, y):
        apart_m = float(np.hypot(x[first] - x[second], y[first] - y[second]))
        own_ids = ids[first] is not None and ids[second] is not None and ids[first] != ids[second]
        if names[first] == names[second] and names[first] and apart_m <= SAME_M and not own_ids:
            if repeats[second] < 0:
                repeats[second] = first if repeats[first] < 0 else repeats[first]
        elif names[first] == names[second] or _alike(names[first], names[second]):
            doubtful.append((first, second))
    return repeats, [pair for pair in doubtful if repeats[pair[0]] < 0 and repeats[pair[1]] < 0]


def crowded_points(facilities: pd.DataFrame) -> list[list[int]]:
    """Find differently named rows that stand on exactly the same point: a geocoder's or a clerk's default."""
    groups = facilities.groupby(["lon", "lat"], sort=False).indices
    return [
        sorted(int(row) for row in rows)
        for rows in groups.values()
        if len(rows) >= CROWD and len({_core(facilities["name"].iloc[row] or "") for row in rows}) >= CROWD
    ]


def _close_pairs(service: NDArray[np.object_], x: Floats, y: Floats) -> list[tuple[int, int]]:
    """Pairs of one service within `NEAR_M`, in row order; of a crowd on one point each row meets the next few only."""
    pairs: set[tuple[int, int]] = set()
    for one in dict.fromkeys(service.tolist()):
        rows = np.flatnonzero((service == one) & np.isfinite(x) & np.isfinite(y))
        points, place = np.unique(np.column_stack((x[rows], y[rows])), axis=0, return_inverse=True)
        members: list[list[int]] = [[] for _ in range(len(points))]
        for row, at in zip(rows.tolist(), place.ravel().tolist(), strict=True):
            members[at].append(row)
        crowd = 40
        for here in (here for here in members if len(here) > 1):
            pairs.update((a, b) for k, a in enumerate(here) for b in here[k + 1 : k + 1 + crowd])
        shapes = np.asarray(shapely.points(points), object)
        close = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=NEAR_M).T
        for at, other in close[close[:, 0] < close[:, 1]].tolist():
            pairs.update((min(a, b), max(a, b)) for a in members[at][:crowd] for b in members[other][:crowd])
    return sorted(pairs)


def _alike(first: str, second: str) -> bool:
    a, b = _core(first), _core(second)
    if not a or not b or re.findall(r"\d+", a) != re.findall(r"\d+", b):
        return False  # 一号食堂 and 二号食堂 differ in nothing else
    return a == b or a in b or b in a or SequenceMatcher(None, a, b).ratio() >= ALIKE


def _core(name: str) -> str:
    return _OUTER.sub("", plain_name(name))
