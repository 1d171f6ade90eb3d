"""What several tables state of one community: each group of people comes from one of them, and counts once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from jiujin.errors import Problem
from jiujin.reading.population_files import PeopleRows
from jiujin.reading.population_totals import without_total

_YEAR = re.compile(r"(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """
    The totals of one table: index the position of the community, columns the groups.

    `year` is that of the sheet or the title, 0 where they name none; a register `adds` to others of its kind.
    """

    file: str
    sheet: str
    totals: pd.DataFrame
    year: int = 0
    adds: bool = False


def stated_by(rows: PeopleRows, totals: pd.DataFrame, *, adds: bool = False) -> Stated:
    """Keep with the totals of a table where they stand and of which year they are."""
    year = max(map(int, _YEAR.findall(f"{rows.sheet} {rows.title}")), default=0)
    return Stated(file=rows.file, sheet=rows.sheet, totals=totals, year=year, adds=adds)


def joined_totals(stated: Sequence[Stated], communities: gpd.GeoDataFrame) -> tuple[pd.DataFrame | None, list[Problem]]:
    """
    Put the totals of several tables side by side; None without any.

    A group that two tables state of one community is taken from the one of the later year, else from the first, and
    it is told where they differ. Registers are parts of a whole and are added.
    """
    if not stated:
        return None, []
    registers = [each.totals for each in stated if each.adds]
    lists = sorted((each for each in stated if not each.adds), key=lambda each: -each.year)
    problems: list[Problem] = []
    whole = pd.concat(registers).groupby(level=0).sum() if registers else pd.DataFrame()
    for at, each in enumerate(lists):
        problems += _twice(each, whole, communities) if at or registers else []
        whole = whole.combine_first(each.totals)
    order = list(dict.fromkeys(str(name) for each in stated for name in each.totals.columns))
    files = [each.file for each in lists if each.file]
    problems += without_total(whole, communities, files) if files else []
    return whole[order].fillna(0.0), problems


def _twice(each: Stated, whole: pd.DataFrame, communities: gpd.GeoDataFrame) -> list[Problem]:
    """Tell for each group how many communities another table has stated already."""
    problems = []
    for group in [name for name in each.totals.columns if name in whole]:
        both = whole.index[whole[group].notna()].intersection(each.totals.index[each.totals[group].notna()])
        if not len(both):
            continue
        used, other = (frame.loc[both, group].to_numpy(np.float64) for frame in (whole, each.totals))
        apart = np.flatnonzero(np.abs(used - other) > 1e-9)
        found = f"{len(both)} 个社区（村）的这项人数另有一张表也写了"
        if apart.size:
            first = communities.iloc[int(both[apart[0]])]
            found += f"，{apart.size} 个不一致（如{first['name']}：{used[apart[0]]:,.0f} 和 {other[apart[0]]:,.0f}）"
        problems.append(
            Problem(
                severity="warning" if apart.size else "info", rule="stated_twice", file=each.file, sheet=each.sheet,
                column=str(group), found=found, wanted="每个社区（村）的每项人数只在一张表里" if apart.size else "",
                action="不重复相加，年份晚的、先读到的为准",
            )
        )  # fmt: skip
    return problems
