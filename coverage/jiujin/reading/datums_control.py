"""
Control points: the only way from Xi'an 1980, Beijing 1954 or a local city system to WGS 84.

The study names a table `control_points` under `[inputs.tables]`: at least three points with `x` (东坐标), `y` (北坐标)
in the old system and `lon`, `lat` in WGS 84 or CGCS2000. Four parameters are fitted (shift, turn, scale), and the
residual of every point is told.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from jiujin.coordinates import ControlFit, Floats, Plane, fit_control_points
from jiujin.errors import Problem, Severity, TableError
from jiujin.reading.ledger import read_ledger
from jiujin.reading.values import to_number
from jiujin.study import Study
from jiujin.tables import Column, Table

NAME = "control_points"
TOLERABLE_M = 1.0
"""A control point that misses by more than this after the fit is doubtful."""

CONTROL_POINTS = Table(
    name=NAME,
    label="控制点表",
    columns=(
        Column(
            name="east",
            label="东坐标",
            kind="number",
            meaning="easting in the old system",
            headings=("x", "横坐标", "east"),
        ),
        Column(
            name="north",
            label="北坐标",
            kind="number",
            meaning="northing in the old system",
            headings=("y", "纵坐标", "north"),
        ),
        Column(name="lon", label="经度", kind="degrees", meaning="longitude in WGS 84", headings=("lng", "longitude")),
        Column(name="lat", label="纬度", kind="degrees", meaning="latitude in WGS 84", headings=("latitude",)),
    ),
)


def read_control_points(study: Study, plane: Plane) -> tuple[ControlFit | None, list[Problem]]:
    """Fit the study's control points; None where it has none. Raises TableError where they fix no map."""
    path = study.inputs.tables.get(NAME)
    if path is None:
        return None, []
    tables, problems = read_ledger(path, CONTROL_POINTS, file=path.name)
    table = pd.concat([one.frame.reindex(columns=CONTROL_POINTS.names).astype(object) for one in tables])
    numbers = {name: _numbers(table[name].tolist()) for name in CONTROL_POINTS.names}
    known = np.all([np.isfinite(values) for values in numbers.values()], axis=0)
    east, north, lon, lat = (numbers[name][known] for name in CONTROL_POINTS.names)
    east, north = _east_first(east, north)
    try:
        fit = fit_control_points(east, north, lon, lat, plane=plane)
    except ValueError:
        found = f"只有 {int(known.sum())} 个可用的控制点，或各点在一条直线上"
        raise TableError([*problems, _said(path.name, "error", found, "未转换")]) from None
    worst = float(fit.residual_m.max())
    found = f"{int(known.sum())} 个控制点四参数拟合，中误差 {fit.rms_m:.2f} 米，最大残差 {worst:.2f} 米"
    severity: Severity = "warning" if worst > TOLERABLE_M else "info"
    return fit, [*problems, _said(path.name, severity, found, "旧坐标系的点按此转换")]


def _numbers(cells: list[object]) -> Floats:
    read = [to_number(cell).value for cell in cells]
    return np.array([np.nan if value is None else value for value in read], np.float64)


def _east_first(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Surveyors write the northing first; it is the one between 1.8 and 6 million metres."""
    northing = x.size > 0 and bool(np.all((x > 1.8e6) & (x < 6.0e6))) and not bool(np.all((y > 1.8e6) & (y < 6.0e6)))
    return (y, x) if northing else (x, y)


_WANTED = {
    "error": "至少 3 个不在一条直线上的控制点",
    "warning": f"残差不超过 {TOLERABLE_M:.0f} 米的控制点",
    "info": "",
}


def _said(file: str, severity: Severity, found: str, action: str) -> Problem:
    wanted = _WANTED[severity]
    return Problem(severity=severity, rule="control_points", file=file, found=found, wanted=wanted, action=action)
