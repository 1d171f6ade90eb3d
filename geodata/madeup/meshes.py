"""Lanes of villages and small towns: an uneven mesh inside an uneven outline, with the doors along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .curves import Floats, turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """Lines as (vertices, whether it is the main one), the doors (n, 2), and the ends of the main lines (n, 2)."""

    lines: list[tuple[Floats, bool]]
    doors: Floats
    ends: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshPlan:
    """Where a mesh lies, how large it is (radii), how wide its gaps are, how many of its links are missing."""

    centre: Floats
    angle: float
    radii: tuple[float, float]
    gaps: tuple[float, float]
    missing: float
    door_m: float = 20.0


def lay_mesh(rng: np.random.Generator, plan: MeshPlan) -> Mesh:
    """Lay the lanes; all that is laid hangs together with the middle."""
    u, v = _lines(rng, plan.radii[0], plan.gaps[0]), _lines(rng, plan.radii[1], plan.gaps[1])
    at_u, at_v = np.meshgrid(u, v)
    jitter = rng.normal(0, 0.13, (2, *at_u.shape))
    at_u, at_v = at_u + jitter[0] * plan.gaps[0], at_v + jitter[1] * plan.gaps[1]
    inside = _inside(rng, at_u, at_v, plan.radii)
    middle = (int(np.argmin(np.abs(v))), int(np.argmin(np.abs(u))))
    along, across = _links(rng, inside, middle, plan.missing)
    points = turned(np.column_stack([at_u.ravel(), at_v.ravel()]), plan.centre, plan.angle).reshape(*at_u.shape, 2)
    lines = [(part, row == middle[0]) for row in range(len(v)) for part in _runs(points[row], along[row])]
    lines += [
        (part, column == middle[1]) for column in range(len(u)) for part in _runs(points[:, column], across[:, column])
    ]
    pairs = np.concatenate(
        [
            np.stack([points[:, :-1], points[:, 1:]], axis=2)[along],
            np.stack([points[:-1], points[1:]], axis=2)[across][::3],
        ]
    )
    ends = np.array([line[end] for line, main in lines if main for end in (0, -1)] or [plan.centre])
    return Mesh(lines=lines, doors=doors_along(rng, pairs, plan.door_m), ends=ends)


def doors_along(rng: np.random.Generator, pairs: Floats, door_m: float) -> Floats:
    """Doors on both sides of streets (n, 2 ends, 2), one about every `door_m`."""
    doors = [np.empty((0, 2))]
    for a, b in pairs:
        length = float(np.hypot(*(b - a)))
        count = int(length / door_m)
        if count == 0:
            continue
        normal = np.array([-(b - a)[1], (b - a)[0]]) / length
        for side in (-1.0, 1.0):
            share = (np.arange(count) + rng.uniform(0.25, 0.75, count)) / count
            away = side * rng.uniform(7, 13, count)
            doors.append(a + share[:, None] * (b - a) + away[:, None] * normal)
    return np.vstack(doors)


def _lines(rng: np.random.Generator, radius: float, gap: float) -> Floats:
    count = int(radius / gap) + 1
    one = np.cumsum(gap * rng.uniform(0.68, 1.42, count))
    other = np.cumsum(gap * rng.uniform(0.68, 1.42, count))
    return np.concatenate([-one[::-1], [0.0], other])


def _inside(rng: np.random.Generator, u: Floats, v: Floats, radii: tuple[float, float]) -> NDArray[np.bool_]:
    turn = np.arctan2(v / radii[1], u / radii[0])
    edge = 1 + sum(rng.uniform(-0.16, 0.16) * np.sin(wave * turn + rng.uniform(0, 6.28)) for wave in (1, 2, 3, 4))
    return np.asarray(np.hypot(u / radii[0], v / radii[1]) < edge)


def _links(
    rng: np.random.Generator, inside: NDArray[np.bool_], middle: tuple[int, int], missing: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    number = np.arange(inside.size).reshape(inside.shape)
    along = inside[:, :-1] & inside[:, 1:] & (rng.random((inside.shape[0], inside.shape[1] - 1)) > missing * 0.7)
    across = inside[:-1] & inside[1:] & (rng.random((inside.shape[0] - 1, inside.shape[1])) > missing * 1.5)
    along[middle[0]] = inside[middle[0], :-1] & inside[middle[0], 1:]
    across[:, middle[1]] = inside[:-1, middle[1]] & inside[1:, middle[1]]
    ends = np.concatenate(
        [
            np.column_stack([number[:, :-1][along], number[:, 1:][along]]),
            np.column_stack([number[:-1][across], number[1:][across]]),
        ]
    )
    graph = coo_matrix((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(inside.size, inside.size))
    _, label = connected_components(graph, directed=False)
    here = (label == label[number[middle]]).reshape(inside.shape)
    return along & here[:, :-1], across & here[:-1]


def _runs(points: Floats, kept: NDArray[np.bool_]) -> list[Floats]:
    """The unbroken stretches of one line of the mesh."""
    edge = np.diff(np.concatenate([[0], kept.astype(np.int8), [0]]))
    return [points[a : b + 1] for a, b in zip(np.flatnonzero(edge == 1), np.flatnonzero(edge == -1), strict=True)]
