"""After any sequence of additions, closures, moves and undoings: outputs to the byte those of a clean build."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiujin import pipeline, pipeline_additions
from jiujin.errors import JiujinError
from jiujin.pipeline_additions import Author
from worlds import Town, lon_lat

NOON = Author(name="王", at=datetime(2026, 5, 1, 12, tzinfo=UTC))
SETTINGS = "[services.rukang_home]\nenabled = false\n[services.health_centre]\nenabled = false\n"

places = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(lambda at: (100 * at[0], 100 * at[1] + 7))
names = st.sampled_from(["F1", "F2", "N1", "N2", "A0"])  # two of the ledger, three that may come; A0 sorts first
services = st.sampled_from(["elderly_canteen", "party_centre"])
steps = st.one_of(
    st.tuples(st.just("add"), names, services, places),
    st.tuples(st.just("close"), names, services, places),
    st.tuples(st.just("undo"), names, services, places),
)


def town(folder: Path) -> Path:
    made = Town(settings=SETTINGS)
    for number in range(12):
        made.person(61 * number % 800, 113 * number % 800, 3 + number, age60=number % 4)
    made.facility("elderly_canteen", 800, 780).facility("party_centre", 100, 0)
    return made.write(folder)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def do(study: Path, out: Path, step: tuple[str, str, str, tuple[int, int]]) -> None:
    kind, name, service, (x, y) = step
    try:
        if kind == "undo":
            pipeline_additions.undo(study, author=NOON, out=out, atlas=False)
            return
        lon, lat = lon_lat(x, y)
        status = "停用" if kind == "close" else "运营"
        new = study.parent / f"{kind}-{name}.csv"
        text = f"id,name,type,lon,lat,status\n{name},{name}站,{service},{lon:.7f},{lat:.7f},{status}\n"
        new.write_text(text, encoding="utf-8")
        pipeline_additions.add(study, [new], author=NOON, out=out, agree=lambda _: True, atlas=False)
    except JiujinError as error:
        assert [one.rule for one in error.problems][:1] == ["nothing_to_undo"]  # noqa: PT017


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=2, max_size=5))
def test_what_was_added_step_by_step_is_what_a_clean_build_gives(
    sequence: list[tuple[str, str, str, tuple[int, int]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        study, out = town(root / "棋盘镇"), root / "out"
        pipeline.build(study, out, atlas=False)
        for step in sequence:
            do(study, out, step)
        pipeline.build(study, root / "clean", atlas=False, cache=False)
        assert files_of(out) == files_of(root / "clean")
        while True:  # and all the way back
            try:
                pipeline_additions.undo(study, author=NOON, out=out, atlas=False)
            except JiujinError:
                break
        assert not (study / "facilities_added.csv").exists()
