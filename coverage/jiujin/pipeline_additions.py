"""
What happens to a study over time: facilities are added, taken back, listed, and two builds held against each other.

Each function is one verb of the command line. The register and the outputs change together or not at all.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jiujin.analysis.change import Changes, changes_between, figures
from jiujin.caching import Cache
from jiujin.errors import JiujinError, Problem, TableError
from jiujin.pipeline import Tell, built, built_of_run, cache_of, run, study_to_build
from jiujin.pipeline_inputs import opened, read_layers
from jiujin.pipeline_register import held, history_of, laid_out
from jiujin.reading.built import as_of, read_archived, read_built
from jiujin.reading.facilities_rows import ADDED
from jiujin.reading.register import COLUMNS, Register, digest_of, read_register, with_additions
from jiujin.reading.register_incoming import Setting, read_incoming
from jiujin.reading.register_matching import UNCHANGED, Change, Plan, plan_addition
from jiujin.reading.study_file import read_study
from jiujin.rendering.archive import archive_outputs, archived, build_of
from jiujin.rendering.register_file import register_content
from jiujin.rendering.register_history import ADDED as ADDED_ENTRY
from jiujin.rendering.register_history import EDITED, UNDONE, Entry, standing
from jiujin.rendering.register_recovery import FileHome, Home, changed_together
from jiujin.rendering.register_report import entry_title
from jiujin.study import Study

Agree = Callable[[Sequence[Problem]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who does it, and when; both come from outside, the library asks no clock."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    What an addition, or taking one back, comes to.

    `before` and `after` are the figures by service; `plan` is None where one was taken back; `out` is None where
    nothing was written.
    """

    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    changes: Changes
    done: tuple[str, ...]
    problems: tuple[Problem, ...]
    out: Path | None

    def lines(self) -> list[str]:
        """Chinese lines for the screen."""
        from jiujin.rendering.comparison import comparison_lines

        idle = all(line.startswith(UNCHANGED) for line in self.done)
        done = "登记表不变，成果按现有数据生成" if idle else "已更新登记表与成果"
        where = "试算：未写入任何文件。" if self.out is None else f"{done}：{self.out / 'index.html'}"
        return [*self.done, *comparison_lines(self.changes), where]

    def told(self) -> dict[str, Any]:
        """Give the object of `--json`."""
        return {"before": self.before, "after": self.after, "out": None if self.out is None else str(self.out)}


