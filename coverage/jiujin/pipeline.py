"""
The one place where the stages are joined: read, attach, search, count, write.

The command line, the notebooks and the tests all come through `run`; `build` adds the writing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess, off_network_sites, reach_of, service_access
from jiujin.analysis.access_pairs import ReachPairs, reach_pairs
from jiujin.analysis.coverage_counts import Marks, residents_of
from jiujin.analysis.coverage_overlap import site_table
from jiujin.analysis.coverage_tables import coverage_tables, is_rural, long_leg_marks
from jiujin.analysis.placing import crosses_barrier, place_facilities, place_people
from jiujin.analysis.residence import community_of, residents
from jiujin.analysis.results import Results
from jiujin.coordinates import Plane, plane_of
from jiujin.errors import Problem, StudyError
from jiujin.network.attach import Places
from jiujin.network.graph import WalkNetwork, build_network
from jiujin.network.streets import Streets, Surroundings
from jiujin.reading.communities import read_communities
from jiujin.reading.facilities import read_facilities
from jiujin.reading.outline import read_outline
from jiujin.reading.population import read_population
from jiujin.reading.streets import read_streets
from jiujin.reading.study_file import read_study
from jiujin.study import Service, Study

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The inputs of a study as read, in WGS 84 degrees, with every problem that was met."""

    study: Study
    plane: Plane
    streets: Streets
    surroundings: Surroundings
    communities: gpd.GeoDataFrame
    people: pd.DataFrame
    facilities: pd.DataFrame
    outline: shapely.Geometry
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnStreets:
    """People and facilities on each walking network, keyed by whether it is the step-free one."""

    networks: Mapping[bool, WalkNetwork]
    places: Mapping[bool, Places]
    sites: Mapping[bool, Places]


def read_layers(study: Study, *, tell: Tell = lambda _: None) -> Layers:
    """
    Open every input of a study.

    Raises StudyError, TableError or NetworkError, with every problem, where an input cannot be read or yields nothing.
    """
    tell("读取道路…")
    streets, surroundings, of_streets = read_streets(study)
    tell("读取社区（村）范围…")
    communities, of_communities = read_communities(study, streets=streets)
    tell("读取人口…")
    people, of_people = read_population(study, communities=communities, streets=streets)
    plane = plane_of(people["lon"].to_numpy(), people["lat"].to_numpy(), study.crs)
    outline, of_outline = read_outline(study, communities, streets=streets)
    tell("读取设施台账…")
    facilities, of_facilities = read_facilities(
        study, streets=streets, plane=plane, communities=communities, outline=outline
    )
    return Layers(
        study=study,
        plane=plane,
        streets=streets,
        surroundings=surroundings,
        communities=communities,
        people=people,
        facilities=facilities,
        outline=outline,
        problems=(*of_streets, *of_communities, *of_people, *of_outline, *of_facilities),
    )


def run(study: Study, *, tell: Tell = lambda _: None) -> Results:
    """Answer the whole question of a study, writing nothing; raises what `read_layers` does."""
    layers = read_layers(study, tell=tell)
    _places_agree(layers)
    tell("计算步行距离…")
    ground = on_streets(layers)
    residence = residents(layers.people, layers.communities)
    access = {service.id: _walk_everybody(layers, service, residence.community, ground) for service in study.services}
    tell("汇总覆盖情况…")
    people = residents_of(layers.people, residence.community)
    pairs = {service.id: _reach_pairs(service, access[service.id], ground) for service in study.services}
    facility_community = community_of(layers.facilities["lon"], layers.facilities["lat"], layers.communities)
    coverage = coverage_tables(
        study.services,
        access=access,
        residents=people,
        communities=layers.communities,
        facility_community=facility_community,
        marks=_marks(layers, ground),
    )
    return Results(
        study=study,
        plane=layers.plane,
        streets=layers.streets,
        surroundings=layers.surroundings,
        communities=layers.communities,
        people=layers.people,
        facilities=layers.facilities,
        community=residence.community,
        facility_community=facility_community,
        networks=ground.networks,
        places=ground.places,
        sites=ground.sites,
        access=access,
        coverage=coverage,
        problems=(*layers.problems, *residence.problems, *_of_access(layers, access, ground)),
        input_hashes=hashes_of(study),
        residents=people,
        pairs=pairs,
        site_people={s.id: site_table(s, access[s.id], pairs[s.id], people) for s in study.services},
    )


def on_streets(layers: Layers) -> OnStreets:
    """Make the full walking network, and the step-free one when a service asks for it; bring everybody onto them."""
    kinds = sorted({False} | {service.step_free for service in layers.study.services})
    island_cm = layers.study.walk.island_m * 100
    networks = {
        kind: build_network(layers.streets, layers.plane, step_free=kind, island_cm=island_cm) for kind in kinds
    }
    return OnStreets(
        networks=networks,
        places={kind: place_people(network, layers.plane, layers.people) for kind, network in networks.items()},
        sites={
            kind: place_facilities(network, layers.plane, layers.streets, layers.facilities)
            for kind, network in networks.items()
        },
    )


