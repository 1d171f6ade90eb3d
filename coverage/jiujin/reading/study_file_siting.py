"""[siting] of `study.toml`: what can be asked, and what contradicts itself."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from jiujin.reading.study_file_blocks import SitingBlock, closest
from jiujin.reading.study_file_check import Check
from jiujin.study import SitingQuestion

MADE_CANDIDATES = ("streets", "communities")
"""Candidates that are found by the tool itself."""


def siting_of(check: Check, ids: list[str]) -> SitingQuestion | None:
    """The siting question of a study, every mistake in it noted; None when there is none, or none to be used."""
    if "siting" not in check.toml.content:
        return None
    block = check.block(SitingBlock, ("siting",))
    service = check.table("siting").get("service")
    if isinstance(service, str) and service.strip() not in ids:
        check.mistake(("siting", "service"), "unknown_service", f"没有设施类型 {service}", closest(service, ids))
    if block is None:
        return None
    _amounts(check, block)
    candidates = block.candidates
    known = {*ids, *MADE_CANDIDATES}
    if candidates is not None and candidates not in known and not (check.folder / candidates).is_file():
        check.mistake(
            ("siting", "candidates"),
            "missing_file",
            f"没有这个文件或设施类型：{candidates}",
            "备选点位表的路径，或设施类型的编号，或 streets、communities",
        )
    for name in block.together:
        if name not in ids:
            check.mistake(("siting", "together"), "unknown_service", f"没有设施类型 {name}", closest(name, ids))
    return SitingQuestion(
        **{
            **block.model_dump(),
            "exclude": _exclude(check, block.exclude),
            "weights": MappingProxyType(dict(block.weights)),
        }
    )


def _amounts(check: Check, block: SitingBlock) -> None:
    stated = [name for name in ("count", "rate", "budget") if getattr(block, name) is not None]
    if len(stated) != 1:
        check.mistake(
            ("siting",), "bad_value", "count、rate、budget 要且只要写一个", "count = 5、rate = 0.9 或 budget = 300"
        )
    if block.stages and block.count is not None and sum(block.stages) != block.count:
        found = f"各年建设数之和是 {sum(block.stages)}，count 是 {block.count}"
        check.mistake(("siting", "stages"), "bad_value", found, "两者相等")
    if block.most_per_township is not None and block.most_per_township < block.least_per_township:
        check.mistake(
            ("siting", "most_per_township"), "bad_value", "上限小于 least_per_township", "不小于 least_per_township"
        )


def _exclude(check: Check, text: str | None) -> Path | None:
    if text is None:
        return None
    path = check.folder / text
    if not path.is_file():
        check.mistake(("siting", "exclude"), "missing_file", f"没有这个文件：{text}", "禁建范围的矢量文件")
    return path
