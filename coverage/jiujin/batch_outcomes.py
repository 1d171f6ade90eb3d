"""What became of the studies of a batch: for the page that ranks them, for the screen, for `--json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from jiujin.errors import Problem
from jiujin.storage import Place, name_of, within, write

STATES = {"built": "已生成", "kept": "未变化，沿用", "failed": "失败"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    One study to build: its folder and where its outputs go, paths (absolute) or URLs, for others read them too.

    With `today` the figures of a study in a folder go into its archive, as those of any build do.
    """

    folder: Place
    out: Place
    atlas: bool = True
    again: bool = False
    today: date | None = None


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


def failed(task: Task, problems: Iterable[Problem], name: str | None = None) -> Outcome:
    """Say that a study was not built, and why."""
    return Outcome(
        task=task, state="failed", name=name or name_of(task.out), summary={}, labels={}, problems=tuple(problems)
    )


def write_ranking(out: Place, outcomes: Sequence[Outcome]) -> None:
    """Write the page that links the maps of a batch and ranks them, in one step."""
    from jiujin.rendering.batch_page import page_of

    write(within(out, "index.html"), page_of([_county(each) for each in outcomes]).encode())


def _county(outcome: Outcome) -> dict[str, Any]:
    """What the page of the batch shows of one study."""
    return {
        "name": outcome.name,
        "state": outcome.state,
        "link": f"{name_of(outcome.task.out)}/index.html",
        "services": outcome.summary.get("services", {}),
        "labels": outcome.labels,
        "problems": [problem.sentence() for problem in outcome.problems],
    }


def outcome_object(outcomes: Sequence[Outcome], out: Place) -> dict[str, Any]:
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
    missing = sum(each.state == "failed" for each in outcomes)
    return {"studies": studies, "failed": missing, "index": str(within(out, "index.html"))}


def outcome_lines(outcomes: Sequence[Outcome], out: Place) -> list[str]:
    """Chinese lines for the screen."""
    lines = []
    for each in outcomes:
        lines.append(f"{each.name}：{STATES[each.state]}　{each.task.out}")
        lines += [f"[错误] {problem.sentence()}" for problem in each.problems]
    missing = sum(each.state == "failed" for each in outcomes)
    return [*lines, f"汇总页：{within(out, 'index.html')}" + (f"；{missing} 个项目未完成" if missing else "")]


def crashed(error: BaseException) -> Problem:
    """Tell of a bug that was met in one study."""
    return Problem(
        severity="error",
        rule="crashed",
        found=f"程序出错：{type(error).__name__}: {error}",
        action="其余项目不受影响；请把这一行连同项目名告诉维护人员",
    )
