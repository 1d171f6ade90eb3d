"""[[targets]] of a study file: every mistake of a target at once, and goals that nobody could meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from jiujin.errors import StudyError
from jiujin.reading.study_file import read_study
from worlds import Town


def study(folder: Path, *targets: str) -> Path:
    """A town with these targets."""
    text = "\n".join(f"[[targets]]\n{target}" for target in targets)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stations.csv").write_text("township\n棋盘镇\n", encoding="utf-8")
    tables = '[inputs.tables]\nstations = "stations.csv"\n'
    return Town(settings=tables + text).person(0, 0).facility("party_centre", 0, 0).write(folder)


def mistakes(folder: Path, *targets: str) -> set[tuple[str, str]]:
    """Key and rule of every mistake in the targets."""
    with pytest.raises(StudyError) as caught:
        read_study(study(folder, *targets))
    return {(problem.column, problem.rule) for problem in caught.value.problems}


def test_a_goal_that_is_no_number_hides_no_other_mistake(tmp_path: Path) -> None:
    good = 'id = "a"\nmeasure = "site_count"\nservice = "party_centre"\ngoal = 3'
    bad = 'id = "a"\nmeasure = "site_count"\nservice = "party"\ngoal = "三"\nwhere = { comittee = "居委会" }'
    assert mistakes(tmp_path, good, bad) == {
        ("targets[2].id", "bad_value"),
        ("targets[2].goal", "bad_value"),
        ("targets[2].service", "unknown_service"),
        ("targets[2].where.comittee", "unknown_key"),
    }


@pytest.mark.parametrize(
    ("measure", "goal", "possible"),
    [
        ("pop_rate", "80", False),
        ("pop_rate", "1", True),
        ("units_with", '120\nunit = "%"', False),
        ("unit_reached", '100\nunit = "％"', True),
        ("people_per_site", "0", False),
        ("site_count", "1000", True),
    ],
)
def test_a_share_of_more_than_the_whole_is_a_slip_of_the_pen(
    tmp_path: Path, measure: str, goal: str, possible: bool
) -> None:
    target = f'id = "a"\nmeasure = "{measure}"\nservice = "party_centre"\ngoal = {goal}'
    if possible:
        assert len(read_study(study(tmp_path, target)).targets) == 1
    else:
        assert mistakes(tmp_path, target) == {("targets[1].goal", "impossible_goal")}


def test_townships_may_be_counted_in_a_table(tmp_path: Path) -> None:
    target = 'id = "a"\nmeasure = "township_with"\ntable = "stations"\ngoal = 1'
    assert read_study(study(tmp_path, target)).targets[0].table == "stations"
