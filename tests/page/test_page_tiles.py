"""An online background: only for studies that name servers, only those, and only once the reader asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from jiujin.coordinates import gcj02_from_wgs84
from jiujin.errors import StudyError
from jiujin.reading.study_file import read_study
from jiujin.rendering.page import html_of
from jiujin.rendering.page_data import page_data

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def tiled_page(small_town: SimpleNamespace) -> str:
    return html_of(replace(page_data(small_town), tiles=("https://*.tiles.example", "https://*.tianditu.gov.cn")))


def choose(page: Any, kind: str, said: str) -> None:
    page.js("JJ.byId('layers').open = true")
    page.tab.get_by_role("combobox", name="在线底图").select_option(kind)
    page.write(page.tab.get_by_role("textbox", name="天地图密钥或瓦片地址"), said)


def test_a_page_offers_no_background_unless_its_study_names_servers(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    assert "img-src data: blob:;" in small_page
    assert page.js("document.querySelector('.tiles')") is None


def test_nothing_is_asked_before_the_reader_chooses_and_then_only_named_servers(
    open_page: Callable, tiled_page: str
) -> None:
    page = open_page(tiled_page)
    assert page.requests == []
    choose(page, "own", "https://a.elsewhere.example/{z}/{x}/{y}.png")
    page.until("document.getElementById('told').textContent.includes('https://*.tiles.example')")
    assert page.requests == []
    with page.tab.expect_request("https://a.tiles.example/**"):
        choose(page, "own", "https://a.tiles.example/{z}/{x}/{y}.png")
    assert {address.split("/")[2] for address in page.requests} == {"a.tiles.example"}
    page.js("Object.assign(new Image(), {src: 'https://b.elsewhere.example/x.png'})")
    page.until("violations.includes('img-src')")


def test_a_key_stays_in_the_browser_and_is_neither_in_the_address_nor_in_a_scenario(
    open_page: Callable, tiled_page: str
) -> None:
    page = open_page(tiled_page)
    with page.tab.expect_request("**/*LAYER=cva*"), page.tab.expect_request("**/*LAYER=vec*"):
        choose(page, "vec", "SECRET&x")
    assert all("tianditu.gov.cn/" in address and address.endswith("tk=SECRET%26x") for address in page.requests)
    assert {"LAYER=vec" in address or "LAYER=cva" in address for address in page.requests} == {True}
    assert "SECRET" not in page.js(
        "location.hash + jiujin.exportScenario() + document.documentElement.outerHTML.replace(/<img[^>]*>/g, '')"
    )
    assert "SECRET" in page.js("localStorage.getItem('jiujin:tiles')")


def test_the_shift_of_amaps_tiles_is_that_of_the_published_formula(open_page: Callable, tiled_page: str) -> None:
    page = open_page(tiled_page)
    places = [(118.4, 36.9), (116.3, 39.9), (104.0, 30.6), (122.1, 37.5)]
    lon, lat = np.array(places).T
    shifted = np.column_stack(gcj02_from_wgs84(lon, lat)) - np.array(places)
    mine = page.js(f"{[list(place) for place in places]}.map(place => JJ.gcjOffset(place[0], place[1]))")
    assert np.abs(np.array(mine) - shifted).max() < 1e-9


def dotted_tile(x: int, y: int, zoom: int, lon: float, lat: float) -> bytes:
    """A white tile of the usual grid with a red dot where this place is, if it is on it."""
    across = (lon + 180) / 360 * 2**zoom
    down = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom
    picture = Image.new("RGB", (256, 256), "white")
    at_x, at_y = (across - x) * 256, (down - y) * 256
    ImageDraw.Draw(picture).ellipse((at_x - 5, at_y - 5, at_x + 5, at_y + 5), fill="#ff0000")
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def red_dot(page: Any) -> tuple[float, float]:
    """Where the red dot is on the screen."""
    picture = np.asarray(Image.open(BytesIO(page.tab.screenshot())).convert("RGB")).astype(int)
    down, across = np.nonzero((picture[..., 0] > 230) & (picture[..., 1] < 60) & (picture[..., 2] < 60))
    return float(across.mean()), float(down.mean())


@pytest.mark.parametrize(("kind", "drawn_in_gcj02"), [("own", False), ("gcj", True)])
def test_what_a_tile_shows_lies_where_it_is_on_the_ground(
    open_page: Callable, tiled_page: str, kind: str, drawn_in_gcj02: bool
) -> None:
    lon, lat = 118.008, 36.606
    there = (
        [float(one[0]) for one in gcj02_from_wgs84(np.array([lon]), np.array([lat]))] if drawn_in_gcj02 else [lon, lat]
    )
    page = open_page(tiled_page)

    def served(route: Any) -> None:
        zoom, x, y = (int(part) for part in route.request.url.removesuffix(".png").split("/")[-3:])
        route.fulfill(body=dotted_tile(x, y, zoom, *there), content_type="image/png")

    page.tab.context.route("https://a.tiles.example/**", served)
    layers = "Object.fromEntries(Object.keys(JJ.LAYERS).map(name => [name, false]))"
    page.js(f"JJ.desk.store.set({{layers: {layers}}})")
    choose(page, kind, "https://a.tiles.example/{z}/{x}/{y}.png")
    for away, allowance in ((0.0, 1.5), (0.004, 4.0)):
        page.js(f"JJ.desk.map.setView([{lat}, {lon + away}], 16, {{animate: false}})")
        page.until(
            "(tiles => tiles.length > 3 && tiles.every(one => one.complete && one.naturalWidth &&"
            " one.classList.contains('leaflet-tile-loaded')))([...document.querySelectorAll('.leaflet-base-pane img')])"
        )
        at = page.js(
            f"(() => {{ const p = JJ.desk.map.latLngToContainerPoint([{lat}, {lon}]),"
            " b = JJ.desk.map.getContainer().getBoundingClientRect(); return [p.x + b.x, p.y + b.y]; })()"
        )
        assert np.abs(np.array(red_dot(page)) - at).max() < allowance
    assert page.js("violations") == []


@pytest.mark.parametrize(
    "server", ["https://x.cn; script-src *", "https://x.cn/path", "x.cn", "javascript:x", "https://"]
)
def test_what_is_no_server_is_refused_by_the_study_and_by_the_page(
    small_town: SimpleNamespace, tmp_path: Any, server: str
) -> None:
    with pytest.raises(ValueError, match="servers"):
        html_of(replace(page_data(small_town), tiles=(server,)))
    (tmp_path / "study.toml").write_text(f'[output]\ntiles = ["{server}"]\n', encoding="utf-8")
    with pytest.raises(StudyError) as refused:
        read_study(tmp_path)
    assert any("瓦片服务器" in problem.wanted for problem in refused.value.problems)
