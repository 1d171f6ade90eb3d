"""What a file is, whatever it is called; and what cannot be read says what to do."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from jiujin import pipeline
from jiujin.errors import TableError
from jiujin.reading.ledger import read_ledger
from jiujin.reading.sheets import read_sheets
from jiujin.reading.workbook_files import CELL_LIMIT, column_letters, column_number
from jiujin.tables import FACILITIES
from worlds import Town

OFFICE_XLS = Path(__file__).with_name("office.xls")
"""A workbook of Excel 97, as LibreOffice saves it: a title, a township merged over two rows, days, a hidden sheet."""

ROWS = [["名称", "经度", "纬度"], ["南关社区助老食堂", 117.125, 36.25], ["北关社区助老食堂", 117.135, 36.35]]
TEXT = "名称,经度,纬度\n南关社区助老食堂,117.125,36.25\n北关社区助老食堂,117.135,36.35\n"


def workbook(path: Path, rows: list[list[object]] = ROWS) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("台账")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return path


def names(path: Path) -> list[object]:
    tables, _ = read_ledger(path, FACILITIES, file=path.name)
    return [name for table in tables for name in table.frame["name"]]


def refused(path: Path) -> tuple[str, str]:
    with pytest.raises(TableError) as raised:
        read_ledger(path, FACILITIES, file=path.name)
    problem = raised.value.problems[-1]
    assert problem.file == path.name
    return problem.rule, problem.action


@pytest.mark.parametrize(
    "name", ["台账.xlsx", "台账.xlsm", "示例县 助老食堂（终稿）.xlsx", "台账.xls", "台账.csv", "台账"]
)
def test_a_workbook_is_one_whatever_its_name(tmp_path: Path, name: str) -> None:
    made = workbook(tmp_path / "made.xlsx")
    assert names(made.rename(tmp_path / name)) == ["南关社区助老食堂", "北关社区助老食堂"]


def test_a_workbook_of_excel_97() -> None:
    (table,), problems = read_ledger(OFFICE_XLS, FACILITIES, file="office.xls")
    assert list(table.frame["name"]) == ["南关社区助老食堂", "北关社区助老食堂"]
    assert list(table.frame["township"]) == ["南关街道", "南关街道"]
    assert [str(day) for day in table.frame["opened"]] == ["2023-06-01", "2023-12-31"]
    assert list(table.frame["row"]) == [3, 4]
    assert [problem.rule for problem in problems] == ["merged_cells_filled", "hidden_sheet"]


def test_a_study_is_built_from_a_ledger_of_excel_97(tmp_path: Path) -> None:
    """The community holds both canteens; service, township, days and rows are those of the sheet."""
    town = Town(communities=[("370000001001", "南关社区", "urban", (-2000.0, -43000.0, 14000.0, 2000.0))])
    study = town.person(0, 0, 5, age60=5).write(tmp_path)
    (study / "台账.xls").write_bytes(OFFICE_XLS.read_bytes())
    said = (study / "study.toml").read_text(encoding="utf-8").replace("facilities.csv", "台账.xls")
    (study / "study.toml").write_text(said, encoding="utf-8")
    pipeline.build(study, tmp_path / "out", atlas=False)
    rows = (tmp_path / "out" / "tables" / "facilities.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [(row.split(",")[1:3], row.split(",")[-3:]) for row in rows] == [
        (["北关社区助老食堂", "elderly_canteen"], ["台账.xls", "助老食堂", "4"]),
        (["南关社区助老食堂", "elderly_canteen"], ["台账.xls", "助老食堂", "3"]),
    ]


@pytest.mark.parametrize("name", ["台账.xls", "台账.xlsx", "台账.csv", "台账.txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_text_is_text_whatever_its_name(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    path.write_bytes(TEXT.encode(encoding))
    assert names(path) == ["南关社区助老食堂", "北关社区助老食堂"]


HTML = """<html xmlns:x="urn:schemas-microsoft-com:office:excel">
<head><meta charset="{0}"><style>td {{color: red}}</style></head><body>
<table border=1><tr><td colspan=4>示例县台账</td></tr>
<tr><th>镇街<th>名称<th>经度<th>纬度</tr>
<tr><td rowspan=2>南关街道</td><td>南关社区<br>助老食堂</td><td x:num="117.125">117.13</td><td>36.25</td></tr>
<tr><td>北关&amp;西关食堂</td><td>117.135</td><td>36.35</td></tr></table></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_a_web_page_named_xls(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "导出.xls"
    path.write_bytes(HTML.format(encoding).encode(encoding))
    (table,), problems = read_ledger(path, FACILITIES, file=path.name)
    assert list(table.frame["township"]) == ["南关街道", "南关街道"]
    assert list(table.frame["name"]) == ["南关社区\n助老食堂", "北关&西关食堂"]
    assert list(table.frame["lon"]) == ["117.125", "117.135"]
    assert list(table.frame["row"]) == [3, 4]
    assert [problem.rule for problem in problems] == ["merged_cells_filled"]


def test_an_xml_spreadsheet_of_2003(tmp_path: Path) -> None:
    path = tmp_path / "导出.xls"
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) + "</Row>"
        for row in ROWS
    )
    last = '<Row ss:Index="6"><Cell ss:Index="2"><Data ss:Type="Number">117.2</Data></Cell></Row>'
    head = (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns:ss="urn:office:spreadsheet">'
    )
    path.write_text(
        f'{head}<Worksheet ss:Name="台账"><Table>{rows}{last}</Table></Worksheet></Workbook>', encoding="utf-8"
    )
    (table,), _ = read_ledger(path, FACILITIES, file=path.name)
    assert table.sheet == "台账"
    assert list(table.frame["row"]) == [2, 3, 6]
    assert list(table.frame["lon"]) == ["117.125", "117.135", "117.2"]


