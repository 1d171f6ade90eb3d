"""附表1, 3, 4, 5 and 6: what stands where, who is left out, where to build, what was promised, what to correct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jiujin.analysis.gaps_public import public_gaps
from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import Site, SitingAnswer
from jiujin.analysis.suppression import LEAST, rounded
from jiujin.errors import Problem
from jiujin.rendering.public_form import is_public, shown_problems, shown_siting
from jiujin.rendering.quality import ordered
from jiujin.rendering.siting import KINDS, closed_words, proof, why_no_answer
from jiujin.rendering.wording import SEVERITIES, STATUSES, percent, reach
from jiujin.rendering.workbook_sheets import Annex, Cell, Heading, Row

PUBLIC_NOTE = "公开版：少于10的人数以“<10”表示，为防止推算而不予显示的以“※”表示，其余人数取整到5。"
_UNNAMED = "未注明乡镇"


_FACILITIES = (
    Heading(label="序号", kind="count", width=6),
    Heading(label="设施类别", width=17),
    Heading(label="名称", width=26),
    Heading(label="乡镇（街道）", width=13),
    Heading(label="社区（村）", width=14),
    Heading(label="经度", kind="degrees", width=12),
    Heading(label="纬度", kind="degrees", width=11),
    Heading(label="运营状态", width=7),
    Heading(label="投用时间", kind="date", width=11),
    Heading(label="服务能力", kind="count", width=7),
    Heading(label="能力单位", width=6),
    Heading(label="是否计入", width=7),
    Heading(label="未计入原因", width=11),
    Heading(label="距道路（米）", kind="metres", width=9),
    Heading(label="覆盖人数（人）", kind="people", width=11),
    Heading(label="停用后失去覆盖（人）", kind="people", width=13),
    Heading(label="来源表", width=16),
    Heading(label="行号", kind="count", width=6),
)


def facilities_annex(results: Results) -> Annex:
    """附表1: every facility of the ledgers, whether it counts and whom it serves."""
    notes = [
        f"统计截止日期{results.study.as_of.isoformat()}前已投用、未停用的设施计入覆盖计算，其余列出但不计入。",
        "经度、纬度为2000国家大地坐标系。距道路为设施到最近可步行道路的直线距离。",
        "覆盖人数为服务标准范围内的服务对象人数，相邻设施可重复覆盖；停用后失去覆盖为只有本设施可达的人数。",
    ]
    return Annex(
        sheet="附表1 设施现状台账",
        title=f"附表1　{results.study.name}设施现状台账",
        headings=_FACILITIES,
        rows=[Row(cells=cells) for cells in _facility_cells(results)],
        notes=[*notes, PUBLIC_NOTE] if is_public(results) else notes,
        filtered=True,
    )


def _facility_cells(results: Results) -> Iterator[list[Cell]]:
    frame = results.facilities
    services = {service.id: service for service in results.study.services}
    codes = [*results.communities["name"].tolist(), None]
    townships = [*results.communities["township"].tolist(), None]
    served = facility_people(results)
    legs = facility_legs(results)
    for row, each in enumerate(frame.to_dict("records")):
        service, home = services[each["service"]], int(results.facility_community[row])
        yield [
            row + 1,
            service.label,
            each["name"],
            _text(each["township"]) or townships[home],
            _text(each["community"]) or codes[home],
            each["lon"],
            each["lat"],
            STATUSES.get(each["status"], each["status"]),
            _text(each["opened"]),
            each["capacity"],
            service.capacity_unit if each["capacity"] == each["capacity"] else "",
            ("县外计入" if each["outside"] else "是") if each["counted"] else "否",
            "" if each["counted"] else _why_not(each, results),
            legs[row],
            people_cell(results, served["people_in_reach"][row]),
            people_cell(results, served["only_here"][row]),
            each["sheet"] or each["source"],
            each["row"],
        ]


def facility_people(results: Results) -> dict[str, list[float]]:
    """People in reach of each facility and those who reach no other, by row of the facilities; NaN where none count."""
    found = {}
    for name in ("people_in_reach", "only_here"):
        values = np.full(len(results.facilities), np.nan)
        for sites in results.site_people.values():
            values[sites["row"]] = sites[name]
        found[name] = values.tolist()
    return found


def facility_legs(results: Results) -> list[float]:
    """Metres from each facility to the street, on the network of its service."""
    step_free = {service.id: service.step_free for service in results.study.services}
    kind = results.facilities["service"].map(step_free).to_numpy(np.bool_)
    leg = np.where(kind, results.sites[max(results.sites)].leg_cm, results.sites[False].leg_cm)
    return [float(each) / 100 if each < 2**31 - 1 else float("nan") for each in leg.tolist()]


def _why_not(facility: Mapping[Any, Any], results: Results) -> str:
    status, opened, closed = str(facility["status"]), facility["opened"], facility["closed"]
    if status != "operating":
        return STATUSES.get(status, status)
    if _text(opened) and str(opened) > results.study.as_of.isoformat():
        return "截止日期后投用"
    return "截止日期前停用" if _text(closed) else "不符合计入条件"


def _text(value: object) -> str | None:
    return None if value is None or value is pd.NaT or value != value else str(value)  # noqa: PLR0124  (NaN)


def people_cell(results: Results, count: float | None) -> Cell:
    """Write people as they may be shown: exact inside the office, blurred outside it."""
    if count is None or not is_public(results) or count != count or count <= 0:  # noqa: PLR0124  (NaN)
        return count
    return "<10" if count < LEAST else float(rounded(np.array([count]))[0])


LISTED_GAPS = 100
"""As many zones of a service are listed one by one: what can be read and printed; the rest are in the GIS file."""

_GAPS = (
    Heading(label="服务", width=16),
    Heading(label="序号", kind="count", width=6),
    Heading(label="盲区位置", width=24),
    Heading(label="乡镇（街道）", width=13),
    Heading(label="社区（村）", width=15),
    Heading(label="区划代码", kind="code", width=14),
    Heading(label="未覆盖人数（人）", kind="people", width=11),
    Heading(label="其中：步行不可达", kind="people", width=10),
    Heading(label="其中：远离路网", kind="people", width=10),
    Heading(label="步行最近设施", width=22),
    Heading(label="步行距离（米）", kind="metres", width=10),
    Heading(label="直线距离（米）", kind="metres", width=10),
    Heading(label="绕行系数", kind="decimal", width=8),
    Heading(label="处置建议", width=14),
    Heading(label="受益人数（人）", kind="people", width=10),
)


def gaps_annex(results: Results) -> Annex:
    """附表3: the zones of people out of reach, by service, most people first; the small ones in one row together."""
    public = is_public(results)
    gaps = public_gaps(results.answers.gaps) if public else results.answers.gaps
    labels = {service.id: service.label for service in results.study.services}
    names = ["rank", "name", "township", "community_name", "community_code", "people", "no_walk", "off_network"]
    names += ["nearest_name", "nearest_m", "straight_m", "detour", "remedy", "remedy_people"]
    rows = []
    for service, label in labels.items():
        mine = gaps[gaps["service"] == service]
        listed = mine.iloc[:LISTED_GAPS]
        columns = [listed[name].tolist() for name in names]
        rows += [Row(cells=[label, *map(_cell, cells)]) for cells in zip(*columns, strict=True)]
        rows += _other_gaps(label, mine.iloc[LISTED_GAPS:], names)
    notes = [
        "服务盲区为未覆盖服务对象沿道路相连（相邻不超过300米）成片的居住区域，各服务的盲区人数之和等于该服务未覆盖人数。",
        "步行距离、最近设施为盲区内居中住户的结果；绕行系数＝步行距离÷到该处的直线距离。",
        (
            "处置建议：核对路网（多数人远离路网）；打通路径或建桥（直线可达而绕行2倍以上）；"
            "依托现有建筑（其他服务的设施在服务标准内）；新建（其余）。"
        ),
        *_estimated_note(results),
    ]
    return Annex(
        sheet="附表3 服务盲区清单",
        title=f"附表3　{results.study.name}服务盲区清单",
        headings=_GAPS,
        rows=rows,
        notes=[*notes, "公开版：不足10人的盲区合并列出，人数取整到5。"] if public else notes,
        filtered=True,
    )


def _other_gaps(label: str, gaps: pd.DataFrame, names: Sequence[str]) -> list[Row]:
    """Add the zones that are not listed one by one up in a row of their own."""
    if gaps.empty:
        return []
    sums = {name: _cell(gaps[name].sum(min_count=1)) for name in ("people", "no_walk", "off_network")}
    told: dict[str, Cell] = {"name": f"其余{len(gaps)}处较小的盲区（逐处见 tables/gaps.geojson）", **sums}
    return [Row(cells=[label, *(told.get(name) for name in names)], style="subtotal")]


def _estimated_note(results: Results) -> list[str]:
    labels = [s.label for s in results.study.services if s.group in results.estimated]
    return [f"{'、'.join(labels)}的服务对象人数为估算。"] if labels else []


def _cell(value: object) -> Cell:
    """Take a value out of a frame: None for every kind of null."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else number


