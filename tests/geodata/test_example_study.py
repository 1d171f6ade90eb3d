"""What the example study must be: made up, the same every time, and sound as a county."""

from __future__ import annotations

import csv
import hashlib
import re
import zipfile
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
import osmium
import pyogrio
import pytest
import shapely
from geodata.madeup.example import County, make_county, write_example
from geodata.madeup.terrain import draw_terrain

from jiujin.reading.study_file import read_study

EXAMPLE = Path(__file__).resolve().parents[2] / "geodata" / "example"
COMMITTED = sorted(
    str(path.relative_to(EXAMPLE))
    for path in EXAMPLE.rglob("*")
    if path.is_file() and ".jiujin" not in path.parts and not path.name.startswith("~$")
)  # what a build keeps there for the next, and the lock of a ledger open in Excel, are no part of the study


@pytest.fixture(scope="module")
def county() -> County:
    return make_county()


@pytest.fixture(scope="module")
def written(county: County, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    write_example(county, folder)
    return folder


@pytest.fixture(scope="module")
def communities() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    meta, _, shapes, values = pyogrio.raw.read(EXAMPLE / "communities.gpkg")
    return shapely.from_wkb(shapes), dict(zip(meta["fields"].tolist(), values, strict=True))


@pytest.fixture(scope="module")
def population() -> dict[str, np.ndarray]:
    with (EXAMPLE / "population.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


@pytest.fixture(scope="module")
def osm() -> tuple[dict[int, tuple[float, float]], list[tuple[list[int], dict[str, str]]], list[dict[str, str]]]:
    nodes, ways, tagged = {}, [], []
    for thing in osmium.FileProcessor(str(EXAMPLE / "streets.osm.pbf")):
        tags = {tag.k: tag.v for tag in thing.tags}
        if thing.is_node():
            nodes[thing.id] = (thing.location.lon, thing.location.lat)
            tagged += [tags] if tags else []
        else:
            ways.append(([node.ref for node in thing.nodes], tags))
    return nodes, ways, tagged


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", COMMITTED)
def test_the_generator_gives_the_committed_bytes(written: Path, name: str):
    assert digest(written / name) == digest(EXAMPLE / name)


def test_the_generator_gives_no_other_file(written: Path):
    assert sorted(str(path.relative_to(written)) for path in written.rglob("*") if path.is_file()) == COMMITTED


def test_the_study_is_small_enough_to_commit():
    assert sum((EXAMPLE / name).stat().st_size for name in COMMITTED) < 3_000_000


def test_the_study_file_has_no_mistake_and_all_its_inputs():
    study = read_study(EXAMPLE)
    assert study.name == "示例县"
    assert study.output.unit == "示例县民政局"
    assert study.siting is not None
    assert (study.siting.service, study.siting.count) == ("elderly_canteen", 5)
    goals = {target.id: target.goal for target in study.targets}
    assert goals["canteen_count"] == 100
    assert (goals["parent_school_urban"], goals["parent_school_village"]) == (1.0, 0.8)
    assert (goals["social_org_urban"], goals["social_org_rural"], goals["aging_retrofit"]) == (12, 6, 800)


def test_target_tables_have_the_columns_that_targets_ask_for():
    study = read_study(EXAMPLE)
    for target in study.targets:
        if target.table is None:
            continue
        heading = study.inputs.tables[target.table].read_text("utf-8-sig").splitlines()[0].split(",")
        asked = [name for name in (target.field, target.numerator, target.denominator) if name is not None]
        assert set(asked) <= set(heading), target.id


def test_communities_tile_the_county(communities):
    shapes, _ = communities
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    outline = shapely.from_geojson((EXAMPLE / "county.geojson").read_text("utf-8"))
    outline = shapely.get_parts(outline)[0]
    union = shapely.union_all(shapes)
    assert union.geom_type == "Polygon"
    assert not union.interiors
    assert union.symmetric_difference(outline).area == 0


def test_codes_say_what_the_names_say(communities):
    _, values = communities
    codes = values["区划代码"].tolist()
    assert len(codes) == len(set(codes)) == 121
    assert codes == sorted(codes)
    for code, name, township in zip(codes, values["名称"], values["乡镇街道"], strict=True):
        assert re.fullmatch(r"379999\d{6}", code)
        town, committee = int(code[6:9]), int(code[9:])
        assert township.endswith("街道" if town < 100 else "镇" if town < 200 else "乡")
        assert name.endswith("社区") if committee < 200 else name.endswith("村")
    assert sum(int(code[9:]) < 200 for code in codes) == 31
    named = Counter(zip(values["乡镇街道"], values["名称"], strict=True))
    assert max(named.values()) == 1


def test_classes_cover_town_and_country(communities):
    _, values = communities
    found = Counter(values["城乡分类代码"])
    assert set(found) == {"111", "112", "121", "122", "210", "220"}
    assert found["220"] > 60
    assert found["111"] + found["112"] >= 20


def test_every_community_has_people_and_everybody_lives_where_the_code_says(communities, population):
    shapes, values = communities
    position = {code: number for number, code in enumerate(values["区划代码"])}
    assert set(population["community_code"]) == set(position)
    home = np.array([position[code] for code in population["community_code"]])
    lon, lat = population["lon"].astype(float), population["lat"].astype(float)
    for number, shape in enumerate(shapes):
        mine = home == number
        assert mine.sum() >= 20
        assert shapely.contains_xy(shape.buffer(1e-6), lon[mine], lat[mine]).all()  # six decimals: 0.1 m


def test_people_add_up_to_a_county(population):
    total, age60, age80, disabled, households = (
        population[key].astype(int) for key in ("total", "age60", "age80", "disabled", "households")
    )
    assert len(set(population["id"])) == len(total) == 20_000
    assert 390_000 < total.sum() < 450_000
    assert (age80 <= age60).all()
    assert (age60 <= total).all()
    assert (disabled <= total).all()
    assert (households <= total).all()
    assert (households >= 1).all()
    assert 0.18 < age60.sum() / total.sum() < 0.28
    assert 0.02 < disabled.sum() / total.sum() < 0.03


def test_streets_are_one_network_of_many_kinds_with_few_bridges(osm):
    nodes, ways, tagged = osm
    streets = [(refs, tags) for refs, tags in ways if "highway" in tags and tags["highway"] != "motorway"]
    kinds = Counter(tags["highway"] for _, tags in streets)
    roads = {"trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service"}
    assert set(kinds) == roads | {"track", "footway", "path", "steps"}
    assert 25_000 <= len({ref for refs, _ in streets for ref in refs}) <= 40_000
    assert set().union(*(refs for refs, _ in ways)) <= set(nodes)
    assert 10 <= sum("bridge" in tags for _, tags in streets) <= 40
    assert _longest_share(nodes, streets) > 0.95
    assert any(tags.get("wheelchair") == "no" for _, tags in streets)
    assert any(tags.get("access") == "private" for _, tags in streets)
    assert sum(tags.get("barrier") == "gate" for tags in tagged) > 100
    assert sum("place" in tags for tags in tagged) > 120


def _longest_share(nodes, streets) -> float:
    parent = {}

    def root(ref: int) -> int:
        while parent.setdefault(ref, ref) != ref:
            parent[ref] = parent[parent[ref]]
            ref = parent[ref]
        return ref

    metres = []
    for refs, _ in streets:
        for a, b in pairwise(refs):
            parent[root(a)] = root(b)
            (lon_a, lat_a), (lon_b, lat_b) = nodes[a], nodes[b]
            metres.append((a, 111_320 * float(np.hypot((lon_b - lon_a) * 0.807, lat_b - lat_a))))
    length = defaultdict(float)
    for ref, metre in metres:
        length[root(ref)] += metre
    return max(length.values()) / sum(length.values())


def test_nobody_walks_through_water_or_over_the_railway_but_on_a_bridge_or_crossing(osm):
    nodes, ways, _ = osm
    water = shapely.union_all(
        [shapely.Polygon([nodes[ref] for ref in refs]) for refs, tags in ways if tags.get("natural") == "water"]
    )
    lines = [
        shapely.LineString([nodes[ref] for ref in refs])
        for refs, tags in ways
        if "highway" in tags and tags["highway"] != "motorway" and "bridge" not in tags
    ]
    shapely.prepare(water)
    wet = [line.intersection(water).length for line in lines if water.intersects(line)]
    assert sum(wet) * 111_320 < 200  # banks and streets are both drawn with a tolerance of about a metre


def test_offices_list_the_sites_with_their_faults():
    book = openpyxl.load_workbook(EXAMPLE / "facilities.xlsx")
    assert book.sheetnames == ["助老食堂", "党群服务中心", "如康家园", "社区卫生服务中心"]
    rows = {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}
    listed = {name: [row for row in table if isinstance(row[0], int)] for name, table in rows.items()}
    counts = {name: len(table) for name, table in listed.items()}
    assert 36 <= counts["助老食堂"] <= 44
    assert 85 <= counts["党群服务中心"] <= 105
    assert counts["如康家园"] == 6
    assert counts["社区卫生服务中心"] == 12
    assert all(table[1][0].count("2000国家大地坐标系") == 1 for table in rows.values())
    assert all(any(row[0] == "合计" for row in table) for table in rows.values())
    states = {row[7] for row in listed["助老食堂"]}
    assert states & {"停用", "停业"}
    assert states & {"在建", "装修中"}
    assert states & {"拟建", "筹建"}
    assert len(book["助老食堂"].merged_cells.ranges) > 10


def test_one_canteen_stands_beyond_the_border_but_within_five_kilometres(county: County):
    outline = shapely.union_all([place.shape for place in county.communities])
    sites = [(site, shapely.Point(site.lon, site.lat)) for ledger in county.ledgers.values() for site in ledger]
    abroad = [(site, point) for site, point in sites if not outline.contains(point)]
    assert [site.name for site, _ in abroad] == ["边界村幸福食堂"]
    assert outline.distance(abroad[0][1]) * 111_320 < 5000


def test_nothing_in_it_is_anybodys(communities):
    text = "".join((EXAMPLE / name).read_text("utf-8") for name in COMMITTED if name.endswith((".csv", ".toml")))
    with zipfile.ZipFile(EXAMPLE / "facilities.xlsx") as book:
        ledger = book.read("xl/sharedStrings.xml").decode("utf-8")
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text + ledger), "a mobile number"
    assert not re.search(r"(?<![\d.])\d{17}[\dXx](?!\d)", text + ledger), "an identity number"
    phones = re.findall(r"\d{3,4}-\d{7,8}", ledger)
    assert len(phones) > 50
    assert all(phone.startswith("0000-") for phone in phones)
    assert set(re.findall(r">([赵钱孙李周吴]某+)<", ledger)) <= {"赵某", "钱某某", "孙某", "李某某", "周某", "吴某某"}
    west, south, east, north = shapely.total_bounds(communities[0])
    assert shapely.box(122.7, 36.1, 123.2, 36.4).contains(shapely.box(west, south, east, north))  # open sea


def test_another_seed_makes_another_county():
    one, other = (draw_terrain(np.random.default_rng(seed)).outline for seed in (1, 2))
    assert one.is_valid
    assert other.is_valid
    assert one.symmetric_difference(other).area > 1e6
