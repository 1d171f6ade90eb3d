"""How the kernels run: the same on one core as on many, from a package nobody may write to, and with fair warning."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

import jiujin
from jiujin.network import kernels
from jiujin.network import pairs as pairs_module
from jiujin.network.attach import attach
from jiujin.network.search import nearest, pairs
from network.street_worlds import chessboard, town

PACKAGE = Path(jiujin.__file__).parent


def test_the_answer_does_not_depend_on_the_number_of_cores(monkeypatch):
    rng = np.random.default_rng(3)
    network = town(*chessboard(25))
    x, y = rng.uniform(-50, 2450, (2, 70_000))
    answers = []
    for cores in (1, 3):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        monkeypatch.setattr(pairs_module, "SOURCES_AT_ONCE", 1000 // cores)
        people = attach(network, x, y)
        sites = people.select(np.arange(0, 70_000, 1000))
        walks, table = nearest(network, people, sites), pairs(network, sites, people, 30_000)
        answers.append((people.piece, people.t, people.leg_cm, walks.cm, walks.site, table.ptr, table.goal, table.cm))
    for one, three in zip(*answers, strict=True):
        assert np.array_equal(one, three)


def test_what_is_compiled_once_is_not_compiled_again():
    kernels.warm_up()
    told = []
    assert kernels.warm_up(lambda: told.append("compiling")) == 0
    assert told == []


def test_the_kernels_of_siting_are_loaded_with_the_others_once_siting_is_imported():
    from jiujin.analysis.siting import maximal  # noqa: F401  with what it imports, this registers all of them

    kernels.warm_up()
    siting = [each for each in kernels._KERNELS if each.python.__module__.startswith("jiujin.analysis.siting.")]
    assert len(siting) > 20
    assert all(each._compiled is not None for each in siting)


def test_kernels_that_call_each_other_stand_in_one_file():
    """Compiled code is kept by the date of its own file; a callee elsewhere could change unseen."""
    kernels.warm_up()
    for each in kernels._KERNELS:
        for name in each.python.__code__.co_names:
            called = each.python.__globals__.get(name)
            if isinstance(called, kernels.Kernel):
                assert called.python.__module__ == each.python.__module__, (each.python, name)


WARM_UP = """
import sys, tempfile, os
sys.path.insert(0, sys.argv[1])
from jiujin.network.kernels import warm_up
told = []
count = warm_up(lambda: told.append(True))
assert bool(count) == bool(told)
print(count)
"""


def test_a_package_that_cannot_be_written_to_keeps_its_compiled_code_elsewhere(tmp_path):
    """The first run compiles and says so; the second finds the code in the user's own cache."""
    shutil.copytree(PACKAGE, tmp_path / "package" / "jiujin", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "package" / "jiujin" / "network" / "__pycache__").write_text("not a folder: nothing can be put here")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("NUMBA_CACHE_DIR", None)
    counts = [
        int(
            subprocess.run(
                [sys.executable, "-c", WARM_UP, str(tmp_path / "package")],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(2)
    ]
    assert counts[0] > 5
    assert counts[1] == 0


def test_the_questions_can_be_imported_without_numba():
    """Reading a study needs no compiler; it comes with the first kernel that runs."""
    code = "import sys; import jiujin.network.search; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
