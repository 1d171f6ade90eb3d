"""Vector layers in every state that an office sends them in."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from zipfile import ZipFile

import geopandas as gpd
import pytest
from shapely import LineString, Point, Polygon, box

from jiujin.errors import TableError
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_shapefile import restored_names, text_encoding
from jiujin.tables import Column, Table

SQUARE = box(117.0, 36.0, 117.01, 36.01)


def towns(**more) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"社区名": ["城关镇东街社区", "䶮村"], "n": [1, 2], **more}, geometry=[SQUARE, SQUARE], crs=4326
    )


def shapefile(folder: Path, frame: gpd.GeoDataFrame, encoding: str, without: tuple[str, ...] = (".cpg",)) -> Path:
    path = folder / "社区 界（2023）.shp"
    frame.to_file(path, encoding=encoding, engine="pyogrio")
    for ending in without:
        path.with_suffix(ending).unlink()
    return path


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
@pytest.mark.parametrize("without", [(), (".cpg",), (".cpg", ".prj")])
def test_a_shapefile_keeps_its_chinese_whatever_encoding_it_forgot_to_state(tmp_path, encoding, without):
    path = shapefile(tmp_path, towns(), encoding, without)
    frame, declared, problems = read_layer(path, file="a.shp")
    assert frame.iloc[:, 0].tolist() == ["城关镇东街社区", "䶮村"]
    assert declared == (None if ".prj" in without else "EPSG:4326")
    assert ("missing_prj" in {problem.rule for problem in problems}) == (".prj" in without)


@pytest.mark.filterwarnings("ignore")
def test_characters_cut_by_the_width_of_a_field_do_not_stop_the_reading(tmp_path):
    frame = gpd.GeoDataFrame({"社区名称": ["东街" * 60]}, geometry=[SQUARE], crs=4326)
    path = tmp_path / "a.shp"
    frame.to_file(path, encoding="GB18030")
    raw = path.with_suffix(".dbf").read_bytes()
    at = raw.index("社区名称".encode("gb18030"))
    utf8 = raw[:at] + "社区名称".encode()[:10].ljust(11, b"\0") + raw[at + 11 :]
    head = int.from_bytes(raw[8:10], "little")
    path.with_suffix(".dbf").write_bytes(utf8[: head + 1] + ("东街" * 60).encode()[: len(raw) - head - 2] + b"\x1a")
    path.with_suffix(".cpg").write_text("UTF-8")
    got, _, _ = read_layer(path, file="a.shp")
    assert got.columns[0] == "社区名"
    assert ("东街" * 60).startswith(got.iloc[0, 0])
    assert len(got.iloc[0, 0]) > 70


def test_a_cpg_that_lies_is_not_believed(tmp_path):
    path = shapefile(tmp_path, towns(), "GB18030")
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    assert read_layer(path, file="a.shp")[0].iloc[0, 0] == "城关镇东街社区"
    path.with_suffix(".cpg").write_text("UTF-8")
    assert read_layer(path, file="a.shp")[0].iloc[0, 0] == "城关镇东街社区"


def test_western_names_are_not_taken_for_chinese(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["Käpylä", "Töölö"]}, geometry=[SQUARE, SQUARE], crs=4326)
    assert read_layer(shapefile(tmp_path, frame, "ISO-8859-1"), file="a.shp")[0]["name"].tolist() == ["Käpylä", "Töölö"]


def test_a_dbf_of_plain_ascii_needs_no_encoding():
    assert text_encoding(b"", None) is None
    assert text_encoding(struct.pack("<8xHH", 33, 11) + bytes(60), b"UTF-8") is None


@pytest.mark.parametrize("flag", ["utf-8 marked", "gbk unmarked"])
def test_a_zipped_shapefile_in_a_folder_with_a_chinese_name(tmp_path, flag):
    path = shapefile(tmp_path, towns(), "GB18030", (".cpg", ".prj"))
    with ZipFile(tmp_path / "社区界.zip", "w") as archive:
        for part in sorted(tmp_path.glob("社区 界*")):
            inner = f"成果/{part.name}"
            archive.write(part, inner if flag == "utf-8 marked" else inner.encode("gbk").decode("cp437"))
    frame, declared, problems = read_layer(tmp_path / "社区界.zip", file="社区界.zip")
    assert frame.iloc[:, 0].tolist() == ["城关镇东街社区", "䶮村"]
    assert declared is None
    assert "社区 界（2023）" in "".join(problem.found for problem in problems if problem.rule == "missing_prj")
    assert path.exists()


def test_field_names_cut_at_ten_bytes_are_found_again():
    code = Column(name="code", label="编码", kind="text", meaning="", headings=("统计用区划代码", "社区编码", "code"))
    name = Column(name="name", label="名称", kind="text", meaning="", headings=("社区（村）名称", "社区编码名"))
    table = Table(name="t", label="t", columns=(code, name))
    assert restored_names(["统计用区划", "统计用", "社区编码"], table) == {
        "统计用区划": "统计用区划代码",
        "统计用": "统计用区划代码",
    }
    assert restored_names(["社区"], table) == {}


def test_the_first_layer_with_features_is_read_and_the_others_are_named(tmp_path):
    path = tmp_path / "a.gpkg"
    towns().iloc[:0].to_file(path, layer="空的")
    towns().to_file(path, layer="社区")
    towns().iloc[:1].to_file(path, layer="旧社区")
    frame, declared, problems = read_layer(path, file="a.gpkg")
    assert (len(frame), declared) == (2, "EPSG:4326")
    (problem,) = problems
    assert problem.rule == "several_layers"
    assert all(name in problem.found for name in ("空的", "社区", "旧社区"))


def geojson(path: Path, shapes: list[dict | None], encoding: str = "utf-8", **more) -> Path:
    features = [{"type": "Feature", "properties": {"name": f"村{i}"}, "geometry": s} for i, s in enumerate(shapes)]
    text = json.dumps({"type": "FeatureCollection", **more, "features": features}, ensure_ascii=False)
    path.write_bytes(text.encode(encoding))
    return path


def test_shapes_are_flat_and_those_that_are_missing_are_listed(tmp_path):
    flat = {"type": "Point", "coordinates": [117.0, 36.0, 55.0]}
    path = geojson(tmp_path / "a.geojson", [flat, None, {"type": "Polygon", "coordinates": []}])
    frame, declared, problems = read_layer(path, file="a.geojson")
    assert frame.geometry[0].equals(Point(117.0, 36.0))
    assert not frame.geometry[0].has_z
    assert frame.geometry.isna().tolist() == [False, True, True]
    assert [(p.rule, p.row) for p in problems] == [("empty_geometry", 2), ("empty_geometry", 3)]
    assert declared is None


def test_a_geojson_declares_a_system_only_where_it_says_so(tmp_path):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    shape = {"type": "Point", "coordinates": [117.0, 36.0]}
    assert read_layer(geojson(tmp_path / "a.geojson", [shape], crs=crs), file="a")[1] == "EPSG:4326"
    frame, declared, _ = read_layer(geojson(tmp_path / "b.geojson", [shape]), file="b")
    assert (declared, frame.crs) == (None, None)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_a_geojson_in_another_encoding_is_read(tmp_path, encoding):
    shape = {"type": "Point", "coordinates": [117.0, 36.0]}
    frame, _, _ = read_layer(geojson(tmp_path / "a.geojson", [shape], encoding), file="a")
    assert frame["name"].tolist() == ["村0"]


def test_kml_lines_and_projected_systems_come_as_they_are(tmp_path):
    lines = gpd.GeoDataFrame({"name": ["路"]}, geometry=[LineString([(500000, 3990000), (500100, 3990000)])], crs=4528)
    lines.to_file(tmp_path / "a.gpkg")
    frame, declared, _ = read_layer(tmp_path / "a.gpkg", file="a.gpkg")
    assert declared == "EPSG:4528"
    assert frame.geometry[0].length == 100
    towns().to_file(tmp_path / "a.kml", driver="KML")
    frame, declared, _ = read_layer(tmp_path / "a.kml", file="a.kml")
    assert declared == "EPSG:4326"
    assert frame.geometry[0].equals(SQUARE)


def test_geoparquet_is_a_layer_too(tmp_path):
    towns().to_parquet(tmp_path / "a.parquet")
    assert len(read_layer(tmp_path / "a.parquet", file="a.parquet")[0]) == 2


def broken(path: Path) -> Path:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    return path


def test_what_cannot_be_read_is_said_in_chinese(tmp_path):
    towns().to_file(tmp_path / "a.gpkg")
    shapefile(tmp_path, towns(), "UTF-8", (".shx",))
    with ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("读我.txt", "no layer")
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04 no zip")
    (tmp_path / "empty.geojson").write_bytes(b"")
    (tmp_path / "nul.gpkg").write_bytes(bytes(5000))
    (tmp_path / "text.geojson").write_text("id,lon,lat")
    geojson(tmp_path / "none.geojson", [])
    broken(geojson(tmp_path / "half.geojson", [{"type": "Point", "coordinates": [1, 2]}]))
    paths = [
        "missing.gpkg",
        "社区 界（2023）.shp",
        "b.zip",
        "c.zip",
        "empty.geojson",
        "nul.gpkg",
        "text.geojson",
        "none.geojson",
        "half.geojson",
    ]
    for name in paths:
        with pytest.raises(TableError) as caught:
            read_layer(tmp_path / name, file=name)
        (problem,) = caught.value.problems
        assert problem.file == name
        assert any("一" <= letter <= "鿿" for letter in problem.found)


def test_a_zip_bomb_is_refused_unopened(tmp_path):
    from zipfile import ZIP_DEFLATED

    with ZipFile(tmp_path / "bomb.zip", "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", bytes(120_000_000))
    with pytest.raises(TableError, match="解开后"):
        read_layer(tmp_path / "bomb.zip", file="bomb.zip")


def test_any_half_of_a_geopackage_or_shapefile_is_refused_or_read_but_never_crashes(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["村"] * 300}, geometry=[Polygon(SQUARE.exterior.coords)] * 300, crs=4326)
    frame.to_file(tmp_path / "a.gpkg")
    frame.to_file(tmp_path / "a.shp")
    for source in (tmp_path / "a.gpkg", tmp_path / "a.shp", tmp_path / "a.dbf"):
        raw = source.read_bytes()
        for share in (0.01, 0.3, 0.9):
            source.write_bytes(raw[: int(len(raw) * share)])
            try:
                got, _, _ = read_layer(source if source.suffix == ".gpkg" else tmp_path / "a.shp", file="a")
                assert len(got) <= 300
            except TableError:
                pass
        source.write_bytes(raw)


def test_lines_are_found_behind_the_points_of_the_same_file(tmp_path):
    """The GeoPackage that osmnx saves has its nodes first."""
    path = tmp_path / "net.gpkg"
    gpd.GeoDataFrame({"n": [1]}, geometry=[Point(117, 36)], crs=4326).to_file(path, layer="nodes")
    gpd.GeoDataFrame({"n": [2]}, geometry=[LineString([(117, 36), (118, 36)])], crs=4326).to_file(path, layer="edges")
    frame, _, problems = read_layer(path, file="net.gpkg", wanted="lines")
    assert frame["n"].tolist() == [2]
    assert [problem.action for problem in problems] == ["只读 1 个：edges"]
    assert read_layer(path, file="net.gpkg")[0]["n"].tolist() == [1]


def test_roads_kept_as_a_layer_for_each_class_are_read_as_one(tmp_path):
    names = ("国道", "乡道")
    for name, y in zip(names, (36, 37), strict=True):
        line = LineString([(117, y), (118, y)])
        gpd.GeoDataFrame({name: [name]}, geometry=[line], crs=4326).to_file(tmp_path / f"{name}.shp", encoding="GBK")
    with ZipFile(tmp_path / "道路.zip", "w") as archive:
        for part in sorted(tmp_path.glob("?道.*")):
            archive.write(part, part.name)
    frame, declared, _ = read_layer(tmp_path / "道路.zip", file="道路.zip", wanted="lines")
    assert sorted(shape.coords[0][1] for shape in frame.geometry) == [36, 37]
    assert declared == "EPSG:4326"
    assert len(read_layer(tmp_path / "道路.zip", file="道路.zip")[0]) == 1
