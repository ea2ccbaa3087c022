"""Owns the arguments of ``python -m framepack benchmark`` and what it prints. Measuring is
``framepack.benchmark.measure``'s.

Torch is imported only once there is something to measure, so that the time from the start to the first step has it in.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from framepack.checkpoints.table import CHECKPOINTS, Checkpoint, checkpoint_named
from framepack.environment import EngineOptions, prepare_environment
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.presets import PRESETS, preset_named, with_preset
from framepack.shots.request import CacheKind, Settings, default_settings

MEASURABLE = tuple(name for name, one in CHECKPOINTS.items() if one.direction == "forward")
_SIZES = {"f1": (608, 640)}


def add_benchmark_arguments(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the command's arguments."""
    parser.add_argument(
        "--checkpoint", default="draft", choices=MEASURABLE, metavar="|".join(MEASURABLE), help="(draft)"
    )
    parser.add_argument(
        "--random-weights",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="random weights of the published sizes, written to FOLDER (43 GB) unless they are there, or for once",
    )
    parser.add_argument("--memory-gb", metavar="X", help="use at most so much of the device's memory; a hard limit")
    parser.add_argument("--sections", type=int, default=2, metavar="N", help="sections of the shot (2)")
    parser.add_argument("--steps", type=int, metavar="N", help="sampling steps (the checkpoint's own)")
    parser.add_argument("--size", metavar="HxW", help="height and width in pixels (608x640; draft 144x256)")
    parser.add_argument("--preset", default="exact", metavar="|".join(PRESETS), help="(exact)")
    parser.add_argument(
        "--cache", metavar="KIND:X", help="another step cache than the preset's; fixed:0.4 runs 10 of 25 steps"
    )
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:1, mps (auto)")
    parser.add_argument("--against", choices=["diffusers"], help="measure single steps by turns with diffusers'")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how many of them (5)")
    parser.add_argument("--json", action="store_true", help="print nothing but the last line, which is JSON always")


def run(asked: argparse.Namespace, engine: EngineOptions, *, begun: float) -> None:
    """Measure what ``asked`` asks for and print it. Raises FramepackError for anything asked wrongly."""
    checkpoint = checkpoint_named(asked.checkpoint)
    settings = _settings(asked, checkpoint)
    if not 1 <= asked.sections <= 100:
        raise InvalidRequest("sections", Message("not-between", {"value": asked.sections, "least": 1, "most": 100}))
    if asked.random_weights is not None and checkpoint.embedded:
        raise InvalidRequest("random weights", Message("weights-of-its-own", {"checkpoint": checkpoint.name}))
    prepare_environment(os.environ)
    with ExitStack() as stack:
        if asked.random_weights is not None:
            given = asked.random_weights
            folder = given or stack.enter_context(tempfile.TemporaryDirectory(prefix="framepack-weights-"))
            engine = replace(engine, models=_random_weights(Path(folder), checkpoint))
            begun = time.perf_counter()
        # Here, because it imports torch.
        from framepack.benchmark.measure import BenchmarkOrder, run_benchmark

        order = BenchmarkOrder(
            checkpoint=checkpoint,
            engine=engine,
            settings=settings,
            sections=asked.sections,
            against=asked.against is not None,
            rounds=max(1, asked.rounds),
        )
        result = run_benchmark(order, begun=begun, say=(lambda _: None) if asked.json else _say)
    if not asked.json:
        for line in result.table():
            print(line)
    print(result.as_json())


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _settings(options: argparse.Namespace, checkpoint: Checkpoint) -> Settings:
    height, width = _SIZES.get(checkpoint.name, checkpoint.buckets[0])
    if options.size:
        parts = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", options.size)
        if not parts:
            raise InvalidRequest("size", Message("no-size", {"text": options.size}))
        height, width = int(parts[1]), int(parts[2])
    settings = with_preset(default_settings(checkpoint, height=height, width=width), preset_named(options.preset))
    if options.steps is not None:
        settings = replace(settings, steps=options.steps)
    if options.cache is None:
        return settings
    kind, _, value = options.cache.partition(":")
    if kind not in get_args(CacheKind):
        raise InvalidRequest(
            "cache", Message("no-such-choice", {"name": kind, "choices": ", ".join(get_args(CacheKind))})
        )
    try:
        threshold = float(value) if value else 0.0
    except ValueError:
        raise InvalidRequest("cache", Message("no-number", {"text": value})) from None
    return replace(settings, cache=cast(CacheKind, kind), threshold=threshold)


def _random_weights(folder: Path, checkpoint: Checkpoint) -> Path:
    """``folder`` with random weights in it; by another process, whose memory is not in the figures."""
    done = folder / f".random-{checkpoint.name}"
    if not done.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "framepack.benchmark.random_weights", str(folder.resolve()), checkpoint.name]
        subprocess.run(command, check=True, cwd=Path(__file__).resolve().parents[2])
        done.touch()
    return folder
