"""
Maximal covering with seats: a site serves no more people than it has room for (Current and Storbeck 1988).

    maximise  sum of y_ij   with   sum over j of y_ij <= weight_i,   y_ij <= weight_i x_j,
                                  sum over i of y_ij <= room_j x_j,  sum of x_j = count,  x_j in {0, 1},  y_ij >= 0

Only candidates that class i reaches have a y_ij: nobody is sent farther because the near site is full. A class may be
shared among several sites.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiujin.analysis.siting.exact import Programme, solve
from jiujin.analysis.siting.incidence import Floats, Incidence
from jiujin.analysis.siting.maximal import Chosen, Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The plan, how many `people` find a seat, the `bound` that no plan exceeds, and the people of each chosen site."""

    chosen: Chosen
    people: float
    bound: float
    load: Floats
    timed_out: bool

    @property
    def optimal(self) -> bool:
        """Whether no other plan seats more."""
        return self.bound <= self.people + 1e-6 * max(1.0, self.people)


def seat_most(question: Incidence, room: Floats, count: int, *, effort: Effort | None = None) -> Shared:
    """Choose `count` candidates that seat as many people as possible; `room` is finite and not negative."""
    effort = effort or Effort()
    programme = _programme(question, room, count)
    start = _greedy(question, room, count)
    seated = _seat(programme, start, question.candidates)
    solved = solve(programme, seconds=effort.seconds, start=seated, step=0.0)
    columns = seated if solved.columns is None else solved.columns
    n = question.candidates
    chosen = np.flatnonzero(columns[:n] > 0.5).astype(np.int32)
    columns = _seat(programme, chosen, n)
    load = np.bincount(_candidate(question), columns[n:], n)[chosen].astype(np.float64)
    people = float(columns[n:].sum())
    bound = max(solved.bound if np.isfinite(solved.bound) else question.people(question.weight.sum()), people)
    return Shared(chosen=chosen, people=people, bound=bound, load=load, timed_out=not solved.finished)


def _candidate(question: Incidence) -> NDArray[np.int64]:
    return np.repeat(np.arange(question.candidates), np.diff(question.ptr))


def _programme(question: Incidence, room: Floats, count: int) -> Programme:
    n, m, k = question.candidates, question.classes, question.row.size
    people = question.weight / question.scale
    source, pair = _candidate(question), np.arange(k)
    shares = sparse.csr_array((np.ones(k), (question.row, n + pair)), shape=(m, n + k))
    open_first = sparse.csr_array(
        (np.concatenate((np.ones(k), -people[question.row])), (np.tile(pair, 2), np.concatenate((n + pair, source)))),
        shape=(k, n + k),
    )
    seats = sparse.csr_array(
        (
            np.concatenate((np.ones(k), -room)),
            (np.concatenate((source, np.arange(n))), np.concatenate((n + pair, np.arange(n)))),
        ),
        shape=(n, n + k),
    )
    number = sparse.csr_array(np.concatenate((np.ones(n), np.zeros(k)))[None, :])
    rows = m + k + n
    return Programme(
        worth=np.concatenate((np.zeros(n), np.ones(k))),
        least=np.zeros(n + k),
        most=np.concatenate((np.ones(n), people[question.row])),
        whole=np.arange(n + k) < n,
        matrix=sparse.csr_array(sparse.vstack([shares, open_first, seats, number])),
        low=np.append(np.full(rows, -np.inf), float(count)),
        high=np.concatenate((people, np.zeros(k + n), [float(count)])),
    )


def _seat(programme: Programme, chosen: Chosen, candidates: int) -> Floats:
    """Seat as many people as possible at these sites: a transport problem, solved as a linear programme."""
    fixed = np.zeros(candidates)
    fixed[chosen] = 1
    least, most = programme.least.copy(), programme.most.copy()
    least[:candidates] = most[:candidates] = fixed
    whole = np.zeros(programme.whole.size, np.bool_)
    solved = solve(replace(programme, least=least, most=most, whole=whole), seconds=3600)
    if solved.columns is None:  # pragma: no cover  nobody seated is always an answer
        raise ValueError("no way to seat anybody")
    return np.concatenate((fixed, np.maximum(solved.columns[candidates:], 0)))


def _greedy(question: Incidence, room: Floats, count: int) -> Chosen:
    """Each time the candidate that seats most of those who have no seat; the rest of its people wait for the next."""
    left = question.weight / question.scale
    chosen: list[int] = []
    for _ in range(count):
        reach = np.bincount(_candidate(question), left[question.row], question.candidates)
        seated = np.minimum(reach, room)
        seated[chosen] = -1
        best = int(np.argmax(seated))
        chosen.append(best)
        row = question.row[question.ptr[best] : question.ptr[best + 1]]
        taken = np.minimum(np.cumsum(left[row]), room[best])
        left[row] -= np.diff(taken, prepend=0)
    return np.array(chosen, np.int32)
