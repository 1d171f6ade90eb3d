"""
Whatever goes wrong: register and outputs are the old ones or the new ones, whole, and the next command works.

Every fault is put at a step that touches the disk, counted from the start of the command, so that the same run always
dies at the same place; the steps are spread over the whole command.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jiujin import pipeline, pipeline_additions
from jiujin.errors import JiujinError
from jiujin.pipeline_additions import Author
from jiujin.rendering import outputs
from jiujin.rendering.register_history import announced, entries
from jiujin.rendering.register_lock import locked
from jiujin.rendering.register_recovery import recover
from worlds import Town, lon_lat

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are forked and killed")

NOON = Author(name="王", at=datetime(2026, 5, 1, 12, tzinfo=UTC))
KILLS_IN_ADD, KILLS_IN_BUILD = 150, 60
ON_DISK = frozenset(
    [
        "open",
        "os.rename",
        "os.remove",
        "os.mkdir",
        "os.rmdir",
        "os.link",
        "os.chmod",
        "os.listdir",
        "os.scandir",
        "sqlite3.connect",
        "tempfile.mkstemp",
        "shutil.copyfile",
    ]
)
"""What Python announces before it touches the disk; a fault may come in the place of each."""

_CODE = (".py", ".pyc", ".nbi", ".nbc")
State = dict[str, bytes]


@dataclass(frozen=True)
class Place:
    """A town, where its outputs are, and a facility that is to be added."""

    study: Path
    out: Path
    new: Path

    def add(self) -> None:
        pipeline_additions.add(self.study, [self.new], author=NOON, out=self.out, atlas=False)

    def build(self) -> None:
        pipeline.build(self.study, self.out, atlas=False)

    def state(self) -> State:
        """The register and every output; nothing of what a command may leave beside them."""
        register = self.study / "facilities_added.csv"
        found = {"register": register.read_bytes() if register.is_file() else b""}
        return found | {
            path.relative_to(self.out).as_posix(): path.read_bytes() for path in self.out.rglob("*") if path.is_file()
        }


class _Faults:
    """Count the steps on the disk, and do something in the place of one; there is one, for no hook can be removed."""

    def __init__(self) -> None:
        self.on, self.at, self.steps = False, -1, 0
        self.fault: Callable[[], None] = lambda: None
        sys.addaudithook(self._step)

    def _step(self, event: str, told: tuple[Any, ...]) -> None:
        if (
            not self.on
            or event not in ON_DISK
            or str(told[0] if told else "").endswith((".py", ".pyc", ".nbi", ".nbc"))
        ):
            return
        self.steps += 1
        if self.steps == self.at:
            self.on = False
            self.fault()

    @contextmanager
    def during(self, at: int = -1, fault: Callable[[], None] = lambda: None) -> Iterator[_Faults]:
        self.at, self.fault, self.steps, self.on = at, fault, 0, True
        try:
            yield self
        finally:
            self.on = False


FAULTS = _Faults()


def steps_of(work: Callable[[], None]) -> int:
    with FAULTS.during() as faults:
        work()
    return faults.steps


def killed(work: Callable[[], None], at: int) -> bool:
    """Run in a process of its own that dies, without a word, in the place of this step; whether it died there."""
    child = os.fork()
    if child == 0:
        try:
            with FAULTS.during(at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
                work()
        except BaseException:  # noqa: BLE001  (the child of a fork must not go on as a test)
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built town, to be copied; pages and workbook are one line each, so that hundreds of builds take no time."""
    root = tmp_path_factory.mktemp("faults")
    with pytest.MonkeyPatch.context() as patch:
        _lightly(patch)
        at = Place(study=_town().write(root / "棋盘镇"), out=root / "out", new=root / "新增.csv")
        lon, lat = lon_lat(0, 20)
        at.new.write_text(f"id,name,type,lon,lat\nN1,南苑食堂,助老食堂,{lon},{lat}\n", encoding="utf-8")
        at.build()
    return root


def _town() -> Town:
    town = Town(settings="[services.rukang_home]\nenabled = false\n[services.health_centre]\nenabled = false\n", size=3)
    return town.person(0, 0, 10, age60=3).person(400, 400, 20, age60=6).facility("elderly_canteen", 400, 380)


