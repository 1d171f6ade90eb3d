# ruff: noqa: C901, PLR0912, PLR0917 - kernels take plain arrays, many at a time, and branch where a CPU must
"""
The search: labels spread from seeds along the arcs, nearest first, until nothing improves.

A label is `cm << 32 | site`: one whole number that orders by distance first and by site second, and that grows by
`arc_cm << 32` along an arc. So ties fall to the lower site without a further rule, also through pieces of no length.

Junctions wait in buckets of `2 ** BUCKET_BITS` centimetres, each in at most one (doubly linked lists in fixed arrays).
Within a bucket order does not matter: a junction that is improved after its turn simply waits again.
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
