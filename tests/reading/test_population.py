"""People as files bring them: points in any table or layer, totals, what is refused and what is listed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from jiujin.analysis.residence import residents
from jiujin.coordinates import bd09_from_wgs84, gcj02_from_wgs84
from jiujin.errors import TableError
from jiujin.reading.communities import read_communities
from jiujin.reading.population import read_population
from jiujin.reading.population_ids import with_ids
from jiujin.study import Group, Inputs, Study
from jiujin.tables import GROUPS

HERE = (117.0, 36.0, 117.1, 36.1)


def towns() -> gpd.GeoDataFrame:
    frame = {
        "code": ["370101001001", "370101001201"],
        "name": ["东街社区", "李庄"],
        "township": ["城关街道", "城关街道"],
        "file": "c",
        "row": [1, 2],
    }
    return gpd.GeoDataFrame(frame, geometry=[box(117, 36, 117.05, 36.1), box(117.05, 36, 117.1, 36.1)], crs=4326)


def study(
    *paths: Path, groups: dict[str, tuple[str, float]] | None = None, datum: str = "auto", **options: str
) -> Study:
    estimated = groups or {}
    known = tuple(
        Group(id=key, label=label, share_of=estimated.get(key, (None,))[0], ratio=estimated.get(key, (0, None))[1])
        for key, label in GROUPS.items()
    )
    inputs = Inputs(facilities=(), communities=(), population=paths, streets=(), options=options)
    return Study(
        name="试", folder=paths[0].parent, as_of=date(2023, 12, 31), inputs=inputs, services=(), groups=known,
        datums={"population": datum},
    )  # fmt: skip


def written(folder: Path, text: str, name: str = "人口.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def rules(problems) -> list[str]:
    return [problem.rule for problem in problems]


def test_points_of_a_plain_csv_come_as_they_stand(tmp_path):
    path = written(
        tmp_path, "id,lon,lat,pop,age60,community_code\n007,117.01,36.02,12,3,370101001001\nb,117.06,36.03,5,0,\n"
    )
    people, problems = read_population(study(path), communities=towns())
    assert list(people.columns) == ["id", "lon", "lat", "community_code", "total", "age60"]
    assert people["id"].tolist() == ["007", "b"]
    assert people["community_code"].tolist()[0] == "370101001001"
    assert pd.isna(people["community_code"][1])
    assert people[["lon", "lat", "total", "age60"]].values.tolist() == [[117.01, 36.02, 12, 3], [117.06, 36.03, 5, 0]]
    assert people.attrs["estimated"] == set()
    assert not {problem.severity for problem in problems if problem.column != "lon"} & {"error"}


def test_codes_that_a_program_wrote_as_decimals_are_codes_again(tmp_path):
    path = written(
        tmp_path, "id,lon,lat,total,community_code\n1.0,117.01,36.02,1,370101001001.0\n2.0,117.06,36.02,1,\n"
    )
    people, _ = read_population(study(path), communities=towns())
    assert people["id"].tolist() == ["1", "2"]
    assert people["community_code"][0] == "370101001001"


OFFICE = (
    "人口点编号,经度,纬度,常住人口,60岁以上,区划代码\n"
    "1,117.01,36.02,12,3,370101001001\n2,117.06,36.03,5,0,370101001201\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_chinese_headings_encodings_and_separators_change_nothing(tmp_path, encoding, separator):
    path = written(tmp_path, OFFICE.replace(",", separator), encoding=encoding)
    people, _ = read_population(study(path), communities=towns())
    assert people["total"].tolist() == [12.0, 5.0]
    assert people["age60"].tolist() == [3.0, 0.0]
    assert people["community_code"].tolist() == ["370101001001", "370101001201"]


def test_a_workbook_with_titles_units_and_a_total_row_reads_like_the_csv(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["示例县人口分布表"])
    sheet.append(["编号", "经度", "纬度", "常住人口（人）", "60周岁及以上"])
    for row in (
        ["A", "117.01", "36.02", "1,200", "约60人"],
        ["B", 117.06, 36.03, 5, 0],
        ["合计", None, None, 1205, 60],
    ):
        sheet.append(row)
    book.save(tmp_path / "人口.xlsx")
    people, problems = read_population(study(tmp_path / "人口.xlsx"), communities=towns())
    assert people["total"].tolist() == [1200.0, 5.0]
    assert people["age60"].tolist() == [60.0, 0.0]
    assert not [problem for problem in problems if problem.severity == "error"]


def test_parquet_and_layers_hold_the_same_people(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b"], "lon": [117.01, 117.06], "lat": [36.02, 36.03], "total": [12, 5]})
    frame.to_parquet(tmp_path / "p.parquet")
    points = gpd.GeoDataFrame(frame[["id", "total"]], geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326)
    points.to_file(tmp_path / "p.gpkg")
    points.to_crs(4548).to_file(tmp_path / "gk.gpkg")
    cells = points.set_geometry(shapely.buffer(points.geometry.to_numpy(), 0.0004, cap_style="square"))
    cells.to_file(tmp_path / "cells.geojson")
    wanted, _ = read_population(study(tmp_path / "p.parquet"), communities=towns())
    assert wanted["total"].tolist() == [12.0, 5.0]
    for name in ("p.gpkg", "gk.gpkg", "cells.geojson"):
        people, _ = read_population(study(tmp_path / name), communities=towns())
        assert people["id"].tolist() == ["a", "b"]
        assert people["total"].tolist() == [12.0, 5.0]
        assert np.abs(people[["lon", "lat"]].to_numpy() - wanted[["lon", "lat"]].to_numpy()).max() < 1e-8


def test_rows_that_cannot_be_used_are_listed_with_their_row_and_the_rest_is_used(tmp_path):
    path = written(
        tmp_path,
        "id,lon,lat,total,age60\n"
        "ok,117.01,36.02,10,2\nnone,117.01,36.02,,1\nless,117.01,36.02,-4,0\nwhere,,,8,1\nzero,0,0,8,1\n"
        "swapped,36.03,117.06,6,1\nover,117.01,36.02,3,9\nold,117.01,36.02,3,-2\n",
    )
    people, problems = read_population(study(path), communities=towns())
    assert people["id"].tolist() == ["ok", "swapped", "over", "old"]
    assert people["total"].tolist() == [10.0, 6.0, 3.0, 3.0]
    assert people["age60"].tolist() == [2.0, 1.0, 9.0, 0.0]
    assert people[["lon", "lat"]].iloc[1].tolist() == [117.06, 36.03]
    at = {problem.row: problem.rule for problem in problems if problem.row is not None}
    assert at[3] == at[4] == "unusable_people"
    assert at[5] == at[6] == "missing_position"
    assert at[7] == "swapped_lon_lat"
    assert at[8] == "part_exceeds_whole"
    assert at[9] == "unusable_people"


def test_ids_are_made_where_they_are_missing_and_told_apart_where_they_repeat(tmp_path):
    path = written(tmp_path, "lon,lat,total\n117.01,36.02,1\n117.06,36.02,2\n")
    people, problems = read_population(study(path), communities=towns())
    assert people["id"].tolist() == ["P000001", "P000002"]
    assert "made_id" in rules(problems)
    path = written(
        tmp_path, "id,lon,lat,total\na,117.01,36.02,1\na,117.06,36.02,2\na#2,117.06,36.02,3\na,117.06,36.02,4\n"
    )
    people, problems = read_population(study(path), communities=towns())
    assert people["id"].tolist() == ["a", "a#3", "a#2", "a#4"]
    assert "duplicate_id" in rules(problems)


@given(ids=st.lists(st.sampled_from(["a", "b", "a#2", "P000001", "P000002", None]), min_size=1, max_size=20))
def test_ids_are_unique_in_the_end_and_those_that_were_unique_stay(ids):
    frame = pd.DataFrame({"id": pd.Series(ids, dtype="str")})
    made, _ = with_ids(frame)
    assert made["id"].is_unique
    assert made["id"].notna().all()
    assert [new for old, new in zip(ids, made["id"], strict=True) if old and ids.count(old) == 1] == [
        old for old in ids if old and ids.count(old) == 1
    ]


def test_groups_that_nobody_counts_are_a_declared_share_and_marked(tmp_path):
    path = written(tmp_path, "id,lon,lat,total\na,117.01,36.02,10\nb,117.06,36.02,5\n")
    shares = {"age60": ("total", 0.209), "age80": ("age60", 0.1)}
    people, problems = read_population(study(path, groups=shares), communities=towns())
    assert people["age60"].tolist() == [2.09, 1.045]
    assert people["age80"].tolist() == pytest.approx([0.209, 0.1045])
    assert people.attrs["estimated"] == {"age60", "age80"}
    assert "disabled" not in people
    assert rules(problems).count("estimated_group") == 2
    counted = written(tmp_path, "id,lon,lat,total,age60\na,117.01,36.02,10,4\n")
    people, _ = read_population(study(counted, groups=shares), communities=towns())
    assert people["age60"].tolist() == [4.0]
    assert people.attrs["estimated"] == {"age80"}


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", gcj02_from_wgs84), ("bd09", bd09_from_wgs84)])
def test_a_datum_that_the_study_or_the_heading_states_is_undone(tmp_path, datum, shift):
    lon, lat = shift(np.array([117.01, 117.06]), np.array([36.02, 36.03]))
    rows = "".join(f"p{at},{x!r},{y!r},1\n" for at, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)))
    stated = written(tmp_path, "id,lon,lat,total\n" + rows)
    word = {"gcj02": "高德", "bd09": "百度"}[datum]
    named = written(tmp_path, f"id,{word}经度,{word}纬度,total\n" + rows, "named.csv")
    for people, problems in (
        read_population(study(stated, datum=datum), communities=towns()),
        read_population(study(named), communities=towns()),
    ):
        assert people["lon"].tolist() == pytest.approx([117.01, 117.06], abs=1e-8)
        assert people["lat"].tolist() == pytest.approx([36.02, 36.03], abs=1e-8)
        assert "datum_converted" in rules(problems)


def test_points_that_fit_the_communities_only_in_another_datum_stop_and_ask(tmp_path):
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(117.0, 117.1, 400), rng.uniform(36.0, 36.1, 400)
    x, y = gcj02_from_wgs84(lon, lat)
    pd.DataFrame({"id": range(400), "lon": x, "lat": y, "total": 1}).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(TableError, match='population = "gcj02"'):
        read_population(study(tmp_path / "a.csv"), communities=towns())
    pd.DataFrame({"id": range(400), "lon": lon, "lat": lat, "total": 1}).to_csv(tmp_path / "b.csv", index=False)
    shifted = gpd.GeoDataFrame({"total": [1] * 400}, geometry=gpd.points_from_xy(x, y))
    (tmp_path / "a.geojson").write_text(shifted.to_json())
    with pytest.raises(TableError, match='population = "gcj02"'):
        read_population(study(tmp_path / "a.geojson"), communities=towns())
    people, problems = read_population(study(tmp_path / "b.csv"), communities=towns())
    assert len(people) == 400
    assert "datum_kept" in rules(problems)


def test_community_totals_are_spread_to_the_last_person(tmp_path):
    path = written(
        tmp_path,
        "所属乡镇,社区名称,社区代码,常住人口,60岁以上\n城关街道,东街,,101,33\n,,370101001201,50,7\n丙镇,李庄,,9,1\n,李庄,,9,1\n",
    )
    people, problems = read_population(study(path), communities=towns())
    assert people.groupby("community_code")[["total", "age60"]].sum().values.tolist() == [[101.0, 33.0], [50.0, 7.0]]
    assert residents(people, towns()).community.tolist() == [0, 1]
    said = [problem.row for problem in problems if problem.rule == "unknown_unit"]
    assert said == [4, 5]


def test_a_total_with_more_old_people_than_people_is_told_once_at_its_row(tmp_path):
    text = "所属乡镇,社区名称,社区代码,常住人口,60岁以上\n城关街道,东街,,101,33\n,,370101001201,50,70\n"
    people, problems = read_population(study(written(tmp_path, text, "人口.csv")), communities=towns())
    told = [(one.file, one.row, one.found) for one in problems if one.rule == "part_exceeds_whole"]
    assert told == [("人口.csv", 3, "60岁及以上老年人 70 大于常住人口 50")]
    assert people["age60"].sum() == 103


def test_the_communities_layer_itself_may_hold_the_totals(tmp_path):
    towns().assign(常住人口=[30, 40])[["code", "name", "常住人口", "geometry"]].to_file(tmp_path / "c.gpkg")
    people, _ = read_population(study(tmp_path / "c.gpkg"), communities=towns())
    assert people.groupby("community_code")["total"].sum().tolist() == [30.0, 40.0]


def test_totals_beside_points_are_only_compared(tmp_path):
    points = written(tmp_path, "id,lon,lat,total\na,117.01,36.02,100\nb,117.06,36.02,5\n")
    totals = written(tmp_path, "社区代码,常住人口\n370101001001,100\n370101001201,50\n", "总数.csv")
    people, problems = read_population(study(points, totals), communities=towns())
    assert people["total"].tolist() == [100.0, 5.0]
    (said,) = [problem for problem in problems if problem.rule == "totals_differ"]
    assert "李庄" in said.found
    assert "合计 5，总数为 50" in said.found


def test_a_group_that_one_of_two_files_lacks_is_told(tmp_path):
    one = written(tmp_path, "id,lon,lat,total,age60\na,117.01,36.02,10,4\n", "a.csv")
    two = written(tmp_path, "id,lon,lat,total\nb,117.01,36.02,10\n", "b.csv")
    people, problems = read_population(study(one, two), communities=towns())
    assert people["age60"].tolist() == [4.0, 0.0]
    assert [(p.file, p.column) for p in problems if p.rule == "group_not_counted"] == [("b.csv", "age60")]


@pytest.mark.parametrize(
    "text", ["id,lon,lat,total\n", "id,lon,lat,total\na,,,5\n", "id,lon,lat,total\na,117.01,36.01,\n", "nothing\n1\n"]
)
def test_nobody_at_all_stops_with_every_reason(tmp_path, text):
    with pytest.raises(TableError) as caught:
        read_population(study(written(tmp_path, text)), communities=towns())
    assert all(problem.file for problem in caught.value.problems[-1:])


def test_missing_and_broken_files_are_said_in_chinese(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 broken")
    for name, said in (("none.csv", "没有这个文件"), ("bad.parquet", "Parquet")):
        with pytest.raises(TableError, match=said):
            read_population(study(tmp_path / name), communities=towns())


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(117, 117.1), st.floats(36, 36.1), st.integers(0, 99)), min_size=1, max_size=30)
)
def test_every_person_of_every_point_arrives(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("people")
    text = "id,lon,lat,total\n" + "".join(f"p{at},{x!r},{y!r},{count}\n" for at, (x, y, count) in enumerate(rows))
    people, _ = read_population(study(written(folder, text)), communities=towns())
    assert people["total"].tolist() == [float(count) for _, _, count in rows]
    assert people["lon"].tolist() == [x for x, _, _ in rows]


def test_points_in_a_layer_without_any_count_may_be_persons_and_are_refused(tmp_path):
    gpd.GeoDataFrame({"n": ["x"]}, geometry=[Point(117.01, 36.01)], crs=4326).to_file(tmp_path / "p.gpkg")
    with pytest.raises(TableError, match="没有人数列"):
        read_population(study(tmp_path / "p.gpkg"), communities=towns())


@pytest.mark.parametrize(
    ("place", "points", "people"),
    [
        ("wuhan", 21_685, 5_755_512),
        ("guixi", 1835, 118_299),
        ("shanghai_core", 1171, 195_156),
        ("helsinki_centre", 22, 7801),
    ],
)
def test_real_people_are_all_read_and_found_in_their_communities(shared_data, place, points, people):
    folder = shared_data / place
    inputs = Inputs(
        facilities=(),
        communities=(folder / "communities.geojson",),
        population=(folder / "population.csv",),
        streets=(),
    )
    real = Study(name=place, folder=folder, as_of=date(2023, 12, 31), inputs=inputs, services=())
    communities, _ = read_communities(real)
    found, _ = read_population(real, communities=communities)
    assert len(found) == points
    assert found["total"].sum() == people
    living = residents(found, communities)
    # one point of Guixi stands on the edge of the study's rectangle, a hand's breadth outside the rounded outlines
    assert (living.community >= 0).sum() == points - (place == "guixi")


def test_the_real_grid_of_helsinki_reads_as_polygons_too(shared_data):
    folder = shared_data / "helsinki_centre"
    inputs = Inputs(
        facilities=(),
        communities=(folder / "communities.geojson",),
        population=(folder / "population_grid.geojson",),
        streets=(),
    )
    real = Study(name="x", folder=folder, as_of=date(2023, 12, 31), inputs=inputs, services=())
    found, _ = read_population(real, communities=read_communities(real)[0])
    assert found["total"].sum() == 7801


@settings(max_examples=120, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 12), st.binary(max_size=6)), min_size=1, max_size=5),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_a_table_with_bytes_torn_out_is_read_or_refused_and_never_crashes(tmp_path_factory, cuts, encoding):
    raw = OFFICE.encode(encoding)
    for at, length, new in cuts:
        raw = raw[:at] + new + raw[at + length :]
    path = tmp_path_factory.mktemp("torn") / "人口.csv"
    path.write_bytes(raw)
    try:
        people, _ = read_population(study(path), communities=towns())
    except TableError:
        return
    else:
        assert people["id"].is_unique
        assert np.isfinite(people[["lon", "lat"]].to_numpy()).all()
        groups = people.drop(columns=["id", "lon", "lat", "community_code"])
        assert (groups.to_numpy() >= 0).all()


def test_a_sheet_for_each_township_needs_no_column_for_it(tmp_path):
    squares = [box(117 + step / 100, 36, 117.01 + step / 100, 36.01) for step in range(3)]
    frame = {
        "code": ["1", "2", "3"],
        "name": ["东村", "东村", "西村"],
        "township": ["甲镇", "乙镇", "乙镇"],
        "file": "c",
        "row": [1, 2, 3],
    }
    communities = gpd.GeoDataFrame(frame, geometry=squares, crs=4326)
    with pd.ExcelWriter(tmp_path / "p.xlsx") as book:
        for township, names, people in (("甲镇", ["东村"], [10]), ("乙镇", ["东村", "西村"], [20, 30])):
            table = pd.DataFrame({"村名": names, "总人口": people})
            table.to_excel(book, sheet_name=township, index=False)
    people, problems = read_population(study(tmp_path / "p.xlsx"), communities=communities, streets=None)
    assert dict(zip(people["community_code"], people["total"], strict=True)) == {"1": 10, "2": 20, "3": 30}
    assert {problem.rule for problem in problems} >= {"township_from_context"}


def office(tmp_path, sheets):
    """A workbook of plain sheets: rows of cells by the sheet's name."""
    with pd.ExcelWriter(tmp_path / "p.xlsx") as book:
        for name, rows in sheets.items():
            pd.DataFrame(rows).to_excel(book, sheet_name=name, index=False, header=False)
    return tmp_path / "p.xlsx"


