# ruff: noqa: PLR0917 - kernels take plain arrays, many at a time
"""
Streets cut into parts in which everybody's walk is the one of the uncut streets, to the centimetre.

Walks have no limit, so no halo of a fixed width holds them all. What holds them is this: a part is made of pieces of
the whole, so that a way in the part is a way in the whole, and no walk in the part is shorter than in the whole. Where
the part has every piece of one shortest way to the site that the whole finds, and that site, the walk in the part is
therefore the same; and so is its site, for of sites at that distance the whole took the lowest, and the part has no
others than the whole. It does not matter which further pieces and sites a part has.

`ways_home` marks such ways: from the labels of the one search of the whole it follows, from where people join the
streets, every arc that accounts for a label, back to the sites. Whoever stands on a chain may leave by either end, so
both are followed, and the chains of people and sites are kept whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.network.graph import WalkNetwork
from jiujin.network.kernels import kernel
from jiujin.network.streets import Streets

Ints = NDArray[np.int32]
Labels = NDArray[np.int64]
Masks = NDArray[np.bool_]


def ways_home(network: WalkNetwork, label: Labels, people_chain: Ints, site_chain: Ints) -> Masks:
    """
    Mark the chains of a shortest way from every place on `people_chain` to its site, given the labels of a search.

    `site_chain` are the chains on which sites stand. Chain -1 is nowhere. All shortest ways to a site are marked.
    """
    marked = np.zeros(network.chains.shape[0] + 1, np.bool_)  # the last is the chain of who has none
    marked[people_chain] = marked[site_chain] = True
    marked = marked[:-1]
    seen = np.zeros(network.junction_vertex.size, np.bool_)
    _follow(
        np.unique(people_chain[people_chain >= 0]), network.chains, network.arc_ptr, network.arcs, label, seen, marked
    )
    return marked


@kernel("void(int32[::1], int32[:, ::1], int32[::1], int32[:, ::1], int64[::1], boolean[::1], boolean[::1])")
def _follow(
    people_chain: Ints, chains: Ints, arc_ptr: Ints, arcs: Ints, label: Labels, seen: Masks, marked: Masks
) -> None:
    """Go from junction to junction along every arc by which a label came; each junction is left once."""
    stack = np.empty(seen.size, np.int32)
    for chain in people_chain:
        waiting = 0
        for end in range(2):
            if not seen[chains[chain, end]]:
                seen[chains[chain, end]] = True
                stack[waiting] = chains[chain, end]
                waiting += 1
        while waiting > 0:
            waiting -= 1
            here = stack[waiting]
            for arc in range(arc_ptr[here], arc_ptr[here + 1]):
                there = arcs[arc, 0]
                if label[there] + (np.int64(arcs[arc, 1]) << 32) == label[here]:
                    marked[arcs[arc, 2]] = True
                    if not seen[there]:
                        seen[there] = True
                        stack[waiting] = there
                        waiting += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaches:
    """
    The cells of a grid that each piece of street may pass through: `first` and `last`, column and row, both included.

    `origin` (metres) and `cell` (metres) lay the grid, `shape` counts its columns and rows.
    """

    origin: tuple[float, float]
    cell: float
    shape: tuple[int, int]
    first: NDArray[np.int16]
    last: NDArray[np.int16]

    @staticmethod
    def over(streets: Streets, x: NDArray[np.float64], y: NDArray[np.float64], cell: float) -> Reaches:
        """Lay square cells over the vertices (plane metres) of the streets."""
        origin = float(x.min()), float(y.min())
        at = np.column_stack([((x - origin[0]) / cell), ((y - origin[1]) / cell)]).astype(np.int16)
        a, b = at[streets.start], at[streets.end]
        columns, rows = (at.max(axis=0) + 1).tolist()
        return Reaches(origin=origin, cell=cell, shape=(columns, rows), first=np.minimum(a, b), last=np.maximum(a, b))

    def cells(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Column and row of places; those outside the grid count to its edge."""
        column = np.clip((x - self.origin[0]) / self.cell, 0, self.shape[0] - 1)
        row = np.clip((y - self.origin[1]) / self.cell, 0, self.shape[1] - 1)
        return column.astype(np.int64), row.astype(np.int64)

    def pieces_in(self, region: Masks) -> NDArray[np.int64]:
        """Positions of the pieces whose box of cells has a cell of the region (columns, rows)."""
        columns, rows = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
        if not columns.size:
            return np.empty(0, np.int64)
        near = np.flatnonzero(
            (self.last[:, 0] >= columns[0])
            & (self.first[:, 0] <= columns[-1])
            & (self.last[:, 1] >= rows[0])
            & (self.first[:, 1] <= rows[-1])
        )
        sums = np.zeros((self.shape[0] + 1, self.shape[1] + 1), np.int32)
        sums[1:, 1:] = region.cumsum(axis=0).cumsum(axis=1)
        (left, low), (right, high) = self.first[near].astype(np.int64).T, self.last[near].astype(np.int64).T + 1
        inside = sums[right, high] - sums[left, high] - sums[right, low] + sums[left, low]
        return np.asarray(near[inside > 0], np.int64)


def some_pieces(streets: Streets, pieces: NDArray[np.int64]) -> Streets:
    """Take these pieces (ascending positions) and the vertices they touch, in the order of the whole."""
    ends = np.concatenate((streets.start[pieces], streets.end[pieces]))
    touched = np.zeros(streets.lon_e7.size, np.bool_)
    touched[ends] = True
    number = np.cumsum(touched, dtype=np.int32) - np.int32(1)
    return Streets(
        lon_e7=streets.lon_e7[touched],
        lat_e7=streets.lat_e7[touched],
        start=number[streets.start[pieces]],
        end=number[streets.end[pieces]],
        length_cm=streets.length_cm[pieces],
        way=streets.way[pieces],
        step_free=streets.step_free[pieces],
        street_class=streets.street_class[pieces],
    )
