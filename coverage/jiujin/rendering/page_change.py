"""
A page that shows what has changed since an earlier build: the later build's own page, with the difference in it.

The page of a build tells nothing of what was before, so that the same input makes the same bytes. The difference is a
second block of data beside the first, put there on demand; whether it belongs to the page, the page checks itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jiujin.analysis.change import Built, Changes, moved
from jiujin.errors import Problem, TableError
from jiujin.rendering.staging import written_by_build

_DATA, _CHANGE = ('<script type="text/plain" id="data">', '<script type="text/plain" id="change">')


def write_change_page(path: Path, *, page: Path, before: Built, after: Built, changes: Changes, since: str) -> None:
    """
    Write a copy of the later build's `page` that shows what changed; `since` names the earlier build.

    TableError where there is no page, and where `path` is an output of a build or a file that is no such copy.
    """
    if taken := _in_the_way(path):
        raise TableError(taken)
    if not page.is_file() or _DATA not in (text := page.read_text(encoding="utf-8")):
        raise TableError(_no_page(page))
    told = json.dumps(_told(before, after, changes, since), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    told = told.replace("<", "\\u003c")  # no name ends the block
    block = f"{_CHANGE}{told}</script>\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(_DATA, block + _DATA, 1), encoding="utf-8", newline="\n")


def _told(before: Built, after: Built, changes: Changes, since: str) -> dict[str, Any]:
    services = {}
    for row in changes.services.to_dict("records"):
        if (rows := moved(before, after, row["service"])) is not None:
            pairs = {name: _pair(row, name) for name in ("sites", "covered", "pop_rate")}
            people = [0.0 if np.isnan(row[name]) else float(row[name]) for name in ("newly", "no_longer")]
            newly, no_longer = (_places(after.people.iloc[moving]) for moving in rows)
            services[row["service"]] = {**pairs, "people": people, "newly": newly, "no_longer": no_longer}
    return {"before": since, "points": len(after.people), "services": services}


def _pair(row: Mapping[Any, Any], name: str) -> list[float | None]:
    return [None if np.isnan(value := row[f"{name}_{when}"]) else float(value) for when in ("before", "after")]


def _places(people: pd.DataFrame) -> dict[str, list[int]]:
    """
    Where these people stand: by community, longitude and latitude in 1e-7 degrees, each as the step from the last one.

    People of one community at one place have one status; the page finds them by it, whatever order it holds them in.
    """
    degrees = np.rint(people[["lon", "lat"]].to_numpy(np.float64) * 1e7).astype(np.int64)
    codes = people["community_code"].to_numpy(object)
    told = {}
    for code in sorted(set(codes)):
        rows = np.unique(degrees[codes == code], axis=0)
        told[str(code)] = np.diff(rows, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel().tolist()
    return told


def _in_the_way(path: Path) -> Problem | None:
    place = path.resolve()
    if any(place.relative_to(folder).as_posix() in written_by_build(folder) for folder in list(place.parents)[:2]):
        found = f"{path} 是 jiujin build 的成果，下次生成会重写"
    elif place.exists() and not (place.is_file() and _CHANGE.encode() in place.read_bytes()):
        found = f"{path} 已存在，且不是变化地图"
    else:
        return None
    return Problem(
        severity="error",
        rule="map_in_the_way",
        file=path.name,
        found=found,
        wanted="新的文件名，或先前用 --map 写出的变化地图",
        action="未写变化地图，原有文件未改动；请换一个文件名",
    )


def _no_page(page: Path) -> Problem:
    return Problem(
        severity="error",
        rule="no_page",
        file=page.name,
        found=f"{page} 不是 jiujin build 写出的地图",
        wanted="新成果文件夹中的 index.html",
        action="请重新生成新成果，再用 --map 写变化地图",
    )
