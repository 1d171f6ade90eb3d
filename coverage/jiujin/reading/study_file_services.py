"""The population groups and services of a study: the built-in ones, and what the file lays over them or adds."""

from __future__ import annotations

import unicodedata
from typing import Any

from jiujin.reading.study_file_blocks import GroupBlock, Place, ServiceBlock, closest
from jiujin.reading.study_file_check import Check
from jiujin.reading.study_file_values import is_usable_id
from jiujin.study import GROUP_SPEEDS_M_S, WALKING_M_S, Group, Reach, Service, presets
from jiujin.tables import GROUPS

_TAKEN_COLUMNS = {"id", "lon", "lat", "community", "community_code", "class", "people", "covered"}
_OWN_SYMBOLS = ("hexagon", "diamond", "triangle", "circle")
_OWN_COLOURS = ("#B8860B", "#4B4E9E", "#6B4423", "#2F6F73", "#555555")
_TAKEN_PAGES = {"index", "summary", "tables", "atlas", "report"}


def groups_of(check: Check) -> tuple[Group, ...]:
    """The population groups: the built-in six, then the declared ones in the file's order."""
    raw = check.table("population")
    known = list(dict.fromkeys([*GROUPS, *raw]))
    groups = []
    for group_id in known:
        place = ("population", group_id)
        block = GroupBlock() if group_id not in raw else check.block(GroupBlock, place, raw[group_id])
        if isinstance(raw.get(group_id), dict):
            _check_share(check, place, raw[group_id], known)
        if group_id not in GROUPS and (not is_usable_id(group_id) or group_id.lower() in _TAKEN_COLUMNS):
            check.mistake(place, "bad_value", f"人群名不能用 {group_id}", "字母、数字或汉字，不与表中的列重名")
        if block is None:
            continue
        headings = tuple(dict.fromkeys([*([block.column] if block.column else []), *block.headings]))
        label = block.label or GROUPS.get(group_id, group_id)
        speed = block.speed_m_s or GROUP_SPEEDS_M_S.get(group_id, WALKING_M_S)
        groups.append(
            Group(
                id=group_id,
                label=label,
                headings=headings,
                share_of=block.share_of,
                ratio=block.ratio,
                speed_m_s=speed,
            )
        )
    _check_circles(check, groups)
    return tuple(groups)


def services_of(check: Check, groups: tuple[Group, ...]) -> tuple[Service, ...]:
    """The services that are on, in preset order, then the file's own; those with mistakes are noted and left out."""
    raw = check.table("services")
    group_ids = [group.id for group in groups]
    services: list[Service] = []
    for service_id in dict.fromkeys([*presets(), *raw]):
        place, own = ("services", service_id), raw.get(service_id, {})
        if service_id not in presets() and not _is_service_id(service_id):
            check.mistake(place, "bad_value", f"设施类型编号不能用 {service_id}", "字母、数字、汉字或下划线")
            continue
        if not isinstance(own, dict):
            check.mistake(place, "bad_value", "此处不是一张表", f"[services.{service_id}] 开头的一张表")
            continue
        merged = _laid_over(presets().get(service_id, {}), own)
        block = check.block(ServiceBlock, place, merged)
        _check_group(check, (*place, "group"), merged.get("group"), group_ids)
        if block is None:
            _say_preset_that_was_meant(check, service_id)
        elif block.enabled:
            services.append(_service(service_id, block, services))
    if not services and not check.problems:
        check.mistake(("services",), "bad_value", "所有设施类型都已停用", "至少保留一类")
    return _with_own_aliases(check, services, raw)


def service_ids(check: Check) -> list[str]:
    """Every service that the file leaves on, whether or not its block is right."""
    raw = check.table("services")
    blocks = {service_id: raw.get(service_id, {}) for service_id in dict.fromkeys([*presets(), *raw])}
    return [key for key, own in blocks.items() if not (isinstance(own, dict) and own.get("enabled") is False)]


