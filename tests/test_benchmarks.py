"""Benchmarks: figures are kept as they come, what fails takes nothing from the rest, and the page is made of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import figures
import run
import written
from compute_rounds import Board, Job

BENCHMARKS = Path(run.__file__).parent
sys.path.remove(str(BENCHMARKS))  # it has a page.py, which is not the tests' folder of that name


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(figures.FILE, str(tmp_path / "rows.jsonl"))
    return tmp_path / "rows.jsonl"


def job(name: str, *cpu: float) -> Job:
    """A job that was run already, in so many milliseconds of each round."""
    done = Job(name, lambda: None, rounds=len(cpu))
    done.cpu, done.wall, done.rose_mb = [ms / 1e3 for ms in cpu], [ms / 1e3 for ms in cpu], 7.0
    return done


def test_a_race_keeps_least_median_memory_and_ratio_of_everybody(rows: Path) -> None:
    board = Board(rounds=3, size="city")
    board.race("nearest", job("jiujin", 2, 4, 9), {job("slow", 20, 30, 70): 10, job("quick", 6, 7, 8): 5}, warm=False)
    ours, slow, quick = figures.rows_in(rows)
    assert ours == figures.Row(question="nearest, city", what="jiujin", cpu_ms=2, median_ms=4, wall_ms=2, peak_mb=7)
    assert (slow.cpu_ms, slow.median_ms, slow.measured, slow.wanted, slow.kept) == (20, 30, "10.0 ×", "≥ 10 ×", True)
    assert (quick.measured, quick.wanted, quick.kept) == ("3.00 ×", "≥ 5 ×", False)
    assert board.short == ["quick"]


def test_a_part_of_what_is_wanted_is_enough_where_there_are_neighbours(rows: Path) -> None:
    board = Board(rounds=1, part=0.5)
    board.race("nearest", job("jiujin", 2), {job("peer", 6): 5}, warm=False)
    board.at_least("both", 3, 5)
    assert [row.wanted for row in figures.rows_in(rows)] == ["", "≥ 2.5 ×", "≥ 2.5 ×"]
    assert not board.short


def test_a_comparison_that_fails_is_told_and_the_next_one_runs(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = Board(rounds=1)

    def differ() -> None:
        board.ask("walks")
        raise SystemExit("the answers differ")

    board.attempt("comparing", differ)
    board.attempt("adding", lambda: board.hold("one more site", 0.08, 1, "ms"))
    failed, held = figures.rows_in(rows)
    assert (failed.question, failed.what, failed.kept) == ("walks", "comparing", False)
    assert (held.what, held.measured, held.wanted, held.kept) == ("one more site", "0.08 ms", "≤ 1 ms", True)
    assert board.short == ["comparing"]
    assert "FAILED comparing: SystemExit: the answers differ" in capsys.readouterr().out


def test_a_row_that_was_cut_off_is_left_out(rows: Path) -> None:
    figures.hold("memory", "peak", 6_874.6, 8_192, "MB")
    whole = rows.read_text(encoding="utf-8")
    rows.write_text(whole + whole[:40], encoding="utf-8")
    assert [row.measured for row in figures.rows_in(rows)] == ["6,875 MB"]


def test_numbers_of_numpy_are_kept_as_any_others(rows: Path) -> None:
    assert figures.hold("gap", "gap", np.float32(0.25), 1, "%", peak_mb=np.int64(4)) is True
    [row] = figures.rows_in(rows)
    assert (row.measured, row.peak_mb, row.kept) == ("0.25 %", 4, True)


def test_nothing_is_kept_where_no_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(figures.FILE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert not figures.hold("memory", "peak", 2, 1)
    assert not list(tmp_path.iterdir())


def test_the_page_sets_wanted_beside_measured_and_tells_what_is_missing() -> None:
    held = figures.Row(question="nearest", what="scipy", cpu_ms=183.95, measured="6.00 ×", wanted="≥ 3 ×", kept=True)
    ours = figures.Row(question="nearest", what="jiujin", cpu_ms=30.44, peak_mb=21)
    missed = figures.Row(
        question="province", what="wall", wall_ms=251_000, measured="251 s", wanted="≤ 240 s", kept=False
    )
    page = written.page_of("city", "2 cores.", [("compute.py", [ours, held], True), ("scale.py", [missed], False)])
    assert "1 of 2 figures are as wanted. Not run to the end: `scale.py`." in page
    assert "| nearest | scipy | ≥ 3 × | 6.00 × | yes |" in page
    assert "| province | wall | ≤ 240 s | 251 s | **no** |" in page
    assert "### nearest\n\n|   | cpu | memory | measured | wanted |\n" in page
    assert "| jiujin | 30.4 ms | 21 MB |  |  |\n| scipy | 184 ms |  | 6.00 × | ≥ 3 × |\n" in page
    assert "| wall | 251 s | 251 s **short** | ≤ 240 s |" in page


def test_a_machine_is_described_without_its_name_or_a_place_in_it() -> None:
    told = written.machine()
    assert all(word in told for word in ("cores", "GiB of memory", "pandana"))
    assert "/" not in told.replace("GNU/Linux", "")


def test_every_benchmark_is_run_by_the_one_command_and_every_file_that_it_names_is_there() -> None:
    named = {each.words[0] for each in run.SIZES["province"]}
    programs = {file.name for file in BENCHMARKS.glob("*.py") if "__main__" in file.read_text(encoding="utf-8")}
    assert named == programs - {"run.py", "accuracy.py", "build_recipe.py"}
    files = [each.file for parts in run.SIZES.values() for each in parts]
    assert len({each.file for each in run.SIZES["province"]}) == len(run.SIZES["province"])
    assert all(file.replace("-", "").isalnum() or "." in file for file in files)


PROGRAM = """
import sys
sys.path.insert(0, {benchmarks!r})
import figures
with open({runs!r}, "a") as file:
    file.write({name!r})
