"""A city or a province as a complete study on disk, written tile by tile so that memory stays that of one tile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from .lattice import BLOCK, BLOCKS, PLANE, SIDE, SITES, SPACING_M, Tile, bend, draw_tile
from .write import OsmFile, write_csv, write_layer

HIGHWAYS = ("secondary", "tertiary", "residential", "service", "footway", "steps")
"""The highway tag of each street class."""
LABELS = {
    "party_centre": "党群服务中心",
    "elderly_canteen": "助老食堂",
    "rukang_home": "如康家园",
    "health_centre": "社区卫生服务中心",
}
COUNTY_DIGITS = 379900
TOWNSHIP_BLOCKS = 8
"""A township is a square of so many communities along one side."""
LINK_EVERY = 12
"""Neighbouring tiles are joined by a street at every so many junctions of their common side."""

STUDY = """\
# {name}：虚构，供测速使用；无任何真实地名、人口和设施。
[study]
name  = "{name}"
as_of = 2023-12-31

[inputs]
facilities  = ["facilities.csv"]
communities = "communities.gpkg"
population  = "population.parquet"
streets     = "streets.osm.pbf"

[datum]
facilities = "wgs84"
population = "wgs84"

[output]
atlas = false
"""


def write_large(folder: Path, seed: int, *, columns: int, rows: int, people: int = 500_000) -> None:
    """
    Write a study of `columns` x `rows` tiles, each a county of its own code.

    A tile has 0.5 million vertices, `people` points, 7,550 sites and 961 communities. Each is drawn three times (for
    nodes, ways and the rest), because drawing is cheap and keeping ten of them is not.
    """
    tiles = [(column, row) for row in range(rows) for column in range(columns)]
    _write_streets(folder / "streets.osm.pbf", seed, tiles)
    _write_people_and_sites(folder, seed, tiles, people)
    codes, names, townships, classes, shapes = [], [], [], [], []
    for number, tile in enumerate(tiles):
        for cell in range(BLOCKS * BLOCKS):
            codes.append(code_of(number, cell))
            names.append(f"第{number + 1:02d}县{cell + 1:03d}号{'社区' if _urban(cell) else '村'}")
            townships.append(_township(number, cell))
            classes.append("111" if _urban(cell) else "220")
        shapes += _cells(*tile)
    fields = {"区划代码": codes, "名称": names, "乡镇街道": townships, "城乡分类代码": classes}
    write_layer(folder / "communities.gpkg", shapes, fields)
    name = "虚构市" if len(tiles) == 1 else "虚构省"
    (folder / "study.toml").write_text(STUDY.format(name=name), "utf-8", newline="\n")


def code_of(tile: int, cell: int) -> str:
    """Twelve digits of a community: made-up county, township square, committee."""
    row, column = divmod(cell, BLOCKS)
    township = row // TOWNSHIP_BLOCKS * (-(-BLOCKS // TOWNSHIP_BLOCKS)) + column // TOWNSHIP_BLOCKS
    within = row % TOWNSHIP_BLOCKS * TOWNSHIP_BLOCKS + column % TOWNSHIP_BLOCKS
    committee = 1 + within if _urban(cell) else 200 + within
    return f"{COUNTY_DIGITS + tile + 1}{100 + township}{committee:03d}"


def _urban(cell: int) -> bool:
    row, column = divmod(cell, BLOCKS)
    return (row - BLOCKS / 2) ** 2 + (column - BLOCKS / 2) ** 2 < 90 or (row * 7 + column * 3) % 11 == 0


def _township(tile: int, cell: int) -> str:
    return f"第{tile + 1:02d}县{int(code_of(tile, cell)[6:9]) - 99:02d}镇"


def _write_streets(path: Path, seed: int, tiles: list[tuple[int, int]]) -> None:
    """All nodes first, then all ways, as the format wants it; a tile's nodes start where the last one's ended."""
    file = OsmFile(path)
    first, total = {}, 1
    for place in tiles:
        tile = draw_tile(seed, *place, people=0)
        first[place] = total
        lon, lat = PLANE.unproject(tile.x, tile.y)
        for number, (at_lon, at_lat) in enumerate(
            zip(lon.round(7).tolist(), lat.round(7).tolist(), strict=True), total
        ):
            file.node(number, at_lon, at_lat)
        total += len(tile.x)
    for place in tiles:
        tile = draw_tile(seed, *place, people=0)
        _write_ways(file, tile, first[place])
    for start, end in _links(tiles, first):
        file.way([start, end], {"highway": "tertiary"})
    file.close()


def _write_ways(file: OsmFile, tile: Tile, base: int) -> None:
    starts = np.flatnonzero(np.diff(tile.way, prepend=-1))
    stops = np.append(starts[1:], len(tile.way))
    classes, free = tile.street_class[starts].tolist(), tile.step_free[starts].tolist()
    start, end = (tile.start + base).tolist(), (tile.end + base).tolist()
    for a, b, street_class, step_free in zip(starts.tolist(), stops.tolist(), classes, free, strict=True):
        tags = {"highway": HIGHWAYS[street_class]}
        if not step_free and HIGHWAYS[street_class] != "steps":
            tags["wheelchair"] = "no"
        file.way([*start[a:b], end[b - 1]], tags)


def _links(tiles: list[tuple[int, int]], first: dict[tuple[int, int], int]) -> list[tuple[int, int]]:
    along = np.arange(LINK_EVERY, SIDE, LINK_EVERY)
    pairs = []
    for column, row in tiles:
        if (east := (column + 1, row)) in first:
            pairs += [(first[column, row] + int(k) * SIDE + SIDE - 1, first[east] + int(k) * SIDE) for k in along]
        if (north := (column, row + 1)) in first:
            pairs += [(first[column, row] + SIDE * (SIDE - 1) + int(k), first[north] + int(k)) for k in along]
    return pairs


def _write_people_and_sites(folder: Path, seed: int, tiles: list[tuple[int, int]], people: int) -> None:
    counts = dict.fromkeys(("total", "age60", "disabled"), pa.int32())
    fields = {"id": pa.string(), "lon": pa.float64(), "lat": pa.float64(), **counts, "community_code": pa.string()}
    schema = pa.schema(fields)
    sites: list[list[object]] = [["id", "name", "type", "lon", "lat", "status", "opened"]]
    with pq.ParquetWriter(folder / "population.parquet", schema) as file:
        for number, place in enumerate(tiles):
            tile = draw_tile(seed, *place, people=people)
            codes = np.array([code_of(number, cell) for cell in range(BLOCKS * BLOCKS)])
            lon, lat = PLANE.unproject(tile.people_x, tile.people_y)
            ids = np.char.add(f"{number + 1:02d}-", np.arange(people).astype(str))
            columns = [ids, lon.round(7), lat.round(7), tile.total, tile.age60, tile.disabled, codes[tile.people_cell]]
            file.write_table(pa.table(dict(zip(schema.names, columns, strict=True))).cast(schema))
            lon, lat = PLANE.unproject(tile.site_x, tile.site_y)
            services = list(SITES)
            for k, service in enumerate(tile.site_service.tolist()):
                name = f"第{number + 1:02d}县第{k + 1}处{LABELS[services[service]]}"
                at = [f"{lon[k]:.7f}", f"{lat[k]:.7f}"]
                sites.append(
                    [f"{number + 1:02d}-{k:04d}", name, services[service], *at, "运营", f"{2010 + k % 14}-06-30"]
                )
    write_csv(folder / "facilities.csv", sites)


def _cells(column: int, row: int) -> list[shapely.Polygon]:
    """The community squares of a tile, their sides bent as everything is."""
    size, steps, side = BLOCK * SPACING_M, 8, SIDE * SPACING_M
    shapes = []
    for cell in range(BLOCKS * BLOCKS):
        up, along = divmod(cell, BLOCKS)
        west, south = along * size, up * size
        east, north = min(west + size, side), min(south + size, side)
        across, upward = np.linspace(west, east, steps + 1), np.linspace(south, north, steps + 1)
        u = np.concatenate([across[:-1], np.full(steps, east), across[::-1][:-1], np.full(steps, west)])
        v = np.concatenate([np.full(steps, south), upward[:-1], np.full(steps, north), upward[::-1][:-1]])
        lon, lat = PLANE.unproject(*bend(u, v, column, row))
        shapes.append(shapely.Polygon(np.column_stack([lon, lat]).round(7)))
    return shapes
