"""What goes wrong while a page is drawn or a button is pressed, as one sentence on the page. The log has the rest."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import streamlit as st

from framepack.messages import Message
from pages.look.language import t
from pages.look.text import said
from pages.look.theme import told
from projects.failures import foreseen, message_for

_log = logging.getLogger(__name__)


def fault_message(error: Exception) -> Message:
    """What to say of ``error``; what nobody foresaw is written to the log."""
    if foreseen(error) or isinstance(error, OSError):
        return message_for(error)
    _log.error("Something unforeseen happened.", exc_info=error)
    return Message("page-unforeseen", {"kind": type(error).__name__})


def tell_fault(error: Exception) -> bool:
    """Say on the page what went wrong. True, so that Streamlit shows nothing of its own."""
    told(said(fault_message(error)), "bad")
    return True


@contextlib.contextmanager
def faults_told() -> Iterator[None]:
    """Draw a page; where it cannot be drawn to its end, say why and offer to try again."""
    try:
        yield
    except Exception as error:
        tell_fault(error)
        st.button(t("Try again"), key="try-again", icon=":material/refresh:")
