"""
From the facts of a page to the columns that travel in it: people in the order of the streets, vertices in the order
of the ways, so that neighbours in the file are neighbours on the ground and differences stay small.

The page undoes every step here exactly (rendering/page/world.js); degrees are in 1e-7 throughout but for outlines,
which are only drawn and go in 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from jiujin.network.search import NO_WALK
from jiujin.network.streets import Streets
from jiujin.network.walls import within_walls
from jiujin.rendering.packing import Codec
from jiujin.rendering.page_data import Attached, PageData, PageGroup

Columns = dict[str, tuple[Codec, Any]]
"""By name: the codec, and an array of numbers or what they were `Encoded` to."""

Keep = Callable[[str, tuple[str, ...], Callable[[], Columns]], Columns]


def columns_of(data: PageData, keep: Keep | None = None) -> Columns:
    """
    All columns of this page, by name, in the order in which they are written.

    `keep(stage, facts, make)` may have the columns that are made of these facts (fields of the page) alone.
    """
    keep = keep or (lambda _stage, _facts, make: make())
    columns: Columns = {}
    columns |= keep("streets", ("streets", "kept"), lambda: _streets(data.streets, data.kept))
    people = ("streets", "lon", "lat", "community", "attached", "groups", "legs")
    columns |= keep("people", people, lambda: _people(data) | _legs(data) | _weights(data.groups, order_of(data)))
    columns |= _inner(data)
    columns |= _compounds(data)
    columns |= _facilities(data)
    columns |= keep("ground", ("communities", "surroundings"), lambda: _ground(data))
    columns |= _outlines("township", data.answers.township_shapes)
    columns |= _outlines("gap", data.answers.gap_shapes)
    columns |= _totals(data)
    return columns


def order_of(data: PageData) -> NDArray[np.intp]:
    """People in the order of the streets."""
    attached = data.attached[min(data.attached)]
    return np.lexsort((attached.at_cm, attached.piece))


def _ground(data: PageData) -> Columns:
    columns = _outlines("community", data.communities.shapes)
    columns |= _outlines("water", data.surroundings.water)
    columns |= _outlines("rail", data.surroundings.rail)
    return columns | _outlines("building", data.surroundings.buildings)


def length_guess_cm(streets: Streets) -> NDArray[np.int64]:
    """
    Guess the length of every piece from its two ends, so that only the rest need travel (mostly 0).

    Additions, multiplications, divisions and square roots alone: the page repeats them to the last bit.
    """
    x = streets.lon_e7[streets.end].astype(np.float64) - streets.lon_e7[streets.start]
    y = streets.lat_e7[streets.end].astype(np.float64) - streets.lat_e7[streets.start]
    a, b, c = _parallel_cm(streets)
    u = (streets.lat_e7[streets.start].astype(np.float64) + streets.lat_e7[streets.end]) / 2e7
    x *= (c * u + b) * u + a
    y *= _meridian_cm(streets)
    return np.floor(np.sqrt(x * x + y * y) + 0.5).astype(np.int64)


def length_terms(streets: Streets) -> list[float]:
    """Terms of the length guess: three for a step east by latitude, one for a step north; centimetres per 1e-7."""
    return [*_parallel_cm(streets), _meridian_cm(streets)]


def _parallel_cm(streets: Streets) -> tuple[float, float, float]:
    low, high = float(streets.lat.min()) - 0.01, float(streets.lat.max()) + 0.01
    lat = np.array([low, (low + high) / 2, high])
    radians = np.deg2rad(lat)
    flat = 1 / 298.257223563
    radius = 637813700.0 / np.sqrt(1 - flat * (2 - flat) * np.sin(radians) ** 2)
    c, b, a = np.polyfit(lat, radius * np.cos(radians) * np.pi / 180e7, 2)
    return round(float(a), 12), round(float(b), 12), round(float(c), 12)


def _meridian_cm(streets: Streets) -> float:
    middle = np.deg2rad((streets.lat.min() + streets.lat.max()) / 2)
    square = (2 - 1 / 298.257223563) / 298.257223563
    radius = 637813700.0 * (1 - square) / (1 - square * np.sin(middle) ** 2) ** 1.5
    return round(float(radius * np.pi / 180e7), 12)


def _streets(streets: Streets, kept: NDArray[np.uint8]) -> Columns:
    """Vertices in the order in which the pieces first name them; a piece then mostly says “goes on to the next one”."""
    named = np.empty(2 * len(streets.start), np.int64)
    named[0::2], named[1::2] = streets.start, streets.end
    vertices, first = np.unique(named, return_index=True)
    vertices = vertices[np.argsort(first, kind="stable")]
    renumbered = np.zeros(len(streets.lon_e7), np.int64)
    renumbered[vertices] = np.arange(len(vertices))
    named = renumbered[named]
    start, end = named[0::2], named[1::2]
    highest = np.maximum.accumulate(named)[0::2] if len(named) else named
    ways, counts = _runs(streets.way)
    return {
        "vertex_lon": ("d", streets.lon_e7[vertices]),
        "vertex_lat": ("d", streets.lat_e7[vertices]),
        "piece_start": ("s", start - np.concatenate(([0], end[:-1])) if len(end) else start),
        "piece_end": ("u", highest + 1 - end),
        "piece_rest": ("s", streets.length_cm.astype(np.int64) - length_guess_cm(streets)),
        "piece_kept": ("u", kept),
        "piece_class": ("u", streets.street_class),
        "way": ("d", ways),
        "way_pieces": ("u", counts),
    }


def _runs(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The value and the length of every run of equal values."""
    if not len(values):
        return values, values
    starts = np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1))
    return values[starts], np.diff(np.concatenate((starts, [len(values)])))


