"""
The dated archive of a study's builds: what is needed to compare them later, kept small.

One zip file per day on which something changed, in `.jiujin/archive/`: the summary and the tables of communities,
facilities and targets; no pages, and no points where people live: of those a bit per point and service, in the order of
`access.parquet`, says whether it was covered, and the digest of their ids beside which points the bits are about. Files
are numbered in the order in which they were written, so that a clock that goes back neither reorders nor overwrites
anything. Of files older than the latest `RECENT`, the last of each month stays.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from jiujin.analysis.change import CoveredPoints, covered, digest_of_points
from jiujin.errors import JiujinError
from jiujin.rendering.register_file import put_file, sweep_beside
from jiujin.rendering.register_lock import OWN

FOLDER = "archive"
FILES = ("summary.json", "tables/communities.csv", "tables/facilities.csv", "tables/targets.csv")
COVERED, BITS = "covered.json", "covered.bits"
"""Which points the bits are about, and the bits: service by service in the order named, each from a whole byte on."""

RECENT = 30
"""So many of the latest builds stay, each of another day; of the older ones, the last of each month."""

_NAME = re.compile(r"(\d{5})_(\d{4}-\d{2}-\d{2})\.zip")
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Archived:
    """One build in the archive: its place in the order of builds, the day, and the file."""

    number: int
    day: date
    path: Path


def archived(study: Path) -> list[Archived]:
    """Every build in the archive of a study, in the order in which they were made."""
    found = []
    with suppress(OSError):
        for path in (study / OWN / FOLDER).iterdir():
            if named := _NAME.fullmatch(path.name):
                with suppress(ValueError):
                    found.append(Archived(number=int(named[1]), day=date.fromisoformat(named[2]), path=path))
    return sorted(found)


def build_of(study: Path, day: date) -> Archived | None:
    """Give the build that stood on this day: the last one of it or before; None where the archive does not go back."""
    return next((each for each in reversed(archived(study)) if each.day <= day), None)


def archive_outputs(study: Path, out: Path, day: date, points: CoveredPoints | None = None) -> Path | None:
    """
    Put the outputs of a build into the study's archive, whole or not at all; returns the file.

    The last build of a day takes the place of the others of that day; one that says the same as the latest is not
    kept again (None). So is one that cannot be written: the build itself is not held up by its archive. `points` of
    the outputs spare reading them again.
    """
    content = _zipped(out, points)
    every = archived(study)
    latest = every[-1] if every else None
    with suppress(OSError):
        if latest is not None and latest.path.read_bytes() == content:
            return None
    again = latest is not None and latest.day == day
    number = 1 if latest is None else latest.number + (not again)
    path = study / OWN / FOLDER / f"{number:05}_{day.isoformat()}.zip"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        put_file(path, content)
    except (OSError, JiujinError):
        return None
    _thin(archived(study))
    return path


def _zipped(out: Path, points: CoveredPoints | None) -> bytes:
    """The files of one build as a zip, the same bytes for the same content."""
    packed = io.BytesIO()
    content = {name: (out / name).read_bytes() for name in FILES}
    points = points or _covered(out, content[FILES[0]])
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in {**content, **({} if points is None else _marks(points))}.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            archive.writestr(entry, text, compresslevel=6)
    return packed.getvalue()


def _covered(out: Path, told: bytes) -> CoveredPoints | None:
    """Find out which points of these outputs are covered by each service."""
    table = out / "tables" / "access.parquet"
    if not table.is_file():
        return None
    reach_m = json.loads(told)["parameters"]["reach_m"]
    people = pd.read_parquet(table, columns=["id", "community_code", "class", *(f"{name}_m" for name in reach_m)])
    marks = {service: covered(people, service, reach) for service, reach in reach_m.items()}
    return CoveredPoints(points=digest_of_points(people["id"]), services=marks)


def _marks(points: CoveredPoints) -> dict[str, bytes]:
    """Say of every point whether it is covered by each service, and of no point who lives there or where it is."""
    services = points.services
    head = {"points": points.points, "count": max(map(len, services.values())), "services": list(services)}
    return {
        COVERED: json.dumps(head).encode(),
        BITS: b"".join(np.packbits(each).tobytes() for each in services.values()),
    }


def _thin(every: list[Archived]) -> None:
    """Remove what is neither recent nor the last of its month, and what a killed program left half written."""
    last_of_month = {(each.day.year, each.day.month): each for each in every}
    for each in every[:-RECENT]:
        if last_of_month[each.day.year, each.day.month] != each:
            with suppress(OSError):
                each.path.unlink(missing_ok=True)
    with suppress(OSError):
        for each in every[-1:]:
            sweep_beside(each.path)
