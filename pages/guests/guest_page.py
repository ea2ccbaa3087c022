"""The page that a link leads to: a project to look at, shot by shot, and notes. It has no script."""

from __future__ import annotations

import html
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from framepack.messages import Message
from pages.look.language import t, tn
from pages.look.text import said, seconds_text, when_text
from pages.serving.plain_page import plain_page, told_in_plain
from projects.database.tables import GuestNote, now
from projects.guests.links import LOOK, MAX_NAME_CHARACTERS
from projects.guests.notes import MAX_TEXT_CHARACTERS
from projects.guests.shown import Shown, ShownShot

# More on one page would have a browser ask for all their pictures at once.
PAGE_SHOTS = 50
_STYLE = Path(__file__).with_name("guest_page.css")
_HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex"}


@dataclass(frozen=True)
class Unkept:
    """A note that could not be kept: on which shot (None: on the whole), what was typed, and why."""

    shot_id: str | None
    author: str
    text: str
    why: Message


@dataclass(frozen=True)
class Seen:
    """What a guest sees who came by the ``word`` of a link: the shots from ``first`` on, counted from 0."""

    word: str
    shown: Shown
    notes: tuple[GuestNote, ...]
    may_note: bool
    first: int
    author: str
    unkept: Unkept | None


def page_address(word: str, first: int = 0, place: str | None = None) -> str:
    """Where the page is that begins with a shot, at a ``place`` of it."""
    begins = f"?from={first}" if first else ""
    return f"{LOOK}{urllib.parse.quote(word, safe='')}{begins}" + (f"#{urllib.parse.quote(place)}" if place else "")


def guest_page(seen: Seen) -> Response:
    """The page, as an answer."""
    project, shots = seen.shown.project, seen.shown.shots
    part = shots[seen.first : seen.first + PAGE_SHOTS]
    seconds = seconds_text(sum(_seconds(shot) for shot in shots))
    facts = f"{tn('{n} shot', '{n} shots', len(shots))} · {seconds}"
    body = [
        f'<p class="quiet">{html.escape(t("FramePack studio"))}</p>',
        f"<h1>{html.escape(project.name)}</h1>",
        f'<p class="quiet">{html.escape(facts)}</p>',
        _unplaced(seen, part),
        _film(seen),
        _noted(seen, None),
    ]
    if not shots:
        body.append(f'<p class="empty">{html.escape(t("There are no shots yet."))}</p>')
    body += [_shot(seen, shot) for shot in part]
    body.append(_parts(seen))
    return _page(project.name, "".join(body), 400 if seen.unkept else 200)


def no_page(sentence: str, status: int) -> Response:
    """Why there is nothing to see, as an answer."""
    return _page(t("Nothing to see"), f"<h1>{html.escape(t('Nothing to see'))}</h1>{told_in_plain(sentence)}", status)


def _film(seen: Seen) -> str:
    film = seen.shown.film
    if film is None:
        return f'<p class="quiet">{html.escape(t("There is no film yet: these are its shots."))}</p>'
    address = f"{page_address(seen.word)}/film/{film.id}"
    label = html.escape(t("The film"))
    shape = f"{film.width} / {film.height}" if film.width and film.height else "16 / 9"
    return (
        f'<section id="film"><video controls playsinline preload="metadata" style="--shape:{shape}" '
        f'aria-label="{label}" src="{html.escape(address)}"></video></section>'
    )


def _shot(seen: Seen, shown: ShownShot) -> str:
    shot = shown.shot
    words = "".join(
        f'<p class="{kind}">{_lines(text)}</p>' for kind, text in (("", shot.prompt), ("says", shot.dialogue)) if text
    )
    name = f" {html.escape(shot.name)}" if shot.name else ""
    facts = f'<span class="quiet">{html.escape(seconds_text(_seconds(shown)))}</span>'
    return (
        f'<section class="shot" id="{shot.id}">{_frame(seen, shown)}<div>'
        f"<h2>{html.escape(shot.label)}{name} {facts}</h2>{words}{_noted(seen, shot.id)}</div></section>"
    )


