"""
Every input looked at, also after one has stopped the work, so that the office hears of all broken files at once.

What needs another input to be read against (people need communities) is at least opened.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import geopandas as gpd

from jiujin.errors import JiujinError, NetworkError, Problem, StudyError, TableError
from jiujin.network.streets import Streets
from jiujin.reading.communities import name_in_study
from jiujin.reading.facilities_rows import facility_sources
from jiujin.reading.layers import SUFFIXES, read_layer
from jiujin.reading.population_files import people_rows
from jiujin.study import Study
from jiujin.tables import FACILITIES

_TABLES = {".csv", ".txt", ".tsv", ".xlsx", ".xls", ".xlsm", ".et", ".parquet"}

Thing = TypeVar("Thing")


class Met:
    """What reading meets: `problems` so far, and the error of the first input that stops the work."""

    def __init__(self, study: Study) -> None:
        self.problems: list[Problem] = []
        self._study = study
        self._stopped: JiujinError | None = None

    def of(self, read: Callable[[], tuple[Thing, list[Problem]]]) -> Thing | None:
        """Read one input; None where it stops the work."""
        try:
            thing, problems = read()
        except (StudyError, TableError, NetworkError) as error:
            self._stopped = self._stopped or error
            self.problems += error.problems
            return None
        self.problems += problems
        return thing

    def stop(self, *, streets: Streets | None, communities: gpd.GeoDataFrame | None) -> JiujinError:
        """Give the error to raise: of the kind met first, with the problems of all inputs that could be looked at."""
        if communities is None:
            self.problems += unreadable_files(self._study)
        self.of(lambda: facility_sources(self._study, FACILITIES, streets=streets))
        told = [each for each in self.problems if streets is not None or not each.rule.startswith("datum_")]
        stopped = self._stopped if self._stopped is not None else TableError(())
        return type(stopped)(sorted(told or self.problems, key=lambda each: each.severity != "error"))


def unreadable_files(study: Study) -> list[Problem]:
    """List what is wrong with population and boundary files that cannot be read, each by itself."""
    problems: list[Problem] = []
    for path in (*study.inputs.population, *study.inputs.boundary):
        try:
            _open(path, study)
        except TableError as error:
            problems += error.problems
    return problems


def _open(path: Path, study: Study) -> None:
    file = name_in_study(study, path)
    if path.suffix.lower() in SUFFIXES:
        read_layer(path, file=file)
    elif path.suffix.lower() in _TABLES:
        people_rows(path, study, file=file)
