"""
The columns of every table that goes in or comes out: name, type, unit, meaning, and the headings offices write.

The headings stand in `headings.toml`, each once and in its plainest form, because they are compared after normalising
(NFKC, lower case, no spaces, no bracketed unit, no `*`). A new heading is a word there and no code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Literal

Kind = Literal["text", "number", "integer", "date", "flag", "degrees", "metres", "people", "rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One column: the name in code and files, the Chinese label people read, and the headings it is known by.

    `headings` are exact and in order of preference; `patterns` are regular expressions, tried where no heading fits.
    The name and the label count as headings too.
    """

    name: str
    label: str
    kind: Kind
    meaning: str
    unit: str = ""
    headings: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An ordered set of columns; an `open` table has further ones that only the study knows."""

    name: str
    label: str
    columns: tuple[Column, ...]
    open: bool = False

    @property
    def names(self) -> list[str]:
        """The column names, in file order."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        """Look up the column of this name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def with_columns(self, columns: Iterable[Column]) -> Table:
        """Copy this table with further columns; one of a known name replaces it."""
        further = {column.name: column for column in columns}
        kept = tuple(further.pop(column.name, column) for column in self.columns)
        return replace(self, columns=kept + tuple(further.values()))


GROUPS: dict[str, str] = {
    "total": "常住人口",
    "age60": "60岁及以上老年人",
    "age65": "65岁及以上老年人",
    "age80": "80岁及以上老年人",
    "disabled": "持证残疾人",
    "households": "户数",
}
"""The built-in population groups and how people read them."""

URBAN, RURAL = "urban", "rural"
CLASS_LABELS = {URBAN: "城镇", RURAL: "乡村"}

STATUS_LABELS = {"operating": "运营", "building": "在建", "planned": "拟建", "closed": "停用"}
"""The four states of a facility and how people read them."""

_WORDS = tomllib.loads(files("jiujin").joinpath("headings.toml").read_text(encoding="utf-8"))


def _column(name: str, label: str, meaning: str, *, kind: Kind = "text", unit: str = "", words: str = "") -> Column:
    """Make a column whose headings stand under `words` (or its own name) in `headings.toml`."""
    known = _WORDS.get(words or name, {})
    return Column(
        name=name,
        label=label,
        kind=kind,
        meaning=meaning,
        unit=unit,
        headings=tuple(known.get("words", "").split()),
        patterns=tuple(known.get("patterns", ())),
    )


_SEQUENCE = _column("seq", "序号", "the running number of the row; never an id")
_PLACE = (
    _column("lon", "经度", "longitude, or the first projected coordinate, as the file writes it", kind="degrees"),
    _column("lat", "纬度", "latitude, or the second projected coordinate, as the file writes it", kind="degrees"),
    _column("point", "坐标", "both coordinates in one cell"),
    _column("datum", "坐标系", "the datum, or the map the coordinates were picked on"),
)
_ADDRESS = _column("address", "地址", "where it is, in words")
_TOWNSHIP = _column("township", "乡镇（街道）", "township or sub-district")
_COMMUNITY = _column("community", "社区（村）", "name of the community or village")
_COMMUNITY_CODE = _column("community_code", "社区（村）代码", "the 12-digit statistical code")
_CLASS = _column("class", "城乡分类", "a statistical class (1xx urban, 2xx rural), or urban or rural in words")
_REMARK = _column("remark", "备注", "whatever else the office noted")
_COST = _column("cost", "造价", "cost of building", kind="number", unit="万元")
_CAPACITY = _column("capacity", "服务能力", "how many it serves, in the unit of the service", kind="number")

ADDITIONS_FILE = "facilities_added.csv"
"""What `jiujin add` keeps in a study's folder: WGS 84, read after everything else."""

