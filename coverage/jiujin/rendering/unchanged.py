"""
Outputs that would come out as they are: not written again, the file of the last build goes over as it stands.

A file may stay when everything that it is made of is the same, by digest, and when its own bytes are still those that
were written then. What somebody has changed in it since, a build replaces. The cache holds on to every file and to the
one that it replaced, by a second name that takes no room while the outputs have it too: an addition that is taken back
needs nothing written or drawn again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jiujin.caching import Cache, digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The folder of the last build, the one that is being written, and the cache that knows what was written."""

    last: Path
    stage: Path
    cache: Cache

    def file(self, name: str, made_of: object, write: Callable[[Path], object]) -> None:
        """
        Let the file `name` be in the stage: the last build's where it would be the same, else written anew.

        `made_of` is everything that the file depends on.
        """
        path = self.stage / name
        if self.cache.folder is None:
            write(path)
            return

        def written() -> str:
            write(path)
            return sha256(path)

        label = name.replace("/", "-")
        known = self.cache.of(f"file-{label}", digest_of(name, made_of), written)
        held, replaced = (
            self.cache.folder / f"output-{each[:32]}-{label}" for each in (known, sha256(self.last / name))
        )
        if not path.is_file():
            there = self.last / name if replaced == held else held
            if sha256(there) == known:
                _carry(there, path)
            else:
                write(path)
        if self.cache.may_write:
            _hold(path, held, {held, replaced}, label)


def sha256(path: Path) -> str:
    """SHA-256 of a file; empty where there is none to be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _carry(old: Path, new: Path) -> None:
    """Give a file a second name; where that is impossible, copy it."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copy2(old, new)


def _hold(path: Path, held: Path, kept: set[Path], label: str) -> None:
    """Give a file a second name in the cache, where that works, and let go of all versions of it but those kept."""
    with suppress(OSError):
        held.unlink(missing_ok=True)
        os.link(path, held)
    with suppress(OSError):
        for old in set(held.parent.glob(f"output-{'?' * 32}-{label}")) - kept:
            old.unlink(missing_ok=True)
