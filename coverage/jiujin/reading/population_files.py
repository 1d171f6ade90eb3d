"""
Population tables as they are: which columns they have, and the numbers in them, still in the file's own coordinates.

A plain file (CSV with one clean header line, or Parquet) is read column by column in one stroke, a million points in
about a second. Everything else is an office table and goes cell by cell through `ledger` and `positions`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from jiujin.errors import Problem, TableError
from jiujin.reading.layers_columns import matched_columns, plain_heading
from jiujin.study import Study
from jiujin.tables import Table, population_table

TEXTS = ("id", "name", "township", "community", "community_code", "datum")
PERSONAL = (
    "姓名", "身份证", "身份证号", "身份证号码", "公民身份号码", "证件号", "证件号码", "残疾证号", "残疾人证号", "电话", "联系电话", "手机",
    "手机号", "手机号码", "住址", "家庭住址", "户籍地址", "现住址", "idcard", "id_card", "phone", "mobile", "出生日期", "性别", "年龄",
)  # fmt: skip
"""Headings that only a list of single persons has; none of these columns is ever kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRows:
    """
    The rows of one file: `frame` has `row`, and of `id`, `lon`, `lat`, `township`, `community`, `community_code`, the
    groups (float64, NaN where there is none) those that the file has.

    `datum` is what the file's headings or a column say, None where nothing does. `personal` are the headings of
    columns about single persons, none of which is in the frame.
    """

    file: str
    sheet: str
    frame: pd.DataFrame
    groups: tuple[str, ...]
    headings: Mapping[str, str]
    datum: str | None = None
    personal: tuple[str, ...] = ()

    @property
    def placed(self) -> bool:
        """Whether the rows have positions."""
        return "lon" in self.frame


def table_of(study: Study) -> Table:
    """The population table with the groups that the study declares."""
    return population_table((group.id, group.label, group.headings) for group in study.groups)


def plain_rows(path: Path, study: Study, *, file: str) -> PeopleRows | None:
    """Read a plain CSV or Parquet file; None when it is not plain, and has to be read cell by cell."""
    try:
        if path.suffix.lower() == ".parquet":
            return _from_arrow(pyarrow.parquet.read_table(path), study, file=file, first_row=1)
        return _from_csv(path, study, file=file)
    except (pa.ArrowException, UnicodeError, ValueError) as error:
        if path.suffix.lower() == ".parquet":
            found = "不是可用的 Parquet 文件"
            raise TableError(Problem(severity="error", rule="unreadable_file", file=file, found=found)) from error
        return None


def _from_csv(path: Path, study: Study, *, file: str) -> PeopleRows | None:
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        head = raw[: raw.find(b"\n") + 1].decode("utf-8").strip()
    except UnicodeDecodeError:
        raw = raw.decode("gb18030").encode("utf-8")
        head = raw[: raw.find(b"\n") + 1].decode("utf-8").strip()
    separator = max((",", "\t", ";"), key=head.count)
    fields = [field.strip().strip('"') for field in head.split(separator)]
    table = table_of(study)
    found = matched_columns(fields, table)
    if len(set(fields)) < len(fields) or "point" in found or not ({"lon", "lat"} <= set(found)):
        return None
    kept = {name: field for name, field in found.items() if name in _wanted(study)}
    types = {field: pa.string() if name in TEXTS else pa.float64() for name, field in kept.items()}
    arrow = pyarrow.csv.read_csv(
        io.BytesIO(raw),
        parse_options=pyarrow.csv.ParseOptions(delimiter=separator),
        read_options=pyarrow.csv.ReadOptions(column_names=fields, skip_rows=1),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types, include_columns=list(kept.values()), strings_can_be_null=True
        ),
    )
    return _rows(arrow, kept, _personal(fields), study, file=file, first_row=2)


def _from_arrow(arrow: pa.Table, study: Study, *, file: str, first_row: int) -> PeopleRows:
    found = matched_columns(arrow.column_names, table_of(study))
    kept = {name: field for name, field in found.items() if name in _wanted(study)}
    return _rows(arrow, kept, _personal(arrow.column_names), study, file=file, first_row=first_row)


def _rows(
    arrow: pa.Table, kept: dict[str, str], personal: tuple[str, ...], study: Study, *, file: str, first_row: int
) -> PeopleRows:
    columns: dict[str, object] = {}
    for name, field in kept.items():
        if field in personal:
            continue
        cells = arrow.column(field)
        columns[name] = _texts(cells) if name in TEXTS else _numbers(cells)
    frame = pd.DataFrame(columns, index=pd.RangeIndex(arrow.num_rows))
    frame["row"] = np.arange(first_row, first_row + len(frame))
    groups = tuple(group.id for group in study.groups if group.id in kept)
    return PeopleRows(file=file, sheet="", frame=frame, groups=groups, headings=kept, personal=personal)


def _wanted(study: Study) -> set[str]:
    return {"lon", "lat", *TEXTS, *(group.id for group in study.groups)}


def _texts(cells: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_floating(cells.type):
        whole = cells.to_pandas()
        texts = [
            None if np.isnan(value) else str(int(value)) if value == int(value) else repr(value) for value in whole
        ]
        return pd.Series(texts, dtype="str")
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        cells = cells.cast(pa.string())
    texts = pd.Series(cells.to_pandas(), dtype="str").str.strip()
    return texts.where(texts != "")


def _numbers(cells: pa.ChunkedArray) -> NDArray[np.float64]:
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        return pd.to_numeric(cells.to_pandas(), errors="coerce").to_numpy(np.float64)
    return cells.cast(pa.float64()).to_numpy()


def _personal(fields: list[str]) -> tuple[str, ...]:
    return tuple(field for field in fields if plain_heading(field) in PERSONAL)
