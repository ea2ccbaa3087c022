"""The queue in a real browser: what waits is put in another order by the mouse and by keys, paused and called off."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from projects.database.opening import open_database, session_for
from projects.database.tables import now
from projects.failures import OUT_OF_MEMORY
from projects.imaging.ordering import order_pictures
from projects.messages import stored
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import order_film
from projects.queue.orders import enqueue_render
from projects.queue.steering import pause_queue, unfinished
from projects.settings import StudioSettings
from projects.storyboard.projects import rename_project
from tests.support.finished_takes import render_all
from tests.support.rendering import small_project
from tests.support.running_studio import Studio
from tests.support.tiny_still_model import write_still_model

pytestmark = pytest.mark.browser


def put_orders(settings: StudioSettings, *names: str) -> None:
    """An order for each of the names, which wait, since the queue is paused."""
    database = open_database(settings)
    with session_for(database) as session:
        pause_queue(session=session)
        for name in names:
            project, shots = small_project(session, settings, ("cut", 0.5))
            rename_project(session=session, project_id=project.id, name=name)
            enqueue_render(session=session, project_id=project.id, shot_ids=[shots[0].id])
        session.commit()
    database.dispose()


def kept(settings: StudioSettings) -> list[str]:
    """The shots of all orders in their order, as the studio keeps them."""
    database = open_database(settings)
    with session_for(database) as session:
        found = [order.shot_ids[0] for order in unfinished(session=session)]
    database.dispose()
    return found


def names(page: Page) -> Locator:
    return page.locator(".waiting .name")


def test_what_waits_is_put_in_another_order_paused_and_called_off(
    page: Page, start_studio: Callable[[], Studio]
) -> None:
    studio = start_studio()
    put_orders(studio.settings, "Alder", "Birch", "Cedar")
    before = kept(studio.settings)
    page.goto(studio.url)
    page.get_by_role("link", name="Queue").click()
    expect(names(page)).to_have_text(["Alder", "Birch", "Cedar"])
    expect(page.locator(".status")).to_contain_text("The queue is paused")

    grip = page.get_by_role("button", name="Move Cedar: drag it, or use the arrow keys")
    grip.press("ArrowUp")
    expect(names(page)).to_have_text(["Alder", "Cedar", "Birch"])
    expect(page.locator(".status")).to_have_text("Cedar moved to place 2 of 3.")
    expect(grip).to_be_focused()
    grip.press("Home")
    expect(names(page)).to_have_text(["Cedar", "Alder", "Birch"])

    page.get_by_role("button", name="Move Birch: drag it, or use the arrow keys").hover()
    page.mouse.down()
    first = page.locator(".waiting .order").first.bounding_box()
    assert first is not None
    page.mouse.move(first["x"] + 20, first["y"] + 2, steps=4)
    page.mouse.up()
    expect(names(page)).to_have_text(["Birch", "Cedar", "Alder"])
    assert kept(studio.settings) == [before[1], before[2], before[0]]

    page.get_by_role("button", name="Pause Cedar").click()
    expect(page.get_by_role("button", name="Go on with Cedar")).to_be_visible()
    page.get_by_role("button", name="Cancel Birch").click()
    expect(names(page)).to_have_text(["Cedar", "Alder"])
    page.get_by_role("button", name="Order Birch again").click()
    expect(names(page)).to_have_text(["Cedar", "Alder", "Birch"])
    page.get_by_role("button", name="Cancel Birch").click()
    page.get_by_role("button", name="Clear what is over").click()
    expect(page.locator(".over .order")).to_have_count(0)

    page.get_by_role("button", name="Go on with all").click()
    # Cedar is paused itself, so the other one is taken up.
    expect(names(page)).to_have_text(["Alder", "Cedar"])
    expect(page.get_by_role("button", name="Pause all")).to_be_visible()


def test_pictures_from_words_stand_in_the_queue_and_are_moved_paused_called_off_and_ordered_again(
    page: Page, start_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    write_still_model(tmp_path / "studio" / "picture_models" / "tiny")
    studio = start_studio()
    database = open_database(studio.settings)
    with session_for(database) as session:
        pause_queue(session=session)
        for called in ("Dune", "Ebb"):
            project, (shot,) = small_project(session, studio.settings, ("cut", 0.5))
            rename_project(session=session, project_id=project.id, name=called)
            order_pictures(
                session=session, settings=studio.settings, shot_id=shot.id, model="tiny", prompt="a harbour", count=4
            )
        session.commit()
    database.dispose()
    page.goto(f"{studio.url}/queue")
    pictures = page.locator("ol.pictures .name")
    expect(pictures).to_have_text(["Dune, SH0010", "Ebb, SH0010"])
    expect(page.locator("ol.pictures .doing").first).to_have_text("Waiting until the generator is free")
    expect(page.locator("ol.pictures .figures").first).to_have_text(
        "0 of 4 there · How long they take is measured with the first of them."
    )
    grip = page.get_by_role("button", name="Move Ebb, SH0010: drag it, or use the arrow keys")
    grip.press("ArrowUp")
    expect(pictures).to_have_text(["Ebb, SH0010", "Dune, SH0010"])
    expect(page.locator(".status")).to_have_text("Ebb, SH0010 moved to place 1 of 2.")
    expect(grip).to_be_focused()
    page.get_by_role("button", name="Pause Ebb, SH0010").click()
    expect(page.locator("ol.pictures .doing").first).to_have_text("Paused")
    page.get_by_role("button", name="Go on with Ebb, SH0010").click()
    expect(page.locator("ol.pictures .doing").first).to_have_text("Waiting until the generator is free")
    page.get_by_role("button", name="Cancel Ebb, SH0010").click()
    expect(pictures).to_have_text(["Dune, SH0010"])
    expect(page.locator(".over .doing")).to_have_text("Cancelled")
    page.get_by_role("button", name="Order Ebb, SH0010 again").click()
    expect(pictures).to_have_text(["Dune, SH0010", "Ebb, SH0010"])
    for called in ("Dune", "Ebb"):
        page.get_by_role("button", name=f"Cancel {called}, SH0010").click()
    expect(page.get_by_role("heading", name="Pictures from words")).to_be_hidden()
    page.get_by_role("button", name="Clear what is over").click()
    expect(page.get_by_text("Nothing is ordered")).to_be_visible()


def test_what_failed_has_a_report_to_download(page: Page, start_studio: Callable[[], Studio], tmp_path: Path) -> None:
    studio = start_studio()
    put_orders(studio.settings, "Alder", "Birch")
    database = open_database(studio.settings)
    with session_for(database) as session:
        order = unfinished(session=session)[0]
        order.status, order.error, order.finished_at = "failed", stored(OUT_OF_MEMORY), now()
        id = order.id
        session.commit()
    database.dispose()
    page.goto(studio.url)
    page.get_by_role("link", name="Queue").click()
    link = page.get_by_role("link", name="Download a report")
    expect(link).to_have_count(1)
    with page.expect_download() as downloaded:
        link.click()
    downloaded.value.save_as(tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as packed:
        assert "order.log" in packed.namelist()
        assert id in packed.read("README.txt").decode()


def put_films(settings: StudioSettings, *names: str) -> None:
    """A film for each of the names, which wait, since the queue is paused."""
    database = open_database(settings)
    with session_for(database) as session:
        pause_queue(session=session)
        project, _ = small_project(session, settings, ("cut", 0.5))
        render_all(session, settings, project.id)
        for name in names:
            order_film(session=session, settings=settings, project_id=project.id, delivery=Delivery("gif"), name=name)
        session.commit()
    database.dispose()


def test_films_that_wait_are_put_in_another_order_and_paused(page: Page, start_studio: Callable[[], Studio]) -> None:
    studio = start_studio()
    put_films(studio.settings, "Elm", "Fir", "Gum")
    page.goto(f"{studio.url}/queue")
    films = page.locator(".films .name")
    expect(films).to_have_text(["Elm", "Fir", "Gum"])
    expect(page.locator(".films .figures").first).to_contain_text("(estimate)")
    expect(page.locator(".films .figures").first).to_contain_text("done at about")
    grip = page.get_by_role("button", name="Move Gum: drag it, or use the arrow keys")
    grip.press("ArrowUp")
    expect(films).to_have_text(["Elm", "Gum", "Fir"])
    expect(page.locator(".status")).to_have_text("Gum moved to place 2 of 3.")
    page.get_by_role("button", name="Move Fir: drag it, or use the arrow keys").hover()
    page.mouse.down()
    first = page.locator(".films .order").first.bounding_box()
    assert first is not None
    page.mouse.move(first["x"] + 20, first["y"] + 2, steps=4)
    page.mouse.up()
    expect(films).to_have_text(["Fir", "Elm", "Gum"])
    page.get_by_role("button", name="Pause Fir").click()
    expect(page.locator(".films .doing").first).to_have_text("Paused")
    page.get_by_role("button", name="Go on with all").click()
    # Fir is paused itself; the others are made.
    expect(films).to_have_text(["Fir"], timeout=60_000)
    page.get_by_role("button", name="Go on with Fir").click()
    expect(films).to_have_count(0, timeout=60_000)
