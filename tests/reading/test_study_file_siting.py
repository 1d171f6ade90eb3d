"""[siting] of a study file: every mistake at once, and wishes that contradict each other in any county."""

from __future__ import annotations

from pathlib import Path

import pytest

from jiujin.errors import StudyError
from jiujin.reading.study_file import read_study
from jiujin.study import SitingQuestion
from worlds import Town


def study(folder: Path, *lines: str) -> Path:
    """A town whose study asks where, in these lines."""
    return Town(settings="\n".join(["[siting]", *lines])).person(0, 0).facility("party_centre", 0, 0).write(folder)


def mistakes(folder: Path, *lines: str) -> set[tuple[str, str]]:
    """Key and rule of every mistake in the question."""
    with pytest.raises(StudyError) as caught:
        read_study(study(folder, *lines))
    return {(problem.column, problem.rule) for problem in caught.value.problems}


def test_a_value_of_the_wrong_kind_hides_no_other_mistake(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path, 'service = "party_centre"', "count = 2", "rate = 0.5", "spacing_m = -1", 'objektive = "fair"',
        'candidates = "no.csv"', 'exclude = "no.geojson"', 'together = ["nope"]', "weights = { age90 = 2 }",
    )  # fmt: skip
    assert found == {
        ("siting", "bad_value"),
        ("siting.spacing_m", "bad_value"),
        ("siting.objektive", "unknown_key"),
        ("siting.candidates", "missing_file"),
        ("siting.exclude", "missing_file"),
        ("siting.together", "unknown_service"),
        ("siting.weights.age90", "unknown_group"),
    }


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (['count = 1\nforced = ["a"]\nforbidden = ["b", "a"]'], ("siting.forced", "forced_and_forbidden")),
        (['count = 1\nforced = ["a", "b"]'], ("siting.forced", "too_many_forced")),
        (['count = 1\ncandidates = "party_centre"'], ("siting.candidates", "own_sites")),
        (['count = 1\ntogether = ["party_centre"]'], ("siting.together", "bad_value")),
        (["count = 1\nweights = { total = 0 }"], ("siting.weights", "bad_value")),
        (["rate = 0.9\nstages = [1, 1]"], ("siting.stages", "bad_value")),
        (["rate = 0.9\nrelocate = 1"], ("siting", "wishes_conflict")),
        (['count = 2\nobjective = "median"\nrelocate = 1'], ("siting", "wishes_conflict")),
        (['budget = 9\nobjective = "fair"'], ("siting", "wishes_conflict")),
        (["rate = 0.9\nweights = { age60 = 2 }"], ("siting", "wishes_conflict")),
    ],
)  # fmt: skip
def test_wishes_that_contradict_each_other_are_a_mistake_of_the_file(
    tmp_path: Path, lines: list[str], rule: tuple[str, str]
) -> None:
    assert mistakes(tmp_path, 'service = "party_centre"', *lines) == {rule}


def test_lists_may_be_empty_and_a_declared_group_may_weigh(tmp_path: Path) -> None:
    settings = (
        'service = "party_centre"',
        "count = 1",
        "forced = []",
        "forbidden = []",
        "together = []",
        "stages = []",
    )
    declared = ("weights = { pupils = 2 }", "[population]", "pupils = { label = '学生' }")
    asked = read_study(study(tmp_path, *settings, *declared)).siting
    assert asked == SitingQuestion(service="party_centre", count=1, weights={"pupils": 2.0})
