"""Jiujin (就近): exact walking coverage of community services, its gaps, and where the next site should stand."""

from jiujin.version import __version__

__all__ = ["__version__"]
