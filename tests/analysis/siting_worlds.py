"""Small siting questions whose best answer is found by trying every choice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from jiujin.analysis.siting.incidence import Incidence, incidence


@dataclass(frozen=True)
class World:
    """`reach[j]` are the points that candidate j serves; `people` at each point; `cm[j][i]` walks, None = no way."""

    reach: list[list[int]]
    people: list[float]

    @property
    def question(self) -> Incidence:
        ptr = np.cumsum([0, *map(len, self.reach)]).astype(np.int64)
        point = np.array([i for row in self.reach for i in sorted(row)], np.int32)
        return incidence(ptr, point, np.array(self.people, float))

    def served(self, chosen) -> float:
        return sum(self.people[i] for i in set().union(*(set(self.reach[j]) for j in chosen)))

    def best(self, count: int, allowed=lambda _: True) -> float | None:
        """Most people that any allowed choice of so many candidates serves; None where none is allowed."""
        plans = [self.served(c) for c in combinations(range(len(self.reach)), count) if allowed(c)]
        return max(plans, default=None)


def world_of(reach: list[list[int]], people: list[float]) -> World:
    return World(reach=[sorted(set(row)) for row in reach], people=people)


@st.composite
def worlds(draw, candidates: int = 7, points: int = 9, whole: bool = True):
    m = draw(st.integers(1, points))
    n = draw(st.integers(1, candidates))
    reach = draw(st.lists(st.lists(st.integers(0, m - 1), unique=True, max_size=m), min_size=n, max_size=n))
    amount = st.integers(0, 30) if whole else st.floats(0, 30, allow_subnormal=False)
    return world_of(reach, draw(st.lists(amount, min_size=m, max_size=m)))
