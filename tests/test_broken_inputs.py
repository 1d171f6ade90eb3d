"""An office that sends seven broken files hears of all seven at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from jiujin.errors import JiujinError, NetworkError, TableError
from jiujin.pipeline import read_layers
from jiujin.reading.study_file import read_study
from worlds import Town

FILES = ("facilities.xlsx", "c.geojson", "p.csv", "s.osm.pbf", "b.geojson", "c2.gpkg", "p2.xlsx")


def told_of(folder: Path) -> JiujinError:
    with pytest.raises(JiujinError) as caught:
        read_layers(read_study(folder))
    return caught.value


def test_all_broken_files_are_told_at_once(tmp_path):
    for name in FILES:
        (tmp_path / name).write_bytes(b"garbage\0")
    facilities, communities, population, streets, boundary, further, more = FILES
    (tmp_path / "study.toml").write_text(
        f"""
[study]
name = "试"
as_of = 2023-12-31
[inputs]
facilities = "{facilities}"
communities = ["{communities}", "{further}"]
population = ["{population}", "{more}"]
streets = "{streets}"
boundary = "{boundary}"
""",
        encoding="utf-8",
    )
    error = told_of(tmp_path)
    assert {problem.file for problem in error.problems if problem.severity == "error"} == set(FILES)


def test_broken_streets_do_not_hide_a_broken_ledger_nor_put_the_datum_in_doubt(tmp_path):
    folder = Town().person(1, 1).facility("elderly_canteen", 100, 0).write(tmp_path)
    study = read_study(folder)
    study.inputs.streets[0].write_bytes(b"")
    study.inputs.facilities[0].write_bytes(b"")
    error = told_of(folder)
    assert isinstance(error, (TableError, NetworkError))
    broken = {problem.file for problem in error.problems if problem.severity == "error"}
    assert broken == {study.inputs.streets[0].name, study.inputs.facilities[0].name}
    assert not [problem for problem in error.problems if problem.rule.startswith("datum_")]
