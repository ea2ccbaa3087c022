"""Where the studio keeps things. It reads a given environment once and makes folders only when it is told to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from framepack.environment import EngineOptions
from framepack.errors import SettingRejected
from framepack.messages import Message
from framepack.store.addresses import checked_address
from projects.sign_in import SignIn

_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})
# So many seconds work in the background waits for a shared store that does not answer.
BACKGROUND_PATIENCE = 300.0
CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class StudioSettings:
    """The studio's folder, its database, and how its workers' engines are set up.

    ``cards_per_shot`` is how many of this computer's cards make each section together; None: by what is ordered, a shot
    on each card or all cards on a shot, whichever is sooner. ``still_models`` is a folder with models that make
    pictures from words, or one of them; None: within the home. ``share``: whoever has the password may come in, from
    other computers too, where the server listens for them, and so may those whom ``sign_in`` names, where it is not
    None. ``store`` is the address of a store that several computers share, None where the home is all there is; it is
    asked for ``store_patience`` seconds while it does not answer. Of what is in it this computer keeps ``cache_bytes``,
    None: all.
    """

    home: Path
    database_url: str
    engine: EngineOptions
    cards_per_shot: int | None = None
    still_models: Path | None = None
    share: bool = False
    sign_in: SignIn | None = None
    store: str | None = None
    store_patience: float = 3.0
    cache_bytes: int | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> StudioSettings:
        """What STUDIO_HOME, _DATABASE_URL, _CARDS_PER_SHOT, _PICTURE_MODELS, _SHARE, _STORE and _CACHE_GB say.

        And ``SignIn`` and ``EngineOptions``. One that is empty counts as not set. Raises SettingRejected.
        """
        home = Path(environ.get("STUDIO_HOME") or CHECKOUT / "studio_data").expanduser().resolve()
        url = environ.get("STUDIO_DATABASE_URL")
        stills = environ.get("STUDIO_PICTURE_MODELS")
        store, cache = environ.get("STUDIO_STORE"), environ.get("STUDIO_CACHE_GB")
        return cls(
            home=home,
            database_url=_checked_url(url) if url else sqlite_url(home / "studio.db"),
            engine=EngineOptions.from_environment(environ),
            cards_per_shot=_count_of_cards(environ.get("STUDIO_CARDS_PER_SHOT") or "auto"),
            still_models=Path(stills).expanduser().resolve() if stills else None,
            share=is_shared(environ),
            sign_in=SignIn.from_environment(environ),
            store=checked_address(store) if store else None,
            cache_bytes=_bytes_of_cache(cache) if cache else None,
        )

    def as_environment(self) -> dict[str, str]:
        """What a process of its own has to find in its environment to have these settings, cards apart."""
        return {
            **self.engine.as_environment(),
            **(self.sign_in.as_environment() if self.sign_in is not None else {}),
            "STUDIO_HOME": str(self.home),
            "STUDIO_DATABASE_URL": self.database_url,
            "STUDIO_PICTURE_MODELS": str(self.still_models or ""),
            "STUDIO_SHARE": "1" if self.share else "",
            "STUDIO_STORE": self.store or "",
            "STUDIO_CACHE_GB": "" if self.cache_bytes is None else str(self.cache_bytes / 10**9),
        }

    def patient(self) -> StudioSettings:
        """The same for whoever works in the background, and rather waits for the store than gives the work up."""
        return replace(self, store_patience=BACKGROUND_PATIENCE)

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
    def loras_dir(self) -> Path:
        """The files of the library's LoRAs, each in a folder by its SHA-256."""
        return self.home / "loras"

    @property
    def still_models_dir(self) -> Path:
        """Models that make pictures from words, which the person puts there, unless ``still_models`` says where."""
        return self.still_models or self.home / "picture_models"

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
    def downloads_dir(self) -> Path:
        """What is known of downloads of weights; made with the first of them."""
        return self.home / "downloads"

    @property
    def servers_dir(self) -> Path:
        """What is known of the servers that run from here; made with the first of them."""
        return self.home / "servers"

    @property
    def door_dir(self) -> Path:
        """The hash of the password, and who has signed in; only its owner may look into it. Made with what is in it."""
        return self.home / "door"

    @property
    def backups_dir(self) -> Path:
        """Copies of the database from before it was changed for a newer version; made with the first of them."""
        return self.home / "backups"

    @property
    def migration_mark(self) -> Path:
        """The file that is there while the database is changed for a newer version; it names the copy from before."""
        return self.home / "migrating"

    @property
    def restore_mark(self) -> Path:
        """The file that is there while a studio is put back from a backup; it names that backup's folder."""
        return self.home / "restoring"

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
            self.loras_dir,
            self.conditioning_dir,
            self.previews_dir,
            self.logs_dir,
        )

    def make_folders(self) -> None:
        """Make every folder that is not there yet."""
        for folder in (self.home, *self.folders):
            folder.mkdir(parents=True, exist_ok=True)


def is_shared(environ: Mapping[str, str]) -> bool:
    """What STUDIO_SHARE says. Raises SettingRejected."""
    return is_yes(environ, "STUDIO_SHARE")


def has_pages_only(environ: Mapping[str, str]) -> bool:
    """What STUDIO_PAGES_ONLY says: the studio starts no worker, others render. Raises SettingRejected."""
    return is_yes(environ, "STUDIO_PAGES_ONLY")


def is_yes(environ: Mapping[str, str], name: str) -> bool:
    """Whether the setting ``name`` says yes; without it the answer is no. Raises SettingRejected for other words."""
    said = environ.get(name, "").strip().lower()
    if said not in _YES | _NO:
        raise SettingRejected(name, Message("no-yes-or-no", {"said": said}))
    return said in _YES


def _count_of_cards(said: str) -> int | None:
    if said == "auto":
        return None
    if not said.isdecimal() or int(said) < 1:
        raise SettingRejected("STUDIO_CARDS_PER_SHOT", Message("no-card-count", {"said": said}))
    return int(said)


def _bytes_of_cache(said: str) -> int:
    try:
        gigabytes = float(said)
    except ValueError:
        gigabytes = -1.0
    if not 0 < gigabytes < 10**9:
        raise SettingRejected("STUDIO_CACHE_GB", Message("no-cache-size", {"said": said}))
    return round(gigabytes * 10**9)


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
