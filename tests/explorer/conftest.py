"""Debian's Chromium, for the tests of pages."""

import shutil

import pytest

from video_ktr.explorer.page import write_page

FLAGS = (
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium():
    """A browser without a window; tests are skipped where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_file(chromium):
    """Opens a file as a reader does; at the end nothing else was asked for, and nothing went wrong in the page."""
    contexts, troubles, requests, opened = [], [], [], []

    def open_path(path, **options):
        contexts.append(chromium.new_context(**options))
        contexts[-1].set_default_timeout(120_000)
        view = contexts[-1].new_page()
        view.on("console", lambda message: troubles.append(message.text))
        view.on("pageerror", lambda error: troubles.append(str(error)))
        view.on("request", lambda request: requests.append(request.url))
        view.goto(path.as_uri())
        opened.append(path.as_uri())
        return view

    yield open_path
    for context in contexts:
        context.close()
    assert troubles == []
    assert [url for url in requests if not url.startswith("data:image/")] == opened


@pytest.fixture
def show(tmp_path, open_file):
    """Writes an explorer page and opens it."""
    return lambda shown, **options: open_file(write_page(tmp_path / "page.html", shown), **options)