def stated(people, group="total"):
    return people.groupby("community_code")[group].sum().to_dict()


BOTH = {"370101001001": 100, "370101001201": 200}


def test_a_township_above_its_villages_is_theirs_and_no_community(tmp_path):
    rows = [["名称", "人口"], ["城关街道", 300], ["东街社区", 100], ["　李庄", 200]]
    people, problems = read_population(study(office(tmp_path, {"人口": rows})), communities=towns(), streets=None)
    assert stated(people) == BOTH
    assert [problem.row for problem in problems if problem.rule == "township_row"] == [2]
    below = [rows[0], *rows[2:], rows[1]]
    people, _ = read_population(study(office(tmp_path, {"人口": below})), communities=towns(), streets=None)
    assert stated(people) == BOTH


def test_a_sheet_that_sums_up_townships_is_no_list_of_communities(tmp_path):
    sheets = {
        "汇总": [["乡镇", "人口"], ["城关街道", 300], ["合计", 300]],
        "城关街道": [["村名", "人口"], ["东街社区", 100], ["李庄", 200]],
    }
    people, problems = read_population(study(office(tmp_path, sheets)), communities=towns(), streets=None)
    assert stated(people) == BOTH
    assert not {"unknown_unit", "no_total"} & set(rules(problems))


def test_communities_without_a_total_are_told_once_for_all_sheets(tmp_path):
    sheets = {
        "甲": [["乡镇", "村名", "人口"], ["城关街道", "东街", 100]],
        "乙": [["乡镇", "村名", "60岁以上"], ["城关", "东街", 9]],
    }
    _, problems = read_population(study(office(tmp_path, sheets)), communities=towns(), streets=None)
    (told,) = [problem for problem in problems if problem.rule == "no_total"]
    assert told.found == "1 个社区（村）没有人口总数：李庄"


