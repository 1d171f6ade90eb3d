"""A new study can be filled in and read at once, and never costs anybody a file."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from jiujin.errors import StudyError
from jiujin.reading.study_file import read_study
from jiujin.rendering.blank_study import write_blank_study

OWN_FILES = ("communities.gpkg", "streets.osm.pbf")


def test_the_new_study_is_read_once_its_files_are_there(tmp_path: Path) -> None:
    folder = tmp_path / '贵溪市 "十五五"（试）'
    write_blank_study(folder, as_of=date(2024, 12, 31))
    for name in OWN_FILES:
        (folder / name).touch()
    study = read_study(folder)
    assert study.name == folder.name
    assert study.as_of == date(2024, 12, 31)
    assert [service.label for service in study.services] == ["党群服务中心", "助老食堂", "如康家园", "社区卫生服务中心"]


def test_only_the_files_that_nobody_can_make_up_are_missing(tmp_path: Path) -> None:
    write_blank_study(tmp_path / "县")
    with pytest.raises(StudyError) as caught:
        read_study(tmp_path / "县")
    assert [problem.rule for problem in caught.value.problems] == ["missing_file", "missing_file"]
    assert all(any(name in problem.found for problem in caught.value.problems) for name in OWN_FILES)


def test_every_commented_line_is_right_when_its_mark_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "县"
    write_blank_study(folder)
    text = (folder / "study.toml").read_text("utf-8")
    awake = re.sub(r'^# (?=[\w"\[][^，：。]*(=|\]))', "", text, flags=re.MULTILINE)
    awake = awake.replace("enabled = false", "enabled = true").replace("本地叫法", "本地叫法{}")
    for number in range(4):
        awake = awake.replace("{}", str(number), 1)
    (folder / "study.toml").write_text(awake, "utf-8")
    for name in (*OWN_FILES, "county.geojson", "buildings.gpkg", "compounds.gpkg", "residential.gpkg", "社会组织.xlsx"):
        (folder / name).touch()
    (folder / "townships").mkdir()
    (folder / "townships" / "某镇.csv").touch()
    (folder / "targets.toml").write_text("", "utf-8")
    awake = awake.replace('"facilities.xlsx" ', '["facilities.xlsx", "townships/某镇.csv"] ')
    (folder / "study.toml").write_text(awake, "utf-8")
    study = read_study(folder)
    assert study.service("school").reach.rural_m == 2000
    assert study.group("preschool").headings == ("儿童数",)
    assert study.group("age60").ratio == 0.209
    assert study.group("age80").speed_m_s == 0.7
    assert study.output.tiles == ("https://*.tianditu.gov.cn",)
    assert study.inputs.options["streets_skip"] == "高速公路"
    assert study.inputs.options["aggregate"] == "grid100"
    assert study.siting is not None
    assert len(study.targets) == 1


def test_the_ledger_has_a_sheet_for_each_service_and_one_that_explains(tmp_path: Path) -> None:
    write_blank_study(tmp_path / "县")
    book = CalamineWorkbook.from_path(str(tmp_path / "县" / "facilities.xlsx"))
    assert book.sheet_names == ["党群服务中心", "助老食堂", "如康家园", "社区卫生服务中心", "填写说明"]
    head = book.get_sheet_by_name("助老食堂").to_python()[0]
    assert {"名称", "经度", "纬度", "运营状态", "投用时间", "服务能力"} <= set(head)


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    written = [write_blank_study(tmp_path / name / "县") for name in ("甲", "乙")]
    for one, other in zip(*written, strict=True):
        assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(written[0][0]) as book:
        assert {entry.date_time[0] for entry in book.infolist()} == {1980}


def test_an_empty_folder_is_filled_and_a_used_one_is_left_alone(tmp_path: Path) -> None:
    write_blank_study(tmp_path)
    mine = tmp_path / "study.toml"
    mine.write_text("mine")
    with pytest.raises(StudyError, match="不是空文件夹"):
        write_blank_study(tmp_path)
    assert mine.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StudyError):
        write_blank_study(tmp_path / "file" / "县")
