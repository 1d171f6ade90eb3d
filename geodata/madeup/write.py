"""Put a made-up county into files whose bytes depend on nothing but the county."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import osmium
import pyogrio
import shapely
from osmium.osm import mutable

from .people import Community, People

_DAY = "2024-01-10T00:00:00.000Z"


def write_csv(path: Path, rows: Iterable[Iterable[object]], *, bom: bool = False) -> None:
    """Write rows as CSV with Unix line ends."""
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def write_population(path: Path, communities: list[Community], people: People) -> None:
    """Write the population points; ids are the community's code and a running number."""
    number = np.zeros(len(communities), np.int64)
    rows: list[list[object]] = [
        ["id", "lon", "lat", "total", "age60", "age80", "disabled", "households", "community_code"]
    ]
    columns = zip(
        people.lon,
        people.lat,
        people.total,
        people.age60,
        people.age80,
        people.disabled,
        people.households,
        strict=True,
    )
    for home, (lon, lat, *counts) in zip(people.community.tolist(), columns, strict=True):
        number[home] += 1
        code = communities[home].code
        rows.append([f"{code[6:]}-{number[home]:04d}", f"{lon:.6f}", f"{lat:.6f}", *map(int, counts), code])
    write_csv(path, rows)


def write_communities(path: Path, communities: list[Community]) -> None:
    """Write the layer of communities and villages."""
    keys = {"区划代码": "code", "名称": "name", "乡镇街道": "township", "城乡分类代码": "class_code"}
    fields = {heading: [getattr(each, key) for each in communities] for heading, key in keys.items()}
    write_layer(path, [each.shape for each in communities], fields)


def write_layer(path: Path, shapes: list[shapely.Geometry], fields: dict[str, list[str]]) -> None:
    """Write polygons as a GeoPackage without any trace of today."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DAY})
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb([shapely.normalize(_multi(shape)) for shape in shapes]),
        field_data=[np.array(values, object) for values in fields.values()],
        fields=list(fields),
        geometry_type="MultiPolygon",
        crs="EPSG:4326",
        layer="communities",
        driver="GPKG",
        dataset_options={"VERSION": "1.2"},
    )
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_outline(path: Path, outline: shapely.Geometry, name: str) -> None:
    """Write the county's outline as GeoJSON."""
    shape = json.loads(shapely.to_geojson(shapely.normalize(outline)))
    feature = {"type": "Feature", "properties": {"name": name}, "geometry": shape}
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False) + "\n", "utf-8"
    )


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])


class OsmFile:
    """
    A street file in the making: all nodes first, then all ways; ids count up from 1.

    Nodes carry no version, no time and no user, so that the same streets give the same bytes.
    """

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        header = osmium.io.Header()
        header.set("generator", "jiujin geodata")
        self._writer = osmium.SimpleWriter(str(path), header=header)
        self._way = 0

    def node(self, number: int, lon: float, lat: float, tags: dict[str, str] | None = None) -> None:
        """Add a node; numbers must rise."""
        self._writer.add_node(mutable.Node(id=number, location=(lon, lat), tags=tags or {}))

    def way(self, nodes: list[int], tags: dict[str, str]) -> None:
        """Add a way over nodes that were added before."""
        self._way += 1
        self._writer.add_way(mutable.Way(id=self._way, nodes=nodes, tags=tags))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
