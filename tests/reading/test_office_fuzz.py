"""Random sheets laid out as in offices give back what was put in; damaged files give a TableError and nothing else."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiujin.errors import TableError
from jiujin.reading.ledger import LedgerTable
from jiujin.reading.ledger_rows import tables_of
from jiujin.reading.sheets import Merge, Sheet, sheets_in
from jiujin.reading.values import clean_text, to_date, to_number, to_status
from jiujin.tables import FACILITIES, POPULATION

HEADINGS = {
    "name": ["名称", "设施名称", "站点\n名称", "食堂名称", "name", "机构名称（全称）"],
    "township": ["镇街", "所属街道", "乡镇（街道）", "乡镇"],
    "lon": ["经度", "lon", "东经", "经度（E）", "高德经度"],
    "lat": ["纬度", "lat", "北纬", "纬度（N）", "高德纬度"],
    "capacity": ["座位数", "服务能力（人/日）", "可容纳人数", "capacity"],
    "status": ["运营状态", "是否运营", "状态"],
}
TITLES = ["示例县助老食堂台账（2023年）", "填报单位：示例县民政局", "附件2", "单位：家、人", "截至2023年底"]
NOTES = ["备注：坐标取自天地图", "填表人：某某", "说明：以上为全部站点", "注：1.仅统计已投用的"]
TOTALS = ["合计", "小计", "总 计", "全县合计"]
PLACES = "东西南北中大小新老李王张赵"


@dataclass
class Written:
    """One sheet as it will be written, and the truth: (row, name, township, lon, lat, capacity) of each facility."""

    cells: list[list[object]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    truth: list[tuple[int, str, str, float, float, float]] = field(default_factory=list)


@st.composite
def office_sheets(draw: st.DrawFn, *, merged: bool) -> Written:
    written = Written()
    columns = draw(st.permutations(["name", "township", "lon", "lat", "capacity"]))
    columns = ["seq", *columns] if draw(st.booleans()) else columns
    texts = [draw(st.sampled_from(HEADINGS.get(column, ["序号"]))) for column in columns]
    for title in draw(st.lists(st.sampled_from(TITLES), max_size=3, unique=True)):
        written.cells.append([title, *[None] * (len(columns) - 1)])
    if draw(st.booleans()):
        written.cells.append([None] * len(columns))
    beside = abs(columns.index("lon") - columns.index("lat")) == 1
    two_rows = merged and beside and draw(st.booleans())
    head = _heading(written, columns, texts, two_rows=two_rows)
    townships = draw(st.lists(st.sampled_from(["南关街道", "北关镇", "李家乡"]), min_size=1, max_size=3, unique=True))
    number = 0
    for township in townships:
        first = len(written.cells)
        for _ in range(draw(st.integers(1, 4))):
            number += 1
            _facility(draw, written, columns, township, number, first=len(written.cells) == first, merged=merged)
        if merged and len(written.cells) - first > 1:
            left = columns.index("township")
            written.merges.append(Merge(top=first, left=left, bottom=len(written.cells) - 1, right=left))
        between = draw(st.sampled_from(["", "", "blank", "subtotal", "heading"]))
        if between == "blank":
            written.cells.append([None] * len(columns))
        elif between == "subtotal":
            written.cells.append([draw(st.sampled_from(TOTALS)), *[None] * (len(columns) - 2), 99.0])
        elif between == "heading" and not two_rows:
            written.cells.append(list(head))
    for note in draw(st.lists(st.sampled_from(NOTES), max_size=2, unique=True)):
        written.cells.append([note, *[None] * (len(columns) - 1)])
    return written


def _heading(written: Written, columns: list[str], texts: list[str], *, two_rows: bool) -> list[object]:
    if not two_rows:
        written.cells.append(list(texts))
        return list(texts)
    top, left = len(written.cells), min(columns.index("lon"), columns.index("lat"))
    pair = (left, left + 1)
    written.cells.append(
        ["地理坐标" if column == left else None if column in pair else text for column, text in enumerate(texts)]
    )
    written.cells.append([text if column in pair else None for column, text in enumerate(texts)])
    written.merges.append(Merge(top=top, left=left, bottom=top, right=left + 1))
    written.merges.extend(
        Merge(top=top, left=column, bottom=top + 1, right=column) for column in range(len(texts)) if column not in pair
    )
    return list(texts)


def _facility(
    draw: st.DrawFn, written: Written, columns: list[str], township: str, number: int, *, first: bool, merged: bool
) -> None:
    name = f"{draw(st.sampled_from(PLACES))}{draw(st.sampled_from(PLACES))}村第{number}助老食堂"
    lon, lat = round(117 + draw(st.integers(1, 999_999)) / 1e6, 6), round(36 + draw(st.integers(1, 999_999)) / 1e6, 6)
    capacity = draw(st.integers(1, 2000))
    said = {
        "seq": float(number),
        "name": draw(st.sampled_from([name, f" {name}", f"{name}\u3000", f"{name[:3]}\n{name[3:]}"])),
        "township": township if first else None if merged else draw(st.sampled_from([township, "同上", "〃"])),
        "lon": draw(st.sampled_from([lon, f"{lon:.6f}"])),
        "lat": draw(st.sampled_from([lat, f" {lat:.6f}"])),
        "capacity": draw(
            st.sampled_from([float(capacity), str(capacity), f"{capacity:,}", f"约{capacity}人", f"{capacity}座"])
        ),
    }
    written.cells.append([said[column] for column in columns])
    written.truth.append((len(written.cells), name, township, lon, lat, float(capacity)))


def found(tables: list[LedgerTable]) -> list[tuple[object, ...]]:
    rows = []
    for table in tables:
        frame = table.frame
        for row, name, township, lon, lat, capacity in zip(
            frame["row"], frame["name"], frame["township"], frame["lon"], frame["lat"], frame["capacity"], strict=True
        ):
            numbers = [to_number(cell).value for cell in (lon, lat, capacity)]
            rows.append((int(row), clean_text(name), clean_text(township), *numbers))
    return rows


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(office_sheets(merged=True))
def test_a_sheet_with_merges_gives_back_its_facilities(written: Written) -> None:
    tables, _ = tables_of(Sheet(file="a.xlsx", name="台账", cells=written.cells, merges=written.merges), FACILITIES)
    assert found(tables) == written.truth


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    written=office_sheets(merged=False),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"]),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    ends=st.sampled_from(["\n", "\r\n"]),
    tail=st.sampled_from([b"", b"\x1a", b"\x00"]),
)
def test_a_text_file_gives_back_its_facilities(
    written: Written, encoding: str, separator: str, ends: str, tail: bytes
) -> None:
    lines = [separator.join(_quoted(cell, separator) for cell in row) for row in written.cells]
    data = (ends.join(lines) + ends).encode(encoding)
    sheets, _ = sheets_in(data if encoding == "utf-16" else data + tail, file="a.csv")
    tables, _ = tables_of(sheets[0], FACILITIES)
    assert found(tables) == written.truth


def _quoted(cell: object, separator: str) -> str:
    text = "" if cell is None else f"{cell:.10g}" if isinstance(cell, float) else str(cell)
    return f'"{text}"' if separator in text or "\n" in text or '"' in text else text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(office_sheets(merged=True))
def test_a_workbook_gives_back_its_facilities(written: Written) -> None:
    sheets, problems = sheets_in(_workbook(written), file="a.xlsx")
    assert problems == []
    tables, _ = tables_of(sheets[0], FACILITIES)
    assert found(tables) == written.truth


def _workbook(written: Written) -> bytes:
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory, {"in_memory": True})
    sheet = book.add_worksheet("台账")
    for number, row in enumerate(written.cells):
        sheet.write_row(number, 0, row)
    for merge in written.merges:
        value = written.cells[merge.top][merge.left]
        sheet.merge_range(merge.top, merge.left, merge.bottom, merge.right, value)
        for row in range(merge.top, merge.bottom + 1):
            for column in range(merge.left, merge.right + 1):
                if written.cells[row][column] is not None and (row, column) != (merge.top, merge.left):
                    sheet.write(row, column, written.cells[row][column])
    book.close()
    return memory.getvalue()


def _seeds() -> dict[str, bytes]:
    rows: list[list[object]] = [
        ["名称", "经度", "纬度"],
        ["南关社区助老食堂", 117.125, 36.25],
        ["北关社区助老食堂", 117.135, 36.35],
    ]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    html = (
        "<table>" + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows) + "</table>"
    )
    return {
        "a.xlsx": _workbook(Written(cells=rows)),
        "a.xls": Path(__file__).with_name("office.xls").read_bytes(),
        "gbk.csv": text.encode("gbk"),
        "wide.txt": text.encode("utf-16"),
        "web.xls": html.encode("gbk"),
    }


SEEDS = _seeds()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(SEEDS)),
    cut=st.none() | st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=0, max_size=4)), max_size=6),
)
def test_a_damaged_file_is_read_or_refused_and_never_a_crash(
    name: str, cut: float | None, flips: list[tuple[float, bytes]]
) -> None:
    data = bytearray(SEEDS[name])
    for place, bytes_put in flips:
        at = int(place * (len(data) - 1)) if data else 0
        data[at : at + len(bytes_put)] = bytes_put
    data = data if cut is None else data[: int(len(data) * cut)]
    _survives(bytes(data), name)


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from(
        [
            b"",
            b"PK\x03\x04",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"<table>",
            b"<html><tr>",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            "名称,经度,纬度\n".encode("gbk"),
        ]
    ),
    body=st.binary(max_size=600),
)
def test_random_bytes_are_read_or_refused(head: bytes, body: bytes) -> None:
    _survives(head + body, "a.xls")


def _survives(data: bytes, name: str) -> None:
    try:
        sheets, _ = sheets_in(data, file=name)
    except TableError as refusal:
        unsaid = [problem for problem in refusal.problems if not problem.found]
        if unsaid or not refusal.problems:
            raise
        return
    for sheet in sheets:
        for table in (FACILITIES, POPULATION):
            for one in tables_of(sheet, table)[0]:
                assert one.frame["row"].is_monotonic_increasing
                for values in one.frame.drop(columns="row").to_numpy():
                    for cell in values:
                        for read in (clean_text, to_number, to_date, to_status):
                            read(cell)
