"""
Which ways people may walk on, as data: the `walk` filter of osmnx 2.1, and what `default+shared` adds to it.

osmnx's filter is kept here because importing osmnx costs two seconds; a test holds it against the installed osmnx. A
clause drops a way whose tag *contains* a match of its pattern, as Overpass does: `motor` drops `motorway_link` too.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Protocol

EXCLUDED: tuple[tuple[str, str], ...] = (
    ("area", "yes"),
    ("access", "private"),
    (
        "highway",
        "abandoned|bus_guideway|construction|cycleway|motor|no|planned|platform|proposed|raceway|razed|rest_area|services",
    ),
    ("foot", "no"),
    ("service", "private"),
    ("sidewalk", "separate"),
    ("sidewalk:both", "separate"),
    ("sidewalk:left", "separate"),
    ("sidewalk:right", "separate"),
)
"""Tag and pattern: a way with a `highway` tag is walkable unless one of these patterns is found in its tag."""

FOOT_MAY_USE = frozenset({"yes", "designated", "permissive", "official"})
"""What `foot` says on a cycleway that walkers share."""

SQUARES = frozenset({"pedestrian", "footway", "living_street"})
"""What `highway` says on an area that is a square; people walk along its outline."""

STREET_CLASS = {
    "trunk": 0,
    "trunk_link": 0,
    "primary": 0,
    "primary_link": 0,
    "secondary": 0,
    "secondary_link": 0,
    "tertiary": 1,
    "tertiary_link": 1,
    "unclassified": 1,
    "road": 1,
    "residential": 2,
    "living_street": 2,
    "service": 3,
    "track": 3,
    "steps": 5,
}
"""Position in `STREET_CLASSES`; what is not here is a path (4)."""

PATH = 4


class Tags(Protocol):
    """What tells a way's tags: a dict, or a tag list of osmium."""

    def get(self, key: str, /) -> str | None:
        """The value of this tag, None when the way has none."""

    def __len__(self) -> int:
        """How many tags the way has."""


def is_walkable(tags: Tags) -> bool:
    """Whether osmnx's `walk` filter keeps a way with these tags."""
    highway = tags.get("highway")
    if highway is None or _drops("highway", highway):
        return False
    return len(tags) == 1 or not any(_dropped_by(tags, key) for key, _ in EXCLUDED if key != "highway")


def is_shared(tags: Tags) -> bool:
    """Whether `default+shared` adds a way with these tags: a cycleway that foot may use, or the outline of a square."""
    highway = tags.get("highway")
    if highway == "cycleway":
        return tags.get("foot") in FOOT_MAY_USE and not _is_dropped(tags, ("highway",))
    return highway in SQUARES and tags.get("area") == "yes" and not _is_dropped(tags, ("area",))


def is_step_free(tags: Tags) -> bool:
    """Whether the way stays in the step-free network."""
    return tags.get("highway") != "steps" and tags.get("wheelchair") != "no"


def street_class(highway: str | None) -> int:
    """How a way with this `highway` value is drawn, as a position in `STREET_CLASSES`."""
    return STREET_CLASS.get(highway or "", PATH)


def overpass_filter() -> str:
    """The filter in the words of Overpass, as osmnx writes it."""
    return '["highway"]' + "".join(f'["{key}"!~"{pattern}"]' for key, pattern in EXCLUDED)


def _is_dropped(tags: Tags, but: tuple[str, ...]) -> bool:
    return any(_dropped_by(tags, key) for key, _ in EXCLUDED if key not in but)


def _dropped_by(tags: Tags, key: str) -> bool:
    value = tags.get(key)
    return value is not None and _drops(key, value)


_PATTERNS = {key: re.compile(pattern) for key, pattern in EXCLUDED}


@cache
def _drops(key: str, value: str) -> bool:
    return _PATTERNS[key].search(value) is not None
