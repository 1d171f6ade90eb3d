"""The walkable streets of a study as they were read, before anything is merged, and what lies around them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

STREET_CLASSES = ("main", "minor", "residential", "service", "path", "steps")
"""Classes for drawing: trunk to secondary; tertiary, unclassified; residential, living; service, track; foot; steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streets:
    """
    Walkable pieces: the parts of ways between consecutive vertices.

    Vertices (n,): `lon_e7`, `lat_e7`, WGS 84 in 1e-7 degree, int32.
    Pieces (m,), ordered by way id and then along the way: `start`, `end` (vertex positions, int32), `length_cm`
    (geodesic on WGS 84, rounded to the centimetre, int32), `way` (int64), `step_free` (bool: neither steps nor
    `wheelchair=no`), `street_class` (uint8, position in `STREET_CLASSES`).
    """

    lon_e7: NDArray[np.int32]
    lat_e7: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    length_cm: NDArray[np.int32]
    way: NDArray[np.int64]
    step_free: NDArray[np.bool_]
    street_class: NDArray[np.uint8]

    @property
    def lon(self) -> NDArray[np.float64]:
        """Vertex longitudes in degrees."""
        return self.lon_e7 / 1e7

    @property
    def lat(self) -> NDArray[np.float64]:
        """Vertex latitudes in degrees."""
        return self.lat_e7 / 1e7

    def fingerprint(self) -> str:
        """Tell these streets from all others: 16 hex digits over every vertex and piece, the same on every machine."""
        digest = hashlib.sha256()
        for array in (self.lon_e7, self.lat_e7, self.start, self.end, self.length_cm, self.way, self.step_free):
            digest.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()[:16]


def _no_shapes() -> NDArray[np.object_]:
    return np.empty(0, object)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """
    What the streets file shows beside the streets, for drawing and for barriers; WGS 84, arrays of shapely shapes.

    `water` (polygons and river lines) and `rail` (lines) are barriers to an access leg; `buildings` (polygons) and the
    named `places` (lon, lat, name, rank) are only drawn. Empty where the input has none.
    """

    water: NDArray[np.object_] = field(default_factory=_no_shapes)
    rail: NDArray[np.object_] = field(default_factory=_no_shapes)
    buildings: NDArray[np.object_] = field(default_factory=_no_shapes)
    places: tuple[tuple[float, float, str, str], ...] = ()
