"""
From one sheet to its tables: where each begins, and which rows are data.

Titles above a heading are kept as the table's title; repeated headings, subtotals, notes and section rows are taken
away and listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import PurePath
from typing import TYPE_CHECKING

from jiujin.errors import Problem, Severity
from jiujin.reading.headings import Header, Headings, find_header, header_at, headings_of, side_by_side
from jiujin.reading.headings_services import ServicePart, by_service
from jiujin.reading.ledger import LedgerTable
from jiujin.reading.ledger_columns import table_of
from jiujin.reading.ledger_totals import StatedTotals
from jiujin.reading.sheets import Cell, Sheet
from jiujin.reading.values import narrow
from jiujin.reading.workbook_fills import telling_rows
from jiujin.tables import Table

if TYPE_CHECKING:
    from jiujin.reading.facilities_services import ServiceWords

_TOTAL = re.compile(
    r".{0,14}(?:小计|合计|总计|共计|累计)[:：]?|(?:小计|合计|总计|共计|全县|全市|全区)(?:合计)?[:：(（]?\d*.{0,4}[)）]?"
)
_TOTAL_MARK = re.compile("计|全[县市区]$")
_NOTE = re.compile(
    r"\s*[※*]?\s*(?:(?:备\s*注|说\s*明|填表说明|填报说明|注意事项|附注|注)\s*\d?\s*[:：、.]|(?:备注|说明|填表说明|填报说明|注)\s*$"
    r"|(?:填表人|填报人|制表人?|审核人?|复核人?|经办人|负责人|单位负责人|主要负责人|分管领导|联系人|联系电话|填表日期|填报日期|填表时间|填报时间|制表日期|填报单位"
    r"|填表单位|制表单位|数据来源|资料来源|单位\s*[(（](?:盖章|公章)|单位)\s*(?:签[字名章])?\s*(?:[(（].*?[)）])?\s*[:：])"
)
_GUIDE = re.compile("说明|须知|要求|封面|目录|字典|填报指南|示例图")
"""Names of sheets that tell how to fill in the others."""
_EXAMPLE = re.compile(r"[(【]?(?:例|示例|样例|范例|举例|填写示例|填报示例|样表|如)[)】]?[:、]?")
_UNITS = re.compile(r"[(]?(?:个|度|处|人|张|家|座|间|㎡|m2|平方米|米|m|°|元|户|亩|%|年|年月|年月日|-|—|/)?[)]?")
_NUMBER = re.compile(r"^[(]?[一二三四五六七八九十]+[)]?[、.]?")
_SECTION = re.compile(r"(?:[(][一二三四五六七八九十]+[)][、.]?|[一二三四五六七八九十]+[、.]).{1,20}")
_TOWN = re.compile(r"^(.{1,10}?(?:镇|乡|街道办事处|街道|办事处|管委会))(?:[(:].*)?$")
_LABELS = {
    "repeated_header": "重复的表头",
    "subtotal_row": "小计、合计行",
    "note_row": "说明、落款行",
    "section_row": "分段标题行",
    "numbering_row": "栏次编号行",
    "unit_row": "计量单位行",
    "example_row": "填写示例行",
}


@dataclass(slots=True, kw_only=True)
class Block:
    """One table on a sheet while it is being read: its heading, the positions of its data rows, the town over each."""

    header: Header
    title: str
    rows: list[int]
    above: list[str | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sums: StatedTotals = field(default_factory=StatedTotals)


def tables_of(
    sheet: Sheet, table: Table, services: ServiceWords | None = None
) -> tuple[list[LedgerTable], list[Problem]]:
    """Read the tables of one sheet; none, and a note, where no heading is found."""
    headings = headings_of(table)
    problems: list[Problem] = []
    header = find_header(sheet.cells, headings, sheet.merges)
    if header is None or len(header.columns) < 3:
        turned = _turned(sheet, headings, header)
        if turned is not None:
            sheet, header = turned
            problems.append(
                _note(sheet, "transposed", "表头在第一列，一列是一条记录", "已转置后读取", position=header.top)
            )
    if header is None:
        if not _GUIDE.search(sheet.name) and any(cell not in (None, "") for row in sheet.cells for cell in row):
            problems.append(
                _note(sheet, "no_header", f"没有找到{table.label}的表头，这张表未采用", "", severity="warning")
            )
        return [], problems
    tables = []
    problems.extend(sheet.problems)
    problems.extend(_hidden(sheet))
    blocks = list(_blocks(sheet, header, headings, problems))
    problems.extend(_coloured(sheet, blocks))
    for block in blocks:
        parts, notes = _parts(sheet, block, headings, services)
        for part in parts:
            one, met = table_of(sheet, replace_header(block, part.header), table)
            notes.extend(met)
            notes.extend(block.sums.problems(sheet, part.header, table))
            tables.append(replace(one, service=part.service, own=part.own))
        problems.extend(dict.fromkeys(notes))  # what the parts share is told once
    return tables, problems


def _parts(
    sheet: Sheet, block: Block, headings: Headings, services: ServiceWords | None
) -> tuple[list[ServicePart], list[Problem]]:
    """Cut a table into its services, or into the two that stand beside one another; else it stays whole."""
    problems: list[Problem] = []
    if services is not None:
        rows = [sheet.cells[position] for position in block.rows]
        context = (sheet.name, block.title, PurePath(sheet.file).stem)
        parts, unused = by_service(block.header, headings, services, rows, context)
        if unused:
            text = "、".join(unused)
            found, action = f"“{text}”说的是另外的设施", "未采用；如属本项目的服务，请另列台账，写明名称、类型和坐标"
            told = _note(sheet, "service_column_unused", found, action, position=block.header.top, severity="warning")
            problems.append(replace(told, column=text))
        if parts:
            return parts, problems
    return [ServicePart(header=half) for half in side_by_side(block.header, headings)], problems


def replace_header(block: Block, header: Header) -> Block:
    """Give a block another heading, that of one of two tables side by side."""
    return block if header is block.header else replace(block, header=header, sums=StatedTotals())


def _blocks(sheet: Sheet, first: Header, headings: Headings, problems: list[Problem]) -> Iterator[Block]:
    """Cut a sheet at its headings; the same heading again is only a page break."""
    cells = sheet.cells
    known = _known_cells(cells, first, headings)
    block = Block(header=first, title=_title(cells, 0, first.top), rows=[])
    rows = _DataRows(sheet, first, block.title)
    position, end = first.end, len(cells)
    while position < end:
        row = cells[position]
        header = (
            header_at(cells, position, headings, sheet.merges)
            if not known.isdisjoint(row) and _only_words(row)
            else None
        )
        if header is not None and header.columns == block.header.columns:
            problems.append(_skipped(sheet, "repeated_header", position, row))
            position = header.end
            continue
        if header is not None and len(header.columns) >= 3:
            following = Block(header=header, title=_title_before(block, cells, position), rows=[])
            yield block
            block = following
            rows = _DataRows(sheet, header, block.title)
            known |= _known_cells(cells, header, headings)
            position = header.end
            continue
        reason = rows.reason_to_skip(position, row)
        if reason is None:
            block.rows.append(position)
            block.above.append(rows.township)
            block.sums.add(position, total=False)
        elif reason:
            problems.append(_skipped(sheet, reason, position, row))
            if reason == "note_row":
                block.notes.append(_title([row], 0, 1))
            if reason == "subtotal_row":
                block.sums.add(position, total=True)
        position += 1
    yield block


class _DataRows:
    """Tells the rows of one table that are no data."""

    def __init__(self, sheet: Sheet, header: Header, title: str) -> None:
        columns = header.columns
        telling = {
            columns[name] for name in ("seq", "id", "code", "name", "township", "community", "type") if name in columns
        }
        self._telling = sorted(
            telling | {min((position for position, words in enumerate(header.stacks) if words), default=0)}
        )
        self._wide = {
            merge.top for merge in sheet.merges if merge.top == merge.bottom and merge.right - merge.left >= 2
        }
        self._title = title
        self._first = header.end
        self._noted = False
        self.township: str | None = None
        self._plain: set[str] = set()  # a township stands in a thousand rows: none of these is a total

    def reason_to_skip(self, position: int, row: Sequence[Cell]) -> str | None:
        """Say why this row is no data: the rule, an empty text for a blank row; None when it is data."""
        head = _first_filled(row)
        if head is None:
            return ""
        if type(head) is str and (told := self._told_by_head(head)) is not None:
            return told
        for column in self._telling:
            cell = row[column] if column < len(row) else None
            if type(cell) is not str or cell in self._plain:
                continue
            if _TOTAL_MARK.search(cell) and _TOTAL.fullmatch(narrow(cell)):
                return "subtotal_row"
            self._plain.add(cell)
        if position == self._first and (below := _below_heading(row)) is not None:
            return below
        if type(head) is str and self._is_section(row):
            return "section_row"
        if type(head) is str and (self._noted or position in self._wide or head.strip() in self._title):
            filled = sum(1 for cell in row if cell is not None and cell != "")
            if filled == 1:
                self._settle(head)
                return "note_row" if self._noted else "section_row"
        return None

    def _told_by_head(self, head: str) -> str | None:
        if _NOTE.match(head):
            self._noted = True
            return "note_row"
        return "example_row" if _EXAMPLE.fullmatch(narrow(head)) else None

    def _is_section(self, row: Sequence[Cell]) -> bool:
        """Tell `一、城关街道` or `一 | 城关街道（3处）` above its rows, and keep the township."""
        words = [str(cell) for cell in row if cell is not None and cell != ""]
        text = narrow("、".join(words))
        if len(words) > 2 or not _SECTION.fullmatch(text) or not _TOWN.search(_NUMBER.sub("", text)):
            return False
        self._settle(text)
        return True

    def _settle(self, text: str) -> None:
        town = _TOWN.search(_NUMBER.sub("", narrow(text)))
        self.township = town[1] if town else None


def _below_heading(row: Sequence[Cell]) -> str | None:
    """Tell a row that belongs to the heading above it: numbers of columns, or units."""
    if _numbering(row):
        return "numbering_row"
    units = _only_words(row) and all(_UNITS.fullmatch(narrow(cell)) for cell in row if type(cell) is str)
    return "unit_row" if units else None


def _first_filled(row: Sequence[Cell]) -> Cell:
    for cell in row:
        if cell is not None and cell != "" and not (type(cell) is str and not cell.strip()):
            return cell
    return None


def _numbering(row: Sequence[Cell]) -> bool:
    """Tell a row of column numbers (`甲 乙 1 2 3`) below a heading."""
    marks = [
        str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip("()（） ")
        for cell in row
        if cell not in (None, "")
    ]
    digits = [int(mark) for mark in marks if mark.isdigit() and len(mark) < 4]
    letters = [mark for mark in marks if not mark.isdigit()]
    return (
        len(marks) >= 3
        and digits == list(range(1, len(digits) + 1))
        and len(digits) >= 2
        and all(mark in "甲乙丙丁戊" for mark in letters)
    )


def _only_words(row: Sequence[Cell]) -> bool:
    return all(cell is None or type(cell) is str for cell in row)


def _known_cells(cells: Sequence[Sequence[Cell]], header: Header, headings: Headings) -> frozenset[Cell]:
    raw = {cell for row in cells[header.top : header.end] for cell in row if isinstance(cell, str) and cell.strip()}
    return headings.words | raw


def _title(cells: Sequence[Sequence[Cell]], start: int, end: int) -> str:
    words = [
        " ".join(str(cell).split())
        for row in cells[start:end]
        for cell in row
        if isinstance(cell, str) and cell.strip()
    ]
    return " ".join(words)[:500]


def _title_before(block: Block, cells: Sequence[Sequence[Cell]], position: int) -> str:
    """Take single words just above a second table from the rows of the first: they are its title."""
    start = position
    while (
        block.rows
        and block.rows[-1] >= start - 2
        and sum(1 for cell in cells[block.rows[-1]] if cell not in (None, "")) == 1
    ):
        start = block.rows.pop()
    return _title(cells, start, position)


def _turned(sheet: Sheet, headings: Headings, header: Header | None) -> tuple[Sheet, Header] | None:
    """Read a sheet whose headings stand in a column; None when they do not."""
    if not sheet.cells or len(sheet.cells) > 200:
        return None
    cells = [list(column) for column in zip_longest(*sheet.cells)]
    if len(cells) > 2000:
        return None
    best = find_header(cells[:6], headings)
    if best is None or len(best.columns) < 3 or (header is not None and len(best.columns) <= len(header.columns)):
        return None
    return replace(
        sheet, cells=cells, merges=(), hidden_rows=sheet.hidden_columns, hidden_columns=sheet.hidden_rows, fills={}
    ), best


def _coloured(sheet: Sheet, blocks: list[Block]) -> list[Problem]:
    """Say once that rows are told apart by colour, which is not read."""
    rows = [row for block in blocks for row in telling_rows(sheet.fills, block.rows)]
    if not rows:
        return []
    listed = "、".join(str(row + 1) for row in rows[:20]) + ("等" if len(rows) > 20 else "")
    found = f"第{listed}行（共{len(rows)}行）的底色与其他行不同，颜色的含义未读取"
    told = _note(
        sheet,
        "colour_meaning",
        found,
        "颜色不采用，只按文字读取；如表示停用、在建等，请另加一列写明",
        position=rows[0],
        severity="warning",
    )
    return [replace(told, wanted="用文字写明（如“运营状态”一列）")]


def _hidden(sheet: Sheet) -> list[Problem]:
    problems = []
    rows = [
        row
        for row in sheet.hidden_rows
        if row < len(sheet.cells) and any(cell not in (None, "") for cell in sheet.cells[row])
    ]
    if rows:
        listed = "、".join(str(row + 1) for row in rows[:20]) + ("…" if len(rows) > 20 else "")
        found, action = f"有{len(rows)}个隐藏或被筛选掉的行（第{listed}行）", "已照常采用；不该采用的请删除"
        problems.append(_note(sheet, "hidden_rows", found, action, position=rows[0], severity="warning"))
    if sheet.hidden_columns:
        problems.append(
            _note(sheet, "hidden_columns", f"有{len(sheet.hidden_columns)}个隐藏的列", "已照常采用", severity="warning")
        )
    return problems


def _skipped(sheet: Sheet, rule: str, position: int, row: Sequence[Cell]) -> Problem:
    words = " ".join(_shown(cell) for cell in row if cell not in (None, ""))
    shown = re.split(r"[:：]", words, maxsplit=1)[0][:20] if rule == "note_row" else words[:40]
    return _note(sheet, rule, f"{_LABELS[rule]}：{shown}", "不作为数据，已跳过", position=position)


def _shown(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _note(
    sheet: Sheet, rule: str, found: str, action: str, *, position: int | None = None, severity: Severity = "info"
) -> Problem:
    return Problem(
        severity=severity,
        rule=rule,
        found=found,
        action=action,
        file=sheet.file,
        sheet=sheet.name,
        row=None if position is None else position + 1,
    )
