"""A real studio on a free port and a real headless Chromium, for the tests of this folder."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.board_page import BoardPage, running_board
from tests.support.fake_shots import PROMPTS
from tests.support.fake_storyboard import FakeStoryboard
from tests.support.harness import Harness, running_harness
from tests.support.running_studio import Studio, running_studio
from tests.support.typing_page import prompt_of
from tests.support.window import Window, opened_window

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser. Where there is none the tests are skipped, but fail where the whole must be tested (CI is set)."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        sentence = f"no browser is installed; looked for {', '.join(BROWSERS)}"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    # A first page on a busy computer can take far longer than the 5 s that are usual.
    expect.set_options(timeout=int(os.environ.get("EXP", "60000")))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def window(chromium: Browser) -> Iterator[Window]:
    """The window that the pages of most tests are opened in, one after the other."""
    with opened_window(chromium) as window:
        yield window


@pytest.fixture
def page(window: Window) -> Iterator[Page]:
    """A page of a browser that remembers nothing."""
    yield window.new_page()
    window.forget()


@pytest.fixture
def start_studio(tmp_path: Path) -> Iterator[Callable[[], Studio]]:
    """Start the studio as a person does, with a folder of its own; it is ended with the test."""
    with contextlib.ExitStack() as running:

        def start() -> Studio:
            return running.enter_context(running_studio(tmp_path / "studio"))

        yield start


@pytest.fixture(scope="module")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio for all tests of a file that do not mind what the others leave in it."""
    with running_studio(tmp_path_factory.mktemp("shared") / "studio") as studio:
        yield studio


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The harness app; one for all tests of single components."""
    with running_harness(tmp_path_factory.mktemp("harness")) as harness:
        yield harness


@pytest.fixture
def harness(running: Harness) -> Harness:
    """The harness app, its stand-ins as new."""
    running.tell("reset")
    return running


@pytest.fixture
def boxes(page: Page, harness: Harness) -> Page:
    """A page with the boxes of the first shot."""
    page.goto(f"{harness.url}/boxes")
    expect(prompt_of(page)).to_have_value(PROMPTS[0])
    return page


@pytest.fixture
def board(page: Page) -> Iterator[Callable[[int], BoardPage]]:
    """The board by itself, with as many shots as one asks for; what answers it is the test's own."""
    with contextlib.ExitStack() as running:

        def show(count: int) -> BoardPage:
            story = FakeStoryboard.of(count)
            return BoardPage(page, story, running.enter_context(running_board(story)))

        yield show
