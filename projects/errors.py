"""The studio's errors: each is a message, an id with values. None knows who will show it, or in which language."""

from __future__ import annotations

from collections.abc import Mapping

from framepack.messages import Message, as_message, worded
from projects.english import ENGLISH


class StudioError(Exception):
    """Base of everything the domain raises on purpose; ``message`` says what it is about.

    Its text is the message in English, for logs and tests; whoever shows it to a person words it there.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return worded(self.message, ENGLISH)


class NotFound(StudioError):
    """There is no such thing (any more)."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(Message("not-found", {"kind": kind, "id": id}))
        self.kind = kind
        self.id = id


class StoryboardProblem(StudioError):
    """The storyboard does not allow what was asked."""


class ChangedMeanwhile(StudioError):
    """Somebody else changed the same meanwhile: ``theirs`` are the fields' values now, at ``version``."""

    def __init__(self, theirs: Mapping[str, object], version: int) -> None:
        super().__init__(Message("changed-meanwhile"))
        self.theirs = theirs
        self.version = version


class StoryboardFileProblem(StudioError):
    """A storyboard file cannot be read as one; ``where`` names the file, and the shot where there is one."""

    def __init__(self, where: str, reason: Message | str) -> None:
        super().__init__(Message("storyboard-file", {"where": where, "reason": as_message(reason)}))
        self.where = where


class TimelineFileProblem(StudioError):
    """A timeline of an editing program cannot be read; ``where`` names the file."""

    def __init__(self, where: str, reason: Message) -> None:
        super().__init__(Message("storyboard-file", {"where": where, "reason": reason}))
        self.where = where


class ArchiveProblem(StudioError):
    """An archive of a project cannot be opened, or not be written; ``reason`` says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(Message("archive-problem", {"reason": reason}))
        self.reason = reason


class BackupProblem(StudioError):
    """The studio cannot be saved to a folder, or not be put back from one."""


class StoryRefused(StudioError):
    """What a file says of what made it cannot be used; ``name`` is the file's."""

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__(Message("story-refused", {"name": name, "reason": reason}))
        self.name = name


class DatabaseTooNew(StudioError):
    """The database was written by a newer version of the program."""

    def __init__(self, database: str, revision: str) -> None:
        super().__init__(Message("database-too-new", {"database": database, "revision": revision}))
        self.database = database
        self.revision = revision


class DatabaseUnusable(StudioError):
    """The database cannot be used as it is now; ``help`` says what to do."""

    def __init__(self, database: str, problem: Message, help: Message) -> None:
        super().__init__(Message("database-unusable", {"database": database, "problem": problem, "help": help}))
        self.database = database


class WeightsChanged(StudioError):
    """The weights on this computer are no longer those that a render was planned with."""

    def __init__(self, checkpoint: str) -> None:
        super().__init__(Message("weights-changed", {"checkpoint": checkpoint}))
        self.checkpoint = checkpoint
