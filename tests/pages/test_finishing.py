"""How a film is finished on its page, driven without a browser: sounds, music, words, beats and colours."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from framepack.media.video import write_frames
from pages.session.database import session, settings
from projects.cutting.film_settings import FilmSettings, film_settings
from projects.cutting.shot_fields import ShotSound, sounds_of
from projects.database.tables import Shot
from projects.sound.files import add_sound, kept_sounds
from projects.sound.placing import change_with_shot
from projects.storage.derived import deriving
from projects.storage.finished import finish_file
from projects.storage.pictures import add_picture
from projects.storage.places import beats_path, take_path
from projects.storyboard.projects import create_project, edit_film
from projects.storyboard.reading import get_project, shots_of
from projects.storyboard.several import delete_shots
from projects.storyboard.shots import NewShot, add_shots
from tests.support.finished_takes import render_all
from tests.support.page_driver import open_page, png, text_of, use_studio
from tests.support.sounds import tone, write_sound


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project of a cut and a shot that goes on from it, brighter by a step; the studio has a sound."""
    use_studio(tmp_path / "studio", monkeypatch)
    settings().make_folders()
    with session() as opened:
        made = create_project(session=opened, name="Tides")
        media = add_picture(session=opened, settings=settings(), data=png(), name="sea.png").media
        new = [
            NewShot(prompt="Waves.", seconds=2.0, media_id=media.id),
            NewShot(prompt="Wind.", seconds=1.0, start="continue"),
            NewShot(prompt="Rain.", seconds=1.0, media_id=media.id),
        ]
        add_shots(session=opened, project_id=made.id, new=new)
        for level, take in enumerate(render_all(opened, settings(), made.id)):
            grey = np.full((take.height, take.width, 3), 60 + 15 * level, np.uint8)
            write_frames(take_path(settings(), take.id), [grey] * take.frames, take.fps)
            finish_file(take_path(settings(), take.id), take.frames)
        file = write_sound(tmp_path / "a.wav", tone(8.0))
        add_sound(session=opened, settings=settings(), file=file, name="waves.wav")
        opened.commit()
        return made.id


def finishing(project: str) -> AppTest:
    """The page with the table open."""
    at = open_page("film.py", project=project)
    at.session_state["cutting"] = True
    at.run()
    assert not at.exception
    return at


def film(project: str) -> FilmSettings:
    with session() as opened:
        return film_settings(get_project(session=opened, project_id=project).film)


def shots(project: str) -> list[Shot]:
    with session() as opened:
        return shots_of(session=opened, project_id=project)


def labelled(elements: Any, label: str) -> Any:
    """The box, switch or button of a label."""
    return next(one for one in elements if one.label == label)


def test_music_loudness_and_captions_are_chosen_and_taken_back(project: str) -> None:
    at = finishing(project)
    labelled(at.selectbox, "Music").select(sound()).run()
    labelled(at.number_input, "Level (dB)").set_value(-6.0).run()
    labelled(at.number_input, "Lower the music under voices by (dB)").set_value(12.0).run()
    labelled(at.selectbox, "Loudness of the film").select(-16).run()
    labelled(at.selectbox, "Captions").select("soft").run()
    labelled(at.text_area, "Title card before the first shot").set_value("潮汐").run()
    assert not at.exception
    made = film(project)
    assert (made.music, made.music_db, made.duck) == (sound(), -6.0, 12.0)
    assert (made.loudness, made.captions, made.title) == (-16, "soft", "潮汐")

    assert labelled(finishing(project).selectbox, "Loudness of the film").value == -16
    labelled(at.selectbox, "Loudness of the film").select(0).run()
    labelled(at.selectbox, "Music").select("").run()
    assert (film(project).loudness, film(project).music) == (None, None)
    labelled(at.button, "Undo").click().run()
    assert film(project).music == sound()
    assert labelled(at.selectbox, "Music").value == sound()


def test_rate_size_and_a_model_that_enlarges_are_chosen_where_there_is_one(project: str) -> None:
    (settings().enlargers_dir / "sharp.safetensors").write_bytes(b"")
    at = finishing(project)
    labelled(at.selectbox, "Frames a second").select(29.97).run()
    labelled(at.selectbox, "Size: pixels of the shorter side").select(720).run()
    labelled(at.selectbox, "Takes smaller than that are").select("sharp.safetensors").run()
    made = film(project)
    assert (made.fps, made.size, made.enlarge) == (29.97, 720, "sharp.safetensors")
    labelled(at.selectbox, "Frames a second").select(0.0).run()
    assert film(project).fps is None


