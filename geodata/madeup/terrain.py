"""The land of the example county before anybody lives there: outline, rivers, reservoir, hills, railway, motorway."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from jiujin.coordinates import Plane

from .curves import Floats, blob, broken, ribbon, spline, wiggle

PLANE = Plane(epsg=4550)
CENTRE = (493_000.0, 4_012_000.0)
"""Open water in the middle of the Yellow Sea: no map can take the place for a real county."""

HILLS = np.array(
    [[9300.0, 4200.0, 2300.0, 1700.0], [11200.0, 7900.0, 2000.0, 2300.0], [3900.0, 9300.0, 1500.0, 1100.0]]
)
"""Centre x, y and radii of the hills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """Shapes on paper, in metres; `water` joins what nobody can build on or walk across without a bridge."""

    outline: shapely.Polygon
    river: Floats
    brooks: tuple[Floats, ...]
    banks: tuple[shapely.Polygon, ...]
    lakes: tuple[shapely.Polygon, ...]
    ponds: tuple[shapely.Polygon, ...]
    rail: Floats
    motorway: Floats
    water: shapely.MultiPolygon

    @property
    def barrier(self) -> shapely.Geometry:
        """What a lane does not cross: water and the fenced railway."""
        return shapely.union_all([self.water, shapely.LineString(self.rail).buffer(11)])


def draw_terrain(rng: np.random.Generator) -> Terrain:
    """Draw the land; the county seat will stand around (0, 300)."""
    outline = blob(rng, (-300, 200), (13_800, 10_600), 0.15, 240)
    outline = shapely.Polygon(broken(rng, np.asarray(outline.exterior.coords), 2, 0.2))
    river = wiggle(rng, spline(np.array(_RIVER), 25), 150, 2300, (1.0, 0.45))
    north = wiggle(rng, spline(np.array(_NORTH_BROOK), 25), 85, 1100, (1.0, 0.4))
    south = wiggle(rng, spline(np.array(_SOUTH_BROOK), 25), 95, 1250, (1.0, 0.4))
    half = 34 + 26 * np.linspace(0, 1, len(river)) + 7 * np.sin(np.arange(len(river)) / 17)
    banks = (
        ribbon(river, half),
        ribbon(north, np.linspace(7, 14, len(north))),
        ribbon(south, np.linspace(6, 12, len(south))),
    )
    lakes = (
        blob(rng, (7350, 6900), (1150, 720), 0.42, 300),
        blob(rng, (-940, 1390), (150, 95), 0.09, 60),
        blob(rng, (-9300, 2300), (520, 330), 0.13, 140),
    )
    rail = wiggle(rng, spline(np.array(_RAIL), 35), 60, 6200, (1.0,))
    motorway = wiggle(rng, spline(np.array(_MOTORWAY), 35), 110, 7000, (1.0,))
    ponds = _ponds(rng, outline)
    return Terrain(
        outline=outline,
        river=river,
        brooks=(north, south),
        banks=banks,
        lakes=lakes,
        ponds=ponds,
        rail=rail,
        motorway=motorway,
        water=shapely.union_all([*banks, *lakes, *ponds]),
    )


def without_ponds_near(terrain: Terrain, roads: shapely.Geometry) -> Terrain:
    """Fill in the ponds that lie under roads or in lakes: a pond is no reason for a bridge."""
    taken = shapely.union_all([roads.buffer(25), *terrain.lakes, *(bank.buffer(20) for bank in terrain.banks)])
    shapely.prepare(taken)
    ponds = tuple(pond for pond in terrain.ponds if not taken.intersects(pond))
    return replace(terrain, ponds=ponds, water=shapely.union_all([*terrain.banks, *terrain.lakes, *ponds]))


def height(x: Floats, y: Floats) -> Floats:
    """How hilly a place is: 0 in the plain, 1 on a summit."""
    high = np.zeros(np.shape(x))
    for at_x, at_y, radius_x, radius_y in HILLS:
        high = np.maximum(high, np.exp(-(((x - at_x) / radius_x) ** 2) - ((y - at_y) / radius_y) ** 2))
    return high


def bend(points: Floats) -> Floats:
    """Paper (n, 2) to paper: everything is pulled a little, smoothly, so that nothing is ruled with a ruler."""
    x, y = points[:, 0], points[:, 1]
    calm = 0.35 + 0.65 * np.clip((np.hypot(x, y - 200) - 2000) / 2500, 0, 1)
    east = 70 * np.sin(y / 610 + 0.8) + 38 * np.sin((x + y) / 335) + 14 * np.sin((2 * x - y) / 190 + 2)
    north = 64 * np.sin(x / 660 + 2.1) + 34 * np.sin((x - 1.4 * y) / 365 + 1) + 14 * np.sin((x + 2 * y) / 205)
    return points + np.column_stack([east * calm, north * calm])


def degrees(points: Floats) -> Floats:
    """Paper (n, 2) to WGS 84 degrees with seven decimals."""
    bent = bend(np.asarray(points, np.float64))
    lon, lat = PLANE.unproject(bent[:, 0] + CENTRE[0], bent[:, 1] + CENTRE[1])
    return np.round(np.column_stack([lon, lat]), 7)


def paper(lonlat: Floats) -> Floats:
    """WGS 84 degrees (n, 2) back to paper."""
    x, y = PLANE.project(lonlat[:, 0], lonlat[:, 1])
    bent = np.column_stack([x - CENTRE[0], y - CENTRE[1]])
    flat = bent
    for _ in range(40):
        flat = flat + bent - bend(flat)
    return flat


def _ponds(rng: np.random.Generator, outline: shapely.Polygon) -> tuple[shapely.Polygon, ...]:
    ponds = []
    while len(ponds) < 46:
        x, y = rng.uniform(-13_500, 13_500), rng.uniform(-10_500, 10_500)
        radii = (rng.uniform(22, 70), rng.uniform(18, 48))
        pond = blob(rng, (x, y), radii, 0.08, 22)
        if outline.contains(pond) and np.hypot(x, y + 500) > 4700:
            ponds.append(pond)
    return tuple(ponds)


_RIVER = [
    (7150, 6950), (6300, 6000), (5600, 5100), (4700, 3600), (4300, 1500), (3700, -300), (2500, -1650),
    (900, -1960), (-900, -1880),
    (-2500, -1900), (-4200, -2700), (-6400, -3100), (-8200, -4700), (-10_800, -5600),
    (-13_200, -5200), (-17_500, -6600),
]  # fmt: skip
_NORTH_BROOK = [
    (-6500, 13_500),
    (-5900, 10_000),
    (-4300, 7600),
    (-4700, 4800),
    (-3900, 2300),
    (-4600, -300),
    (-4300, -2680),
]
_SOUTH_BROOK = [
    (9500, -13_000),
    (7600, -9800),
    (5200, -8600),
    (2600, -6300),
    (-600, -5900),
    (-3200, -4600),
    (-5600, -3000),
]
_RAIL = [
    (-18_000, 5200),
    (-11_500, 4700),
    (-5200, 3500),
    (-800, 3120),
    (1500, 3080),
    (4600, 2500),
    (7600, 200),
    (17_500, -5600),
]
_MOTORWAY = [(-9000, -14_500), (-7600, -8800), (-7200, -2000), (-7700, 3000), (-7000, 8000), (-8200, 14_500)]
