"""A folder of outputs appears whole or not at all, and what other people put into it stays."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
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
    put_aside = _put_aside(folder)
    if put_aside and not folder.exists():
        put_aside.pop().rename(folder)
    for old in put_aside:
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
            with suppress(OSError) if _is_office_lock(name) else nullcontext():
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
    number = max((_number(old) for old in _put_aside(folder)), default=0) + 1  # one that is open could not be removed
    old = folder.parent / f".{folder.name}.old-{number}"
    folder.rename(old)
    try:
        stage.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _put_aside(folder: Path) -> list[Path]:
    """Folders of outputs that were put aside for new ones, the latest last."""
    return sorted(folder.parent.glob(f".{folder.name}.old-*"), key=_number)


def _number(old: Path) -> int:
    number = old.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


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
    reasons = {
        28: "磁盘已满",
        13: "没有写入权限，或有程序正在使用这个文件夹",
        30: "磁盘为只读",
        16: "文件夹是挂载点，或正被占用",
    }
    held = held_open(folder) if error.errno in {errno.EACCES, errno.EPERM, errno.EBUSY} else []
    if held:
        return Problem(
            severity="error",
            rule="output_open",
            file=str(folder),
            found=f"{'、'.join(held)} 正被其他程序（如 Excel、WPS）打开，无法替换",
            wanted="没有文件被打开的输出文件夹",
            action=f"全部成果保持原样；请关闭 {'、'.join(held)} 后重新运行，或用 --out 换一个文件夹",
        )
    return Problem(
        severity="error",
        rule="cannot_write",
        file=str(folder),
        found=f"无法写入输出文件夹：{reasons.get(error.errno or 0, error.strerror or str(error))}",
        wanted="可写且文件未被打开的文件夹",
        action="原有成果保持不变；请关闭打开的文件、换一个文件夹（--out）或清理磁盘后重试",
    )


def held_open(folder: Path) -> list[str]:
    """
    Name the files of `folder` that another program holds open; empty where none is, or nothing there may be written.

    Windows refuses to write a file that Excel or WPS has open; LibreOffice and Office also leave a mark beside it.
    """
    names = [name for name in _files(folder) if not _is_office_lock(name)] if folder.is_dir() else []
    marked = {name for name in names if any((folder / name).with_name(mark).exists() for mark in _marks(name))}
    shut = {name for name in names if _is_shut(folder / name)}
    return sorted(marked | (shut if len(shut) < len(names) else set()))


def _is_shut(path: Path) -> bool:
    try:
        with path.open("r+b"):
            return False
    except OSError:
        return True


def _marks(name: str) -> tuple[str, str, str]:
    """What Office and LibreOffice call the file that they lay beside one that is open."""
    plain = Path(name).name
    return f"~${plain}", f"~${plain[2:]}", f".~lock.{plain}#"


def _is_office_lock(name: str) -> bool:
    return Path(name).name.startswith(("~$", ".~lock."))