FACILITIES = Table(
    name="facilities",
    label="设施台账",
    columns=(
        _column("id", "设施编号", "the id of the facility", words="facility_id"),
        _SEQUENCE,
        _column("name", "名称", "the name of the facility", words="facility_name"),
        _column("type", "类型", "the kind of service", words="facility_type"),
        *_PLACE,
        _ADDRESS,
        _TOWNSHIP,
        _COMMUNITY,
        _COMMUNITY_CODE,
        _column("status", "运营状态", "operating, building, planned or closed"),
        _column("opened", "投用时间", "the day it opened", kind="date"),
        _column("closed", "停用时间", "the day it closed", kind="date"),
        _CAPACITY,
        _column("area", "建筑面积", "floor area", kind="number", unit="㎡"),
        _COST,
        _REMARK,
        _column("street_way", "道路编号", "the way of a stated street position"),
        _column("street_piece", "路段编号", "the piece of that way"),
        _column("street_cm", "路段位置", "centimetres along that piece"),
        _column("street_leg_cm", "接入距离", "centimetres from the street to the door"),
        _column("network_hash", "路网指纹", "the network that the street position belongs to"),
        _column("present", "是否建有", "whether the community has such a site, how many, or which", kind="flag"),
    ),
)
"""A ledger of facilities: one row per site and service."""

GROUP_COLUMNS = tuple(
    _column(name, label, meaning, kind="people", unit="户" if name == "households" else "人")
    for (name, label), meaning in zip(
        GROUPS.items(),
        (
            "residents",
            "people aged 60 and over",
            "people aged 65 and over",
            "people aged 80 and over",
            "people with a disability certificate",
            "households",
        ),
        strict=True,
    )
)
"""The built-in population groups as columns of a file."""

POPULATION = Table(
    name="population",
    label="人口表",
    columns=(
        _column("id", "人口点编号", "the id of the population point", words="population_id"),
        _SEQUENCE,
        _column("name", "名称", "the name of the point", words="population_name"),
        *_PLACE,
        _ADDRESS,
        _TOWNSHIP,
        _COMMUNITY,
        _COMMUNITY_CODE,
        _CLASS,
        *GROUP_COLUMNS,
        _REMARK,
    ),
)
"""Where people live: a row per point, building or community."""

COMMUNITIES = Table(
    name="communities",
    label="社区（村）",
    columns=(
        _column("code", "社区（村）代码", "the 12-digit statistical code", words="community_own_code"),
        _SEQUENCE,
        _column("name", "名称", "name of the community or village", words="community_own_name"),
        _TOWNSHIP,
        _column("township_code", "乡镇（街道）代码", "the 9-digit code of the township"),
        _CLASS,
        _column("committee", "委员会类型", "居委会 or 村委会", words="community_committee"),
        *_PLACE,
        *GROUP_COLUMNS,
        _REMARK,
    ),
)
"""Communities and villages, with or without their outline."""

CANDIDATES = Table(
    name="candidates",
    label="备选点位",
    columns=(
        _column("id", "编号", "the id of the candidate", words="candidate_id"),
        _SEQUENCE,
        _column("name", "名称", "the name of the candidate", words="candidate_name"),
        *_PLACE,
        _ADDRESS,
        _TOWNSHIP,
        _COMMUNITY,
        _COMMUNITY_CODE,
        _COST,
        _CAPACITY,
        _REMARK,
    ),
)
"""Places where a new site could stand."""

UNITS = Table(
    name="units",
    label="指标数据表",
    open=True,
    columns=(
        _COMMUNITY_CODE,
        _SEQUENCE,
        _COMMUNITY,
        _TOWNSHIP,
        _column("committee", "委员会类型", "居委会 or 村委会"),
        _CLASS,
        _REMARK,
    ),
)
"""Figures per community or township; a target names the further columns that it needs."""


def population_table(groups: Iterable[tuple[str, str, tuple[str, ...]]]) -> Table:
    """
    Extend `POPULATION` by the groups of a study, each as (id, label, headings).

    A built-in group keeps its own headings after those that the study states.
    """
    known = {column.name: column for column in GROUP_COLUMNS}
    declared = []
    for group, label, headings in groups:
        column = known.get(group) or Column(name=group, label=label, kind="people", unit="人", meaning=label)
        declared.append(replace(column, label=label, headings=(*headings, *column.headings)))
    return POPULATION.with_columns(declared)
