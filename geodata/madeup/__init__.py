"""Made-up places: a county to look at, and a city and a province to measure with; nothing in them is real."""

from .lattice import MadeUpCity, city_arrays

__all__ = ["MadeUpCity", "city_arrays"]
