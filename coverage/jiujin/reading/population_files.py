"""
Population tables as they are: which columns they have, and the numbers in them, still in the file's own coordinates.

A plain file (CSV with one clean header line, or Parquet) is read column by column in one stroke, a million points in
about a second. Everything else is an office table and goes cell by cell through `ledger` and `positions`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from jiujin.errors import Problem, TableError
from jiujin.reading.layers_columns import matched_columns
from jiujin.reading.lost_codes import lost_codes
from jiujin.reading.registers import PERSONAL, REGISTER_COLUMNS, is_register
from jiujin.reading.values import Value, clean_text, narrow, to_code, to_number
from jiujin.study import Study
from jiujin.tables import Table, population_table

if TYPE_CHECKING:
    from jiujin.reading.ledger import LedgerTable

MANY = {"万": 10_000.0, "千": 1000.0, "百": 100.0}
"""What a heading such as 人口（万人） multiplies its numbers by."""

_LISTED = 20

TEXTS = ("id", "name", "township", "community", "community_code", "datum")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRows:
    """
    The rows of one table: `frame` has `row`, and of the columns of `table_of` those that the file has.

    Groups are float64 (NaN where the cell is empty or no number). `title` is what stands above the table.
    """

    file: str
    sheet: str
    title: str
    frame: pd.DataFrame
    groups: tuple[str, ...]
    headings: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [str(name) for name in self.frame.columns]

    @property
    def placed(self) -> bool:
        """Whether the table has a column for positions."""
        return "lon" in self.frame or "point" in self.frame

    @property
    def personal(self) -> tuple[str, ...]:
        """The headings of the columns about single persons."""
        return tuple(self.headings.get(name, name) for name in PERSONAL if name in self.frame)


def table_of(study: Study) -> Table:
    """The population table with the groups that the study declares, and the columns that only registers have."""
    table = population_table((group.id, group.label, group.headings) for group in study.groups)
    return replace(table, columns=(*table.columns, *REGISTER_COLUMNS))


def people_rows(path: Path, study: Study, *, file: str) -> tuple[list[PeopleRows], list[Problem]]:
    """Read the tables of a file, in one stroke where it is plain, else cell by cell; TableError when there is none."""
    if path.suffix.lower() in {".csv", ".txt", ".tsv", ".parquet"}:
        plain = plain_rows(path, study, file=file)
        if plain is not None:
            return [plain], []
    from jiujin.reading.ledger import read_ledger  # most population files are plain and do without it

    tables, problems = read_ledger(path, table_of(study), file=file)
    return [_from_ledger(table, study, problems) for table in tables], problems


def frame_rows(frame: pd.DataFrame, study: Study, *, file: str) -> PeopleRows:
    """Take the columns out of the attributes of a layer; `frame` is without its shapes, rows count from 1."""
    found = matched_columns([str(name) for name in frame.columns], table_of(study))
    columns = pd.DataFrame({name: frame[field] for name, field in found.items()}, index=frame.index)
    numbers = {
        group.id: np.array([to_number(cell).value for cell in columns[group.id].tolist()], np.float64)
        for group in study.groups
        if group.id in columns
    }
    made = _clean_texts(columns).assign(**numbers, row=np.arange(1, len(frame) + 1))
    return PeopleRows(file=file, sheet="", title=file, frame=made, groups=tuple(numbers), headings=found)


def plain_rows(path: Path, study: Study, *, file: str) -> PeopleRows | None:
    """Read a plain CSV or Parquet file; None when it is not plain, and has to be read cell by cell."""
    try:
        if path.suffix.lower() == ".parquet":
            return _from_arrow(pyarrow.parquet.read_table(path), study, file=file)
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
    groups = [group.id for group in study.groups if group.id in found]
    is_points = {"lon", "lat"} <= set(found) and "point" not in found
    if len(set(fields)) < len(fields) or not is_points or is_register(found, groups):
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
    return _rows(arrow, kept, study, file=file, first_row=2)


def _from_arrow(arrow: pa.Table, study: Study, *, file: str) -> PeopleRows:
    found = matched_columns(arrow.column_names, table_of(study))
    kept = {name: field for name, field in found.items() if name in _wanted(study) or name in PERSONAL}
    return _rows(arrow, kept, study, file=file, first_row=1)


def _rows(arrow: pa.Table, kept: dict[str, str], study: Study, *, file: str, first_row: int) -> PeopleRows:
    numbers = {"lon", "lat", *(group.id for group in study.groups)}
    columns = {
        name: _numbers(arrow.column(field)) if name in numbers else _texts(arrow.column(field))
        for name, field in kept.items()
    }
    frame = pd.DataFrame(columns, index=pd.RangeIndex(arrow.num_rows))
    frame["row"] = np.arange(first_row, first_row + len(frame))
    groups = tuple(group.id for group in study.groups if group.id in kept)
    return PeopleRows(file=file, sheet="", title=file, frame=frame, groups=groups, headings=kept)


def _from_ledger(table: LedgerTable, study: Study, problems: list[Problem]) -> PeopleRows:
    frame = table.frame
    numbers: dict[str, NDArray[np.float64]] = {}
    problems += lost_codes(table, "community_code")
    for group in study.groups:
        if group.id in frame:
            read = [_people(cell) for cell in frame[group.id].tolist()]
            many = MANY.get(table.units.get(group.id, "")[:1], 1.0)
            numbers[group.id] = np.array([value.value for value in read], np.float64) * many
            met = [
                replace(
                    problem, file=table.file, sheet=table.sheet, row=int(row), column=table.headings.get(group.id, "")
                )
                for value, cell, row in zip(read, frame[group.id].tolist(), frame["row"].tolist(), strict=True)
                if (problem := value.problem(cell, wanted="人数")) is not None
            ]
            problems += _not_one_by_one(met)
    return PeopleRows(
        file=table.file,
        sheet=table.sheet,
        title=f"{table.file} {table.sheet} {table.title}",
        frame=_clean_texts(frame).assign(**numbers),
        groups=tuple(numbers),
        headings=table.headings,
    )


def _people(cell: object) -> Value[float]:
    """Read a number of people; a share (20%) is none."""
    read = to_number(cell)
    if isinstance(cell, str) and read.value is not None and narrow(cell).endswith("%"):
        return Value(None, "share_not_people", "写的是比例，不是人数，未采用", "warning")
    return read


def _not_one_by_one(met: list[Problem]) -> list[Problem]:
    """Of what is met alike in very many rows (`47人`) the first rows, and how many more there are."""
    told: list[Problem] = []
    for rule in dict.fromkeys(problem.rule for problem in met):
        alike = [problem for problem in met if problem.rule == rule]
        told += alike[:_LISTED]
        if len(alike) > _LISTED and alike[0].severity == "info":
            told.append(replace(alike[_LISTED], row=None, found=f"另有 {len(alike) - _LISTED} 行同样写法"))
        else:
            told += alike[_LISTED:]
    return told


def _clean_texts(frame: pd.DataFrame) -> pd.DataFrame:
    texts = {
        name: pd.Series([clean(cell) for cell in frame[name].tolist()], frame.index, dtype="str")
        for name, clean in (*((name, clean_text) for name in TEXTS), ("community_code", _code))
        if name in frame
    }
    return frame.assign(**texts)


def _code(cell: object) -> str | None:
    return to_code(cell).value


def _wanted(study: Study) -> set[str]:
    return {"lon", "lat", *TEXTS, *(group.id for group in study.groups)}


def _texts(cells: pa.ChunkedArray) -> pd.Series[str]:
    if pa.types.is_floating(cells.type):
        return pd.Series([clean_text(value) for value in cells.to_pylist()], dtype="str")
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        cells = cells.cast(pa.string())
    texts = pd.Series(cells.to_pandas(), dtype="str").str.strip()
    if texts.str.endswith(".0").any():  # codes and numbers that a program has taken for decimals
        texts = texts.str.replace(r"^(\d+)\.0$", r"\1", regex=True)
    return texts.where(texts != "")


def _numbers(cells: pa.ChunkedArray) -> NDArray[np.float64]:
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        return np.asarray(pd.to_numeric(cells.to_pandas(), errors="coerce"), np.float64)
    return np.asarray(cells.cast(pa.float64()).to_numpy(), np.float64)
