"""
Many studies in one go: a province county by county, on the cores of this machine or on a Dask cluster.

Every study is built by itself, in a process that is not this one, so that a study that fails, or kills its process,
stops nobody else. What is there already and still true is not built again, so a run that was broken off goes on where
it stopped. At the end one page links the county pages and puts them side by side.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jiujin.errors import JiujinError, Problem, StudyError

Tell = Callable[[str], None]

TRIES = 2
"""So often a study may lose its process before it counts as failed."""

STATES = {"built": "已生成", "kept": "未变化，沿用", "failed": "失败"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One study to build: its folder and where its outputs go, both absolute, for they are read by other processes."""

    folder: Path
    out: Path
    atlas: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What became of one study: built, kept as it was, or failed with `problems`.

    `summary` is that of `summary.json` (empty when failed) and `labels` names its services.
    """

    task: Task
    state: Literal["built", "kept", "failed"]
    name: str
    summary: Mapping[str, Any]
    labels: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


def batch(
    folders: Sequence[Path],
    out: Path,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    atlas: bool = True,
    again: bool = False,
    tell: Tell = lambda _: None,
) -> tuple[Outcome, ...]:
    """
    Build every study into `out/<name of its folder>/` and write `out/index.html`; outcomes in the order of the studies.

    A folder without a study file stands for the studies in its subfolders. With `scheduler` (the address of a Dask
    scheduler, or `local` for a cluster on this machine) the work goes there, and the folders must be readable there
    under the same paths. `again` builds also what has not changed. Raises StudyError where there is no study at all,
    JiujinError where the cluster cannot be used.
    """
    from jiujin.rendering.batch_page import write_batch_page

    tasks = tasks_of(folders, out, atlas=atlas, again=again)
    tell(f"共 {len(tasks)} 个项目…")
    done: dict[Path, Outcome] = {}
    for outcome in _on_cluster(tasks, scheduler) if scheduler else _on_this_machine(tasks, workers):
        done[outcome.task.folder] = outcome
        tell(f"{len(done)}/{len(tasks)} {outcome.name}：{STATES[outcome.state]}")
    outcomes = tuple(done[task.folder] for task in tasks)
    write_batch_page(out / "index.html", [_county(each, out) for each in outcomes])
    return outcomes


def tasks_of(folders: Sequence[Path], out: Path, *, atlas: bool = True, again: bool = False) -> list[Task]:
    """
    Name the outputs of every study after its folder, `#2` for a repeat, so that none overwrites another.

    Raises StudyError with each folder that neither is a study nor holds any.
    """
    studies, missing = [], []
    for folder in folders:
        found = [folder] if _is_study(folder) else sorted(path for path in _subfolders(folder) if _is_study(path))
        studies += [path.absolute() for path in found]
        if not found:
            missing.append(_no_study(folder))
    if missing or not studies:
        raise StudyError(missing or [_no_study(Path())])
    taken: dict[str, int] = {}
    tasks = []
    for folder in dict.fromkeys(studies):
        name = folder.name if folder.is_dir() else folder.parent.name
        taken[name] = taken.get(name, 0) + 1
        place = name if taken[name] == 1 else f"{name}#{taken[name]}"
        tasks.append(Task(folder=folder, out=out.absolute() / place, atlas=atlas, again=again))
    return tasks


def build_one(task: Task) -> Outcome:
    """Build one study, or keep what is there; every failure is an outcome, nothing is raised."""
    from jiujin import pipeline
    from jiujin.pipeline_inputs import hashes_of
    from jiujin.reading.study_file import read_study

    name, labels = task.out.name, {}
    try:
        study = read_study(task.folder)
        name, labels = study.name, {service.id: service.label for service in study.services}
        if not task.again and (told := still_true(task, hashes_of(study), atlas=study.output.atlas)) is not None:
            return Outcome(task=task, state="kept", name=name, summary=told, labels=labels)
        report = pipeline.build(task.folder, task.out, atlas=task.atlas)
    except JiujinError as error:
        errors = [problem for problem in error.problems if problem.severity == "error"]
        return _failed(task, errors or error.problems, name)
    except Exception as error:  # noqa: BLE001  a bug met in one county must not stop the others
        return _failed(task, [_crashed(error)], name)
    return Outcome(task=task, state="built", name=name, summary=report.summary, labels=labels)


def still_true(task: Task, hashes: Mapping[str, str], *, atlas: bool) -> dict[str, Any] | None:
    """
    Give the summary in a study's outputs if it is of the same program and inputs and newer than the study file.

    `atlas` tells whether the study asks for one; outputs without it are then not whole.

    None where anything of it is missing, cannot be read or is out of date.
    """
    from jiujin.rendering.staging import written_by_build
    from jiujin.version import __version__

    at = task.out / "summary.json"
    study_file = task.folder / "study.toml" if task.folder.is_dir() else task.folder
    try:
        told = json.loads(at.read_text(encoding="utf-8"))
        fresh = at.stat().st_mtime_ns > study_file.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    names = written_by_build(task.out)
    whole = bool(names) and all((task.out / name).is_file() for name in names)
    same = isinstance(told, dict) and told.get("jiujin") == __version__ and told.get("inputs") == dict(hashes)
    drawn = "atlas.pdf" in names or not (task.atlas and atlas)
    return told if fresh and whole and same and drawn else None


def _on_this_machine(tasks: Sequence[Task], workers: int | None) -> Iterator[Outcome]:
    """Let each of several threads hand its studies to a process of its own, and a new one when that dies."""
    count = max(min(workers or os.cpu_count() or 1, len(tasks)), 1)
    processes = _Processes()
    with ThreadPoolExecutor(count) as threads:
        waiting = [threads.submit(processes.build, task) for task in tasks]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            for future in waiting:
                future.cancel()
            processes.close()


class _Processes:
    """A process per thread, kept from study to study because starting one takes as long as a small study."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all: list[ProcessPoolExecutor] = []

    def build(self, task: Task) -> Outcome:
        """Build a study in this thread's process; who loses it again and again has failed."""
        for _ in range(TRIES):
            try:
                return self._mine().submit(build_one, task).result()
            except BrokenProcessPool:
                self._own.process = None
        return _failed(task, [_died()])

    def _mine(self) -> ProcessPoolExecutor:
        if getattr(self._own, "process", None) is None:
            self._own.process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            self._all.append(self._own.process)
        process: ProcessPoolExecutor = self._own.process
        return process

    def close(self) -> None:
        """Let every process go."""
        for process in self._all:
            process.shutdown(cancel_futures=True)


