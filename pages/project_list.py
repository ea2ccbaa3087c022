"""The page of all projects: find, open and begin one, and what can be done with each."""

import html

import streamlit as st

from pages.board.project_state import ProjectState, states_of
from pages.look.language import number_text, t
from pages.look.theme import masthead
from pages.parts.new_project import by_name, from_files, go_on
from pages.parts.project_card import project_card
from pages.parts.upkeep import upkeep
from pages.session.database import session
from pages.session.state import show_notices
from pages.session.viewers import look_every
from projects.storyboard.reading import Listing, ProjectSummary, find_projects

# So many cards are drawn at first, and so many more each time.
AT_ONCE = 24
EVERY_SECONDS = 2.0
# As long as the page judges projects before it draws what it has.
PATIENCE_SECONDS = 0.25


def head(listing: Listing) -> None:
    """The title, the ways to find a project, and those to begin one."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="head"):
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="medium", key="finding"):
            counted = f'<span class="fs-count">{number_text(listing.all)}</span>' if listing.all else ""
            title = f'<h1 class="fs-title">{html.escape(t("Projects"))}</h1>'
            st.html(f'<div class="fs-titled">{title}{counted}</div>', width="content")
            if listing.all > 1 or listing.archived:
                finding(listing)
        with st.container(horizontal=True, vertical_alignment="bottom", width="content", key="begin"):
            by_name()
            if listing.all:
                with st.popover(t("From pictures or text"), icon=":material/add_photo_alternate:", key="from-files"):
                    from_files()


def finding(listing: Listing) -> None:
    """The box of words to look for, and the switch of the archive where there is something in it."""
    st.text_input(
        t("Find projects by name"),
        key="find",
        type="search",
        live=True,
        placeholder=t("Find by name"),
        label_visibility="collapsed",
        width=220,
        on_change=from_the_top,
    )
    if listing.archived:
        label = t("Show archived ({n})").format(n=number_text(listing.archived))
        st.toggle(label, key="with-archived", on_change=from_the_top)


def from_the_top() -> None:
    """The callback of both: another list begins at its beginning."""
    st.session_state["shown"] = AT_ONCE


def show_more() -> None:
    """The callback of the button below the cards."""
    st.session_state["shown"] = st.session_state.get("shown", AT_ONCE) + AT_ONCE


def show_all() -> None:
    """The callback where nothing was found: no words any more."""
    st.session_state["find"] = ""
    from_the_top()


def first_steps() -> None:
    """What to do where there is no project yet, in three steps, and the boxes for the first."""
    steps = (
        (
            t("Begin a project"),
            t("Give it a name above and press Enter, or put in pictures or a text below: each becomes a shot."),
        ),
        (t("Say what happens"), t("A sentence for each shot, how long it lasts, and how it starts. All is kept.")),
        (t("Render and watch"), t("The draft is quick and runs on any computer. Then join the shots to a film.")),
    )
    told = "".join(f"<li><b>{html.escape(title)}</b><span>{html.escape(text)}</span></li>" for title, text in steps)
    with st.container(key="first-steps"):
        st.html(f'<h2 class="fs-empty-title">{html.escape(t("No projects yet"))}</h2><ol class="fs-steps">{told}</ol>')
        from_files()


def nothing_found(listing: Listing) -> None:
    """Say that no project is as asked for."""
    words = st.session_state.get("find", "").strip()
    title = t("No project is called “{words}”").format(words=words) if words else t("All projects are in the archive")
    with st.container(key="nothing-found", horizontal_alignment="center"):
        st.html(f'<div class="fs-empty-title">{html.escape(title)}</div>')
        if words and listing.archived and not st.session_state.get("with-archived"):
            st.html(f'<div class="fs-soft">{html.escape(t("Those in the archive were not looked at."))}</div>')
        if words:
            st.button(t("Show all projects"), key="show-all", on_click=show_all)


def cards(shown: tuple[ProjectSummary, ...], states: dict[str, ProjectState]) -> None:
    """The projects, and a look now and then at those whose state may change by itself."""
    with st.container(key="cards"):
        for summary in shown:
            project_card(summary, states.get(summary.project.id))
    if any(summary.project.id not in states for summary in shown):
        st.fragment(look_again, run_every=0.1)(shown, states)
    elif not all(state.settled for state in states.values()):
        st.fragment(look_again, run_every=look_every(EVERY_SECONDS))(shown, states)


def look_again(shown: tuple[ProjectSummary, ...], drawn: dict[str, ProjectState]) -> None:
    """Draw the page afresh where one of ``shown`` is doing otherwise than was ``drawn``."""
    with session() as opened:
        states = states_of(opened, [summary.project for summary in shown], patience=PATIENCE_SECONDS)
    if states != drawn:
        st.rerun()


go_on()
most = st.session_state.get("shown", AT_ONCE)
with session() as opened:
    listing = find_projects(
        session=opened,
        words=st.session_state.get("find", ""),
        archived=st.session_state.get("with-archived", False),
        most=most,
    )
    states = states_of(opened, [summary.project for summary in listing.projects], patience=PATIENCE_SECONDS)

masthead(project_id=None, here="projects")
show_notices("projects")
head(listing)
if not listing.all:
    first_steps()
else:
    if listing.projects:
        cards(listing.projects, states)
    else:
        nothing_found(listing)
    if listing.found > most:
        with st.container(key="more", horizontal_alignment="center"):
            label = t("Show more ({n} left)").format(n=number_text(listing.found - most))
            st.button(label, key="show-more", icon=":material/expand_more:", on_click=show_more)
upkeep()
