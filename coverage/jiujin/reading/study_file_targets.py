"""The promises in numbers: [[targets]] of the study file, or of a file of targets that [inputs] names."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from jiujin.errors import StudyError
from jiujin.reading.study_file_blocks import Place, TargetBlock, closest
from jiujin.reading.study_file_check import Check
from jiujin.reading.study_file_inputs import Files
from jiujin.reading.study_file_text import read_toml
from jiujin.study import Target

_WHERE = ["committee", "class", "township", "tag"]
_COMMITTEES = ("居委会", "村委会")
_NEEDS_SERVICE = {"site_count", "pop_rate", "unit_reached", "people_per_site"}
_SHARES = {"units_with", "pop_rate", "unit_reached", "township_with"}
_NEEDS_TABLE = {"sum": ("field",), "ratio": ("numerator", "denominator")}


def targets_of(check: Check, files: Files, ids: list[str]) -> tuple[Target, ...]:
    """All targets in order: the study file's own, then those of the target files; ids are unique over all of them."""
    tables = {str(place[2]) for place in files if place[:2] == ("inputs", "tables")}
    targets: dict[str, Target] = {}
    seen: set[str] = set()
    for source in (check, *_target_files(check, files)):
        for position, raw in enumerate(_listed(source)):
            place: Place = ("targets", position)
            block = source.block(TargetBlock, place, raw)
            name = raw.get("id") if isinstance(raw, dict) else None
            if isinstance(raw, dict):
                _check_names(source, place, raw, ids, tables)
            if isinstance(name, str):
                if name.strip() in seen:
                    source.mistake((*place, "id"), "bad_value", f"目标编号 {name} 重复", "每个目标的 id 不同")
                seen.add(name.strip())
            if block is not None:
                _check_measure(source, place, block, ids)
                _check_goal(source, place, block)
                targets[block.id] = _target(block)
        if source is not check:
            check.problems += source.problems
    return tuple(targets.values())


def _target_files(check: Check, files: Files) -> list[Check]:
    sources = []
    for path in files.get(("inputs", "targets"), ()):
        if not path.is_file():
            continue
        try:
            toml = read_toml(
                path, path.relative_to(check.folder).as_posix() if path.is_relative_to(check.folder) else path.name
            )
        except StudyError as error:
            check.problems += error.problems
            continue
        source = Check(toml, check.folder)
        source.keys((), list(toml.content), ["targets"])
        sources.append(source)
    return sources


def _listed(source: Check) -> list[Any]:
    raw = source.toml.content.get("targets", [])
    if isinstance(raw, list):
        return raw
    source.mistake(("targets",), "bad_value", "此处是一张表", "每个目标以 [[targets]]（双层方括号）开头")
    return []


def _check_names(source: Check, place: Place, raw: dict[str, Any], ids: list[str], tables: set[str]) -> None:
    """The service and the table that a target names must exist, whatever else is wrong with it."""
    service, table = raw.get("service"), raw.get("table")
    if isinstance(service, str) and service.strip() not in ids:
        found = f"没有设施类型 {service}（或已停用）"
        source.mistake((*place, "service"), "unknown_service", found, closest(service, ids))
    if isinstance(table, str) and table.strip() not in tables:
        wanted = f'在 [inputs.tables] 中写明，例如 {table} = "{table}.xlsx"'
        source.mistake((*place, "table"), "unknown_table", f"没有登记表 {table}", wanted)
    where = raw.get("where")
    for key in where if isinstance(where, dict) else ():
        if key not in _WHERE:
            source.mistake((*place, "where", key), "unknown_key", f"不认识的键 {key}", closest(key, _WHERE))


def _check_measure(source: Check, place: Place, block: TargetBlock, ids: list[str]) -> None:
    """Each measure counts something: a service's sites, or the rows of a table; perhaps only of some communities."""
    for key, values in block.where.items():
        if key == "committee" and not set(values) <= set(_COMMITTEES):
            found = "、".join(value for value in values if value not in _COMMITTEES)
            source.mistake((*place, "where", key), "bad_value", f"写的是“{found}”", " 或 ".join(_COMMITTEES))
    if block.measure in _NEEDS_SERVICE and block.service is None:
        source.mistake((*place, "service"), "missing_key", f"{block.measure} 缺少 service", "、".join(ids))
    elif block.measure in _NEEDS_TABLE:
        for key in ("table", *_NEEDS_TABLE[block.measure]):
            if getattr(block, key) is None:
                source.mistake((*place, key), "missing_key", f"{block.measure} 缺少 {key}", "登记表及其中的列名")
    elif block.service is None and block.table is None:
        source.mistake(place, "missing_key", f"{block.measure} 缺少 service 或 table", "设施类型，或登记表")


def _check_goal(source: Check, place: Place, block: TargetBlock) -> None:
    """A share cannot be asked to be more than the whole, and nobody can be served by a site that serves nobody."""
    in_per_cent = block.unit in {"%", "％"}
    if block.measure in _SHARES and block.goal > (100 if in_per_cent else 1):
        found = (
            f"写的是 {block.goal:g}{block.unit}，而 {block.measure} 是占比，不会超过 {'100%' if in_per_cent else '1'}"
        )
        wanted = "不超过 100 的数" if in_per_cent else '例如 0.8；按百分数写时另加 unit = "%"'
        source.mistake((*place, "goal"), "impossible_goal", found, wanted)
    if block.measure == "people_per_site" and not block.goal:
        source.mistake((*place, "goal"), "impossible_goal", "写的是 0", "每处设施服务人数的上限，大于 0")


def _target(block: TargetBlock) -> Target:
    keys = block.model_dump(exclude={"label", "where"})
    return Target(label=block.label or block.id, where=MappingProxyType(dict(block.where)), **keys)
