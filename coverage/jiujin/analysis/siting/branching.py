"""
Closing the gap: branch and bound on Lagrange prices.

A node fixes some candidates in and strikes others out; what remains is a smaller covering question, put together anew.
Its prices start from those of its parent, so a few dozen steps bound it; reduced costs then fix and strike out more.
The node with the highest bound comes first, so the bound of the whole falls steadily, and it is right whenever the
search is ended (Land and Doig 1960; Galvão, Espejo and Boffey 2000 for covering).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count as numbers
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from jiujin.analysis.siting.bound import PriceSearch
from jiujin.analysis.siting.incidence import Floats, Incidence, Longs
from jiujin.analysis.siting.local_search import Groups, Plan

Names = NDArray[np.int64]

ROUNDS = 4
"""At most so many times forty steps per node; fewer where the bound stops falling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Candidates `fixed` in and those still `left`, with the parent's `price` per class and `share` per candidate."""

    fixed: Names
    left: Names
    price: NDArray[np.float32]
    share: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The best plan, its units, the bound, and whether the clock or the number of nodes ended the search."""

    chosen: NDArray[np.int32]
    units: int
    bound: int
    finished: bool
    nodes: int


def close_gap(
    question: Incidence,
    count: int,
    best: NDArray[np.int32],
    bound: int,
    *,
    least: int,
    nodes: int,
    until: float,
) -> Closed:
    """
    Find the best plan of `count` candidates, or a better bound; `best` is a plan, `bound` a bound of its question.

    Only plans of more than `least` units are looked for: so many are known to be served, if not by `best`.

    Ended by `nodes`, the answer is the same on every machine; ended by the clock at `until` (monotonic) it is not.
    """
    tree = _Tree(question, count, best, least)
    every = np.arange(question.candidates)
    tree.push(
        bound,
        Node(
            fixed=every[:0],
            left=every,
            price=np.empty(0, np.float32),
            share=np.full(question.candidates, count / max(question.candidates, 1), np.float32),
        ),
    )
    done = 0
    while tree.heap and -tree.heap[0][0] > tree.units and done < nodes and monotonic() < until:
        above, _, node = heapq.heappop(tree.heap)
        tree.branch(-above, node)
        done += 1
    finished = not tree.heap or -tree.heap[0][0] <= tree.units
    left = tree.units if finished else -tree.heap[0][0]
    return Closed(chosen=tree.best, units=tree.units, bound=max(left, tree.units), finished=finished, nodes=done)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """What both children of a node share; `node` makes one of them, with the candidate in or struck out."""

    fixed: Names
    left: Names
    price: NDArray[np.float32]
    share: NDArray[np.float32]

    def node(self, put_in: np.integer | None) -> Node:
        fixed = self.fixed if put_in is None else np.append(self.fixed, put_in)
        return Node(fixed=fixed, left=self.left, price=self.price, share=self.share)


def _either_way(income: Longs, at: int, count: int) -> tuple[int, int]:
    """By how much the bound falls when this candidate is in, and when it is out (reduced costs)."""
    ordered = np.sort(income)[::-1]
    if income[at] >= ordered[count - 1]:
        return 0, int(income[at] - ordered[count]) if count < ordered.size else 0
    return int(ordered[count - 1] - income[at]), 0


class _Tree:
    def __init__(self, question: Incidence, count: int, best: NDArray[np.int32], least: int) -> None:
        self.question, self.count = question, count
        self.best, self.units = best, max(question.units(best), least)
        self.heap: list[tuple[int, int, Node]] = []
        self.number = numbers()

    def push(self, bound: int, node: Node) -> None:
        if bound > self.units:
            heapq.heappush(self.heap, (-bound, next(self.number), node))

    def offer(self, chosen: Names) -> None:
        units = self.question.units(chosen)
        if units > self.units:
            self.best, self.units = chosen.astype(np.int32), units

    def branch(self, above: int, node: Node) -> None:
        """Bound a node; fix and strike out what is decided; divide the rest by the candidate that is least decided."""
        count = self.count - node.fixed.size
        if count == 0 or node.left.size <= count:
            self.offer(np.concatenate((node.fixed, node.left[:count])))
            return
        served = self.question.served(node.fixed)
        base = int(self.question.weight[served].sum())
        asked = self.question.within(node.left, ~served)
        search = PriceSearch(asked, count, start=self._start(asked, node, count))
        bound, prices, price, share = search.settle(ROUNDS, enough=self.units - base)
        above = min(above, base + bound)
        if above <= self.units:
            return
        self._try(node, asked, count)
        always, never = prices.decided(count, self.units - base)
        fixed = np.concatenate((node.fixed, node.left[always]))
        open_ones = ~always & ~never
        left = node.left[open_ones]
        if left.size <= self.count - fixed.size:
            self.offer(np.concatenate((fixed, left)))
            return
        undecided = np.minimum(share, 1 - share) * prices.income
        at = int(np.argmax(np.where(open_ones, undecided, -1.0)))
        child = _Child(
            fixed=fixed,
            left=left[left != node.left[at]],
            price=self._per_person(asked, price),
            share=share[open_ones & (np.arange(share.size) != at)].astype(np.float32),
        )
        put_in, left_out = _either_way(prices.income, at, count)
        self.push(min(above, base + bound - put_in), child.node(node.left[at]))
        self.push(min(above, base + bound - left_out), child.node(None))

    def _per_person(self, asked: Incidence, price: Floats) -> NDArray[np.float32]:
        """The prices of a smaller question, per unit of each class of the whole one."""
        whole = np.zeros(self.question.classes, np.float32)
        known = asked.class_of >= 0
        whole[known] = (price / np.maximum(asked.weight, 1))[asked.class_of[known]]
        return whole

    def _start(self, asked: Incidence, node: Node, count: int) -> tuple[Floats, Floats] | None:
        if not node.price.size:
            return None
        known = asked.class_of >= 0
        weight = self.question.weight[known] * node.price[known].astype(np.float64)
        price = np.bincount(asked.class_of[known], weight, asked.classes)
        share = node.share.astype(np.float64)
        total = share.sum()
        return np.minimum(price, asked.weight), share * min(count / total, 1) if total > 0 else share

    def _try(self, node: Node, asked: Incidence, count: int) -> None:
        plan = Plan(asked, Groups.none(asked.candidates))
        plan.build_greedily(count)
        plan.exchange()
        self.offer(np.concatenate((node.fixed, node.left[plan.chosen])))
