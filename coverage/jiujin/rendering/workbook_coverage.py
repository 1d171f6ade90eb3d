"""附表2: coverage of every community, by code, with subtotals of each township and the whole county."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from jiujin.analysis.coverage_public import CoverageShown
from jiujin.analysis.results import Results
from jiujin.analysis.suppression import SHOWN, SMALL
from jiujin.rendering.wording import TRUST, caliber
from jiujin.rendering.workbook_annexes import PUBLIC_NOTE, people_cell
from jiujin.rendering.workbook_areas import AreaColumns, area_columns
from jiujin.rendering.workbook_sheets import Annex, Cell, Heading, Row
from jiujin.study import Service
from jiujin.tables import CLASS_LABELS, RURAL, URBAN

WITHHELD_TEXT = "※"
SMALL_TEXT = "<10"
_REACHED = {True: "达标", False: "未达标"}
_NO_TOWNSHIP = "未注明乡镇（街道）"


def coverage_annex(results: Results, shown: CoverageShown, service: Service, number: int) -> Annex:
    """Lay out one service: communities of each township by code, its 小计, and the 合计 of the county."""
    notes = [
        "小计、合计由人数重新汇总后计算，不是各社区（村）比率的平均；小计、合计行“是否达标”为达标社区（村）占比。",
        *_outside(results, service),
        *caliber(results, [service]),
    ]
    areas = area_columns(results, service)
    return Annex(
        sheet=f"附表2-{number} {service.label}",
        title=f"附表2—{number}　{results.study.name}{service.label}分社区（村）覆盖情况表",
        headings=(*_headings(results, service), *areas.headings),
        rows=[*coverage_rows(shown, service, areas), *_outside_row(results, service, len(areas.headings))],
        notes=[*notes, PUBLIC_NOTE, f"人数不足30的，比率以区间表示，不列步行距离；“{WITHHELD_TEXT}”为不予显示。"]
        if shown.public
        else notes,
    )


def _outside(results: Results, service: Service) -> list[str]:
    """Say what the sums do not hold: sites and people that lie in no community."""
    sites, people = results.coverage.sites_outside[service.id], results.coverage.outside[service.id]
    sums = "小计、合计的站点数只含位于各社区（村）之内的；"
    whole = f"合计加上社区（村）以外（含县界外5公里以内）的{sites}处，等于汇总表中计入的站点数，其覆盖人数已计入。"
    told = [sums + (whole if sites else "本服务计入的站点均在社区（村）之内。")]
    if people > 0:
        said = people_cell(results, people)
        counted = said if isinstance(said, str) else f"{said:,.0f}"
        told.append(f"另有{counted}人不在任何社区（村）范围内，不计入小计、合计和各项比率。")
    return told


def _outside_row(results: Results, service: Service, further: int) -> list[Row]:
    """Show what lies in no community under the sums that do not hold it; no row where there is nothing."""
    sites, people = results.coverage.sites_outside[service.id], results.coverage.outside[service.id]
    if not sites and not people > 0:
        return []
    cells: list[Cell] = ["", "", "另：社区（村）以外", "", "", "", people_cell(results, people)]
    return [Row(cells=[*cells, *[""] * 6, float(sites), *[""] * (4 + further)], style="subtotal")]


def _headings(results: Results, service: Service) -> tuple[Heading, ...]:
    group = results.study.group(service.group).label
    mark = "，估算" if service.group in results.estimated else ""
    return (
        Heading(label="序号", kind="count", width=6),
        Heading(label="区划代码", kind="code", width=14),
        Heading(label="社区（村）", width=18),
        Heading(label="乡镇（街道）", width=13),
        Heading(label="城乡", width=6),
        Heading(label="服务标准（米）", kind="metres", width=9),
        Heading(label=f"{group}（人{mark}）", kind="people", width=12),
        Heading(label="覆盖人数（人）", kind="people", width=11),
        Heading(label="未覆盖人数（人）", kind="people", width=11),
        Heading(label="人口覆盖率", kind="rate", width=10),
        Heading(label="服务半径覆盖率", kind="rate", width=10),
        Heading(label="中位步行距离（米）", kind="metres", width=10),
        Heading(label="P90步行距离（米）", kind="metres", width=10),
        Heading(label="站点数（处）", kind="count", width=8),
        Heading(label="是否达标", kind="rate", width=8),
        Heading(label="步行不可达（人）", kind="people", width=9),
        Heading(label="远离路网（人）", kind="people", width=9),
        Heading(label="路网可信度", width=8),
    )


def coverage_rows(shown: CoverageShown, service: Service, areas: AreaColumns) -> Iterator[Row]:
    """Give the rows of a service in the order of print."""
    table = shown.communities[shown.communities["service"] == service.id]
    totals = {each["value"]: each for each in _records(shown.townships, service)}
    cells = _community_cells(table, service)
    number = 0
    for township, rows in _by_township(table["township"].tolist()):
        for row in rows:
            number += 1
            yield Row(cells=[number, *cells[row], *areas.of_community(str(cells[row][0]))])
        total = totals.get(township) or _added(table.iloc[rows])
        told = _total_cells(f"{township or _NO_TOWNSHIP}小计", township, total)
        yield Row(cells=[*told, *areas.of_township(township)], style="subtotal")
    for whole in _records(shown.county, service):
        yield Row(cells=[*_total_cells("合计", "", whole), *areas.county], style="total")


def _records(table: pd.DataFrame, service: Service) -> list[dict[str, object]]:
    return [{str(k): v for k, v in each.items()} for each in table[table["service"] == service.id].to_dict("records")]


def _by_township(townships: list[object]) -> list[tuple[str | None, list[int]]]:
    """Rows of each township by code, townships in the order of their first code, those without one last."""
    parts: dict[str | None, list[int]] = {}
    for row, name in enumerate(townships):
        parts.setdefault(name if isinstance(name, str) else None, []).append(row)
    return sorted(parts.items(), key=lambda item: item[0] is None)


def _added(frame: pd.DataFrame) -> dict[str, object]:
    """Add up communities that no township is stated for; where one of them is hidden the sum is, too."""
    sums: dict[str, object] = {name: frame[name].sum(skipna=False) for name in ("people", "covered", "uncovered")}
    sums |= {name: frame[name].sum(skipna=False) for name in ("sites", "no_walk", "off_network")}
    sums |= {f"{name}_mark": int(frame[f"{name}_mark"].max()) for name in ("people", "covered", "uncovered")}
    people, covered = float(frame["people"].sum(skipna=False)), float(frame["covered"].sum(skipna=False))
    return sums | {"pop_rate": covered / people if people > 0 else np.nan, "rate_band": None}


def _community_cells(table: pd.DataFrame, service: Service) -> list[tuple[Cell, ...]]:
    """Give the cells of every community but its number, column by column put side by side."""
    reach = {kind: service.reach.metres(RURAL if kind == RURAL else URBAN) for kind in CLASS_LABELS}
    bands, rates = table["rate_band"].tolist(), table["pop_rate"].tolist()
    return list(
        zip(
            *(table[name].tolist() for name in ("community_code", "community_name")),
            [_text(name) for name in table["township"].tolist()],
            [CLASS_LABELS[kind] for kind in table["class"].tolist()],
            [reach[kind] for kind in table["class"].tolist()],
            *(_counts(table, name) for name in ("people", "covered", "uncovered")),
            [band if isinstance(band, str) else rate for band, rate in zip(bands, rates, strict=True)],
            *(table[name].tolist() for name in ("radius_rate", "median_walk_m", "p90_walk_m", "sites")),
            [_REACHED.get(each) for each in table["unit_reached"].tolist()],
            *(table[name].tolist() for name in ("no_walk", "off_network")),
            [TRUST.get(each, "") for each in table["trust"].tolist()],
            strict=True,
        )
    )


def _counts(table: pd.DataFrame, name: str) -> list[Cell]:
    """Write a column of counts as their marks say (`count_cell`)."""
    values, marks = table[name].tolist(), table[f"{name}_mark"].tolist()
    hidden = {SMALL: SMALL_TEXT}
    return [v if m == SHOWN else hidden.get(m, WITHHELD_TEXT) for v, m in zip(values, marks, strict=True)]


def _total_cells(label: str, township: str | None, each: dict[str, object]) -> list[Cell]:
    return [
        *("", "", label, township or "", "", ""),
        *_figures(each),
        _number(each.get("unit_reached")),
        *_parts(each),
        "",
    ]


def _figures(each: dict[str, object]) -> list[Cell]:
    counts = [count_cell(each, name) for name in ("people", "covered", "uncovered")]
    rate = each["rate_band"] if isinstance(each["rate_band"], str) else _number(each["pop_rate"])
    walks = [_number(each.get(name)) for name in ("radius_rate", "median_walk_m", "p90_walk_m")]
    return [*counts, rate, *walks, _number(each["sites"])]


def _parts(each: dict[str, object]) -> list[Cell]:
    return [_number(each[name]) for name in ("no_walk", "off_network")]


def count_cell(each: dict[str, object], name: str) -> Cell:
    """Write a count as its mark says: the number, “<10”, or that it is withheld."""
    mark = each.get(f"{name}_mark", SHOWN)
    if mark == SHOWN:
        return _number(each[name])
    return SMALL_TEXT if mark == SMALL else WITHHELD_TEXT


def _number(value: object) -> float | None:
    if value is None:
        return None
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else number


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
