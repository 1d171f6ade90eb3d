"""
Several columns that say one thing.

东经 over 度, 分 and 秒 is one angle; 运营状态 over 运营, 在建 and 停用 with a tick in one of them is one state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jiujin.reading.headings import Header, Headings, bare
from jiujin.reading.sheets import Cell
from jiujin.reading.values import clean_text, narrow
from jiujin.reading.values_text import WORDS

_ANGLE = ("度", "分", "秒")
_SIGNS = ("°", "′", "″")
_TICKED = frozenset(WORDS["present"]["yes"].split()) | {"1"}
_BLANK = frozenset(WORDS["present"]["no"].split()) | {"0"}


def joined_columns(
    header: Header, columns: Sequence[list[Cell]], headings: Headings
) -> tuple[Header, list[list[Cell]]]:
    """Bring columns that say one thing together in the first of them; what the others held is left out."""
    joined = list(columns)
    found = dict(header.columns)
    gone: set[int] = set()
    for name in ("lon", "lat"):
        at = found.get(name)
        if at is not None and _is_angle(header, at):
            joined[at] = [_degrees(parts) for parts in zip(*columns[at : at + 3], strict=True)]
            gone |= {at + 1, at + 2}
    states = _states(header, headings) if "status" in headings.table.names and "status" not in found else []
    if states:
        words = [header.stacks[at][-1] for at in states]
        cells = zip(*(columns[at] for at in states), strict=True)
        joined[states[0]] = [_ticked(words, row) for row in cells]
        found["status"] = states[0]
        gone |= set(states[1:])
    if not gone:
        return header, joined
    stacks = tuple(() if at in gone else words for at, words in enumerate(header.stacks))
    second = {at: name for at, name in header.second.items() if at not in gone}
    return replace(header, columns=found, stacks=stacks, second=second), joined


def _is_angle(header: Header, at: int) -> bool:
    """Whether this column and the two to its right are degrees, minutes and seconds of one angle."""
    texts = ["".join(narrow(word) for word in words) for words in header.stacks[at : at + 3]]
    return len(texts) == 3 and all(text.rstrip(")】]").endswith(unit) for text, unit in zip(texts, _ANGLE, strict=True))


def _degrees(parts: Sequence[Cell]) -> Cell:
    texts = [clean_text(part) for part in parts]
    if texts[0] is None or all(text is None for text in texts[1:]):
        return parts[0]
    return "".join(f"{(text or '0').strip(sign)}{sign}" for text, sign in zip(texts, _SIGNS, strict=True))


def _states(header: Header, headings: Headings) -> list[int]:
    """The columns under one heading of states, each headed by a state."""
    above: dict[str, list[int]] = {}
    for at, words in enumerate(header.stacks):
        if len(words) > 1 and (match := headings.match(words[-2])) is not None and match.column == "status":
            above.setdefault(words[-2], []).append(at)
    return next((places for places in above.values() if len(places) > 1), [])


def _ticked(words: Sequence[str], row: Sequence[Cell]) -> Cell:
    """The word over the ticked cell; what is no tick stays as it is written."""
    said = []
    for word, cell in zip(words, row, strict=True):
        text = clean_text(cell)
        if text is None or narrow(text).lower() in _BLANK:
            continue
        said.append(bare(word) if narrow(text).lower() in _TICKED else text)
    return "、".join(said) or None
