"""The download of one checkpoint on the page of the models: begun, watched, called off, gone on with.

The work itself is a process of the studio's; any number of pages may look at it and be closed meanwhile.
"""

from __future__ import annotations

import html

import streamlit as st

from framepack.fetching.progress import FileProgress
from pages.look.language import number_text, t
from pages.look.text import said, size_text, wait_text
from pages.look.theme import told
from pages.session.downloading import downloads
from pages.session.state import do
from pages.session.viewers import look_every
from pages.weights.places import hub_options
from pages.weights.standing import Model
from projects.fetching.record import Download

EVERY_SECONDS = 0.8
# Another page may have it fetched.
EVERY_SECONDS_AT_REST = 4.0


def fetching(model: Model) -> None:
    """The buttons and, while it is fetched, how far each file is."""
    drawn = _status(model.download)
    seconds = EVERY_SECONDS if drawn == "working" else EVERY_SECONDS_AT_REST
    st.fragment(_look, run_every=look_every(seconds))(model, drawn)


def about_text(size: int) -> str:
    """A size that nobody knows to the byte: ``42.4 GB``."""
    return f"{number_text(size / 1e9, 1)} GB" if size >= 1e9 else size_text(size)


def _look(model: Model, drawn: str | None) -> None:
    download = downloads().state(model.name)
    if _status(download) != drawn:
        st.rerun()
    if download is not None and download.status == "working":
        _under_way(model.name, download)
    elif not model.state.complete:
        _ended(download)
        _offer(model, download)


def _status(download: Download | None) -> str | None:
    return download.status if download is not None else None


def _under_way(name: str, download: Download) -> None:
    at = download.current
    if at is None:
        st.progress(0.0, text=t("Asking what there is to fetch…"))
    else:
        st.progress(_share(at.all_received, at.all_size), text=_altogether(download, at))
        st.html(_files(download, at))
    st.button(
        t("Call off"),
        key=f"cancel-{name}",
        icon=":material/close:",
        on_click=do,
        args=(lambda _: downloads().cancel(name),),
    )


def _altogether(download: Download, at: FileProgress) -> str:
    figures = [t("{received} of {size}").format(received=size_text(at.all_received), size=size_text(at.all_size))]
    if at.speed:
        figures.append(t("{size} a second").format(size=size_text(round(at.speed))))
    if download.seconds_left is not None:
        figures.append(t("{time} left").format(time=wait_text(download.seconds_left)))
    return " · ".join(figures)


def _files(download: Download, at: FileProgress) -> str:
    done = "".join(_file(one.repository, one.file, size_text(one.size), 1.0) for one in download.finished)
    if at.received < at.size:
        state = t("{received} of {size}").format(received=size_text(at.received), size=size_text(at.size))
    else:
        state = t("{size}, being checked").format(size=size_text(at.size))
    return f'<ul class="fs-files">{done}{_file(at.repository, at.file, state, _share(at.received, at.size))}</ul>'


def _file(repository: str, file: str, state: str, share: float) -> str:
    mark = '<span aria-hidden="true">✓</span> ' if share >= 1 else ""
    return (
        f'<li><span class="fs-path" title="{html.escape(repository)}">{html.escape(file)}</span>'
        f"<span>{mark}{html.escape(state)}</span>"
        f'<progress max="1" value="{share:.4f}" aria-label="{html.escape(file)}"></progress></li>'
    )


def _ended(download: Download | None) -> None:
    """How it ended, where it did not end well."""
    if download is None:
        return
    if download.status == "failed" and download.problem is not None:
        told(said(download.problem), "bad")
    elif download.status == "interrupted":
        told(t("The download was interrupted when the studio ended. What has arrived is kept."), "warn")
    elif download.status == "cancelled":
        told(t("The download was called off. What has arrived is kept."), "quiet")


def _offer(model: Model, download: Download | None) -> None:
    options = hub_options()
    offline = options is not None and options.offline
    if offline:
        told(t("Nothing is fetched, as STUDIO_OFFLINE says."), "quiet")
    begun = download is not None and download.status != "done" and download.current is not None
    size = about_text(model.state.missing_bytes)
    label = t("Go on with the download") if begun else t("Download (about {size})").format(size=size)
    st.button(
        label,
        key=f"fetch-{model.name}",
        icon=":material/download:",
        type="primary" if model.name == "f1" else "secondary",
        disabled=offline or options is None,
        on_click=do,
        args=(lambda _: downloads().start(model.name),),
    )


def _share(received: int, size: int) -> float:
    return min(1.0, received / size) if size else 1.0
