"""
Borders of communities that follow rivers, railways and main streets, and otherwise wander.

Every place of a fine grid goes to the community from whose houses it is reached most cheaply, where rivers, railways
and main streets are dear to cross; the steps of the grid are then smoothed, border by border, so that neighbours keep
exactly the same line between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from .curves import Floats, rounded
from .terrain import degrees, paper

CELL_M = 30.0
SLIVER_M2 = 6000.0
NET_M2 = 0.011_132**2 * 0.807
"""Square metres of a square of the net: near enough, at 36 degrees north, to tell a scrap from a community."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A raster of square cells over the county."""

    west: float
    south: float
    columns: int
    rows: int

    def cell(self, points: Floats) -> Ints:
        """The cell of each place, counted row by row from the south-west."""
        column = np.clip(((points[:, 0] - self.west) / CELL_M).astype(np.int64), 0, self.columns - 1)
        row = np.clip(((points[:, 1] - self.south) / CELL_M).astype(np.int64), 0, self.rows - 1)
        return row * self.columns + column

    def middles(self) -> Floats:
        """Middles of all cells."""
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        return np.column_stack([self.west + (column + 0.5) * CELL_M, self.south + (row + 0.5) * CELL_M])


def grid_over(outline: shapely.Polygon) -> Grid:
    """The grid that covers this outline with a margin."""
    west, south, east, north = outline.buffer(200).bounds
    return Grid(west=west, south=south, columns=int((east - west) / CELL_M) + 1, rows=int((north - south) / CELL_M) + 1)


def nearest_unit(rng: np.random.Generator, grid: Grid, homes: list[Floats], walls: list[tuple[Floats, float]]) -> Ints:
    """For every cell the unit (position in `homes`) it belongs to; a wall is a line with the price of crossing it."""
    price = 1.0 + 0.8 * _unrest(rng, grid)
    for line, dear in walls:
        cells = np.unique(grid.cell(_close_points(line)))
        price[cells] = np.maximum(price[cells], dear)
    number = np.arange(price.size).reshape(grid.rows, grid.columns)
    starts, ends, costs = [], [], []
    for a, b, far in (
        (number[:, :-1], number[:, 1:], 1.0),
        (number[:-1], number[1:], 1.0),
        (number[:-1, :-1], number[1:, 1:], 1.4142),
        (number[:-1, 1:], number[1:, :-1], 1.4142),
    ):
        starts.append(a.ravel())
        ends.append(b.ravel())
        costs.append(far * (price[a.ravel()] + price[b.ravel()]))
    a, b = np.concatenate(starts), np.concatenate(ends)
    graph = coo_matrix((np.concatenate(costs), (a, b)), shape=(price.size, price.size)).tocsr()
    cells = np.concatenate([grid.cell(home) for home in homes])
    unit = np.repeat(np.arange(len(homes)), [len(home) for home in homes])
    cells, first = np.unique(cells, return_index=True)
    owner = np.full(price.size, -1)
    owner[cells] = unit[first]
    _, _, source = dijkstra(graph, directed=False, indices=cells, min_only=True, return_predecessors=True)
    return np.asarray(owner[source])


def neighbours(grid: Grid, unit: Ints) -> Ints:
    """Pairs of units (n, 2) with a common border."""
    label = unit.reshape(grid.rows, grid.columns)
    pairs = np.vstack(
        [
            np.column_stack([label[:, :-1].ravel(), label[:, 1:].ravel()]),
            np.column_stack([label[:-1].ravel(), label[1:].ravel()]),
        ]
    )
    return np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)


def shapes_of(grid: Grid, unit: Ints, outline: shapely.Polygon, streets: shapely.Geometry) -> list[shapely.Geometry]:
    """
    Polygons (degrees) of the units inside the outline, without gap or overlap; `streets` attract borders near them.

    Borders are joined where they end up, on a net of 1e-7 degree, so that rounding cannot tear neighbours apart.
    """
    edge = outline.exterior.segmentize(60)
    lines = [shapely.transform(line, _net) for line in (edge, *(_smooth(arc, streets) for arc in _arcs(grid, unit)))]
    around = shapely.Polygon(lines[0])
    net = shapely.union_all(lines, grid_size=1)
    faces = shapely.get_parts(shapely.polygonize([net]))
    faces = [face for face in faces if around.contains(face.representative_point())]
    middles = paper(np.array([face.representative_point().coords[0] for face in faces]) / 1e7)
    label = _without_slivers(faces, unit[grid.cell(middles)])
    joined = [
        shapely.coverage_union_all([face for face, of in zip(faces, label, strict=True) if of == number])
        for number in range(int(unit.max()) + 1)
    ]
    return [shapely.transform(shape, lambda at: np.round(at / 1e7, 7)) for shape in joined]


