"""``python -m framepack doctor``: what this computer can do, and for each problem the one thing to do."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import imageio_ffmpeg
import torch
from huggingface_hub import constants

from framepack.attention.backends import BACKENDS, available_backends
from framepack.checkpoints.inventory import checkpoint_states
from framepack.device.devices import (
    available_host_memory,
    device_notice,
    formats_for,
    measure_budget,
    pick_device,
    unused_card_notice,
)
from framepack.device.shares import LEAST_GAIN, Shares
from framepack.engine.card_speeds import measured_cards
from framepack.engine.timing_cards import time_alone
from framepack.english import ENGLISH
from framepack.environment import GIB, EngineOptions, cards_named
from framepack.errors import FramepackError, RankLost
from framepack.messages import Message, worded
from framepack.ops.triton_available import kernels_notice, kernels_work

State = Literal["well", "note", "found"]
_MARKS = {"well": "ok   ", "note": "note ", "found": "FOUND"}
_GB = 1e9
# The least that the 13 B transformer has run in, and what its streamed blocks take of the computer's memory.
LEAST_CARD_MEMORY, BLOCKS_IN_MEMORY = 5.5 * GIB, 27 * GIB
LOW_DISK = 5 * GIB
_SECONDS_FOR_A_PROGRAM = 20.0
# Seconds of computing for a second of film, 608x640, 25 steps, exact, one step and the decoding of a section measured
# on that card (benchmarks/log.md).
MEASURED = {"NVIDIA H200": (25 * 0.814 + 2.84) / 1.2}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; ``advice`` is what to do where it is not well."""

    check: str
    state: State
    message: str
    advice: str | None = None


def examine(options: EngineOptions, measurements: Path | None = None) -> list[Check]:
    """Everything, in the order of what matters; a check that fails itself is a problem found, too.

    What several cards can do is kept in the folder ``measurements``.
    """
    found: list[Check] = []
    try:
        devices = [pick_device(name) for name in cards_named(options.device)]
        device = devices[0]
    except FramepackError as missing:
        return [Check("device", "found", str(missing), "Choose one of those there are.")]
    checks: dict[str, Callable[[], Iterator[Check]]] = {
        "device": lambda: _device(device, options),
        "attention": lambda: _attention(device),
        "compiler": lambda: _compiler(device),
        "memory": lambda: _memory(device, options),
        "disk": lambda: _disk(options.models),
        "ffmpeg": _ffmpeg,
        "weights": lambda: _weights(options.models),
        "speed": lambda: _speed(device),
        "cards": lambda: _cards(devices, measurements),
    }
    for name, look in checks.items():
        try:
            found += look()
        except (OSError, RuntimeError, FramepackError) as error:
            found.append(Check(name, "found", f"it could not be looked at ({_first_line(error)})", None))
    return found


def print_checks(options: EngineOptions, *, as_json: bool, measurements: Path | None = None) -> bool:
    """Print what was found, as one line of JSON or a line for each check. Returns whether all is well."""
    found = examine(options, measurements)
    well = all(check.state != "found" for check in found)
    if as_json:
        print(json.dumps({"well": well, "checks": [asdict(check) for check in found]}, ensure_ascii=False))
    else:
        for check in found:
            print(" ".join(filter(None, (_MARKS[check.state], f"{check.check}:", check.message, check.advice))))
    return well


def _device(device: torch.device, options: EngineOptions) -> Iterator[Check]:
    kind = str(formats_for(device).transformer).removeprefix("torch.")
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        built = torch.version.cuda or torch.version.hip
        said = f"{card.name}, capability {card.major}.{card.minor}, computes in {kind}, PyTorch for {built}{_driver()}"
    else:
        said = f"{device.type}, computes in {kind}"
    if unused := unused_card_notice():
        yield Check("device", "found", said, worded(unused, ENGLISH))
    elif device.type == "cpu" and options.device == "auto":
        yield Check("device", "note", f"{said}; no graphics card is there", "The draft model is made for this.")
    elif notice := device_notice(device):
        yield Check("device", "note", said, worded(notice, ENGLISH))
    else:
        yield Check("device", "well", said)


