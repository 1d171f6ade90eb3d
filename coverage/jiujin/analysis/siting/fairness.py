"""
Fairness first: raise the worst-served place as far as possible, and only then serve as many people as possible.

    first   maximise  t   with   base_u + sum of weight_i z_i over the people of place u >= t people_u  for every place,
                                 z_i <= sum of x_j over the candidates j that serve class i,  sum of x_j = count
    then    maximise  sum of weight_i z_i  with t at its best

Lexicographic maximin (Rawls 1971; in location: Marsh and Schilling 1994, Ogryczak 1997), two levels of it. A place is a
township or a community; one without people of the group asks for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np
from scipy import sparse

from jiujin.analysis.siting.exact import Programme, solve
from jiujin.analysis.siting.incidence import Floats, Incidence, Ints
from jiujin.analysis.siting.local_search import Groups
from jiujin.analysis.siting.maximal import Chosen, Effort, covering_programme, quick_plan, units_above

TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """People (of the group) of each place, those of them who are `served` today, and `place` of each class."""

    people: Floats
    served: Floats
    place: Ints

    def rates(self, question: Incidence, chosen: Chosen) -> Floats:
        """Share of the people of each place who are served with this plan; 1 where nobody lives."""
        people = np.where(question.served(chosen), question.weight / question.scale, 0.0)
        served = self.served + np.bincount(self.place, people, self.people.size)
        return np.divide(served, self.people, out=np.ones(self.people.size), where=self.people > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fair:
    """The plan, the rate of its worst place, a rate that no plan exceeds there, `units` served and their bound."""

    chosen: Chosen
    worst: float
    worst_bound: float
    units: int
    bound: int
    timed_out: bool

    @property
    def optimal(self) -> bool:
        """Whether no plan has a better worst place, and none with the same worst place serves more."""
        return self.worst_bound <= self.worst + TOLERANCE and self.bound <= self.units


def fairest(question: Incidence, places: Places, count: int, *, effort: Effort | None = None) -> Fair:
    """
    Choose `count` candidates for the worst-served place first.

    Every class lies in one place: the question is to be made with the places kept `apart`.
    """
    effort = effort or Effort()
    until = monotonic() + effort.seconds
    plans = [quick_plan(question, count), _worst_first(question, places, count)]
    best = max(plans, key=lambda plan: (places.rates(question, plan).min(initial=1.0), question.units(plan)))
    worst = float(places.rates(question, best).min(initial=1.0))
    first = _programme(question, places, count, None)
    solved = solve(first, seconds=until - monotonic(), start=_columns(question, best, worst))
    best, worst = _better(question, places, best, worst, solved.columns)
    worst_bound = min(max(worst, solved.bound), 1.0) if np.isfinite(solved.bound) else 1.0
    second = _programme(question, places, count, worst - TOLERANCE)
    step = 1.0 if question.whole else 0.0
    again = solve(
        second, seconds=max(until - monotonic(), 1.0), start=_columns(question, best, worst - TOLERANCE), step=step
    )
    if again.columns is not None:
        chosen = np.flatnonzero(again.columns[: question.candidates] > 0.5).astype(np.int32)
        fair = places.rates(question, chosen).min(initial=1.0) >= worst - 2 * TOLERANCE
        if fair and question.units(chosen) > question.units(best):
            best = chosen
    units = question.units(best)
    return Fair(
        chosen=np.sort(best),
        worst=float(places.rates(question, best).min(initial=1.0)),
        worst_bound=worst_bound,
        units=units,
        bound=max(units, units_above(question, again.bound, units)),
        timed_out=not (solved.finished and again.finished),
    )


def _better(
    question: Incidence, places: Places, best: Chosen, worst: float, columns: Floats | None
) -> tuple[Chosen, float]:
    if columns is not None:
        chosen = np.flatnonzero(columns[: question.candidates] > 0.5).astype(np.int32)
        rate = float(places.rates(question, chosen).min(initial=1.0))
        if rate > worst:
            return chosen, rate
    return best, worst


def _worst_first(question: Incidence, places: Places, count: int) -> Chosen:
    """Each time the candidate that adds most to the place that is worst served at the moment."""
    chosen: list[int] = []
    for _ in range(count):
        rates = places.rates(question, np.array(chosen, np.int32))
        served = question.served(np.array(chosen, np.int32))
        for place in np.argsort(rates, kind="stable").tolist():
            wanted = np.where(~served & (places.place == place), question.weight, 0)
            gain = np.add.reduceat(np.append(wanted[question.row], 0), question.ptr[:-1])
            gain[np.diff(question.ptr) == 0] = 0
            gain[chosen] = -1
            if gain.max() > 0 or place == int(np.argsort(rates, kind="stable")[-1]):
                chosen.append(int(np.argmax(gain)))
                break
    return np.array(chosen, np.int32)


def _columns(question: Incidence, chosen: Chosen, worst: float) -> Floats:
    built = np.zeros(question.candidates)
    built[chosen] = 1
    return np.concatenate((built, question.served(chosen).astype(np.float64), [worst]))


def _programme(question: Incidence, places: Places, count: int, at_least: float | None) -> Programme:
    """The covering model with a last column t: maximised, or with people maximised at `at_least`."""
    plain = covering_programme(question, count, Groups.none(question.candidates))
    n, m = question.candidates, question.classes
    asking = np.flatnonzero(places.people > 0)
    people = question.weight / question.scale
    counted = sparse.csr_array((people, (places.place, n + np.arange(m))), shape=(places.people.size, n + m))
    rows = sparse.hstack([counted[asking], sparse.csr_array(-places.people[asking][:, None])])
    matrix = sparse.vstack([sparse.hstack([plain.matrix, sparse.csr_array((plain.matrix.shape[0], 1))]), rows])
    worth = np.append(np.zeros(n + m), 1.0) if at_least is None else np.append(plain.worth, 0.0)
    return Programme(
        worth=worth,
        least=np.append(plain.least, 0.0 if at_least is None else max(at_least, 0.0)),
        most=np.append(plain.most, 1.0),
        whole=np.append(plain.whole, False),
        matrix=sparse.csr_array(matrix),
        low=np.concatenate((plain.low, -places.served[asking])),
        high=np.concatenate((plain.high, np.full(asking.size, np.inf))),
    )
