"""A saved file is told once, when it is whole and at rest; time passes only where a test lets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest

from jiujin.errors import StudyError
from jiujin.reading.watching import Sign, input_files, saved, saves_of, signs_of
from worlds import Town


def told(*looks: dict[str, Sign], count: int) -> list[list[str]]:
    """What is told when the files stand like this from one look to the next."""
    standing: Iterator[dict[str, Sign]] = iter(looks)

    def rest() -> None:
        """Let no time pass."""

    found: list[list[str]] = []
    with suppress(RuntimeError):  # the looks have come to their end
        for names in islice(saved(lambda: next(standing), rest), count):
            found.append(names)  # noqa: PERF402  (what was told before the end counts)
    return found


def test_a_file_is_told_when_it_has_stopped_growing() -> None:
    looks = [{"a.xlsx": (1, 10)}, {"a.xlsx": (2, 4)}, {"a.xlsx": (3, 12)}, {"a.xlsx": (3, 12)}]
    assert told(*looks, count=1) == [["a.xlsx"]]
    assert told(*looks[:3], count=1) == []


def test_a_file_that_is_held_shut_or_gone_for_a_moment_is_waited_for() -> None:
    looks: list[dict[str, Sign]] = [{"a": (1, 1)}, {"a": None}, {"a": None}, {"a": (2, 5)}, {"a": (2, 5)}]
    assert told(*looks[:3], count=1) == []
    assert told(*looks, count=1) == [["a"]]


def test_others_wait_for_the_one_that_is_still_being_written() -> None:
    looks = [
        {"a": (1, 1), "b": (1, 1)},
        {"a": (2, 2), "b": (1, 1)},
        {"a": (2, 2), "b": (3, 1)},
        {"a": (2, 2), "b": (3, 2)},
        {"a": (2, 2), "b": (3, 2)},
    ]
    assert told(*looks, count=2) == [["a", "b"]]


def test_the_same_save_is_told_once_and_a_clock_that_goes_back_is_no_matter() -> None:
    looks = [{"a": (9, 1)}, *[{"a": (5, 1)}] * 4, *[{"a": (1, 1)}] * 3]
    assert told(*looks, count=5) == [["a"], ["a"]]


def test_what_is_saved_before_the_first_name_is_asked_for_is_told() -> None:
    standing: dict[str, Sign] = {"a": (1, 1)}
    saves = saved(lambda: dict(standing), lambda: None)
    standing["a"] = (2, 2)  # while the first build goes on
    assert next(saves) == ["a"]


def test_everything_that_a_study_is_made_of_is_watched(tmp_path: Path) -> None:
    study = Town().person(0, 0).facility("party_centre", 0, 0).write(tmp_path / "镇")
    watched = {path.name for path in input_files(study)}
    assert watched == {
        "study.toml", "facilities.csv", "communities.geojson", "population.csv", "streets.osm", "facilities_added.csv",
    }  # fmt: skip
    before = signs_of(input_files(study))
    (study / "facilities_added.csv").write_text("id\n", encoding="utf-8")
    after = signs_of(input_files(study))
    assert [Path(name).name for name in after if after[name] != before[name]] == ["facilities_added.csv"]
    (study / "study.toml").write_text("[study", encoding="utf-8")
    assert [path.name for path in input_files(study)] == ["study.toml"]


def test_a_study_that_is_not_there_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="没有这个文件夹"):
        saves_of(tmp_path / "没有")
