"""The county seat: arterials and ring road, superblocks with gated compounds, the old town's lanes, parks and works."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely

from .curves import Floats, turned
from .drawing import Drawing, Tags
from .meshes import MeshPlan, doors_along, lay_mesh
from .names import CROSS_ROADS, LONG_ROADS

ANGLE = 0.055
COLUMNS = np.array([-2780, -2100, -1340, -720, -180, 560, 1080, 1930, 2620], np.float64)
ROWS = np.array([-3620, -2980, -2400, -1430, -890, -300, 330, 860, 1640, 2420], np.float64)
RIVER_ROW = 2
"""The row of blocks through which the river runs."""
BRIDGES = (1, 4, 7)
"""Columns that cross the river."""
SOUTH = (1, 7)
"""The new district south of the river spans these columns only."""


@dataclass(slots=True)
class Seat:
    """What building the seat leaves behind, on paper: doors by kind, footprints of houses, gates, parks' middles."""

    old_doors: list[Floats] = field(default_factory=list)
    compound_doors: list[Floats] = field(default_factory=list)
    buildings: list[Floats] = field(default_factory=list)
    gates: list[Floats] = field(default_factory=list)
    exits: list[Floats] = field(default_factory=list)
    arterials: list[Floats] = field(default_factory=list)
    streets: list[Floats] = field(default_factory=list)
    footprint: shapely.Polygon = field(default_factory=shapely.Polygon)


def build_seat(rng: np.random.Generator, drawing: Drawing) -> Seat:
    """Draw the seat's streets and settle its blocks."""
    seat = Seat()
    corners = _corners(rng)
    _draw_arterials(drawing, seat, corners)
    for row in range(len(ROWS) - 1):
        for column in range(len(COLUMNS) - 1):
            quad = [
                corners[row, column],
                corners[row, column + 1],
                corners[row + 1, column + 1],
                corners[row + 1, column],
            ]
            if row == RIVER_ROW or not _has_block(row, column):
                continue
            _fill_block(rng, drawing, seat, np.array(quad), _kind(rng, row, column))
    ring = np.vstack(
        [corners[0, SOUTH[0] : SOUTH[1] + 1], corners[3:, -1], corners[-1, ::-1][1:], corners[2:-1, 0][::-1]]
    )
    seat.footprint = shapely.make_valid(shapely.Polygon(ring)).buffer(0)
    return seat


def inside(quad: Floats, s: Floats, t: Floats) -> Floats:
    """Places in a four-cornered block by shares of its width and height."""
    s, t = np.atleast_1d(s)[:, None], np.atleast_1d(t)[:, None]
    return (1 - t) * ((1 - s) * quad[0] + s * quad[1]) + t * ((1 - s) * quad[3] + s * quad[2])


def _corners(rng: np.random.Generator) -> Floats:
    u, v = np.meshgrid(COLUMNS, ROWS)
    u, v = u + rng.normal(0, 34, u.shape), v + rng.normal(0, 30, u.shape)
    v -= 0.000034 * u**2 * np.sign(v - 300) * (np.abs(v - 300) > 1500)  # the outer streets bow inwards at the corners
    u -= 0.000036 * (v - 300) ** 2 * np.sign(u) * (np.abs(u) > 1800) * (v > -1600)
    u, v = u + 85 * np.sin(v / 900 + 0.7), v + 95 * np.sin(u / 1150 + 2.2) * (v > -1600)
    return turned(np.column_stack([u.ravel(), v.ravel()]), np.zeros(2), ANGLE).reshape(*u.shape, 2)


def _has_block(row: int, column: int) -> bool:
    return row > RIVER_ROW or SOUTH[0] <= column < SOUTH[1]


