"""
Register and outputs change together: both, or neither, even when the process dies in between.

The outputs decide. They change places in a single step and say in `summary.json` which register they were made from;
whatever a dead process left, the register is brought to where they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from jiujin.errors import JiujinError
from jiujin.rendering.register_file import put_file, sweep_beside
from jiujin.rendering.register_history import Entry, announce, announced, conclude, entries, record, withdraw
from jiujin.tables import ADDITIONS_FILE

T = TypeVar("T")


class Home(Protocol):
    """
    Where the additions of a study stand, and their history.

    `put` brings the register from `entry.before` to `entry.after`, `take_back` the other way, each in one step.
    `has_history`: the history changes in the same step, and is not to be concluded afterwards.
    """

    @property
    def has_history(self) -> bool:
        """Whether `put` writes the history too."""

    def read(self) -> bytes | None:
        """Give the register as it stands; None where nothing was added."""

    def put(self, entry: Entry) -> None:
        """Make this change."""

    def take_back(self, entry: Entry) -> None:
        """Undo this change, which did not come to its end."""

    def entries(self) -> list[Entry]:
        """Every concluded change, in order."""

    def record(self, entry: Entry) -> Entry:
        """Write down a change that has happened."""


@dataclass(frozen=True, slots=True)
class FileHome:
    """`facilities_added.csv` in the study's folder, and the history beside its cache."""

    study: Path
    has_history: bool = False

    def read(self) -> bytes | None:
        """Give the bytes of the file; None where there is none."""
        path = self.study / ADDITIONS_FILE
        return path.read_bytes() if path.is_file() else None

    def put(self, entry: Entry) -> None:
        """Replace the file in one step."""
        put_file(self.study / ADDITIONS_FILE, entry.after)

    def take_back(self, entry: Entry) -> None:
        """Put the file back as it was."""
        put_file(self.study / ADDITIONS_FILE, entry.before)

    def entries(self) -> list[Entry]:
        """Every concluded change, in order."""
        return entries(self.study)

    def record(self, entry: Entry) -> Entry:
        """Write down a change that has happened."""
        return record(self.study, entry)


def changed_together(
    study: Path, entry: Entry, write: Callable[[Callable[[], None]], T], *, home: Home | None = None
) -> T:
    """
    Put new outputs and the register of `entry` in place; `home` is the study's folder unless stated.

    `write` writes the outputs and calls what it is given when they are whole and not yet in place. Where anything
    fails, register and outputs are both as they were, and the reason is raised.
    """
    place = home or FileHome(study)
    number = 0

    def last_step() -> None:
        nonlocal number
        number = announce(study, entry).number
        place.put(entry)

    try:
        written = write(last_step)
    except BaseException:
        with suppress(JiujinError):
            recover(study, place)
        raise
    with suppress(JiujinError):  # what cannot be noted now, the next command finds and notes
        _end(study, number, place, is_done=True)
    return written


def recover(study: Path, home: Home | None = None) -> None:
    """Bring to an end what a process that died had announced; the study must be locked."""
    place = home or FileHome(study)
    sweep_beside(study / ADDITIONS_FILE)
    entry = announced(study)
    if entry is None:
        return
    is_done = _register_of(Path(entry.out)) == _digest(entry.after)
    now = place.read()
    if is_done and now == entry.before != entry.after:
        place.put(entry)
    elif not is_done and now == entry.after:
        place.take_back(entry)  # else somebody has written it since: theirs stays
    _end(study, entry.number, place, is_done=is_done)


def _end(study: Path, number: int, home: Home, *, is_done: bool) -> None:
    """Let an announced change be history, or forgotten; a home with its own history has it there."""
    if is_done and not home.has_history:
        conclude(study, number)
    else:
        withdraw(study, number)


def _register_of(out: Path) -> str | None:
    """SHA-256 of the register that these outputs were made from: empty for none, None where there are no outputs."""
    try:
        told = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        return str(told["inputs"].get(ADDITIONS_FILE, ""))
    except (OSError, ValueError, KeyError):
        return None


def _digest(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()
