"""The sound of a film: as long as its pictures, everything in its place, music under voices, and as loud as asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import scipy.signal

from projects.cutting.film_settings import FilmSettings
from projects.cutting.shot_fields import ShotSound
from projects.errors import StoryboardProblem
from projects.films.timeline import Clip, Lead, StillSource, Timeline
from projects.sound.mixing import mix_sound
from tests.support.sounds import RATE, Sound, decibels, noise, read_sound, silence, tone, write_sound

FPS = Fraction(25)


def film(*shots: tuple[float, tuple[ShotSound, ...]], lead: int = 0, rate: Fraction = FPS, **settings: Any) -> Timeline:
    """A film of shots of so many seconds with their sounds; ``lead`` frames of each overlap with the one before."""
    clips: list[Clip] = []
    for seconds, sounds in shots:
        overlap = Lead("dissolve", lead, "centre") if clips else Lead("cut", 0, "centre")
        start = clips[-1].end - overlap.frames if clips else 0
        frames = round(Fraction(seconds) * rate)
        source = StillSource("p", (500, 500, 1000))
        label = f"SH{10 * len(clips) + 10:04d}"
        clips.append(Clip("s", label, "", source, 0, 1, start, frames, lead=overlap, sounds=sounds))
    return Timeline("f", FilmSettings(**settings), rate, 64, 36, tuple(clips))


class Mixer:
    """Makes sound files and mixes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}

    def give(self, name: str, sound: Sound, kind: str = "wav") -> str:
        self.files[name] = write_sound(self.folder / name, sound, kind, codec="pcm_f32le" if kind == "wav" else None)
        return name

    def mix(self, timeline: Timeline) -> Sound:
        out = self.folder / "out.wav"
        made = mix_sound(timeline, self.files, out, lambda _: None)
        sound = read_sound(out)
        assert made is not None
        assert made.samples == len(sound) == round(timeline.frames / timeline.rate * RATE)
        return sound


@pytest.fixture
def mixer(tmp_path: Path) -> Mixer:
    return Mixer(tmp_path)


def stretch(sound: Sound, start: float, end: float) -> Sound:
    return sound[round(start * RATE) : round(end * RATE)]


def onset(sound: Sound) -> float:
    """When a sound begins, in seconds."""
    return float(np.argmax(np.abs(sound[:, 0]) > 0.01)) / RATE


def true_peak(sound: Sound) -> float:
    """In dB, from sixteen times as many samples as there are."""
    pieces = [sound[max(0, at - 500) : at + RATE] for at in range(0, len(sound), RATE)]
    return max(
        20 * np.log10(np.abs(scipy.signal.resample_poly(piece.astype(np.float64), 16, 1, axis=0)).max() + 1e-9)
        for piece in pieces
    )


def test_a_film_without_a_sound_has_none(mixer: Mixer) -> None:
    assert mix_sound(film((2.0, ())), {}, mixer.folder / "out.wav", lambda _: None) is None
    assert not (mixer.folder / "out.wav").exists()


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
@pytest.mark.parametrize("seconds", [1 / 60, 0.3, 7.37])
def test_the_sound_is_as_long_as_the_film_to_the_sample(mixer: Mixer, rate: Fraction, seconds: float) -> None:
    music = mixer.give("music", noise(3.0))
    sound = mixer.mix(film((max(seconds, 1 / rate), ()), rate=rate, music=music, loudness=-14))
    assert sound.shape[1] == 2


def test_each_sound_begins_where_its_shot_does_and_goes_on_beyond_it(mixer: Mixer) -> None:
    click = mixer.give("click", tone(3.0, level=0.3))
    shots = [(2.0, ()), (2.0, (ShotSound(media_id=click, at=0.5),)), (4.0, ())]

    sound = mixer.mix(film(*shots, lead=10))

    # The second shot begins 10 frames earlier than without its transition.
    assert onset(sound) == pytest.approx(2.0 - 0.4 + 0.5, abs=0.001)
    assert decibels(stretch(sound, 2.2, 5.0)) == pytest.approx(decibels(tone(1.0, level=0.3)), abs=0.1)
    assert np.abs(stretch(sound, 5.2, 7.0)).max() < 1e-6


