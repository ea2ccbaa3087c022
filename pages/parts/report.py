"""A problem reported: what a report has in it, what else it may have, and the link that downloads it."""

from __future__ import annotations

import html
import urllib.parse

import streamlit as st

from pages.look.language import t
from pages.serving.files import REPORT


def report_problem() -> None:
    """The button that opens the choice, and the choice."""
    with st.popover(t("Report a problem"), icon=":material/bug_report:", key="report"):
        about = t("A file for whoever looks for the fault. It is downloaded; nothing is sent anywhere.")
        st.html(f"<p>{html.escape(about)}</p>")
        contents = (
            t("What the doctor says of this studio and its computer"),
            t("Versions of the system and of packages, and the graphics cards"),
            t("Orders, takes and films: their states, times and problems, by number"),
            t("The ends of logs"),
        )
        st.html(f"<ul>{''.join(f'<li>{html.escape(one)}</li>' for one in contents)}</ul>")
        prompts = st.checkbox(t("With prompts, and names of projects and shots"), key="report-prompts")
        pictures = st.checkbox(t("With the pictures of shots"), key="report-pictures")
        asked = urllib.parse.urlencode({"prompts": str(prompts).lower(), "pictures": str(pictures).lower()})
        label = html.escape(t("Download the report"))
        st.html(f'<a class="fs-download" href="{html.escape(f"{REPORT}?{asked}")}" download>{label}</a>')
        st.caption(t("Passwords, keys, and names and paths of files are never in it."))
