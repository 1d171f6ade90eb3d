"""How far positions lie from the streets: the witness that tells in which datum they were picked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jiujin.coordinates import Floats, Plane
from jiujin.network.grid import Grid, lay_grid, nearest_pieces
from jiujin.network.streets import Streets

CAP_M = 150.0
"""Distances count up to this: a facility farther from any street says nothing about its datum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetWitness:
    """All walkable pieces of a study, laid out for asking how far positions lie from them."""

    plane: Plane
    grid: Grid
    cells: tuple[np.ndarray, np.ndarray]
    box: tuple[float, float, float, float]

    def distance_m(self, lon: Floats, lat: Floats) -> Floats:
        """Metres from every WGS 84 position to the nearest street, at most `CAP_M`; NaN stays NaN."""
        x, y = np.full(lon.size, np.nan), np.full(lon.size, np.nan)
        known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        x[known], y[known] = self.plane.project(lon[known], lat[known])
        return np.where(np.isnan(lon) | np.isnan(lat), np.nan, self._from_streets_m(x, y))

    def shifted_m(self, lon: Floats, lat: Floats, shifts: list[tuple[float, float]]) -> Floats:
        """Mean of the same distances after each shift (metres east and north) of all positions together."""
        x, y = self.plane.project(lon, lat)
        east, north = np.array(shifts).T[:, :, None]
        distance = self._from_streets_m((x + east).ravel(), (y + north).ravel())
        means: Floats = distance.reshape(len(shifts), -1).mean(axis=1)
        return means

    def _from_streets_m(self, x: Floats, y: Floats) -> Floats:
        distance = np.full(x.size, np.inf)
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y)).astype(np.int32)
        nearest_pieces(
            known,
            x,
            y,
            self.grid.segments,
            self.grid.frame,
            *self.cells,
            min(self.grid.rings, int(np.ceil(CAP_M / self.grid.frame[2])) + 1),  # a street beyond the cap is none
            np.full(x.size, -1, np.int32),
            np.zeros(x.size),
            distance,
        )
        return np.asarray(np.minimum(distance, CAP_M))


def street_witness(streets: Streets, plane: Plane) -> StreetWitness | None:
    """Lay out the streets as a witness; None where there are none."""
    if not streets.start.size:
        return None
    x, y = plane.project(streets.lon, streets.lat)
    grid = Grid.over(x, y, streets.start, streets.end)
    box = float(streets.lon.min()), float(streets.lat.min()), float(streets.lon.max()), float(streets.lat.max())
    return StreetWitness(plane=plane, grid=grid, cells=lay_grid(grid.segments, grid.frame), box=box)
