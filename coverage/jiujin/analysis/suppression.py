"""
Which counts may be shown to anyone, and which must be hidden so that nobody can be told from them?

A count of one to nine people is hidden. So is enough beside it that no hidden count follows from the shown ones and
their totals by subtraction: `suppress` hides further counts until an attacker who knows every shown count exactly,
and the rule, can place no hidden count more closely than within `MARGIN` people. Rounding comes on top of that.
Zeros are not hidden: that nobody lives here, or that nobody here is covered, is about no person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Masks = NDArray[np.bool_]
Marks = NDArray[np.uint8]

LEAST = 10
"""Counts of more than nobody and fewer people than this are hidden."""

MARGIN = 5
"""An attacker must stay this many people unsure of every hidden count."""

ROUNDED_TO = 5

SHOWN, SMALL, WITHHELD = 0, 1, 2
"""Marks of a count: shown; hidden because it is small; hidden because a small one would follow from it."""

_ENDLESS = 1e10
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """
    Marks (`SHOWN`, `SMALL`, `WITHHELD`) of the counts of every unit, uint8.

    In the order: leaves (communities), groups (townships), then the whole (county). Where `people` is hidden, `covered`
    and `uncovered` are; these two are always hidden together, or one would follow from the other.
    """

    people: Marks
    covered: Marks
    uncovered: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """Leaves, groups and the whole, numbered in this order; `parent` of each, -1 of the whole."""

    parent: Ints
    leaves: int

    @property
    def whole(self) -> int:
        return len(self.parent) - 1

    def summed(self, leaves: Floats) -> Floats:
        """Add the leaves up to their groups and to the whole."""
        values = np.zeros(len(self.parent))
        values[: self.leaves] = leaves
        for level in self.levels():
            np.add.at(values, self.parent[level], values[level])
        return values

    def levels(self) -> tuple[Ints, Ints]:
        """Nodes under a group, then nodes under the whole."""
        nodes = np.arange(self.whole)
        under_whole = self.parent[:-1] == self.whole
        return nodes[~under_whole], nodes[under_whole]


def suppress(people: Floats, covered: Floats, group: Ints) -> Suppression:
    """
    Mark what must be hidden of a table of people and of those among them who are covered.

    `people` and `covered` are by leaf (no NaN), `group` is the group of each leaf (-1 = none, directly under the
    whole). Every count is taken to be published beside the totals of its group and of the whole.
    """
    groups = int(group.max()) + 1 if len(group) else 0
    whole = len(people) + groups
    parent = np.concatenate((np.where(group >= 0, len(people) + group, whole), np.full(groups, whole), [-1]))
    tree = _Tree(parent=parent.astype(np.int64), leaves=len(people))
    everybody, reached = tree.summed(people), tree.summed(covered)
    left = np.maximum(everybody - reached, 0.0)
    people_hidden = _hide_people(tree, everybody)
    split_hidden = _hide_split(tree, everybody, reached, left, people_hidden)
    return Suppression(
        people=_marks(people_hidden, _is_small(everybody)),
        covered=_marks(split_hidden, _is_small(reached) & (people_hidden | split_hidden)),
        # at most one of the two is said to be small: of 18 people, nine and nine, both would tell everything
        uncovered=_marks(split_hidden, _is_small(left) & ~_is_small(reached)),
    )


def rounded(counts: Floats) -> Floats:
    """Round counts to the nearest five, halves to the even multiple."""
    return np.asarray(np.round(counts / ROUNDED_TO) * ROUNDED_TO, np.float64)


def _is_small(counts: Floats) -> Masks:
    return (counts > _CLOSE) & (counts < LEAST)


def _marks(hidden: Masks, small: Masks) -> Marks:
    return np.where(hidden, np.where(small, SMALL, WITHHELD), SHOWN).astype(np.uint8)


def _hide_people(tree: _Tree, people: Floats) -> Masks:
    small = _is_small(people)
    low = np.where(small, np.minimum(people, 1.0), LEAST)
    high = np.where(small, np.maximum(people, LEAST - 1.0), _ENDLESS)
    return _protect(tree, people, low, high, hidden=small, eligible=people >= LEAST, given=np.zeros(len(people), bool))


def _hide_split(tree: _Tree, people: Floats, covered: Floats, left: Floats, given: Masks) -> Masks:
    """
    Hide how the people divide into covered and not, wherever their number is hidden (`given`), and where one is small.

    Rows in `given` are held at their true values, which only makes the attacker stronger: any numbers of people that
    keep the totals can be divided so that the totals of covered people are kept too.
    """
    small, few_left = _is_small(covered), _is_small(left) & ~_is_small(covered)
    low = np.where(small, np.minimum(covered, 1.0), LEAST)
    high = np.where(small, np.maximum(covered, LEAST - 1.0), people - LEAST)
    low = np.where(few_left, np.minimum(covered, people - (LEAST - 1.0)), low)
    high = np.where(few_left, np.maximum(covered, people - 1.0), high)
    low, high = np.where(given, covered, low), np.where(given, covered, high)
    eligible = (covered >= LEAST) & (left >= LEAST) & ~given
    return _protect(tree, covered, low, high, hidden=given | small | few_left, eligible=eligible, given=given)


def _protect(
    tree: _Tree, values: Floats, low: Floats, high: Floats, *, hidden: Masks, eligible: Masks, given: Masks
) -> Masks:
    """
    Hide further nodes until every hidden one, but those `given`, is unsure by `MARGIN`.

    `low`, `high` are what the mark of a node tells when it is hidden. The smallest eligible count goes first: a child
    of a total that could be added up, else a neighbour under the same total, else that total.
    """
    hidden = hidden.copy()
    lost = np.zeros(len(values), bool)
    while True:
        least, most = ranges(tree, np.where(hidden, low, values), np.where(hidden, high, values))
        narrow = hidden & ~given & ~lost & (most - least < MARGIN - _CLOSE)
        if not narrow.any():
            return hidden
        node = int(np.flatnonzero(narrow)[-1])  # totals first: what is below them follows
        further = _beside(tree, node, values, hidden, eligible & ~hidden)
        if further < 0:
            lost[node] = True  # everything around it is hidden already
        else:
            hidden[further] = True


def _beside(tree: _Tree, node: int, values: Floats, hidden: Masks, free: Masks) -> int:
    """Node to hide next for the sake of this one; -1 where there is none."""
    children = tree.parent == node
    if children.any() and not (children & hidden).any() and (children & free).any():
        return _smallest(values, children & free)
    above = int(tree.parent[node])
    if above < 0:
        return _smallest(values, children & free)
    beside = (tree.parent == above) & free
    if beside.any():
        return _smallest(values, beside)
    return _beside(tree, above, values, hidden, free) if hidden[above] else above


def _smallest(values: Floats, among: Masks) -> int:
    rows = np.flatnonzero(among)
    return int(rows[np.argmin(values[rows])]) if len(rows) else -1


def ranges(tree: _Tree, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """
    Narrow what is known of every node (`low` to `high`) by all sums: up the tree, then down again.

    In a tree of sums this gives exactly the least and the greatest value that each node can have.
    """
    least, most = low.copy(), high.copy()
    for level in tree.levels():
        above = tree.parent[level]
        sums_least, sums_most = np.zeros(len(low)), np.zeros(len(low))
        np.add.at(sums_least, above, least[level])
        np.add.at(sums_most, above, most[level])
        touched = np.unique(above)
        least[touched] = np.maximum(least[touched], sums_least[touched])
        most[touched] = np.minimum(most[touched], sums_most[touched])
    for level in reversed(tree.levels()):
        above = tree.parent[level]
        sums_least, sums_most = np.zeros(len(low)), np.zeros(len(low))
        np.add.at(sums_least, above, least[level])
        np.add.at(sums_most, above, most[level])
        from_above = least[above] - (sums_most[above] - most[level])
        until_above = most[above] - (sums_least[above] - least[level])
        least[level] = np.maximum(least[level], from_above)
        most[level] = np.minimum(most[level], until_above)
    return least, most
