"""What changed, in Chinese lines for the screen and as one object for programs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jiujin.analysis.change import Changes
from jiujin.rendering.report_lines import table_lines
from jiujin.rendering.wording import NOTHING, people, percent

MOST_PLACES = 12
"""So many townships and communities are told on the screen; `--json` has all."""


def comparison_lines(changes: Changes) -> list[str]:
    """Tell before and after per service, then the places and targets that changed."""
    lines = service_lines(changes.services)
    if changes.nothing:
        return [*lines, "各社区（村）与各项指标均无变化。", *_why_no_persons(changes.services)]
    lines += _place_lines("乡镇（街道）", changes.townships, ["township"], changes)
    lines += _place_lines("社区（村）", changes.communities, ["township", "community_name"], changes)
    reached = [row for row in _records(changes.communities) if _flag(row["unit_reached_after"]) is True]
    reached = [row for row in reached if _flag(row["unit_reached_before"]) is not True]
    if reached:
        lines.append(f"新达标社区（村）{len(reached)} 个：{_listed(_place(row) for row in reached)}")
    return [*lines, *target_lines(changes.targets), *_why_no_persons(changes.services)]


def _why_no_persons(services: pd.DataFrame) -> list[str]:
    """Say why nobody is told to be newly covered where the sums of both builds are known."""
    known = services["covered_before"].notna() & services["covered_after"].notna()
    if not (known & services["newly"].isna()).any():
        return []
    return [f"“新增覆盖”“不再覆盖”为“{NOTHING}”：两次之间人口数据已经更换，或较早的存档没有保留逐点的覆盖情况。"]


def service_lines(services: pd.DataFrame) -> list[str]:
    """Lay out the figures of every service before and after."""
    head = ("服务", "设施数", "人数", "覆盖人数", "人口覆盖率", "新增覆盖", "不再覆盖")
    rows = [
        (
            str(row["label"]),
            f"{_count(row['sites_before'])}→{_count(row['sites_after'])}",
            people(row["people_after"]),
            f"{people(row['covered_before'])}→{people(row['covered_after'])}",
            f"{percent(row['pop_rate_before'], 2)}→{percent(row['pop_rate_after'], 2)}",
            people(row["newly"]),
            people(row["no_longer"]),
        )
        for row in _records(services)
    ]
    return table_lines([head, *rows])


def target_lines(targets: pd.DataFrame) -> list[str]:
    """One line per target whose figure or state changed."""
    return [
        f"指标“{row['label']}”：{_figure(row, 'found_before')}→{_figure(row, 'found_after')}{_unit(row)}"
        f"（目标 {_figure(row, 'goal')}），{_state(row['state_before'])}→{row['state_after']}"
        for row in _records(targets)
    ]


def comparison_object(changes: Changes) -> dict[str, Any]:
    """Give the whole difference as one object."""
    return {
        "services": _records(changes.services),
        "townships": _records(changes.townships),
        "communities": _records(changes.communities),
        "targets": _records(changes.targets),
    }


def _place_lines(kind: str, table: pd.DataFrame, columns: list[str], changes: Changes) -> list[str]:
    if table.empty:
        return []
    label = dict(zip(changes.services["service"], changes.services["label"], strict=True))
    gain = (table["covered_after"].fillna(0) - table["covered_before"].fillna(0)).abs()
    first = table.assign(size=gain).sort_values("size", ascending=False, kind="stable").head(MOST_PLACES)
    rows = [
        (
            "".join(str(row[name] or "") for name in columns) or NOTHING,
            str(label.get(row["service"], row["service"])),
            f"{people(row['covered_before'])}→{people(row['covered_after'])}",
            f"{_count(row['sites_before'])}→{_count(row['sites_after'])}",
        )
        for row in _records(first)
    ]
    more = [f"……另有 {len(table) - len(rows)} 行，见 --json"] if len(table) > len(rows) else []
    return [f"有变化的{kind}：", *table_lines([(kind, "服务", "覆盖人数", "设施数"), *rows]), *more]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]


def _place(row: dict[str, Any]) -> str:
    return f"{row['township'] or ''}{row['community_name'] or ''}"


def _listed(names: Any) -> str:
    every = list(dict.fromkeys(names))
    return "、".join(every[:MOST_PLACES]) + ("等" if len(every) > MOST_PLACES else "")


def _flag(value: object) -> bool | None:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  (NaN)
        return None
    return str(value).lower() in {"true", "1", "1.0"}


def _count(value: float) -> str:
    return NOTHING if value != value else f"{value:.0f}"  # noqa: PLR0124  (NaN)


def _figure(row: dict[str, Any], name: str) -> str:
    value = row[name]
    if value is None or value != value:  # noqa: PLR0124  (NaN)
        return NOTHING
    share = not _unit(row) and row["goal"] is not None and row["goal"] < 1  # a goal below one of nothing countable
    return percent(value, 2) if share else f"{value:g}"


def _unit(row: dict[str, Any]) -> str:
    return row["unit"] if isinstance(row["unit"], str) else ""


def _state(state: object) -> str:
    return state if isinstance(state, str) else NOTHING
