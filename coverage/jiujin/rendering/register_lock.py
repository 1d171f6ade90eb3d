"""One at a time: a lock of the operating system on a study, which no crash leaves behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jiujin.errors import JiujinError, Problem
from jiujin.rendering.register_file import cannot_write

OWN = ".jiujin"
"""The folder in a study that holds what the tool keeps for itself: lock, history, cache."""

WAIT_S = 600.0


@contextmanager
def locked(
    study: Path, *, tell: Callable[[str], None] = lambda _: None, wait_s: float = WAIT_S, must: bool = True
) -> Iterator[bool]:
    """
    Hold a study for this process alone; wait while another holds it.

    The lock goes with the process, however it ends. Where the study cannot be written, `must` decides whether that is
    a `JiujinError` or the work goes on without (gives False). Raises `JiujinError` after `wait_s` seconds of waiting.
    """
    path = study / OWN / "lock"
    try:
        path.parent.mkdir(exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if must:
            raise JiujinError(cannot_write(path, error)) from error
        yield False
        return
    try:
        _wait(handle, tell, wait_s)
        yield True
    finally:
        os.close(handle)  # and with it the lock


def _wait(handle: int, tell: Callable[[str], None], wait_s: float) -> None:
    until = time.monotonic() + wait_s
    told = False
    while not _take(handle):
        if not told:
            tell("另一个 jiujin 正在处理这个项目，等待它结束…")
            told = True
        if time.monotonic() > until:
            raise JiujinError(_busy())
        time.sleep(0.05)


def _take(handle: int) -> bool:
    """Try to lock; False while somebody else has it."""
    try:
        if os.name == "nt":  # pragma: no cover - the other branch is tested on POSIX
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _busy() -> Problem:
    return Problem(
        severity="error",
        rule="study_busy",
        found="另一个 jiujin 一直在处理这个项目",
        wanted="同一项目同时只运行一个命令",
        action="登记表与成果未改动；请等它结束后重试",
    )
