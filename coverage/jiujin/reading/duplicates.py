"""
The same site twice: the same name written another way, one place under two rows, many sites on one point.

Rows that agree in service and plain name within 50 m are one site, and the later is left out with a warning. Everything
less sure is only reported, because two canteens can share a courtyard.
"""

from __future__ import annotations

import re
from collections import defaultdict
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

MEET = 40
"""Rows on one point that are compared with each other, and with those of a point nearby."""

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
    repeats = [-1] * len(names)
    doubtful: list[tuple[int, int]] = []
    alike = _Likeness()
    pairs = _close_pairs(facilities["service"].to_numpy(object), x, y)
    apart_m = np.hypot(*(axis[pairs[:, 0]] - axis[pairs[:, 1]] for axis in (x, y)))
    for (first, second), is_near in zip(pairs.tolist(), (apart_m <= SAME_M).tolist(), strict=True):
        same_name = names[first] == names[second]
        own_ids = ids[first] is not None and ids[second] is not None and ids[first] != ids[second]
        if same_name and names[first] and is_near and not own_ids:
            if repeats[second] < 0:
                repeats[second] = first if repeats[first] < 0 else repeats[first]
        elif same_name or alike(names[first], names[second]):
            doubtful.append((first, second))
    return np.array(repeats, np.int64), [pair for pair in doubtful if repeats[pair[0]] < 0 and repeats[pair[1]] < 0]


def crowded_points(facilities: pd.DataFrame) -> list[list[int]]:
    """Find differently named rows that stand on exactly the same point: a geocoder's or a clerk's default."""
    point = facilities["lon"].to_numpy(np.float64) + 1j * facilities["lat"].to_numpy(np.float64)
    _, place, times = np.unique(point, return_inverse=True, return_counts=True)
    names = facilities["name"].tolist()
    origin = _origins(facilities)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(times[place] >= CROWD).tolist():
        groups[int(place[row])].append(row)
    return [
        rows
        for rows in groups.values()
        if len({_core(names[row] or "") for row in rows}) >= CROWD and len({origin[row] for row in rows}) >= CROWD
    ]


def _origins(facilities: pd.DataFrame) -> list[tuple[object, ...]]:
    """The row of a file that each site was read from: the services of one row share its point by design."""
    if not {"file", "sheet", "row"} <= set(facilities.columns):
        return [(at,) for at in range(len(facilities))]
    return list(zip(*(facilities[name].tolist() for name in ("file", "sheet", "row")), strict=True))


def _close_pairs(service: NDArray[np.object_], x: Floats, y: Floats) -> NDArray[np.int64]:
    """Pairs (n, 2) of one service within `NEAR_M`, in row order; of a crowd on one point only some meet."""
    pairs = [np.empty((0, 2), np.int64)]
    here = np.isfinite(x) & np.isfinite(y)
    for one in dict.fromkeys(service.tolist()):
        rows = np.flatnonzero((service == one) & here)
        points, place = np.unique(x[rows] + 1j * y[rows], return_inverse=True)
        members = rows[np.argsort(place, kind="stable")]
        starts = np.searchsorted(np.sort(place), np.arange(len(points) + 1))
        pairs += _at_one_point(members, starts)
        shapes = np.asarray(shapely.points(points.real, points.imag), object)
        close = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=NEAR_M).T
        pairs.append(_between_points(members, starts, close[close[:, 0] < close[:, 1]]))
    met = np.concatenate(pairs)
    met.sort(axis=1)
    return met[np.lexsort((met[:, 1], met[:, 0]))]


def _at_one_point(members: NDArray[np.int64], starts: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Pairs of rows on one point: each with the next `MEET` of them."""
    point = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    pairs = []
    for step in range(1, MEET + 1):
        same = np.flatnonzero(point[step:] == point[:-step])
        if not same.size:
            break
        pairs.append(np.column_stack((members[same], members[same + step])))
    return pairs


def _between_points(
    members: NDArray[np.int64], starts: NDArray[np.int64], close: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Pairs of rows on two close points: the first `MEET` of each with those of the other."""
    some = np.minimum(np.diff(starts), MEET)
    left, right = close.T
    times = some[left] * some[right]
    which = np.repeat(np.arange(times.size), times)
    number = np.arange(which.size) - np.repeat(np.cumsum(times) - times, times)
    first, second = np.divmod(number, some[right][which])
    return np.column_stack((members[starts[left][which] + first], members[starts[right][which] + second]))


class _Likeness:
    """Tells whether two plain names may mean one site; what it found out about a name it keeps."""

    def __init__(self) -> None:
        self._cores: dict[str, tuple[str, list[str], frozenset[str]]] = {}
        self._matcher = SequenceMatcher(autojunk=False)

    def __call__(self, first: str, second: str) -> bool:
        (a, numbers, signs), (b, others, known) = self._core(first), self._core(second)
        if not a or not b or numbers != others:
            return False  # 一号食堂 and 二号食堂 differ in nothing else
        if a in b or b in a:
            return True
        most = min(len(a) - len(signs - known), len(b) - len(known - signs))
        if 2 * most / (len(a) + len(b)) < ALIKE:
            return False  # even if all characters that both have stood in one order
        once = len(signs) == len(a) and len(known) == len(b)
        if once and [sign for sign in a if sign in known] == [sign for sign in b if sign in signs]:
            return True  # they do, and each once: nothing else can be matched with them
        self._matcher.set_seqs(a, b)
        return self._matcher.ratio() >= ALIKE

    def _core(self, name: str) -> tuple[str, list[str], frozenset[str]]:
        known = self._cores.get(name)
        if known is None:
            core = _core(name)
            known = self._cores[name] = core, re.findall(r"\d+", core), frozenset(core)
        return known


def _core(name: str) -> str:
    return _OUTER.sub("", plain_name(name))