figures.hold("question {name}", "figure", {found}, 1, "s")
{end}
"""


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three benchmarks: a is as wanted, b dies after a figure that is, c falls short. `runs` tells who ran."""
    for name, found, end in (("a", 0.5, ""), ("b", 0.7, "import os; os.abort()"), ("c", 2, "sys.exit(1)")):
        words = {"name": name, "found": found, "end": end}
        words |= {"benchmarks": str(BENCHMARKS), "runs": str(tmp_path / "runs")}
        (tmp_path / f"{name}.py").write_text(PROGRAM.format(**words), encoding="utf-8")
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(run, "HERE", tmp_path / "benchmarks")
    monkeypatch.setattr(run, "PAGE", tmp_path / "docs" / "benchmarks.md")
    monkeypatch.setattr(run, "SIZES", {"city": tuple(run.part(1, f"{tmp_path / name}.py") for name in "abc")})
    monkeypatch.setattr(run, "_make_ready", lambda _: None)
    monkeypatch.setattr(run.Part, "file", property(lambda part: Path(part.words[0]).stem))
    return tmp_path


def called(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["run.py", "--write", "--kept", str(folder / "kept"), *words])
    return run.main()


def test_what_dies_takes_nothing_from_the_others_and_a_resumed_run_repeats_only_that(
    three: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, three) == 1
    assert (three / "runs").read_text() == "abc"
    page = (three / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert "2 of 3 figures are as wanted. Not run to the end: `" in page
    assert all(f"| question {name} | figure | ≤ 1 s |" in page for name in "abc")
    assert json.loads((three / "kept" / "city" / "b.json").read_text())["status"] < 0

    mended = (three / "b.py").read_text(encoding="utf-8").replace("os.abort()", "os.getpid()")
    (three / "b.py").write_text(mended, encoding="utf-8")
    assert called(monkeypatch, three, "--resume") == 1
    assert (three / "runs").read_text() == "abcb"
    assert "question c: figure" in capsys.readouterr().out
    assert "Not run to the end" not in (three / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_one_part_can_be_repeated_and_the_page_keeps_the_others(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called(monkeypatch, three)
    assert called(monkeypatch, three, "--only", "a") == 0
    assert (three / "runs").read_text() == "abca"
    assert "question c" in (three / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_a_part_that_takes_too_long_is_ended(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (three / "a.py").write_text("import time\ntime.sleep(20)", encoding="utf-8")
    monkeypatch.setattr(run.Part, "most_seconds", 0.3)
    assert called(monkeypatch, three, "--only", "a") == 1
    assert json.loads((three / "kept" / "city" / "a.json").read_text())["status"] < 0
