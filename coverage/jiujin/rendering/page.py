"""
The map page: one file per reader that opens from a memory stick, with everything in it and no way out.

`write_pages` writes `index.html` with all services and `<service id>.html` for each bureau. The shell is a folium map
without folium's assets: Leaflet and our own scripts stand in the file, data only in one packed blob, and a
Content-Security-Policy lets the browser run those scripts and open no connection at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from jiujin.analysis.results import Results
from jiujin.caching import Cache, digest_of
from jiujin.rendering.packing import Packed, encoded, pack
from jiujin.rendering.page_columns import Columns, Keep, columns_of, length_terms
from jiujin.rendering.page_data import PageData, page_data
from jiujin.rendering.page_shell import shell_parts
from jiujin.rendering.public_form import is_public
from jiujin.rendering.unchanged import Unchanged
from jiujin.study import SERVER

SCRIPTS = (
    "inflate.js",
    "unpack.js",
    "plane.js",
    "world.js",
    "graph.js",
    "search.js",
    "doors.js",
    "attach.js",
    "engine.js",
    "path.js",
    "scenario.js",
    "suggest.js",
    "worker.js",
    "aside.js",
    "words.js",
    "store.js",
    "model.js",
    "basket.js",
    "shapes.js",
    "symbols.js",
    "paint_ground.js",
    "settled.js",
    "paint_people.js",
    "paint_marks.js",
    "fit.js",
    "layers.js",
    "dom.js",
    "top.js",
    "figures.js",
    "table.js",
    "curve.js",
    "house.js",
    "nearest.js",
    "card.js",
    "finder.js",
    "sites.js",
    "plans.js",
    "advise.js",
    "heat.js",
    "swipe.js",
    "gaps.js",
    "targets.js",
    "since.js",
    "ruler.js",
    "notes.js",
    "legs.js",
    "furniture.js",
    "part.js",
    "legend.js",
    "sheet_figures.js",
    "sheet.js",
    "xlsx.js",
    "xlsx_read.js",
    "files.js",
    "paper.js",
    "keys.js",
    "memory.js",
    "open.js",
)
"""Our own scripts, in the order in which they build on each other."""

FIRST_SCRIPT, TILES_SCRIPT = "outdated.js", "tiles.js"
"""What stands before everything else; what only a page carries whose study names servers for a background."""

HEAD_SCRIPT = "complete.js"
"""What stands before all else that a file holds, and so tells when its end is missing."""

WORKER_SCRIPTS = SCRIPTS[: SCRIPTS.index("worker.js") + 1]
"""Those that a Worker of the page is made of: they know no document."""

OWN_FACTS = frozenset(("attached", "groups", "compounds", "legs"))
COUNTY_FACTS = OWN_FACTS | {"streets", "kept", "lon", "lat", "community", "communities", "surroundings"}
"""Facts of a page that hang on no facility, and those of them of which a page for one service holds its own part."""

TOLD_PROBLEMS = 400
"""As many findings stand in a page; the whole list is `quality.csv`."""


def write_pages(results: Results, folder: Path, unchanged: Unchanged | None = None) -> list[Path]:
    """Write the page with all services and one per service, but for those that stay as they are; return the files."""
    unchanged = unchanged or Unchanged(last=folder, stage=folder, cache=Cache())
    data = page_data(results)
    pages = {"index.html": data} | {f"{service.id}.html": data.for_service(service.id) for service in data.services}
    base = "" if is_public(results) else results.base  # the cells of the public hang on everything
    written = []
    for name, one in pages.items():
        facts = _digests(one, base)
        unchanged.file(name, facts, partial(_write_page, one, facts, unchanged.cache))
        written.append(folder / name)
    return written


def _digests(one: PageData, base: str) -> dict[str, str]:
    """
    Tell all that a page is made of from anything else, fact by fact.

    With `base` the facts of the county need not be looked through: that tells them, and the services which these are
    laid out for tell the rest.
    """
    services = [service.id for service in one.services]
    of_base = {name: digest_of(base, name, services if name in OWN_FACTS else None) for name in COUNTY_FACTS}
    return {
        each.name: of_base[each.name] if base and each.name in of_base else digest_of(getattr(one, each.name))
        for each in fields(one)
    }


def _write_page(data: PageData, facts: Mapping[str, str], cache: Cache, path: Path) -> None:
    def keep(stage: str, names: tuple[str, ...], make: Callable[[], Columns]) -> Columns:
        own = "" if len(data.services) > 1 or stage != "people" else f"-{data.services[0].id}"
        return cache.of(f"page-{stage}{own}", digest_of([facts[name] for name in names]), lambda: encoded(make()))

    path.write_text(html_of(data, cache, keep), encoding="utf-8", newline="\n")


def page_html(results: Results, service: str | None = None) -> str:
    """Make the text of the page with all services, or of one service with its own population group alone."""
    data = page_data(results)
    return html_of(data if service is None else data.for_service(service))


def html_of(data: PageData, cache: Cache | None = None, keep: Keep | None = None) -> str:
    """Make a whole page out of its facts. The same facts give the same bytes, whatever was kept of them."""
    packed = pack(columns_of(data, keep), _meta(data), cache=cache)
    shell = shell_parts(size=packed.size, crc32=packed.crc32)
    names = [FIRST_SCRIPT, "vendor/leaflet.js", *SCRIPTS]
    if data.tiles:
        names.insert(names.index("memory.js"), TILES_SCRIPT)
    scripts, first = [*(_script(name) for name in names), *shell.scripts], _script(HEAD_SCRIPT)
    tags = ["script data-worker" if name in WORKER_SCRIPTS else "script" for name in names]
    tags += ["script"] * len(shell.scripts)
    styles = [_leaflet_style(), _text("style.css"), _text("planning.css"), _text("paper.css"), *shell.styles]
    return Template(_text("page.html")).substitute(
        title=html.escape(title_of(data)),
        policy=_policy([first, *scripts], styles, data.tiles),
        first=first,
        licence=_text("vendor/leaflet.LICENSE").replace("--", "- -"),
        styles="\n".join(f"<style>{style}</style>" for style in styles),
        map=shell.html,
        packed=packed.text,
        scripts="\n".join(f"<{tag}>{script}</script>" for tag, script in zip(tags, scripts, strict=True)),
    )


def title_of(data: PageData) -> str:
    """Name the page: the study, and the service when there is only one."""
    what = f"{data.services[0].label}步行覆盖" if len(data.services) == 1 else "公共服务步行覆盖"
    return f"{data.name}{what}"


def pack_page(data: PageData) -> Packed:
    """Pack the data of a page alone, as its engine reads it."""
    return pack(columns_of(data), _meta(data))


def _meta(data: PageData) -> dict[str, Any]:
    """Say what is no column of numbers: names, definitions, notes; text goes nowhere but in here."""
    communities, facilities = data.communities, data.facilities
    return {
        "title": title_of(data),
        "name": data.name,
        "as_of": data.as_of.isoformat(),
        "unit": data.unit,
        "review_no": data.review_no,
        "profile": data.profile,
        "version": data.version,
        "epsg": data.epsg,
        "snap_limit_m": data.snap_limit_m,
        "network_hash": data.network_hash,
        "length_terms": length_terms(data.streets),
        "networks": sorted(data.attached),
        "services": [_service(service) for service in data.services],
        "groups": [
            {"id": group.id, "label": group.label, "estimated": group.estimated, "speed_m_s": group.speed_m_s}
            for group in data.groups
        ],
        "group_labels": data.group_labels,
        "communities": {
            "code": communities.code,
            "name": communities.name,
            "township": communities.township,
            "urban": communities.urban.astype(int).tolist(),
            "sketch": communities.sketch.astype(int).tolist(),
        },
        "facilities": list(zip(facilities.id, facilities.name, facilities.status, strict=True)),
        "places": [[round(lon, 6), round(lat, 6), name, rank] for lon, lat, name, rank in data.surroundings.places],
        "county": {
            service: {"people": people, "covered": covered} for service, (people, covered) in data.county.items()
        },
        "caliber": data.caliber.get("" if len(data.services) > 1 else data.services[0].id, data.caliber.get("", ())),
        "problems": [[problem.severity, problem.sentence()] for problem in data.problems[:TOLD_PROBLEMS]],
        "problem_count": len(data.problems),
        **data.answers.told(),
        **_few(data),
        **({"tiles": list(data.tiles)} if data.tiles else {}),
    }


def _few(data: PageData) -> dict[str, Any]:
    """Say by group which communities have too few people to be shown; a page for the office has none of this."""
    return {"few": {group: np.flatnonzero(marks).tolist() for group, marks in data.few.items()}} if data.few else {}


def _service(service: Any) -> dict[str, Any]:
    return {
        "id": service.id,
        "label": service.label,
        "short": service.short or service.label[:1],
        "group": service.group,
        "reach_m": {"urban": service.reach.urban_m, "rural": service.reach.rural_m},
        "rings_m": list(service.rings_m),
        "speed_m_s": service.speed_m_s,
        "step_free": service.step_free,
        "symbol": service.symbol,
        "colour": service.colour,
        "note": service.note,
    }


def _policy(scripts: list[str], styles: list[str], tiles: tuple[str, ...]) -> str:
    """Allow these scripts and styles by their hashes, pictures and workers made in the page, and nothing else."""
    if wrong := [server for server in tiles if not SERVER.fullmatch(server)]:
        raise ValueError(f"no servers of tiles: {wrong}")
    pictures = " ".join(("data:", "blob:", *tiles))
    script_hashes = " ".join(_hash(script) for script in scripts)
    style_hashes = " ".join(_hash(style) for style in styles)
    return (
        f"default-src 'none'; script-src blob: {script_hashes}; style-src {style_hashes}; "
        f"img-src {pictures}; worker-src blob:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


@cache
def _text(name: str) -> str:
    return (files("jiujin.rendering") / "page" / name).read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _script(name: str) -> str:
    """A script as it may stand inside a page: no map to its source, nothing that could end the element."""
    text = re.sub(r"\n//# sourceMappingURL=\S*", "", _text(name))
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError(f"{name} cannot stand inside a page")
    return text


@cache
def _leaflet_style() -> str:
    """Leaflet's style without its pictures (we draw our own symbols) and without what only old browsers ran."""
    text = re.sub(r"\s*behavior:[^;]*;", "", _text("vendor/leaflet.css"))
    return re.sub(r"\s*background-image: url\((?!#)[^)]*\);", "", text)
