"""The house itself: what a wheel holds, that names agree, that nothing private to a machine is written down."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(pip, check=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    package = {Path(name).parts[1] for name in names if name.startswith("jiujin/")}
    assert {"cli.py", "presets.toml", "pipeline.py", "network", "rendering", "py.typed"} <= package
    assert any(name.endswith("rendering/page/engine.js") for name in names)
    assert any("leaflet" in name.lower() for name in names)
    assert {Path(name).parts[0].split("-")[0] for name in names} == {"jiujin"}


def test_the_source_root_is_no_package_and_nothing_is_named_like_coverage_py() -> None:
    assert not (ROOT / "coverage" / "__init__.py").exists()
    assert not (ROOT / "conftest.py").exists()
    assert not list((ROOT / "coverage").rglob("coverage.py"))
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert not {"coverage", "/coverage", "coverage/", "/coverage/"} & set(ignored)


def test_constraints_pin_every_dependency_and_hold_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    pinned = {re.split(r"[=<>!~ ;\[]", line)[0].lower().replace("_", "-") for line in text.splitlines() if line}
    project = PYPROJECT["project"]
    wanted = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[=<>!~ ;\[]", each)[0].lower().replace("_", "-") for each in wanted}
    assert names - pinned == set()


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_large_file_is_committed_and_no_module_has_grown_two_ideas() -> None:
    files = tracked()
    assert [path.name for path in files if path.stat().st_size > 3_000_000] == []
    modules = [path for path in files if path.suffix == ".py" and (ROOT / "coverage") in path.parents]
    long = [path.name for path in modules if len(path.read_text(encoding="utf-8").splitlines()) > 400]
    assert long == []


def test_readme_commands_are_those_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    from jiujin.cli import app

    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert set(re.findall(r"(?<![\w.])jiujin ([a-z]+)", readme)) <= verbs
    assert set(re.findall(r"start\.py ([a-z]+)", readme)) <= {"map", "test", "jiujin", "pack"}
    for verb in ("map", "test"):
        assert f"python3 start.py {verb}" in readme
        assert f"py start.py {verb}" in readme
