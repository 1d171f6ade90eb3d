"""
What a shapefile does not say: the encoding of its attribute text, and the field names that were cut at ten bytes.

Offices export from desktop GIS with GBK text and often without a `.cpg`; where there is one it may be wrong. The rule
is that of every text file here: what the `.cpg` says if the bytes agree, else strict UTF-8, else GB18030.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from jiujin.reading.values import narrow
from jiujin.tables import Table

_FIELD_BYTES = 10
_LATIN = ("iso8859", "cp1252", "ascii")


def sidecars(path: Path) -> list[Path]:
    """List the files that belong to one `.shp`, itself included, whatever the case of their endings."""
    return sorted(part for part in path.parent.iterdir() if part.stem.lower() == path.stem.lower() and part.is_file())


def text_encoding(dbf: bytes, cpg: bytes | None) -> str | None:
    """Tell the encoding of a dBase file by its bytes: `UTF-8`, `GB18030`, or what the `.cpg` says; None: ASCII."""
    texts = [text for text in _texts(dbf) if not text.isascii()]
    if not texts:
        return None
    stated = _codec(cpg)
    if stated is not None and not stated.startswith(_LATIN) and _decodes(texts, stated):
        return "UTF-8" if stated == "utf-8" else "GB18030" if stated in {"gbk", "gb2312", "gb18030"} else stated
    if _decodes(texts, "utf-8"):
        return "UTF-8"
    return "GB18030" if _decodes(texts, "gb18030") and _in_pairs(texts) else "ISO-8859-1"


def decoded(frame: pd.DataFrame, encoding: str) -> pd.DataFrame:
    """Give every name and text of a frame that was read byte by byte (as ISO-8859-1) in its true encoding."""

    def true(text: object) -> object:
        if not isinstance(text, str) or text.isascii():
            return text
        return text.encode("iso-8859-1", "replace").decode(encoding, "replace").rstrip("\ufffd")

    texts = {name: frame[name].map(true) for name in frame.columns if pd.api.types.is_string_dtype(frame[name])}
    return frame.assign(**texts).rename(columns=true)


def restored_names(columns: Iterable[str], table: Table) -> dict[str, str]:
    """
    Map field names that were cut at ten bytes to the heading of `table` that alone begins so.

    A name that begins headings of several columns, or none, is left out.
    """
    headings = {
        narrow(heading).lower(): column.name
        for column in table.columns
        for heading in (column.name, column.label, *column.headings)
    }
    restored: dict[str, str] = {}
    for name in columns:
        stem = _stem(name)
        if stem in headings or not _may_be_cut(name):
            continue
        full = sorted(heading for heading in headings if heading.startswith(stem))
        if len({headings[heading] for heading in full}) == 1:
            restored[name] = full[0]
    return restored


def cut_field(wanted: str, columns: Iterable[str]) -> str | None:
    """Find the one field that is this name cut at ten bytes; None where there is none, or several."""
    name = narrow(wanted).lower()
    found = [each for each in columns if _may_be_cut(each) and name.startswith(_stem(each)) and name != _stem(each)]
    return found[0] if len(found) == 1 else None


def _stem(name: str) -> str:
    return narrow(name.rstrip("\ufffd?_")).lower()


def _may_be_cut(name: str) -> bool:
    cut = name.rstrip("\ufffd?_")
    room = {len(cut.encode("gb18030")), len(cut.encode())}
    return any(_FIELD_BYTES - 2 <= size <= _FIELD_BYTES for size in room)


def _texts(dbf: bytes) -> list[bytes]:
    """Every field name and text cell of a dBase file, as bytes without padding."""
    if len(dbf) < 65:
        return []
    head, record = int.from_bytes(dbf[8:10], "little"), int.from_bytes(dbf[10:12], "little")
    texts, cuts, at = [], [], 1
    for offset in range(32, min(head, len(dbf)) - 31, 32):
        if dbf[offset] == 0x0D:
            break
        name, kind, width = dbf[offset : offset + 11], dbf[offset + 11 : offset + 12], dbf[offset + 16]
        texts.append(name.split(b"\0")[0])
        if kind == b"C":
            cuts.append((at, at + width))
        at += width
    for start in range(head, len(dbf) - record + 1, max(record, 1)):
        texts.extend(dbf[start + first : start + last].rstrip(b" \0") for first, last in cuts)
    return texts


def _codec(cpg: bytes | None) -> str | None:
    if not cpg:
        return None
    name = re.sub(r"^(ansi|cp|oem)\s*", "", cpg.decode("ascii", "ignore").strip().lower())
    try:
        return codecs.lookup(f"cp{name}" if name.isdigit() and name != "65001" else name).name
    except LookupError:
        return "utf-8" if name == "65001" else None


def _decodes(texts: list[bytes], encoding: str) -> bool:
    """Whether all are of this encoding; a last character may be cut off by the width of the field."""
    try:
        for text in texts:
            codecs.getincrementaldecoder(encoding)().decode(text, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _in_pairs(texts: list[bytes]) -> bool:
    """Whether the bytes beyond ASCII mostly stand together, as Chinese does, and not single, as in `Käpylä`."""
    runs = [len(run) for text in texts for run in re.findall(rb"[\x80-\xff]+", text)]
    return sum(run for run in runs if run > 1) >= 0.5 * sum(runs)
