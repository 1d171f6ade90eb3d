"""
One table that tells of several services: a column for each (是、否、数量), or name and position of each side by side.

Offices list a village per row and its services across. Such a heading is cut into one part per service: the columns
that stand under its name, and those that all share (township, village, sometimes the position).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from jiujin.reading.facilities_services import ServiceWords
from jiujin.reading.headings import Header, Headings, bare, matched, with_stacks
from jiujin.reading.sheets import Cell
from jiujin.reading.values import clean_text, narrow

OTHER = "\0"
"""The owner of columns that stand under a place of no service of the study (村卫生室, 农家书屋)."""

_PRESENT = re.compile(
    r"(?:(?:是否|有无|有没有|现有|已)?(?:建有|设有|建成|设立|设置|配有|配备|具备|覆盖|已建|建|设|有)?|是否|有无|有没有|现有)"
    r"(?:数量|个数|处数|家数|总数|数|处|情况|与否)?"
)
_FLAG = re.compile(
    r"是|否|有|无|没有|已有|已建|已建成|未建|未建成|在建|拟建|[√✓✔×✗✘xXvV○●△yYnN]|yes|no|\d{1,2}(?:\.0)?(?:个|处|家)?"
)
_PLACE = ({"lon", "lat"}, {"point"})
_ASKED_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePart:
    """The columns of one service in a table of several; `own` are those that no other service shares."""

    header: Header
    service: str = ""
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claims:
    """Who owns each column (a service, OTHER, or None: all), and what it is without the name of its owner."""

    owner: list[str | None]
    rest: list[tuple[str, ...]]
    kind: list[str | None]

    def kinds(self, owner: str) -> set[str]:
        return {kind for who, kind in zip(self.owner, self.kind, strict=True) if who == owner and kind}

    def positions(self, owner: str | None) -> list[int]:
        return [at for at, who in enumerate(self.owner) if who == owner]


def by_service(
    header: Header,
    headings: Headings,
    services: ServiceWords,
    rows: Sequence[Sequence[Cell]],
    context: Sequence[str],
) -> tuple[list[ServicePart], list[str]]:
    """
    Cut a heading into its services; none where the table is of one service, or has a column of types.

    `rows` are the data, `context` what sheet, title and file say. The second list names the columns that tell of a
    service and are not used, because every row of this table is already a site of another.
    """
    claims = _claims(header, headings, services)
    standing = _standing(claims)
    said = _told_once(services, context)
    told = [who for who in standing if who != OTHER and (said in {None, who} or not _only_named(claims, who))]
    if not told:
        return [], []
    shared = with_stacks(header, _only(header.stacks, claims.positions(None)), headings)
    sample = list(islice(rows, _ASKED_ROWS))
    if any(services.told_by(text).services for text in _texts(sample, shared.columns.get("type"))):
        return [], []
    flagged = [who for who in told if _is_flagged(claims, who, sample)]
    if len(told) + (OTHER in standing) < 2 and not flagged:
        return [], []
    placed = any(place <= claims.kinds(who) for who in told for place in _PLACE)
    if not placed and not _base(services, context, _texts(sample, shared.columns.get("name"))) <= set(told):
        return [], [header.texts[at] for who in flagged for at in claims.positions(who)]
    unused = [header.texts[at] for at in claims.positions(OTHER) if header.texts[at]]
    return [_part(header, headings, claims, shared, who) for who in told], unused


def _claims(header: Header, headings: Headings, services: ServiceWords) -> _Claims:
    owner: list[str | None] = []
    rest: list[tuple[str, ...]] = []
    kind: list[str | None] = []
    for words in header.stacks:
        who, left = _claimed(words, services)
        what = _kind(left, headings, owned=who is not None)
        if who is not None and len(left) == 1 and what is None and not _under(words, services):
            who, left = None, words  # 所属党群服务中心, 距卫生院距离: the canteen's own facts
        owner.append(who)
        rest.append(left)
        kind.append(what if who is not None else _kind(left, headings, owned=False))
    claims = _Claims(owner=owner, rest=rest, kind=kind)
    for who in {one for one in owner if one}:
        if not claims.kinds(who) & {"present", "name", "lon", "lat", "point"} and "status" in claims.kinds(who):
            kind[:] = ["present" if one == who and k == "status" else k for one, k in zip(owner, kind, strict=True)]
    _disown_strangers(header, claims)
    return claims


def _claimed(words: tuple[str, ...], services: ServiceWords) -> tuple[str | None, tuple[str, ...]]:
    """Find the one service that a heading or a heading over it names, and what is left of it below."""
    for depth, word in enumerate(words):
        told = services.told_by(word)
        named = [*told.services, *([OTHER] if told.other else [])]
        if len(named) > 1:
            return None, words
        if named:
            return named[0], words[depth + 1 :] or (services.without(word),)
    return None, words


def _under(words: tuple[str, ...], services: ServiceWords) -> bool:
    """Whether the service is named above this column, and not in its own words."""
    return any(services.told_by(word).services or services.told_by(word).other for word in words[:-1])


def _kind(words: tuple[str, ...], headings: Headings, *, owned: bool) -> str | None:
    if owned and len(words) == 1 and _PRESENT.fullmatch(bare(words[0])):
        return "present"
    found = matched(tuple(word for word in words if word), headings)
    return found.column if found is not None else None


def _disown_strangers(header: Header, claims: _Claims) -> None:
    """Give the columns of a group that has names of its own (农家书屋/名称) to nobody in the study."""
    if not any(claims.owner):
        return
    above = {words[0] for words, who in zip(header.stacks, claims.owner, strict=True) if who and len(words) > 1}
    strange = {
        words[0]
        for words, who, kind in zip(header.stacks, claims.owner, claims.kind, strict=True)
        if who is None and kind == "name" and len(words) > 1
    } - above
    for at, words in enumerate(header.stacks):
        if claims.owner[at] is None and above and len(words) > 1 and words[0] in strange:
            claims.owner[at] = OTHER


def _standing(claims: _Claims) -> list[str]:
    """The owners whose columns make sites: a yes or no, a name or a position of their own."""
    owners = dict.fromkeys(who for who in claims.owner if who)
    return [who for who in owners if claims.kinds(who) & {"present", "name", "lon", "lat", "point"}]


def _is_flagged(claims: _Claims, who: str, sample: Sequence[Sequence[Cell]]) -> bool:
    """Whether every cell of the service's column is a yes, a no, or a number of sites."""
    for at in claims.positions(who):
        if claims.kind[at] == "present":
            texts = _texts(sample, at)
            return bool(texts) and all(_FLAG.fullmatch(narrow(text)) for text in texts)
    return False


