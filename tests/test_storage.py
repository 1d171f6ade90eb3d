"""One place for many machines: a path and a bucket behave alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jiujin.errors import JiujinError
from jiujin.storage import (
    Place,
    above,
    at_hand,
    delivered,
    files_in,
    is_url,
    name_of,
    place_of,
    read,
    remove,
    within,
    write,
)
from loopback_s3 import Bucket, loopback_s3


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with pytest.MonkeyPatch.context() as patch, loopback_s3() as started:
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield started


@pytest.fixture(params=["path", "bucket"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Place:
    return tmp_path / "省" if request.param == "path" else bucket.url(f"shared/{request.node.originalname}/省 1")


def test_what_is_written_is_read_listed_and_removed(folder: Place) -> None:
    file = within(folder, "tables", "a.csv")
    assert read(file) is None
    assert files_in(folder) == []
    write(file, b"one")
    write(file, b"two")
    write(within(folder, "b.txt"), bytes(7_000_000))
    assert read(file) == b"two"
    assert len(read(within(folder, "b.txt")) or b"") == 7_000_000
    assert files_in(folder) == ["b.txt", "tables/a.csv"]
    remove(file)
    remove(file)
    assert files_in(folder) == ["b.txt"]


def test_a_folder_is_at_hand_and_what_is_made_of_it_is_delivered(folder: Place) -> None:
    write(within(folder, "study.toml"), b"[study]")
    write(within(folder, ".jiujin", "cache.bin"), b"old")
    with at_hand(folder) as here, delivered(within(folder, "out")) as out:
        assert (here / "study.toml").read_bytes() == b"[study]"
        (out / "tables").mkdir(parents=True)
        (out / "tables" / "new.csv").write_bytes(b"1")
    assert read(within(folder, "out", "tables", "new.csv")) == b"1"
    assert here.exists() == isinstance(folder, Path)


def test_a_url_keeps_its_options_behind_the_path() -> None:
    url = "s3://bucket/province?scheme=http"
    assert within(url, "out", "a.csv") == "s3://bucket/province/out/a.csv?scheme=http"
    assert above(within(url, "out")) == url
    assert name_of(url) == "province"
    assert place_of(url) == url
    assert is_url(url)
    assert not is_url(place_of("province"))
    assert place_of("province") == Path.cwd() / "province"


def test_a_bucket_that_cannot_be_reached_is_told_with_its_address_and_without_options() -> None:
    with pytest.raises(JiujinError, match="s3x://nowhere/a") as told:
        read("s3x://nowhere/a?secret_key=hidden")
    assert "hidden" not in told.value.problems[0].file
