"""The page of what changed since an earlier build: on demand only, with the numbers of the comparison, and checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jiujin.analysis.access import NO_WALK
from jiujin.analysis.change import Built, built_of, changes_between, moved
from jiujin.errors import TableError
from jiujin.rendering.page import html_of
from jiujin.rendering.page_change import write_change_page
from jiujin.rendering.page_data import page_data
from jiujin.rendering.staging import staged
from page.page_worlds import town, with_facilities

pytestmark = pytest.mark.browser


def built(results: Any) -> Built:
    """See a made-up town as a build."""
    results.answers.targets = pd.DataFrame(columns=["id", "label", "goal", "unit", "found", "state"])
    walks = {}
    for service, access in results.access.items():
        cm = access.walk_cm.astype(np.float64)
        walks[service] = np.where(access.walk_cm == NO_WALK, np.nan, cm / 100)
    of_people = built_of(results, walks)
    of_people.people.insert(1, "lon", results.people["lon"].to_numpy())
    of_people.people.insert(2, "lat", results.people["lat"].to_numpy())
    return of_people


@pytest.fixture(scope="module")
def two_builds() -> SimpleNamespace:
    """A town before and after: one service point opened, another closed."""
    now = town(people=900)
    now.facilities["name"] = now.facilities["name"].where(now.facilities.index != 0, "</script><script>ran()</script>")
    sites = np.flatnonzero(now.facilities["service"] == "party_centre")
    counted = now.facilities["counted"].to_numpy(np.bool_).copy()
    counted[sites[0]] = False
    before = with_facilities(now, now.facilities.assign(counted=counted))
    counted = counted.copy()
    counted[sites[[0, 3]]] = [True, False]
    after = with_facilities(now, now.facilities.assign(counted=counted))
    return SimpleNamespace(before=built(before), after=built(after), results=after)


@pytest.fixture(scope="module")
def change_page(two_builds: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("change")
    (folder / "index.html").write_text(html_of(page_data(two_builds.results)), encoding="utf-8", newline="\n")
    write(two_builds, folder, folder / "change.html")
    return (folder / "change.html").read_text(encoding="utf-8")


def write(builds: SimpleNamespace, folder: Path, path: Path) -> None:
    write_change_page(
        path,
        page=folder / "index.html",
        before=builds.before,
        after=builds.after,
        changes=changes_between(builds.before, builds.after),
        since="2022-12-31的成果",
    )


def test_the_page_counts_who_is_reached_newly_and_no_longer_as_the_comparison_does(
    open_page: Callable, two_builds: SimpleNamespace, change_page: str
) -> None:
    page = open_page(change_page)
    rows = moved(two_builds.before, two_builds.after, "party_centre")
    assert rows is not None
    people = two_builds.after.people
    more, less = (people.iloc[moving]["total"].sum() for moving in rows)
    assert more > 0 < less
    page.tab.get_by_role("tab", name="变化").click()
    said = page.js("document.getElementById('since-sum').textContent")
    assert f"新增覆盖 {round(more):,} 人，不再覆盖 {round(less):,} 人" in said
    shown = page.js("JJ.sinceChanges(JJ.desk).places.map(one => [one.c, one.more, one.less])")
    home = two_builds.results.community
    for c, gained, lost in shown:
        assert gained == people.iloc[[p for p in rows[0] if home[p] == c]]["total"].sum()
        assert lost == people.iloc[[p for p in rows[1] if home[p] == c]]["total"].sum()
    assert page.js("document.getElementById('alarm').hidden")
    assert "与2022-12-31的成果相比" in page.text("#title-block")
    assert page.faults == []


def test_a_build_itself_tells_nothing_of_what_was_before(two_builds: SimpleNamespace, change_page: str) -> None:
    plain = html_of(page_data(two_builds.results))
    assert 'id="change"' not in plain
    block = re.search(r'<script type="text/plain" id="change">[^<]*</script>\n', change_page)
    assert block is not None
    assert change_page.replace(block.group(), "") == plain, "nothing else differs"


def test_the_layer_is_drawn_in_two_shapes_and_can_be_switched_off(open_page: Callable, change_page: str) -> None:
    page = open_page(change_page)
    assert "▲与上次相比新增覆盖" in page.text("#legend").replace("\n", "")
    page.js("JJ.byId('layers').open = true")
    drawn = (
        "(() => { const c = document.querySelector('.leaflet-marker-pane canvas'), d = c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 0; i < d.length; i += 4)"
        " if (d[i + 3] > 250 && d[i] === 0 && d[i + 1] === 0x57 && d[i + 2] === 0x3f) n++; return n; })()"
    )
    page.until(f"{drawn} > 50")
    page.tab.get_by_role("checkbox", name="与上次相比").uncheck()
    page.until(f"{drawn} === 0")
    assert "与上次相比" not in page.text("#legend")


def test_a_change_of_another_build_is_refused_over_the_page(open_page: Callable, change_page: str) -> None:
    page = open_page(re.sub(r'("points":)\d+', r"\g<1>7", change_page))
    assert "不属于本页" in page.text("#alarm")
    assert page.js("document.getElementById('tab-since')") is None
    cut = re.search(r'id="change">([^<]*)<', change_page)
    assert cut is not None
    page = open_page(change_page.replace(cut.group(1), cut.group(1)[:-5]))
    assert "不属于本页" in page.text("#alarm")


def test_without_a_page_nothing_is_written(two_builds: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(TableError) as refused:
        write(two_builds, tmp_path, tmp_path / "change.html")
    assert refused.value.problems[0].wanted == "新成果文件夹中的 index.html"
    assert not (tmp_path / "change.html").exists()


def test_a_map_of_changes_takes_the_place_of_no_other_file(two_builds: SimpleNamespace, tmp_path: Path) -> None:
    with staged(tmp_path / "maps") as stage:
        (stage / "index.html").write_text(html_of(page_data(two_builds.results)), encoding="utf-8", newline="\n")
        (stage / "elderly_canteen.html").write_text("一张单项地图", encoding="utf-8")
        (stage / "tables").mkdir()
        (stage / "tables" / "quality.csv").write_text("规则", encoding="utf-8")
    maps = tmp_path / "maps"
    before = {path: path.read_bytes() for path in maps.rglob("*") if path.is_file()}
    letter = tmp_path / "letter.html"
    letter.write_text("别人的文件", encoding="utf-8")
    for taken in (maps / "index.html", maps / "tables" / "quality.csv", letter, maps / ".." / "letter.html"):
        with pytest.raises(TableError) as refused:
            write(two_builds, maps, taken)
        problem = refused.value.problems[0]
        assert problem.rule == "map_in_the_way"
        assert taken.name in problem.found
    with pytest.raises(TableError):
        write(two_builds, maps, maps)
    (maps / "elderly_canteen.html").unlink()
    with pytest.raises(TableError, match="成果"):
        write(two_builds, maps, maps / "elderly_canteen.html")  # the next build would write over it
    del before[maps / "elderly_canteen.html"]
    assert {path: path.read_bytes() for path in maps.rglob("*") if path.is_file()} == before
    assert letter.read_text("utf-8") == "别人的文件"
    for _ in range(2):  # its own earlier page it may replace, in the build's folder or elsewhere
        write(two_builds, maps, maps / "change.html")
        write(two_builds, maps, tmp_path / "new" / "change.html")
    assert (maps / "change.html").read_bytes() == (tmp_path / "new" / "change.html").read_bytes()
