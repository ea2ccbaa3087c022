"""Where the studio keeps things. It reads a given environment once and makes folders only when it is told to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from framepack.environment import EngineOptions
from framepack.errors import SettingRejected
from framepack.messages import Message

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class StudioSettings:
    """The studio's folder, its database, and how its workers' engines are set up.

    ``cards_per_shot`` is how many of this computer's cards make each section together.
    """

    home: Path
    database_url: str
    engine: EngineOptions
    cards_per_shot: int = 1

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> StudioSettings:
        """STUDIO_HOME, STUDIO_DATABASE_URL, STUDIO_CARDS_PER_SHOT and what ``EngineOptions`` reads.

        One that is empty counts as not set. Raises SettingRejected.
        """
        home = Path(environ.get("STUDIO_HOME") or CHECKOUT / "studio_data").expanduser().resolve()
        url = environ.get("STUDIO_DATABASE_URL")
        return cls(
            home=home,
            database_url=_checked_url(url) if url else sqlite_url(home / "studio.db"),
            engine=EngineOptions.from_environment(environ),
            cards_per_shot=_count_of_cards(environ.get("STUDIO_CARDS_PER_SHOT") or "1"),
        )

    @property
    def uses_sqlite(self) -> bool:
        """Whether the database is a file of this computer."""
        return sa.make_url(self.database_url).get_backend_name() == "sqlite"

    @property
    def database_file(self) -> Path:
        """The file of the database, where it is one."""
        return Path(sa.make_url(self.database_url).database or "")

    @property
    def queue_database_url(self) -> str:
        """Where the render queue keeps its own state: a second SQLite file, or a second database of the same server."""
        url = sa.make_url(self.database_url)
        if not self.uses_sqlite:
            return url.set(database=f"{url.database}_queue").render_as_string(hide_password=False)
        path = Path(url.database or "")
        return sqlite_url(path.with_name(f"{path.stem}_queue{path.suffix}"))

    @property
    def media_dir(self) -> Path:
        """Pictures as they were given, by content hash."""
        return self.home / "media"

    @property
    def thumbnails_dir(self) -> Path:
        """Small copies of pictures; may be thrown away."""
        return self.home / "thumbnails"

    @property
    def sections_dir(self) -> Path:
        """The store of finished sections."""
        return self.home / "sections"

    @property
    def takes_dir(self) -> Path:
        """Finished takes as one MP4 each."""
        return self.home / "takes"

    @property
    def films_dir(self) -> Path:
        """Stitched films."""
        return self.home / "films"

    @property
    def pieces_dir(self) -> Path:
        """Encoded pieces of films; they can be made again."""
        return self.home / "pieces"

    @property
    def enlargers_dir(self) -> Path:
        """Models that enlarge films, which the person puts there."""
        return self.home / "enlargers"

    @property
    def conditioning_dir(self) -> Path:
        """Encoded prompts and pictures, by hash."""
        return self.home / "conditioning"

    @property
    def damaged_dir(self) -> Path:
        """What was found not to be whole and was put aside; may be thrown away. The engine's stores know it, too."""
        return self.home / "damaged"

    @property
    def previews_dir(self) -> Path:
        """The growing previews of renders under way."""
        return self.home / "previews"

    @property
    def logs_dir(self) -> Path:
        """Logs of workers."""
        return self.home / "logs"

    @property
    def backups_dir(self) -> Path:
        """Copies of the database from before it was changed for a newer version; made with the first of them."""
        return self.home / "backups"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders within the home whose files are the studio's own."""
        return (
            self.media_dir,
            self.thumbnails_dir,
            self.sections_dir,
            self.takes_dir,
            self.films_dir,
            self.pieces_dir,
            self.enlargers_dir,
            self.conditioning_dir,
            self.previews_dir,
            self.logs_dir,
        )

    def make_folders(self) -> None:
        """Make every folder that is not there yet."""
        for folder in (self.home, *self.folders):
            folder.mkdir(parents=True, exist_ok=True)


def _count_of_cards(said: str) -> int:
    if not said.isdecimal() or int(said) < 1:
        raise SettingRejected("STUDIO_CARDS_PER_SHOT", Message("no-card-count", {"said": said}))
    return int(said)


def _checked_url(given: str) -> str:
    """A database URL that means the same to every process of the studio, wherever it was started."""
    try:
        url = sa.make_url(given)
    except sa.exc.ArgumentError:
        raise SettingRejected("STUDIO_DATABASE_URL", Message("no-database-url")) from None
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise SettingRejected("STUDIO_DATABASE_URL", Message("unknown-database", {"backend": backend}))
    if backend == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise SettingRejected("STUDIO_DATABASE_URL", Message("database-in-memory"))
        url = url.set(database=str(Path(url.database or "").resolve()))
    return url.render_as_string(hide_password=False)


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return sa.URL.create("sqlite", database=str(path)).render_as_string()