_SITES = (
    Heading(label="序号", kind="count", width=6),
    Heading(label="建议点位", width=26),
    Heading(label="经度", kind="degrees", width=12),
    Heading(label="纬度", kind="degrees", width=11),
    Heading(label="乡镇（街道）", width=13),
    Heading(label="所属社区（村）", width=15),
    Heading(label="新增覆盖人数（人）", kind="people", width=12),
    Heading(label="其中60岁及以上（人）", kind="people", width=12),
    Heading(label="累计覆盖率", kind="rate", width=10),
    Heading(label="建设方式", width=16),
    Heading(label="造价", kind="decimal", width=10),
    Heading(label="备用点位", width=36),
    Heading(label="年度", width=8),
    Heading(label="责任单位", width=14),
)


def sites_annex(results: Results) -> Annex:
    """附表4: where to build, what each place gains, and how much of that is known to be possible."""
    study = results.study
    answer = None if results.siting is None else shown_siting(results, results.siting)
    if answer is None:
        rows = [Row(cells=[None, why_no_answer(results) or "本项目未提出选址问题", *[None] * 12])]
        notes = ["在 study.toml 的 [siting] 中写明服务和数量后，本表列出建议点位、新增覆盖人数和累计覆盖率。"]
        title = f"附表4　{study.name}选址建议表"
        return Annex(sheet="附表4 选址建议表", title=title, headings=_SITES, rows=rows, notes=notes)
    rows = [Row(cells=_site_cells(results, site)) for site in answer.sites]
    total: list[Cell] = ["", "合计", "", "", "", "", people_cell(results, answer.gained), _aged(results, answer.sites)]
    rows.append(Row(cells=[*total, answer.rate_after, "", _cost(answer.sites), "", "", ""], style="total"))
    return Annex(
        sheet="附表4 选址建议表",
        title=f"附表4　{study.name}{study.service(answer.service).label}选址建议表",
        headings=_SITES,
        rows=rows,
        notes=_siting_notes(results, answer),
    )


