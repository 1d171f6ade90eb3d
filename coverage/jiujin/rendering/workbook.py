"""`tables.xlsx`: the annex tables of a plan, ready to be printed and signed; the same bytes for the same study."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

from xlsxwriter import Workbook

from jiujin.analysis.coverage_public import CoverageShown, shown_coverage
from jiujin.analysis.results import Results
from jiujin.rendering.wording import INTERNAL
from jiujin.rendering.workbook_annexes import facilities_annex, gaps_annex, quality_annexes, sites_annex, targets_annex
from jiujin.rendering.workbook_charts import add_chart_sheet, write_charts
from jiujin.rendering.workbook_coverage import coverage_annex
from jiujin.rendering.workbook_sheets import Annex, Book, Imprint, write_annex
from jiujin.rendering.workbook_summary import summary_annex


def write_workbook(results: Results, path: Path) -> None:
    """Write every annex of a run into one workbook at `path`."""
    study = results.study
    public = study.output.profile == "public"
    file = Workbook(
        str(path),
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True},
    )
    file.set_properties(
        {
            "title": f"{study.name}公共服务设施步行覆盖情况附表",
            "author": study.output.unit,
            "created": datetime.combine(study.as_of, time(), UTC).replace(tzinfo=None),  # never the clock's
        }
    )
    secrecy = "公开版" if public else f"内部资料，{INTERNAL.partition('，')[2]}"
    book = Book(file=file, imprint=Imprint(unit=study.output.unit, as_of=study.as_of, secrecy=secrecy))
    shown = shown_coverage(results.coverage, study.services, public=public)
    summary, *others = annexes(results, shown)
    write_annex(book, summary)
    charts = add_chart_sheet(book)
    for annex in others:
        write_annex(book, annex)
    write_charts(book, charts, results, shown)
    file.close()


def annexes(results: Results, shown: CoverageShown) -> list[Annex]:
    """Lay out every annex of a run, in the order of the workbook; `shown` is its coverage as readers may see it."""
    return [
        summary_annex(results, shown),
        facilities_annex(results),
        *(coverage_annex(results, shown, service, n) for n, service in enumerate(results.study.services, 1)),
        gaps_annex(results),
        sites_annex(results),
        targets_annex(results),
        *quality_annexes(results),
    ]
