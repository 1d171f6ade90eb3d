"""
Read OpenStreetMap extracts (`.osm.pbf`, `.osm`): the walkable ways and what lies around them.

Several files are read as one: a node found in any of them counts for all, a way found in several counts once. Nodes may
stand before or after the ways that use them. Python touches only the ways that are kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import osmium

from jiujin.network.streets import Surroundings
from jiujin.reading.osm_around import AROUND_KEYS, Around, kind_around
from jiujin.reading.osm_lines import NOWHERE, Lines, Locations, OsmFile, objects
from jiujin.reading.streets_ways import MISSING, Ways, fullest
from jiujin.reading.walkable import is_shared, is_step_free, is_walkable, street_class


def read_osm(files: list[OsmFile], *, shared: bool) -> tuple[Ways, Surroundings]:
    """
    Read the walkable ways (with `shared`, those of `default+shared`) and the surroundings of one or several extracts.

    TableError where a file is broken, cut off, or no OpenStreetMap data.
    """
    locations = Locations(files)
    streets, around = _Streets(locations), Around(locations)
    for file in files:
        with file.told_when_broken():
            _read_ways(file, locations, streets, around, shared=shared)
            around.read_areas(file)
    kept = set(streets.lines.ids)
    for file in files if around.wanted else ():
        with file.told_when_broken():
            _read_members(file, locations, streets, around, outlines=around.squares - kept if shared else set())
    return streets.ways(), around.surroundings(files)


class _Streets:
    """The walkable ways as they are met."""

    def __init__(self, locations: Locations) -> None:
        self.lines = Lines(locations)
        self._refs: list[int] = []
        self._step_free: list[bool] = []
        self._street_class: list[int] = []

    def add(self, way: Any, tags: Any, highway: str | None) -> None:
        refs = [node.ref for node in way.nodes]
        self._refs += refs
        self.lines.add(way, len(refs))
        self._step_free.append(highway != "steps" if len(tags) == 1 else is_step_free(tags))
        self._street_class.append(street_class(highway))

    def ways(self) -> Ways:
        coordinates = self.lines.coordinates()
        is_there = coordinates[:, 0] != NOWHERE
        _, first, node = np.unique(np.array(self._refs, np.int64)[is_there], return_index=True, return_inverse=True)
        vertex = np.full(len(is_there), MISSING, np.int64)
        vertex[is_there] = node
        placed = coordinates[is_there][first]
        ptr = np.concatenate([[0], np.cumsum(self.lines.counts, dtype=np.int64)])
        owner = np.repeat(np.arange(len(self.lines.ids)), self.lines.counts)
        return fullest(
            Ways(
                way=np.array(self.lines.ids, np.int64),
                ptr=ptr.astype(np.int64),
                vertex=vertex,
                lon_e7=placed[:, 0],
                lat_e7=placed[:, 1],
                step_free=np.array(self._step_free, np.bool_),
                street_class=np.array(self._street_class, np.uint8),
                cut_ways=len(np.unique(np.array(self.lines.ids, np.int64)[owner[~is_there]])),
            )
        )


def _read_ways(file: OsmFile, locations: Locations, streets: _Streets, around: Around, *, shared: bool) -> None:
    keyed = osmium.filter.KeyFilter("highway", *AROUND_KEYS)
    for way in objects(file, osmium.osm.WAY, keyed, locations.filter):
        tags = way.tags
        highway = tags.get("highway")
        if highway is not None and (is_walkable(tags) or (shared and is_shared(tags))):
            streets.add(way, tags, highway)
        elif (kind := kind_around(tags)) is not None:
            around.add(way, kind)


def _read_members(
    file: OsmFile, locations: Locations, streets: _Streets, around: Around, *, outlines: set[int]
) -> None:
    """The ways of areas, which often have no tags of their own; the outlines of squares are walked along."""
    by_id = osmium.filter.IdFilter(sorted(around.wanted))
    for way in objects(file, osmium.osm.WAY, by_id, locations.filter):
        if way.id in outlines:
            streets.add(way, way.tags, None)
        around.add_member(way)
