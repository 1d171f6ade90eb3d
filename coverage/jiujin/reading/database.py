"""
The door to PostgreSQL and PostGIS: tables come in as files of this moment, and everything behind reads files.

All tables of one database are read in one transaction, so that they belong together. A table with shapes becomes a
FlatGeobuf layer with the coordinate system of its SRID, any other a CSV table. Rows come in the order of the primary
key, so that the same content gives the same file.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, LiteralString

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from jiujin.errors import JiujinError, Problem, TableError
from jiujin.reading.database_address import database_name, file_name, name_parts
from jiujin.reading.database_faults import explained, no_driver
from jiujin.study import DatabaseTable, Inputs, Study

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

WAIT_S = 10
"""A server that does not answer for so long is down."""

Row = tuple[Any, ...]


def fetched(study: Study, folder: Path) -> Study:
    """
    Give the study with its database tables as files in `folder`, every table as it stands at one moment.

    TableError with every problem where a database or a table cannot be read.
    """
    found: dict[Path, Path] = {}
    problems: list[Problem] = []
    tables = study.inputs.databases
    for address in dict.fromkeys(table.address for table in tables.values()):
        try:
            with connected(address, reading=True) as database:
                for path, table in tables.items():
                    if table.address == address:
                        place = folder / str(len(found))
                        place.mkdir()
                        found[path] = place
                        _collect(database, table, found, path, problems)
        except TableError as error:
            problems += error.problems
    if problems:
        raise TableError(problems)
    return replace(study, inputs=_with_files(study.inputs, found))


@contextmanager
def connected(address: str, *, reading: bool = False) -> Iterator[psycopg.Connection[Row]]:
    """
    Connect to a database; with `reading` everything is seen as it stands at one moment, and nothing can be changed.

    TableError, in Chinese and without the password, where the server is down, refuses, or fails on the way.
    """
    try:
        import psycopg
    except ImportError as missing:
        raise TableError(no_driver()) from missing
    name = database_name(address)
    try:
        with psycopg.connect(address, **_settings(address), autocommit=not reading) as database:
            if reading:
                database.read_only = True
                database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield database
    except psycopg.Error as error:
        raise TableError(explained(error, name)) from error


def _settings(address: str) -> dict[str, Any]:
    settings = {"application_name": "jiujin", "client_encoding": "UTF8"}
    return settings if "connect_timeout=" in address else {**settings, "connect_timeout": WAIT_S}


def _collect(
    database: psycopg.Connection[Row],
    table: DatabaseTable,
    found: dict[Path, Path],
    path: Path,
    problems: list[Problem],
) -> None:
    """Fetch one table; what is wrong with it does not keep the others from being looked at."""
    import psycopg

    try:
        with database.transaction():
            found[path] = _fetched(database, table, found[path])
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        problems.append(explained(error, database_name(table.address), table, _near(database, table)))
    except JiujinError as error:
        problems += error.problems


def _fetched(database: psycopg.Connection[Row], table: DatabaseTable, folder: Path) -> Path:
    """Write the rows of a table into `folder`; returns the file."""
    columns, kinds = _columns(database, table)
    shapes = [name for name in columns if kinds[name] in {"geometry", "geography"}]
    shape = _shape_of(table, shapes)
    kept = [name for name in columns if name not in shapes]
    rows = _rows(database, table, [*kept, *([shape] if shape else [])])
    if not rows:
        raise TableError(_nothing(table))
    if shape is None:
        return _write_table(folder / f"{file_name(table)}.csv", kept, rows)
    frame = pd.DataFrame({name: _values([row[at] for row in rows]) for at, name in enumerate(kept)})
    wkb = np.array([row[-1] for row in rows], object)
    return _write_layer(folder / f"{file_name(table)}.fgb", frame, shapely.from_wkb(wkb), database, table)


def _columns(database: psycopg.Connection[Row], table: DatabaseTable) -> tuple[list[str], dict[str, str]]:
    """Names of the columns in order, and the type of each."""
    from psycopg import sql

    cursor = database.execute(sql.SQL("select * from {} limit 0").format(source_of(table)))
    described = cursor.description or []
    oids = [column.type_code for column in described]
    named: dict[int, str] = dict(
        database.execute("select oid, typname from pg_type where oid = any(%s)", [oids]).fetchall()
    )
    return [column.name for column in described], {c.name: str(named.get(c.type_code, "")) for c in described}


def _rows(database: psycopg.Connection[Row], table: DatabaseTable, columns: Sequence[str]) -> list[Row]:
    from psycopg import sql

    listed = sql.SQL(", ").join(sql.Identifier("t", name) for name in columns)
    ordered = _order(database, table)
    query = sql.SQL("select {} from {} {}").format(listed, source_of(table), ordered)
    return database.execute(query).fetchall()


def _order(database: psycopg.Connection[Row], table: DatabaseTable) -> sql.Composable:
    """Order by the primary key, else by everything; a query that orders its rows has its way."""
    from psycopg import sql

    if table.query and "order by" in " ".join(table.query.lower().split()):
        return sql.SQL("")
    keys: list[Row] = []
    if table.table:
        keys = database.execute(_PRIMARY_KEY, [sql.Identifier(*name_parts(table.table)).as_string(database)]).fetchall()
    if keys:
        return sql.SQL("order by {}").format(sql.SQL(", ").join(sql.Identifier("t", name) for (name,) in keys))
    return sql.SQL('order by (t.*)::text collate "C"')


_PRIMARY_KEY: LiteralString = """
    select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = to_regclass(%s) and i.indisprimary order by array_position(i.indkey::int2[], a.attnum)
