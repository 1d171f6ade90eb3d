"""
From written degrees to WGS 84, file by file: the datum of a file, and of the townships in it that picked elsewhere.

What is stated is applied as stated. What is not is decided for the file; then every reporting unit (township, else
sheet) with enough positions is heard for itself, because one township picks from Amap and another from a GPS. Units too
small to decide follow their file, unless they speak against it or the file is mixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jiujin.coordinates import Floats, datum_refusal, to_wgs84
from jiujin.errors import Problem
from jiujin.reading.datums import FEWEST, GAP, LABELS, MOST, DatumVerdict, Evidence, contradicted, judge

Flags = NDArray[np.bool_]
Labels = NDArray[np.object_]

MOST_OF_UNIT = 300
"""Positions of one reporting unit that are tested at most: a county has hundreds of units, and 50 are enough."""

ENOUGH_TO_OBJECT = 20
"""Positions from which on a stated datum is held against the streets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """
    The positions (n,) of one file as written, in degrees.

    `stated`: the datum that is known for the row, None where it must be tested; `unit`: the township or sheet that
    reported it; `named`: position of the community that the row names, -1 for none.
    """

    lon: Floats
    lat: Floats
    stated: Labels
    unit: Labels
    named: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Positions in WGS 84; `lon` and `lat` are NaN where no datum was settled, and `why_not` says why in Chinese."""

    lon: Floats
    lat: Floats
    datum: Labels
    why_not: Labels


def settle_datums(
    written: Written, evidence: Evidence, *, file: str, layer: str = "facilities"
) -> tuple[Settled, list[Problem]]:
    """Bring the positions of one file to WGS 84; every decision is told, every undecided row marked."""
    datum, why_not = written.stated.copy(), np.full(written.lon.size, None, object)
    there = np.isfinite(written.lon) & np.isfinite(written.lat)
    problems = list(_objections(written, there, evidence, file))
    open_rows = there & np.array([word is None for word in written.stated], np.bool_)
    if open_rows.any():
        decided = _decided(written, evidence, open_rows)
        datum[open_rows], why_not[open_rows] = decided.datum[open_rows], decided.why_not[open_rows]
        problems += [_told(verdict, unit, file, layer) for unit, verdict in decided.told]
    lon, lat = np.full(written.lon.size, np.nan), np.full(written.lon.size, np.nan)
    for word in sorted({str(word) for word in datum[there] if word is not None}):
        rows = there & (datum == word)
        refusal = datum_refusal(word)
        if refusal:
            why_not[rows] = refusal
            datum[rows] = None
            continue
        lon[rows], lat[rows] = to_wgs84(written.lon[rows], written.lat[rows], word)
        shifted = rows & ~open_rows
        if word not in {"wgs84", "cgcs2000"} and shifted.any():
            problems.append(_converted(word, int(shifted.sum()), file))
    return Settled(lon=lon, lat=lat, datum=datum, why_not=why_not), problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decisions:
    """The datum of every open row of a file so far, and the verdicts that are worth telling."""

    written: Written
    evidence: Evidence
    datum: Labels
    why_not: Labels
    told: list[tuple[str, DatumVerdict]]

    def judge(self, rows: Flags, most: int = MOST) -> DatumVerdict:
        written = self.written
        return judge(written.lon[rows], written.lat[rows], self.evidence, written.named[rows], most=most)

    def settle(self, rows: Flags, verdict: DatumVerdict, unit: str = "") -> None:
        self.datum[rows] = verdict.datum
        self.why_not[rows] = None if verdict.datum else verdict.because
        self.told.append((unit, verdict))


def _decided(written: Written, evidence: Evidence, rows: Flags) -> _Decisions:
    none = np.full((2, rows.size), None, object)
    decisions = _Decisions(written=written, evidence=evidence, datum=none[0], why_not=none[1], told=[])
    whole = decisions.judge(rows)
    units = _units(written.unit, rows)
    heard = {unit: decisions.judge(here, MOST_OF_UNIT) for unit, here in units.items()} if len(units) > 1 else {}
    own = {unit: verdict for unit, verdict in heard.items() if verdict.datum is not None or verdict.accident}
    mixed = len({verdict.datum for verdict in [*own.values(), whole] if verdict.datum is not None}) > 1
    rest = rows.copy()
    if own and (mixed or whole.datum is None or any(verdict.accident for verdict in own.values())):
        for unit, verdict in own.items():
            decisions.settle(units[unit], verdict, unit)
            rest &= ~units[unit]
        whole = decisions.judge(rest)
        if mixed and whole.datum is None:
            whole = replace(whole, because=f"{whole.because}；而同一文件里其他乡镇的坐标系并不一致")
    if rest.any():
        decisions.settle(rest, whole)
        for unit, here in units.items():
            _object(decisions, unit, here & rest, whole, heard.get(unit))
    return decisions


def _object(decisions: _Decisions, unit: str, rows: Flags, whole: DatumVerdict, own: DatumVerdict | None) -> None:
    """Take a unit out of its file's decision where it could not decide for itself and speaks against the file."""
    if whole.datum is None or not decisions.evidence.chinese or not rows.any():
        return
    count = int(rows.sum())
    if count < FEWEST:
        lon, lat = decisions.written.lon[rows], decisions.written.lat[rows]
        against, why = contradicted(lon, lat, whole.datum, decisions.evidence), "的点太少"
    else:
        metres = {} if own is None or own.datum is not None else own.street_m
        against = bool(metres) and metres[whole.datum] > (1 + GAP) * min(metres.values())
        why = "的点自身分不出坐标系"
    if against:
        because = f"“{unit}”{why}，又与全文件的判断（{LABELS[whole.datum]}）明显不合"
        decisions.settle(rows, DatumVerdict(datum=None, because=because, count=count), unit)


