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
from pathlib import Path
from typing import TypeVar

from jiujin.errors import JiujinError
from jiujin.rendering.register_file import put_file, sweep_beside
from jiujin.rendering.register_history import Entry, announce, announced, conclude, withdraw
from jiujin.tables import ADDITIONS_FILE

T = TypeVar("T")


def changed_together(study: Path, entry: Entry, write: Callable[[Callable[[], None]], T]) -> T:
    """
    Put new outputs and the register of `entry` in place.

    `write` writes the outputs and calls what it is given when they are whole and not yet in place. Where anything
    fails, register and outputs are both as they were, and the reason is raised.
    """
    number = 0

    def last_step() -> None:
        nonlocal number
        number = announce(study, entry).number
        put_file(study / ADDITIONS_FILE, entry.after)

    try:
        written = write(last_step)
    except BaseException:
        with suppress(JiujinError):
            recover(study)
        raise
    with suppress(JiujinError):  # what cannot be noted now, the next command finds and notes
        conclude(study, number)
    return written


def recover(study: Path) -> None:
    """Bring to an end what a process that died had announced; the study must be locked."""
    path = study / ADDITIONS_FILE
    sweep_beside(path)
    entry = announced(study)
    if entry is None:
        return
    is_done = _register_of(Path(entry.out)) == _digest(entry.after)
    now = path.read_bytes() if path.is_file() else None
    if now in (entry.before, entry.after):  # else somebody has written it since: theirs stays
        put_file(path, entry.after if is_done else entry.before)
    if is_done:
        conclude(study, entry.number)
    else:
        withdraw(study, entry.number)


def _register_of(out: Path) -> str | None:
    """SHA-256 of the register that these outputs were made from: empty for none, None where there are no outputs."""
    try:
        told = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        return str(told["inputs"].get(ADDITIONS_FILE, ""))
    except (OSError, ValueError, KeyError):
        return None


def _digest(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()
