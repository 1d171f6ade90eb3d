"""
What a county takes along when a province is cut; why its walks are then those of the whole, see `jiujin.pipeline_cut`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from jiujin.analysis.compounds import Compounds
from jiujin.analysis.counties import DIGITS, LONGEST_PIECE, ground_of, joined, unit_of_people, units_of
from jiujin.analysis.coverage_housing import Housing
from jiujin.analysis.placing import OnStreets
from jiujin.analysis.residence import Residence
from jiujin.coordinates import Plane
from jiujin.errors import JiujinError, Problem
from jiujin.network.attach import NO_LEG
from jiujin.network.cutting import Reaches, some_pieces, ways_home
from jiujin.network.streets import Streets, Surroundings
from jiujin.pipeline_inputs import Layers
from jiujin.study import Study

Ints = NDArray[np.int32]
Rows = NDArray[np.int64]

CELL_M = 1_000
"""Width of the cells in which the ground of a county is laid out."""

DEGREE_M = 111_000
"""Metres of a degree of latitude, the most that one of longitude can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    What a search found for everybody: `cm` on foot to row `site` of the facilities, `straight_cm` to `straight_site`.

    `NO_WALK` and -1 where there is none.
    """

    cm: Ints
    site: Ints
    straight_cm: Ints
    straight_site: Ints

    def of(self, people: Rows, sites: Rows) -> Found:
        """Take some people, with sites by their number among `sites` (ascending)."""
        return Found(
            cm=self.cm[people],
            site=_renumbered(self.site[people], sites),
            straight_cm=self.straight_cm[people],
            straight_site=_renumbered(self.straight_site[people], sites),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A province on its streets: the inputs, where everybody joins them, and what the searches found and marked."""

    layers: Layers
    ground: OnStreets
    home: Residence
    site_home: Ints
    trust: pd.DataFrame
    found: Mapping[str, Found]
    labels: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    A county with all that its answers rest on, and the walks that the whole province found for its people.

    `kept` says by network and piece what was not dropped with an island. `home` and `site_home` are rows of
    `communities`, -1 = none here.
    """

    code: str
    study: Study
    plane: Plane
    streets: Streets
    surroundings: Surroundings
    communities: gpd.GeoDataFrame
    people: pd.DataFrame
    facilities: pd.DataFrame
    compounds: Compounds | None
    homes: Mapping[str, Housing]
    kept: Mapping[bool, NDArray[np.bool_]]
    home: Ints
    site_home: Ints
    trust: pd.DataFrame
    found: Mapping[str, Found]
    hashes: Mapping[str, str]


def parts_of(whole: Whole, level: str, names: Mapping[str, str] = MappingProxyType({})) -> Iterator[Part]:
    """
    Cut a province into its counties (`DIGITS` has the levels), one after the other, in the order of their codes.

    `names` gives the names of counties by code. Raises JiujinError where the codes of the communities tell no county.
    """
    communities, streets = whole.layers.communities, whole.layers.streets
    codes = communities["code"].astype(object)
    if not codes.str.fullmatch(rf"\d{{{DIGITS[level]},12}}").all():
        raise JiujinError(_no_codes(DIGITS[level]))
    home = whole.home.community
    units, of_community = units_of(codes, DIGITS[level])
    of_person = unit_of_people(whole.layers.people, home, communities, of_community)
    units, of_community, of_person = joined(units, of_community, of_person)
    reaches = Reaches.over(streets, *whole.layers.plane.project(streets.lon, streets.lat), CELL_M)
    kept = {kind: _kept(whole, kind) for kind in whole.ground.networks}
    for number, code in enumerate(units):
        own = np.flatnonzero(of_community == number)
        people = np.flatnonzero(of_person == number)
        county = _Cut(whole=whole, people=people, communities=own, reaches=reaches, kept=kept)
        yield county.part(code, names.get(code, code))


def _kept(whole: Whole, kind: bool) -> NDArray[np.bool_]:
    network = whole.ground.networks[kind]
    kept = np.zeros(whole.layers.streets.start.size, np.bool_)
    kept[network.piece_of] = network.kept
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """The people and communities of one county in a province: their rows."""

    whole: Whole
    people: Rows
    communities: Rows
    reaches: Reaches
    kept: Mapping[bool, NDArray[np.bool_]]

    def part(self, code: str, name: str) -> Part:
        whole, layers = self.whole, self.whole.layers
        region = self._region()
        sites = self._sites(region)
        pieces = self._pieces(region, sites)
        study = replace(layers.study, name=name, siting=None, targets=())
        return Part(
            code=code,
            study=replace(study, inputs=replace(study.inputs, tables=MappingProxyType({}))),
            plane=layers.plane,
            streets=(streets := some_pieces(layers.streets, pieces)),
            surroundings=self._surroundings(),
            communities=_some_rows(layers.communities, self.communities),
            people=_some_rows(layers.people, self.people),
            facilities=self._facilities(sites, streets),
            compounds=layers.compounds,
            homes={kind: self._homes(homes) for kind, homes in layers.homes.items()},
            kept={kind: kept[pieces] for kind, kept in self.kept.items()},
            home=_renumbered(whole.home.community[self.people], self.communities),
            site_home=_renumbered(whole.site_home[sites], self.communities),
            trust=_some_rows(whole.trust, self.communities),
            found={service: found.of(self.people, sites) for service, found in whole.found.items()},
            hashes=layers.hashes,
        )

    def _halo_m(self) -> float:
        """How far around everybody the streets must be whole."""
        study = self.whole.layers.study
        reach_m = max((max(each.reach.urban_m, each.reach.rural_m) for each in study.services), default=0)
        legs = [places.leg_cm[self.people] for places in self.whole.ground.places.values()]
        leg_cm = max(int(leg[leg < NO_LEG].max(initial=0)) for leg in legs)
        return max(LONGEST_PIECE * reach_m, leg_cm / 100) + 1

    def _region(self) -> NDArray[np.bool_]:
        x, y = self.whole.ground.people_xy
        communities = self.whole.layers.communities.iloc[self.communities]
        at = x[self.people], y[self.people]
        return ground_of(self.reaches, at, communities, self.whole.layers.plane, self._halo_m())

    def _sites(self, region: NDArray[np.bool_]) -> Rows:
        """Rows of the facilities that stand on the ground of the county, or are anybody's nearest."""
        whole = self.whole
        here = region[self.reaches.cells(*whole.ground.site_xy)]
        here |= np.isin(whole.site_home, self.communities)
        for found in whole.found.values():
            for site in (found.site[self.people], found.straight_site[self.people]):
                here[site[site >= 0]] = True
        return np.flatnonzero(here)

    def _pieces(self, region: NDArray[np.bool_], sites: Rows) -> Rows:
        """Pieces of the streets: those of the ground, those where people and sites stand, those of their ways."""
        whole = self.whole
        streets, study = whole.layers.streets, whole.layers.study
        taken = np.zeros(streets.start.size, np.bool_)
        taken[self.reaches.pieces_in(region)] = True
        for kind, network in whole.ground.networks.items():
            people, _ = whole.ground.places[kind].select(self.people).every_door()
            at, _ = whole.ground.sites[kind].select(sites).every_door()
            for service in study.services:
                if service.step_free == kind:
                    marked = ways_home(network, whole.labels[service.id], people.chain, at.chain)
                    taken[network.piece_of[network.kept & marked[network.chain]]] = True
            stood = np.concatenate((people.piece, at.piece))
            taken[network.piece_of[stood[stood >= 0]]] = True
        facilities = whole.layers.facilities
        if "street_way" in facilities:  # a stated position counts the pieces along its way
            taken |= np.isin(streets.way, facilities["street_way"].to_numpy(np.int64)[sites])
        return np.flatnonzero(taken)

    def _facilities(self, sites: Rows, streets: Streets) -> pd.DataFrame:
        """Facilities of the county and those it needs; stated street positions hold on these streets too."""
        facilities = _some_rows(self.whole.layers.facilities, sites)
        foreign = ~np.isin(self.whole.site_home[sites], self.communities)
        facilities["outside"] = facilities["outside"].to_numpy(np.bool_) | foreign
        if "network_hash" in facilities and facilities["network_hash"].notna().any():
            ours = facilities["network_hash"] == self.whole.layers.streets.fingerprint()
            facilities.loc[ours, "network_hash"] = streets.fingerprint()
        return facilities

    def _surroundings(self) -> Surroundings:
        """Shapes whose box meets that of the county, halo and all."""
        layers = self.whole.layers
        lon, lat = (layers.people[name].to_numpy(np.float64)[self.people] for name in ("lon", "lat"))
        west, south, east, north = layers.communities.iloc[self.communities].total_bounds.tolist()
        around = self._halo_m() / DEGREE_M
        wide = around / max(np.cos(np.radians(max(abs(south), abs(north)) + around)), 0.01)
        box = (
            min(west, float(lon.min())) - wide,
            min(south, float(lat.min())) - around,
            max(east, float(lon.max())) + wide,
            max(north, float(lat.max())) + around,
        )
        shapes = layers.surroundings
        return Surroundings(
            water=_in_box(shapes.water, box),
            rail=_in_box(shapes.rail, box),
            buildings=_in_box(shapes.buildings, box),
            places=tuple(each for each in shapes.places if box[0] <= each[0] <= box[2] and box[1] <= each[1] <= box[3]),
        )

    def _homes(self, homes: Housing) -> Housing:
        here = np.isin(homes.community, self.communities)
        return Housing(
            lon=homes.lon[here],
            lat=homes.lat[here],
            amount=homes.amount[here],
            community=_renumbered(homes.community[here], self.communities),
        )


def _renumbered(rows: Ints, taken: Rows) -> Ints:
    """Number rows by their place among those taken (ascending); -1 for rows that were not taken, and for none."""
    place = np.searchsorted(taken, rows)
    known = (rows >= 0) & (place < taken.size)
    known[known] = taken[place[known]] == rows[known]
    return np.where(known, place, -1).astype(np.int32)


def _some_rows(frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return frame.iloc[rows].reset_index(drop=True)


def _in_box(shapes: NDArray[np.object_], box: tuple[float, float, float, float]) -> NDArray[np.object_]:
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    return shapes[(west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])]


def _no_codes(digits: int) -> Problem:
    return Problem(
        severity="error",
        rule="no_county_codes",
        found=f"有的社区（村）编码不是数字，或不足 {digits} 位，分不出县（市、区）",
        wanted="12 位统计用区划代码",
        action="请在社区图层中补全区划代码，或不用 --cut 整体计算",
    )
