"""
Read `study.toml` into a `Study`: the contract's section 2, with every mistake reported at once, by key.

Each table of the file is checked for itself, so that one mistake hides no other; then what the tables say about each
other (a target's service, an estimated group's base, a datum's file) and about the disk. The four preset services are
laid under the file's own, key by key; `aliases` add, everything else replaces.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import MappingProxyType

from jiujin.errors import Problem, StudyError
from jiujin.reading.study_file_blocks import (
    InputsBlock,
    OutputBlock,
    StudyBlock,
    WalkBlock,
    missing_key,
)
from jiujin.reading.study_file_check import Check
from jiujin.reading.study_file_inputs import datums_of, files_of, inputs_of
from jiujin.reading.study_file_services import groups_of, service_ids, services_of
from jiujin.reading.study_file_siting import siting_of
from jiujin.reading.study_file_targets import targets_of
from jiujin.reading.study_file_text import read_toml
from jiujin.study import Output, Study, WalkRules

STUDY_FILE = "study.toml"
_TABLES = ["study", "inputs", "datum", "walk", "population", "services", "output", "siting", "targets"]


def read_study(path: Path, *, today: date | None = None) -> Study:
    """
    Read the study in this folder, or of this study file.

    `today` stands in where the file states no `as_of`; without it a missing `as_of` is a mistake. StudyError carries
    every mistake with its dotted key in `column` and its line in `row`.
    """
    folder, toml_path = find_study(Path(path))
    toml = read_toml(toml_path, STUDY_FILE)
    check = Check(toml, folder)
    check.keys((), list(toml.content), _TABLES)

    head = check.block(StudyBlock, ("study",)) or StudyBlock()
    as_of = _as_of(check, head, today)
    groups = groups_of(check)
    services, ids = services_of(check, groups), service_ids(check)
    if "inputs" not in toml.content:
        check.problems.append(missing_key(toml, ("inputs",)))
    files = files_of(check)
    blocks = check.block(InputsBlock, ("inputs",)) if "inputs" in toml.content else None
    datums = datums_of(check, files)
    walk = check.block(WalkBlock, ("walk",)) or WalkBlock()
    output = check.block(OutputBlock, ("output",)) or OutputBlock()
    siting = siting_of(check, ids, [group.id for group in groups])
    targets = targets_of(check, files, ids)
    if check.problems or blocks is None or as_of is None:
        raise StudyError(sorted(check.problems, key=lambda problem: (problem.file != STUDY_FILE, problem.row or 0)))
    return Study(
        name=head.name or folder.resolve().name,
        folder=folder,
        as_of=as_of,
        crs=head.crs,
        inputs=inputs_of(folder, blocks, files),
        services=services,
        datums=MappingProxyType(datums),
        walk=WalkRules(**walk.model_dump()),
        groups=groups,
        output=Output(**output.model_dump()),
        siting=siting,
        targets=targets,
    )


def _as_of(check: Check, head: StudyBlock, today: date | None) -> date | None:
    as_of = head.as_of or today
    if as_of is None and not check.is_written(("study", "as_of")):
        check.problems.append(missing_key(check.toml, ("study", "as_of")))
    return as_of


def find_study(path: Path) -> tuple[Path, Path]:
    """Tell the study's folder and its study file; raises StudyError where there is none."""
    if path.is_dir():
        if (path / STUDY_FILE).is_file():
            return path, path / STUDY_FILE
        found, wanted = (
            f"文件夹 {path} 中没有 {STUDY_FILE}",
            f"先用 jiujin new 新建一个项目，或指向含有 {STUDY_FILE} 的文件夹",
        )
    elif path.is_file() and path.suffix.lower() == ".toml":
        return path.parent, path
    elif path.is_file():
        found, wanted = f"{path} 不是 study.toml", f"项目文件夹，或其中的 {STUDY_FILE}"
    else:
        found, wanted = f"没有这个文件夹：{path}", "项目文件夹的路径"
    raise StudyError(Problem(severity="error", rule="no_study_file", file=STUDY_FILE, found=found, wanted=wanted))
