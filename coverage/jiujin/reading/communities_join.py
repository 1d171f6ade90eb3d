"""
Rows of a list to communities: by code; else by township and name together, never by name alone.

In one province a twelfth of all communities share their name with another in the same county, but hardly two in one
township do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.reading.values import normal_name, normal_township

NONE, SEVERAL = -1, -2
"""No community answers to the row; more than one does."""


def matched_units(rows: pd.DataFrame, communities: pd.DataFrame) -> NDArray[np.int32]:
    """
    Position in `communities` for every row, `NONE` or `SEVERAL`.

    Both have `code`, `name` and `township` as text or missing. A row whose code is known goes by it, whatever its name.
    """
    by_code = {code: at for at, code in enumerate(communities["code"].tolist()) if isinstance(code, str)}
    by_name: dict[tuple[str, str], int] = {}
    for at, key in enumerate(_keys(communities)):
        if key is not None:
            by_name[key] = SEVERAL if key in by_name else at
    found = [
        by_code[code] if isinstance(code, str) and code in by_code else by_name.get(key, NONE) if key else NONE
        for code, key in zip(rows["code"].tolist(), _keys(rows), strict=True)
    ]
    return np.array(found, np.int32)


def _keys(units: pd.DataFrame) -> Sequence[tuple[str, str] | None]:
    return [
        (normal_township(township), normal_name(name, (township,)))
        if isinstance(township, str) and isinstance(name, str)
        else None
        for township, name in zip(units["township"].tolist(), units["name"].tolist(), strict=True)
    ]
