"""The storyboard as documents on the page of the film: which one, what it is to be like, and the link to it."""

from __future__ import annotations

import html

import streamlit as st

from pages.look.language import language, t
from pages.serving.documents import DocumentKind, Wanted, document_url
from projects.database.tables import Edition, Pass
from projects.documents.storyboard_pdf import MOST_PANELS, PAPERS, Page, Paper


def documents_section(project_id: str, edition: Edition | None, made_for: Pass) -> None:
    """The boxes, and the link that has the document made and downloaded."""
    kinds: dict[DocumentKind, str] = {
        "pdf": t("Storyboard on paper (PDF)"),
        "sheet": t("Contact sheet (PDF)"),
        "csv": t("Shot list (CSV)"),
        "xlsx": t("Shot list (XLSX)"),
        "stills": t("Stills (ZIP of PNG)"),
        "gif": t("Animatic (GIF)"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", key="documents"):
        kind = st.selectbox(t("Document"), list(kinds), format_func=kinds.__getitem__, key="document-kind", width=280)
        wanted = _settings(kind)
        address = document_url(
            project_id, wanted, edition=edition.id if edition else None, made_for=made_for, lang=language().code
        )
        label = html.escape(t("Download"))
        st.html(f'<a class="fs-download" href="{html.escape(address)}">{label}</a>', width="content")
    st.caption(_note(kind))


def _settings(kind: DocumentKind) -> Wanted:
    """What else a document of a kind is to be like."""
    usual = Page()
    paper: Paper = usual.paper
    upright, panels, pictures = False, usual.panels, False
    if kind in ("pdf", "sheet"):
        paper = st.selectbox(t("Paper"), list(PAPERS), key="document-paper", width=120)
        ways = {False: t("Landscape"), True: t("Portrait")}
        upright = st.selectbox(t("Stands"), list(ways), format_func=ways.__getitem__, key="document-upright", width=150)
    if kind == "pdf":
        panels = st.number_input(t("Shots on a page"), 1, MOST_PANELS, usual.panels, key="document-panels", width=150)
    if kind == "xlsx":
        pictures = st.checkbox(t("With small pictures"), key="document-pictures")
    return Wanted(kind, Page(paper, landscape=not upright, panels=panels), pictures)


def _note(kind: DocumentKind) -> str:
    return {
        "pdf": t("Of each shot its picture, number, prompt, dialogue, notes and length."),
        "sheet": t("Many pictures a page, each with number, name and length."),
        "csv": t("A table for any spreadsheet; it can be brought in again as a project."),
        "xlsx": t("A workbook for spreadsheets; it can be brought in again as a project."),
        "stills": t("A picture of each shot at the size of the film."),
        "gif": t("A picture of each shot for as long as the film shows it."),
    }[kind]
