"""
Lists of single persons: added up in memory and gone, or refused.

A list with identity numbers or names is personal data. It is read only where the study asks for its aggregation, to
100-metre cells or to communities; nothing of a single person is kept, written, or repeated in a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.coordinates import Plane
from jiujin.errors import Problem
from jiujin.reading.values import narrow, to_date, to_number
from jiujin.study import Study
from jiujin.tables import Column

HOW = ("grid100", "community")
CELL_M = 100.0

REGISTER_COLUMNS = (
    Column(
        name="identity", label="身份证号", kind="text", meaning="identity number; read for the age, never kept",
        headings=("身份证", "身份证号码", "公民身份号码", "证件号", "证件号码", "idcard", "id_card", "id_number"),
        patterns=(".{0,6}身份证.{0,4}",),
    ),
    Column(
        name="certificate", label="残疾证号", kind="text", meaning="number of a disability certificate; never kept",
        headings=("残疾人证号", "残疾人证", "残疾证", "残疾证号码", "残疾人证号码"),
    ),
    Column(
        name="person", label="姓名", kind="text", meaning="name of a person; never kept",
        headings=("老人姓名", "户主姓名", "户主", "residentname", "person", "fullname"), patterns=(".{0,4}姓名",),
    ),
    Column(
        name="phone", label="电话", kind="text", meaning="telephone; never kept",
        headings=("联系电话", "手机", "手机号", "手机号码", "联系方式", "phone", "mobile", "tel"),
        patterns=(".{0,4}(?:电话|手机号?)",),
    ),
    Column(
        name="home", label="家庭住址", kind="text", meaning="address of a person; never kept",
        headings=("住址", "现住址", "户籍地址", "居住地址", "户口地址"),
    ),
    Column(
        name="birth", label="出生日期", kind="date", meaning="date of birth",
        headings=("出生年月", "生日", "birth", "birthday"),
    ),
    Column(name="age", label="年龄", kind="number", meaning="age in years", headings=("周岁", "岁数")),
    Column(name="sex", label="性别", kind="text", meaning="sex; never kept", headings=("gender",)),
)  # fmt: skip
"""Columns that only a list of single persons has."""

PERSONAL = tuple(column.name for column in REGISTER_COLUMNS)
_AGES = {"age60": 60, "age65": 65, "age80": 80}
_AGE_WORDS = re.compile("老年|老人|高龄|长者|敬老")


def is_register(columns: Iterable[str], groups: Sequence[str]) -> bool:
    """Whether a table has a row for each person: identity numbers, or no column that counts people."""
    have = set(columns)
    return bool({"identity", "certificate"} & have) or not groups


def personal_problem(file: str, sheet: str, headings: Sequence[str]) -> Problem:
    """Report that columns about single persons were left out; their content is never shown."""
    return Problem(
        severity="info", rule="personal_columns", file=file, sheet=sheet, column="、".join(headings),
        found=f"{len(headings)} 列个人信息（{'、'.join(headings)}）", wanted="不含个人信息的统计数",
        action="已略去，不进入任何输出",
    )  # fmt: skip


def refused(file: str, sheet: str, rows: int, *, personal: bool) -> Problem:
    """Say why a list of persons is not used, and what to write if it may be added up."""
    found = f"{rows} 行像是一人一行的名册" if personal else f"没有人数列，{rows} 行可能是一人一行的名册"
    return Problem(
        severity="error", rule="register_refused", file=file, sheet=sheet, found=found,
        wanted='各点或各社区的人数；确需使用名册时，在 study.toml 写 [inputs.options]，下一行 aggregate = "grid100"'
        '（按百米网格汇总）或 "community"（按社区汇总）',
        action="未使用：名册属个人信息，只可在内存中汇总，不写入任何文件",
    )  # fmt: skip


def person_groups(frame: pd.DataFrame, study: Study, *, title: str) -> pd.DataFrame:
    """
    Count every row as a person of the groups that it shows: 1.0 or 0.0, one column per group.

    A list of disabled people counts `disabled` alone, one of the old the age groups, any other everybody. Ages come
    from the identity number, the birth date or the age column; a person of unknown age is in no age group.
    """
    people: dict[str, NDArray[np.float64]] = {}
    known = {group.id for group in study.groups}
    is_disabled = "certificate" in frame or "残疾" in title
    of_the_old = _AGE_WORDS.search(title) is not None
    ages = ages_of(frame, study.as_of)
    if is_disabled:
        people["disabled"] = np.ones(len(frame))
    elif not of_the_old:
        people["total"] = np.ones(len(frame))
    if not is_disabled and np.isfinite(ages).any():
        people |= {group: (ages >= years).astype(np.float64) for group, years in _AGES.items()}
    elif of_the_old and not is_disabled:
        people["age80" if "高龄" in title else "age60"] = np.ones(len(frame))
    return pd.DataFrame({group: people[group] for group in people if group in known}, index=frame.index)


def ages_of(frame: pd.DataFrame, as_of: date) -> NDArray[np.float64]:
    """Age in full years on the study's day, NaN where nothing tells it."""
    ages = np.full(len(frame), np.nan)
    for name, read in (("identity", _birth_in_number), ("certificate", _birth_in_number), ("birth", _birth_date)):
        if name in frame:
            births = [read(cell) for cell in frame[name].tolist()]
            found = np.array([np.nan if birth is None else _years(birth, as_of) for birth in births])
            ages = np.where(np.isnan(ages), found, ages)
    if "age" in frame:
        stated = np.array([to_number(cell).value for cell in frame["age"].tolist()], np.float64)
        ages = np.where(np.isnan(ages), stated, ages)
    return np.where((ages >= 0) & (ages <= 130), ages, np.nan)


