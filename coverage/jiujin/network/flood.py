# ruff: noqa: C901, PLR0912, PLR0917 - kernels take plain arrays, many at a time, and branch where a CPU must
"""
The search: labels spread from seeds along the arcs, nearest first, until nothing improves.

A label is `cm << 32 | site`: one whole number that orders by distance first and by site second, and that grows by
`arc_cm << 32` along an arc. So ties fall to the lower site without a further rule, also through pieces of no length.

Junctions wait in buckets of `2 ** BUCKET_BITS` centimetres, each in at most one (doubly linked lists in fixed arrays).
Within a bucket order does not matter: a junction that is improved after its turn simply waits again.

Kernels that call each other stand in one file, because numba keeps their code by the date of that file alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jiujin.network.kernels import kernel

Ints = NDArray[np.int32]
Labels = NDArray[np.int64]

BUCKET_BITS = 12
"""Buckets are 10.24 m wide."""

FARTHEST_CM = 2**29 - 1
"""The longest walk that can be told: 5,368 km. Sums of three such lengths still fit beside a site in 64 bits."""

SHORT_ROW = 48
"""Rows with fewer pairs are sorted by insertion."""

NEVER, DONE, LAST = -3, -2, -1
"""In place of the next junction in a bucket: not reached yet; had its turn; waits as the last."""


class Queue:
    """Warm scratch of the search: fixed arrays that every search leaves as it found them."""

    __slots__ = ("head", "link", "reached")

    def __init__(self, junctions: int, longest_cm: int) -> None:
        self.head = np.full(2 ** int((longest_cm >> BUCKET_BITS) + 1).bit_length(), LAST, np.int32)
        self.link = np.full((junctions, 2), NEVER, np.int32)
        self.reached = np.empty(junctions, np.int32)


@kernel("void(int64, int64, int32[::1], int32[:, ::1])")
def _join(junction: int, bucket: int, head: Ints, link: Ints) -> None:
    """Let a junction wait in this bucket."""
    after = head[bucket]
    link[junction, 0] = after
    link[junction, 1] = LAST
    if after >= 0:
        link[after, 1] = junction
    head[bucket] = junction


@kernel("void(int64, int64, int32[::1], int32[:, ::1])")
def _leave(junction: int, bucket: int, head: Ints, link: Ints) -> None:
    """Take a junction out of the bucket where it waits."""
    after, before = link[junction, 0], link[junction, 1]
    if before >= 0:
        link[before, 0] = after
    else:
        head[bucket] = after
    if after >= 0:
        link[after, 1] = before
    link[junction, 0] = DONE


@kernel("int64(int32[::1], int32[:, ::1], int32[::1], int64[::1], int64[::1], int32[::1], int32[:, ::1], int32[::1])")
def flood(
    arc_ptr: Ints,
    arcs: Ints,
    seed_junction: Ints,
    seed_label: Labels,
    label: Labels,
    head: Ints,
    link: Ints,
    reached: Ints,
) -> int:
    """
    Lower `label` at every junction as far as the seeds (ascending by label) allow; return how many were `reached`.

    A junction is improved only below the label that it has, so labels set to `limit + 1` centimetres beforehand are the
    limit, and labels of an earlier search make this one an update. The caller resets `link` of the reached to `NEVER`.
    """
    shift = 32 + BUCKET_BITS
    mask = head.size - 1
    count, waiting, seed, bucket = 0, 0, 0, 0
    while waiting > 0 or seed < seed_label.size:
        if waiting == 0:
            bucket = seed_label[seed] >> shift
        first = seed
        while seed < seed_label.size and seed_label[seed] >> shift <= bucket:
            seed += 1
        last = seed
        here = -1  # offers first come from the seeds of this bucket, then from the junctions in it
        here_label = np.int64(0)
        while True:
            for offer in range(first, last):
                if here < 0:
                    there, offered = seed_junction[offer], seed_label[offer]
                else:
                    there, offered = arcs[offer, 0], here_label + (np.int64(arcs[offer, 1]) << 32)
                had = label[there]
                if offered >= had:
                    continue
                label[there] = offered
                to = (offered >> shift) & mask
                if link[there, 0] >= LAST:
                    at = (had >> shift) & mask
                    if at == to:
                        continue
                    _leave(there, at, head, link)
                else:
                    if link[there, 0] == NEVER:
                        reached[count] = there
                        count += 1
                    waiting += 1
                _join(there, to, head, link)
            here = head[bucket & mask]
            if here < 0:
                break
            _leave(here, bucket & mask, head, link)
            waiting -= 1
            here_label = label[here]
            first, last = arc_ptr[here], arc_ptr[here + 1]
        bucket += 1
    return count


@kernel(
    "Tuple((int64, int64, int64))(int32[::1], int32[:, ::1], int32[::1], int32[:, ::1], int32[:, ::1], int32[::1], "
    "int32[:, ::1], int64, int64[::1], int32[::1], int32[:, ::1], int32[::1], int64[:, ::1], int32[:, ::1], int64[::1])"
)
def rows_within(
    block: Ints,
    sources: Ints,
    arc_ptr: Ints,
    arcs: Ints,
    chains: Ints,
    goal_ptr: Ints,
    goals: Ints,
    limit: int,
    label: Labels,
    head: Ints,
    link: Ints,
    reached: Ints,
    row: Labels,
    found: Ints,
    counts: Labels,
) -> tuple[int, int, int]:
    """Fill rows until one does not fit; return the sources done, the pairs found and the room that was missing."""
    none = (limit + 1) << 32
    size, last_goal = 0, 0
    for k in range(goals.shape[0]):
        last_goal = max(last_goal, goals[k, 2])
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
        _sort_row(row, length, last_goal + 1, found, size)
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
    label: Labels,
    row: Labels,
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
    label: Labels,
    row: Labels,
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
def _sort_row(row: Labels, length: int, goals: int, found: Ints, at: int) -> None:
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
