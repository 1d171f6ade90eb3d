"""
Whom an incoming facility means: one that is known by its id, one known by name and place, or a new one.

The same id replaces. A row that states no id means the facility of its service that has its name and place, be it only
since an earlier row of the same addition, or whose made-up id is the same. Anything else of the same service with the
same name, or within 30 m, is doubtful: somebody has to say that it is another facility.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jiujin.coordinates import Plane
from jiujin.errors import Problem
from jiujin.reading.facilities_ids import made_id
from jiujin.reading.facilities_rows import STREET
from jiujin.reading.register import Register, Row, key_of, merged, nothing
from jiujin.reading.register_incoming import Incoming
from jiujin.reading.values import narrow, normal_township, plain_name
from jiujin.tables import STATUS_LABELS

SAME_PLACE_M = 30.0
MOVED_M = 1.0

UNCHANGED = "无变化"
"""The kind of change of a row that says what is known already."""

_TOLD = ("name", "capacity", "township", "community")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that an addition does: `kind` in Chinese, and the facility that it does it to."""

    kind: str
    id: str
    name: str
    service: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What an addition comes to.

    `rows` are those of the register afterwards, `changes` what happens to which facility, `doubts` the rows that may
    be a facility that is there already: they need somebody's word (those placed on the page have it). A row that says
    nothing new is a change of the kind `UNCHANGED` and stays out of the register.
    """

    rows: tuple[Row, ...]
    changes: tuple[Change, ...]
    doubts: tuple[Problem, ...]
    problems: tuple[Problem, ...]


def plan_addition(incoming: list[Incoming], register: Register, current: pd.DataFrame, plane: Plane) -> Plan:
    """Match what comes in with the facilities as they are (`current`, the frame of a run), and merge the registers."""
    known = _Known.of(current, register, plane)
    rows = {key_of(row) or (f"#{at}", ""): row for at, row in enumerate(_keyed(register))}
    spoken_of: set[tuple[str, str]] = set()
    added: list[tuple[Incoming, str]] = []
    gone = {one.row["id"] for one in incoming if one.row.get("status") == "closed" and one.row.get("id")}
    changes: list[Change] = []
    doubts: list[Problem] = []
    problems: list[Problem] = []
    for one in incoming:
        name = known.meant_by(one) or _said_before(one, added, plane)
        if name is None and nothing(one.row.get("lon")):
            problems.append(_nowhere(one))
            continue
        if name is None:
            doubt = known.like(one, gone)
            if doubt is not None:
                (problems if one.from_page else doubts).append(doubt)
            name = known.new_name(one.row)
            added.append((one, name))
        row = {**one.row, "id": name}
        key = key_of(row)
        changes.append(known.change(row, rows[key] if key in spoken_of else None))
        if changes[-1].kind == UNCHANGED:
            continue  # it would only hide what the office's own ledger says later
        spoken_of.add(key)
        rows[key] = merged(rows.pop(key), row) if key in rows else row
    return Plan(rows=tuple(rows.values()), changes=tuple(changes), doubts=tuple(doubts), problems=tuple(problems))


def _keyed(register: Register) -> Iterable[Row]:
    """The rows of the register; of two with one key (somebody copied a line) the later stays, as a build reads it."""
    seen: dict[object, Row] = {}
    for at, row in enumerate(register.rows):
        name, service = key_of(row)
        key = (name, service) if name else at
        seen.pop(key, None)
        seen[key] = row
    return seen.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The facilities that there are, by id, by name and by place; `taken` grows with the ids that are given out."""

    plane: Plane
    current: pd.DataFrame
    x: np.ndarray
    y: np.ndarray
    by_id: dict[str, list[int]]
    names: list[str]
    townships: list[str]
    taken: set[tuple[str, str]]

    @classmethod
    def of(cls, current: pd.DataFrame, register: Register, plane: Plane) -> _Known:
        by_id: dict[str, list[int]] = {}
        for at, name in enumerate(current["id"].tolist()):
            by_id.setdefault(name, []).append(at)
        x, y = plane.project(current["lon"].to_numpy(np.float64), current["lat"].to_numpy(np.float64))
        taken = set(zip(current["service"].tolist(), current["id"].tolist(), strict=True))
        taken |= {(service, name) for name, service in map(key_of, register.rows)}
        return cls(
            plane=plane,
            current=current,
            x=np.atleast_1d(x),
            y=np.atleast_1d(y),
            by_id=by_id,
            names=[plain_name(name) for name in current["name"]],
            townships=[normal_township(name) if isinstance(name, str) else "" for name in current["township"]],
            taken=taken,
        )

    def meant_by(self, one: Incoming) -> str | None:
        """The id of the facility that this row means beyond doubt; None where it may be new."""
        row = one.row
        service = str(row["service"] or "")
        stated = row.get("id")
        if isinstance(stated, str):
            there = any(service in {"", self.current["service"].iloc[at]} for at in self.by_id.get(stated, ()))
            return stated if there or (service, stated) in self.taken or not service else None
        same = [at for at in self._of_service(service) if self.names[at] == plain_name(str(row.get("name") or ""))]
        if nothing(row.get("lon")):
            town = normal_township(str(row.get("township") or ""))
            same = [at for at in same if not town or self.townships[at] == town]
            return str(self.current["id"].iloc[same[0]]) if len(same) == 1 else None
        near = [at for at in same if self._apart_m(row)[at] <= SAME_PLACE_M]
        if near:
            return str(self.current["id"].iloc[near[0]])
        name = self._made(row)
        return name if not one.from_page and row.get("township") and (service, name) in self.taken else None

    def like(self, one: Incoming, gone: set[object]) -> Problem | None:
        """The doubt that this new row may be a facility which is there already, and stays; None where there is none."""
        row = one.row
        apart = self._apart_m(row)
        mine = plain_name(str(row.get("name") or ""))
        for at in self._of_service(str(row["service"])):
            named = bool(mine) and self.names[at] == mine
            if not named and not apart[at] <= SAME_PLACE_M:
                continue
            if self.current["id"].iloc[at] in gone or self.current["status"].iloc[at] == "closed":
                continue
            return self._doubt(one, at, apart_m=float(apart[at]), named=named)
        return None

    def new_name(self, row: Row) -> str:
        """The id of a new facility: its own, or one made up that nobody has."""
        service = str(row["service"])
        name = row.get("id")
        if not isinstance(name, str):
            base = self._made(row)
            name, number = base, 1
            while (service, name) in self.taken:
                number += 1
                name = f"{base}#{number}"
        self.taken.add((service, name))
        return name

    def change(self, row: Row, earlier: Row | None = None) -> Change:
        """Tell what this row does to the facilities as they are; `earlier`: what was said in this addition before."""
        service = str(row["service"] or "")
        meant = [at for at in self.by_id.get(str(row["id"]), ()) if service in {"", self.current["service"].iloc[at]}]
        status = str(row.get("status") or "operating")
        name = str(row.get("name") or (self.current["name"].iloc[meant[0]] if meant else ""))
        told = {"id": str(row["id"]), "name": name, "service": service}
        if not meant and earlier is not None:
            repeated = all(nothing(cell) or cell == earlier.get(key) for key, cell in row.items() if key != "source")
            return Change(kind=UNCHANGED if repeated else "更新", note="同一次添加中重复的行", **told)
        if not meant:
            note = "" if status == "operating" else STATUS_LABELS[status]
            return Change(kind="新增", note=note, **told)
        at = meant[0]
        told["service"] = service or str(self.current["service"].iloc[at])
        was = str(self.current["status"].iloc[at])
        if status != was:
            kind = {"closed": "停用", "operating": "投用"}.get(status, "更新")
            return Change(kind=kind, note=f"{STATUS_LABELS[was]}→{STATUS_LABELS[status]}", **told)
        moved_m = 0.0 if nothing(row.get("lon")) else float(self._apart_m(row)[at])
        if moved_m >= MOVED_M:
            return Change(kind="移动", note=f"距原址 {moved_m:.0f} 米", **told)
        same = earlier is None and all(_says_the_same(row, self.current.iloc[each]) for each in meant)
        return Change(kind=UNCHANGED if same else "更新", **told)

    def _of_service(self, service: str) -> list[int]:
        return np.flatnonzero((self.current["service"] == service).to_numpy(np.bool_)).tolist()

    def _apart_m(self, row: Row) -> np.ndarray:
        if nothing(row.get("lon")):
            return np.full(self.x.size, np.inf)
        x, y = self.plane.project(np.array([row["lon"]], np.float64), np.array([row["lat"]], np.float64))
        return np.asarray(np.hypot(self.x - x[0], self.y - y[0]))

    def _made(self, row: Row) -> str:
        return made_id(str(row["service"]), narrow(str(row.get("township") or "")), str(row.get("name") or ""))

    def _doubt(self, one: Incoming, at: int, *, apart_m: float, named: bool) -> Problem:
        theirs, name = self.current["id"].iloc[at], self.current["name"].iloc[at]
        alike = f"与现有“{name}”（编号 {theirs}）" + ("同名" if named else "") + f"，相距 {apart_m:.0f} 米"
        return replace(
            one.place,
            severity="warning",
            rule="maybe_known",
            found=f"“{one.row.get('name') or ''}”{alike}",
            wanted="同一处请在编号列写现有编号；确是另一处请加 --yes",
            action="按另一处计" if one.from_page else "",
        )


