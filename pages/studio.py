"""The router: the table of pages, and what every page shares. It draws nothing of its own."""

from pathlib import Path

import streamlit as st

from pages.inspector.keeper import keep_saving
from pages.look.language import follow_reader, t
from pages.look.theme import style
from pages.session.faults import faults_told

follow_reader()
st.set_page_config(
    page_title=t("FramePack studio"), page_icon=str(Path(__file__).parent / "look" / "icon.svg"), layout="wide"
)
page = st.navigation(
    [
        st.Page("project_list.py", title=t("Projects"), url_path="projects", default=True),
        st.Page("storyboard.py", title=t("Storyboard"), url_path="storyboard"),
        st.Page("film.py", title=t("Film"), url_path="film"),
        st.Page("lora_library.py", title=t("LoRAs"), url_path="loras"),
        st.Page("queue.py", title=t("Queue"), url_path="queue"),
        st.Page("models.py", title=t("Models"), url_path="models"),
    ],
    position="hidden",
)
style()
with faults_told():
    page.run()
    if page.url_path != "storyboard":
        # What was typed on the storyboard and has not reached the studio yet is sent from any page.
        keep_saving(api="/api")
