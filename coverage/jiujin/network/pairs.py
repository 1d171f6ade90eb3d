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
from jiujin.network.flood import FARTHEST_CM, Queue, rows_within
from jiujin.network.graph import WalkNetwork
from jiujin.network.kernels import kernel
from jiujin.network.walls import Inner, within_walls

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

SOURCES_AT_ONCE = 4096
PAIRS_AT_ONCE = 1 << 20
"""So many pairs a core keeps in its scratch before they are copied out."""
FIRST_ROOM = 1 << 16
"""The longest row that there is room for at first; a longer one has the scratch grow, between searches."""


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
        self.found = np.empty((2, max(room, PAIRS_AT_ONCE)), np.int32)


def pairs(network: WalkNetwork, sources: Places, goals: Places, limit_cm: int) -> Pairs:
    """
    Find all walks from a source to a goal of at most `limit_cm`.

    Walks are whole centimetres, both access legs included. Rows follow the sources, goals ascend within a row. Places
    off the network, or with a leg beyond the limit, are in no pair.
    """
    limit = min(limit_cm, FARTHEST_CM)
    if sources.doors is not None:
        doors, owner = sources.every_door()
        return _one_each(
            pairs(network, doors, goals, limit), owner, within_walls(goals.doors, sources.doors, limit), len(sources)
        )
    found = _searched(network, sources, goals, limit)
    if goals.doors is None:
        return found
    return _one_each(
        found, np.arange(len(sources), dtype=np.int32), within_walls(goals.doors, sources.doors, limit), len(sources)
    )


def _one_each(found: Pairs, owner: Ints, inner: Inner, sources: int) -> Pairs:
    """Keep the shortest walk of each source and goal, over all doors and within walls."""
    row = np.concatenate((np.repeat(owner, np.diff(found.ptr)), inner.site))
    goal, cm = np.concatenate((found.goal, inner.person)), np.concatenate((found.cm, inner.cm))
    order = np.lexsort((cm, goal, row))
    row, goal, cm = row[order], goal[order], cm[order]
    best = np.ones(row.size, np.bool_)
    best[1:] = (row[1:] != row[:-1]) | (goal[1:] != goal[:-1])
    ptr = np.zeros(sources + 1, np.int64)
    np.cumsum(np.bincount(row[best], minlength=sources), out=ptr[1:])
    return Pairs(ptr=ptr, goal=goal[best], cm=cm[best])


def _searched(network: WalkNetwork, sources: Places, goals: Places, limit: int) -> Pairs:
    """Search from each position of a source; a goal may stand in a row once for each of its doors."""
    question = _ask(network, sources, goals, limit)
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
        last, size, room = rows_within(
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


@kernel("void(int32[::1], int32[::1], int32[::1], int64[::1], int32[::1], int32[::1])")
def _lay_rows(sources: Ints, goal: Ints, cm: Ints, ptr: Longs, to_goal: Ints, to_cm: Ints) -> None:
    """Copy the rows of a block to where they belong."""
    at = 0
    for source in sources:
        for to in range(ptr[source], ptr[source + 1]):
            to_goal[to] = goal[at]
            to_cm[to] = cm[at]
            at += 1