def _on_cluster(tasks: Sequence[Task], scheduler: str) -> Iterator[Outcome]:
    """Let a Dask cluster build the studies; it starts those again whose worker was lost."""
    try:
        from distributed import Client, LocalCluster
        from distributed import as_completed as in_turn
    except ImportError as error:
        raise JiujinError(_no_library()) from error
    cluster = LocalCluster(threads_per_worker=1, dashboard_address=":0") if scheduler == "local" else None
    try:
        with Client(cluster or scheduler, set_as_default=False, timeout=20) as client:
            futures = {client.submit(build_one, task, pure=False, retries=TRIES - 1): task for task in tasks}
            for future in in_turn(list(futures), loop=client.loop):
                lost = future.exception()  # what fails within a study is an outcome; this is a worker that was lost
                yield future.result() if lost is None else _failed(futures[future], [_died()])
    except (OSError, TimeoutError) as error:
        raise JiujinError(_no_scheduler(scheduler, error)) from error
    finally:
        if cluster is not None:
            cluster.close()


def _county(outcome: Outcome, out: Path) -> dict[str, Any]:
    """What the page of the batch shows of one study."""
    return {
        "name": outcome.name,
        "state": outcome.state,
        "link": (outcome.task.out / "index.html").relative_to(out.absolute()).as_posix(),
        "services": outcome.summary.get("services", {}),
        "labels": outcome.labels,
        "problems": [problem.sentence() for problem in outcome.problems],
    }


def outcome_object(outcomes: Sequence[Outcome], out: Path) -> dict[str, Any]:
    """Give outcomes as one object, for `--json`."""
    from jiujin.rendering.quality import quality_records

    studies = [
        {
            "study": str(each.task.folder),
            "name": each.name,
            "state": each.state,
            "out": str(each.task.out),
            "services": each.summary.get("services", {}),
            "problems": quality_records(each.problems),
        }
        for each in outcomes
    ]
    failed = sum(each.state == "failed" for each in outcomes)
    return {"studies": studies, "failed": failed, "index": str(out / "index.html")}


def outcome_lines(outcomes: Sequence[Outcome], out: Path) -> list[str]:
    """Chinese lines for the screen."""
    lines = []
    for each in outcomes:
        lines.append(f"{each.name}：{STATES[each.state]}　{each.task.out}")
        lines += [f"[错误] {problem.sentence()}" for problem in each.problems]
    failed = sum(each.state == "failed" for each in outcomes)
    return [*lines, f"汇总页：{out / 'index.html'}" + (f"；{failed} 个项目未完成" if failed else "")]


def _is_study(path: Path) -> bool:
    return (path / "study.toml").is_file() or (path.is_file() and path.suffix == ".toml")


def _subfolders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _failed(task: Task, problems: Iterable[Problem], name: str | None = None) -> Outcome:
    return Outcome(
        task=task, state="failed", name=name or task.out.name, summary={}, labels={}, problems=tuple(problems)
    )


def _no_study(folder: Path) -> Problem:
    return Problem(
        severity="error",
        rule="no_study",
        file=str(folder),
        found="没有 study.toml，下一级文件夹中也没有",
        wanted="一个项目文件夹，或装有若干项目文件夹的文件夹",
        action="新建项目用 jiujin new",
    )


def _crashed(error: BaseException) -> Problem:
    return Problem(
        severity="error",
        rule="crashed",
        found=f"程序出错：{type(error).__name__}: {error}",
        action="其余项目不受影响；请把这一行连同项目名告诉维护人员",
    )


def _died() -> Problem:
    return Problem(
        severity="error",
        rule="worker_died",
        found=f"计算进程 {TRIES} 次中途退出",
        wanted="足够的内存",
        action="请关闭其他程序，或减少同时计算的项目数（--workers 1）后重新运行，已完成的项目不会重算",
    )


def _no_library() -> Problem:
    return Problem(
        severity="error",
        rule="no_cluster_library",
        found="使用 --scheduler 需要 distributed，本机没有安装",
        wanted='pip install "jiujin[cluster]"',
        action="不写 --scheduler 时只用本机，不需要它",
    )


def _no_scheduler(address: str, error: BaseException) -> Problem:
    return Problem(
        severity="error",
        rule="no_scheduler",
        found=f"连接不上调度器 {address}：{error}",
        wanted="已启动的 Dask 调度器地址，如 tcp://10.0.0.1:8786",
        action="请核对地址和网络；已完成的项目不会重算",
    )
