"""Cells for the public: by hand, then for any people."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.analysis.public_cells import SQUARE_M, cells_of, few_of


def cells(points: list[tuple[float, float, int, float]], least: float = 10) -> list[tuple]:
    """(x, y, community, people) of the cells of these points."""
    x, y, home, people = (np.array(column, np.float64) for column in zip(*points, strict=True))
    found = cells_of(x, y, home.astype(np.int32), {"total": people}, least=least)
    return list(
        zip(found.x.tolist(), found.y.tolist(), found.community.tolist(), found.groups["total"].tolist(), strict=True)
    )


def test_a_square_with_enough_people_stands_in_its_middle_and_counts_in_fives() -> None:
    assert cells([(10, 20, 0, 7), (90, 80, 0, 6)]) == [(50, 50, 0, 15)]


def test_two_squares_with_too_few_people_become_one_cell_where_their_people_are_on_average() -> None:
    assert cells([(10, 20, 0, 9), (130, 20, 0, 3)]) == [(50, 50, 0, 10)]
    assert cells([(10, 20, 0, 3), (130, 20, 0, 9)]) == [(150, 50, 0, 10)]


def test_a_cell_never_holds_people_of_two_communities() -> None:
    assert cells([(10, 20, 0, 12), (11, 20, 1, 18)]) == [(50, 50, 0, 10), (50, 50, 1, 20)]


def test_people_who_are_left_over_join_the_nearest_cell_of_their_community() -> None:
    assert cells([(50, 50, 0, 20), (9050, 50, 0, 40), (8450, 50, 0, 4)]) == [(50, 50, 0, 20), (8950, 50, 0, 45)]


def test_a_community_with_too_few_people_has_no_cell_but_a_mark() -> None:
    assert cells([(10, 20, 0, 9), (10, 20, 1, 10)]) == [(50, 50, 1, 10)]
    home, people = np.array([0, 0, 1, -1], np.int32), np.array([4.0, 5, 10, 3])
    assert few_of(home, people, 3).tolist() == [True, False, False]


def test_groups_are_put_together_each_for_itself_and_share_a_row_where_they_share_a_square() -> None:
    x, home = np.array([10.0, 310, 9010]), np.zeros(3, np.int32)
    groups = {"total": np.array([20.0, 20, 0]), "disabled": np.array([6.0, 0, 6])}
    found = cells_of(x, np.full(3, 10.0), home, groups)
    assert found.x.tolist() == [50, 350, 4550]
    assert found.groups["total"].tolist() == [20, 20, 0]
    assert found.groups["disabled"].tolist() == [0, 0, 10]


def test_nobody_gives_no_cell() -> None:
    nothing = np.array([])
    assert len(cells_of(nothing, nothing, np.array([], np.int32), {"total": nothing}).x) == 0
    assert len(cells_of(nothing, nothing, np.array([], np.int32), {}).x) == 0


PLACE = st.tuples(
    st.floats(0, 5000), st.floats(0, 5000), st.integers(-1, 3), st.one_of(st.integers(0, 30), st.floats(0, 12))
)


@settings(max_examples=150, deadline=None)
@given(points=st.lists(PLACE, min_size=1, max_size=60), other=st.integers(0, 2**20))
def test_no_cell_is_small_exact_or_a_home_and_nobody_is_lost_from_a_community_with_enough(
    points: list[tuple], other: int
) -> None:
    x, y, home, people = (np.array(column, np.float64) for column in zip(*points, strict=True))
    sparse = people * (np.random.default_rng(other).random(len(people)) < 0.2)
    groups = {"total": people, "sparse": sparse}
    found = cells_of(x, y, home.astype(np.int32), groups)
    assert np.all((found.x - SQUARE_M / 2) % SQUARE_M == 0)
    assert np.all((found.y - SQUARE_M / 2) % SQUARE_M == 0)
    for name, weights in groups.items():
        shown = found.groups[name]
        assert np.all((shown == 0) | (shown >= 10))
        assert np.all(shown % 5 == 0)
        for community in range(-1, 4):
            true, told = weights[home == community].sum(), shown[found.community == community]
            if true < 10 - 1e-6:
                assert told.sum() == 0
            elif true > 10 + 1e-6:
                assert abs(told.sum() - true) <= 2.5 * (told > 0).sum() + 1e-6
    rows = np.column_stack((found.community, found.y, found.x))
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert np.all(np.any([weights > 0 for weights in found.groups.values()], axis=0)), (
        "a row without people tells of some"
    )
