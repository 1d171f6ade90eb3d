"""Every writing of a position that offices use is read as the place it means, or listed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.coordinates import Plane, bd09_from_bd09mc, bd09_from_wgs84
from jiujin.reading.positions import box_of, read_positions
from jiujin.reading.positions_text import Angle, angles, plain_angles

COUNTY = (116.9, 36.3, 117.4, 36.8)
LON, LAT = 117.2083333, 36.55
METRE = 1e-5


def table(lon=None, lat=None, point=None):
    columns = {"lon": lon, "lat": lat, "point": point}
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items() if cells is not None})
    return frame.assign(row=np.arange(3, len(frame) + 3))


def read(near=COUNTY, datum="auto", **columns):
    return read_positions(table(**columns), file="台账.xlsx", sheet="食堂", near=near, datum=datum)


def rules(problems):
    return {problem.rule for problem in problems}


def assert_at(positions, lon=LON, lat=LAT, within=METRE):
    assert positions.lon == pytest.approx(np.full(positions.lon.size, lon), abs=within)
    assert positions.lat == pytest.approx(np.full(positions.lat.size, lat), abs=within)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (117.2083333, 36.55),
        ("117.2083333", "36.55"),
        ("１１７．２０８３３３３", "３６．５５"),
        ("117.2083333°", "36.55°"),
        ("E117.2083333", "N36.55"),
        ("117.2083333E", "36.55N"),
        ("东经117.2083333", "北纬36.55"),
        ("东经：117.2083333度", "北纬：36.55度"),
        ("117°12′30″", "36°33′00″"),
        ("117°12'30\"", "36°33'0\""),
        ("117°12’30”", "36°33’0”"),
        ("117º12'30''", "36º33'0''"),
        ("117゜12ʹ30ʺ", "36⁰33′00〞"),
        ("117○12‵30‶", "36˚33′00˝"),
        ("117.12.30", "36.33.00"),
        ("'117.2083333", "‘36.55"),
        ("+117.2083333", "+36.55"),
        ("117度12分30秒", "36度33分"),
        ("117-12-30", "36-33-00"),
        ("117:12:30", "36:33:00"),
        ("117 12 30", "36 33 00"),
        ("１１７°１２′３０″", "３６°３３′００″"),
        ("117°12.5′", "36°33′"),
        ("E117°12′30.0″", "N36°33′00″"),
        (" 117.2083333\u200b ", "\ufeff36.55\n"),
        ("117,2083333", "36,550000"),
        ("117。2083333", "36。550000"),
        ("117. 2083333", "36 .55"),
    ],
)
def test_one_place_in_two_cells(lon, lat):
    positions, problems = read(lon=[lon], lat=[lat])
    assert_at(positions)
    assert rules(problems) <= {"coarse_position"}


@pytest.mark.parametrize(
    ("lon", "lat"), [("117.2O83333", "36.55"), ("1l7.2083333", "36.55OOO"), ("ll7.2083333", "36.55")]
)
def test_letters_typed_for_digits_are_digits_and_told(lon, lat):
    positions, problems = read(lon=[lon, "117.2083333"], lat=[lat, "36.55"])
    if lon.startswith("ll"):  # nobody can tell where a number begins that begins with letters
        assert rules(problems) == {"unreadable_position"}
        return
    assert positions.lon.tolist() == pytest.approx([LON, LON])
    (told,) = [problem for problem in problems if problem.rule == "letters_for_digits"]
    assert (told.row, told.severity) == (3, "warning")  # the first row of these tables stands in line 3


@pytest.mark.parametrize(
    "point",
    [
        "117.2083333,36.55",
        "117.2083333，36.55",
        "117.2083333、36.55",
        "117.2083333；36.55",
        "117.2083333 36.55",
        "117.2083333\n36.55",
        "(117.2083333 36.55)",
        "（117.2083333，36.55）",
        "[117.2083333, 36.55]",
        "POINT(117.2083333 36.55)",
        "POINT Z (117.2083333 36.55 21.5)",
        "SRID=4326;POINT(117.2083333 36.55)",
        "东经117.2083333，北纬36.55",
        "北纬36.55 东经117.2083333",
        "E117.2083333 N36.55",
        "N36.55,E117.2083333",
        "北纬36°33′00″，东经117°12′30″",
        "117°12′30″E 36°33′00″N",
        "117-12-30,36-33-00",
        "117-12-30 36-33-00",
        "117 12 30 36 33 00",
        '{"lng":117.2083333,"lat":36.55}',
        "lat:36.55,lng:117.2083333",
        "纬度：36.55，经度：117.2083333",
        "经度117.2083333 纬度36.55",
    ],
)
def test_both_numbers_in_one_cell(point):
    for columns in ({"point": [point]}, {"lon": [point], "lat": [None]}, {"lon": [None], "lat": [point]}):
        positions, problems = read(**columns)
        assert_at(positions)
        assert not problems


def test_swapped_rows_are_found_exactly_and_listed():
    positions, problems = read(lon=[117.20833, 36.55000, "36°33′"], lat=[36.55001, 117.20833, "117°12′30″"])
    assert_at(positions, within=2 * METRE)
    assert [(problem.rule, problem.row) for problem in problems] == [("swapped_lon_lat", 4), ("swapped_lon_lat", 5)]


def test_the_headings_may_be_swapped_as_a_whole():
    positions, problems = read(lon=[36.55], lat=["117.2083333"])
    assert_at(positions)
    assert rules(problems) == {"swapped_lon_lat"}


@pytest.mark.parametrize(
    ("lon", "lat", "rule"),
    [
        (117208333, 36550000, "lost_decimal_point"),
        (11720833.3, 3655000, "lost_decimal_point"),
        ("1172083333", "36.55", "lost_decimal_point"),
        (-117.2083333, 36.55, "negative_degrees"),
        (LON * 3600, LAT * 3600, "degrees_in_seconds"),
        (np.radians(LON), np.radians(LAT), "degrees_in_radians"),
    ],
)
def test_lost_points_signs_and_units_are_put_right_and_listed(lon, lat, rule):
    positions, problems = read(lon=[lon], lat=[lat])
    assert_at(positions)
    assert [problem.rule for problem in problems] == [rule]
    assert problems[0].row == 3


def test_a_lost_point_as_the_brief_writes_it():
    positions, problems = read(lon=["1171234"], lat=["365512"])
    assert_at(positions, 117.1234, 36.5512)
    assert rules(problems) == {"lost_decimal_point"}


@pytest.mark.parametrize("prefix", [0, 39_000_000, 20_000_000])
@pytest.mark.parametrize("surveying", [False, True])
def test_gauss_kruger_metres_with_and_without_zone_in_either_order(prefix, surveying):
    x, y = Plane(epsg=4548).project(np.array([LON] * 4), np.array([LAT] * 4))
    east, north = list(x + prefix), list(y)
    positions, problems = read(lon=north if surveying else east, lat=east if surveying else north)
    assert_at(positions)
    assert list(positions.datum) == ["cgcs2000"] * 4
    assert [problem.rule for problem in problems] == ["gauss_kruger"]
    assert problems[0].row is None


def test_gauss_kruger_of_the_neighbouring_zone_is_found_by_the_study():
    x, y = Plane(epsg=4549).project(np.array([LON]), np.array([LAT]))
    positions, _ = read(lon=list(x), lat=list(y))
    assert_at(positions)


def test_gauss_kruger_without_zone_and_without_a_study_is_not_guessed():
    x, y = Plane(epsg=4548).project(np.array([LON]), np.array([LAT]))
    positions, problems = read(near=None, lon=list(x), lat=list(y))
    assert np.isnan(positions.lon).all()
    assert "中央经线" in problems[0].found


def test_a_stated_projection_is_applied_in_either_order():
    x, y = Plane(epsg=4549).project(np.array([LON]), np.array([LAT]))
    for lon, lat in ((x, y), (y, x)):
        positions, _ = read(lon=list(lon), lat=list(lat), datum="EPSG:4549")
        assert_at(positions)
        assert list(positions.datum) == ["wgs84"]


def baidu_metres(lon, lat):
    """Baidu's metres of BD-09 degrees, by bisection of the published inverse."""
    low, high = np.zeros_like(lat), np.full_like(lat, 8.3e6)
    for _ in range(80):
        middle = (low + high) / 2
        below = bd09_from_bd09mc(np.full_like(lat, 1.3e7), middle)[1] < lat
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return lon * 111_320.702, low


