"""Totals of communities: joined to their outlines, held against the points, or spread over buildings and streets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.errors import Problem
from jiujin.reading.communities_join import NONE, SEVERAL, matched_units
from jiujin.reading.population_files import PeopleRows
from jiujin.reading.population_groups import larger_than_whole
from jiujin.reading.population_places import Ground
from jiujin.reading.spreading import Spots, spread, street_spots
from jiujin.reading.spreading_buildings import building_spots
from jiujin.reading.values import normal_township, plain_name

APART = 0.02
"""Totals and points that differ by more than this share are listed."""
LISTED = 50
_TOWNSHIP_ENDS = ("镇", "乡", "街道", "街道办", "办事处", "管委会", "地区")


def totals_of(rows: PeopleRows, communities: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Join a table of community totals to the communities: index their row, columns the groups.

    Rows that no community answers to are listed and not used; a community that stands twice is added up and listed.
    Rows of whole townships are no communities; they may say which township the rows beside them belong to.
    """
    rows, units, problems = _without_townships(rows, communities)
    units["township"] = _townships_in_names(units, communities)
    frame = rows.frame
    township = _township_above(rows, communities) if units["township"].isna().all() else None
    if township is not None:
        units["township"] = township
        problems.append(_in_township(rows, township))
    found = matched_units(units, communities)
    problems += [_unknown(rows, units, at, int(found[at])) for at in np.flatnonzero(found < 0).tolist()]
    known = found >= 0
    totals = frame.loc[known, list(rows.groups)].clip(lower=0).groupby(found[known]).sum(min_count=1)
    bad = frame.loc[known, list(rows.groups)] < 0
    problems += [_negative(rows, int(row)) for row in frame.loc[known, "row"][bad.any(axis=1)]]
    over = larger_than_whole(frame[known].assign(file=rows.file), rows.groups)
    problems += [replace(each, sheet=rows.sheet) for each in over]
    places, counts = np.unique(found[known], return_counts=True)
    problems += [
        _twice(rows, communities, int(place), int(count))
        for place, count in zip(places, counts, strict=True)
        if count > 1
    ]
    return totals.fillna(0.0), problems


def spread_totals(totals: pd.DataFrame, ground: Ground) -> tuple[pd.DataFrame, list[Problem]]:
    """Spread totals over the study's buildings, where it has none of them over its streets."""
    problems: list[Problem] = []
    spots = _no_spots()
    if ground.study.inputs.buildings:
        spots, problems = building_spots(ground.study, ground.communities, ground.plane, ground.streets)
    bare = np.setdiff1d(totals.index.to_numpy(), spots.community)
    if len(bare) and ground.streets is not None and len(ground.streets.way):
        along = street_spots(ground.streets, ground.communities)
        along = along.of(np.isin(along.community, bare))
        used = len(np.unique(along.community))
        if used:
            found = f"{used} 个社区（村）没有可用的建筑"
            action = "其人口沿社区（村）内的道路每约 50 米一点，按长度分配（不含主干路）"
            problems.append(Problem(severity="info", rule="spread_along_streets", found=found, action=action))
        spots = _both(spots, along)
    people, more = spread(totals, spots, ground.communities)
    return people, problems + more


def rescaled(
    cells: pd.DataFrame, groups: Sequence[str], totals: pd.DataFrame, ground: Ground
) -> tuple[pd.DataFrame, list[Problem]]:
    """Keep where a raster puts people and take how many from the totals; the others stay as they are."""
    codes = {code: row for row, code in enumerate(ground.communities["code"].tolist())}
    home = np.array([codes.get(code, -1) for code in cells["community_code"].tolist()], np.int32)
    weight = cells[groups[0]].to_numpy(np.float64)
    spots = Spots(lon=cells["lon"].to_numpy(), lat=cells["lat"].to_numpy(), weight=weight, community=home)
    ruled = np.isin(home, totals.index.to_numpy())
    people, problems = spread(totals, spots.of(ruled), ground.communities)
    found = f"{len(totals)} 个社区（村）有总数，栅格合计 {weight[ruled].sum():,.0f} 人"
    problems.append(
        Problem(severity="info", rule="raster_rescaled", found=found, action="栅格只定分布，人数以总数为准")
    )
    return pd.concat([people, cells[~ruled]], ignore_index=True), problems


