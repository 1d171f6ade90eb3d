"""
Figures, kept one by one as they come: on the screen they are lines of text, for `run.py` rows of a file.

A benchmark that is broken off, or that dies, leaves the rows that it had. The file is named by an environment variable;
where there is none, nothing is kept.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "JIUJIN_BENCHMARK_ROWS"
"""Environment variable: the file that rows are added to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One line of the table that answers a question: who or what, what it took, what was found and what was wanted.

    Times are milliseconds, `cpu_ms` the least and `median_ms` the median of the rounds; None is not measured. `kept`
    tells whether the figure is as wanted, None that nothing was wanted of it.
    """

    question: str
    what: str
    cpu_ms: float | None = None
    median_ms: float | None = None
    wall_ms: float | None = None
    peak_mb: float | None = None
    measured: str = ""
    wanted: str = ""
    kept: bool | None = None


def keep(row: Row) -> None:
    """Add a row to the file, if there is one, and have it written at once."""
    if name := os.environ.get(FILE):
        with Path(name).open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(asdict(row), ensure_ascii=False, default=_plain) + "\n")


def _plain(value: object) -> object:
    """Numbers of numpy as those of Python."""
    return value.item()  # type: ignore[attr-defined]


def hold(question: str, what: str, found: float, at_most: float, unit: str = "", **times: float) -> bool:
    """Keep a figure that must not be larger than so much; whether it is not."""
    kept = bool(found <= at_most)
    told = f"{unit}" and f" {unit}"
    keep(
        Row(
            question=question,
            what=what,
            measured=f"{short(found)}{told}",
            wanted=f"≤ {at_most:,g}{told}",
            kept=kept,
            **times,
        )
    )
    return kept


def ahead(question: str, what: str, ratio: float, least: float | None, **times: float | None) -> bool:
    """Keep how many times our time a peer took, and whether that is enough; without `least` it only shows."""
    kept = None if least is None else bool(ratio >= least)
    wanted = "" if least is None else f"≥ {least:g} ×"
    keep(Row(question=question, what=what, measured=f"{short(ratio)} ×", wanted=wanted, kept=kept, **times))
    return kept is not False


def short(value: float) -> str:
    """Write a figure with three digits or all those before the point."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def rows_in(file: Path) -> list[Row]:
    """Read the rows of a file; a last line that was cut off in the middle is left out."""
    lines = file.read_text(encoding="utf-8").split("\n") if file.is_file() else []
    return [Row(**json.loads(line)) for line in lines if line.endswith("}")]