def _draw_arterials(drawing: Drawing, seat: Seat, corners: Floats) -> None:
    for row in range(len(ROWS)):
        first, last = (SOUTH[0], SOUTH[1] + 1) if row < RIVER_ROW + 1 else (0, len(COLUMNS))
        ring = row in {0, len(ROWS) - 1}
        kind = "trunk" if ring else ("primary" if row in {4, 6} else "secondary" if row % 2 else "tertiary")
        line = corners[row, first:last]
        _draw_arterial(drawing, seat, line, {"highway": kind, "name": LONG_ROADS[row]}, crosses=False)
    for column in range(len(COLUMNS)):
        ring = column in {0, len(COLUMNS) - 1}
        kind = "trunk" if ring else ("primary" if column in {3, 4} else "secondary" if column % 2 else "tertiary")
        tags = {"highway": kind, "name": CROSS_ROADS[column]}
        if column in BRIDGES:
            _draw_arterial(drawing, seat, corners[:, column], tags, crosses=True)
            continue
        if SOUTH[0] <= column <= SOUTH[1]:
            _draw_arterial(drawing, seat, corners[: RIVER_ROW + 1, column], tags, crosses=False)
        _draw_arterial(drawing, seat, corners[RIVER_ROW + 1 :, column], tags, crosses=False)
    seat.exits += [
        corners[-1, 1],
        corners[-1, 4],
        corners[-1, 7],
        corners[6, -1],
        corners[4, -1],
        corners[6, 0],
        corners[4, 0],
    ]
    seat.exits += [
        corners[8, 0],
        corners[8, -1],
        corners[0, 1],
        corners[0, 4],
        corners[0, 7],
        corners[1, 1],
        corners[1, 7],
    ]


def _draw_arterial(drawing: Drawing, seat: Seat, line: Floats, tags: Tags, *, crosses: bool) -> None:
    drawing.draw(line, tags, crosses=crosses)
    seat.arterials.append(line)


def _kind(rng: np.random.Generator, row: int, column: int) -> str:
    if row < RIVER_ROW:
        return str(rng.choice(["compounds", "school", "empty", "works"], p=[0.62, 0.14, 0.14, 0.1]))
    if (row, column) == (7, 2):
        return "park"
    if (row, column) == (5, 4):
        return "civic"
    far = max(abs(column - 3.5) / 4, abs(row - 5.2) / 4)
    if far < 0.42:
        return str(rng.choice(["old", "compounds"], p=[0.62, 0.38]))
    if far < 0.8:
        return str(rng.choice(["compounds", "old", "school", "works"], p=[0.72, 0.12, 0.1, 0.06]))
    return str(rng.choice(["compounds", "works", "lanes", "empty"], p=[0.36, 0.3, 0.2, 0.14]))


def _fill_block(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats, kind: str) -> None:
    {
        "compounds": _compounds,
        "old": _old_town,
        "school": _campus,
        "civic": _campus,
        "park": _park,
        "works": _works,
        "lanes": _urban_village,
        "empty": _empty,
    }[kind](rng, drawing, seat, quad)


def _compounds(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats) -> None:
    """A superblock: one or two streets through it, and a gated compound in each part."""
    s, t = rng.uniform(0.4, 0.6), rng.uniform(0.4, 0.6)
    through = rng.random() < 0.75
    middle = inside(quad, np.array([s, s, s]), np.array([0.0, t, 1.0]))
    drawing.draw(middle, {"highway": "residential" if rng.random() < 0.7 else "tertiary"})
    seat.streets.append(middle)
    parts = [(0.0, s, 0.0, 1.0), (s, 1.0, 0.0, 1.0)]
    if through:
        across = inside(quad, np.array([0.0, s, 1.0]), np.array([t, t, t]))
        drawing.draw(across, {"highway": "residential"})
        seat.streets.append(across)
        parts = [(0.0, s, 0.0, t), (s, 1.0, 0.0, t), (s, 1.0, t, 1.0), (0.0, s, t, 1.0)]
    for west, east, south, north in parts:
        part = inside(quad, np.array([west, east, east, west]), np.array([south, south, north, north]))
        if rng.random() < 0.9:
            _compound(rng, drawing, seat, part)


