"""Ids of population points: every point gets one, and no two the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.errors import Problem


def with_ids(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Give an id to every point that has none (`P000001` by its place), and tell repeated ones apart (`a`, `a#2`)."""
    problems: list[Problem] = []
    ids = frame["id"].reset_index(drop=True)
    missing = ids.isna().to_numpy()
    if missing.any():
        width = max(6, len(str(len(frame))))
        ids = ids.where(~missing, pd.Series([f"P{number:0{width}d}" for number in range(1, len(frame) + 1)]))
        found = f"{int(missing.sum())} 个人口点没有编号"
        problems.append(
            Problem(severity="info", rule="made_id", column="id", found=found, action="按行序编号 P000001、P000002……")
        )
    repeated = frame["id"].duplicated(keep="first").to_numpy() & ~missing
    if missing.any():  # a stated id has the first right to itself
        repeated |= missing & ids.isin(set(frame["id"].dropna())).to_numpy()
    if repeated.any():
        example = ids[repeated].iloc[0]
        ids = _told_apart(ids, repeated)
        found = f"{int(repeated.sum())} 个人口点的编号与前面的重复，例如 {example}"
        action = "编号后加 #2、#3 区分，请核对是否重复登记"
        problems.append(
            Problem(
                severity="warning", rule="duplicate_id", column="id", found=found, wanted="编号不重复", action=action
            )
        )
    return frame.reset_index(drop=True).assign(id=ids), problems


def _told_apart(ids: pd.Series, repeated: NDArray[np.bool_]) -> pd.Series:
    taken, texts = set(ids), ids.tolist()
    count: dict[str, int] = {}
    for at in np.flatnonzero(repeated).tolist():
        text = texts[at]
        count[text] = count.get(text, 1) + 1
        while f"{text}#{count[text]}" in taken:
            count[text] += 1
        texts[at] = f"{text}#{count[text]}"
        taken.add(texts[at])
    return pd.Series(texts, dtype="str")
