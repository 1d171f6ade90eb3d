"""Do the layers of a study belong together, and can each service be answered from them?"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.coverage_counts import Ints, Marks
from jiujin.errors import Problem, Severity, StudyError
from jiujin.network.streets import Streets
from jiujin.study import Service, Study

Box = tuple[float, float, float, float]

LISTED_UNITS = 20
"""Communities that one row names at most."""

MARGIN = 0.01
"""About a kilometre: people at the edge of the streets are still near them."""


def layers_agree(
    streets: Streets, people: pd.DataFrame, communities: gpd.GeoDataFrame, problems: Sequence[Problem]
) -> None:
    """
    Refuse a study whose layers lie in different places: nothing computed from them would mean anything.

    Raises StudyError, with what else was met (`problems`) behind it.
    """
    boxes = {
        "道路": _box(streets.lon, streets.lat),
        "人口": _box(people["lon"].to_numpy(np.float64), people["lat"].to_numpy(np.float64)),
        "社区（村）": tuple(np.asarray(communities.total_bounds, np.float64).tolist()),
    }
    apart = [
        Problem(
            severity="error",
            rule="layers_apart",
            found=f"{one}在（{_span(boxes[one])}），{other}在（{_span(boxes[other])}），两者没有重叠",
            wanted="同一个地方的数据",
            action="请检查文件是否拿错、坐标系是否写对（study.toml 的 [datum]）",
        )
        for one, other in (("人口", "道路"), ("人口", "社区（村）"))
        if not _overlap(boxes[one], boxes[other])
    ]
    if apart:
        raise StudyError([*apart, *problems])


def unanswerable(study: Study, service: Service, access: ServiceAccess, people: pd.DataFrame) -> list[Problem]:
    """Say which service has no facility at all, and which has a group that nobody counted."""
    problems = []
    if not len(access.sites):
        problems.append(
            Problem(
                severity="warning",
                rule="no_facility",
                found=f"没有计入统计的{service.label}",
                wanted="至少一处截止日期前已投用的设施",
                action="按0处计算，全部服务对象记为未覆盖",
            )
        )
    if service.group not in people:
        label = study.group(service.group).label
        problems.append(
            Problem(
                severity="warning",
                rule="group_unknown",
                found=f"人口数据中没有{label}，也没有写明估算比例",
                wanted=f"人口表中的一列，或在 study.toml 的 [population] 中写明 {service.group} 的 share_of 和 ratio",
                action=f"{service.label}只计算步行距离，人数与覆盖率留空",
            )
        )
    return problems


def doubtful_legs(marks: Marks, people: pd.DataFrame, home: Ints, communities: pd.DataFrame) -> list[Problem]:
    """
    List ways to the street that need a look, a row per kind: over 200 m, across water or rail, past a dropped island.

    `home` is the row in `communities` of each person, -1 = none; who lives in none is not counted here.
    """
    kinds: tuple[tuple[str, Severity, np.ndarray, str], ...] = (
        ("long_leg", "info", marks.long_leg & ~marks.crossing, "到最近道路的接入线超过 200 米"),
        ("leg_crosses", "warning", marks.crossing, "接入线跨越水系或铁路"),
        ("island_nearest", "warning", marks.island, "最近的道路属于已剔除的孤立路网，改接次近的道路"),
    )
    problems = []
    for rule, severity, marked, said in kinds:
        rows = np.flatnonzero(marked & (home >= 0))
        if not rows.size:
            continue
        count = np.bincount(home[rows], minlength=len(communities))
        where = np.lexsort((np.arange(count.size), -count))[: np.count_nonzero(count)]
        names = "、".join(f"{communities['name'].iloc[at]}（{count[at]}）" for at in where[:LISTED_UNITS].tolist())
        head = f"，{people['total'].to_numpy(np.float64)[rows].sum():,.0f} 人" if "total" in people else ""
        more = "等" if where.size > LISTED_UNITS else ""
        found = f"{rows.size} 个人口点{head}：{said}；涉及 {where.size} 个社区（村）：{names}{more}"
        wanted, action = "补齐附近的道路，或核对人口点位置", "照常计算，地图“需核实的接入线”图层逐一标出"
        problems.append(Problem(severity=severity, rule=rule, found=found, wanted=wanted, action=action))
    return problems


def _box(lon: np.ndarray, lat: np.ndarray) -> Box:
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _overlap(one: Box, other: Box) -> bool:
    return (
        one[0] <= other[2] + MARGIN
        and other[0] <= one[2] + MARGIN
        and one[1] <= other[3] + MARGIN
        and other[1] <= one[3] + MARGIN
    )


def _span(box: Box) -> str:
    west, south, east, north = box
    return f"经度{west:.3f}–{east:.3f}，纬度{south:.3f}–{north:.3f}"
