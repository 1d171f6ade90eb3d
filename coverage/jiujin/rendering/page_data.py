"""
What a page carries, and nothing else: frozen arrays by position, between the results of a run and the packed page.

Everything here is either drawn or computed with. A page for one service gets a `PageData` that holds that service's
population group alone; what is not in here cannot leave the office in a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.coverage_counts import exact_sums
from jiujin.analysis.public_cells import Shown, shown_people
from jiujin.analysis.results import Results
from jiujin.errors import Problem
from jiujin.network.attach import Doors, Places, attach, joined
from jiujin.network.graph import WalkNetwork
from jiujin.network.streets import Streets, Surroundings
from jiujin.rendering.page_answers import PageAnswers, page_answers
from jiujin.rendering.public_form import is_public, shown_problems
from jiujin.rendering.wording import caliber, public_line
from jiujin.study import WALKING_M_S, Service
from jiujin.tables import RURAL
from jiujin.version import __version__

KEPT, KEPT_STEP_FREE = 1, 2
"""Bits of `PageData.kept`: the piece belongs to the full network, to the step-free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """
    Positions on the streets, int32, aligned with what was attached.

    `piece` counts among all pieces of the streets (-1: there is none), `at_cm` from its first vertex, `leg_cm` is the
    straight way to it. `doors` are the further positions of points in compounds, their pieces counted likewise.
    """

    piece: NDArray[np.int32]
    at_cm: NDArray[np.int32]
    leg_cm: NDArray[np.int32]
    doors: Doors | None = None

    def select(self, rows: NDArray[Any]) -> Attached:
        """These rows only, in this order."""
        doors = None if self.doors is None else self.doors.select(rows)
        return Attached(piece=self.piece[rows], at_cm=self.at_cm[rows], leg_cm=self.leg_cm[rows], doors=doors)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageGroup:
    """A population group; `weights` are persons per population point, float64."""

    id: str
    label: str
    estimated: bool
    weights: NDArray[np.float64]
    speed_m_s: float = WALKING_M_S


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCommunities:
    """Communities in the order of their codes; `shapes` are shapely polygons in WGS 84 degrees."""

    code: tuple[str, ...]
    name: tuple[str, ...]
    township: tuple[str, ...]
    urban: NDArray[np.bool_]
    sketch: NDArray[np.bool_]
    shapes: NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacilities:
    """Facilities by service, then id; `attached` on the network of each one's service, `community` as of people."""

    id: tuple[str, ...]
    name: tuple[str, ...]
    service: tuple[str, ...]
    status: tuple[str, ...]
    counted: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    community: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    attached: Attached

    def select(self, rows: NDArray[np.intp]) -> PageFacilities:
        """These rows only, in this order."""

        def pick(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(values[row] for row in rows)

        return PageFacilities(
            id=pick(self.id),
            name=pick(self.name),
            service=pick(self.service),
            status=pick(self.status),
            counted=self.counted[rows],
            outside=self.outside[rows],
            community=self.community[rows],
            lon=self.lon[rows],
            lat=self.lat[rows],
            attached=self.attached.select(rows),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCompounds:
    """Compounds as `Compounds` has them, and where their gates meet the streets of each network."""

    areas: NDArray[np.object_]
    gate_lon: NDArray[np.float64]
    gate_lat: NDArray[np.float64]
    gate_of: NDArray[np.int32]
    gates: dict[bool, Attached]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLegs:
    """Whose way to the street crosses water or rail, and whose nearest street is on a dropped island: by person."""

    crossing: NDArray[np.bool_]
    island: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """
    A whole page.

    People: `lon`, `lat`, `community` (position among the communities, -1: none) and, per network (False: full, True:
    step-free), where they are attached. `people` (by group) and `covered` (by service and group) are Python's own sums
    per community, float64, which the page must find again, as it must the people and the covered of each service's
    own group in the whole `county` (None where the group is unknown). `legs`, by network, is empty where single people
    must not be shown. In the public profile the people are cells, and
    `few` tells by group which communities have people of it but too few to be shown.
    """

    name: str
    as_of: date
    unit: str
    review_no: str
    profile: str
    version: str
    epsg: int
    snap_limit_m: int
    network_hash: str
    streets: Streets
    kept: NDArray[np.uint8]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    community: NDArray[np.int32]
    attached: dict[bool, Attached]
    groups: tuple[PageGroup, ...]
    communities: PageCommunities
    facilities: PageFacilities
    services: tuple[Service, ...]
    people: dict[str, NDArray[np.float64]]
    covered: dict[tuple[str, str], NDArray[np.float64]]
    county: dict[str, tuple[float | None, float | None]]
    surroundings: Surroundings = field(default_factory=Surroundings)
    problems: tuple[Problem, ...] = ()
    caliber: dict[str, tuple[str, ...]] = field(default_factory=dict)
    group_labels: dict[str, str] = field(default_factory=dict)
    tiles: tuple[str, ...] = ()
    answers: PageAnswers = field(default_factory=PageAnswers)
    few: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    compounds: PageCompounds | None = None
    legs: dict[bool, PageLegs] = field(default_factory=dict)

    def for_service(self, service_id: str) -> PageData:
        """The page of one bureau: one service, its facilities, its population group; nobody else's."""
        service = {one.id: one for one in self.services}[service_id]
        rows = np.flatnonzero(np.array([owner == service_id for owner in self.facilities.service], bool))
        kind, walls = service.step_free, self.compounds
        own = self.without_others(service.group) if self.profile == "public" else self
        return replace(
            own,
            services=(service,),
            groups=tuple(group for group in own.groups if group.id == service.group),
            facilities=self.facilities.select(rows),
            attached={kind: own.attached[kind]},
            compounds=walls and replace(walls, gates={kind: walls.gates[kind]}),
            legs={kind: self.legs[kind]} if self.legs else {},
            people={group: sums for group, sums in self.people.items() if group == service.group},
            covered={key: sums for key, sums in self.covered.items() if key == (service_id, service.group)},
            county={service_id: self.county[service_id]},
            problems=tuple(problem for problem in self.problems if problem.row is None),
            caliber={service_id: self.caliber[service_id]},
            answers=self.answers.for_service(service_id),
            few={group: marks for group, marks in self.few.items() if group == service.group},
        )

    def without_others(self, group_id: str) -> PageData:
        """Leave out the points where nobody of a group is: they would tell where others are."""
        weights = next((group.weights for group in self.groups if group.id == group_id), None)
        if weights is None:
            return self
        rows = np.flatnonzero(weights > 0)
        return replace(
            self,
            lon=self.lon[rows],
            lat=self.lat[rows],
            community=self.community[rows],
            attached={kind: attached.select(rows) for kind, attached in self.attached.items()},
            groups=tuple(replace(group, weights=group.weights[rows]) for group in self.groups),
        )


def page_data(results: Results) -> PageData:
    """Take out of the results of a run what a page with all services carries."""
    study, shown = results.study, shown_people(results)
    told = tuple(p for p in shown_problems(results) if p.row is None) if is_public(results) else results.problems
    used = {service.step_free for service in study.services}
    return PageData(
        name=study.name,
        as_of=study.as_of,
        unit=study.output.unit,
        review_no=study.output.review_no,
        profile=study.output.profile,
        tiles=study.output.tiles,
        version=__version__,
        epsg=results.plane.epsg,
        snap_limit_m=study.walk.snap_limit_m,
        network_hash=results.streets.fingerprint(),
        streets=results.streets,
        kept=_kept(results),
        lon=shown.people["lon"].to_numpy(np.float64),
        lat=shown.people["lat"].to_numpy(np.float64),
        community=shown.community.astype(np.int32),
        attached={kind: attached_of(results.networks[kind], shown.places[kind]) for kind in sorted(used)},
        groups=_groups(results, shown),
        communities=_communities(results.communities),
        facilities=_facilities(results),
        services=study.services,
        **_sums(results, shown),
        surroundings=results.surroundings,
        problems=told,
        caliber={"": _caliber(results), **{s.id: _caliber(results, s) for s in study.services}},
        group_labels={group.id: group.label for group in study.groups},
        answers=page_answers(results),
        few=dict(shown.few),
        compounds=_compounds(results, used),
        legs=_legs(results, used),
    )


def _compounds(results: Results, used: set[bool]) -> PageCompounds | None:
    walls = results.compounds
    if walls is None:
        return None
    gates = results.plane.project(walls.gate_lon, walls.gate_lat)
    networks = {kind: results.networks[kind] for kind in sorted(used)}
    return PageCompounds(
        areas=walls.areas,
        gate_lon=walls.gate_lon,
        gate_lat=walls.gate_lat,
        gate_of=walls.gate_of,
        gates={kind: attached_of(network, attach(network, *gates)) for kind, network in networks.items()},
    )


def _legs(results: Results, used: set[bool]) -> dict[bool, PageLegs]:
    """Leave out the single people that no public page may show."""
    if is_public(results):
        return {}
    return {
        kind: PageLegs(crossing=results.marks[kind].crossing, island=results.marks[kind].island)
        for kind in sorted(used)
    }


def _groups(results: Results, shown: Shown) -> tuple[PageGroup, ...]:
    residents = shown.residents
    return tuple(
        PageGroup(
            id=group.id,
            label=group.label,
            estimated=group.id in residents.estimated,
            weights=weights,
            speed_m_s=group.speed_m_s,
        )
        for group in results.study.groups
        if (weights := residents.group(group.id)) is not None
    )


def _caliber(results: Results, service: Service | None = None) -> tuple[str, ...]:
    said = caliber(results) if service is None else caliber(results, [service])
    return (*public_line(results.study), *said)


def attached_of(network: WalkNetwork, places: Places) -> Attached:
    """Name the pieces of these places by their position among all pieces of the streets."""
    return _attached(_on_streets(network, places))


def _on_streets(network: WalkNetwork, places: Places) -> Places:
    piece = np.where(places.piece >= 0, network.piece_of[np.maximum(places.piece, 0)], -1).astype(np.int32)
    doors = places.doors
    within = None if doors is None else replace(doors, places=_on_streets(network, doors.places))
    return replace(places, piece=piece, doors=within)


def _attached(places: Places) -> Attached:
    at_cm, leg_cm = places.at_cm.astype(np.int32), places.leg_cm.astype(np.int32)
    return Attached(piece=places.piece, at_cm=at_cm, leg_cm=leg_cm, doors=places.doors)


def _kept(results: Results) -> NDArray[np.uint8]:
    kept = np.zeros(results.streets.start.size, np.uint8)
    for step_free, network in results.networks.items():
        kept[network.piece_of[network.kept]] |= KEPT_STEP_FREE if step_free else KEPT
    return kept


def _communities(communities: pd.DataFrame) -> PageCommunities:
    def text(column: str) -> tuple[str, ...]:
        values = communities[column].tolist() if column in communities else [""] * len(communities)
        return tuple(value if isinstance(value, str) else "" for value in values)

    sketch = communities["sketch"].to_numpy(bool) if "sketch" in communities else np.zeros(len(communities), bool)
    return PageCommunities(
        code=text("code"),
        name=text("name"),
        township=text("township"),
        urban=communities["class"].to_numpy(object) != RURAL,
        sketch=sketch,
        shapes=communities["geometry"].to_numpy(object),
    )


def _facilities(results: Results) -> PageFacilities:
    frame = results.facilities
    step_free = {service.id: service.step_free for service in results.study.services}
    owner = np.array([step_free[service] for service in frame["service"].tolist()], np.bool_)
    rows = {kind: np.flatnonzero(owner == kind) for kind in results.networks}
    placed = joined(
        [_on_streets(results.networks[kind], results.sites[kind].select(some)) for kind, some in rows.items()]
    )

    def text(column: str) -> tuple[str, ...]:
        return tuple("" if not isinstance(value, str) else value for value in frame[column].tolist())

    return PageFacilities(
        id=text("id"),
        name=text("name"),
        service=text("service"),
        status=text("status"),
        counted=frame["counted"].to_numpy(bool),
        outside=frame["outside"].to_numpy(bool),
        community=results.facility_community.astype(np.int32),
        lon=frame["lon"].to_numpy(np.float64),
        lat=frame["lat"].to_numpy(np.float64),
        attached=_attached(placed.select(np.argsort(np.concatenate(list(rows.values()))))),
    )


def _sums(results: Results, shown: Shown) -> dict[str, Any]:
    """Python's own sums, by community for every service and group, and for the county as `summary.json` has them."""
    residents = shown.residents
    size, home = len(results.communities), residents.community
    people = {group: exact_sums(home, weights, size) for group, weights in residents.groups.items()}
    covered = {
        (service, group): exact_sums(home[access.covered], weights[access.covered], size)
        for service, access in shown.access.items()
        for group, weights in residents.groups.items()
    }
    if shown.few:
        return {"people": people, "covered": covered, "county": _county_of_cells(results, people, covered)}
    county = {
        service: (_number(figures["people"]), _number(figures["covered"]))
        for service, figures in results.coverage.county.items()
    }
    return {"people": people, "covered": covered, "county": county}


def _county_of_cells(
    results: Results, people: dict[str, NDArray[np.float64]], covered: dict[tuple[str, str], NDArray[np.float64]]
) -> dict[str, tuple[float | None, float | None]]:
    """The county as its cells add up: whole fives, so no sum rounds."""
    return {
        service.id: (float(people[service.group].sum()), float(covered[service.id, service.group].sum()))
        if service.group in people
        else (None, None)
        for service in results.study.services
    }


def _number(figure: float | bool | None) -> float | None:
    return None if figure is None else float(figure)