def test_sounds_that_begin_before_the_film_or_outlast_it_are_cut_by_the_film_only(mixer: Mixer) -> None:
    late = np.concatenate([tone(1.0, 300, 0.1), tone(1.0, 3000, 0.3)])
    sound = mixer.mix(film((1.5, (ShotSound(media_id=mixer.give("late", late), at=-0.75),))))
    assert decibels(stretch(sound, 0.02, 0.24)) == pytest.approx(decibels(tone(1.0, level=0.1)), abs=0.1)
    assert decibels(stretch(sound, 0.3, 1.2)) == pytest.approx(decibels(tone(1.0, level=0.3)), abs=0.1)
    assert np.abs(stretch(sound, 1.26, 1.5)).max() < 1e-6


def test_sounds_of_one_shot_are_added_each_at_its_level(mixer: Mixer) -> None:
    low, high = mixer.give("low", tone(2.0, 500, 0.2)), mixer.give("high", tone(2.0, 4000, 0.2), "flac")
    sounds = (ShotSound(media_id=low, db=-6.0), ShotSound(media_id=high, db=6.0, at=0.25))

    sound = mixer.mix(film((2.0, sounds)))

    amplitudes = np.abs(np.fft.rfft(stretch(sound, 0.5, 1.5)[:, 0])) * 2 / RATE
    assert 20 * np.log10(amplitudes[[500, 4000]] / 0.2) == pytest.approx([-6.0, 6.0], abs=0.1)


def test_after_ten_minutes_a_sound_is_still_where_its_shot_is(mixer: Mixer) -> None:
    rate = Fraction(30000, 1001)
    click = mixer.give("click", tone(0.2, level=0.5), "mp3")
    timeline = film(*[(6.006, ())] * 99, (6.006, (ShotSound(media_id=click),)), rate=rate)

    sound = mixer.mix(timeline)

    assert onset(sound) == pytest.approx(float(timeline.clips[-1].start / rate), abs=0.005)


# --- music ------------------------------------------------------------------------------------------------------------


def test_music_starts_where_and_with_what_was_asked_fades_and_ends(mixer: Mixer) -> None:
    music = mixer.give("music", np.concatenate([tone(1.0, 300, 0.5), tone(4.0, 2000, 0.2)]))

    sound = mixer.mix(film((8.0, ()), music=music, music_at=2.0, music_start=1.0, music_fade=1.0, music_db=6.0))

    full = decibels(tone(1.0, level=0.2)) + 6.0
    assert np.abs(stretch(sound, 0.0, 2.0)).max() < 1e-6
    assert decibels(stretch(sound, 3.0, 5.0)) == pytest.approx(full, abs=0.1)
    assert decibels(stretch(sound, 2.49, 2.51)) == pytest.approx(full - 6.0, abs=0.4)
    assert decibels(stretch(sound, 5.49, 5.51)) == pytest.approx(full - 6.0, abs=0.4)
    assert np.abs(stretch(sound, 6.01, 8.0)).max() < 1e-6


def test_music_that_begins_anew_lasts_as_long_as_the_film_and_fades_out_at_its_end(mixer: Mixer) -> None:
    music = mixer.give("music", np.concatenate([tone(0.5, 300, 0.5), tone(1.0, 2000, 0.2)]))
    sound = mixer.mix(film((30.0, ()), music=music, music_start=0.5, music_loop=True, music_fade=2.0))
    full = decibels(tone(1.0, level=0.2))
    assert [decibels(stretch(sound, at, at + 1)) for at in range(2, 28)] == pytest.approx([full] * 26, abs=0.1)
    assert decibels(stretch(sound, 29.9, 30.0)) < full - 30


def test_music_goes_down_under_a_voice_where_it_really_sounds_and_comes_up_softly(mixer: Mixer) -> None:
    music = mixer.give("music", tone(20.0, 3000, 0.2))
    # It breathes for two seconds before it speaks, pauses for half a second, and is silent at the end.
    words = np.concatenate([noise(2.0, 0.0003), noise(2.0, 0.1), silence(0.5), noise(1.5, 0.1), silence(4.0)])
    voice = ShotSound(media_id=mixer.give("voice", words), at=2.0, sort="voice")

    sound = mixer.mix(film((20.0, (voice,)), music=music, duck=12.0))

    def level(at: float) -> float:
        """Of the music at a time, against what it is without voices."""
        part = stretch(sound, at - 0.05, at + 0.05)[:, 0]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) * 4 / len(part)
        return float(20 * np.log10(spectrum[300] / 0.2))

    assert [level(at) for at in (1.0, 3.0, 3.6)] == pytest.approx([0.0] * 3, abs=0.3)
    assert [level(at) for at in (4.2, 5.0, 6.25, 7.0, 7.9)] == pytest.approx([-12.0] * 5, abs=1.0)
    assert [level(at) for at in (9.8, 12.0, 19.0)] == pytest.approx([0.0] * 3, abs=0.3)
    rising = [level(at) for at in np.arange(8.1, 9.7, 0.05)]
    assert max(np.abs(np.diff(rising))) < 2.5
    assert -11.0 < level(9.1) < -1.0


