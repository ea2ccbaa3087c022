"""The studio's errors, each built from the values it is about; none of them knows who will show it."""

from __future__ import annotations


class StudioError(Exception):
    """Base of everything the domain raises on purpose. Its text is one sentence for the person who asked."""


class NotFound(StudioError):
    """There is no such thing (any more)."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"There is no {kind} '{id}' (any more).")
        self.kind = kind
        self.id = id


class StoryboardProblem(StudioError):
    """The storyboard does not allow what was asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class StoryboardFileProblem(StudioError):
    """A storyboard file cannot be read as one; ``where`` names the file, and the shot where there is one."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class DatabaseTooNew(StudioError):
    """The database was written by a newer version of the program."""

    def __init__(self, database: str, revision: str) -> None:
        super().__init__(
            f"The database {database} was made by a newer version of the studio (its revision is {revision}); "
            f"use that version, or another folder through STUDIO_HOME."
        )
        self.database = database
        self.revision = revision


class SettingRejected(StudioError):
    """A setting of the environment cannot be used."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting
        self.reason = reason
