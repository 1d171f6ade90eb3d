"""Which field of a vector layer or plain file is which column of a table."""

from __future__ import annotations

from collections.abc import Iterable

from jiujin.reading.headings import match_columns
from jiujin.reading.layers_shapefile import restored_names
from jiujin.tables import Table


def matched_columns(fields: Iterable[str], table: Table) -> dict[str, str]:
    """
    Map column names of `table` to the fields that hold them; a column without a field is left out.

    Names that a shapefile cut at ten bytes are completed first.
    """
    names = [str(field) for field in fields]
    restored = restored_names(names, table)
    header = match_columns([restored.get(name, name) for name in names], table)
    return {name: names[at] for name, at in header.columns.items()}
