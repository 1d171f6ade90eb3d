"""
From a row per village to a row per site: what the columns of one service say in a table of several.

是, √, 1 and a name are a site; 否, ×, 0, 无 and nothing at all are none; 在建 and the like are a site in that state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jiujin.errors import Problem
from jiujin.reading.ledger import LedgerTable
from jiujin.reading.values import clean_text, narrow, to_number, to_status
from jiujin.reading.values_text import WORDS
from jiujin.study import Study

_YES, _NO = (frozenset(WORDS["present"][word].split()) for word in ("yes", "no"))
_VILLAGE = re.compile(r"(?:村|社区|居|庄|屯|委会|小区)$")
_COUNT = re.compile(r"\d{1,3}(?:\.0+)?(?:个|处|家|所)?")


@dataclass(slots=True, kw_only=True)
class _Told:
    """
    What the cell of one row says of the service: whether there is a site, its name, its state, how many.

    `mark` is a sign that nobody can read.
    """

    there: bool
    name: str | None = None
    status: str | None = None
    count: int = 1
    mark: str = ""


def sites_of_part(one: LedgerTable, study: Study) -> tuple[LedgerTable, list[Problem]]:
    """
    Keep the rows that have a site of the part's service, each with its type and a name; say how many there are.

    A site without a name of its own is called after its village and the service (`王家村助老食堂`).
    """
    frame = one.frame
    label = next((service.label for service in study.services if service.id == one.service), "")
    told = [_told(frame, at, one.own) for at in range(len(frame))]
    there = np.array([each.there for each in told], np.bool_)
    sites = frame[there].reset_index(drop=True)
    said = [each for each in told if each.there]
    problems = _marks(told, one) + _several(sites, said, one) + _counted(one, label, len(sites), len(told))
    sites = sites.assign(name=pd.Series(_names(sites, said, label, one), dtype=object))
    if one.service:
        sites = sites.assign(type=one.service)
    headings = dict(one.headings)
    if any(each.status for each in said):
        stated = sites["status"].tolist() if "status" in sites else [None] * len(sites)
        states = [each.status if clean_text(own) is None else own for each, own in zip(said, stated, strict=True)]
        sites = sites.assign(status=pd.Series(states, dtype=object))
        headings.setdefault("status", headings["present"])
    return replace(one, frame=sites.drop(columns="present", errors="ignore"), headings=headings), problems


def _told(frame: pd.DataFrame, at: int, own: tuple[str, ...]) -> _Told:
    others = any(clean_text(frame[name].iloc[at]) is not None for name in own if name != "present")
    text = clean_text(frame["present"].iloc[at]) if "present" in frame else None
    plain = narrow(text).lower() if text is not None else ""
    if text is None or plain in _NO:
        raw = frame["present"].iloc[at] if "present" in frame else None
        struck = plain in _NO or (isinstance(raw, str) and narrow(raw).lower() in _NO)
        return _Told(there=others and not struck)
    if plain in _YES:
        return _Told(there=True)
    if _COUNT.fullmatch(plain):
        number = int(to_number(plain).value or 0)
        return _Told(there=number > 0, count=number)
    if not any(char.isalnum() for char in plain):
        return _Told(there=False, mark=text)
    read = to_status(text)
    if read.value is not None and len(plain) <= 6:
        return _Told(there=True, status=text)
    return _Told(there=True, name=text)


def _names(sites: pd.DataFrame, said: list[_Told], label: str, one: LedgerTable) -> list[str | None]:
    """Name each site: by its own column, by the cell itself, else by the village and the service."""
    place = next((name for name in ("community", "township") if name in sites), None)
    villages = [None] * len(sites) if place is None else [clean_text(cell) for cell in sites[place]]
    written = [clean_text(cell) for cell in sites["name"]] if "name" in sites else [None] * len(sites)
    return [
        _name(each.name, village, name, label, own="name" in one.own)
        for each, village, name in zip(said, villages, written, strict=True)
    ]


def _name(cell: str | None, village: str | None, name: str | None, label: str, *, own: bool) -> str | None:
    if not own and cell:
        return cell
    if name and (own or not _VILLAGE.search(name)):
        return name
    return f"{name or village}{label}" if name or village else None


def _marks(told: list[_Told], one: LedgerTable) -> list[Problem]:
    """List the cells that hold a sign of no known meaning (△)."""
    rows = one.frame["row"].tolist()
    return [
        Problem(
            severity="error",
            rule="present_unreadable",
            found=each.mark,
            wanted="是或否、√或×、数量，或设施名称",
            action="看不出是否有，未使用",
            file=one.file,
            sheet=one.sheet,
            row=int(row),
            column=one.headings.get("present", ""),
        )
        for each, row in zip(told, rows, strict=True)
        if each.mark
    ]


def _several(sites: pd.DataFrame, said: list[_Told], one: LedgerTable) -> list[Problem]:
    """List rows that count several sites and have one position."""
    heading = one.headings.get("present", "")
    return [
        Problem(
            severity="warning",
            rule="several_in_one_row",
            found=f"写的是{each.count}处，一行只有一个位置",
            wanted="每处设施一行，各有名称和坐标",
            action="按一处计，请补报其余各处",
            file=one.file,
            sheet=one.sheet,
            row=int(row),
            column=heading,
        )
        for each, row in zip(said, sites["row"].tolist(), strict=True)
        if each.count > 1
    ]


def _counted(one: LedgerTable, label: str, there: int, rows: int) -> list[Problem]:
    heading = one.headings.get("present", label)
    shared = not {"lon", "point"} & set(one.own) and not {"lon", "point"}.isdisjoint(one.frame.columns)
    told = Problem(
        severity="info",
        rule="service_column",
        found=f"一行一个社区（村）：“{heading}”{there}行有，{rows - there}行没有",
        action=f"有的各按一处{label or '设施'}读取" + ("，位置采用同一行的坐标" if shared else ""),
    )
    return [replace(told, file=one.file, sheet=one.sheet, column=heading)]
