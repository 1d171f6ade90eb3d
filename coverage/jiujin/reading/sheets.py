"""
Any spreadsheet-like file to raw grids of cells.

What a file is decides its content, not its name: offices send HTML and text as `.xls`. Workbooks are read by
`workbook_files`, text by `text_files`, HTML tables and XML spreadsheets by `sheets_html`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jiujin.errors import Problem, TableError

Cell = object
"""Text, number, boolean, date, or None; an empty text counts as None."""

SIZE_LIMIT = 1_000_000_000
SAVE_AS = "请在 WPS 或 Excel 中打开，“另存为” xlsx 后再用"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One merged range, both ends included, counted from zero."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    One grid of cells as it stands in the file; `cells[0]` is the spreadsheet's row 1.

    `name` is empty for text files. `hidden` tells a hidden sheet, `hidden_rows` and `hidden_columns` hidden or
    filtered ones (counted from zero); `epoch_1904` how the workbook counts days; `fills` the background colours of its
    rows.
    """

    file: str
    name: str
    cells: list[list[Cell]]
    hidden: bool = False
    merges: Sequence[Merge] = ()
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    epoch_1904: bool = False
    fills: Mapping[int, frozenset[str]] = field(default_factory=dict)
    problems: Sequence[Problem] = field(default=())


def read_sheets(path: Path, *, file: str = "") -> tuple[list[Sheet], list[Problem]]:
    """
    Read every sheet of a workbook, text file or HTML table; hidden sheets are among them, marked.

    `file` is what problems call the file. Raises TableError with a sentence on what to do when the file cannot be
    opened,
    is protected by a password, is no table, or would not fit into memory.
    """
    called = file or path.name
    return sheets_in(file_bytes(path, file=called), file=called)


def sheets_in(data: bytes, *, file: str) -> tuple[list[Sheet], list[Problem]]:
    """Read every sheet in the bytes of a file, as `read_sheets` does."""
    from jiujin.reading.sheets_html import is_markup, read_markup
    from jiujin.reading.text_files import read_text
    from jiujin.reading.workbook_files import OLE, ZIP, read_workbook

    if data.startswith((ZIP, OLE)):
        return read_workbook(data, file=file)
    if is_markup(data):
        return read_markup(data, file=file)
    return read_text(data, file=file)


def file_bytes(path: Path, *, file: str = "") -> bytes:
    """Read a file whole; TableError says what to do when it is missing, locked, empty, or of a closed format."""
    called = file or path.name
    refuse = _unwanted(path)
    if refuse is not None:
        raise TableError(Problem(severity="error", rule=refuse[0], found=refuse[1], action=refuse[2], file=called))
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise TableError(_failure("file_too_large", "文件超过 1 GB", "请拆成几个文件", called))
        data = path.read_bytes()
    except FileNotFoundError as missing:
        raise TableError(_failure("file_missing", "找不到文件", "请核对文件名和位置", called)) from missing
    except OSError as failed:
        action = "请在 WPS 或 Excel 中关闭该文件后重试，并检查读取权限"
        raise TableError(
            _failure("file_locked", f"打不开文件（{failed.strerror or failed}）", action, called)
        ) from failed
    if not data.strip(b"\x00\x1a\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise TableError(_failure("file_empty", "文件是空的", "请放入有内容的文件", called))
    return data


def _unwanted(path: Path) -> tuple[str, str, str] | None:
    suffix = path.suffix.lower()
    if path.name.startswith("~$"):
        return "lock_file", "这是 Office 打开文件时的临时锁文件，不是表格", "请关闭 WPS 或 Excel，并从输入中去掉它"
    if suffix in {".et", ".ett", ".wps", ".wpt", ".dps"}:
        return "wps_format", f"WPS 专用格式（{suffix}）读不了", SAVE_AS
    if suffix in {".doc", ".docx", ".pdf", ".ofd", ".ppt", ".pptx", ".rar", ".7z", ".jpg", ".png", ".ods", ".numbers"}:
        return "not_a_table", f"{suffix} 文件不是能读的表格", "请把表格另存为 xlsx 或 csv 后再用"
    if path.is_dir():
        return "not_a_table", "这是文件夹，不是文件", "请写明文件名"
    return None


def _failure(rule: str, found: str, action: str, file: str) -> Problem:
    return Problem(severity="error", rule=rule, found=found, action=action, file=file)
