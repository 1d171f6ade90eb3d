"""What the screen says when a build is done: the figures by service, whether the sums agree, where the files are."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from jiujin.analysis.results import Results
from jiujin.rendering.siting import closed_words, why_no_answer
from jiujin.rendering.wording import people, percent, reach
from jiujin.study import Service

_HEADS = ("服务", "服务标准", "设施数", "服务对象", "人数", "已覆盖", "人口覆盖率", "直线半径")


def report_lines(results: Results, out: Path) -> list[str]:
    """Tell a planner in a few lines what came out."""
    rows = [
        (*_HEADS, "有站点社区（村）", "达标社区（村）"),
        *(_service_row(results, s) for s in results.study.services),
    ]
    counts = {kind: sum(problem.severity == kind for problem in results.problems) for kind in ("error", "warning")}
    return [
        f"{results.study.name}（截至{results.study.as_of.isoformat()}）",
        *table_lines(rows),
        *(f"核对：{line}" for line in results.coverage.checks),
        *_siting_lines(results),
        f"数据质量：{counts['error']} 条错误、{counts['warning']} 条提醒，见 {out / 'tables' / 'quality.csv'}",
        f"地图：{out / 'index.html'}（双击即可打开，无需联网）",
    ]


def _siting_lines(results: Results) -> list[str]:
    """What came of the siting question of the study, or why it has no answer; nothing where none was asked."""
    question, answer = results.study.siting, results.siting
    if question is None:
        return []
    label = results.study.service(question.service).label
    if answer is None:
        return [f"选址：{why_no_answer(results)}其余成果不受影响。"]
    if not answer.sites:
        return [f"选址：{label}不需要新增点位"]
    rate = f"，人口覆盖率达到{percent(answer.rate_after)}" if answer.people else ""
    built = f"选址：再建{label}{answer.count}处，新增覆盖{people(answer.gained)}人{rate}，点位见附表4。"
    return [built + closed_words(results, answer)]


def _service_row(results: Results, service: Service) -> tuple[str, ...]:
    figures = results.coverage.county[service.id]
    mark = "（估算）" if figures["estimated"] else ""
    return (
        service.label,
        reach(service),
        f"{figures['sites']:.0f}",
        results.study.group(service.group).label + mark,
        people(figures["people"]),
        people(figures["covered"]),
        *(percent(figures[name]) for name in ("pop_rate", "radius_rate", "unit_has", "unit_reached")),
    )


def table_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows of texts in columns, a Chinese character as wide as two letters."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(_padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