def _lightly(patch: pytest.MonkeyPatch) -> None:
    def pages(results: Any, folder: Path, *_: object) -> None:
        (folder / "index.html").write_text(repr(results.coverage.county), encoding="utf-8")

    patch.setattr(outputs, "write_pages", pages)
    patch.setattr(
        outputs, "write_workbook", lambda results, path: path.write_text(str(results.input_hashes), encoding="utf-8")
    )


@pytest.fixture
def fresh(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Place]:
    _lightly(monkeypatch)

    def copy() -> Place:
        shutil.rmtree(tmp_path / "here", ignore_errors=True)
        root = Path(shutil.copytree(place, tmp_path / "here"))
        return Place(study=root / "棋盘镇", out=root / "out", new=root / "新增.csv")

    return copy


def _spread(steps: int, count: int) -> list[int]:
    return sorted({1 + round(k * (steps - 1) / (count - 1)) for k in range(count)})


@pytest.mark.slow
def test_killed_anywhere_while_adding(fresh: Callable[[], Place]) -> None:
    at = fresh()
    old = at.state()
    steps = steps_of(at.add)
    new = at.state()
    assert old["register"] == b""
    assert b"N1" in new["register"]
    seen = set()
    for number, step in enumerate(_spread(steps, KILLS_IN_ADD)):
        at = fresh()
        assert killed(at.add, step)
        now = at.state()
        assert now["register"] in (old["register"], new["register"])
        assert _without_register(now) in (_without_register(old), _without_register(new))
        with locked(at.study):
            recover(at.study)  # what every command does first
        assert at.state() in (old, new), f"register and outputs differ after a kill at step {step} of {steps}"
        assert announced(at.study) is None
        done = at.state() == new
        assert len(entries(at.study)) == int(done)
        seen.add(done)
        if number % 15 == 0:
            at.add()
            assert at.state() == new
            assert [path.name for path in at.out.parent.iterdir() if path.name.startswith(".")] == []
    assert seen == {False, True}  # kills on both sides of the moment at which the new state takes the place of the old


@pytest.mark.slow
def test_killed_anywhere_while_building(fresh: Callable[[], Place]) -> None:
    at = fresh()
    old = at.state()
    _another_canteen(at)
    steps = steps_of(at.build)
    new = at.state()
    assert new != old
    for number, step in enumerate(_spread(steps, KILLS_IN_BUILD)):
        at = fresh()
        _another_canteen(at)
        assert killed(at.build, step)
        assert at.state() in (old, new)
        if number % 15 == 0:
            at.build()
            assert at.state() == new


def _another_canteen(at: Place) -> None:
    lon, lat = lon_lat(0, 20)
    with (at.study / "facilities.csv").open("a", encoding="utf-8") as file:
        file.write(f"F2,南苑食堂,elderly_canteen,{lon},{lat},,,,\n")


def _without_register(state: State) -> State:
    return {name: content for name, content in state.items() if name != "register"}


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_at_any_step_changes_nothing(fresh: Callable[[], Place], reason: int) -> None:
    at = fresh()
    old = at.state()
    steps = steps_of(at.add)
    new = at.state()

    def refuse() -> None:
        raise OSError(reason, os.strerror(reason))

    for step in _spread(steps, 12):
        at = fresh()
        try:
            with FAULTS.during(step, refuse):
                at.add()
        except (JiujinError, OSError):
            assert at.state() == old
        else:
            assert at.state() == new  # the refusal met something that can be done without


def test_a_small_disk_that_is_really_full(fresh: Callable[[], Place], tmp_path: Path) -> None:
    """On a file system of its own, where the system lets us make one."""
    at = fresh()
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=2m tmpfs '{small}' 2>/dev/null") != 0:
        pytest.skip("no file system may be mounted here")
    try:
        out = Path(shutil.copytree(at.out, small / "out"))
        on_small = Place(study=at.study, out=out, new=at.new)
        old = on_small.state()
        filler = small / "filler"
        with pytest.raises(OSError, match="No space"), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        with pytest.raises(JiujinError, match="磁盘已满"):
            on_small.add()
        assert on_small.state() == old
        assert entries(at.study) == []
        filler.unlink()
        on_small.add()
        assert b"N1" in on_small.state()["register"]
    finally:
        os.system(f"umount '{small}'")


