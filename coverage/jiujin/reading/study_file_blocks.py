"""
The tables of `study.toml` and their keys: what may be written, of which kind, and what is taken where nothing is.

A key that does not stand here is a mistake. `explained` turns what pydantic found into Chinese problems.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Literal, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, RootModel, ValidationError, model_validator

from jiujin.errors import Problem
from jiujin.reading.study_file_text import TomlFile
from jiujin.reading.study_file_values import (
    Amount,
    AnyText,
    AnyTexts,
    Colour,
    Count,
    DatumName,
    Day,
    Flag,
    Metres,
    Paths,
    PlaneName,
    Range,
    Ratio,
    Reach,
    Rings,
    Servers,
    Speed,
    Text,
    Texts,
    Whole,
)
from jiujin.study import Measure

Place = tuple[str | int, ...]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StudyBlock(_Block):
    """[study]"""

    name: Text | None = None
    as_of: Day | None = None
    crs: PlaneName = "auto"


class OptionsBlock(_Block):
    """[inputs.options]: what a layer itself does not say."""

    streets_class: Text | None = None
    streets_skip: Texts | None = None
    streets_steps: Texts | None = None
    population_unit: Literal["per_cell", "per_hectare"] | None = None
    population_group: Text | None = None
    buildings_floors: Text | None = None
    aggregate: Literal["grid100", "community"] | None = None


class InputsBlock(_Block):
    """[inputs]"""

    facilities: Paths
    communities: Paths
    population: Paths
    streets: Paths
    boundary: Paths = ()
    buildings: Paths = ()
    compounds: Paths = ()
    residential: Paths = ()
    targets: Paths = ()
    additions: Text | None = None
    tables: dict[str, Text] = {}
    options: OptionsBlock = OptionsBlock()


class DatumBlock(RootModel[dict[str, DatumName]]):
    """[datum]: by layer, or by file."""


class WalkBlock(_Block):
    """[walk]"""

    snap_limit_m: Metres = 500
    island_m: Metres = 2000
    walkable: Literal["default", "default+shared"] = "default"


class GroupBlock(_Block):
    """[population] NAME = { … }"""

    label: Text | None = None
    column: Text | None = None
    headings: Texts = ()
    share_of: Text | None = None
    ratio: Ratio | None = None
    speed_m_s: Speed | None = None


class ReachBlock(_Block):
    """reach_m = { urban, rural }; one number stands for both."""

    urban: Reach
    rural: Reach

    @model_validator(mode="before")
    @classmethod
    def _one_number_for_both(cls, value: Any) -> Any:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return {"urban": value, "rural": value} if is_number else value


class ServiceBlock(_Block):
    """[services.ID], already laid over the preset."""

    label: Text
    group: Text
    reach_m: ReachBlock
    enabled: Flag = True
    short: AnyText = ""
    rings_m: Rings = (300, 500, 1000, 1500)
    speed_m_s: Speed = 1.11
    step_free: Flag = False
    aliases: AnyTexts = ()
    symbol: Literal["star", "circle", "square", "cross", "hexagon", "diamond", "triangle"] | None = None
    colour: Colour | None = None
    capacity_unit: AnyText = ""
    capacity_default: Amount | None = None
    take_up: Ratio = 1.0
    people_per_site: Range | None = None
    note: AnyText = ""


class OutputBlock(_Block):
    """[output]"""

    profile: Literal["internal", "public"] = "internal"
    atlas: Flag = True
    archive: Flag = True
    unit: AnyText = ""
    review_no: AnyText = ""
    tiles: Servers = ()


class SitingBlock(_Block):
    """[siting]"""

    service: Text
    count: Count | None = None
    rate: Ratio | None = None
    budget: Amount | None = None
    candidates: Text | None = None
    objective: Literal["cover", "median", "centre", "fair", "seats"] = "cover"
    forced: AnyTexts = ()
    forbidden: AnyTexts = ()
    exclude: Text | None = None
    spacing_m: Reach = 200
    least_per_township: Whole = 0
    most_per_township: Count | None = None
    relocate: Whole = 0
    stages: tuple[Count, ...] = ()
    together: AnyTexts = ()
    weights: dict[str, Amount] = {}


class TargetBlock(_Block):
    """[[targets]]"""

    id: Text
    measure: Measure
    goal: Amount
    label: Text | None = None
    service: Text | None = None
    unit: AnyText = ""
    source: AnyText = ""
    where: dict[str, Texts] = {}
    table: Text | None = None
    field: Text | None = None
    numerator: Text | None = Field(default=None, validation_alias=AliasChoices("numerator", "num"))
    denominator: Text | None = Field(default=None, validation_alias=AliasChoices("denominator", "den"))
    due: Day | None = None


def explained(error: ValidationError, model: type[BaseModel], toml: TomlFile, prefix: Place) -> list[Problem]:
    """Every mistake that pydantic found in the block at `prefix`, in Chinese, at its key."""
    return [_explained(dict(detail), model, toml, prefix) for detail in error.errors(include_url=False)]


def unknown_key(toml: TomlFile, place: Place, known: list[str]) -> Problem:
    """A key that nothing reads, named, with the key that was probably meant."""
    return toml.mistake(place, "unknown_key", f"不认识的键 {place[-1]}", closest(str(place[-1]), known))


def missing_key(toml: TomlFile, place: Place) -> Problem:
    """A key that must be written and is not."""
    key = str(place[-1])
    return toml.mistake(place, "missing_key", f"缺少 {key}", _MEANING.get(key, "写上这一项"))


def closest(word: str, words: list[str]) -> str:
    """“是否想写 X？” when a known word is close, else the known words."""
    if near := get_close_matches(word, words, n=1, cutoff=0.6):
        return f"是否想写 {near[0]}？"
    return "可用的有：" + "、".join(words)


def _explained(detail: dict[str, Any], model: type[BaseModel], toml: TomlFile, prefix: Place) -> Problem:
    inner: Place = tuple(detail["loc"])
    place, kind = (*prefix, *inner), detail["type"]
    if kind == "extra_forbidden":
        return unknown_key(toml, place, list(_model_at(model, inner[:-1]).model_fields))
    if kind == "missing":
        return missing_key(toml, place)
    if kind == "literal_error":
        wanted = _choices(model, inner)
    elif kind == "wanted":
        wanted = detail["ctx"]["wanted"]
    else:
        wanted = "一张表，例如 [表名] 或 { 键 = 值 }"
    return toml.mistake(place, "bad_value", f"写的是 {_shown(detail['input'])}", wanted)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    said = f"“{value}”" if isinstance(value, str) else str(value)
    return said if len(said) <= 80 else said[:79] + "…"


def _model_at(model: type[BaseModel], place: Place) -> type[BaseModel]:
    """The block that stands at this place of the file."""
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            blocks = [entry for entry in _flat(model.model_fields[part].annotation) if isinstance(entry, type)]
            inner = [entry for entry in blocks if issubclass(entry, BaseModel)]
            model = inner[0] if inner else model
    return model


def _flat(annotation: Any) -> list[Any]:
    return [annotation, *(inner for part in get_args(annotation) for inner in _flat(part))]


def _choices(model: type[BaseModel], place: Place) -> str:
    field = _model_at(model, place[:-1]).model_fields[str(place[-1])]
    return " 或 ".join(word for word in _flat(field.annotation) if isinstance(word, str))


_MEANING = {
    "inputs": "[inputs] 表，写明 facilities、communities、population、streets 四类文件",
    "as_of": "as_of = 2023-12-31（统计截止日期）",
    "facilities": 'facilities = ["设施台账.xlsx"]（设施台账）',
    "communities": 'communities = "communities.gpkg"（社区、村界）',
    "population": 'population = "population.csv"（人口点）',
    "streets": 'streets = "streets.osm.pbf"（道路）',
    "label": 'label = "设施名称"',
    "group": 'group = "total"（服务对象人群）',
    "reach_m": "reach_m = { urban = 1000, rural = 1500 }（城镇、乡村步行距离，米）",
    "urban": "城镇步行距离 urban（米）",
    "rural": "乡村步行距离 rural（米）",
    "service": 'service = "设施类型"',
    "id": 'id = "目标编号"',
    "measure": 'measure = "site_count" 等',
    "goal": "goal = 目标值",
}
