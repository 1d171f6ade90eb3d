"""The office tables that targets are measured on: figures per community or township."""

from __future__ import annotations

import pandas as pd

from jiujin.errors import Problem, TableError
from jiujin.reading.ledger import read_ledger
from jiujin.reading.lost_codes import lost_codes
from jiujin.reading.values import to_code
from jiujin.study import Study
from jiujin.tables import UNITS


def read_office_tables(study: Study) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """
    Read every table of the study by its name, with `code`, `township`, `name` and the office's own columns.

    A table that cannot be read is listed and left out: the targets that need it have no data, the maps do not wait.
    """
    tables: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name, path in study.inputs.tables.items():
        file = path.relative_to(study.folder).as_posix() if path.is_relative_to(study.folder) else path.name
        try:
            found, met = read_ledger(path, UNITS, file=file)
        except TableError as error:
            problems += error.problems
            continue
        problems += met + [problem for table in found for problem in lost_codes(table, "community_code")]
        frame = pd.concat([table.frame for table in found], ignore_index=True)
        frame = frame.rename(columns={"community": "name"})
        if "community_code" in frame:
            frame["code"] = [to_code(cell).value for cell in frame["community_code"].tolist()]
        tables[name] = frame
    return tables, problems
