"""
A province that is given as one input, cut into counties whose answers are those of the uncut province.

    whole = whole_of(study)                    # read, attach, one search for each service
    for part in parts_of(whole, "county"):     # a county each, to be answered anywhere
        results = answered_part(part)          # raises where one walk of the part is not that of the whole

What is cut is the people. The search is not: walks have no limit, and one search of a whole province takes seconds,
less than reading its streets. So the province is read and searched once, and a county takes along

* the pieces of street within a halo of everybody in it, `LONGEST_PIECE` times the longest reach and no less than the
  longest leg: everything that decides who is covered, by which sites, and where people and sites join the streets;
* every piece of a shortest way from each of its people to the site that the whole found, however far (`ways_home`);
* the sites of the county, those within the halo, and those that are anybody's nearest, on foot or straight;
* what only the whole knows: which streets are on dropped islands, who lives where, how streets are to be trusted.

Why its walks are those of the whole, to the centimetre and the tie, is said in `jiujin.network.cutting`; the same
argument holds for legs (the part has everybody's nearest piece, and no pieces but those of the whole) and for straight
metres. It is not taken on trust: a part carries the walks that the whole found, and its own are held against them.

What looks across a border, how seats are shared and which gaps hang together, is answered for each county by itself.
Targets are those of the province, and are measured on it before it is cut (`targets_of`). Where to build is not asked
of a cut province: the best places of ten counties are not the ten best of a province.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.access import reach_of
from jiujin.analysis.access_straight import straight_to_nearest
from jiujin.analysis.agreement import layers_agree
from jiujin.analysis.coverage_counts import residents_of
from jiujin.analysis.coverage_tables import is_rural
from jiujin.analysis.placing import OnStreets, bring_onto_streets, homes_on_streets
from jiujin.analysis.residence import Residence, community_of, residents
from jiujin.analysis.results import Results
from jiujin.analysis.targets import target_table
from jiujin.analysis.targets_facts import TargetFacts
from jiujin.analysis.targets_findings import target_problems
from jiujin.analysis.trust import communities_trust
from jiujin.caching import Cache, Shelf, digest_of
from jiujin.errors import JiujinError, Problem
from jiujin.network.graph import build_network
from jiujin.network.search import NO_WALK, nearest
from jiujin.pipeline import Tell, answered
from jiujin.pipeline_inputs import Layers, opened, read_layers
from jiujin.pipeline_parts import Found, Part, Whole, parts_of
from jiujin.reading.office_tables import read_office_tables
from jiujin.reading.values import normal_name
from jiujin.study import Service, Study

__all__ = ["answered_part", "differing_points", "parts_of", "targets_of", "whole_of"]


def whole_of(study: Study, *, tell: Tell = lambda _: None) -> Whole:
    """Read a province, bring everybody onto its streets and search; raises what `read_layers` does."""
    with opened(study, tell=tell) as files:
        layers = read_layers(files, tell=tell)
    layers_agree(layers.streets, layers.people, layers.communities, layers.problems)
    tell("计算步行距离…")
    ground = bring_onto_streets(
        study,
        layers.plane,
        layers.streets,
        people=layers.people,
        facilities=layers.facilities,
        compounds=layers.compounds,
    )
    home = residents(layers.people, layers.communities)
    lon, lat = (layers.facilities[name].to_numpy(np.float64) for name in ("lon", "lat"))
    searched = {service.id: _search(layers, ground, service) for service in study.services}
    return Whole(
        layers=layers,
        ground=ground,
        home=home,
        site_home=community_of(lon, lat, layers.communities),
        trust=communities_trust(
            ground.networks[False],
            ground.places[False].leg_cm,
            plane=layers.plane,
            communities=layers.communities,
            residents=residents_of(layers.people, home.community),
        ),
        found={service: found for service, (found, _) in searched.items()},
        labels={service: label for service, (_, label) in searched.items()},
    )


def _search(layers: Layers, ground: OnStreets, service: Service) -> tuple[Found, NDArray[np.int64]]:
    """Walk everybody to the nearest counted site of a service, as `service_access` does; with the labels of it."""
    kind, limit_cm = service.step_free, layers.study.walk.snap_limit_m * 100
    facilities, places = layers.facilities, ground.places[kind]
    rows = np.flatnonzero((facilities["service"] == service.id) & facilities["counted"])
    on = np.flatnonzero(places.leg_cm <= limit_cm)
    reached = rows[ground.sites[kind].leg_cm[rows] <= limit_cm]
    walks = nearest(ground.networks[kind], places.select(on), ground.sites[kind].select(reached))
    cm, site = np.full(len(places), NO_WALK, np.int32), np.full(len(places), -1, np.int32)
    cm[on], site[on] = walks.cm, np.append(reached, -1)[walks.site]
    straight_cm, straight = straight_to_nearest(ground.people_xy, (ground.site_xy[0][rows], ground.site_xy[1][rows]))
    straight_site = np.append(rows, -1)[straight].astype(np.int32)
    return Found(cm=cm, site=site, straight_cm=straight_cm, straight_site=straight_site), walks.label


@dataclass(frozen=True, slots=True, kw_only=True)
class _Covered:
    """Who is within reach of a service."""

    covered: NDArray[np.bool_]


def targets_of(whole: Whole, study: Study) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """
    Measure the targets on the whole province, as the uncut build does, and tell what was met in the office tables.

    `study` names the tables where they are to be read.
    """
    layers = whole.layers
    tables, problems = read_office_tables(study)
    rural = is_rural(layers.communities, whole.home.community)
    facts = TargetFacts(
        communities=layers.communities,
        facilities=layers.facilities,
        facility_community=whole.site_home,
        services={service.id: service for service in study.services},
        residents=residents_of(layers.people, whole.home.community),
        access={
            service.id: _Covered(covered=whole.found[service.id].cm <= reach_of(service, rural))
            for service in study.services
        },
        tables=tables,
        normal=normal_name,
    )
    problems = [*problems, *target_problems(study.targets, facts)]
    return target_table(study.targets, facts, study.as_of), tuple(problems)


def answered_part(part: Part, *, tell: Tell = lambda _: None) -> Results:
    """Answer the question of a county; raises JiujinError where a walk in it is not the one of the whole province."""
    kept = Shelf(cache=Cache(), base=digest_of("part", part.code, part.hashes))
    networks = {
        kind: build_network(part.streets, part.plane, step_free=kind, kept=stated) for kind, stated in part.kept.items()
    }
    lon, lat = (part.people[name].to_numpy(np.float64) for name in ("lon", "lat"))
    kept.of("ground", None, lambda: (networks, *homes_on_streets(networks, part.plane, lon, lat, part.compounds)))
    kept.of("home", None, lambda: Residence(community=part.home, problems=()))
    kept.of("trust", None, lambda: part.trust)
    site_at = part.facilities["lon"].to_numpy(np.float64), part.facilities["lat"].to_numpy(np.float64)
    kept.of("site-home", site_at, lambda: part.site_home)
    layers = Layers(
        study=part.study,
        plane=part.plane,
        streets=part.streets,
        surroundings=part.surroundings,
        communities=part.communities,
        people=part.people,
        facilities=part.facilities,
        outline=shapely.box(*part.communities.total_bounds.tolist()),
        compounds=part.compounds,
        homes=part.homes,
        problems=(),
        hashes=dict(part.hashes),
        shelf=kept,
        state=kept.base,
    )
    results = answered(layers, tell=tell)
    differing = {service: differing_points(results, service, found) for service, found in part.found.items()}
    if any(differing.values()):
        raise JiujinError(_differs(differing))
    return results


def differing_points(results: Results, service: str, found: Found) -> int:
    """How many people have another walk, or another site, or straight metres, than the whole province found."""
    access = results.access[service]
    same = (access.walk_cm == found.cm) & (access.facility_row == found.site)
    same &= (access.straight_cm == found.straight_cm) & (access.straight_facility_row == found.straight_site)
    return int(np.count_nonzero(~same))


def _differs(differing: Mapping[str, int]) -> Problem:
    told = "，".join(f"{service} {count} 个" for service, count in differing.items() if count)
    return Problem(
        severity="error",
        rule="cut_differs",
        found=f"分县计算的步行距离与全省整体计算不一致的人口点：{told}",
        wanted="0 个",
        action="本县成果未写出；请把这一行告诉维护人员",
    )