def _people(data: PageData) -> Columns:
    order, primary = order_of(data), min(data.attached)
    attached = data.attached[primary].select(order)
    vertex = data.streets.start[np.maximum(attached.piece, 0)]
    lon, lat = _e7(data.lon)[order], _e7(data.lat)[order]
    columns: Columns = {
        "person_piece": ("d", attached.piece),
        "person_at": ("u", attached.at_cm),
        "person_leg": ("u", attached.leg_cm),
        "person_lon": ("s", lon - data.streets.lon_e7[vertex]),
        "person_lat": ("s", lat - data.streets.lat_e7[vertex]),
        "person_community": ("d", data.community[order]),
    }
    if any(_order_matters(group.weights) for group in data.groups):
        columns["person_rank"] = ("u", order)
    for other in sorted(set(data.attached) - {primary}):
        there = data.attached[other].select(order)
        moved = np.flatnonzero(
            (there.piece != attached.piece) | (there.at_cm != attached.at_cm) | (there.leg_cm != attached.leg_cm)
        )
        columns |= _moved(moved, there.select(moved)) | _doors("moved_door", there)
    return columns | _doors("door", attached)


def _doors(name: str, attached: Attached) -> Columns:
    """Further positions of points in compounds: whose, where, and how far from the point."""
    doors = attached.doors
    if doors is None or not doors.owner.size:
        return {}
    return {
        f"{name}_owner": ("d", doors.owner),
        f"{name}_piece": ("s", doors.places.piece),
        f"{name}_at": ("u", doors.places.at_cm),
        f"{name}_leg": ("u", doors.places.leg_cm),
    }


def _inner(data: PageData) -> Columns:
    """Walks that do not leave a compound: person, facility, centimetres."""
    people = data.attached[min(data.attached)]
    if people.doors is None:
        return {}
    inner = within_walls(people.select(order_of(data)).doors, data.facilities.attached.doors, NO_WALK - 1)
    if not inner.cm.size:
        return {}
    return {"inner_person": ("d", inner.person), "inner_facility": ("s", inner.site), "inner_cm": ("u", inner.cm)}


def _compounds(data: PageData) -> Columns:
    """Compounds with their gates, and who is inside, so that the page lets any place in them out by the gates."""
    walls = data.compounds
    if walls is None:
        return {}
    order, primary = order_of(data), min(data.attached)
    columns = _outlines("compound", walls.areas, grain=1e7)
    columns |= {
        "gate_of": ("d", walls.gate_of),
        "gate_lon": ("s", _e7(walls.gate_lon)),
        "gate_lat": ("s", _e7(walls.gate_lat)),
    }
    for kind, gates in walls.gates.items():
        name = "gate" if kind == primary else "moved_gate"
        columns |= {
            f"{name}_piece": ("s", gates.piece),
            f"{name}_at": ("u", gates.at_cm),
            f"{name}_leg": ("u", gates.leg_cm),
        }
    people, facilities = data.attached[primary].select(order), data.facilities.attached
    return columns | _yards("person", people) | _yards("facility", facilities)


def _yards(name: str, attached: Attached) -> Columns:
    """Who is inside the walls of a compound with gates, and of which."""
    yard = np.empty(0, np.int32) if attached.doors is None else attached.doors.yard
    rows = np.flatnonzero(yard >= 0)
    return {f"yard_{name}": ("d", rows), f"yard_of_{name}": ("u", yard[rows])}