def compared(people: pd.DataFrame, home: NDArray[np.int32], totals: pd.DataFrame, ground: Ground) -> list[Problem]:
    """List the communities whose points do not add up to their stated total, largest difference first."""
    problems: list[Problem] = []
    communities = ground.communities
    for group in totals.columns:
        if group not in people:
            continue
        inside = home >= 0
        sums = np.bincount(home[inside], people[group].to_numpy(np.float64)[inside], minlength=len(communities))
        stated = totals[group].reindex(range(len(communities))).to_numpy(np.float64)
        apart = np.abs(sums - stated)
        off = np.flatnonzero(apart > APART * np.maximum(stated, 1.0))
        for at in off[np.argsort(-apart[off], kind="stable")][:LISTED].tolist():
            unit = communities.iloc[at]
            problems.append(
                Problem(
                    severity="warning", rule="totals_differ", column=group,
                    file=str(unit["file"]), row=int(unit["row"]),
                    found=f"{unit['name']}（{unit['code']}）人口点合计 {sums[at]:,.0f}，总数为 {stated[at]:,.0f}",
                    action="以人口点为准，请核对口径和年份",
                )
            )  # fmt: skip
    return problems


def without_total(totals: pd.DataFrame, communities: gpd.GeoDataFrame, files: Sequence[str]) -> list[Problem]:
    """List the communities that no table gives a total."""
    missing = np.setdiff1d(np.arange(len(communities)), totals.index.to_numpy())
    if not len(missing):
        return []
    names = "、".join(str(name) for name in communities["name"].iloc[missing[:10]])
    return [
        Problem(
            severity="warning", rule="no_total", file="、".join(dict.fromkeys(files)),
            found=f"{len(missing)} 个社区（村）没有人口总数：{names}{'等' if len(missing) > 10 else ''}",
            wanted="每个社区（村）都有总数", action="这些社区（村）没有人口",
        )
    ]  # fmt: skip


def _without_townships(
    rows: PeopleRows, communities: gpd.GeoDataFrame
) -> tuple[PeopleRows, pd.DataFrame, list[Problem]]:
    """Take out rows of whole townships (城关街道 above its villages); what they stand above or below is theirs."""
    units = unit_columns(rows.frame)
    towns = {normal_township(str(name)): str(name) for name in communities["township"].dropna().unique()}
    found = matched_units(units, communities)
    named = [
        towns.get(normal_township(text)) if place < 0 and isinstance(text, str) and not isinstance(code, str) else None
        for place, code, text in zip(found, units["code"], _town_texts(units), strict=True)
    ]
    whole = pd.Series([town is not None for town in named], index=units.index)
    if not whole.any():
        return rows, units, []
    if units["township"].isna().all() and not whole.all():
        above = pd.Series(named, index=units.index, dtype=object)
        filled = above.ffill() if whole.iloc[0] else above.bfill()
        units["township"] = filled.where(filled.notna(), None)
    problems = [
        Problem(
            severity="info", rule="township_row", file=rows.file, sheet=rows.sheet, row=int(row),
            found=f"{town}：乡镇（街道）一级的行", action="不作为社区（村）数据，已跳过",
        )
        for town, row in zip(named, rows.frame["row"].tolist(), strict=True)
        if town is not None
    ]  # fmt: skip
    kept = replace(rows, frame=rows.frame[~whole].reset_index(drop=True))
    return kept, units[~whole].reset_index(drop=True), problems


def _townships_in_names(units: pd.DataFrame, communities: gpd.GeoDataFrame) -> pd.Series:
    """The township of each row, where it has none the one that its name begins with (城关街道南关社区)."""
    towns = sorted({plain_name(str(name)) for name in communities["township"].dropna()}, key=len, reverse=True)
    told = []
    for town, name in zip(units["township"].tolist(), units["name"].tolist(), strict=True):
        plain = plain_name(name) if isinstance(name, str) and not isinstance(town, str) else ""
        told.append(next((one for one in towns if plain.startswith(one) and len(plain) > len(one) + 1), town))
    return pd.Series(told, index=units.index, dtype=object)