def test_the_chosen_shot_is_slower_held_and_has_a_voice(project: str) -> None:
    at = finishing(project)
    first, second, _ = shots(project)
    labelled(at.selectbox, "Shot").select(second.id).run()
    labelled(at.number_input, "Speed (times)").set_value(0.5).run()
    labelled(at.number_input, "Hold the last frame (s)").set_value(1.5).run()
    labelled(at.toggle, "Backwards").set_value(True).run()
    labelled(at.selectbox, "Slow move").select("closer").run()
    labelled(at.selectbox, "Add a sound that the studio has").select(sound()).run()
    labelled(at.number_input, "Begins (s after the shot)").set_value(0.5).run()
    labelled(at.selectbox, "Kind").select("voice").run()
    assert not at.exception
    same, changed, _ = shots(project)
    assert same.version == first.version
    assert (changed.speed, changed.hold_last, changed.reverse, changed.move) == (0.5, 1.5, True, "closer")
    assert sounds_of(changed) == (ShotSound(media_id=sound(), at=0.5, sort="voice"),)
    labelled(at.button, "Remove").click().run()
    assert shots(project)[1].sounds == []


def test_cuts_are_put_on_beats_by_one_click_and_one_step_back(project: str) -> None:
    with session() as opened:
        edit_film(session=opened, project_id=project, changes={"music": sound()})
        opened.commit()
    write_beats(sound(), [0.3, 1.3, 2.8, 3.3])
    at = finishing(project)
    assert "1 cut would move onto a beat, by 0.20 s at most, 0.20 s on average." in text_of(at)
    assert "SH0020: 0.20 s shorter" in text_of(at)
    labelled(at.button, "Put these cuts on the beat").click().run()
    assert not at.exception
    assert [round(shot.trim_end, 3) for shot in shots(project)] == [0.0, 0.2, 0.0]
    assert "No cut would move" in text_of(at)
    labelled(at.button, "Undo").click().run()
    assert [shot.trim_end for shot in shots(project)] == [0.0, 0.0, 0.0]


def test_where_colour_steps_at_a_join_matching_is_offered_there(project: str) -> None:
    at = finishing(project)
    labelled(at.button, "Look at 1 join").click().run()
    assert not at.exception
    assert re.search("Colour steps by 1[3-7] of 255 here, by 0 beside it", text_of(at))
    labelled(at.toggle, "Match colours from SH0010 to SH0020").set_value(True).run()
    assert [shot.match_colour for shot in shots(project)] == [False, True, False]
    labelled(at.toggle, "Match colours at all joins").set_value(True).run()
    assert film(project).match_colour
    assert labelled(at.toggle, "Match colours from SH0010 to SH0020").disabled


def test_what_cannot_be_kept_is_said_beside_its_box_and_what_is_gone_above_all(project: str) -> None:
    at = finishing(project)
    labelled(at.selectbox, "Add a sound that the studio has").select(sound()).run()
    first = shots(project)[0]
    seen = sounds_of(first)[0]
    with session() as opened:
        theirs = seen.model_copy(update={"db": 3.0, "at": 1.0})
        change_with_shot(session=opened, shot_id=first.id, was=seen, sound=theirs)
        opened.commit()
    labelled(at.number_input, "Begins (s after the shot)").set_value(0.5).run()
    assert "The sounds of SH0010 were changed elsewhere meanwhile" in text_of(at)
    assert sounds_of(shots(project)[0]) == (theirs,)
    labelled(at.number_input, "Begins (s after the shot)").set_value(0.7).run()
    assert "changed elsewhere" not in text_of(at)
    assert sounds_of(shots(project)[0]) == (theirs.model_copy(update={"at": 0.7}),)

    with session() as opened:
        delete_shots(session=opened, project_id=project, shot_ids=[first.id])
        opened.commit()
    labelled(at.number_input, "Speed (times)").set_value(0.5).run()
    assert not at.exception
    assert labelled(at.selectbox, "Shot").value == shots(project)[0].id
    assert "There is no shot" in text_of(at)


def sound() -> str:
    """The id of the sound that the studio has."""
    with session() as opened:
        return kept_sounds(session=opened)[0].id


def write_beats(media_id: str, beats: list[float]) -> None:
    """What listening to a sound would have found."""
    with deriving(beats_path(settings(), media_id)) as aside:
        aside.write_text(json.dumps(beats))
