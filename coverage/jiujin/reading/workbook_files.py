"""
Workbooks (xlsx, xlsm, xls) to grids: the one door to python-calamine, with guards before it.

calamine lays a sheet out from its first to its last filled cell, so one value in the far corner would ask for more
memory
than any machine has. The sheet's XML is looked through before: for size, for the extent of the values, and for what
calamine does not tell (hidden rows, failed formulas, formulas that were never computed).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jiujin.errors import Problem, TableError
from jiujin.reading.sheets import SAVE_AS, Cell, Merge, Sheet
from jiujin.reading.workbook_fills import Fills, filled_styles, row_fills

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

PART_LIMIT = 400_000_000
"""Bytes that one part of a workbook may unpack to: some 800,000 rows of a dozen columns."""

CELL_LIMIT = 24_000_000
"""Cells that a sheet may span from its first to its last value."""

_FORMULA = rb"(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)"
_FILLED = re.compile(rb'<c [^>]*?r="([A-Z]{1,3})(\d+)"[^>]*>\s*(?:' + _FORMULA + rb")?\s*<(?:v|is)>")
_FAILED = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"[^>]*\bt="e"[^>]*>\s*' + _FORMULA + rb"?\s*<v>([^<]*)</v>")
_UNCOMPUTED = re.compile(
    rb'<c r="([A-Z]{1,3})(\d+)"(?![^>]*\bt="str")[^>]*>\s*' + _FORMULA + rb"\s*(?:<v></v>|<v\s*/>)?\s*</c>"
)
_FAR = re.compile(rb'\br="(?:[A-Z]{2,3}\d|[A-Z]\d{6})')
_HIDDEN_ROW = re.compile(rb'<row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d+)"')
_HIDDEN_COLUMN = re.compile(rb'<col\b(?=[^>]*\bhidden="(?:1|true)")(?=[^>]*\bmin="(\d+)")(?=[^>]*\bmax="(\d+)")')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What the XML of one worksheet tells before it is laid out."""

    too_large: bool = False
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    failed: tuple[tuple[int, int, str], ...] = ()
    uncomputed: tuple[tuple[int, int], ...] = ()
    fills: Fills = field(default_factory=dict)


def read_workbook(data: bytes, *, file: str) -> tuple[list[Sheet], list[Problem]]:
    """Read every sheet of a workbook; TableError when it is protected, damaged, no workbook, or too large."""
    import python_calamine

    parts, epoch_1904 = _looked_through(data, file) if data.startswith(ZIP) else _ole_checked(data, file)
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as book:
            return _sheets(book, parts, epoch_1904=epoch_1904, file=file)
    except TableError:
        raise
    except python_calamine.PasswordError as locked:
        raise TableError(_password(file)) from locked
    except (python_calamine.CalamineError, OSError, ValueError, RuntimeError, MemoryError) as damaged:
        raise TableError(_damaged(file)) from damaged
    except BaseException as panic:  # a panic inside calamine is a BaseException of its own kind
        if type(panic).__name__ != "PanicException":
            raise
        raise TableError(_damaged(file)) from panic


def _sheets(book: object, parts: list[_Part], *, epoch_1904: bool, file: str) -> tuple[list[Sheet], list[Problem]]:
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for position, meta in enumerate(book.sheets_metadata):  # type: ignore[attr-defined]
        if not str(meta.typ).endswith("WorkSheet"):
            continue
        part = parts[position] if position < len(parts) else _Part()
        if part.too_large:
            found, action = "工作表的内容铺得太开或太大，未读取", "请删去多余的行列（Ctrl+End 查看），或拆成几个文件"
            problems.append(
                Problem(
                    severity="error", rule="sheet_too_large", found=found, action=action, file=file, sheet=meta.name
                )
            )
            continue
        laid = book.get_sheet_by_index(position)  # type: ignore[attr-defined]
        cells: list[list[Cell]] = laid.to_python(skip_empty_area=False)
        notes = [
            *_restore_errors(cells, part.failed, file, meta.name),
            *_uncomputed_notes(part.uncomputed, file, meta.name),
        ]
        sheets.append(
            Sheet(
                file=file,
                name=meta.name,
                cells=cells,
                hidden=not str(meta.visible).endswith(".Visible"),
                merges=_merges(laid.merged_cell_ranges or ()),
                hidden_rows=part.hidden_rows,
                hidden_columns=part.hidden_columns,
                epoch_1904=epoch_1904,
                fills=part.fills,
                problems=tuple(notes),
            )
        )
    return sheets, problems


