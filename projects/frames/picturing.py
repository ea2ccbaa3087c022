"""The pictures of a run of frames, one at a time, from its sources. It encodes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from PIL import Image

from framepack.media.pictures import fill_frame, read_picture
from framepack.messages import Message
from projects.errors import StoryboardProblem
from projects.films.timeline import CardSource, Source, StillSource, TakeSource
from projects.frames.between import Motion, blended
from projects.frames.colour import corrected
from projects.frames.fitting import MOVE_ZOOM, Fitter, moved
from projects.frames.material import Overlay, Parts, Pixels, Sources
from projects.frames.mixing import Picture, put_together
from projects.frames.reading import TakeReader
from projects.frames.runs import Ground, Layer, Run
from projects.frames.samples import Sample, sample_at

_PLAIN = {"black": 0, "white": 255}


@dataclass(frozen=True)
class Easel:
    """What pictures are made with: the files, and the rate and size of the film."""

    sources: Sources
    rate: Fraction
    width: int
    height: int

    def pictures(self, run: Run) -> Iterator[Pixels | av.VideoFrame]:
        """The run's pictures: (height, width, 3) uint8 RGB, or a take's frame as it was decoded where it is shown so.

        Raises NotWhole and VideoMismatch where a take's file is not what it should be, ImageRejected for a picture.
        """
        with ExitStack() as opened:
            if run.is_plain and isinstance(run.ground, Layer):
                painter = opened.enter_context(_Painter(self, run.ground))
                yield from (painter.plainest(place) for place in range(run.frames))
                return
            ground = self._ground(run.ground, opened)
            over = None
            if run.over is not None and run.mix is not None:
                over = opened.enter_context(_Painter(self, run.over)).picture, run.mix
            if over is None and not run.overlays:
                yield from (ground(place) for place in range(run.frames))
                return
            overlays = [(overlay.draw(), _seen(overlay, run.start)) for overlay in run.overlays]
            yield from put_together(run.frames, self.rate, ground, over, overlays)

    def frames_of(self, layer: Layer, frames: int) -> list[Pixels]:
        """So many pictures of a layer, (height, width, 3) uint8 RGB each."""
        with _Painter(self, layer) as painter:
            return [painter.picture(place) for place in range(frames)]

    def parts(self, source: TakeSource) -> Parts:
        """The files of a take."""
        return self.sources.takes[source.take_id]

    def card(self, source: CardSource) -> Pixels:
        """A card as it is drawn."""
        if self.sources.draw_card is None:
            raise StoryboardProblem(Message("cards-not-drawn"))
        return self.sources.draw_card(source.words, self.width, self.height)

    def _ground(self, ground: Layer | Ground, opened: ExitStack) -> Picture:
        if isinstance(ground, Layer):
            return opened.enter_context(_Painter(self, ground)).picture
        plain = np.full((self.height, self.width, 3), _PLAIN[ground], np.uint8)
        return lambda _: plain


class _Painter:
    """The pictures of one layer."""

    def __init__(self, easel: Easel, layer: Layer) -> None:
        self._easel = easel
        self._layer = layer
        self._fitter = Fitter(easel.width, easel.height)
        self._motion: Motion | None = None
        source = layer.clip.source
        self._reader = TakeReader(easel.parts(source)) if isinstance(source, TakeSource) else None
        self._still = None if self._reader is not None else self._opened(source)
        self._latest: dict[int, Pixels] = {}

    def __enter__(self) -> _Painter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.close()

    def plainest(self, place: int) -> Pixels | av.VideoFrame:
        """As ``picture``; a decoded frame where that is all there is to it."""
        if self._reader is not None and self._layer.clip.move == "none":
            sample = self._sample(place)
            if len(sample.frames) == 1:
                frame = self._reader.frame(sample.frames[0])
                if self._fitter.fills(frame) and not self._enlarges(frame):
                    return frame
        return self.picture(place)

    def picture(self, place: int) -> Pixels:
        """The picture at a place of the layer, (height, width, 3) uint8 RGB."""
        clip = self._layer.clip
        share = (self._layer.first + place) / max(1, clip.frames - 1)
        if self._still is not None:
            pixels = moved(self._still, clip.move, share, self._easel.width, self._easel.height)
        else:
            pixels = self._taken(self._sample(place))
            if clip.move != "none":
                pixels = moved(Image.fromarray(pixels), clip.move, share, self._easel.width, self._easel.height)
        if self._layer.correction is not None:
            pixels = corrected(pixels, self._layer.correction, self._layer.strength(place))
        return pixels

    def _sample(self, place: int) -> Sample:
        return sample_at(self._layer.clip, self._easel.rate, self._layer.first + place)

    def _taken(self, sample: Sample) -> Pixels:
        kept = {number: self._latest.get(number) for number in sample.frames}
        self._latest = {number: self._pixels(number) if found is None else found for number, found in kept.items()}
        pictures = list(self._latest.values())
        if len(pictures) == 1:
            return pictures[0]
        if self._layer.clip.between != "motion":
            return blended(pictures, sample.weights)
        self._motion = self._motion or Motion()
        return self._motion.between(pictures[0], pictures[1], sample.weights[1])

    def _pixels(self, number: int) -> Pixels:
        assert self._reader is not None
        frame = self._reader.frame(number)
        enlarger = self._easel.sources.enlarger
        if enlarger is not None and self._enlarges(frame):
            return self._fitter.enlarged(frame, enlarger)
        return self._fitter.pixels(frame)

    def _enlarges(self, frame: av.VideoFrame) -> bool:
        return self._easel.sources.enlarger is not None and not self._fitter.covers(frame)

    def _opened(self, source: Source) -> Image.Image:
        """The picture of a still or a card in the film's shape, larger than the film where it is come closer to."""
        easel = self._easel
        if isinstance(source, CardSource):
            return Image.fromarray(easel.card(source))
        assert isinstance(source, StillSource)
        path = easel.sources.pictures[source.media_id]
        picture = read_picture(path, path.name).image
        if self._layer.clip.move == "none":
            return fill_frame(picture, easel.height, easel.width, source.place)
        height, width = (round(side * MOVE_ZOOM) for side in (easel.height, easel.width))
        return fill_frame(picture, height, width, source.place)


def _seen(overlay: Overlay, start: int) -> Callable[[int], float]:
    """How much of an overlay is seen at a place of a run that begins with the film's frame ``start``."""

    def seen(place: int) -> float:
        number = start + place
        near = min(number - overlay.start + 1, overlay.end - number)
        return min(1.0, near / (overlay.fade + 1))

    return seen
