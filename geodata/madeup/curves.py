"""Hand-drawn lines: splines, wiggles, blobs and ribbons, in metres on flat paper."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Floats = NDArray[np.float64]


def spline(points: Floats, step_m: float) -> Floats:
    """A smooth line through these points (n, 2), with a vertex about every `step_m`."""
    points = np.asarray(points, np.float64)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    count = max(int(along[-1] / step_m) + 1, 2)
    if len(points) == 2:
        return np.linspace(points[0], points[1], count)
    return np.asarray(CubicSpline(along, points, bc_type="natural")(np.linspace(0, along[-1], count)))


def wiggle(
    rng: np.random.Generator, line: Floats, swing_m: float, wave_m: float, octaves: tuple[float, ...] = (1.0, 0.5, 0.22)
) -> Floats:
    """Let a line of close vertices wander to both sides; its two ends stay where they are."""
    steps = np.diff(line, axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*steps.T))])
    sideways = np.zeros(len(line))
    for octave in octaves:
        phase, stretch = rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 1.25)
        sideways += octave * np.sin(2 * np.pi * along / (wave_m * octave * stretch) + phase)
    calm = np.minimum(1.0, np.minimum(along, along[-1] - along) / (0.6 * wave_m))
    direction = np.gradient(line, axis=0)
    direction /= np.maximum(np.hypot(*direction.T), 1e-9)[:, None]
    normal = np.column_stack([-direction[:, 1], direction[:, 0]])
    return line + normal * (swing_m * sideways * calm)[:, None]


def blob(
    rng: np.random.Generator, centre: tuple[float, float], radii: tuple[float, float], rough: float, vertices: int
) -> shapely.Polygon:
    """A closed irregular shape: an ellipse whose radius trembles at every scale."""
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    tremble = np.zeros(vertices)
    for wave in range(2, max(vertices // 9, 8)):
        tremble += rough / wave**1.12 * np.sin(wave * turn + rng.uniform(0, 2 * np.pi))
    radius = np.exp(tremble)
    ring = np.column_stack([centre[0] + radii[0] * radius * np.cos(turn), centre[1] + radii[1] * radius * np.sin(turn)])
    return shapely.Polygon(np.round(ring, 2))


def broken(rng: np.random.Generator, line: Floats, times: int, roughness: float) -> Floats:
    """Every stretch broken in the middle and pushed aside by chance, so that a line loses its smoothness."""
    for _ in range(times):
        run = np.diff(line, axis=0)
        middle = (
            line[:-1]
            + 0.5 * run
            + rng.normal(0, roughness, len(run))[:, None] * np.column_stack([-run[:, 1], run[:, 0]])
        )
        line = np.vstack([np.stack([line[:-1], middle], axis=1).reshape(-1, 2), line[-1:]])
    return np.round(line, 2)


def ribbon(line: Floats, half_m: Floats) -> shapely.Polygon:
    """The water between two banks: a line with a half width at every vertex."""
    direction = np.gradient(line, axis=0)
    direction /= np.hypot(*direction.T)[:, None]
    normal = np.column_stack([-direction[:, 1], direction[:, 0]]) * half_m[:, None]
    ring = np.vstack([line + normal, (line - normal)[::-1]])
    return shapely.make_valid(shapely.Polygon(np.round(ring, 2))).buffer(0)


def densified(line: Floats, step_m: float) -> Floats:
    """The same line with a vertex at least every `step_m`."""
    parts = []
    for a, b in pairwise(line):
        count = max(int(np.ceil(np.hypot(*(b - a)) / step_m)), 1)
        parts.append(np.linspace(a, b, count, endpoint=False))
    return np.vstack([*parts, line[-1:]])


def rounded(line: Floats, times: int = 2) -> Floats:
    """Corners cut off (Chaikin), ends kept; closed lines stay closed."""
    closed = bool(np.all(line[0] == line[-1]))
    for _ in range(times):
        near, far = 0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]
        inner = np.stack([near, far], axis=1).reshape(-1, 2)
        line = np.vstack([inner, inner[:1]]) if closed else np.vstack([line[:1], inner[1:-1], line[-1:]])
    return line


def turned(points: Floats, centre: Floats, angle: float) -> Floats:
    """Local coordinates (u, v) to paper: turned by `angle` radians, then moved to `centre`."""
    cos, sin = np.cos(angle), np.sin(angle)
    points = np.asarray(points, np.float64)
    return np.column_stack([points[:, 0] * cos - points[:, 1] * sin, points[:, 0] * sin + points[:, 1] * cos]) + centre
