"""
Where the people of a study live: points with the number of people of each group.

Points come as they are (tables, layers); community totals are spread over buildings or streets; rasters of persons
give a point to a cell; lists of single persons are only ever added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from jiujin.analysis.residence import community_of
from jiujin.coordinates import Plane, plane_of
from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.communities import name_in_study
from jiujin.reading.communities_join import matched_units
from jiujin.reading.layers import SUFFIXES, read_layer
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.reading.population_files import PeopleRows, frame_rows, people_rows
from jiujin.reading.population_groups import larger_than_whole, usable_people, with_estimates
from jiujin.reading.population_ids import with_ids
from jiujin.reading.population_places import Ground, layer_datum, placed_rows
from jiujin.reading.population_stated import Stated, joined_totals, stated_by
from jiujin.reading.population_totals import compared, rescaled, spread_totals, totals_of, unit_columns
from jiujin.reading.registers import in_cells, is_register, person_groups, personal_problem, refused
from jiujin.study import Study

RASTERS = (".tif", ".tiff", ".img", ".vrt")


@dataclass(slots=True)
class _Found:
    """What the population files hold, file after file."""

    points: list[pd.DataFrame] = field(default_factory=list)
    cells: list[pd.DataFrame] = field(default_factory=list)
    totals: list[Stated] = field(default_factory=list)
    buildings: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_population(
    study: Study, *, communities: gpd.GeoDataFrame, streets: Streets | None = None, plane: Plane | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Read the people of a study, in input order.

    Columns: `id` (unique text), `lon`, `lat` (WGS 84), `community_code` (as the file states it, else missing), and a
    float64 column for each group that is counted or estimated; `attrs["estimated"]` is the set of the latter. Raises
    TableError when there is nobody, or a file cannot be used, saying what to write or to bring.
    """
    if plane is None:
        west, south, east, north = communities.total_bounds
        plane = plane_of(np.array([west, east]), np.array([south, north]), study.crs)
    ground = Ground(study=study, communities=communities, streets=streets, plane=plane)
    found = _Found()
    broken: list[Problem] = []
    for path in study.inputs.population:
        try:
            _read(path, ground, found)
        except TableError as error:
            broken += error.problems
    if broken:
        raise TableError(list(dict.fromkeys([*broken, *found.problems])))
    frame = _all_people(_with_buildings(ground, found), found)
    groups = tuple(group.id for group in study.groups if group.id in frame)
    frame, more = usable_people(frame, groups)
    stated = frame["file"].isin([file for file in frame["file"].dropna().unique() if file])
    found.problems += more + larger_than_whole(frame[stated], groups)  # what totals say was held against them before
    if frame.empty:
        raise TableError([*found.problems, _nobody(study)])
    frame, estimated, of_groups = with_estimates(frame, study)
    frame, of_ids = with_ids(frame)
    kept = [group.id for group in study.groups if group.id in frame]
    people = frame[["id", "lon", "lat", "community_code", *kept]].reset_index(drop=True)
    people.attrs["estimated"] = estimated
    return people, [*found.problems, *of_groups, *of_ids]


def _read(path: Path, ground: Ground, found: _Found) -> None:
    """Open one file of any kind and add what it holds."""
    file = name_in_study(ground.study, path)
    suffix = path.suffix.lower()
    if not path.exists():
        said = "没有这个文件"
        raise TableError([*found.problems, Problem(severity="error", rule="missing_file", file=file, found=said)])
    if suffix in RASTERS:
        from jiujin.reading.raster import read_raster  # rasterio is only loaded for those who have a raster

        cells, group, problems = read_raster(ground.study, path, ground.communities, file=file)
        found.cells.append(cells.rename(columns={"people": group}).assign(file=file))
        found.problems += problems
    elif suffix in SUFFIXES:
        _layer(path, file, ground, found)
    else:
        tables, problems = people_rows(path, ground.study, file=file)
        found.problems += problems
        for rows in tables:
            _table(rows, path, ground, found)


