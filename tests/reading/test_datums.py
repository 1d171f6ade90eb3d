"""The datum of a table is stated, named or tested; too few positions, and witnesses that disagree, decide nothing."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from jiujin.coordinates import Plane, bd09_from_wgs84, gcj02_from_wgs84, plane_of, wgs84_from_gcj02
from jiujin.network.streets import Streets
from jiujin.reading.datums import Evidence, datum_named, decide_datum, decide_layer_datum, judge
from jiujin.reading.datums_streets import street_witness
from jiujin.reading.datums_units import Written, settle_datums
from jiujin.reading.streets import read_streets
from jiujin.study import Inputs, Study

WRITE = {"wgs84": lambda lon, lat: (lon, lat), "gcj02": gcj02_from_wgs84, "bd09": bd09_from_wgs84}
PLANE = Plane(epsg=4548)
NO_NAME = np.empty(0, np.int32)


def streets_of(lines):
    """Streets from lines of plane metres."""
    xy = np.concatenate(lines)
    lon, lat = PLANE.unproject(xy[:, 0], xy[:, 1])
    ends = np.cumsum([len(line) for line in lines])
    start = np.concatenate([np.arange(end - len(line), end - 1) for line, end in zip(lines, ends, strict=True)])
    count = start.size
    return Streets(
        lon_e7=np.round(lon * 1e7).astype(np.int32),
        lat_e7=np.round(lat * 1e7).astype(np.int32),
        start=start.astype(np.int32),
        end=(start + 1).astype(np.int32),
        length_cm=np.full(count, 100, np.int32),
        way=np.arange(count, dtype=np.int64),
        step_free=np.ones(count, np.bool_),
        street_class=np.zeros(count, np.uint8),
    )


@pytest.fixture(scope="module")
def town():
    """12 km of irregular blocks of about 350 m, and 400 sites set back 5 to 40 m from a street."""
    rng = np.random.default_rng(11)
    x0, y0, size = 505_000.0, 4_045_000.0, 12_000.0
    across = np.cumsum(rng.uniform(200, 500, 34))
    across = across[across < size]
    up = np.cumsum(rng.uniform(200, 500, 34))
    up = up[up < size]
    lines = [np.array([[x0 + x, y0], [x0 + x, y0 + size]]) for x in across]
    lines += [np.array([[x0, y0 + y], [x0 + size, y0 + y]]) for y in up]
    x = x0 + rng.choice(across, 400) + rng.choice([-1, 1], 400) * rng.uniform(5, 40, 400)
    y = y0 + rng.uniform(500, size - 500, 400)
    lon, lat = PLANE.unproject(x, y)
    return streets_of(lines), lon, lat


@pytest.fixture(scope="module")
def evidence(town):
    return Evidence(witness=street_witness(town[0], PLANE))


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("GCJ-02", "gcj02"),
        ("gcj02", "gcj02"),
        ("高德经度", "gcj02"),
        ("高德地图拾取", "gcj02"),
        ("腾讯地图", "gcj02"),
        ("火星坐标系", "gcj02"),
        ("百度经度", "bd09"),
        ("BD09", "bd09"),
        ("BD-09", "bd09"),
        ("WGS84", "wgs84"),
        ("wgs-84", "wgs84"),
        ("gps_lng", "wgs84"),
        ("手持GPS", "wgs84"),
        ("天地图", "cgcs2000"),
        ("CGCS2000", "cgcs2000"),
        ("2000国家大地坐标系", "cgcs2000"),
        ("国家2000", "cgcs2000"),
        ("西安80", "EPSG:4610"),
        ("西安1980坐标系", "EPSG:4610"),
        ("北京54", "EPSG:4214"),
        ("EPSG:4548", "EPSG:4548"),
        ("经度", None),
        ("坐标", None),
        (None, None),
        (3.5, None),
    ],
)
def test_words_that_name_a_datum(text, datum):
    assert datum_named(text) == datum


@pytest.mark.parametrize("truth", list(WRITE))
def test_the_streets_tell_the_datum(town, truth):
    streets, lon, lat = town
    verdict = decide_datum(*WRITE[truth](lon[:60], lat[:60]), streets=streets, plane=PLANE)
    assert verdict.datum == truth
    assert min(verdict.street_m, key=verdict.street_m.get) == truth
    assert verdict.street_m[truth] < 25
    assert "60 个点" in verdict.scores()


TWICE = {
    "加了两次": lambda lon, lat: gcj02_from_wgs84(*gcj02_from_wgs84(lon, lat)),
    "多加了一次": lambda lon, lat: gcj02_from_wgs84(*bd09_from_wgs84(lon, lat)),
    "多减了一次": wgs84_from_gcj02,
}


@pytest.mark.parametrize("accident", list(TWICE))
def test_a_conversion_done_once_too_often_is_told_and_not_converted(town, evidence, accident):
    _, lon, lat = town
    (settled, (told,)) = settle_datums(written_as(*TWICE[accident](lon, lat)), evidence, file="台账.xlsx")
    assert np.isnan(settled.lon).all()
    assert told.rule == "datum_undecided"
    assert accident in told.found
    assert "原始坐标" in told.wanted


def test_a_township_that_shifted_twice_does_not_follow_its_file(town, evidence):
    _, lon, lat = town
    unit = np.where(np.arange(lon.size) < 100, "甲镇", "乙镇").astype(object)
    x, y = gcj02_from_wgs84(lon, lat)
    x[:100], y[:100] = gcj02_from_wgs84(x[:100], y[:100])
    settled, problems = settle_datums(written_as(x, y, unit=unit), evidence, file="台账.xlsx")
    assert np.isnan(settled.lon[:100]).all()
    np.testing.assert_allclose(settled.lon[100:], lon[100:], atol=1e-7)
    assert ["甲镇" in problem.found and "加了两次" in problem.found for problem in problems] == [True, False]


@pytest.fixture(scope="module")
def hamlet():
    """1.8 km of irregular blocks: a wrong datum moves most of its 40 sites out of it."""
    rng = np.random.default_rng(5)
    x0, y0, size = 505_000.0, 4_045_000.0, 1_800.0
    across, up = np.cumsum(rng.uniform(150, 330, 7)), np.cumsum(rng.uniform(150, 330, 7))
    lines = [np.array([[x0 + x, y0], [x0 + x, y0 + size]]) for x in across]
    lines += [np.array([[x0, y0 + y], [x0 + size, y0 + y]]) for y in up]
    x = x0 + rng.choice(across[across < size], 40) + rng.choice([-1, 1], 40) * rng.uniform(5, 30, 40)
    lon, lat = PLANE.unproject(x, y0 + rng.uniform(50, size - 50, 40))
    return streets_of(lines), lon, lat


@pytest.mark.parametrize("truth", WRITE)
def test_the_streets_of_a_small_town_tell_the_datum(hamlet, truth):
    streets, lon, lat = hamlet
    assert decide_datum(*WRITE[truth](lon, lat), streets=streets, plane=PLANE).datum == truth


def test_positions_around_a_small_town_decide_nothing(hamlet):
    streets, lon, lat = hamlet
    west, south = lon - 0.018, lat - 0.012
    assert decide_datum(west, south, streets=streets, plane=PLANE).datum is None
    assert decide_datum(*gcj02_from_wgs84(*gcj02_from_wgs84(lon, lat)), streets=streets, plane=PLANE).datum is None


def test_nine_positions_decide_nothing_and_ten_may(town, evidence):
    _, lon, lat = town
    written = gcj02_from_wgs84(lon, lat)
    verdict = judge(written[0][:9], written[1][:9], evidence)
    assert verdict.datum is None
    assert "少于 10" in verdict.because
    assert judge(written[0][:10], written[1][:10], evidence).count == 10


def test_positions_without_any_place_near_streets_decide_nothing(evidence, town):
    _, lon, lat = town
    assert judge(lon + 1.0, lat, evidence).datum is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(10, 40))
def test_positions_strewn_at_random_are_not_decided_by_chance(evidence, seed, count):
    rng = np.random.default_rng(seed)
    west, south, east, north = evidence.witness.box
    verdict = judge(rng.uniform(west, east, count), rng.uniform(south, north, count), evidence)
    assert verdict.datum is None or verdict.street_m[verdict.datum] < 60


def test_outside_china_auto_is_wgs84():
    streets = streets_of([np.array([[500_000.0, 4_000_000.0], [501_000.0, 4_000_000.0]])])
    helsinki = Streets(
        lon_e7=(streets.lon_e7 * 0 + 249_400_000).astype(np.int32),
        lat_e7=(streets.lat_e7 * 0 + 601_700_000).astype(np.int32),
        start=streets.start,
        end=streets.end,
        length_cm=streets.length_cm,
        way=streets.way,
        step_free=streets.step_free,
        street_class=streets.street_class,
    )
    verdict = decide_datum(np.array([24.94]), np.array([60.17]), streets=helsinki, plane=Plane(epsg=32635))
    assert verdict.datum == "wgs84"


def squares(lon, lat):
    """Communities: squares of 0.008 degree, and for each position the one that holds it."""
    column, row = np.floor(lon / 0.008).astype(int), np.floor(lat / 0.008).astype(int)
    keys = sorted(set(zip(column.tolist(), row.tolist(), strict=True)))
    shapes = np.array([shapely.box(c * 0.008, r * 0.008, (c + 1) * 0.008, (r + 1) * 0.008) for c, r in keys])
    place = {key: at for at, key in enumerate(keys)}
    return shapes, np.array([place[key] for key in zip(column.tolist(), row.tolist(), strict=True)], np.int32)


def test_named_communities_decide_where_streets_are_silent(town):
    _, lon, lat = town
    shapes, named = squares(lon, lat)
    quiet = Evidence(witness=None, communities=shapes)
    for truth, write in WRITE.items():
        assert judge(*write(lon, lat), quiet, named).datum == truth
    assert judge(lon, lat, quiet, np.full(lon.size, -1, np.int32)).datum is None


def test_communities_in_the_same_wrong_datum_are_noticed(town):
    streets, lon, lat = town
    shifted = gcj02_from_wgs84(lon, lat)
    shapes, named = squares(*shifted)  # drawn on the same shifted map, taken for WGS 84
    verdict = decide_datum(*shifted, streets=streets, plane=PLANE, communities=shapes, named=named)
    assert verdict.datum is None
    assert "社区图层" in verdict.because


def test_polygons_are_judged_by_who_lives_in_them(town):
    _, lon, lat = town
    for truth, write in WRITE.items():
        shapes, inside = squares(*write(lon, lat))
        assert decide_layer_datum(shapes, lon, lat, inside).datum == truth
    assert decide_layer_datum(shapes, lon, lat, np.full(lon.size, -1, np.int32)).datum is None


def written_as(lon, lat, stated=None, unit=None):
    count = len(lon)
    unit = ["全县"] * count if unit is None else unit
    stated = [None] * count if stated is None else stated
    return Written(
        lon=lon,
        lat=lat,
        stated=np.array(stated, object),
        unit=np.array(unit, object),
        named=np.full(count, -1, np.int32),
    )


def assert_settled(settled, lon, lat):
    assert settled.lon == pytest.approx(lon, abs=1e-8)
    assert settled.lat == pytest.approx(lat, abs=1e-8)


def test_a_file_is_converted_as_a_whole_and_says_so(town, evidence):
    _, lon, lat = town
    units = [f"乡{at % 7}" for at in range(40)]
    settled, problems = settle_datums(
        written_as(*bd09_from_wgs84(lon[:40], lat[:40]), unit=units), evidence, file="台账.xlsx"
    )
    assert_settled(settled, lon[:40], lat[:40])
    assert [problem.rule for problem in problems] == ["datum_decided"]
    assert "BD-09" in problems[0].found


def test_a_township_that_picks_from_another_map_is_decided_for_itself(town, evidence):
    _, lon, lat = town
    written = np.concatenate([gcj02_from_wgs84(lon[:40], lat[:40]), (lon[40:70], lat[40:70])], axis=1)
    settled, problems = settle_datums(
        written_as(*written, unit=["东关镇"] * 40 + ["西关镇"] * 30), evidence, file="台账.xlsx"
    )
    assert_settled(settled, lon[:70], lat[:70])
    assert list(settled.datum) == ["gcj02"] * 40 + ["wgs84"] * 30
    assert sum("“西关镇”，判断为 WGS 84" in problem.found for problem in problems) == 1


def test_small_townships_of_a_mixed_file_are_asked_about(town, evidence):
    _, lon, lat = town
    written = np.concatenate([gcj02_from_wgs84(lon[:40], lat[:40]), (lon[40:76], lat[40:76])], axis=1)
    units = ["东关镇"] * 40 + ["西关镇"] * 30 + ["南关镇"] * 6
    settled, _ = settle_datums(written_as(*written, unit=units), evidence, file="台账.xlsx")
    assert np.isfinite(settled.lon[:70]).all()
    assert np.isnan(settled.lon[70:]).all()
    assert all("不一致" in why for why in settled.why_not[70:])


def test_a_few_rows_that_speak_against_their_file_are_asked_about(town, evidence):
    _, lon, lat = town
    written = np.concatenate([gcj02_from_wgs84(lon[:60], lat[:60]), (lon[60:69], lat[60:69])], axis=1)
    units = ["东关镇"] * 60 + ["西关镇"] * 9
    settled, problems = settle_datums(written_as(*written, unit=units), evidence, file="台账.xlsx")
    assert_settled(settled_part(settled, slice(0, 60)), lon[:60], lat[:60])
    assert np.isnan(settled.lon[60:]).all()
    assert "datum_undecided" in {problem.rule for problem in problems}


def settled_part(settled, part):
    return type(settled)(
        lon=settled.lon[part], lat=settled.lat[part], datum=settled.datum[part], why_not=settled.why_not[part]
    )


def test_too_few_rows_say_what_to_write(town, evidence):
    _, lon, lat = town
    settled, problems = settle_datums(written_as(lon[:9], lat[:9]), evidence, file="小台账.csv")
    assert np.isnan(settled.lon).all()
    assert problems[0].severity == "error"
    assert '"小台账.csv" = "gcj02"' in problems[0].wanted


def test_a_stated_datum_is_applied_and_held_against_the_streets(town, evidence):
    _, lon, lat = town
    settled, problems = settle_datums(written_as(lon[:50], lat[:50], stated=["gcj02"] * 50), evidence, file="台账.xlsx")
    assert (np.abs(settled.lon - lon[:50]) > 0.002).any()
    assert [problem.rule for problem in problems] == ["datum_contradiction", "datum_converted"]
    settled, problems = settle_datums(written_as(lon[:5], lat[:5], stated=["cgcs2000"] * 5), evidence, file="台账.xlsx")
    assert_settled(settled, lon[:5], lat[:5])
    assert not problems


def test_a_refused_datum_places_nothing_and_says_why(town, evidence):
    _, lon, lat = town
    settled, _ = settle_datums(written_as(lon[:5], lat[:5], stated=["EPSG:4610"] * 5), evidence, file="台账.xlsx")
    assert np.isnan(settled.lon).all()
    assert all("西安80" in why for why in settled.why_not)


def pack(shared_data, name):
    folder = shared_data / name
    inputs = Inputs(facilities=(), communities=(), population=(), streets=(folder / "network.osm.pbf",))
    study = Study(name=name, folder=folder, as_of=date(2023, 12, 31), inputs=inputs, services=())
    streets, _, _ = read_streets(study)
    sites = pd.read_csv(folder / "facilities.csv")
    return streets, plane_of(streets.lon, streets.lat), sites


@pytest.mark.parametrize("name", ["guixi", "wuhan", "shanghai_core"])
def test_real_tables_of_twenty_and_more_are_never_decided_wrongly(shared_data, name):
    streets, plane, sites = pack(shared_data, name)
    evidence = Evidence(witness=street_witness(streets, plane))
    rng = np.random.default_rng(20)
    decided = 0
    trials = 0
    for truth, write in WRITE.items():
        lon, lat = write(sites["lon"].to_numpy(), sites["lat"].to_numpy())
        for count in (20, 50, 200, len(sites)):
            for _ in range(12):
                some = rng.choice(len(sites), min(count, len(sites)), replace=False)
                found = judge(lon[some], lat[some], evidence).datum
                assert found in {None, truth}
                decided += found == truth
                trials += 1
    assert decided == trials or name != "wuhan"


def test_the_ledgers_of_the_packs_are_decided_as_they_were_made(shared_data):
    streets, plane, _ = pack(shared_data, "wuhan")
    ledger = pd.read_csv(shared_data / "wuhan" / "设施台账_gcj02_gbk.csv", encoding="gbk")
    verdict = decide_datum(ledger["经度"].to_numpy(), ledger["纬度"].to_numpy(), streets=streets, plane=plane)
    assert verdict.datum == "gcj02"
    streets, plane, _ = pack(shared_data, "guixi")
    ledger = pd.read_csv(shared_data / "guixi" / "设施台账_gcj02_gbk.csv", encoding="gbk")
    units = gpd.read_file(shared_data / "guixi" / "communities.geojson")
    named = [[at for at, unit in enumerate(units["name"]) if unit in site] for site in ledger["设施名称"]]
    verdict = decide_datum(
        ledger["经度"].to_numpy(),
        ledger["纬度"].to_numpy(),
        streets=streets,
        plane=plane,
        communities=units.geometry.to_numpy(),
        named=np.array([at[0] if len(at) == 1 else -1 for at in named], np.int32),
    )
    assert verdict.datum == "gcj02"
    assert verdict.inside_named["gcj02"] > 0.9


def test_real_polygons_are_judged_by_their_people(shared_data):
    folder = shared_data / "wuhan"
    people = pd.read_csv(folder / "population.csv").iloc[::10]
    code_of = gpd.read_file(folder / "districts.geojson").set_index("name")["code"]
    for file, truth in (("districts.geojson", "wgs84"), ("districts_gcj02.geojson", "gcj02")):
        units = gpd.read_file(folder / file)
        place = {code: at for at, code in enumerate(units["code"])}
        inside = people["district"].map(code_of).map(place).fillna(-1).to_numpy(np.int32)
        shapes, lon, lat = units.geometry.to_numpy(), people["lon"].to_numpy(), people["lat"].to_numpy()
        verdict = decide_layer_datum(shapes, lon, lat, inside)
        assert verdict.inside_named[truth] == max(verdict.inside_named.values())
        assert verdict.datum in {None, truth}  # districts are so wide that only their edges tell


@settings(max_examples=300, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    townships=st.lists(st.tuples(st.sampled_from(list(WRITE)), st.integers(1, 40)), min_size=1, max_size=5),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_file_of_mixed_townships_places_rows_rightly_or_lists_them(town, evidence, townships, seed):
    """Townships of ten rows and more never go wrong; a smaller one only where its file leaves no doubt to follow."""
    _, lon, lat = town
    rows = np.random.default_rng(seed).permutation(lon.size)[: sum(count for _, count in townships)]
    unit = np.repeat([f"{number}镇" for number in range(len(townships))], [count for _, count in townships])
    size = np.repeat([count for _, count in townships], [count for _, count in townships])
    written = [
        WRITE[datum](lon[[row]], lat[[row]]) for (datum, count), row in zip(spread(townships), rows, strict=True)
    ]
    x, y = np.concatenate(written, axis=1)
    settled, problems = settle_datums(written_as(x, y, unit=unit.astype(object)), evidence, file="台账.xlsx")
    placed = np.isfinite(settled.lon)
    right = placed & (np.abs(settled.lon - lon[rows]) < 1e-6) & (np.abs(settled.lat - lat[rows]) < 1e-6)
    assert not (placed & ~right & (size >= 10)).any()
    assert all(settled.why_not[~placed])
    assert problems


def spread(townships):
    return [township for township in townships for _ in range(township[1])]
