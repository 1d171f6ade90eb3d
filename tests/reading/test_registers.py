"""Lists of single persons are added up or refused, and nothing of a person survives."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from jiujin.errors import Problem, TableError
from jiujin.reading.population import read_population
from jiujin.reading.registers import ages_of, is_register
from jiujin.study import Inputs, Study

NAMES = ("张三丰", "李四光", "王五一", "赵六安", "钱七宝")
NUMBERS = ("370101194001011234", "370101195512310021", "37010119800229002X", "370101196312310033", "370101201001010044")
ROWS = [
    (117.0101, 36.0201, "370101001001"), (117.0102, 36.0202, "370101001001"), (117.0601, 36.0302, ""),
    (117.0101, 36.0202, "370101001001"), (118.5, 36.5, ""),
]  # fmt: skip


def towns() -> gpd.GeoDataFrame:
    frame = {
        "code": ["370101001001", "370101001201"],
        "name": ["东街", "李庄"],
        "township": ["城关镇"] * 2,
        "file": "c",
        "row": [1, 2],
    }
    return gpd.GeoDataFrame(frame, geometry=[box(117, 36, 117.05, 36.1), box(117.05, 36, 117.1, 36.1)], crs=4326)


def register(folder: Path, name: str = "居民名册.csv", *, place: bool = True, more: str = "") -> Path:
    head = "姓名,身份证号,联系电话,家庭住址,社区代码" + (",经度,纬度" if place else "") + more
    lines = [
        f"{NAMES[at]},{NUMBERS[at]},1380000000{at},东街{at}号,{code}"
        + (f",{x},{y}" if place else "")
        + (",1" if more else "")
        for at, (x, y, code) in enumerate(ROWS)
    ]
    (folder / name).write_text("\n".join([head, *lines]), encoding="utf-8-sig")
    return folder / name


def study(*paths: Path, **options: str) -> Study:
    inputs = Inputs(facilities=(), communities=(), population=paths, streets=(), options=options)
    return Study(
        name="试",
        folder=paths[0].parent,
        as_of=date(2023, 12, 31),
        inputs=inputs,
        services=(),
        datums={"population": "wgs84"},
    )


def nothing_personal(people, problems: list[Problem]) -> None:
    said = people.to_csv() + "".join(str(problem) for problem in problems)
    for secret in (*NAMES, *NUMBERS, "1380000000", "东街0号"):
        assert secret not in said


def test_a_register_is_refused_with_the_words_to_write(tmp_path):
    with pytest.raises(TableError) as caught:
        read_population(study(register(tmp_path)), communities=towns())
    said = "".join(str(problem) for problem in caught.value.problems)
    assert 'aggregate = "grid100"' in said
    assert not any(secret in said for secret in (*NAMES, *NUMBERS))


def test_persons_are_added_up_by_hundred_metre_cell_and_community(tmp_path):
    people, problems = read_population(study(register(tmp_path), aggregate="grid100"), communities=towns())
    assert people["total"].tolist()[-1] >= 1
    assert people["total"].sum() == 5
    by_code = people.fillna({"community_code": "none"}).groupby("community_code")["total"].sum().to_dict()
    assert by_code == {"370101001001": 3.0, "370101001201": 1.0, "none": 1.0}
    # born 1940, 1955 and on 31 December 1963: sixty on the very day of the study
    assert people[["age60", "age65", "age80"]].sum().tolist() == [3.0, 2.0, 1.0]
    assert "personal_columns" in {problem.rule for problem in problems}
    nothing_personal(people, problems)


def test_persons_are_added_up_by_community_with_or_without_places(tmp_path):
    for path in (register(tmp_path), register(tmp_path, "无坐标.csv", place=False)):
        people, problems = read_population(study(path, aggregate="community"), communities=towns())
        assert people[people["community_code"] == "370101001001"]["total"].sum() == 3.0
        nothing_personal(people, problems)


def test_a_register_drawn_as_points_is_added_up_too(tmp_path):
    spots = gpd.points_from_xy([x for x, _, _ in ROWS], [y for _, y, _ in ROWS])
    frame = gpd.GeoDataFrame({"姓名": NAMES, "身份证号": NUMBERS}, geometry=spots, crs=4326)
    frame.to_file(tmp_path / "名册.gpkg")
    with pytest.raises(TableError, match="grid100"):
        read_population(study(tmp_path / "名册.gpkg"), communities=towns())
    people, problems = read_population(study(tmp_path / "名册.gpkg", aggregate="grid100"), communities=towns())
    assert people[["total", "age60"]].sum().tolist() == [5.0, 3.0]
    nothing_personal(people, problems)


def test_a_register_without_places_cannot_go_into_cells(tmp_path):
    with pytest.raises(TableError, match="community"):
        read_population(study(register(tmp_path, place=False), aggregate="grid100"), communities=towns())


def test_a_register_of_the_disabled_counts_them_alone(tmp_path):
    people, _ = read_population(study(register(tmp_path, "残疾人名册.csv"), aggregate="grid100"), communities=towns())
    assert people["disabled"].sum() == 5
    assert "total" not in people


def test_a_table_of_points_with_a_keepers_telephone_loses_only_that(tmp_path):
    (tmp_path / "p.csv").write_text("id,lon,lat,total,联系电话\na,117.01,36.02,12,13800000001\n", encoding="utf-8")
    people, problems = read_population(study(tmp_path / "p.csv"), communities=towns())
    assert people["total"].tolist() == [12.0]
    nothing_personal(people, problems)


def test_nothing_is_written_beside_the_register(tmp_path):
    path = register(tmp_path)
    read_population(study(path, aggregate="grid100"), communities=towns())
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_ages_come_from_numbers_dates_or_the_column():
    import pandas as pd

    frame = pd.DataFrame({
        "identity": ["370101194001011234", "370101400101123", "garbage", None],
        "birth": [None, None, "1963年12月31日", None],
        "age": [1, 1, 1, "71岁"],
    })  # fmt: skip
    assert ages_of(frame, date(2023, 12, 31)).tolist() == [83, 83, 60, 71]
    assert ages_of(frame, date(2023, 12, 30)).tolist()[2] == 59
    assert np.isnan(ages_of(frame[["identity"]], date(2023, 12, 31))[2:]).all()


def test_what_makes_a_register():
    assert is_register(["lon", "lat", "identity", "total"], ["total"])
    assert is_register(["lon", "lat", "person"], [])
    assert not is_register(["lon", "lat", "person", "total"], ["total"])
