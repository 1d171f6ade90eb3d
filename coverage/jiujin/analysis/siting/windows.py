"""
A good plan made better, a neighbourhood at a time.

All sites of a plan stay but a few around one of them; where those stood best is a small question, which is mostly
closed at once. So a plan ends up that no rearrangement of neighbours improves (large neighbourhood search: Shaw 1998).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiujin.analysis.siting.incidence import Floats, Incidence

Chosen = NDArray[np.int32]

WINDOW = 12
"""So many sites are moved together."""

SWEEPS = 3
STEPS = 6
"""Neighbours of neighbours are looked for so many times over."""


def rearranged(asked: Incidence, best: Chosen, decide: Callable[[Incidence, Chosen], Chosen]) -> Chosen:
    """
    Look around every site of the plan `best` for a better one.

    `decide(question, start)` gives a plan of as many candidates as `start`, of a question of its own. Goes round again
    for as long as that gains, three times at most.
    """
    plan = best
    for _ in range(SWEEPS):
        before = asked.units(plan)
        for site in plan.tolist():
            if site in plan:
                plan = _around(asked, plan, site, decide)
        if asked.units(plan) == before:
            break
    return plan


def _around(asked: Incidence, plan: Chosen, site: int, decide: Callable[[Incidence, Chosen], Chosen]) -> Chosen:
    """The plan with the sites around this one where they stand best, if anything is gained by that."""
    moved = plan[neighbours(asked, plan, int(np.flatnonzero(plan == site)[0]))]
    kept = np.setdiff1d(plan, moved)
    served = asked.served(moved)
    waiting = ~asked.served(kept)
    names = np.setdiff1d(np.flatnonzero(asked.reach(np.where(served, asked.weight, 0))), kept)
    names = np.union1d(names, moved)
    small = asked.within(names, waiting)
    start = np.searchsorted(names, np.sort(moved)).astype(np.int32)
    found = decide(small, start)
    if small.units(found) <= small.units(start):
        return plan
    return np.concatenate((kept, names[found])).astype(np.int32)


def neighbours(asked: Incidence, plan: Chosen, at: int) -> NDArray[np.int64]:
    """The positions in a plan of the sites that share most people with the one at `at`, at one remove or at several."""
    serves = sparse.csr_array((np.ones(asked.row.size), asked.row, asked.ptr), shape=(asked.candidates, asked.classes))[
        plan
    ]
    shared = (serves * asked.weight[None, :] @ serves.T).toarray()
    share: Floats = shared / np.maximum(shared.diagonal()[:, None], 1)
    np.fill_diagonal(share, 0)
    here = np.zeros(plan.size)
    here[at] = 1
    near = here.copy()
    for _ in range(STEPS):
        here = (share @ here + here) / 2
        near += here
    closest: NDArray[np.int64] = np.argsort(-near, kind="stable")[:WINDOW]
    return closest
