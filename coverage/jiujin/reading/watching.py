"""
When an input was saved: told once, when the file is whole and at rest, whatever program wrote it.

Tables of databases are looked at in the same rhythm (`database_watch`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import sleep

from jiujin.errors import JiujinError
from jiujin.reading.register import additions_path
from jiujin.reading.study_file import STUDY_FILE, find_study, read_study
from jiujin.study import Study

Sign = tuple[int, int] | None
"""
Time of change in nanoseconds and size of a file, or rows and sum of a table; None while it is absent or held shut.
"""

Signs = Mapping[str, Sign]


def input_files(folder: Path) -> list[Path]:
    """Every file that a study is made of; only `study.toml` while that has mistakes."""
    toml = folder / STUDY_FILE if folder.is_dir() else folder
    study = _study_in(folder)
    if study is None:
        return [toml]
    inputs = study.inputs
    layers = (inputs.facilities, inputs.communities, inputs.population, inputs.streets, inputs.boundary)
    named = [path for paths in (*layers, inputs.buildings, inputs.compounds, inputs.residential) for path in paths]
    named += inputs.tables.values()
    additions = [] if inputs.register is not None else [additions_path(study)]
    return [toml, *(path for path in named if path not in inputs.databases), *additions]


def _study_in(folder: Path) -> Study | None:
    try:
        return read_study(folder)
    except JiujinError:
        return None


def signs_of(paths: list[Path]) -> dict[str, Sign]:
    """How these files stand now."""
    return {str(path): _sign(path) for path in paths}


def saves_of(folder: Path) -> Iterator[list[str]]:
    """
    Look at the files and tables of a study every second, and give the names of those that were saved.

    Raises StudyError at once where there is no study: it is not waited for.
    """
    find_study(folder)
    return saved(look_at(folder), lambda: sleep(1))


def look_at(folder: Path) -> Callable[[], Signs]:
    """Give what tells how all files and tables of a study stand at the moment it is asked."""
    from jiujin.reading.database_watch import WatchedTables

    tables = WatchedTables()

    def look() -> Signs:
        study = _study_in(folder)
        return signs_of(input_files(folder)) | ({} if study is None else tables.sums(study))

    return look


def saved(look: Callable[[], Signs], rest: Callable[[], None]) -> Iterator[list[str]]:
    """
    Give, again and again, the names of files that have changed since they were last given.

    `look` says how the files stand, `rest` lets some time pass. What is saved after this call is told, however long it
    takes until the first name is asked for. A file that still grows, is held shut by another program, or is gone for
    the moment in which it is replaced is waited for: all must stand still between two looks.
    """
    return _changes(dict(look()), look, rest)


def _changes(known: Signs, look: Callable[[], Signs], rest: Callable[[], None]) -> Iterator[list[str]]:
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
