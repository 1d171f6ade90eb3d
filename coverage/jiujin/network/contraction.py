"""Kernels that turn pieces into components, chains and arcs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jiujin.network.kernels import kernel

Ints = NDArray[np.int32]


@kernel("int32[::1](int32[::1], int32[::1], int64)")
def component_roots(start: Ints, end: Ints, vertices: int) -> Ints:
    """Give every vertex the lowest vertex that can be walked to from it (union-find, the lower root wins)."""
    root = np.arange(vertices).astype(np.int32)
    for piece in range(start.size):
        a = start[piece]
        b = end[piece]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a < b:
            root[b] = a
        else:
            root[a] = b
    for vertex in range(vertices):  # a root is never above its vertex, so one pass upwards settles all
        root[vertex] = root[root[vertex]]
    return root


@kernel(
    "Tuple((int32[::1], int32[::1], boolean[::1], int32[:, ::1], int64))"
    "(int32[::1], int32[::1], int32[::1], int32[::1], int64)"
)
def contract(
    start: Ints, end: Ints, length_cm: Ints, walked: Ints, vertices: int
) -> tuple[Ints, Ints, NDArray[np.bool_], Ints, int]:
    """
    Join the `walked` pieces into chains: per piece its chain, the cm at its start and its direction; rows of chains.

    A vertex of degree two stores the exclusive or of its two pieces, so the way on from one piece is the other. A ring
    without any junction is pinned at the start of its first piece.
    """
    degree = np.zeros(vertices, np.int32)
    other = np.zeros(vertices, np.int32)
    for piece in walked:
        degree[start[piece]] += 1
        degree[end[piece]] += 1
        other[start[piece]] ^= piece
        other[end[piece]] ^= piece
    chain = np.full(start.size, -1, np.int32)
    at_start = np.zeros(start.size, np.int32)
    forward = np.ones(start.size, np.bool_)
    chains = np.empty((walked.size, 3), np.int32)
    count = 0
    for rings in (False, True):
        for first in walked:
            if chain[first] >= 0:
                continue
            if rings or degree[start[first]] != 2:
                begin = start[first]
            elif degree[end[first]] != 2:
                begin = end[first]
            else:
                continue
            piece = first
            here = begin
            cm = 0
            while True:
                chain[piece] = count
                if start[piece] == here:
                    at_start[piece] = cm
                    cm += length_cm[piece]
                    here = end[piece]
                else:
                    forward[piece] = False
                    cm += length_cm[piece]
                    at_start[piece] = cm
                    here = start[piece]
                if degree[here] != 2 or here == begin:
                    break
                piece = other[here] ^ piece
            chains[count, 0] = begin
            chains[count, 1] = here
            chains[count, 2] = cm
            count += 1
    return chain, at_start, forward, chains, count


@kernel("Tuple((int32[::1], int32[:, ::1]))(int32[:, ::1], int64)")
def pack_arcs(chains: Ints, junctions: int) -> tuple[Ints, Ints]:
    """List the chains at every junction as packed arcs: neighbour, cm, chain, reversed."""
    ptr = np.zeros(junctions + 1, np.int32)
    for chain in range(chains.shape[0]):
        ptr[chains[chain, 0] + 1] += 1
        if chains[chain, 0] != chains[chain, 1]:
            ptr[chains[chain, 1] + 1] += 1
    for junction in range(junctions):
        ptr[junction + 1] += ptr[junction]
    arcs = np.empty((ptr[junctions], 4), np.int32)
    filled = ptr.copy()
    for chain in range(chains.shape[0]):
        for side in range(2):
            here = chains[chain, side]
            there = chains[chain, 1 - side]
            if side == 1 and here == there:
                continue
            arc = filled[here]
            filled[here] += 1
            arcs[arc, 0] = there
            arcs[arc, 1] = chains[chain, 2]
            arcs[arc, 2] = chain
            arcs[arc, 3] = side
    return ptr, arcs
