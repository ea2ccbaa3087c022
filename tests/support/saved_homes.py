"""What tests of backups share: a studio with a file of every kind, its backup, and another home that is empty."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from framepack.files.manifest import beside, describe, write_manifest
from projects.database.opening import open_database, session_for
from projects.safekeeping.backing_up import Report, save_studio
from projects.safekeeping.files import Watch
from projects.safekeeping.restoring import Checked, restore_studio
from projects.settings import StudioSettings
from projects.storyboard.projects import create_project

KEY = "ab" * 32
TAKE, FILM = "1" * 32, "2" * 32


@dataclass
class SavedHome:
    """A studio, a folder for its backup, and an empty home elsewhere."""

    settings: StudioSettings
    folder: Path
    elsewhere: StudioSettings

    @property
    def section(self) -> Path:
        return self.settings.sections_dir / KEY[:2] / KEY

    @property
    def take(self) -> Path:
        return self.settings.takes_dir / f"{TAKE}.mp4"

    def add_project(self, name: str) -> None:
        engine = open_database(self.settings)
        with session_for(engine) as session:
            create_project(session=session, name=name)
            session.commit()
        engine.dispose()

    def save(self, *, sections: bool = True) -> Report:
        return save_studio(self.settings, self.folder, sections=sections, watching=unwatched)

    def restore(self) -> Checked:
        return restore_studio(self.elsewhere, self.folder, watching=unwatched)


def unwatched(total: int) -> Watch:  # noqa: ARG001
    """Nobody looks how far it is."""
    return lambda size: None  # noqa: ARG005


def write_take(path: Path, text: bytes) -> None:
    """A file with its manifest, as a take or film has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    write_manifest(beside(path), describe([path], frames=1))


def files_of(home: Path) -> dict[str, bytes]:
    """What lies in a home that a backup is to have, the database apart."""
    kept = ("media", "loras", "enlargers", "takes", "films", "conditioning", "sections")
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for folder in kept
        for path in sorted((home / folder).rglob("*"))
        if path.is_file()
    }
