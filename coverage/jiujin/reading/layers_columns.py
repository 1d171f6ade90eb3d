"""Which field of a vector layer or plain file is which column of a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from jiujin.reading.layers_shapefile import restored_names
from jiujin.tables import Column, Table


def matched_columns(fields: Iterable[str], table: Table) -> dict[str, str]:
    """
    Map column names of `table` to the fields that hold them; a column without a field is left out.

    Exact headings come before patterns, and a column's headings count in their order of preference. A field serves one
    column only. Names that a shapefile cut at ten bytes are completed first.
    """
    names = [str(field) for field in fields]
    restored = restored_names(names, table)
    plain = {name: plain_heading(restored.get(name, name)) for name in names}
    found: dict[str, str] = {}
    for column in table.columns:
        free = {text: name for name, text in reversed(plain.items()) if name not in found.values()}
        wanted = [plain_heading(word) for word in (column.name, *column.headings, column.label)]
        hit = next((free[word] for word in wanted if word in free), None)
        if hit is not None:
            found[column.name] = hit
    for column in table.columns:
        free = {text: name for name, text in reversed(plain.items()) if name not in found.values()}
        hit = next((name for text, name in reversed(free.items()) if _fits(text, column)), None)
        if column.name not in found and hit is not None:
            found[column.name] = hit
    return found


def plain_heading(text: str) -> str:
    """Reduce a heading to its plainest form: half-width, lower case, no spaces, no `*`."""
    return re.sub(r"[\s*﹡＊]", "", unicodedata.normalize("NFKC", text)).lower()


def _fits(text: str, column: Column) -> bool:
    return any(re.fullmatch(pattern, text) for pattern in column.patterns)
