"""A folder of outputs read back, to be held against another."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jiujin.analysis.change import Built, CoveredPoints
from jiujin.errors import Problem, TableError
from jiujin.study import presets

_PEOPLE = "tables/access.parquet"
_COVERED, _BITS = "covered.json", "covered.bits"
_FILES = ("summary.json", "tables/communities.csv", "tables/targets.csv")


def read_built(folder: Path) -> Built:
    """Read what one build says; TableError, naming every file, where the folder does not hold a whole build."""
    if not folder.is_dir():
        raise TableError(_no_folder(folder))
    missing = [name for name in (*_FILES, _PEOPLE) if not (folder / name).is_file()]
    if missing:
        raise TableError([_missing(folder, name) for name in missing])
    try:
        people = pd.read_parquet(folder / _PEOPLE)
        return _built({name: (folder / name).read_bytes() for name in _FILES}, people)
    except (ValueError, KeyError, OSError) as error:
        raise TableError(_unreadable(folder, error)) from error


def stated(folder: Path) -> dict[str, Any]:
    """What a build says of itself; nothing where no summary is there, or none that can be read."""
    try:
        told = json.loads((folder / _FILES[0]).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def as_of(folder: Path) -> str:
    """The day that a build is of, as it states it."""
    return str(stated(folder).get("as_of", ""))


def read_archived(path: Path) -> Built:
    """Read what an archived build says: sums, and which points were covered. TableError where it is not whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in _FILES}
            return _built(files, pd.DataFrame(), _covered_points(archive))
    except (ValueError, KeyError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise TableError(_unreadable(path, error)) from error


def _covered_points(archive: zipfile.ZipFile) -> CoveredPoints | None:
    """Read which points were covered; None in an archive of an earlier version, which did not keep that."""
    if _COVERED not in archive.namelist():
        return None
    told = json.loads(archive.read(_COVERED))
    octets = np.frombuffer(archive.read(_BITS), np.uint8).reshape(len(told["services"]), -1)
    marks = np.unpackbits(octets, axis=1, count=told["count"]).astype(np.bool_)
    return CoveredPoints(points=told["points"], services=dict(zip(told["services"], marks, strict=True)))


def _built(files: Mapping[str, bytes], people: pd.DataFrame, points: CoveredPoints | None = None) -> Built:
    told, of_communities, of_targets = json.loads(files[_FILES[0]]), files[_FILES[1]], files[_FILES[2]]
    text = {"community_code": str, "community_name": str, "township": str, "service": str, "group": str, "id": str}
    communities = pd.read_csv(
        io.BytesIO(of_communities), dtype=text, encoding="utf-8-sig", keep_default_na=False, na_values=[""]
    )
    return Built(
        county=told["services"],
        communities=communities,
        targets=pd.read_csv(io.BytesIO(of_targets), dtype=text, encoding="utf-8-sig"),
        people=people,
        reach_m=told["parameters"]["reach_m"],
        labels=_labels(told),
        groups=dict(zip(communities["service"], communities["group"], strict=True)),
        points=points,
    )


def _labels(told: dict[str, Any]) -> dict[str, str]:
    known = presets().get("services", presets())
    stated = told["parameters"].get("labels", {})
    return {
        service: stated.get(service) or known.get(service, {}).get("label", service) for service in told["services"]
    }


def _no_folder(folder: Path) -> Problem:
    return Problem(
        severity="error",
        rule="no_build",
        found=f"没有文件夹 {folder}",
        wanted="jiujin build 写出的成果文件夹",
        action="请核对名称；没有用 --out 指定的，成果在当前位置的 maps/项目名 中",
    )


def _missing(folder: Path, name: str) -> Problem:
    return Problem(
        severity="error",
        rule="no_build",
        file=name,
        found=f"文件夹 {folder} 中没有 {name}",
        wanted="jiujin build 写出的成果文件夹",
        action="请指向两次生成的成果文件夹，例如 jiujin compare 旧成果 新成果",
    )


def _unreadable(folder: Path, error: Exception) -> Problem:
    return Problem(
        severity="error",
        rule="no_build",
        found=f"{folder} 中的成果读不出来：{error}",
        wanted="同一版本 jiujin build 写出的、未改动的成果文件夹",
        action="请重新生成",
    )
