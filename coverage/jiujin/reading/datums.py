"""
In which datum the positions of a table were picked: stated, named by a column or heading, or tested; never guessed.

Three witnesses are heard for each hypothesis (WGS 84, GCJ-02, BD-09): how far the positions lie from the streets, how
many lie inside the community that their row names, and how many lie inside the county. The streets decide only past a
stated gap and only where moving the positions elsewhere would not do as well; witnesses that contradict each other
decide nothing. What is decided, and by which scores, is always told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.coordinates import (
    Floats,
    Pair,
    Plane,
    bd09_from_wgs84,
    gcj02_from_wgs84,
    in_china,
    to_wgs84,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from jiujin.network.streets import Streets
from jiujin.reading.datums_streets import CAP_M, StreetWitness, street_witness

Flags = NDArray[np.bool_]

HYPOTHESES = ("wgs84", "gcj02", "bd09")
LABELS = {"wgs84": "WGS 84", "cgcs2000": "CGCS2000", "gcj02": "GCJ-02（高德、腾讯）", "bd09": "BD-09（百度）"}

FEWEST = 10
"""Fewer positions than this decide nothing."""

FEWEST_NAMED = 6
"""Of these, rows that name their community; fewer are no witness."""

GAP = 0.15
"""The best hypothesis must lie this much nearer to the streets than the second, as a share of the second's distance."""

APART = 1.5
"""… and the difference must be this many standard errors of the mean of the paired differences."""

BEYOND_CHANCE = 2.0
"""… and the best must beat the mean of `DECOYS` by this many of their standard deviations."""

CLEAR_GAP, CLEAR_APART, CLEAR_CHANCE = 0.4, 3.0, 0.5
"""A difference as clear as this needs less of it: on a regular grid of streets some decoys fit by design."""

ACCIDENT_GAP = 0.3
"""A conversion done once too often is told from this on: more than a datum needs, for it is rarer."""

HELD = 0.9
"""In a town no larger than the shifts: the share of positions that the best hypothesis must leave among the streets."""

MOST = 2000
"""Positions that are tested at most, evenly picked: more would not change the answer."""

MOST_SHIFTED = 500
"""… and of these by `DECOYS`."""

_SAME_SITE_DEG = 0.001  # positions of one compound witness once
_TURNS = np.arange(8) * np.pi / 4
DECOYS = [
    (metres * np.cos(turn + metres), metres * np.sin(turn + metres))
    for metres in (350, 600, 900, 1250)
    for turn in _TURNS
]
"""Shifts (metres east and north) of the size of the real ones in other directions: what chance alone would score."""