def test_web_and_baidu_metres_are_told_apart_by_the_study():
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(117.0, 117.3, 30), rng.uniform(36.4, 36.7, 30)
    x, y = Plane(epsg=3857).project(lon, lat)
    positions, problems = read(near=(117.0, 36.4, 117.3, 36.7), lon=list(x), lat=list(y))
    assert positions.lat == pytest.approx(lat, abs=METRE)
    assert rules(problems) == {"web_mercator"}
    x, y = baidu_metres(*bd09_from_wgs84(lon, lat))
    positions, problems = read(near=(117.0, 36.4, 117.3, 36.7), lon=list(x), lat=list(y), datum="bd09")
    assert rules(problems) == {"baidu_mercator"}
    assert set(positions.datum) == {"bd09"}
    assert positions.lat == pytest.approx(bd09_from_wgs84(lon, lat)[1], abs=METRE)
    small = (116.99, 36.5, 117.01, 36.52)
    x, y = baidu_metres(*bd09_from_wgs84(rng.uniform(116.99, 117.0, 9), rng.uniform(36.5, 36.51, 9)))
    assert rules(read(near=small, lon=list(x), lat=list(y))[1]) == {"baidu_mercator"}


def test_metres_that_fit_both_mercators_are_asked_about():
    wide = (115.0, 35.0, 119.0, 38.0)
    x, y = Plane(epsg=3857).project(np.array([LON]), np.array([LAT]))
    positions, problems = read(near=wide, lon=list(x), lat=list(y))
    assert np.isnan(positions.lon).all()
    assert "EPSG:3857" in problems[0].wanted


