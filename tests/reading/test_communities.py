"""Communities as layers and lists bring them: classes, codes, broken and overlapping outlines, villages without one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from jiujin.coordinates import bd09_from_wgs84, gcj02_from_wgs84
from jiujin.errors import TableError
from jiujin.reading.communities import read_communities
from jiujin.reading.communities_shapes import one_to_a_code, repaired
from jiujin.reading.communities_units import read_class, read_committee
from jiujin.reading.streets import read_streets
from jiujin.study import Inputs, Study

A, B, C = box(117.00, 36.0, 117.01, 36.01), box(117.01, 36.0, 117.02, 36.01), box(117.02, 36.0, 117.03, 36.01)


def layer(folder: Path, shapes: list, file: str = "communities.gpkg", **columns) -> Path:
    path = folder / file
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path)
    return path


def study(*paths: Path, boundary: tuple[Path, ...] = (), **datums: str) -> Study:
    inputs = Inputs(facilities=(), communities=paths, population=(), streets=(), boundary=boundary)
    return Study(name="试", folder=paths[0].parent, as_of=date(2024, 1, 1), inputs=inputs, services=(), datums=datums)


def rules(problems) -> list[str]:
    return [problem.rule for problem in problems]


def test_both_splits_of_town_and_country_are_read_and_kept_apart(tmp_path):
    path = layer(
        tmp_path,
        [A, B, C],
        统计用区划代码=["370101001002", "370101001201", "370101100202"],
        社区名称=["东街社区居委会", "城中村村委会", "大李村委会"],
        所属乡镇=["城关街道", "城关街道", "大李镇"],
        城乡分类代码=[111, 112, 220],
    )
    communities, problems = read_communities(study(path))
    assert communities["code"].tolist() == ["370101001002", "370101001201", "370101100202"]
    assert communities["class"].tolist() == ["urban", "urban", "rural"]
    assert communities["class_code"].tolist() == ["111", "112", "220"]
    assert communities["committee"].tolist() == ["居委会", "村委会", "村委会"]
    assert communities["township"].tolist() == ["城关街道", "城关街道", "大李镇"]
    assert communities["sketch"].tolist() == [False] * 3
    assert [p for p in problems if p.severity != "info"] == []


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("111", ("urban", "111")), ("111.0", ("urban", "111")), ("220村庄", ("rural", "220")),
        ("镇乡结合区", ("urban", "122")), ("乡村", ("rural", None)), ("", None),
        ("Urban", ("urban", None)), ("rural", ("rural", None)), ("城镇", ("urban", None)), ("农村", ("rural", None)),
        ("２２０", ("rural", "220")), ("城市社区", ("urban", None)), ("不详", None), ("320", None), (None, None),
    ],
)  # fmt: skip
def test_classes_in_every_writing(raw, read):
    assert read_class(raw) == read


@pytest.mark.parametrize(
    ("code", "stated", "name", "committee"),
    [
        ("370101001002", "村委会", "某村", "居委会"), ("370101001401", None, None, "居委会"),
        ("370101001501", None, None, "村委会"),
        ("A1", "居委会", "大李村", "居委会"), ("A1", None, "大李村", "村委会"), ("A1", None, "南关社区", "居委会"),
        ("A1", None, "大李村民委员会", "村委会"), ("A1", None, "片区001", None), (None, None, None, None),
    ],
)  # fmt: skip
def test_the_committee_comes_from_the_code_then_from_words(code, stated, name, committee):
    assert read_committee(code, stated, name) == committee


@pytest.mark.filterwarnings("ignore:Normalized", "ignore:Column names longer")
@pytest.mark.parametrize("encoding", ["GB18030", "UTF-8"])
def test_headings_that_a_shapefile_cut_at_ten_bytes_are_known_all_the_same(tmp_path, encoding):
    frame = gpd.GeoDataFrame(
        {
            "统计用区划代码"[: 5 if encoding == "GB18030" else 3]: ["370101001001", "370101001201"],
            "社区（村）名称"[: 5 if encoding == "GB18030" else 3]: ["东街", "李庄"],
            "乡镇（街道）"[: 5 if encoding == "GB18030" else 3]: ["城关镇", "城关镇"],
            "城乡分类代码"[: 5 if encoding == "GB18030" else 3]: ["111", "220"],
        },
        geometry=[A, B],
        crs=4490,
    )
    frame.to_file(tmp_path / "a.shp", encoding=encoding)
    (tmp_path / "a.cpg").unlink()
    communities, _ = read_communities(study(tmp_path / "a.shp"))
    assert communities["code"].tolist() == ["370101001001", "370101001201"]
    assert communities["name"].tolist() == ["东街", "李庄"]
    assert communities["township"].tolist() == ["城关镇", "城关镇"]
    assert communities["class_code"].tolist() == ["111", "220"]


def test_an_unreadable_class_is_urban_and_is_listed(tmp_path):
    path = layer(tmp_path, [A, B, C], id=["1", "2", "3"], name=["a", "b", "c"], kind=["rural", "甲类", None])
    communities, problems = read_communities(study(path))
    assert communities["class"].tolist() == ["rural", "urban", "urban"]
    said = [problem for problem in problems if problem.rule == "unreadable_class"]
    assert [problem.row for problem in said] == [2, 3]
    assert "甲类" in said[0].found
    path = layer(tmp_path, [A, B], file="none.gpkg", id=["1", "2"])
    communities, problems = read_communities(study(path))
    assert communities["class"].tolist() == ["urban", "urban"]
    assert rules(problems).count("unreadable_class") == 1


def test_codes_are_text_whatever_the_layer_stored(tmp_path):
    path = layer(tmp_path, [B, A], code=[370101001002.0, 370101001001.0], name=["b", "a"], kind=["urban"] * 2)
    communities, _ = read_communities(study(path))
    assert communities["code"].tolist() == ["370101001001", "370101001002"]
    assert communities["name"].tolist() == ["a", "b"]
    assert communities["row"].tolist() == [2, 1]


def test_a_layer_without_codes_is_known_by_township_and_name_in_any_order(tmp_path):
    columns = {"乡镇": ["甲镇", "乙镇", "乙镇"], "名称": ["王庄", "王庄", "李庄"]}
    one, problems = read_communities(study(layer(tmp_path, [A, B, C], **columns)))
    assert one["code"].tolist() == ["乙镇:李庄", "乙镇:王庄", "甲镇:王庄"]
    assert "missing_code" in rules(problems)
    turned = {name: values[::-1] for name, values in columns.items()}
    other, _ = read_communities(study(layer(tmp_path, [C, B, A], file="other.gpkg", **turned)))
    assert other[["code", "name", "class"]].equals(one[["code", "name", "class"]])
    assert shapely.equals(one.geometry, other.geometry).all()


def test_a_bow_tie_is_repaired_and_a_splinter_goes(tmp_path):
    bow_tie = Polygon([(117, 36), (117.01, 36.01), (117.01, 36), (117, 36.01)])
    splinter = MultiPolygon([B, box(117.05, 36.05, 117.050001, 36.050001)])
    path = layer(tmp_path, [bow_tie, splinter], code=["1", "2"], name=["a", "b"], kind=["urban", "urban"])
    communities, problems = read_communities(study(path))
    assert shapely.is_valid(communities.geometry).all()
    assert communities.geometry[0].area == pytest.approx(A.area / 2)
    assert communities.geometry[1].equals(B)
    assert {"invalid_polygon", "splinters"} <= set(rules(problems))


def test_overlaps_are_told_with_their_area_and_equal_outlines_apart(tmp_path):
    over = box(117.005, 36.0, 117.015, 36.01)
    path = layer(tmp_path, [A, over, A], code=["1", "2", "3"], name=["a", "b", "c"], kind=["urban"] * 3)
    communities, problems = read_communities(study(path))
    assert len(communities) == 3
    said = [problem for problem in problems if problem.rule == "overlapping_polygons"]
    # half of a square of 0.01° at 36 N: 451 m by 1110 m
    assert said[0].found.startswith("3 对社区（村）范围相互重叠")
    half = [int(problem.found.split("重叠 ")[1].split(" ")[0].replace(",", "")) for problem in said[1:]]
    assert all(495_000 < area < 506_000 for area in half)
    assert rules(problems).count("duplicate_polygon") == 1


def test_neighbours_that_only_touch_do_not_overlap(tmp_path):
    _, problems = read_communities(study(layer(tmp_path, [A, B, C], code=["1", "2", "3"], kind=["urban"] * 3)))
    assert not {"overlapping_polygons", "duplicate_polygon"} & set(rules(problems))


def test_features_of_one_code_are_one_community_unless_their_names_differ(tmp_path):
    path = layer(
        tmp_path,
        [A, C, B, box(117.03, 36, 117.04, 36.01)],
        code=["1", "1", "2", "2"],
        name=["东街社区", "东街居委会", "李庄", "王庄"],
        kind=["urban"] * 4,
    )
    communities, problems = read_communities(study(path))
    assert communities["code"].tolist() == ["1", "2", "2#2"]
    assert communities.geometry[0].equals(MultiPolygon([A, C]))
    assert [(p.severity, p.rule) for p in problems if p.column == "code"] == [
        ("info", "joined_parts"),
        ("error", "duplicate_code"),
    ]


def test_points_lines_and_nothing_are_no_outline_but_do_not_stop_the_rest(tmp_path):
    shapes = [A, shapely.LineString([(117, 36), (117.1, 36.1)]), None]
    path = layer(tmp_path, shapes, code=["1", "2", "3"], name=["a", "b", "c"], kind=["urban"] * 3)
    communities, problems = read_communities(study(path))
    assert communities["code"].tolist() == ["1"]
    assert {"no_polygon", "empty_geometry", "unit_without_place"} <= set(rules(problems))
    only_lines = layer(tmp_path, [shapes[1]], file="lines.gpkg", code=["1"])
    with pytest.raises(TableError, match="没有任何可用的社区"):
        read_communities(study(only_lines))


def test_boundaries_in_gcj02_are_brought_back_vertex_by_vertex(tmp_path):
    shifted = shapely.transform([A, B], lambda xy: np.column_stack(gcj02_from_wgs84(xy[:, 0], xy[:, 1])))
    path = layer(tmp_path, list(shifted), code=["1", "2"], name=["a", "b"], kind=["urban"] * 2)
    communities, problems = read_communities(study(path, communities="gcj02"))
    assert shapely.hausdorff_distance(communities.geometry[0], A) < 1e-8
    assert "datum_converted" in rules(problems)
    assert shapely.touches(communities.geometry[0], communities.geometry[1])


def test_gauss_kruger_declared_or_not_and_old_datums(tmp_path):
    frame = gpd.GeoDataFrame({"code": ["1"], "kind": ["urban"]}, geometry=[A], crs=4490).to_crs(4527)
    frame.to_file(tmp_path / "gk.gpkg")
    communities, _ = read_communities(study(tmp_path / "gk.gpkg"))
    assert shapely.hausdorff_distance(communities.geometry[0], A) < 1e-8
    frame.to_file(tmp_path / "gk.shp")
    (tmp_path / "gk.prj").unlink()
    communities, problems = read_communities(study(tmp_path / "gk.shp"))
    assert shapely.hausdorff_distance(communities.geometry[0], A) < 1e-8
    assert {"missing_prj", "datum_converted"} <= set(rules(problems))
    frame.set_crs(2363, allow_override=True).to_file(tmp_path / "old.gpkg")
    with pytest.raises(TableError, match="西安80"):
        read_communities(study(tmp_path / "old.gpkg"))


def csv(folder: Path, text: str, name: str = "名单.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8-sig")
    return folder / name


def test_a_list_completes_the_outlines_by_code_or_by_township_and_name_never_by_name_alone(tmp_path):
    path = layer(tmp_path, [A, B, C], code=["1", "2", "3"], 名称=["东街", "王庄", "王庄"], 乡镇=[None, "甲镇", "乙镇"])
    names = csv(
        tmp_path,
        "统计用区划代码,社区名称,所属乡镇,城乡分类代码,常住人口\n"
        "1,东街社区,城关街道,111,1200\n370101100201,王庄村委会,甲镇,220,300\n370101100202,赵庄,甲镇,220,80\n",
    )
    communities, problems = read_communities(study(path, names))
    assert communities["code"].tolist() == ["1", "3", "370101100201"]
    assert communities["class"].tolist() == ["urban", "urban", "rural"]
    assert communities["township"].tolist() == ["城关街道", "乙镇", "甲镇"]
    assert communities["total"].tolist()[::2] == [1200.0, 300.0]
    assert {"unit_not_listed", "unit_without_place"} <= set(rules(problems))


def test_codes_of_a_list_that_a_spreadsheet_cut_short_are_told(tmp_path):
    path = layer(tmp_path, [A, B], 名称=["东街", "王庄"], 乡镇=["甲镇", "甲镇"])
    names = csv(tmp_path, "代码,社区名称,所属乡镇\n3.70101E+11,东街社区,甲镇\n370101100201,王庄村委会,甲镇\n")
    communities, problems = read_communities(study(path, names))
    assert "370101100201" in communities["code"].tolist()
    assert [(one.row, one.found) for one in problems if one.rule == "code_lost_digits"] == [(2, "3.70101E+11")]


def test_villages_with_only_a_point_get_the_nearest_ground_inside_the_county(tmp_path):
    county = layer(tmp_path, [box(117, 36, 117.04, 36.01)], file="county.gpkg", id=["c"])
    names = csv(
        tmp_path, "代码,名称,乡镇,城乡分类,经度,纬度\nv2,乙村,甲镇,220,117.03,36.005\nv1,甲村,甲镇,220,117.01,36.005\n"
    )
    communities, problems = read_communities(study(names, boundary=(county,)))
    assert communities["code"].tolist() == ["v1", "v2"]
    assert communities["sketch"].tolist() == [True, True]
    west, east = communities.geometry
    # the plane's straight middle line and the meridian 117.02 part by centimetres over a kilometre
    assert shapely.hausdorff_distance(west, box(117, 36, 117.02, 36.01)) < 3e-6
    assert shapely.hausdorff_distance(east, box(117.02, 36, 117.04, 36.01)) < 3e-6
    assert "sketched_outline" in rules(problems)


def test_sketches_keep_to_their_township_and_leave_drawn_outlines_alone(tmp_path):
    towns = layer(
        tmp_path,
        [box(117, 36, 117.02, 36.01), box(117.02, 36, 117.04, 36.01)],
        file="towns.gpkg",
        乡镇=["甲镇", "乙镇"],
    )
    drawn = layer(tmp_path, [box(117, 36, 117.005, 36.01)], code=["d"], 名称=["有界村"], 乡镇=["甲镇"], kind=["rural"])
    names = csv(
        tmp_path,
        "代码,名称,乡镇,城乡分类,经度,纬度\nd,有界村,甲镇,220,,\nv1,甲村,甲镇,220,117.019,36.005\nv2,乙村,乙镇,220,117.039,36.005\n"
        "v3,外村,丙镇,220,118.5,36.005\n",
    )
    communities, problems = read_communities(study(drawn, names, boundary=(towns,)))
    assert dict(zip(communities["code"], communities["sketch"], strict=True)) == {"d": False, "v1": True, "v2": True}
    shape = dict(zip(communities["code"], communities.geometry, strict=True))
    assert shapely.hausdorff_distance(shape["v1"], box(117.005, 36, 117.02, 36.01)) < 1e-6
    assert shapely.hausdorff_distance(shape["v2"], box(117.02, 36, 117.04, 36.01)) < 1e-6
    assert "no_sketch" in rules(problems)


def test_a_layer_of_village_points_is_sketched_and_two_on_one_spot_are_told(tmp_path):
    points = [Point(117.0, 36.0), Point(117.02, 36.0), Point(117.01, 36.02), Point(117.0, 36.0)]
    path = layer(tmp_path, points, code=["1", "2", "3", "4"], name=["a", "b", "c", "d"], kind=["rural"] * 4)
    communities, problems = read_communities(study(path))
    assert communities["code"].tolist() == ["1", "2", "3"]
    assert all(shape.covers(point) for shape, point in zip(communities.geometry, points[:3], strict=True))
    assert "no_sketch" in rules(problems)
    assert "overlapping_polygons" not in rules(problems)


def test_a_ring_that_one_repair_leaves_crossed_by_rounding_is_valid_in_the_end():
    ring = [(0, 3), (0, 5), (2, 1), (2, 6), (0, 2), (3, 5)]
    shape = Polygon([(117 + x / 1000, 36 + y / 1000) for x, y in ring])
    units = gpd.GeoDataFrame({"code": ["1"], "name": ["a"], "file": "f", "row": [1]}, geometry=[shape], crs=4326)
    fixed, _ = repaired(units)
    assert fixed.geometry.is_valid.all()
    assert fixed.geometry.iloc[0].area == pytest.approx(shapely.make_valid(shape).area, rel=1e-6)


coordinates = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda xy: (117 + xy[0] / 1000, 36 + xy[1] / 1000))


@settings(max_examples=60, deadline=None)
@given(rings=st.lists(st.lists(coordinates, min_size=3, max_size=8), min_size=1, max_size=5), data=st.data())
def test_no_outline_however_broken_crashes_and_order_changes_nothing(rings, data):
    shapes = [Polygon(ring) for ring in rings]
    codes = data.draw(st.lists(st.sampled_from(["1", "2", "3"]), min_size=len(shapes), max_size=len(shapes)))
    names = data.draw(st.lists(st.sampled_from(["甲村", "乙村"]), min_size=len(shapes), max_size=len(shapes)))
    frame = {"code": codes, "name": names, "file": "f", "row": range(1, len(shapes) + 1)}
    units = gpd.GeoDataFrame(frame, geometry=shapes, crs=4326)

    def made(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        fixed, _ = repaired(units)
        return one_to_a_code(gpd.GeoDataFrame(fixed[fixed.geometry.notna()], crs=4326))[0]

    once, turned = made(units), made(units.iloc[::-1].reset_index(drop=True))
    assert shapely.is_valid(once.geometry.to_numpy()).all()
    assert set(once.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert once["code"].is_unique
    assert once[["code", "name"]].equals(turned[["code", "name"]])
    assert shapely.equals(once.geometry.to_numpy(), turned.geometry.to_numpy()).all()


@pytest.mark.parametrize(
    ("place", "count"), [("guixi", 20), ("wuhan", 710), ("shanghai_core", 24), ("helsinki_centre", 6)]
)
def test_real_communities_are_all_read(shared_data, place, count):
    communities, problems = read_communities(study(shared_data / place / "communities.geojson"))
    assert len(communities) == count
    assert communities["code"].is_unique
    assert communities["code"].tolist() == sorted(communities["code"])
    assert [problem for problem in problems if problem.severity == "error"] == []


def test_the_official_list_of_guixi_joins_by_township_and_name_where_it_can(shared_data):
    folder = shared_data / "guixi"
    listed = pd.read_csv(folder / "official_community_list.csv", dtype=str)
    assert len(listed) == 260
    communities, problems = read_communities(
        study(folder / "communities.geojson", folder / "official_community_list.csv")
    )
    official = communities["code"].isin(listed["code"])
    # the layer's own `official_code` column says which of its subdistrict's communities are meant: 9 by exact name
    assert 0 < official.sum() <= 20
    assert sum(problem.rule == "unit_without_place" for problem in problems) > 0


@pytest.mark.parametrize(
    ("place", "datum", "shift"),
    [
        ("guixi", "wgs84", None),
        ("guixi", "gcj02", gcj02_from_wgs84),
        ("guixi", "bd09", bd09_from_wgs84),
        ("wuhan", "gcj02", gcj02_from_wgs84),
    ],
)
def test_people_tell_the_datum_of_real_outlines_that_declare_none(shared_data, tmp_path, place, datum, shift):
    folder = shared_data / place
    true = gpd.read_file(folder / "communities.geojson")
    shapes = true.geometry.to_numpy()
    if shift is not None:
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(shift(xy[:, 0], xy[:, 1])))
    text = json.loads(true.set_geometry(gpd.GeoSeries(shapes, crs=4326)).to_json(drop_id=True))
    text.pop("crs", None)
    (tmp_path / "c.geojson").write_text(json.dumps(text))
    inputs = Inputs(
        facilities=(),
        communities=(tmp_path / "c.geojson",),
        population=(folder / "population.csv",),
        streets=(folder / "network.osm.pbf",),
    )
    real = Study(name=place, folder=folder, as_of=date(2024, 1, 1), inputs=inputs, services=())
    streets, _, _ = read_streets(real)
    communities, problems = read_communities(real, streets=streets)
    moved = communities.set_index("code").geometry.loc[true["id"]].to_numpy()
    assert shapely.hausdorff_distance(shapely.make_valid(true.geometry.to_numpy()), moved).max() < 1e-7
    assert rules(problems)[0] == ("datum_kept" if datum == "wgs84" else "datum_converted")
