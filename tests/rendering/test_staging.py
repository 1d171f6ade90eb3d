"""A folder of outputs appears whole or not at all, and foreign files in it survive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from jiujin.errors import JiujinError
from jiujin.rendering.staging import MARK, held_open, staged, sweep


def _write(stage: Path, **files: str) -> None:
    for name, text in files.items():
        (stage / name).write_text(text, encoding="utf-8")


def _content(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir() if p.is_file() and p.name != MARK}


def test_outputs_appear_whole(tmp_path: Path) -> None:
    with staged(tmp_path / "out") as stage:
        _write(stage, a="1", b="2")
        assert not (tmp_path / "out").exists()
    assert _content(tmp_path / "out") == {"a": "1", "b": "2"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_failed_build_leaves_the_earlier_outputs_and_nothing_else(tmp_path: Path) -> None:
    with staged(tmp_path / "out") as stage:
        _write(stage, a="old")
    with pytest.raises(RuntimeError, match="half way"), staged(tmp_path / "out") as stage:
        _write(stage, a="new", b="new")
        raise RuntimeError("half way")
    assert _content(tmp_path / "out") == {"a": "old"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_file_that_is_no_longer_written_goes_and_a_planners_own_file_stays(tmp_path: Path) -> None:
    with staged(tmp_path / "out") as stage:
        _write(stage, page="1", gone="1")
    _write(tmp_path / "out", 批注="县长意见")
    for round_ in ("2", "3"):
        with staged(tmp_path / "out") as stage:
            _write(stage, page=round_)
        assert _content(tmp_path / "out") == {"page": round_, "批注": "县长意见"}


def test_what_a_killed_build_left_is_swept_and_its_folder_brought_back(tmp_path: Path) -> None:
    with staged(tmp_path / "out") as stage:
        _write(stage, page="1")
    (tmp_path / ".out.new-killed").mkdir()
    (tmp_path / "out").rename(tmp_path / ".out.old-1")  # killed between the two renames of systems without exchange
    sweep(tmp_path / "out")
    assert _content(tmp_path / "out") == {"page": "1"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_without_an_exchange_of_folders_the_result_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiujin.rendering.staging._exchange", lambda *_: False)
    for text in ("1", "2"):
        with staged(tmp_path / "out") as stage:
            _write(stage, page=text)
        assert _content(tmp_path / "out") == {"page": text}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_place_that_cannot_be_written_is_told_in_chinese(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(JiujinError, match="无法写入输出文件夹"), staged(tmp_path / "file" / "out"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="permissions of folders are a POSIX matter")
def test_outputs_are_readable_by_everybody(tmp_path: Path) -> None:
    with staged(tmp_path / "out") as stage:
        _write(stage, a="1")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


def _open_elsewhere(monkeypatch: pytest.MonkeyPatch, folder: Path, *names: str) -> None:
    """As Windows does while Excel has files open: they cannot be written, and their folder cannot be moved."""
    rename, open_file = Path.rename, Path.open

    def refusing_rename(path: Path, target: Path) -> Path:
        if path == folder and any((folder / name).exists() for name in names):
            raise PermissionError(13, "used by another process", str(path))
        return rename(path, target)

    def refusing_open(path: Path, mode: str = "r", **how: object) -> object:
        if path.parent == folder and path.name in names and mode != "rb":
            raise PermissionError(13, "used by another process", str(path))
        return open_file(path, mode, **how)  # type: ignore[call-overload]

    monkeypatch.setattr("jiujin.rendering.staging._exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", refusing_rename)
    monkeypatch.setattr(Path, "open", refusing_open)


def test_a_file_that_is_open_elsewhere_is_named_and_nothing_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with staged(out) as stage:
        _write(stage, **{"tables.xlsx": "old", "index.html": "old"})
    with monkeypatch.context() as open_now:
        _open_elsewhere(open_now, out, "tables.xlsx")
        with pytest.raises(JiujinError, match=r"请关闭 tables\.xlsx 后") as refused, staged(out) as stage:
            _write(stage, **{"tables.xlsx": "new", "index.html": "new"})
    assert refused.value.problems[0].rule == "output_open"
    assert _content(out) == {"tables.xlsx": "old", "index.html": "old"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    with staged(out) as stage:
        _write(stage, **{"tables.xlsx": "new", "index.html": "new"})
    assert _content(out) == {"tables.xlsx": "new", "index.html": "new"}


@pytest.mark.parametrize("mark", ["~$tables.xlsx", "~$bles.xlsx", ".~lock.tables.xlsx#"])
def test_the_mark_that_office_programs_leave_names_the_file(tmp_path: Path, mark: str) -> None:
    _write(tmp_path, **{"tables.xlsx": "1", "index.html": "1", mark: "王"})
    assert held_open(tmp_path) == ["tables.xlsx"]


def test_a_mark_that_nobody_may_read_does_not_stop_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(tmp_path / "out") as stage:
        _write(stage, page="1")
    _write(tmp_path / "out", **{"~$page": "王", "批注": "县长意见"})
    copy = shutil.copy2

    def refusing(old: Path, new: Path) -> object:
        if old.name == "~$page":
            raise PermissionError(13, "used by another process")
        return copy(old, new)

    monkeypatch.setattr(shutil, "copy2", refusing)
    with staged(tmp_path / "out") as stage:
        _write(stage, page="2")
    assert _content(tmp_path / "out") == {"page": "2", "批注": "县长意见"}


def test_an_old_folder_that_cannot_be_removed_is_in_nobodys_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jiujin.rendering.staging._exchange", lambda *_: False)
    remove = shutil.rmtree
    with monkeypatch.context() as stuck:
        stuck.setattr(shutil, "rmtree", lambda path, **how: None if ".old-" in Path(path).name else remove(path, **how))
        for text in ("1", "2", "3"):
            with staged(tmp_path / "out") as stage:
                _write(stage, page=text)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".out.old-1", ".out.old-2", "out"]
    shutil.rmtree(tmp_path / "out")  # and killed between the renames: the latest comes back
    sweep(tmp_path / "out")
    assert _content(tmp_path / "out") == {"page": "2"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
