"""A folder of outputs appears whole or not at all, and what other people put into it stays."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jiujin.errors import JiujinError, Problem

MARK = ".jiujin-outputs"
"""Names, one per line, the files of a folder that a build wrote: those, and no others, the next build replaces."""


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """
    Give an empty temporary folder beside `folder`; at the end move it into the place of `folder` in one step.

    Where the body fails, `folder` stays as it was. Files in `folder` that no earlier build wrote are carried over.
    Raises `JiujinError` where the place cannot be written, or a file in it is held open by another program.
    """
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
    except OSError as error:
        raise JiujinError(_cannot_write(folder, error)) from error
    try:
        stage.chmod(0o755)
        yield stage
        _carry_over(folder, stage)
        _write_mark(folder, stage)
        _put_in_place(stage, folder)
    except OSError as error:
        raise JiujinError(_cannot_write(folder, error)) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what a killed build left beside `folder`, and bring back a folder that it was killed while exchanging."""
    old = folder.parent / f".{folder.name}.old"
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    for left in folder.parent.glob(f".{folder.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)


def written_by_build(folder: Path) -> set[str]:
    """Names (relative, with `/`) of the files in `folder` that the last build wrote; empty where it wrote none."""
    mark = folder / MARK
    return set(mark.read_text(encoding="utf-8").splitlines()) if mark.is_file() else set()


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _carry_over(folder: Path, stage: Path) -> None:
    if not folder.is_dir():
        return
    ours = written_by_build(folder) | {MARK}
    for name in _files(folder):
        if name not in ours and not (stage / name).exists():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, stage / name)


def _write_mark(folder: Path, stage: Path) -> None:
    ours = written_by_build(folder)
    foreign = {name for name in _files(folder) if name not in ours} if folder.is_dir() else set()
    names = [name for name in _files(stage) if name not in foreign and name != MARK]
    (stage / MARK).write_text("".join(f"{name}\n" for name in names), encoding="utf-8", newline="\n")


def _put_in_place(stage: Path, folder: Path) -> None:
    if not folder.exists():
        stage.rename(folder)
        return
    if _exchange(stage, folder):
        return  # what was in `folder` is now in `stage` and is removed with it
    old = folder.parent / f".{folder.name}.old"
    folder.rename(old)
    try:
        stage.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in a single step where the system can (Linux `renameat2`); False where it cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)


def _cannot_write(folder: Path, error: OSError) -> Problem:
    reasons = {28: "磁盘已满", 13: "没有写入权限，或文件正被其他程序（如 Excel）打开", 30: "磁盘为只读"}
    return Problem(
        severity="error",
        rule="cannot_write",
        file=str(folder),
        found=f"无法写入输出文件夹：{reasons.get(error.errno or 0, error.strerror or str(error))}",
        wanted="可写且文件未被打开的文件夹",
        action="原有成果保持不变；请关闭打开的文件、换一个文件夹（--out）或清理磁盘后重试",
    )
