"""A film is made of whole takes only: what is damaged is put aside and joined anew, or asked for again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from framepack.files.manifest import NotWhole, beside
from framepack.media.video import join, read_frames
from framepack.store.section_store import SectionStore
from projects.database.tables import Film, Take
from projects.films.stitching import TakeLost, check_film, conform_take, files_of_take, take_is_whole
from projects.settings import StudioSettings
from projects.storage.finished import finish_file, is_there
from projects.storage.places import film_path, take_path
from tests.support.damage import cut_short, damaged_names, empty, flip_bytes, flip_near_the_start, remove

KEYS = ("ab" * 32, "cd" * 32)
DAMAGE = [flip_near_the_start, flip_bytes, cut_short, empty, remove]


@pytest.fixture
def take(studio: StudioSettings) -> Take:
    """A take of two sections of grey frames, the second cut in its middle."""
    studio.make_folders()
    store = SectionStore(studio.sections_dir)
    latents = np.zeros((1, 16, 9, 8, 8), np.float32)
    for number, key in enumerate(KEYS):
        frames = [np.full((64, 64, 3), 36 * number + place, np.uint8) for place in range(36)]
        store.publish(key, latents, frames, 30)
    made = Take(shot_id="shot", number=1, keys=[[KEYS[0], 36], [KEYS[1], 20]], frames=56, width=64, height=64, fps=30)
    conform_take(settings=studio, take=made)
    return made


def greys(path: Path) -> list[int]:
    return [round(float(frame.mean())) for frame in read_frames(path)]


def without_manifest(path: Path) -> Path:
    beside(path).unlink()
    return path


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("manifest", [True, False], ids=["", "without a manifest"])
def test_a_damaged_take_is_put_aside_and_joined_anew_from_its_sections(
    studio: StudioSettings, take: Take, damage: Callable[[Path], None], manifest: bool
) -> None:
    path = take_path(studio, take.id)
    good = path.read_bytes()
    if not manifest:
        without_manifest(path)
    damage(path)
    out = studio.home / "out.mp4"
    assert join(files_of_take(studio, take, take.frames), out) == 56
    assert greys(out) == pytest.approx(list(range(56)), abs=2)
    assert path.read_bytes() == good
    assert damaged_names(studio.home) == ([] if damage is remove else [path.name])
    assert take_is_whole(settings=studio, take=take)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_take_without_whole_sections_is_lost_when_it_is_damaged(
    studio: StudioSettings, take: Take, damage: Callable[[Path], None]
) -> None:
    damage(take_path(studio, take.id))
    flip_near_the_start(SectionStore(studio.sections_dir).video(KEYS[0]))
    with pytest.raises(TakeLost, match="render its shot again"):
        conform_take(settings=studio, take=take)
    assert not is_there(take_path(studio, take.id))


def test_a_whole_take_needs_no_sections_also_where_it_has_no_manifest(studio: StudioSettings, take: Take) -> None:
    path = without_manifest(take_path(studio, take.id))
    for key in KEYS:
        SectionStore(studio.sections_dir).discard(key)
    assert take_is_whole(settings=studio, take=take)
    assert beside(path).is_file()
    cut_short(without_manifest(path))
    assert not take_is_whole(settings=studio, take=take)


@pytest.mark.parametrize(("damage", "there"), [(cut_short, False), (empty, False), (remove, False), (flip_bytes, True)])
def test_whether_a_take_is_there_is_told_by_its_size(
    studio: StudioSettings, take: Take, damage: Callable[[Path], None], there: bool
) -> None:
    path = take_path(studio, take.id)
    assert is_there(path)
    damage(path)
    assert is_there(path) == there


def test_a_damaged_film_is_told(studio: StudioSettings, take: Take) -> None:
    film = Film(project_id="p", name="film", frames=56)
    path = film_path(studio, film)
    join(files_of_take(studio, take, take.frames), path)
    check_film(settings=studio, film=film)
    assert beside(path).is_file(), "one without a manifest is decoded once, and then has one"
    flip_bytes(path)
    with pytest.raises(NotWhole):
        check_film(settings=studio, film=film)
    film.frames = 57
    finish_file(path, 56)
    without_manifest(path)
    with pytest.raises(NotWhole):
        check_film(settings=studio, film=film)
