"""
Pack columns of numbers into one short text that a page can unpack without a library.

Layout: the length of the head (uint32), the head (JSON: free `meta`, and per column its name, codec, length and
offset), then the columns one after the other; all of it gzipped, and base64 around that. Long columns are deflated each
for itself, so that one which pages or builds share is deflated once. Every codec lays the bytes
of its numbers out in planes (first all lowest bytes, then all second bytes ...), which gzip likes and both sides do
quickly. Which codec a column gets is decided once, where the column is named, and never by trial:

    u   whole numbers >= 0
    s   whole numbers of either sign
    d   whole numbers, each as the difference from the one before
    f   64-bit floating point numbers, bit by bit
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jiujin.caching import Cache

Codec = Literal["u", "s", "d", "f"]

MOST_PLANES = 6
"""Whole numbers travel in at most 48 bits, so that a page reads each of them exactly."""


_LONG = 1 << 14
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # no time, and no name of an operating system
_GZIP_LAST = b"\x03\0"  # an empty last block


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A column as its bytes: `width` bytes (planes) for each of `count` numbers."""

    width: int
    count: int
    body: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A packed text; `size` and `crc32` are those of the gzipped bytes inside, to tell a damaged copy."""

    text: str
    size: int
    crc32: int


def encoded(columns: Mapping[str, tuple[Codec, ArrayLike | Encoded]]) -> dict[str, tuple[Codec, Encoded]]:
    """Turn columns into their bytes, as `pack` does; ValueError for a number that its codec cannot hold."""
    return {name: (codec, _encoded(name, codec, values)) for name, (codec, values) in columns.items()}


def _encoded(name: str, codec: Codec, values: ArrayLike | Encoded) -> Encoded:
    if isinstance(values, Encoded):
        return values
    numbers = np.asarray(values)
    width, body = _encode(name, codec, numbers)
    return Encoded(width=width, count=len(numbers), body=np.frombuffer(body, np.uint8))


def pack(
    columns: Mapping[str, tuple[Codec, ArrayLike | Encoded]], meta: Mapping[str, Any], *, cache: Cache | None = None
) -> Packed:
    """
    Pack these columns, in this order, with a head of free facts.

    The same columns give the same text on every machine, whatever `cache` holds of long columns that were deflated
    before. Raises ValueError for a number that its codec cannot hold.
    """
    head, bodies, offset = [], [], 0
    for name, (codec, column) in encoded(columns).items():
        head.append([name, codec, column.width, column.count, offset])
        bodies.append((name, column.body.tobytes()))
        offset += len(column.body)
    # No key sorting: dictionaries keep the order in which they were made, and the page shows some in that order.
    said = json.dumps({"columns": head, "meta": meta}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    opening = said.encode("utf-8")
    zipped = _gzipped([("", len(opening).to_bytes(4, "little") + opening), *bodies], cache or Cache())
    return Packed(text=base64.b64encode(zipped).decode("ascii"), size=len(zipped), crc32=zlib.crc32(zipped))


def _gzipped(parts: Iterable[tuple[str, bytes]], cache: Cache) -> bytes:
    """One gzip of all parts; each long one that has a name is a stretch of its own in it, which `cache` may know."""
    zipped, short, crc, size = [_GZIP_HEAD], b"", 0, 0
    for name, body in parts:
        crc, size = zlib.crc32(body, crc), size + len(body)
        if not name or len(body) < _LONG:
            short += body
            continue
        stage, key = f"packed-{sha256(name.encode()).hexdigest()[:8]}", sha256(body).hexdigest()
        known = cache.of(stage, key, lambda body=body: np.frombuffer(_deflated(body), np.uint8))  # type: ignore[misc]
        zipped += [_deflated(short), known.tobytes()]
        short = b""
    zipped += [_deflated(short), _GZIP_LAST, crc.to_bytes(4, "little"), (size % 2**32).to_bytes(4, "little")]
    return b"".join(zipped)


def _deflated(body: bytes) -> bytes:
    """Deflate a stretch by itself, up to a whole byte, so that another may follow."""
    if not body:
        return b""
    press = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return press.compress(body) + press.flush(zlib.Z_FULL_FLUSH)


def zigzag(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Fold the sign into the lowest bit: 0, -1, 1, -2 become 0, 1, 2, 3."""
    folded: NDArray[np.uint64] = ((values << 1) ^ (values >> 63)).view(np.uint64)
    return folded


def _encode(name: str, codec: Codec, values: NDArray[Any]) -> tuple[int, bytes]:
    if codec == "f":
        return 8, _planes(np.ascontiguousarray(values, "<f8").view(np.uint8).reshape(-1, 8), 8)
    whole = values.astype(np.int64)
    if not np.array_equal(whole, values):
        raise ValueError(f"column {name} has numbers that are not whole")
    if codec == "u":
        if len(whole) and whole.min() < 0:
            raise ValueError(f"column {name} has numbers below zero")
        plain = whole.view(np.uint64)
    else:
        plain = zigzag(np.diff(whole, prepend=0) if codec == "d" else whole)
    width = (int(plain.max()).bit_length() + 7) // 8 if len(plain) else 0
    if width > MOST_PLANES:
        raise ValueError(f"column {name} has numbers beyond {8 * MOST_PLANES} bits")
    return width, _planes(np.ascontiguousarray(plain, "<u8").view(np.uint8).reshape(-1, 8), width)


def _planes(octets: NDArray[np.uint8], width: int) -> bytes:
    return octets[:, :width].T.tobytes()