def add(
    folder: Path,
    files: Sequence[Path],
    *,
    author: Author,
    out: Path | None,
    datum: str | None = None,
    agree: Agree = lambda _: False,
    atlas: bool = True,
    cache: bool = True,
    tell: Tell = lambda _: None,
) -> Difference:
    """
    Take in new or changed facilities from these files and rebuild; with `out` None only tell what that would change.

    `agree` is asked about rows that may be facilities which are there already. Raises `JiujinError` with every reason;
    register and outputs are then as they were.
    """
    study = study_to_build(folder, atlas=atlas)
    alone: AbstractContextManager[Home] = held(study, tell=tell) if out else nullcontext(FileHome(study.folder))
    with alone as home, opened(study, tell=tell) as now:
        if out is not None:
            _note_edits(now, home, author)
        kept = cache_of(study, may_write=out is not None) if cache else Cache()
        register = read_register(now)
        plan, problems = _planned(now, register, files, datum, kept)
        if plan.doubts and out is not None and not agree(plan.doubts):
            raise JiujinError([*plan.doubts, *problems])
        entry = Entry(
            kind=ADDED_ENTRY,
            at=author.at.isoformat(timespec="seconds"),
            who=author.name,
            files=tuple((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files),
            changes=tuple(change_line(study, change) for change in plan.changes),
            before=register.content,
            after=_content_after(study, register, plan),
        )
        return _rebuilt(now, home, entry, out, kept, problems=(*problems, *plan.doubts), tell=tell)


def undo(
    folder: Path, *, author: Author, out: Path, atlas: bool = True, cache: bool = True, tell: Tell = lambda _: None
) -> Difference:
    """Take the last addition back and rebuild; `JiujinError` where there is none."""
    study = study_to_build(folder, atlas=atlas)
    with held(study, tell=tell) as home, opened(study, tell=tell) as now:
        _note_edits(now, home, author)
        left = standing(home.entries())
        if not left:
            raise JiujinError(_nothing_to_undo())
        last = left[-1]
        entry = Entry(
            kind=UNDONE,
            at=author.at.isoformat(timespec="seconds"),
            who=author.name,
            files=last.files,
            changes=(f"撤销第 {last.number} 次：{entry_title(last)}",),
            before=last.after,
            after=last.before,
            takes_back=last.number,
        )
        return _rebuilt(now, home, entry, out, cache_of(study) if cache else Cache(), problems=(), tell=tell)


def history(folder: Path) -> list[Entry]:
    """List the additions to a study and what was taken back, in the order in which it happened."""
    return history_of(folder)


def labels_of(folder: Path) -> dict[str, str]:
    """Name the services of a study, by id."""
    return {service.id: service.label for service in read_study(folder).services}


def compare(before: Path, after: Path, *, on_map: Path | None = None) -> Changes:
    """
    Tell what changed between two folders of outputs; TableError where one holds no whole build.

    With `on_map` a copy of the later build's map that shows it is written there.
    """
    old, new = read_built(before), read_built(after)
    changes = changes_between(old, new)
    if on_map is not None:
        from jiujin.rendering.page_change import write_change_page

        day = as_of(before)
        since = f"{day}的成果" if day and day != as_of(after) else "上次成果"
        write_change_page(on_map, page=after / "index.html", before=old, after=new, changes=changes, since=since)
    return changes


def compare_since(folder: Path, day: date, out: Path) -> tuple[Changes, date]:
    """
    Tell what changed in a study from how it stood on a day, by its archive, to the outputs in `out`.

    Returns the day of the archived build, too. TableError where the archive does not go back so far.
    """
    study = read_study(folder)
    before = build_of(study.folder, day)
    if before is None:
        raise TableError(_not_archived(study, day))
    return changes_between(read_archived(before.path), read_built(out)), before.day


def change_line(study: Study, change: Change) -> str:
    """Tell one change in one Chinese line."""
    labels = {service.id: service.label for service in study.services}
    note = f"（{change.note}）" if change.note else ""
    return f"{change.kind}：{labels.get(change.service, change.service)}“{change.name}”，编号 {change.id}{note}"


def _planned(
    study: Study, register: Register, files: Sequence[Path], datum: str | None, kept: Cache
) -> tuple[Plan, list[Problem]]:
    layers = read_layers(study, cache=kept)
    setting = Setting(
        streets=layers.streets, plane=layers.plane, communities=layers.communities, outline=layers.outline
    )
    incoming, problems = read_incoming(list(files), study, setting, datum=datum)
    plan = plan_addition(incoming, register, layers.facilities, layers.plane)
    problems += plan.problems
    if not plan.changes:
        raise JiujinError(problems)
    return plan, problems


def _content_after(study: Study, register: Register, plan: Plan) -> bytes | None:
    if all(change.kind == UNCHANGED for change in plan.changes):
        return register.content
    return laid_out(study, register_content(COLUMNS, plan.rows))


def _rebuilt(
    study: Study, home: Home, entry: Entry, out: Path | None, kept: Cache, *, problems: Sequence[Problem], tell: Tell
) -> Difference:
    """Run the study with the register of `entry` and, with `out`, put both in place."""
    from jiujin.rendering.outputs import write_outputs

    before = built(study, kept, tell=tell)
    with tempfile.TemporaryDirectory(prefix="jiujin-") as scratch:
        trial = Path(scratch) / ADDED
        if entry.after is not None:
            trial.write_bytes(entry.after)
        results = replace(run(with_additions(study, trial), cache=kept, tell=tell), study=study)
    after = built_of_run(results, kept)
    said = (figures(before.county), figures(after.county))
    changes = changes_between(before, after)
    if out is not None:
        tell("写出地图与附表…")
        entry = replace(entry, figures={"before": said[0], "after": said[1]}, out=str(out.absolute()))
        changed_together(
            study.folder, entry, lambda last: write_outputs(results, out, cache=kept, at_last=last), home=home
        )
        if study.output.archive:
            shown = None if study.output.profile == "public" else after.points  # to the public, points are cells
            archive_outputs(study.folder, out, datetime.fromisoformat(entry.at).date(), shown)
        tell("完成")
    return Difference(
        before=said[0], after=said[1], changes=changes, done=entry.changes, problems=tuple(problems), out=out
    )


def _note_edits(study: Study, home: Home, author: Author) -> None:
    """Make it history where somebody has changed the register by hand since the last command."""
    every = home.entries()
    content = read_register(study).content
    if not every or digest_of(every[-1].after) == digest_of(content):
        return
    home.record(
        Entry(
            kind=EDITED,
            at=author.at.isoformat(timespec="seconds"),
            who=author.name,
            changes=(f"手工修改 {ADDED}",),
            before=every[-1].after,
            after=content,
        )
    )


def _not_archived(study: Study, day: date) -> Problem:
    days = [each.day.isoformat() for each in archived(study.folder)]
    return Problem(
        severity="error",
        rule="not_archived",
        found=f"没有 {day.isoformat()} 及以前的存档",
        wanted=f"存档中的日期：{'、'.join(days[:3])}{'……' if len(days) > 3 else ''}" if days else "",
        action="每次 jiujin build、add、undo 之后自动存档（[output] archive = false 时不存）；请换一个日期",
    )


def _nothing_to_undo() -> Problem:
    return Problem(
        severity="error",
        rule="nothing_to_undo",
        found="没有可以撤销的添加",
        wanted="先用 jiujin add 添加设施",
        action="登记表与成果未改动；jiujin history 可查看历次添加",
    )
