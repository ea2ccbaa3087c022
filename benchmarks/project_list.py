"""How long the list of projects takes in a browser: by its address, and by a click inside the studio; and other lists.

    python -m benchmarks.project_list [--projects 1000] [--takes 10] [--times 9]

It starts the real studio in a folder of its own with so many projects of eight shots, of which the first has so many
finished takes, asks for the lists of the JSON interface, and drives a headless Chromium
(the development requirements bring the driver, the system the browser). "Drawn" is when as many cards as the page shows
at first are there, with the pictures of those in view. By turns are measured: the list by its address with a warm
browser cache, a page with nothing on it by its address, which is what the program that draws pages takes by itself, and
the list by a click on that page. The very first time of browser and studio is reported for itself. The last line is
JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from benchmarks.board import BROWSERS, picture
from projects.database.opening import make_engine, session_for
from projects.database.tables import Take
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.running_studio import running_studio

SHOTS = 8
PICTURES = 24
CARDS = 24
# The moment, in milliseconds since the page was asked for, at which the cards and the pictures in view are there. It is
# looked for with every picture that the browser draws, since the driver's own looks come late on a busy computer.
_DRAWN = """([cards, clicked]) => new Promise((found) => {
  const way = () => document.querySelector(".st-key-masthead a");
  let since = 0;
  const look = () => {
    const seen = document.querySelectorAll("[class*='st-key-project-'] .fs-frame").length;
    const images = [...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight);
    const there = cards ? seen >= cards && images.length : document.querySelector(".fs-empty") && way();
    const ready = there && images.every((one) => one.complete);
    if (ready) found(performance.now() - since);
    else requestAnimationFrame(look);
  };
  if (clicked) {
    since = performance.now();
    way().click();
  }
  look();
})"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--takes", type=int, default=10, help="of the first shot of each project (default: 10)")
    parser.add_argument("--times", type=int, default=9, help="how often each is measured (default: 9)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_studio(Path(folder) / "studio") as studio:
        one, shot = projects(studio.settings, asked.projects, asked.takes)
        answers = {
            name: answered(f"{studio.url}/api/{path}", asked.times)
            for name, path in {
                "projects": "projects",
                "takes of a shot": f"shots/{shot}/takes",
                "board": f"projects/{one}/board",
                "queue": "queue",
            }.items()
        }
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=next(path for name in BROWSERS if (path := shutil.which(name))),
                args=["--no-sandbox", "--disable-gpu"],
            )
            page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
            cards = min(CARDS, asked.projects)
            first = drawn(page, f"{studio.url}/", cards)
            taken: dict[str, list[float]] = {"address": [], "click": [], "empty": []}
            for _ in range(asked.times):
                taken["address"].append(drawn(page, f"{studio.url}/", cards))
                taken["empty"].append(drawn(page, f"{studio.url}/film", 0))
                taken["click"].append(page.evaluate(_DRAWN, [cards, True]) / 1000)
            browser.close()
        row = {
            "projects": asked.projects,
            "takes": asked.projects * asked.takes,
            **{f"{name}, by the JSON interface_s": round(seconds, 3) for name, seconds in answers.items()},
            "first_s": round(first, 2),
            **{f"{name}_s": round(statistics.median(times), 2) for name, times in taken.items()},
            **{f"{name}_from_to": [round(min(times), 2), round(max(times), 2)] for name, times in taken.items()},
            "load": round(psutil.getloadavg()[0], 1),
        }
    print(json.dumps({"project_list": row}))


def answered(address: str, times: int) -> float:
    """The median seconds until all of an answer is there."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        with urllib.request.urlopen(address) as answer:
            answer.read()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def projects(settings: StudioSettings, count: int, takes: int) -> tuple[str, str]:
    """``count`` projects of ``SHOTS`` shots, which share ``PICTURES`` pictures; the ids of the last and its first shot.

    That shot of each has ``takes`` finished takes, without files.
    """
    with session_for(make_engine(settings.database_url)) as session:
        media = [
            add_picture(session=session, settings=settings, data=picture(number), name=f"{number}.png").media.id
            for number in range(PICTURES)
        ]
        for number in range(count):
            project = create_project(session=session, name=f"Project {number:04d}")
            new = [
                NewShot(prompt=f"The camera pans slowly over scene {shot}.", media_id=media[(number + shot) % PICTURES])
                for shot in range(SHOTS)
            ]
            first, *_ = add_shots(session=session, project_id=project.id, new=new)
            for place in range(1, takes + 1):
                take = Take(shot_id=first.id, number=place, status="done", frames=60, width=256, height=144, fps=30)
                session.add(take)
        session.commit()
        return project.id, first.id


def drawn(page: Page, address: str, cards: int) -> float:
    """Seconds from asking for an address until its page is drawn: so many cards, or what an empty page says."""
    page.goto(address, wait_until="commit")
    taken: float = page.evaluate(_DRAWN, [cards, False])
    return taken / 1000


if __name__ == "__main__":
    main()
