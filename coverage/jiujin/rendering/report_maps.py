"""The maps of the report: the layers of the atlas on a picture as wide as the text."""

from __future__ import annotations

import io

from jiujin.analysis.results import Results
from jiujin.rendering.atlas_maps import coverage_layers
from jiujin.rendering.atlas_sheet import Paper, fit
from jiujin.rendering.drawing import UNCOVERED, Extent, MapLayers
from jiujin.rendering.drawing_marks import (
    Entry,
    Names,
    draw_legend,
    draw_north,
    draw_scale,
    draw_suggested,
    rate_entries,
    site_entries,
)
from jiujin.rendering.fonts import Font, lettering
from jiujin.rendering.report_style import PICTURE_IN
from jiujin.study import Service

_WIDTH, _MAP_WIDTH, _LEGEND_WIDTH = 8.4, 5.9, 2.4
_EDGE = 0.02
_INCH_M = 0.0254
_SHRINK = PICTURE_IN / _WIDTH
"""The picture is set 6.1 inches wide, and its scale is stated as it then is."""


def service_picture(
    results: Results, layers: MapLayers, font: Font, service: Service, *, height_in: float = 3.9
) -> bytes:
    """Draw the coverage of one service as a PNG of 200 dots to the inch, so high as it is set."""
    high = height_in / _SHRINK
    inner = high - 2 * _EDGE
    with lettering(font):
        paper = Paper.new(results, font, (_WIDTH, high))
        axes = paper.axes((_EDGE, _EDGE, _MAP_WIDTH, inner))
        set_m = (_MAP_WIDTH * _INCH_M * _SHRINK, inner * _INCH_M * _SHRINK)
        extent, scale = Extent.around(layers.county).to_scale(*set_m)
        fit(axes, extent)
        coverage_layers(axes, results, layers, extent, service)
        entries = [*rate_entries("人口覆盖率"), *site_entries(results, [service])]
        if results.siting is not None and results.siting.service == service.id:
            draw_suggested(axes, results, large=0.7)
            disc = {"marker": "o", "c": "#fff3b0", "edgecolors": service.colour, "s": 90}
            entries.append(Entry("mark", disc, "建议新增点位"))
        if not paper.public:
            entries.append(Entry("mark", {"marker": "s", "c": UNCOVERED, "s": 14}, "未覆盖人口"))
        names = Names(axes, font, [])
        for township, shape in layers.townships.items():
            middle = shape.representative_point()
            names.place(middle.x, middle.y, township, size=10)
        draw_scale(axes, extent, scale)
        draw_north(axes)
        draw_legend(
            paper.inches((_WIDTH - _LEGEND_WIDTH - _EDGE, _EDGE, _LEGEND_WIDTH, inner), frame=True),
            entries,
            font,
            step=0.3,
        )
        picture = io.BytesIO()
        paper.figure.savefig(picture, format="png", dpi=200, metadata={"Software": None})
    return picture.getvalue()