def _net(points: Floats) -> Floats:
    """Paper to the net of borders: whole numbers of 1e-7 degree, which floating point holds exactly."""
    return np.round(degrees(points) * 1e7)


def _unrest(rng: np.random.Generator, grid: Grid) -> Floats:
    at = grid.middles()
    unrest = np.zeros(len(at))
    for wave in (2100.0, 1100.0, 560.0, 330.0, 190.0):
        turn, phase = rng.uniform(0, 2 * np.pi, 2)
        unrest += np.sin(2 * np.pi / wave * (at[:, 0] * np.cos(turn) + at[:, 1] * np.sin(turn)) + phase)
        turn, phase = rng.uniform(0, 2 * np.pi, 2)
        unrest += np.sin(2 * np.pi / wave * (at[:, 0] * np.cos(turn) + at[:, 1] * np.sin(turn)) + phase)
    return np.asarray(np.clip(unrest / 6, -0.95, 1))


def _close_points(line: Floats) -> Floats:
    parts = shapely.LineString(line).segmentize(CELL_M * 0.45)
    return np.asarray(shapely.get_coordinates(parts))


def _arcs(grid: Grid, unit: Ints) -> list[Floats]:
    """Borders between units along cell sides, each from one meeting point of borders to the next."""
    label = unit.reshape(grid.rows, grid.columns)
    row, column = np.nonzero(label[:, :-1] != label[:, 1:])
    upright = np.stack([np.column_stack([column + 1, row]), np.column_stack([column + 1, row + 1])], axis=1)
    row, column = np.nonzero(label[:-1] != label[1:])
    level = np.stack([np.column_stack([column, row + 1]), np.column_stack([column + 1, row + 1])], axis=1)
    sides = np.vstack([upright, level]) * CELL_M + np.array([grid.west, grid.south])
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(sides)))
    return [shapely.get_coordinates(part) for part in shapely.get_parts(merged)]


def _smooth(arc: Floats, streets: shapely.Geometry) -> shapely.LineString:
    thin = shapely.get_coordinates(shapely.LineString(arc).simplify(CELL_M * 0.9))
    line = shapely.get_coordinates(shapely.LineString(rounded(thin, 1)).segmentize(60))
    points = shapely.points(line)
    near = shapely.dwithin(points, streets, CELL_M * 1.6)
    if near.any():
        line[near] = shapely.get_coordinates(
            shapely.line_interpolate_point(streets, shapely.line_locate_point(streets, points[near]))
        )
    keep = np.concatenate([[True], np.hypot(*np.diff(line, axis=0).T) > 0.5])
    keep[-1] = True
    return shapely.LineString(np.round(line[keep], 2)).simplify(1.5)


def _without_slivers(faces: list[shapely.Polygon], label: Ints) -> Ints:
    """Small scraps go to the unit with which they share the longest border; so do parts cut off from their unit."""
    label = label.copy()
    tree = shapely.STRtree(faces)
    area = shapely.area(faces) * NET_M2
    biggest = {number: np.flatnonzero(label == number)[np.argmax(area[label == number])] for number in np.unique(label)}
    for scrap in np.tile(np.argsort(area, kind="stable"), 3):
        if biggest[label[scrap]] == scrap or area[scrap] > 400_000:
            continue
        border: dict[int, float] = {}
        for other in tree.query(faces[scrap], predicate="intersects"):
            if other != scrap:
                shared = faces[scrap].boundary.intersection(faces[other].boundary).length
                border[int(label[other])] = border.get(int(label[other]), 0.0) + shared
        if border and (area[scrap] < SLIVER_M2 or label[scrap] not in border):
            label[scrap] = max(sorted(border), key=lambda number: border[number])
    return label
