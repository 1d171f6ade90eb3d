"""
The additions to a study, `facilities_added.csv`, as rows that can be matched, replaced and written again.

An office's own ledgers are never rewritten: what is new or has changed stands in this one file, which people may open
and correct in a spreadsheet program. Cells that `jiujin add` does not touch stay as they were written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jiujin.errors import TableError
from jiujin.reading.facilities_ids import INHERITED
from jiujin.reading.facilities_rows import ADDED, STREET
from jiujin.reading.ledger import OTHER, read_ledger
from jiujin.reading.values import clean_id, clean_text
from jiujin.study import Study
from jiujin.tables import FACILITIES

Row = dict[str, object]

COLUMNS = (
    "id", "name", "service", "lon", "lat", "status", "opened", "closed", "capacity", "township", "community",
    "community_code", *STREET, "network_hash", "source",
)  # fmt: skip
"""The columns of `facilities_added.csv`, in order; columns that people have added follow them."""

_PLACE = ("lon", "lat", *STREET, "network_hash")
_AS_WRITTEN = {"type": "service", "other:service": "service", "other:source": "source"}
_KEPT_BLANK = frozenset({"row", "seq"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """
    The additions as they stand: `rows` in the order of the file, cells by column (nothing: None).

    `content` are the bytes of the file, None where there is no file.
    """

    rows: tuple[Row, ...]
    content: bytes | None

    @property
    def digest(self) -> str:
        """SHA-256 of the file, empty where there is none."""
        return digest_of(self.content)


def digest_of(content: bytes | None) -> str:
    """SHA-256 of these bytes in hexadecimal digits; empty for no file at all."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def additions_path(study: Study) -> Path:
    """Where the additions of a study stand."""
    return study.inputs.additions or study.folder / ADDED


def with_additions(study: Study, path: Path) -> Study:
    """Make the same study with its additions read from another file."""
    return replace(study, inputs=replace(study.inputs, additions=path))


def read_register(study: Study) -> Register:
    """Read `facilities_added.csv`; no rows where there is none. Raises TableError when the file cannot be read."""
    path = additions_path(study)
    content = path.read_bytes() if path.is_file() else None
    if content is None:
        return Register(rows=(), content=None)
    try:
        tables, _ = read_ledger(path, FACILITIES, file=ADDED)
    except TableError as error:
        if all(one.rule == "table_empty" for one in error.problems[-1:]):
            return Register(rows=(), content=content)
        raise
    rows = [_row(record, table.headings) for table in tables for record in table.frame.to_dict("records")]
    return Register(rows=tuple(rows), content=content)


def key_of(row: Row) -> tuple[str, str]:
    """What a row speaks of: the id, and the service (empty: all services of that id)."""
    return clean_id(row.get("id")) or "", clean_text(row.get("service")) or ""


def merged(old: Row, new: Row) -> Row:
    """Let a new row take the place of an old one of the same key; where it says nothing, some of the old stays."""
    row = {**old, **new}
    for name in (*INHERITED, "community_code"):
        if nothing(new.get(name)) and not nothing(old.get(name)):
            row[name] = old[name]
    if nothing(new.get("lon")):
        row |= {name: old.get(name) for name in _PLACE}
    return row


def nothing(cell: object) -> bool:
    """Whether a cell says nothing."""
    return cell is None or cell == "" or (isinstance(cell, float) and bool(np.isnan(cell)))


def _row(record: dict[object, object], headings: Mapping[str, str]) -> Row:
    """Name the cells of a line; columns that people have added keep the heading that these gave them."""
    row: Row = {}
    for name, cell in record.items():
        column = str(name)
        if column in _KEPT_BLANK:
            continue
        column = _AS_WRITTEN.get(column, column)
        if column not in COLUMNS and not column.startswith(OTHER):
            column = OTHER + headings.get(column, column)
        row[column] = None if nothing(cell) else cell
    return row
