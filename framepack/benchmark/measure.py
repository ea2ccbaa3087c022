"""Measures one shot made by the engine: steps, sections, decoding, memory; and steps against diffusers' by turns.

It goes the way every shot goes, from files of weights to a video in a store. ``run_benchmark`` gives what was found.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image

from framepack.benchmark.diffusers_steps import DiffusersSteps, Manner, StepRequest
from framepack.checkpoints.folders import find_part, weight_files
from framepack.checkpoints.table import Checkpoint
from framepack.context.history import History
from framepack.device.devices import formats_for, pick_device
from framepack.device.memory_watch import MemoryPeaks, MemoryWatch, host_bytes
from framepack.engine.engine import Engine, ShotInputs
from framepack.engine.render import render_shot
from framepack.english import ENGLISH
from framepack.environment import GIB, EngineOptions
from framepack.media.pictures import picture_hash
from framepack.messages import worded
from framepack.sampling.sampler import draw_noise
from framepack.shots.events import Conditioned, Notice, SectionDone, Step
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import Settings, ShotRequest
from framepack.shots.spans import FRAMES_PER_LATENT, PIXELS_PER_LATENT
from framepack.store.section_store import SectionStore

PROMPT = "A person walks along a beach at sunset, the camera pans slowly to the right, waves roll in."
# From this many sections on it is told whether later ones take longer.
LONG = 8
Say = Callable[[str], None]


@dataclass(frozen=True)
class BenchmarkOrder:
    """What is measured: ``sections`` of one shot with ``settings``, by an engine that is set up as ``engine`` says.

    ``against`` asks for ``rounds`` steps by turns with diffusers' transformer afterwards.
    """

    checkpoint: Checkpoint
    engine: EngineOptions
    settings: Settings
    sections: int
    against: bool = False
    rounds: int = 5


@dataclass
class Timings:
    """Seconds. ``first_step`` is from the start of the program to the end of the first sampling step.

    ``steps`` are all others but the first of the shot; ``sampling``, ``decoding`` (with the writing of the video) and
    ``sections`` are of each section; the first one's holds the loading of the model. ``host_after`` are bytes.
    """

    first_step: float = 0.0
    encoding: float = 0.0
    steps: list[float] = field(default_factory=list)
    sampling: list[float] = field(default_factory=list)
    decoding: list[float] = field(default_factory=list)
    sections: list[float] = field(default_factory=list)
    host_after: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """Median seconds of a step by turns, ours beside diffusers', and what diffusers' process took of memory."""

    ours: float
    theirs: dict[Manner, float]
    ratios: dict[Manner, float]
    memory: dict[Manner, MemoryPeaks]


@dataclass(frozen=True)
class BenchmarkResult:
    """What was found; seconds and bytes. ``host_share`` is the host's peak over the bytes of the transformer's files.

    ``growth`` is the time of the last fifth of the sections over that of the first fifth without the very first, where
    there are enough.
    """

    checkpoint: str
    device: str
    torch: str
    settings: Settings
    memory_cap: int | None
    notices: list[str]
    step: float | None
    section: float
    decode: float
    timings: Timings
    peaks: MemoryPeaks
    transformer_bytes: int
    host_share: float
    growth: float | None
    against: Comparison | None

    def table(self) -> list[str]:
        """The figures that matter most, one a line, for a person to read."""
        peaks = self.peaks
        lines = [
            f"a section: {self.section:.2f} s, of which decoding and writing {self.decode:.2f} s",
            f"first step after the start: {self.timings.first_step:.1f} s",
            f"host: {peaks.host / GIB:.2f} GiB at most, {self.host_share:.2f} of the transformer's files",
        ]
        if self.step is not None:
            lines.insert(0, f"a step: {self.step:.3f} s")
        if peaks.allocated is not None and peaks.reserved is not None:
            driver = "" if peaks.driver is None else f", {peaks.driver / GIB:.2f} as the driver counts"
            lines.append(
                f"device: {peaks.allocated / GIB:.2f} GiB at most, {peaks.reserved / GIB:.2f} reserved{driver}"
            )
        if self.growth is not None:
            lines.append(f"the last sections against the first: {self.growth:.3f} of their time")
        if self.against is not None:
            lines += [
                f"diffusers, {manner}: {seconds:.3f} s a step against {self.against.ours:.3f}, "
                f"{self.against.ratios[manner]:.2f} times as long"
                for manner, seconds in self.against.theirs.items()
            ]
        return lines

    def as_json(self) -> str:
        """The result as one JSON object on one line."""
        return json.dumps(asdict(self))


def run_benchmark(order: BenchmarkOrder, *, begun: float, say: Say) -> BenchmarkResult:
    """Measure; ``begun`` is the ``time.perf_counter()`` of the program's start, and ``say`` is told how it goes.

    Raises FramepackError for anything asked wrongly.
    """
    device = pick_device(order.engine.device)
    notices: list[str] = []
    with ExitStack() as stack:
        watch = stack.enter_context(MemoryWatch(device))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="framepack-")))
        picture = _picture(folder, order.settings)
        shot = _shot(order, picture)
        engine = stack.enter_context(Engine(order.checkpoint, order.engine, measurements=folder))
        timings = _render(engine, shot, picture, SectionStore(folder / "sections"), notices, begun, say)
        peaks = watch.peaks()
        comparison = _compare(order, engine, shot, say) if order.against else None
    transformer = sum(
        path.stat().st_size for path in weight_files(order.checkpoint, "transformer", order.engine.models)
    )
    return BenchmarkResult(
        checkpoint=order.checkpoint.name,
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        torch=torch.__version__,
        settings=order.settings,
        memory_cap=order.engine.memory,
        notices=notices,
        step=median(timings.steps) if timings.steps else None,
        section=median(timings.sections[1:] or timings.sections),
        decode=median(timings.decoding[1:] or timings.decoding),
        timings=timings,
        peaks=peaks,
        transformer_bytes=transformer,
        host_share=peaks.host / transformer,
        growth=_growth(timings.sections),
        against=comparison,
    )


def _growth(sections: list[float]) -> float | None:
    if len(sections) < LONG:
        return None
    some = max(3, len(sections) // 5)
    return median(sections[-some:]) / median(sections[1 : 1 + some])


def _picture(folder: Path, settings: Settings) -> Path:
    """A picture of soft colours at the shot's size."""
    coarse = np.random.default_rng(0).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    path = folder / "picture.png"
    Image.fromarray(coarse).resize((settings.width, settings.height), Image.Resampling.BICUBIC).save(path)
    return path


