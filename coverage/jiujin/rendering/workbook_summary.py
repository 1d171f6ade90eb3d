"""The 汇总 sheet: the county by service, township, class, distance, group, and everything else that was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from jiujin.analysis.coverage_housing import COMPOUNDS
from jiujin.analysis.coverage_public import CoverageShown
from jiujin.analysis.equity import worst_served
from jiujin.analysis.results import Results
from jiujin.rendering.public_form import is_public
from jiujin.rendering.wording import AREAS, caliber, reach
from jiujin.rendering.workbook_annexes import PUBLIC_NOTE, people_cell
from jiujin.rendering.workbook_coverage import count_cell
from jiujin.rendering.workbook_sheets import Annex, Cell, Heading, Kind, Row
from jiujin.study import Service
from jiujin.tables import CLASS_LABELS

_SEVEN: tuple[Kind, ...] = ("count", "count", "count", "count", "count", "count", "people")
_NUMBERS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_WAN = 10_000
SPLITS = {"class": "城乡", "class3": "城区、镇区、乡村", "committee": "委员会类型"}
_TOWN_AND_COUNTRY = {*CLASS_LABELS, *CLASS_LABELS.values()}
CASES = {
    "base": "现状参数",
    "slower": "步行速度降低20%",
    "faster": "步行速度提高20%",
    "snap_less": "路网搜索距离减100米",
    "snap_more": "路网搜索距离加100米",
}


def summary_annex(results: Results, shown: CoverageShown) -> Annex:
    """Lay out the summary: one block of rows under its own headings for each question."""
    blocks = [
        _services(results, shown),
        *([_townships(results, shown)] if len(shown.townships) else []),
        _splits(results),
        *([_areas(results)] if len(results.answers.areas) else []),
        *([_compounds(results)] if len(results.answers.compounds) else []),
        _rings(results),
        _groups(results),
        _basket(results),
        _overlap(results),
        _sensitivity(results),
        _equity(results, shown),
        _capacity(results),
    ]
    rows: list[Row] = []
    for number, block in zip(_NUMBERS, [list(each) for each in blocks], strict=False):
        rows += [_title(f"{number}、{block[0].cells[0]}"), *block[1:]]
    notes = caliber(results)
    return Annex(
        sheet="汇总",
        title=f"{results.study.name}公共服务设施步行覆盖情况汇总表",
        headings=_headings(),
        rows=rows[1:],
        heads_repeat=False,
        notes=[*notes, PUBLIC_NOTE] if is_public(results) else [*notes, *_checks(results)],
    )


_FIRST: tuple[tuple[str, Kind, float], ...] = (
    ("服务", "text", 20),
    ("服务对象", "text", 23),
    ("服务标准", "text", 22),
    ("人数来源", "text", 13),
    ("站点数（处）", "count", 11),
    ("人数（人）", "people", 12),
    ("覆盖人数（人）", "people", 12),
    ("未覆盖人数（人）", "people", 12),
    ("人口覆盖率", "rate", 11),
    ("服务半径覆盖率", "rate", 11),
    ("有站点社区（村）占比", "rate", 17),
    ("达标社区（村）占比", "rate", 15),
    ("中位步行距离（米）", "metres", 11),
    ("P90步行距离（米）", "metres", 11),
)


def _headings() -> list[Heading]:
    return [Heading(label=label, kind=kind, width=width) for label, kind, width in _FIRST]


def _checks(results: Results) -> list[str]:
    return [f"核对：{line}。" for line in results.coverage.checks]


def _head(*labels: str) -> Row:
    return Row(cells=labels, style="head", kinds=["text"] * len(labels))


def _title(text: str) -> Row:
    return Row(cells=[text], style="block")


def _services(results: Results, shown: CoverageShown) -> Iterator[Row]:
    yield _title("分服务覆盖情况")
    for service in results.study.services:
        county = results.coverage.county[service.id]
        row = _only(shown.county, service)
        yield Row(
            cells=[
                service.label,
                results.study.group(service.group).label,
                reach(service),
                _source(results, service.group),
                county["sites"],
                *(count_cell(row, name) for name in ("people", "covered", "uncovered")),
                *(_number(row[name]) for name in ("pop_rate", "radius_rate", "unit_has", "unit_reached")),
                *(_number(row[name]) for name in ("median_walk_m", "p90_walk_m")),
            ]
        )


def _only(table: pd.DataFrame, service: Service) -> dict[str, object]:
    found = table[table["service"] == service.id].to_dict("records")
    return {str(key): value for key, value in found[0].items()}


def _source(results: Results, group: str) -> str:
    if results.residents.group(group) is None:
        return "无数据"
    return "估算" if group in results.estimated else "统计"


def _number(value: object) -> float | None:
    number = float("nan") if value is None else float(value)  # type: ignore[arg-type]
    return None if number != number else number  # noqa: PLR0124  (NaN)


def _townships(results: Results, shown: CoverageShown) -> Iterator[Row]:
    services = results.study.services
    yield _title("分乡镇（街道）人口覆盖率")
    yield _head("乡镇（街道）", "社区（村）数（个）", *(service.label for service in services))
    rates: list[Kind] = ["rate"] * len(services)
    kinds: list[Kind] = ["text", "count", *rates]
    for township, part in shown.townships.groupby("value", sort=False):
        own = part.set_index("service")
        cells: list[Cell] = [str(township), float(part["communities"].iloc[0])]
        yield Row(cells=[*cells, *(_rate(own, service) for service in services)], kinds=kinds)
    whole = shown.county.set_index("service")
    cells = ["全县", float(shown.county["communities"].iloc[0])]
    yield Row(cells=[*cells, *(_rate(whole, s) for s in services)], kinds=kinds, style="total")


def _rate(table: pd.DataFrame, service: Service) -> Cell:
    band = table.loc[service.id, "rate_band"]
    return band if isinstance(band, str) else _number(table.loc[service.id, "pop_rate"])


def _splits(results: Results) -> Iterator[Row]:
    public = is_public(results)
    yield _title("分城乡、分委员会类型覆盖情况")
    yield _head(
        *("服务", "分类", "类别", "社区（村）数（个）", "站点数（处）", "人数（人）", "覆盖人数（人）"),
        *("未覆盖人数（人）", "人口覆盖率", "服务半径覆盖率", "有站点社区（村）占比", "达标社区（村）占比"),
    )
    kinds: list[Kind] = [
        "text",
        "text",
        "text",
        "count",
        "count",
        "people",
        "people",
        "people",
        "rate",
        "rate",
        "rate",
        "rate",
    ]
    labels = {service.id: service.label for service in results.study.services}
    table = results.coverage.splits
    for split, name in SPLITS.items():
        if split == "class3" and set(table[table["split"] == split]["value"]) <= _TOWN_AND_COUNTRY:
            continue  # without codes of three digits it is town and country once more
        for each in table[table["split"] == split].to_dict("records"):
            counts = [each["people"], each["covered"], each["people"] - each["covered"]]
            rates = [each[key] for key in ("pop_rate", "radius_rate", "unit_has", "unit_reached")]
            value = CLASS_LABELS.get(each["value"], each["value"])
            # with the classes' exact sums a hidden community could be told, so the public form has whole per cents only
            figures = [*[None] * 3, *(_whole(rate) for rate in rates)] if public else [*counts, *rates]
            cells = [labels[each["service"]], name, value, each["communities"], each["sites"]]
            yield Row(cells=[*cells, *figures], kinds=kinds)


def _areas(results: Results) -> Iterator[Row]:
    named = dict.fromkeys(results.answers.areas["kind"].tolist())
    yield _title(f"{'、'.join(AREAS[kind] for kind in named)}覆盖情况")
    yield _head("服务", "指标", "类别", "总面积（万平方米）", "标准内（万平方米）", "覆盖率", "服务半径覆盖率")
    kinds: list[Kind] = ["text", "text", "text", "decimal", "decimal", "rate", "rate"]
    labels = {service.id: service.label for service in results.study.services}
    for each in results.answers.areas.to_dict("records"):
        cells = [labels[each["service"]], f"{AREAS[each['kind']]}覆盖率", CLASS_LABELS.get(each["class"], "全县")]
        areas = [each[name] / _WAN for name in ("area_m2", "covered_m2")]
        yield Row(cells=[*cells, *areas, _number(each["rate"]), _number(each["radius_rate"])], kinds=kinds)


def _compounds(results: Results) -> Iterator[Row]:
    yield _title("住宅小区覆盖情况")
    yield _head("服务", "指标", "类别", "小区（个）", "标准内（个）", "覆盖率", "服务半径覆盖率")
    kinds: list[Kind] = ["text", "text", "text", "count", "count", "rate", "rate"]
    labels = {service.id: service.label for service in results.study.services}
    for each in results.answers.compounds.to_dict("records"):
        cells = [labels[each["service"]], f"{AREAS[COMPOUNDS]}覆盖率", CLASS_LABELS.get(each["class"], "全县")]
        counts = [each["compounds"], each["covered"]]
        yield Row(cells=[*cells, *counts, _number(each["rate"]), _number(each["radius_rate"])], kinds=kinds)


def _whole(rate: float) -> float | None:
    return None if rate != rate else round(rate, 2)  # noqa: PLR0124  (NaN)


def _rings(results: Results) -> Iterator[Row]:
    yield _title("分距离圈层累计覆盖情况（沿路网步行）")
    yield _head("服务", "步行距离（米）", "圈内人数（人）", "占全县", "其中城镇", "其中乡村")
    kinds: list[Kind] = ["text", "metres", "people", "rate", "rate", "rate"]
    rings, public = results.answers.rings, is_public(results)
    for service in results.study.services:
        own = _found(rings, service, ["class", "ring_m"], ["within", "rate"])
        for ring in service.rings_m:
            within, rate = own["all", ring]
            parts = [own[kind, ring][1] for kind in ("urban", "rural")]
            if public:
                parts = [None if part is None else _whole(part) for part in parts]
            yield Row(cells=[service.label, ring, people_cell(results, within), rate, *parts], kinds=kinds)


def _found(
    table: pd.DataFrame, service: Service, keys: Sequence[str], names: Sequence[str]
) -> dict[tuple[object, ...], list[float | None]]:
    """Look the numbers of a service up by these keys."""
    own = table[table["service"] == service.id]
    numbers = zip(*(map(_number, own[name].tolist()) for name in names), strict=True)
    return dict(zip(zip(*(own[key].tolist() for key in keys), strict=True), map(list, numbers), strict=True))


def _groups(results: Results) -> Iterator[Row]:
    yield _title("不同人群的覆盖差异（百分点为与该服务对象人口覆盖率之差；户数一行为户覆盖率）")
    yield _head(
        "服务",
        "人群",
        "人数来源",
        "人数（人）",
        "覆盖人数（人）",
        "人口覆盖率",
        "差异（百分点）",
        "城镇",
        "乡村",
        "城乡差（百分点）",
    )
    kinds: list[Kind] = ["text", "text", "text", "people", "people", "rate", "points", "rate", "rate", "points"]
    table = results.answers.group_gaps
    for service in results.study.services:
        own = _found(table, service, ["group", "class"], ["people", "covered", "pop_rate", "gap"])
        for group in results.study.groups:
            if (group.id, "all") not in own:
                continue
            people, covered, rate, gap = own[group.id, "all"]
            town, country = (own[group.id, kind][2] for kind in ("urban", "rural"))
            apart = None if town is None or country is None else 100 * (town - country)
            shift = None if gap is None else round(100 * gap, 6)  # what is left of sums of shares is no difference
            counts = (people_cell(results, each) for each in (people, covered))
            cells = [service.label, group.label, _source(results, group.id), *counts, rate, shift]
            yield Row(cells=[*cells, town, country, apart], kinds=kinds)


def _basket(results: Results) -> Iterator[Row]:
    basket = results.answers.basket
    yield _title(f"可达服务种数（全部{len(results.study.services)}种均在服务标准内为“服务齐全”）")
    yield _head("可达服务种数", "人数（人）", "占比")
    for count, people, rate in basket[["services", "people", "rate"]].itertuples(index=False, name=None):
        cells = [f"{int(count)}种", people_cell(results, _number(people)), _number(rate)]
        yield Row(cells=cells, kinds=["text", "people", "rate"])


def _overlap(results: Results) -> Iterator[Row]:
    yield _title("重复覆盖情况（2处及以上可选）")
    yield _head("服务", "仅1处可达（人）", "2处及以上可达（人）", "重复覆盖率")
    for service in results.study.services:
        each = results.answers.overlap[service.id]
        counts = [people_cell(results, _number(each[name])) for name in ("one_site", "two_or_more")]
        cells = [service.label, *counts, _number(each["double_rate"])]
        yield Row(cells=cells, kinds=["text", "people", "people", "rate"])


def _sensitivity(results: Results) -> Iterator[Row]:
    yield _title("敏感性分析")
    yield _head(
        "服务",
        "情形",
        "城镇标准（米）",
        "乡村标准（米）",
        "路网搜索距离（米）",
        "覆盖人数（人）",
        "人口覆盖率",
        "变化（百分点）",
    )
    kinds: list[Kind] = ["text", "text", "metres", "metres", "metres", "people", "rate", "points"]
    labels = {service.id: service.label for service in results.study.services}
    for each in results.answers.sensitivity.to_dict("records"):
        change = _number(each["change"])
        cells = [labels[each["service"]], CASES[each["case"]], each["reach_urban_m"], each["reach_rural_m"]]
        cells += [each["snap_limit_m"], people_cell(results, _number(each["covered"]))]
        yield Row(cells=[*cells, _number(each["pop_rate"]), None if change is None else 100 * change], kinds=kinds)


def _equity(results: Results, shown: CoverageShown) -> Iterator[Row]:
    yield _title("均衡性（步行距离的分布；0为完全均等）")
    heads = ("服务", "基尼系数", "未覆盖人数最多的社区（村）", "帕尔马比值", "平均距离（米）", "无法步行到达（人）")
    yield _head(*heads)
    kinds: list[Kind] = ["text", "decimal", "text", "decimal", "metres", "people"]
    for service in results.study.services:
        each = results.answers.spread[service.id]
        worst = worst_served(shown.communities, service.id, count=3, least_people=30)
        named = "、".join(worst["community_name"].tolist())
        left = people_cell(results, each.left_out)
        yield Row(cells=[service.label, each.gini, named, each.palma, each.mean_m, left], kinds=kinds)


def _capacity(results: Results) -> Iterator[Row]:
    yield _title("服务能力（服务能力达标率为服务标准内可满足的需求占全部需求的比重）")
    heads = ("服务", "能力单位", "按每处服务人数判断", "按默认值（处）", "站点数（处）", "总能力")
    yield _head(*heads, "需求", "可满足", "未满足", "每处最近人数（人）", "服务能力达标率", "每万人站点数（处）")
    kinds: list[Kind] = ["text", "text", "text", *_SEVEN, "rate", "decimal"]
    for service in results.study.services:
        capacity = results.answers.capacity.get(service.id)
        if capacity is None:
            continue
        sites, known = capacity.sites, capacity.has_seats
        judged = sites["judgement"].dropna().value_counts()
        words = "、".join(f"{word}{count}处" for word, count in sorted(judged.items())) or "—"
        needs = [people_cell(results, float(each.sum())) for each in (capacity.demand, sites["served"])]
        seats: Sequence[Cell] = [float(sites["capacity"].sum()), *needs] if known else [None] * 3
        assumed = float(sites["assumed"].sum()) if known else None
        mean = people_cell(results, float(sites["nearest_people"].mean())) if len(sites) else None
        cells = [service.label, service.capacity_unit if known else "—", words, assumed, float(len(sites)), *seats]
        met = _whole(capacity.met_rate) if is_public(results) else capacity.met_rate
        further = [people_cell(results, _number(capacity.unmet)), mean, met, capacity.sites_per_10k]
        yield Row(cells=[*cells, *further], kinds=kinds)
