"""Pictures of every page at three widths, light and dark, in every language, to be looked at by a person.

    python -m benchmarks.pictures_of_pages OUT [--widths 390 1280 1920] [--shots 40]

It starts the real studio in a folder of its own, renders the example with the draft model (minutes on two cores), makes
a film of it and a project of many shots beside it, and drives a headless Chromium through all pages. The files are
named by page, width, scheme and language.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from sqlmodel import Session

from benchmarks.board import BROWSERS, name_of, storyboard
from projects.database.opening import make_engine, session_for
from projects.database.tables import Film, Render, ShotUpdate
from projects.queue import film_orders
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import order_film
from projects.queue.orders import UNFINISHED, enqueue_render
from projects.storyboard.reading import list_projects, shots_of
from projects.storyboard.shots import edit_shot
from tests.support.running_studio import Studio, running_studio

WIDTHS = {390: 844, 1280: 800, 1920: 1080}
LANGUAGES = ("en-US", "zh-TW")
MOST_SECONDS = 900.0
_STILL = """() => {
  const states = ["[data-test-script-state=notRunning]"];
  if (!states.every((one) => document.querySelector(one)) || document.querySelector("[data-stale=true]")) return false;
  let lacking = document.querySelectorAll("[data-testid=stSkeleton], [data-testid=stAppSkeleton]").length;
  const look = (root) => root.querySelectorAll("*").forEach((one) => {
    // A picture that is put in later has no address yet; a board that is not read yet says so with a class.
    const picture = one.tagName === "IMG" && one.loading !== "lazy" && !one.hidden;
    if (picture && !(one.complete && one.naturalWidth)) lacking += 1;
    if (one.matches(".unknown, video:not([preload=none])") && (one.readyState ?? 0) < 2) lacking += 1;
    if (one.shadowRoot) look(one.shadowRoot);
  });
  look(document);
  return lacking === 0;
}"""


@dataclass(frozen=True)
class Shown:
    """One page: its address, and what is done on it before the picture is taken."""

    name: str
    address: str
    act: Callable[[Page], object] | None = None


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder for the pictures")
    parser.add_argument("--widths", type=int, nargs="+", default=list(WIDTHS), choices=list(WIDTHS))
    parser.add_argument("--shots", type=int, default=40, help="how many shots the other project has (default: 40)")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_studio(Path(folder) / "studio") as studio:
        pages = prepared(studio, asked.shots)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=next(path for name in BROWSERS if (path := shutil.which(name))),
                args=["--no-sandbox", "--disable-gpu"],
            )
            for width in asked.widths:
                for scheme in ("light", "dark"):
                    for language in LANGUAGES:
                        pictures(browser, studio, pages, asked.out, (width, scheme, language))
            browser.close()


def prepared(studio: Studio, shots: int) -> list[Shown]:
    """The pages of a studio with the example rendered and edited once, its film, and a project of many shots."""
    storyboard(studio.settings, shots)
    with session_for(make_engine(studio.settings.database_url)) as session:
        projects = {one.project.name: one.project.id for one in list_projects(session=session)}
        many = projects.pop(name_of(shots))
        (example,) = projects.values()
        _render(session, studio, example)
        _film(session, studio, example)
        first, *_, last = shots_of(session=session, project_id=example)
        edit_shot(session=session, shot_id=last.id, changes=ShotUpdate(prompt=f"{last.prompt} 天亮了。"))
        session.commit()
        story, film = f"/storyboard?project={example}", f"/film?project={example}"
        return [
            Shown("projects", "/"),
            Shown("new-project", "/", lambda page: page.locator(".st-key-from-files button").first.click()),
            Shown("storyboard", story),
            Shown("storyboard-shot", f"{story}&shot={first.id}"),
            Shown("storyboard-stale", f"{story}&shot={last.id}"),
            Shown("storyboard-list", f"{story}&view=list&shot={first.id}"),
            Shown("storyboard-many", f"/storyboard?project={many}&view=grid"),
            Shown(
                "storyboard-settings",
                story,
                lambda page: page.locator("[class*=st-key-settings-] button").first.click(),
            ),
            Shown("film", film),
            Shown("film-none", "/film"),
        ]


def _render(session: Session, studio: Studio, project_id: str) -> None:
    ids = [shot.id for shot in shots_of(session=session, project_id=project_id)]
    render = enqueue_render(session=session, settings=studio.settings, project_id=project_id, shot_ids=ids)
    _await(session, lambda: session.get_one(Render, render.id).status in UNFINISHED)


def _film(session: Session, studio: Studio, project_id: str) -> None:
    film = order_film(session=session, settings=studio.settings, project_id=project_id, delivery=Delivery())
    _await(session, lambda: session.get_one(Film, film.id).status in film_orders.UNFINISHED)


def _await(session: Session, under_way: Callable[[], bool]) -> None:
    session.commit()
    until = time.monotonic() + MOST_SECONDS
    while under_way():
        if time.monotonic() > until:
            raise TimeoutError(f"the example was not made within {MOST_SECONDS:.0f} s")
        time.sleep(1)
        session.expire_all()
        session.commit()


def pictures(browser: Browser, studio: Studio, pages: list[Shown], out: Path, look: tuple[int, str, str]) -> None:
    """A picture of each page in one look: width, scheme and language."""
    width, scheme, language = look
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
    )
    for shown in pages:
        page = context.new_page()
        page.goto(f"{studio.url}{shown.address}")
        _await_still(page)
        if shown.act is not None:
            shown.act(page)
            _await_still(page)
        page.screenshot(path=out / f"{shown.name}-{width}-{scheme}-{language}.png")
        page.close()
    context.close()


def _await_still(page: Page) -> None:
    """Wait until the page has been still for half a second."""
    still_since = None
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not page.evaluate(_STILL):
            still_since = None
        elif still_since is None:
            still_since = time.monotonic()
        elif time.monotonic() - still_since > 0.5:
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main()