def _layer(path: Path, file: str, ground: Ground, found: _Found) -> None:
    """Points as they stand, polygons by a point inside them; polygons that are the communities hold totals."""
    frame, declared, problems = read_layer(path, file=file)
    found.problems += problems
    rows = frame_rows(pd.DataFrame(frame.drop(columns="geometry")), ground.study, file=file)
    shapes = frame.geometry.to_numpy()
    if shapely.is_missing(shapes).all():
        _table(rows, path, ground, found)
        return
    if (shapely.get_type_id(shapes) >= 3).any() and _are_communities(rows, ground.communities):
        _totals(rows, ground, found)
        return
    if not rows.groups and not rows.personal and (shapely.get_type_id(shapes[~shapely.is_missing(shapes)]) >= 3).all():
        found.buildings.append(path)
        said, action = "没有人数列的面", "作为建筑轮廓，社区（村）人口合计分到各栋"
        found.problems.append(Problem(severity="info", rule="footprints", file=file, found=said, action=action))
        return
    place = LayerPlace(study=ground.study, layer="population", path=path, file=file, streets=ground.streets)
    tell = (lambda layer: layer_datum(layer, file, ground)) if declared is None else None
    frame, moved = placed(frame, declared, place, tell=tell)
    found.problems += moved
    drawn = frame.geometry.notna().to_numpy()
    points = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()[drawn]))
    here = rows.frame[drawn].assign(lon=points[:, 0], lat=points[:, 1])
    if is_register(rows.columns, rows.groups):
        _table(replace(rows, frame=here.reset_index(drop=True)), path, ground, found)
        return
    if rows.personal:
        found.problems.append(personal_problem(file, "", rows.personal))
    found.points.append(here.assign(file=file))


def _are_communities(rows: PeopleRows, communities: gpd.GeoDataFrame) -> bool:
    matched = matched_units(unit_columns(rows.frame), communities) >= 0
    return bool(matched.mean() > 0.5) if len(matched) else False


def _table(rows: PeopleRows, path: Path, ground: Ground, found: _Found) -> None:
    """Rows of points, of communities or of persons; columns about persons are left out and told."""
    if rows.personal:
        found.problems.append(personal_problem(rows.file, rows.sheet, rows.personal))
    if is_register(rows.columns, rows.groups):
        _register(rows, path, ground, found)
    elif rows.placed:
        points, problems = placed_rows(rows, path, ground)
        found.points.append(points)
        found.problems += problems
    else:
        _totals(rows, ground, found)


def _totals(rows: PeopleRows, ground: Ground, found: _Found) -> None:
    totals, problems = totals_of(rows, ground.communities)
    found.totals.append(stated_by(rows, totals))
    found.problems += problems


def _register(rows: PeopleRows, path: Path, ground: Ground, found: _Found) -> None:
    """Add up a list of persons as the study asks; refuse it where the study does not ask."""
    how = ground.study.inputs.options.get("aggregate")
    by_cell = how == "grid100" and rows.placed
    if how is None or (how == "grid100" and not rows.placed):
        found.problems.append(refused(rows.file, rows.sheet, len(rows.frame), personal=bool(rows.personal)))
        return
    persons = person_groups(rows.frame, ground.study, title=rows.title)
    groups = list(persons.columns)
    home = matched_units(unit_columns(rows.frame, own_id=False), ground.communities)
    frame = rows.frame.assign(**persons)
    if rows.placed:
        placed_frame, problems = placed_rows(rows, path, ground)
        found.problems += [problem for problem in problems if not rows.personal or problem.row is None]
        frame = frame.loc[placed_frame.index].assign(lon=placed_frame["lon"], lat=placed_frame["lat"])
        by_place = community_of(frame["lon"], frame["lat"], ground.communities)
        home = np.where(home[placed_frame.index] >= 0, home[placed_frame.index], by_place).astype(np.int32)
    found.problems.append(_added_up(rows, len(frame), int((home < 0).sum()), by_cell=by_cell))
    codes = np.array([*ground.communities["code"], None], object)
    if by_cell:
        cells = in_cells(frame.assign(community_code=codes[home]), groups, ground.plane)
        found.points.append(cells.assign(file=rows.file, row=0))
    else:
        found.totals.append(stated_by(rows, frame.loc[home >= 0, groups].groupby(home[home >= 0]).sum(), adds=True))


