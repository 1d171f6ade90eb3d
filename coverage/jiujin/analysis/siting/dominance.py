# ruff: noqa: C901 - a kernel branches where a CPU must
"""Candidates that are never needed, because another one serves everybody whom they serve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.incidence import Ints, Longs
from jiujin.network.kernels import kernel


@kernel("boolean[::1](int64[::1], int32[::1], int64[::1], int32[::1])")
def dominated(ptr: Longs, row: Ints, back_ptr: Longs, back: Ints) -> NDArray[np.bool_]:
    """Tell for each candidate whether another serves all its classes and more, or the same and is lower."""
    lost = np.zeros(ptr.size - 1, np.bool_)
    for j in range(ptr.size - 1):
        if ptr[j] == ptr[j + 1]:
            lost[j] = True
            continue
        rarest = row[ptr[j]]
        for k in range(ptr[j], ptr[j + 1]):
            if back_ptr[row[k] + 1] - back_ptr[row[k]] < back_ptr[rarest + 1] - back_ptr[rarest]:
                rarest = row[k]
        size = ptr[j + 1] - ptr[j]
        for b in range(back_ptr[rarest], back_ptr[rarest + 1]):
            other = back[b]
            larger = ptr[other + 1] - ptr[other]
            if other == j or larger < size or (larger == size and other > j):
                continue
            at = ptr[other]
            inside = True
            for k in range(ptr[j], ptr[j + 1]):
                while at < ptr[other + 1] and row[at] < row[k]:
                    at += 1
                if at == ptr[other + 1] or row[at] != row[k]:
                    inside = False
                    break
            if inside:
                lost[j] = True
                break
    return lost


@kernel("boolean[::1](int64[::1], int32[::1], int64[::1], int32[::1])")
def implied(ptr: Longs, row: Ints, back_ptr: Longs, back: Ints) -> NDArray[np.bool_]:
    """Tell for each class whether whoever serves some other class serves it too (of two alike, the lower stays)."""
    lost = np.zeros(back_ptr.size - 1, np.bool_)
    for i in range(back_ptr.size - 1):
        if lost[i] or back_ptr[i] == back_ptr[i + 1]:
            continue
        rarest = back[back_ptr[i]]
        for b in range(back_ptr[i], back_ptr[i + 1]):
            if ptr[back[b] + 1] - ptr[back[b]] < ptr[rarest + 1] - ptr[rarest]:
                rarest = back[b]
        size = back_ptr[i + 1] - back_ptr[i]
        for k in range(ptr[rarest], ptr[rarest + 1]):
            other = row[k]
            larger = back_ptr[other + 1] - back_ptr[other]
            if other == i or lost[other] or larger < size or (larger == size and other < i):
                continue
            at = back_ptr[other]
            inside = True
            for b in range(back_ptr[i], back_ptr[i + 1]):
                while at < back_ptr[other + 1] and back[at] < back[b]:
                    at += 1
                if at == back_ptr[other + 1] or back[at] != back[b]:
                    inside = False
                    break
            lost[other] = inside
    return lost
