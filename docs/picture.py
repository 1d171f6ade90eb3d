"""
Take the picture of the page that stands in the README: the example county, two candidate sites of a canteen placed.

    python docs/picture.py [OUT]

Builds the page of the example study, opens it from disk in headless Chromium and places two sites, by degrees, where
the page itself tells what they gain. Needs Playwright and a Chromium; writes `docs/page.png`, 1600 by 900 pixels.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "coverage"))

from jiujin.pipeline import example_study, run  # noqa: E402
from jiujin.reading.study_file import read_study  # noqa: E402
from jiujin.rendering.page import page_html  # noqa: E402

SITES = (("长兴社区助老食堂（拟建）", 122.9292950, 36.2446386), ("青阳社区助老食堂（拟建）", 122.9130529, 36.2373831))
"""Two places in the county town, where many old people live beyond the reach of every canteen."""

STAGE = """async sites => {
  const desk = JJ.desk, store = desk.store;
  desk.choose('elderly_canteen');
  const placed = sites.map((site, i) => (
    { key: 's' + (i + 1), service: 'elderly_canteen', name: site[0], lon: site[1], lat: site[2] }
  ));
  store.setScenario({ sites: placed, closed: [] });
  store.set({ tab: 'sites', layers: Object.assign({}, store.state.layers, { carried: false }) });
  desk.map.setView([36.2445, 122.912], 14, { animate: false });
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return desk.model.gains(desk.look()).map(one => Math.round(one.next));
}"""


def picture(out: Path) -> list[int]:
    """Write the picture; return what the two sites gain one after the other."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        page = Path(scratch) / "index.html"
        page.write_text(page_html(run(read_study(example_study()))), encoding="utf-8", newline="\n")
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 1600, "height": 900})
        tab.goto(page.as_uri())
        tab.evaluate("jiujin.ready")
        gained: list[int] = tab.evaluate(STAGE, [list(site) for site in SITES])
        tab.wait_for_timeout(500)
        drawn = tab.screenshot()
        browser.close()
    # a palette keeps the picture small enough for a repository
    Image.open(io.BytesIO(drawn)).convert("RGB").quantize(
        256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    ).save(out, optimize=True)
    return gained


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, default=HERE / "page.png")
    out = parser.parse_args().out
    gained = picture(out)
    print(f"{out}: {out.stat().st_size / 1000:.0f} KB; gained {', '.join(map(str, gained))}")


if __name__ == "__main__":
    main()
