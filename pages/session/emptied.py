"""Boxes for files, which are empty again once what was put in is taken in. They know nothing of what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

_TAKEN = "files-taken"


def box_for_file(
    name: str,
    label: str,
    take_in: Callable[[UploadedFile], None],
    *,
    about: str | None = None,
    megabytes: int | None = None,
) -> None:
    """A box that takes one file and hands it to ``take_in`` once; ``name`` is its own on the page.

    ``about`` is said where one asks for it. Larger files than ``megabytes`` are refused by the browser; None is as many
    as the server lets through.
    """
    key = _key(name)
    args = (name, key, take_in)
    st.file_uploader(label, key=key, help=about, max_upload_size=megabytes, on_change=_one_put_in, args=args)


def box_for_files(
    name: str,
    label: str,
    take_in: Callable[[Sequence[UploadedFile]], None],
    *,
    about: str | None = None,
    megabytes: int | None = None,
) -> None:
    """As ``box_for_file``, for several files at once; ``take_in`` is called with all of them."""
    key = _key(name)
    st.file_uploader(
        label,
        accept_multiple_files=True,
        key=key,
        help=about,
        max_upload_size=megabytes,
        on_change=_several_put_in,
        args=(name, key, take_in),
    )


def _key(name: str) -> str:
    """The key of the box that is the next one to be filled."""
    return f"{name}-{st.session_state.setdefault(_turn(name), 0)}"


def _turn(name: str) -> str:
    return f"{name}-turn"


def _one_put_in(name: str, key: str, take_in: Callable[[UploadedFile], None]) -> None:
    uploaded = st.session_state[key]
    for file in _new(name, [] if uploaded is None else [uploaded]):
        take_in(file)


def _several_put_in(name: str, key: str, take_in: Callable[[Sequence[UploadedFile]], None]) -> None:
    if files := _new(name, st.session_state[key] or []):
        take_in(files)


def _new(name: str, uploaded: Sequence[UploadedFile]) -> list[UploadedFile]:
    """Those that were not taken in before; where there are any, the box is an empty one next time."""
    # A browser that has not drawn the empty box yet may hand in the same file once more.
    taken = st.session_state.setdefault(_TAKEN, set())
    new = [file for file in uploaded if file.file_id not in taken]
    if new:
        taken.update(file.file_id for file in new)
        st.session_state[_turn(name)] += 1
    return new
