"""Positions of every datum come to WGS 84, by hand-checked pairs, by round trips, and beside independent libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiujin.coordinates import (
    Plane,
    bd09_from_bd09mc,
    bd09_from_gcj02,
    bd09_from_wgs84,
    datum_refusal,
    fit_control_points,
    gauss_kruger_epsg,
    gcj02_from_bd09,
    gcj02_from_wgs84,
    meridian_epsg,
    plane_of,
    to_wgs84,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from jiujin.errors import StudyError

MILLIMETRE = 1e-3
longitudes = st.floats(73.0, 136.0)
latitudes = st.floats(17.0, 54.0)


def metres_apart(lon_a, lat_a, lon_b, lat_b):
    east = (np.asarray(lon_a) - lon_b) * 111_320 * np.cos(np.radians(lat_b))
    return np.hypot(east, (np.asarray(lat_a) - lat_b) * 111_320)


def test_published_pairs_of_map_services():
    # Baidu's own guide to its conversion service: this GCJ-02 position is that BD-09 position.
    lon, lat = bd09_from_gcj02(114.21892734521, 29.575429778924)
    assert metres_apart(lon, lat, 114.22539195429, 29.581585367458) < 0.01
    # Alibaba Cloud's guide to its address service: one place in GCJ-02, BD-09 and CGCS2000 (their copy is 1.5 m off).
    assert metres_apart(*bd09_from_gcj02(120.026268, 30.279164), 120.032768, 30.285238) < 0.1
    assert metres_apart(*wgs84_from_gcj02(120.026268, 30.279164), 120.021519, 30.281543) < 2.0
    # Tiananmen in Baidu's metres, and in its degrees.
    assert metres_apart(*bd09_from_bd09mc(12958175.0, 4825923.77), 116.404, 39.915) < 0.05


def test_the_shifts_have_the_size_that_a_shandong_county_knows():
    lon, lat = np.meshgrid(np.linspace(117.0, 117.6, 20), np.linspace(36.0, 36.5, 20))
    gcj = metres_apart(*gcj02_from_wgs84(lon, lat), lon, lat)
    bd = metres_apart(*bd09_from_wgs84(lon, lat), lon, lat)
    assert 510 < gcj.min() < gcj.max() < 570
    assert 1270 < bd.min() < bd.max() < 1360


@given(longitudes, latitudes)
def test_there_and_back_is_less_than_a_millimetre(lon, lat):
    assert metres_apart(*wgs84_from_gcj02(*gcj02_from_wgs84(lon, lat)), lon, lat) < MILLIMETRE
    assert metres_apart(*gcj02_from_bd09(*bd09_from_gcj02(lon, lat)), lon, lat) < MILLIMETRE
    assert metres_apart(*wgs84_from_bd09(*bd09_from_wgs84(lon, lat)), lon, lat) < MILLIMETRE


@given(longitudes, latitudes)
def test_back_and_there_is_less_than_a_millimetre(lon, lat):
    assert metres_apart(*gcj02_from_wgs84(*wgs84_from_gcj02(lon, lat)), lon, lat) < MILLIMETRE
    assert metres_apart(*bd09_from_wgs84(*wgs84_from_bd09(lon, lat)), lon, lat) < MILLIMETRE


@pytest.mark.parametrize(("lon", "lat"), [(24.94, 60.17), (139.69, 35.69), (-73.98, 40.75), (151.2, -33.87)])
def test_nothing_moves_outside_china(lon, lat):
    for shift in (gcj02_from_wgs84, wgs84_from_gcj02, bd09_from_wgs84, wgs84_from_bd09):
        assert tuple(map(float, shift(lon, lat))) == (lon, lat)


def test_missing_stays_missing():
    lon, lat = wgs84_from_bd09([117.1, np.nan], [36.5, 36.5])
    assert np.isfinite([lon[0], lat[0], lat[1]]).all()
    assert np.isnan(lon[1])


def test_agrees_with_prcoords():
    prcoords = pytest.importorskip("prcoords")
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(74, 135, 500), rng.uniform(18, 53, 500)
    for ours, theirs in ((gcj02_from_wgs84, prcoords.wgs_gcj), (bd09_from_wgs84, prcoords.wgs_bd)):
        expected = [theirs(prcoords.Coords(y, x), False) for x, y in zip(lon, lat, strict=True)]
        found = ours(lon, lat)
        apart = metres_apart(*found, [point.lon for point in expected], [point.lat for point in expected])
        assert apart.max() < MILLIMETRE


def test_agrees_with_geocoordinates_on_baidu_metres_in_every_band():
    geocoordinates = pytest.importorskip("geocoordinates_ffi.geocoordinates_ffi")
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform(74, 135, 300), rng.uniform(3, 53, 300)
    metres = [
        geocoordinates.baidu_mercator_from_bd09(geocoordinates.Bd09(lat=y, lon=x))
        for x, y in zip(lon, lat, strict=True)
    ]
    found = bd09_from_bd09mc([point.x for point in metres], [point.y for point in metres])
    assert metres_apart(*found, lon, lat).max() < 0.25  # Baidu's two tables are fits, not inverses of one another


def test_gauss_kruger_with_and_without_the_zone_is_one_place():
    # Jinan, 117.12 E 36.65 N: zone 39 of the 3-degree series has the meridian 117, zone 20 of the 6-degree series too.
    x, y = Plane(epsg=4548).project(np.array([117.12]), np.array([36.65]))
    assert 500_000 < x[0] < 511_000
    assert 4_056_000 < y[0] < 4_059_000
    for east in (39_000_000 + x, 20_000_000 + x):
        epsg = gauss_kruger_epsg(float(east[0]))
        assert metres_apart(*to_wgs84(east, y, f"EPSG:{epsg}"), 117.12, 36.65) < MILLIMETRE
    assert gauss_kruger_epsg(510_730.0) is None
    assert (gauss_kruger_epsg(39_510_730.0), gauss_kruger_epsg(20_510_730.0)) == (4527, 4498)
    assert (meridian_epsg(117), meridian_epsg(75), meridian_epsg(135)) == (4548, 4534, 4554)


def test_every_word_of_the_study_file_is_understood():
    assert tuple(map(float, to_wgs84(117.1, 36.5, "wgs84"))) == (117.1, 36.5)
    assert tuple(map(float, to_wgs84(117.1, 36.5, "CGCS2000"))) == (117.1, 36.5)
    assert tuple(map(float, to_wgs84(117.1, 36.5, "EPSG:4490"))) == (117.1, 36.5)
    assert metres_apart(*to_wgs84(*gcj02_from_wgs84(117.1, 36.5), "gcj02"), 117.1, 36.5) < MILLIMETRE
    assert metres_apart(*to_wgs84(*bd09_from_wgs84(117.1, 36.5), "BD09"), 117.1, 36.5) < MILLIMETRE
    # the sphere of web maps: x = R * radians(lon), y = R * artanh(sin(lat))
    x, y = 6378137.0 * np.radians(117.1), 6378137.0 * np.arctanh(np.sin(np.radians(36.5)))
    assert metres_apart(*to_wgs84(x, y, "EPSG:3857"), 117.1, 36.5) < MILLIMETRE
    assert metres_apart(*to_wgs84(12958175.0, 4825923.77, "bd09mc"), *wgs84_from_bd09(116.404, 39.915)) < 0.05


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (4610, "西安80"),
        (2327, "西安80"),
        (2390, "西安80"),
        (4214, "北京54"),
        (2401, "北京54"),
        (21463, "北京54"),
        (4555, "北京54"),
    ],
)
def test_old_systems_are_refused_with_the_reason(code, reason):
    with pytest.raises(StudyError, match=reason) as caught:
        to_wgs84([117.1], [36.5], f"EPSG:{code}")
    assert "控制点" in caught.value.problems[0].found


@pytest.mark.parametrize("datum", ["EPSG:999999", "xian80", "EPSG:", "火星"])
def test_a_datum_that_is_not_known_is_said_so(datum):
    assert datum_refusal(datum)
    with pytest.raises(StudyError):
        to_wgs84([117.1], [36.5], datum)


def test_systems_with_a_known_way_are_taken():
    assert datum_refusal("EPSG:3067") is None
    assert datum_refusal("EPSG:4548") is None


def test_control_points_tie_a_turned_and_shifted_local_system():
    plane = Plane(epsg=4548)
    local = np.array([[0.0, 0.0], [3000.0, 100.0], [200.0, 4000.0], [2500.0, 3300.0]])
    turn = np.radians(1.3)
    matrix = 1.00002 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    true = local @ matrix.T + [510_000.0, 4_057_000.0]
    lon, lat = plane.unproject(true[:, 0], true[:, 1])
    fit = fit_control_points(local[:3, 0], local[:3, 1], lon[:3], lat[:3], plane=plane)
    assert fit.rms_m < MILLIMETRE
    assert metres_apart(*fit.to_wgs84(local[3:, 0], local[3:, 1]), lon[3:], lat[3:]) < MILLIMETRE


def test_a_wrong_control_point_shows_in_the_residuals():
    plane = Plane(epsg=4548)
    east = np.array([0.0, 3000.0, 200.0, 2500.0, 1200.0])
    north = np.array([0.0, 100.0, 4000.0, 3300.0, 1500.0])
    lon, lat = plane.unproject(east + 510_000 + np.array([0, 0, 0, 0, 40.0]), north + 4_057_000)
    for parameters in (4, 6):
        fit = fit_control_points(east, north, lon, lat, plane=plane, parameters=parameters)
        assert fit.residual_m.argmax() == 4
        assert fit.residual_m[4] > 25


def test_six_parameters_follow_an_affine_map_and_degrees_of_an_old_datum():
    plane = Plane(epsg=4548)
    lon, lat = np.array([117.0, 117.2, 117.05, 117.18]), np.array([36.5, 36.55, 36.7, 36.66])
    old_lon, old_lat = lon + 0.0006 + 1e-6 * (lon - 117), lat - 0.0004
    fit = fit_control_points(old_lon, old_lat, lon, lat, plane=plane, parameters=6)
    assert fit.rms_m < 0.5
    assert metres_apart(*fit.to_wgs84([117.1006], [36.5996]), 117.1, 36.6) < 0.5


@pytest.mark.parametrize("points", [[[0, 0], [1, 1]], [[0, 0], [1, 1], [2, 2]]])
def test_too_few_or_lined_up_control_points_are_refused(points):
    local = 1000.0 * np.array(points, dtype=float)
    with pytest.raises(ValueError, match="control points"):
        fit_control_points(
            local[:, 0], local[:, 1], 117 + local[:, 0] / 1e5, 36 + local[:, 1] / 1e5, plane=Plane(epsg=4548)
        )


def test_the_plane_follows_the_centre():
    assert plane_of(np.array([117.0, 117.6]), np.array([36.0, 36.5])).epsg == 4548
    assert plane_of(np.array([24.9, 25.0]), np.array([60.1, 60.2])).epsg == 32635
    assert plane_of(np.array([117.0]), np.array([36.0]), "EPSG:4527").epsg == 4527
