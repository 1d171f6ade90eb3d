"""
Where the people of a study live: points with the number of people of each group.

Points come as they are (tables, layers); community totals are spread over buildings or streets; rasters of persons
give a point to a cell; lists of single persons are only ever added up.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.coordinates import Plane, to_wgs84
from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.communities import name_in_study
from jiujin.reading.population_files import PeopleRows, plain_rows
from jiujin.reading.population_groups import larger_than_whole, usable_people, with_estimates
from jiujin.study import Study


def read_population(
    study: Study, *, communities: gpd.GeoDataFrame, streets: Streets, plane: Plane | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Read the people of a study, in input order.

    Columns: `id` (unique text), `lon`, `lat` (WGS 84), `community_code` (as the file states it, else missing), and a
    float64 column for each group that is counted or estimated; `attrs["estimated"]` is the set of the latter. Raises
    TableError when there is nobody, or a file cannot be used, saying what to write or to bring.
    """
    problems: list[Problem] = []
    parts = []
    for path in study.inputs.population:
        rows = plain_rows(path, study, file=name_in_study(study, path))
        assert rows is not None
        parts.append(_points(study, path, rows, problems))
    frame = pd.concat(parts, ignore_index=True)
    groups = tuple(group.id for group in study.groups if group.id in frame)
    frame, more = usable_people(frame, groups)
    problems += more + larger_than_whole(frame, groups)
    if frame.empty:
        raise TableError([*problems, _nobody(study)])
    frame, estimated, more = with_estimates(frame, study)
    frame, renamed = with_ids(frame)
    kept = [group.id for group in study.groups if group.id in frame]
    people = frame[["id", "lon", "lat", "community_code", *kept]].reset_index(drop=True)
    people.attrs["estimated"] = estimated
    return people, problems + more + renamed


def with_ids(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Give an id to every point that has none (`P000001` by its place), and tell repeated ones apart (`a`, `a#2`)."""
    problems: list[Problem] = []
    ids = frame["id"].astype("str") if "id" in frame else pd.Series(None, frame.index, dtype="str")
    missing = ids.isna().to_numpy()
    if missing.any():
        width = max(6, len(str(len(frame))))
        ids = ids.where(~missing, pd.Series([f"P{number:0{width}d}" for number in range(1, len(frame) + 1)], ids.index))
        found = f"{int(missing.sum())} 个人口点没有编号"
        problems.append(
            Problem(severity="info", rule="made_id", column="id", found=found, action="按行序编号 P000001…")
        )
    repeated = ids.duplicated(keep="first").to_numpy()
    if repeated.any():
        ids = _told_apart(ids, repeated)
        found = f"{int(repeated.sum())} 个人口点的编号重复，例如 {frame['id'][repeated].iloc[0]}"
        problems.append(
            Problem(
                severity="warning",
                rule="duplicate_id",
                column="id",
                found=found,
                wanted="编号不重复",
                action="编号后加 #2、#3 区分",
            )
        )
    return frame.assign(id=ids), problems


def _told_apart(ids: pd.Series, repeated: NDArray[np.bool_]) -> pd.Series:
    taken, texts, count = set(ids), ids.tolist(), dict[str, int]()
    for at in np.flatnonzero(repeated):
        text = texts[at]
        count[text] = count.get(text, 1) + 1
        while f"{text}#{count[text]}" in taken:
            count[text] += 1
        texts[at] = f"{text}#{count[text]}"
        taken.add(texts[at])
    return pd.Series(texts, ids.index, dtype="str")


def _points(study: Study, path: Path, rows: PeopleRows, problems: list[Problem]) -> pd.DataFrame:
    """The rows of one file of points, at WGS 84 degrees, without those that are nowhere."""
    frame = rows.frame.assign(file=rows.file)
    lon, lat = frame["lon"].to_numpy(np.float64), frame["lat"].to_numpy(np.float64)
    stated = study.datum_of("population", path)
    if stated != "auto":
        lon, lat = to_wgs84(lon, lat, stated)
    nowhere = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)) | ((lon == 0) & (lat == 0))
    if nowhere.any():
        problems += _nowhere(frame, nowhere)
    placed = frame.assign(lon=lon, lat=lat)
    for name in ("id", "community_code"):
        if name not in placed:
            placed[name] = pd.Series(None, placed.index, dtype="str")
    return placed[~nowhere] if nowhere.any() else placed


def _nowhere(frame: pd.DataFrame, nowhere: NDArray[np.bool_]) -> list[Problem]:
    rows = np.flatnonzero(nowhere)
    return [
        Problem(
            severity="error", rule="unreadable_position", file=str(frame["file"].iloc[at]), row=int(frame["row"].iloc[at]),
            column="lon", found="经纬度缺失或不是经纬度", wanted="经度和纬度", action="未使用该行",
        )
        for at in rows[:100].tolist()
    ]  # fmt: skip


def _nobody(study: Study) -> Problem:
    files = "、".join(name_in_study(study, path) for path in study.inputs.population)
    return Problem(
        severity="error", rule="no_people", file=files, found="没有任何可用的人口点", wanted="带经纬度和人数的人口点"
    )
