"""
A province that is one study, county by county: cut once, answered anywhere, put together again.

    outcomes = batch_cut(folder, out, level="county", scheduler="tcp://10.0.0.1:8786")

Three stages, each a task for a worker: `cut` reads the province and lays a file for each county into `out/.parts/`
(why a county's answers are then those of the uncut province: `jiujin.pipeline_cut`); `answer_one` answers a county from
its file and writes all its outputs into `out/<code>/`; at the end the tables of the counties are joined, in the order
of the codes, into those of the province. A run that was broken off finds the counties that are cut and those that are
done, and goes on.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from jiujin.batch_outcomes import STATES, Outcome, Task, crashed, failed, write_ranking
from jiujin.batch_running import Hands, crew, died
from jiujin.errors import JiujinError, Problem
from jiujin.storage import Place, above, at_hand, delivered, files_in, name_of, read, remove, within, write
from jiujin.study import Study

Tell = Callable[[str], None]

PARTS = ".parts"
"""Where counties wait to be answered, beside the outputs."""

MANIFEST = "cut.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """A province to be cut: its folder, where the outputs go, and into which units (`analysis.counties.DIGITS`)."""

    folder: Place
    out: Place
    level: str
    atlas: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """The counties (code, name) that wait to be answered and what they were made of, or why there are none."""

    made_of: str = ""
    counties: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """One county to be answered: `made_of` tells the inputs of the province, and how it was cut, from all others."""

    code: str
    name: str
    made_of: str
    task: Task


def batch_cut(
    folder: Place,
    out: Place,
    *,
    level: str = "county",
    scheduler: str | None = None,
    workers: int | None = None,
    atlas: bool = True,
    again: bool = False,
    tell: Tell = lambda _: None,
) -> tuple[Outcome, ...]:
    """
    Cut a province and build its counties; outcomes in the order of their codes.

    Writes `out/<code>/` for every county, `out/index.html`, `out/summary.json` and `out/tables/`. Raises JiujinError
    with every problem where the province cannot be read or cut, or the cluster or the storage cannot be used.
    """
    cutting = Cutting(folder=folder, out=out, level=level, atlas=atlas, again=again)
    with crew(scheduler, workers) as hands:
        tell("读取全省数据、按县切分…")
        cuts = _cut_by(hands, cutting)
        counties = [
            County(
                code=code,
                name=name,
                made_of=cuts.made_of,
                task=Task(folder=folder, out=within(out, code), atlas=atlas, again=again),
            )
            for code, name in cuts.counties
        ]
        done: dict[str, Outcome] = {}
        for county, given in hands(answer_one, counties):
            outcome = failed(county.task, [died()], county.name) if given is None else given
            done[county.code] = outcome
            tell(f"{len(done)}/{len(counties)} {outcome.name}：{STATES[outcome.state]}")
    outcomes = tuple(done[county.code] for county in counties)
    write_ranking(out, outcomes)
    if all(each.state != "failed" for each in outcomes):
        _join(out, outcomes)
        for county in counties:
            remove(_part(out, county.code))
    return outcomes


def _cut_by(hands: Hands, cutting: Cutting) -> Cuts:
    cuts = next(iter(hands(cut, [cutting])))[1] or Cuts(problems=(died(),))
    if cuts.problems:
        raise JiujinError(cuts.problems)
    return cuts


def cut(cutting: Cutting) -> Cuts:
    """Lay every county of a province down as a file; what is there of the same inputs stays. Nothing is raised."""
    from jiujin.pipeline_inputs import opened
    from jiujin.reading.study_file import read_study

    try:
        with at_hand(cutting.folder) as folder, opened(read_study(folder)) as study:
            return _cut(cutting, study)
    except JiujinError as error:
        return Cuts(problems=error.problems)
    except Exception as error:  # noqa: BLE001  told as a problem, for the worker goes on with other work
        return Cuts(problems=(crashed(error),))


def _cut(cutting: Cutting, study: Study) -> Cuts:
    from jiujin.analysis.targets import COLUMNS
    from jiujin.caching import frozen
    from jiujin.pipeline_cut import parts_of, targets_of, whole_of
    from jiujin.pipeline_inputs import hashes_of
    from jiujin.reading.county_names import read_county_names
    from jiujin.rendering.quality import QUALITY_COLUMNS, quality_rows
    from jiujin.rendering.tables import write_csv, write_frame
    from jiujin.version import __version__

    out = cutting.out
    asked = replace(study, folder=Path(), inputs=replace(study.inputs, **_no_files(study.inputs)))
    made_of = sha256(frozen((__version__, hashes_of(study), asked, cutting.level, cutting.atlas))).hexdigest()
    if not cutting.again and (cuts := _cut_before(out, made_of)) is not None:
        return cuts
    whole = whole_of(replace(study, output=replace(study.output, atlas=study.output.atlas and cutting.atlas)))
    counties = []
    for part in parts_of(whole, cutting.level, read_county_names(study, cutting.level)):
        write(_part(out, part.code), frozen(part))
        counties.append((part.code, part.study.name))
    targets, of_tables = targets_of(whole, study)
    problems = (*whole.layers.problems, *whole.home.problems, *of_tables, *_not_asked(study))
    with tempfile.TemporaryDirectory() as scratch:
        write_csv(Path(scratch) / "quality.csv", QUALITY_COLUMNS, quality_rows(problems))
        write_frame(Path(scratch) / "targets.csv", targets, COLUMNS)
        for name in ("quality.csv", "targets.csv"):
            write(within(out, "tables", name), (Path(scratch) / name).read_bytes())
    write(within(out, PARTS, MANIFEST), json.dumps({"made_of": made_of, "counties": counties}).encode())
    return Cuts(made_of=made_of, counties=tuple(counties))


def _no_files(inputs: Any) -> dict[str, Any]:
    """Leave out where files stand, which may be elsewhere the next time; what is in them is in their hashes."""
    named = ("facilities", "communities", "population", "streets", "boundary", "buildings", "compounds", "residential")
    return {**dict.fromkeys(named, ()), "tables": {}, "additions": None, "options": dict(inputs.options)}


def _cut_before(out: Place, made_of: str) -> Cuts | None:
    """Find the counties as an earlier run left them: of these inputs, and each cut or done."""
    told = json.loads(read(within(out, PARTS, MANIFEST)) or b"{}")
    if told.get("made_of") != made_of:
        return None
    there = set(files_in(within(out, PARTS)))
    counties = tuple((code, name) for code, name in told["counties"])
    ready = all(f"{code}.bin" in there or _done(out, code, made_of) is not None for code, _ in counties)
    return Cuts(made_of=made_of, counties=counties) if ready else None


def answer_one(county: County) -> Outcome:
    """Answer one county from its file, or keep what is there; every failure is an outcome, nothing is raised."""
    try:
        return _answer(county)
    except JiujinError as error:
        return failed(county.task, error.problems, county.name)
    except Exception as error:  # noqa: BLE001  a bug met in one county must not stop the others
        return failed(county.task, [crashed(error)], county.name)


def _answer(county: County) -> Outcome:
    from jiujin.caching import thawed
    from jiujin.pipeline_cut import answered_part
    from jiujin.rendering.geoparquet import FOLDER, write_geoparquet
    from jiujin.rendering.outputs import write_outputs

    task, out = county.task, above(county.task.out)
    before = None if task.again else _done(out, county.code, county.made_of)
    if before is not None:
        return Outcome(task=task, state="kept", name=county.name, summary=before["summary"], labels=before["labels"])
    content = read(_part(out, county.code))
    if content is None:
        raise JiujinError(_no_part(county))
    part = thawed(content)
    del content
    results = answered_part(part)
    with delivered(out) as root:
        told = write_outputs(results, root / county.code)
        write_geoparquet(results, root / FOLDER, county.code)
        names = files_in(root / county.code)
    labels = {service.id: service.label for service in part.study.services}
    summary = {"services": told["services"]}
    done = {"made_of": county.made_of, "files": names, "summary": summary, "labels": labels}
    write(within(out, PARTS, f"{county.code}.json"), json.dumps(done, default=str).encode())
    return Outcome(task=task, state="built", name=county.name, summary=summary, labels=labels)


def _done(out: Place, code: str, made_of: str) -> dict[str, Any] | None:
    """What an earlier run noted when a county was done, if it is of these inputs and all its files are there."""
    told: dict[str, Any] = json.loads(read(within(out, PARTS, f"{code}.json")) or b"{}")
    whole = told.get("made_of") == made_of and set(told["files"]) <= set(files_in(within(out, code)))
    return told if whole else None


def _join(out: Place, outcomes: Sequence[Outcome]) -> None:
    """Put the tables of the counties together: communities in the order of codes, sites with the people of all."""
    from jiujin.rendering.tables import plain

    codes = [name_of(each.task.out) for each in outcomes]
    tables = {name: [_table(out, code, name) for code in codes] for name in ("communities.csv", "facilities.csv")}
    communities = [row for table in tables["communities.csv"] for row in table[1:]]
    _write_table(out, "communities.csv", [tables["communities.csv"][0][0], *communities])
    _write_table(out, "facilities.csv", _sites_together(tables["facilities.csv"], list(outcomes[0].labels)))
    services: dict[str, dict[str, Any]] = {}
    for each in outcomes:
        for service, figures in each.summary["services"].items():
            _add(services.setdefault(service, {}), figures)
    for figures in services.values():
        people, covered = figures["people"], figures["covered"]
        figures["pop_rate"] = covered / people if people and covered is not None else None  # small counts are not shown
    told = {"counties": dict(zip(codes, [each.name for each in outcomes], strict=True)), "services": services}
    write(within(out, "summary.json"), (json.dumps(plain(told), ensure_ascii=False, indent=2) + "\n").encode())


def _add(sums: dict[str, Any], figures: Mapping[str, Any]) -> None:
    for name in ("people", "covered", "no_walk_people", "off_network_people", "long_leg_people", "island_people"):
        one, other = sums.get(name, 0), figures[name]
        sums[name] = None if one is None or other is None else one + other


def _sites_together(tables: Sequence[Sequence[Sequence[str]]], services: list[str]) -> list[Sequence[str]]:
    """Take every site once, in the order of service and id; the people in reach of it are those of all counties."""
    from jiujin.rendering.tables import number

    heading = tables[0][0]
    at = {name: heading.index(name) for name in ("id", "service", "people_in_reach")}
    sites: dict[tuple[int, str], list[str]] = {}
    for table in tables:
        for row in table[1:]:
            key = services.index(row[at["service"]]), row[at["id"]]
            if key not in sites:
                sites[key] = list(row)
            elif row[at["people_in_reach"]]:
                known = sites[key][at["people_in_reach"]]
                sites[key][at["people_in_reach"]] = number(float(known or 0) + float(row[at["people_in_reach"]]))
    return [heading, *(sites[key] for key in sorted(sites))]


def _table(out: Place, code: str, name: str) -> list[list[str]]:
    content = read(within(out, code, "tables", name)) or b""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _write_table(out: Place, name: str, rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    write(within(out, "tables", name), text.getvalue().encode("utf-8-sig"))


def _part(out: Place, code: str) -> Place:
    return within(out, PARTS, f"{code}.bin")


def _not_asked(study: Study) -> tuple[Problem, ...]:
    """Say that the block of the study that asks where to build is not answered."""
    if study.siting is None:
        return ()
    return (
        Problem(
            severity="info",
            rule="no_siting_when_cut",
            file="study.toml",
            column="siting",
            found="[siting] 问全省新增设施建在何处，分县计算不回答",
            wanted="各县分别选址，加起来不是全省最优",
            action="需要时对全省项目运行 jiujin site，或在各县自己的项目中写 [siting]",
        ),
    )


def _no_part(county: County) -> Problem:
    return Problem(
        severity="error",
        rule="no_part",
        found=f"找不到切分出的 {county.name}（{county.code}）",
        wanted="运行期间不改动成果文件夹中的 .parts",
        action="请重新运行，已完成的县不会重算",
    )