_NAMES = (
    (r"bd-?_?09mc|百度墨卡托", "bd09mc"),
    (r"bd-?_?09|百度|baidu|bdmap", "bd09"),
    (r"gcj-?_?02|火星|高德|腾讯|国测局|amap|gaode|tencent|qq地图|谷歌中国", "gcj02"),
    (r"(?:西安|xian).{0,3}(?:19)?80|80西安", "EPSG:4610"),
    (r"(?:北京|beijing|bj).{0,3}(?:19)?54", "EPSG:4214"),
    (r"cgcs|国家2000|2000国家|大地2000|大地坐标系2000|天地图|tianditu|^2000$|2000坐标", "cgcs2000"),
    (r"wgs|gps|手持机|北斗|奥维", "wgs84"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What hypotheses are held against: the streets, the communities that rows name, the county."""

    witness: StreetWitness | None
    communities: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))
    outline: shapely.Geometry | None = None

    @property
    def chinese(self) -> bool:
        """Whether the study lies where map services shift positions."""
        if self.witness is None:
            return True
        west, south, east, north = self.witness.box
        return in_china((west + east) / 2, (south + north) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatumVerdict:
    """
    What was decided about some positions: `datum` is None where nothing was.

    `count` positions were given; `street_m` is the capped mean distance to the streets per hypothesis, `inside_named`
    the share inside the named community, `inside_county` the share inside the outline (each empty where not asked).
    `because` says in Chinese why. `accident`: no datum fits, but one of `ACCIDENTS` clearly does.
    """

    datum: str | None
    because: str
    count: int
    street_m: dict[str, float] = field(default_factory=dict)
    inside_named: dict[str, float] = field(default_factory=dict)
    inside_county: dict[str, float] = field(default_factory=dict)
    accident: bool = False

    def scores(self) -> str:
        """Tell the scores in one Chinese phrase."""
        said = []
        if self.street_m:
            each = "、".join(f"{LABELS[key]} {metres:.0f} 米" for key, metres in self.street_m.items())
            said.append(f"到街道的平均距离（{CAP_M:.0f} 米封顶）：{each}")
        for title, shares in (("落在所填社区内", self.inside_named), ("落在县界内", self.inside_county)):
            if shares:
                said.append(f"{title}：" + "、".join(f"{LABELS[key]} {share:.0%}" for key, share in shares.items()))
        return "；".join([f"{self.count} 个点", *said])


def datum_named(text: object) -> str | None:
    """Find the datum that a cell, heading or title names (`百度经度`, `EPSG:4548`); None where it names none."""
    if not isinstance(text, str):
        return None
    word = text.lower().replace(" ", "")
    code = re.search(r"epsg[:：]?(\d{4,6})", word)
    if code:
        return f"EPSG:{code.group(1)}"
    return next((datum for pattern, datum in _NAMES if re.search(pattern, word)), None)


def decide_datum(
    lon: Floats,
    lat: Floats,
    *,
    streets: Streets,
    plane: Plane,
    communities: NDArray[np.object_] | None = None,
    named: NDArray[np.int32] | None = None,
    outline: shapely.Geometry | None = None,
) -> DatumVerdict:
    """
    Decide in which datum these positions (degrees) were picked, by all witnesses that are given.

    `communities` are polygons in WGS 84, `named` for each position the one that its row names (-1: none).
    """
    shapes = np.empty(0, object) if communities is None else communities
    evidence = Evidence(witness=street_witness(streets, plane), communities=shapes, outline=outline)
    return judge(lon, lat, evidence, named)


def judge(
    lon: Floats, lat: Floats, evidence: Evidence, named: NDArray[np.int32] | None = None, *, most: int = MOST
) -> DatumVerdict:
    """Decide as `decide_datum`, with evidence that was laid out before, by at most so many of the positions."""
    there = np.isfinite(lon) & np.isfinite(lat)
    count = int(there.sum())
    if not evidence.chinese:
        return DatumVerdict(datum="wgs84", because="本项目在中国境外", count=count)
    if count < FEWEST:
        return DatumVerdict(datum=None, because=f"只有 {count} 个点，少于 {FEWEST} 个，不足以判断", count=count)
    picked = np.flatnonzero(there)
    picked = picked[np.unique(np.linspace(0, picked.size - 1, min(most, picked.size)).astype(int))]
    places = {key: to_wgs84(lon[picked], lat[picked], key) for key in HYPOTHESES}
    streets = _by_streets(places, evidence.witness)
    known = np.full(picked.size, -1) if named is None else named[picked]
    units = _by_communities(places, evidence.communities, known)
    county = _inside_county(places, evidence.outline)
    datum, because = _agreed(streets, units, county)
    accident = "" if evidence.witness is None else _accident(places, evidence.witness)
    if accident:
        datum, because = None, accident
    return DatumVerdict(
        datum=datum,
        because=because,
        count=count,
        street_m=streets.score,
        inside_named=units.score,
        inside_county=county,
        accident=bool(accident),
    )


def decide_layer_datum(
    shapes: NDArray[np.object_], lon: Floats, lat: Floats, inside: NDArray[np.int32]
) -> DatumVerdict:
    """
    Decide in which datum polygons were drawn, by positions (WGS 84) that are known to lie in one of them each.

    `inside` is the polygon of each position (-1: not known): people with a community code, sites that name a community.
    The borders themselves tell nothing: on real data they keep no nearer to the streets in the right datum.
    """
    known = (inside >= 0) & np.isfinite(lon) & np.isfinite(lat)
    count = int(known.sum())
    if count < FEWEST:
        return DatumVerdict(datum=None, because=f"只有 {count} 个点，少于 {FEWEST} 个，不足以判断", count=count)
    x, y = lon[known], lat[known]
    places = {"wgs84": (x, y), "gcj02": gcj02_from_wgs84(x, y), "bd09": bd09_from_wgs84(x, y)}
    heard = _by_communities(places, shapes, inside[known])
    because = "按点所在的社区检验" if heard.best else f"几种坐标系都说得通（最吻合的须领先 {GAP:.0%} 且不是偶然）"
    return DatumVerdict(datum=heard.best, because=because, count=count, inside_named=heard.score)


def contradicted(lon: Floats, lat: Floats, datum: str, evidence: Evidence) -> bool:
    """Whether a handful of positions, too few to decide, clearly speaks against the datum of their table."""
    if evidence.witness is None or lon.size < 4:
        return False
    distance = {key: evidence.witness.distance_m(*to_wgs84(lon, lat, key)) for key in HYPOTHESES}
    return any(
        float(np.mean(distance[datum] - other)) > 40 and _standard_errors(distance[datum] - other) > 2.5
        for key, other in distance.items()
        if key != datum
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What one witness said: its favourite (None: none), its scores, and whom it would not stand in the way of."""

    best: str | None
    score: dict[str, float]
    tolerable: frozenset[str]


_SILENT = _Heard(best=None, score={}, tolerable=frozenset(HYPOTHESES))


def _by_streets(places: dict[str, Pair], witness: StreetWitness | None) -> _Heard:
    if witness is None:
        return _SILENT
    heard = _compared(places, witness)
    if heard.best is None:  # a wrong datum moves most positions out of a small town
        small = _compared(places, witness, everywhere=True)
        if small.best is not None and _holds(places, small.best, witness):
            return small
    return heard


def _compared(places: dict[str, Pair], witness: StreetWitness, *, everywhere: bool = False) -> _Heard:
    """Compare the hypotheses by the positions inside the streets' box; by all of them only what is clear counts."""
    keys, distance, counted = _distances(places, witness, everywhere=everywhere)
    means = distance.mean(axis=1) if distance.size else np.full(len(keys), CAP_M)
    score = {key: float(mean) for key, mean in zip(keys, means, strict=True)}
    if counted.size < FEWEST - 2:
        return _Heard(best=None, score=score, tolerable=frozenset(keys))
    order = np.argsort(means, kind="stable")
    best, second = order[0], order[1]
    tolerable = frozenset(key for key, mean in zip(keys, means, strict=True) if mean <= means[best] * (1 + GAP) + 2)
    gap = float(means[second] - means[best]) / max(float(means[second]), 1e-9)
    apart = min(_standard_errors(distance[other] - distance[best]) for other in order[1:])
    clear = gap >= CLEAR_GAP and apart >= CLEAR_APART
    if gap < GAP or apart < APART or (everywhere and not clear):
        return _Heard(best=None, score=score, tolerable=tolerable)
    chance = _beyond_chance(places[keys[best]], counted, distance[best], witness)
    if chance < (CLEAR_CHANCE if clear else BEYOND_CHANCE):
        return _Heard(best=None, score=score, tolerable=tolerable)
    return _Heard(best=keys[best], score=score, tolerable=frozenset({keys[best]}))


ACCIDENTS: tuple[tuple[str, Callable[[dict[str, Pair]], Pair]], ...] = (
    ("GCJ-02 偏移被加了两次", lambda places: wgs84_from_gcj02(*places["gcj02"])),
    ("BD-09 坐标又被多加了一次 GCJ-02 偏移", lambda places: wgs84_from_bd09(*places["gcj02"])),
    ("GCJ-02 偏移被多减了一次", lambda places: gcj02_from_wgs84(*places["wgs84"])),
)
"""Conversions that a tool did once too often, and how to undo them from the hypotheses; told where they fit only."""


def _accident(places: dict[str, Pair], witness: StreetWitness) -> str:
    """Say in Chinese which accident would explain positions that fit no datum; empty where none clearly does."""
    tried = places | {name: undone(places) for name, undone in ACCIDENTS}
    keys, distance, counted = _distances(tried, witness)
    if counted.size < FEWEST:
        return ""
    means = distance.mean(axis=1)
    best = int(np.argmin(means[len(places) :])) + len(places)
    others = np.delete(np.arange(len(keys)), best)
    apart = min(_standard_errors(distance[other] - distance[best]) for other in others)
    if means[best] > (1 - ACCIDENT_GAP) * means[: len(places)].min() or apart < CLEAR_APART:
        return ""
    if _beyond_chance(tried[keys[best]], counted, distance[best], witness) < BEYOND_CHANCE:
        return ""
    return f"不像任何一种坐标系，更像是{keys[best]}（改正后到街道平均 {means[best]:.0f} 米），请向填报单位要原始坐标"


def _distances(
    places: dict[str, Pair], witness: StreetWitness, *, everywhere: bool = False
) -> tuple[list[str], Floats, NDArray[np.intp]]:
    """
    Distances per hypothesis of the positions that can tell: one per site, inside the streets' box under all of them.

    A site beyond the edge of the streets would be near a street only where a wrong datum moves it inside; `everywhere`
    such sites are heard too.
    """
    keys = list(places)
    lon, lat = places[keys[0]]
    site = np.round(lon / _SAME_SITE_DEG) * 1e6 + np.round(lat / _SAME_SITE_DEG)
    _, once = np.unique(site, return_index=True)
    inside = np.all([_among(place, witness) for place in places.values()], axis=0)
    once = np.sort(once[inside[once] | everywhere])
    distance = np.stack([witness.distance_m(places[key][0][once], places[key][1][once]) for key in keys])
    telling = (distance < CAP_M).any(axis=0)
    return keys, distance[:, telling], once[telling]


def _holds(places: dict[str, Pair], best: str, witness: StreetWitness) -> bool:
    """Whether this hypothesis leaves nearly all positions among the streets, and nearer to them than any accident."""
    undone = [undo(places) for _, undo in ACCIDENTS]
    nearest = min(float(witness.distance_m(*place).mean()) for place in undone)
    among = float(_among(places[best], witness).mean())
    return among >= HELD and float(witness.distance_m(*places[best]).mean()) < nearest


def _among(place: Pair, witness: StreetWitness) -> Flags:
    """Whether each position lies inside the streets' box."""
    (lon, lat), (west, south, east, north) = place, witness.box
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _beyond_chance(place: Pair, counted: NDArray[np.intp], distance: Floats, witness: StreetWitness) -> float:
    """Tell by how many standard deviations of the decoys' means the best hypothesis is nearer than their mean."""
    some = np.unique(np.linspace(0, counted.size - 1, min(MOST_SHIFTED, counted.size)).astype(int))
    means = witness.shifted_m(place[0][counted[some]], place[1][counted[some]], DECOYS)
    return float((means.mean() - distance[some].mean()) / max(means.std(), 1e-9))


def _standard_errors(difference: Floats) -> float:
    error = float(difference.std(ddof=1)) / np.sqrt(difference.size)
    return float(difference.mean() / max(error, 1e-9))


def _by_communities(places: dict[str, Pair], polygons: NDArray[np.object_], named: NDArray[np.int32]) -> _Heard:
    rows = np.flatnonzero(named >= 0)
    if rows.size < FEWEST_NAMED:
        return _SILENT
    inside = {
        key: shapely.intersects_xy(polygons[named[rows]], lon[rows], lat[rows]) for key, (lon, lat) in places.items()
    }
    score = {key: float(hit.mean()) for key, hit in inside.items()}
    best = max(score, key=lambda key: score[key])
    tolerable = frozenset(key for key in score if score[key] >= score[best] - GAP)
    clear = all(
        score[best] - score[key] >= GAP and _standard_errors(inside[best].astype(float) - inside[key]) >= 2
        for key in score
        if key != best
    )
    return _Heard(best=best if clear and score[best] >= 0.5 else None, score=score, tolerable=tolerable)


def _inside_county(places: dict[str, Pair], outline: shapely.Geometry | None) -> dict[str, float]:
    if outline is None:
        return {}
    shapely.prepare(outline)
    return {key: float(shapely.intersects_xy(outline, lon, lat).mean()) for key, (lon, lat) in places.items()}


def _agreed(streets: _Heard, units: _Heard, county: dict[str, float]) -> tuple[str | None, str]:
    """Join the witnesses: one suffices where no other stands in the way."""
    favourite = streets.best or units.best
    if favourite is None:
        return None, f"几种坐标系都说得通（最吻合的须领先 {GAP:.0%} 且不是偶然）"
    if favourite not in streets.tolerable or favourite not in units.tolerable:
        return None, "街道与所填社区得出的结论相反（社区图层的坐标系可能也不对）"
    if county and county[favourite] < max(county.values()) - 0.1:
        return None, "与县界得出的结论相反"
    witnesses = [word for word, heard in (("街道", streets), ("所填社区", units)) if heard.best == favourite]
    return favourite, f"按{'和'.join(witnesses)}检验"
