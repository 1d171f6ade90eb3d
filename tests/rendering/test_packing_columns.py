"""Columns packed for a page come back exactly, and the same columns give the same text."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.caching import Cache
from jiujin.rendering import packing
from jiujin.rendering.packing import pack
from page.asking import ask, node_path

INFLATE = Path(packing.__file__).parent / "page" / "inflate.js"


def test_the_text_is_base64_of_a_gzip_that_opens_with_the_length_of_its_head() -> None:
    packed = pack({"a": ("u", [1, 2, 300])}, {"名": "县"})
    zipped = base64.b64decode(packed.text)
    assert (len(zipped), zlib.crc32(zipped)) == (packed.size, packed.crc32)
    plain = gzip.decompress(zipped)
    length = int.from_bytes(plain[:4], "little")
    assert plain[4 : 4 + length].decode() == '{"columns":[["a","u",2,3,0]],"meta":{"名":"县"}}'
    assert plain[4 + length :] == bytes([1, 2, 44, 0, 0, 1]), "all lowest bytes, then all second ones"


def test_the_same_columns_give_the_same_text() -> None:
    columns = {"a": ("d", np.arange(1000)), "b": ("f", np.linspace(0, 1, 9))}
    assert pack(columns, {"x": 1}) == pack(dict(columns), {"x": 1})


@pytest.mark.parametrize(
    ("codec", "values"), [("u", [-1]), ("u", [0.5]), ("s", [2**60]), ("d", [float("nan")]), ("u", [float("inf")])]
)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_a_number_that_a_codec_cannot_hold_is_refused(codec: str, values: list) -> None:
    with pytest.raises(ValueError, match="column wrong has numbers"):
        pack({"wrong": (codec, values)}, {})


WHOLE = st.lists(st.integers(-(2**44), 2**44), max_size=40)


@settings(max_examples=15, deadline=None)
@given(
    signed=WHOLE,
    small=st.lists(st.integers(0, 300), max_size=40),
    stepwise=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=40),
    floats=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=40),
)
def test_the_page_reads_every_number_back(signed: list, small: list, stepwise: list, floats: list) -> None:
    packed = pack({"s": ("s", signed), "u": ("u", small), "d": ("d", stepwise), "f": ("f", floats)}, {})
    (found,) = ask(packed, ["columns", ["s", "u", "d", "f"]])
    assert [list(map(int, column)) for column in found[:3]] == [signed, small, stepwise]
    assert list(map(float, found[3])) == floats


LONG = {"x": ("d", np.arange(60_000) * 7919 % 104_729), "y": ("u", np.arange(9)), "z": ("f", np.sqrt(np.arange(4_000)))}


def test_long_columns_are_one_gzip_with_the_others() -> None:
    packed = pack(LONG, {"名": "县"})
    plain = gzip.decompress(base64.b64decode(packed.text))
    assert len(plain) == int.from_bytes(plain[:4], "little") + 4 + 3 * 60_000 + 9 + 8 * 4_000
    (found,) = ask(packed, ["columns", ["x", "y", "z"]])
    assert [list(map(float, column)) for column in found] == [list(map(float, values)) for _, values in LONG.values()]
    script = f"require({json.dumps(str(INFLATE))}); const fs = require('fs'); const zipped = fs.readFileSync(0);"
    script += "process.stdout.write(Buffer.from(JJ.inflate(new Uint8Array(zipped))))"
    run = subprocess.run(
        [node_path(), "-e", script], input=base64.b64decode(packed.text), capture_output=True, check=True
    )
    assert run.stdout == plain, "browsers that cannot unzip have it done by the page"


def test_what_was_deflated_before_gives_the_same_text(tmp_path: Path) -> None:
    clean = pack(LONG, {})
    assert pack(LONG, {}, cache=Cache(folder=tmp_path)) == clean
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 2  # the short column is not worth a file
    assert pack(LONG, {}, cache=Cache(folder=tmp_path)) == clean
    kept[0].write_bytes(kept[0].read_bytes()[:-1] + b"\0")
    assert pack(LONG, {}, cache=Cache(folder=tmp_path)) == clean
    changed = LONG | {"x": ("d", LONG["x"][1][::-1])}
    assert pack(changed, {}, cache=Cache(folder=tmp_path)) == pack(changed, {}) != clean
