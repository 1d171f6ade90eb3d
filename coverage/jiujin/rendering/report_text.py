"""The sentences of the report: what is there, what is missing, what to build and what must be seen to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from jiujin.analysis.coverage_public import CoverageShown
from jiujin.analysis.equity import worst_served
from jiujin.analysis.gaps_public import public_gaps
from jiujin.analysis.results import Results
from jiujin.analysis.targets import BEHIND, DONE, NO_DATA, ON_COURSE
from jiujin.rendering.public_form import blurred, is_public, shown_siting
from jiujin.rendering.siting import decision, why_no_answer
from jiujin.rendering.wording import AREAS, NOTHING, percent, reach
from jiujin.study import Service

_WAN = 10_000


def crowd(count: float | None) -> str:
    """Write a number of people with its unit: 万人 with one decimal from ten thousand on; “—” where it is not known."""
    if count is None or count != count:  # noqa: PLR0124  (NaN)
        return f"{NOTHING}人"
    return f"{count / _WAN:.1f}万人" if count >= _WAN else f"{round(count)}人"


def basics(results: Results) -> Iterator[str]:
    """一、基本情况: the county, its people, its facilities."""
    study, communities = results.study, results.communities
    kinds = communities["committee"].tolist() if "committee" in communities else []
    town, country = kinds.count("居委会"), kinds.count("村委会")
    split = f"（其中社区居委会{town}个、村委会{country}个）" if town + country == len(communities) else ""
    townships = communities["township"].dropna().nunique()
    within = f"辖{townships}个乡镇（街道）、" if townships else "有"
    day = study.as_of
    counted = [f"{study.group(g).label}{crowd(_living(results, g))}{_estimated(results, g)}" for g in _groups(results)]
    yield (
        f"{study.name}{within}{len(communities)}个社区（村）{split}。截至{day.year}年{day.month}月{day.day}日，"
        f"纳入分析的{'、'.join(counted)}。"
    )
    sites = [f"{s.label}{results.coverage.county[s.id]['sites']:.0f}处" for s in study.services]
    idle = int((~results.facilities["counted"].to_numpy(bool)).sum())
    others = f"另有在建、拟建、停用等未计入的设施{idle}处。" if idle else ""
    yield f"已投入使用并计入分析的设施有：{'、'.join(sites)}。{others}"
    network = results.networks[False]
    yield (
        f"覆盖情况按步行路网测算，步行路网总长{network.km:.1f}公里。服务标准为："
        + "；".join(f"{s.label}{reach(s)}" for s in study.services)
        + "。"
    )


def _groups(results: Results) -> list[str]:
    wanted = ["total", *(service.group for service in results.study.services)]
    return [group for group in dict.fromkeys(wanted) if results.residents.group(group) is not None]


def _living(results: Results, group: str) -> float:
    """People of a group who live in some community, as they may be shown; NaN where that is not known, or few."""
    weight = results.residents.group(group)
    if weight is None:
        return float("nan")
    living = weight[results.community >= 0].sum()
    return float(blurred(np.array([living]))[0]) if is_public(results) else float(living)


def _estimated(results: Results, group: str) -> str:
    return "（估算）" if group in results.estimated else ""


def overall(results: Results) -> str:
    """Say how many people have all services at hand, and how many have none."""
    basket, services = results.answers.basket, results.study.services
    if not len(basket) or basket["rate"].isna().any():
        return "各类设施的步行覆盖情况如下。"
    whole, none = basket["rate"].iloc[-1], basket["rate"].iloc[0]
    every = f"{len(services)}类服务均在服务标准内" if len(services) > 1 else "在服务标准内"
    return (
        f"按常住人口计算，{every}的占{percent(whole)}，没有任何一类在服务标准内的占{percent(none)}。"
        "各类设施的覆盖情况见表1。"
    )


def areas_of(results: Results) -> str:
    """二、现状评估: the share of housing and residential land within reach."""
    areas = results.answers.areas
    areas = areas[areas["class"] == "all"]
    labels = {service.id: service.label for service in results.study.services}
    told = []
    for kind, part in areas.groupby("kind", sort=False):
        rates = (f"{labels[each['service']]}{percent(each['rate'])}" for each in part.to_dict("records"))
        told.append(f"{AREAS[str(kind)]}覆盖率分别为{'、'.join(rates)}")
    return f"按面积计算，{'；'.join(told)}"


def compounds_of(results: Results) -> str:
    """二、现状评估: the share of compounds within reach."""
    compounds = results.answers.compounds
    whole = compounds[compounds["class"] == "all"].to_dict("records")
    labels = {service.id: service.label for service in results.study.services}
    rates = (f"{labels[each['service']]}{percent(each['rate'])}" for each in whole)
    return f"全县{whole[0]['compounds']:,}个住宅小区中，在服务标准内的占比分别为{'、'.join(rates)}"


def state_of(results: Results, shown: CoverageShown, service: Service) -> str:
    """二、现状评估: what one service covers, how it differs by place, and how far people walk."""
    row = _county(shown, service)
    group = results.study.group(service.group).label
    if results.residents.group(service.group) is None:
        return f"{service.label}：缺少{group}数据，未计算覆盖率；计入设施{row['sites']:.0f}处。"
    mark = _estimated(results, service.group)
    told = (
        f"{service.label}服务对象为{group}{crowd(row['people'])}{mark}，"
        f"服务标准内覆盖{crowd(row['covered'])}，人口覆盖率{percent(row['pop_rate'])}；"
        f"按同等长度的直线服务半径计算为{percent(row['radius_rate'])}。"
        f"有站点的社区（村）占{percent(row['unit_has'])}，达标社区（村）（覆盖80%以上服务对象）占"
        f"{percent(row['unit_reached'])}。"
    )
    if row["median_walk_m"] == row["median_walk_m"]:
        far = row["p90_walk_m"]
        ninth = f"，九成人在{far:.0f}米以内" if far == far else ""  # noqa: PLR0124  (NaN)
        told += f"到最近设施的步行距离中位数为{row['median_walk_m']:.0f}米{ninth}。"
    return told + _extremes(shown, service)


def _extremes(shown: CoverageShown, service: Service) -> str:
    """Name the best and the worst covered township."""
    table = shown.townships[(shown.townships["service"] == service.id) & shown.townships["pop_rate"].notna()]
    if len(table) < 2:
        return ""
    ranked = table.sort_values("pop_rate", kind="stable")
    best, worst = ranked.iloc[-1], ranked.iloc[0]
    return (
        f"分乡镇（街道）看，{best['value']}最高，为{percent(best['pop_rate'])}；"
        f"{worst['value']}最低，为{percent(worst['pop_rate'])}。"
    )


def _county(shown: CoverageShown, service: Service) -> pd.Series:
    return shown.county[shown.county["service"] == service.id].iloc[0]


def problems_of(results: Results, shown: CoverageShown) -> Iterator[tuple[str, str]]:
    """三、存在问题: a heading and a paragraph for each kind of problem that the figures show."""
    yield "部分群众步行不可及。", "".join(_gaps_of(results, shown, service) for service in results.study.services)
    apart = [line for service in results.study.services if (line := _town_and_country(results, service))]
    if apart:
        yield "城乡之间不均衡。", "".join(apart)
    full = "".join(_capacity(results, service) for service in results.study.services)
    if full:
        yield "部分设施服务能力不匹配。", full
    late = results.answers.targets
    behind = late[late["state"] == BEHIND]["label"].tolist()
    if len(late):
        states = (DONE, ON_COURSE, BEHIND, NO_DATA)
        counts = "、".join(f"{state}{int((late['state'] == state).sum())}项" for state in states)
        named = f"滞后的是：{'、'.join(behind)}。" if behind else ""
        yield "目标任务进展不一。", f"列入对照的目标任务{len(late)}项，{counts}。{named}"
    bad = sum(problem.severity == "error" for problem in results.problems)
    unsure = sum(problem.severity == "warning" for problem in results.problems)
    if bad + unsure:
        counts = "、".join(f"{count}条{what}" for count, what in ((bad, "未能使用"), (unsure, "需要核实")) if count)
        yield "基础数据尚需核实。", f"设施台账等数据中有{counts}，详见附表6。"


def _gaps_of(results: Results, shown: CoverageShown, service: Service) -> str:
    row = _county(shown, service)
    if results.residents.group(service.group) is None:
        return ""
    gaps = results.answers.gaps
    gaps = public_gaps(gaps) if shown.public else gaps
    own = gaps[gaps["service"] == service.id].head(3)
    named = "、".join(f"{name}（{crowd(people)}）" for name, people in zip(own["name"], own["people"], strict=True))
    largest = f"，最大的服务盲区为{named}" if named else ""
    return f"{service.label}尚有{crowd(row['uncovered'])}未覆盖{largest}。"


def _town_and_country(results: Results, service: Service) -> str:
    table = results.answers.group_gaps
    own = table[(table["service"] == service.id) & (table["group"] == service.group)].set_index("class")["pop_rate"]
    if not {"urban", "rural"} <= set(own.index) or own[["urban", "rural"]].isna().any():
        return ""
    apart = 100 * (own["urban"] - own["rural"])
    side = "高" if apart >= 0 else "低"
    return (
        f"{service.label}城镇人口覆盖率{percent(own['urban'])}，乡村{percent(own['rural'])}，"
        f"城镇比乡村{side}{abs(apart):.1f}个百分点。"
    )


def _capacity(results: Results, service: Service) -> str:
    capacity = results.answers.capacity.get(service.id)
    if capacity is None or not len(capacity.sites):
        return ""
    judged = capacity.sites["judgement"].dropna().value_counts()
    if len(judged):
        low, high = service.people_per_site or (0, 0)
        words = "、".join(f"{word}{count}处" for word, count in sorted(judged.items()))
        return f"{service.label}按每处服务{low / _WAN:g}万至{high / _WAN:g}万人衡量：{words}。"
    full = int((capacity.sites["load"] > 1).sum()) if capacity.has_seats else 0
    return f"{service.label}有{full}处的服务标准内需求超过服务能力。" if full else ""


def advice(results: Results, shown: CoverageShown) -> Iterator[str]:
    """四、选址建议: the decision and what each place brings, or what would help the largest gaps."""
    answer = None if results.siting is None else shown_siting(results, results.siting)
    if unanswered := why_no_answer(results):
        yield unanswered
    if answer is not None:
        yield decision(results, answer)
        if answer.sites:
            yield "".join(
                f"第{site.rank}处{site.name}，建成后新增覆盖{crowd(site.gained)}"
                f"{_who_gains(results, site.gained_by_group, answer.service)}。"
                for site in answer.sites
            )
    for service in results.study.services:
        told = _remedies(results, shown, service)
        if told:
            yield told
    worst = worst_off(results, shown)
    if worst:
        yield worst


def _who_gains(results: Results, counts: Mapping[str, float], service_id: str) -> str:
    own = results.study.service(service_id).group
    others = [
        f"{results.study.group(group).label}{crowd(counts[group])}"
        for group in ("age80", "disabled")
        if group in counts and group != own
    ]
    return f"（同时惠及{'、'.join(others)}）" if others else ""


def _remedies(results: Results, shown: CoverageShown, service: Service) -> str:
    """Count the gaps of a service by what would help them."""
    gaps = public_gaps(results.answers.gaps) if shown.public else results.answers.gaps
    own = gaps[gaps["service"] == service.id]
    if not own["remedy"].notna().any():
        return ""
    sums = own.groupby("remedy", sort=True)["people"].agg(["size", "sum"]).sort_values("sum", ascending=False)
    parts = [f"{word}{int(row['size'])}处、涉及{crowd(row['sum'])}" for word, row in sums.iterrows()]
    return f"{service.label}服务盲区按处置方式分：{'；'.join(parts)}。"


def worst_off(results: Results, shown: CoverageShown) -> str:
    """Name the communities that stay worst off in each service that the siting answer does not treat."""
    told = []
    for service in results.study.services:
        if results.siting is not None and results.siting.service == service.id:
            continue
        worst = worst_served(shown.communities, service.id, count=3, least_people=30)
        if len(worst):
            named = "、".join(
                f"{name}（{crowd(people)}）"
                for name, people in zip(worst["community_name"], worst["uncovered"], strict=True)
            )
            told.append(f"{service.label}为{named}")
    return f"未覆盖人数最多、应优先研究的社区（村）：{'；'.join(told)}。" if told else ""


def safeguards(results: Results) -> Iterator[tuple[str, str]]:
    """五、保障措施: who does what, told by the figures above."""
    gaps = results.answers.gaps
    ways = int((gaps["remedy"] == "打通路径或建桥").sum())
    shared = int((gaps["remedy"] == "依托现有建筑").sum())
    streets = int((gaps["remedy"] == "核对路网").sum())
    yield "落实责任分工。", "由主管部门会同乡镇（街道）按附表4明确年度、责任单位和资金来源，逐项销号。"
    if shared:
        yield (
            "推动设施共建共享。",
            f"有{shared}处服务盲区可依托其他服务的现有设施解决，优先整合利用存量用房，避免重复建设。",
        )
    if ways:
        yield (
            "打通步行断点。",
            f"有{ways}处服务盲区直线距离在标准内而绕行过远，由住建、交通部门研究打通道路、增设出入口或桥涵。",
        )
    if any(service.step_free for service in results.study.services):
        yield "同步建设无障碍环境。", "面向残疾人、老年人的设施应落实坡道、无障碍出入口和连续的无台阶步行路线。"
    checks = f"其中{streets}处盲区人口远离已知道路，先行核对路网。" if streets else ""
    yield "持续更新基础数据。", f"各乡镇（街道）按附表6核实台账，设施投用、停用后及时更新并重新测算。{checks}"
    yield "加强动态评估。", "每年以相同口径复算覆盖率和目标完成情况，作为项目安排和绩效评价的依据。"