def in_cells(people: pd.DataFrame, groups: Sequence[str], plane: Plane) -> pd.DataFrame:
    """
    Add persons up by 100-metre cell of the plane and community; a row per cell at the cell's middle.

    `people` has `lon`, `lat`, `community_code` and the groups. Ids are the cell's numbers and the community's code.
    """
    x, y = plane.project(people["lon"].to_numpy(np.float64), people["lat"].to_numpy(np.float64))
    column, line = np.floor(x / CELL_M).astype(np.int64), np.floor(y / CELL_M).astype(np.int64)
    marked = people[list(groups)].assign(code=people["community_code"].fillna("").to_numpy(), column=column, line=line)
    cells = marked.groupby(["code", "line", "column"], sort=True)[list(groups)].sum().reset_index()
    lon, lat = plane.unproject((cells["column"].to_numpy() + 0.5) * CELL_M, (cells["line"].to_numpy() + 0.5) * CELL_M)
    ids = [
        f"{code or 'G'}-{column}-{line}"
        for code, column, line in zip(cells["code"], cells["column"], cells["line"], strict=True)
    ]
    codes = cells["code"].astype("str").where(cells["code"] != "")
    return cells[list(groups)].assign(id=ids, lon=lon, lat=lat, community_code=codes)


def _birth_in_number(cell: object) -> date | None:
    text = "" if cell is None else narrow(str(cell)).strip("'")
    found = re.match(r"\d{6}(\d{4})(\d\d)(\d\d)\d{3}[\dXx]", text) or re.fullmatch(
        r"\d{6}(\d\d)(\d\d)(\d\d)\d{3}", text
    )
    if found is None:
        return None
    year = int(found[1]) if len(found[1]) == 4 else 1900 + int(found[1])
    try:
        return date(year, int(found[2]), int(found[3]))
    except ValueError:
        return None


def _birth_date(cell: object) -> date | None:
    return to_date(cell).value


def _years(birth: date, as_of: date) -> int:
    return as_of.year - birth.year - ((as_of.month, as_of.day) < (birth.month, birth.day))
