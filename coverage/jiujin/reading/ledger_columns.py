"""
From the data rows of one table to its columns.

Merged cells and “同上” are filled where one value stands for several rows (never a count of people), columns of
personal data are
dropped, and identity or phone numbers are taken out of what is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from jiujin.errors import Problem, Severity
from jiujin.reading.headings import Header, heading_unit, headings_of
from jiujin.reading.ledger import OTHER, LedgerTable
from jiujin.reading.ledger_groups import joined_columns
from jiujin.reading.sheets import Cell, Sheet
from jiujin.reading.values import DITTO_WORDS, to_status
from jiujin.tables import Column, Table

if TYPE_CHECKING:
    from jiujin.reading.ledger_rows import Block

Say = Callable[..., None]

_COUNTED = {"number", "integer", "people"}
_ASKED_FOR = frozenset({"identity", "certificate", "phone"})
"""Columns of a table that is a register of persons: read for the ages alone, and added up in memory (`registers`)."""
_NUMBERED = frozenset(
    {"id", "seq", "code", "community_code", "township_code", "lon", "lat", "point", "street_way", "network_hash"}
)
_PRIVATE = re.compile(r"(?<![\dA-Za-z.])(?:1[3-9]\d{9}|[1-9]\d{16}[\dXx]|[1-9]\d{17}[1-7]\d[Bb]?\d?)(?![\d.])")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class _Findings:
    """What was found on one sheet, each with its place."""

    def __init__(self, sheet: Sheet) -> None:
        self.problems: list[Problem] = []
        self._sheet = sheet

    def __call__(
        self, severity: Severity, rule: str, found: str, action: str = "", *, row: int | None = None, column: str = ""
    ) -> None:
        place = {"file": self._sheet.file, "sheet": self._sheet.name, "column": column}
        self.problems.append(Problem(severity=severity, rule=rule, found=found, action=action, row=row, **place))


def table_of(sheet: Sheet, block: Block, table: Table) -> tuple[LedgerTable, list[Problem]]:
    """Make the frame of one table, and list what was filled, dropped or chosen."""
    import pandas as pd

    say = _Findings(sheet)
    header, columns = joined_columns(block.header, _columns(sheet, block), headings_of(table))
    block = replace(block, header=header)
    texts = _unique(header)
    _say_twice(header, texts, say)
    kept, headings = _kept(sheet, block, table, texts, columns=columns, say=say)
    for position in header.personal:
        say("info", "personal_column", "个人信息列", "不读取、不保存", column=texts[position])
    numbers = [row + 1 for row in block.rows]
    _read_sense(kept, headings, table, numbers, blocks=_blocks_wanted(sheet), say=say)
    if "township" in table.names and "township" not in kept and any(block.above):
        kept["township"], headings["township"] = list(block.above), "分段标题"
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in kept.items()})
    frame["row"] = pd.Series(numbers, dtype="int64")
    ledger = LedgerTable(
        file=sheet.file,
        sheet=sheet.name,
        title=block.title,
        notes=" ".join(block.notes)[:500],
        hidden=sheet.hidden,
        headings=headings,
        frame=frame,
        units=_units(headings, block.title, table),
        personal=tuple(texts[position] for position in header.personal),
        epoch_1904=sheet.epoch_1904,
    )
    return ledger, say.problems


def _kept(
    sheet: Sheet, block: Block, table: Table, texts: list[str], *, columns: list[list[Cell]], say: Say
) -> tuple[dict[str, list[Cell]], dict[str, str]]:
    """Take over the columns that are not personal, filled where one value stands for several rows."""
    header = block.header
    names = {position: name for name, position in header.columns.items()}
    _fill_merges(
        sheet, block, columns, {position: table[name] for position, name in names.items()}, texts=texts, say=say
    )
    numbers = [row + 1 for row in block.rows]
    kept: dict[str, list[Cell]] = {}
    headings: dict[str, str] = {}
    for position, values in enumerate(columns):
        name = names.get(position) or (f"{OTHER}{texts[position]}" if texts[position] else "")
        if not name or position in header.personal:
            continue
        filled = _without_ditto(values, numbers, texts[position], say)
        public = _without_private(name, filled, numbers, texts[position], say=say)
        if public is not None:
            kept[name], headings[name] = public, texts[position]
    return kept, headings


def _units(headings: dict[str, str], title: str, table: Table) -> dict[str, str]:
    """Read the units that headings state; one above the table (`单位：万人`) holds for people without their own."""
    units = {name: unit for name, text in headings.items() if (unit := heading_unit(text))}
    above = re.search(r"(?<!填报)(?<!填表)单位\s*[:：]\s*(万人|千人|百人)(?=[)）\s;；。]|$)", title)
    if above is not None:
        counted = (column.name for column in table.columns if column.kind == "people" and column.unit == "人")
        units |= {name: above[1] for name in counted if name in headings and name not in units}
    return units


def _unique(header: Header) -> list[str]:
    """Write each heading on one line; the second of two equal ones gets `#2`."""
    seen: dict[str, int] = {}
    texts = []
    for text in header.texts:
        plain = "".join(text.split()) if re.search(r"[\u4e00-\u9fff]", text) else " ".join(text.split())
        seen[plain] = seen.get(plain, 0) + 1
        texts.append(f"{plain}#{seen[plain]}" if plain and seen[plain] > 1 else plain)
    return texts


def _say_twice(header: Header, texts: list[str], say: Say) -> None:
    for position, name in sorted(header.second.items()):
        chosen = texts[header.columns[name]]
        severity: Severity = "warning" if texts[position].partition("#")[0] == chosen else "info"
        say(
            severity,
            "heading_twice",
            f"“{texts[position]}”与“{chosen}”是同一类列",
            f"采用“{chosen}”",
            column=texts[position],
        )


def _columns(sheet: Sheet, block: Block) -> list[list[Cell]]:
    """Turn the data rows into columns; an empty text is None."""
    width = len(block.header.stacks)
    rows = [sheet.cells[position] for position in block.rows]
    padded = [row if len(row) >= width else [*row, *[None] * (width - len(row))] for row in rows]
    columns = [list(column) for column in zip(*padded, strict=False)][:width] if padded else [[] for _ in range(width)]
    return [[None if cell == "" else cell for cell in column] if "" in column else column for column in columns]


def _fill_merges(
    sheet: Sheet, block: Block, columns: list[list[Cell]], named: dict[int, Column], *, texts: list[str], say: Say
) -> None:
    """Fill cells merged downwards; a number that counts belongs to the first row alone."""
    place = {position: index for index, position in enumerate(block.rows)}
    for merge in sheet.merges:
        if (
            merge.bottom == merge.top
            or merge.left != merge.right
            or merge.left >= len(columns)
            or merge.top < block.header.end
        ):
            continue
        column, meaning = columns[merge.left], named.get(merge.left)
        value = sheet.cells[merge.top][merge.left] if merge.left < len(sheet.cells[merge.top]) else None
        below = [place[row] for row in range(merge.top + 1, min(merge.bottom, len(sheet.cells)) + 1) if row in place]
        if value in (None, "") or not below:
            continue
        span = f"第{merge.top + 1}至{merge.bottom + 1}行合并的单元格：{' '.join(str(value).split())}"
        counted = meaning.kind in _COUNTED if meaning is not None else not isinstance(value, str)
        if counted:
            say("warning", "merged_number", span, "数值只记在第一行", row=merge.top + 1, column=texts[merge.left])
            continue
        for index in below:
            if column[index] is None:
                column[index] = value
        say("info", "merged_cells_filled", span, "已填入其余各行", row=merge.top + 1, column=texts[merge.left])


def _without_ditto(values: list[Cell], numbers: list[int], heading: str, say: Say) -> list[Cell]:
    """Replace `同上` and its kin by the value above."""
    marks = {
        cell
        for cell in set(values)
        if type(cell) is str and (cell.strip() in DITTO_WORDS or cell.strip().startswith("同上"))
    }
    if not marks:
        return values
    filled: list[Cell] = []
    last: Cell = None
    for cell, number in zip(values, numbers, strict=True):
        if cell in marks:
            action = f"按上一行“{last}”采用" if last is not None else "上面没有可用的值，按空白处理"
            say(
                "info" if last is not None else "warning",
                "ditto",
                str(cell).strip(),
                action,
                row=number,
                column=heading,
            )
            filled.append(last)
            continue
        last = cell if cell is not None else last
        filled.append(cell)
    return filled


def _without_private(name: str, values: list[Cell], numbers: list[int], heading: str, *, say: Say) -> list[Cell] | None:
    """Take identity and phone numbers out; an unknown column that holds them is dropped whole (None)."""
    if name in _ASKED_FOR:
        return values
    words = [cell for cell in values if type(cell) is str]
    written = (
        [f"{cell:.0f}" for cell in values if type(cell) is float and 1e10 <= cell < 1e18]
        if name not in _NUMBERED
        else []
    )
    if not _PRIVATE.search("\n".join((*words, *written))):
        return values
    if name in _NUMBERED:
        hits = [index for index, cell in enumerate(values) if type(cell) is str and is_identity_number(cell.strip())]
        if not hits:
            return values
        say(
            "warning",
            "personal_number",
            f"{len(hits)}行是身份证号",
            "不读取、不保存",
            row=numbers[hits[0]],
            column=heading,
        )
        gone = set(hits)
        return [None if index in gone else cell for index, cell in enumerate(values)]
    if name.startswith(OTHER):
        say("info", "personal_column", "列里有身份证号或手机号", "整列不读取、不保存", column=heading)
        return None
    return [_masked(cell, number, heading, say) for cell, number in zip(values, numbers, strict=True)]


def _masked(cell: Cell, number: int, heading: str, say: Say) -> Cell:
    text = cell if type(cell) is str else f"{cell:.0f}" if type(cell) is float and cell >= 1e10 else ""
    if not text or not _PRIVATE.search(text):
        return cell
    say("warning", "personal_number", "文字里有身份证号或手机号", "号码已去掉", row=number, column=heading)
    return _PRIVATE.sub("", text).strip(" ,，;；:：、") or None


def is_identity_number(text: str) -> bool:
    """Tell a resident identity number: 18 digits, a date of birth, and the check digit of GB 11643."""
    if not re.fullmatch(r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]", text):
        return False
    rest = sum(weight * int(digit) for weight, digit in zip(_IDENTITY_WEIGHTS, text, strict=False)) % 11
    return "10X98765432"[rest] == text[-1].upper()


def _read_sense(
    kept: dict[str, list[Cell]],
    headings: dict[str, str],
    table: Table,
    numbers: Sequence[int],
    *,
    blocks: int | None,
    say: Say,
) -> None:
    """Read what only values tell: an id headed `编号`, a state under `备注`, a township written once for many rows."""
    known = set(table.names)
    if "id" in known and "id" not in kept and "编号" in headings.get("seq", ""):
        ids = [str(cell) for cell in kept["seq"] if cell is not None]
        again = [each for each, times in Counter(ids).items() if times > 1]
        lettered = any(isinstance(cell, str) and re.search(r"[A-Za-z]", cell) for cell in kept["seq"])
        if lettered and not again:
            kept["id"], headings["id"] = kept.pop("seq"), headings.pop("seq")
        elif lettered:
            found = f"有 {len(again)} 个编号重复（如“{again[0]}”），因此不作为设施编号"
            say("warning", "id_not_unique", found, "按服务、乡镇和名称编号，请核对", column=headings["seq"])
    if "status" in known and "status" not in kept and "remark" in kept:
        states = {cell: to_status(cell) for cell in set(kept["remark"]) if isinstance(cell, str)}
        plain = {
            cell
            for cell, read in states.items()
            if read.value is not None and read.rule in {"", "status_built"} and len(cell) > 1
        }
        if plain:
            kept["status"] = [cell if cell in plain else None for cell in kept["remark"]]
            headings["status"] = headings["remark"]
            say(
                "info",
                "status_from_remark",
                "没有状态列",
                f"“{headings['remark']}”中写明的状态按运营状态采用",
                column=headings["remark"],
            )
    if "township" in kept and blocks is not None:
        kept["township"] = _filled_down(kept["township"], numbers, headings["township"], blocks=blocks, say=say)


def _blocks_wanted(sheet: Sheet) -> int | None:
    """
    How many townships must be followed by empty rows before these are taken for theirs; None where they never are.

    A workbook that was unmerged leaves one value above empty cells, and a single block tells. A text file cannot merge:
    empty cells are omissions, unless the whole column is written so, block after block. Where merges are still there,
    they say themselves what they span.
    """
    if sheet.merges:
        return None
    return 1 if sheet.name else 2


def _filled_down(values: list[Cell], numbers: Sequence[int], heading: str, *, blocks: int, say: Say) -> list[Cell]:
    """
    Fill a township that stands only in the first of its rows; never one row's omission.

    Every township is stated once, in the first row too, at most every other row states one, and at least `blocks` of
    them are followed by an empty row.
    """
    words = [str(cell).strip() if cell is not None else "" for cell in values]
    stated = [word for word in words if word]
    repeats = any(first == second for first, second in pairwise(words) if first)
    if not words or not words[0] or len(stated) == len(words) or repeats or len(set(stated)) < len(stated):
        return values
    if len(stated) * 2 > len(words) or (len(stated) < 2 and len(words) < 3):
        return values
    if sum(1 for first, second in pairwise(words) if first and not second) < blocks:
        return values
    filled: list[Cell] = []
    for cell, word in zip(values, words, strict=True):
        filled.append(cell if word else filled[-1])
    found = f"{len(words) - len(stated)}行没有填写，看来只在每个乡镇（街道）的第一行填写"
    say(
        "warning",
        "township_filled_down",
        found,
        "已按上面最近的一行填入，请核对",
        row=numbers[words.index("")],
        column=heading,
    )
    return filled
