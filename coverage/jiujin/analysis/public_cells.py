"""
People as they may be shown to anyone: groups of homes instead of homes, and no count that is small or exact.

Every population group is put together for itself: squares of 100 m of one community, of 200 m where too few people
live in one, and so on up to the whole community. A cell stands in the middle of one square and counts its people in
fives; a community with fewer than `LEAST` people of a group has no cell of it. Walks are then walks of cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess, reach_of, service_access
from jiujin.analysis.coverage_counts import Residents, residents_of
from jiujin.analysis.coverage_tables import is_rural
from jiujin.analysis.results import Results
from jiujin.analysis.suppression import LEAST, rounded
from jiujin.network.attach import Places, attach

SQUARE_M = 100
"""Side of the smallest cell."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Masks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """
    The people whom pages and tables show, and their walks: those of the population file, or cells of them.

    `people` (id, lon, lat and the groups) and everything else are aligned; `community` is the row in the communities,
    -1 = none. `few` tells by group which communities (by row) have people of it, but fewer than `LEAST`.
    """

    people: pd.DataFrame
    community: Ints
    residents: Residents
    places: Mapping[bool, Places]
    access: Mapping[str, ServiceAccess]
    few: Mapping[str, Masks] = field(default_factory=dict)


def shown_people(results: Results) -> Shown:
    """Give the people of a run as its profile lets them be shown."""
    if results.study.output.profile == "public":
        return _cells_with_walks(results)
    return Shown(
        people=results.people,
        community=results.community,
        residents=results.residents,
        places=results.places,
        access=results.access,
    )


def _cells_with_walks(results: Results) -> Shown:
    lon, lat = (results.people[name].to_numpy(np.float64) for name in ("lon", "lat"))
    groups = {group.id: results.residents.groups[group.id] for group in results.study.groups if _known(results, group)}
    cells = cells_of(*results.plane.project(lon, lat), results.community, groups)
    lon, lat = (np.round(degrees, 7) for degrees in results.plane.unproject(cells.x, cells.y))
    x, y = results.plane.project(lon, lat)
    people = pd.DataFrame({"id": [f"G{n:06d}" for n in range(1, len(x) + 1)], "lon": lon, "lat": lat} | cells.groups)
    people.attrs["estimated"] = set(results.residents.estimated)
    places = {kind: attach(network, x, y) for kind, network in results.networks.items()}
    count = len(results.communities)
    return Shown(
        people=people,
        community=cells.community,
        residents=residents_of(people, cells.community),
        places=places,
        access=_access(results, cells.community, places, (x, y)),
        few={name: few_of(results.community, weights, count) for name, weights in groups.items()},
    )


def _known(results: Results, group: object) -> bool:
    return getattr(group, "id", None) in results.residents.groups


def _access(
    results: Results, community: Ints, places: Mapping[bool, Places], xy: tuple[Floats, Floats]
) -> dict[str, ServiceAccess]:
    facilities = results.facilities
    rural = is_rural(results.communities, community)
    site_xy = results.plane.project(facilities["lon"].to_numpy(np.float64), facilities["lat"].to_numpy(np.float64))
    return {
        service.id: service_access(
            service,
            network=results.networks[service.step_free],
            people_places=places[service.step_free],
            site_places=results.sites[service.step_free],
            people_xy=xy,
            site_xy=site_xy,
            counted=((facilities["service"] == service.id) & facilities["counted"]).to_numpy(np.bool_),
            reach_cm=reach_of(service, rural),
            snap_limit_cm=results.study.walk.snap_limit_m * 100,
        )
        for service in results.study.services
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Cells by community (none last), south to north, west to east: plane metres, community, persons by group."""

    x: Floats
    y: Floats
    community: Ints
    groups: dict[str, Floats]