def _with_buildings(ground: Ground, found: _Found) -> Ground:
    """Take footprints among the population files as the study's buildings; without totals the communities count."""
    if not found.buildings:
        return ground
    counted = [group.id for group in ground.study.groups if group.id in ground.communities]
    if not found.totals and counted:
        own = pd.DataFrame(ground.communities[counted]).reset_index(drop=True)
        found.totals.append(Stated(file="", sheet="", totals=own.dropna(how="all").fillna(0.0).clip(lower=0)))
        found.problems += larger_than_whole(pd.DataFrame(ground.communities), tuple(counted))
    inputs = ground.study.inputs
    inputs = replace(inputs, buildings=(*inputs.buildings, *found.buildings))
    return replace(ground, study=replace(ground.study, inputs=inputs))


def _all_people(ground: Ground, found: _Found) -> pd.DataFrame:
    """Join points, cells and spread totals into one frame, in input order."""
    totals, twice = joined_totals(found.totals, ground.communities)
    found.problems += twice
    parts = list(found.points)
    if found.cells:
        cells, groups = _joined_cells(found.cells)
        if totals is not None and not parts:
            cells, problems = rescaled(cells, groups, totals, ground)
            found.problems += problems
            totals = None
        parts.append(cells)
    if totals is not None and parts:
        whole = pd.concat(parts, ignore_index=True)
        found.problems += compared(whole, community_of(whole["lon"], whole["lat"], ground.communities), totals, ground)
    elif totals is not None:
        people, problems = spread_totals(totals, ground)
        found.problems += problems
        parts.append(people.assign(file=""))
    if not parts:
        raise TableError([*found.problems, _nobody(ground.study)])
    return _filled(parts, ground.study, found.problems)


def _filled(parts: Sequence[pd.DataFrame], study: Study, problems: list[Problem]) -> pd.DataFrame:
    """All parts under one another; a group that a file does not count has nobody there, which is told."""
    have = [group.id for group in study.groups if any(group.id in part for part in parts)]
    filled = []
    for part in parts:
        missing = [group for group in have if group not in part]
        for group in missing:
            file = str(part["file"].iloc[0]) if len(part) else ""
            found = f"该文件没有 {group}，其他人口文件有"
            problems.append(
                Problem(
                    severity="warning",
                    rule="group_not_counted",
                    file=file,
                    found=found,
                    column=group,
                    action="按 0 人计",
                )
            )
        texts = {
            name: pd.Series(None, part.index, dtype="str") for name in ("id", "community_code") if name not in part
        }
        filled.append(part.assign(**dict.fromkeys(missing, 0.0), **texts))
    whole = pd.concat([part for part in filled if len(part)] or filled[:1], ignore_index=True)
    return whole.assign(id=whole["id"].astype("str"), community_code=whole["community_code"].astype("str"))


def _joined_cells(rasters: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Rasters of several groups as one frame: cells at the same place are one point."""
    keys = ["lon", "lat", "community_code", "cell", "row", "file"]
    groups = list(dict.fromkeys(name for raster in rasters for name in raster.columns if name not in keys))
    whole = pd.concat(rasters, ignore_index=True)
    by_place = whole.groupby(["lon", "lat", "community_code"], sort=False, as_index=False)
    cells = by_place.agg({**dict.fromkeys(groups, "sum"), "cell": "first", "row": "first", "file": "first"})
    cut = cells["cell"].duplicated(keep=False)
    ids = cells["cell"].where(~cut, cells["cell"] + "-" + cells["community_code"])
    return cells.assign(id=ids), groups


def _added_up(rows: PeopleRows, persons: int, homeless: int, *, by_cell: bool) -> Problem:
    said = f"；其中 {homeless} 人不在任何社区（村）" if homeless else ""
    return Problem(
        severity="info", rule="register_added_up", file=rows.file, sheet=rows.sheet, found=f"名册 {persons} 人{said}",
        action=f"只在内存中按{'百米网格' if by_cell else '社区（村）'}汇总，个人信息未保留",
    )  # fmt: skip


def _nobody(study: Study) -> Problem:
    files = "、".join(name_in_study(study, path) for path in study.inputs.population)
    return Problem(
        severity="error", rule="no_people", file=files, found="没有任何可用的人口点", wanted="带经纬度和人数的人口点"
    )