def _base(services: ServiceWords, context: Sequence[str], names: Sequence[str]) -> set[str]:
    """The service of which every row is a site whatever the columns say: told by most names, else by the context."""
    by_name = [told.services[0] for name in names if len((told := services.told_by(name)).services) == 1]
    if names and len(by_name) * 2 > len(names):
        return set(by_name)
    said = _told_once(services, context)
    return {said} if said else set()


def _told_once(services: ServiceWords, context: Sequence[str]) -> str | None:
    """The first single service that sheet, title or file tell."""
    told = (services.told_by(text).services for text in context)
    return next((each[0] for each in told if len(each) == 1), None)


def _only_named(claims: _Claims, who: str) -> bool:
    """Whether a service has nothing but names: in a table of canteens 党群服务中心名称 says where a canteen is."""
    kinds = claims.kinds(who)
    return "present" not in kinds and not any(place <= kinds for place in _PLACE)


def _texts(rows: Sequence[Sequence[Cell]], at: int | None) -> list[str]:
    if at is None:
        return []
    return [text for row in rows if at < len(row) and (text := clean_text(row[at])) is not None]


def _part(header: Header, headings: Headings, claims: _Claims, shared: Header, who: str) -> ServicePart:
    """Put the columns of one service together with the shared ones; its own name and position go first."""
    mine = claims.positions(who)
    stacks = tuple(
        claims.rest[at] if at in mine and claims.kind[at] != "present" else () for at in range(len(claims.rest))
    )
    own = with_stacks(header, tuple(tuple(word for word in words if word) for words in stacks), headings)
    present = {kind: at for at in mine if (kind := claims.kind[at]) == "present"}
    gone = {"type"} | ({"lon", "lat", "point"} if any(place <= own.columns.keys() for place in _PLACE) else set())
    common = {name: at for name, at in shared.columns.items() if name not in gone}
    columns = {**common, **{name: at for name, at in own.columns.items() if name != "type"}, **present}
    taken = set(columns.values())
    return ServicePart(
        header=replace(
            header,
            stacks=_only(header.stacks, [*mine, *claims.positions(None)]),
            columns=columns,
            second={
                at: name for at, name in {**shared.second, **own.second}.items() if at not in taken and name in columns
            },
            personal=tuple(sorted({*shared.personal, *own.personal} - taken)),
        ),
        service=who,
        own=tuple(name for name, at in columns.items() if at in mine),
    )


def _only(stacks: Sequence[tuple[str, ...]], positions: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    kept = set(positions)
    return tuple(words if at in kept else () for at, words in enumerate(stacks))
