"""
The one place where the stages are joined: read, attach, search, count, write.

The command line, the notebooks and the tests all come through `run`; `build` adds the writing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess, off_network_sites, reach_of, service_access
from jiujin.analysis.access_pairs import ReachPairs, reach_pairs
from jiujin.analysis.agreement import layers_agree, unanswerable
from jiujin.analysis.answers import Facts, answer
from jiujin.analysis.change import Built, built_of, without_people
from jiujin.analysis.coverage_counts import Floats, Ints, Marks, Residents, residents_of
from jiujin.analysis.coverage_housing import Homes
from jiujin.analysis.coverage_overlap import site_table
from jiujin.analysis.coverage_tables import coverage_tables, is_rural, long_leg_marks
from jiujin.analysis.gaps_zones import Ground
from jiujin.analysis.placing import OnStreets, bring_onto_streets, crosses_barrier, homes_on_streets
from jiujin.analysis.residence import community_of, residents
from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import SitingAnswer
from jiujin.analysis.trust import communities_trust
from jiujin.caching import Cache, Shelf
from jiujin.errors import Problem, SitingError, StudyError
from jiujin.network.attach import Places
from jiujin.pipeline_inputs import Layers, county_shelf, opened, read_layers, state_of
from jiujin.pipeline_register import settled
from jiujin.reading.office_tables import read_office_tables
from jiujin.reading.siting_inputs import check_question, read_siting_inputs
from jiujin.reading.study_file import read_study
from jiujin.reading.values import normal_name
from jiujin.rendering.archive import archive_outputs
from jiujin.rendering.register_lock import OWN
from jiujin.study import Reach, Service, SitingQuestion, Study

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
    shelf, plane, streets = layers.shelf, layers.plane, layers.streets
    everybody = {"people": layers.people, "facilities": layers.facilities}
    ground = bring_onto_streets(study, plane, streets, **everybody, compounds=layers.compounds, shelf=shelf)
    home = shelf.of("home", None, lambda: residents(layers.people, layers.communities))
    walks = _Walks(layers=layers, ground=ground, rural=is_rural(layers.communities, home.community))
    access = {service.id: walks.to(service) for service in study.services}
    pairs = {service.id: walks.pairs(service, access[service.id]) for service in study.services}
    tell("汇总覆盖情况…")
    people = residents_of(layers.people, home.community)
    trust = shelf.of("trust", None, lambda: _trust(layers, ground, people))
    marks = shelf.of("marks", None, walks.marks)
    site_at = layers.facilities["lon"].to_numpy(np.float64), layers.facilities["lat"].to_numpy(np.float64)
    facility_community = shelf.of("site-home", site_at, lambda: community_of(*site_at, layers.communities))
    coverage = coverage_tables(
        study.services,
        access=access,
        residents=people,
        communities=layers.communities,
        facility_community=facility_community,
        marks=marks,
        trust=trust["trust"].tolist(),
    )
    tell("查找服务盲区、核对目标…")
    tables, of_tables = read_office_tables(study)
    answers = answer(
        walks.facts(
            residents=people,
            access=access,
            pairs=pairs,
            coverage=coverage.communities,
            site_home=facility_community,
            tables=tables,
        )
    )
    results = Results(
        study=study,
        plane=plane,
        streets=streets,
        surroundings=layers.surroundings,
        communities=layers.communities,
        people=layers.people,
        facilities=layers.facilities,
        community=home.community,
        facility_community=facility_community,
        networks=ground.networks,
        places=ground.places,
        sites=ground.sites,
        residents=people,
        access=access,
        pairs=pairs,
        site_people={s.id: site_table(s, access[s.id], pairs[s.id], people) for s in study.services},
        coverage=coverage,
        trust=trust,
        marks=marks,
        compounds=layers.compounds,
        answers=answers,
        problems=(*layers.problems, *home.problems, *walks.problems(access), *of_tables),
        input_hashes=layers.hashes,
        state=layers.state,
    )
    return _with_sites(results, tell)


def _trust(layers: Layers, ground: OnStreets, people: Residents) -> pd.DataFrame:
    network, leg_cm = ground.networks[False], ground.places[False].leg_cm
    return communities_trust(network, leg_cm, plane=layers.plane, communities=layers.communities, residents=people)


def _homes(layers: Layers, ground: OnStreets) -> dict[str, Homes]:
    """Walk from every home, or piece of residential land, instead of every person."""
    walked = {}
    for kind, homes in layers.homes.items():
        places, xy = homes_on_streets(ground.networks, layers.plane, homes.lon, homes.lat, layers.compounds)
        rural = is_rural(layers.communities, homes.community)
        walks = _Walks(
            layers=replace(layers, shelf=Shelf()), ground=replace(ground, places=places, people_xy=xy), rural=rural
        )
        access = {service.id: walks.to(service) for service in layers.study.services}
        walked[kind] = Homes(housing=homes, access=access, rural=rural)
    return walked


def _with_sites(results: Results, tell: Tell) -> Results:
    """Answer the siting question of the study; one that has no answer is listed and stops nothing else."""
    if results.study.siting is None:
        return results
    try:
        answer, problems = find_sites(results, results.study.siting, tell=tell)
    except SitingError as error:
        return replace(results, problems=(*results.problems, *error.problems))
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
    return site(results, question, listed=listed, excluded=excluded), problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walks:
    """Everybody on the streets, ready to walk to any service."""

    layers: Layers
    ground: OnStreets
    rural: NDArray[np.bool_]

    def to(self, service: Service, *, snap_limit_cm: int | None = None) -> ServiceAccess:
        limit_cm = self.layers.study.walk.snap_limit_m * 100 if snap_limit_cm is None else snap_limit_cm
        sites, made_of = self.sites(service)
        site_places, site_xy, _, kind = made_of
        found = self.layers.shelf.of(
            f"walks-{service.id}-{limit_cm}",
            made_of,
            lambda: service_access(
                service,
                network=self.ground.networks[kind],
                people_places=self.ground.places[kind],
                site_places=site_places,
                people_xy=self.ground.people_xy,
                site_xy=site_xy,
                counted=np.arange(len(sites)),
                reach_cm=reach_of(service, self.rural),
                snap_limit_cm=limit_cm,
            ),
        )
        return replace(found, sites=sites)  # rows of the whole frame, which move when other services change

    def sites(self, service: Service) -> tuple[NDArray[np.intp], tuple[Places, tuple[Floats, Floats], Reach, bool]]:
        """Find the sites that count, and all that the walks to them hang on beside the county."""
        facilities, kind = self.layers.facilities, service.step_free
        sites = np.flatnonzero((facilities["service"] == service.id) & facilities["counted"])
        site_xy = (self.ground.site_xy[0][sites], self.ground.site_xy[1][sites])
        return sites, (self.ground.sites[kind].select(sites), site_xy, service.reach, kind)

    def pairs(self, service: Service, access: ServiceAccess) -> ReachPairs:
        ground, kind = self.ground, service.step_free
        return reach_pairs(
            access, network=ground.networks[kind], people_places=ground.places[kind], site_places=ground.sites[kind]
        )

    def facts(
        self,
        *,
        residents: Residents,
        access: Mapping[str, ServiceAccess],
        pairs: Mapping[str, ReachPairs],
        coverage: pd.DataFrame,
        site_home: Ints,
        tables: Mapping[str, pd.DataFrame],
    ) -> Facts:
        layers, ground = self.layers, self.ground
        x, y = ground.people_xy
        return Facts(
            study=layers.study,
            communities=layers.communities,
            facilities=layers.facilities,
            facility_community=site_home,
            residents=residents,
            access=access,
            pairs=pairs,
            coverage=coverage,
            ground=Ground(networks=ground.networks, places=ground.places, x=x, y=y, plane=layers.plane),
            person_rank=pd.factorize(layers.people["id"], sort=True)[0],
            with_snap_limit=lambda service, limit_cm: self.to(service, snap_limit_cm=limit_cm),
            normal=normal_name,
            homes=_homes(layers, ground),
            tables=tables,
            shelf=layers.shelf,
            walked={service.id: self.sites(service)[1] for service in layers.study.services},
        )

    def marks(self) -> dict[bool, Marks]:
        marks = {}
        for kind, network in self.ground.networks.items():
            places, layers = self.ground.places[kind], self.layers
            crossing = crosses_barrier(network, layers.plane, layers.people, places, layers.surroundings)
            marks[kind] = long_leg_marks(places.leg_cm, crossing=crossing, island=places.island)
        return marks

    def problems(self, access: Mapping[str, ServiceAccess]) -> list[Problem]:
        problems = []
        for service in self.layers.study.services:
            sites = self.ground.sites[service.step_free]
            problems += off_network_sites(access[service.id], self.layers.facilities, sites.leg_cm)
            problems += unanswerable(self.layers.study, service, access[service.id], self.layers.people)
        return problems


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
