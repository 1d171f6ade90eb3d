"""[siting] of `study.toml`: what can be asked, and what contradicts itself."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from jiujin.reading.study_file_blocks import SitingBlock, closest
from jiujin.reading.study_file_check import Check
from jiujin.study import SitingQuestion

MADE_CANDIDATES = ("streets", "communities")
"""Candidates that are found by the tool itself."""


def siting_of(check: Check, ids: list[str], groups: list[str]) -> SitingQuestion | None:
    """
    The siting question of a study, every mistake in it noted; None when there is none, or none to be used.

    What contradicts itself in any county is a mistake of the file; what a county cannot give is told by the answer.
    """
    if "siting" not in check.toml.content:
        return None
    block = check.block(SitingBlock, ("siting",))
    raw = check.table("siting")
    _names(check, raw, ids, groups)
    _amounts(check, raw)
    exclude = _exclude(check, raw.get("exclude"))
    if block is None:
        return None
    _contradictions(check, block)
    question = SitingQuestion(
        **{**block.model_dump(), "exclude": exclude, "weights": MappingProxyType(dict(block.weights))}
    )
    if conflict := question.conflict():
        check.mistake(("siting",), "wishes_conflict", conflict, "分开提问")
    return question


def _names(check: Check, raw: dict[str, Any], ids: list[str], groups: list[str]) -> None:
    """The services, the files and the groups that a question names must exist, whatever else is wrong with it."""
    service, candidates = raw.get("service"), raw.get("candidates")
    if isinstance(service, str) and service.strip() not in ids:
        check.mistake(("siting", "service"), "unknown_service", f"没有设施类型 {service}", closest(service, ids))
    if isinstance(candidates, str) and candidates.strip():
        _candidates(check, candidates.strip(), service, ids)
    for name in _listed(raw.get("together")):
        if name.strip() not in ids:
            check.mistake(("siting", "together"), "unknown_service", f"没有设施类型 {name}", closest(name, ids))
        elif name.strip() == service:
            wanted = "与该类设施同址的其他设施类型"
            check.mistake(("siting", "together"), "bad_value", f"{name} 就是 service 本身", wanted)
    weights = raw.get("weights")
    for name in weights if isinstance(weights, dict) else ():
        if name not in groups and not check.is_written(("population", name)):
            check.mistake(("siting", "weights", name), "unknown_group", f"没有人群 {name}", closest(name, groups))


def _candidates(check: Check, named: str, service: object, ids: list[str]) -> None:
    if named == service:
        wanted = "另一类设施，或备选点位表"
        check.mistake(("siting", "candidates"), "own_sites", "备选点位就是现有的同类设施", wanted)
    elif named not in {*ids, *MADE_CANDIDATES} and not (check.folder / named).is_file():
        check.mistake(
            ("siting", "candidates"),
            "missing_file",
            f"没有这个文件或设施类型：{named}",
            "备选点位表的路径，或设施类型的编号，或 streets、communities",
        )


def _amounts(check: Check, raw: dict[str, Any]) -> None:
    if sum(name in raw for name in ("count", "rate", "budget")) != 1:
        check.mistake(
            ("siting",), "bad_value", "count、rate、budget 要且只要写一个", "count = 5、rate = 0.9 或 budget = 300"
        )
    if raw.get("stages") and "count" not in raw:
        check.mistake(("siting", "stages"), "bad_value", "没有写 count", "stages 与 count 一起写，各年之和等于 count")
    for name in sorted(set(_listed(raw.get("forced"))) & set(_listed(raw.get("forbidden")))):
        found = f"点位“{name}”既要求建又不许建"
        check.mistake(("siting", "forced"), "forced_and_forbidden", found, "只写在 forced 或 forbidden 之一")


def _contradictions(check: Check, block: SitingBlock) -> None:
    if block.stages and block.count is not None and sum(block.stages) != block.count:
        found = f"各年建设数之和是 {sum(block.stages)}，count 是 {block.count}"
        check.mistake(("siting", "stages"), "bad_value", found, "两者相等")
    if block.most_per_township is not None and block.most_per_township < block.least_per_township:
        check.mistake(
            ("siting", "most_per_township"), "bad_value", "上限小于 least_per_township", "不小于 least_per_township"
        )
    if block.weights and not any(block.weights.values()):
        check.mistake(("siting", "weights"), "bad_value", "各人群的权重都是 0", "至少一个大于 0 的权重")
    if block.count is not None and len(block.forced) > block.count:
        found = f"必须建设的点位有 {len(block.forced)} 处，多于 count = {block.count}"
        check.mistake(("siting", "forced"), "too_many_forced", found, f"count 不少于 {len(block.forced)}")


def _listed(value: object) -> list[str]:
    """The texts of a key that may hold one or several."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _exclude(check: Check, text: object) -> Path | None:
    if not isinstance(text, str) or not text.strip():
        return None
    path = check.folder / text.strip()
    if not path.is_file():
        check.mistake(("siting", "exclude"), "missing_file", f"没有这个文件：{text}", "禁建范围的矢量文件")
    return path