def _legs(data: PageData) -> Columns:
    """Whose leg crosses water or rail, whose nearest street is on a dropped island; the page sees itself who is far."""
    columns: Columns = {}
    order = order_of(data)
    for kind, marks in sorted(data.legs.items()):
        name = "step_free_" if kind else ""
        columns[f"{name}crossing"] = ("d", np.flatnonzero(marks.crossing[order]))
        columns[f"{name}island"] = ("d", np.flatnonzero(marks.island[order]))
    return columns


def _moved(rows: NDArray[np.intp], there: Attached) -> Columns:
    return {
        "moved": ("d", rows),
        "moved_piece": ("d", there.piece),
        "moved_at": ("u", there.at_cm),
        "moved_leg": ("u", there.leg_cm),
    }


def _weights(groups: tuple[PageGroup, ...], order: NDArray[np.intp]) -> Columns:
    """Whole persons as they are; fractions as a table of the values that occur, when they are few, else bit by bit."""
    columns: Columns = {}
    for group in groups:
        whole = _whole(group.weights)
        if whole is not None:
            columns[f"weight:{group.id}"] = ("u", whole[order])
            continue
        values, index = np.unique(group.weights, return_inverse=True)
        if len(values) * 4 < len(index):
            columns[f"value:{group.id}"] = ("f", values)
            columns[f"weight:{group.id}"] = ("u", index[order])
        else:
            columns[f"weight:{group.id}"] = ("f", group.weights[order])
    return columns


def _facilities(data: PageData) -> Columns:
    facilities = data.facilities
    service = {one.id: position for position, one in enumerate(data.services)}
    columns: Columns = {
        "facility_service": ("u", np.array([service[owner] for owner in facilities.service], np.int64)),
        "facility_counted": ("u", facilities.counted),
        "facility_outside": ("u", facilities.outside),
        "facility_community": ("d", facilities.community),
        "facility_lon": ("s", _e7(facilities.lon)),
        "facility_lat": ("s", _e7(facilities.lat)),
        "facility_piece": ("s", facilities.attached.piece),
        "facility_at": ("u", facilities.attached.at_cm),
        "facility_leg": ("u", facilities.attached.leg_cm),
    }
    return columns | _doors("facility_door", facilities.attached)


def _outlines(name: str, shapes: NDArray[np.object_], *, grain: float = 1e6) -> Columns:
    """Shapes as rings (or lines) of points: how many rings per shape, how many points per ring, the points."""
    shapes = np.asarray(shapes, object)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areal = shapely.get_dimensions(parts) == 2
    rings, polygon = shapely.get_rings(parts[areal], return_index=True)
    lines = ~areal & (shapely.get_dimensions(parts) == 1)
    strokes = np.concatenate((rings, parts[lines]))
    of_shape = np.concatenate((owner[areal][polygon], owner[lines]))
    closed = np.concatenate((np.ones(len(rings), bool), np.zeros(int(lines.sum()), bool)))
    by_shape = np.argsort(of_shape, kind="stable")
    strokes, closed = strokes[by_shape], closed[by_shape]
    points, stroke = shapely.get_coordinates(strokes, return_index=True)
    return {
        f"{name}_rings": ("u", np.bincount(of_shape, minlength=len(shapes))),
        f"{name}_closed": ("u", closed),
        f"{name}_points": ("u", np.bincount(stroke, minlength=len(strokes))),
        f"{name}_lon": ("d", np.rint(points[:, 0] * grain)),
        f"{name}_lat": ("d", np.rint(points[:, 1] * grain)),
    }


def _totals(data: PageData) -> Columns:
    columns: Columns = {}
    for group, sums in data.people.items():
        columns[f"people:{group}"] = _sums(sums)
    for (service, group), sums in data.covered.items():
        columns[f"covered:{service}:{group}"] = _sums(sums)
    return columns


def _sums(values: NDArray[np.float64]) -> tuple[Codec, NDArray[Any]]:
    whole = _whole(values)
    return ("f", values) if whole is None else ("u", whole)


def _order_matters(weights: NDArray[np.float64]) -> bool:
    """
    Whether the fractions are so fine that their sum could depend on the order in which they are added up.

    The page sums as `exact_sums` does: multiples of 2^-20, which never round, and rests below 2^-21. If the rests are
    multiples of a grain of which 2^53 are more than all of them together, they never round either.
    """
    rest = weights - np.rint(weights * 2.0**20) / 2.0**20
    grains = rest * 2.0 ** (74 - max(len(weights), 2).bit_length())
    return not np.array_equal(grains, np.rint(grains))


def _whole(values: NDArray[np.float64]) -> NDArray[np.int64] | None:
    whole = values.astype(np.int64)
    return whole if np.array_equal(whole, values) and not np.any(np.signbit(values)) else None


def _e7(degrees: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(degrees * 1e7).astype(np.int64)
