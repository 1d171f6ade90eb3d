"""What is written reads back as the same values, and is inert in a spreadsheet."""

from __future__ import annotations

import csv
import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiujin.rendering.tables import cell, number, plain, write_csv, write_frame, write_geojson, write_parquet


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_number(value: float) -> None:
    assert float(number(value)) == value


def test_null_is_empty_and_whole_numbers_have_no_point() -> None:
    assert [cell(v) for v in (None, math.nan, pd.NA, 3.0, 0.5, np.int32(7), True, False)] == [
        "", "", "", "3", "0.5", "7", "true", "false",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_formula_text_is_inert(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_csv_opens_in_excel_and_keeps_line_breaks_inside_a_cell(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", ["名称", "n"], [("南关社区\n助老食堂，“新”", 1)])
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["名称", "n"], ["南关社区\n助老食堂，“新”", "1"]]


def test_json_has_null_for_what_is_not_a_number() -> None:
    assert plain({"a": np.float64("nan"), "b": [np.int64(2), 2.0, 2.5], "c": np.bool_(True)}) == {
        "a": None, "b": [2, 2, 2.5], "c": True,
    }  # fmt: skip


def test_parquet_keeps_null_and_the_same_values_give_the_same_bytes(tmp_path: Path) -> None:
    columns = {"id": ["a", "b"], "m": np.array([1.25, np.nan]), "f": [None, "x"]}
    for name in ("one", "two"):
        write_parquet(tmp_path / name, columns)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    frame = pd.read_parquet(tmp_path / "one")
    assert frame["m"].isna().tolist() == [False, True]
    assert frame["f"].isna().tolist() == [True, False]


def test_geojson_is_valid_whatever_the_name(tmp_path: Path) -> None:
    shapes = np.array([shapely.Point(1.0, 2.50000004), None], object)
    write_geojson(tmp_path / "g.geojson", shapes, [{"name": '"\n</script>', "m": math.nan}, {"name": "x"}])
    read = json.loads((tmp_path / "g.geojson").read_text(encoding="utf-8"))
    assert read["features"][0]["properties"] == {"name": '"\n</script>', "m": None}
    assert read["features"][0]["geometry"]["coordinates"] == [1, 2.5]
    assert read["features"][1]["geometry"] is None


def test_a_frame_is_written_as_its_records_are(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "name": ['"南\n苑"\\ \u2028 é', None, "{x}"],
            "m": [0.1 + 0.2, math.nan, -3.0],
            "rank": [1, 2, 3],
            "flag": np.array([True, None, False], object),
            '{"': pd.array(["a", pd.NA, "b"], dtype="string"),
        }
    )
    shapes = np.array([shapely.Point(1, 2), None, shapely.Point(3, 4)], object)
    write_geojson(tmp_path / "frame", shapes, frame)
    write_geojson(tmp_path / "records", shapes, frame.to_dict("records"))
    assert (tmp_path / "frame").read_bytes() == (tmp_path / "records").read_bytes()
    told = [each["properties"] for each in json.loads((tmp_path / "frame").read_text(encoding="utf-8"))["features"]]
    assert told[1] == {"name": None, "m": None, "rank": 2, "flag": None, '{"': None}


def test_a_frame_is_written_as_its_rows_are(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": [1.0, -3.0, 1e18, -0.0],
            "part": [0.1, math.nan, -1e-7, math.inf],
            "count": [1, 2, 3, 4],
            "flag": [True, False, True, False],
            "text": ["=1", None, 'a"b', "多\n行"],
            "day": [date(2026, 5, 1), None, pd.NaT, pd.NA],
        }
    ).astype({"text": "str"})
    write_frame(tmp_path / "frame.csv", frame, list(frame))
    write_csv(tmp_path / "rows.csv", list(frame), frame.itertuples(index=False, name=None))
    assert (tmp_path / "frame.csv").read_bytes() == (tmp_path / "rows.csv").read_bytes()
    assert (tmp_path / "frame.csv").read_text("utf-8-sig").splitlines()[1] == "1,0.1,1,true,'=1,2026-05-01"
