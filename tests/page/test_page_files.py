"""Files that the page is handed, and its own file when it was cut off: read, or refused with the reason."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("国标码.csv", "service,name,lon,lat\nparty_centre,城南服务点,118.012,36.608\n".encode("gb18030"), "已导入1个"),
        ("统一码.csv", "service,name,lon,lat\nparty_centre,城南服务点,118.012,36.608\n".encode("utf-16"), "已导入1个"),
        ("没有服务.csv", b"name,lon,lat\nx,118,36\n", "第1个点位没有写明服务"),
        ("没有坐标.csv", b"service,name,lon,lat\nparty_centre,x,,36\n", "没有可用的经纬度"),
        ("图片.csv", bytes(range(256)) * 64, "没有写明服务"),
        ("半个.geojson", b'{"features": [{"properties"', "不是完整的"),
        ("空.json", b"{}", "文件不是方案"),
        (
            "过多.csv",
            b"service,lon,lat\n" + b"party_centre,118.012,36.608\n" * 10_000,
            "10,000个点位，本页一个方案最多200个",
        ),
    ],
)
def test_a_file_that_a_spreadsheet_saved_is_read_and_a_damaged_one_is_refused(
    open_page: Callable, small_page: str, name: str, content: bytes, told: str
) -> None:
    page = open_page(small_page)
    page.tab.get_by_role("tab", name="选址试算").click()
    page.tab.locator("#load").set_input_files([{"name": name, "mimeType": "text/plain", "buffer": content}])
    page.until(f"document.getElementById('told').textContent.includes('{told}')")
    names = page.js("JJ.desk.store.state.scenario.sites.map(site => site.name)")
    assert names == (["城南服务点"] if told.startswith("已导入") else [])
    assert page.faults == []


@pytest.mark.parametrize("kept", ["half of the data", "all of the data", "all but the last script"])
def test_a_file_whose_end_is_missing_says_so(chromium: Any, small_page: str, tmp_path: Path, kept: str) -> None:
    data = small_page.index('id="data"')
    end = {
        "half of the data": data + 5000,
        "all of the data": small_page.index("</script>", data) + 20,
        "all but the last script": small_page.rindex("<script"),
    }[kept]
    path = tmp_path / "cut.html"
    path.write_text(small_page[:end], encoding="utf-8")
    tab = chromium.new_page()
    tab.goto(path.as_uri())
    assert "文件不完整" in tab.inner_text("body")
    assert "自检" not in tab.inner_text("body")
    tab.close()


PLAN = "JSON.stringify([JJ.desk.store.state.scenario.sites, JJ.desk.store.state.scenario.closed])"


def test_a_plan_goes_out_and_in_as_a_workbook_also_when_another_program_has_saved_it(
    open_page: Callable, small_page: str, tmp_path: Path
) -> None:
    page = open_page(small_page)
    page.js("JJ.desk.place(118.012, 36.608); JJ.desk.place(118.004, 36.604)")
    page.js("JJ.desk.store.setScenario(JJ.scenarios.change(JJ.desk.store.state.scenario, 's2', {name: '=1+1'}))")
    page.js("JJ.desk.toggleClosed('party_centre', 'party_centre-02')")
    before = page.js(PLAN)
    page.tab.get_by_role("button", name="打印与导出").click()
    own = page.saved_by(page.tab.get_by_role("button", name="保存表格（XLSX）")).rename(tmp_path / "own.xlsx")
    page.tab.get_by_role("button", name="关闭").click()
    book = openpyxl.load_workbook(own)
    book.save(tmp_path / "saved.xlsx")  # deflated, with shared strings
    for name in ("own.xlsx", "saved.xlsx"):
        page.js("JJ.desk.store.setScenario(JJ.scenarios.empty)")
        page.tab.locator("#load").set_input_files(tmp_path / name)
        page.until("JJ.desk.store.state.scenario.sites.length === 2")
        assert json.loads(page.js(PLAN)) == json.loads(before), name
    assert page.faults == []


def test_a_workbook_without_a_plan_or_cut_off_is_refused(open_page: Callable, small_page: str) -> None:
    page = open_page(small_page)
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    whole = made.getvalue()
    for name, content, told in (
        ("空.xlsx", whole, "没有选址方案"),
        ("半个.xlsx", whole[: len(whole) // 2], "工作簿不完整"),
        ("旧.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "另存为 xlsx"),
    ):
        page.tab.locator("#load").set_input_files([{"name": name, "mimeType": "", "buffer": content}])
        page.until(f"document.getElementById('told').textContent.includes('{told}')")
    assert page.js("JJ.desk.store.state.scenario.sites.length") == 0
    assert page.faults == []
