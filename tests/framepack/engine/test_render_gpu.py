"""Rendering on a CUDA device, in the published formats; skipped where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import framepack
from framepack.checkpoints.table import CHECKPOINTS
from framepack.device.devices import peak_megabytes, restart_peak
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot, shown_latents
from framepack.environment import EngineOptions
from framepack.media.pictures import picture_hash
from framepack.media.video import probe, read_frames
from framepack.shots.events import Step
from framepack.shots.keys import plan_chain
from framepack.shots.request import Settings, ShotRequest
from framepack.store.section_store import SectionStore
from tests.support.checkpoints import build_models

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this computer"),
]


def settings(name: str) -> Settings:
    return Settings(name, height=64, width=96, steps=3, guidance=10.0, cfg=2.0, rescale=0.0)


@pytest.mark.parametrize("name", ["draft", "f1", "original"])
def test_a_shot_comes_out_the_same_on_a_gpu_as_on_the_processor(tmp_path: Path, name: str) -> None:
    models = build_models(tmp_path / "models")
    pixels = np.random.default_rng(1).integers(0, 255, (8, 12, 3), dtype=np.uint8)
    picture = tmp_path / "picture.png"
    Image.fromarray(pixels).resize((96, 64)).save(picture)
    image = picture_hash(picture)
    chain = plan_chain([ShotRequest(settings(name), "any", "a boat", 1, 2.0, image)])
    latents, first_frames = {}, {}
    for device in ("cpu", "cuda"):
        store = SectionStore(tmp_path / device)
        with Engine(CHECKPOINTS[name], EngineOptions(device=device, models=models)) as engine:
            restart_peak(engine.device)
            for event in render_shot(engine, chain, 0, {image: picture}, store):
                assert not isinstance(event, Step) or event.preview.dtype == np.uint8
            assert peak_megabytes(engine.device) > 1
        latents[device] = shown_latents(chain[0], store)
        first_frames[device] = next(read_frames(store.video(chain[0].units[0][0])))
        assert [probe(store.video(key)).frames for key, _ in chain[0].units] == [1, 36, 36]
    error = (latents["cuda"] - latents["cpu"]).norm() / latents["cpu"].norm()
    assert error < 0.05
    # A processor decodes in bf16, which alone is 3.4 levels from fp16 for these random weights, compressed as both are.
    assert np.abs(first_frames["cuda"].astype(int) - first_frames["cpu"]).mean() < 6


def test_prompts_encoded_by_the_processor_say_what_those_of_the_device_say(tmp_path: Path) -> None:
    models = build_models(tmp_path / "models")
    picture = tmp_path / "picture.png"
    Image.new("RGB", (96, 64), "teal").save(picture)
    image = picture_hash(picture)
    chain = plan_chain([ShotRequest(settings("f1"), "any", "a boat", 1, 1.2, image)])
    embeds = []
    for text_on_cpu in (False, True):
        with Engine(CHECKPOINTS["f1"], EngineOptions(device="cuda", models=models, text_on_cpu=text_on_cpu)) as engine:
            device = engine._models.with_text_encoder(settings("f1"), lambda llama: llama.model.device)
            assert device.type == ("cpu" if text_on_cpu else "cuda")
            engine.prepare(chain, {image: picture})
            embeds.append(
                engine.conditioning(chain[0].request, chain[0].request.prompt, torch.zeros(1, 4, 28)).prompt_embeds
            )
    assert (embeds[0] - embeds[1]).norm() / embeds[1].norm() < 0.02


def test_a_process_that_has_not_used_the_device_yet_can_measure_a_shot(tmp_path: Path) -> None:
    models = build_models(tmp_path / "models")
    command = [sys.executable, "-m", "framepack", "benchmark", "--checkpoint", "f1", "--device", "cuda", "--json"]
    command += ["--size", "64x64", "--steps", "3", "--sections", "1"]
    root = Path(framepack.__file__).resolve().parent.parent
    environ = {**os.environ, "STUDIO_MODELS": str(models)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environ, timeout=300)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert len(said["timings"]["steps"]) == 2
    assert said["peaks"]["reserved"] >= said["peaks"]["allocated"] > 0


def test_leaving_the_engine_gives_all_memory_back(tmp_path: Path) -> None:
    models = build_models(tmp_path / "models")
    before = torch.cuda.memory_allocated()
    with Engine(CHECKPOINTS["f1"], EngineOptions(device="cuda", models=models)) as engine:
        engine._models.transformer(settings("f1"))
        engine._models.vae()
        assert torch.cuda.memory_allocated() > before
    assert torch.cuda.memory_allocated() == before