def hashes_of(study: Study) -> dict[str, str]:
    """SHA-256 of every input file, by its path relative to the study, so that a result can be traced to its data."""
    inputs = study.inputs
    paths = [*inputs.facilities, *inputs.communities, *inputs.population, *inputs.streets, *inputs.boundary]
    paths += [*inputs.buildings, *inputs.compounds, *inputs.tables.values(), study.folder / "facilities_added.csv"]
    return {
        _relative(path, study.folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(set(paths))
        if path.is_file()
    }


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _walk_everybody(layers: Layers, service: Service, community: NDArray[np.int32], ground: OnStreets) -> ServiceAccess:
    facilities, people = layers.facilities, layers.people
    kind = service.step_free
    return service_access(
        service,
        network=ground.networks[kind],
        people_places=ground.places[kind],
        site_places=ground.sites[kind],
        people_xy=layers.plane.project(people["lon"].to_numpy(), people["lat"].to_numpy()),
        site_xy=layers.plane.project(facilities["lon"].to_numpy(), facilities["lat"].to_numpy()),
        counted=((facilities["service"] == service.id) & facilities["counted"]).to_numpy(np.bool_),
        reach_cm=reach_of(service, is_rural(layers.communities, community)),
        snap_limit_cm=layers.study.walk.snap_limit_m * 100,
    )


def _reach_pairs(service: Service, access: ServiceAccess, ground: OnStreets) -> ReachPairs:
    kind = service.step_free
    return reach_pairs(
        access, network=ground.networks[kind], people_places=ground.places[kind], site_places=ground.sites[kind]
    )


def _marks(layers: Layers, ground: OnStreets) -> dict[bool, Marks]:
    marks = {}
    for kind, network in ground.networks.items():
        places = ground.places[kind]
        crossing = crosses_barrier(network, layers.plane, layers.people, places, layers.surroundings)
        marks[kind] = long_leg_marks(places.leg_cm, crossing=crossing, island=places.island)
    return marks


def _of_access(layers: Layers, access: Mapping[str, ServiceAccess], ground: OnStreets) -> list[Problem]:
    problems = []
    for service in layers.study.services:
        reached = access[service.id]
        problems += off_network_sites(reached, layers.facilities, ground.sites[service.step_free].leg_cm)
        if not len(reached.sites):
            problems.append(
                Problem(
                    severity="warning",
                    rule="no_facility",
                    found=f"没有计入统计的{service.label}",
                    wanted="至少一处截止日期前已投用的设施",
                    action="按0处计算，全部服务对象记为未覆盖",
                )
            )
        if service.group not in layers.people:
            problems.append(
                Problem(
                    severity="warning",
                    rule="group_unknown",
                    found=f"人口数据中没有{layers.study.group(service.group).label}，也没有写明估算比例",
                    wanted=f"人口表中的一列，或 study.toml 中 [population] {service.group} = {{ share_of, ratio }}",
                    action=f"{service.label}只计算步行距离，人数与覆盖率留空",
                )
            )
    return problems


def _places_agree(layers: Layers) -> None:
    """Refuse a study whose layers lie in different places: nothing computed from them would mean anything."""
    boxes = {
        "道路": (layers.streets.lon, layers.streets.lat),
        "人口": (layers.people["lon"].to_numpy(), layers.people["lat"].to_numpy()),
        "社区（村）": tuple(np.asarray(layers.communities.total_bounds)[[[0, 2], [1, 3]]]),
    }
    spans = {name: (lon.min(), lat.min(), lon.max(), lat.max()) for name, (lon, lat) in boxes.items()}
    apart = [
        Problem(
            severity="error",
            rule="layers_apart",
            found=f"{one}在（{_span(spans[one])}），{other}在（{_span(spans[other])}），两者没有重叠",
            wanted="同一个地方的数据",
            action="请检查文件是否拿错、坐标系是否写对（study.toml 的 [datum]）",
        )
        for one, other in (("人口", "道路"), ("人口", "社区（村）"))
        if not _overlap(spans[one], spans[other])
    ]
    if apart:
        raise StudyError([*apart, *layers.problems])


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    margin = 0.01  # about a kilometre: people at the edge of the streets are still near them
    return (
        one[0] <= other[2] + margin
        and other[0] <= one[2] + margin
        and one[1] <= other[3] + margin
        and other[1] <= one[3] + margin
    )


def _span(box: tuple[float, ...]) -> str:
    west, south, east, north = box
    return f"经度{west:.3f}–{east:.3f}，纬度{south:.3f}–{north:.3f}"


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


def build(folder: Path, out: Path, *, atlas: bool = True, tell: Tell = lambda _: None) -> Report:
    """Run a study and write every output into `out`, whole or not at all."""
    from jiujin.rendering.outputs import write_outputs

    study = read_study(folder)
    study = replace(study, output=replace(study.output, atlas=study.output.atlas and atlas))
    results = run(study, tell=tell)
    tell("写出地图与附表…")
    summary = write_outputs(results, out)
    tell("完成")
    return Report(results=results, summary=summary, out=out)
