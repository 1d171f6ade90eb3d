"""
The additions of a study in a table of a database: the columns and the history of `facilities_added.csv`.

Every cell is the text that stands in the file, so that the same additions give the same bytes from either home. The
table is made with the first addition; where PostGIS is there, it gets a column of points that a GIS shows at once.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, LiteralString

from jiujin.errors import Problem, TableError
from jiujin.reading.database_address import name_parts
from jiujin.reading.register import COLUMNS
from jiujin.study import DatabaseTable

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

Row = tuple[Any, ...]
Connection = "psycopg.Connection[Row]"

HISTORY = ("kind", "at", "who", "facts", "before", "after", "takes_back")
"""The columns of the history table beside its number; `before` and `after` are the bytes of the register."""

_POSITION, _SHAPE = "position", "geom"
_NUMERIC = frozenset({"lon", "lat"})
_TYPES: LiteralString = "position integer primary key"
_HISTORY_TYPES: LiteralString = (
    "number integer generated always as identity primary key, kind text not null, at text not null, who text not null,"
    " facts text not null, before bytea, after bytea, takes_back integer"
)


def content_of(database: psycopg.Connection[Row], table: DatabaseTable) -> bytes | None:
    """Give the register as the bytes that the file would have; None where nothing was added."""
    from psycopg import sql

    names = _columns(database, table)
    if names is None:
        return None
    cells = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    query = sql.SQL("select {} from {} order by position").format(cells, _named(table))
    rows = database.execute(query).fetchall()
    return _laid_out(names, rows) if rows else None


def canonical(content: bytes | None) -> bytes | None:
    """Lay the bytes of a register out as its table would give them back: no columns of people's own without a cell."""
    names, rows = _taken_apart(content)
    return _laid_out(names, rows) if rows else None


def put_content(database: psycopg.Connection[Row], table: DatabaseTable, content: bytes | None) -> None:
    """Let the register have this content; belongs into a transaction of the caller."""
    from psycopg import sql

    names, rows = _taken_apart(content)
    _make_table(database, table)
    there = _columns(database, table) or []
    for name in names:
        if name not in there:
            database.execute(sql.SQL("alter table {} add column {} text").format(_named(table), sql.Identifier(name)))
    database.execute(sql.SQL("delete from {}").format(_named(table)))
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in (_POSITION, *names))
    marks = sql.SQL(", ").join(sql.Placeholder() * (len(names) + 1))
    insert = sql.SQL("insert into {} ({}) values ({})").format(_named(table), columns, marks)
    with database.cursor() as cursor:
        cursor.executemany(insert, [(at, *(cell or None for cell in row)) for at, row in enumerate(rows, start=1)])


def history_rows(database: psycopg.Connection[Row], table: DatabaseTable) -> list[Row]:
    """Give the history in order: number, then `HISTORY`."""
    from psycopg import sql

    if not _exists(database, _history(table)):
        return []
    columns = sql.SQL(", ").join(map(sql.Identifier, ("number", *HISTORY)))
    return database.execute(sql.SQL("select {} from {} order by number").format(columns, _history(table))).fetchall()


def put_history(database: psycopg.Connection[Row], table: DatabaseTable, row: Sequence[object]) -> int:
    """Write one line of history (`HISTORY`); returns its number."""
    from psycopg import sql

    if not _exists(database, _history(table)):
        database.execute(sql.SQL("create table {} ({})").format(_history(table), sql.SQL(_HISTORY_TYPES)))
    columns = sql.SQL(", ").join(map(sql.Identifier, HISTORY))
    marks = sql.SQL(", ").join(sql.Placeholder() * len(HISTORY))
    query = sql.SQL("insert into {} ({}) values ({}) returning number").format(_history(table), columns, marks)
    (number,) = database.execute(query, list(row)).fetchone() or (0,)
    return int(number)


def forget_last(database: psycopg.Connection[Row], table: DatabaseTable, at: str, who: str) -> None:
    """Take the latest line out of the history if it is this one."""
    from psycopg import sql

    query = sql.SQL("delete from {0} where number = (select max(number) from {0}) and at = %s and who = %s")
    database.execute(query.format(_history(table)), [at, who])


