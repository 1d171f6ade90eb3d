"""
Read streets from line layers: a county's own road layer, in any vector format.

Lines share a vertex where their coordinates agree to 1e-7 degree. Which lines are walkable is told by the class column
that the study declares (`[inputs.options] streets_class`), else by a column `highway` or `fclass`, else all are.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.errors import Problem, TableError
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.reading.layers_shapefile import cut_field
from jiujin.reading.streets_datum import lines_datum, rough_place
from jiujin.reading.streets_ways import MISSING, Ways, e7
from jiujin.reading.walkable import EXCLUDED, PATH, STREET_CLASS, is_step_free, is_walkable, street_class
from jiujin.study import Study

_CLASS_COLUMNS = ("highway", "fclass")
_NOT_WALKABLE = re.compile("高速|铁路|在建|规划|拟建|废弃")
_STEPS = re.compile("台阶|梯道|石阶|梯步|steps")
_DRAWN_AS = (
    ("国道|省道|主干|快速", 0),
    ("县道|次干|乡道|支路", 1),
    ("村道|街|巷|居住", 2),
    ("机耕|农村道路|内部|专用", 3),
    ("步行|人行|小路|小径|绿道", PATH),
)
_TAGS = [key for key, _ in EXCLUDED if key != "highway"] + ["wheelchair"]
_RESIDENTIAL = 2


def read_lines(study: Study, paths: list[tuple[Path, str]]) -> tuple[Ways, list[Problem]]:
    """
    Read line layers, given with the names that problems call them by, as one set of ways numbered in file order.

    TableError where a layer cannot be read or placed, or lacks the class column that the study declares.
    """
    problems: list[Problem] = []
    shapes: list[NDArray[np.object_]] = []
    marks: list[pd.DataFrame] = []
    drawn: set[bytes] = set()
    before = 0
    for path, file in paths:
        frame, declared, found = read_layer(path, file=file, wanted="lines")
        walkable = _walkable(frame, study, file)
        near = rough_place(study) if declared is None else None
        place = LayerPlace(study=study, layer="streets", path=path, file=file, near=near)
        frame, moved = placed(frame, declared, place, tell=lambda lines: lines_datum(lines, study))
        is_line = np.isin(shapely.get_type_id(frame.geometry.to_numpy()), (1, 5))
        is_kept = is_line & walkable["walkable"].to_numpy(bool)
        is_again = is_kept & _drawn_before(frame.geometry.to_numpy(), is_kept, drawn)
        is_kept &= ~is_again
        problems += [*found, *moved, *_said(walkable, ~is_line, is_again, file)]
        shapes.append(frame.geometry.to_numpy()[is_kept])
        marks.append(walkable[is_kept].assign(way=np.flatnonzero(is_kept) + before + 1))
        before += len(frame)
    return _ways(np.concatenate(shapes), pd.concat(marks, ignore_index=True)), problems


def _walkable(frame: pd.DataFrame, study: Study, file: str) -> pd.DataFrame:
    """Per feature: `value` of its class, whether it is `walkable` and `step_free`, and its `street_class`."""
    column = _class_column(frame, study, file)
    if column is None:
        return pd.DataFrame(
            {"value": None, "walkable": True, "step_free": True, "street_class": _RESIDENTIAL}, index=frame.index
        )
    options = study.inputs.options
    skipped = set(options["streets_skip"].split("、")) if "streets_skip" in options else None
    steps = set(options["streets_steps"].split("、")) if "streets_steps" in options else None
    by_name = {str(name).lower(): name for name in frame.columns}
    tag_columns = {tag: frame[by_name[tag]].tolist() for tag in _TAGS if tag in by_name and by_name[tag] != column}
    rows = []
    for place, raw in enumerate(frame[column].tolist()):
        value = _text(raw)
        tags = {tag: text for tag, values in tag_columns.items() if (text := _text(values[place]))}
        rows.append((value or None, *_judged(value, tags, skipped, steps)))
    return pd.DataFrame(rows, columns=["value", "walkable", "step_free", "street_class"], index=frame.index)


def _judged(
    value: str, tags: dict[str, str], skipped: set[str] | None, steps: set[str] | None
) -> tuple[bool, bool, int]:
    is_steps = value in steps if steps is not None else bool(_STEPS.search(value))
    tags = tags | {"highway": "steps" if is_steps else value or "road"}
    walkable = is_walkable(tags) and (value not in skipped if skipped is not None else not _NOT_WALKABLE.search(value))
    drawn = next((drawn for words, drawn in _DRAWN_AS if re.search(words, value)), street_class(tags["highway"]))
    return walkable, is_step_free(tags), STREET_CLASS["steps"] if is_steps else drawn


def _class_column(frame: pd.DataFrame, study: Study, file: str) -> str | None:
    by_name = {str(name).strip().lower(): str(name) for name in frame.columns if name != frame.geometry.name}
    stated = study.inputs.options.get("streets_class")
    if stated is None:
        return next((by_name[name] for name in _CLASS_COLUMNS if name in by_name), None)
    if stated.lower() in by_name:
        return by_name[stated.lower()]
    if (cut := cut_field(stated, by_name.values())) is not None:
        return cut
    raise TableError(
        Problem(
            severity="error",
            rule="missing_column",
            file=file,
            column=stated,
            found=f"道路图层没有 streets_class 写明的列 {stated}",
            wanted="图层中的列：" + "、".join(by_name.values()),
        )
    )


def _text(raw: Any) -> str:
    if raw is None or (isinstance(raw, float) and np.isnan(raw)) or raw is pd.NA:
        return ""
    return str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw).strip()


def _drawn_before(shapes: NDArray[np.object_], is_kept: NDArray[np.bool_], drawn: set[bytes]) -> NDArray[np.bool_]:
    """Lines that repeat an earlier one, in either direction, as layers that draw each direction do; adds to `drawn`."""
    again = np.zeros(len(shapes), bool)
    for at in np.flatnonzero(is_kept).tolist():
        line = shapely.to_wkb(shapely.normalize(shapes[at]))
        again[at] = line in drawn
        drawn.add(line)
    return again


def _ways(shapes: NDArray[np.object_], marks: pd.DataFrame) -> Ways:
    """Parts of one feature follow one another, set apart by a missing vertex."""
    lines, feature = shapely.get_parts(shapes, return_index=True)
    degrees, line = shapely.get_coordinates(lines, return_index=True)
    places = e7(degrees)
    key = places[:, 0] * 2**32 + places[:, 1]  # one number per place: sorting pairs is ten times slower
    _, first, vertex = np.unique(key, return_index=True, return_inverse=True)
    first_of_line = np.flatnonzero(np.diff(line, prepend=-1))
    is_next_part = np.diff(feature[line[first_of_line]], prepend=-1) == 0
    run = np.insert(vertex.ravel(), first_of_line[is_next_part], MISSING)
    owner = np.insert(feature[line], first_of_line[is_next_part], feature[line[first_of_line]][is_next_part])
    return Ways(
        way=marks["way"].to_numpy(np.int64),
        ptr=np.searchsorted(owner, np.arange(len(shapes) + 1)).astype(np.int64),
        vertex=run.astype(np.int64),
        lon_e7=places[first, 0],
        lat_e7=places[first, 1],
        step_free=marks["step_free"].to_numpy(np.bool_),
        street_class=marks["street_class"].to_numpy(np.uint8),
    )


def _said(
    walkable: pd.DataFrame, is_no_line: NDArray[np.bool_], is_again: NDArray[np.bool_], file: str
) -> list[Problem]:
    """What the analyst should know: features that are no lines or repeat one, and which classes are walkable."""
    problems = []
    if is_again.any():
        found = f"{int(is_again.sum())} 条线与前面的线完全重合"
        problems.append(Problem(severity="info", rule="repeated_line", file=file, found=found, action="只用一条"))
    if is_no_line.any():
        found = f"{int(is_no_line.sum())} 个要素不是线"
        problems.append(Problem(severity="warning", rule="not_a_line", file=file, found=found, action="未纳入路网"))
    if walkable["value"].isna().all():
        found, action = (
            "没有道路类别列",
            "全部线按可步行处理；如有高速公路等，请用 [inputs.options] streets_class 写明类别列",
        )
        problems.append(Problem(severity="warning", rule="no_street_class", file=file, found=found, action=action))
    else:
        kept = _counted(walkable.loc[walkable["walkable"], "value"])
        dropped = _counted(walkable.loc[~walkable["walkable"], "value"])
        found = f"可步行的类别：{kept or '无'}；不可步行的类别：{dropped or '无'}"
        problems.append(Problem(severity="info", rule="street_class", file=file, found=found))
    return problems


def _counted(values: pd.Series) -> str:
    counts = Counter("（空）" if pd.isna(value) else str(value) for value in values)
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
    return "、".join(f"{value}×{count}" for value, count in most)
