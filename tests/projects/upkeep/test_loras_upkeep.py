"""LoRAs and what is not needed any more: what is in the library stays, what was put away goes when that is wanted."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from sqlmodel import select

from projects.database.opening import open_database, session_for
from projects.database.tables import Lora, Media
from projects.loras.files import lora_file
from projects.loras.library import add_lora, delete_lora, give_picture
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.upkeep.needless import survey
from projects.upkeep.removal import remove_deleted, remove_needless
from tests.support.plain_pictures import png
from tests.support.small_loras import small_lora


def age(studio: StudioSettings) -> None:
    for path in studio.home.rglob("*"):
        if path.is_file():
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 24 * 3600))


def test_loras_and_their_pictures_stay_until_they_are_put_away_for_good(studio: StudioSettings, tmp_path: Path) -> None:
    studio.make_folders()
    sessions = partial(session_for, open_database(studio))
    with sessions() as session:
        file = small_lora(tmp_path / "rain.safetensors")
        lora = add_lora(session=session, settings=studio, file=file, name=file.name)
        picture = add_picture(session=session, settings=studio, data=png(64, 64), name="p.png").media
        give_picture(session=session, lora_id=lora.id, media_id=picture.id)
        session.commit()
    left = studio.loras_dir / f".lora.{'0' * 32}.part"
    left.mkdir()
    (left / "half").write_bytes(b"1")
    age(studio)
    remove_needless(sessions=sessions, settings=studio)
    assert not left.exists()
    assert lora_file(studio, lora.id) is not None

    with sessions() as session:
        delete_lora(session=session, lora_id=lora.id)
        session.commit()
    remove_needless(sessions=sessions, settings=studio)
    assert lora_file(studio, lora.id) is not None
    with sessions() as session:
        found = survey(session=session, settings=studio)
        assert (found.loras, found.has_deleted) == (1, True)
    remove_deleted(sessions=sessions, settings=studio)
    assert lora_file(studio, lora.id) is None
    with sessions() as session:
        assert session.exec(select(Lora)).all() == []
        assert session.exec(select(Media)).all() == []
