"""The paper of an official document: 方正小标宋 title, 黑体 headings, 仿宋 text, page numbers at the foot."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jiujin.rendering.workbook_sheets import text_width

TITLE, HEADING, TEXT, TABLE = "方正小标宋简体", "黑体", "仿宋_GB2312", "宋体"
_BODY_PT, _LINE_PT = 16, 28
_TEXT_CM = 15.6
_PAGE_PT = 29.7 / 2.54 * 72 - (3.7 + 3.5) / 2.54 * 72
_CAPTION_PT = 34
_SPARE_PT = 30
"""A line to spare, for fonts that set a text longer than it was reckoned."""
_LETTERS_ON_LINE = 51
"""As many Latin letters as surely find room on a line, whatever the font makes of them."""
_GAPS = re.compile(r"(?<=[0-9A-Za-z.%])(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])(?=[0-9A-Za-z])")
_GAP_LETTERS = 0.5
"""Word processors set a little room between a Chinese character and a number."""

PICTURE_IN = 6.1
_WHOLE_ROWS = 12
"""A table of no more rows is not broken over pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document while it is written, from top to bottom."""

    file: Any

    @staticmethod
    def new() -> Paper:
        """Take an empty A4 document with the margins and styles of an official text."""
        from docx import Document
        from docx.shared import Cm, Pt

        file = Document()
        section = file.sections[0]
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        section.top_margin, section.bottom_margin = Cm(3.7), Cm(3.5)
        section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
        _styled(file.styles["Normal"], TEXT, _BODY_PT)
        file.styles["Normal"].paragraph_format.line_spacing = Pt(_LINE_PT)
        file.styles["Normal"].paragraph_format.space_after = Pt(0)
        for name, font, size in (("Title", TITLE, 22), ("Heading 1", HEADING, 16), ("Heading 2", "楷体_GB2312", 16)):
            _styled(file.styles[name], font, size)
        _page_numbers(section)
        return Paper(file=file)

    def secrecy(self, text: str) -> None:
        """Say at the top left who may read this."""
        run = self.file.add_paragraph().add_run(text)
        _lettered(run, HEADING, _BODY_PT)

    def title(self, text: str) -> None:
        """Set the title."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        paragraph = self.file.add_paragraph(_clean(text), style="Title")
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(24), Pt(12)
        paragraph.paragraph_format.line_spacing = Pt(34)

    def centred(self, text: str) -> None:
        """Set a line in the middle, in the hand of the text."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        if text:
            self.file.add_paragraph(_clean(text)).alignment = WD_ALIGN_PARAGRAPH.CENTER

    def heading(self, text: str) -> None:
        """Set a heading of the first order."""
        self._indented(self.file.add_paragraph(_clean(text), style="Heading 1"))

    def subheading(self, text: str, *, new_page: bool = False) -> None:
        """Set a heading of the second order."""
        paragraph = self.file.add_paragraph(_clean(text), style="Heading 2")
        paragraph.paragraph_format.page_break_before = new_page
        self._indented(paragraph)

    def paragraph(self, text: str, *, lead: str = "", with_next: bool = False) -> None:
        """Set a paragraph, its first words (`lead`) as a run-in heading; `with_next`: on the page of what follows."""
        paragraph = self.file.add_paragraph()
        paragraph.paragraph_format.keep_with_next = with_next
        if lead:
            _lettered(paragraph.add_run(_clean(lead)), "楷体_GB2312", _BODY_PT)
        paragraph.add_run(_clean(text))
        self._indented(paragraph)

    def small(self, text: str) -> None:
        """Set a note in small letters."""
        from docx.shared import Pt

        paragraph = self.file.add_paragraph()
        paragraph.paragraph_format.line_spacing = Pt(15)
        _lettered(paragraph.add_run(_clean(text)), TABLE, 10.5)

    def table(self, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Set a table under its numbered caption; headings repeat on every page, numbers stand right."""
        from docx.oxml.ns import qn

        self._caption(f"表{self.next_table}　{caption}")
        table = self.file.add_table(rows=0, cols=len(heads), style="Table Grid")
        table.autofit = False
        _narrow(table)
        held = len(rows) if len(rows) <= _WHOLE_ROWS else 2
        widths = _widths([heads, *rows])
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for number, cells in enumerate([heads, *rows]):
            row = table.add_row()
            properties = row._tr.get_or_add_trPr()  # noqa: SLF001  (the library offers no other way)
            properties.append(properties.makeelement(qn("w:cantSplit"), {}))
            if number == 0:
                properties.append(properties.makeelement(qn("w:tblHeader"), {}))
            for column, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
                cell.width = widths[column]
                _fill(cell, text, head=number == 0, first=column == 0)
                cell.paragraphs[0].paragraph_format.keep_with_next = number < held
        self.small("")

    @property
    def next_table(self) -> int:
        """Number of the table that is set next."""
        return len(self.file.tables) + 1

    @staticmethod
    def room_under(text: str) -> float:
        """Inches that are left for a picture on a page that begins with a heading and this paragraph."""
        lines = math.ceil((text_width(text) + 4 + _GAP_LETTERS * len(_GAPS.findall(text))) / _LETTERS_ON_LINE)
        return (_PAGE_PT - _LINE_PT * (lines + 1) - _CAPTION_PT - _SPARE_PT) / 72

    def picture(self, png: bytes, caption: str) -> None:
        """Set a picture as wide as the text, its numbered caption below, on one page with what stands before it."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Inches, Pt

        paragraph = self.file.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = 1.0
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before = Pt(6)
        paragraph.add_run().add_picture(io.BytesIO(png), width=Inches(PICTURE_IN))
        self._caption(f"图{len(self.file.inline_shapes)}　{caption}", below=True)

    def finish(self, *, title: str, author: str, at: datetime) -> None:
        """State title, author and the study's date in the properties of the file."""
        properties = self.file.core_properties
        properties.title, properties.author, properties.last_modified_by = _clean(title), _clean(author), _clean(author)
        properties.created = properties.modified = at
        properties.last_printed, properties.revision, properties.comments = at, 1, ""

    def bytes(self) -> bytes:
        """Give the document as a file's content."""
        packed = io.BytesIO()
        self.file.save(packed)
        return packed.getvalue()

    def _caption(self, text: str, *, below: bool = False) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        paragraph = self.file.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = not below
        paragraph.paragraph_format.space_before = Pt(6)
        _lettered(paragraph.add_run(_clean(text)), HEADING, 12)

    def _indented(self, paragraph: Any) -> None:
        from docx.shared import Pt

        paragraph.paragraph_format.first_line_indent = Pt(2 * _BODY_PT)
        paragraph.paragraph_format.space_before = Pt(0)


