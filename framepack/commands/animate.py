"""Owns one shot from a picture file to a video file, without a project: it checks, renders and writes."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from tqdm import tqdm

from framepack.checkpoints.identity import known_identity
from framepack.checkpoints.loras import lora_sha256, read_lora
from framepack.checkpoints.table import Checkpoint, checkpoint_named, nearest_bucket
from framepack.commands.latents_file import KeptShot, near_shown, read_latents, write_latents
from framepack.commands.story_tag import story_of
from framepack.context.history import History
from framepack.device.devices import peak_megabytes, restart_peak
from framepack.engine.engine import Engine
from framepack.engine.render import (
    Given,
    prepare_shots,
    render_continuation,
    render_shot,
    shown_last_frame,
    shown_latents,
)
from framepack.english import ENGLISH
from framepack.environment import EngineOptions
from framepack.errors import InvalidRequest
from framepack.files.outputs import is_same_file, output_problem, room_problem
from framepack.media.joins import Join
from framepack.media.own_video import OwnVideo, read_video, video_hash
from framepack.media.pictures import Picture, picture_hash, read_picture
from framepack.media.video import VIDEO_ENDINGS, join
from framepack.messages import Message, worded
from framepack.shots.beat_text import written_beats
from framepack.shots.events import Event, Notice, SectionDone, Step
from framepack.shots.keys import PlannedShot, plan_chain, unnamed_sections
from framepack.shots.past import end_of_video
from framepack.shots.presets import preset_named, with_preset
from framepack.shots.prompts import prompt_remarks, read_of
from framepack.shots.request import CENTRED, Beat, Fit, Placement, ShotRequest, default_settings
from framepack.shots.spans import FRAMES_PER_LATENT, Span, length_remarks, seconds_given
from framepack.store.join_reading import join_message, measured_join
from framepack.store.section_store import SectionStore

# One shot is made in a store of its own, so its weights need no name that tells them from others.
_IDENTITY = "this run's"


@dataclass(frozen=True)
class Animation:
    """What is asked for; None leaves a value to the checkpoint, or to the shot that is continued. ``size`` is HxW.

    ``beats`` take over at their times, and so do those written into the prompt, unless it is to be taken ``literal``.
    ``teacache`` and ``magcache`` are thresholds; one that is not 0 takes the place of the preset's step cache.
    ``loras`` are files, each with its strength. ``after`` is a video that the shot goes on from, ``end`` a picture that
    it is made towards. ``story``: the video says in itself what made it.
    """

    image: Path | None
    prompt: str
    seconds: float
    seed: int
    model: str | None
    steps: int | None
    size: str | None
    fit: Fit
    placement: Placement
    preset: str
    teacache: float
    magcache: float
    output: Path
    save_latents: Path | None
    continue_from: Path | None
    beats: tuple[Beat, ...] = ()
    literal: bool = False
    loras: tuple[tuple[Path, float], ...] = ()
    after: Path | None = None
    story: bool = True
    end: Path | None = None


@dataclass(frozen=True)
class AnimationResult:
    """What was made; ``seconds`` is all the time it took, ``seconds_per_section`` that of each section.

    ``join`` is what was measured where it goes on from a video, None where it does not.
    """

    output: str
    frames: int
    fps: int
    height: int
    width: int
    sections: int
    seconds: float
    seconds_per_section: list[float]
    peak_memory_mb: float
    model: str
    seed: int
    join: Join | None = None

    def as_json(self) -> str:
        """The result as one JSON object on one line."""
        made = asdict(self)
        if self.join is None:
            del made["join"]
        return json.dumps(made)


def animate(animation: Animation, options: EngineOptions, *, begun: float, show_progress: bool) -> AnimationResult:
    """Make the video of ``animation``; ``begun`` is the ``time.perf_counter()`` its time is counted from.

    The output files appear whole or not at all. Raises FramepackError for anything asked wrongly.
    """
    _check_outputs(animation)
    before = read_latents(animation.continue_from) if animation.continue_from else None
    checkpoint = _checkpoint(animation, before)
    picture = read_picture(animation.image, str(animation.image)) if animation.image else None
    video = read_video(animation.after, str(animation.after), checkpoint.fps) if animation.after else None
    end = read_picture(animation.end, str(animation.end)) if animation.end else None
    for remark in (remark for one in (picture, video, end) if one for remark in one.remarks):
        print(worded(remark, ENGLISH), file=sys.stderr)
    loras = {_lora_name(path): path for path, _ in animation.loras}
    request = _request(animation, checkpoint, before, picture, video)
    for remark in (
        *_prompt_remarks(request, checkpoint, options.models, literal=animation.literal),
        *length_remarks(request.seconds, fps=checkpoint.fps, opens=not before and not video, ends=False),
    ):
        print(worded(remark, ENGLISH), file=sys.stderr)
    shot = _continuing(request, before) if before else plan_chain([request])[0]
    with (
        tempfile.TemporaryDirectory(prefix="framepack-") as folder,
        Engine(checkpoint, options, lora_file=loras.get) as engine,
    ):
        restart_peak(engine.device)
        store = SectionStore(Path(folder) / "sections")
        pictures = {request.image: animation.image} if request.image and animation.image else {}
        if request.past and animation.after:
            pictures[request.past.video] = animation.after
        if request.end and animation.end:
            pictures[request.end] = animation.end
        if before:
            events = _continue(engine, shot, before, pictures, store)
        else:
            events = render_shot(engine, [shot], 0, pictures, store)
        with closing(events):
            timings = _follow(events, shot, show_progress)
        story = _story(request, checkpoint, options.models) if animation.story and not before else ""
        join([(store.video(key), count) for key, count in shot.units], animation.output, story)
        seen = measured_join(store, shot.start, shot.sections[0]) if request.past and shot.start else None
        if seen is not None:
            print(worded(join_message(seen), ENGLISH), file=sys.stderr)
        if animation.save_latents:
            write_latents(animation.save_latents, _kept(engine, shot, before, store))
        peak = peak_megabytes(engine.device)
    return AnimationResult(
        output=str(animation.output),
        frames=shot.span.frames,
        fps=checkpoint.fps,
        height=request.settings.height,
        width=request.settings.width,
        sections=len(shot.sections),
        seconds=round(time.perf_counter() - begun, 3),
        seconds_per_section=[round(seconds, 3) for seconds in timings],
        peak_memory_mb=round(peak, 1),
        model=checkpoint.name,
        seed=request.seed,
        join=seen,
    )


def _check_outputs(animation: Animation) -> None:
    """Raise InvalidRequest, before any work, where a file cannot be written or would replace one that is read."""
    read = []
    if animation.image:
        read.append(("replaces-picture", animation.image))
    if animation.end:
        read.append(("replaces-picture", animation.end))
    if animation.continue_from:
        read.append(("replaces-latents", animation.continue_from))
    if animation.after:
        read.append(("replaces-video", animation.after))
    kept = animation.save_latents
    problem = output_problem(animation.output, inputs=read, endings=VIDEO_ENDINGS)
    if kept is not None:
        if is_same_file(kept, animation.output):
            problem = Message("same-output", {"path": str(animation.output)})
        problem = problem or output_problem(kept, inputs=read)
    # What is made lies in the temporary folder until it is whole.
    problem = problem or room_problem(Path(tempfile.gettempdir()))
    if problem is not None:
        raise InvalidRequest("output", problem)


def _checkpoint(animation: Animation, before: KeptShot | None) -> Checkpoint:
    checkpoint = checkpoint_named(animation.model or (before.checkpoint.name if before else "draft"))
    if before and checkpoint != before.checkpoint:
        made_by = {"other": before.checkpoint.name, "checkpoint": checkpoint.name}
        raise InvalidRequest("model", Message("latents-of-another", made_by))
    if before and checkpoint.direction == "inverted":
        raise InvalidRequest("model", Message("backwards", {"checkpoint": checkpoint.name}))
    if before and animation.after:
        raise InvalidRequest("after", Message("two-pasts"))
    if not before and not animation.image and not animation.after:
        raise InvalidRequest("image", Message("no-start"))
    return checkpoint


def _request(
    animation: Animation,
    checkpoint: Checkpoint,
    before: KeptShot | None,
    picture: Picture | None,
    video: OwnVideo | None,
) -> ShotRequest:
    height, width = _size(animation, checkpoint, before, video or picture)
    settings = with_preset(default_settings(checkpoint, height=height, width=width), preset_named(animation.preset))
    if animation.teacache:
        settings = replace(settings, cache="teacache", threshold=animation.teacache)
    if animation.magcache:
        settings = replace(settings, cache="magcache", threshold=animation.magcache)
    written = None if animation.literal else written_beats(animation.prompt)
    beats = (*(written.beats if written else ()), *animation.beats)
    image, end = (picture_hash(path) if path else None for path in (animation.image, animation.end))
    return ShotRequest(
        settings=replace(
            settings,
            steps=settings.steps if animation.steps is None else animation.steps,
            fit=animation.fit,
            loras=tuple((_lora_name(path), strength) for path, strength in animation.loras),
        ),
        identity=_IDENTITY,
        prompt=written.prompt if written else animation.prompt,
        seed=animation.seed,
        seconds=animation.seconds,
        image=image,
        placement=animation.placement,
        beats=tuple(sorted(beats, key=lambda beat: beat.at)),
        past=end_of_video(video_hash(animation.after), video.last) if animation.after and video else None,
        end=end,
        # The same picture at both ends is a loop, for which it is cut in the same place.
        end_placement=animation.placement if end == image else CENTRED,
    )


def _prompt_remarks(
    request: ShotRequest, checkpoint: Checkpoint, models: Path | None, *, literal: bool
) -> Iterator[Message]:
    """What is to be said of the prompts of a shot, each once; not of times in one that is wanted as it is."""
    prompts = dict.fromkeys((request.prompt, *(beat.prompt for beat in request.beats if beat.prompt)))
    for prompt in prompts:
        remarks = prompt_remarks(prompt, read_of(prompt, checkpoint, models))
        yield from (remark for remark in remarks if not (literal and remark.id == "prompt-times"))


def _story(request: ShotRequest, checkpoint: Checkpoint, models: Path | None) -> str:
    """What made a shot that continues no other; its weights have their name where that takes no time to find."""
    identity = known_identity(checkpoint, models) or _IDENTITY
    return story_of(plan_chain([replace(request, identity=identity)])[0], fps=checkpoint.fps)


def _lora_name(path: Path) -> str:
    """The name of the LoRA at ``path``, which is looked at first. Raises LoraRejected."""
    read_lora(path)
    return lora_sha256(path)


def _size(
    animation: Animation, checkpoint: Checkpoint, before: KeptShot | None, seen: Picture | OwnVideo | None
) -> tuple[int, int]:
    asked = None
    if animation.size:
        parts = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", animation.size)
        if not parts:
            raise InvalidRequest("size", Message("no-size", {"text": animation.size}))
        asked = int(parts[1]), int(parts[2])
    if before:
        if asked not in (None, (before.height, before.width)):
            raise InvalidRequest("size", Message("size-stays", {"height": before.height, "width": before.width}))
        return before.height, before.width
    if asked:
        return asked
    assert seen is not None, "a shot that continues no latents has a picture or a video"
    return nearest_bucket(seen.height, seen.width, checkpoint.buckets)


def _continuing(request: ShotRequest, before: KeptShot) -> PlannedShot:
    """The plan of a shot that follows ``before``; its sections lie in a store of their own, so any names do."""
    checkpoint = before.checkpoint
    shown = before.latents.shape[2]
    until = round(((before.seconds + request.seconds) * checkpoint.fps - 1) / FRAMES_PER_LATENT)
    span = Span(first=shown, latents=max(1, until - shown + 1), window=checkpoint.window)
    seen = (request.image or "", request.placement)
    sections = unnamed_sections(request, span, before=before.seconds, seen=seen)
    named = [replace(one, key=hashlib.sha256(f"section {one.number}".encode()).hexdigest()) for one in sections]
    return PlannedShot(request, span, None, tuple(named))


def _continue(
    engine: Engine, shot: PlannedShot, before: KeptShot, pictures: dict[str, Path], store: SectionStore
) -> Generator[Event, None, None]:
    prepare_shots(engine, [shot], pictures, store)
    history = History(before.latents, 0, before.last_frame)
    yield from render_continuation(engine, shot, Given(before.anchor, before.image_embeds), history, store)


def _follow(events: Iterator[Event], shot: PlannedShot, show_progress: bool) -> list[float]:
    """Take all ``events``, with a bar on standard error if asked; gives the seconds of each section."""
    steps = shot.request.settings.steps * len(shot.sections)
    timings = []
    with tqdm(total=steps, unit="step", disable=not show_progress) as bar:
        for event in events:
            if isinstance(event, Notice) and show_progress:
                bar.write(worded(event.message, ENGLISH), file=sys.stderr)
            elif isinstance(event, Step):
                bar.set_description(f"section {event.section} of {len(shot.sections)}")
                bar.update()
            elif isinstance(event, SectionDone) and event.number:
                timings.append(event.seconds)
    return timings


def _kept(engine: Engine, shot: PlannedShot, before: KeptShot | None, store: SectionStore) -> KeptShot:
    """What a later shot needs to continue this one."""
    settings = shot.request.settings
    latents = shown_latents(shot, store)
    if before:
        latents = torch.cat([before.latents, latents], dim=2)
    last = shot.made[-1]
    if last.embedding_image:
        embeds = engine.encoded_picture(shot.request, last.embedding_image, last.embedding_placement).embeds
    else:
        assert before is not None, "only a shot that continues another has no picture"
        embeds = before.image_embeds
    past = shot.request.past
    earlier = before.seconds if before else seconds_given(past.latents, engine.checkpoint.fps) if past else 0.0
    return KeptShot(
        checkpoint=engine.checkpoint,
        height=settings.height,
        width=settings.width,
        seconds=near_shown(earlier + shot.request.seconds, latents, engine.checkpoint.fps),
        latents=latents,
        anchor=latents[:, :, -1:],
        image_embeds=embeds,
        last_frame=shown_last_frame(shot, store),
    )
