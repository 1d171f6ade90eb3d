"""What every test may ask for: the shared real data, and nothing that a test should build for itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from postgis import Database, Server

settings.register_profile("unhurried", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("unhurried")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test data beside the checkout; a stranger's clone has none and skips."""
    if not SHARED.is_dir():
        pytest.skip("no real data beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server with PostGIS for this run; a stranger without one skips, CI has to have it."""
    from postgis import programs, server

    found = programs()
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no PostgreSQL with PostGIS on this machine")
    with server(found) as running:
        yield running


@pytest.fixture
def database(postgres: Server) -> Database:
    """An empty database with PostGIS."""
    return postgres.database()
