"""
The inputs of a study, read once and kept: what stands in the county, and which facilities there are.

What is kept lies under the contents of the files that it was read from, so that a changed file is read again. A file
that changes while it is read stops the run: nothing is computed from half of one state and half of another.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import geopandas as gpd
import pandas as pd
import shapely

from jiujin.analysis.compounds import Compounds
from jiujin.analysis.coverage_housing import BUILDINGS, COMPOUNDS, LAND, Housing
from jiujin.caching import Cache, Shelf, digest_of
from jiujin.coordinates import Plane, plane_of
from jiujin.errors import Problem, StudyError
from jiujin.network.streets import Streets, Surroundings
from jiujin.reading.communities import read_communities
from jiujin.reading.compounds import compound_places, read_compounds
from jiujin.reading.facilities import read_facilities
from jiujin.reading.facilities_rows import ADDED
from jiujin.reading.openable import Met
from jiujin.reading.outline import read_outline
from jiujin.reading.population import read_population
from jiujin.reading.residential import read_residential
from jiujin.reading.spreading_buildings import read_housing
from jiujin.reading.streets import read_streets
from jiujin.study import Inputs, Output, Study

T = TypeVar("T")
Tell = Callable[[str], None]
Digests = dict[Path, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """Everything of a study but its facilities, in WGS 84 degrees, with every problem that was met."""

    plane: Plane
    streets: Streets
    surroundings: Surroundings
    communities: gpd.GeoDataFrame
    people: pd.DataFrame
    outline: shapely.Geometry
    compounds: Compounds | None
    homes: Mapping[str, Housing]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """
    The inputs of a study as read, in WGS 84 degrees, with every problem that was met.

    `shelf` keeps what is made of the county alone; `state` tells these inputs, facilities and all, from any others.
    """

    study: Study
    plane: Plane
    streets: Streets
    surroundings: Surroundings
    communities: gpd.GeoDataFrame
    people: pd.DataFrame
    facilities: pd.DataFrame
    outline: shapely.Geometry
    compounds: Compounds | None
    homes: Mapping[str, Housing]
    problems: tuple[Problem, ...]
    hashes: dict[str, str]
    shelf: Shelf
    state: str


def read_layers(study: Study, *, cache: Cache | None = None, tell: Tell = lambda _: None) -> Layers:
    """
    Open every input of a study, or take what it held from the cache.

    Raises StudyError, TableError or NetworkError, with every problem, where an input cannot be read, yields nothing, or
    is changed by somebody meanwhile.
    """
    with opened(study, tell=tell) as files:
        return _read_layers(files, cache or Cache(), tell)


@contextmanager
def opened(study: Study, *, tell: Tell = lambda _: None) -> Iterator[Study]:
    """
    Give a study whose tables of databases are files, of this moment and for as long as this lasts; others as they are.

    TableError where a database cannot be read.
    """
    inputs = study.inputs
    if not inputs.databases and (inputs.register is None or inputs.additions is not None):
        yield study
        return
    from jiujin.reading.database import connected, fetched
    from jiujin.reading.database_register import content_of

    tell("读取数据库…")
    with tempfile.TemporaryDirectory(prefix="jiujin-") as scratch:
        files = fetched(study, Path(scratch))
        if inputs.register is not None and inputs.additions is None:
            with connected(inputs.register.address, reading=True) as database:
                content = content_of(database, inputs.register)
            if content is not None:
                (Path(scratch) / ADDED).write_bytes(content)
            files = replace(files, inputs=replace(files.inputs, additions=Path(scratch) / ADDED))
        yield files


def _read_layers(study: Study, cache: Cache, tell: Tell) -> Layers:
    stood = _standing(study)
    known: Digests = {}
    hashes = hashes_of(study, known)
    shelf = county_shelf(study, cache, known)
    county = shelf.of("county", None, lambda: _whole(study, stood, lambda: _read_county(study, tell)))
    tell("读取设施台账…")
    files = _contents([*study.inputs.facilities, *study.inputs.tables.values(), additions_of(study)], known)
    facilities, problems = shelf.of(
        "facilities", files, lambda: _whole(study, stood, lambda: _read_facilities(study, county))
    )
    return Layers(
        study=study,
        plane=county.plane,
        streets=county.streets,
        surroundings=county.surroundings,
        communities=county.communities,
        people=county.people,
        facilities=facilities,
        outline=county.outline,
        compounds=county.compounds,
        homes=county.homes,
        problems=(*county.problems, *problems, *_two_registers(study)),
        hashes=hashes,
        shelf=shelf,
        state=state_of(study, shelf, known),
    )


def county_shelf(study: Study, cache: Cache, known: Digests | None = None) -> Shelf:
    """Lay out a shelf for what is made of everything but the facilities; `known` has files that were looked through."""
    inputs = study.inputs
    county = replace(_by_name(study), facilities=(), tables=MappingProxyType({}), additions=None)
    asked = replace(study, inputs=county, output=Output(), siting=None, targets=())
    files = [*inputs.communities, *inputs.population, *inputs.streets, *inputs.boundary]
    files += [*inputs.buildings, *inputs.compounds, *inputs.residential, *inputs.tables.values()]
    return Shelf(cache=cache, base=digest_of(asked, _contents(files, known)))


def state_of(study: Study, shelf: Shelf, known: Digests | None = None) -> str:
    """Tell everything that a run depends on from any other state of it."""
    files = _contents([*study.inputs.facilities, *study.inputs.tables.values(), additions_of(study)], known)
    return digest_of(shelf.base, replace(study, inputs=replace(_by_name(study), additions=None)), files)


def _by_name(study: Study) -> Inputs:
    """The inputs as the study names them, wherever the files stand: what was fetched stands elsewhere each time."""

    def named(thing: object) -> object:
        if isinstance(thing, Path):
            return Path(_relative(thing, study.folder))
        return tuple(map(named, thing)) if isinstance(thing, tuple) else thing

    every = {each.name: named(getattr(study.inputs, each.name)) for each in fields(Inputs)}
    tables = {name: named(path) for name, path in study.inputs.tables.items()}
    return Inputs(**{**every, "tables": MappingProxyType(tables), "register": None})  # type: ignore[arg-type]


def additions_of(study: Study) -> Path:
    """Where the additions of a study are read from."""
    return study.inputs.additions or study.folder / ADDED


def hashes_of(study: Study, known: Digests | None = None) -> dict[str, str]:
    """SHA-256 of every input file, by its path relative to the study, so that a result can be traced to its data."""
    named = [(_relative(path, study.folder), path) for path in _input_files(study)]
    named.append((ADDED, additions_of(study)))
    return {name: _digest(path, known) for name, path in sorted(set(named)) if path.is_file()}


def _read_county(study: Study, tell: Tell) -> County:
    met = Met(study)
    tell("读取道路…")
    found = met.of(lambda: _streets_of(study))
    streets = found[0] if found is not None else None
    tell("读取社区（村）范围…")
    communities = met.of(lambda: read_communities(study, streets=streets))
    people, outline = None, None
    if communities is not None:
        whole = communities
        tell("读取人口…")
        people = met.of(lambda: read_population(study, communities=whole, streets=streets))
        outline = met.of(lambda: read_outline(study, whole, streets=streets))
    walled = study.inputs.compounds
    compounds = met.of(lambda: read_compounds(study, streets=streets)) if walled else None
    if found is None or communities is None or people is None or outline is None or (walled and compounds is None):
        raise met.stop(streets=streets, communities=communities)
    plane = plane_of(people["lon"].to_numpy(), people["lat"].to_numpy(), study.crs)
    homes = _read_homes(study, met, communities, plane, found[0])
    if compounds is not None:
        homes[COMPOUNDS], told = compound_places(study, compounds, communities)
        met.problems += told
    return County(
        plane=plane,
        streets=found[0],
        surroundings=found[1],
        communities=communities,
        people=people,
        outline=outline,
        compounds=compounds,
        homes=homes,
        problems=tuple(met.problems),
    )


def _read_homes(
    study: Study, met: Met, communities: gpd.GeoDataFrame, plane: Plane, streets: Streets
) -> dict[str, Housing]:
    """Read what the study names of housing and residential land."""
    inputs = study.inputs
    homes = {}
    for kind, named, read in (
        (BUILDINGS, inputs.buildings, read_housing),
        (LAND, inputs.residential, read_residential),
    ):
        if not named:
            continue
        known = tuple(met.problems)  # the buildings that people were spread over are told of once
        found = met.of(partial(read, study, communities, plane, streets))
        if found is None:
            raise met.stop(streets=streets, communities=communities)
        homes[kind] = found
        met.problems[:] = [*known, *(each for each in met.problems[len(known) :] if each not in known)]
    return homes


def _streets_of(study: Study) -> tuple[tuple[Streets, Surroundings], list[Problem]]:
    streets, surroundings, problems = read_streets(study)
    return (streets, surroundings), problems


def _read_facilities(study: Study, county: County) -> tuple[pd.DataFrame, list[Problem]]:
    return read_facilities(
        study, streets=county.streets, plane=county.plane, communities=county.communities, outline=county.outline
    )


def _whole(study: Study, stood: object, read: Callable[[], T]) -> T:
    """Read, and make sure that no input was changed since the run began."""
    thing = read()
    if _standing(study) != stood:
        raise StudyError(_changed())
    return thing


def _standing(study: Study) -> list[tuple[str, int, int, int]]:
    """How the input files stand: name, time of change, size, and which file it is."""
    stood = []
    for path in _with_companions([*_input_files(study), additions_of(study)]):
        stat = path.stat()
        stood.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return stood


def _contents(paths: Iterable[Path], known: Digests | None) -> list[tuple[str, str]]:
    """Name and SHA-256 of these files and of those that belong to them."""
    return [(path.name, _digest(path, known)) for path in _with_companions(paths)]


def _with_companions(paths: Iterable[Path]) -> Iterator[Path]:
    """Go through these files, those of the same stem beside them (a Shapefile has several), and whole databases."""
    for path in dict.fromkeys(paths):
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        elif path.is_file() and path.suffix.lower() in {".csv", ".xlsx", ".pbf", ".parquet", ".gpkg"}:
            yield path
        elif path.parent.is_dir():
            stem = f"{path.stem}."
            yield from sorted(each for each in path.parent.iterdir() if each.name.startswith(stem) and each.is_file())


def _input_files(study: Study) -> list[Path]:
    inputs = study.inputs
    paths = [*inputs.facilities, *inputs.communities, *inputs.population, *inputs.streets, *inputs.boundary]
    return [*paths, *inputs.buildings, *inputs.compounds, *inputs.residential, *inputs.tables.values()]


def _digest(path: Path, known: Digests | None) -> str:
    """SHA-256 of a file, looked through once for each `known`: one run takes one state of a file for all its ends."""
    known = {} if known is None else known
    if path not in known:
        with path.open("rb") as file:
            known[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return known[path]


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _two_registers(study: Study) -> list[Problem]:
    """Say that a file of additions is left unread, where the additions stand in a database."""
    if study.inputs.register is None or not (study.folder / ADDED).is_file():
        return []
    return [
        Problem(
            severity="warning",
            rule="register_not_read",
            file=ADDED,
            found="登记表已改在数据库中（[inputs] additions），项目文件夹里还有这个文件",
            action="未读取；如需转入数据库，请另存到别处后用 jiujin add 加入",
        )
    ]


def _changed() -> Problem:
    return Problem(
        severity="error",
        rule="input_changed",
        found="读取期间有输入文件被改动",
        wanted="读取期间不变的输入文件",
        action="原有成果保持不变；请在保存完成后重新运行",
    )
