"""Do the numbers add up? Covered, beyond, unreachable and off the network are everybody, everywhere, or we stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.coverage_counts import Residents, Tally, exact_sums
from jiujin.study import Service

_ROUNDING = 1e-9


def reconcile(
    services: Sequence[Service],
    tallies: Mapping[str, Tally],
    splits: pd.DataFrame,
    residents: Residents,
    outside: Mapping[str, float],
) -> tuple[str, ...]:
    """
    Add up every service, community by community and for the county, and tell the sums in Chinese, a line each.

    Raises `AssertionError` with the first sum that does not hold: a fault of this program, not of the data.
    """
    county = splits[splits["split"] == "county"]
    lines = []
    for service in services:
        weight = residents.group(service.group)
        if weight is None:
            lines.append(f"{service.label}：无“{service.group}”人口数据，不计人数")
            continue
        own = tallies[service.id]
        _must_equal(own.covered + own.beyond + own.no_walk + own.off_network, own.people, f"{service.id} by community")
        mine = county[county["service"] == service.id]
        names = ["covered", "beyond", "no_walk", "off_network"]
        sums = mine[names].to_numpy(np.float64)
        _must_equal(sums.sum(axis=1), mine["people"].to_numpy(np.float64), f"{service.id} in the county")
        parts = sums.sum(axis=0).tolist()
        everyone = exact_sums(np.zeros(len(weight), np.int64), weight, 1)
        _must_equal(own.people.sum() + outside[service.id], everyone, f"{service.id} with those outside")
        lines.append(_line(service, parts, outside[service.id], float(everyone[0]), residents))
    return tuple(lines)


def _must_equal(found: NDArray[np.float64], wanted: NDArray[np.float64], where: str) -> None:
    wrong = np.abs(found - wanted) > _ROUNDING * np.maximum(np.abs(wanted), 1)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise AssertionError(f"{where}, number {at}: {float(found[at])} people add up, {float(wanted[at])} live there")


def _line(service: Service, parts: list[float], outside: float, everyone: float, residents: Residents) -> str:
    names = ("已覆盖", "超出服务距离", "路网不连通", "远离路网", "不在任何社区（村）")
    told = " + ".join(f"{name} {_said(value)}" for name, value in zip(names, (*parts, outside), strict=True))
    mark = "（估算）" if service.group in residents.estimated else ""
    return f"{service.label}：{told} = {_said(everyone)} 人{mark}，各社区（村）与全县均相符"


def _said(people: float) -> str:
    return f"{people:.0f}" if people == int(people) else f"{people:.1f}"
