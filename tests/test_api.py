"""What `import jiujin` promises: few names, each found, each explained, nothing heavy until it is asked for."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import jiujin
from worlds import Town, lon_lat

ROOT = Path(__file__).resolve().parents[1]
INIT = ROOT / "coverage" / "jiujin" / "__init__.py"
API_PAGE = ROOT / "docs" / "api.md"
HEAVY = (
    "numpy",
    "pandas",
    "geopandas",
    "osmnx",
    "folium",
    "numba",
    "scipy",
    "shapely",
    "pydantic",
    "matplotlib",
    "rich",
)


def names_for_type_checkers() -> dict[str, str]:
    """Each name that mypy and pyright see, with the module that it comes from."""
    (block,) = [node for node in ast.parse(INIT.read_text(encoding="utf-8")).body if isinstance(node, ast.If)]
    return {
        alias.asname or alias.name: (node.module or "").removeprefix("jiujin.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_there_are_at_most_twenty_public_names_and_all_are_listed() -> None:
    assert len(jiujin.__all__) <= 20
    assert len(set(jiujin.__all__)) == len(jiujin.__all__)
    assert set(jiujin.__all__) == set(jiujin._HOME) == set(names_for_type_checkers())
    assert set(jiujin.__all__) <= set(dir(jiujin))


@pytest.mark.parametrize("name", jiujin.__all__)
def test_each_name_comes_from_the_module_that_type_checkers_are_told(name: str) -> None:
    assert names_for_type_checkers()[name] == jiujin._HOME[name]
    thing = getattr(jiujin, name)
    assert thing is getattr(sys.modules[f"jiujin.{jiujin._HOME[name]}"], name)


@pytest.mark.parametrize("name", jiujin.__all__)
def test_each_name_is_explained_where_it_stands_and_on_the_page(name: str) -> None:
    thing = getattr(jiujin, name)
    if callable(thing):
        assert len(inspect.getdoc(thing) or "") > 20
        assert not (inspect.getdoc(thing) or "").startswith(f"{name}(")  # not the signature that dataclasses make up
    assert f"`{name}" in API_PAGE.read_text(encoding="utf-8")


def test_a_name_that_does_not_exist_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'coverage_rate'"):
        _ = jiujin.coverage_rate


def test_importing_the_package_imports_nothing_heavy_and_a_star_finds_all() -> None:
    code = (
        f"import sys, jiujin; jiujin.__version__; print([m for m in {HEAVY!r} if m in sys.modules]);"
        "from jiujin.errors import Problem; print(jiujin.JiujinError.__name__, 'numpy' in sys.modules);"
        "from jiujin import *; print(all(name in globals() for name in jiujin.__all__))"
    )
    said = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split("\n")[:3] == ["[]", "JiujinError False", "True"]


def test_every_mistake_is_a_jiujin_error_that_lists_its_problems(tmp_path: Path) -> None:
    for kind in (jiujin.StudyError, jiujin.TableError, jiujin.NetworkError, jiujin.SitingError):
        assert issubclass(kind, jiujin.JiujinError)
    with pytest.raises(jiujin.StudyError) as caught:
        jiujin.read_study(tmp_path / "nowhere")
    assert all(isinstance(problem, jiujin.Problem) for problem in caught.value.problems)


def test_walks_by_the_public_names_alone_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    """
    A site 30 m off the street at 400 m, people at 0, 100 and 1400 m along it: walks of 430, 330 and 1030 m.
    """
    town = Town(size=0).way((0, 0), (400, 0), (1400, 0)).person(0, 0).facility("party_centre", 400, 30)
    layers = jiujin.read_layers(jiujin.read_study(town.write(tmp_path)))
    network = jiujin.build_network(layers.streets, layers.plane, island_cm=0)
    sites = jiujin.attach(network, *layers.plane.project(*_degrees((400, 30))))
    people = jiujin.attach(network, *layers.plane.project(*_degrees((0, 0), (100, 0), (1400, 0))))
    assert abs(int(sites.leg_cm[0]) - 3000) <= 1  # positions are written to the centimetre

    walks = jiujin.nearest(network, people, sites)
    assert np.abs(walks.cm - [43_000, 33_000, 103_000]).max() <= 12  # geodesics and the plane differ by 1 in 10,000
    assert walks.site.tolist() == [0, 0, 0]
    within = jiujin.pairs(network, sites, people, 50_000)
    assert within.goal.tolist() == [0, 1]
    assert within.cm.tolist() == walks.cm[:2].tolist()
    assert (jiujin.nearest(network, people, sites, limit_cm=100).cm == jiujin.NO_WALK).all()


def test_running_a_study_from_python_gives_what_the_command_writes(tmp_path: Path) -> None:
    folder = Town().person(0, 0, 3).person(2000, 2000).facility("party_centre", 400, 400).write(tmp_path / "study")
    results = jiujin.run(jiujin.read_study(folder))
    report = jiujin.build(folder, tmp_path / "out", atlas=False)
    assert isinstance(results, jiujin.Results)
    assert isinstance(results.study, jiujin.Study)
    assert report.summary["services"]["party_centre"] == results.coverage.county["party_centre"]
    assert results.coverage.county["party_centre"]["covered"] == 3


def _degrees(*places: tuple[float, float]) -> np.ndarray:
    return np.array([lon_lat(*place) for place in places]).T
