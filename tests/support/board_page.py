"""A page with nothing but the board on it, mounted the way Streamlit mounts components, under the studio's own rules.

It knows no studio: ``fake_storyboard`` answers the board.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from playwright.sync_api import Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pages.board.board import HTML, script, style
from pages.board.words import BOARD_WORDS
from pages.serving.guard import GuardHeaders
from tests.support.fake_storyboard import PROJECT, FakeStoryboard
from tests.support.rendering import until

LIGHT = {"primary": "#0e6b80", "background": "#fbfaf7", "secondary-background": "#f1efe9", "text": "#22292e"}
LIGHT |= {"border": "#dcd8cf"}
DARK = {"primary": "#2487a0", "background": "#14181b", "secondary-background": "#1f262a", "text": "#e6e8e8"}
DARK |= {"border": "#343d43"}

# Mounts the component in a shadow root as Streamlit does; window.told is what it tells Python.
MOUNT = """
import open from "/board.js";
const asked = new URLSearchParams(location.search);
const given = await (await fetch("/given")).json();
const host = document.querySelector("#host");
const parentElement = host.attachShadow({ mode: "open" });
parentElement.innerHTML = `<div>${given.html}</div>`;
const style = document.createElement("style");
style.textContent = given.css;
parentElement.append(style);
window.told = [];
const tell = (name, value) => window.told.push([name, value]);
addEventListener("popstate", () => {
  const { shot = null, view, pass } = Object.fromEntries(new URLSearchParams(location.search));
  tell("shown", { selected: shot, view, pass });
});
const data = { ...given.data, view: asked.get("view") ?? "grid" };
window.mount = (changes) => {
  Object.assign(data, changes);
  window.unmount = open({ data: { ...data }, parentElement, setTriggerValue: tell });
};
window.mount({});
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Storyboard</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
:root { color-scheme: %s; %s --st-font: "Source Sans", "Noto Sans", "Noto Sans CJK TC", sans-serif; }
body { margin: 0; padding: 12px 16px; background: var(--st-background-color); color: var(--st-text-color);
  font-family: var(--st-font); }
h1 { font-size: 22px; margin: 0 0 10px; }
</style></head><body><h1>Lighthouse</h1><input aria-label="Elsewhere" style="position:fixed;right:16px;top:10px">
<div id="host"></div><script type="module" src="/mount.js"></script></body></html>"""


def board_app(story: FakeStoryboard) -> GuardHeaders:
    """The page and what answers it."""
    data = {
        **{"project_id": PROJECT, "pass": "draft", "view": "grid", "selected": None, "words": dict(BOARD_WORDS)},
        **{"lang": "en", "api": "/api", "most_bytes": 64 * 2**20, "lines_asked": 0},
        "presets": [{"id": "exact", "label": "Exact"}, {"id": "quick", "label": "Quick"}],
    }

    def page(request: Request) -> Response:
        dark = "dark" in request.query_params
        theme = "".join(f"--st-{name}-color: {value};" for name, value in (DARK if dark else LIGHT).items())
        return HTMLResponse(PAGE % ("dark" if dark else "light", theme))

    def given(_: Request) -> Response:
        return Response(json.dumps({"html": HTML, "css": style(), "data": data}), media_type="application/json")

    def module(_: Request) -> Response:
        return Response(script(), media_type="text/javascript")

    def mount(_: Request) -> Response:
        return Response(MOUNT, media_type="text/javascript")

    own = [Route("/", page), Route("/given", given), Route("/board.js", module), Route("/mount.js", mount)]
    return GuardHeaders(Starlette(routes=[*own, *story.routes()]))


@contextlib.contextmanager
def running_board(story: FakeStoryboard) -> Iterator[str]:
    """The address of a page that shows ``story``, served by this very process."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(board_app(story), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        until(lambda: server.started, seconds=20)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


class BoardPage:
    """The board on a page of a real browser, and the storyboard behind it."""

    def __init__(self, page: Page, story: FakeStoryboard, url: str) -> None:
        self.page = page
        self.story = story
        self.url = url

    def open(self, query: str = "") -> BoardPage:
        """The page from anew, once its first shot is drawn; ``query`` says the view and the theme."""
        self.page.goto(f"{self.url}/?{query}")
        expect(self.page.locator("[data-id], .empty h2").locator("visible=true").first).to_be_visible()
        return self

    def shot(self, shot_id: str) -> Locator:
        """The card or row of a shot."""
        return self.page.locator(f'[data-id="{shot_id}"]')

    def cell(self, shot_id: str, column: str) -> Locator:
        """A cell of a shot's row."""
        return self.shot(shot_id).locator(f'[data-column="{column}"]')

    def order(self) -> list[str]:
        """The ids of the shots that are drawn, in the order of their places."""
        return [str(one.get_attribute("data-id")) for one in self.page.locator("[data-id]").all()]

    def await_chosen(self, ids: set[str]) -> None:
        """Wait until exactly these of the drawn shots are selected; a change is drawn with the browser's next frame."""
        chosen = "[...document.querySelector('#host').shadowRoot.querySelectorAll('[data-id][aria-selected=true]')]"
        until(lambda: set(self.page.evaluate(f"{chosen}.map(one => one.dataset.id)")) == ids, seconds=10)

    def focused(self) -> str | None:
        """The id of the shot that has the focus."""
        return self.ask("activeElement?.closest('[data-id]')?.dataset.id ?? null")

    def ask(self, expression: str) -> Any:
        """What an expression of the board's own root is, such as ``querySelectorAll('*').length``."""
        return self.page.evaluate(f"document.querySelector('#host').shadowRoot.{expression}")

    def told(self) -> list[Any]:
        """What Python was told, by a message or by the address of the page."""
        return self.page.evaluate("window.told")

    def chosen(self, name: str) -> list[Any]:
        """What Python was told of "selected", "view" or "pass", in order."""
        return [value[name] for told, value in self.told() if told == "shown"]

    def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
