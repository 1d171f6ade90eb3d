"""
The one place where the stages are joined: read, attach, search, count, write.

The command line, the notebooks and the tests all come through `run`; `build` adds the writing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from jiujin.analysis.agreement import doubtful_legs, layers_agree
from jiujin.analysis.answers import answer
from jiujin.analysis.change import Built, built_of, without_people
from jiujin.analysis.coverage_overlap import site_table
from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import SitingAnswer
from jiujin.caching import Cache
from jiujin.errors import Problem, SitingError, StudyError
from jiujin.pipeline_inputs import Layers, county_shelf, opened, read_layers, state_of
from jiujin.pipeline_register import settled
from jiujin.pipeline_walks import walks_of
from jiujin.reading.office_tables import read_office_tables
from jiujin.reading.siting_inputs import check_question, read_siting_inputs
from jiujin.reading.study_file import STUDY_FILE, read_study
from jiujin.rendering.archive import archive_outputs
from jiujin.rendering.register_lock import OWN
from jiujin.study import SitingQuestion, Study

Tell = Callable[[str], None]


def run(study: Study, *, cache: Cache | None = None, tell: Tell = lambda _: None) -> Results:
    """
    Answer the whole question of a study, writing no output; raises what `read_layers` does.

    What `cache` holds of the same inputs is taken from there; the answer is the same to the last bit.
    """
    with opened(study, tell=tell) as files:
        layers = read_layers(files, cache=cache, tell=tell)
        layers_agree(layers.streets, layers.people, layers.communities, layers.problems)
        return answered(layers, tell=tell)


def answered(layers: Layers, *, tell: Tell = lambda _: None) -> Results:
    """Answer the whole question of a study whose inputs are open and belong together."""
    study = layers.study
    tell("计算步行距离…")
    walks = walks_of(layers)
    access = {service.id: walks.to(service) for service in study.services}
    pairs = {service.id: walks.pairs(service, access[service.id]) for service in study.services}
    tell("汇总覆盖情况…")
    count = walks.counted(access)
    tell("查找服务盲区、核对目标…")
    tables, of_tables = read_office_tables(study)
    answers = answer(walks.facts(access, pairs, count, tables))
    legs = doubtful_legs(count.marks[False], layers.people, walks.home.community, layers.communities)
    results = Results(
        study=study,
        plane=layers.plane,
        streets=layers.streets,
        surroundings=layers.surroundings,
        communities=layers.communities,
        people=layers.people,
        facilities=layers.facilities,
        community=walks.home.community,
        facility_community=count.site_home,
        networks=walks.ground.networks,
        places=walks.ground.places,
        sites=walks.ground.sites,
        residents=count.people,
        access=access,
        pairs=pairs,
        site_people={s.id: site_table(s, access[s.id], pairs[s.id], count.people) for s in study.services},
        coverage=count.coverage,
        trust=count.trust,
        marks=count.marks,
        compounds=layers.compounds,
        answers=answers,
        problems=(*layers.problems, *walks.problems(access), *legs, *of_tables, *answers.problems),
        input_hashes=layers.hashes,
        state=layers.state,
        base=layers.shelf.base,
    )
    return _with_sites(results, tell)


def _with_sites(results: Results, tell: Tell) -> Results:
    """Answer the siting question of the study; one that has no answer is listed and stops nothing else."""
    if results.study.siting is None:
        return results
    try:
        answer, problems = find_sites(results, results.study.siting, tell=tell)
    except SitingError as error:
        placed = (one if one.file else replace(one, file=STUDY_FILE, column="siting") for one in error.problems)
        return replace(results, problems=(*results.problems, *placed))
    return replace(results, siting=answer, problems=(*results.problems, *problems))


def find_sites(
    results: Results, question: SitingQuestion, *, tell: Tell = lambda _: None
) -> tuple[SitingAnswer, list[Problem]]:
    """
    Find the best places for new sites; a candidate table is read from beside the study, else the working directory.

    Gains and bounds are persons of the service's group, rates shares of one. Maximal covering: Church, R. and ReVelle,
    C. (1974), The maximal covering location problem, Papers of the Regional Science Association 32, 101-118.
    Raises SitingError when the question has no answer as it is put, TableError when its tables cannot be read.
    """
    from jiujin.analysis.siting.site import site

    tell("选址…")
    listed, excluded, problems = read_siting_inputs(results, question)
    try:
        return site(results, question, listed=listed, excluded=excluded), problems
    except SitingError as error:  # rows that could not be used may be the reason
        raise SitingError([*problems, *error.problems]) from error


def example_study() -> Path:
    """The example county that comes with the repository."""
    folder = Path(__file__).resolve().parents[2] / "geodata" / "example"
    if not (folder / "study.toml").is_file():
        raise StudyError(
            Problem(
                severity="error",
                rule="no_example",
                found="本机没有示例县数据（只随源代码仓库提供）",
                wanted="项目文件夹",
                action="请写明项目文件夹，例如 jiujin build 我的县；新建项目用 jiujin new 我的县",
            )
        )
    return folder


def default_out(folder: Path) -> Path:
    """`maps/<study folder's name>/` under the working directory."""
    folder = folder.resolve()
    return Path("maps") / (folder.name if folder.is_dir() else folder.parent.name)


def check(folder: Path, *, tell: Tell = lambda _: None) -> tuple[Problem, ...]:
    """Read everything and compute nothing that is written; every problem, raised or returned."""
    return run(read_study(folder), tell=tell).problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `build` tells when it is done."""

    results: Results
    summary: Mapping[str, object]
    out: Path

    def lines(self) -> list[str]:
        """Chinese lines for the screen."""
        from jiujin.rendering.report_lines import report_lines

        return report_lines(self.results, self.out)


