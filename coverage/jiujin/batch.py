"""
Many studies in one go: county by county, on the cores of this machine or on a Dask cluster.

Every study is built by itself, in a process that is not this one, so that a study that fails, or kills its process,
stops nobody else. What is there already and still true is not built again, so a run that was broken off goes on where
it stopped. At the end one page links the county pages and puts them side by side, and one table in parts holds all
their rows. A province that is one study is cut into its counties first: `jiujin.batch_cut`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from typing import Any

from jiujin.batch_outcomes import STATES, Outcome, Task, crashed, failed, outcome_lines, outcome_object, write_ranking
from jiujin.batch_running import crew, died
from jiujin.errors import JiujinError, Problem, StudyError
from jiujin.storage import Place, above, at_hand, delivered, files_in, name_of, read, within, write

__all__ = ["Outcome", "Task", "batch", "build_one", "outcome_lines", "outcome_object", "still_true", "tasks_of"]

Tell = Callable[[str], None]

NOTED = ".jiujin-inputs.json"
"""Beside outputs that lie in a bucket: of which inputs they are, and which files there are."""


def batch(
    folders: Sequence[Place],
    out: Place,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    atlas: bool = True,
    again: bool = False,
    today: date | None = None,
    tell: Tell = lambda _: None,
) -> tuple[Outcome, ...]:
    """
    Build every study into `out/<name of its folder>/` and write `out/index.html`; outcomes in the order of the studies.

    A folder without a study file stands for the studies in its subfolders. Folders and `out` are paths or URLs
    (`jiujin.storage`). With `scheduler` (the address of a Dask scheduler) the work goes there, and all of them must be
    readable there. `again` builds also what has not changed. With `today` every study in a folder that is built keeps
    its figures in its archive (one in a bucket has none). Raises StudyError where there is no study at all,
    JiujinError where the cluster or the storage cannot be used.
    """
    tasks = tasks_of(folders, out, atlas=atlas, again=again, today=today)
    tell(f"共 {len(tasks)} 个项目…")
    done: dict[Place, Outcome] = {}
    with crew(scheduler, workers) as hands:
        for task, given in hands(build_one, tasks):
            outcome = failed(task, [died()]) if given is None else given
            done[task.folder] = outcome
            tell(f"{len(done)}/{len(tasks)} {outcome.name}：{STATES[outcome.state]}")
    outcomes = tuple(done[task.folder] for task in tasks)
    write_ranking(out, outcomes)
    return outcomes


def tasks_of(
    folders: Sequence[Place], out: Place, *, atlas: bool = True, again: bool = False, today: date | None = None
) -> list[Task]:
    """
    Name the outputs of every study after its folder, `#2` for a repeat, so that none overwrites another.

    Raises StudyError with each folder that neither is a study nor holds any.
    """
    from jiujin.rendering.geoparquet import FOLDER

    studies: list[Place] = []
    missing = []
    for folder in folders:
        found = _studies_in(folder)
        studies += found
        if not found:
            missing.append(_no_study(folder))
    if missing or not studies:
        raise StudyError(missing or [_no_study(Path())])
    taken = {FOLDER}
    tasks = []
    root = out.absolute() if isinstance(out, Path) else out
    for folder in dict.fromkeys(studies):
        name = folder.parent.name if isinstance(folder, Path) and folder.is_file() else name_of(folder)
        place = next(each for each in chain([name], (f"{name}#{n}" for n in count(2))) if each not in taken)
        taken.add(place)
        tasks.append(Task(folder=folder, out=within(root, place), atlas=atlas, again=again, today=today))
    return tasks


def build_one(task: Task) -> Outcome:
    """Build one study, or keep what is there; every failure is an outcome, nothing is raised."""
    try:
        with at_hand(task.folder) as folder:
            return _built(task, folder)
    except JiujinError as error:
        errors = [problem for problem in error.problems if problem.severity == "error"]
        return failed(task, errors or error.problems)
    except Exception as error:  # noqa: BLE001  a bug met in one county must not stop the others
        return failed(task, [crashed(error)])


def _built(task: Task, folder: Path) -> Outcome:
    from jiujin import pipeline
    from jiujin.pipeline_inputs import hashes_of, opened
    from jiujin.reading.study_file import read_study
    from jiujin.rendering.geoparquet import FOLDER, write_geoparquet

    study, name = read_study(folder), name_of(task.out)
    with opened(study) as files:
        hashes = hashes_of(files)
    labels = {service.id: service.label for service in study.services}
    told = None if task.again else _as_it_was(task, folder, hashes, atlas=study.output.atlas)
    if told is not None:
        return Outcome(task=task, state="kept", name=study.name, summary=told, labels=labels)
    with delivered(above(task.out)) as root:
        today = task.today if isinstance(task.folder, Path) else None  # what is at hand of a bucket is not kept
        report = pipeline.build(folder, root / name, atlas=task.atlas, today=today)
        write_geoparquet(report.results, root / FOLDER, name)
        names = files_in(root / name)
    if not isinstance(task.out, Path):
        noted = {"inputs": _made_of(task, folder, hashes), "files": names, "summary": report.summary}
        write(within(task.out, NOTED), json.dumps(noted, default=str).encode())
    return Outcome(task=task, state="built", name=study.name, summary=report.summary, labels=labels)


def _as_it_was(task: Task, folder: Path, hashes: Mapping[str, str], *, atlas: bool) -> dict[str, Any] | None:
    """Give the summary of outputs that are whole and of these inputs: by the dates of files, else by what was noted."""
    from jiujin.rendering.geoparquet import FOLDER

    if isinstance(task.out, Path):
        in_parts = task.out.parent / FOLDER / "points" / f"county={task.out.name}" / "part.parquet"
        return still_true(task, hashes, folder, atlas=atlas) if in_parts.is_file() else None
    noted = json.loads(read(within(task.out, NOTED)) or b"{}")
    same = noted.get("inputs") == _made_of(task, folder, hashes)
    summary: dict[str, Any] = noted.get("summary", {})
    return summary if same and set(noted["files"]) <= set(files_in(task.out)) else None


def _made_of(task: Task, folder: Path, hashes: Mapping[str, str]) -> str:
    """Tell inputs and program from any others, whichever machine asks."""
    from jiujin.version import __version__

    told = (__version__, sorted(hashes.items()), (folder / "study.toml").read_text(encoding="utf-8"), task.atlas)
    return sha256(repr(told).encode()).hexdigest()


def still_true(task: Task, hashes: Mapping[str, str], folder: Path, *, atlas: bool) -> dict[str, Any] | None:
    """
    Give the summary in a study's outputs if it is of the same program and inputs and newer than the study file.

    `folder` is the study at hand, `atlas` tells whether the study asks for one; outputs without it are then not whole.

    None where anything of it is missing, cannot be read or is out of date.
    """
    from jiujin.reading.built import stated
    from jiujin.rendering.staging import written_by_build
    from jiujin.version import __version__

    out = Path(task.out)
    study_file = folder / "study.toml" if folder.is_dir() else folder
    told = stated(out)
    if not told:
        return None
    fresh = (out / "summary.json").stat().st_mtime_ns > study_file.stat().st_mtime_ns
    names = written_by_build(out)
    whole = bool(names) and all((out / name).is_file() for name in names)
    same = told.get("jiujin") == __version__ and told.get("inputs") == dict(hashes)
    drawn = "atlas.pdf" in names or not (task.atlas and atlas)
    return told if fresh and whole and same and drawn else None


def _studies_in(place: Place) -> list[Place]:
    """Give a study itself, or those one level down, in order."""
    if not isinstance(place, Path):
        names = files_in(place)
        if "study.toml" in names:
            return [place]
        found = sorted({name.split("/")[0] for name in names if name.count("/") == 1 and name.endswith("/study.toml")})
        return [within(place, name) for name in found]
    inside = [path for path in place.iterdir() if path.is_dir()] if place.is_dir() else []
    studies = [place] if _is_study(place) else sorted(path for path in inside if _is_study(path))
    return [path.absolute() for path in studies]


def _is_study(path: Path) -> bool:
    return (path / "study.toml").is_file() or (path.is_file() and path.suffix == ".toml")


def _no_study(folder: Place) -> Problem:
    return Problem(
        severity="error",
        rule="no_study",
        file=str(folder).partition("?")[0],
        found="没有 study.toml，下一级文件夹中也没有",
        wanted="一个项目文件夹，或装有若干项目文件夹的文件夹",
        action="新建项目用 jiujin new",
    )