def test_two_tables_that_state_one_total_are_not_added(tmp_path):
    def sheet(*counts):
        return [["乡镇", "村名", "常住人口"], *zip(["城关街道"] * 2, ["东街社区", "李庄"], counts, strict=True)]

    sheets = {"2022年": sheet(90, 200), "2023年": sheet(100, 200)}
    people, problems = read_population(study(office(tmp_path, sheets)), communities=towns(), streets=None)
    assert stated(people) == BOTH
    (told,) = [problem for problem in problems if problem.rule == "stated_twice"]
    assert (told.sheet, told.severity) == ("2022年", "warning")
    assert "1 个不一致（如东街社区：100 和 90）" in told.found


def test_the_later_year_and_everybody_go_before_a_part(tmp_path):
    head = ["乡镇", "村名", "2022年常住人口", "2023年常住人口", "60岁以上（男）", "60岁以上（女）", "60岁以上合计"]
    rows = [head, ["城关街道", "东街社区", 90, 100, 9, 11, 20], ["城关街道", "李庄", 180, 200, 19, 21, 40]]
    people, _ = read_population(study(office(tmp_path, {"人口": rows})), communities=towns(), streets=None)
    assert stated(people) == BOTH
    assert stated(people, "age60") == {"370101001001": 20, "370101001201": 40}