def _check_share(check: Check, place: Place, own: dict[str, Any], known: list[str]) -> None:
    if ("share_of" in own) != ("ratio" in own):
        check.mistake(place, "bad_value", "share_of 和 ratio 只写了一个", '{ share_of = "total", ratio = 0.209 }')
    _check_group(check, (*place, "share_of"), own.get("share_of"), known)


def _check_group(check: Check, place: Place, group: Any, known: list[str]) -> None:
    """A group must be known; what is no text at all has been told already."""
    if isinstance(group, str) and group.strip() not in known:
        check.mistake(place, "unknown_group", f"没有人群 {group}", closest(group, known))


def _check_circles(check: Check, groups: list[Group]) -> None:
    base = {group.id: group.share_of for group in groups}
    for group in groups:
        seen, step = {group.id}, group.share_of
        while step is not None and step not in seen:
            seen.add(step)
            step = base.get(step)
        if step == group.id:
            place = ("population", group.id, "share_of")
            check.mistake(place, "bad_value", f"{group.id} 按自己的比例估算", "另一个人群，例如 total")


def _is_service_id(text: str) -> bool:
    return is_usable_id(text) and text.lower() not in _TAKEN_PAGES | {preset.lower() for preset in presets()}


def _laid_over(preset: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = preset | {key: value for key, value in own.items() if key != "aliases" or "aliases" not in preset}
    if isinstance(own.get("reach_m"), dict):
        merged["reach_m"] = preset.get("reach_m", {}) | own["reach_m"]
    if "aliases" in own and "aliases" in preset:
        added = [own["aliases"]] if isinstance(own["aliases"], str) else own["aliases"]
        merged["aliases"] = [*preset["aliases"], *added] if isinstance(added, list) else added
    return merged


def _say_preset_that_was_meant(check: Check, service_id: str) -> None:
    if service_id not in presets():
        advice = "自设的设施类型须写 label、group、reach_m；" + closest(service_id, list(presets()))
        check.mistake(("services", service_id), "bad_value", f"{service_id} 不是内置设施类型，且写得不全或有误", advice)


def _service(service_id: str, block: ServiceBlock, before: list[Service]) -> Service:
    keys = block.model_dump(exclude={"enabled", "reach_m", "aliases"})
    names = [service_id, block.label, str(presets().get(service_id, {}).get("label", block.label)), *block.aliases]
    reach = Reach(urban_m=block.reach_m.urban, rural_m=block.reach_m.rural)
    keys["short"] = block.short or block.label[:1]
    keys["symbol"] = block.symbol or _first_free(_OWN_SYMBOLS, [service.symbol for service in before])
    keys["colour"] = block.colour or _first_free(_OWN_COLOURS, [service.colour for service in before])
    return Service(id=service_id, reach=reach, aliases=tuple(dict.fromkeys(names)), **keys)


def _first_free(choices: tuple[str, ...], taken: list[str]) -> str:
    """A look that no service has yet; the last one when all are taken."""
    return next((choice for choice in choices if choice not in taken), choices[-1])


def _with_own_aliases(check: Check, services: list[Service], raw: dict[str, Any]) -> tuple[Service, ...]:
    """Let each name mean one service: what the file states goes before the presets, and must not contradict itself."""
    stated: dict[str, str] = {}
    for service in services:
        for name in _stated_names(service, raw.get(service.id, {})):
            if stated.setdefault(_plain(name), service.id) != service.id:
                found = f"“{name}”也是 {stated[_plain(name)]} 的名称"
                check.mistake(("services", service.id, "aliases"), "bad_value", found, "一个名称只属于一类设施")
    return tuple(
        Service(**{key: getattr(service, key) for key in Service.__slots__ if key != "aliases"}, aliases=kept)
        for service in services
        for kept in [tuple(name for name in service.aliases if stated.get(_plain(name), service.id) == service.id)]
    )


def _stated_names(service: Service, own: dict[str, Any]) -> list[str]:
    aliases = own.get("aliases", [])
    return [service.id, service.label, *([aliases] if isinstance(aliases, str) else aliases)]


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
