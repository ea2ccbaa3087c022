"""The same shot made here and by diffusers' pipeline, turn by turn: how long each takes, and how close each decodes.

    python benchmarks/against_pipeline.py PICTURE [--sections 2] [--steps 8] [--runs 3] [--device cpu]

Both go from a picture and a prompt to a written video, with the draft checkpoint's weights in memory; every run has a
prompt of its own, so nothing is found again. The pipeline samples forward (its ``vanilla`` sampling), which makes
1 + 36 frames a section, as we do. Our number formats are those the engine picks; the pipeline runs in fp32, which is
its default, and a second time with its VAE in the format our decoder uses. Seconds are told by the clock and as the
processor's time of all threads, which other programs disturb less. Then the latents of one of our shots are decoded
once as a whole, in our windows and in the pipeline's. The last line on standard output is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch, as the engine's commands do

import numpy as np
import torch
from diffusers import (
    AutoencoderKLHunyuanVideo,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideoFramepackPipeline,
    HunyuanVideoFramepackTransformer3DModel,
)
from numpy.typing import NDArray
from torch import Tensor
from transformers import (
    CLIPTextModel,
    CLIPTokenizer,
    LlamaModel,
    PreTrainedTokenizerFast,
    SiglipImageProcessorPil,
    SiglipVisionModel,
)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.table import CHECKPOINTS
from framepack.context.history import History
from framepack.device.devices import formats_for, pick_device
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot, shown_latents
from framepack.environment import EngineOptions
from framepack.media.pictures import fill_frame, picture_hash, read_picture
from framepack.media.video import join, write_frames
from framepack.shots.keys import plan_chain
from framepack.shots.request import ShotRequest, default_settings
from framepack.store.section_store import SectionStore
from framepack.vae.decoding import decode_after, decode_start

DRAFT = CHECKPOINTS["draft"]
WINDOW = DRAFT.window
PROMPT = "The camera pans slowly to the left, take {number}."
PIPELINE_WINDOW, PIPELINE_OVERLAP = 2 * WINDOW, 4 * (WINDOW - 1) + 1


class Ours:
    """The engine, kept between runs with what it has loaded."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.engine = Engine(DRAFT, EngineOptions(device=options.device))
        self._options, self._folder = options, folder
        self._image = picture_hash(options.picture)
        self.latents = torch.empty(0)

    def make(self, number: int) -> int:
        """Make the shot of run ``number`` and write its video; gives the number of its frames."""
        options = self._options
        settings = replace(default_settings(DRAFT, height=options.height, width=options.width), steps=options.steps)
        seconds = options.sections * 4 * WINDOW / DRAFT.fps
        request = ShotRequest(settings, "draft", PROMPT.format(number=number), number, seconds, self._image)
        chain = plan_chain([request])
        store = SectionStore(self._folder / f"ours-{number}")
        with closing(render_shot(self.engine, chain, 0, {self._image: options.picture}, store)) as events:
            for _ in events:
                pass
        frames = join([(store.video(key), count) for key, count in chain[0].units], self._folder / f"{number}.mp4")
        self.latents = shown_latents(chain[0], store)
        return frames


class Pipeline:
    """diffusers' pipeline with the draft's weights, its VAE in ``vae_format``."""

    def __init__(self, options: argparse.Namespace, folder: Path, vae_format: torch.dtype) -> None:
        device = pick_device(options.device)
        parts = {part: find_part(DRAFT, part, None).path for part in DRAFT.sources}
        self._pipeline = HunyuanVideoFramepackPipeline(
            text_encoder=LlamaModel.from_pretrained(parts["text_encoder"]),
            tokenizer=PreTrainedTokenizerFast.from_pretrained(parts["tokenizer"]),
            transformer=HunyuanVideoFramepackTransformer3DModel.from_pretrained(parts["transformer"]),
            vae=AutoencoderKLHunyuanVideo.from_pretrained(parts["vae"], torch_dtype=vae_format),
            scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, time_shift_type="exponential"),
            text_encoder_2=CLIPTextModel.from_pretrained(parts["text_encoder_2"]),
            tokenizer_2=CLIPTokenizer.from_pretrained(parts["tokenizer_2"]),
            image_encoder=SiglipVisionModel.from_pretrained(parts["image_encoder"]),
            feature_extractor=SiglipImageProcessorPil.from_pretrained(parts["feature_extractor"]),
        ).to(device)
        self._pipeline.set_progress_bar_config(disable=True)
        self._options, self._folder = options, folder

    def make(self, number: int) -> int:
        """Make the shot of run ``number`` and write its video; gives the number of its frames."""
        options = self._options
        picture = read_picture(options.picture, options.picture.name).image
        video = self._pipeline(
            image=fill_frame(picture, options.height, options.width),
            prompt=PROMPT.format(number=number),
            height=options.height,
            width=options.width,
            num_frames=options.sections * PIPELINE_OVERLAP,
            latent_window_size=WINDOW,
            num_inference_steps=options.steps,
            guidance_scale=DRAFT.defaults.guidance,
            generator=torch.Generator().manual_seed(number),
            sampling_type="vanilla",
            output_type="np",
        ).frames[0]
        pixels = (np.asarray(video) * 255).round().astype(np.uint8)
        return write_frames(self._folder / f"pipeline-{number}.mp4", pixels, DRAFT.fps)


