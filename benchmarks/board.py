"""How long the board takes in a browser: opened from the list of projects, and after an edit; with few and many shots.

    python -m benchmarks.board [--shots 3 40 200 500] [--times 5]

It starts the real studio in a folder of its own, with a project of each size whose shots have pictures, and drives a
headless Chromium (the development requirements bring the driver, the system the browser). "Opened" is from the click on
the project's card until every shot in view is drawn, its picture included; the first time is reported by itself, the
others have a warm browser cache. "Edit" is from the last key in the box of a prompt until the board shows the words.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from projects.database.opening import make_engine, session_for
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.running_studio import running_studio

PICTURES = 40
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# How many shots are drawn with their pictures, and how many of those in view are not.
_DRAWN = """() => {
  const shots = [];
  const look = (root) => root.querySelectorAll("*").forEach((one) => {
    if (one.matches("[data-id]")) shots.push(one);
    if (one.shadowRoot) look(one.shadowRoot);
  });
  look(document);
  const lacking = shots.filter((one) => [...one.querySelectorAll("img")].some((image) => !image.complete));
  return shots.length && !lacking.length ? shots.length : 0;
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=int, nargs="+", default=[3, 40, 200, 500])
    parser.add_argument("--times", type=int, default=5, help="how often each is measured (default: 5)")
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder, running_studio(Path(folder) / "studio") as studio:
        for shots in asked.shots:
            storyboard(studio.settings, shots)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=next(path for name in BROWSERS if (path := shutil.which(name))),
                args=["--no-sandbox", "--disable-gpu"],
            )
            page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
            for shots in asked.shots:
                opened = [open_board(page, studio.url, shots) for _ in range(asked.times + 1)]
                edits = [edit(page, number) for number in range(asked.times)]
                nodes = page.evaluate("() => document.querySelectorAll('*').length")
                rows.append(
                    {
                        "shots": shots,
                        "first_s": round(opened[0], 2),
                        "opened_s": round(statistics.median(opened[1:]), 2),
                        "edit_s": round(statistics.median(edits), 2),
                        "nodes_around": nodes,
                        "server_mb": round(psutil.Process(studio.pid).memory_info().rss / 1e6),
                    }
                )
                print(rows[-1], flush=True)
            browser.close()
    print(json.dumps({"board": rows}))


def storyboard(settings: StudioSettings, shots: int) -> None:
    """A project of ``shots`` shots, named by how many they are, with pictures of ``PICTURES`` colours."""
    with session_for(make_engine(settings.database_url)) as session:
        project = create_project(session=session, name=name_of(shots))
        media = [
            add_picture(session=session, settings=settings, data=picture(number), name=f"{number}.png").media.id
            for number in range(min(PICTURES, shots))
        ]
        new = [
            NewShot(prompt=f"The camera pans slowly over scene {number}.", media_id=media[number % len(media)])
            for number in range(shots)
        ]
        add_shots(session=session, project_id=project.id, new=new)
        session.commit()


def name_of(shots: int) -> str:
    """What the project of so many shots is called."""
    return f"Of {shots:04d} shots"


def open_board(page: Page, url: str, shots: int) -> float:
    """Seconds from the click on the card of the project to the last shot in view."""
    page.goto(url)
    card = page.get_by_role("link", name=name_of(shots)).first
    card.wait_for(timeout=60_000)
    start = time.monotonic()
    card.click()
    _await(lambda: page.evaluate(_DRAWN) >= min(shots, 8))
    return time.monotonic() - start


def edit(page: Page, number: int) -> float:
    """Seconds from the last key in the prompt's box of the first shot to the words on the board."""
    page.locator("[data-id]").first.click()
    box = page.get_by_label("What happens in SH0010")
    box.wait_for(timeout=60_000)
    words = f"Wave {number} rolls in."
    box.fill(words)
    start = time.monotonic()
    # Asked for again and again from here: the driver's own waiting looks only every half second after a while.
    first = page.locator("[data-id]").first
    _await(lambda: words in (first.text_content() or ""))
    return time.monotonic() - start


def _await(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the board was not drawn within two minutes")
        time.sleep(0.01)


def picture(number: int) -> bytes:
    """The file of a picture, another one for each number."""
    file = io.BytesIO()
    Image.effect_mandelbrot((640, 360), (-2 + number / 100, -1.2, 1, 1.2), 60).convert("RGB").save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    main()
