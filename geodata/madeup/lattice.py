"""
A large made-up city as arrays: a bent and broken lattice of streets, a river with few bridges, people, sites.

Simple in shape and true in the proportions that cost time: 2.5 vertices per junction, mean degree 2.5, people
clustered in centres, dead ends and islands. A tile is drawn on flat paper and then bent by one smooth rule, so that
tiles laid side by side form a province without seams.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from jiujin.coordinates import Plane
from jiujin.network.streets import STREET_CLASSES, Streets

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDE = 456
"""Junctions along one side of a tile."""
SPACING_M = 132.0
BLOCK = 15
"""A community is a square of so many lattice steps."""
BLOCKS = -(-SIDE // BLOCK)
PEOPLE = 500_000
SITES = {"party_centre": 4_200, "elderly_canteen": 2_100, "rukang_home": 350, "health_centre": 900}
PLANE = Plane(epsg=4550)
CENTRE = (500_000.0, 3_875_000.0)
"""Open water in the Yellow Sea (123.0 E, 35.0 N): no map can take the place for a real one."""

MAIN, MINOR, RESIDENTIAL, SERVICE, PATH, STEPS = range(len(STREET_CLASSES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """
    One square of the lattice in plane metres, already bent.

    Vertices: `x`, `y`; the first `SIDE * SIDE` are the junctions, row by row. Pieces in the order of their ways:
    `start`, `end`, `way` (0, 1, 2, ... within the tile), `street_class`, `step_free`. People: `people_x`, `people_y`,
    `people_cell` (community as row * BLOCKS + column), `total`, `age60`, `disabled`. Sites: `site_x`, `site_y`,
    `site_service` (position in `SITES`).
    """

    x: Floats
    y: Floats
    start: Ints
    end: Ints
    way: Ints
    street_class: NDArray[np.uint8]
    step_free: NDArray[np.bool_]
    people_x: Floats
    people_y: Floats
    people_cell: Ints
    total: Ints
    age60: Ints
    disabled: Ints
    site_x: Floats
    site_y: Floats
    site_service: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpCity:
    """
    A city for measuring with: streets, and people and sites as WGS 84 degrees.

    `community` numbers the communities from 0; `sites` gives (lon, lat) per service id.
    """

    streets: Streets
    lon: Floats
    lat: Floats
    total: Ints
    age60: Ints
    disabled: Ints
    community: Ints
    sites: dict[str, tuple[Floats, Floats]]
    plane: Plane


def city_arrays(seed: int = 1, *, people: int = PEOPLE) -> MadeUpCity:
    """Make the city in memory in a few seconds: about 500,000 vertices, 500,000 people points and 7,550 sites."""
    tile = draw_tile(seed, 0, 0, people=people)
    site_lon, site_lat = PLANE.unproject(tile.site_x, tile.site_y)
    lon, lat = PLANE.unproject(tile.people_x, tile.people_y)
    return MadeUpCity(
        streets=_as_streets(tile),
        lon=lon,
        lat=lat,
        total=tile.total,
        age60=tile.age60,
        disabled=tile.disabled,
        community=tile.people_cell,
        sites={
            service: (site_lon[tile.site_service == number], site_lat[tile.site_service == number])
            for number, service in enumerate(SITES)
        },
        plane=PLANE,
    )


def draw_tile(seed: int, column: int, row: int, *, people: int = PEOPLE) -> Tile:
    """Draw the tile at this place of the province; the city is the tile (0, 0)."""
    rng = np.random.default_rng([seed, column, row])
    u, v = _junctions(rng)
    runs = _runs(rng, v)
    edges = np.concatenate([run[0] for run in runs])
    way = _numbered([run[1] for run in runs])
    street_class = _classes(rng, runs)[way]
    geometry = _geometry(rng, u, v, edges)
    start, end, edge = _pieces(edges, geometry[2], len(u))
    closed = rng.random(way[-1] + 1) < 0.004  # before the people: with or without them, the streets are the same
    people_u, people_v = _people(rng, u, v, edges, people)
    total, age60, disabled = _counts(rng, people)
    site_u, site_v, site_service = _sites(rng, people_u, people_v)
    x, y = bend(np.append(u, geometry[0]), np.append(v, geometry[1]), column, row)
    people_x, people_y = bend(people_u, people_v, column, row)
    site_x, site_y = bend(site_u, site_v, column, row)
    return Tile(
        x=x,
        y=y,
        start=start,
        end=end,
        way=way[edge],
        street_class=street_class[edge],
        step_free=(street_class[edge] != STEPS) & ~closed[way[edge]],
        people_x=people_x,
        people_y=people_y,
        people_cell=cell_of(people_u, people_v),
        total=total,
        age60=age60,
        disabled=disabled,
        site_x=site_x,
        site_y=site_y,
        site_service=site_service,
    )


def bend(u: Floats, v: Floats, column: int, row: int) -> tuple[Floats, Floats]:
    """Paper metres of a tile to plane metres: shift the tile to its place, then bend everything smoothly."""
    side = SIDE * SPACING_M
    u, v = u + (column - 0.5) * side, v + (row - 0.5) * side
    x = u + 420 * np.sin(v / 5300 + 1) + 130 * np.sin((u + v) / 1900)
    y = v + 380 * np.sin(u / 6100 + 2) + 110 * np.sin((u - 2 * v) / 2700)
    return x + CENTRE[0], y + CENTRE[1]


def cell_of(u: Floats, v: Floats) -> Ints:
    """The community square of a place on the paper: row * BLOCKS + column."""
    size = BLOCK * SPACING_M
    along = np.clip(np.floor(u / size), 0, BLOCKS - 1).astype(np.int64)
    up = np.clip(np.floor(v / size), 0, BLOCKS - 1).astype(np.int64)
    return up * BLOCKS + along


def river(u: Floats) -> Floats:
    """How far up the paper the river runs."""
    side = SIDE * SPACING_M
    return side * (0.45 + 0.07 * np.sin(u / side * 6.283) + 0.02 * np.sin(u / 1700))


def _junctions(rng: np.random.Generator) -> tuple[Floats, Floats]:
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    jitter = rng.uniform(-0.27, 0.27, (2, SIDE * SIDE))
    return (column + 0.5 + jitter[0]) * SPACING_M, (row + 0.5 + jitter[1]) * SPACING_M


def _runs(rng: np.random.Generator, v: Floats) -> list[tuple[Ints, Ints, Ints]]:
    """Edges (n, 2), a run number per edge, and how main each run's line is, for rows, columns and diagonals."""
    node = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    along = np.stack([node[:, :-1], node[:, 1:]], axis=-1)
    across = np.stack([node[:-1].T, node[1:].T], axis=-1)
    south = v < river((np.arange(SIDE * SIDE) % SIDE + 0.5) * SPACING_M)
    found = []
    for lines in (along, across):
        number = np.arange(SIDE)[:, None] * np.ones(SIDE - 1, np.int64)
        keep = rng.random((SIDE, SIDE - 1)) < np.where(number % 4 == 0, 0.97, 0.79)
        keep &= (south[lines[..., 0]] == south[lines[..., 1]]) | (number % 24 == 12)
        first = keep & ~np.pad(keep, ((0, 0), (1, 0)))[:, :-1]
        first |= keep & (np.arange(SIDE - 1) % 40 == 0)  # a street changes its name now and then
        found.append((lines[keep], np.cumsum(first[keep]) - 1, number[first]))
    corner = rng.choice(node[:-1, :-1].ravel(), SIDE * SIDE // 20, replace=False)
    slant = np.stack([np.sort(corner), np.sort(corner) + SIDE + 1], axis=-1)
    slant = slant[south[slant[:, 0]] == south[slant[:, 1]]]
    found.append((slant, np.arange(len(slant)), np.ones(len(slant), np.int64)))
    return found


def _numbered(parts: list[Ints]) -> Ints:
    first = np.cumsum([0, *(part[-1] + 1 for part in parts[:-1])])
    return np.concatenate([part + base for part, base in zip(parts, first, strict=True)])


def _classes(rng: np.random.Generator, runs: list[tuple[Ints, Ints, Ints]]) -> NDArray[np.uint8]:
    line = np.concatenate([run[2] for run in runs])
    lesser = rng.choice([RESIDENTIAL, SERVICE, PATH, STEPS], len(line), p=[0.66, 0.2, 0.13, 0.01])
    return np.where(line % 12 == 0, MAIN, np.where(line % 4 == 0, MINOR, lesser)).astype(np.uint8)


def _geometry(rng: np.random.Generator, u: Floats, v: Floats, edges: Ints) -> tuple[Floats, Floats, Ints]:
    """Vertices between junctions along gentle arcs, and their number per edge."""
    count = rng.poisson(0.92, len(edges))
    edge = np.repeat(np.arange(len(edges)), count)
    place = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + 1
    share = place / (count[edge] + 1)
    a, b = edges[edge, 0], edges[edge, 1]
    belly = np.sin(np.pi * share) * rng.normal(0, 0.06, len(edges))[edge]
    along_u, along_v = u[b] - u[a], v[b] - v[a]
    return u[a] + share * along_u - belly * along_v, v[a] + share * along_v + belly * along_u, count


def _pieces(edges: Ints, count: Ints, junctions: int) -> tuple[Ints, Ints, Ints]:
    edge = np.repeat(np.arange(len(edges)), count + 1)
    first = np.cumsum(count + 1) - count - 1
    place = np.arange(len(edge)) - first[edge]
    between = junctions + (np.cumsum(count) - count)[edge] + place
    start = np.where(place == 0, edges[edge, 0], between - 1)
    end = np.where(place == count[edge], edges[edge, 1], between)
    return start, end, edge


def _people(rng: np.random.Generator, u: Floats, v: Floats, edges: Ints, people: int) -> tuple[Floats, Floats]:
    """Doors along the streets, close together in some thirty centres."""
    middle_u, middle_v = (u[edges].mean(axis=1), v[edges].mean(axis=1))
    side = SIDE * SPACING_M
    centres = np.column_stack([rng.uniform(0, side, (30, 2)), rng.uniform(900, 4200, 30), rng.uniform(0.5, 3, 30)])
    weight = np.full(len(edges), 0.15)
    for at_u, at_v, spread, heavy in centres:
        weight += heavy * np.exp(-((middle_u - at_u) ** 2 + (middle_v - at_v) ** 2) / (2 * spread**2))
    edge = rng.choice(len(edges), people, p=weight / weight.sum())
    a, b = edges[edge, 0], edges[edge, 1]
    share = rng.random(people)
    away = rng.choice([-1.0, 1.0], people) * rng.gamma(2.0, 9.0, people)
    along_u, along_v = u[b] - u[a], v[b] - v[a]
    length = np.hypot(along_u, along_v)
    return (
        u[a] + share * along_u - away * along_v / length,
        v[a] + share * along_v + away * along_u / length,
    )


def _counts(rng: np.random.Generator, people: int) -> tuple[Ints, Ints, Ints]:
    total = 1 + rng.poisson(15, people)
    age60 = rng.binomial(total, 0.21)
    return total, age60, rng.binomial(total, 0.027)


def _sites(rng: np.random.Generator, people_u: Floats, people_v: Floats) -> tuple[Floats, Floats, Ints]:
    service = np.repeat(np.arange(len(SITES)), list(SITES.values()) if len(people_u) else 0)
    near = rng.integers(0, len(people_u), len(service))
    shift = rng.normal(0, 60, (2, len(service)))
    return people_u[near] + shift[0], people_v[near] + shift[1], service


def _as_streets(tile: Tile) -> Streets:
    lon, lat = PLANE.unproject(tile.x, tile.y)
    lon_e7, lat_e7 = np.round(lon * 1e7).astype(np.int32), np.round(lat * 1e7).astype(np.int32)
    used = np.unique(np.append(tile.start, tile.end))
    lon_e7, lat_e7 = lon_e7[used], lat_e7[used]
    start, end = np.searchsorted(used, tile.start), np.searchsorted(used, tile.end)
    metres = Geod(ellps="WGS84").inv(lon_e7[start] / 1e7, lat_e7[start] / 1e7, lon_e7[end] / 1e7, lat_e7[end] / 1e7)[2]
    return Streets(
        lon_e7=lon_e7,
        lat_e7=lat_e7,
        start=start.astype(np.int32),
        end=end.astype(np.int32),
        length_cm=np.round(np.asarray(metres) * 100).astype(np.int32),
        way=tile.way + 1,
        step_free=tile.step_free,
        street_class=tile.street_class,
    )
