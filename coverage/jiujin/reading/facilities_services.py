"""
Which services a facility offers: told by its type, else by the sheet, the title, the file, or its own name.

A word is any id, label or alias of a service; the longest words are taken first, and a part of the text serves one word
only, so that 社区卫生服务站 is never read as 社区卫生服务中心, and 党群服务中心、助老食堂 are two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jiujin.reading.values import narrow
from jiujin.study import Service

OTHER_PLACES = (
    "社区卫生服务站",
    "卫生服务站",
    "卫生服务点",
    "村卫生室",
    "卫生室",
    "卫生所",
    "卫生计生服务站",
    "门诊部",
    "诊所",
    "妇幼保健院",
    "养老服务中心",
    "政务服务中心",
    "残疾人康复中心",
    "老年人日间照料中心",
)
"""Places that hold words of a service and are none of it, unless a study makes a service of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The services that a text names, in study order, and whether it names another kind of place."""

    services: tuple[str, ...]
    other: str | None = None


class ServiceWords:
    """All words of a study's services, longest first."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self._order = [service.id for service in services]
        known: dict[str, str | None] = {_plain(word): None for word in OTHER_PLACES}
        for service in reversed(services):  # of two services with one alias the first in the study wins
            known |= {_plain(word): service.id for word in (*service.aliases, service.label, service.id) if word}
        known |= {_plain(service.id): service.id for service in services}
        self._known = known
        self._heard: dict[str, Told] = {}
        self._patterns = [(_pattern(word), word) for word in sorted(known, key=lambda word: (-len(word), word))]

    def told_by(self, text: str | None) -> Told:
        """Find every service that this text names."""
        if not text:
            return Told(services=())
        if text not in self._heard:
            self._heard[text] = self._listened(_plain(text))
        return self._heard[text]

    def without(self, text: str) -> str:
        """Write what a text says besides the services and places that it names."""
        plain = _plain(text)
        for pattern, _ in self._patterns:
            plain = pattern.sub("", plain)
        return plain

    def _listened(self, plain: str) -> Told:
        if plain in self._known:
            service = self._known[plain]
            return Told(services=(service,)) if service else Told(services=(), other=plain)
        found: set[str] = set()
        other = None
        for pattern, word in self._patterns:
            plain, hits = pattern.subn("\0", plain)
            if hits and self._known[word] is None:
                other = other or word
            elif hits:
                found.add(str(self._known[word]))
        return Told(services=tuple(service for service in self._order if service in found), other=other)


def _plain(text: str) -> str:
    return re.sub(r"[_\-]", "", narrow(text)).lower()


def _pattern(word: str) -> re.Pattern[str]:
    if word.isascii():  # whole words only: `health` is not in `healthy`
        return re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])")
    return re.compile(re.escape(word))
