"""``python -m projects guests``: the links by which others look at a project, and what they noted."""

from __future__ import annotations

import argparse
import json
from typing import Any

from sqlmodel import Session

from projects.database.opening import database_session
from projects.database.tables import GuestLink, GuestNote
from projects.guests.links import LOOK, NewLink, bring_link_back, end_link, links_of, make_link
from projects.guests.notes import all_notes_of, note_done, note_open, notes_of
from projects.names import shown_name
from projects.serving.steering import url_of_the_studio
from projects.settings import StudioSettings
from projects.storyboard.finding import project_named
from projects.storyboard.reading import shots_of


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.set_defaults(project=None, id=None, json=False)
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="list the links to a project, or to all")
    sharing = verbs.add_parser("share", help="make a link to a project, and print it this once")
    noting = verbs.add_parser("notes", help="list what guests noted on a project")
    for one, number in ((listing, "?"), (sharing, None), (noting, None)):
        one.add_argument("project", nargs=number, metavar="NAME|ID")
        one.add_argument("--json", action="store_true", help="print one line of JSON")
    sharing.add_argument("--for", dest="name", default="", metavar="WHOM")
    sharing.add_argument("--days", type=int, default=7, metavar="7|30", help="how long it leads in (7)")
    sharing.add_argument("--until-ended", dest="days", action="store_const", const=None)
    sharing.add_argument("--no-notes", action="store_true", help="they write none")
    sharing.add_argument("--port", type=int, metavar="N", help="where the studio runs (the one that does)")
    noting.add_argument("--all", action="store_true", help="what is done, too")
    for verb, said in (("end", "have a link lead nowhere"), ("done", "list a note no longer")):
        one = verbs.add_parser(verb, help=said)
        one.add_argument("id", metavar="ID")
        one.add_argument("--undo", action="store_true", help="take that back")


def attend(settings: StudioSettings, asked: argparse.Namespace) -> None:
    """Carry one verb out. Raises StudioError."""
    with database_session(settings) as session:
        told = _carried_out(session, settings, asked)
        session.commit()
    if asked.json:
        print(json.dumps(told[0] if asked.verb == "share" else told, ensure_ascii=False))
        return
    for row in told:
        print(_line(row))


def _carried_out(session: Session, settings: StudioSettings, asked: argparse.Namespace) -> list[dict[str, Any]]:
    id = asked.id if asked.project is None else project_named(session=session, wanted=asked.project).id
    match asked.verb:
        case "list":
            return [_plain(link) for link in links_of(session=session, project_id=id)]
        case "share":
            wanted = NewLink(asked.name, asked.days, may_note=not asked.no_notes)
            link, word = make_link(session=session, project_id=id, wanted=wanted)
            return [_plain(link) | {"url": f"{url_of_the_studio(settings, asked.port)}{LOOK}{word}"}]
        case "notes":
            labels = {shot.id: shot.label for shot in shots_of(session=session, project_id=id)}
            notes = (all_notes_of if asked.all else notes_of)(session=session, project_id=id)
            return [_plain(note) | {"shot": labels.get(note.shot_id or "")} for note in notes]
        case "end":
            (bring_link_back if asked.undo else end_link)(session=session, link_id=id)
        case "done":
            (note_open if asked.undo else note_done)(session=session, note_id=id)
    return []


def _plain(row: GuestLink | GuestNote) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude={"word_hash"})


def _line(row: dict[str, Any]) -> str:
    if "text" in row:
        # Without what would steer the terminal.
        text = f"{row['shot'] or 'the whole'}  {row['author'] or 'a guest'}: {shown_name(row['text'])}"
        return f"{row['id']}  {'done  ' if row['done_at'] else ''}{text}"
    may, ends, used = "with" if row["may_note"] else "no", row["ends_at"] or "ended", row["used_at"] or "never"
    line = f"{row['id']}  {may} notes  until {ends[:10]}  used {used[:10]}  {row['project_id']}  {row['name']}"
    return f"{line}\n{row['url']}\nIt is shown only once; others need a shared studio." if "url" in row else line
