"""When an input was saved: told once, when the file is whole and at rest, whatever program wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import sleep

from jiujin.errors import JiujinError
from jiujin.reading.register import additions_path
from jiujin.reading.study_file import STUDY_FILE, find_study, read_study

Sign = tuple[int, int] | None
"""Time of change in nanoseconds and size of a file; None while it is absent or somebody holds it shut."""

Signs = Mapping[str, Sign]


def input_files(folder: Path) -> list[Path]:
    """Every file that a study is made of; only `study.toml` while that has mistakes."""
    toml = folder / STUDY_FILE if folder.is_dir() else folder
    try:
        study = read_study(folder)
    except JiujinError:
        return [toml]
    inputs = study.inputs
    layers = (inputs.facilities, inputs.communities, inputs.population, inputs.streets, inputs.boundary)
    named = [path for paths in (*layers, inputs.buildings, inputs.compounds, inputs.residential) for path in paths]
    return [toml, *named, *inputs.tables.values(), additions_path(study)]


def signs_of(paths: list[Path]) -> dict[str, Sign]:
    """How these files stand now."""
    return {str(path): _sign(path) for path in paths}


def saves_of(folder: Path) -> Iterator[list[str]]:
    """
    Look at the files of a study every second, and give the names of those that were saved.

    Raises StudyError at once where there is no study: it is not waited for.
    """
    find_study(folder)
    return saved(lambda: signs_of(input_files(folder)), lambda: sleep(1))


def saved(look: Callable[[], Signs], rest: Callable[[], None]) -> Iterator[list[str]]:
    """
    Give, again and again, the names of files that have changed since they were last given.

    `look` says how the files stand, `rest` lets some time pass. A file that still grows, is held shut by another
    program, or is gone for the moment in which it is replaced is waited for: all must stand still between two looks.
    """
    known = dict(look())
    last = known
    while True:
        rest()
        now = dict(look())
        changed = sorted(name for name, sign in now.items() if sign is not None and sign != known.get(name))
        at_rest = all(now[name] == last.get(name) for name in changed) and not _shut(now, known)
        if changed and at_rest:
            known = now
            yield [Path(name).name for name in changed]
        last = now


def _shut(now: Signs, known: Signs) -> bool:
    """Whether a file that was there cannot be read at this moment."""
    return any(sign is None and known.get(name) is not None for name, sign in now.items())


def _sign(path: Path) -> Sign:
    try:
        with path.open("rb") as file:
            file.read(1)
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
