"""
Where the additions of a study stand: in its folder, or in a table of a database that several people share.

Either home is held by one command at a time, and brought to one end or the other where a process has died in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jiujin.reading.database_register import (
    canonical,
    content_of,
    forget_last,
    history_rows,
    hold,
    put_content,
    put_history,
)
from jiujin.reading.study_file import read_study
from jiujin.rendering.register_history import Entry, announced, entries
from jiujin.rendering.register_lock import WAIT_S, locked
from jiujin.rendering.register_recovery import FileHome, Home, recover
from jiujin.study import DatabaseTable, Study

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

Tell = Callable[[str], None]


@contextmanager
def held(study: Study, *, tell: Tell = lambda _: None) -> Iterator[Home]:
    """
    Hold a study and its register for this process alone, to change it; what a dead process left is brought to an end.

    Raises JiujinError where the study cannot be written, or another process does not let go of it.
    """
    with locked(study.folder, tell=tell), _home(study, tell) as home:
        recover(study.folder, home)
        yield home


@contextmanager
def settled(study: Study, *, tell: Tell = lambda _: None) -> Iterator[bool]:
    """Hold a study to build it, what a dead process left in it brought to an end; False where it can't be written."""
    with locked(study.folder, tell=tell, must=False) as is_held:
        if is_held and (study.inputs.register is None or announced(study.folder) is not None):
            with _home(study, tell) as home:
                recover(study.folder, home)
        yield is_held


def history_of(folder: Path) -> list[Entry]:
    """List the additions to a study and what was taken back, in the order in which it happened."""
    study = read_study(folder)
    if study.inputs.register is None:
        return entries(study.folder)
    from jiujin.reading.database import connected

    with connected(study.inputs.register.address) as database:
        return DatabaseHome(database=database, table=study.inputs.register).entries()


def laid_out(study: Study, content: bytes) -> bytes | None:
    """Give the bytes of a register as its home gives them back."""
    return content if study.inputs.register is None else canonical(content)


@contextmanager
def _home(study: Study, tell: Tell) -> Iterator[Home]:
    table = study.inputs.register
    if table is None:
        yield FileHome(study.folder)
        return
    from jiujin.reading.database import connected

    with connected(table.address) as database:
        hold(database, table, tell=tell, wait_s=WAIT_S)
        yield DatabaseHome(database=database, table=table)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHome:
    """A table of a database, held by this connection; register and history change in one transaction."""

    database: psycopg.Connection[tuple[Any, ...]]
    table: DatabaseTable
    has_history: bool = True

    def read(self) -> bytes | None:
        """Give the register as the bytes that the file would have; None where nothing was added."""
        return content_of(self.database, self.table)

    def put(self, entry: Entry) -> None:
        """Change the register and write down that it was changed."""
        with self.database.transaction():
            put_content(self.database, self.table, entry.after)
            put_history(self.database, self.table, _shared(entry).row())

    def take_back(self, entry: Entry) -> None:
        """Put the register back as it was, and its history."""
        with self.database.transaction():
            put_content(self.database, self.table, entry.before)
            forget_last(self.database, self.table, entry.at, entry.who)

    def entries(self) -> list[Entry]:
        """Every concluded change, in order."""
        return [Entry.of(row) for row in history_rows(self.database, self.table)]

    def record(self, entry: Entry) -> Entry:
        """Write down a change that has happened."""
        with self.database.transaction():
            return replace(entry, number=put_history(self.database, self.table, _shared(entry).row()))


def _shared(entry: Entry) -> Entry:
    """Leave out where the outputs were written: a folder of one computer says nothing on others."""
    return replace(entry, out="")