def _frame(seen: Seen, shown: ShownShot) -> str:
    here, label = page_address(seen.word), html.escape(shown.shot.label)
    if shown.take is not None:
        take = shown.take
        still = html.escape(f"{here}/stills/{take.id}")
        return (
            f'<video controls playsinline preload="none" style="--shape:{take.width} / {take.height}" '
            f'aria-label="{label}" poster="{still}" src="{html.escape(f"{here}/takes/{take.id}")}"></video>'
        )
    if shown.picture_id is not None:
        picture, alt = f"{here}/pictures/{shown.picture_id}", t("The picture of {shot}").format(shot=shown.shot.label)
        return f'<img loading="lazy" alt="{html.escape(alt)}" src="{html.escape(picture)}">'
    return f'<div class="none">{html.escape(t("Not rendered"))}</div>'


def _noted(seen: Seen, shot_id: str | None) -> str:
    """What is noted on a shot, or on the whole, and the form for more."""
    notes = "".join(_note(note) for note in seen.notes if note.shot_id == shot_id)
    listed = f'<ul class="notes">{notes}</ul>' if notes else ""
    return listed + (_form(seen, shot_id) if seen.may_note else "")


def _note(note: GuestNote) -> str:
    who = f"{note.author or t('A guest')} · {when_text(note.created_at, now())}"
    return f'<li><p>{_lines(note.text)}</p><p class="quiet">{html.escape(who)}</p></li>'


def _form(seen: Seen, shot_id: str | None) -> str:
    unkept = seen.unkept if seen.unkept is not None and seen.unkept.shot_id == shot_id else None
    id = shot_id or "whole"
    author, text = (unkept.author, unkept.text) if unkept else (seen.author, "")
    label = t("Write a note") if shot_id else t("Write a note on the whole")
    return (
        f"<details{' open' if unkept else ''}><summary>{html.escape(label)}</summary>"
        f'<form method="post" action="{html.escape(page_address(seen.word))}/notes">'
        f'<input type="hidden" name="shot" value="{html.escape(shot_id or "")}">'
        f'<input type="hidden" name="from" value="{seen.first}">'
        f'<label for="author-{id}">{html.escape(t("Your name"))}</label>'
        f'<input id="author-{id}" name="author" maxlength="{MAX_NAME_CHARACTERS}" autocomplete="name" '
        f'value="{html.escape(author)}">'
        f'<label for="text-{id}">{html.escape(t("Note"))}</label>'
        f'<textarea id="text-{id}" name="text" rows="3" maxlength="{MAX_TEXT_CHARACTERS}" required>'
        f"{html.escape(text)}</textarea>{told_in_plain(said(unkept.why)) if unkept else ''}"
        f"<button>{html.escape(t('Send the note'))}</button></form></details>"
    )


def _unplaced(seen: Seen, part: Sequence[ShownShot]) -> str:
    """Why a note could not be kept that has no form on this page: nothing may be noted, or its shot is gone."""
    unkept = seen.unkept
    if unkept is None or (seen.may_note and unkept.shot_id in {None, *(shown.shot.id for shown in part)}):
        return ""
    return f"{told_in_plain(said(unkept.why))}<p>{_lines(unkept.text)}</p>"


def _parts(seen: Seen) -> str:
    """The ways to the other parts of a long board."""
    count = len(seen.shown.shots)
    if count <= PAGE_SHOTS:
        return ""
    links = []
    for first in range(0, count, PAGE_SHOTS):
        span = f"{first + 1}–{min(first + PAGE_SHOTS, count)}"
        here = ' aria-current="page"' if first == seen.first else ""
        links.append(f'<a href="{html.escape(page_address(seen.word, first))}"{here}>{span}</a>')
    return f'<nav aria-label="{html.escape(t("Shots"))}">{" ".join(links)}</nav>'


def _seconds(shown: ShownShot) -> float:
    return shown.shot.seconds if shown.take is None else shown.take.frames / shown.take.fps


def _lines(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _page(title: str, body: str, status: int) -> Response:
    return plain_page(title, body, style=_STYLE, status=status, headers=_HEADERS)
