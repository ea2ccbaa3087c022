from __future__ import annotations

import os
import wave
from pathlib import Path

import pytest
from sqlmodel import Session

from projects.cutting.film_settings import FilmSettings, film_settings
from projects.cutting.shot_fields import sounds_of
from projects.database.tables import FILM_FIELDS, Media, Project, ShotUpdate
from projects.errors import StoryboardFileProblem
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.interchange.film_content import FilmContent, ShotFilmContent
from projects.settings import StudioSettings
from projects.storage.places import picture_path
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import edit_shot
from tests.support.plain_pictures import png

PLAIN = """
[[shot]]
image = "sea.png"
prompt = "The camera pans."
seconds = 4
seed = 7
"""
FILM = """
[film]
fps = 29.97
stills = true
size = 1080
enlarge = "sharp.safetensors"
music = "音樂 🎵.wav"
music_at = 1
music_start = 0.5
music_db = -6
music_fade = 1.5
music_loop = true
duck = 12
loudness = -14
captions = "soft"
match_colour = true
story = false
title = "海 🌊"
title_seconds = 2
credits = "The end"
credits_seconds = 5.5

[[shot]]
image = "sea.png"
prompt = "The camera pans."
seconds = 4
seed = 7
transition = "dissolve"
transition_seconds = 1
transition_at = "in"
trim_start = 0.5
trim_end = 0.25
speed = 0.5
between = "blend"
reverse = true
move = "closer"
hold_first = 1
hold_last = 2
title = "One"
lower_third = "燈塔"
match_colour = true

[[shot.sound]]
file = "音樂 🎵.wav"
at = -0.5
db = 3
sort = "voice"

[[shot.sound]]
file = "音樂 🎵.wav"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sea.png").write_bytes(png(320, 180))
    (tmp_path / "words.wav").write_text("no sound")
    with wave.open(str(tmp_path / "音樂 🎵.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000))
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "film.toml"
    path.write_text(text, encoding="utf-8")
    return path


def project_of(session: Session, studio: StudioSettings, path: Path) -> Project:
    return project_for_file(session=session, settings=studio, file=read_storyboard(path))


def test_a_file_says_all_of_a_film(session: Session, studio: StudioSettings, folder: Path) -> None:
    project = project_of(session, studio, written(folder, FILM))
    (shot,) = shots_of(session=session, project_id=project.id)
    settings = film_settings(project.film)
    assert settings.music is not None
    sound = session.get_one(Media, settings.music)
    assert (sound.medium, sound.name, sound.seconds) == ("sound", "音樂 🎵.wav", 0.5)
    assert picture_path(studio, sound.id).read_bytes() == (folder / "音樂 🎵.wav").read_bytes()
    assert settings.model_dump(exclude={"music"}) == {
        **{"fps": 29.97, "stills": True, "size": 1080, "enlarge": "sharp.safetensors", "music_at": 1.0},
        **{"music_start": 0.5, "music_db": -6.0},
        **{"music_fade": 1.5, "music_loop": True, "duck": 12.0, "loudness": -14, "captions": "soft"},
        **{
            "match_colour": True,
            "title": "海 🌊",
            "title_seconds": 2.0,
            "credits": "The end",
            "credits_seconds": 5.5,
            "story": False,
        },
    }
    assert shot.model_dump(include=set(FILM_FIELDS) - {"sounds"}) == {
        **{"transition": "dissolve", "transition_seconds": 1.0, "transition_at": "in", "trim_start": 0.5},
        **{"trim_end": 0.25, "speed": 0.5, "between": "blend", "reverse": True, "move": "closer", "hold_first": 1.0},
        **{"hold_last": 2.0, "title": "One", "lower_third": "燈塔", "match_colour": True},
    }
    first, second = sounds_of(shot)
    assert (first.media_id, first.at, first.db, first.sort) == (sound.id, -0.5, 3.0, "voice")
    assert (second.at, second.db, second.sort) == (0.0, 0.0, "sound")


def test_a_file_knows_every_setting_of_a_film_and_of_a_shot_in_it() -> None:
    assert set(FilmContent.model_fields) == set(FilmSettings.model_fields)
    assert {*ShotFilmContent.model_fields, "sounds"} - {"sound"} == FILM_FIELDS


def test_a_film_is_a_project_of_its_own_that_is_found_again_until_it_is_edited(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    plain = project_of(session, studio, written(folder, PLAIN))
    path = written(folder, FILM)
    project = project_of(session, studio, path)
    assert project.id != plain.id
    assert project_of(session, studio, path).id == project.id
    edit_shot(
        session=session,
        shot_id=shots_of(session=session, project_id=project.id)[0].id,
        changes=ShotUpdate(transition="wipe"),
    )
    assert project_of(session, studio, path).id != project.id


def test_saying_what_is_usual_makes_no_other_project(folder: Path) -> None:
    usual = '\ntransition = "cut"\ntransition_seconds = 0.5\nspeed = 1\nreverse = false\ntitle = ""'
    said = PLAIN + usual + '\n[film]\nduck = 0\ncaptions = "none"\nmusic = ""\n'
    assert read_storyboard(written(folder, said)).source == read_storyboard(written(folder, PLAIN)).source


def test_each_thing_a_file_says_of_the_film_makes_another_project(folder: Path) -> None:
    plain = read_storyboard(written(folder, PLAIN)).source
    for more in (
        'move = "left"',
        "trim_end = 0.1",
        '[film]\ncaptions = "file"',
        '[[shot.sound]]\nfile = "音樂 🎵.wav"',
    ):
        assert read_storyboard(written(folder, PLAIN + more)).source != plain


def test_a_lost_sound_is_there_again_after_its_file_was_read_again(
    session: Session, studio: StudioSettings, folder: Path
) -> None:
    path = written(folder, FILM)
    project = project_of(session, studio, path)
    kept = picture_path(studio, project.film["music"])
    kept.unlink()
    assert project_of(session, studio, path).id == project.id
    assert kept.is_file()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("fps = 29.97", "fps = 23"), "film.toml, [film]: film.fps: it is 23 and must be one of 24, 25, 29.97"),
        (("fps = 29.97", 'fps = "30"'), "film.toml, [film]: fps is a number, not 30."),
        (("stills = true", "stills = 1"), "film.toml, [film]: stills is true or false, not 1."),
        (("size = 1080", "size = 1000"), "film.toml, [film]: film.size: it is 1000 and must be one of 480, 720"),
        (("size = 1080", "size = 10.5"), "film.toml, [film]: size is a whole number, not 10.5."),
        (("音樂 🎵.wav", "none.wav"), "film.toml, [film]: music: there is no file none.wav."),
        (("音樂 🎵.wav", "words.wav"), "film.toml, [film]: music: there is nothing to hear in words.wav."),
        (("音樂 🎵.wav", "sea.png"), "film.toml, [film]: music: there is nothing to hear in sea.png."),
        (("duck = 12", "duck = -1"), "film.toml, [film]: film.duck: it cannot be -1"),
        (("loudness = -14", "loudness = -15"), "film.toml, [film]: film.loudness: it cannot be -15"),
        (
            ('captions = "soft"', 'captions = "on"'),
            """captions is "none", "burned", "soft" or "file", not "on".""",
        ),
        (("duck = 12", "ducks = 12"), "film.toml, [film]: there is no 'ducks'; there is: fps, stills, size, enlarge,"),
        (("[film]", "[[film]]"), "film.toml: film is a table: write its values below a line [film]."),
        (
            ('"dissolve"', '"star"'),
            """shot 1: transition is "cut", "dissolve", "black", "white" or "wipe",""",
        ),
        (('"in"', '"middle"'), """film.toml, shot 1: transition_at is "in", "out" or "centre", not "middle"."""),
        (
            ("transition_seconds = 1", "transition_seconds = 11"),
            "transition_seconds: 11.0 is not between 0.0 and 10.0.",
        ),
        (("transition_seconds = 1", "transition_seconds = nan"), "shot 1: transition_seconds: nan is not between"),
        (("speed = 0.5", "speed = 5"), "film.toml, shot 1: speed: 5.0 is not between 0.25 and 4.0."),
        (("speed = 0.5", 'speed = "fast"'), "film.toml, shot 1: speed is a number, not fast."),
        (("reverse = true", 'reverse = "yes"'), "film.toml, shot 1: reverse is true or false, not yes."),
        (("hold_first = 1", "hold_first = 61"), "film.toml, shot 1: hold_first: 61.0 is not between"),
        (('title = "One"', 'title = "' + "x" * 501 + '"'), "film.toml, shot 1: title: it is longer than 500"),
        (("at = -0.5", 'at = "now"'), "film.toml, shot 1, sound 1: at is a number, not now."),
        (("at = -0.5", "at = 601"), "film.toml, shot 1: sounds: the sound's 'at' cannot be so"),
        (('sort = "voice"', 'sort = "song"'), """shot 1, sound 1: sort is "sound" or "voice", not "song"."""),
        (('sort = "voice"', "loud = 1"), "shot 1, sound 1: there is no 'loud'; there is: file, at, db, sort."),
        (('file = "音樂 🎵.wav"\nat', "at"), "film.toml, shot 1, sound 1: it names no file."),
        (('file = "音樂 🎵.wav"\nat', 'file = "none.wav"\nat'), "shot 1, sound 1: file: there is no file none.wav."),
    ],
)
def test_a_mistake_in_what_a_file_says_of_the_film_is_one_sentence(
    folder: Path, change: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(StoryboardFileProblem) as caught:
        read_storyboard(written(folder, FILM.replace(*change)))
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_one_sound_in_a_table_of_its_own_is_told_how_sounds_are_written(folder: Path) -> None:
    with pytest.raises(StoryboardFileProblem, match=r"shot\.sound: write each below a line \[\[shot\.sound"):
        read_storyboard(written(folder, PLAIN + '[shot.sound]\nfile = "音樂 🎵.wav"\n'))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_lists_that_name_other_files_pipes_and_devices_are_no_sounds(tmp_path: Path) -> None:
    (tmp_path / "sea.png").write_bytes(png(320, 180))
    with wave.open(str(tmp_path / "other.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    # A list is opened with what it names, be it anywhere.
    (tmp_path / "list.wav").write_text("ffconcat version 1.0\nfile other.wav\n", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "link.wav").symlink_to("/dev/zero")
    for name in ("list.wav", "pipe.wav", "link.wav"):
        board = tmp_path / "board.toml"
        board.write_text(f'{PLAIN}\n[film]\nmusic = "{name}"\n', encoding="utf-8")
        with pytest.raises(StoryboardFileProblem, match=name):
            read_storyboard(board)
    board.write_text(f'{PLAIN}\n[film]\nmusic = "other.wav"\n', encoding="utf-8")
    read_storyboard(board)