def _units(units: Labels, rows: Flags) -> dict[str, Flags]:
    """The rows of every reporting unit, in the order in which the units appear."""
    number: dict[str, int] = {}
    which = np.full(rows.size, -1)
    for at, unit in enumerate(units.tolist()):
        if rows[at] and unit is not None:
            which[at] = number.setdefault(unit, len(number))
    return {unit: which == at for unit, at in number.items()}


def _objections(written: Written, there: Flags, evidence: Evidence, file: str) -> Iterator[Problem]:
    """Where a stated datum is not what the streets say; it is applied all the same."""
    if not evidence.chinese:
        return
    for word in sorted({str(word) for word in written.stated[there] if word is not None}):
        same = "wgs84" if word == "cgcs2000" else word
        rows = there & (written.stated == word)
        if same not in LABELS or rows.sum() < ENOUGH_TO_OBJECT:
            continue
        verdict = judge(written.lon[rows], written.lat[rows], evidence, written.named[rows])
        if verdict.datum is not None and verdict.datum != same:
            yield Problem(
                severity="warning",
                rule="datum_contradiction",
                file=file,
                found=f"坐标写明为 {LABELS[word]}，检验却更像 {LABELS[verdict.datum]}：{verdict.scores()}",
                wanted="与采集所用地图一致的坐标系",
                action="仍按写明的坐标系使用，请核实采集所用的地图",
            )


def _converted(word: str, count: int, file: str) -> Problem:
    return Problem(
        severity="info",
        rule="datum_converted",
        file=file,
        found=f"{count} 个点写明为 {LABELS.get(word, word)}",
        action="已逐点换算为 WGS 84",
    )


def _told(verdict: DatumVerdict, unit: str, file: str, layer: str) -> Problem:
    where = f"“{unit}”" if unit else "坐标系未写明"
    if verdict.datum is None:
        example = f'{layer} = "gcj02" 或 "{file}" = "gcj02"（wgs84、gcj02、bd09、cgcs2000）'
        wanted = f"写明的坐标系：在 study.toml 的 [datum] 中写 {example}"
        wanted = "转换前的原始坐标，或重新采集" if verdict.accident else wanted
        found = f"{where}，无法判断：{verdict.because}（{verdict.scores()}）"
        return Problem(
            severity="error",
            rule="datum_undecided",
            file=file,
            found=found,
            wanted=wanted,
            action="这些点未使用，逐行列出",
        )
    done = "未作偏移" if verdict.datum == "wgs84" else "已逐点换算为 WGS 84"
    return Problem(
        severity="info",
        rule="datum_decided",
        file=file,
        found=f"{where}，判断为 {LABELS[verdict.datum]}：{verdict.because}（{verdict.scores()}）",
        action=done,
    )
