"""
Background colours of a workbook's rows: what an office says by colour alone cannot be read, but must not go unsaid.

No reader of cells tells styles, so they are looked up in the parts of the file: which styles have a background
(`styles.xml`), and which rows have cells of these styles. Old workbooks (xls) tell nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

Fills = Mapping[int, frozenset[str]]
"""The colours in a row (counted from zero); rows without any are left out."""

_WHITE = {"rgb:FFFFFFFF", "rgb:00FFFFFF", "theme:0", "indexed:9", "indexed:64", "indexed:65"}
_MOST_STYLES = 70_000
"""More styles than a spreadsheet program can hold."""


def filled_styles(styles: bytes) -> dict[bytes, str]:
    """Find the cell styles that have a background other than white: their number, and the colour."""
    colours = [_colour(fill[:1000]) for fill in _part(styles, b"fills").split(b"<fill")[1:] if not fill[:1].isalpha()]
    found = {}
    for number, style in enumerate(_part(styles, b"cellXfs").split(b"<xf ")[1:_MOST_STYLES]):
        fill = re.search(rb'\bfillId="(\d{1,9})"', style)
        at = int(fill[1]) if fill else 0
        if at < len(colours) and colours[at]:
            found[str(number).encode()] = colours[at]
    return found


def row_fills(sheet: bytes, styles: Mapping[bytes, str]) -> Fills:
    """Find the colours of each row of a worksheet."""
    if not styles:
        return {}
    rows: defaultdict[int, set[str]] = defaultdict(set)
    for row, style in set(re.findall(rb'<c r="[A-Z]{1,3}(\d{1,7})"[^<>]*? s="(\d+)"', sheet)):
        if style in styles:
            rows[int(row) - 1].add(styles[style])
    return {row: frozenset(colours) for row, colours in rows.items()}


def telling_rows(fills: Fills, rows: Sequence[int]) -> list[int]:
    """
    Find the data rows whose colours set them apart from most; none where rows are all alike, or striped for the eye.
    """
    worn = [fills.get(row, frozenset()) for row in rows]
    if len(set(worn)) < 2 or (len(worn) > 3 and len(set(worn[::2])) == 1 and len(set(worn[1::2])) == 1):
        return []
    usual, _ = Counter(worn).most_common(1)[0]
    return [row for row, colours in zip(rows, worn, strict=True) if colours != usual]


def _part(styles: bytes, name: bytes) -> bytes:
    start = styles.find(b"<" + name)
    end = styles.find(b"</" + name, start)
    return styles[start + len(name) + 1 : end] if 0 <= start < end else b""


def _colour(fill: bytes) -> str:
    """Name the colour of a fill; empty where there is none, or white."""
    pattern = re.search(rb'patternType="(\w+)"', fill)
    if pattern is None or pattern[1] in {b"none", b"gray125"}:
        return "gradient" if b"gradientFill" in fill else ""
    colour = re.search(rb'<fgColor\b[^>]*?\b(rgb|theme|indexed)="(\w+)"([^>]*)', fill)
    if colour is None:
        return pattern[1].decode()
    tint = re.search(rb'tint="([^"]*)"', colour[0])
    named = f"{colour[1].decode()}:{colour[2].decode().upper()}"
    return "" if named in _WHITE and tint is None else named + (tint[1].decode() if tint else "")
