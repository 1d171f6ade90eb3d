"""
Where things are: the metric plane of a study, and the datums in which offices write positions.

Degrees are WGS 84 (equal to CGCS2000 within centimetres) everywhere outside this module; GCJ-02 and BD-09 live only
here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyproj import Transformer

Floats = NDArray[np.float64]

CHINA = (73.0, 17.0, 136.0, 54.0)
"""West, south, east, north: a centre inside is taken to be in China."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The one metric plane of a study, named by its EPSG code."""

    epsg: int

    def project(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """WGS 84 degrees to plane metres, x east and y north."""
        x, y = _transformer(self.epsg).transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def unproject(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Plane metres back to WGS 84 degrees."""
        lon, lat = _transformer(self.epsg).transform(
            np.asarray(x, np.float64), np.asarray(y, np.float64), direction="INVERSE"
        )
        return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def plane_of(lon: Floats, lat: Floats, crs: str = "auto") -> Plane:
    """
    Choose the metric plane for these positions (degrees).

    The centre of their bounding box decides: in China CGCS2000 3-degree Gauss-Kruger of the nearest meridian
    (EPSG 4534-4554), elsewhere the UTM zone. A `crs` other than `auto` (`EPSG:n`) is taken as it stands.
    """
    if crs != "auto":
        return Plane(epsg=int(crs.upper().removeprefix("EPSG:")))
    west, east, south, north = float(np.min(lon)), float(np.max(lon)), float(np.min(lat)), float(np.max(lat))
    centre_lon, centre_lat = (west + east) / 2, (south + north) / 2
    if in_china(centre_lon, centre_lat):
        zone = min(max(int(np.floor(centre_lon / 3 + 0.5)), 25), 45)
        return Plane(epsg=4534 + zone - 25)
    zone = min(int((centre_lon + 180) // 6) + 1, 60)
    return Plane(epsg=(32600 if centre_lat >= 0 else 32700) + zone)


def in_china(lon: float, lat: float) -> bool:
    """Whether this place is taken to lie in China."""
    west, south, east, north = CHINA
    return west <= lon <= east and south <= lat <= north


@cache
def _transformer(epsg: int) -> Transformer:
    from pyproj import Transformer  # 0.1 s, and --help does not need it

    return Transformer.from_crs(4326, epsg, always_xy=True)