def test_two_additions_at_once_come_one_after_the_other(fresh: Callable[[], Place]) -> None:
    at = fresh()
    children = []
    for number in range(4):
        lon, lat = lon_lat(0, 20 + 60 * number)
        new = at.new.with_name(f"新增{number}.csv")
        new.write_text(f"id,name,type,lon,lat\nN{number},食堂{number}号,助老食堂,{lon},{lat}\n", encoding="utf-8")
        child = os.fork()
        if child == 0:
            try:
                Place(study=at.study, out=at.out, new=new).add()
            except BaseException:  # noqa: BLE001
                os._exit(3)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    lines = (at.study / "facilities_added.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert sorted(line.split(",")[0] for line in lines) == ["N0", "N1", "N2", "N3"]
    told = entries(at.study)
    assert [entry.number for entry in told] == [1, 2, 3, 4]
    assert [entry.before for entry in told[1:]] == [entry.after for entry in told[:-1]]
    built = at.state()
    pipeline.build(at.study, at.out, atlas=False, cache=False)
    assert at.state() == built


def test_a_lock_waits_for_its_holder_and_not_for_a_dead_one(tmp_path: Path) -> None:
    told: list[str] = []
    released = threading.Event()
    with locked(tmp_path):
        with pytest.raises(JiujinError, match="另一个 jiujin"), locked(tmp_path, tell=told.append, wait_s=0):
            pass
        assert told == ["另一个 jiujin 正在处理这个项目，等待它结束…"]
    child = os.fork()
    if child == 0:
        with locked(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with locked(tmp_path, wait_s=0):
        released.set()
    assert released.is_set()


def test_an_input_that_is_replaced_during_the_run_stops_it(
    fresh: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    from jiujin import pipeline_inputs

    at = fresh()
    old = at.state()
    read = pipeline_inputs.read_population
    population = at.study / "population.csv"

    def read_and_replace(*args: Any, **more: Any) -> Any:
        found = read(*args, **more)
        other = population.with_suffix(".tmp")
        other.write_bytes(population.read_bytes() + b"P9,117.0,36.6,1000,500\n")
        other.replace(population)
        return found

    monkeypatch.setattr(pipeline_inputs, "read_population", read_and_replace)
    shutil.rmtree(at.study / ".jiujin")
    with pytest.raises(JiujinError, match="读取期间有输入文件被改动"):
        at.add()
    assert at.state() == old
    monkeypatch.undo()
    with pytest.MonkeyPatch.context() as patch:
        _lightly(patch)
        at.add()  # nothing of the mixture was kept
        first = at.state()
        pipeline.build(at.study, at.out, atlas=False, cache=False)
        assert at.state() == first


def test_a_study_that_cannot_be_written_is_built_all_the_same_and_not_added_to(
    fresh: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = fresh()
    old = at.state()
    shutil.rmtree(at.study / ".jiujin")
    made = Path.mkdir

    def refused(path: Path, *args: Any, **more: Any) -> None:
        if path.name == ".jiujin":
            raise PermissionError(errno.EACCES, "Permission denied")
        made(path, *args, **more)

    monkeypatch.setattr(Path, "mkdir", refused)
    at.build()
    assert at.state() == old
    with pytest.raises(JiujinError, match="没有写入权限"):
        at.add()
    assert at.state() == old


def test_a_lost_or_damaged_history_loses_no_addition(fresh: Callable[[], Place]) -> None:
    at = fresh()
    at.add()
    database = at.study / ".jiujin" / "register.sqlite"
    database.write_bytes(b"this is no database" * 100)
    register = (at.study / "facilities_added.csv").read_bytes()
    at.new.write_text("id,status\nN1,停用\n", encoding="utf-8")
    at.add()
    assert [entry.kind for entry in entries(at.study)] == ["add"]
    assert entries(at.study)[0].before == register
    assert (at.study / ".jiujin" / "register.damaged-1.sqlite").is_file()
