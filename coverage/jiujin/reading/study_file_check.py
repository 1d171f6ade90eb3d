"""One study file being checked: its blocks validated each for itself, and the problems gathered on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from jiujin.errors import Problem
from jiujin.reading.study_file_blocks import Place, explained, unknown_key
from jiujin.reading.study_file_text import TomlFile

Block = TypeVar("Block", bound=BaseModel)


class Check:
    """The file being read, and the problems found in it so far."""

    def __init__(self, toml: TomlFile, folder: Path) -> None:
        self.toml = toml
        self.folder = folder
        self.problems: list[Problem] = []

    def table(self, name: str) -> dict[str, Any]:
        """The top-level table of this name; empty, with a problem, when something else stands there."""
        raw = self.toml.content.get(name, {})
        if isinstance(raw, dict):
            return raw
        self.mistake((name,), "bad_value", "此处不是一张表", f"[{name}] 开头的一张表")
        return {}

    def block(self, model: type[Block], place: Place, raw: Any = None) -> Block | None:
        """Validate one block; None, with its problems noted, when it has mistakes."""
        try:
            return model.model_validate(self.table(str(place[0])) if raw is None else raw)
        except ValidationError as error:
            self.problems += explained(error, model, self.toml, place)
            return None

    def keys(self, place: Place, written: list[str], known: list[str]) -> None:
        """Note the keys that nothing reads."""
        self.problems += [unknown_key(self.toml, (*place, key), known) for key in written if key not in known]

    def mistake(self, place: Place, rule: str, found: str, wanted: str = "") -> None:
        """Note one mistake at its key."""
        self.problems.append(self.toml.mistake(place, rule, found, wanted))

    def is_written(self, place: Place) -> bool:
        """Whether this key was written, rightly or wrongly."""
        level: Any = self.toml.content
        for part in place:
            if not isinstance(level, dict) or part not in level:
                return False
            level = level[part]
        return True
