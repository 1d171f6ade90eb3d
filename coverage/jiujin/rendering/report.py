"""
`report.docx`: the text that goes with the map sheets, in the order and the style of an official document.

python-docx's door. The same study gives the same bytes: dates are those of the study, never the clock's.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, time
from pathlib import Path

from jiujin.analysis.coverage_public import CoverageShown, shown_coverage
from jiujin.analysis.results import Results
from jiujin.rendering.curves import curves_picture, spread_lines
from jiujin.rendering.drawing import map_layers
from jiujin.rendering.fonts import Font, chinese_font
from jiujin.rendering.public_form import shown_siting
from jiujin.rendering.report_maps import service_picture
from jiujin.rendering.report_style import Paper
from jiujin.rendering.report_tables import (
    area_cells,
    compound_cells,
    coverage_cells,
    gap_cells,
    site_cells,
    target_cells,
    township_cells,
)
from jiujin.rendering.report_text import (
    advice,
    areas_of,
    basics,
    compounds_of,
    overall,
    problems_of,
    safeguards,
    state_of,
)
from jiujin.rendering.wording import AREAS, INTERNAL, caliber

_NUMBERS = "一二三四五六七八九十"
_LEAST_IN, _MOST_IN = 3.4, 5.6
"""How high the map of a service is set at least and at most."""

_FIXED = (1980, 1, 1, 0, 0, 0)


def write_report(results: Results, path: Path) -> None:
    """Write the report; without maps where this computer has no Chinese font to letter them with."""
    study = results.study
    public = study.output.profile == "public"
    paper = Paper.new()
    paper.secrecy("公开版" if public else "内部资料")
    paper.title(f"{study.name}公共服务设施步行覆盖情况评估报告")
    day = study.as_of
    paper.centred(study.output.unit)
    paper.centred(f"数据截止{day.year}年{day.month}月{day.day}日")
    _write_state(paper, results)
    _write_outlook(paper, results)
    paper.heading("附：口径说明")
    for number, line in enumerate(caliber(results), start=1):
        paper.small(f"{number}. {line}")
    paper.small("公开版：少于10的人数不予显示，其余取整到5。" if public else f"本报告为内部资料。{INTERNAL}。")
    paper.finish(
        title=f"{study.name}公共服务设施步行覆盖情况评估报告",
        author=study.output.unit,
        at=datetime.combine(day, time(), UTC).replace(tzinfo=None),
    )
    path.write_bytes(_without_clock(paper.bytes()))


def _write_state(paper: Paper, results: Results) -> None:
    """一、基本情况 and 二、现状评估."""
    study = results.study
    shown = shown_coverage(results.coverage, study.services, public=study.output.profile == "public")
    font = chinese_font()
    paper.heading("一、基本情况")
    for text in basics(results):
        paper.paragraph(text)
    paper.heading("二、现状评估")
    paper.paragraph(overall(results))
    paper.table("各类设施步行覆盖情况", *coverage_cells(results, shown))
    walks = "".join(spread_lines(results))
    if walks:
        paper.paragraph(walks, with_next=font is not None)
        if font is not None:
            paper.picture(curves_picture(results, font), f"{study.name}步行距离分布与均衡性")
    _write_services(paper, results, shown, font)
    if results.communities["township"].notna().any():
        paper.table("各乡镇（街道）人口覆盖率", *township_cells(results, shown))
    if len(results.answers.areas):
        paper.paragraph(f"{areas_of(results)}，见表{paper.next_table}。", with_next=True)
        named = "、".join(AREAS[kind] for kind in dict.fromkeys(results.answers.areas["kind"].tolist()))
        paper.table(f"{named}覆盖情况", *area_cells(results))
    if len(results.answers.compounds):
        paper.paragraph(f"{compounds_of(results)}，见表{paper.next_table}。", with_next=True)
        paper.table("住宅小区覆盖情况", *compound_cells(results))


def _write_services(paper: Paper, results: Results, shown: CoverageShown, font: Font | None) -> None:
    """Give each service a page: what is covered, and as large a map as the text leaves room for."""
    study = results.study
    layers = map_layers(results) if font is not None else None
    for number, service in enumerate(study.services):
        paper.subheading(f"（{_NUMBERS[number % 10]}）{service.label}", new_page=font is not None)
        text = state_of(results, shown, service)
        paper.paragraph(text, with_next=font is not None)
        if font is not None and layers is not None:
            high = min(max(paper.room_under(text), _LEAST_IN), _MOST_IN)
            picture = service_picture(results, layers, font, service, height_in=high)
            paper.picture(picture, f"{study.name}{service.label}步行覆盖分析图")


def _write_outlook(paper: Paper, results: Results) -> None:
    """三、存在问题, 四、选址建议 and 五、保障措施."""
    study = results.study
    shown = shown_coverage(results.coverage, study.services, public=study.output.profile == "public")
    paper.heading("三、存在问题")
    for number, (head, text) in enumerate(problems_of(results, shown)):
        paper.paragraph(text, lead=f"（{_NUMBERS[number % 10]}）{head}")
    paper.table("主要服务盲区（每类人数最多的5处）", *gap_cells(results))
    if len(results.answers.targets):
        paper.table("目标任务完成情况", *target_cells(results))
    paper.heading("四、选址建议")
    for text in advice(results, shown):
        paper.paragraph(text)
    if results.siting is not None and results.siting.sites:
        label = study.service(results.siting.service).label
        paper.table(f"{label}建议新增点位", *site_cells(shown_siting(results, results.siting)))
    paper.heading("五、保障措施")
    for number, (head, text) in enumerate(safeguards(results)):
        paper.paragraph(text, lead=f"（{_NUMBERS[number % 10]}）{head}")


def _without_clock(document: bytes) -> bytes:
    """Pack the document again with fixed times, so that the same report has the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=_FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return packed.getvalue()
