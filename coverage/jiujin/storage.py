"""
Shared storage: a folder that every machine sees under one path, or an S3-compatible bucket.

    read("s3://bucket/province/study.toml")    read("/mnt/share/province/study.toml")

A place is a path, or a URL such as `s3://bucket/folder`; for a server other than Amazon's
`s3://bucket/folder?endpoint_override=10.0.0.1:9000&scheme=http`. The keys to a bucket come from where its clients look
for them (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, or a profile), never from a study. pyarrow is the door.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jiujin.errors import JiujinError, Problem

Place = Path | str
"""A path, or the URL of a bucket and what is in it."""


def place_of(text: str) -> Place:
    """Tell a URL from a path; paths are made absolute, for they are read by other processes."""
    return text if is_url(text) else Path(text).absolute()


def is_url(place: Place) -> bool:
    """Whether a place is a URL."""
    return isinstance(place, str) and "://" in place


def within(place: Place, *names: str) -> Place:
    """Give the place of a file or folder in a folder."""
    if isinstance(place, Path):
        return place.joinpath(*names)
    address, mark, options = place.partition("?")
    return "/".join((address.rstrip("/"), *names)) + mark + options


def above(place: Place) -> Place:
    """Give the folder that a place is in."""
    if isinstance(place, Path):
        return place.parent
    address, mark, options = place.partition("?")
    return address.rstrip("/").rsplit("/", 1)[0] + mark + options


def name_of(place: Place) -> str:
    """Last part of a place."""
    return Path(str(place).partition("?")[0]).name


def read(place: Place) -> bytes | None:
    """Read a file whole; None where there is none."""
    try:
        if isinstance(place, Path):
            return place.read_bytes()
        system, path = _opened(place)
        with system.open_input_file(path) as file:
            content: bytes = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise JiujinError(_unreachable(place, error)) from error
    return content


def write(place: Place, content: bytes) -> None:
    """Write a file whole or not at all, and the folders that lead to it."""
    try:
        if isinstance(place, Path):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(prefix=".", suffix=".part", dir=place.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(partial).replace(place)
            return
        system, path = _opened(place)
        with system.open_output_stream(path) as stream:  # an object appears when it is closed
            stream.write(content)
    except OSError as error:
        raise JiujinError(_unreachable(place, error)) from error


def files_in(place: Place) -> list[str]:
    """Names of all files in a folder, relative with `/`, in order; none where there is no folder."""
    if isinstance(place, Path):
        return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    from pyarrow.fs import FileSelector

    system, path = _opened(place)
    try:
        found = system.get_file_info(FileSelector(path, allow_not_found=True, recursive=True))
    except OSError as error:
        raise JiujinError(_unreachable(place, error)) from error
    return sorted(each.path[len(path) :].lstrip("/") for each in found if each.is_file)


def remove(place: Place) -> None:
    """Remove a file where there is one."""
    if isinstance(place, Path):
        place.unlink(missing_ok=True)
        return
    system, path = _opened(place)
    try:
        system.delete_file(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise JiujinError(_unreachable(place, error)) from error


@contextmanager
def at_hand(place: Place) -> Iterator[Path]:
    """Give a folder as a path on this machine: itself, or a copy of what lies at the URL, which goes at the end."""
    if isinstance(place, Path):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="jiujin-") as scratch:
        folder = Path(scratch) / (name_of(place) or "study")
        for name in files_in(place):
            if not any(part.startswith(".") for part in Path(name).parts):  # caches and what outputs are made of
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(read(within(place, name)) or b"")
        yield folder


@contextmanager
def delivered(place: Place) -> Iterator[Path]:
    """Give a folder to write into: the place itself, or one whose files are taken to the URL at the end."""
    if isinstance(place, Path):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="jiujin-") as scratch:
        folder = Path(scratch)
        yield folder
        for name in files_in(folder):
            write(within(place, *name.split("/")), (folder / name).read_bytes())


def _opened(place: str) -> tuple[Any, str]:
    from pyarrow import ArrowException
    from pyarrow.fs import FileSystem

    address, mark, options = place.partition("?")
    try:
        system, path = FileSystem.from_uri(quote(address, safe="/:@%") + mark + options)
    except (ArrowException, OSError, ValueError) as error:
        raise JiujinError(_unreachable(place, error)) from error
    return system, path.rstrip("/")


def _unreachable(place: Place, error: BaseException) -> Problem:
    return Problem(
        severity="error",
        rule="no_storage",
        file=str(place).partition("?")[0],
        found=f"无法读写：{error}",
        wanted="各台机器都能读写的文件夹，或 s3://桶/文件夹",
        action="请核对地址、密钥（AWS_ACCESS_KEY_ID 等）和网络；已完成的县不会重算",
    )
