"""
Suggested sites for people and machines: `sites.geojson`, and the paragraph that a planner takes into a meeting.

The GeoJSON is a scenario as well: every site carries its street position, and the network that it belongs to, so that
`jiujin add` and the map page take it and count what is promised here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import Alternative, Site, SitingAnswer
from jiujin.rendering.tables import plain
from jiujin.rendering.wording import NOTHING, people, percent

KINDS = {
    "building": "依托现有设施",
    "listed": "备选点位",
    "street": "新建",
    "centre": "新建（社区中心）",
    "existing": "保留",
}
"""How a site comes about, as a table of suggested sites states it."""


def write_sites(path: Path, results: Results, answer: SitingAnswer) -> None:
    """Write the suggested sites as GeoJSON in WGS 84, in their order of building; whole or not at all."""
    study = results.study
    head: dict[str, object] = {
        "study": study.name,
        "as_of": study.as_of.isoformat(),
        "network_hash": results.streets.fingerprint(),
    }
    if answer.alternatives:
        head["alternatives"] = [
            {"without": list(each.without), "instead": list(each.instead), "gained": plain(each.gained)}
            for each in answer.alternatives
        ]
    features = [
        {"type": "Feature", "properties": properties, "geometry": geometry}
        for geometry, properties in site_features(results, answer)
    ]
    lines = ",\n".join(_json(feature) for feature in features)
    # “jiujin” before the features tells every reader that this is a scenario, and so in WGS 84
    text = f'{{"type":"FeatureCollection","name":"选址方案","jiujin":{_json(head)},"features":[\n{lines}\n]}}\n'
    half = path.with_name(f".{path.name}.new")
    half.write_text(text, encoding="utf-8", newline="\n")
    half.replace(path)


def _json(thing: object) -> str:
    return json.dumps(thing, ensure_ascii=False, allow_nan=False)


def site_features(
    results: Results, answer: SitingAnswer
) -> Iterable[tuple[Mapping[str, object], Mapping[str, object]]]:
    """(geometry, properties) of every suggested site, then of those that are given up for them."""
    fingerprint = results.streets.fingerprint()
    told = [_properties(results, answer, site, fingerprint) for site in answer.sites]
    return [
        ({"type": "Point", "coordinates": [each["lon"], each["lat"]]}, each)
        for each in (*told, *_given_up(results, answer))
    ]


def _given_up(results: Results, answer: SitingAnswer) -> Iterable[dict[str, object]]:
    """Existing sites that the plan closes, as a scenario states them."""
    facilities = results.facilities[results.facilities["service"] == answer.service]
    for record in facilities[facilities["id"].isin(answer.closed)].to_dict("records"):
        told = {name: record[name] for name in ("id", "name", "service", "lon", "lat")}
        yield {name: plain(value) for name, value in told.items()} | {"status": "closed"}


def _properties(results: Results, answer: SitingAnswer, site: Site, fingerprint: str) -> dict[str, object]:
    groups = {f"gained_{group}": count for group, count in site.gained_by_group.items()}
    told = {
        "rank": site.rank,
        "candidate": site.id,
        "name": site.name,
        "service": answer.service,
        "type": results.study.service(answer.service).label,
        "lon": site.lon,
        "lat": site.lat,
        "kind": site.kind,
        "community_code": site.community_code,
        "community": site.community,
        "township": site.township,
        "gained": site.gained,
        "needed": site.needed,
        "cumulative_rate": site.cumulative_rate,
        **groups,
        "cost": site.cost,
        "year": site.year or None,
        "substitutes": "；".join(f"{other.name}（少{people(other.lost)}人）" for other in site.substitutes) or None,
        "street_way": site.way,
        "street_piece": site.piece,
        "street_cm": site.at_cm,
        "street_leg_cm": site.leg_cm,
        "network_hash": fingerprint,
    }
    return {name: plain(value) for name, value in told.items()}


def decision(results: Results, answer: SitingAnswer) -> str:
    """
    The paragraph for a decision: what to build, what it brings, how good it is, what it leaves.

    Figures as they stand in the tables; rates with one decimal.
    """
    service = results.study.service(answer.service)
    group = results.study.group(service.group).label
    before = percent(answer.covered_before / answer.people) if answer.people else NOTHING
    opening = (
        f"{results.study.name}现有{service.label}服务范围覆盖{group}{people(answer.covered_before)}人，"
        f"人口覆盖率{before}。"
    )
    if not answer.sites:
        return f"{opening}{_nothing_to_build(answer)}"
    first = "、".join(f"{site.name}（{people(site.gained)}人）" for site in answer.sites[:5])
    more = f"等{answer.count}处" if answer.count > 5 else ""
    built = (
        f"从{answer.candidates:,}处备选点位中选出{answer.count}处，建成后新增覆盖{people(answer.gained)}人，"
        f"覆盖率达到{percent(answer.rate_after)}。建议依次建设：{first}{more}。"
    )
    return (
        opening
        + built
        + proof(answer)
        + _others(answer)
        + _ways(answer)
        + closed_words(results, answer)
        + _left(answer, group)
    )


def why_no_answer(results: Results) -> str:
    """Say why the siting question of the study has no answer; empty where it has one, or none was asked."""
    question = results.study.siting
    if question is None or results.siting is not None:
        return ""
    label = results.study.service(question.service).label
    why = [one.found for one in results.problems if one.column == "siting" and one.severity == "error"]
    return f"{label}选址没有结果：{'；'.join(why) or '备选点位均不能使用，见数据质量清单'}。"


def proof(answer: SitingAnswer) -> str:
    """Say how good the plan is: proven best, or how far from the best it can be at most."""
    clock = "（计算时间用尽，延长时间可能进一步缩小差距）" if answer.timed_out else ""
    if answer.rate is not None:
        if answer.optimal:
            return f"要达到{percent(answer.rate)}，少于{answer.count}处不可能做到（已证明最优）。"
        return f"要达到{percent(answer.rate)}，至少需要{answer.fewest}处，本方案{answer.count}处{clock}。"
    aim = _AIMS[answer.objective].format(value=_value(answer, answer.value))
    if answer.optimal:
        return f"{aim}已证明最优：同样条件下没有更好的选择。"
    best = _value(answer, answer.value_bound)
    return f"{aim}距最优不超过{_gap(answer.gap)}：同样条件下任何选择都不会好于{best}{clock}。"


_AIMS = {
    "cover": "",
    "budget": "选择依据是预算内覆盖的人最多。",
    "median": "选择依据是平均步行距离最短（{value}）。",
    "centre": "选择依据是最远步行距离最短（{value}）。",
    "fair": "选择依据是覆盖最差的乡镇（街道）覆盖率最高（{value}）。",
    "seats": "选择依据是服务能力内服务的人最多（{value}）。",
}


def _value(answer: SitingAnswer, value: float) -> str:
    if answer.objective in {"median", "centre"}:
        return f"{value:,.0f}米"
    return percent(value) if answer.objective == "fair" else f"新增{people(value)}人"


def _gap(gap: float) -> str:
    """A gap in per cent, never less than it is."""
    digits = 2 if gap < 0.001 else 1
    return f"{max(gap_above(gap, digits), 10.0**-digits):.{digits}f}%"


def gap_above(gap: float, digits: int = 1) -> float:
    """A gap in per cent, rounded up: “no farther from the best than this” must hold."""
    parts = 10.0**digits
    return math.ceil(round(gap * 100 * parts, 6)) / parts


def _others(answer: SitingAnswer) -> str:
    if not answer.alternatives:
        return ""
    least = min(each.gained for each in answer.alternatives)
    return f"另有{len(answer.alternatives)}个备选方案，新增覆盖不少于{people(least)}人（与本方案相差不超过1%）。"


def _nothing_to_build(answer: SitingAnswer) -> str:
    return "现状已达到要求，不需要新增点位。" if answer.rate is not None else "没有选出点位。"


def _ways(answer: SitingAnswer) -> str:
    kinds = [site.kind for site in answer.sites]
    told = [f"{KINDS[kind]}{kinds.count(kind)}处" for kind in KINDS if kind in kinds]
    idle = sum(site.gained == 0 for site in answer.sites)
    lost = f"其中{idle}处不再增加覆盖人数。" if idle else ""
    return f"建设方式：{'、'.join(told)}。{lost}"


def closed_words(results: Results, answer: SitingAnswer) -> str:
    """Name the sites that are given up; empty where none is."""
    if not answer.closed:
        return ""
    facilities = results.facilities[results.facilities["service"] == answer.service]
    names = dict(zip(facilities["id"], facilities["name"], strict=True))
    return f"同时停用{len(answer.closed)}处：{'、'.join(str(names.get(each) or each) for each in answer.closed)}。"


def _left(answer: SitingAnswer, group: str) -> str:
    left = answer.people - answer.covered_after
    if left <= 0:
        return "建成后全部覆盖。"
    if not answer.unserved:
        return f"建成后仍有{group}{people(left)}人未覆盖。"
    worst = "、".join(f"{each.name}（{people(each.people)}人）" for each in answer.unserved[:3])
    return f"建成后仍有{group}{people(left)}人未覆盖，最多的是{worst}。"


def _listed(names: tuple[str, ...]) -> str:
    """At most five names, and how many there are when there are more."""
    return "、".join(names[:5]) + (f"等{len(names)}处" if len(names) > 5 else "")


def site_lines(results: Results, answer: SitingAnswer) -> list[str]:
    """Lines for the screen: the sites in their order, the curve, and the paragraph."""
    lines = [f"{results.study.name}　{results.study.service(answer.service).label}选址"]
    for site in answer.sites:
        where = site.community or "县界外"
        lines.append(
            f"{site.rank:>3}  {site.name}　{where}　{KINDS[site.kind]}　"
            f"新增{people(site.gained)}人　累计{percent(site.cumulative_rate)}　"
            f"（{site.lon:.6f}，{site.lat:.6f}）"
        )
    if len(answer.curve) > 1:
        lines.append("建几处覆盖多少：" + "，".join(f"{p.count}处{people(p.best)}人" for p in answer.curve))
    lines += [_alternative(number, each, answer) for number, each in enumerate(answer.alternatives, 1)]
    return [*lines, decision(results, answer)]


def _alternative(number: int, other: Alternative, answer: SitingAnswer) -> str:
    """Say what another plan does without, what it has instead, and what it gains."""
    less = answer.gained - other.gained
    fewer = f"少{people(less)}人" if less > 0 else "同样多"
    return (
        f"备选方案{number}：不建{_listed(other.without)}，改建{_listed(other.instead)}，"
        f"新增{people(other.gained)}人（{fewer}；由快速搜索得到，未证明是同类方案中最好的）"
    )
