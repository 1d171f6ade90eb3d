"""
How a study names a table of a PostgreSQL database: one address, from which a password never gets any further.

    postgresql://user@host:5432/county?table=gis.canteens
    postgresql://user@host/county?geometry=outline&query=select * from gis.villages where year = 2023

What stands after `query=` is taken as it is, to the end. All other parameters (`sslmode`, `connect_timeout`, …) go to
the server as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from jiujin.study import DatabaseTable

SCHEMES = ("postgresql", "postgres")
TABLE_WANTED = "postgresql://用户@主机/数据库?table=模式.表名"
WANTED = f"{TABLE_WANTED}（或 ?query=select …）"

_OURS = ("table", "geometry")
_PART = r'(?:"[^"]+"|[^."\s]+)'
_NAME = re.compile(rf"{_PART}(?:\.{_PART})?")
_UNSAFE = re.compile(r'[\\/:*?"<>|\s]+')
_USER = re.compile(r"(//[^\s/@:]*):\S*@")
_SECRET = re.compile(r"(password=)[^&\s]*", re.IGNORECASE)


def without_password(text: str) -> str:
    """Give a text in which every address has asterisks in the place of its password."""
    return _SECRET.sub(r"\1***", _USER.sub(r"\1:***@", text))


def is_address(text: str) -> bool:
    """Whether a text of the study file names a database and no file."""
    return text.strip().split(":", 1)[0].lower() in SCHEMES


def table_at(text: str) -> DatabaseTable | None:
    """Take an address apart; None where it is none, or names neither a table nor a query, or both."""
    before, asks, query = text.strip().partition("query=")
    parts = urlsplit(before.rstrip("?&") if asks else before)
    try:
        words = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    table, query = words.get("table", ""), unquote(query).strip().rstrip(";")
    if parts.scheme not in SCHEMES or not has_port or not parts.path.strip("/") or bool(table) == bool(query):
        return None
    if table and not _NAME.fullmatch(table):
        return None
    rest = urlencode({key: value for key, value in words.items() if key not in _OURS})
    address = f"postgresql://{parts.netloc}{parts.path}{'?' if rest else ''}{rest}"
    return DatabaseTable(address=address, table=table, query=query, geometry=words.get("geometry", ""))


def database_name(address: str) -> str:
    """Name the server and the database of an address, for messages: no user, no password."""
    parts = urlsplit(address)
    host = parts.hostname or dict(parse_qsl(parts.query)).get("host", "")
    port = f":{parts.port}" if parts.port else ""
    return f"{host or '本机'}{port}/{unquote(parts.path.strip('/'))}"


def name_parts(table: str) -> list[str]:
    """Split `schema.table` (either may stand in double quotes) into its names."""
    return [part.strip('"') for part in re.findall(_PART, table)]


def file_name(source: DatabaseTable) -> str:
    """Name the rows of this table as a file, without its ending: what problems and `source` columns call it."""
    if source.table:
        return _UNSAFE.sub("_", ".".join(name_parts(source.table)))
    return f"query-{hashlib.sha256(source.query.encode()).hexdigest()[:8]}"


def placeholder(folder: Path, text: str) -> Path:
    """Stand in for a table until it is fetched: a path where there is never a file."""
    source = table_at(text)
    name = file_name(source) if source is not None else "unreadable"
    place = database_name(source.address) if source is not None else ""
    mark = hashlib.sha256(f"{place}\n{name}".encode()).hexdigest()[:8]
    return folder / ".jiujin" / "database" / mark / name


def tables_in(folder: Path, texts: Iterable[str]) -> dict[Path, DatabaseTable]:
    """Give every table among these texts of the study file, by what stands in for it."""
    found = {text: table_at(text) for text in texts if is_address(text)}
    return {placeholder(folder, text): source for text, source in found.items() if source is not None}
