"""Where weights are looked for and how they are fetched, as the settings say it: to be read, not changed here."""

from __future__ import annotations

import html
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from huggingface_hub import constants

from framepack.checkpoints.found_folders import FoundFolder, Kind, unused_folders, used_folders
from framepack.checkpoints.inventory import other_files
from framepack.errors import FramepackError
from framepack.fetching.hub import HubOptions
from pages.look.language import t
from pages.look.text import said, size_text
from pages.look.theme import told
from pages.session.database import settings
from pages.weights.standing import Model
from projects.settings import CHECKOUT


def hub_options() -> HubOptions | None:
    """How the hub is reached; None where the settings cannot be used, which ``places`` says."""
    try:
        return HubOptions.from_environment(os.environ)
    except FramepackError:
        return None


def places(models: list[Model]) -> None:
    """The folders, the settings, and the files that are something else."""
    _title(t("Where weights lie"))
    folder = settings().engine.models
    used = used_folders([one.state for one in models], folder)
    rows = [(str(one.path), _kind(one.kind), size_text(one.nbytes)) for one in used]
    if rows:
        st.html(_table(rows))
    else:
        told(t("No folder of this computer has weights of a published model yet."), "quiet")
    for one in unused_folders([Path.home(), CHECKOUT.parent], folder):
        _unused(one)
    _title(t("How they are fetched"))
    _settings(folder)
    others = other_files(folder)
    if others:
        _title(t("Other files in the folder"))
        lines = "".join(
            f'<li><span class="fs-path">{html.escape(str(one.path))}</span>: {html.escape(said(one.message))}</li>'
            for one in others
        )
        st.html(f'<ul class="fs-list">{lines}</ul>')


def _settings(folder: Path | None) -> None:
    try:
        hub = HubOptions.from_environment(os.environ)
    except FramepackError as wrong:
        told(said(wrong.message), "bad")
        return
    into = folder or Path(constants.HF_HUB_CACHE)
    there = next(place for place in (into, *into.parents) if place.exists())
    free = t("{size} free").format(size=size_text(shutil.disk_usage(there).free))
    offline = t("offline: nothing is fetched or asked for") if hub.offline else t("allowed")
    rows = [
        (t("Into the folder"), str(into), "STUDIO_MODELS"),
        (t("Room there"), free, ""),
        (t("From"), _without_secrets(hub.endpoint or constants.ENDPOINT), "STUDIO_HUB_ENDPOINT"),
        (t("Through a proxy"), _without_secrets(hub.proxy) if hub.proxy else t("as the system says"), "STUDIO_PROXY"),
        (t("Downloads"), offline, "STUDIO_OFFLINE"),
    ]
    st.html(_table(rows))
    st.html(
        '<div class="fs-soft">'
        + html.escape(t("The names at the right are the environment variables that set this before the studio starts."))
        + "</div>"
    )


def _unused(one: FoundFolder) -> None:
    told(
        t(
            "{path} may have weights, too, and is not used. To use it, start the studio with STUDIO_MODELS={path}."
        ).format(path=one.path),
        "quiet",
    )


def _kind(kind: Kind) -> str:
    kinds: dict[Kind, str] = {
        "cache": t("The Hugging Face hub's cache"),
        "hf_download": t("FramePack's downloads"),
        "single": t("Single files, as ComfyUI keeps them"),
        "plain": t("A folder for each repository"),
    }
    return kinds[kind]


def _without_secrets(address: str) -> str:
    """``address`` without a name and password in it."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _title(text: str) -> None:
    st.html(f'<h2 class="fs-name">{html.escape(text)}</h2>')


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines = "".join(
        f'<tr><th scope="row" class="fs-path">{html.escape(first)}</th><td class="fs-path">{html.escape(second)}</td>'
        f'<td class="fs-right">{html.escape(third)}</td></tr>'
        for first, second, third in rows
    )
    return f'<table class="fs-facts fs-places">{lines}</table>'
