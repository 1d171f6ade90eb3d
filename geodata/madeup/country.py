"""Towns, hamlets and what joins them: main roads with bridges, village roads, field tracks, hill paths."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay, cKDTree

from .curves import Floats, spline, turned, wiggle
from .drawing import Drawing
from .meshes import Mesh, MeshPlan, lay_mesh
from .terrain import Terrain, height

TOWNS = np.array(
    [
        [-8300.0, 5600.0],
        [1500.0, 7100.0],
        [8300.0, 2250.0],
        [8700.0, -4900.0],
        [1300.0, -7500.0],
        [-7600.0, -7000.0],
        [-10_700.0, -900.0],
    ]
)
"""The seats of the seven townships outside the county seat, in the order of names.TOWNSHIPS[3:]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlements:
    """Middles of towns and hamlets on paper, and the doors (n, 2) of each; towns come first."""

    middle: Floats
    doors: list[Floats]
    towns: int


def build_country(
    rng: np.random.Generator, drawing: Drawing, terrain: Terrain, seat: shapely.Polygon, exits: Floats
) -> Settlements:
    """Settle the land around the seat and join everything by roads; `exits` are where roads may leave the seat."""
    towns = TOWNS + rng.normal(0, 120, TOWNS.shape)
    hamlets = _hamlets(rng, terrain, seat, towns)
    middle = np.vstack([towns, hamlets])
    meshes = [_town(rng, at) for at in towns] + [_hamlet(rng, at, terrain) for at in hamlets]
    for number, (mesh, at) in enumerate(zip(meshes, middle, strict=True)):
        _draw_lanes(rng, drawing, mesh, town=number < len(towns), high=float(height(*at)))
    ends = [at[None] for at in exits] + [mesh.ends for mesh in meshes]
    _draw_roads(rng, drawing, terrain, seat, np.vstack([exits, middle]), ends, (len(exits), len(towns)))
    _draw_tracks(rng, drawing, terrain, seat, middle)
    _draw_hill_paths(rng, drawing, middle)
    return Settlements(middle=middle, doors=[mesh.doors for mesh in meshes], towns=len(towns))


def _hamlets(rng: np.random.Generator, terrain: Terrain, seat: shapely.Polygon, towns: Floats) -> Floats:
    """Places about a kilometre apart, away from water, railway, summits and towns; some beyond the border."""
    near = terrain.outline.buffer(1500)
    keep_off = shapely.union_all(
        [seat.buffer(420), terrain.water.buffer(150), shapely.LineString(terrain.rail).buffer(170)]
    )
    shapely.prepare([near, keep_off])
    chosen: list[Floats] = []
    tries = np.column_stack([rng.uniform(-17_000, 17_000, 9000), rng.uniform(-14_000, 14_000, 9000)])
    spacing = rng.uniform(880, 1500, 9000)
    for at, gap in zip(tries, spacing, strict=True):
        high = float(height(*at))
        if high > 0.62 or not near.contains(shapely.Point(at)) or keep_off.contains(shapely.Point(at)):
            continue
        if np.hypot(*(towns - at).T).min() < 1250 or (
            chosen and np.hypot(*(np.array(chosen) - at).T).min() < gap * (1 + 0.5 * high)
        ):
            continue
        chosen.append(at)
    return np.array(chosen)


def _town(rng: np.random.Generator, at: Floats) -> Mesh:
    size = rng.uniform(0.86, 1.18)
    plan = MeshPlan(
        centre=at, angle=rng.normal(0, 0.12), radii=(620 * size, 400 * size), gaps=(112, 82), missing=0.15, door_m=23
    )
    return lay_mesh(rng, plan)


def _hamlet(rng: np.random.Generator, at: Floats, terrain: Terrain) -> Mesh:
    high = float(height(*at))
    size = max(rng.gamma(9, 1 / 9), 0.62) * (1 - 0.4 * high)
    slant = rng.normal(0, 0.09 + 0.5 * high)
    plan = MeshPlan(
        centre=at, angle=slant, radii=(190 * size, 145 * size), gaps=(74, 49), missing=0.2 + 0.1 * high, door_m=22
    )
    del terrain
    return lay_mesh(rng, plan)


