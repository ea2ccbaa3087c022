"""The queue in a real browser: what waits is put in another order by the mouse and by keys, paused and called off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from projects.database.opening import open_database, session_for
from projects.queue.orders import enqueue_render
from projects.queue.steering import pause_queue, unfinished
from projects.settings import StudioSettings
from projects.storyboard.projects import rename_project
from tests.support.rendering import small_project
from tests.support.running_studio import Studio

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
