"""The page of the queue: everything that is ordered, over all projects, and who works at it."""

import html

import streamlit as st

from pages.look.language import language, t, words
from pages.look.theme import masthead
from pages.orders.list import order_list
from pages.orders.words import ENGLISH
from pages.parts.report import report_problem
from pages.session.database import for_keeper
from pages.session.state import keepers_part, show_notices

masthead(project_id=st.session_state.get("project"), here="queue")
show_notices("queue")
st.html(f'<h1 class="fs-title">{html.escape(t("Queue"))}</h1>')
order_list(words=words("orders", ENGLISH), lang=language().tag, keeper=for_keeper(), key="orders")
if keepers_part():
    report_problem()
