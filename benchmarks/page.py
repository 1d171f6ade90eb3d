"""
What the page weighs and how fast it answers, beside folium's own page of 100,000 people.

    python benchmarks/page.py [--rounds N] [--places example,county,wuhan,city] [--naive]

Each page is built, opened from disk in headless Chromium with the network off and software drawing, and asked 150
what-ifs; a proposed site is dragged by the mouse and the frames are timed. Medians over the rounds. `county` is the
made-up county at 50,000 vertices and 60,000 points, `city` the made-up city at half a million of each; `wuhan` needs
the real data beside the checkout. `--naive` opens folium's own GeoJson layer in the same browser, its assets served
from this machine. It fails on sizes, on memory and on ratios to that layer, never on seconds.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import figures

HERE = Path(__file__).resolve().parent
sys.path[:1] = [str(HERE.parent / folder) for folder in ("coverage", "geodata", "tests")]  # not here: tests/page

import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import psutil  # noqa: E402
import shapely  # noqa: E402

from jiujin.rendering.page import html_of  # noqa: E402
from jiujin.rendering.page_data import PageData, page_data  # noqa: E402
from page.page_worlds import CANTEEN, PARTY, RUKANG, results_of  # noqa: E402

SHARED = HERE.parents[1] / "shared" / "data"

MOST = {
    "county": {"page MB": 2.2, "renderer RSS MB": 350},
    "city": {"page MB": 13, "renderer RSS MB": 500},
}
"""What a page of this place may weigh on disk and in memory."""

QUICK = {"what-if p95 ms": 16, "what-if max ms": 50, "drag frame p95 ms": 50}
AIMS = {
    "county": {"ready ms": 1_500, "built s": 2},
    "city": {"ready ms": 3_000, "built s": 8},
}
"""What is wanted of time; it is told beside what was measured, and nothing fails by it."""

AHEAD = {"page MB": 5, "ready ms": 1}
"""
How many times as much of it folium's own page must take: of bytes per person on the map, of time to open at all.