def _site_cells(results: Results, site: Site) -> list[Cell]:
    spare = "；".join(f"{other.name}（少{other.lost:,.0f}人）" for other in site.substitutes)
    return [
        *(site.rank, site.name, site.lon, site.lat, site.township, site.community or "县界外"),
        *(people_cell(results, site.gained), _aged(results, [site]), site.cumulative_rate),
        *(KINDS.get(site.kind, site.kind), site.cost, spare, str(site.year) if site.year else "", ""),
    ]


def _cost(sites: Sequence[Site]) -> float | None:
    """What these sites cost together; None where that of some is not known."""
    known = [site.cost for site in sites if site.cost is not None]
    return sum(known) if known and len(known) == len(sites) else None


def _aged(results: Results, sites: Sequence[Site]) -> Cell:
    """People of 60 and over whom these sites gain; None where nobody counted or estimated them."""
    gained = [site.gained_by_group["age60"] for site in sites if "age60" in site.gained_by_group]
    return people_cell(results, float(sum(gained))) if len(gained) == len(sites) and gained else None


def _siting_notes(results: Results, answer: SitingAnswer) -> list[str]:
    service = results.study.service(answer.service)
    group = results.study.group(service.group).label
    mark = "（估算）" if service.group in results.estimated else ""
    before = answer.covered_before / answer.people if answer.people else None
    told = [
        f"服务对象为{group}{mark}，服务标准沿步行路网{reach(service)}；按建设次序排列，新增覆盖人数不重复计算。",
        f"建设前人口覆盖率{percent(before)}，建成后{percent(answer.rate_after)}。{proof(answer)}",
        f"{closed_words(results, answer)}备用点位：以其替换本点位，全部方案的覆盖人数减少不超过1%。",
        "造价按备选点位表（单位同该表）；造价和年度为空的以及责任单位由主管部门填写；点位为选址范围的建议，落地须核实用地、产权、消防和食品安全等条件。",
    ]
    return [*told, PUBLIC_NOTE] if is_public(results) else told


