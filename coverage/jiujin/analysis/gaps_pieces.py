"""Zones of a size that one site can serve: wide ones cut along community borders, small pieces gathered again."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from jiujin.analysis.coverage_counts import Floats, Ints, Longs, exact_sums
from jiujin.analysis.gaps_links import Links, components

Box = tuple[float, float, float, float, int]
"""West, south, east, north, and the lowest community inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """People to be put into zones: plane metres, persons of the group, community, and how wide a zone may be."""

    x: Floats
    y: Floats
    people: Floats
    community: Ints
    widest_m: Floats


def zones_to_serve(links: Links, crowd: Crowd) -> Longs:
    """
    Number the zone of each person: those who are linked, directly or through others.

    A zone wider than any of its people allows (across its bounding box) is cut along the borders of communities. Its
    pieces are gathered again, the one with fewest people first, each with the neighbour that makes the narrowest
    whole, as long as that is not too wide. A single piece may stay wide: a large village is not cut further.
    """
    count = len(crowd.people)
    zone = components(count, links)
    boxes, limit = _boxes(zone, crowd)
    wide = (_across(boxes) > limit)[zone]
    one, other = links
    within = ~wide[one] | (crowd.community[one] == crowd.community[other])
    piece = components(count, (one[within], other[within]))
    if within.all():
        return piece
    neighbours = np.unique(np.sort(np.column_stack((piece[one], piece[other]))[~within], axis=1), axis=0)
    return _gathered(piece, neighbours[neighbours[:, 0] != neighbours[:, 1]], crowd)


def _gathered(piece: Longs, neighbours: Longs, crowd: Crowd) -> Longs:
    """Join neighbouring pieces while the whole stays narrow enough; nothing depends on how pieces are numbered."""
    boxes, limits = _boxes(piece, crowd)
    # two communities may meet at one door: the lower code tells pieces with the same box apart
    box: list[Box] = [(*sides, code) for sides, code in zip(boxes.tolist(), _lowest(piece, crowd), strict=True)]
    limit, people = limits.tolist(), exact_sums(piece, crowd.people, len(box)).tolist()
    beside: list[set[int]] = [set() for _ in box]
    for one, other in neighbours.tolist():
        beside[one].add(other)
        beside[other].add(one)
    joined = list(range(len(box)))
    smallest = [(people[at], box[at], at) for at in np.unique(neighbours).tolist()]
    heapq.heapify(smallest)
    while smallest:
        count, place, at = heapq.heappop(smallest)
        if joined[at] != at or place != box[at] or count != people[at]:
            continue  # it has grown, or become part of another, since it was put in line
        fits = [
            (width, box[other], other)
            for other in beside[at]
            if (width := _width(_union(place, box[other]))) <= min(limit[at], limit[other])
        ]
        if not fits:
            continue
        other = min(fits)[2]
        joined[at] = other
        box[other], limit[other] = _union(place, box[other]), min(limit[at], limit[other])
        people[other] += count
        for near in beside[at]:
            beside[near].discard(at)
            if near != other:
                beside[near].add(other)
                beside[other].add(near)
        heapq.heappush(smallest, (people[other], box[other], other))
    return _numbered(joined)[piece]


def _numbered(joined: list[int]) -> Longs:
    """Follow each piece to the one it ended up in, and number those without holes."""
    last = np.array(joined, np.int64)
    while (last != last[last]).any():
        last = last[last]
    return np.unique(last, return_inverse=True)[1].astype(np.int64)


def _boxes(zone: Longs, crowd: Crowd) -> tuple[Floats, Floats]:
    """Bounding box of each zone (west, south, east, north), and the width that all of its people allow."""
    order = np.argsort(zone, kind="stable")
    first = np.searchsorted(zone[order], np.arange(int(zone.max(initial=-1)) + 1))
    x, y = crowd.x[order], crowd.y[order]
    sides = (np.minimum.reduceat(x, first), np.minimum.reduceat(y, first))
    far_sides = (np.maximum.reduceat(x, first), np.maximum.reduceat(y, first))
    return np.column_stack((*sides, *far_sides)), np.minimum.reduceat(crowd.widest_m[order], first)


def _lowest(piece: Longs, crowd: Crowd) -> list[int]:
    lowest = np.full(int(piece.max(initial=-1)) + 1, np.iinfo(np.int32).max, np.int64)
    np.minimum.at(lowest, piece, crowd.community)
    return [int(each) for each in lowest]


def _across(boxes: Floats) -> Floats:
    return np.asarray(np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]), np.float64)


def _union(one: Box, other: Box) -> Box:
    west, south, east, north = (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )
    return west, south, east, north, min(one[4], other[4])


def _width(box: Box) -> float:
    return float(np.hypot(box[2] - box[0], box[3] - box[1]))
