"""What the counties of a province are called: the boundary layer may have an area for each, with its code and name."""

from __future__ import annotations

from types import MappingProxyType

from jiujin.analysis.counties import DIGITS
from jiujin.reading.layers import read_layer
from jiujin.reading.layers_columns import matched_columns
from jiujin.reading.values import to_code
from jiujin.study import Study
from jiujin.tables import COMMUNITIES


def read_county_names(study: Study, level: str) -> MappingProxyType[str, str]:
    """Names by the leading digits of the code, from boundary layers that state both; the others say nothing."""
    names = {}
    for path in study.inputs.boundary:
        frame, _, _ = read_layer(path, file=path.name, wanted="areas")
        columns = matched_columns(frame.columns, COMMUNITIES)
        if "code" in columns and "name" in columns:
            codes = [to_code(cell).value for cell in frame[columns["code"]].tolist()]
            for code, name in zip(codes, frame[columns["name"]].tolist(), strict=True):
                if code and isinstance(name, str) and name.strip():
                    names[code[: DIGITS[level]]] = name.strip()
    return MappingProxyType(names)
