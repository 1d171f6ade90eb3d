"""The notebooks: stripped in git, run through without network or warnings, and true to the command's numbers."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from functools import cache
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

import jiujin

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]

GUARD = """
import socket, warnings
def _refuse(*_, **__):
    raise OSError("a notebook asked for the network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = _refuse
warnings.simplefilter("always")
"""
"""What every kernel starts with: no way out, and every warning is told, which the test takes for a failure."""


@cache
def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def sources(name: str, kind: str) -> str:
    return "\n".join(cell.source for cell in read(name).cells if cell.cell_type == kind)


def test_all_five_are_there_in_order() -> None:
    assert [name[:2] for name in NAMES] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_committed_is_valid_stripped_and_has_fixed_cell_ids(name: str) -> None:
    book = read(name)
    nbformat.validate(book)
    assert [cell.id for cell in book.cells] == [f"{name[:2]}-{number:02d}" for number in range(1, len(book.cells) + 1)]
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert set(book.metadata) == {"kernelspec", "language_info"}
    assert all(cell.metadata == {} for cell in book.cells)


@pytest.mark.parametrize("name", NAMES)
def test_only_public_names_are_used_and_the_prose_is_chinese(name: str) -> None:
    code = sources(name, "code")
    assert set(re.findall(r"\bjiujin\.(\w+)", code)) <= set(jiujin.__all__)
    assert not re.search(r"(from|import) jiujin\.", code)
    prose = sources(name, "markdown")
    assert len(re.findall(r"[\u4e00-\u9fff]", prose)) > 0.5 * len(re.sub(r"\s", "", prose))


def test_without_a_chinese_font_pictures_speak_english_and_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import matplotlib.pyplot as plt
    from matplotlib import font_manager

    spec = importlib.util.spec_from_file_location("plots", ROOT / "notebooks" / "plots.py")
    plots = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plots)
    with plt.rc_context():
        monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
        assert plots.prepare()("覆盖率", "coverage") == "coverage"
        assert "安装 Noto Sans CJK SC" in capsys.readouterr().out
        face = font_manager.FontEntry(name="SimHei")
        monkeypatch.setattr(font_manager.fontManager, "ttflist", [face])
        assert plots.prepare()("覆盖率", "coverage") == "覆盖率"
        assert plt.rcParams["font.family"] == ["SimHei"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folders that notebooks look into, so that nothing is written into the checkout."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("notebooks", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    return folder


@pytest.fixture(scope="module")
def shown(desk: Path, tmp_path_factory: pytest.TempPathFactory):
    """Run a notebook, once, and give all that it shows as text; pictures are `<image>`."""
    settings = {"IPYTHONDIR": str(tmp_path_factory.mktemp("ipython")), "JUPYTER_PLATFORM_DIRS": "1"}
    ran: dict[str, str] = {}

    def show(name: str) -> str:
        if name not in ran:
            with pytest.MonkeyPatch.context() as patch:
                for key, value in settings.items():
                    patch.setenv(key, value)
                ran[name] = _run(read(name), desk / "notebooks")
        return ran[name]

    return show


@pytest.fixture(scope="module")
def summary(shown, desk: Path) -> dict[str, dict[str, float]]:
    """What `build`, which is all that the command does, has written of the example county, service by service."""
    shown("01-coverage")
    return json.loads((desk / "maps" / "notebook" / "summary.json").read_text(encoding="utf-8"))["services"]


def _run(committed: nbformat.NotebookNode, folder: Path) -> str:
    book = nbformat.from_dict(committed)
    book.cells.insert(0, nbformat.v4.new_code_cell(GUARD, id="guard"))
    client = NotebookClient(
        book, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}, record_timing=False
    )
    client.execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    told = [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert told == []
    return "\n".join(_text(output) for output in outputs)


def _text(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return output.text
    data = output.data
    return "<image>" if "image/png" in data else data.get("text/html", data.get("text/plain", ""))


@pytest.mark.slow
def test_coverage_shows_the_numbers_of_the_command(shown, summary, desk: Path) -> None:
    text = shown("01-coverage")
    assert text.count("<image>") == 3
    assert 'src="../maps/notebook/index.html"' in text
    assert (desk / "maps" / "notebook" / "index.html").is_file()
    for service in summary.values():
        assert f"<td>{service['people']:,.0f}</td>" in text
        assert f"<td>{service['covered']:,.0f}</td>" in text
        for rate in ("pop_rate", "radius_rate", "unit_has", "unit_reached"):
            assert f"<td>{service[rate]:.1%}</td>" in text
    assert "没有住宅建筑、居住用地图层，不计算按面积的覆盖率" in text


@pytest.mark.slow
def test_gaps_and_equity_add_up_to_the_numbers_of_the_command(shown, summary, desk: Path) -> None:
    text = shown("02-gaps-and-equity")
    canteen = summary["elderly_canteen"]
    uncovered = f"{canteen['people'] - canteen['covered']:,.0f}"
    assert f"共 {uncovered} 人；全县未覆盖 {uncovered} 人" in text
    assert f"人均座位为 0 的老年人 {uncovered} 人" in text
    for service in summary.values():
        assert f"{service['pop_rate']:.1%}" in text
    assert text.count("<image>") == 3
    tables = pd.read_csv(desk / "maps" / "notebook" / "tables" / "communities.csv")
    own = tables[tables["service"] == "elderly_canteen"]
    worst = own.loc[(own["people"] - own["covered"]).idxmax()]
    assert f"{worst['community_name']}</th>" in text
    assert f">{worst['people'] - worst['covered']:,.0f}</td>" in text


@pytest.mark.slow
def test_siting_starts_from_the_numbers_of_the_command_and_proves_its_plan(shown, summary) -> None:
    text = shown("03-siting")
    canteen = summary["elderly_canteen"]
    assert f"现状覆盖 {canteen['covered']:,.0f} 人（{canteen['pop_rate']:.1%}）" in text
    after, gained = re.search(r"建成 5 处后覆盖 ([\d,]+) 人.*新增 ([\d,]+) 人", text).groups()
    assert _number(after) - _number(gained) == canteen["covered"]
    assert "已证明" in text or "相差不超过" in text
    assert text.count("<image>") == 2


@pytest.mark.slow
def test_ones_own_data_come_to_what_is_worked_out_by_hand(shown) -> None:
    text = shown("04-your-own-data")
    assert "64 个人口点，常住人口 1,920 人，60岁及以上 576 人" in text
    assert "能用的设施：0 处" in text  # nobody says which datum, and four points are too few to tell
    assert "经度和纬度写反了" in text
    assert "是否想写 name？" in text
    # 49 m to the street, 111 m down or up it to the next cross street, 98 m (or 294 m) along that, 22 m to the door:
    # 280 and 476 m, two homes each on either cross street; on the next ones it is 502 m and more
    assert "500 米内 240 人" in text
    # parcels of 0.001° by 0.001°, 98.1 m by 110.8 m, within 400 m of a canteen, and of twice that, a kilometre away
    assert "居住用地 3.26 公顷，走得到食堂的 1.09 公顷；居住用地覆盖率 33.3%，直线半径 33.3%" in text
    assert "index.html" in text


@pytest.mark.slow
def test_accuracy_shows_the_committed_table_and_no_difference_of_ours(shown) -> None:
    text = shown("05-accuracy")
    assert "步行距离最大相差 0 厘米" in text
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    example = page.split("\n## ")[1]
    rows = [line for line in example.splitlines() if line.startswith("|") and "%" in line]
    assert len(rows) == 8
    for row in rows:
        method, *figures = (cell.strip(" *") for cell in row.strip("|").split("|"))
        at = text.index(f">{method}<")
        line = text[at : text.index("</tr>", at)]
        assert re.findall(r">([\d.,]+%?)<", line) == figures


def _number(text: str) -> int:
    return int(text.replace(",", ""))
