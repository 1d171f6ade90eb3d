"""A real browser with the network off, and pages to open in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jiujin.rendering.page import html_of
from jiujin.rendering.page_data import page_data
from page.page_worlds import town


def chromium_path() -> str:
    """Debian's Chromium; without one the browser tests are skipped, but fail where CI is set."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail("no Chromium on this machine")
    pytest.skip("no Chromium on this machine")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


PATIENCE_MS = 60_000
"""How long a condition may take to come true before a test gives up: a bound against hanging, not a measure."""


class Opened:
    """A page in the browser, and everything that went wrong in it."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
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

    def until(self, condition: str) -> None:
        """Wait until this holds; asked frame by frame inside the page, whose policy forbids evaluating text later."""
        held = self.js(
            "new Promise(done => { const start = performance.now();"
            " const look = () => { if (" + condition + ") done(true);"
            f" else if (performance.now() - start > {PATIENCE_MS}) done(false); else requestAnimationFrame(look); }};"
            " look(); })"
        )
        assert held, f"this never came true: {condition}"

    @property
    def faults(self) -> list[str]:
        """Requests, complaints and policy violations together: a sound page has none."""
        return [*self.requests, *self.complaints, *self.js("window.violations")]


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open this text as a file in a fresh browser without a network."""
    contexts = []

    def opened(text: str, *, at: str = "", **options: Any) -> Opened:
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(text, encoding="utf-8", newline="\n")
        context = chromium.new_context(**({"viewport": {"width": 1366, "height": 768}} | options))
        contexts.append(context)
        context.route("http://**", lambda route: route.abort())
        context.route("https://**", lambda route: route.abort())
        page = Opened(context.new_page())
        page.tab.goto(path.as_uri() + at)
        page.js("jiujin.ready")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def small_town() -> SimpleNamespace:
    return town()


@pytest.fixture(scope="session")
def small_page(small_town: SimpleNamespace) -> str:
    return html_of(page_data(small_town))
