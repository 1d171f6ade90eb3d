"""Ask the page's engine under node, so that Python can compare answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jiujin.rendering.packing import Packed

HERE = Path(__file__).parent


def node_path() -> str:
    """Node 18 or later; without one the tests are skipped, but fail where CI is set."""
    if path := shutil.which("node"):
        return path
    if os.environ.get("CI"):
        pytest.fail("no node on this machine")
    pytest.skip("no node on this machine")


def ask(packed: Packed | None, *asks: list[Any]) -> list[Any]:
    """Answers of the engine of this page, in the order of the questions."""
    page = packed and {"text": packed.text, "size": packed.size, "crc32": packed.crc32}
    run = subprocess.run(
        [node_path(), str(HERE / "ask.js")],
        input=json.dumps({"page": page, "asks": asks}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
