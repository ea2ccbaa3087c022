"""Every page for everyone: axe-core finds nothing serious, light and dark, wide and narrow; none scrolls sideways."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import Session

from projects.database.opening import open_database, session_for
from projects.database.tables import ShotUpdate
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storyboard.projects import archive_project, create_project, delete_project
from projects.storyboard.shots import NewShot, add_shots, edit_shot
from tests.support.browsing import unfold, until_true
from tests.support.films import film_now
from tests.support.finished_takes import render_all
from tests.support.plain_pictures import png
from tests.support.running_studio import CHECKOUT, Studio, running_studio

pytestmark = pytest.mark.browser
GRAVE = {"serious", "critical"}
NAME = "海邊 Night train"
THEMES = tomllib.loads((CHECKOUT / ".streamlit/config.toml").read_text())["theme"]
WIDTHS = (2560, 1280, 768, 380)
OVERHANG = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(Math.max(
  ...[document.documentElement, document.querySelector('[data-testid=stMain]')]
    .map(one => one.scrollWidth - one.clientWidth))))))"""  # once a window of another size is drawn
BEATS = [{"at": 0.3, "prompt": "Fog."}, {"at": 3.0, "prompt": "What is never reached."}]


@dataclass(frozen=True)
class Studios:
    """One without a project, and one with some; ``project`` has two films and shots in several states."""

    empty: Studio
    full: Studio
    project: str


@pytest.fixture(scope="module")
def studios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studios]:
    folder = tmp_path_factory.mktemp("accessible")
    empty, full = folder / "empty", folder / "full"
    _written(empty, lambda session, _: delete_project(session=session, project_id=_make(session, "Gone")))
    project = ""

    def fill(session: Session, settings: StudioSettings) -> None:
        nonlocal project
        _make(session, "Not begun")
        archive_project(session=session, project_id=_make(session, "Put away"))
        project = _rendered(session, settings)

    _written(full, fill)
    with running_studio(empty) as one, running_studio(full) as other:
        yield Studios(one, other, project)


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that lets axe be put into its pages, which the studio's own rules for scripts forbid.

    One for all of them, which only look: what it has read of the studio's scripts it need not read again.
    """
    context = chromium.new_context(bypass_csp=True, locale="en-US")
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, context: BrowserContext) -> Iterator[Page]:
    """A page of one of the widths."""
    page = context.new_page()
    page.set_viewport_size({"width": request.param, "height": 900})
    yield page
    page.close()


def grave_faults(page: Page) -> list[str]:
    """What keeps somebody from using the page once it stands still: what axe finds, light and dark, and its width."""
    faults = [f"{over} pixels wider than the window"] if (over := overhang(page)) else []
    for scheme in ("light", "dark"):
        _show(page, scheme)
        found: list[dict[str, Any]] = Axe().run(page).response["violations"]
        faults += [
            f"{scheme}, {fault['id']}: {node['html'][:160]} ({node['failureSummary']})"
            for fault in found
            if fault["impact"] in GRAVE
            for node in fault["nodes"]
        ]
    return faults


def _show(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Have the page drawn in a scheme of colours, as where a person's computer goes dark in the evening."""
    page.emulate_media(color_scheme=scheme)
    ground = bytes.fromhex(THEMES[scheme]["backgroundColor"].removeprefix("#"))
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", f"rgb({', '.join(map(str, ground))})")
    _stands_still(page)


def _stands_still(page: Page) -> None:
    until_true(page, "document.querySelector('[data-test-script-state=notRunning]') !== null")
    until_true(page, "document.querySelector('[data-stale=true]') === null")
    until_true(page, "document.getAnimations().every(one => one.playState !== 'running')")


def test_the_list_of_projects_while_there_is_none(page: Page, studios: Studios) -> None:
    page.goto(studios.empty.url)
    expect(page.get_by_text("No projects yet")).to_be_visible()

    assert grave_faults(page) == []


def test_the_list_of_projects_with_its_menus_and_boxes(page: Page, studios: Studios) -> None:
    page.goto(studios.full.url)
    expect(page.get_by_role("link", name=f"Open storyboard: {NAME}")).to_be_visible()
    assert grave_faults(page) == []

    page.get_by_text("Show archived (1)").click()
    expect(page.get_by_text("Archived", exact=True)).to_be_visible()
    page.get_by_role("button", name="From pictures or text").click()
    expect(page.get_by_role("button", name="Begin with this text")).to_be_visible()

    assert grave_faults(page) == []


def test_the_library_of_loras(page: Page, studios: Studios) -> None:
    page.goto(f"{studios.empty.url}/loras")
    expect(page.get_by_role("heading", name="No LoRAs yet")).to_be_visible()

    assert grave_faults(page) == []


def test_the_storyboard(page: Page, studios: Studios) -> None:
    page.goto(f"{studios.full.url}/storyboard?project={studios.project}")
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    assert grave_faults(page) == []

    page.locator("[data-id]").first.click()
    expect(page.get_by_label("What happens in SH0010")).to_be_visible()

    assert grave_faults(page) == []

    page.goto(f"{studios.full.url}/storyboard?project={studios.project}&view=list")
    expect(page.locator("[data-id]").first).to_be_visible()

    assert grave_faults(page) == []


