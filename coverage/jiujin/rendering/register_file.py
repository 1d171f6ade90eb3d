"""`facilities_added.csv` written so that Excel and WPS open it and a killed program never leaves half of it."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from jiujin.errors import JiujinError, Problem
from jiujin.rendering.tables import cell

_OTHER = "other:"


def register_content(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    """Lay out the additions as CSV in UTF-8 with a byte order mark: these columns first, then those people added."""
    further = [name for row in rows for name in row if name not in columns]
    names = [*columns, *dict.fromkeys(further)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([name.removeprefix(_OTHER) for name in names])
    writer.writerows([cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def put_file(path: Path, content: bytes | None) -> None:
    """
    Let a file have this content, or be gone (None), in one step: whoever reads it meets the old or the new, whole.

    Raises `JiujinError` where that cannot be written; the old file then stands as it was.
    """
    try:
        if content is None:
            path.unlink(missing_ok=True)
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise JiujinError(cannot_write(path, error)) from error


def sweep_beside(path: Path) -> None:
    """Remove what a killed program left beside a file that it was about to replace."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> Problem:
    """Say in Chinese why a file cannot be written."""
    reasons = {28: "磁盘已满", 13: "没有写入权限，或文件正被其他程序（如 Excel）打开", 30: "磁盘为只读"}
    return Problem(
        severity="error",
        rule="cannot_write",
        file=path.name,
        found=f"无法写入 {path}：{reasons.get(error.errno or 0, error.strerror or str(error))}",
        wanted="可写的项目文件夹，且文件未被打开",
        action="登记表与成果保持不变；请关闭打开的文件或清理磁盘后重试",
    )
