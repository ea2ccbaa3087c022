"""The report of one order, beside why it failed."""

from __future__ import annotations

import html
import urllib.parse

import streamlit as st

from pages.look.language import t
from pages.serving.files import REPORT
from pages.session.database import for_keeper


def report_link(order_id: str) -> None:
    """Beside why an order failed: its report, with what the logs say of it, and without prompts, names and pictures."""
    if not for_keeper():
        return
    label = html.escape(t("Download a report"))
    hint = html.escape(t("For whoever looks for the fault: what the logs say of this; no prompts, names or pictures."))
    address = html.escape(f"{REPORT}?{urllib.parse.urlencode({'order': order_id})}")
    st.html(f'<a class="fs-soft" href="{address}" title="{hint}" download>{label}</a>')
