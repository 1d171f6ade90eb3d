"""What is told about single facilities: rows that find no place, repeats, sites outside, sites elsewhere than named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.coordinates import Floats
from jiujin.errors import Problem, Severity
from jiujin.reading.facilities_facts import RowPlaces, places_of
from jiujin.reading.facilities_named import NONE, Named
from jiujin.reading.facilities_places import NEIGHBOUR_M
from jiujin.reading.facilities_rows import Source

_FAR: tuple[str, Severity, str] = ("far_outside", "error", "未落点，不参与计算")
_NEAR: tuple[str, Severity, str] = ("outside_boundary", "warning", "照样服务本县居民，计入并标注")
_UNIT_CODE = re.compile(r"\d{9}(?!000)\d{3}")
_MOBILE = re.compile(r"流动|移动(?:服务|餐)|巡回|送餐车|助餐车")


def left_out(
    rows: pd.DataFrame, sites: pd.DataFrame, sources: list[Source], *, without: pd.DataFrame | None = None
) -> list[Problem]:
    """
    List every row of a known service that has no position, with the reason; a site that inherited one is placed.

    The rows of `without` need none: they may mean a facility that is there already.
    """
    rows = rows[~np.isfinite(rows["lon"].to_numpy(np.float64))]
    if rows.empty:
        return []
    placed = set()
    excused = set() if without is None else set(zip(without["file"], without["sheet"], without["row"], strict=True))
    if not sites.empty:
        here = sites[np.isfinite(sites["lon"].to_numpy(np.float64))]
        placed = set(zip(here["file"], here["sheet"], here["row"], strict=True))
    problems = []
    columns = ("services", "unread", "absent", "why_not", "name", "file", "sheet", "row")
    cells = zip(*(rows[name].tolist() for name in columns), strict=True)
    remarks = rows["remark"].tolist() if "remark" in rows else [None] * len(rows)
    places = places_of(rows, sources)
    for at, ((services, unread, absent, why, name, *where), remark) in enumerate(zip(cells, remarks, strict=True)):
        if not services or unread or tuple(where) in placed:
            continue  # listed before, or placed after all
        if isinstance(why, str):
            wanted, rule = "写明坐标系的点位（写在 study.toml 的 [datum] 中）", "datum_undecided_row"
            found = f"“{name}”坐标系未定：{why}"
        elif absent and _MOBILE.search(f"{name or ''}{remark or ''}"):
            found, wanted, rule = f"“{name}”是流动服务，没有固定位置", "", "mobile_service"
        elif absent and tuple(where) not in excused:
            found, wanted, rule = f"“{name or '未填名称'}”没有坐标", "经度和纬度", "missing_position"
        else:
            continue
        headings = places.of(at).headings
        column = "、".join(headings[key] for key in ("lon", "lat", "point") if key in headings)
        severity: Severity = "info" if rule == "mobile_service" else "error"
        action = "未落点，不参与计算"
        problems.append(places.told(at, rule, found, wanted=wanted, action=action, severity=severity, column=column))
    return problems


def repeated(
    sites: pd.DataFrame, places: RowPlaces, again: NDArray[np.int64], doubtful: list[tuple[int, int]]
) -> list[Problem]:
    """List rows that repeat a site and were left out, and pairs that may be one site and were both kept."""
    problems = []
    names = sites["name"].tolist()
    for row in np.flatnonzero(again >= 0).tolist():
        first = int(again[row])
        found = f"“{names[row]}”与{_where(places, first)}的“{names[first]}”是同一处"
        wanted, action = "每处设施一行", "只计一次，以先出现的一行为准"
        problems.append(places.told(row, "duplicate_facility", found, wanted=wanted, action=action, severity="warning"))
    for first, second in doubtful:
        found = f"“{names[second]}”与{_where(places, first)}的“{names[first]}”可能是同一处"
        wanted, action = "每处设施一行", "暂按两处计，请核实是否重复填报"
        problems.append(
            places.told(second, "possible_duplicate", found, wanted=wanted, action=action, severity="warning")
        )
    return problems


def crowds(sites: pd.DataFrame, places: RowPlaces, groups: list[list[int]], rows: NDArray[np.intp]) -> list[Problem]:
    """List sites that share one exact point with others of different names."""
    names = sites["name"].tolist()
    problems = []
    for group in groups:
        members = [int(rows[at]) for at in group]
        quoted = "、".join(f"“{names[row]}”" for row in members[:3])
        wanted, action = "各自的实际位置，而不是乡镇驻地或默认点", "照用，请核实"
        for row in members:
            found = f"“{names[row]}”与其他设施共 {len(members)} 处坐标完全相同（{quoted}等）"
            problems.append(places.told(row, "shared_point", found, wanted=wanted, action=action, severity="warning"))
    return problems


def outsiders(sites: pd.DataFrame, places: RowPlaces, away_m: Floats) -> list[Problem]:
    """List sites outside the county: counted up to 5 km, not placed beyond."""
    problems = []
    names = sites["name"].tolist()
    wanted = f"县界内或县界外 {NEIGHBOUR_M / 1000:.0f} 公里以内"
    for row in np.flatnonzero(away_m > 0).tolist():
        far = away_m[row] > NEIGHBOUR_M
        distance = f"{away_m[row] / 1000:.1f} 公里" if np.isfinite(away_m[row]) else "很远"
        rule, severity, action = _FAR if far else _NEAR
        problems.append(
            places.told(
                row, rule, f"“{names[row]}”在县界外 {distance}", wanted=wanted, action=action, severity=severity
            )
        )
    return problems


def strangers(sites: pd.DataFrame, places: RowPlaces, named: Named) -> list[Problem]:
    """List sites that lie in another community than their row names."""
    lies_in = named.containing(sites["lon"].to_numpy(np.float64), sites["lat"].to_numpy(np.float64))
    said = sites["named"].to_numpy(np.int64)
    problems = []
    names = sites["name"].tolist()
    wanted, action = "坐标与所在社区（村）一致", "按坐标所在的社区（村）计"
    for row in np.flatnonzero((said != NONE) & (said != lies_in)).tolist():
        where = f"落在{named.labels[lies_in[row]]}" if lies_in[row] != NONE else "不在任何社区（村）范围内"
        found = f"“{names[row] or '未填名称'}”填报为{named.labels[said[row]]}，坐标{where}"
        problems.append(places.told(row, "other_community", found, wanted=wanted, action=action, severity="warning"))
    for row, told in _several(sites, np.flatnonzero(said == NONE).tolist(), named):
        if int(lies_in[row]) not in told:
            found = f"“{names[row] or '未填名称'}”填报为{'、'.join(named.labels[at] for at in told)}，坐标不在其中"
            problems.append(
                places.told(row, "other_community", found, wanted=wanted, action=action, severity="warning")
            )
    return problems


def _several(sites: pd.DataFrame, rows: list[int], named: Named) -> Iterator[tuple[int, list[int]]]:
    """The rows that name several communities, all known, and which."""
    townships, communities = sites["township"].tolist(), sites["community"].tolist()
    for row in rows:
        if isinstance(communities[row], str) and (told := named.each_found(townships[row], communities[row])):
            yield row, told


def unheard_communities(sites: pd.DataFrame, places: RowPlaces, named: Named) -> list[Problem]:
    """List each community that sites in the county name and no layer knows, once, at its first row."""
    rows: dict[tuple[object, object], list[int]] = {}
    said = sites["named"].to_numpy(np.int64)
    townships, communities = sites["township"].tolist(), sites["community"].tolist()
    for row in np.flatnonzero((said == NONE) & ~sites["outside"].to_numpy(np.bool_)).tolist():
        if isinstance(communities[row], str):
            rows.setdefault((townships[row], communities[row]), []).append(row)
    problems = []
    for (_, name), which in rows.items():
        if not named.unheard(str(name)):
            continue
        found = f"社区（村）范围图层中没有“{name}”（{len(which)} 行这样填报）"
        wanted, action = "图层中的社区（村）名称，或其代码", "按坐标所在的社区（村）计"
        column = places.of(which[0]).headings.get("community", "")
        told = places.told(which[0], "unknown_community_name", found, wanted=wanted, action=action, column=column)
        problems.append(replace(told, severity="warning"))
    return problems


def unheard_codes(sites: pd.DataFrame, places: RowPlaces, named: Named) -> list[Problem]:
    """List each code of a community that sites in the county state and no layer knows, once, at its first row."""
    rows: dict[str, list[int]] = {}
    inside = ~sites["outside"].to_numpy(np.bool_)
    for row, code in enumerate(sites["community_code_named"].tolist()):
        if isinstance(code, str) and inside[row] and _UNIT_CODE.fullmatch(code) and code not in named.codes:
            rows.setdefault(code, []).append(row)
    problems = []
    for code, which in rows.items() if named.codes else ():
        found = f"社区（村）范围图层中没有代码 {code}（{len(which)} 行这样填报）"
        wanted, action = "图层中的社区（村）代码；撤并的请换成现行代码", "按坐标所在的社区（村）计"
        column = places.of(which[0]).headings.get("community_code", "")
        told = places.told(which[0], "unknown_community_code", found, wanted=wanted, action=action, column=column)
        problems.append(replace(told, severity="warning"))
    return problems


def _where(places: RowPlaces, at: int) -> str:
    source = places.of(at)
    sheet = f"〔{source.sheet}〕" if source.sheet else ""
    return f"{source.file}{sheet}第{places.row[at]}行"