def _town_texts(units: pd.DataFrame) -> list[object]:
    """What may name a whole township: the name, where it looks like one, else the township of a row without a name."""
    return [
        (name if str(name).endswith(_TOWNSHIP_ENDS) else None) if isinstance(name, str) else town
        for name, town in zip(units["name"].tolist(), units["township"].tolist(), strict=True)
    ]


def _township_above(rows: PeopleRows, communities: gpd.GeoDataFrame) -> str | None:
    """The one township that the sheet, the title or the file names, for tables that have no column for it."""
    known = {str(name) for name in communities["township"].dropna().unique()}
    for text in (rows.sheet, rows.title):
        named = {name for name in known if normal_township(name) == normal_township(text) or name in text}
        if len(named) == 1:
            return named.pop()
    return None


def unit_columns(frame: pd.DataFrame, *, own_id: bool = True) -> pd.DataFrame:
    """Code, name and township of the community that each row names; `own_id`: the row's id may be the code."""
    codes = ("community_code", "id") if own_id else ("community_code",)
    return pd.DataFrame(
        {
            "code": _column(frame, *codes),
            "name": _column(frame, "community", "name"),
            "township": _column(frame, "township"),
        },
        index=frame.index,
    )


def _column(frame: pd.DataFrame, *names: str) -> pd.Series:
    found = next((name for name in names if name in frame), None)
    texts = frame[found] if found is not None else pd.Series(None, frame.index, dtype=object)
    return texts.astype(object).where(texts.notna(), None)


def _no_spots() -> Spots:
    return Spots(lon=np.empty(0), lat=np.empty(0), weight=np.empty(0), community=np.empty(0, np.int32))


def _both(first: Spots, second: Spots) -> Spots:
    return Spots(
        lon=np.r_[first.lon, second.lon], lat=np.r_[first.lat, second.lat],
        weight=np.r_[first.weight, second.weight], community=np.r_[first.community, second.community],
    )  # fmt: skip


def _unknown(rows: PeopleRows, units: pd.DataFrame, at: int, why: int) -> Problem:
    unit = units.iloc[at]
    said = " ".join(str(part) for part in (unit["township"], unit["name"], unit["code"]) if part is not None)
    reason = {NONE: "社区图层里找不到", SEVERAL: "社区图层里有几个同名的"}[why]
    if why == NONE and unit["township"] is None and unit["code"] is None and unit["name"] is not None:
        reason = "没有写乡镇（街道）和编码，只凭名称不能对应"
    hint = "与图层一致的编码，或乡镇和名称（只有名称不能对应）"
    return Problem(
        severity="error", rule="unknown_unit", file=rows.file, sheet=rows.sheet, row=int(rows.frame["row"].iloc[at]),
        found=f"{reason}：{said or '（空）'}", wanted=hint, action="该行人口未使用",
    )  # fmt: skip


def _in_township(rows: PeopleRows, township: str) -> Problem:
    return Problem(
        severity="info", rule="township_from_context", file=rows.file, sheet=rows.sheet,
        found=f"没有乡镇（街道）列，按表名或标题认作 {township}", action="请核对",
    )  # fmt: skip


def _negative(rows: PeopleRows, row: int) -> Problem:
    return Problem(
        severity="error", rule="unusable_people", file=rows.file, sheet=rows.sheet, row=row, found="人数为负",
        wanted="不小于 0 的人数", action="按 0 人计",
    )  # fmt: skip


def _twice(rows: PeopleRows, communities: gpd.GeoDataFrame, place: int, count: int) -> Problem:
    unit = communities.iloc[place]
    return Problem(
        severity="warning", rule="duplicate_unit", file=rows.file, sheet=rows.sheet,
        found=f"{unit['name']}（{unit['code']}）有 {count} 行", wanted="每个社区（村）一行", action="已相加，请核对",
    )  # fmt: skip
