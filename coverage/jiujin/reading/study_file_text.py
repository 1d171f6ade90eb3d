"""
The text of a TOML file as people save it: its encoding, its syntax errors in Chinese, and the line of each key.

Windows Notepad puts a byte-order mark at the start, and an old editor may save Chinese as GBK; both are read.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiujin.errors import Problem, StudyError
from jiujin.reading.database_address import without_password

_SYNTAX_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[^\s=#\[\]"'{}]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[^\s=."'#]+))*)\s*=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^."']+))\s*(?:\.|$)""")
_FULL_WIDTH = "“”‘’＝［］｛｝，＃："


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """A parsed TOML file, under the name people know it by, with the line of each dotted key."""

    file: str
    content: dict[str, Any]
    lines: dict[tuple[str | int, ...], int]

    def line_of(self, place: tuple[str | int, ...]) -> int | None:
        """Line of this key, else of the closest table around it; None when neither is written."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return None

    def mistake(self, place: tuple[str | int, ...], rule: str, found: str, wanted: str = "") -> Problem:
        """Put a finding about this key into words with its place; a password in what was written stays out of them."""
        return Problem(
            severity="error",
            rule=rule,
            file=self.file,
            row=self.line_of(place),
            column=dotted(place),
            found=without_password(found),
            wanted=without_password(wanted),
        )


def read_toml(path: Path, file: str) -> TomlFile:
    """Parse one TOML file; StudyError says in Chinese why it cannot be, with the line."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StudyError(
            Problem(severity="error", rule="unreadable", file=file, found=f"文件打不开（{reason}）")
        ) from error
    text = _decoded(raw, file).replace("\r\n", "\n")
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StudyError(_syntax_problem(text, str(error), file)) from error
    return TomlFile(file=file, content=content, lines=_key_lines(text))


def dotted(place: tuple[str | int, ...]) -> str:
    """Name a place in the file the way TOML writes it: `services.x.reach_m`, `targets[2].goal` (from 1)."""
    said = ""
    for part in place:
        if isinstance(part, int):
            said += f"[{part + 1}]"
        else:
            said += ("." if said else "") + (part if re.fullmatch(r"[\w-]+", part) else f'"{part}"')
    return said


def _decoded(raw: bytes, file: str) -> str:
    encodings = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StudyError(
        Problem(
            severity="error",
            rule="unreadable",
            file=file,
            found="文件既不是 UTF-8 编码，也不是 GBK 编码",
            wanted="UTF-8 编码的文本（记事本“另存为”，编码选 UTF-8）",
        )
    )


def _syntax_problem(text: str, message: str, file: str) -> Problem:
    place = _SYNTAX_PLACE.search(message)
    lines = text.split("\n")
    row = int(place[1]) if place else len(lines)
    written = without_password(lines[row - 1].strip()) if row <= len(lines) else ""
    return Problem(
        severity="error",
        rule="toml_syntax",
        file=file,
        row=row,
        found=f"此处不符合 TOML 写法：{written}" if written else "此处不符合 TOML 写法（可能有括号或引号没有配对）",
        wanted=_syntax_advice(written, message),
    )


def _syntax_advice(written: str, message: str) -> str:
    if "overwrite" in message or "twice" in message or "mutate" in message:
        return "每个键、每个 [表] 只写一次"
    if "\\" in written:
        return "路径用正斜杠 /，或用单引号括起来：'C:\\数据\\a.csv'"
    if any(sign in written for sign in _FULL_WIDTH):
        return '英文标点（" = [ ] , #），不用全角标点'
    return '形如 名称 = 值；文字要加英文双引号，例如 name = "示例县"'


def _key_lines(text: str) -> dict[tuple[str | int, ...], int]:
    lines: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    seen: dict[tuple[str | int, ...], int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                position = seen.get(table, -1) + 1
                seen[table] = position
                table = (*table, position)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key[1])), number)
    return lines


def _parts(written: str) -> tuple[str | int, ...]:
    return tuple((match[1] or match[2] or match[3] or "").strip() for match in _PART.finditer(written) if match[0])
