"""The page docs/benchmarks.md: what was measured beside what was wanted, one table for each question."""

from __future__ import annotations

import importlib.metadata
import itertools
import math
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from figures import Row, short

LIBRARIES = (
    *("access", "folium", "geopandas", "highspy", "igraph", "networkit", "networkx", "numba", "numpy", "osmium"),
    *("osmnx", "pandana", "pandas", "pyarrow", "pyogrio", "scipy", "shapely", "spopt"),
)

OPENING = """\
# Benchmarks

Written by `python benchmarks/run.py --{size} --write`; no figure here is put in by hand. What each comparison asks, and
how the others are called, stands at the top of its file in `benchmarks/`; how to get all the others installed stands in
`CONTRIBUTING.md`. The accuracy of the methods is another question, with a page of its own: `docs/accuracy.md`.

{machine}

*cpu* is processor time, user and system, of all threads: the least of interleaved rounds in one process (of whole
programs: one after the other), because that is what other work on the machine bends least; *median* is that of the same
rounds, *wall* the least time by the clock. *Memory* is by how much the peak rose above what was in use before; of whole
programs, all of it. A figure with × tells how many times our time somebody else took, by cpu; for pandana's query,
which keeps several threads waiting for each other, by the clock.
"""

SUMMARY = """\
## Everything that is wanted

{kept} of {all} figures are as wanted.{missing}

| question | beside, or what | wanted | measured | |
|---|---|--:|--:|---|
"""


def page_of(size: str, told: str, parts: Sequence[tuple[str, list[Row], bool]]) -> str:
    """Lay the page out: of every part its command, its rows, and whether it ran to its end."""
    rows = [row for _, of_part, _ in parts for row in of_part if row.kept is not None]
    lost = [name for name, _, whole in parts if not whole]
    missing = f" Not run to the end: {', '.join(f'`{name}`' for name in lost)}." if lost else ""
    summary = SUMMARY.format(kept=sum(bool(row.kept) for row in rows), all=len(rows), missing=missing)
    lines = "".join(
        f"| {row.question} | {row.what} | {row.wanted} | {row.measured} | {'yes' if row.kept else '**no**'} |\n"
        for row in rows
    )
    details = "".join(_part(name, of_part) for name, of_part, _ in parts if of_part)
    return OPENING.format(size=size, machine=told) + "\n" + summary + lines + details


def _part(name: str, rows: Iterable[Row]) -> str:
    """One table for each question that a part answers."""
    tables = "".join(
        _table(question, list(of_question))
        for question, of_question in itertools.groupby(rows, lambda row: row.question)
    )
    return f"\n## `python benchmarks/{name}`\n{tables}"


COLUMNS = {"cpu": "cpu_ms", "median": "median_ms", "wall": "wall_ms", "memory": "peak_mb"}


def _table(question: str, rows: list[Row]) -> str:
    """Leave out columns that nobody has anything in."""
    shown = {head: name for head, name in COLUMNS.items() if any(getattr(row, name) is not None for row in rows)}
    told = any(row.measured for row in rows)
    wanted = any(row.wanted for row in rows)
    heads = [" ", *shown, *["measured"][:told], *["wanted"][:wanted]]
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)]]
    for row in rows:
        times = [_amount(name, getattr(row, name)) for name in shown.values()]
        mark = "" if row.kept is not False else " **short**"
        lines.append([row.what, *times, *[row.measured + mark][:told], *[row.wanted][:wanted]])
    return f"\n### {question}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _amount(name: str, value: float | None) -> str:
    if value is None or math.isnan(value):
        return ""
    if name == "peak_mb":
        return f"{value:,.0f} MB"
    return f"{short(value)} ms" if value < 1000 else f"{short(value / 1000)} s"


def machine() -> str:
    """Say what the figures are taken on: cores, memory, system, versions; no name of it and no place in it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB of memory"
    load = f"; load {os.getloadavg()[0]:.1f} before the first part" if hasattr(os, "getloadavg") else ""
    versions = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    cores = f"{os.cpu_count()} cores ({model}){memory}"
    return f"Measured on {cores}, {_system()}, Python {platform.python_version()}{load}.\n\nVersions: {versions}."


def _system() -> str:
    plain = f"{platform.system()} {platform.release().split('-')[0]}"
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {plain}"
    except OSError:
        return plain


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
