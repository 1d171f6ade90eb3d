# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""
Every walk within a limit: a search from each source, with the goals of a chain read off its two ends.

Sources are taken in the order in which they lie along the streets, so that one search finds its neighbourhood where
the last one left it, in the cache. Each core has warm scratch; nothing is allocated within a search, and what a core
found is copied out at its exact size. The result does not depend on who found it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.network.attach import Places, by_chain
from jiujin.network.flood import FARTHEST_CM, NEVER, Queue, flood
from jiujin.network.graph import WalkNetwork
from jiujin.network.kernels import kernel

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

SOURCES_AT_ONCE = 4096
FIRST_ROOM = 1 << 16
SHORT_ROW = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """
    Every walk within a limit, source by source: row i is `ptr[i]:ptr[i + 1]` of `goal` (ascending) and `cm`.
    """

    ptr: Longs
    goal: Ints
    cm: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """The network with the goals on it: `arcs` rows are `neighbour, cm, first goal, goals << 1 | reversed`."""

    arc_ptr: Ints
    arcs: Ints
    chains: Ints
    goal_ptr: Ints
    goals: Ints
    sources: Ints
    limit: int
    longest_cm: int


class _Scratch:
    """What one core works with: a queue, labels that are all unreached between searches, and room for rows."""

    def __init__(self, question: _Question) -> None:
        self.queue = Queue(question.arc_ptr.size - 1, min(question.longest_cm, question.limit))
        self.label = np.full(question.arc_ptr.size - 1, (question.limit + 1) << 32, np.int64)
        self.counts = np.zeros(SOURCES_AT_ONCE, np.int64)
        self.grow(FIRST_ROOM)

    def grow(self, room: int) -> None:
        """Make room for this many pairs at a time, and for the longest row among them."""
        self.row = np.empty((2, room), np.int64)
        self.found = np.empty((2, 16 * room), np.int32)


