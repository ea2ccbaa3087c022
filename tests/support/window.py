"""A window of a real browser that many tests use one after the other. It knows no studio.

What a browser has read and compiled of scripts, which are the same ones for all tests of a server, stays with it, which
is most of what opening a page costs. What a page can keep, it forgets.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Frame, Page

KEPT = "local_storage,indexeddb,websql,cache_storage,service_workers,file_systems,shared_storage,storage_buckets"


class Window:
    """A window 1280 pixels wide. It has an empty tab that stays, so that it can be told to forget.

    A clock that is stopped in it cannot be set going again: a test that does so opens one of its own.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._stays = context.new_page()
        self._seen: set[str] = set()
        context.on("page", lambda page: page.on("framenavigated", self._note))

    def _note(self, frame: Frame) -> None:
        at = urlsplit(frame.url)
        if at.scheme in ("http", "https"):
            self._seen.add(f"{at.scheme}://{at.netloc}")

    def new_page(self) -> Page:
        return self._context.new_page()

    def forget(self) -> None:
        """Close all pages, and forget whatever they kept: cookies, texts, permissions."""
        for page in self._context.pages:
            if page is not self._stays:
                page.close()
        self._context.set_offline(False)
        self._context.clear_permissions()
        self._context.clear_cookies()
        told = self._context.new_cdp_session(self._stays)
        for origin in self._seen:
            told.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": KEPT})
        told.detach()
        self._seen.clear()


@contextlib.contextmanager
def opened_window(browser: Browser) -> Iterator[Window]:
    """A window, to be closed at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(60_000)
    yield Window(context)
    context.close()
