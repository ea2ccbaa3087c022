"""A small app with single components on it, under the studio's own rules for browsers. Tests of components start it."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from pages.serving.clicks import carry_out_every_click
from pages.serving.guard import GuardHeaders, OwnOriginOnly
from tests.support.fake_shots import fake_routes


def _file(request: Request) -> FileResponse:
    """A file that the test has put into the harness' folder."""
    file = Path(os.environ["HARNESS_FILES"]) / Path(request.path_params["name"]).name
    return FileResponse(file, headers={"Cache-Control": "no-cache"})  # the next test's may have the same name


carry_out_every_click()
app = st.App(
    "harness_pages.py",
    routes=[*fake_routes(), Route("/files/{name}", _file)],
    middleware=[Middleware(GuardHeaders), Middleware(OwnOriginOnly)],
)