def _merges(ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> tuple[Merge, ...]:
    return tuple(Merge(top=top, left=left, bottom=bottom, right=right) for (top, left), (bottom, right) in ranges)


def _restore_errors(
    cells: list[list[Cell]], failed: Iterable[tuple[int, int, str]], file: str, sheet: str
) -> list[Problem]:
    """Put `#N/A` and its kin back into the cells that calamine leaves empty, and list them."""
    problems = []
    for row, column, word in failed:
        if row < len(cells) and column < len(cells[row]):
            cells[row][column] = None
        problems.append(
            Problem(
                severity="warning",
                rule="formula_error",
                found=f"{column_letters(column)}{row + 1}：{word}",
                wanted="数值或文字",
                action="公式出错的单元格按空白处理，请改正",
                file=file,
                sheet=sheet,
                row=row + 1,
                column=column_letters(column),
            )
        )
    return problems


def _uncomputed_notes(cells: Iterable[tuple[int, int]], file: str, sheet: str) -> list[Problem]:
    return [
        Problem(
            severity="warning",
            rule="formula_without_value",
            found=f"{column_letters(column)}{row + 1}：公式没有保存计算结果",
            wanted="数值或文字",
            action="按空白处理；请用 WPS 或 Excel 打开并保存一次，或把公式粘贴为数值",
            file=file,
            sheet=sheet,
            row=row + 1,
            column=column_letters(column),
        )
        for row, column in cells
    ]


def _looked_through(data: bytes, file: str) -> tuple[list[_Part], bool]:
    """Check the size of every part of a zipped workbook, and look through its worksheets in the order of the tabs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_other_zips(archive, file)
            _refuse_bombs(archive, file)
            book = archive.read("xl/workbook.xml") if "xl/workbook.xml" in archive.namelist() else b""
            styles = archive.read("xl/styles.xml") if "xl/styles.xml" in archive.namelist() else b""
            filled = filled_styles(styles)
            parts = [_look(archive.read(name), filled) if name else _Part() for name in _worksheets(archive, book)]
    except TableError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as damaged:
        raise TableError(_damaged(file)) from damaged
    return parts, re.search(rb'date1904="(?:1|true)"', book) is not None


def _refuse_other_zips(archive: zipfile.ZipFile, file: str) -> None:
    names = archive.namelist()
    if any(name.startswith("xl/workbook.") for name in names):
        return
    if any(name.lower().endswith(".shp") for name in names):
        found = "这是打包的矢量图层（shapefile），不是表格"
    elif "word/document.xml" in names:
        found = "这是 Word 文档，不是表格"
    else:
        found = "压缩包里没有工作簿"
    raise TableError(
        Problem(severity="error", rule="not_a_table", found=found, action="请把表格另存为 xlsx", file=file)
    )


def _refuse_bombs(archive: zipfile.ZipFile, file: str) -> None:
    sizes = [
        entry.file_size for entry in archive.infolist() if entry.filename.lower().endswith((".xml", ".bin", ".rels"))
    ]
    if max(sizes, default=0) <= PART_LIMIT and sum(sizes) <= 2 * PART_LIMIT:
        return
    found = f"解压后大到 {sum(sizes) / 1e6:.0f} MB，超出能读的范围"
    raise TableError(
        Problem(
            severity="error", rule="workbook_too_large", found=found, action="请拆成几个文件，或另存为 csv", file=file
        )
    )


def _worksheets(archive: zipfile.ZipFile, book: bytes) -> list[str]:
    """Name the XML part of each tab in the order of the workbook; empty where it is no XML worksheet."""
    names = set(archive.namelist())
    relations = archive.read("xl/_rels/workbook.xml.rels") if "xl/_rels/workbook.xml.rels" in names else b""
    targets = {}
    for tag in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", relations):
        key, target = re.search(rb'\bId="([^"]*)"', tag), re.search(rb'\bTarget="([^"]*)"', tag)
        if key and target:
            targets[key[1]] = target[1].decode("utf-8", "replace")
    tabs = re.findall(rb'<(?:\w+:)?sheet\b[^>]*?\b\w+:id="([^"]*)"', book)
    found = []
    for tab in tabs:
        goal = targets.get(tab, "")
        part = goal.lstrip("/") if goal.startswith("/") else f"xl/{goal}"
        found.append(part if part in names and "worksheets" in part and part.endswith(".xml") else "")
    return found


def _look(xml: bytes, filled: Mapping[bytes, str]) -> _Part:
    return _Part(
        fills=row_fills(xml, filled),
        too_large=_spans_too_much(xml),
        hidden_rows=tuple(int(row) - 1 for row in _HIDDEN_ROW.findall(xml)) if b"hidden=" in xml else (),
        hidden_columns=tuple(
            column for low, high in _HIDDEN_COLUMN.findall(xml) for column in range(int(low) - 1, min(int(high), 1000))
        )
        if b"hidden=" in xml
        else (),
        failed=tuple(
            (int(row) - 1, column_number(letters), word.decode("utf-8", "replace"))
            for letters, row, word in _FAILED.findall(xml)
        )
        if b't="e"' in xml
        else (),
        uncomputed=tuple((int(row) - 1, column_number(letters)) for letters, row in _UNCOMPUTED.findall(xml))
        if b"<f" in xml
        else (),
    )


def _spans_too_much(xml: bytes) -> bool:
    """Tell whether the sheet's values span more cells than fit; a sheet beyond column Z or row 99,999 is measured."""
    if _FAR.search(xml) is None:
        return False
    tall = max(map(int, re.findall(rb'<row\b[^>]*?\br="(\d+)"', xml)), default=xml.count(b"<row"))
    tall = max(tall, max(map(int, re.findall(rb'\br="[A-Z]{1,3}(\d{6,})"', xml)), default=0))
    wide = max(map(column_number, set(re.findall(rb'\br="([A-Z]{2,3})\d', xml))), default=25) + 1
    if tall * wide <= CELL_LIMIT:
        return False
    filled = _FILLED.findall(xml)
    tall = max((int(row) for _, row in filled), default=0)
    wide = max(map(column_number, {letters for letters, _ in filled}), default=0) + 1
    return tall * wide > CELL_LIMIT


def column_number(letters: bytes) -> int:
    """Count a column from zero: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def column_letters(column: int) -> str:
    """Name a column as a spreadsheet program does: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _ole_checked(data: bytes, file: str) -> tuple[list[_Part], bool]:
    """Tell apart what old Office files share a container: encrypted workbooks, documents, and workbooks."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise TableError(_password(file))
    if "WordDocument".encode("utf-16-le") in data and "Workbook".encode("utf-16-le") not in data:
        raise TableError(
            Problem(
                severity="error",
                rule="not_a_table",
                found="这是 Word 文档，不是表格",
                action="请把表格另存为 xlsx",
                file=file,
            )
        )
    return [], False


def _password(file: str) -> Problem:
    return Problem(
        severity="error",
        rule="password",
        found="文件设了打开密码，读不了",
        action="请在 WPS 或 Excel 中取消密码，另存为 xlsx 后再用",
        file=file,
    )


def _damaged(file: str) -> Problem:
    suffix = Path(file).suffix
    return Problem(
        severity="error",
        rule="file_damaged",
        found=f"打不开：文件已损坏、不完整，或不是真正的 {suffix or '表格'} 文件",
        action=SAVE_AS,
        file=file,
    )
