"""
The columns of every table that goes in or comes out: name, type, unit, meaning, and the headings offices write.

Headings are compared after normalising (NFKC, lower case, no spaces, no bracketed unit, no `*`), so each synonym stands
here once in its plainest form. A new heading is a line here and no code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "integer", "date", "flag", "degrees", "metres", "people", "rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: the name in code and files, the Chinese label people read, and the headings it is known by."""

    name: str
    label: str
    kind: Kind
    meaning: str
    unit: str = ""
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An ordered set of columns."""

    name: str
    label: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """The column names, in file order."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        """Look up the column of this name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


GROUPS: dict[str, str] = {
    "total": "常住人口",
    "age60": "60岁及以上老年人",
    "age65": "65岁及以上老年人",
    "age80": "80岁及以上老年人",
    "disabled": "持证残疾人",
    "households": "户数",
}
"""The built-in population groups and how people read them."""

URBAN, RURAL = "urban", "rural"
CLASS_LABELS = {URBAN: "城镇", RURAL: "乡村"}