def test_the_storyboard_before_its_shots_are_known(page: Page, studios: Studios) -> None:
    page.route("**/board?*", lambda _: None)  # never answered
    page.goto(f"{studios.full.url}/storyboard?project={studios.project}")
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    expect(page.get_by_role("button", name="List", exact=True)).to_be_visible()

    assert grave_faults(page) == []
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_hidden()


def test_the_settings_of_a_project(page: Page, studios: Studios) -> None:
    page.goto(f"{studios.full.url}/storyboard?project={studios.project}")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("button", name="Number the shots afresh")).to_be_visible()

    assert grave_faults(page) == []


def test_the_film(page: Page, studios: Studios) -> None:
    page.goto(f"{studios.full.url}/film?project={studios.project}")
    expect(page.get_by_text("1 shot is not rendered yet.")).to_be_visible()
    unfold(page, "Shots of the film (3)")
    expect(page.get_by_role("rowheader", name="SH0020")).to_be_visible()

    assert grave_faults(page) == []

    for fold, seen in (
        ("Other formats and exact settings", page.get_by_role("button", name="Make this film")),
        ("Cut the film", page.get_by_role("tab", name="Music and sound")),
        ("Documents", page.get_by_text("Of each shot its picture, number, prompt")),
        ("Bring a cut back from an editing program", page.get_by_text("A timeline: OTIO, OTIOZ")),
    ):
        unfold(page, fold)
        expect(seen).to_be_visible()

    assert grave_faults(page) == []


def test_the_queue(page: Page, studios: Studios) -> None:
    page.goto(f"{studios.full.url}/queue")
    expect(page.get_by_text("Nothing is ordered")).to_be_visible()

    assert grave_faults(page) == []


def test_the_models(page: Page, studios: Studios) -> None:
    page.goto(f"{studios.empty.url}/models")
    expect(page.get_by_role("button", name="Download").first).to_be_visible()
    page.get_by_text("Its parts").nth(1).click()
    expect(page.get_by_role("rowheader", name="second text encoder").first).to_be_visible()

    assert grave_faults(page) == []


def test_the_film_page_without_a_project(page: Page, studios: Studios) -> None:
    page.goto(f"{studios.empty.url}/film")
    expect(page.get_by_text("No project is open")).to_be_visible()

    assert grave_faults(page) == []


def test_no_page_scrolls_sideways(context: BrowserContext, studios: Studios) -> None:
    story = f"{studios.full.url}/storyboard?project={studios.project}"
    page = context.new_page()
    for address, seen in (
        (studios.empty.url, page.get_by_text("No projects yet")),
        (studios.full.url, page.get_by_role("link", name=f"Open storyboard: {NAME}")),
        (story, page.locator("[data-id]").nth(2)),
        (f"{story}&view=list", page.locator("[data-id]").nth(2)),
        (f"{studios.full.url}/film?project={studios.project}", page.get_by_text("1 shot is not rendered yet.")),
        (f"{studios.empty.url}/film", page.get_by_text("No project is open")),
        (f"{studios.empty.url}/queue", page.get_by_text("Nothing is ordered")),
        (f"{studios.empty.url}/models", page.get_by_role("button", name="Download").first),
    ):
        _set_width(page, WIDTHS[0])
        page.goto(address)
        expect(seen).to_be_visible()
        assert _overhangs(page) == dict.fromkeys(WIDTHS, 0), address
    _set_width(page, WIDTHS[0])
    page.goto(story)
    page.locator("[data-id]").first.click()
    expect(page.get_by_label("What happens in SH0010")).to_be_visible()
    assert _overhangs(page) == dict.fromkeys(WIDTHS, 0)
    page.close()


def _set_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})


def _overhangs(page: Page) -> dict[int, int]:
    """By how many pixels the page is too wide in a window that is made narrower and narrower."""
    found = {}
    for width in WIDTHS:
        _set_width(page, width)
        found[width] = overhang(page)
    return found


def overhang(page: Page) -> int:
    """By how many pixels what is on the page is wider than the page, which scrolls in a box of its own."""
    _stands_still(page)
    return int(page.evaluate(OVERHANG))


# --- a studio to look at ----------------------------------------------------------------------------------------------


def _written(home: Path, write: Callable[[Session, StudioSettings], object]) -> None:
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(home)})
    settings.make_folders()
    engine = open_database(settings)
    with session_for(engine) as session:
        write(session, settings)
        session.commit()
    engine.dispose()


def _make(session: Session, name: str) -> str:
    return create_project(session=session, name=name).id


def _rendered(session: Session, settings: StudioSettings) -> str:
    """A project with two films of two shots, one of which changed since, and a third that is not rendered."""
    project = _make(session, NAME)
    media = add_picture(session=session, settings=settings, data=png(320, 180), name="sea.png").media.id
    new = [NewShot(prompt="Waves roll in.", seconds=0.5, media_id=media) for _ in range(2)]
    shots = add_shots(session=session, project_id=project, new=new)
    render_all(session, settings, project)
    for name in ("First cut", "Second cut"):
        film_now(session, settings, project, name=name)
    edit_shot(session=session, shot_id=shots[0].id, changes=ShotUpdate(prompt="The sea is calm.", beats=BEATS))
    add_shots(session=session, project_id=project, new=[NewShot(prompt="A boat.", media_id=media)])
    return project
