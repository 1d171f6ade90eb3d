"""
What the page weighs and how fast it answers.

    python benchmarks/page.py [--rounds N] [--places example,wuhan,city] [--naive]

Each page is built, opened from disk in headless Chromium with the network off and software drawing, and asked 150
what-ifs; a proposed site is dragged by the mouse and the frames are timed. Medians over the rounds. `wuhan` needs the
real data beside the checkout; `--naive` adds folium's own GeoJson layer with 100,000 people for comparison.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:1] = [str(HERE.parent / folder) for folder in ("coverage", "geodata", "tests")]  # not here: tests/page

import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import shapely  # noqa: E402

from jiujin.rendering.page import html_of  # noqa: E402
from jiujin.rendering.page_data import PageData, page_data  # noqa: E402
from page.page_worlds import CANTEEN, PARTY, RUKANG, results_of  # noqa: E402

SHARED = HERE.parents[1] / "shared" / "data"

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


def study(folder: Path) -> PageData:
    """A study on disk, through the whole pipeline."""
    from jiujin.pipeline import run
    from jiujin.reading.study_file import read_study

    return page_data(run(read_study(folder)))


def place(name: str, scratch: Path) -> PageData:
    """The page's facts for one of the places."""
    if name == "city":
        return city()
    if name == "example":
        return study(HERE.parent / "geodata" / "example")
    from real_studies import write_study

    return study(write_study(scratch / name, SHARED / name))


def measure(browser: Any, path: Path) -> dict[str, float]:
    """One round: open the page, ask, drag."""
    tab = browser.new_page(viewport={"width": 1600, "height": 900})
    tab.route("http*://**", lambda route: route.abort())
    tab.goto(path.as_uri())
    tab.evaluate("jiujin.ready")
    assert tab.evaluate("jiujin.selfCheck.ok")
    found = {"ready ms": tab.evaluate("jiujin.opened.ready")}
    placed, closed = tab.evaluate(ASK)
    found |= {"what-if p95 ms": float(np.percentile(placed, 95)), "what-if max ms": max(placed)}
    found |= {"closing p95 ms": float(np.percentile(closed, 95))}
    found |= {"drag frame p95 ms": dragged(tab)}
    found |= {"JS heap MB": tab.evaluate("performance.memory.usedJSHeapSize / 1e6")}
    tab.close()
    return found


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
    """What folium alone makes of 100,000 people: one GeoJson layer, assets from servers elsewhere."""
    import folium

    rng = np.random.default_rng(1)
    points = shapely.points(118 + rng.uniform(0, 0.3, 100_000), 36 + rng.uniform(0, 0.3, 100_000))
    frame = gpd.GeoDataFrame({"people": rng.integers(1, 50, 100_000)}, geometry=points, crs=4326)
    began = time.perf_counter()
    naive_map = folium.Map([36.15, 118.15], zoom_start=12, tiles=None, prefer_canvas=True, max_zoom=18)
    folium.GeoJson(frame, marker=folium.CircleMarker(radius=2)).add_to(naive_map)
    naive_map.save(path)
    print(
        f"naive folium, 100,000 points: {path.stat().st_size / 1e6:.1f} MB, "
        f"built in {time.perf_counter() - began:.1f} s"
    )


def main() -> None:
    """Measure every wanted place."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--places", default="example,wuhan,city")
    parser.add_argument("--naive", action="store_true")
    wanted = parser.parse_args()
    scratch = Path(tempfile.mkdtemp())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
        )
        for name in wanted.places.split(","):
            data = place(name, scratch)
            began = time.perf_counter()
            text = html_of(data)
            built = time.perf_counter() - began
            path = scratch / f"{name}.html"
            path.write_text(text, encoding="utf-8", newline="\n")
            rounds = [measure(browser, path) for _ in range(wanted.rounds)]
            counts = f"{len(data.streets.lon_e7):,} vertices, {len(data.lon):,} points"
            print(f"{name} ({counts}): {len(text) / 1e6:.2f} MB, built in {built:.2f} s")
            for figure in rounds[0]:
                print(f"  {figure}: {statistics.median(one[figure] for one in rounds):.1f}")
        browser.close()
    if wanted.naive:
        naive(scratch / "naive.html")
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