Ours carries the streets too, searches them, and checks its numbers before it says that it is ready.
"""

NAIVE_POINTS = 100_000
NETWORK = re.compile("https?:")

ASK = """() => {
  const engine = JJ.desk.engine, people = engine.world.people, services = engine.services;
  let seed = 12345;
  const random = n => { seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff; return (seed >>> 8) % n; };
  const placed = [], closed = [];
  for (let i = 0; i < 150; i++) {
    const p = random(people.count);
    const at = [people.lon[p] / 1e7 + 3e-4, people.lat[p] / 1e7];
    placed.push(jiujin.whatIf(services[i % services.length].id, [at]).ms);
  }
  for (let i = 0; i < 40; i++) {
    const service = services[i % services.length], sites = engine.sites(service);
    closed.push(jiujin.whatIf(service.id, [], [sites[random(sites.length)].id]).ms);
  }
  return [placed, closed];
}"""

FRAMES = """() => {
  window.frames_ = [];
  let before = performance.now();
  const look = () => {
    const now = performance.now();
    frames_.push(now - before);
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def city() -> PageData:
    """The made-up city: half a million vertices and as many people points."""
    from madeup.lattice import city_arrays

    made = city_arrays()
    people = pd.DataFrame({"id": [f"P{k}" for k in range(len(made.lon))], "lon": made.lon, "lat": made.lat})
    for group in ("total", "age60", "disabled"):
        people[group] = getattr(made, group).astype(np.float64)
    return page_data(
        results_of(
            made.streets, people, squares(made), ledger(made), (PARTY, CANTEEN, RUKANG), name="示例市", answered=False
        )
    )


def squares(made: Any) -> gpd.GeoDataFrame:
    """The communities of the city as the frames of their people."""
    frame = pd.DataFrame({"c": made.community, "lon": made.lon, "lat": made.lat}).groupby("c").agg(["min", "max"])
    shapes = shapely.box(*(frame[axis, end].to_numpy() for end in ("min", "max") for axis in ("lon", "lat")))
    count = len(frame)
    return gpd.GeoDataFrame(
        {
            "code": [f"{k:06d}" for k in range(count)],
            "name": [f"第{k}社区" for k in range(count)],
            "township": [f"{k % 20}街道" for k in range(count)],
            "class": ["urban"] * count,
            "class_code": [None] * count,
            "committee": ["居委会"] * count,
            "sketch": [False] * count,
        },
        geometry=shapes,
        crs=4326,
    )


def ledger(made: Any) -> pd.DataFrame:
    """The sites of the city as a ledger of the three services."""
    tables = []
    for service in (PARTY, CANTEEN, RUKANG):
        lon, lat = made.sites[service.id]
        ids = [f"{service.id}:{k:05d}" for k in range(len(lon))]
        said = {"id": ids, "name": ids, "service": service.id, "lon": lon, "lat": lat, "status": "operating", "row": 1}
        tables.append(pd.DataFrame(said | {"counted": True, "outside": False, "source": "", "sheet": ""}))
    return pd.concat(tables, ignore_index=True)


def county(scratch: Path) -> PageData:
    """The made-up county with finer streets and 60,000 points: every door, and a second entrance to most of them."""
    from madeup.example import make_county, write_example

    made = make_county(points=60_000, within_m=0.3)
    people, rng = made.people, np.random.default_rng(6)
    second = np.sort(rng.choice(len(people.lon), 60_000 - len(people.lon), replace=False))
    aside = rng.normal(0, 1.5e-4, (2, len(second)))
    rows = np.append(np.arange(len(people.lon)), second)
    moved = {name: getattr(people, name)[rows] for name in people.__slots__}
    moved["lon"][len(people.lon) :] += aside[0]
    moved["lat"][len(people.lon) :] += aside[1]
    write_example(replace(made, people=replace(people, **moved)), scratch / "county")
    return study(scratch / "county")


def study(folder: Path) -> PageData:
    """A study on disk, through the whole pipeline."""
    from jiujin.pipeline import run
    from jiujin.reading.study_file import read_study

    return page_data(run(read_study(folder)))


def place(name: str, scratch: Path) -> PageData:
    """The page's facts for one of the places."""
    if name == "city":
        return city()
    if name == "county":
        return county(scratch)
    if name == "example":
        return study(HERE.parent / "geodata" / "example")
    from real_studies import write_study

    return study(write_study(scratch / name, SHARED / name))


def measure(browser: Any, path: Path) -> dict[str, float]:
    """One round: open the page, ask, drag."""
    tab = browser.new_page(viewport={"width": 1600, "height": 900})
    tab.route(NETWORK, lambda route: route.abort())
    tab.goto(path.as_uri())
    tab.evaluate("jiujin.ready")
    assert tab.evaluate("jiujin.selfCheck.ok")
    found = {"ready ms": tab.evaluate("jiujin.opened.ready")}
    placed, closed = tab.evaluate(ASK)
    found |= {"what-if p95 ms": float(np.percentile(placed, 95)), "what-if max ms": max(placed)}
    found |= {"closing p95 ms": float(np.percentile(closed, 95))}
    found |= {"drag frame p95 ms": dragged(tab)}
    found |= memory_of(browser, tab)
    tab.close()
    return found


def memory_of(browser: Any, tab: Any) -> dict[str, float]:
    """
    Memory of the process that holds the page, once what nobody needs any more is gone.

    RSS counts the program and the pictures that it shares with other processes (over 100 MB of an empty page), USS is
    what it holds alone, which Chromium's own task manager calls the memory footprint.
    """
    tab.context.new_cdp_session(tab).send("HeapProfiler.collectGarbage")
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [psutil.Process(one["id"]).memory_full_info() for one in told if one["type"] == "renderer"]
    largest = max(renderers, key=lambda one: one.rss)
    return {"renderer RSS MB": largest.rss / 1e6, "renderer USS MB": largest.uss / 1e6}


def dragged(tab: Any) -> float:
    """Pull a proposed site over the map by the mouse, and time the frames."""
    tab.evaluate("JJ.desk.map.setZoom(15, {animate: false})")
    tab.evaluate("(() => { const c = JJ.desk.map.getCenter(); JJ.desk.place(c.lng, c.lat); })()")
    box = tab.locator("#stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.evaluate(FRAMES)
    for step in range(60):
        tab.mouse.move(x + 3 * step, y + 60 * np.sin(step / 9))
    frames = tab.evaluate("frames_.slice(2)")
    tab.mouse.up()
    return float(np.percentile(frames, 95))


def naive(path: Path) -> None:
    """Write what folium alone makes of 100,000 people: one GeoJson layer, assets from servers elsewhere."""
    import folium

    rng = np.random.default_rng(1)
    points = shapely.points(118 + rng.uniform(0, 0.3, NAIVE_POINTS), 36 + rng.uniform(0, 0.3, NAIVE_POINTS))
    frame = gpd.GeoDataFrame({"people": rng.integers(1, 50, NAIVE_POINTS)}, geometry=points, crs=4326)
    naive_map = folium.Map([36.15, 118.15], zoom_start=12, tiles=None, prefer_canvas=True, max_zoom=18)
    folium.GeoJson(frame, marker=folium.CircleMarker(radius=2)).add_to(naive_map)
    naive_map.save(path)


def measure_naive(browser: Any, path: Path) -> dict[str, float]:
    """Open folium's page; Leaflet comes from this machine at once, everything else of it is empty."""
    leaflet = files("jiujin.rendering") / "page" / "vendor"
    tab = browser.new_page(viewport={"width": 1600, "height": 900})

    def served(route: Any) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        route.fulfill(body=(leaflet / name).read_bytes() if name in {"leaflet.js", "leaflet.css"} else b"")

    tab.route(NETWORK, served)
    tab.goto(path.as_uri())
    ready = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
    found = {"ready ms": tab.evaluate(ready)}
    assert tab.evaluate("document.querySelectorAll('canvas.leaflet-zoom-animated').length") == 1
    found |= memory_of(browser, tab)
    tab.close()
    return found


def measured(
    playwright: Any, path: Path, rounds: int, ask: Callable[[Any, Path], dict[str, float]]
) -> dict[str, float]:
    """Medians over the rounds, each in a browser of its own."""
    told = []
    for _ in range(rounds):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        told.append(ask(browser, path))
        browser.close()
    figures = {name: statistics.median(one[name] for one in told) for name in told[0]}
    return {"page MB": path.stat().st_size / 1e6, **figures}


def aims_of(name: str) -> dict[str, float]:
    """Everything that is wanted of the page of a place."""
    return QUICK | AIMS.get(name, {}) | MOST.get(name, {})


def shortfalls(name: str, found: dict[str, float], most: dict[str, float]) -> list[str]:
    """Where a page takes more than it may."""
    return [f"{name}: {what} {found[what]:.2f} > {limit:g}" for what, limit in most.items() if found[what] > limit]


def show(title: str, found: dict[str, float], aims: dict[str, float]) -> None:
    """Print the figures of one page, and keep them beside what is wanted on a machine with nothing else to do."""
    print(title)
    for figure, value in found.items():
        print(f"  {figure}: {value:.2f}" if figure == "page MB" else f"  {figure}: {value:.1f}", flush=True)
        what, unit = figure.rsplit(" ", 1)
        if figure in aims:
            figures.hold(f"the page, {title}", what, value, aims[figure], unit)
        else:
            told = f"{figures.short(value)} {unit}"
            figures.keep(figures.Row(question=f"the page, {title}", what=what, measured=told))


def main() -> int:
    """Measure every wanted place; 1 where one falls short."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--places", default="example,county,wuhan,city")
    parser.add_argument("--naive", action="store_true")
    wanted = parser.parse_args()
    scratch, short, beside = Path(tempfile.mkdtemp()), [], {}
    with sync_playwright() as playwright:
        if wanted.naive:
            naive(scratch / "naive.html")
            beside = measured(playwright, scratch / "naive.html", wanted.rounds, measure_naive)
            show(f"folium's own GeoJson layer ({NAIVE_POINTS:,} points)", beside, {})
        for name in wanted.places.split(","):
            if name == "wuhan" and not (SHARED / name).is_dir():
                print(f"{name} is not beside the checkout: left out")
                continue
            data = place(name, scratch)
            began = time.process_time()
            text = html_of(data)
            built = time.process_time() - began
            path = scratch / f"{name}.html"
            path.write_text(text, encoding="utf-8", newline="\n")
            found = measured(playwright, path, wanted.rounds, measure)
            found["built s"] = built
            show(f"{name} ({len(data.streets.lon_e7):,} vertices, {len(data.lon):,} points)", found, aims_of(name))
            short += shortfalls(name, found, MOST.get(name, {}))
            if beside and name in MOST:
                share = {"page MB": len(data.lon) / NAIVE_POINTS}
                limits = {what: beside[what] * share.get(what, 1) / times for what, times in AHEAD.items()}
                short += shortfalls(f"{name} beside folium", found, limits)
    shutil.rmtree(scratch)
    print("\n".join(short) or "every size and ratio holds")
    return int(bool(short))


if __name__ == "__main__":
    sys.exit(main())
