"""One truth in many tables: what the sheets add up to is what communities.csv, facilities.csv and summary.json say."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from jiujin import pipeline
from jiujin.analysis.coverage_public import shown_coverage
from jiujin.analysis.results import Results
from jiujin.reading.study_file import read_study
from jiujin.rendering.outputs import write_outputs
from jiujin.rendering.workbook import annexes, write_workbook
from worlds import Town

SERVICES = {
    "party_centre": "党群服务中心", "elderly_canteen": "助老食堂", "rukang_home": "如康家园",
    "health_centre": "社区卫生服务中心",
}  # fmt: skip
OUTSIDE = "另：社区（村）以外"
Sums = dict[str, float | None]


def border_county(folder: Path) -> Path:
    """
    Two communities east and west of x = 500 that end at y = 700; north of it are people and sites of no community.

    Canteens: one in the west, 200 m from ten people of 60 and over; one 200 m north of the border, 300 m from five
    more, who have 800 m to the other; and one that is closed. Twenty in the east have 1,200 m and more, over their
    1,000. Seven live in no community. One party centre, in the east.
    """
    estimate = '[population]\ndisabled = { share_of = "total", ratio = 0.1 }\n'
    town = Town(size=6, settings=f"{estimate}[output]\natlas = false\n")
    town.communities = [
        ("370000001001", "西社区", "urban", (-100.0, -100.0, 500.0, 700.0)),
        ("370000002201", "东村", "rural", (500.0, -100.0, 1100.0, 700.0)),
    ]
    town.person(0, 0, total=30, age60=10).person(400, 600, total=40, age60=5).person(1000, 0, total=50, age60=20)
    town.person(400, 800, total=9, age60=7)
    town.facility("elderly_canteen", 0, 200, capacity=20).facility("elderly_canteen", 400, 900)
    town.facility("elderly_canteen", 1000, 200, status="停用").facility("party_centre", 1000, 400)
    return town.write(folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    folder = tmp_path_factory.mktemp("border")
    results = pipeline.run(read_study(border_county(folder / "county")))
    write_outputs(results, folder / "out")
    return results, folder / "out"


class Tables:
    """The outputs as their readers have them."""

    def __init__(self, out: Path) -> None:
        book = CalamineWorkbook.from_path(str(out / "tables.xlsx"))
        self.sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
        self.communities = pd.read_csv(out / "tables" / "communities.csv", dtype={"community_code": str})
        self.facilities = pd.read_csv(out / "tables" / "facilities.csv")
        self.summary = json.loads((out / "summary.json").read_text("utf-8"))["services"]

    def rows(self, sheet: str) -> list[list[Any]]:
        found = []
        for row in self.sheets[sheet][3:]:
            if row[0] == "口径说明":
                break
            found.append([None if cell == "—" else cell for cell in row])
        return found

    def coverage(self, number: int, label: str) -> list[list[Any]]:
        return self.rows(f"附表2-{number} {label}")

    def block(self, title: str) -> list[list[Any]]:
        """Rows under the headings of a block of the summary sheet."""
        rows = self.rows("汇总")
        (start,) = [n for n, row in enumerate(rows) if str(row[0]).endswith(title)]
        after = [n for n, row in enumerate(rows) if n > start and str(row[0])[1:2] == "、"]
        return rows[start + 2 : after[0] if after else None]


@pytest.fixture(scope="module")
def tables(run: tuple[Results, Path]) -> Tables:
    return Tables(run[1])


COUNTS = {6: "people", 7: "covered", 8: "uncovered", 13: "sites", 15: "no_walk", 16: "off_network"}


def summed(rows: list[list[Any]]) -> Sums:
    return {name: sum(row[at] or 0 for row in rows) for at, name in COUNTS.items()}


@pytest.mark.parametrize(("number", "service"), list(enumerate(SERVICES, 1)))
def test_rows_subtotals_totals_and_the_csv_are_one_sum(tables: Tables, number: int, service: str) -> None:
    rows = tables.coverage(number, SERVICES[service])
    own = tables.communities[tables.communities["service"] == service]
    wanted = {name: own[name].sum() for name in COUNTS.values() if name != "uncovered"}
    wanted["uncovered"] = (own["people"] - own["covered"]).sum()
    communities = [row for row in rows if row[1]]
    subtotals = [row for row in rows if str(row[2]).endswith("小计")]
    totals = [row for row in rows if row[2] == "合计"]
    assert len(totals) == 1
    for part in (communities, subtotals, totals):
        assert summed(part) == pytest.approx(wanted)


@pytest.mark.parametrize(("number", "service"), list(enumerate(SERVICES, 1)))
def test_the_total_is_that_of_the_summary_but_for_sites_outside(tables: Tables, number: int, service: str) -> None:
    rows, told = tables.coverage(number, SERVICES[service]), tables.summary[service]
    (total,) = [row for row in rows if row[2] == "合计"]
    names = {6: "people", 7: "covered", 9: "pop_rate", 10: "radius_rate", 14: "unit_reached"}
    assert [total[at] for at in names] == [pytest.approx(told[name]) for name in names.values()]
    outside = sum(row[13] for row in rows if row[2] == OUTSIDE)
    assert total[13] + outside == told["sites"]
    ledger = [row for row in tables.rows("附表1 设施现状台账") if row[1] == SERVICES[service]]
    assert sum(row[11] in {"是", "县外计入"} for row in ledger) == told["sites"]
    csv = tables.facilities[tables.facilities["service"] == service]
    assert csv["counted"].sum() == told["sites"]
    row = tables.rows("汇总")[number - 1]
    assert row[0] == SERVICES[service]
    names = {4: "sites", 5: "people", 6: "covered", 8: "pop_rate", 9: "radius_rate", 10: "unit_has", 11: "unit_reached"}
    assert [row[at] for at in names] == [pytest.approx(told[name]) for name in names.values()]


def test_what_lies_outside_is_shown_and_explained_by_hand_counted_numbers(tables: Tables) -> None:
    rows = tables.coverage(2, "助老食堂")
    assert [(row[2], row[6], row[7], row[13]) for row in rows if not row[1]] == [
        ("棋盘镇小计", 35, 15, 1), ("合计", 35, 15, 1), (OUTSIDE, 7, "", 1),
    ]  # fmt: skip
    notes = "".join(str(row[0]) for row in tables.sheets["附表2-2 助老食堂"])
    assert "合计加上社区（村）以外（含县界外5公里以内）的1处，等于汇总表中计入的站点数" in notes
    assert "另有7人不在任何社区（村）范围内" in notes
    assert "本服务计入的站点均在社区（村）之内" in "".join(str(row[0]) for row in tables.sheets["附表2-1 党群服务中心"])


def test_townships_classes_gaps_and_reach_add_up_to_the_same(tables: Tables) -> None:
    for number, (service, label) in enumerate(SERVICES.items(), 1):
        told = tables.summary[service]
        (total,) = [row for row in tables.coverage(number, label) if row[2] == "合计"]
        whole = next(row for row in tables.block("分乡镇（街道）人口覆盖率") if row[0] == "全县")
        assert whole[1 + number] == pytest.approx(total[9])
        town_and_country = [row for row in tables.block("分城乡、分委员会类型覆盖情况") if row[:2] == [label, "城乡"]]
        assert sum(row[5] for row in town_and_country) == pytest.approx(told["people"])
        assert sum(row[6] for row in town_and_country) == pytest.approx(told["covered"])
        gaps = [row for row in tables.rows("附表3 服务盲区清单") if row[0] == label]
        assert sum(row[6] for row in gaps) == pytest.approx(told["people"] - told["covered"])
        ledger = [row[14] or 0 for row in tables.rows("附表1 设施现状台账") if row[1] == label]
        csv = tables.facilities[tables.facilities["service"] == service]
        assert ledger == pytest.approx(csv["people_in_reach"].fillna(0).tolist())


@pytest.fixture(scope="module")
def public(run: tuple[Results, Path]) -> Results:
    study = run[0].study
    return replace(run[0], study=replace(study, output=replace(study.output, profile="public")))


def test_the_public_form_blurs_the_people_outside(public: Results, tmp_path: Path) -> None:
    write_workbook(public, tmp_path / "tables.xlsx")
    cells = CalamineWorkbook.from_path(str(tmp_path / "tables.xlsx")).get_sheet_by_name("附表2-2 助老食堂").to_python()
    (row,) = [row for row in cells if row[2] == OUTSIDE]
    assert row[6] == "<10"
    assert "另有<10人不在任何社区（村）范围内" in "".join(str(row[0]) for row in cells)


def test_the_public_summary_tells_no_number_under_ten_and_else_fives(public: Results) -> None:
    summary = annexes(public, shown_coverage(public.coverage, public.study.services, public=True))[0]
    columns = [heading.kind for heading in summary.headings]
    cells = [
        cell
        for row in summary.rows
        for cell, kind in zip(row.cells, row.kinds or columns, strict=False)
        if kind == "people" and row.style not in {"block", "head"}
    ]
    assert "<10" in cells
    people = [cell for cell in cells if isinstance(cell, float | int) and not math.isnan(cell)]
    assert len(people) > 40
    assert [each for each in people if each and (each < 10 or each % 5)] == []
    (canteen,) = [row for row in summary.rows if row.cells[:2] == ["助老食堂", "座"]]
    assert canteen.cells[6] == "<10"  # what 35 people need of 20 seats would tell how many they are
    assert not any("已覆盖" in note for note in summary.notes)  # the sums that reconcile are exact