def cells_of(x: Floats, y: Floats, community: Ints, groups: Mapping[str, Floats], *, least: float = LEAST) -> Cells:
    """
    Put people together in cells; `x`, `y` in plane metres, `groups` persons per point (no NaN).

    A cell holds at least `least` people of each group that it holds, in fives.
    """
    found = {name: _group_cells(x, y, community, people, least) for name, people in groups.items()}
    squares = [cells.index for cells in found.values()] or [pd.MultiIndex.from_arrays([[], [], []])]
    everywhere = squares[0]
    for index in squares[1:]:
        everywhere = everywhere.union(index, sort=False)
    home, row, column = (everywhere.get_level_values(level).to_numpy(np.int64) for level in range(3))
    order = np.lexsort((column, row, np.where(home < 0, np.iinfo(np.int64).max, home)))
    everywhere = everywhere[order]
    return Cells(
        x=np.asarray((column[order] + 0.5) * SQUARE_M, np.float64),
        y=np.asarray((row[order] + 0.5) * SQUARE_M, np.float64),
        community=home[order].astype(np.int32),
        groups={
            name: np.asarray(cells.reindex(everywhere, fill_value=0.0), np.float64) for name, cells in found.items()
        },
    )


def few_of(community: Ints, people: Floats, count: int, *, least: float = LEAST) -> Masks:
    """Which communities have people, but fewer than `least`."""
    inside = community >= 0
    total = np.bincount(community[inside], weights=people[inside], minlength=count)
    return np.asarray((total > 0) & (total < least), np.bool_)


def _group_cells(x: Floats, y: Floats, community: Ints, people: Floats, least: float) -> pd.Series[float]:
    """Persons of one group by (community, row, column) of the square that each cell stands in."""
    who = np.flatnonzero(people > 0)
    cell = _merged(x[who], y[who], community[who], people[who], least)
    frame = pd.DataFrame({"cell": cell, "x": x[who] * people[who], "y": y[who] * people[who], "people": people[who]})
    frame["community"] = community[who].astype(np.int64)
    sums = frame[frame["cell"] >= 0].groupby("cell").agg(
        x=("x", "sum"), y=("y", "sum"), people=("people", "sum"), community=("community", "first")
    )  # fmt: skip
    places = {
        "community": sums["community"],
        "row": _square(sums["y"] / sums["people"], SQUARE_M),
        "column": _square(sums["x"] / sums["people"], SQUARE_M),
    }
    exact = sums["people"].groupby([*places.values()]).sum()
    return pd.Series(rounded(exact.to_numpy(np.float64)), index=exact.index.set_names([*places]))


def _merged(x: Floats, y: Floats, community: Ints, people: Floats, least: float) -> Longs:
    """
    Number the cell of every point; -1 where its whole community has too few people.

    From small squares to large ones: a square with enough people becomes a cell, the points of the others go on to the
    next size. What is left of a community at last joins its nearest cell.
    """
    cell = np.full(len(x), -1, np.int64)
    left = np.arange(len(x))
    made, side = 0, float(SQUARE_M)
    extent = max(np.ptp(x), np.ptp(y), SQUARE_M) if len(x) else 0.0
    while len(left) and side <= 4 * extent:
        square = np.column_stack((community[left], _square(y[left], side), _square(x[left], side)))
        number = np.unique(square, axis=0, return_inverse=True)[1].ravel()
        enough = np.bincount(number, weights=people[left]) >= least
        full = enough[number]
        cell[left[full]] = made + (np.cumsum(enough) - 1)[number[full]]
        made += int(enough.sum())
        left, side = left[~full], side * 2
    _join_nearest(x, y, community, people, cell)
    return cell


def _join_nearest(x: Floats, y: Floats, community: Ints, people: Floats, cell: Longs) -> None:
    """Add the points without a cell to the cell of their community that is nearest to the middle of all of them."""
    for home in np.unique(community[cell < 0]).tolist():
        lost = np.flatnonzero((community == home) & (cell < 0))
        kept = np.flatnonzero((community == home) & (cell >= 0))
        if not len(kept):
            continue
        middle = [np.average(axis[lost], weights=people[lost]) for axis in (x, y)]
        far = np.hypot(x[kept] - middle[0], y[kept] - middle[1])
        cell[lost] = cell[kept[np.argmin(far)]]


def _square(metres: Floats | pd.Series[float], side: float) -> Longs:
    return np.asarray(np.floor(np.asarray(metres, np.float64) / side), np.int64)