# --- decoding the same latents ----------------------------------------------------------------------------------------


@torch.no_grad()
def decode(vae: Any, latents: Tensor) -> Tensor:
    """The frames (F, H, W, 3) from -1 to 1 of one decode of ``latents`` (1, 16, T, h, w), in the library's tiles."""
    frames: Tensor = vae.decode((latents / vae.config.scaling_factor).to(vae.dtype)).sample
    return frames[0].permute(1, 2, 3, 0).float()


def levels(frames: Tensor) -> NDArray[np.float64]:
    """Frames from -1 to 1 as levels of 255."""
    return frames.clamp(-1, 1).add(1).mul(127.5).round().double().numpy()


def our_windows(vae: Any, latents: Tensor) -> NDArray[np.float64]:
    """What a shot of ``latents`` shows."""
    shown = [decode_start(vae, latents[:, :, :1])]
    for first in range(1, latents.shape[2], WINDOW):
        history = History(latents[:, :, :first], 0, shown[-1])
        shown.extend(decode_after(vae, history, latents[:, :, first : first + WINDOW]))
    return np.stack(shown).astype(np.float64)


def pipeline_windows(vae: Any, latents: Tensor) -> NDArray[np.float64]:
    """What the pipeline shows of ``latents``: the last two windows decoded after each, cross-faded over 33 frames."""
    shown = decode(vae, latents[:, :, : 1 + WINDOW])
    for end in range(1 + 2 * WINDOW, latents.shape[2] + 1, WINDOW):
        new = decode(vae, latents[:, :, end - PIPELINE_WINDOW : end])
        old = torch.linspace(1, 0, PIPELINE_OVERLAP).view(-1, 1, 1, 1)
        faded = old * shown[-PIPELINE_OVERLAP:] + (1 - old) * new[:PIPELINE_OVERLAP]
        shown = torch.cat([shown[:-PIPELINE_OVERLAP], faded, new[PIPELINE_OVERLAP:]])
    return levels(shown)


def closeness(latents: Tensor) -> Iterator[dict[str, object]]:
    """Mean and largest error, in levels of 255, of both ways against one decode of everything in fp32."""
    path = find_part(DRAFT, "vae", None).path
    exact = AutoencoderKLHunyuanVideo.from_pretrained(path).eval()
    whole = levels(decode(exact, latents))
    in_use = formats_for(torch.device("cpu")).decoder
    ways: dict[str, Callable[[Any, Tensor], NDArray[np.float64]]] = {"ours": our_windows, "pipeline": pipeline_windows}
    for name, windows in ways.items():
        for dtype in sorted({torch.float32, in_use}, key=str):
            vae = AutoencoderKLHunyuanVideo.from_pretrained(path, torch_dtype=dtype).eval()
            error = np.abs(windows(vae, latents) - whole).mean(axis=(1, 2, 3))
            yield {
                "decoded_by": name,
                "format": str(dtype).removeprefix("torch."),
                "mean_error": round(float(error.mean()), 4),
                "worst_frame": round(float(error.max()), 4),
            }


def main() -> None:
    """Measure and print lines and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--sections", type=int, default=2)
    parser.add_argument("--steps", type=int, default=DRAFT.defaults.steps)
    parser.add_argument("--height", type=int, default=144)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    decoder = formats_for(pick_device(options.device)).decoder
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = Ours(options, folder)
        ways: dict[str, Ours | Pipeline] = {"ours": ours, "pipeline": Pipeline(options, folder, torch.float32)}
        if decoder != torch.float32:
            ways["pipeline, VAE in our format"] = Pipeline(options, folder, decoder)
        for number in range(options.runs):
            for way, maker in ways.items():
                begun = time.perf_counter(), time.process_time()
                frames = maker.make(number)
                taken = time.perf_counter() - begun[0], time.process_time() - begun[1]
                found.setdefault(way, []).append(taken)
                print(f"run {number}: {way}: {frames} frames in {taken[0]:.2f} s, {taken[1]:.2f} s of the processor")
    medians = {way: [statistics.median(kind) for kind in zip(*taken, strict=True)] for way, taken in found.items()}
    ratios = {
        way: [round(theirs / ours, 3) for theirs, ours in zip(taken, medians["ours"], strict=True)]
        for way, taken in medians.items()
    }
    for way, (clock, processor) in medians.items():
        by_clock, by_processor = ratios[way]
        print(f"{way}: {clock:.2f} s ({by_clock} of ours), {processor:.2f} s of the processor ({by_processor} of ours)")
    rows = list(closeness(ours.latents))
    for row in rows:
        print("  ".join(f"{field} {value}" for field, value in row.items()))
    print(json.dumps({"seconds": found, "median": medians, "ratio": ratios, "closeness": rows}))


if __name__ == "__main__":
    main()