def packed(degrees):
    seconds = np.round(degrees * 3600).astype(int)
    return [f"{s // 3600}.{s % 3600 // 60:02d}{s % 60:02d}" for s in seconds]


def test_packed_degrees_are_known_by_a_column_that_chance_does_not_write():
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(117.0, 117.3, 20), rng.uniform(36.4, 36.7, 20)
    positions, problems = read(lon=packed(lon), lat=packed(lat))
    assert positions.lon == pytest.approx(lon, abs=1 / 3600)
    assert positions.lat == pytest.approx(lat, abs=1 / 3600)
    assert rules(problems) == {"packed_degrees"}


def test_few_packed_numbers_are_left_as_degrees_unless_only_packed_ones_fit():
    positions, problems = read(lon=packed(np.full(6, 117.95)), lat=packed(np.full(6, 36.95)))
    assert "packed_degrees" not in rules(problems)
    positions, problems = read(
        near=(117.9, 36.9, 118.0, 37.0), lon=packed(np.full(6, 117.95)), lat=packed(np.full(6, 36.95))
    )
    assert_at(positions, 117.95, 36.95)
    assert rules(problems) == {"packed_degrees"}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(14, 60))
def test_decimal_degrees_are_never_taken_for_packed_ones(seed, count):
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(117.0, 117.3, count).round(6), rng.uniform(36.4, 36.7, count).round(6)
    positions, _ = read(lon=list(lon), lat=list(lat))
    assert positions.lon == pytest.approx(lon)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (None, None),
        (0, 0),
        ("0", "0.0"),
        ("", ""),
        ("未采集", "未采集"),
        ("/", "—"),
        (np.nan, np.nan),
        (0, None),
        ("无", 0),
    ],
)
def test_no_position_is_no_position(lon, lat):
    positions, problems = read(lon=[lon], lat=[lat])
    assert positions.absent.all()
    assert np.isnan(positions.lon).all()
    assert not problems


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (117.2, None),
        (None, 36.5),
        ("幸福路12号", "36.5"),
        ("117°72′30″", "36°33′"),
        (117.2, 117.3),
        (12.0, 13.0),
        ("117.1.2", "36.5"),
        (5e30, 1e30),
        (True, False),
        ("3号楼117室", "南门"),
    ],
)
def test_what_makes_no_place_is_listed_with_its_row(lon, lat):
    positions, problems = read(lon=[117.11111, lon], lat=[36.51111, lat])
    assert np.isnan(positions.lon).tolist() == [False, True]
    assert [(problem.rule, problem.row, problem.severity) for problem in problems] == [
        ("unreadable_position", 4, "error")
    ]


def test_too_few_decimals_are_reported_but_used():
    positions, problems = read(lon=[117.123, 117.12345], lat=[36.55, 36.54321])
    assert np.isfinite(positions.lon).all()
    assert [(problem.rule, problem.row) for problem in problems] == [("coarse_position", 3)]


def test_a_place_far_from_the_study_stays_where_it_was_written():
    positions, problems = read(lon=[121.47372], lat=[31.23041])
    assert_at(positions, 121.47372, 31.23041)
    assert not problems


