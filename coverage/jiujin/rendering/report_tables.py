"""The tables of the report, as headings and rows of words; the same figures as in the workbook."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from jiujin.analysis.coverage_public import CoverageShown
from jiujin.analysis.gaps_public import public_gaps
from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import SitingAnswer
from jiujin.analysis.suppression import SMALL, WITHHELD
from jiujin.rendering.siting import KINDS
from jiujin.rendering.wording import AREAS, people, percent
from jiujin.study import Service

Cells = tuple[list[str], list[list[str]]]

_SHOWN_GAPS = 5
_WAN = 10_000


def coverage_cells(results: Results, shown: CoverageShown) -> Cells:
    """Rates of every service in the county."""
    heads = [
        "服务",
        "设施（处）",
        "服务对象（人）",
        "覆盖（人）",
        "人口覆盖率",
        "服务半径覆盖率",
        "有站点占比",
        "达标占比",
    ]
    rows = []
    for service in results.study.services:
        row = shown.county[shown.county["service"] == service.id].iloc[0]
        mark = "（估算）" if service.group in results.estimated else ""
        counts = [_count(row[name], row[f"{name}_mark"]) for name in ("people", "covered")]
        rates = [percent(row[name]) for name in ("pop_rate", "radius_rate", "unit_has", "unit_reached")]
        rows.append([service.label + mark, f"{results.coverage.county[service.id]['sites']:.0f}", *counts, *rates])
    return heads, rows


def _count(value: float, mark: int) -> str:
    return {SMALL: "<10", WITHHELD: "※"}.get(int(mark), people(value))


def township_cells(results: Results, shown: CoverageShown) -> Cells:
    """Rates of every service by township."""
    services = results.study.services
    rows: list[list[str]] = []
    for township, part in shown.townships.groupby("value", sort=False):
        rows.append([str(township), *_rates(part, services)])
    rows.append(["全县", *_rates(shown.county, services)])
    return ["乡镇（街道）", *(service.label for service in services)], rows


def area_cells(results: Results) -> Cells:
    """Rates of housing and residential land of every service in the county."""
    areas = results.answers.areas
    labels = {service.id: service.label for service in results.study.services}
    rows = []
    for each in areas[areas["class"] == "all"].to_dict("records"):
        sizes = [f"{each[name] / _WAN:,.2f}" for name in ("area_m2", "covered_m2")]
        rates = [percent(each[name]) for name in ("rate", "radius_rate")]
        rows.append([labels[each["service"]], AREAS[each["kind"]], *sizes, *rates])
    return ["服务", "指标", "总面积（万平方米）", "标准内（万平方米）", "覆盖率", "服务半径覆盖率"], rows


def compound_cells(results: Results) -> Cells:
    """Rates of compounds of every service in the county."""
    compounds = results.answers.compounds
    labels = {service.id: service.label for service in results.study.services}
    rows = []
    for each in compounds[compounds["class"] == "all"].to_dict("records"):
        counts = [f"{each[name]:,}" for name in ("compounds", "covered")]
        rows.append([labels[each["service"]], *counts, *(percent(each[name]) for name in ("rate", "radius_rate"))])
    return ["服务", "住宅小区（个）", "标准内（个）", "住宅小区覆盖率", "服务半径覆盖率"], rows


def _rates(part: pd.DataFrame, services: Sequence[Service]) -> list[str]:
    told = {}
    for each in part.to_dict("records"):
        told[each["service"]] = each["rate_band"] if isinstance(each["rate_band"], str) else percent(each["pop_rate"])
    return [told[service.id] for service in services]


def gap_cells(results: Results) -> Cells:
    """List the largest gaps of every service."""
    gaps = results.answers.gaps
    if results.study.output.profile == "public":
        gaps = public_gaps(gaps)
    rows = []
    for service in results.study.services:
        for each in gaps[gaps["service"] == service.id].head(_SHOWN_GAPS).to_dict("records"):
            walk = people(each["nearest_m"])
            where = each["township"] if isinstance(each["township"], str) else ""
            remedy = each["remedy"] if isinstance(each["remedy"], str) else "—"
            rows.append([service.label, str(each["name"]), where, people(each["people"]), walk, remedy])
    return _without_empty(["服务", "盲区位置", "乡镇（街道）", "未覆盖（人）", "最近步行（米）", "处置建议"], rows)


def _without_empty(heads: list[str], rows: list[list[str]]) -> Cells:
    """Leave out the townships where the study knows none."""
    kept = [n for n, head in enumerate(heads) if head != "乡镇（街道）" or any(row[n] not in {"", "—"} for row in rows)]
    return [heads[n] for n in kept], [[row[n] for n in kept] for row in rows]


def target_cells(results: Results) -> Cells:
    """List the targets with what is there."""
    rows = []
    for each in results.answers.targets.to_dict("records"):
        share = each["measure"] in {"units_with", "ratio", "pop_rate", "unit_reached", "township_with"}
        as_rate = share and each["unit"] not in {"%", "％"}
        goal, found = (percent(each[k]) if as_rate else _plain(each[k], each["unit"]) for k in ("goal", "found"))
        rows.append([each["label"], goal, found, each["state"]])
    return ["目标任务", "目标", "完成", "状态"], rows


def _plain(value: float, unit: str) -> str:
    if value != value:  # noqa: PLR0124  (NaN)
        return "—"
    number = f"{int(value):,}" if value == int(value) else f"{value:,.1f}"
    return f"{number}{unit}"


def site_cells(answer: SitingAnswer) -> Cells:
    """List the suggested sites in the order of building."""
    rows = [
        [
            *(str(site.rank), site.name, site.township or "—", site.community or "县界外"),
            *(people(site.gained), percent(site.cumulative_rate), KINDS.get(site.kind, site.kind)),
        ]
        for site in answer.sites
    ]
    after = percent(answer.rate_after)
    rows.append(["", "合计", "", "", people(answer.gained), after, ""])
    heads = ["序号", "建议点位", "乡镇（街道）", "社区（村）", "新增覆盖（人）", "累计覆盖率", "建设方式"]
    return _without_empty(heads, rows)