def _driver() -> str:
    """The NVIDIA driver's version as a clause, nothing where it cannot be asked for."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    command = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS_FOR_A_PROGRAM, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return f", driver {asked.stdout.strip().splitlines()[0]}" if asked.stdout.strip() else ""


def _attention(device: torch.device) -> Iterator[Check]:
    here = available_backends(device)
    others = [name for name in BACKENDS if name not in here]
    said = f"{', '.join(here)} (not here: {', '.join(others)})" if others else ", ".join(here)
    if device.type == "cuda" and here == ("sdpa",):
        yield Check("attention", "note", said, "Update the driver and PyTorch: the fast ways of attention need both.")
    else:
        yield Check("attention", "well", said)


def _compiler(device: torch.device) -> Iterator[Check]:
    if device.type != "cuda":
        yield Check("compiler", "well", "nothing is compiled for this device")
    elif kernels_work(device):
        yield Check("compiler", "well", "Triton compiles for this card")
    else:
        notice = kernels_notice(device)
        said = worded(notice, ENGLISH) if notice else "Triton is not installed; everything runs a little slower"
        yield Check("compiler", "note", said, "On Windows install triton-windows, elsewhere a C compiler such as gcc.")


def _memory(device: torch.device, options: EngineOptions) -> Iterator[Check]:
    budget = measure_budget(device, options.memory)
    host = available_host_memory()
    said = f"{budget.device_free / GIB:.1f} of {budget.device_total / GIB:.1f} GB of the device are free"
    if options.memory:
        said += f", of which {options.memory / GIB:.1f} may be used"
    said += f"; of the computer's memory {host / GIB:.1f} GB"
    usable = min(budget.device_free, options.memory or budget.device_free)
    if device.type != "cpu" and usable < LEAST_CARD_MEMORY:
        advice = "Close other programs on the card, or render with the draft model: FramePack needs about 6 GB."
        yield Check("memory", "found" if budget.device_total >= LEAST_CARD_MEMORY else "note", said, advice)
    elif device.type == "cuda" and budget.device_free < BLOCKS_IN_MEMORY and host < BLOCKS_IN_MEMORY:
        advice = "Close other programs or use a GGUF file: else weights are read from disk at every step."
        yield Check("memory", "note", said, advice)
    else:
        yield Check("memory", "well", said)


def _disk(models: Path | None) -> Iterator[Check]:
    folder = models or Path(constants.HF_HUB_CACHE)
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    missing = min((one.missing_bytes for one in checkpoint_states(models) if not one.checkpoint.embedded), default=0)
    said = f"{free / _GB:.1f} GB are free for weights in {folder}"
    if free < LOW_DISK:
        yield Check("disk", "found", said, "Free some space: videos and weights need it.")
    elif free < missing:
        advice = f"A published model needs {missing / _GB:.1f} GB more; set STUDIO_MODELS to a folder with room."
        yield Check("disk", "note", said, advice)
    else:
        yield Check("disk", "well", said)


def _ffmpeg() -> Iterator[Check]:
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        asked = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=_SECONDS_FOR_A_PROGRAM, check=True
        )
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        advice = "Install what the program needs again: pip install -r requirements.txt"
        yield Check("ffmpeg", "found", f"it does not run ({_first_line(error)})", advice)
    else:
        yield Check("ffmpeg", "well", (asked.stdout.splitlines() or ["it runs"])[0])


def _weights(models: Path | None) -> Iterator[Check]:
    for one in checkpoint_states(models):
        name = f"weights of {one.checkpoint.name}"
        problem = next((part.problem for part in one.parts if part.problem), None)
        if problem is None:
            yield Check(name, "well", f"complete, {one.nbytes / _GB:.1f} GB")
        elif problem.id == "weights-missing" and not one.checkpoint.embedded:
            said = f"about {one.missing_bytes / _GB:.1f} GB of it are not here"
            yield Check(name, "note", said, f"Fetch them with: python -m framepack download {one.checkpoint.name}")
        else:
            yield Check(name, "found", worded(problem, ENGLISH))


def _speed(device: torch.device) -> Iterator[Check]:
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    seconds = MEASURED.get(card)
    of_film = "for a second of film at 608x640, 25 steps, exact"
    if seconds is not None:
        yield Check("speed", "well", f"about {seconds:.0f} s {of_film}")
    elif device.type == "cpu":
        said = f"how long a second of film takes on {card} was not measured"
        yield Check("speed", "well", said, "Measure it with: python -m framepack benchmark")
    else:
        seconds = time_alone(device).seconds_of_film
        said = f"about {seconds:.0f} s {of_film}, by how fast {card} multiplies"
        yield Check("speed", "well", said, "Measure it with: python -m framepack benchmark")


def _cards(named: Sequence[torch.device], measurements: Path | None) -> Iterator[Check]:
    """What a shot gains by several cards, those that were named or else all there are."""
    every = [pick_device(f"cuda:{number}") for number in range(torch.cuda.device_count())]
    devices = named if len(named) > 1 else every if named[0].type == "cuda" else []
    if len(devices) < 2:
        return
    try:
        found = measured_cards(devices, measurements)
    except RankLost as lost:
        yield Check("cards", "note", str(lost), "Each card makes a shot of its own.")
        return
    way = "directly" if found.peers else "through the computer's memory"
    said = f"{' + '.join(found.names)} send each other {found.bandwidth / _GB:.1f} GB/s {way}; all of them make a shot "
    said += f"about {found.gain:.2f} times as fast as the fastest alone"
    if len(set(found.names)) > 1:
        shares = Shares.of(100, found.speeds).counts
        said += f", with {', '.join(f'{share} %' for share in shares)} of it each"
    if found.pays:
        yield Check("cards", "well", said, "The studio has them do so where that is sooner; see STUDIO_CARDS_PER_SHOT.")
    else:
        yield Check("cards", "note", said, f"One shot each is kept: that is for gains from {LEAST_GAIN} times on.")


def _first_line(error: Exception) -> str:
    return worded(Message("text", {"text": (str(error).strip().splitlines() or [type(error).__name__])[0]}), ENGLISH)