def test_a_web_page_without_a_table(tmp_path: Path) -> None:
    path = tmp_path / "导出.xls"
    path.write_text("<html><body>请先登录</body></html>", encoding="utf-8")
    assert refused(path)[0] == "not_a_table"


def test_a_password_is_told(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)
    )
    rule, action = refused(path)
    assert rule == "password"
    assert "取消密码" in action


@pytest.mark.parametrize("name", ["台账.et", "台账.wps", "台账.ett"])
def test_the_formats_of_wps_say_save_as_xlsx(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000))
    rule, action = refused(path)
    assert rule == "wps_format"
    assert "xlsx" in action


def test_a_lock_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "~$台账.xlsx"
    path.write_bytes(b"\x05user" + bytes(160))
    assert refused(path)[0] == "lock_file"


@pytest.mark.parametrize("data", [b"", b"\x00\x00", b"\xef\xbb\xbf", b"\n\n  \n", b"\xff\xfe", b"\x1a"])
def test_an_empty_file_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "台账.csv"
    path.write_bytes(data)
    assert refused(path)[0] == "file_empty"


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "没有.xlsx")[0] == "file_missing"
    assert refused(tmp_path)[0] == "not_a_table"


def test_a_heading_alone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "台账.csv"
    path.write_text("名称,经度,纬度\n", encoding="utf-8")
    assert refused(path)[0] == "table_empty"


def test_other_zips_are_told_apart(tmp_path: Path) -> None:
    for name, inside in (("层.xlsx", "roads.shp"), ("文.xlsx", "word/document.xml"), ("空.xlsx", "readme.txt")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(inside, "x")
        assert refused(tmp_path / name)[0] == "not_a_table"


def with_sheet_xml(path: Path, xml: bytes, *, size: int | None = None) -> Path:
    """Put another worksheet into a good workbook; `size` makes the archive lie about how large it is."""
    good = workbook(path.with_name("good.xlsx"))
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, xml if entry.filename == "xl/worksheets/sheet1.xml" else source.read(entry))
    if size is not None:
        data = bytearray(path.read_bytes())
        start = data.index(b"PK\x01\x02", data.index(b"xl/worksheets/sheet1.xml"))
        while data[start + 46 : start + 46 + 24] != b"xl/worksheets/sheet1.xml":
            start = data.index(b"PK\x01\x02", start + 4)
        data[start + 24 : start + 28] = size.to_bytes(4, "little")
        path.write_bytes(bytes(data))
    return path


HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


def row(number: int, *cells: str) -> bytes:
    inside = "".join(
        f'<c r="{column_letters(column)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        for column, cell in enumerate(cells)
        if cell
    )
    return f'<row r="{number}">{inside}</row>'.encode()


def test_a_million_rows_that_are_only_formatted_cost_nothing(tmp_path: Path) -> None:
    blank = b"".join(
        b'<row r="%d"><c r="A%d" s="1"/><c r="XFD%d" s="1"/></row>' % (n, n, n) for n in range(3, 1_048_577, 8)
    )
    path = with_sheet_xml(
        tmp_path / "a.xlsx", HEAD + row(1, "名称", "经度", "纬度") + row(2, "南关食堂", "117.1", "36.2") + blank + TAIL
    )
    assert names(path) == ["南关食堂"]


def test_one_value_in_the_far_corner_is_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = with_sheet_xml(
        tmp_path / "a.xlsx", HEAD + row(1, "名称", "经度", "纬度") + row(2, "南关食堂", "117.1", "36.2") + far + TAIL
    )
    with pytest.raises(TableError) as raised:
        read_ledger(path, FACILITIES, file="a.xlsx")
    assert raised.value.problems[0].rule == "sheet_too_large"
    assert CELL_LIMIT < 1_048_576 * 16_384


def test_a_zip_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    path = with_sheet_xml(tmp_path / "a.xlsx", HEAD + TAIL, size=4_000_000_000)
    assert refused(path)[0] == "workbook_too_large"


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = with_sheet_xml(
        tmp_path / "a.xlsx", HEAD + row(1, "名称", "经度", "纬度") + b" " * 3_000_000 + TAIL, size=200
    )
    assert refused(path)[0] == "file_damaged"


def test_entities_in_a_worksheet_do_not_expand(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    cell = b'<row r="2"><c r="A2" t="inlineStr"><is><t>&b;</t></is></c></row>'
    path = with_sheet_xml(tmp_path / "a.xlsx", laughs + HEAD + row(1, "名称", "经度", "纬度") + cell + TAIL)
    with contextlib.suppress(TableError):  # refusing is as good as reading it plainly
        sheets, _ = read_sheets(path)
        assert "haha" not in str(sheets[0].cells)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_told(tmp_path: Path, share: float) -> None:
    data = workbook(tmp_path / "good.xlsx").read_bytes()
    path = tmp_path / "台账.xlsx"
    path.write_bytes(data[: int(len(data) * share)])
    assert refused(path)[0] == "file_damaged"


def test_columns_are_counted_as_a_spreadsheet_program_names_them() -> None:
    assert [column_letters(number) for number in (0, 25, 26, 16_383)] == ["A", "Z", "AA", "XFD"]
    assert all(column_number(column_letters(number).encode()) == number for number in range(0, 16_384, 97))
