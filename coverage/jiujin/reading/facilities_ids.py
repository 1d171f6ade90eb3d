"""Ids of facilities: the ledger's own, or made from service, township and name; and rows that replace a known one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from jiujin.errors import Problem
from jiujin.reading.facilities_facts import places_of
from jiujin.reading.facilities_rows import STREET, Source
from jiujin.reading.values import clean_id, narrow, plain_name

Record = dict[str, Any]

INHERITED = ("name", "township", "community", "community_code_named", "capacity", "cost")
"""What a replacing row takes over where it says nothing itself; state and dates it does not."""


def with_ids(sites: pd.DataFrame, sources: list[Source]) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Give every site its id; no two of one service share one.

    A made-up id is `<service>:<township>:<plain name>`. Repeats get `#2`, `#3` in the order of their positions, not of
    their rows, so that sorting the ledger or adding rows elsewhere changes no id.
    """
    if sites.empty:
        return sites.assign(id=pd.Series(dtype=object)), []
    stated = [clean_id(cell) for cell in sites["id"]] if "id" in sites else [None] * len(sites)
    townships = [township if isinstance(township, str) else "" for township in sites["township"]]
    narrowed = {township: narrow(township) for township in set(townships)}
    made = [
        made_id(service, narrowed[township], name)
        for service, township, name in zip(sites["service"], townships, sites["name"], strict=True)
    ]
    bases = [own or other for own, other in zip(stated, made, strict=True)]
    ids = list(bases)
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row, key in enumerate(zip(sites["service"].tolist(), bases, strict=True)):
        groups[key].append(row)
    taken = set(groups)
    problems: list[Problem] = []
    places = places_of(sites, sources)
    rank = _rank_by_position(sites) if len(groups) < len(sites) else []
    for (service, base), rows in groups.items():
        in_order = sorted(rows, key=rank.__getitem__) if len(rows) > 1 else rows
        for number, row in enumerate(in_order[1:], start=2):
            ids[row] = _free(service, base, number, taken)
            if stated[row] is not None:
                problems.append(_repeated_id(places[row], base, ids[row]))
    return sites.assign(id=pd.Series(ids, index=sites.index, dtype=object)), problems


def made_id(service: str, township: str, name: str | None) -> str:
    """Make up the id of a site whose ledger gives none; the township already narrow."""
    return f"{service}:{township}:{plain_name(name or '')}"


def replaced(base: pd.DataFrame, additions: pd.DataFrame, sources: list[Source]) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Let additions take the place of the facilities whose id they know, in their order; others come in as new ones.

    An addition of a known id without a service speaks for all services of that id. A facility that is replaced is
    listed; so is an addition that has neither a known id nor a service.
    """
    if additions.empty:
        return base, []
    current = _records(base)
    place_of_id: defaultdict[str, list[int]] = defaultdict(list)
    for at, site in enumerate(current):
        place_of_id[site["id"]].append(at)
    problems: list[Problem] = []
    unnamed: list[Record] = []
    stated = [clean_id(cell) for cell in additions["id"]] if "id" in additions else [None] * len(additions)
    places = places_of(additions, sources)
    for row, (addition, known) in enumerate(zip(_records(additions), stated, strict=True)):
        service, place = addition["service"], places[row]
        met = [at for at in place_of_id.get(known or "", ()) if service in {"", current[at]["service"]}]
        for at in met:
            problems.append(_told(place, current[at]))
            current[at] = _heir(addition, current[at])
        if not met and not service:
            problems.append(_unknown(place, known))
        elif not met and known:
            place_of_id[known].append(len(current))
            current.append({**addition, "id": known})
        elif not met:
            unnamed.append(addition)
    current += _numbered(unnamed, current, sources)
    columns = list(dict.fromkeys([*base.columns, *additions.columns]))
    return pd.DataFrame(current, columns=columns).reset_index(drop=True), problems


def _records(sites: pd.DataFrame) -> list[Record]:
    return [{str(name): cell for name, cell in site.items()} for site in sites.to_dict("records")]


def _numbered(unnamed: list[Record], current: list[Record], sources: list[Source]) -> list[Record]:
    """Give additions without an id one that nobody has."""
    if not unnamed:
        return []
    made = _records(with_ids(pd.DataFrame(unnamed).drop(columns="id", errors="ignore"), sources)[0])
    taken = {(site["service"], site["id"]) for site in current}
    return [{**site, "id": _free(site["service"], site["id"], 1, taken)} for site in made]


def _told(place: Problem, old: Record) -> Problem:
    return replace(place, rule="facility_replaced", found=f"“{old['name']}”（{old['id']}）", action="以本行为准")


def _unknown(place: Problem, known: str | None) -> Problem:
    return replace(
        place,
        severity="error",
        rule="unknown_id",
        found=f"没有编号为“{known}”的设施",
        wanted="现有设施的编号，或写明服务类型",
        action="未使用该行",
    )


def _heir(addition: Record, old: Record) -> Record:
    heir = {**old, **addition, "id": old["id"], "service": old["service"]}
    for name in INHERITED:
        heir[name] = old.get(name) if _nothing(addition.get(name)) else addition[name]
    if _nothing(addition["lon"]):
        heir |= {name: old[name] for name in ("lon", "lat", *STREET, "network_hash")}
    return heir


def _nothing(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and np.isnan(cell))


def _rank_by_position(sites: pd.DataFrame) -> list[int]:
    """Rank every row by where it is, those without a position last; then by its file and row."""
    lon, lat = sites["lon"].to_numpy(np.float64), sites["lat"].to_numpy(np.float64)
    nowhere = np.isnan(lon)
    _, file = np.unique(sites["file"].to_numpy(object), return_inverse=True)
    keys = (sites["row"].to_numpy(np.int64), file, np.where(nowhere, 0, lat), np.where(nowhere, 0, lon), nowhere)
    rank = np.empty(len(sites), np.int64)
    rank[np.lexsort(keys)] = np.arange(len(sites))
    ranks: list[int] = rank.tolist()
    return ranks


def _free(service: str, base: str, number: int, taken: set[tuple[str, str]]) -> str:
    """The first id that is free, and taken with it: the base itself for number 1, else `#number` on."""
    while (service, name := base if number == 1 else f"{base}#{number}") in taken:
        number += 1
    taken.add((service, name))
    return name


def _repeated_id(place: Problem, base: str, given: str) -> Problem:
    return replace(
        place,
        severity="warning",
        rule="duplicate_id",
        found=f"编号“{base}”重复",
        wanted="每处设施一个编号",
        action=f"此处改用“{given}”",
    )
