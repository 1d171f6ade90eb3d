"""`jiujin watch` as a county office runs it: a program of its own beside a workbook that somebody is working on."""

from __future__ import annotations

import csv
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xlsxwriter

from worlds import Town, lon_lat

HEADINGS = ("id", "name", "type", "lon", "lat")
PATIENCE_S = 240
"""So long a busy machine may take; a quiet one needs a second."""


def workbook(path: Path, *sites: tuple[str, float, float]) -> bytes:
    """A ledger with a service point at each of these places, and its bytes."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        for row, (name, x, y) in enumerate(sites, start=1):
            sheet.write_row(row, 0, (f"F{row}", name, "party_centre", *lon_lat(x, y)))
    return path.read_bytes()


@contextmanager
def watching(study: Path, out: Path) -> Iterator[queue.Queue[str]]:
    """The lines that the command says while it watches."""
    command = [sys.executable, "-m", "jiujin", "watch", str(study), "--out", str(out), "--no-atlas"]
    words = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=words) as process:
        said: queue.Queue[str] = queue.Queue()
        stream = process.stdout
        assert stream is not None
        reader = threading.Thread(target=lambda: [said.put(line.decode().rstrip()) for line in stream])
        reader.start()
        try:
            yield said
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()
                reader.join()
        assert process.returncode == 1
        assert "已中断，原有成果未改动。" in list(said.queue)


def until(said: queue.Queue[str], words: str) -> list[str]:
    """The lines up to the one that holds these words."""
    lines = [""]
    while words not in lines[-1]:
        lines.append(said.get(timeout=PATIENCE_S))
    return lines


def used(out: Path) -> list[str]:
    """Names of the facilities in the outputs."""
    with (out / "tables" / "facilities.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is sent as a signal")
def test_a_saved_workbook_is_built_and_a_torn_one_waits_for_its_rest(tmp_path: Path) -> None:
    study, out = Town().person(0, 0, 10).facility("party_centre", 0, 20).write(tmp_path / "棋盘镇"), tmp_path / "out"
    (study / "facilities.csv").unlink()
    text = (study / "study.toml").read_text(encoding="utf-8").replace("facilities.csv", "台账.xlsx")
    (study / "study.toml").write_text(text, encoding="utf-8")
    ledger = study / "台账.xlsx"
    workbook(ledger, ("南苑", 0, 20))
    with watching(study, out) as said:
        until(said, "正在守候")
        assert used(out) == ["南苑"]
        workbook(tmp_path / "two.xlsx", ("南苑", 0, 20), ("北苑", 800, 780))
        (tmp_path / "two.xlsx").replace(ledger)  # as a program saves that writes beside and then exchanges
        assert "已保存：台账.xlsx，重新生成…" in until(said, "已保存")
        until(said, "地图：")
        assert used(out) == ["南苑", "北苑"]
        whole = workbook(tmp_path / "three.xlsx", ("南苑", 0, 20), ("北苑", 800, 780), ("西苑", 0, 780))
        ledger.write_bytes(whole[: len(whole) // 2])
        lines = until(said, "改正并保存后会自动重新生成")
        assert any("台账.xlsx" in line and "错误" in line for line in lines)
        assert used(out) == ["南苑", "北苑"]
        ledger.rename(study / "~正在保存")
        (study / "~正在保存").write_bytes(whole)
        (study / "~正在保存").rename(ledger)
        until(said, "地图：")
        assert used(out) == ["南苑", "北苑", "西苑"]