def hold(
    database: psycopg.Connection[Row], table: DatabaseTable, *, tell: Callable[[str], None], wait_s: float
) -> None:
    """
    Hold the register for this connection alone, wherever the other programs run; the lock goes with the connection.

    TableError after `wait_s` seconds of waiting.
    """
    until, told = time.monotonic() + wait_s, False
    while not _took(database, table):
        if not told:
            tell("另一台电脑或另一个 jiujin 正在改动数据库中的登记表，等待它结束…")
            told = True
        if time.monotonic() > until:
            raise TableError(_busy())
        time.sleep(0.05)


def _took(database: psycopg.Connection[Row], table: DatabaseTable) -> bool:
    query = "select pg_try_advisory_lock(hashtextextended('jiujin ' || coalesce(%s, current_schema()) || '.' || %s, 0))"
    *schema, name = name_parts(table.table)
    (taken,) = database.execute(query, [schema[0] if schema else None, name]).fetchone() or (False,)
    return bool(taken)


def _make_table(database: psycopg.Connection[Row], table: DatabaseTable) -> None:
    from psycopg import sql

    if _exists(database, _named(table)):
        return
    kinds = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL("numeric" if name in _NUMERIC else "text"))
        for name in COLUMNS
    ]
    made = sql.SQL("create table {} ({}, {})").format(_named(table), sql.SQL(_TYPES), sql.SQL(", ").join(kinds))
    database.execute(made)
    if database.execute("select 1 from pg_extension where extname = 'postgis'").fetchone():
        database.execute(
            sql.SQL(
                "alter table {} add column geom geometry(Point, 4326) generated always as"
                " (st_setsrid(st_makepoint(lon::double precision, lat::double precision), 4326)) stored"
            ).format(_named(table))
        )


def _columns(database: psycopg.Connection[Row], table: DatabaseTable) -> list[str] | None:
    """Names of the columns that hold cells, those of the register first; None where there is no table."""
    if not _exists(database, _named(table)):
        return None
    rows = database.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"
        " and attgenerated = '' order by attnum",
        [_named(table).as_string(database)],
    )
    there = [str(name) for (name,) in rows]
    missing = [name for name in COLUMNS if name not in there]
    if missing or _POSITION not in there:
        raise TableError(_no_register(table, missing or [_POSITION]))
    return [*COLUMNS, *(name for name in there if name not in {*COLUMNS, _POSITION, _SHAPE})]


def _exists(database: psycopg.Connection[Row], named: sql.Identifier) -> bool:
    (there,) = database.execute("select to_regclass(%s)", [named.as_string(database)]).fetchone() or (None,)
    return there is not None


def _named(table: DatabaseTable) -> sql.Identifier:
    from psycopg import sql

    return sql.Identifier(*name_parts(table.table))


def _history(table: DatabaseTable) -> sql.Identifier:
    from psycopg import sql

    *schema, name = name_parts(table.table)
    return sql.Identifier(*schema, f"{name}_history")


def _taken_apart(content: bytes | None) -> tuple[list[str], list[list[str]]]:
    """Names and cells of a register; columns that people have added are kept where they hold something."""
    if content is None:
        return list(COLUMNS), []
    names, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    kept = [at for at, name in enumerate(names) if name in COLUMNS or any(row[at] for row in rows)]
    return [names[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _laid_out(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> bytes:
    kept = [at for at, name in enumerate(names) if name in COLUMNS or any(row[at] for row in rows)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([names[at] for at in kept])
    writer.writerows([row[at] or "" for at in kept] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _busy() -> Problem:
    return Problem(
        severity="error",
        rule="study_busy",
        found="别人一直在改动数据库中的登记表",
        wanted="同一登记表同时只由一个命令改动",
        action="登记表与成果未改动；请等它结束后重试",
    )


def _no_register(table: DatabaseTable, missing: Sequence[str]) -> Problem:
    return Problem(
        severity="error",
        rule="missing_column",
        file=".".join(name_parts(table.table)),
        column="、".join(missing),
        found=f"[inputs] additions 所写的表缺少列 {'、'.join(missing)}",
        wanted="由 jiujin add 建立的登记表，或一个还不存在的表名",
        action="登记表与成果未改动；请改写 additions 中的表名",
    )
