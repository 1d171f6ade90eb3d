"""
Every benchmark in one go: `python benchmarks/run.py [--small|--city|--province] [--write] [--resume] [--only NAME …]`.

`--small` is what CI runs: the example county beside the common recipe, and the searches of a county, in about a minute;
it fails on ratios (two thirds of those that are claimed, for it has neighbours), never on seconds. `--city` (the
default) are the comparisons that the project's claims rest on, with half a million people; `--province` adds ten times
that. `--list` tells what is run and how many minutes each part takes on a machine with nothing else to do.

Made-up places are written before anything is timed, under the system's temporary folder, and every figure is kept there
as it comes (`--kept FOLDER`). A part that fails, or takes longer than it may, takes nothing from the others; `--resume`
leaves out what ran to its end before, `--only` repeats a part. `--write` makes docs/benchmarks.md of what is kept, anew
after every part; `--write --only nothing` does only that.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

import figures  # noqa: E402
from written import machine, page_of  # noqa: E402

PAGE = HERE.parent / "docs" / "benchmarks.md"
KEPT = Path(tempfile.gettempdir()) / "jiujin-benchmark-figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file to run, and about how many minutes it takes alone on two cores; three times that ends it."""

    words: tuple[str, ...]
    minutes: float

    @property
    def name(self) -> str:
        return " ".join(self.words)

    @property
    def most_seconds(self) -> float:
        return 180 * max(self.minutes, 1)

    @property
    def file(self) -> str:
        return "-".join(word.removesuffix(".py").strip("-") for word in self.words)


def part(minutes: float, *words: str) -> Part:
    return Part(words=words, minutes=minutes)


SMALL = (part(0.5, "build.py", "--small"), part(1, "compute.py", "--size", "county", "--part", "0.67"))
CITY = (
    part(1, "compute.py", "--size", "county"),
    part(5, "compute.py"),
    part(5, "build.py", "--cold"),
    part(1, "add.py"),
    part(1, "scale.py", "city", "--pages"),
    part(1, "cut.py", "city"),
    part(1, "capacity.py"),
    part(0.4, "people.py"),
    part(1, "facilities.py"),
    part(0.3, "workbook.py"),
    part(1, "datums.py", "--trials", "100"),
    part(4, "page.py", "--rounds", "2", "--naive"),
    part(8, "siting.py"),
)
PROVINCE = (
    part(4, "scale.py", "province"),
    part(3, "compute.py", "--size", "province", "--rounds", "3"),
    part(5, "cut.py", "province"),
)
SIZES = {"small": SMALL, "city": CITY, "province": (*PROVINCE, *CITY)}
"""The province comes first: what is wanted of it is wanted by the clock."""


def main() -> int:
    """Run the parts of a size one after the other; 1 when any of them fell short."""
    wanted = _asked()
    parts = [each for each in SIZES[wanted.size] if not wanted.only or Path(each.words[0]).stem in wanted.only]
    if wanted.list:
        print("\n".join(f"{each.minutes:5.1f} min  python benchmarks/{each.name}" for each in parts))
        print(f"{sum(each.minutes for each in parts):5.1f} min in all")
        return 0
    folder = wanted.kept / wanted.size
    folder.mkdir(parents=True, exist_ok=True)
    _make_ready(parts)
    told = machine()
    for each in parts:
        if not (wanted.resume and _to_its_end(folder, each)):
            _run(folder, each)
            if wanted.write:
                _write(folder, wanted.size, told)
    if wanted.write and not parts:
        _write(folder, wanted.size, told)
    short = [f"{each.name}: {told}" for each in parts for told in _short(folder, each)]
    if parts:
        print("\n".join(["short:", *short]) if short else "every figure is as wanted")
    return int(bool(short))


def _short(folder: Path, each: Part) -> list[str]:
    """What of a part is not as wanted."""
    told = [f"{row.question}: {row.what}" for row in _rows(folder, each) if row.kept is False]
    return told if _to_its_end(folder, each) else [*told, "not run to its end"]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for size in SIZES:
        parser.add_argument(f"--{size}", dest="size", action="store_const", const=size, default="city")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="files to run, without .py")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md, anew after every part")
    parser.add_argument("--resume", action="store_true", help="leave out what ran to its end before")
    parser.add_argument("--list", action="store_true", help="run nothing, tell what would be run")
    parser.add_argument("--kept", type=Path, default=KEPT, metavar="FOLDER", help="where figures are kept")
    return parser.parse_args()


def _make_ready(parts: list[Part]) -> None:
    """Have everything compiled by one build, and the made-up places that are asked for written, before any timing."""
    if not parts:
        return
    with tempfile.TemporaryDirectory() as out:
        words = [sys.executable, "-m", "jiujin", "build", "--out", out, "--no-atlas", "--no-cache"]
        there = _environment(PYTHONPATH=str(HERE.parent / "coverage"))
        subprocess.run(words, env=there, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    asked = {word for each in parts for word in each.words} & {"city", "province"}
    for size in sorted(asked):
        make = f"from scale import study_of; study_of({size!r}, None)"
        subprocess.run([sys.executable, "-c", make], cwd=HERE, env=_environment(), check=True)


def _environment(**more: str) -> dict[str, str]:
    """Let Python keep what it compiles, as it does for everybody."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | more


def _run(folder: Path, each: Part) -> None:
    """Run a part, show its lines as they come; rows are kept by itself, what became of it here."""
    rows, ended = folder / f"{each.file}.jsonl", folder / f"{each.file}.json"
    for old in (rows, ended):
        old.unlink(missing_ok=True)
    print(f"== {each.name}", flush=True)
    words = [sys.executable, str(HERE / each.words[0]), *each.words[1:]]
    began = time.perf_counter()
    environment = _environment(**{figures.FILE: str(rows)})
    pipe = subprocess.PIPE
    with subprocess.Popen(words, env=environment, stdout=pipe, encoding="utf-8", start_new_session=True) as process:
        patience = threading.Timer(each.most_seconds, _end, [process])
        patience.start()
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
        finally:
            patience.cancel()
            if sys.exc_info()[0]:
                _end(process)
    told = {"status": process.returncode, "seconds": round(time.perf_counter() - began)}
    ended.write_text(json.dumps(told), encoding="utf-8")
    print(f"-- {each.name}: status {told['status']}, {told['seconds']} s", flush=True)


def _end(process: subprocess.Popen[str]) -> None:
    """End a part and every process that it started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _rows(folder: Path, each: Part) -> list[figures.Row]:
    return figures.rows_in(folder / f"{each.file}.jsonl")


def _to_its_end(folder: Path, each: Part) -> bool:
    """Whether a part ran to its end: a status of 1 must be explained by a figure that is not as wanted."""
    ended = folder / f"{each.file}.json"
    if not ended.is_file():
        return False
    status, rows = json.loads(ended.read_text(encoding="utf-8"))["status"], _rows(folder, each)
    return status == 0 or (status == 1 and any(row.kept is False for row in rows))


def _write(folder: Path, size: str, told: str) -> None:
    """Make the page of everything that is kept."""
    parts = [(each.name, _rows(folder, each), _to_its_end(folder, each)) for each in SIZES[size]]
    PAGE.write_text(page_of(size, told, parts), encoding="utf-8", newline="\n")
    print(f"-- {PAGE.relative_to(HERE.parent)} written", flush=True)


if __name__ == "__main__":
    sys.exit(main())