def _compound(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats) -> None:
    width = float(np.hypot(*(quad[1] - quad[0])) + np.hypot(*(quad[2] - quad[3]))) / 2
    depth = float(np.hypot(*(quad[3] - quad[0])) + np.hypot(*(quad[2] - quad[1]))) / 2
    left, low = 26 / width, 26 / depth
    rows = max(int((depth - 52) / rng.uniform(48, 60)), 2)
    t = np.linspace(low, 1 - low, rows + 1)
    access = (
        {"access": "private"} if rng.random() < 0.05 else {"access": str(rng.choice(["destination", "permissive"]))}
    )
    inner = {"highway": "service", **access}
    turn_s, turn_t = left + 14 / width, low + 14 / depth
    loop_s = np.array([turn_s, 1 - turn_s, 1 - left, 1 - left, 1 - turn_s, turn_s, left, left, turn_s])
    loop_t = np.array([low, low, turn_t, 1 - turn_t, 1 - low, 1 - low, 1 - turn_t, turn_t, low])
    drawing.draw(inside(quad, loop_s, loop_t), inner)
    gap = rng.uniform(-0.05, 0.05)
    for number, at in enumerate(t[1:-1]):
        ends = np.array([left, 0.5 + gap, 1 - left])
        tags = {"highway": "service", "service": "driveway", **access} if number % 2 == 0 else {"highway": "footway"}
        drawing.draw(inside(quad, ends, np.full(3, at)), tags)
    if rows > 3:
        drawing.draw(
            inside(quad, np.full(2, 0.5 + gap), t[[0, -1]]),
            {"highway": "footway", **({"wheelchair": "no"} if rng.random() < 0.12 else {})},
        )
    _slabs(rng, seat, quad, t, (left, 0.5 + gap), width)
    sides = rng.permutation(4)[: int(rng.choice([1, 2, 3], p=[0.45, 0.42, 0.13]))]
    for side in sides:
        at = rng.uniform(0.35, 0.65)
        inner_at, outer_at = [
            ((at, low), (at, 0.0)),
            ((1 - left, at), (1.0, at)),
            ((at, 1 - low), (at, 1.0)),
            ((left, at), (0.0, at)),
        ][side]
        gate = inside(quad, np.array([inner_at[0], outer_at[0]]), np.array([inner_at[1], outer_at[1]]))
        drawing.draw(np.array([gate[0], gate.mean(axis=0), gate[1]]), inner)
        seat.gates.append(gate.mean(axis=0))


def _slabs(
    rng: np.random.Generator, seat: Seat, quad: Floats, t: Floats, span: tuple[float, float], width: float
) -> None:
    """Rows of slab blocks facing south, doors at their northern foot."""
    left, middle = span
    doors = []
    draw_houses = rng.random() < 0.34
    for low, high in pairwise(t):
        for west, east in ((left, middle), (middle, 1 - left)):
            count = max(int((east - west) * width / 68), 1)
            step = (east - west) / count
            for number in range(count):
                if rng.random() < 0.1:
                    continue
                s0, s1 = west + (number + 0.12) * step, west + (number + 0.88) * step
                foot, top = low + 0.42 * (high - low), low + 0.68 * (high - low)
                if draw_houses:
                    ring = inside(quad, np.array([s0, s1, s1, s0, s0]), np.array([foot, foot, top, top, foot]))
                    seat.buildings.append(ring)
                doors.append(inside(quad, np.array([s0 + 0.28 * (s1 - s0), s0 + 0.72 * (s1 - s0)]), np.full(2, top)))
    if doors:
        seat.compound_doors.append(np.vstack(doors))


def _old_town(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats) -> None:
    """Hutong-like lanes across the whole block, ends on the streets around it."""
    s = np.concatenate([[0.0], np.cumsum(rng.uniform(0.7, 1.4, rng.integers(6, 9)))])
    t = np.concatenate([[0.0], np.cumsum(rng.uniform(0.7, 1.4, rng.integers(7, 10)))])
    s, t = s / s[-1], t / t[-1]
    at_s, at_t = np.meshgrid(s, t)
    at_s[:, 1:-1] += rng.normal(0, 0.018, at_s[:, 1:-1].shape) * np.sin(np.pi * at_t[:, 1:-1])
    at_t[1:-1] += rng.normal(0, 0.015, at_t[1:-1].shape) * np.sin(np.pi * at_s[1:-1])
    points = inside(quad, at_s.ravel(), at_t.ravel()).reshape(*at_s.shape, 2)
    pairs = []
    for row in range(1, len(t) - 1):
        for a, b in _stretches(rng, len(s) - 1, 0.16):
            drawing.draw(points[row, a : b + 1], {"highway": "living_street" if row % 3 else "residential"})
            pairs += [points[row, k : k + 2] for k in range(a, b)]
    for column in range(1, len(s) - 1):
        for a, b in _stretches(rng, len(t) - 1, 0.22):
            drawing.draw(points[a : b + 1, column], {"highway": "footway" if column % 3 == 1 else "residential"})
    seat.old_doors.append(doors_along(rng, np.array(pairs), 21.0))