def build(
    folder: Path,
    out: Path,
    *,
    atlas: bool = True,
    cache: bool = True,
    today: date | None = None,
    tell: Tell = lambda _: None,
) -> Report:
    """
    Run a study and write every output into `out`, whole or not at all; with `today` keep its figures in the archive.

    With `cache` what an earlier run has computed from the same inputs is taken from the study's cache.
    """
    from jiujin.rendering.outputs import write_outputs

    study = study_to_build(folder, atlas=atlas)
    with settled(study, tell=tell) as is_held, opened(study, tell=tell) as files:
        kept = cache_of(study) if cache and is_held else None
        results = run(files, cache=kept, tell=tell)
        tell("写出地图与附表…")
        summary = write_outputs(results, out, cache=kept)
        if kept is not None:
            built_of_run(results, kept)
        if is_held and today and study.output.archive:
            archive_outputs(study.folder, out, today)
    tell("完成")
    return Report(results=results, summary=summary, out=out)


def built(study: Study, cache: Cache, *, tell: Tell = lambda _: None) -> Built:
    """See a study as it stands as a build, without writing one: from the cache, or by running it."""
    state = state_of(study, county_shelf(study, cache))
    return cache.of("built", state, lambda: without_people(built_of_run(run(study, cache=cache, tell=tell), Cache())))


def built_of_run(results: Results, cache: Cache) -> Built:
    """See a run as a build, to be compared with others; kept, so that the next addition need not run this one again."""
    from jiujin.rendering.outputs import metres

    walks = {service: metres(access.walk_cm) for service, access in results.access.items()}
    found = built_of(results, walks)
    cache.of("built", results.state, lambda: without_people(found))
    return found


def cache_of(study: Study, *, may_write: bool = True) -> Cache:
    """Open the cache of a study."""
    return Cache(folder=study.folder / OWN / "cache", may_write=may_write)


def study_to_build(folder: Path, *, atlas: bool) -> Study:
    """Read a study for building; without `atlas` no atlas and no report, whatever the study says."""
    study = read_study(folder)
    return replace(study, output=replace(study.output, atlas=study.output.atlas and atlas))


def site(folder: Path, question: SitingQuestion, out: Path | None, *, tell: Tell = lambda _: None) -> SiteReport:
    """Answer a siting question of a study; `sites.geojson` is written into `out` when it is given."""
    from jiujin.rendering.siting import write_sites

    study = read_study(folder)
    check_question(study, question := _with_wishes(question, study.siting))
    with opened(replace(study, siting=None), tell=tell) as files:
        results = run(files, tell=tell)
        answer, problems = find_sites(results, question, tell=tell)
    if out is not None:
        (out / "tables").mkdir(parents=True, exist_ok=True)
        write_sites(out / "tables" / "sites.geojson", results, answer)
    return SiteReport(results=results, answer=answer, problems=tuple(problems))


def _with_wishes(question: SitingQuestion, written: SitingQuestion | None) -> SitingQuestion:
    """Keep the other wishes that the study file states for the same service: what is forced, forbidden, excluded."""
    if written is None or written.service != question.service:
        return question
    stages = written.stages if question.count == sum(written.stages) else ()
    named = question.candidates or written.candidates
    return replace(written, count=question.count, rate=question.rate, budget=None, candidates=named, stages=stages)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """What `site` tells when it is done; `problems` are those of the candidate table."""

    results: Results
    answer: SitingAnswer
    problems: tuple[Problem, ...]

    def lines(self) -> list[str]:
        """Chinese lines for the screen."""
        from jiujin.rendering.siting import site_lines

        return site_lines(self.results, self.answer)
