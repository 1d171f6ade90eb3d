"""The map sheets: one for everything that is promised, to a round scale, the same bytes, and readable letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdf
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiujin.analysis.results import Results
from jiujin.rendering import atlas, fonts
from jiujin.rendering.atlas import contents_pages, list_sheets, write_atlas
from jiujin.rendering.atlas_maps import services_reached
from jiujin.rendering.atlas_sheet import Paper, wrapped
from jiujin.rendering.drawing import (
    HATCH,
    NO_RATE_HATCH,
    RAMP,
    Extent,
    draw_rates,
    map_layers,
    round_scale,
    without_cracks,
)
from jiujin.rendering.drawing_marks import Names, ground_entries, site_entries
from jiujin.rendering.fonts import Font, chinese_font, font_problems, lettering
from jiujin.rendering.wording import caliber

needs_font = pytest.mark.skipif(chinese_font() is None, reason="no Chinese font on this computer")


@pytest.fixture(scope="module")
def sheets(county: Results, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pypdf.PdfReader]:
    if chinese_font() is None:
        pytest.skip("no Chinese font on this computer")
    path = tmp_path_factory.getbasetemp() / "atlas.pdf"
    assert write_atlas(county, path)
    assert path.stat().st_size < 15_000_000
    with pypdf.PdfReader(path) as reader:
        yield reader


def test_there_is_a_sheet_for_every_service_and_township(sheets: pypdf.PdfReader, county: Results) -> None:
    # cover, contents, overview, how far people walk; all communities of this county are in one township
    assert len(sheets.pages) == 2 + 1 + len(county.study.services) + 1 + 1


def test_every_page_is_a3_landscape(sheets: pypdf.PdfReader) -> None:
    millimetres = {
        (round(float(p.mediabox.width) / 72 * 25.4), round(float(p.mediabox.height) / 72 * 25.4)) for p in sheets.pages
    }
    assert millimetres == {(420, 297)}


def test_fonts_are_embedded_in_parts(sheets: pypdf.PdfReader) -> None:
    names = {
        str(font.get_object()["/BaseFont"]) if "/BaseFont" in font.get_object() else "Type3"
        for page in sheets.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert names
    assert all(name == "Type3" or re.match(r"/[A-Z]{6}\+", name) for name in names)


def test_the_same_results_give_the_same_bytes_without_any_date(
    sheets: pypdf.PdfReader, county: Results, tmp_path: Path
) -> None:
    write_atlas(county, tmp_path / "again.pdf")
    again = (tmp_path / "again.pdf").read_bytes()
    sheets.stream.seek(0)
    assert again == sheets.stream.read()
    assert b"CreationDate" not in again


def test_cracks_between_communities_are_no_borders_and_enclaves_are() -> None:
    """A crack of 3 m; a lake of another county of 300 m; in it an island of this one."""
    county = shapely.box(0, 0, 1000, 1000) - shapely.box(100, 100, 103, 900) - shapely.box(400, 400, 700, 700)
    island = shapely.box(500, 500, 600, 600)
    drawn = without_cracks(shapely.union_all([county, island]))
    assert drawn.equals((shapely.box(0, 0, 1000, 1000) - shapely.box(400, 400, 700, 700)).union(island))


def test_the_legend_explains_what_the_county_has_and_nothing_else(county: Results) -> None:
    layers = map_layers(county)
    told = [entry.label for entry in ground_entries(layers)]
    assert told == ["基础地理", "居住区道路、村路", "县（市、区）界", "乡镇（街道）界", "社区（村）界"]
    lake, bare = np.array([shapely.box(0, 0, 9, 9)], object), dict.fromkeys(layers.streets, layers.streets["main"])
    told = [entry.label for entry in ground_entries(replace(layers, water=lake, streets=bare, townships={}))]
    assert told == ["基础地理", "水域", "县（市、区）界", "社区（村）界"]
    hollow = "在建、拟建、停用（空心）"
    by_service = {
        service.id: [entry.label for entry in site_entries(county, [service])] for service in county.study.services
    }
    assert [service for service, labels in by_service.items() if hollow in labels] == ["party_centre"]


@needs_font
def test_maps_are_named_as_an_office_names_them(county: Results) -> None:
    titles = [sheet.title for sheet in list_sheets(county, map_layers(county))]
    assert titles[0] == "棋盘镇公共服务设施布局总图"
    assert titles[2] == "棋盘镇助老食堂步行覆盖分析图"
    assert titles[-1] == "棋盘镇棋盘镇公共服务设施步行覆盖图"


def test_without_a_chinese_font_there_is_no_atlas_but_a_notice(
    county: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlas, "chinese_font", lambda: None)
    monkeypatch.setattr(fonts, "chinese_font", lambda: None)
    assert not write_atlas(county, tmp_path / "atlas.pdf")
    assert not (tmp_path / "atlas.pdf").exists()
    (told,) = font_problems(atlas=True)
    assert told.rule == "no_chinese_font"
    assert "思源黑体" in told.wanted
    assert font_problems(atlas=False) == []


def test_a_letter_that_the_font_lacks_becomes_a_box() -> None:
    font = Font(file=Path("x.ttf"), number=0, letters=frozenset(map(ord, "食堂")), truetype=True)
    assert font.safe("食堂\U0001f35a") == "食堂□"


@given(st.floats(1, 1e7))
def test_scales_are_round_and_never_larger_than_the_paper_allows(needed: float) -> None:
    scale = round_scale(needed)
    assert scale >= needed * (1 - 1e-6) - 1
    assert scale <= max(2, 1.6 * needed)
    assert len(str(scale).rstrip("0")) <= 3


def test_a_window_is_widened_to_exactly_its_scale() -> None:
    window, scale = Extent.around(shapely.box(0, 0, 10_000, 4_000)).to_scale(0.3, 0.2)
    assert (window.east - window.west) == pytest.approx(0.3 * scale)
    assert (window.north - window.south) == pytest.approx(0.2 * scale)
    assert window.box.contains(shapely.box(0, 0, 10_000, 4_000))


def test_communities_are_filled_by_fixed_classes(county: Results) -> None:
    from matplotlib.colors import to_hex
    from matplotlib.figure import Figure

    layers = map_layers(county)
    axes = Figure().add_subplot()
    draw_rates(axes, layers, Extent.around(layers.county), [0.199, 0.2, 1.0, None])
    fills = [to_hex(each.get_facecolor()[0]) for each in axes.collections]
    assert fills == [RAMP[0], RAMP[1], RAMP[4], "#ffffff"]
    # the worst class is hatched, and no rate at all cannot be taken for the best
    assert [each.get_hatch() for each in axes.collections] == [HATCH, None, None, NO_RATE_HATCH]


def test_no_name_covers_another() -> None:
    from matplotlib.figure import Figure

    axes = Figure(figsize=(5, 5)).add_axes((0, 0, 1, 1))
    axes.set_xlim(0, 1000)
    axes.set_ylim(0, 1000)
    names = Names(axes, Font(file=Path("x.ttf"), number=0, letters=frozenset(map(ord, "长兴社区")), truetype=True), [])
    placed = [names.place(x, y, "长兴社区", size=12) for x in range(50, 1000, 60) for y in range(50, 1000, 25)]
    assert any(placed)
    assert not all(placed)
    boxes = [shapely.box(*box) for box in names.taken]
    assert not any(a.intersection(b).area > 0 for n, a in enumerate(boxes) for b in boxes[:n])


def test_people_are_told_by_how_many_services_they_reach(county: Results) -> None:
    reached = services_reached(county)
    by_hand = np.array([access.covered for access in county.access.values()]).sum(axis=0)
    assert reached.tolist() == by_hand.tolist()
    assert reached.max() > reached.min()


@needs_font
def test_contents_and_conventions_flow_on_where_a_page_is_full(county: Results) -> None:
    sheets = list_sheets(county, map_layers(county))
    assert len(contents_pages(county, sheets)) == 1
    pages = contents_pages(county, sheets * 5)
    font = chinese_font()
    said = []
    with lettering(font):
        for draw in pages:
            paper = Paper.new(county, font)
            draw(paper)
            said.append([text.get_text() for axes in paper.figure.axes for text in axes.texts])
    assert len(pages) == 2
    assert "目　录（续）" in said[1]
    numbers = [text for page in said for text in page if text.startswith("图")]
    assert numbers == [f"图{n}" for n in range(1, 5 * len(sheets) + 1)]
    pages_of = [int(text) for page in said for text in page if text.isdigit()]
    assert pages_of == list(range(4, 4 + 5 * len(sheets)))  # after the cover and these two pages
    every = "".join(text.strip("　 ") for page in said for text in page if not text.endswith("图"))
    for note in caliber(county):
        assert note.replace(" ", "") in every.replace(" ", "")


def test_a_line_neither_breaks_a_word_nor_ends_with_a_mark_that_opens() -> None:
    assert wrapped("判断为WGS 84", 8) == ["判断为", "WGS 84"]
    assert wrapped("道路等级（甲", 10) == ["道路等级", "（甲"]
    assert wrapped("道路，甲级", 4) == ["道路，", "甲级"]


@given(st.text(max_size=300), st.integers(4, 90))
def test_breaking_lines_loses_nothing(text: str, width: int) -> None:
    assert "".join(wrapped(text, width)) == text
