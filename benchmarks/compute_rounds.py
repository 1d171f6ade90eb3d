"""
Interleaved rounds: ourselves and the peers in one process, one after the other.

Of each: the least and the median processor time, the least wall time, and by how much its first run (ours: one before
the rounds, which warms up) raised the memory above what was in use. Ratios are of the least processor times, the figure
that neighbours bend least.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import figures


@dataclass
class Job:
    """
    Something to time; `times` scales a sample to the whole job, `rounds` caps how often a slow peer is run.

    A peer that keeps several threads waiting for each other is compared `by` wall time.
    """

    name: str
    run: Callable[[], object]
    times: float = 1.0
    rounds: int = 99
    by: str = "cpu"
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    rose_mb: float = float("nan")
    answer: object = None

    def once(self) -> None:
        """Run once, and keep what it took; the first time also by how much memory rose above what was in use."""
        watched = self.answer is None and _watch_peak()
        before = _status_mb("VmRSS") if watched else 0.0
        wall, cpu = time.perf_counter(), time.process_time()
        self.answer = self.run()
        self.cpu.append((time.process_time() - cpu) * self.times)
        self.wall.append((time.perf_counter() - wall) * self.times)
        if watched:
            self.rose_mb = max(_status_mb("VmHWM") - before, 0.0)


@dataclass
class Board:
    """
    The table of all comparisons, and which of them fell short.

    `part` of a wanted ratio is enough where neighbours are not to be kept away, as in CI. `title` is the question that
    figures belong to until the next one; every line is kept as a row as well (`figures`). `size` stands before titles.
    """

    rounds: int
    part: float = 1.0
    short: list[str] = field(default_factory=list)
    size: str = ""
    title: str = ""

    def attempt(self, name: str, work: Callable[..., object], *given: object) -> None:
        """Do a part of the work; where it fails, tell so and go on with the next."""
        try:
            work(*given)
        except (Exception, SystemExit) as error:  # noqa: BLE001  what the others found must not be lost
            print(f"  FAILED {name}: {type(error).__name__}: {error}", flush=True)
            what = f"failed: {type(error).__name__}"
            figures.keep(figures.Row(question=self.title or name, what=name, measured=what, kept=False))
            self.short.append(name)

    def ask(self, title: str) -> None:
        """Begin a question."""
        self.title = f"{title}, {self.size}" if self.size else title
        print(f"\n{self.title}", flush=True)

    def race(self, title: str, ours: Job, peers: dict[Job, float | None], *, warm: bool = True) -> None:
        """Time ours and the peers turn by turn; a peer must take at least so many times our time (None: only shown)."""
        self.ask(title)
        if warm:
            ours.once()
            ours.cpu.clear()
            ours.wall.clear()
        for turn in range(self.rounds):
            for job in (ours, *peers):
                if turn < job.rounds and len(job.cpu) < job.rounds:
                    job.once()
        print(f"  {'':44s}{'cpu ms':>12s}{'median':>12s}{'wall ms':>12s}{'peak MB':>9s}{'ratio':>9s}{'wanted':>8s}")
        self._line(ours, ours, None)
        for peer, wanted in peers.items():
            self._line(peer, ours, wanted)

    def hold(self, what: str, found: float, at_most: float, unit: str = "") -> None:
        """Note a figure that has no peer and a bound that is a ratio."""
        kept = figures.hold(self.title, what, found, at_most, unit)
        print(
            f"  {what:44s}{found:12.2f}{'':42s}{'≤ ' + format(at_most, 'g'):>8s}{'' if kept else '  SHORT'}", flush=True
        )
        if not kept:
            self.short.append(what)

    def at_least(self, what: str, ratio: float, wanted: float) -> None:
        """Note a ratio that is made of several figures."""
        wanted *= self.part
        kept = figures.ahead(self.title, what, ratio, wanted)
        print(
            f"  {what:44s}{'':45s}{ratio:9.1f}{'≥ ' + format(wanted, 'g'):>8s}{'' if kept else '  SHORT'}", flush=True
        )
        if not kept:
            self.short.append(what)

    def _line(self, job: Job, ours: Job, wanted: float | None) -> None:
        times = {"cpu_ms": min(job.cpu) * 1e3, "median_ms": median(job.cpu) * 1e3, "wall_ms": min(job.wall) * 1e3}
        line = f"  {job.name:44s}{''.join(f'{each:12.2f}' for each in times.values())}{job.rose_mb:9.0f}"
        peak = job.rose_mb if job.rose_mb == job.rose_mb else None
        ratio = min(job.wall) / min(ours.wall) if job.by == "wall" else min(job.cpu) / min(ours.cpu)
        if wanted is not None:
            wanted *= self.part
            line += f"{ratio:9.1f}{'≥ ' + format(wanted, 'g'):>8s}{' wall' if job.by == 'wall' else ''}"
        if job is ours:
            figures.keep(figures.Row(question=self.title, what=job.name, peak_mb=peak, **times))
        elif not figures.ahead(self.title, job.name, ratio, wanted, peak_mb=peak, **times):
            line += "  SHORT"
            self.short.append(job.name)
        print(line, flush=True)


Job.__hash__ = object.__hash__  # type: ignore[method-assign]


def peak_mb(run: Callable[[], object]) -> tuple[object, float]:
    """Run, and tell by how many MB the peak rose above what was in memory before; NaN where Linux does not tell."""
    if not _watch_peak():
        return run(), float("nan")
    before = _status_mb("VmRSS")
    answer = run()
    return answer, _status_mb("VmHWM") - before


def _watch_peak() -> bool:
    """Start to watch for the peak; False where Linux does not tell it."""
    if not Path("/proc/self/clear_refs").exists():
        return False
    ctypes.CDLL(None).malloc_trim(0)  # what earlier rounds let go must not hide what this one takes
    Path("/proc/self/clear_refs").write_text("5")
    return True


def _status_mb(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return float("nan")
