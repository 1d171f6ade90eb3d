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

    `part` of a wanted ratio is enough where neighbours are not to be kept away, as in CI.
    """

    rounds: int
    part: float = 1.0
    short: list[str] = field(default_factory=list)

    def race(self, title: str, ours: Job, peers: dict[Job, float | None], *, warm: bool = True) -> None:
        """Time ours and the peers turn by turn; a peer must take at least so many times our time (None: only shown)."""
        if warm:
            ours.once()
            ours.cpu.clear()
            ours.wall.clear()
        for turn in range(self.rounds):
            for job in (ours, *peers):
                if turn < job.rounds and len(job.cpu) < job.rounds:
                    job.once()
        print(f"\n{title}")
        print(f"  {'':44s}{'cpu ms':>12s}{'median':>12s}{'wall ms':>12s}{'peak MB':>9s}{'ratio':>9s}{'wanted':>8s}")
        self._line(ours, ours, None)
        for peer, wanted in peers.items():
            self._line(peer, ours, wanted)

    def hold(self, what: str, found: float, at_most: float) -> None:
        """Note a figure that has no peer and a bound that is a ratio."""
        kept = found <= at_most
        print(f"  {what:44s}{found:12.2f}{'':42s}{'≤ ' + format(at_most, 'g'):>8s}{'' if kept else '  SHORT'}")
        if not kept:
            self.short.append(what)

    def at_least(self, what: str, ratio: float, wanted: float) -> None:
        """Note a ratio that is made of several figures."""
        print(f"  {what:44s}{'':45s}{ratio:9.1f}{'≥ ' + format(wanted, 'g'):>8s}{'' if ratio >= wanted else '  SHORT'}")
        if ratio < wanted:
            self.short.append(what)

    def _line(self, job: Job, ours: Job, wanted: float | None) -> None:
        cpu, wall = min(job.cpu), min(job.wall)
        line = f"  {job.name:44s}{cpu * 1e3:12.2f}{median(job.cpu) * 1e3:12.2f}{wall * 1e3:12.2f}{job.rose_mb:9.0f}"
        if wanted is not None:
            wanted *= self.part
            ratio = wall / min(ours.wall) if job.by == "wall" else cpu / min(ours.cpu)
            line += f"{ratio:9.1f}{'≥ ' + format(wanted, 'g'):>8s}{' wall' if job.by == 'wall' else ''}"
            if ratio < wanted:
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
