"""The history of a study's additions, for the screen and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jiujin.rendering.register_history import ADDED, EDITED, UNDONE, Entry
from jiujin.rendering.wording import percent
from jiujin.tables import ADDITIONS_FILE

_KINDS = {ADDED: "添加", UNDONE: "撤销", EDITED: "手工修改"}


def entry_title(entry: Entry) -> str:
    """Name an entry in a few words."""
    names = "、".join(name for name, _ in entry.files)
    return f"{_KINDS[entry.kind]} {names or ADDITIONS_FILE}"


def history_lines(entries: Sequence[Entry], labels: Mapping[str, str]) -> list[str]:
    """List what was added and taken back, each with its changes and what they did to the rates of services."""
    if not entries:
        return ["还没有添加过设施。"]
    taken_back = {entry.takes_back: entry.number for entry in entries if entry.kind == UNDONE}
    lines = []
    for entry in entries:
        gone = f"（已在第 {taken_back[entry.number]} 次撤销）" if entry.number in taken_back else ""
        who = f"，{entry.who}" if entry.who else ""
        lines.append(f"第 {entry.number} 次　{entry.at[:19].replace('T', ' ')}{who}　{entry_title(entry)}{gone}")
        lines += [f"　　{line}" for line in (*entry.changes, *_rates(entry, labels))]
    return lines


def history_records(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Give the same as objects, for `--json`."""
    return [
        {
            "number": entry.number,
            "kind": entry.kind,
            "at": entry.at,
            "who": entry.who,
            "files": [{"name": name, "sha256": digest} for name, digest in entry.files],
            "changes": list(entry.changes),
            "before": entry.figures.get("before"),
            "after": entry.figures.get("after"),
            "takes_back": entry.takes_back,
        }
        for entry in entries
    ]


def _rates(entry: Entry, labels: Mapping[str, str]) -> list[str]:
    before, after = entry.figures.get("before", {}), entry.figures.get("after", {})
    changed = [service for service in after if service in before and before[service] != after[service]]
    rates = {service: [percent(each[service]["pop_rate"], 2) for each in (before, after)] for service in changed}
    return [f"{labels.get(service, service)}：人口覆盖率 {'→'.join(rates[service])}" for service in changed]