def pairs(network: WalkNetwork, sources: Places, goals: Places, limit_cm: int) -> Pairs:
    """
    Find all walks from a source to a goal of at most `limit_cm`.

    Rows follow the sources, goals ascend within a row. Places off the network, or with a leg beyond the limit, are in
    no pair.
    """
    question = _ask(network, sources, goals, min(limit_cm, FARTHEST_CM))
    able = np.flatnonzero((sources.chain >= 0) & (sources.leg_cm <= question.limit))
    near = np.argsort(network.chains[sources.chain[able], :2].min(axis=1), kind="stable")
    order = able[near].astype(np.int32)
    counts = np.zeros(len(sources), np.int64)
    blocks: list[tuple[Ints, Ints, Ints]] = []
    scratch = threading.local()

    def work(block: Ints) -> list[tuple[Ints, Ints, Ints]]:
        if not hasattr(scratch, "mine"):
            scratch.mine = _Scratch(question)
        return list(_answer(question, block, scratch.mine, counts))

    cores = os.cpu_count() or 1
    step = min(max(order.size // (4 * cores), 64), SOURCES_AT_ONCE)
    with ThreadPoolExecutor(cores) as pool:
        for answered in pool.map(work, np.split(order, range(step, order.size, step))):
            blocks += answered
    ptr = np.zeros(len(sources) + 1, np.int64)
    np.cumsum(counts, out=ptr[1:])
    found = Pairs(ptr=ptr, goal=np.empty(ptr[-1], np.int32), cm=np.empty(ptr[-1], np.int32))
    while blocks:  # each block is let go as soon as it is copied
        done, goal, cm = blocks.pop()
        _lay_rows(done, goal, cm, found.ptr, found.goal, found.cm)
    return found


def _ask(network: WalkNetwork, sources: Places, goals: Places, limit: int) -> _Question:
    """Put the goals onto the arcs."""
    goal_ptr, goal_at = by_chain(network, goals, limit)
    arcs = network.arcs.copy()
    chain = network.arcs[:, 2]
    arcs[:, 2] = goal_ptr[chain]
    arcs[:, 3] |= (goal_ptr[chain + 1] - goal_ptr[chain]) << 1
    return _Question(
        arc_ptr=network.arc_ptr,
        arcs=arcs,
        chains=network.chains,
        goal_ptr=goal_ptr,
        goals=goal_at,
        sources=np.column_stack((sources.chain, sources.along_cm, sources.leg_cm)),
        limit=limit,
        longest_cm=network.longest_cm,
    )


def _answer(question: _Question, block: Ints, scratch: _Scratch, counts: Longs) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Search from a block of sources; yield sources with their goals and walks, copied out of the scratch."""
    first = 0
    while first < block.size:
        queue = scratch.queue
        last, size, room = _rows_within(
            block[first:],
            question.sources,
            question.arc_ptr,
            question.arcs,
            question.chains,
            question.goal_ptr,
            question.goals,
            question.limit,
            scratch.label,
            queue.head,
            queue.link,
            queue.reached,
            scratch.row,
            scratch.found,
            scratch.counts,
        )
        done = block[first : first + last]
        counts[done] = scratch.counts[: done.size]
        yield done, scratch.found[0, :size].copy(), scratch.found[1, :size].copy()
        first += last
        if room > scratch.row.shape[1]:
            scratch.grow(1 << int(room).bit_length())


@kernel(
    "Tuple((int64, int64, int64))(int32[::1], int32[:, ::1], int32[::1], int32[:, ::1], int32[:, ::1], int32[::1], "
    "int32[:, ::1], int64, int64[::1], int32[::1], int32[:, ::1], int32[::1], int64[:, ::1], int32[:, ::1], int64[::1])"
)
def _rows_within(
    block: Ints,
    sources: Ints,
    arc_ptr: Ints,
    arcs: Ints,
    chains: Ints,
    goal_ptr: Ints,
    goals: Ints,
    limit: int,
    label: Longs,
    head: Ints,
    link: Ints,
    reached: Ints,
    row: Longs,
    found: Ints,
    counts: Longs,
) -> tuple[int, int, int]:
    """Fill rows until one does not fit; return the sources done, the pairs found and the room that was missing."""
    none = (limit + 1) << 32
    size = 0
    seed_junction, seed_label = np.empty(2, np.int32), np.empty(2, np.int64)
    for done in range(block.size):
        chain, along, leg = sources[block[done], 0], int(sources[block[done], 1]), int(sources[block[done], 2])
        to_start, to_end = leg + along, leg + chains[chain, 2] - along
        first = 0 if to_start <= to_end else 1  # the nearer end is the first seed
        seed_junction[first], seed_junction[1 - first] = chains[chain, 0], chains[chain, 1]
        seed_label[first], seed_label[1 - first] = to_start << 32, to_end << 32
        count = flood(arc_ptr, arcs, seed_junction, seed_label, label, head, link, reached)
        length = _read_own(chain, along, leg, chains, goal_ptr, goals, limit, label, row)
        own = goal_ptr[chain] if goal_ptr[chain + 1] > goal_ptr[chain] else -1
        length = _read_row(length, own, reached[:count], arc_ptr, arcs, goals, limit, label, row)
        for k in range(count):
            link[reached[k], 0] = NEVER
            label[reached[k]] = none
        if length > row.shape[1] or size + length > found.shape[1]:
            return done, size, length
        _sort_row(row, length, goals.shape[0], found, size)
        counts[done] = length
        size += length
    return block.size, size, 0


@kernel("int64(int64, int64, int64, int32[:, ::1], int32[::1], int32[:, ::1], int64, int64[::1], int64[:, ::1])")
def _read_own(
    chain: int,
    along: int,
    leg: int,
    chains: Ints,
    goal_ptr: Ints,
    goals: Ints,
    limit: int,
    label: Longs,
    row: Longs,
) -> int:
    """Write `goal << 32 | cm` for the goals on the source's own chain; return how many."""
    size = 0
    first, last = goal_ptr[chain], goal_ptr[chain + 1]
    if last - first > row.shape[1]:
        return int(last - first)
    at_start, at_end = label[chains[chain, 0]] >> 32, (label[chains[chain, 1]] >> 32) + chains[chain, 2]
    for goal in range(first, last):
        cm = min(at_start + goals[goal, 0], at_end - goals[goal, 0], leg + abs(goals[goal, 0] - along))
        cm += goals[goal, 1]
        row[0, size] = (np.int64(goals[goal, 2]) << 32) | cm
        size += cm <= limit
    return size


@kernel("int64(int64, int64, int32[::1], int32[::1], int32[:, ::1], int32[:, ::1], int64, int64[::1], int64[:, ::1])")
def _read_row(
    size: int,
    own: int,
    reached: Ints,
    arc_ptr: Ints,
    arcs: Ints,
    goals: Ints,
    limit: int,
    label: Longs,
    row: Longs,
) -> int:
    """Write the same for the goals on all other chains, each once; return how many in all, or the room wanted."""
    none = (limit + 1) << 32
    for here in reached:
        for arc in range(arc_ptr[here], arc_ptr[here + 1]):
            first, many, there = arcs[arc, 2], arcs[arc, 3], arcs[arc, 0]
            if many < 2 or first == own or (there < here and label[there] < none):
                continue
            at_start, at_end = label[here] >> 32, label[there] >> 32
            if many & 1:
                at_start, at_end = at_end, at_start
            at_end += arcs[arc, 1]
            many >>= 1
            if size + many > row.shape[1]:
                return size + int(many)
            for goal in range(first, first + many):
                cm = min(at_start + goals[goal, 0], at_end - goals[goal, 0]) + goals[goal, 1]
                row[0, size] = (np.int64(goals[goal, 2]) << 32) | cm
                size += cm <= limit
    return size


@kernel("void(int64[:, ::1], int64, int64, int32[:, ::1], int64)")
def _sort_row(row: Longs, length: int, goals: int, found: Ints, at: int) -> None:
    """Sort a row by goal, in two passes over half the goal's digits each, and lay it out from `at`."""
    if length < SHORT_ROW:
        for i in range(1, length):
            pair, k = row[0, i], i
            while k > 0 and row[0, k - 1] > pair:
                row[0, k] = row[0, k - 1]
                k -= 1
            row[0, k] = pair
        for i in range(length):
            found[0, at + i] = row[0, i] >> 32
            found[1, at + i] = row[0, i] & 0xFFFFFFFF
        return
    bits = 1
    while (1 << (2 * bits)) < goals:
        bits += 1
    low = np.zeros((1 << bits) + 1, np.int32)
    high = np.zeros((1 << bits) + 1, np.int32)
    mask = (1 << bits) - 1
    for i in range(length):
        low[((row[0, i] >> 32) & mask) + 1] += 1
        high[(row[0, i] >> (32 + bits)) + 1] += 1
    for digit in range(mask):
        low[digit + 1] += low[digit]
        high[digit + 1] += high[digit]
    for i in range(length):
        digit = (row[0, i] >> 32) & mask
        row[1, low[digit]] = row[0, i]
        low[digit] += 1
    for i in range(length):
        digit = row[1, i] >> (32 + bits)
        found[0, at + high[digit]] = row[1, i] >> 32
        found[1, at + high[digit]] = row[1, i] & 0xFFFFFFFF
        high[digit] += 1


@kernel("void(int32[::1], int32[::1], int32[::1], int64[::1], int32[::1], int32[::1])")
def _lay_rows(sources: Ints, goal: Ints, cm: Ints, ptr: Longs, to_goal: Ints, to_cm: Ints) -> None:
    """Copy the rows of a block to where they belong."""
    at = 0
    for source in sources:
        for to in range(ptr[source], ptr[source + 1]):
            to_goal[to] = goal[at]
            to_cm[to] = cm[at]
            at += 1
