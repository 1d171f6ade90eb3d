"""A real browser with the network off, and pages to open in it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jiujin.rendering.page import html_of
from jiujin.rendering.page_data import page_data
from page.page_worlds import town


def program(kind: str, *names: str) -> str:
    """A browser of this machine; without one its tests are skipped, but fail where CI is set."""
    for name in names:
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail(f"no {kind} on this machine")
    pytest.skip(f"no {kind} on this machine")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Any) -> Iterator[Any]:
    """Debian's Chromium."""
    path = program("Chromium", "chromium", "chromium-browser", "google-chrome")
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Debian's Firefox, as people have it: not a build of Playwright's own."""
    path = program("Firefox", "firefox-esr", "firefox")
    start = tmp_path_factory.mktemp("firefox") / "start"
    start.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{RELAY}' '{path}' \"$@\"\n", encoding="utf-8")
    start.chmod(0o755)
    saved = tmp_path_factory.mktemp("saved")
    browser = playwright.firefox.launch(executable_path=start, channel="moz-firefox", downloads_path=saved)
    browser.saved = saved
    yield browser
    browser.close()


RELAY = Path(__file__).with_name("firefox_relay.py")

PATIENCE_MS = 60_000
"""How long a condition may take to come true before a test gives up: a bound against hanging, not a measure."""


class Opened:
    """A page in the browser, and everything that went wrong in it."""

    def __init__(self, tab: Any, saved: Path | None) -> None:
        self.tab = tab
        self._saved = saved
        self.requests: list[str] = []
        self.complaints: list[str] = []
        tab.on("request", lambda request: self._asked(request.url))
        tab.on("console", self._said)
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.add_init_script(
            "window.violations = [];"
            "document.addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective));"
            "window.alert = window.ran = () => { window.executed = true; };"
        )

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "blob:", "data:")):
            self.requests.append(url)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def js(self, expression: str) -> Any:
        return self.tab.evaluate(expression)

    def drawn(self) -> None:
        """Wait until everything that has changed is shown: the desk draws in the next frame, a busy machine later."""
        self.until("!window.JJ || !JJ.desk || Object.values(JJ.desk.frames).every(frame => !frame)")

    def text(self, where: Any) -> str:
        """What stands in an element, a selector or a locator, once everything is drawn."""
        self.drawn()
        return (self.tab.locator(where) if isinstance(where, str) else where).inner_text()

    def until(self, condition: str) -> None:
        """Wait until this holds; asked frame by frame inside the page, whose policy forbids evaluating text later."""
        held = self.js(
            "new Promise((done, fail) => { const start = performance.now();"
            " const look = () => { try { if (" + condition + ") done(true);"
            f" else if (performance.now() - start > {PATIENCE_MS}) done(false); else requestAnimationFrame(look);"
            " } catch (error) { fail(error); } };"
            " look(); })"
        )
        assert held, f"this never came true: {condition}"

    def write(self, box: Any, text: str) -> None:
        """
        Write a text over what stands in a box, and confirm it.

        A character is typed and taken back, because Chinese is not typed by keys, and Firefox takes only keys for the
        reader's own hand.
        """
        box.click()
        for key in ("Control+a", "Delete"):
            self.tab.keyboard.press(key)
        self.tab.keyboard.type(text)
        for key in ("0", "Backspace", "Enter"):
            self.tab.keyboard.press(key)

    def saved_by(self, button: Any) -> Path:
        """
        Press a button, and take the file that is saved then.

        Firefox does not tell Playwright of it, but puts it under its own name into the folder that it was given.
        """
        if self._saved is None:
            with self.tab.expect_download() as download:
                button.click()
            path = Path(download.value.path())
            return path.rename(path.with_name(download.value.suggested_filename))
        before = set(self._saved.iterdir())
        button.click()
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < deadline:
            if done := [
                one for one in set(self._saved.iterdir()) - before if one.suffix != ".part" and one.stat().st_size
            ]:
                return done[0]
            self.tab.wait_for_timeout(20)
        pytest.fail("no file was saved")

    @property
    def faults(self) -> list[str]:
        """Requests, complaints and policy violations together: a sound page has none."""
        return [*self.requests, *self.complaints, *self.js("window.violations")]


def opener(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Yield what opens a text as a file in a fresh window of this browser without a network."""
    contexts = []

    def opened(text: str, *, at: str = "", **options: Any) -> Opened:
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(text, encoding="utf-8", newline="\n")
        usual = {"viewport": {"width": 1366, "height": 768}, "reduced_motion": "reduce"}  # nobody aims at a flying map
        context = browser.new_context(**(usual | options))
        contexts.append(context)
        context.route("http://**", lambda route: route.abort())
        context.route("https://**", lambda route: route.abort())
        page = Opened(context.new_page(), getattr(browser, "saved", None))
        page.tab.goto(path.as_uri() + at)
        page.js("jiujin.ready")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open this text in Chromium, as most offices do."""
    yield from opener(chromium, tmp_path)


@pytest.fixture(scope="session")
def small_town() -> SimpleNamespace:
    return town()


@pytest.fixture(scope="session")
def small_page(small_town: SimpleNamespace) -> str:
    return html_of(page_data(small_town))
