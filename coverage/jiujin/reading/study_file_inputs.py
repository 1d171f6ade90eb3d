"""The files that a study names: where they are, which of them are missing, and the datum stated for each."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jiujin.reading.database_address import (
    TABLE_WANTED,
    WANTED,
    is_address,
    placeholder,
    table_at,
    tables_in,
)
from jiujin.reading.study_file_blocks import DatumBlock, InputsBlock, OptionsBlock, Place
from jiujin.reading.study_file_check import Check
from jiujin.study import Inputs

LAYERS = ["facilities", "communities", "population", "streets", "boundary", "buildings", "compounds", "residential"]
_FOLDER_FORMATS = {".gdb", ".parquet"}
Files = Mapping[Place, tuple[Path, ...]]


def files_of(check: Check) -> Files:
    """Every file that [inputs] names, by its key, whether or not the rest of the table is right; notes missing ones."""
    raw = check.table("inputs")
    named: dict[Place, Any] = {("inputs", key): raw[key] for key in (*LAYERS, "targets") if key in raw}
    tables = raw.get("tables")
    if isinstance(tables, dict):
        named |= {("inputs", "tables", key): value for key, value in tables.items()}
    _check_register(check, raw.get("additions"))
    return {place: tuple(_file(check, place, text) for text in _texts(value)) for place, value in named.items()}


def datums_of(check: Check, files: Files) -> dict[str, str]:
    """The datum stated per layer, or per file as the study file writes it."""
    raw = check.table("datum")
    datums: dict[str, str] = {}
    named = [path for paths in files.values() for path in paths]
    candidates = check.table("siting").get("candidates")
    if isinstance(candidates, str):
        named.append(_located(check.folder, candidates))
    known_files = {path.resolve() for path in named}
    for key, value in raw.items():
        is_file = _located(check.folder, key).resolve() in known_files
        if key not in {*LAYERS, "candidates"} and not is_file:
            wanted = "图层名（" + "、".join(LAYERS) + "），或 [inputs] 中列出的文件"
            check.mistake(("datum", key), "unknown_key", f"不认识的图层或文件 {key}", wanted)
        elif (block := check.block(DatumBlock, ("datum",), {key: value})) is not None:
            stated = next(iter(block.root.values()))
            datums[key.replace("\\", "/") if is_file else key] = stated
    return datums


def inputs_of(folder: Path, block: InputsBlock, files: Files) -> Inputs:
    """The inputs as the rest of the tool knows them."""
    layers: dict[str, Any] = {layer: files.get(("inputs", layer), ()) for layer in LAYERS}
    named = [text for layer in LAYERS for text in getattr(block, layer)]
    return Inputs(
        **layers,
        databases=MappingProxyType(tables_in(folder, [*named, *block.tables.values()])),
        register=None if block.additions is None else table_at(block.additions),
        tables=MappingProxyType({name: files["inputs", "tables", name][0] for name in block.tables}),
        options=MappingProxyType(_plain(block.options)),
    )


def _plain(options: OptionsBlock) -> dict[str, str]:
    written = options.model_dump(exclude_none=True)
    return {key: value if isinstance(value, str) else "、".join(value) for key, value in written.items()}


def _texts(value: Any) -> list[str]:
    return [text.strip() for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _check_register(check: Check, text: Any) -> None:
    """The additions stand in a table of a database, or, where nothing is written, in `facilities_added.csv`."""
    if not isinstance(text, str):
        return
    table = table_at(text)
    if table is None or not table.table:
        found = f"写的是 “{text}”"
        check.mistake(("inputs", "additions"), "bad_value", found, f"{TABLE_WANTED}，省略时为 facilities_added.csv")


def _file(check: Check, place: Place, text: str) -> Path:
    if is_address(text):
        if table_at(text) is None:
            check.mistake(place, "bad_value", f"写的是 “{text}”", WANTED)
        return placeholder(check.folder, text)
    path = _located(check.folder, text)
    if path.is_dir() and path.suffix.lower() not in _FOLDER_FORMATS:
        check.mistake(place, "missing_file", f"{text} 是文件夹", "一个或几个文件的路径")
    elif not path.exists() and text:
        check.mistake(place, "missing_file", f"没有这个文件：{text}", _nearest_name(path))
    return path


def _located(folder: Path, text: str) -> Path:
    """Where a path of the study file points; Windows' backslashes are understood everywhere."""
    path = folder / text
    return path if path.exists() or "\\" not in text else folder / text.replace("\\", "/")


def _nearest_name(path: Path) -> str:
    try:
        beside = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    except OSError:
        return "项目文件夹中已有的文件"
    near = get_close_matches(path.name, beside, n=1, cutoff=0.5)
    return f"是否想写 {near[0]}？" if near else "项目文件夹中已有的文件（路径相对于项目文件夹）"
