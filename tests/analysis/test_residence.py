"""Where people live, on borders, in holes, and nowhere."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from jiujin.analysis.residence import NOWHERE, community_of, residents


def towns(*shapes: Polygon) -> gpd.GeoDataFrame:
    codes = [f"{number:03d}" for number in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"code": codes}, geometry=list(shapes), crs=4326)


WEST, EAST = box(0, 0, 1, 1), box(1, 0, 2, 1)


def people(*rows: tuple[float, float, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["lon", "lat", "community_code"])
    frame["community_code"] = frame["community_code"].astype(object)
    return frame.assign(id=[f"P{row}" for row in range(len(rows))], total=10.0)


def test_a_person_on_the_border_belongs_to_the_lower_code():
    assert community_of([0.5, 1.0, 1.5, 1.0, 2.5], [0.5, 0.5, 0.5, 1.0, 0.5], towns(WEST, EAST)).tolist() == [
        0,
        0,
        1,
        0,
        -1,
    ]
    assert community_of([1.0], [0.5], towns(EAST, WEST)).tolist() == [0]


def test_a_hole_is_outside_but_its_edge_is_not():
    ring = Polygon(WEST.exterior.coords, [[(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)]])
    assert community_of([0.5, 0.25, 0.1], [0.5, 0.5, 0.1], towns(ring)).tolist() == [NOWHERE, 0, 0]


def test_positions_that_are_not_known_are_nowhere_and_nothing_gives_nothing():
    assert community_of([np.nan, 0.5, np.inf], [0.5, np.nan, 0.5], towns(WEST)).tolist() == [-1, -1, -1]
    assert community_of([], [], towns(WEST)).tolist() == []
    assert community_of([0.5], [0.5], towns(WEST).iloc[:0]).tolist() == [-1]


def test_a_stated_code_is_final():
    living = residents(
        people((0.5, 0.5, "002"), (0.5, 0.5, "999"), (0.5, 0.5, None), (9.0, 9.0, None), (9.0, 9.0, "001")),
        towns(WEST, EAST),
    )
    assert living.community.tolist() == [1, -1, 0, -1, 0]
    assert living.community.dtype == np.int32
    said = [(problem.rule, problem.found) for problem in living.problems]
    assert said[0] == ("unknown_community_code", "1 个人口点（10 人）所写的社区编码不在社区图层里")
    assert said[1] == ("unknown_community_code", "编码 999：1 个人口点")
    assert said[2] == ("in_no_community", "1 个人口点（10 人）不在任何社区范围内")
    assert said[3][1].startswith("人口点 P3（9.000000, 9.000000）")
    # the people of 001 and 002 live, by the map, elsewhere: two of three that state a code
    assert said[4] == ("outside_stated_community", "2 个人口点（20 人）不在所写编码的社区范围内，占 66.7%")
    assert len(said) == 5


def test_people_without_any_stated_code_are_found_by_polygon_and_the_list_of_lost_ones_ends():
    frame = people(*[(9.0, 9.0, None)] * 50, (0.5, 0.5, None)).drop(columns="community_code")
    living = residents(frame, towns(WEST))
    assert living.community.tolist() == [-1] * 50 + [0]
    assert len(living.problems) == 21


@settings(max_examples=60, deadline=None)
@given(
    corners=st.lists(st.tuples(*[st.integers(0, 12)] * 4), min_size=1, max_size=12),
    spots=st.lists(st.tuples(st.integers(-1, 25), st.integers(-1, 25)), min_size=1, max_size=60),
    order=st.randoms(use_true_random=False),
)
def test_the_answer_is_the_lowest_row_that_touches_the_point_in_any_order_of_points(corners, spots, order):
    shapes = [box(min(a, c), min(b, d), max(a, c) + 0.5, max(b, d) + 0.5) for a, b, c, d in corners]
    spots = [(x / 2, y / 2) for x, y in spots]
    x, y = np.array(spots).T
    wanted = [
        next((row for row, shape in enumerate(shapes) if shape.intersects(shapely.Point(spot))), -1) for spot in spots
    ]
    assert community_of(x, y, towns(*shapes)).tolist() == wanted
    mixed = list(range(len(spots)))
    order.shuffle(mixed)
    assert community_of(x[mixed], y[mixed], towns(*shapes)).tolist() == [wanted[place] for place in mixed]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_spatial_join_says_the_same_of_irregular_communities(seed):
    rng = np.random.default_rng(seed)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(rng.random((40, 2)))))
    shapes = shapely.intersection(cells, box(0, 0, 1, 1))
    x, y = rng.random(3000) * 1.2 - 0.1, rng.random(3000) * 1.2 - 0.1
    corners = shapely.get_coordinates(shapes)
    x, y = np.r_[x, corners[:, 0]], np.r_[y, corners[:, 1]]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=4326)
    joined = points.sjoin(towns(*shapes), how="left")["index_right"].groupby(level=0).min().fillna(-1)
    assert community_of(x, y, towns(*shapes)).tolist() == joined.astype(int).tolist()