def _shot(order: BenchmarkOrder, picture: Path) -> PlannedShot:
    checkpoint = order.checkpoint
    seconds = (1 + order.sections * FRAMES_PER_LATENT * checkpoint.window) / checkpoint.fps
    request = ShotRequest(order.settings, "benchmark", PROMPT, 0, seconds, picture_hash(picture))
    (shot,) = plan_chain([request])
    assert len(shot.sections) == order.sections
    return shot


def _render(
    engine: Engine, shot: PlannedShot, picture: Path, store: SectionStore, notices: list[str], begun: float, say: Say
) -> Timings:
    """Make the shot and take the time of everything."""
    timings = Timings()
    started = sampled = last = time.perf_counter()
    pictures = {picture_hash(picture): picture}
    with closing(render_shot(engine, [shot], 0, pictures, store)) as events:
        for event in events:
            now = time.perf_counter()
            match event:
                case Notice(message):
                    notices.append(worded(message, ENGLISH))
                    say(notices[-1])
                case Conditioned():
                    timings.encoding = now - started
                    say(f"encoded after {timings.encoding:.2f} s")
                case Step(section, number):
                    if section == number == 1:
                        timings.first_step = now - begun
                        say(f"first step {timings.first_step:.2f} s after the start")
                    else:
                        timings.steps.append(now - last)
                    sampled = now
                case SectionDone(_, number, seconds) if number:
                    timings.sections.append(seconds)
                    timings.sampling.append(seconds - (now - sampled))
                    timings.decoding.append(now - sampled)
                    timings.host_after.append(host_bytes())
                    say(f"section {number}: {seconds:.2f} s, of which decoding and writing {now - sampled:.2f} s")
                case _:
                    pass
            last = time.perf_counter()
    return timings


def _compare(order: BenchmarkOrder, engine: Engine, shot: PlannedShot, say: Say) -> Comparison:
    """Steps of ours and of diffusers' by turns, without a step cache."""
    assert shot.request.image
    picture = engine.encoded_picture(shot.request, shot.request.image)
    conditioning = engine.conditioning(shot.request, shot.request.prompt, picture.embeds)
    steps = _our_steps(engine, ShotInputs(_plain(order.settings), picture.latent, conditioning))
    height, width = picture.latent.shape[-2:]
    asked = StepRequest(
        folder=str(find_part(order.checkpoint, "transformer", order.engine.models).path),
        device=str(engine.device),
        dtype=str(formats_for(engine.device).transformer).removeprefix("torch."),
        manner="eager",
        window=order.checkpoint.window,
        height=height,
        width=width,
        text=conditioning.prompt_embeds.shape[1],
        image=conditioning.image_embeds.shape[1],
    )
    manners: tuple[Manner, ...] = ("eager", "group offload") if engine.device.type == "cuda" else ("eager",)
    ours: list[float] = []
    theirs: dict[Manner, list[float]] = {}
    with ExitStack() as stack:
        others: dict[Manner, DiffusersSteps] = {}
        for manner in manners:
            try:
                others[manner] = stack.enter_context(DiffusersSteps(replace(asked, manner=manner)))
            except RuntimeError as error:  # a card may have no room for it
                say(str(error))
        for number in range(order.rounds):
            ours.append(next(steps))
            for manner, other in others.items():
                theirs.setdefault(manner, []).append(other.step())
            told = "".join(f", diffusers {manner} {taken[-1]:.3f}" for manner, taken in theirs.items())
            say(f"step {number + 1}: ours {ours[-1]:.3f} s{told}")
        memory = {manner: other.peaks() for manner, other in others.items()}
    medians = {manner: median(taken) for manner, taken in theirs.items()}
    mine = median(ours)
    return Comparison(mine, medians, {manner: taken / mine for manner, taken in medians.items()}, memory)


def _plain(settings: Settings) -> Settings:
    return replace(settings, cache="none", threshold=0.0, cfg=1.0)


def _our_steps(engine: Engine, inputs: ShotInputs) -> Iterator[float]:
    """The seconds of one sampling step after the other, without end; those that prepare a section are left out."""
    height, width = (side // PIXELS_PER_LATENT for side in (inputs.settings.height, inputs.settings.width))
    history = History(inputs.anchor, 0, None)
    many = replace(inputs, settings=replace(inputs.settings, steps=max(3, inputs.settings.steps)))
    while True:
        noise = draw_noise(torch.Generator().manual_seed(0), window=inputs.settings.window, height=height, width=width)
        with closing(engine.sample(many, 1, history, noise)) as events:
            # The first step prepares the section, too.
            while not isinstance(next(events), Step):
                pass
            begun = time.perf_counter()
            for event in events:
                if isinstance(event, Step):
                    yield time.perf_counter() - begun
                    begun = time.perf_counter()