def _draw_lanes(rng: np.random.Generator, drawing: Drawing, mesh: Mesh, *, town: bool, high: float) -> None:
    for line, main in mesh.lines:
        if main:
            drawing.draw(line, {"highway": "secondary" if town else "residential"})
            continue
        kinds, shares = ["residential", "service", "living_street", "footway"], [0.6, 0.2, 0.13, 0.07]
        kind = str(rng.choice(kinds, p=shares))
        if high > 0.12 and rng.random() < (0.12 if town else 0.3):
            kind = "steps" if rng.random() < 0.5 else "path"
        drawing.draw(line, {"highway": kind})


def _draw_roads(
    rng: np.random.Generator,
    drawing: Drawing,
    terrain: Terrain,
    seat: shapely.Polygon,
    at: Floats,
    ends: list[Floats],
    counts: tuple[int, int],
) -> None:
    """Roads along a triangulation: trees from the seat to the towns, then to every hamlet, then short cuts."""
    exits, towns = counts
    pairs, cost, blocked = _possible_roads(rng, terrain, seat, at, exits)
    use: dict[tuple[int, int], str] = {}
    town_numbers = np.arange(exits, exits + towns)
    far = [int(np.argmax(at @ heading)) for heading in np.array([[1.0, -0.3], [-1.0, -0.1], [-0.2, 1.0], [0.3, -1.0]])]
    _follow(pairs, cost, len(at), list(range(exits)), far, "primary", 1.0, use)
    for goals, kind, factor in ((town_numbers, "secondary", 0.45), (np.arange(exits, len(at)), "unclassified", 0.7)):
        if kind == "unclassified":
            for town in town_numbers:
                for end in town_numbers[np.argsort(np.hypot(*(at[town_numbers] - at[town]).T))[1:3]]:
                    _follow(pairs, cost, len(at), [int(town)], [int(end)], "tertiary", 0.55, use)
        _follow(pairs, cost, len(at), list(range(exits)), goals.tolist(), kind, factor, use)
    close = _relative_neighbours(at, pairs) & ~blocked
    for a, b in pairs[close]:
        use.setdefault((int(a), int(b)), "unclassified" if rng.random() < 0.75 else "track")
    main = ends[: exits + towns] + list(at[exits + towns :, None])  # main roads meet in the middle of a hamlet
    _draw_chains(
        rng,
        drawing,
        at,
        {"primary": main, "secondary": main, "tertiary": main, "unclassified": ends, "track": ends},
        use,
    )


def _possible_roads(
    rng: np.random.Generator, terrain: Terrain, seat: shapely.Polygon, at: Floats, exits: int
) -> tuple[NDArray[np.int64], Floats, NDArray[np.bool_]]:
    corners = Delaunay(at).simplices
    pairs = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    pairs = pairs[~((pairs[:, 0] < exits) & (pairs[:, 1] < exits))]
    lines = shapely.linestrings(at[pairs])
    core = seat.buffer(-30)
    pairs = pairs[~shapely.intersects(lines, core)]
    lines = shapely.linestrings(at[pairs])
    wet = shapely.length(shapely.intersection(lines, shapely.union_all([*terrain.banks, *terrain.lakes])))
    rail = shapely.intersects(lines, shapely.LineString(terrain.rail))
    length = shapely.length(lines)
    middle = at[pairs].mean(axis=1)
    cost = length * (1 + rng.uniform(0, 0.25, len(pairs)) + 1.2 * height(middle[:, 0], middle[:, 1]))
    cost += 2600 * (wet > 0) + 30 * np.maximum(wet - 160, 0) + 1700 * rail + 3 * np.maximum(length - 2200, 0)
    return pairs, cost, (wet > 0) | rail


def _follow(
    pairs: NDArray[np.int64],
    cost: Floats,
    count: int,
    sources: list[int],
    goals: list[int],
    kind: str,
    factor: float,
    use: dict[tuple[int, int], str],
) -> None:
    """Open the cheapest roads from the sources to the goals; a road that exists is cheaper for whoever comes later."""
    known = {(int(a), int(b)): number for number, (a, b) in enumerate(pairs)}
    price = cost * np.array([factor if (int(a), int(b)) in use else 1.0 for a, b in pairs])
    graph = coo_matrix((price, (pairs[:, 0], pairs[:, 1])), shape=(count, count)).tocsr()
    _, before, _ = dijkstra(graph, directed=False, indices=sources, min_only=True, return_predecessors=True)
    for goal in goals:
        here = goal
        while before[here] >= 0:
            pair = (min(here, int(before[here])), max(here, int(before[here])))
            if pair in known:
                use.setdefault(pair, kind)
            here = int(before[here])


