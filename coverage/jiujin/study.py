"""
A study: the facts that one county's question consists of, frozen.

Nothing here opens a user's file; `jiujin.reading.study_file` makes a `Study` out of `study.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from jiujin.tables import GROUPS, RURAL, URBAN

Datum = str
"""`auto`, `wgs84`, `gcj02`, `bd09`, `cgcs2000`, or `EPSG:n`."""

SERVER = re.compile(r"https?://(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")
"""A server as a study may name it: no path, and nothing that could say more in a page's policy."""

Measure = Literal[
    "site_count",
    "units_with",
    "mean_per_unit",
    "min_per_site",
    "sum",
    "ratio",
    "pop_rate",
    "unit_reached",
    "people_per_site",
    "township_with",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far along the streets a service reaches, in whole metres, by the class of the person's community."""

    urban_m: int
    rural_m: int

    def metres(self, community_class: str) -> int:
        """Reach for `urban` or `rural`, in metres."""
        return {URBAN: self.urban_m, RURAL: self.rural_m}[community_class]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One kind of service, whom it is for, and how near it was promised."""

    id: str
    label: str
    group: str
    reach: Reach
    short: str = ""
    rings_m: tuple[int, ...] = (300, 500, 1000, 1500)
    speed_m_s: float = 1.11
    step_free: bool = False
    aliases: tuple[str, ...] = ()
    symbol: str = "circle"
    colour: str = "#555555"
    capacity_unit: str = ""
    capacity_default: float | None = None
    take_up: float = 1.0
    people_per_site: tuple[int, int] | None = None
    note: str = ""


@cache
def presets() -> Mapping[str, dict[str, Any]]:
    """The built-in services as `presets.toml` states them, in their order; to be read, never changed."""
    return MappingProxyType(tomllib.loads(files("jiujin").joinpath("presets.toml").read_text(encoding="utf-8")))


WALKING_M_S = 1.11
"""Walking speed of people in general."""

GROUP_SPEEDS_M_S: Mapping[str, float] = MappingProxyType({"age60": 0.8, "age65": 0.8, "age80": 0.8, "disabled": 0.6})
"""Walking speeds of the built-in groups that walk slower; `presets.toml` has the reaches that follow from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A population group: how people read it, how it is estimated where nobody counted it, how fast it walks."""

    id: str
    label: str
    headings: tuple[str, ...] = ()
    share_of: str | None = None
    ratio: float | None = None
    speed_m_s: float = WALKING_M_S


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkRules:
    """How people reach the streets and which streets count."""

    snap_limit_m: int = 500
    island_m: int = 2000
    walkable: Literal["default", "default+shared"] = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseTable:
    """
    A table of a PostgreSQL database, or what a query gives; `address` may hold a password and is shown nowhere.

    `table` (`schema.table`) or `query`, one of both; `geometry` is the column of shapes where there are several.
    """

    address: str = field(repr=False)
    table: str = ""
    query: str = ""
    geometry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """
    The files of a study, as absolute paths; an empty tuple where the study names none.

    `additions`: what is read in place of the study's own `facilities_added.csv`, to try an addition out. `databases`:
    the tables that are yet to be fetched, by the path that stands in for them. `register`: the table that holds the
    additions, None where `facilities_added.csv` does.
    """

    facilities: tuple[Path, ...]
    communities: tuple[Path, ...]
    population: tuple[Path, ...]
    streets: tuple[Path, ...]
    boundary: tuple[Path, ...] = ()
    buildings: tuple[Path, ...] = ()
    compounds: tuple[Path, ...] = ()
    residential: tuple[Path, ...] = ()
    tables: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    additions: Path | None = None
    databases: Mapping[Path, DatabaseTable] = field(default_factory=lambda: MappingProxyType({}))
    register: DatabaseTable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """
    What is written, for whom, and under whose name.

    `archive` keeps the figures of each day's last build. `tiles` are the servers (`https://host`, `https://*.host`)
    that a page may ask for an online background, once its reader chooses one; none: pages ask nobody for anything.
    """

    profile: Literal["internal", "public"] = "internal"
    atlas: bool = True
    archive: bool = True
    unit: str = ""
    review_no: str = ""
    tiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SitingQuestion:
    """
    “We can build `count` more (or must reach `rate`, or may spend `budget`): where?”

    `candidates` is a file, a service whose sites may take this one in, `streets`, `communities`, or None for what a
    planner expects. `forced` and `forbidden` are candidate ids; `exclude` a file of areas where nothing may be built;
    `least_per_township` and `most_per_township` limit the new sites of each township; `relocate` says how many existing
    sites may be given up for new ones; `stages` how many are built each year; `together` further services that move
    into the same buildings; `weights` how much a person of each group counts (default: the service's group, once).
    """

    service: str
    count: int | None = None
    rate: float | None = None
    candidates: str | None = None
    objective: Literal["cover", "median", "centre", "fair", "seats"] = "cover"
    budget: float | None = None
    forced: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    exclude: Path | None = None
    spacing_m: int = 200
    least_per_township: int = 0
    most_per_township: int | None = None
    relocate: int = 0
    stages: tuple[int, ...] = ()
    together: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def conflict(self) -> str | None:
        """Which of these wishes no model here can meet together, in Chinese; None where they go together."""
        by_count = self.rate is None and self.budget is None
        quotas = self.least_per_township > 0 or self.most_per_township is not None
        covering = by_count and self.objective in {"cover", "median"}
        if ((quotas or self.relocate) and not covering) or (self.relocate and (quotas or self.objective != "cover")):
            return "乡镇限额、迁建与所选的目标不能同时要求"
        if self.objective != "cover" and not by_count:
            return f"objective = {self.objective} 要写 count，不能写 rate 或 budget"
        if (self.together or self.weights) and (self.rate is not None or self.relocate or self.objective != "cover"):
            return "together、weights 只能与 count 或 budget 一起使用"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One promise in numbers, with the sentence of the plan that it comes from."""

    id: str
    label: str
    measure: Measure
    goal: float
    service: str | None = None
    unit: str = ""
    source: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    table: str | None = None
    field: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Everything that is asked, and of which files; made once, never changed."""

    name: str
    folder: Path
    as_of: date
    inputs: Inputs
    services: tuple[Service, ...]
    crs: str = "auto"
    datums: Mapping[str, Datum] = field(default_factory=lambda: MappingProxyType({}))
    walk: WalkRules = WalkRules()
    groups: tuple[Group, ...] = tuple(
        Group(id=key, label=label, speed_m_s=GROUP_SPEEDS_M_S.get(key, WALKING_M_S)) for key, label in GROUPS.items()
    )
    output: Output = Output()
    siting: SitingQuestion | None = None
    targets: tuple[Target, ...] = ()

    def service(self, service_id: str) -> Service:
        """The service of this id; KeyError when the study has none."""
        return {service.id: service for service in self.services}[service_id]

    def group(self, group_id: str) -> Group:
        """The population group of this id; KeyError when the study declares none."""
        return {group.id: group for group in self.groups}[group_id]

    def datum_of(self, layer: str, path: Path | None = None) -> Datum:
        """The datum stated for this file, else for its layer (`facilities`, `communities`, …), else `auto`."""
        if path is not None:
            for key, datum in self.datums.items():
                if (self.folder / key).resolve() == path.resolve():
                    return datum
        return self.datums.get(layer, "auto")
