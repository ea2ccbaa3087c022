"""``python -m projects people``: the secret that a provider gave the studio, and whose projects are."""

from __future__ import annotations

import argparse
import getpass
import sys

from framepack.messages import Message
from projects.database.opening import database_session
from projects.door.people import set_client_secret
from projects.errors import StudioError
from projects.settings import StudioSettings
from projects.storyboard.finding import project_named
from projects.storyboard.projects import hand_project


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("secret", help="keep the secret that the provider gave the studio; it is typed, and not shown")
    giving = verbs.add_parser("give", help="have a project be a person's, or the keeper's again")
    giving.add_argument("project", metavar="NAME|ID")
    giving.add_argument("person", nargs="?", default="", metavar="E-MAIL", help="without one it is the keeper's")


def look_after(settings: StudioSettings, asked: argparse.Namespace) -> None:
    """Carry one verb out. Raises StudioError."""
    if asked.verb == "secret":
        if not sys.stdin.isatty():
            raise StudioError(Message("password-no-terminal"))
        set_client_secret(settings, getpass.getpass("Secret: "))
        return
    with database_session(settings) as session:
        project = project_named(session=session, wanted=asked.project)
        hand_project(session=session, project_id=project.id, person=asked.person)
        session.commit()
