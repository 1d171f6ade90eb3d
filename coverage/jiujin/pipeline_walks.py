"""Everybody on the streets of a study: who walks how far to what, and what that comes to when it is added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess, off_network_sites, reach_of, service_access
from jiujin.analysis.access_pairs import ReachPairs, reach_pairs
from jiujin.analysis.agreement import unanswerable
from jiujin.analysis.answers import Facts
from jiujin.analysis.coverage_counts import Floats, Ints, Marks, Residents, residents_of
from jiujin.analysis.coverage_housing import Homes
from jiujin.analysis.coverage_tables import Coverage, coverage_tables, is_rural, long_leg_marks
from jiujin.analysis.gaps_zones import Ground
from jiujin.analysis.placing import OnStreets, bring_onto_streets, crosses_barrier, homes_on_streets
from jiujin.analysis.residence import Residence, community_of, residents
from jiujin.analysis.trust import communities_trust
from jiujin.caching import Shelf
from jiujin.errors import Problem
from jiujin.network.attach import Places
from jiujin.pipeline_inputs import Layers
from jiujin.reading.values import normal_name
from jiujin.study import Reach, Service


def walks_of(layers: Layers) -> Walks:
    """Bring everybody and every facility onto the streets, and find out who lives in which community."""
    ground = bring_onto_streets(
        layers.study,
        layers.plane,
        layers.streets,
        people=layers.people,
        facilities=layers.facilities,
        compounds=layers.compounds,
        shelf=layers.shelf,
    )
    home = layers.shelf.of("home", None, lambda: residents(layers.people, layers.communities))
    return Walks(layers=layers, ground=ground, home=home)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Everybody added up: `site_home` is the community of each facility, the rest as in `Results`."""

    people: Residents
    trust: pd.DataFrame
    marks: Mapping[bool, Marks]
    site_home: Ints
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Walks:
    """Everybody on the streets, ready to walk to any service; `home` is the community of each."""

    layers: Layers
    ground: OnStreets
    home: Residence

    @property
    def rural(self) -> NDArray[np.bool_]:
        """Whether each person lives in the country."""
        return is_rural(self.layers.communities, self.home.community)

    def to(self, service: Service, *, snap_limit_cm: int | None = None) -> ServiceAccess:
        """Walk everybody to the nearest counted site of a service."""
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
        """Find everybody within reach of every site."""
        ground, kind = self.ground, service.step_free
        return reach_pairs(
            access, network=ground.networks[kind], people_places=ground.places[kind], site_places=ground.sites[kind]
        )

    def counted(self, access: Mapping[str, ServiceAccess]) -> Counted:
        """Add everybody up by community, township and class."""
        layers, shelf = self.layers, self.layers.shelf
        people = residents_of(layers.people, self.home.community)
        trust = shelf.of("trust", None, lambda: self.trust(people))
        marks = shelf.of("marks", None, self.marks)
        site_at = layers.facilities["lon"].to_numpy(np.float64), layers.facilities["lat"].to_numpy(np.float64)
        site_home = shelf.of("site-home", site_at, lambda: community_of(*site_at, layers.communities))
        coverage = coverage_tables(
            layers.study.services,
            access=access,
            residents=people,
            communities=layers.communities,
            facility_community=site_home,
            marks=marks,
            trust=trust["trust"].tolist(),
        )
        return Counted(people=people, trust=trust, marks=marks, site_home=site_home, coverage=coverage)

    def facts(
        self,
        access: Mapping[str, ServiceAccess],
        pairs: Mapping[str, ReachPairs],
        count: Counted,
        tables: Mapping[str, pd.DataFrame],
    ) -> Facts:
        """Put together what the questions are asked of; `tables` are the office tables that targets read."""
        layers, ground = self.layers, self.ground
        x, y = ground.people_xy
        return Facts(
            study=layers.study,
            communities=layers.communities,
            facilities=layers.facilities,
            facility_community=count.site_home,
            residents=count.people,
            access=access,
            pairs=pairs,
            coverage=count.coverage.communities,
            ground=Ground(networks=ground.networks, places=ground.places, x=x, y=y, plane=layers.plane),
            person_rank=pd.factorize(layers.people["id"], sort=True)[0],
            with_snap_limit=lambda service, limit_cm: self.to(service, snap_limit_cm=limit_cm),
            normal=normal_name,
            homes=self.homes(),
            tables=tables,
            shelf=layers.shelf,
            walked={service.id: self.sites(service)[1] for service in layers.study.services},
        )

    def homes(self) -> dict[str, Homes]:
        """Walk from every home, piece of residential land or compound, instead of every person."""
        layers, walked = self.layers, {}
        for kind, homes in layers.homes.items():
            places, xy = homes_on_streets(self.ground.networks, layers.plane, homes.lon, homes.lat, layers.compounds)
            walks = Walks(
                layers=replace(layers, shelf=Shelf()),
                ground=replace(self.ground, places=places, people_xy=xy),
                home=Residence(community=homes.community, problems=()),
            )
            access = {service.id: walks.to(service) for service in layers.study.services}
            walked[kind] = Homes(housing=homes, access=access, rural=walks.rural)
        return walked

    def trust(self, people: Residents) -> pd.DataFrame:
        """Grade the streets of each community."""
        layers, network = self.layers, self.ground.networks[False]
        leg_cm = self.ground.places[False].leg_cm
        return communities_trust(network, leg_cm, plane=layers.plane, communities=layers.communities, residents=people)

    def marks(self) -> dict[bool, Marks]:
        """Mark the ways to the street that are long, cross a barrier, or lead to a dropped island."""
        marks = {}
        for kind, network in self.ground.networks.items():
            places, layers = self.ground.places[kind], self.layers
            crossing = crosses_barrier(network, layers.plane, layers.people, places, layers.surroundings)
            marks[kind] = long_leg_marks(places.leg_cm, crossing=crossing, island=places.island)
        return marks

    def problems(self, access: Mapping[str, ServiceAccess]) -> list[Problem]:
        """List what was found of homes, the sites off the streets, and the questions that have no people."""
        problems = list(self.home.problems)
        for service in self.layers.study.services:
            sites = self.ground.sites[service.step_free]
            problems += off_network_sites(access[service.id], self.layers.facilities, sites.leg_cm)
            problems += unanswerable(self.layers.study, service, access[service.id], self.layers.people)
        return problems