def test_outside_china_the_study_says_what_is_swapped():
    helsinki = (24.9, 60.1, 25.0, 60.2)
    positions, problems = read(near=helsinki, lon=[24.94932, 60.17041], lat=[60.17041, 24.94932])
    assert_at(positions, 24.94932, 60.17041)
    assert [(problem.rule, problem.row) for problem in problems] == [("swapped_lon_lat", 4)]


def test_clean_numbers_are_taken_as_they_are():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"lon": rng.uniform(116.9, 117.4, 1000), "lat": rng.uniform(36.3, 36.8, 1000)})
    positions, problems = read_positions(frame, file="人口.csv", near=COUNTY)
    assert np.array_equal(positions.lon, frame["lon"])
    assert not problems


WRITINGS = [
    lambda lon, lat: (f"{lon:.7f}", f"{lat:.7f}"),
    lambda lon, lat: (lon, lat),
    lambda lon, lat: (f"东经{lon:.7f}", f"北纬{lat:.7f}"),
    lambda lon, lat: (f"{lon:.7f}，{lat:.7f}", None),
    lambda lon, lat: (f"{lat:.7f}", f"{lon:.7f}"),
    lambda lon, lat: (dms(lon, "°", "′", "″"), dms(lat, "°", "′", "″")),
    lambda lon, lat: (dms(lon, "度", "分", "秒"), dms(lat, "度", "分", "秒")),
    lambda lon, lat: (dms(lon, "-", "-", ""), dms(lat, "-", "-", "")),
    lambda lon, lat: (round(lon * 1e6), round(lat * 1e6)),
    lambda lon, lat: tuple(float(v[0]) for v in Plane(epsg=4548).project(np.array([lon]), np.array([lat]))),
]


def dms(value, degree, minute, second):
    ten_thousandths = round(value * 36_000_000)
    whole, rest = divmod(ten_thousandths, 36_000_000)
    return f"{whole}{degree}{rest // 600_000:02d}{minute}{rest % 600_000 / 10_000:07.4f}{second}"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(116.91, 117.39), st.floats(36.31, 36.79), st.integers(0, len(WRITINGS) - 1)), max_size=12
    )
)
def test_writings_mixed_in_one_sheet_each_come_to_their_place(rows):
    cells = [WRITINGS[kind](lon, lat) for lon, lat, kind in rows]
    positions, _ = read(lon=[cell[0] for cell in cells], lat=[cell[1] for cell in cells])
    assert positions.lon == pytest.approx([row[0] for row in rows], abs=METRE)
    assert positions.lat == pytest.approx([row[1] for row in rows], abs=METRE)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.booleans(), st.none()))
def test_any_cell_is_read_or_left_without_a_fault(cell):
    positions, problems = read(lon=[cell], lat=[cell], point=[cell])
    listed = any(problem.row == 3 for problem in problems)
    assert bool(positions.absent[0]) or listed or np.isfinite(positions.lon[0])


def test_a_box_goes_around_what_is_there():
    assert box_of(np.array([117.0, np.nan, 117.5]), np.array([36.0, 36.1, 36.2])) == (117.0, 36.0, 117.5, 36.2)
    assert box_of(np.array([np.nan]), np.array([36.0])) is None


def test_an_angle_says_its_axis():
    assert angles("北纬36.55 东经117.2")[0].axis == "lon"
    assert angles("W117.2")[0].value == -117.2


@given(
    st.tuples(
        st.sampled_from(["", "E", "N", "东经", "北纬"]),
        st.integers(0, 999),
        st.sampled_from("°度"),
        st.integers(0, 70),
        st.sampled_from("′'分"),
        st.decimals(0, 75, places=3),
        st.sampled_from(["″", '"', "秒", "", " "]),
        st.sampled_from(["", "E", "N"]),
    )
)
def test_a_column_of_degrees_minutes_seconds_is_read_as_its_cells_are(parts):
    text = "".join(map(str, parts))
    (value,), (axis,) = plain_angles(np.array([text], object))
    if not np.isnan(value):
        assert angles(text) == [Angle(value, axis, dms=True)]
    else:
        assert parts[3] >= 60 or parts[5] >= 60 or parts[6] == " "


def test_half_a_character_is_no_position():
    assert np.isnan(plain_angles(np.array(["\ud800"], object))[0]).all()


def test_a_whole_number_is_quoted_as_the_spreadsheet_shows_it():
    frame = pd.DataFrame({"lon": [117_012_194.0], "lat": ["?!"], "row": [2]}, dtype=object)
    (told,) = read_positions(frame, file="a.xlsx")[1]
    assert told.found.endswith("：117012194，?!")
