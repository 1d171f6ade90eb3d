"""
Whether a table of a database has changed, asked so often that it must cost next to nothing.

PostgreSQL counts the rows that are put into, changed in and taken out of each table. While these counts stand still,
nothing is read; when they move, the rows are summed up where they are, and only that sum tells that something is new:
counts move, too, for a change that was taken back, or in a table that a query does not look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString

from jiujin.errors import TableError
from jiujin.reading.database import Row, connected, source_of
from jiujin.reading.database_address import name_parts
from jiujin.study import DatabaseTable, Study

if TYPE_CHECKING:
    import psycopg

Sum = tuple[int, int] | None
"""Rows of a table and the sum of their digests; None where it is not there or cannot be read."""


@dataclass(slots=True)
class WatchedTables:
    """The tables of a study, and what was last seen of each."""

    seen: dict[DatabaseTable, tuple[object, Sum]] = field(default_factory=dict)

    def sums(self, study: Study) -> dict[str, Sum]:
        """Tell how each table stands now, by the path that stands in for it; None while its database is not there."""
        tables = dict(study.inputs.databases)
        if study.inputs.register is not None:
            tables[study.folder / study.inputs.register.table] = study.inputs.register
        found: dict[str, Sum] = {str(path): None for path in tables}
        for address in dict.fromkeys(table.address for table in tables.values()):
            own = {path: table for path, table in tables.items() if table.address == address}
            try:
                with connected(address) as database:
                    found |= {str(path): self._sum(database, table) for path, table in own.items()}
            except TableError:
                continue  # the server is down: waited for, as for a file that is held shut
        return found

    def _sum(self, database: psycopg.Connection[Row], table: DatabaseTable) -> Sum:
        import psycopg

        counts = _counts(database, table)
        before = self.seen.get(table)
        if before is None or counts is None or before[0] != counts:
            try:
                self.seen[table] = (counts, _summed(database, table))
            except psycopg.ProgrammingError:  # it is gone, or not there yet; the others are looked at all the same
                self.seen[table] = (counts, None)
        return self.seen[table][1]


def _counts(database: psycopg.Connection[Row], table: DatabaseTable) -> object:
    """
    Tell what PostgreSQL has counted of a table; of all tables for a view or a query, which may look at any.

    None where a table of another server may be looked at, of which nothing is counted.
    """
    rows = _by_name(database.execute(_COUNTED).fetchall())
    if table.table:
        name = ".".join(f'"{part}"' for part in name_parts(table.table))
        number = (database.execute("select to_regclass(%s)::oid", [name]).fetchone() or (None,))[0]
        if number in rows:
            return rows[number]
    foreign = database.execute("select exists (select from pg_class where relkind = 'f')").fetchone()
    return None if foreign is None or foreign[0] else rows


_COUNTED: LiteralString = """
    select c.oid, c.relfilenode, s.n_tup_ins, s.n_tup_upd, s.n_tup_del
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid order by c.oid
"""


def _by_name(rows: Iterable[Row]) -> Mapping[Any, tuple[Any, ...]]:
    return {number: tuple(counts) for number, *counts in rows}


def _summed(database: psycopg.Connection[Row], table: DatabaseTable) -> Sum:
    from psycopg import sql

    asked = sql.SQL("select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from {}").format(source_of(table))
    count, total = database.execute(asked).fetchone() or (0, 0)
    return int(count), int(total)
