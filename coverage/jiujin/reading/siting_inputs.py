"""What a siting question reads beside the study: a table of candidates, and areas where nothing may be built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import shapely

from jiujin.analysis.results import Results
from jiujin.analysis.siting.listed import usable
from jiujin.errors import Problem, SitingError, StudyError
from jiujin.reading.facilities import read_candidates
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.reading.study_file_siting import MADE_CANDIDATES
from jiujin.study import SitingQuestion, Study


def read_siting_inputs(
    results: Results, question: SitingQuestion
) -> tuple[pd.DataFrame | None, shapely.Geometry | None, list[Problem]]:
    """
    Read the candidate table and the excluded areas (WGS 84) of a question; None for what it does not name.

    Rows of the table on which no site could stand are left out and listed. Raises SitingError, with every row, when
    none is left, TableError when the table cannot be read.
    """
    study = results.study
    problems: list[Problem] = []
    listed = excluded = None
    path = candidate_file(study, question)
    if path is not None:
        listed, problems = _listed(results, path)
        listed, met = usable(results, study.service(question.service), listed)
        problems += met
        if listed.empty:
            raise SitingError(problems)
    if question.exclude is not None:
        excluded, met = _excluded(results, question.exclude)
        problems += met
    return listed, excluded, problems


def _listed(results: Results, path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """
    Read a candidate table; a datum that is stated nowhere and cannot be told is taken to be that of the ledgers.

    Raises SitingError, with every row, when nothing in it can be placed.
    """
    study = results.study
    listed, problems = _read(results, path, study)
    stated = study.datum_of("facilities")
    if _undecided(problems) and stated != "auto" and study.datum_of("candidates", path) == "auto":
        datums = MappingProxyType({**study.datums, "candidates": stated})
        listed, problems = _read(results, path, replace(study, datums=datums))
        problems.append(
            Problem(
                severity="warning",
                rule="datum_of_ledgers",
                file=path.name,
                found="备选点位表没有写明坐标系，点数太少或差别太小，无法判定",
                wanted='在 study.toml 的 [datum] 中写 candidates = "wgs84" 等',
                action=f"按设施台账的坐标系（{stated}）处理",
            )
        )
    if listed.empty:
        raise SitingError(problems)
    return listed, problems


def _read(results: Results, path: Path, study: Study) -> tuple[pd.DataFrame, list[Problem]]:
    return read_candidates(path, study, streets=results.streets, plane=results.plane, communities=results.communities)


def _undecided(problems: list[Problem]) -> bool:
    return any(problem.rule.startswith("datum_undecided") for problem in problems)


def candidate_file(study: Study, question: SitingQuestion) -> Path | None:
    """The candidate table that a question names: beside the study, else in the working directory; None when none."""
    named = question.candidates
    if named is None or named in MADE_CANDIDATES or named in {service.id for service in study.services}:
        return None
    beside = study.folder / named
    return beside if beside.is_file() else Path(named)


def check_question(study: Study, question: SitingQuestion) -> None:
    """Raise, with every mistake, when a question names what is not there; before anything is read."""
    services = [service.id for service in study.services]
    problems = []
    if question.service not in services:
        known = "可用的有：" + "、".join(f"{service.id}（{service.label}）" for service in study.services)
        problems.append(_mistake("unknown_service", f"没有设施类型 {question.service}", known))
    path = candidate_file(study, question)
    if path is not None and not path.is_file():
        wanted = "备选点位表的路径，或设施类型（" + "、".join(services) + "），或 streets、communities"
        problems.append(_mistake("missing_file", f"没有这个文件或设施类型：{question.candidates}", wanted))
    if question.candidates == question.service:
        problems.append(_mistake("own_sites", "备选点位就是现有的同类设施", "另一类设施，或备选点位表"))
    if question.rate is not None and not 0 <= question.rate <= 1:
        problems.append(_mistake("bad_rate", f"覆盖率写的是 {question.rate}", "0 到 1 之间的数，例如 0.9"))
    if question.count is not None and question.count < 1:
        problems.append(_mistake("bad_count", f"新建数写的是 {question.count}", "大于 0 的整数"))
    if problems:
        raise SitingError(problems)


def _excluded(results: Results, path: Path) -> tuple[shapely.Geometry, list[Problem]]:
    layer, declared, problems = read_layer(path, file=path.name)
    place = LayerPlace(study=results.study, layer="exclude", path=path, file=path.name, streets=results.streets)
    layer, moved = placed(layer, declared, place)
    problems += moved
    shapes = layer.geometry.dropna()
    if shapes.empty:
        found = "禁建范围中没有图形"
        raise StudyError(Problem(severity="error", rule="empty", file=path.name, found=found, wanted="至少一个面"))
    return shapely.union_all(shapely.make_valid(shapes.to_numpy())), problems


def _mistake(rule: str, found: str, wanted: str) -> Problem:
    return Problem(severity="error", rule=rule, found=found, wanted=wanted)
