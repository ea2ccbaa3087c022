"""``python -m projects render`` over a home whose files were damaged: the same film comes out, or nothing does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from framepack.media.video import decode_whole
from framepack.store.section_store import SectionStore
from projects.settings import StudioSettings
from tests.projects.commands.test_render import STORYBOARD, Person
from tests.support.damage import cut_short, damaged_names, empty, flip_bytes, flip_near_the_start, overwrite_latents


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """The folder of somebody who has rendered two shots, and their film."""
    folder = tmp_path_factory.mktemp("rendered")
    person = Person(folder, StudioSettings.from_environment({"STUDIO_HOME": str(folder / "studio")}))
    person.write()
    status, _, err = person.run()
    assert status == 0, err
    return folder, person.film.read_bytes()


@pytest.fixture
def person(rendered: tuple[Path, bytes]) -> Iterator[Person]:
    """The same one day later, with a copy of everything but the film, in a folder of the same name."""
    folder, _ = rendered
    kept = folder.with_name(f"{folder.name}-kept")
    if not kept.exists():
        shutil.copytree(folder, kept)
    again = Person(folder, StudioSettings.from_environment({"STUDIO_HOME": str(folder / "studio")}))
    again.write()
    yield again
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)


def takes(person: Person) -> list[Path]:
    return sorted(person.studio.takes_dir.glob("*.mp4"))


def units(person: Person, name: str) -> list[Path]:
    """The files called ``name`` of all sections, in the order of the film."""
    return [person.studio.sections_dir / key[:2] / key / name for key in person.sections()]


def remove_takes(person: Person) -> None:
    shutil.rmtree(person.studio.takes_dir)


def videos_damaged_and_takes_gone(person: Person) -> None:
    first, second, third = units(person, "frames.mp4")
    flip_near_the_start(first)
    empty(second)
    third.unlink()
    remove_takes(person)


def a_video_cut_latents_missing_and_takes_gone(person: Person) -> None:
    cut_short(units(person, "frames.mp4")[0])
    units(person, "latents.safetensors")[2].unlink()
    remove_takes(person)


def one_take_flipped_and_one_cut(person: Person) -> None:
    first, second = takes(person)
    flip_bytes(first)
    cut_short(second)


def all_manifests_and_takes_gone(person: Person) -> None:
    for manifest in person.studio.home.rglob("*.json"):
        manifest.unlink()
    remove_takes(person)


def conditioning_flipped_takes_and_sections_gone(person: Person) -> None:
    for file in person.studio.conditioning_dir.rglob("*.safetensors"):
        overwrite_latents(file)
    remove_takes(person)
    shutil.rmtree(person.studio.sections_dir)


@pytest.mark.parametrize(
    ("damage", "put_aside", "sections_made"),
    [
        (videos_damaged_and_takes_gone, 3, 3),
        (a_video_cut_latents_missing_and_takes_gone, 2, 2),
        (one_take_flipped_and_one_cut, 2, 0),
        (conditioning_flipped_takes_and_sections_gone, 3, 3),
        (all_manifests_and_takes_gone, 0, 0),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_same_film_comes_out_of_a_damaged_home(
    person: Person,
    rendered: tuple[Path, bytes],
    damage: Callable[[Person], None],
    put_aside: int,
    sections_made: int,
) -> None:
    person.film.unlink()
    damage(person)
    status, out, err = person.run()
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["rendered_sections"] == sections_made
    assert person.film.read_bytes() == rendered[1]
    assert len(damaged_names(person.studio.home)) == put_aside, err
    assert "Traceback" not in err


def test_a_shot_is_not_continued_from_latents_that_were_overwritten(person: Person) -> None:
    def continued() -> bytes:
        person.write(storyboard=STORYBOARD.replace("the boat goes on", "the boat turns"))
        status, _, err = person.run()
        assert status == 0, err
        return SectionStore(person.studio.sections_dir).latents(person.sections()[2]).tobytes()

    good = continued()
    store = SectionStore(person.studio.sections_dir)
    store.discard(person.sections()[2])
    remove_takes(person)
    overwrite_latents(units(person, "latents.safetensors")[1])
    assert continued() == good
    assert decode_whole(person.film)[0] == 75
