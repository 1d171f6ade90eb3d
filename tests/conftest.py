"""What every test may ask for: the shared real data, and nothing that a test should build for itself."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test data beside the checkout; a stranger's clone has none and skips."""
    if not SHARED.is_dir():
        pytest.skip("no real data beside this checkout")
    return SHARED
