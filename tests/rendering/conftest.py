"""A small county with two townships and hostile names, run once for all tests of what is written for people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jiujin import pipeline
from jiujin.analysis.results import Results
from jiujin.reading.study_file import read_study
from worlds import Town

SETTINGS = """
[population]
disabled = { share_of = "total", ratio = 0.027 }
[output]
unit = "棋盘县民政局&卫健局"
[siting]
service = "elderly_canteen"
count = 1
[[targets]]
id = "canteens"
label = "助老食堂"
measure = "site_count"
service = "elderly_canteen"
goal = 3
unit = "家"
source = "=二、社区养老"
"""


def chess_county(folder: Path) -> Path:
    """Four communities of two townships on a chessboard of streets; the north-east has nobody within reach."""
    town = Town(size=16, settings=SETTINGS)
    town.communities = [
        ("370000001001", "=1+1社区", "urban", (-500.0, -500.0, 1000.0, 1500.0)),
        ("370000001002", "东$社区$", "urban", (1000.0, -500.0, 3500.0, 1500.0)),
        ("370000002201", "北[村]:*?/\\<b>", "rural", (-500.0, 1500.0, 1500.0, 3500.0)),
        ("370000002202", "空村", "rural", (1500.0, 1500.0, 3500.0, 3500.0)),
    ]
    for step in range(12):
        town.person(50.0 * step, 100.0 * step, total=100 + step, age60=20 + step)
    town.person(2800, 200, total=7, age60=2).person(3000, 0, total=60, age60=13).person(2600, 2600, total=4, age60=4)
    town.facility("elderly_canteen", 0, 0, name="=cmd|' /C calc'!A0", capacity=40)
    town.facility("party_centre", 400, 400, name="@SUM(A1)").facility("party_centre", 3000, 0, status="停用")
    town.facility("health_centre", 200, 1800, name="+北卫生院")
    return town.write(folder)


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The results of the small county, for its own office."""
    return pipeline.run(read_study(chess_county(tmp_path_factory.mktemp("chess"))))


@pytest.fixture(scope="session")
def public_county(county: Results) -> Results:
    """The same results, to be shown to anyone."""
    study = county.study
    return replace(county, study=replace(study, output=replace(study.output, profile="public", review_no="")))
