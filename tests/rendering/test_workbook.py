"""What an office opens: the same figures as the tables, printable, harmless, and the same bytes every time."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from jiujin import pipeline
from jiujin.analysis.coverage_public import shown_coverage
from jiujin.analysis.results import Results
from jiujin.reading.study_file import read_study
from jiujin.rendering.workbook import annexes, write_workbook
from jiujin.rendering.workbook_annexes import sites_annex
from jiujin.rendering.workbook_sheets import Annex, Book, Heading, Imprint, Row, legal_name, write_annex
from worlds import Town

SHEETS = ["汇总", "图表", "附表1 设施现状台账", "附表2-1 党群服务中心", "附表3 服务盲区清单", "附表4 选址建议表"]


@pytest.fixture(scope="module")
def book(county: Results, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "tables.xlsx"
    write_workbook(county, path)
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def public_book(public_county: Results, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "public.xlsx"
    write_workbook(public_county, path)
    return openpyxl.load_workbook(path)


def rows_of(sheet, first: int = 4) -> list[tuple]:
    """Rows under the headings, down to the 口径说明."""
    rows = []
    for row in sheet.iter_rows(min_row=first, values_only=True):
        if row[0] == "口径说明":
            break
        rows.append(row)
    return rows


def test_every_annex_is_there(book: openpyxl.Workbook) -> None:
    assert set(SHEETS) < set(book.sheetnames)
    assert "附表5 目标任务完成情况表" in book.sheetnames
    assert "附表6 数据质量问题清单" in book.sheetnames


def test_communities_have_the_figures_of_the_csv(book: openpyxl.Workbook, county: Results) -> None:
    for number, service in enumerate(county.study.services, start=1):
        table = county.coverage.communities
        expected = table[table["service"] == service.id].to_dict("records")
        sheet = book[f"附表2-{number} {service.label}"]
        found = [row for row in rows_of(sheet) if row[1]]
        assert [row[1] for row in found] == [each["community_code"] for each in expected]
        for row, each in zip(found, expected, strict=True):
            shown = [None if cell == "—" else cell for cell in (*row[6:11], *row[11:14])]
            names = (
                "people",
                "covered",
                "uncovered",
                "pop_rate",
                "radius_rate",
                "median_walk_m",
                "p90_walk_m",
                "sites",
            )
            each["uncovered"] = each["people"] - each["covered"]
            wanted = [None if math.isnan(each[name]) else each[name] for name in names]
            assert shown == pytest.approx(wanted)


def test_subtotals_are_counted_anew_and_rates_never_averaged(book: openpyxl.Workbook, county: Results) -> None:
    rows = rows_of(book["附表2-1 党群服务中心"])
    people, covered = (sum(row[at] for row in rows if row[1]) for at in (6, 7))
    total = rows[-1]
    assert (total[2], total[6], total[7]) == ("合计", people, covered)
    assert total[9] == pytest.approx(covered / people)
    assert total[9] == pytest.approx(county.coverage.county["party_centre"]["pop_rate"])
    subtotals = [row for row in rows if str(row[2]).endswith("小计")]
    assert sum(row[6] for row in subtotals) == people


def test_the_summary_has_the_figures_of_summary_json(book: openpyxl.Workbook, county: Results) -> None:
    rows = {row[0]: row for row in rows_of(book["汇总"])[: len(county.study.services)]}
    for service in county.study.services:
        figures, row = county.coverage.county[service.id], rows[service.label]
        names = ("sites", "people", "covered", "pop_rate", "radius_rate", "unit_has", "unit_reached")
        assert [row[4], row[5], row[6], *row[8:12]] == pytest.approx([figures[name] for name in names])
    assert rows["如康家园"][3] == "估算"


def test_codes_are_text_and_nothing_runs(book: openpyxl.Workbook) -> None:
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    sheet = book["附表2-1 党群服务中心"]
    assert (sheet["B4"].value, sheet["B4"].data_type, sheet["C4"].value) == ("370000001001", "s", "=1+1社区")
    assert "=cmd|' /C calc'!A0" in [row[2] for row in rows_of(book["附表1 设施现状台账"])]


def test_it_prints_on_a4_with_headings_on_every_page(book: openpyxl.Workbook) -> None:
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert str(sheet.page_setup.paperSize) == "9"
        if sheet.title.startswith("附表"):
            assert sheet.print_title_rows == "$1:$3"
            assert sheet.freeze_panes is not None
            assert "口径说明" in [row[0].value for row in sheet.iter_rows(min_row=4)]
            assert sheet["A2"].value == "编制单位：棋盘县民政局&卫健局"


def test_numbers_are_shown_as_an_office_writes_them(book: openpyxl.Workbook) -> None:
    sheet = book["附表2-2 助老食堂"]
    assert sheet["G4"].number_format == "#,##0"
    assert sheet["J4"].number_format == "0.0%"
    assert sheet["B4"].number_format == "@"
    assert "估算" in book["附表2-3 如康家园"]["G3"].value


def test_suggested_sites_are_those_of_the_answer(book: openpyxl.Workbook, county: Results) -> None:
    answer = county.siting
    assert answer is not None
    rows = rows_of(book["附表4 选址建议表"])
    assert [row[1] for row in rows[:-1]] == [site.name for site in answer.sites]
    assert [row[6] for row in rows] == pytest.approx([*(site.gained for site in answer.sites), answer.gained])
    assert rows[-1][8] == pytest.approx(answer.rate_after)
    assert rows[-1][10] == "—"  # nobody said what the sites cost
    sites = (replace(answer.sites[0], cost=12.5), *(replace(site, cost=20.0) for site in answer.sites[1:]))
    costed = sites_annex(replace(county, siting=replace(answer, sites=sites)))
    column = [heading.label for heading in costed.headings].index("造价")
    costs = [row.cells[column] for row in costed.rows]
    assert costs == [12.5, *[20.0] * (len(sites) - 1), 12.5 + 20.0 * (len(sites) - 1)]


def test_gaps_add_up_to_the_people_who_are_not_covered(book: openpyxl.Workbook, county: Results) -> None:
    rows = rows_of(book["附表3 服务盲区清单"])
    for service in county.study.services:
        figures = county.coverage.county[service.id]
        people = sum(row[6] for row in rows if row[0] == service.label)
        assert people == pytest.approx(figures["people"] - figures["covered"])


def test_every_problem_is_listed(book: openpyxl.Workbook, county: Results) -> None:
    assert len(rows_of(book["附表6 数据质量问题清单"])) == len(county.problems)


def test_the_public_form_shows_no_count_of_a_few_people(public_book: openpyxl.Workbook, county: Results) -> None:
    for number, service in enumerate(county.study.services, start=1):
        for row in rows_of(public_book[f"附表2-{number} {service.label}"]):
            for cell in (*row[6:9], *row[15:17]):
                assert cell in {"<10", "※", "—"} or cell == 0 or (cell >= 10 and cell % 5 == 0)
    seats = {row[1]: row[6] for row in rows_of(public_book["附表2-1 党群服务中心"]) if row[1]}
    assert seats["370000002202"] == "<10"  # four people live there
    assert "※" in seats.values()  # and another is withheld, or township less the others would tell it


def test_the_same_results_give_the_same_bytes(county: Results, tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(county, tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


@given(st.text(max_size=60))
def test_any_text_makes_a_legal_sheet_name(text: str) -> None:
    name = legal_name(text)
    assert 1 <= len(name) <= 31
    assert not re.search(r"[\[\]:*?/\\]", name)
    assert not name.startswith("'")
    assert not name.endswith("'")
    assert name.casefold() != "history"


def test_an_office_suite_prints_it(county: Results, tmp_path: Path) -> None:
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        assert not os.environ.get("CI"), "LibreOffice is missing"
        pytest.skip("no LibreOffice on this computer")
    pypdf = pytest.importorskip("pypdf")
    write_workbook(county, tmp_path / "tables.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice, "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / "tables.xlsx")], check=True, capture_output=True, timeout=300)
    pages = pypdf.PdfReader(tmp_path / "tables.pdf").pages
    texts = [page.extract_text() for page in pages]
    sizes = {(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in pages}
    assert sizes == {(842, 595)}
    assert len(texts) < 40
    for wanted in ("汇总表", "附表1", "附表2—1", "附表3", "附表4", "附表5", "附表6", "口径说明", "内部资料", "小计"):
        assert any(wanted in text for text in texts), wanted
    assert not any("###" in text or "#NAME" in text for text in texts)


def test_every_cell_is_read_back_as_it_was_laid_out(county: Results, tmp_path: Path) -> None:
    write_workbook(county, tmp_path / "tables.xlsx")
    book = CalamineWorkbook.from_path(str(tmp_path / "tables.xlsx"))
    for annex in annexes(county, shown_coverage(county.coverage, county.study.services, public=False)):
        cells = book.get_sheet_by_name(legal_name(annex.sheet)).to_python()[3:]
        for row, written in zip(annex.rows, cells[: len(annex.rows)], strict=True):
            shown = [_as_read(cell) for cell in row.cells]
            # headings are broken before their units where a column is narrow
            read = [cell.replace("\n", "") for cell in written] if row.style == "head" else written
            assert read[: len(shown)] == shown


def _as_read(cell: object) -> object:
    """What a cell is to whoever opens the file: a text, or a number with the sixteen figures that Excel keeps."""
    if isinstance(cell, float | int):
        return float(f"{cell:.16G}") if math.isfinite(cell) else "—"
    return "—" if cell is None else str(cell)


HOSTILE = [
    "<r>&</r>",
    "<r><t>红</t></r>",
    "_x0041_",
    "=1+1",
    " 两端空格 ",
    "一\n二",
    "\x01",
    "\ud800",
    "&<>\"'",
    "长" * 40_000,
]


def test_whatever_offices_write_stays_text_and_the_file_sound(tmp_path: Path) -> None:
    """XlsxWriter takes `<r>…</r>` for its own tags, and would write it unescaped."""
    file = Workbook(str(tmp_path / "book.xlsx"))
    imprint = Imprint(unit="<r>&</r>", as_of=date(2023, 12, 31), secrecy="内部资料，不得公开")
    heads = [Heading(label="<r>&</r>"), Heading(label="人数", kind="people")]
    rows = [Row(cells=[text, text]) for text in HOSTILE]
    write_annex(Book(file=file, imprint=imprint), Annex(sheet="<r>&</r>", title="<r>&</r>", headings=heads, rows=rows))
    file.close()
    (sheet,) = openpyxl.load_workbook(tmp_path / "book.xlsx").worksheets
    found = [row[0].value for row in sheet.iter_rows(min_row=4)]
    assert found[:2] == ["<r>&</r> ", "<r><t>红</t></r> "]
    assert found[2:6] == HOSTILE[2:6]
    assert found[7:9] == ["?", HOSTILE[8]]
    assert found[9] == "长" * 32_767
    assert {cell.data_type for row in sheet.iter_rows(min_row=4) for cell in row} == {"s"}
    read = CalamineWorkbook.from_path(str(tmp_path / "book.xlsx")).get_sheet_by_index(0).to_python()
    assert [row[1] for row in read[3:]][:2] == ["<r>&</r> ", "<r><t>红</t></r> "]


def test_charts_carry_the_figures_that_they_show(county: Results, tmp_path: Path) -> None:
    write_workbook(county, tmp_path / "tables.xlsx")
    with zipfile.ZipFile(tmp_path / "tables.xlsx") as parts:
        drawn = parts.read("xl/charts/chart1.xml").decode()
    rate = county.coverage.county["party_centre"]["pop_rate"]
    assert f"<c:v>{rate:.16G}</c:v>" in drawn
    assert "<c:v>党群服务中心</c:v>" in drawn


def test_the_lorenz_chart_shows_the_curve_of_the_walks(county: Results, tmp_path: Path) -> None:
    write_workbook(county, tmp_path / "tables.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["图表数据 洛伦兹曲线"]
    shares, *services, even = zip(*rows_of(sheet), strict=True)
    assert shares == even == tuple(per_cent / 100 for per_cent in range(101))
    for service, shown in zip(county.study.services, services, strict=True):
        curve = county.answers.spread[service.id].lorenz["metres_share"].tolist()
        assert [0.0 if each == 0 else each for each in shown] == (pytest.approx(curve) if curve else ["—"] * 101)
    with zipfile.ZipFile(tmp_path / "tables.xlsx") as parts:
        drawn = parts.read("xl/charts/chart4.xml").decode()
    assert "步行距离洛伦兹曲线" in drawn
    assert "<c:v>完全均等</c:v>" in drawn
    assert "'图表数据 洛伦兹曲线'!$B$4:$B$104" in drawn


def test_the_public_charts_show_no_rate_that_the_tables_hide(tmp_path: Path) -> None:
    """Two of three people of 60 and over are covered: too few for any rate but a band, in tables as in charts."""
    town = Town(settings='[output]\nprofile = "public"\natlas = false\n').facility("elderly_canteen", 0, 0)
    town.person(0, 5, total=100, age60=2).person(900, 900, total=100, age60=1)
    folder = town.write(tmp_path / "few")
    write_workbook(pipeline.run(read_study(folder)), tmp_path / "tables.xlsx")
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    column = [cell.value for cell in book["图表数据 分乡镇"][3]].index("助老食堂")
    assert [row[column] for row in rows_of(book["图表数据 分乡镇"])] == ["—"]
    rates = {row[0]: row[1:] for row in rows_of(book["图表数据 分服务"])}
    assert rates["助老食堂"] == ("—", "—")


def test_the_summary_tells_how_far_the_seats_go(book: openpyxl.Workbook, county: Results) -> None:
    rows = list(book["汇总"].iter_rows(values_only=True))
    start = next(n for n, row in enumerate(rows) if "、服务能力（" in str(row[0]))
    assert rows[start + 1][10:12] == ("服务能力达标率", "每万人站点数\n（处）")
    (canteen,) = [row for row in rows[start + 2 :] if row[0] == "助老食堂"]
    capacity = county.answers.capacity["elderly_canteen"]
    assert canteen[10] == pytest.approx(canteen[7] / canteen[6])
    assert canteen[10:12] == pytest.approx((capacity.met_rate, capacity.sites_per_10k))


def test_the_summary_has_no_block_for_townships_or_classes_that_nobody_stated(tmp_path: Path) -> None:
    town = Town().person(0, 5, total=100, age60=2).facility("elderly_canteen", 0, 0)
    write_workbook(pipeline.run(read_study(town.write(tmp_path / "stated"))), tmp_path / "stated.xlsx")
    nowhere = tmp_path / "nowhere"
    layer = json.loads((town.write(nowhere) / "communities.geojson").read_text(encoding="utf-8"))
    for feature in layer["features"]:
        del feature["properties"]["township"]
    (nowhere / "communities.geojson").write_text(json.dumps(layer), encoding="utf-8")
    write_workbook(pipeline.run(read_study(nowhere)), tmp_path / "nowhere.xlsx")
    for name, told in (("stated", True), ("nowhere", False)):
        rows = list(openpyxl.load_workbook(tmp_path / f"{name}.xlsx")["汇总"].iter_rows(values_only=True))
        first = [str(row[0]) for row in rows]
        assert any("、分乡镇（街道）人口覆盖率" in each for each in first) == told
        assert "城区、镇区、乡村" not in [row[1] for row in rows]
        assert [each[0] for each in first if each[1:2] == "、"] == list("二三四五六七八九十"[: 9 if told else 8])
        assert "人口覆盖率" in rows[2]


def test_a_heading_too_wide_for_its_column_breaks_before_its_unit(book: openpyxl.Workbook) -> None:
    heads = {cell.value for row in book["汇总"].iter_rows() for cell in row if isinstance(cell.value, str)}
    assert {"城乡差\n（百分点）", "有站点社区（村）\n占比", "路网搜索距离\n（米）"} <= heads


@pytest.mark.parametrize("sheet", ["图表数据 距离曲线", "图表数据 洛伦兹曲线"])
def test_public_curves_tell_no_single_home(book, public_book: openpyxl.Workbook, sheet: str) -> None:
    def shares(of: openpyxl.Workbook) -> list[float]:
        return [cell for row in rows_of(of[sheet]) for cell in row[1:] if isinstance(cell, int | float)]

    assert shares(public_book) == pytest.approx(shares(book), abs=0.0006)
    assert all(round(share, 3) == share for share in shares(public_book))
    assert any(round(share, 3) != share for share in shares(book))