"""


def source_of(table: DatabaseTable) -> sql.Composable:
    """Write a table, or the rows of a query, as what a statement selects from, under the name `t`."""
    from psycopg import sql

    if table.table:
        return sql.SQL("{} as t").format(sql.Identifier(*name_parts(table.table)))
    return sql.SQL("({}) as t").format(sql.SQL(table.query))  # the study's own words


def _shape_of(table: DatabaseTable, shapes: Sequence[str]) -> str | None:
    """The column of shapes that is meant; None where the table has none."""
    if table.geometry and table.geometry not in shapes:
        raise TableError(
            Problem(
                severity="error",
                rule="missing_column",
                file=file_name(table),
                column=table.geometry,
                found=f"没有 geometry= 所写的图形列 {table.geometry}",
                wanted=f"图形列：{'、'.join(shapes)}" if shapes else "有图形列（geometry）的表",
                action="请改正 study.toml 中的数据库地址",
            )
        )
    if len(shapes) > 1 and not table.geometry:
        raise TableError(
            Problem(
                severity="error",
                rule="several_geometries",
                file=file_name(table),
                found=f"有 {len(shapes)} 个图形列：{'、'.join(shapes)}",
                wanted=f"写明用哪一列，例如 &geometry={shapes[0]}",
                action="请改正 study.toml 中的数据库地址",
            )
        )
    return table.geometry or next(iter(shapes), None)


def _write_table(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(value) for value in row] for row in rows)
    return path


def _write_layer(
    path: Path, frame: pd.DataFrame, shapes: Any, database: psycopg.Connection[Row], table: DatabaseTable
) -> Path:
    numbers = np.unique(shapely.get_srid(shapes[~shapely.is_missing(shapes)]))
    if len(numbers) > 1:
        raise TableError(_mixed(table, numbers.tolist()))
    crs = _system(database, table, int(numbers[0]) if len(numbers) else 0)
    layer = gpd.GeoDataFrame(frame, geometry=shapely.force_2d(shapes), crs=crs)
    options = {"SPATIAL_INDEX": "NO"}  # an index would put the rows into another order
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that no system is declared, the reader of the layer sees
        pyogrio.write_dataframe(layer, path, driver="FlatGeobuf", geometry_type="Unknown", layer_options=options)
    return path


def _system(database: psycopg.Connection[Row], table: DatabaseTable, srid: int) -> CRS | None:
    """The coordinate system of an SRID; None for 0, which declares none."""
    if srid == 0:
        return None
    row = database.execute("select auth_name, auth_srid, srtext from spatial_ref_sys where srid = %s", [srid])
    name, number, text = row.fetchone() or (None, None, "")
    try:
        return CRS.from_epsg(number) if name == "EPSG" else CRS.from_wkt(text or "")
    except CRSError as error:
        raise TableError(
            Problem(
                severity="error",
                rule="unknown_crs",
                file=file_name(table),
                found=f"图形的 SRID {srid} 不是已知的坐标系",
                wanted="EPSG 编号，如 4490（CGCS2000）、4326（WGS 84）",
                action="请在数据库中用 UpdateGeometrySRID 改正",
            )
        ) from error


def _values(column: list[Any]) -> Any:
    """One column of a layer: numbers and truths as they are, everything else as text."""
    kinds = {type(value) for value in column if value is not None}
    if kinds == {int} and None not in column:
        return np.array(column, np.int64)
    if kinds and kinds <= {int, float, Decimal}:
        return np.array([math.nan if value is None else float(value) for value in column])
    return np.array([None if value is None else _text(value) for value in column], object)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _near(database: psycopg.Connection[Row], table: DatabaseTable) -> list[str]:
    """Tables that may have been meant."""
    rows = database.execute(
        "select case when schemaname = 'public' then relname else schemaname || '.' || relname end"
        " from pg_stat_user_tables order by 1"
    )
    return [str(name) for (name,) in rows if table.table]


def _with_files(inputs: Inputs, found: dict[Path, Path]) -> Inputs:
    """Put the files in the place of what stood in for them."""
    layers = ("facilities", "communities", "population", "streets", "boundary", "buildings", "compounds", "residential")
    named = {layer: tuple(found.get(path, path) for path in getattr(inputs, layer)) for layer in layers}
    tables = {name: found.get(path, path) for name, path in inputs.tables.items()}
    return replace(inputs, **named, tables=MappingProxyType(tables), databases=MappingProxyType({}))  # type: ignore[arg-type]


def _nothing(table: DatabaseTable) -> Problem:
    return Problem(
        severity="error",
        rule="table_empty",
        file=file_name(table),
        found="数据库中的这个表（或查询）没有一行",
        wanted="至少一行",
        action="请核对表名或查询条件",
    )


def _mixed(table: DatabaseTable, numbers: list[int]) -> Problem:
    return Problem(
        severity="error",
        rule="several_crs",
        file=file_name(table),
        found=f"同一列图形有几种 SRID：{'、'.join(map(str, numbers))}",
        wanted="一种坐标系",
        action="请在数据库中用 ST_Transform 统一后再用",
    )
