"""
How the hot loops are compiled: once per machine, from explicit signatures, without the interpreter's lock.

A kernel is compiled, or loaded from numba's cache, when it is first called; nothing else accepts other types by
accident, because a kernel has exactly one signature. `warm_up` does all of it at once and says so when it takes time.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)
"""Tells of every kernel that had to be compiled: a word for the user is due, since the others will follow."""

P = ParamSpec("P")
R = TypeVar("R")

_KERNELS: list[Kernel[..., Any]] = []


class Kernel(Generic[P, R]):
    """A function of plain arrays that runs as machine code; before its first call nothing is imported."""

    def __init__(self, function: Callable[P, R], signature: str) -> None:
        self.python = function
        self.signature = signature
        self._compiled: Callable[P, R] | None = None
        self.was_cached = True
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the machine code."""
        compiled = self._compiled or self.load()
        return compiled(*args, **kwargs)

    def load(self) -> Callable[P, R]:
        """Compile, or take the code of an earlier run from the cache."""
        from numba import njit  # 0.3 s, and a study file is checked without it

        compiled = njit(self.signature, cache=True, nogil=True, error_model="numpy")(self.python)
        self.was_cached = not compiled.stats.cache_misses
        if not self.was_cached:
            _LOG.info("compiled %s", self.signature)
        self._compiled = compiled
        return compiled

    @property
    def _numba_type_(self) -> object:
        """Let kernels call kernels: numba asks this of the global names in a function that it compiles."""
        return getattr(self._compiled or self.load(), "_numba_type_")  # noqa: B009  a dispatcher, seen as a callable


def kernel(signature: str) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Mark a function as a kernel with this one numba signature."""

    def register(function: Callable[P, R]) -> Kernel[P, R]:
        made = Kernel(function, signature)
        _KERNELS.append(made)
        return made

    return register


def in_shares(work: Callable[[NDArray[np.int32]], None], items: NDArray[np.int32]) -> None:
    """Let every core work on a share of the items; small jobs stay on this one."""
    cores = min(os.cpu_count() or 1, 1 + items.size // 20_000)
    if cores == 1:
        work(items)
        return
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(work, np.array_split(items, cores)))


def warm_up(tell: Callable[[], None] | None = None) -> int:
    """
    Load every kernel of the network, and of all other modules imported so far; return how many had to be compiled.

    `tell` is called once, as soon as the first kernel turns out not to be in the cache: the moment for a word to the
    user, since the others will follow (about ten seconds in all, once per machine and version).
    """
    from jiujin.network import search, sheds  # noqa: F401  with what they import, these register all kernels

    compiled = 0
    for each in _KERNELS:
        each.load()
        if not each.was_cached:
            compiled += 1
            if tell is not None and compiled == 1:
                tell()
    return compiled
