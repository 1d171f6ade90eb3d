"""Paper and files: one page of the true size at a true scale, a picture of 300 dpi, tables that a spreadsheet opens."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pypdf
import pytest
from pyproj import Geod

from jiujin.rendering.page import html_of
from jiujin.rendering.page_data import page_data
from page.page_worlds import town

pytestmark = pytest.mark.browser

FORMULAS = ["=1+1", "+村", "-2", "@SUM(A1)", "<b>&\"'村"]
MILLIMETRE = 72 / 25.4


@pytest.mark.parametrize(("paper", "width", "height"), [("A3", 420, 297), ("A4", 297, 210)])
def test_a_print_is_one_page_of_the_true_size_with_everything_a_map_must_state(
    open_page: Callable, small_page: str, tmp_path: Path, paper: str, width: int, height: int
) -> None:
    page = open_page(small_page)
    page.tab.get_by_role("button", name="打印与导出").click()
    page.tab.get_by_role("radio", name=re.compile(paper)).check()
    page.tab.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    pdf = pypdf.PdfReader(tmp_path / "map.pdf")
    assert len(pdf.pages) == 1
    box = pdf.pages[0].mediabox
    assert float(box.width) / MILLIMETRE == pytest.approx(width, abs=0.4)
    assert float(box.height) / MILLIMETRE == pytest.approx(height, abs=0.4)
    said = unicodedata.normalize("NFKC", pdf.pages[0].extract_text())  # Chromium writes radicals for some characters
    for words in (
        "示例县党群服务中心步行覆盖图",
        "比例尺 1:",
        "图例",
        "数据截至：2023-12-31",
        "审图号",
        "内部资料",
        "北",
    ):
        assert unicodedata.normalize("NFKC", words) in said, words
    assert "2000国家大地坐标系" in said
    assert "示例县民政局" in said.replace("⺠", "民")
    widest, inches = map_picture(pdf.pages[0])
    assert widest / inches > 300
    assert page.faults == []


def map_picture(sheet: Any) -> tuple[int, float]:
    """Dots across the widest picture of a page, and the inches that it is drawn across."""
    content = sheet.get_contents().get_data().decode("latin-1")
    base = float(re.match(r"(\S+) 0 0", content).group(1))
    placed = [float(found) for found in re.findall(r"([\d.]+) 0 0 -[\d.]+ [\d.]+ [\d.]+ cm\n.*\n.*\n/X\d+ Do", content)]
    dots = max(image.image.width for image in sheet.images)
    return dots, max(placed) * base / 72


def test_the_scale_on_paper_is_round_and_true_on_the_ground(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    for paper in ("A3", "A4"):
        plan = page.js(
            f"(() => {{ const p = JJ.sheetLayout(JJ.desk, {{paper: '{paper}', extent: 'all'}}), v = p.view;"
            " const at = (x, y) => JJ.desk.shapes.degrees(v.x0 + x * v.w / v.k, v.y0 + y * v.h / v.k);"
            " return {scale: p.scale, box: p.box,"
            " west: at(0, 0.5), east: at(1, 0.5), north: at(0.5, 0), south: at(0.5, 1)}; })()"
        )
        across = Geod(ellps="WGS84").inv(*plan["west"], *plan["east"])[2]
        down = Geod(ellps="WGS84").inv(*plan["north"], *plan["south"])[2]
        assert across / (plan["box"]["w"] / 1000) == pytest.approx(plan["scale"], rel=0.003)
        assert down / (plan["box"]["h"] / 1000) == pytest.approx(plan["scale"], rel=0.003)
        assert str(round(plan["scale"])).rstrip("0") in {"1", "12", "15", "2", "25", "3", "4", "5", "6", "75", "8"}
        west, east, south, north = plan["west"][0], plan["east"][0], plan["south"][1], plan["north"][1]
        box = page.js("JJ.desk.shapes.box")
        assert west < box["west"] < box["east"] < east
        assert south < box["south"] < box["north"] < north


def test_what_is_printed_is_aligned_with_the_text_over_it(open_page: Callable, small_page: str, tmp_path: Path) -> None:
    """The picture's frame is 7 mm from the paper's edge on all sides: Chromium must not have shrunk the canvas."""
    if not shutil.which("pdftoppm"):
        pytest.skip("no pdftoppm on this machine")
    page = open_page(small_page)
    page.tab.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    subprocess.run(["pdftoppm", "-r", "127", "-gray", tmp_path / "map.pdf", tmp_path / "map"], check=True)
    (picture,) = tmp_path.glob("map-*.pgm")
    import numpy as np

    head, raw = picture.read_bytes().split(b"255\n", 1)
    width, height = map(int, head.split()[1:3])
    dark = np.frombuffer(raw, np.uint8).reshape(height, width) < 100
    columns, rows = np.flatnonzero(dark.mean(axis=0) > 0.7), np.flatnonzero(dark.mean(axis=1) > 0.7)
    assert (columns[0] / 5, columns[-1] / 5) == pytest.approx((7, 413), abs=0.6)
    assert (rows[0] / 5, rows[-1] / 5) == pytest.approx((7, 290), abs=0.6)


def test_a_picture_has_300_dots_per_inch_and_says_so(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    page.tab.get_by_role("button", name="打印与导出").click()
    page.tab.get_by_role("radio", name=re.compile("A4")).check()
    saved = page.saved_by(page.tab.get_by_role("button", name="保存图片（PNG，300 dpi）"))
    assert saved.name == "示例县党群服务中心步行覆盖图_A4.png"
    png = saved.read_bytes()
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (3508, 2480)
    at = png.index(b"pHYs")
    assert int.from_bytes(png[at + 4 : at + 8]) == round(300 / 0.0254)
    from PIL import Image

    with Image.open(saved) as picture:
        picture.load()  # checks the sums of all chunks
        assert len(picture.convert("RGB").resize((64, 64)).getcolors(4096)) > 100
    assert page.faults == []


@pytest.fixture(scope="module")
def formula_town() -> SimpleNamespace:
    return town(people=300, names=FORMULAS)


def test_the_workbook_opens_everywhere_and_its_text_is_text(
    open_page: Callable, formula_town: SimpleNamespace, tmp_path: Path
) -> None:
    page = open_page(html_of(page_data(formula_town)))
    page.js("JJ.desk.place(118.012, 36.608)")
    page.tab.get_by_role("button", name="打印与导出").click()
    path = page.saved_by(page.tab.get_by_role("button", name="保存表格（XLSX）")).rename(tmp_path / "表.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["分社区（村）覆盖情况", "设施", "选址方案", "口径说明"]
    sheet = book["分社区（村）覆盖情况"]
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[1] for row in rows[2:]] == [*FORMULAS, "合计"]
    assert rows[2][0] == formula_town.communities["code"][0]
    assert {cell.data_type for row in sheet.iter_rows(min_row=3, max_col=4) for cell in row if cell.value} == {"s"}
    county = formula_town.coverage.county["party_centre"]
    assert rows[-1][4:7] == (round(county["people"]), round(county["covered"]), pytest.approx(county["pop_rate"]))
    assert sheet.freeze_panes == "A3"
    if shutil.which("soffice"):
        profile = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
        command = [
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76",
            "--outdir",
        ]
        subprocess.run([*command, tmp_path / "out", path], check=True, capture_output=True)
        told = list(csv.reader((tmp_path / "out" / "表.csv").read_text(encoding="utf-8").splitlines()))
        assert [row[1] for row in told[2:]] == [*FORMULAS, "合计"]
    assert page.faults == []


def test_the_csv_of_communities_has_a_mark_and_no_formula(open_page: Callable, formula_town: SimpleNamespace) -> None:
    page = open_page(html_of(page_data(formula_town)))
    page.tab.get_by_role("button", name="打印与导出").click()
    raw = page.saved_by(page.tab.get_by_role("button", name="保存表格（CSV）")).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert [row[1] for row in rows[1:4]] == ["'=1+1", "'+村", "'-2"]
    assert rows[-1][4] == str(round(formula_town.coverage.county["party_centre"]["people"]))


def test_the_same_tables_give_the_same_bytes(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    same = "(() => { const a = JJ.workbook(JJ.tableSheets(JJ.desk)), b = JJ.workbook(JJ.tableSheets(JJ.desk));"
    assert page.js(same + " return a.length === b.length && a.every((byte, i) => byte === b[i]); })()")


def test_a_sheet_leaves_the_screen_as_it_was(open_page: Callable, small_page: str, tmp_path: Path) -> None:
    page = open_page(small_page)
    targets = "JSON.stringify(JJ.desk.layers.targets.map(one => [Math.round(one.x), Math.round(one.y)]))"
    before = page.js(targets)
    page.tab.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    assert page.js(targets) == before
    page.until("document.getElementById('sheet').childElementCount === 0")


ON_PAPER = (
    "JJ.paintSheet(JJ.desk, JJ.sheetLayout(JJ.desk, {paper: '%s', extent: '%s', title: ''}),"
    " document.createElement('canvas'), 96, false).map(one => one.text)"
)


def told(paper: list[str], label: str) -> tuple[str, str]:
    """What a sheet tells of the part that it shows, and of the county beside it."""
    at = paper.index(label, paper.index("全域"))
    return paper[at + 1], paper[at + 2]


@pytest.mark.parametrize("service", ["party_centre", "elderly_canteen"])
def test_a_page_narrowed_to_a_township_prints_its_figures_beside_the_county(
    open_page: Callable, small_town: SimpleNamespace, small_page: str, tmp_path: Path, service: str
) -> None:
    page = open_page(small_page)
    page.js(f"JJ.desk.choose('{service}')")
    page.tab.get_by_label("乡镇（街道）", exact=True).select_option("东河镇")
    page.tab.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    said = unicodedata.normalize("NFKC", pypdf.PdfReader(tmp_path / "map.pdf").pages[0].extract_text())
    label = next(one.label for one in small_town.study.services if one.id == service)
    assert f"示例县东河镇{label}步行覆盖图" in said.replace("⻝", "食")
    paper = page.js(ON_PAPER % ("A3", "township"))
    splits = small_town.coverage.splits
    own = splits[(splits["service"] == service) & (splits["split"] == "township") & (splits["value"] == "东河镇")]
    people, covered = float(own["people"].iloc[0]), float(own["covered"].iloc[0])
    county = small_town.coverage.county[service]
    assert told(paper, "人数") == (f"{people:,.0f}", f"{county['people']:,.0f}")
    assert told(paper, "已覆盖") == (f"{covered:,.0f}", f"{county['covered']:,.0f}")
    assert told(paper, "未覆盖") == (f"{people - covered:,.0f}", f"{county['people'] - county['covered']:,.0f}")
    assert told(paper, "覆盖率") == (f"{covered / people:.1%}", f"{county['pop_rate']:.1%}")
    rows = (small_town.facilities["service"] == service) & small_town.facilities["counted"]
    sites = small_town.facility_community[rows.to_numpy()]
    in_town = small_town.communities["township"].to_numpy()[sites[sites >= 0]] == "东河镇"
    assert told(paper, "现状设施") == (f"{in_town.sum()}处", f"{rows.sum()}处")
    assert "东河镇未覆盖人数最多的社区（村）" in paper
    assert {"北关村", "河东村"}.isdisjoint(paper[paper.index("东河镇未覆盖人数最多的社区（村）") :])
    assert page.faults == []


def test_the_gain_of_a_plan_is_told_for_the_township_that_is_printed(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    place = "const f = JJ.desk.shapes.communities[2].frame,"
    place += " at = JJ.desk.shapes.degrees((f.x0 + f.x1) / 2, f.y0 + 0.6 * (f.y1 - f.y0));"
    page.js(f"(() => {{ {place} JJ.desk.place(at[0], at[1]); }})()")
    page.js("JJ.desk.toggleClosed('party_centre', 'party_centre-00')")
    page.js("JJ.desk.chooseTownship('东河镇')")
    gains = page.js("[0, 1, 2, 3, 4].map(c => JJ.desk.look().after(c) - JJ.desk.look().before(c))")
    own, county = told(page.js(ON_PAPER % ("A4", "screen")), "方案增减")
    assert own.replace("−", "-").replace(",", "").rstrip(" 人") == f"{gains[0] + gains[2] + gains[4]:+.0f}"
    assert county.replace("−", "-").replace(",", "").rstrip(" 人") == f"{sum(gains):+.0f}"
    page.js("JJ.desk.chooseCommunity(2, false)")
    paper = page.js(ON_PAPER % ("A4", "community"))
    assert "示例县东河镇党群服务中心步行覆盖图" not in paper
    assert told(paper, "方案增减")[0].replace("−", "-").replace(",", "").rstrip(" 人") == f"{gains[2]:+.0f}"
    assert told(paper, "拟建、停用")[0].startswith("1处、")
    assert told(paper, "拟建、停用")[1] == "1处、1处"
    whole = page.js(ON_PAPER % ("A4", "all"))
    assert "示例县党群服务中心步行覆盖图" in whole
    assert "东河镇" not in whole


def test_a_title_belongs_to_the_map_that_it_was_written_for(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    page.tab.get_by_role("button", name="打印与导出").click()
    page.tab.get_by_label("图名").fill("送审稿")
    page.tab.get_by_role("radio", name=re.compile("A4")).check()
    assert page.tab.get_by_label("图名").input_value() == "送审稿"
    page.tab.get_by_role("button", name="关闭").click()
    page.js("JJ.desk.choose('elderly_canteen')")
    printed = "(dispatchEvent(new Event('beforeprint')), document.getElementById('sheet').textContent)"
    assert "示例县助老食堂步行覆盖图" in page.js(printed)
    page.js("JJ.desk.choose('party_centre')")
    assert "送审稿" in page.js(printed)
    page.js("JJ.desk.chooseTownship('城关街道')")
    page.tab.get_by_role("button", name="打印与导出").click()
    assert page.tab.get_by_role("radio", name="所选乡镇（街道）：城关街道").is_checked()
    assert page.tab.get_by_label("图名").input_value() == "示例县城关街道党群服务中心步行覆盖图"
    page.tab.get_by_role("radio", name="全域").check()
    assert page.tab.get_by_label("图名").input_value() == "送审稿"
