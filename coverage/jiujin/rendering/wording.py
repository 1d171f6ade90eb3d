"""The Chinese that people read on pages, tables and reports, in one place: numbers in words, and the 口径说明."""

from __future__ import annotations

from collections.abc import Sequence

from jiujin.analysis.results import Results
from jiujin.coordinates import Plane
from jiujin.study import Service, Study

NOTHING = "—"
SEVERITIES = {"error": "错误", "warning": "提醒", "info": "说明"}
STATUSES = {"operating": "运营", "building": "在建", "planned": "拟建", "closed": "停用"}
TRUST = {"good": "可信", "fair": "一般", "poor": "不足"}
INTERNAL = "内部工作用图，不得公开；行政区划界线仅供参考，不作为划界依据"

AREAS = {"housing": "住宅建筑", "residential_land": "居住用地", "compounds": "住宅小区"}
"""What is counted beside people where a study names it, and how its rate is called: 住宅建筑覆盖率, 居住用地覆盖率 …"""

GATES = (
    "小区范围内的居民和设施只由大门出入：小区内按直线距离×1.15 走到大门，再由大门接入道路；"
    "有几个大门的，按全程最短的一个计，同一小区内互访不出大门；不穿行他人小区。网页上试设的点位和选址的备选点位同样如此。"
)


def percent(rate: float | None, digits: int = 1) -> str:
    """Write a share of one as a percentage; “—” where there is none."""
    return NOTHING if rate is None or rate != rate else f"{100 * rate:.{digits}f}%"  # noqa: PLR0124  (NaN)


def people(count: float | None) -> str:
    """Write a number of people, rounded only here; “—” where it was neither counted nor estimated."""
    return NOTHING if count is None or count != count else f"{round(count):,}"  # noqa: PLR0124  (NaN)


def metres(value: float | None) -> str:
    """Write a walk in whole metres; “—” where there is no walk."""
    return NOTHING if value is None or value != value else f"{round(value):,}米"  # noqa: PLR0124  (NaN)


def minutes(reach_m: int, speed_m_s: float) -> str:
    """Say how long this walk takes at this speed, in whole minutes."""
    return f"{round(reach_m / speed_m_s / 60)}分钟"


def reach(service: Service) -> str:
    """Say how far a service reaches, town and country."""
    town, country = service.reach.urban_m, service.reach.rural_m
    return f"{town}米" if town == country else f"城镇{town}米、乡村{country}米"


def coordinate_system(plane: Plane) -> str:
    """Name the coordinate system of a map: the national one in China, WGS 84 elsewhere."""
    return "2000国家大地坐标系" if 4490 <= plane.epsg <= 4554 else "WGS 84"


def caliber(results: Results, services: Sequence[Service] | None = None) -> list[str]:
    """
    The 口径说明 of a run: every convention that the numbers rest on, one sentence each.

    Group, denominator, reach, method, network, datum decisions, sites counted, rows left out.
    """
    study = results.study
    chosen = study.services if services is None else services
    return [
        (
            f"统计截止日期：{study.as_of.isoformat()}；坐标系：{coordinate_system(results.plane)}，"
            f"距离计算平面 EPSG:{results.plane.epsg}。"
        ),
        *(_service_line(results, service) for service in chosen),
        (
            "步行距离＝人口点到最近道路的直线距离＋沿可步行道路的最短距离＋道路到设施的直线距离；"
            "不超过服务标准（含）即为覆盖。"
        ),
        *([GATES] if study.inputs.compounds else []),
        _street_line(results),
        (
            f"距任何可步行道路超过{study.walk.snap_limit_m}米的人口点记为“远离路网”，"
            "与“步行不可达”一并计入未覆盖，分母不变。"
        ),
        (
            "人口覆盖率＝覆盖人数÷服务对象人数；有站点社区（村）占比＝至少有1处站点的社区（村）数÷社区（村）总数；"
            "达标社区（村）占比＝覆盖人数不少于80%的社区（村）数÷有服务对象的社区（村）数；"
            "服务半径覆盖率为同等长度直线半径的结果，仅供对比。"
        ),
        *_area_lines(study),
        "站点只统计截止日期前已投用且未停用的；县界外5公里以内的站点可为县内居民服务，一并计入。",
        *_estimated_lines(study, results.estimated),
        *_datum_lines(results),
    ]


def public_line(study: Study) -> list[str]:
    """What the readers of the public form must know of its people; nothing to say inside the office."""
    if study.output.profile != "public":
        return []
    cells = (
        "公开版：人口并入社区（村）内的100米格网，不足10人的逐级并入更大的格网，人数取整到5；"
        "某类人口不足10人的社区（村）记为“<10”。地图上的覆盖、选址试算和步行距离按格网中心计算，"
        "与按居住点统计的附表略有出入。"
    )
    return [cells]


def _service_line(results: Results, service: Service) -> str:
    group = results.study.group(service.group).label
    network = "无台阶步行路网" if service.step_free else "步行路网"
    return f"{service.label}：服务对象为{group}，服务标准沿{network}{reach(service)}。{service.note}"


def _street_line(results: Results) -> str:
    network = results.networks[False]
    return (
        f"步行路网长{network.km:.1f}公里，去除总长不足{results.study.walk.island_m}米的孤立路段"
        f"{network.components_dropped}处；不分单行方向。"
    )


def _area_lines(study: Study) -> list[str]:
    """How housing, residential land and compounds are counted, or that they are not."""
    told = {
        "housing": "住宅建筑覆盖率＝服务标准内的住宅建筑面积（基底面积×层数）÷住宅建筑总面积，逐栋按其位置计算。",
        "residential_land": (
            "居住用地覆盖率＝服务标准内的居住用地面积÷居住用地总面积（地块按50米方格切分，逐格计算）；"
            "其服务半径覆盖率即“半径覆盖的居住用地面积占总居住用地面积的百分比”。"
        ),
        "compounds": "住宅小区覆盖率＝服务标准内的住宅小区个数÷住宅小区总个数，按小区中心经大门步行的距离逐个计算。",
    }
    named = {
        "housing": study.inputs.buildings,
        "residential_land": study.inputs.residential,
        "compounds": study.inputs.compounds,
    }
    lacking = [AREAS[kind] for kind, files in named.items() if not files]
    lines = [told[kind] for kind, files in named.items() if files]
    if lacking:
        rates = "、".join(f"{label}覆盖率" for label in lacking)
        lines.append(f"未提供{'、'.join(lacking)}图层，不计算{rates}。")
    return lines


def _estimated_lines(study: Study, estimated: frozenset[str]) -> list[str]:
    return [
        f"{group.label}为估算：按{study.group(group.share_of).label}的{percent(group.ratio)}推算，各表标注“估算”。"
        for group in study.groups
        if group.id in estimated and group.share_of is not None
    ]


def _datum_lines(results: Results) -> list[str]:
    told = [problem for problem in results.problems if problem.rule.startswith("datum_")]
    return [f"坐标处理：{problem.sentence()}。" for problem in told if problem.row is None]