def test_a_name_that_begins_with_its_township_needs_no_column_for_it(tmp_path):
    rows = [["单位名称", "人口"], ["城关街道东街社区居委会", 100], ["城关街道李庄村委会", 200]]
    people, _ = read_population(study(office(tmp_path, {"人口": rows})), communities=towns(), streets=None)
    assert stated(people) == BOTH


def test_a_share_is_no_number_of_people(tmp_path):
    rows = [["乡镇", "村名", "人口", "60岁以上"], ["城关街道", "东街", 100, "20%"], ["城关街道", "李庄", 200, 40]]
    people, problems = read_population(study(office(tmp_path, {"人口": rows})), communities=towns(), streets=None)
    assert stated(people, "age60") == {"370101001001": 0, "370101001201": 40}
    assert [(one.row, one.found) for one in problems if one.rule == "share_not_people"] == [(2, "20%")]


def test_the_whole_of_a_group_stands_beside_its_parts(tmp_path):
    head = [["乡镇", "村名", "常住人口", None, None], [None, None, "男", "女", "合计"]]
    rows = [["城关街道", "东街", 40, 60, 100], ["城关街道", "李庄", 90, 110, 200]]
    path = office(tmp_path, {"人口": [*head, *rows]})
    book = openpyxl.load_workbook(path)
    book["人口"].merge_cells("C1:E1")
    book.save(path)
    people, problems = read_population(study(path), communities=towns(), streets=None)
    assert stated(people) == BOTH
    assert "unknown_unit" not in rules(problems)


def test_codes_that_a_spreadsheet_cut_short_are_told(tmp_path):
    rows = [["区划代码", "乡镇", "村名", "人口"], ["3.70101E+11", "城关街道", "东街社区", 100]]
    people, problems = read_population(study(office(tmp_path, {"人口": rows})), communities=towns(), streets=None)
    assert stated(people) == {"370101001001": 100}
    assert [(one.row, one.column) for one in problems if one.rule == "code_lost_digits"] == [(2, "区划代码")]


def test_what_is_met_alike_in_very_many_rows_is_told_once(tmp_path):
    lines = [f"{row};117.{row:04d},36.05;{row}人" for row in range(1, 101)]
    (tmp_path / "p.csv").write_text("\n".join(["编号;坐标;人数", *lines]), encoding="utf-8")
    _, problems = read_population(study(tmp_path / "p.csv"), communities=towns(), streets=None)
    told = [problem for problem in problems if problem.rule == "number_unit"]
    assert len(told) == 21
    assert told[-1].found == "另有 80 行同样写法"