def targets_annex(results: Results) -> Annex:
    """附表5: each promise of the plan, what is there, and whether it will be kept in time."""
    headings = (
        Heading(label="序号", kind="count", width=6),
        Heading(label="目标任务", width=36),
        Heading(label="目标值", width=12),
        Heading(label="完成值", width=12),
        Heading(label="单位", width=7),
        Heading(label="完成程度", kind="rate", width=10),
        Heading(label="状态", width=11),
        Heading(label="任务来源", width=30),
        Heading(label="说明", width=40),
    )
    rows = []
    for number, each in enumerate(results.answers.targets.to_dict("records"), start=1):
        share = each["measure"] in {"units_with", "ratio", "pop_rate", "unit_reached", "township_with"}
        as_rate = share and each["unit"] not in {"%", "％"}
        goal, found = (_target_text(each[name], as_rate=as_rate) for name in ("goal", "found"))
        done = each["found"] / each["goal"] if each["goal"] and each["measure"] != "people_per_site" else None
        cells = [number, each["label"], goal, found, "%" if as_rate else each["unit"], done, each["state"]]
        rows.append(Row(cells=[*cells, each["source"], each["note"]]))
    return Annex(
        sheet="附表5 目标任务完成情况表",
        title=f"附表5　{results.study.name}目标任务完成情况表",
        headings=headings,
        rows=rows or [Row(cells=[None, "本项目未列目标任务", *[None] * 7])],
        notes=[
            f"完成值统计截至{results.study.as_of.isoformat()}；站点只计截止日期前已投用且未停用的，在建的在说明中列出。",
            "状态：已完成（达到目标值）；按期推进（不低于时间进度）；滞后（低于时间进度）；无数据（缺少台账或分母）。",
        ],
    )


def _target_text(value: float, *, as_rate: bool) -> Cell:
    if value is None or value != value:  # noqa: PLR0124  (NaN)
        return None
    shown = 100 * value if as_rate else value
    return f"{shown:,.1f}" if as_rate or shown != int(shown) else f"{int(shown):,}"


def quality_annexes(results: Results) -> list[Annex]:
    """附表6: every problem for the office, then a list for each township to be sent back to it."""
    problems = ordered(shown_problems(results))
    homes = townships_of(results, problems)
    notes = [
        "错误：该行未被使用；提醒：已使用但请核实；说明：系统作了换算或补全，供备查。",
        "行号与表格软件显示的一致；请在原文件中更正后重新计算。",
    ]
    every = Annex(
        sheet="附表6 数据质量问题清单",
        title=f"附表6　{results.study.name}数据质量问题清单",
        headings=_QUALITY,
        rows=[
            Row(cells=_problem_cells(n, p, home)) for n, (p, home) in enumerate(zip(problems, homes, strict=True), 1)
        ],
        notes=notes,
        filtered=True,
    )
    lists: list[Annex] = []
    for township in sorted({home for home in homes if home}):
        own = [p for p, home in zip(problems, homes, strict=True) if home == township and p.severity != "info"]
        if own:
            number = len(lists) + 1
            rows = [Row(cells=_problem_cells(n, p, township)) for n, p in enumerate(own, 1)]
            title = f"附表6—{number}　{results.study.name}{township}数据质量问题清单"
            sheet = f"附表6-{number} {township}"
            lists.append(Annex(sheet=sheet, title=title, headings=_QUALITY, rows=rows, notes=notes))
    return [every, *lists]


_QUALITY = (
    Heading(label="序号", kind="count", width=6),
    Heading(label="乡镇（街道）", width=13),
    Heading(label="程度", width=6),
    Heading(label="文件", width=20),
    Heading(label="工作表", width=14),
    Heading(label="行号", kind="count", width=7),
    Heading(label="列", width=14),
    Heading(label="发现的问题", width=46),
    Heading(label="应为", width=24),
    Heading(label="处理", width=34),
)


def _problem_cells(number: int, problem: Problem, township: str) -> list[Cell]:
    return [
        *(number, township, SEVERITIES[problem.severity], problem.file, problem.sheet),
        *("" if problem.row is None else problem.row, problem.column, problem.found, problem.wanted, problem.action),
    ]


def townships_of(results: Results, problems: Sequence[Problem]) -> list[str]:
    """
    Name the township that each problem should go back to; empty where nothing tells.

    By the facility that stands in that row, else by a township's name in the sheet, the file or what was found.
    """
    frame = results.facilities
    keys = zip(frame["source"].tolist(), frame["sheet"].tolist(), frame["row"].tolist(), strict=True)
    of_row = dict(zip(keys, frame["township"].tolist(), strict=True))
    names = {name for name in results.communities["township"].tolist() if isinstance(name, str) and name}
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    found = []
    for problem in problems:
        home = of_row.get((problem.file, problem.sheet, problem.row))
        text = f"{problem.sheet}\n{problem.file}\n{problem.found if problem.row is not None else ''}"
        told = next((name for name in longest_first if name in text), "")
        found.append(home if isinstance(home, str) and home else told)
    return found
