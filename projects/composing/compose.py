"""Composing a film: planned, its pieces made where they are not there yet, and joined. It knows no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from threading import Event

import av

from framepack.files.atomic import in_place
from framepack.files.manifest import sum_of
from framepack.messages import Message, joined
from projects.composing.encoding import Canvas, encode
from projects.composing.formats import SOUND_BITS
from projects.composing.joining import Stretch, Track, join_stretches
from projects.composing.loose import write_folder, write_gif, write_webp, write_zip
from projects.composing.orders import FilmOrder, FilmRefused, check_output
from projects.composing.piece_store import PieceStore
from projects.composing.plan import Copied, Made, Planner, Segment, sound_name, source_key
from projects.composing.tracks import CaptionTrack, SoundCoding, SoundTrack, encode_sound
from projects.films.timeline import StillSource, TakeSource, Timeline
from projects.frames.joins import corrections_of
from projects.frames.material import Pixels, Sources
from projects.frames.picturing import Easel
from projects.frames.runs import Run, runs_of

# Copying a frame takes so much of the time that encoding one does.
_COPYING = 0.02
# While only the sound is waited for, it is asked so often (in seconds) whether the film is still wanted.
_ASKED_EVERY = 0.2

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]
# Is told the names of all pieces that a film has, before any of them is made.
Begun = Callable[[tuple[str, ...]], None]


class ComposingCancelled(Exception):
    """It was called off; nothing half is left. Pieces that were finished stay for the next time."""


@dataclass(frozen=True)
class ComposedFilm:
    """A finished film. Of its frames ``encoded_frames`` were encoded now, ``copied_frames`` taken over as they were.

    Those came from takes or from pieces made earlier. ``pieces`` are the names of all pieces it has.
    """

    frames: int
    seconds: float
    width: int
    height: int
    encoded_frames: int
    copied_frames: int
    pieces: tuple[str, ...] = ()


def compose(
    *,
    timeline: Timeline,
    sources: Sources,
    order: FilmOrder,
    out: Path,
    pieces: Path,
    begun: Begun = lambda _: None,
    progress: Progress = lambda _: None,
    cancelled: Cancelled = lambda: False,
) -> ComposedFilm:
    """Write the film of ``timeline`` to the file ``out`` (for PNG files also a folder), whole or not at all.

    ``pieces`` is the folder in which pieces of films are kept: those that are there are not made again. ``begun`` is
    told which ones it has, as they are needed while it is made. ``progress`` is given the share that is done, 0 to 1;
    ``cancelled`` is asked between frames. Raises FilmRefused before anything is made, ComposingCancelled, NotWhole or
    VideoMismatch where a take is not what it should be, and OSError.
    """
    if not timeline.ready or not timeline.clips:
        raise FilmRefused(joined(timeline.problems or (Message("no-shots-yet"),), "sentences"))
    inputs = [("replaces-source", path) for path in sources.files]
    check_output(order, out, inputs, timeline.rate)
    work = _Work(timeline, sources, order, progress, cancelled)
    return work.join(out, PieceStore(pieces), begun) if order.facts.joined else work.write_loose(out)


class _Work:
    """One film that is being made."""

    def __init__(
        self, timeline: Timeline, sources: Sources, order: FilmOrder, progress: Progress, cancelled: Cancelled
    ) -> None:
        self._timeline = timeline
        self._sources = sources
        self._order = order
        self._progress = progress
        self._cancelled = cancelled
        self._easel = Easel(sources, timeline.rate, timeline.width, timeline.height)
        self._canvas = Canvas(order.coding, timeline.rate, timeline.width, timeline.height)
        self._to_do, self._done = 1.0, 0.0

    def segments(self) -> tuple[Segment, ...]:
        """What it is put together from."""
        for source in dict.fromkeys(clip.source for clip in self._timeline.clips):
            if isinstance(source, TakeSource | StillSource):
                source_key(self._easel, source)  # so that nothing damaged is copied
        return Planner(self._easel, self._canvas, copies=self._order.copies).segments(self._runs())

    def join(self, out: Path, store: PieceStore, begun: Begun) -> ComposedFilm:
        """Make the pieces that are not there, the sound beside them, and join all."""
        ending = self._canvas.coding.ending
        segments = self.segments()
        begun(self.pieces(segments))
        made = {segment.name: segment.run for segment in segments if isinstance(segment, Made)}
        files = {name: store.find(name, ending) for name in made}
        lacking = [name for name, file in files.items() if file is None]
        encoded = sum(made[name].frames for name in lacking)
        self._to_do = encoded + _COPYING * self._timeline.frames
        with self._sound_beside(store) as sound:
            for name in lacking:
                files[name] = store.publish(name, ending, partial(self._encode, made[name]))
            track = sound()
        stretches: list[Stretch] = []
        for segment in segments:
            if isinstance(segment, Copied):
                stretches.append((segment.path, segment.first, segment.frames))
            else:
                file = files[segment.name]
                assert file is not None
                stretches.append((file, 0, segment.frames))
        tracks = [*([track] if track else []), *self._captions()]
        tags = {"title": self._timeline.name, "comment": self._sources.comment}
        with in_place(out) as aside:
            join_stretches(aside, stretches, self._canvas, tracks, tags, partial(self._watch, _COPYING))
        self._progress(1.0)
        return self._finished(encoded, self.pieces(segments))

    def pieces(self, segments: Sequence[Segment]) -> tuple[str, ...]:
        """The names of all its pieces, the encoded sound among them."""
        names = dict.fromkeys(segment.name for segment in segments if isinstance(segment, Made))
        sound = self._sound_name()
        return (*names, *([sound] if sound else []))

    def write_loose(self, out: Path) -> ComposedFilm:
        """Encode every frame, once."""
        self._to_do = float(self._timeline.frames)
        if self._order.format == "png" and not out.suffix:
            write_folder(out, self._pictures(), self._canvas)
        else:
            write = {"gif": write_gif, "webp": write_webp, "png": write_zip}[self._order.format]
            with in_place(out) as aside:
                write(aside, self._pictures(), self._canvas)
        self._progress(1.0)
        return self._finished(self._timeline.frames, ())

    def _runs(self) -> tuple[Run, ...]:
        corrections = dict(corrections_of(self._easel, self._timeline))
        return runs_of(self._timeline, self._sources.overlays, corrections)

    def _pictures(self) -> Iterator[Pixels | av.VideoFrame]:
        for run in self._runs():
            for picture in self._easel.pictures(run):
                self._watch(1.0)
                yield picture

    def _encode(self, run: Run, path: Path) -> int:
        return encode(path, self._easel.pictures(run), self._canvas, lambda: self._watch(1.0))

    # --- sound and captions -------------------------------------------------------------------------------------------

    @contextmanager
    def _sound_beside(self, store: PieceStore) -> Iterator[Callable[[], SoundTrack | None]]:
        """The film's sound, encoded by a thread of its own meanwhile; what is given waits for it."""
        name = self._sound_name()
        if name is None:
            yield lambda: None
            return
        called_off = Event()
        with ThreadPoolExecutor(1, thread_name_prefix="sound") as thread:
            encoding = thread.submit(self._sound, name, store, called_off)
            try:
                yield partial(self._when_done, encoding)
            finally:
                called_off.set()

    def _when_done(self, encoding: Future[Path]) -> SoundTrack:
        """The sound once it is encoded. Only here it is asked whether that is still wanted, never by its thread."""
        while not wait([encoding], timeout=_ASKED_EVERY).done:
            self._watch(0.0)
        return SoundTrack(encoding.result())

    def _sound(self, name: str, store: PieceStore, called_off: Event) -> Path:
        coding, sound = self._sound_coding, self._sources.sound
        assert coding is not None
        assert sound is not None

        def watch() -> None:
            if called_off.is_set():
                raise ComposingCancelled

        def write(path: Path) -> int:
            encode_sound(path, sound, coding, self._length, watch)
            return 0

        ending = f".{coding.container}"
        return store.find(name, ending) or store.publish(name, ending, write)

    def _sound_name(self) -> str | None:
        """What names the encoded sound, None where the film has none."""
        coding = self._sound_coding
        if coding is None or self._sources.sound is None:
            return None
        return sound_name(sum_of(self._sources.sound), coding, self._length)

    @property
    def _sound_coding(self) -> SoundCoding | None:
        facts = self._order.facts
        return SoundCoding(facts.sound, facts.container, SOUND_BITS[self._order.quality]) if facts.sound else None

    @property
    def _length(self) -> Fraction:
        return Fraction(self._timeline.frames) / self._timeline.rate

    def _captions(self) -> list[Track]:
        facts, sources = self._order.facts, self._sources
        if not sources.captions or facts.captions is None:
            return []
        return [CaptionTrack(sources.captions, facts.captions, sources.language, self._length)]

    def _watch(self, work: float) -> None:
        """So much more work is about to be done: tell, and ask whether it is still wanted."""
        if self._cancelled():
            raise ComposingCancelled
        self._progress(min(1.0, self._done / self._to_do))
        self._done += work

    def _finished(self, encoded: int, pieces: tuple[str, ...]) -> ComposedFilm:
        timeline = self._timeline
        return ComposedFilm(
            frames=timeline.frames,
            seconds=timeline.seconds,
            width=timeline.width,
            height=timeline.height,
            encoded_frames=encoded,
            copied_frames=timeline.frames - encoded,
            pieces=pieces,
        )
