"""The command line: what it prints, with which status it ends, and that it starts at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from worlds import Town

HEAVY = ("numpy", "pandas", "geopandas", "osmnx", "folium", "numba", "scipy", "shapely", "pydantic", "matplotlib")


def jiujin(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jiujin", *map(str, words)], capture_output=True, text=True, encoding="utf-8", cwd=cwd,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies") / "棋盘镇（示例）"
    return Town().person(0, 0, 3, age60=2).person(2000, 2000).facility("party_centre", 400, 400).write(folder)


def test_help_speaks_chinese_and_shows_every_verb_with_an_example() -> None:
    said = jiujin("--help")
    assert said.returncode == 0
    for verb in verbs():
        assert verb in said.stdout
        help_text = jiujin(verb, "--help").stdout
        assert f"示例：jiujin {verb}" in help_text, verb


def verbs() -> list[str]:
    from jiujin.cli import app

    return [command.name or command.callback.__name__ for command in app.registered_commands]


def test_help_needs_nothing_heavy() -> None:
    code = f"import sys; import jiujin.cli; print([m for m in {HEAVY!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [["nonsense"], ["build", "--no-such-option"], ["check"], []])
def test_wrong_usage_ends_with_2_or_shows_help(words: list[str]) -> None:
    said = jiujin(*words)
    assert said.returncode == 2
    assert "jiujin" in said.stdout + said.stderr


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["check"], "缺少项目文件夹"),
        (["nonsense"], "没有 nonsense 这个命令"),
        (["build", "甲", "--uot", "乙"], "没有 --uot 这个选项；相近的有：--out"),
        (["build", "甲", "乙"], "多写了：乙"),
        (["build", "甲", "--out"], "选项 --out 后面要写明内容"),
        (["site", "甲", "--service", "x", "--count", "三"], "选项 --count 应为整数"),
        (["site", "甲", "--service", "x", "--count", "1.5"], "选项 --count 应为整数"),
        (["site", "甲", "--service", "x", "--rate", "八成"], "选项 --rate 应为数字，例如 0.9"),
        (["compare", "甲", "--since", "去年"], "选项 --since 应为日期，例如 2026-10-01"),
        (["batch", "甲", "--by", "州"], "选项 --by 没有 州 这一项；可用的有：prefecture、county、township"),
    ],
)
def test_wrong_usage_is_told_in_chinese(words: list[str], wanted: str) -> None:
    assert jiujin(*words).stderr.splitlines()[0] == f"用法不对：{wanted}"


def test_an_interrupted_command_says_so_and_ends_with_1() -> None:
    code = (
        "import sys\nfrom jiujin import cli, pipeline\ndef stop(*_, **__): raise KeyboardInterrupt\n"
        "pipeline.build = stop\nsys.argv = ['jiujin', 'build', '县']\ncli.main()"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (said.returncode, said.stderr.strip()) == (1, "已中断，原有成果未改动。")


def test_watching_a_study_that_is_not_there_ends_at_once(tmp_path: Path) -> None:
    said = jiujin("watch", tmp_path / "没有")
    assert said.returncode == 1
    assert "没有这个文件夹" in said.stderr


def test_build_writes_into_maps_under_the_working_directory(town: Path, tmp_path: Path) -> None:
    said = jiujin("build", town, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert (tmp_path / "maps" / town.name / "index.html").is_file()
    assert "党群服务中心" in said.stdout
    assert "核对" in said.stdout
    assert "读取道路" in said.stderr  # progress goes beside the results
    assert "\x1b" not in said.stderr  # plain lines when piped


def test_a_build_can_be_compared_with_the_archive(town: Path, tmp_path: Path) -> None:
    assert jiujin("build", town, "--no-atlas", cwd=tmp_path).returncode == 0
    said = jiujin("compare", town, "--since", "2099-01-01", "--json", cwd=tmp_path)
    told = json.loads(said.stdout)
    assert [row["people_before"] for row in told["services"]] == [row["people_after"] for row in told["services"]]
    assert "的存档比较" in said.stderr
    early = jiujin("compare", town, "--since", "2001-01-01", cwd=tmp_path)
    assert (early.returncode, "没有 2001-01-01 及以前的存档" in early.stderr) == (1, True)
    assert jiujin("compare", town).returncode == 2


def test_build_json_is_the_summary_and_nothing_else(town: Path, tmp_path: Path) -> None:
    said = jiujin("build", town, "--out", tmp_path / "out", "--json")
    assert json.loads(said.stdout) == json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))


def test_check_lists_problems_and_writes_nothing(town: Path, tmp_path: Path) -> None:
    before = sorted(path.name for path in town.iterdir())
    said = jiujin("check", town, "--json", cwd=tmp_path)
    problems = json.loads(said.stdout)["problems"]
    assert said.returncode == 0
    assert {"severity", "file", "sheet", "row", "column", "found", "wanted", "rule", "action"} == set(problems[0])
    assert sorted(path.name for path in town.iterdir()) == before
    assert list(tmp_path.iterdir()) == []


def test_every_mistake_is_told_at_once_with_status_1_and_nothing_is_written(tmp_path: Path) -> None:
    folder = Town().person(0, 0).facility("party_centre", 0, 0).write(tmp_path / "study")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace('"streets.osm"', '"nowhere.osm"') + "\n[walk]\nsnap_limit = 5\nisland_m = -3\n"
    (folder / "study.toml").write_text(text, encoding="utf-8")
    said = jiujin("build", folder, "--out", tmp_path / "out")
    assert said.returncode == 1
    for word in ("nowhere.osm", "snap_limit", "island_m"):
        assert word in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "out").exists()
    told = json.loads(jiujin("check", folder, "--json").stdout)["problems"]
    assert len(told) >= 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("population.csv", "", "population.csv"),
        ("population.csv", "id,lon,lat,total\n", "population.csv"),
        ("facilities.csv", "\0\0\0", "facilities.csv"),
        ("communities.geojson", '{"type":"FeatureCollection","features":[]}', "communities.geojson"),
        ("communities.geojson", "not json", "communities.geojson"),
        ("streets.osm", "<osm version='0.6'></osm>", "可步行"),
        ("streets.osm", "<osm><node", "streets.osm"),
    ],
)
def test_a_broken_input_is_told_in_chinese_and_earlier_outputs_stay(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    folder = Town().person(0, 0).facility("party_centre", 0, 0).write(tmp_path / "study")
    out = tmp_path / "out"
    out.mkdir()
    (out / "keep.txt").write_text("earlier", encoding="utf-8")
    (folder / name).write_text(content, encoding="utf-8")
    told = jiujin("build", folder, "--out", out)
    assert told.returncode == 1, told.stdout + told.stderr
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert [path.name for path in out.iterdir()] == ["keep.txt"]


def test_an_invalid_polygon_is_repaired_and_told(tmp_path: Path) -> None:
    folder = Town().person(0, 0).facility("party_centre", 0, 0).write(tmp_path / "study")
    layer = json.loads((folder / "communities.geojson").read_text(encoding="utf-8"))
    ring = layer["features"][0]["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]  # a bow tie
    (folder / "communities.geojson").write_text(json.dumps(layer, ensure_ascii=False), encoding="utf-8")
    told = jiujin("check", folder)
    assert told.returncode == 0, told.stderr
    assert "communities.geojson" in told.stdout


def test_new_makes_a_study_that_explains_itself_and_overwrites_nothing(tmp_path: Path) -> None:
    assert jiujin("new", tmp_path / "我的县").returncode == 0
    assert (tmp_path / "我的县" / "study.toml").is_file()
    before = {path.name: path.read_bytes() for path in (tmp_path / "我的县").iterdir()}
    again = jiujin("new", tmp_path / "我的县")
    assert again.returncode == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / "我的县").iterdir()} == before


def test_ids_that_an_office_fills_into_the_blank_tables_are_kept(tmp_path: Path) -> None:
    from jiujin.reading.ledger import read_ledger
    from jiujin.tables import POPULATION

    jiujin("new", tmp_path / "县")
    path = tmp_path / "县" / "population.csv"
    columns = path.read_text(encoding="utf-8-sig").split("\n", 1)[0].count(",")
    with path.open("a", encoding="utf-8") as file:
        file.write("A7" + ",1" * columns + "\n")
    tables, _ = read_ledger(path, POPULATION, file=path.name)
    assert tables[0].frame["id"].tolist() == ["A7"]
