"""
In which datum a road layer was drawn whose file does not say it, and roughly where it lies: the other inputs tell.

The streets are what every other layer is held against, so they are held against the people, who live beside them.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from jiujin.coordinates import Floats, Pair, bd09_from_wgs84, gcj02_from_wgs84, in_china, plane_of
from jiujin.errors import TableError
from jiujin.reading.communities_datum import people_as_stated
from jiujin.reading.datums import LABELS
from jiujin.reading.layers import SUFFIXES, read_layer
from jiujin.study import Study

CAP_M = 150.0
FEWEST = 30
GAP = 0.4
"""The best datum must bring the people this much nearer to the streets than any other, as a share of its distance."""


def lines_datum(frame: gpd.GeoDataFrame, study: Study) -> tuple[str, str] | None:
    """
    Find the datum of lines in degrees that nothing states, and say why; None where the people do not tell.

    People whose datum the study does not state count as WGS 84: what is found is where the lines lie against them.
    """
    shapes = frame.geometry.to_numpy()
    west, south, east, north = shapely.total_bounds(shapes)
    if not in_china((west + east) / 2, (south + north) / 2):
        return None
    people = people_as_stated(study)
    if people is None or len(people[0]) < FEWEST:
        return None
    there: dict[str, Pair] = {
        "wgs84": people,
        "gcj02": gcj02_from_wgs84(*people),
        "bd09": bd09_from_wgs84(*people),
    }
    away = {datum: _away_m(place, shapes) for datum, place in there.items()}
    best, second = sorted(away, key=lambda datum: (away[datum], datum != "wgs84"))[:2]
    if away[best] > (1 - GAP) * away[second]:
        return None
    said = "，".join(f"{LABELS[datum]} {metres:.0f} 米" for datum, metres in away.items())
    return best, f"按人口点到道路的平均距离（{CAP_M:.0f} 米封顶）判断（{said}）"


def rough_place(study: Study) -> tuple[float, float] | None:
    """Longitude and latitude of the middle of the communities or the boundary, to tell the zone of a plane by."""
    for path in (*study.inputs.communities, *study.inputs.boundary):
        if path.suffix.lower() not in SUFFIXES:
            continue
        try:
            frame, declared, _ = read_layer(path, file=path.name)
        except TableError:
            continue  # told by the reader of that layer
        west, south, east, north = shapely.total_bounds(frame.geometry.to_numpy())
        x, y = (west + east) / 2, (south + north) / 2
        if declared is not None and CRS.from_user_input(declared).is_projected:
            x, y = Transformer.from_crs(declared, 4326, always_xy=True).transform(x, y)
        if abs(x) <= 180 and abs(y) <= 90:
            return float(x), float(y)
    return None


def _away_m(people: Pair, shapes: NDArray[np.object_]) -> float:
    """Mean distance of the people to the nearest line, in metres, nobody counting for more than `CAP_M`."""
    plane = plane_of(*people)

    def flat(vertices: Floats) -> Floats:
        return np.column_stack(plane.project(vertices[:, 0], vertices[:, 1]))

    tree = shapely.STRtree(shapely.transform(shapes, flat))
    points = np.asarray(shapely.points(np.column_stack(plane.project(*people))), object)
    (found, _), metres = tree.query_nearest(points, max_distance=CAP_M, return_distance=True, all_matches=False)
    away = np.full(len(points), CAP_M)
    away[found] = metres
    return float(away.mean())