def _stretches(rng: np.random.Generator, count: int, missing: float) -> list[tuple[int, int]]:
    kept = np.concatenate([[False], rng.random(count) > missing, [False]])
    return [
        (int(a), int(b))
        for a, b in zip(np.flatnonzero(~kept[:-1] & kept[1:]), np.flatnonzero(kept[:-1] & ~kept[1:]), strict=True)
    ]


def _campus(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats) -> None:
    """A school or the county hall: drives behind one gate, half the block housing."""
    seat.streets.append(inside(quad, np.array([0.5, 0.5]), np.array([0.0, 1.0])))
    drawing.draw(seat.streets[-1], {"highway": "residential"})
    yard = inside(quad, np.array([0.58, 0.92, 0.92, 0.58, 0.58]), np.array([0.15, 0.15, 0.85, 0.85, 0.15]))
    drawing.draw(yard, {"highway": "service"})
    drawing.draw(inside(quad, np.array([0.5, 0.58]), np.array([0.5, 0.5])), {"highway": "service"})
    drawing.draw(inside(quad, np.array([0.75, 0.75]), np.array([0.15, 0.85])), {"highway": "footway"})
    _compound(rng, drawing, seat, inside(quad, np.array([0.0, 0.5, 0.5, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])))


def _park(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats) -> None:
    """Footpaths round the lake, a few steps down to it."""
    turn = np.linspace(0, 2 * np.pi, 25)
    around = inside(quad, 0.5 + 0.41 * np.cos(turn), 0.5 + 0.36 * np.sin(turn))
    around[-1] = around[0]
    drawing.draw(around, {"highway": "footway", "name": "湖滨步道"})
    for side, (s, t) in enumerate([(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)]):
        ends = inside(quad, np.array([s, 0.5 + (s - 0.5) * 0.82]), np.array([t, 0.5 + (t - 0.5) * 0.72]))
        drawing.draw(ends, {"highway": "steps" if side == 1 else "footway"})
    del rng, seat


def _works(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats) -> None:
    """Works and warehouses: a few yards, hardly anybody lives here."""
    for t in np.sort(rng.uniform(0.15, 0.85, 2)):
        drawing.draw(inside(quad, np.array([0.0, 0.85]), np.array([t, t])), {"highway": "service"})
    drawing.draw(inside(quad, np.array([0.45, 0.45]), np.array([0.0, 1.0])), {"highway": "unclassified"})
    del seat


def _urban_village(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats) -> None:
    """A village that the town has grown around."""
    middle = quad.mean(axis=0)
    plan = MeshPlan(centre=middle, angle=ANGLE, radii=(215, 190), gaps=(62, 44), missing=0.16, door_m=19)
    mesh = lay_mesh(rng, plan)
    for line, main in mesh.lines:
        drawing.draw(line, {"highway": "residential" if main else "service"})
    for s, t in ((0.5, 0.0), (1.0, 0.5)):
        drawing.draw(np.vstack([inside(quad, np.array([s]), np.array([t])), middle]), {"highway": "residential"})
    seat.old_doors.append(mesh.doors)


def _empty(rng: np.random.Generator, drawing: Drawing, seat: Seat, quad: Floats) -> None:
    """Land kept for later: a track through the weeds."""
    drawing.draw(inside(quad, np.array([0.0, 0.4, 1.0]), rng.uniform(0.3, 0.7, 3)), {"highway": "track"})
    del seat
