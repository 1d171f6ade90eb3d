"""What is hidden stays hidden: against subtraction, and against a linear programme that knows everything shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from jiujin.analysis.suppression import LEAST, MARGIN, SHOWN, SMALL, WITHHELD, Suppression, rounded, suppress


def marks(people: list[float], covered: list[float], group: list[int]) -> Suppression:
    return suppress(np.array(people, float), np.array(covered, float), np.array(group, np.int64))


def test_large_counts_are_all_shown() -> None:
    found = marks([500, 800], [200, 300], [0, 0])
    assert not found.people.any()
    assert not found.covered.any()
    assert not found.uncovered.any()


def test_a_small_count_takes_its_smallest_neighbour_with_it() -> None:
    found = marks([4, 900, 60, 700], [0, 0, 0, 0], [0, 0, 0, 0])
    assert found.people.tolist() == [SMALL, SHOWN, WITHHELD, SHOWN, SHOWN, SHOWN]


def test_two_small_counts_of_one_each_would_be_told_by_their_sum() -> None:
    # 1 + 1 = 2 leaves no doubt, so a third is hidden though two are hidden already
    assert marks([1, 1, 300, 400], [0, 0, 0, 0], [0] * 4).people[:4].tolist() == [SMALL, SMALL, WITHHELD, SHOWN]
    # 4 + 6 = 10 may be 1 + 9 as well
    assert marks([4, 6, 300, 400], [0, 0, 0, 0], [0] * 4).people[:4].tolist() == [SMALL, SMALL, SHOWN, SHOWN]


def test_the_only_small_community_of_a_township_hides_its_total_and_another_township() -> None:
    found = marks([5, 0, 200, 300, 400], [0] * 5, [0, 0, 1, 1, 1])
    assert found.people[0] == SMALL
    assert found.people[5] == SMALL  # the township has these five and nobody else
    assert found.people[6] == WITHHELD  # else county less township gives the five
    assert (found.people[2:5] == WITHHELD).sum() == 1  # else its communities add up to it
    assert found.people[7] == SHOWN


def test_few_who_are_not_covered_hide_how_many_are() -> None:
    found = marks([100, 300, 500], [97, 150, 250], [0, 0, 0])
    assert not found.people.any()
    assert found.covered[:3].tolist() == [WITHHELD, WITHHELD, SHOWN]
    assert found.uncovered[:3].tolist() == [SMALL, WITHHELD, SHOWN]


def test_nobody_is_no_small_count() -> None:
    found = marks([0, 300, 400], [0, 0, 400], [0, 0, 0])
    assert not found.people.any()
    assert not found.covered.any()


def test_counts_are_rounded_to_five() -> None:
    assert rounded(np.array([12.0, 13.0, 0.0, 1283.4])).tolist() == [10, 15, 0, 1285]


counts = st.one_of(st.integers(0, 14), st.integers(10, 400))
rows = st.tuples(counts, st.floats(0, 1), st.integers(-1, 2))


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=9))
def test_no_hidden_count_follows_from_what_is_shown(table: list[tuple[int, float, int]]) -> None:
    people = np.array([row[0] for row in table], float)
    covered = np.floor(people * [row[1] for row in table])
    numbers = {name: at for at, name in enumerate(sorted({row[2] for row in table if row[2] >= 0}))}
    group = np.array([numbers.get(row[2], -1) for row in table])
    attack = Attack(people, covered, group)
    if attack.everything_hidden():
        return
    for node in np.flatnonzero(attack.found.people):
        if attack.everybody[node] > 0:
            assert attack.doubt(attack.people_of(node)) >= MARGIN - 1e-6
    for node in np.flatnonzero(attack.found.covered):
        if attack.found.people[node] == SHOWN:
            assert attack.doubt(attack.covered_of(node)) >= MARGIN - 1e-6
        elif attack.reached[node] > 0:
            assert attack.doubt(attack.covered_of(node)) > 1e-6


def test_hidden_and_small_counts_are_the_same_thing_or_cover_for_one() -> None:
    random = np.random.default_rng(7)
    people = np.rint(random.lognormal(4, 1.5, 400))
    covered = np.floor(people * random.random(400))
    found = suppress(people, covered, np.arange(400) // 25)
    small = (people > 0) & (people < LEAST)
    assert (found.people[:400][small] == SMALL).all()
    assert ((found.people[:400] == WITHHELD).sum()) < 20  # hardly one in a township
    assert found.people[-1] == SHOWN


class Attack:
    """All that an attacker knows, as a linear programme over the covered and the others of each community."""

    def __init__(self, people, covered, group) -> None:
        self.found = suppress(people, covered, group)
        self.size, groups = len(people), int(group.max(initial=-1)) + 1
        self.members = [np.arange(self.size) == row for row in range(self.size)]
        self.members += [group == row for row in range(groups)] + [np.ones(self.size, bool)]
        self.everybody = np.array([people[each].sum() for each in self.members])
        self.reached = np.array([covered[each].sum() for each in self.members])
        self.known = self._known()

    def everything_hidden(self) -> bool:
        """A county of a handful of people has nothing beside them to hide them with."""
        return bool(self.found.people[-1]) or bool(self.found.covered[-1])

    def people_of(self, node):
        return np.concatenate((self.members[node], self.members[node])).astype(float)

    def covered_of(self, node):
        return np.concatenate((self.members[node], np.zeros(self.size))).astype(float)

    def left_of(self, node):
        return self.people_of(node) - self.covered_of(node)

    def doubt(self, wanted) -> float:
        upper, limits, equal, values = self.known
        ends = [
            linprog(sign * wanted, A_ub=upper, b_ub=limits, A_eq=equal, b_eq=values, bounds=(0, None), method="highs")
            for sign in (1, -1)
        ]
        return -ends[1].fun - ends[0].fun if all(end.status == 0 for end in ends) else np.inf

    def _known(self):
        upper, limits, equal, values = [], [], [np.zeros(2 * self.size)], [0.0]
        everybody, reached = self.everybody, self.reached
        for each, of, truth in (
            (self.found.people, self.people_of, everybody),
            (self.found.covered, self.covered_of, reached),
            (self.found.uncovered, self.left_of, everybody - reached),
        ):
            for node, mark in enumerate(each.tolist()):
                if mark == SHOWN:
                    equal.append(of(node))
                    values.append(truth[node])
                if mark == SMALL:
                    upper += [of(node), -of(node)]
                    limits += [LEAST - 1, -1]
        return (np.array(upper) if upper else None, limits or None, np.array(equal), values)


@pytest.mark.parametrize("size", [1, 3])
def test_a_county_of_a_few_people_shows_nothing_of_them(size: int) -> None:
    found = marks([3] * size, [1] * size, [0] * size)
    assert found.people.all()
