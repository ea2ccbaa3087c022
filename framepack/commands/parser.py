"""Owns the commands of the engine: their arguments, what they print, and their exit codes. The work is done elsewhere.

Exit codes: 0 done, 1 a file could not be read or written, 2 wrong input (both one sentence on standard error), 130
interrupted. Torch is imported only by
those that compute.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, get_args

from safetensors import SafetensorError
from tqdm import tqdm

from framepack.checkpoints.loras import file_and_strength
from framepack.checkpoints.table import CHECKPOINTS, checkpoint_named
from framepack.commands.benchmark import add_benchmark_arguments
from framepack.commands.benchmark import run as run_benchmark
from framepack.commands.models import print_models
from framepack.english import ENGLISH
from framepack.environment import EngineOptions, check_arguments, prepare_environment
from framepack.errors import FramepackError, InvalidRequest
from framepack.fetching.download import download, update
from framepack.fetching.hub import HubOptions
from framepack.fetching.progress import FileProgress
from framepack.files.filesystem import is_disk_full
from framepack.messages import Message, worded
from framepack.shots.presets import PRESETS
from framepack.shots.request import CENTRED, Beat, Fit

FAILED = 1
WRONG_INPUT = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run the command ``arguments`` (those of the process by default) and return its exit code."""
    begun = time.perf_counter()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        check_arguments(given)
    except FramepackError as error:
        print(worded(error.message, ENGLISH), file=sys.stderr)
        return WRONG_INPUT
    asked = _parser().parse_args(given)
    # A polite request to end is handled like Ctrl-C, so that nothing half-written is left either way.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        engine = EngineOptions.from_environment(environ)
        if asked.command == "download":
            _fetch(asked, engine, HubOptions.from_environment(environ))
        elif asked.command == "models":
            print_models(engine.models, as_json=asked.json)
        elif asked.command == "doctor":
            return _examine(_of_command(engine, asked), as_json=asked.json, measurements=asked.measurements)
        elif asked.command == "benchmark":
            run_benchmark(asked, _of_command(engine, asked), begun=begun)
        else:
            _animate(asked, _of_command(engine, asked), begun)
    except FramepackError as error:
        print(worded(error.message, ENGLISH), file=sys.stderr)
        return WRONG_INPUT
    except (OSError, SafetensorError) as error:
        if not is_disk_full(error) and not isinstance(error, OSError):
            raise
        print(worded(_of_disk(error), ENGLISH), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Interrupted; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def _of_disk(error: Exception) -> Message:
    if is_disk_full(error):
        return Message("command-disk-full")
    strerror = getattr(error, "strerror", None) or (str(error).splitlines() or [type(error).__name__])[0]
    filename = getattr(error, "filename", None)
    return Message("command-file-problem", {"reason": f"{filename}: {strerror}" if filename else strerror})


def _of_command(engine: EngineOptions, asked: argparse.Namespace) -> EngineOptions:
    """The engine's options as the environment has them, but for what the command line says."""
    return replace(engine, device=asked.device).with_memory(asked.memory_gb, "--memory-gb")


def _fetch(asked: argparse.Namespace, engine: EngineOptions, hub: HubOptions) -> None:
    fetch = update if asked.update else download
    bars: dict[str, tqdm[NoReturn]] = {}

    def show(progress: FileProgress) -> None:
        if progress.file not in bars:
            for bar in bars.values():
                bar.close()
            bars[progress.file] = tqdm(
                total=progress.size,
                initial=progress.received,
                unit="B",
                unit_scale=True,
                desc=f"{progress.number} of {progress.of} {progress.file.rpartition('/')[2]}",
                disable=not sys.stderr.isatty(),
            )
        bar = bars[progress.file]
        bar.update(progress.received - bar.n)

    try:
        for repository in fetch(checkpoint_named(asked.model), engine.models, hub, show):
            print(f"{repository} is complete")
    finally:
        for bar in bars.values():
            bar.close()


def _examine(engine: EngineOptions, *, as_json: bool, measurements: Path | None) -> int:
    prepare_environment(os.environ)
    # Here, because it imports torch.
    from framepack.commands.doctor import print_checks

    return 0 if print_checks(engine, as_json=as_json, measurements=measurements) else FAILED


def _animate(asked: argparse.Namespace, engine: EngineOptions, begun: float) -> None:
    prepare_environment(os.environ)
    # Here, because it imports torch: help, downloads and mistyped options answer at once.
    from framepack.commands.animate import Animation, animate

    animation = Animation(
        image=asked.image,
        prompt=asked.prompt,
        seconds=asked.seconds,
        seed=asked.seed,
        model=asked.model,
        steps=asked.steps,
        size=asked.size,
        fit=asked.fit,
        placement=tuple(asked.place),
        preset=asked.preset,
        teacache=asked.teacache,
        magcache=asked.magcache,
        output=asked.output,
        save_latents=asked.save_latents,
        continue_from=asked.continue_from,
        beats=tuple(_beat(*beat) for beat in asked.beat),
        literal=asked.literal,
        loras=tuple(asked.lora),
        after=asked.after,
        story=not asked.no_story,
        end=asked.end,
    )
    engine = replace(engine, partial_loras=engine.partial_loras or asked.partial_loras)
    print(animate(animation, engine, begun=begun, show_progress=sys.stderr.isatty()).as_json())


def _beat(at: str, prompt: str) -> Beat:
    try:
        seconds = float(at)
    except ValueError:
        raise InvalidRequest("beats", Message("beat-time", {"text": at})) from None
    return Beat(seconds, prompt)


def lora_at(said: str) -> tuple[Path, float]:
    """A file and its strength; see ``file_and_strength``."""
    try:
        return file_and_strength(said)
    except InvalidRequest as problem:
        raise argparse.ArgumentTypeError(worded(problem.reason, ENGLISH)) from None


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; ``--help`` says the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_INPUT, f"{message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m framepack", description="Make a video from a picture and a prompt.")
    commands = parser.add_subparsers(dest="command", required=True)

    animate = commands.add_parser(
        "animate", help="animate a picture or go on from a video; the last line printed is one JSON object"
    )
    animate.add_argument("image", nargs="?", type=Path, metavar="IMAGE", help="the picture the shot starts from")
    animate.add_argument(
        "--after",
        type=Path,
        metavar="VIDEO",
        help="a video of your own that the shot goes on from; what is written is only what comes behind it",
    )
    animate.add_argument(
        "--end",
        type=Path,
        metavar="IMAGE",
        help="a picture the shot is made towards: its end picture with 'original', which works backwards; the other "
        "models are guided to it in its last seconds",
    )
    animate.add_argument("--prompt", required=True, metavar="TEXT", help="what happens in the shot")
    animate.add_argument(
        "--beat",
        nargs=2,
        action="append",
        default=[],
        metavar=("S", "TEXT"),
        help="from so many seconds on this happens; may be given several times, and be written into the prompt: "
        '"she waits [2.4s: she turns round]"',
    )
    animate.add_argument("--literal", action="store_true", help="take times in the prompt as words of it")
    animate.add_argument(
        "--no-story", action="store_true", help="let the video not say what made it: prompts, seeds and settings"
    )
    animate.add_argument("--seconds", type=float, default=4.0, metavar="S", help="how long it lasts (4)")
    animate.add_argument("--seed", type=int, default=0, metavar="N", help="another number gives another motion (0)")
    animate.add_argument(
        "--model", metavar="|".join(CHECKPOINTS), help="the checkpoint (draft, or that of the latents)"
    )
    animate.add_argument("--steps", type=int, metavar="N", help="sampling steps (the checkpoint's own)")
    animate.add_argument(
        "--size", metavar="HxW", help="height and width in pixels (the checkpoint's nearest to the picture)"
    )
    animate.add_argument(
        "--fit",
        choices=get_args(Fit),
        default="fill",
        help="a picture of another shape: fill cuts it, fit shows it whole between black bars (fill)",
    )
    animate.add_argument(
        "--place",
        type=int,
        nargs=3,
        default=CENTRED,
        metavar=("X", "Y", "ZOOM"),
        help="where a picture is cut to fill the frame, 0 to 1000, and how close, from 1000 (500 500 1000)",
    )
    animate.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:1, cuda:0+1, mps (auto)")
    animate.add_argument(
        "--preset", default="exact", metavar="|".join(PRESETS), help="how much is given for speed (exact)"
    )
    animate.add_argument(
        "--lora",
        type=lora_at,
        action="append",
        default=[],
        metavar="FILE[:STRENGTH]",
        help="a LoRA added to the model's weights, such as style.safetensors:0.8; may be said again for another",
    )
    animate.add_argument(
        "--partial-loras", action="store_true", help="use of a LoRA what fits the model, rather than refuse it"
    )
    caches = animate.add_mutually_exclusive_group()
    caches.add_argument(
        "--teacache", type=float, default=0.0, metavar="X", help="TeaCache up to this distance, not the preset's cache"
    )
    caches.add_argument(
        "--magcache", type=float, default=0.0, metavar="X", help="MagCache up to this error, for the published models"
    )
    animate.add_argument(
        "--memory-gb",
        metavar="X",
        help="use at most so much of the device's memory ($STUDIO_MEMORY_GB, or what is free)",
    )
    animate.add_argument("-o", "--output", type=Path, default=Path("out.mp4"), metavar="OUT.mp4", help="(out.mp4)")
    animate.add_argument("--save-latents", type=Path, metavar="FILE", help="write what a later shot can continue from")
    animate.add_argument("--continue-from", type=Path, metavar="FILE", help="continue the shot of such a file")

    benchmark = commands.add_parser("benchmark", help="measure speed and memory; the last line printed is JSON")
    add_benchmark_arguments(benchmark)

    models = commands.add_parser("models", help="say what there is of each checkpoint, where, and what is missing")
    models.add_argument("--json", action="store_true", help="print one JSON object")

    doctor = commands.add_parser("doctor", help="say what this computer can do and what is wrong with it")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.add_argument(
        "--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:1, mps; cuda:0+1 for two cards (auto)"
    )
    doctor.add_argument(
        "--measurements", type=Path, metavar="FOLDER", help="keep here what several cards can do (it is not kept)"
    )
    doctor.add_argument("--memory-gb", metavar="X", help="the most of the device's memory that may be used")

    fetch = commands.add_parser("download", help="fetch a published checkpoint")
    fetch.add_argument("model", metavar="|".join(name for name, one in CHECKPOINTS.items() if not one.embedded))
    fetch.add_argument("--update", action="store_true", help="fetch the newest weights in the place of these")
    return parser
