"""The report: the order of an official text, the figures of the summary, and what a decision needs by name."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document

from jiujin.analysis.coverage_public import shown_coverage
from jiujin.analysis.results import Results
from jiujin.errors import Problem
from jiujin.rendering import report
from jiujin.rendering.report import write_report
from jiujin.rendering.report_style import Paper
from jiujin.rendering.report_text import crowd, problems_of
from jiujin.rendering.wording import people, percent

PARTS = ["一、基本情况", "二、现状评估", "三、存在问题", "四、选址建议", "五、保障措施", "附：口径说明"]


@pytest.fixture(scope="module")
def packed(county: Results, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("report") / "report.docx"
    write_report(county, path)
    return path.read_bytes()


def words(document: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(document)).paragraphs)


def test_parts_come_in_the_order_of_an_official_text(packed: bytes) -> None:
    headings = [p.text for p in Document(io.BytesIO(packed)).paragraphs if p.style.name == "Heading 1"]
    assert headings == PARTS


def test_the_first_table_has_the_figures_of_summary_json(packed: bytes, county: Results) -> None:
    table = Document(io.BytesIO(packed)).tables[0]
    for row, service in zip(table.rows[1:], county.study.services, strict=True):
        figures = county.coverage.county[service.id]
        cells = [cell.text for cell in row.cells]
        assert cells[0].startswith(service.label)
        assert cells[0].endswith("（估算）") == figures["estimated"]
        assert cells[1:4] == [f"{figures['sites']:.0f}", people(figures["people"]), people(figures["covered"])]
        names = ("pop_rate", "radius_rate", "unit_has", "unit_reached")
        assert cells[4:] == [percent(figures[name]) for name in names]


def test_rates_of_every_service_stand_in_the_text(packed: bytes, county: Results) -> None:
    text = words(packed)
    for service in county.study.services:
        assert f"人口覆盖率{percent(county.coverage.county[service.id]['pop_rate'])}" in text


def test_the_decision_names_who_gains_and_who_stays_worst_off(packed: bytes, county: Results) -> None:
    answer = county.siting
    assert answer is not None
    text = words(packed)
    for site in answer.sites:
        assert site.name in text
    for left in answer.unserved[:3]:
        assert left.name in text
    assert percent(answer.rate_after) in text


def test_every_service_has_its_map(packed: bytes, county: Results) -> None:
    if report.chinese_font() is None:
        pytest.skip("no Chinese font on this computer")
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        assert sum(name.endswith(".png") for name in parts.namelist()) == len(county.study.services) + 1
    captions = [p.text for p in Document(io.BytesIO(packed)).paragraphs if p.text.startswith("图")]
    assert captions[0] == "图1　棋盘镇步行距离分布与均衡性"
    assert captions[1:] == [f"图{n}　棋盘镇{s.label}步行覆盖分析图" for n, s in enumerate(county.study.services, 2)]


def test_a_map_stands_on_the_page_of_its_text_and_caption(packed: bytes) -> None:
    if report.chinese_font() is None:
        pytest.skip("no Chinese font on this computer")
    paragraphs = Document(io.BytesIO(packed)).paragraphs
    pictures = [n for n, p in enumerate(paragraphs) if p._p.xpath(".//pic:pic")]
    for at in pictures:
        assert paragraphs[at - 1].paragraph_format.keep_with_next
        assert paragraphs[at].paragraph_format.keep_with_next
        assert paragraphs[at + 1].text.startswith("图")
    for at in pictures[1:]:  # what does not leave room for its map begins a page and so makes room
        assert paragraphs[at - 2].style.name == "Heading 2"
        assert paragraphs[at - 2].paragraph_format.page_break_before


def test_room_is_kept_for_the_gaps_between_characters_and_numbers() -> None:
    """Fifty-one letters fill a line with the indent; each change to a number and back takes one letter more."""
    one_line = Paper.room_under("人" * 23)
    assert Paper.room_under("人" * 19 + "1" * 8) == one_line
    assert Paper.room_under("人1" * 15 + "1" * 2) < one_line
    assert Paper.room_under("人" * 24) < one_line


def test_spread_and_its_curve_are_those_of_the_answers(packed: bytes, county: Results) -> None:
    text = words(packed)
    for service in county.study.services:
        spread = county.answers.spread[service.id]
        walked = service.id != "rukang_home"  # nobody can walk to any, for there is none
        assert (f"{service.label}{spread.gini:.2f}" in text) == walked
        assert (f"{service.label}{spread.mean_m:,.0f}米" in text) == walked


def test_without_a_font_the_text_comes_without_maps(
    county: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "chinese_font", lambda: None)
    write_report(county, tmp_path / "report.docx")
    document = Document(tmp_path / "report.docx")
    assert not document.inline_shapes
    assert len(document.tables) >= 4


def test_the_public_report_tells_people_in_fives(public_county: Results, tmp_path: Path) -> None:
    write_report(public_county, tmp_path / "report.docx")
    text = words((tmp_path / "report.docx").read_bytes()).split("附：口径说明")[0]
    told = [int(each.replace(",", "")) for each in re.findall(r"(?<![\d.])([\d,]+)人(?!口)", text)]
    assert len(told) > 8
    assert [each for each in told if 0 < each < 10 or each % 5] == []


def test_of_faulty_rows_only_the_kinds_that_there_are_are_told(county: Results) -> None:
    shown = shown_coverage(county.coverage, county.study.services, public=False)
    unsure = Problem(severity="warning", rule="snapped_far", found="离道路300米")
    told = dict(problems_of(replace(county, problems=(unsure, unsure)), shown))
    assert told["基础数据尚需核实。"] == "设施台账等数据中有2条需要核实，详见附表6。"
    bad = Problem(severity="error", rule="no_position", found="没有坐标")
    told = dict(problems_of(replace(county, problems=(unsure, bad)), shown))
    assert told["基础数据尚需核实。"] == "设施台账等数据中有1条未能使用、1条需要核实，详见附表6。"


def test_without_a_siting_question_the_gaps_speak(county: Results, tmp_path: Path) -> None:
    alone = replace(county, siting=None)
    write_report(alone, tmp_path / "report.docx")
    assert "按处置方式分" in words((tmp_path / "report.docx").read_bytes())


def test_the_same_results_give_the_same_bytes_and_no_clock(packed: bytes, county: Results, tmp_path: Path) -> None:
    write_report(county, tmp_path / "again.docx")
    assert (tmp_path / "again.docx").read_bytes() == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = parts.read("docProps/core.xml").decode()
    assert core.count("2023-12-31T00:00:00Z") >= 2
    assert "python-docx" not in core


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0人"), (9315, "9315人"), (10_000, "1.0万人"), (411_166, "41.1万人"), (None, "—人")]
)
def test_people_are_told_in_full_units(count: float | None, said: str) -> None:
    assert crowd(count) == said


def test_an_office_suite_sets_it_on_a4(packed: bytes, tmp_path: Path) -> None:
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        assert not os.environ.get("CI"), "LibreOffice is missing"
        pytest.skip("no LibreOffice on this computer")
    pypdf = pytest.importorskip("pypdf")
    (tmp_path / "report.docx").write_bytes(packed)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice, "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / "report.docx")], check=True, capture_output=True, timeout=300)
    pages = pypdf.PdfReader(tmp_path / "report.pdf").pages
    assert {(round(float(p.mediabox.width)), round(float(p.mediabox.height))) for p in pages} <= {
        (595, 842),
        (596, 842),
    }
    text = "".join(page.extract_text() for page in pages).replace(" ", "").replace("\n", "")
    for part in PARTS:
        assert part in text
    if report.chinese_font() is not None:
        pages_of = [page.extract_text().replace(" ", "").replace("\n", "") for page in pages]
        for each in ("（一）党群服务中心", "（二）助老食堂", "（三）如康家园", "（四）社区卫生服务中心"):
            (own,) = [page for page in pages_of if f"{each}{each[3:]}服务对象" in page]
            assert f"棋盘镇{each[3:]}步行覆盖分析图" in own
    assert "—1—" in text