def _narrow(table: Any) -> None:
    """Let a table's cells keep a millimetre to their borders, so that figures need not break."""
    from docx.oxml.ns import qn

    properties = table._tbl.tblPr  # noqa: SLF001  (the library offers no other way)
    margins = properties.makeelement(qn("w:tblCellMar"), {})
    for side in ("left", "right"):
        margins.append(margins.makeelement(qn(f"w:{side}"), {qn("w:w"): "57", qn("w:type"): "dxa"}))
    properties.append(margins)


def _widths(rows: Sequence[Sequence[str]]) -> list[Any]:
    """Share the width of the text among columns by what they hold, none under or over what reads well."""
    from docx.shared import Cm

    needs = []
    for at in range(len(rows[0])):
        widest = max((_needed(row[at]) for row in rows[1:]), default=0)
        needs.append(min(max(widest, text_width(rows[0][at]) // 2 + 1, 4), 19) + 1.5)  # room for the cell's margins
    return [Cm(_TEXT_CM * need / sum(needs)) for need in needs]


def _needed(text: str) -> int:
    """Letters to make room for; figures must never break, and some fonts set them wide."""
    return -(-13 * len(text) // 10) if text[:1].isdigit() else text_width(text)


def _clean(text: str) -> str:
    """Text without the control characters that a document cannot hold."""
    kept = "".join(letter for letter in text if letter >= " " or letter in "\t\n")
    return kept.encode("utf-8", "replace").decode("utf-8").replace("\ufffe", "").replace("\uffff", "")


def _styled(style: Any, font: str, size: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size = font, Pt(size)
    style.font.bold, style.font.color.rgb = False, RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for place in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(place), None)
    for place in ("w:eastAsia", "w:ascii", "w:hAnsi"):
        fonts.set(qn(place), font)
    borders = style.element.findall(f".//{qn('w:pBdr')}")
    for border in borders:
        border.getparent().remove(border)


def _lettered(run: Any, font: str, size: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run.font.name, run.font.size = font, Pt(size)
    run.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _fill(cell: Any, text: str, *, head: bool, first: bool) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.line_spacing = Pt(16)
    number = text[:1].isdigit() or text == "—"
    sides = WD_ALIGN_PARAGRAPH
    paragraph.alignment = sides.CENTER if head else sides.RIGHT if number and not first else sides.LEFT
    run = paragraph.add_run(_clean(text))
    _lettered(run, HEADING if head else TABLE, 10)


def _page_numbers(section: Any) -> None:
    """Put “— 1 —” into the middle of the foot of every page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _lettered(paragraph.add_run("— "), TABLE, 14)
    run = paragraph.add_run()
    _lettered(run, TABLE, 14)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run.element.append(element)
    _lettered(paragraph.add_run(" —"), TABLE, 14)
