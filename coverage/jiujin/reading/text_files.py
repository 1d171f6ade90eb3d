"""
Text files (csv, txt) in any Chinese encoding, with any separator, to a grid of cells.

The encoding is decided by rule: a byte order mark, else strict UTF-8, else GB18030 (which holds GBK). On files of one
row
this rule was right where statistical detectors were not.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter

from jiujin.errors import Problem, TableError
from jiujin.reading.sheets import Cell, Sheet

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FOREIGN = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"SQLite format",
    b"\x7fELF",
    b"MZ\x90",
)
_SEPARATORS = ("\t", ",", ";", "，", "；", "|")
_SAMPLE = 200
_LOST = "\ufffd"


def read_text(data: bytes, *, file: str) -> tuple[list[Sheet], list[Problem]]:
    """Read a text file as one sheet without a name; TableError when it is no text."""
    text, problems = decoded(data, file=file)
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    separator = separator_of(text)
    rows, whole = _rows(text, separator)
    if not whole:
        found, action = "引号没有成对，整个文件按没有引号读取", "请核对含引号的行"
        problems.append(Problem(severity="warning", rule="quotes_unbalanced", found=found, action=action, file=file))
    for number, row in enumerate(rows, start=1):
        if problems and any(_LOST in cell for cell in row):
            shown = "".join(row)[:40]
            action = "请核对这一行的文字"
            problems.append(
                Problem(severity="warning", rule="undecodable", found=shown, action=action, file=file, row=number)
            )
    cells: list[list[Cell]] = rows  # type: ignore[assignment]
    return [Sheet(file=file, name="", cells=cells)], problems


def decoded(data: bytes, *, file: str) -> tuple[str, list[Problem]]:
    """
    Decode by rule; where bytes fit no encoding the file is kept, the lost characters stand as U+FFFD, and it is said.

    Raises TableError when the bytes are no text at all.
    """
    if data.startswith(_FOREIGN):
        raise TableError(_no_text(file))
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _kept(data[len(mark) :], encoding, file)
    encoding = _wide(data)
    if encoding:
        return _kept(data, encoding, file)
    if data.rstrip(b"\x00\x1a").count(0) > len(data) // 50:
        raise TableError(_no_text(file))
    data = data.rstrip(b"\x00\x1a")
    for encoding in ("utf-8", "gb18030"):
        try:
            return _checked(data.decode(encoding), file), []
        except UnicodeDecodeError:
            continue
    damaged = data.decode("utf-8", "replace")
    lost = damaged.count(_LOST)
    foreign = len(damaged) - len(damaged.encode("ascii", "ignore")) - lost
    return _kept(data, "utf-8" if lost * 5 < foreign else "gb18030", file)


def separator_of(text: str) -> str:
    """
    Tell what separates the cells: the mark that cuts most rows into the same number (over one) of cells.

    Commas inside a coordinate pair or an address do not deceive it: they are not in the heading.
    """
    sample = "\n".join(text.split("\n", _SAMPLE)[:_SAMPLE])
    best, best_score = ",", 0.0
    for separator in _SEPARATORS:
        if separator not in sample:
            continue
        rows, _ = _rows(sample, separator)
        widths = Counter(len(row) for row in rows if any(row))
        width, often = max(
            ((w, n) for w, n in widths.items() if w > 1), key=lambda pair: (pair[1], pair[0]), default=(1, 0)
        )
        score = often / max(1, widths.total()) * (1 + min(width, 30) / 100)
        if score > best_score + 1e-9:
            best, best_score = separator, score
    return best


def _rows(text: str, separator: str) -> tuple[list[list[str]], bool]:
    """Cut a text into cells; where an odd quotation mark would swallow rows, without regard to quotes (and say so)."""
    lines = text.count("\n") + 1
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=separator != "\t"))
        swallowed = (
            max((cell.count("\n") for row in rows for cell in row if "\n" in cell), default=0)
            if len(rows) < lines - 1
            else 0
        )
        if swallowed < 20 and (swallowed < 3 or text.count('"') % 2 == 0):
            return rows, True
    except csv.Error:
        pass
    return [line.split(separator) if line else [] for line in text.split("\n")], False


def _wide(data: bytes) -> str:
    """Tell UTF-16 without a mark by the zero bytes of its digits and separators; empty when it is not."""
    head = data[:20_000]
    if len(head) < 8:
        return ""
    high, low = head[0::2].count(0) / (len(head) // 2), head[1::2].count(0) / (len(head) // 2)
    if low > 0.1 and high < 0.01:
        return "utf-16-le"
    return "utf-16-be" if high > 0.1 and low < 0.01 else ""


def _kept(data: bytes, encoding: str, file: str) -> tuple[str, list[Problem]]:
    text = _checked(data.decode(encoding, "replace"), file)
    if _LOST not in text:
        return text, []
    found, action = f"有{text.count(_LOST)}处字节不合{encoding.upper()}编码，显示为“�”", "所在行照常读取并列出"
    return text, [Problem(severity="warning", rule="undecodable", found=found, action=action, file=file)]


def _checked(text: str, file: str) -> str:
    text = text.rstrip("\x00\x1a").removeprefix("\ufeff")
    sample = text[:100_000]
    strange = len(re.findall(r"[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]", sample)) + sample.count(_LOST)
    if strange > 3 + len(sample) // 30:
        raise TableError(_no_text(file))
    return text


def _no_text(file: str) -> Problem:
    found, action = "文件不是表格，也不是文本", "请放入 xlsx、xls 或 csv 文件"
    return Problem(severity="error", rule="not_a_table", found=found, action=action, file=file)
