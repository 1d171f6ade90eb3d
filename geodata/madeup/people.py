"""Who lives where: communities with codes and classes, and the people behind every door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.cluster.vq import ClusterError, kmeans2
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from .borders import grid_over, nearest_unit, neighbours, shapes_of
from .country import Settlements
from .curves import Floats
from .names import COMMUNITIES, COUNTY_CODE, TOWNSHIPS, village_names
from .seat import Seat
from .terrain import Terrain, degrees

Ints = NDArray[np.int64]
STREET_OFFICES = 3
SEAT_COMMUNITIES = 21
VILLAGES = 90
POINTS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """One 社区 or 村: its code, names and class, the middle of its main settlement (paper), its shape (degrees)."""

    code: str
    name: str
    township: str
    class_code: str
    middle: tuple[float, float]
    shape: shapely.Geometry

    @property
    def urban_committee(self) -> bool:
        """Whether it has a residents' committee (居委会) and no villagers' committee (村委会)."""
        return int(self.code[9:]) < 200


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Points with people, in degrees; `community` is the position of the community."""

    lon: Floats
    lat: Floats
    community: Ints
    total: Ints
    age60: Ints
    age80: Ints
    disabled: Ints
    households: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    kind: str
    homes: Floats
    middle: Floats


def divide(
    rng: np.random.Generator, terrain: Terrain, seat: Seat, settled: Settlements, walls: list[tuple[Floats, float]]
) -> list[Community]:
    """Divide the county into communities and villages, name and number them; sorted by code."""
    units = _units(rng, terrain, seat, settled)
    grid = grid_over(terrain.outline)
    unit = nearest_unit(rng, grid, [each.homes for each in units], walls)
    pull = shapely.MultiLineString([line for line, dear in walls if dear >= 12])
    shapes = shapes_of(grid, unit, terrain.outline, pull)
    township = _townships(units, neighbours(grid, unit))
    return _named(rng, units, township, shapes)


def settle(
    rng: np.random.Generator,
    terrain: Terrain,
    seat: Seat,
    settled: Settlements,
    communities: list[Community],
    *,
    points: int = POINTS,
) -> People:
    """Choose the doors that become points and say how many live there; every community gets its share."""
    doors = [(np.vstack(settled.doors[settled.towns :]), 0), (np.vstack(settled.doors[: settled.towns]), 1)]
    doors += [(np.vstack(seat.old_doors), 2), (np.vstack(seat.compound_doors), 3)]
    xy, kind = np.vstack([at for at, _ in doors]), np.repeat([kind for _, kind in doors], [len(at) for at, _ in doors])
    shapely.prepare(terrain.water)
    dry = ~shapely.contains_xy(terrain.water, xy[:, 0], xy[:, 1])
    lonlat = degrees(xy)
    tree = shapely.STRtree([each.shape for each in communities])
    point, home = tree.query(shapely.points(lonlat), predicate="within")
    community = np.full(len(xy), -1)
    community[point] = home
    inside = np.flatnonzero(dry & (community >= 0))
    wish = np.array([0.62, 0.8, 0.8, 1.0])[kind[inside]] * rng.uniform(0.6, 1, len(inside))
    kept = np.sort(inside[np.argsort(-wish * rng.random(len(inside)), kind="stable")[:points]])
    kept = kept[np.lexsort((lonlat[kept, 0], -lonlat[kept, 1], community[kept]))]
    return _counted(rng, lonlat[kept], community[kept], kind[kept], len(communities))


def _counted(rng: np.random.Generator, lonlat: Floats, community: Ints, kind: Ints, communities: int) -> People:
    household = np.array([2.55, 2.7, 2.5, 2.85])[kind]
    households = 1 + rng.poisson(np.array([4.6, 5.2, 6.4, 20.0])[kind] * rng.gamma(6, 1 / 6, len(kind)))
    total = np.maximum(households, rng.poisson(households * household))
    old = np.array([0.315, 0.235, 0.27, 0.15])[kind] * rng.normal(1, 0.13, communities).clip(0.7, 1.35)[community]
    age60 = rng.binomial(total, old.clip(0.05, 0.55))
    age80 = rng.binomial(age60, 0.125)
    disabled = rng.binomial(total, np.array([0.031, 0.027, 0.028, 0.018])[kind])
    return People(
        lon=lonlat[:, 0],
        lat=lonlat[:, 1],
        community=community,
        total=total,
        age60=age60,
        age80=age80,
        disabled=disabled,
        households=households,
    )


def _units(rng: np.random.Generator, terrain: Terrain, seat: Seat, settled: Settlements) -> list[_Unit]:
    blocks = [*seat.old_doors, *seat.compound_doors]
    of_block = _seat_communities(rng, blocks, len(seat.old_doors))
    units = []
    for number in range(SEAT_COMMUNITIES):
        near = np.vstack([block for block, of in zip(blocks, of_block, strict=True) if of == number])
        middle = near[np.argmin(np.hypot(*(near - near.mean(axis=0)).T))]
        units.append(_Unit(kind="seat", homes=near, middle=middle))
    for number in range(settled.towns):
        units += _town_units(settled.doors[number], settled.middle[number], twice=number in {0, 2, 5})
    return units + _villages(terrain, settled)


