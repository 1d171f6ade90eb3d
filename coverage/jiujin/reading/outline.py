"""The outline of the county: the boundary file where the study names one, else all its communities together."""

from __future__ import annotations

import geopandas as gpd
import shapely

from jiujin.errors import Problem, TableError
from jiujin.network.streets import Streets
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_datum import LayerPlace, placed
from jiujin.study import Study


def read_outline(
    study: Study, communities: gpd.GeoDataFrame, *, streets: Streets
) -> tuple[shapely.Geometry, list[Problem]]:
    """Read the outline as one shape in WGS 84 degrees; TableError when the file holds no area."""
    if not study.inputs.boundary:
        return shapely.union_all(communities.geometry.to_numpy()), []
    parts, problems = [], []
    for path in study.inputs.boundary:
        file = path.relative_to(study.folder).as_posix() if path.is_relative_to(study.folder) else path.name
        frame, declared, met = read_layer(path, file=file, wanted="areas")
        place = LayerPlace(study=study, layer="boundary", path=path, file=file, streets=streets)
        layer, moved = placed(frame, declared, place)
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