def _said_before(one: Incoming, added: Iterable[tuple[Incoming, str]], plane: Plane) -> str | None:
    """The id that an earlier row of the same addition got for this very name and place; None where there is none."""
    row = one.row
    if one.from_page or not isinstance(row.get("name"), str) or nothing(row.get("lon")) or row.get("id"):
        return None
    for other, name in added:
        earlier = other.row
        alike = earlier["service"] == row["service"] and earlier.get("name") == row["name"] and not earlier.get("id")
        if alike and _apart_m(earlier, row, plane) <= SAME_PLACE_M:
            return name
    return None


def _apart_m(one: Row, other: Row, plane: Plane) -> float:
    x, y = plane.project(*(np.array([one[name], other[name]], np.float64) for name in ("lon", "lat")))
    return float(np.hypot(x[1] - x[0], y[1] - y[0]))


def _says_the_same(row: Row, known: pd.Series) -> bool:
    """Whether a facility stays as it is known when this row replaces it; what is inherited may be left out."""
    told = {**{name: known[name] for name in _TOLD}, "community_code": known["community_code_named"]}
    kept = all(nothing(row.get(name)) or row[name] == cell for name, cell in told.items())
    state = str(row.get("status") or "operating") == known["status"]
    days = all(row.get(name) == (None if nothing(known[name]) else str(known[name])) for name in ("opened", "closed"))
    return kept and state and days and (nothing(row.get("lon")) or _stands_the_same(row, known))


def _stands_the_same(row: Row, known: pd.Series) -> bool:
    """Whether a row states the place, and the position on the street, where a facility stands."""
    place = all(row[name] == round(float(known[name]), 7) for name in ("lon", "lat"))
    streets = (-1 if nothing(row.get(name)) else row[name] for name in STREET)
    return place and all(cell == known[name] for name, cell in zip(STREET, streets, strict=True))


def _nowhere(one: Incoming) -> Problem:
    return replace(
        one.place,
        severity="error",
        rule="missing_position",
        found=f"“{one.row.get('name') or one.row.get('id') or ''}”没有坐标，也不是现有设施",
        wanted="经度和纬度，或现有设施的编号",
        action="未使用该行",
    )
