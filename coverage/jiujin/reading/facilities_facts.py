"""What a row says about its facility: state, dates, capacity, and whether it counts on the study's day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from jiujin.errors import Problem, Severity
from jiujin.reading.facilities_rows import STREET, Source
from jiujin.reading.values import Value, clean_text, to_capacity, to_date, to_number, to_status

READERS: dict[str, Callable[[object], Value[Any]]] = {"status": to_status, "capacity": to_capacity, "cost": to_number}
_WANTED = {
    "status": "运营、在建、拟建或停用",
    "opened": "日期，如 2023-06-01",
    "closed": "日期，如 2023-06-01",
    "capacity": "数字",
    "cost": "数字",
}


def with_facts(rows: pd.DataFrame, sources: list[Source], as_of: date) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Read status, dates, capacity and street position of every row, and decide `counted`.

    Counted: operating (or nothing stated), opened on or before `as_of`, not closed on or before it. A date that states
    only a year or a month is its last day. Everything that was repaired or doubted is listed.
    """
    facts, problems = _facts(rows, sources)
    table = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in facts.items()}, index=rows.index)
    status = [state or "operating" for state in table["status"]]
    opened, closed = table["opened"].tolist(), table["closed"].tolist()
    counted = [
        state == "operating" and (start is None or start <= as_of) and (end is None or end > as_of)
        for state, start, end in zip(status, opened, closed, strict=True)
    ]
    problems += _contradictions(rows, sources, status, opened, closed, as_of)
    read = rows.drop(columns=["status", "opened", "closed", "capacity", "cost"], errors="ignore").assign(
        status=pd.Series(status, index=rows.index, dtype=object),
        opened=table["opened"],
        closed=table["closed"],
        capacity=table["capacity"].astype(np.float64),
        cost=table["cost"].astype(np.float64),
        counted=np.array(counted, np.bool_),
    )
    return _with_street_position(read), problems


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlaces:
    """Where each row stands; a problem is put there only when there is one."""

    sources: list[Source]
    source: list[int]
    row: list[int]

    def __getitem__(self, at: int) -> Problem:
        """Make the empty problem of the row at this position."""
        return self.told(at, "", "")

    def told(
        self,
        at: int,
        rule: str,
        found: str,
        *,
        wanted: str = "",
        action: str = "",
        severity: Severity = "info",
        column: str = "",
    ) -> Problem:
        """Tell something about the row at this position."""
        source = self.of(at)
        return Problem(
            severity=severity,
            rule=rule,
            found=found,
            wanted=wanted,
            action=action,
            file=source.file,
            sheet=source.sheet,
            row=self.row[at],
            column=column,
        )

    def of(self, at: int) -> Source:
        """Give the source of the row at this position."""
        return self.sources[self.source[at]]


def places_of(rows: pd.DataFrame, sources: list[Source]) -> RowPlaces:
    """Tell where the rows of a frame stand."""
    return RowPlaces(sources=sources, source=rows["source"].tolist(), row=rows["row"].tolist())


def _facts(rows: pd.DataFrame, sources: list[Source]) -> tuple[dict[str, list[object]], list[Problem]]:
    """Read the columns of facts; the problems in the order of the rows."""
    places = places_of(rows, sources)
    told: list[tuple[int, int, Problem]] = []
    facts = {name: _column(name, order, rows, places, told) for order, name in enumerate(_WANTED)}
    if "remark" in rows:
        status = facts["status"]
        for at, cell in enumerate(rows["remark"].tolist()):
            if status[at] is None and not _empty(cell):
                status[at] = _remarked(cell, at, places, told)
    told.sort(key=itemgetter(0, 1))
    return facts, [problem for _, _, problem in told]


def _column(
    name: str, order: int, rows: pd.DataFrame, places: RowPlaces, told: list[tuple[int, int, Problem]]
) -> list[object]:
    """Read one column, each way of writing once: None (of numbers NaN) where a cell says nothing."""
    nothing = np.nan if name in {"capacity", "cost"} else None
    values: list[object] = [nothing] * len(rows)
    if name not in rows:
        return values
    memory: dict[Any, tuple[object, Value[Any]]] = {}
    for at, cell in enumerate(rows[name].tolist()):
        if _empty(cell):
            continue
        source = places.of(at)
        key = (type(cell), source.epoch_1904, cell)
        known = memory.get(key)
        if known is None:
            read = _reader(name, source)(cell)
            known = memory[key] = (nothing if read.value is None else read.value, read)
        values[at], read = known
        noted = read.problem(cell, wanted=_WANTED[name]) if read.rule else None
        if noted is not None:
            column = source.headings.get(name, name)
            placed = replace(noted, file=source.file, sheet=source.sheet, row=places.row[at], column=column)
            told.append((at, order, placed))
    return values


def _reader(name: str, source: Source) -> Callable[[object], Value[Any]]:
    return READERS.get(name) or partial(to_date, epoch_1904=source.epoch_1904)


def _empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and np.isnan(cell))


def _remarked(cell: object, at: int, places: RowPlaces, told: list[tuple[int, int, Problem]]) -> str | None:
    """Take the state from the remark where it is nothing but a state (停用, 在建)."""
    read = to_status(clean_text(cell))
    if read.rule and read.value not in {None, "operating"}:
        said, action = f"备注：{clean_text(cell)}", "未按备注计；如已停用或未投用，请在运营状态一列写明"
        told.append(
            (at, len(_WANTED), places.told(at, "remark_speaks_of_status", said, action=action, severity="warning"))
        )
    if read.value is None or read.rule:
        return None
    said = f"备注：{clean_text(cell)}"
    told.append((at, len(_WANTED), places.told(at, "status_from_remark", said, action="按备注计")))
    return read.value


def _contradictions(  # noqa: PLR0917 - parallel columns
    rows: pd.DataFrame, sources: list[Source], status: list[str], opened: list[object], closed: list[object], day: date
) -> list[Problem]:
    problems = []
    places = places_of(rows, sources)
    for at, (state, start, end) in enumerate(zip(status, opened, closed, strict=True)):
        said = ""
        if state == "operating" and isinstance(start, date) and start > day:
            said = f"状态为运营，投用时间 {start} 却晚于基准日 {day}"
        elif state == "operating" and isinstance(end, date) and end <= day:
            said = f"状态为运营，停用时间 {end} 却不晚于基准日 {day}"
        if said:
            wanted, action = "状态与时间一致", "不计入已运营设施，请核实"
            problems.append(places.told(at, "status_and_date", said, wanted=wanted, action=action, severity="warning"))
    return problems


def _with_street_position(rows: pd.DataFrame) -> pd.DataFrame:
    """Make the street position whole numbers; -1 where the row states none, or only a part of one."""
    numbers = {
        name: pd.to_numeric(rows[name], errors="coerce") if name in rows else pd.Series(np.nan, index=rows.index)
        for name in STREET
    }
    whole = np.ones(len(rows), np.bool_)
    for series in numbers.values():
        whole &= series.notna().to_numpy() & (series >= 0).to_numpy()
    kinds = dict(zip(STREET, (np.int64, np.int32, np.int32, np.int32), strict=True))
    columns = {name: np.where(whole, series, -1).astype(kinds[name]) for name, series in numbers.items()}
    network = [clean_text(cell) for cell in rows["network_hash"]] if "network_hash" in rows else [None] * len(rows)
    return rows.assign(**columns, network_hash=pd.Series(network, index=rows.index, dtype=object))
