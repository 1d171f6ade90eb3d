"""
Who would gain by each candidate: exactly by the definitions of coverage, person by person, in whole centimetres.

A person gains who has no site within reach today and whose walk to the candidate is at most the reach of the class of
their own community; people in no community are in no rate and gain nothing. Walks are those of the network search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.coverage_counts import exact_sums
from jiujin.analysis.results import Results
from jiujin.analysis.siting.incidence import Ints, Longs, Masks
from jiujin.errors import Problem, SitingError
from jiujin.network.attach import Places
from jiujin.network.search import pairs
from jiujin.study import Service

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """
    The people of a service: `people` per point (0 for who lives in no community), `covered` today.

    `reached(places)` gives who gains by candidates.
    """

    service: Service
    results: Results
    people: Floats
    covered: Masks

    @property
    def total(self) -> float:
        """People of the service's group."""
        return self.sum(np.ones(len(self.people), np.bool_))

    def sum(self, mask: Masks) -> float:
        """Add up the people of a mask, the same in any order."""
        return float(exact_sums(np.where(mask, 0, -1), self.people, 1)[0])

    def reached(self, places: Places, *, also_covered: bool = False) -> tuple[Longs, Ints]:
        """
        For each place the points whose people would gain by a site there: row i is `ptr[i]:ptr[i + 1]`, ascending.

        `also_covered`: everybody within reach, whether or not they have a site today.
        """
        ptr, point, _ = self.walks(places, also_covered=also_covered)
        return ptr, point

    def walks(
        self, places: Places, *, also_covered: bool = False, within_cm: int | None = None
    ) -> tuple[Longs, Ints, Ints]:
        """Find `reached` with the walks in centimetres; `within_cm` takes the place of everybody's reach."""
        access = self.results.access[self.service.id]
        limit_cm = self.results.study.walk.snap_limit_m * 100
        asked = (access.leg_cm <= limit_cm) & (self.people > 0)
        if not also_covered:
            asked &= ~self.covered
        goals = np.flatnonzero(asked).astype(np.int32)
        able = np.flatnonzero(places.leg_cm <= limit_cm)
        if not goals.size or not able.size:
            none = np.empty(0, np.int32)
            return np.zeros(len(places) + 1, np.int64), none, none
        reach = access.reach_cm[goals] if within_cm is None else np.full(goals.size, within_cm, np.int32)
        found = pairs(
            self.results.networks[self.service.step_free],
            places.select(able),
            self.results.places[self.service.step_free].select(goals),
            int(reach.max()),
        )
        within = found.cm <= reach[found.goal]
        count = np.zeros(len(places), np.int64)
        source = np.repeat(able, np.diff(found.ptr))[within]
        count += np.bincount(source, minlength=len(places))
        ptr = np.zeros(len(places) + 1, np.int64)
        np.cumsum(count, out=ptr[1:])
        return ptr, goals[found.goal[within]], found.cm[within]


def demand_of(results: Results, service: Service) -> Demand:
    """
    Take the people of a service as coverage counts them.

    Raises SitingError when the service's group is neither counted nor estimated.
    """
    people = results.residents.group(service.group)
    if people is None:
        label = results.study.group(service.group).label
        raise SitingError(
            Problem(
                severity="error",
                rule="group_unknown",
                found=f"人口数据中没有{label}，无法计算{service.label}的新增覆盖人数",
                wanted=f"人口表中的{label}一列，或 study.toml 中 [population] {service.group} 的估算比例",
            )
        )
    counted = np.where(results.residents.community >= 0, people, 0.0)
    return Demand(service=service, results=results, people=counted, covered=results.access[service.id].covered)