def test_other_sounds_do_not_lower_the_music(mixer: Mixer) -> None:
    music = mixer.give("music", tone(4.0, 3000, 0.2))
    sound = ShotSound(media_id=mixer.give("rain", tone(4.0, 200, 0.2)))
    mixed = mixer.mix(film((4.0, (sound,)), music=music, duck=20.0))
    assert decibels(stretch(mixed, 1.0, 3.0)) == pytest.approx(decibels(tone(1.0, level=0.2)) + 3.0, abs=0.1)


# --- loudness ---------------------------------------------------------------------------------------------------------


def plucked(seconds: float) -> Sound:
    """Music with high peaks: notes that are struck hard and die away."""
    times = np.arange(round(seconds * RATE)) / RATE
    decay = np.exp(-8 * (times % 0.5))[:, None]
    return (tone(seconds, 330, 0.5) * decay + noise(seconds, 0.15) * decay**4).astype(np.float32)


SOUNDS: Mapping[str, Callable[[], Sound]] = {
    "quiet": lambda: noise(12.0, 0.005),
    "loud": lambda: np.clip(noise(12.0, 0.5), -1, 1),
    "tone": lambda: tone(12.0, 997, 0.9),
    "peaks": lambda: plucked(12.0),
    "mostly silent": lambda: np.concatenate([silence(6.0), noise(3.0, 0.05), silence(3.0)]),
}


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("loudness", [-14, -16, -23])
def test_a_film_is_as_loud_as_was_asked_without_peaks_that_are_too_high(
    mixer: Mixer, sound: str, loudness: int
) -> None:
    music = mixer.give("music", SOUNDS[sound]())

    made = mixer.mix(film((12.0, ()), music=music, loudness=loudness))

    measured = pyloudnorm.Meter(RATE).integrated_loudness(made.astype(np.float64))
    assert measured == pytest.approx(loudness, abs=0.5)
    assert true_peak(made) < -1.0


def test_without_a_loudness_a_film_is_as_loud_as_its_sounds(mixer: Mixer) -> None:
    given = noise(4.0, 0.1)
    made = mixer.mix(film((4.0, ()), music=mixer.give("music", given)))
    assert np.abs(made - given).max() < 1e-6


def test_sounds_that_together_are_too_loud_do_not_clip(mixer: Mixer) -> None:
    sounds = tuple(ShotSound(media_id=mixer.give(f"{hertz}", tone(4.0, hertz, 0.7))) for hertz in (300, 410, 520))
    assert true_peak(mixer.mix(film((4.0, sounds)))) < -1.0


@pytest.mark.parametrize("sound", [silence(2.0), tone(1 / RATE), silence(0.1), noise(0.2, 1e-5), noise(0.3, 3.0)])
def test_silence_and_very_short_sounds_do_not_fail(mixer: Mixer, sound: Sound) -> None:
    made = mixer.mix(film((2.0, ()), music=mixer.give("music", sound), loudness=-14))
    assert true_peak(made) < 0.0


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_sound_that_is_gone_is_named_by_its_shot(mixer: Mixer) -> None:
    timeline = film((1.0, ()), (1.0, (ShotSound(media_id="gone"),)))
    with pytest.raises(StoryboardProblem, match=r"A sound of SH0020 is no longer there; add it to the shot again\."):
        mix_sound(timeline, {}, mixer.folder / "out.wav", lambda _: None)
    with pytest.raises(StoryboardProblem, match="The music of the film is no longer there"):
        mix_sound(film((1.0, ()), music="gone"), {}, mixer.folder / "out.wav", lambda _: None)


def test_giving_up_leaves_no_file(mixer: Mixer) -> None:
    music = mixer.give("music", noise(30.0))

    def give_up(share: float) -> None:
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mix_sound(film((30.0, ()), music=music, loudness=-14), mixer.files, mixer.folder / "out.wav", give_up)
    assert [path.name for path in mixer.folder.iterdir()] == ["music"]
