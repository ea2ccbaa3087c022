"""How long a film takes to be put together, and how much memory: 10 minutes of 100 shots, and 60 minutes of 500.

    python -m benchmarks.film [--shots 100] [--dissolves 10] [--minutes 10] [--format h264] [--height 480]

The takes are made first: some that move, copied to as many files as there are shots, as conformed takes lie in a
studio; and music as long as the film. Then the film is made three times, each by a process of its own whose memory and
ffmpeg processes are watched: at first, with one dissolve changed, and again with nothing changed. Every file is read
back: its frames, and how far its sound ends from its pictures. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil

from framepack.media.video import write_frames
from projects.composing.compose import compose
from projects.composing.orders import FilmOrder
from projects.cutting.film_settings import FilmSettings
from projects.films.timeline import Clip, Lead, TakeSource, Timeline
from projects.frames.material import Sources
from projects.storage.finished import finish_file

RATE = 30
# Takes differ from each other as far as anything that is encoded is made from them.
DISTINCT = 37
LEAD = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=int, default=100)
    parser.add_argument("--dissolves", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--format", default="h264")
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--width", type=int, default=832)
    parser.add_argument("--compose", nargs=2, metavar=("FOLDER", "FRAMES"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.compose:
        make(given, Path(given.compose[0]), int(given.compose[1]))
        return
    folder = Path(tempfile.mkdtemp(prefix="film-"))
    try:
        begun = time.perf_counter()
        write_sources(given, folder)
        print(f"sources made in {time.perf_counter() - begun:.0f} s; load {psutil.getloadavg()[0]:.1f}", flush=True)
        found = {}
        for name, frames in (("first", LEAD), ("one dissolve changed", LEAD + 10), ("nothing changed", LEAD + 10)):
            found[name] = watched(given, folder, frames)
            print(name, json.dumps(found[name]), flush=True)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({**{name: vars(given)[name] for name in ("shots", "minutes", "format", "height")}, **found}))


def write_sources(given: argparse.Namespace, folder: Path) -> None:
    """Takes, a file each, as a studio has them."""
    frames = shot_frames(given)
    for number in range(min(DISTINCT, given.shots)):
        noise = np.random.default_rng(number).integers(0, 255, (given.height // 8, given.width // 4, 3))
        ground = np.kron(noise, np.ones((8, 8, 1))).astype(np.uint8)
        places = _there_and_back(frames, given.width // 4)
        moving = (np.ascontiguousarray(ground[:, 2 * at : 2 * at + given.width]) for at in places)
        write_frames(folder / f"distinct{number}.mp4", moving, RATE)
    for number in range(given.shots):
        take = folder / f"take{number}.mp4"
        shutil.copyfile(folder / f"distinct{number % DISTINCT}.mp4", take)
        finish_file(take, frames)


def write_music(path: Path, seconds: float) -> None:
    """Chords struck twice a second, with overtones and a little noise, that last as long as the film."""
    at = np.arange(24_000) / 48_000
    noise = np.random.default_rng(0).normal(0, 60, at.size)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        left = round(seconds * 48_000)
        for beat in range(-(-left // at.size)):
            notes = [110 * 2 ** ((step + 5 * (beat // 8 % 3)) / 12) for step in (0, 4, 7)]
            chord = sum(np.sin(2 * np.pi * note * over * at) / over for note in notes for over in range(1, 8))
            samples = (chord * np.exp(-4 * at) * 3_000 + noise)[:left].astype("<i2")
            file.writeframes(np.repeat(samples, 2).tobytes())
            left -= at.size


def shot_frames(given: argparse.Namespace) -> int:
    """How many frames each shot has, so that the film is as long as asked with its dissolves."""
    return round((given.minutes * 60 * RATE + given.dissolves * LEAD) / given.shots)


def timeline_of(given: argparse.Namespace, last: int) -> Timeline:
    """The film; the last of its dissolves has ``last`` frames."""
    frames = shot_frames(given)
    every = given.shots // max(1, given.dissolves)
    led = [number * every for number in range(1, given.dissolves + 1) if number * every < given.shots]
    clips: list[Clip] = []
    for number in range(given.shots):
        lead = Lead("cut", 0, "centre")
        if number in led:
            lead = Lead("dissolve", last if number == led[-1] else LEAD, "centre")
        start = clips[-1].end - lead.frames if clips else 0
        take = TakeSource(str(number), frames, Fraction(RATE), given.width, given.height)
        clips.append(Clip(str(number), "", "", take, 0, frames, start, frames, lead=lead))
    return Timeline("film", FilmSettings(), Fraction(RATE), given.width, given.height, tuple(clips))


def make(given: argparse.Namespace, folder: Path, last: int) -> None:
    """Put the film together, in this process, and say what came of it."""
    timeline = timeline_of(given, last)
    order = FilmOrder(given.format)
    out = folder / f"film{order.facts.endings[0]}"
    takes = {str(number): ((folder / f"take{number}.mp4", shot_frames(given)),) for number in range(given.shots)}
    write_music(folder / "music.wav", timeline.seconds)
    begun = time.perf_counter()
    made = compose(
        timeline=timeline,
        sources=Sources(takes, sound=folder / "music.wav"),
        order=order,
        out=out,
        pieces=folder / "pieces",
    )
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": round(seconds, 2), "encoded": made.encoded_frames, **read_back(out, timeline)}))


def read_back(out: Path, timeline: Timeline) -> dict[str, Any]:
    """What is in a film's file: whether its frames are all there, and by how much its sound ends elsewhere."""
    with av.open(str(out)) as container:
        ends: dict[str, float] = {}
        frames = 0
        for packet in container.demux():
            if packet.size and packet.pts is not None and packet.time_base is not None:
                frames += packet.stream.type == "video"
                ends[packet.stream.type] = float((packet.pts + (packet.duration or 0)) * packet.time_base)
    apart = abs(ends["audio"] - ends["video"]) if "audio" in ends else 0.0
    return {"frames": frames, "as planned": frames == timeline.frames, "apart": round(apart, 4)}


def watched(given: argparse.Namespace, folder: Path, frames: int) -> dict[str, Any]:
    """What ``make`` says in a process of its own, with the most memory and ffmpeg processes that it had at once."""
    same = [f"--{name}={vars(given)[name]}" for name in ("shots", "dissolves", "minutes", "format", "height", "width")]
    command = [sys.executable, "-m", "benchmarks.film", *same, "--compose", str(folder), str(frames)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watch = psutil.Process(process.pid)
        memory, encoders = 0, 0
        while process.poll() is None:
            try:
                family = [watch, *watch.children(recursive=True)]
                memory = max(memory, sum(one.memory_info().rss for one in family))
                encoders = max(encoders, sum("ffmpeg" in one.name() for one in family))
            except psutil.NoSuchProcess:
                pass
            time.sleep(0.05)
        said = process.stdout.read() if process.stdout else ""
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    found["of running time"] = f"1/{given.minutes * 60 / found['seconds']:.0f}"
    return {**found, "MB": round(memory / 2**20), "ffmpeg processes": encoders}


def _there_and_back(frames: int, width: int) -> list[int]:
    """Places from 0 to before ``width``, one step a frame, and back."""
    return [width - 1 - abs(at % (2 * width - 2) - (width - 1)) for at in range(frames)]


if __name__ == "__main__":
    main()
