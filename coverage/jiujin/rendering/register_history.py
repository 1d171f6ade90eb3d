"""
The history of a study's additions: who added what, when, from which file, and the register before and after.

An embedded SQLite database beside the study's cache. The additions themselves stand in `facilities_added.csv`; should
the database be lost or damaged, that file is still whole, and a new history begins.

A change of the register goes in three steps, so that a process may die between any two of them: `announce` writes down
what is going to happen, then register and outputs are put in place, then `conclude` makes it history. What was
announced and not concluded, the next command brings to one end or the other.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jiujin.errors import JiujinError
from jiujin.rendering.register_file import cannot_write
from jiujin.rendering.register_lock import OWN

FILE = "register.sqlite"

ADDED, UNDONE, EDITED = "add", "undo", "edit"
"""Kinds of entries: an addition, one taken back, a change that somebody made to the file by hand."""

_SCHEMA = """
create table if not exists entries (
    number integer primary key autoincrement,
    concluded integer not null,
    kind text not null,
    at text not null,
    who text not null,
    facts text not null,
    before blob,
    after blob,
    takes_back integer
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One change of the register.

    `files` are (name, SHA-256) of the files that were added, `changes` Chinese lines, `figures` the figures by service
    before and after; `before` and `after` the bytes of `facilities_added.csv` (None: there was none); `takes_back` the
    number of the entry that this one undoes; `out` the outputs that were written with it. `number` is given on writing.
    """

    kind: str
    at: str
    who: str
    files: tuple[tuple[str, str], ...] = ()
    changes: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    before: bytes | None
    after: bytes | None
    takes_back: int | None = None
    out: str = ""
    number: int = 0

    def row(self) -> tuple[object, ...]:
        """The entry as a row of a database, but for its number."""
        facts = {"files": self.files, "changes": self.changes, "figures": self.figures, "out": self.out}
        told = json.dumps(facts, ensure_ascii=False)
        return (self.kind, self.at, self.who, told, self.before, self.after, self.takes_back)

    @staticmethod
    def of(row: tuple[Any, ...]) -> Entry:
        """Read the entry from its number and its row."""
        number, kind, at, who, facts, before, after, takes_back = row
        told = json.loads(facts)
        return Entry(
            number=number,
            kind=kind,
            at=at,
            who=who,
            files=tuple((name, digest) for name, digest in told["files"]),
            changes=tuple(told["changes"]),
            figures=told["figures"],
            before=before,
            after=after,
            takes_back=takes_back,
            out=told["out"],
        )


def entries(study: Path) -> list[Entry]:
    """Every concluded change of a study's register, in the order in which they were made."""
    if not (study / OWN / FILE).is_file():
        return []
    with _database(study) as database:
        return [Entry.of(row) for row in database.execute(f"{_SELECT} where concluded order by number")]


def announced(study: Path) -> Entry | None:
    """Give the change that was announced and never concluded, if a process died in the middle of one."""
    if not (study / OWN / FILE).is_file():
        return None
    with _database(study) as database:
        row = database.execute(f"{_SELECT} where not concluded order by number desc").fetchone()
        return None if row is None else Entry.of(row)


def announce(study: Path, entry: Entry) -> Entry:
    """Write down what is going to happen; returns the entry with its number."""
    with _database(study) as database:
        return replace(entry, number=_insert(database, entry, concluded=False))


def conclude(study: Path, number: int) -> None:
    """Make an announced change history."""
    with _database(study) as database:
        database.execute("update entries set concluded = 1 where number = ?", (number,))


def withdraw(study: Path, number: int) -> None:
    """Forget an announced change that did not happen."""
    with _database(study) as database:
        database.execute("delete from entries where number = ? and not concluded", (number,))


def record(study: Path, entry: Entry) -> Entry:
    """Write down a change that has happened."""
    with _database(study) as database:
        return replace(entry, number=_insert(database, entry, concluded=True))


def standing(every: list[Entry]) -> list[Entry]:
    """Those changes of a history that have not been taken back, in order."""
    gone = {entry.takes_back for entry in every if entry.kind == UNDONE}
    return [entry for entry in every if entry.kind != UNDONE and entry.number not in gone]


_SELECT = "select number, kind, at, who, facts, before, after, takes_back from entries"


def _insert(database: sqlite3.Connection, entry: Entry, *, concluded: bool) -> int:
    cursor = database.execute(
        "insert into entries (concluded, kind, at, who, facts, before, after, takes_back) values (?,?,?,?,?,?,?,?)",
        (int(concluded), *entry.row()),
    )
    return int(cursor.lastrowid or 0)


@contextmanager
def _database(study: Path) -> Iterator[sqlite3.Connection]:
    """
    Open the history for one transaction; a damaged database is put aside and a new history begins.

    Raises `JiujinError` where it cannot be written.
    """
    path = study / OWN / FILE
    try:
        path.parent.mkdir(exist_ok=True)
        with closing(_opened(path)) as database:
            database.execute("begin immediate")
            yield database
            database.execute("commit")  # closing without it takes everything back
    except (OSError, sqlite3.Error) as error:
        reason = error if isinstance(error, OSError) else OSError(None, str(error))
        raise JiujinError(cannot_write(path, reason)) from error


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=60, isolation_level=None)
    try:
        database.execute("pragma quick_check")
        database.execute(_SCHEMA)
    except sqlite3.DatabaseError as error:
        database.close()
        if isinstance(error, sqlite3.OperationalError):
            raise
        number = 1
        while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
            number += 1
        path.rename(aside)
        database = sqlite3.connect(path, timeout=60, isolation_level=None)
        database.execute(_SCHEMA)
    return database
