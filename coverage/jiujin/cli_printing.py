"""How findings and results are printed: lines for people, one JSON object for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

import typer

from jiujin.errors import JiujinError, Problem, sentences

_WORDS = {"error": "错误", "warning": "提醒", "info": "说明"}


def print_problems(problems: Iterable[Problem], stream: TextIO | None = None) -> None:
    """Print a line for each finding, or for each run of alike ones, on standard error unless told otherwise."""
    for severity, line in sentences(problems):
        print(f"[{_WORDS[severity]}] {line}", file=stream or sys.stderr)


def print_json(thing: object) -> None:
    """Print one JSON object on standard output."""
    from jiujin.rendering.tables import plain

    print(json.dumps(plain(thing), ensure_ascii=False, allow_nan=False))


@contextmanager
def json_errors(as_json: bool) -> Iterator[None]:
    """With `--json`, problems go to standard output as the same object that `check --json` prints."""
    try:
        yield
    except JiujinError as error:
        if not as_json:
            raise
        from jiujin.rendering.quality import quality_records

        print_json({"problems": quality_records(error.problems)})
        raise typer.Exit(1) from error
