"""What the interface does with sounds: take in a file, draw one, and find its beats."""

from __future__ import annotations

from pathlib import Path

from pages.api.answers import BeatsAnswer, SoundAnswer, WaveformAnswer
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import OfSound, OfWaveform
from pages.serving.files import sound_url
from pages.session.database import settings
from projects.database.tables import Media
from projects.errors import NotFound
from projects.sound.beats import kept_beats
from projects.sound.files import add_sound
from projects.sound.waveforms import kept_waveform


def add(asked: Asked[Path, OfSound]) -> SoundAnswer:
    """Keep a sound; its content says what it is, not its name."""
    media = add_sound(session=asked.session, settings=settings(), file=asked.body, name=asked.query.name)
    return SoundAnswer(media_id=media.id, name=media.name, seconds=media.seconds or 0.0, url=sound_url(media.id))


def drawn(asked: Asked[Nothing, OfWaveform]) -> WaveformAnswer:
    """How a sound goes up and down."""
    wave = kept_waveform(settings(), _sound(asked), asked.query.points)
    return WaveformAnswer(
        seconds=wave.seconds,
        low=[round(100 * low) for low, _ in wave.peaks],
        high=[round(100 * high) for _, high in wave.peaks],
    )


def beats(asked: Asked[Nothing, Query]) -> BeatsAnswer:
    """When the beats of a sound fall; finding them takes some seconds the first time."""
    return BeatsAnswer(beats=list(kept_beats(settings(), _sound(asked))))


def _sound(asked: Asked[Nothing, OfWaveform] | Asked[Nothing, Query]) -> Media:
    media = asked.session.get(Media, asked.id)
    if media is None or media.medium != "sound":
        raise NotFound("sound", asked.id)
    return media