def _relative_neighbours(at: Floats, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pairs with no third place nearer to both: what people would have trodden."""
    length = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    tree = cKDTree(at)
    kept = length < 2300
    for number, (a, b) in enumerate(pairs):
        close = set(tree.query_ball_point(at[a], length[number] * 0.92)) & set(
            tree.query_ball_point(at[b], length[number] * 0.92)
        )
        kept[number] &= not (close - {int(a), int(b)})
    return kept


def _draw_chains(
    rng: np.random.Generator,
    drawing: Drawing,
    at: Floats,
    ends: dict[str, list[Floats]],
    use: dict[tuple[int, int], str],
) -> None:
    """Roads of one class run on through the places between in one sweep; `ends` says where each class may end."""
    numbers = iter(range(1, 900))
    for kind in ends:
        left = sorted(pair for pair, of in use.items() if of == kind)
        while left:
            chain = list(left.pop(0))
            while kind != "track" and (step := _onward(at, chain, left)) is not None:
                left.remove(step)
                chain.append(step[0] if step[1] == chain[-1] else step[1])
            through = at[chain].copy()
            through[0] = _nearest(ends[kind][chain[0]], through[1])
            through[-1] = _nearest(ends[kind][chain[-1]], through[-2])
            line = wiggle(
                rng, spline(through, 24), 20 if kind in {"primary", "secondary", "tertiary"} else 32, 760, (1.0, 0.35)
            )
            prefix = {"primary": "S9", "secondary": "X", "tertiary": "Y"}.get(kind, "")
            tags = {"highway": kind}
            if prefix and len(chain) > 2:
                tags["ref"] = f"{prefix}{next(numbers):03d}"
            drawing.draw(line, tags, crosses=kind != "track")


def _nearest(places: Floats, to: Floats) -> Floats:
    return np.asarray(places[np.argmin(np.hypot(*(places - to).T))])


def _onward(at: Floats, chain: list[int], left: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The straightest continuation that turns less than 50 degrees."""
    heading = at[chain[-1]] - at[chain[-2]]
    best, least = None, np.cos(np.radians(50))
    for pair in left:
        if chain[-1] not in pair:
            continue
        other = pair[0] if pair[1] == chain[-1] else pair[1]
        step = at[other] - at[chain[-1]]
        straight = float(heading @ step / (np.hypot(*heading) * np.hypot(*step)))
        if other not in chain and straight > least:
            best, least = pair, straight
    return best


def _draw_tracks(
    rng: np.random.Generator, drawing: Drawing, terrain: Terrain, seat: shapely.Polygon, middle: Floats
) -> None:
    """Farm tracks along the long sides of fields, each bundle turned its own way."""
    land = terrain.outline.buffer(300).difference(seat.buffer(120))
    shapely.prepare(land)
    for at in middle:
        angle, gap = rng.normal(0.05, 0.1), rng.uniform(150, 260)
        for _ in range(int(rng.integers(2, 5))):
            side = rng.choice([-1.0, 1.0])
            out = rng.uniform(230, 560) * side
            half = rng.uniform(200, 520)
            turn = angle + (np.pi / 2 if rng.random() < 0.45 else 0.0)
            line = turned(np.array([[-half, out], [half * rng.uniform(0.5, 1), out + rng.normal(0, 12)]]), at, turn)
            joint = turned(np.array([[0.0, 0.0], [rng.normal(0, gap / 3), out]]), at, turn)
            for part in (line, joint) if rng.random() < 0.88 else (line,):
                if land.contains(shapely.LineString(part)):
                    drawing.draw(part, {"highway": "track"})


def _draw_hill_paths(rng: np.random.Generator, drawing: Drawing, middle: Floats) -> None:
    """Winding paths from the nearest hamlets to the summits, the steep parts as steps."""
    for summit in np.array([[9350.0, 4350.0], [11_100.0, 7700.0], [3850.0, 9350.0]]):
        for start in middle[np.argsort(np.hypot(*(middle - summit).T))[:3]]:
            line = wiggle(
                rng, spline(np.array([start, 0.5 * (start + summit) + rng.normal(0, 160, 2), summit]), 35), 60, 420
            )
            cuts = np.unique(
                np.concatenate(
                    [[0], np.sort(rng.choice(np.arange(3, len(line) - 3), 4, replace=False)), [len(line) - 1]]
                )
            )
            for number, (a, b) in enumerate(pairwise(cuts)):
                drawing.draw(line[a : b + 1], {"highway": "steps" if number in {2, 4} else "path"})
