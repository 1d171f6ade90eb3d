"""The same site twice is found by service, plain name and place; what is less sure is only asked about."""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.reading.duplicates import _OUTER, ALIKE, NEAR_M, _close_pairs, _Likeness, crowded_points, same_sites


def sites(*rows):
    """Rows of (service, name, stated id, x, y)."""
    frame = pd.DataFrame(rows, columns=["service", "name", "stated_id", "x", "y"], dtype=object)
    return frame, frame["x"].to_numpy(float), frame["y"].to_numpy(float)


@pytest.mark.parametrize(
    ("second", "repeats", "doubtful"),
    [
        (("canteen", "南关食堂(东店)", None, 30, 0), True, False),
        (("canteen", "南关食堂（东店）", None, 60, 0), False, True),
        (("canteen", "南关食堂（东店）", None, 101, 0), False, False),
        (("party", "南关食堂（东店）", None, 0, 0), False, False),
        (("canteen", "县南关食堂（东店）", None, 20, 0), False, True),
        (("canteen", "北街党员之家", None, 0, 0), False, False),
    ],
)
def test_two_rows(second, repeats, doubtful):
    again, pairs = same_sites(*sites(("canteen", "南关食堂（东店）", None, 0, 0), second))
    assert (again[1] == 0) == repeats
    assert bool(pairs) == doubtful


def test_numbered_sites_are_not_alike():
    assert same_sites(*sites(("c", "一号楼1食堂", None, 0, 0), ("c", "一号楼2食堂", None, 10, 0)))[1] == []


def test_two_ids_of_the_ledger_are_two_sites():
    again, pairs = same_sites(*sites(("c", "南关食堂", "A", 0, 0), ("c", "南关食堂", "B", 0, 0)))
    assert list(again) == [-1, -1]
    assert pairs == [(0, 1)]


def test_three_rows_of_one_site_all_point_at_the_first():
    rows = [("c", "南关食堂", None, 0, 0), ("c", "南关食堂", None, 10, 0), ("c", "南关食堂", None, 20, 0)]
    assert list(same_sites(*sites(*rows))[0]) == [-1, 0, 0]


def test_rows_without_a_place_repeat_nothing():
    again, pairs = same_sites(*sites(("c", "甲", None, np.nan, np.nan), ("c", "甲", None, np.nan, np.nan)))
    assert list(again) == [-1, -1]
    assert not pairs


def test_crowds_are_differently_named_sites_on_one_point():
    frame = pd.DataFrame({"name": ["甲", "乙", "丙", "甲", "甲"], "lon": [1.0, 1, 1, 2, 2], "lat": [1.0, 1, 1, 2, 2]})
    assert crowded_points(frame) == [[0, 1, 2]]


names = st.sampled_from(["南关食堂", "南关食堂 ", "北关食堂", "东店（一）", "东店(一)", ""])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("pc"), names, st.integers(0, 200), st.integers(0, 40)), max_size=12))
def test_a_repeat_always_points_at_an_earlier_row_that_stays(rows):
    again, pairs = same_sites(*sites(*[(service, name, None, x, y) for service, name, x, y in rows]))
    for row, first in enumerate(again.tolist()):
        assert first < row
        assert first < 0 or again[first] < 0
        assert first < 0 or rows[first][0] == rows[row][0]
    assert all(again[a] < 0 and again[b] < 0 and a < b for a, b in pairs)


def test_forty_of_a_crowd_meet_and_each_pair_is_named_once():
    """Of 60 rows on one point each meets the next 40: 60 * 40 pairs less those that the end of the list cuts off."""
    crowd = [("c", f"{number}号食堂", None, 0, 0) for number in range(60)]
    frame, x, y = sites(*crowd)
    pairs = _close_pairs(frame["service"].to_numpy(object), x, y)
    assert len(pairs) == sum(min(40, 59 - row) for row in range(60))
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert (pairs[:, 0] < pairs[:, 1]).all()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.integers(0, 5)), max_size=30))
def test_close_pairs_are_all_pairs_of_one_service_within_the_limit(rows):
    service = np.array([kind for kind, _, _ in rows], object)
    x, y = (np.array([row[axis] * 40.0 for row in rows]) for axis in (1, 2))
    wanted = [
        [a, b]
        for a in range(len(rows))
        for b in range(a + 1, len(rows))
        if service[a] == service[b] and np.hypot(x[a] - x[b], y[a] - y[b]) <= NEAR_M
    ]
    assert _close_pairs(service, x, y).tolist() == wanted


@given(*[st.text("南关北街东一二食堂助老站", min_size=1, max_size=9)] * 2)
def test_likeness_is_that_of_the_library_with_shortcuts(first, second):
    """Shortcuts for names without repeated characters, and for names that cannot be alike, change no answer."""
    a, b = (_OUTER.sub("", name) for name in (first, second))
    whole = bool(a and b) and (a in b or b in a or SequenceMatcher(None, a, b).ratio() >= ALIKE)
    assert _Likeness()(first, second) == whole