def _seat_communities(rng: np.random.Generator, blocks: list[Floats], old: int) -> list[int]:
    """The community of each block of the seat: of several ways to group them, the one whose largest is smallest."""
    weight = np.array([len(block) * (1 if number < old else 3) for number, block in enumerate(blocks)])
    doors = np.vstack([np.repeat(block, 1 if number < old else 3, axis=0) for number, block in enumerate(blocks)])
    single, cuts = np.vstack(blocks), np.cumsum(weight)[:-1]
    best, least = [], np.inf
    for _ in range(24):
        start = single[rng.choice(len(single), SEAT_COMMUNITIES, replace=False)]
        try:
            _, label = kmeans2(doors, start, iter=25, minit="matrix", missing="raise")
        except ClusterError:  # a group lost all its doors: this start is no good
            continue
        of_block = [int(np.bincount(part).argmax()) for part in np.split(label, cuts)]
        size = np.bincount(of_block, weight, minlength=SEAT_COMMUNITIES)
        if size.min() > 0 and size.max() < least:
            best, least = of_block, float(size.max())
    return best


def _town_units(doors: Floats, middle: Floats, *, twice: bool) -> list[_Unit]:
    if not twice:
        return [_Unit(kind="town", homes=doors, middle=middle)]
    west = doors[:, 0] < middle[0] - 40
    return [
        _Unit(kind="town", homes=half, middle=half[np.argmin(np.hypot(*(half - half.mean(0)).T))])
        for half in (doors[west], doors[~west])
    ]


def _villages(terrain: Terrain, settled: Settlements) -> list[_Unit]:
    """Hamlets within the border, the nearest ones joined until there are as many villages as wanted."""
    shapely.prepare(terrain.outline)
    numbers = [
        number
        for number in range(settled.towns, len(settled.middle))
        if terrain.outline.buffer(-250).contains(shapely.Point(settled.middle[number])) and len(settled.doors[number])
    ]
    at = settled.middle[numbers]
    a, b = np.triu_indices(len(at), 1)
    far = np.hypot(*(at[a] - at[b]).T)
    near = far < 3200
    a, b, far = a[near], b[near], far[near]
    far = far + 2500 * shapely.intersects(shapely.linestrings(np.stack([at[a], at[b]], axis=1)), terrain.barrier)
    size = np.array([len(settled.doors[number]) for number in numbers])
    far *= np.sqrt((size[a] + size[b] + 20) / 200)  # the smallest hamlets find company first
    group = np.arange(len(at))
    for pair in np.argsort(far, kind="stable"):
        if len(np.unique(group)) <= VILLAGES:
            break
        one, two = group[a[pair]], group[b[pair]]
        members = np.isin(group, [one, two])
        homes = sum(len(settled.doors[numbers[k]]) for k in np.flatnonzero(members))
        if one != two and (members.sum() <= 2 or (members.sum() <= 4 and homes < 360)):
            group[members] = min(one, two)
    units = []
    for number in np.unique(group):
        members = np.flatnonzero(group == number)
        biggest = max(members, key=lambda k: len(settled.doors[numbers[k]]))
        homes = np.vstack([settled.doors[numbers[k]] for k in members])
        units.append(_Unit(kind="village", homes=homes, middle=at[biggest]))
    return units


def _townships(units: list[_Unit], pairs: Ints) -> Ints:
    """Township (position in TOWNSHIPS) of every unit: grown from the towns along common borders."""
    kinds = np.array([unit.kind for unit in units])
    middle = np.array([unit.middle for unit in units])
    township = np.full(len(units), -1)
    seat, town = np.flatnonzero(kinds == "seat"), np.flatnonzero(kinds == "town")
    u, v = middle[seat].T
    township[seat] = np.where(v < -350, 2, np.where(u < np.median(u[v >= -350]), 0, 1))
    start = 0
    for number in range(STREET_OFFICES, len(TOWNSHIPS)):
        count = 2 if number - STREET_OFFICES in {0, 2, 5} else 1
        township[town[start : start + count]] = number
        start += count
    length = np.hypot(*(middle[pairs[:, 0]] - middle[pairs[:, 1]]).T)
    length = length + 900 * ((kinds[pairs[:, 0]] == "seat") ^ (kinds[pairs[:, 1]] == "seat"))
    graph = coo_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(len(units), len(units))).tocsr()
    _, _, source = dijkstra(
        graph, directed=False, indices=np.append(seat, town), min_only=True, return_predecessors=True
    )
    return np.asarray(township[source])


def _named(
    rng: np.random.Generator, units: list[_Unit], township: Ints, shapes: list[shapely.Geometry]
) -> list[Community]:
    names = iter(village_names(rng, len(units)))
    urban_names = iter(COMMUNITIES)
    found = []
    for number, (digits, town_name) in enumerate(TOWNSHIPS):
        members = np.flatnonzero(township == number).tolist()
        members.sort(key=lambda k: (units[k].kind == "village", -units[k].middle[1], units[k].middle[0]))
        counters = {"居委会": 0, "村委会": 199}
        for k in members:
            village = units[k].kind == "village"
            committee = "村委会" if village else "居委会"
            counters[committee] += 1
            name = f"{next(names)}村" if village else f"{next(urban_names)}社区"
            found.append(
                Community(
                    code=f"{COUNTY_CODE}{digits}{counters[committee]:03d}",
                    name=name,
                    township=town_name,
                    class_code=_class_code(rng, units[k], digits),
                    middle=(float(units[k].middle[0]), float(units[k].middle[1])),
                    shape=shapes[k],
                )
            )
    return sorted(found, key=lambda each: each.code)


def _class_code(rng: np.random.Generator, unit: _Unit, digits: str) -> str:
    far = float(np.hypot(unit.middle[0], unit.middle[1] - 300))
    if unit.kind == "seat":
        return "111" if far < 1900 else "112"
    if unit.kind == "town":
        return "210" if digits >= "200" else "121"
    if far < 4300:
        return "112"
    return "122" if digits < "200" and rng.random() < 0.12 else "220"
