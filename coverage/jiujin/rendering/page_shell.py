"""
The shell of the page: a folium map that brings nothing along.

folium gives the map its place in a figure, so that an analyst can add folium's own layers to it; its scripts and
styles come from servers elsewhere and are left out. What an added layer would fetch is refused here, by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Parts of a figure, to be put into a page of our own: body, scripts and styles as plain text."""

    html: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]


class PlannerMap(folium.Map):
    """A folium map whose Leaflet stands in the page; add any folium layer that needs nothing else."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium declares these as class lists
    default_css: list[tuple[str, str]] = []  # noqa: RUF012
    _template = Template(
        "{% macro html(this, kwargs) %}"
        '<div id="{{ this.get_name() }}" class="map"></div>'
        "{% endmacro %}"
        "{% macro script(this, kwargs) %}"
        'var {{ this.get_name() }} = JJ.makeMap("{{ this.get_name() }}");'
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__(tiles=None)

    @property
    def figure(self) -> Figure:
        """The figure that folium has put the map in."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise TypeError("a map without a figure")
        return figure


class Desk(MacroElement):
    """Everything that stands around the map and on it; knows of the data only how long it is, and its sum."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "JJ.open({{ this._parent.get_name() }}, {size: {{ this.size }}, crc32: {{ this.crc32 }}});"
        "{% endmacro %}"
    )

    def __init__(self, *, size: int, crc32: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Desk"
        self.size = size
        self.crc32 = crc32


def shell_parts(*, size: int, crc32: int, layers: Sequence[Any] = ()) -> Shell:
    """
    Render the map and the desk, with further folium `layers` between them.

    Raises ValueError when a layer wants a script or a style from elsewhere.
    """
    planner_map = PlannerMap()
    for layer in layers:
        layer.add_to(planner_map)
    Desk(size=size, crc32=crc32).add_to(planner_map)
    figure = planner_map.figure
    _name_in_order(figure)
    for child in list(figure._children.values()):  # noqa: SLF001  branca renders children into the figure's parts
        child.render()
    _refuse_links(figure)
    return Shell(
        html=figure.html.render(),
        scripts=(figure.script.render(),),
        styles=tuple(re.findall(r"<style>(.*?)</style>", _head(figure), re.DOTALL)),
    )


def _name_in_order(figure: Figure) -> None:
    """Number the elements as they stand in the tree: folium draws names at random, and a page must not."""
    waiting: list[Element] = [figure]
    number = 0
    while waiting:
        element = waiting.pop(0)
        element._id = f"{number:02d}"  # noqa: SLF001
        number += 1
        waiting.extend(element._children.values())  # noqa: SLF001


def _refuse_links(figure: Figure) -> None:
    links = [
        name
        for part in (figure.header, figure.html, figure.script)
        for name, child in part._children.items()  # noqa: SLF001
        if isinstance(child, JavascriptLink | CssLink)
    ]
    if links:
        raise ValueError(f"a page carries everything itself; these would be fetched: {', '.join(links)}")


def _head(figure: Figure) -> str:
    return "\n".join(
        child.render()
        for name, child in figure.header._children.items()  # noqa: SLF001
        if name != "meta_http"
    )
