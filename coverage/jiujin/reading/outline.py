"""The outline of the county: the boundary file where the study names one, else all its communities together."""

from __future__ import annotations

from functools import partial

import geopandas as gpd
import numpy as np
import shapely

from jiujin.coordinates import Floats, to_wgs84
from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.communities_datum import outlines_datum
from jiujin.reading.datums import HYPOTHESES, LABELS
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.study import Study

GAP, MOSTLY = 0.01, 0.5
"""An outline fits a datum that makes it share so much more with the communities than any other, and so much at all."""


def read_outline(
    study: Study, communities: gpd.GeoDataFrame, *, streets: Streets | None
) -> tuple[shapely.Geometry, list[Problem]]:
    """Read the outline as one shape in WGS 84 degrees; TableError when the file holds no area."""
    if not study.inputs.boundary:
        return shapely.union_all(communities.geometry.to_numpy()), []
    parts, problems = [], []
    for path in study.inputs.boundary:
        file = path.relative_to(study.folder).as_posix() if path.is_relative_to(study.folder) else path.name
        frame, declared, met = read_layer(path, file=file, wanted="areas")
        place = LayerPlace(study=study, layer="boundary", path=path, file=file, streets=streets)
        layer, moved = placed(frame, declared, place, tell=lambda drawn: _told(drawn, study, communities, streets))
        shapes = shapely.make_valid(layer.geometry.dropna().to_numpy())
        areas = [part for part in shapely.get_parts(shapes) if part.geom_type in {"Polygon", "MultiPolygon"}]
        if not areas:
            raise TableError(
                Problem(
                    severity="error",
                    rule="no_outline",
                    file=file,
                    found="文件中没有面要素",
                    wanted="县（市、区）范围面",
                    action="请换用范围面图层，或删去 [inputs] 中的 boundary 一行，改由各社区（村）合并得出",
                )
            )
        parts.extend(areas)
        problems += [*met, *moved]
    return shapely.union_all(parts), problems


def _told(
    drawn: gpd.GeoDataFrame, study: Study, communities: gpd.GeoDataFrame, streets: Streets | None
) -> tuple[str, str] | None:
    """
    Find the datum of an outline that declares none: under the right one it fits round the communities.

    An outline that is far larger than the communities that are given fits under every datum; then the people tell.
    """
    inner = shapely.union_all(communities.geometry.to_numpy(), grid_size=1e-7)
    outer = shapely.union_all(shapely.make_valid(drawn.geometry.dropna().to_numpy()), grid_size=1e-7)
    fits = {}
    for datum in HYPOTHESES:
        there = shapely.make_valid(shapely.transform(outer, partial(_unshifted, datum)))
        shared = inner.intersection(there).area
        fits[datum] = float(shared / max(inner.area + there.area - shared, 1e-12))
    best, second = sorted(HYPOTHESES, key=lambda datum: (-fits[datum], datum != "wgs84"))[:2]
    if fits[best] < fits[second] + GAP or fits[best] < MOSTLY:
        return outlines_datum(drawn, study, streets)
    said = "，".join(f"{LABELS[datum]} {share:.1%}" for datum, share in fits.items())
    return best, f"按与社区（村）范围重合的比例判断（{said}）"


def _unshifted(datum: str, vertices: Floats) -> Floats:
    return np.column_stack(to_wgs84(vertices[:, 0], vertices[:, 1], datum))
