"""What is told about single facilities: rows that find no place, repeats, sites outside, sites elsewhere than named."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.coordinates import Floats
from jiujin.errors import Problem
from jiujin.reading.facilities_facts import RowPlaces, places_of
from jiujin.reading.facilities_named import NONE, Named
from jiujin.reading.facilities_places import NEIGHBOUR_M
from jiujin.reading.facilities_rows import Source

_MOBILE = re.compile(r"流动|移动(?:服务|餐)|巡回|送餐车|助餐车")


def left_out(rows: pd.DataFrame, sites: pd.DataFrame, sources: list[Source]) -> list[Problem]:
    """List every row of a known service that has no position, with the reason; a site that inherited one is placed."""
    placed = set()
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
            wanted, rule = "在 study.toml 的 [datum] 中写明坐标系", "datum_undecided_row"
            found = f"“{name}”坐标系未定：{why}"
        elif absent and _MOBILE.search(f"{name or ''}{remark or ''}"):
            found, wanted, rule = f"“{name}”是流动服务，没有固定位置", "", "mobile_service"
        elif absent:
            found, wanted, rule = f"“{name}”没有坐标", "经度和纬度", "missing_position"
        else:
            continue
        headings = places.of(at).headings
        column = "、".join(headings[key] for key in ("lon", "lat", "point") if key in headings)
        unplaced = replace(
            places[at], rule=rule, found=found, wanted=wanted, action="未落点，不参与计算", column=column
        )
        problems.append(unplaced if rule == "mobile_service" else replace(unplaced, severity="error"))
    return problems


def repeated(
    sites: pd.DataFrame, places: RowPlaces, again: NDArray[np.int64], doubtful: list[tuple[int, int]]
) -> list[Problem]:
    """List rows that repeat a site and were left out, and pairs that may be one site and were both kept."""
    problems = []
    names = sites["name"].tolist()
    for row in np.flatnonzero(again >= 0).tolist():
        first = places[int(again[row])]
        problems.append(
            replace(
                places[row],
                severity="warning",
                rule="duplicate_facility",
                found=f"“{names[row]}”与{_where(first)}的“{names[int(again[row])]}”是同一处",
                wanted="每处设施一行",
                action="只计一次，以先出现的一行为准",
            )
        )
    for first_row, second_row in doubtful:
        problems.append(
            replace(
                places[second_row],
                severity="warning",
                rule="possible_duplicate",
                found=f"“{names[second_row]}”与{_where(places[first_row])}的“{names[first_row]}”可能是同一处",
                wanted="核实是否重复填报",
                action="暂按两处计",
            )
        )
    return problems


def crowds(sites: pd.DataFrame, places: RowPlaces, groups: list[list[int]], rows: NDArray[np.intp]) -> list[Problem]:
    """List sites that share one exact point with others of different names."""
    names = sites["name"].tolist()
    problems = []
    for group in groups:
        members = [int(rows[at]) for at in group]
        quoted = "、".join(f"“{names[row]}”" for row in members[:3])
        problems += [
            replace(
                places[row],
                severity="warning",
                rule="shared_point",
                found=f"“{names[row]}”与其他设施共 {len(members)} 处坐标完全相同（{quoted}等）",
                wanted="各自的实际位置，而不是乡镇驻地或默认点",
                action="照用，请核实",
            )
            for row in members
        ]
    return problems


def outsiders(sites: pd.DataFrame, places: RowPlaces, away_m: Floats) -> list[Problem]:
    """List sites outside the county: counted up to 5 km, not placed beyond."""
    problems = []
    names = sites["name"].tolist()
    for row in np.flatnonzero(away_m > 0).tolist():
        far = away_m[row] > NEIGHBOUR_M
        distance = f"{away_m[row] / 1000:.1f} 公里" if np.isfinite(away_m[row]) else "很远"
        problems.append(
            replace(
                places[row],
                severity="error" if far else "warning",
                rule="far_outside" if far else "outside_boundary",
                found=f"“{names[row]}”在县界外 {distance}",
                wanted=f"县界内或县界外 {NEIGHBOUR_M / 1000:.0f} 公里以内",
                action="未落点，不参与计算" if far else "照样服务本县居民，计入并标注",
            )
        )
    return problems


def strangers(sites: pd.DataFrame, places: RowPlaces, named: Named) -> list[Problem]:
    """List sites that lie in another community than their row names."""
    lies_in = named.containing(sites["lon"].to_numpy(np.float64), sites["lat"].to_numpy(np.float64))
    said = sites["named"].to_numpy(np.int64)
    problems = []
    for row in np.flatnonzero((said != NONE) & (said != lies_in)).tolist():
        where = f"落在{named.labels[lies_in[row]]}" if lies_in[row] != NONE else "不在任何社区（村）范围内"
        problems.append(
            replace(
                places[row],
                severity="warning",
                rule="other_community",
                found=f"“{sites['name'].iloc[row]}”填报为{named.labels[said[row]]}，坐标{where}",
                wanted="坐标与所在社区（村）一致",
                action="按坐标所在的社区（村）计",
            )
        )
    return problems


def _where(place: Problem) -> str:
    sheet = f"〔{place.sheet}〕" if place.sheet else ""
    return f"{place.file}{sheet}第{place.row}行"
