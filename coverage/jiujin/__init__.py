"""
Jiujin (就近): exact walking coverage of community services, its gaps, and where the next site should stand.

    import jiujin

    study = jiujin.read_study(jiujin.example_study())
    results = jiujin.run(study)
    results.coverage.county["elderly_canteen"]["pop_rate"]

These names are the public interface; each is imported from its module when it is first asked for, so that
`import jiujin` costs nothing. Positions are WGS 84 degrees at the edges and metres of the study's plane inside; walks
are whole centimetres, `NO_WALK` where there is none; people are persons, rates shares of one, NaN is unknown.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jiujin.version import __version__ as __version__

if TYPE_CHECKING:
    from jiujin.analysis.results import Results
    from jiujin.errors import JiujinError, NetworkError, Problem, SitingError, StudyError, TableError
    from jiujin.network.attach import attach
    from jiujin.network.graph import build_network
    from jiujin.network.search import NO_WALK, nearest, pairs
    from jiujin.pipeline import build, example_study, find_sites, run
    from jiujin.pipeline_inputs import read_layers
    from jiujin.reading.study_file import read_study
    from jiujin.study import SitingQuestion, Study

_HOME = {
    "read_study": "reading.study_file",
    "example_study": "pipeline",
    "read_layers": "pipeline_inputs",
    "run": "pipeline",
    "build": "pipeline",
    "find_sites": "pipeline",
    "Study": "study",
    "SitingQuestion": "study",
    "Results": "analysis.results",
    "Problem": "errors",
    "JiujinError": "errors",
    "StudyError": "errors",
    "TableError": "errors",
    "NetworkError": "errors",
    "SitingError": "errors",
    "build_network": "network.graph",
    "attach": "network.attach",
    "nearest": "network.search",
    "pairs": "network.search",
    "NO_WALK": "network.search",
}
"""Where each public name lives, in the order in which an analyst meets them."""

__all__ = [
    "NO_WALK",
    "JiujinError",
    "NetworkError",
    "Problem",
    "Results",
    "SitingError",
    "SitingQuestion",
    "Study",
    "StudyError",
    "TableError",
    "attach",
    "build",
    "build_network",
    "example_study",
    "find_sites",
    "nearest",
    "pairs",
    "read_layers",
    "read_study",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    thing = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = thing  # the next asking finds it at once
    return thing


def __dir__() -> list[str]:
    """All public names, also those that nobody has asked for yet."""
    return sorted({*globals(), *__all__})
