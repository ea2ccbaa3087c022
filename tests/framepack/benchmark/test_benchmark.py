"""The benchmark through the command, on tiny random checkpoints, and the parts it is made of."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel

import framepack
from framepack.benchmark.diffusers_steps import DiffusersSteps, StepRequest
from framepack.benchmark.random_weights import PUBLISHED, Sizes, write_random_checkpoint
from framepack.checkpoints.table import CHECKPOINTS
from framepack.commands.parser import main
from tests.support.checkpoints import IMAGE, POOLED, TEXT, build_models

TINY = Sizes(
    transformer={
        "num_attention_heads": 2,
        "attention_head_dim": 8,
        "rope_axes_dim": (2, 2, 4),
        "num_layers": 1,
        "num_single_layers": 1,
        "num_refiner_layers": 1,
        "text_embed_dim": TEXT,
        "pooled_projection_dim": POOLED,
        "image_proj_dim": IMAGE,
        "has_image_proj": True,
        "has_clean_x_embedder": True,
    },
    vae={"block_out_channels": (8, 8, 8, 8), "layers_per_block": 1, "norm_num_groups": 4},
    text_encoder={
        "vocab_size": 1536,
        "hidden_size": TEXT,
        "intermediate_size": 32,
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
    },
    text_encoder_2={
        "vocab_size": 1536,
        "hidden_size": POOLED,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 1,
    },
    image_encoder={
        "hidden_size": IMAGE,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 16,
        "vision_use_head": False,
    },
)
SMALL = ("--checkpoint", "f1", "--size", "64x64", "--device", "cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


def benchmark(models: Path, *arguments: object) -> int:
    return main(["benchmark", *map(str, (*SMALL, *arguments))], {"STUDIO_MODELS": str(models)})


def result_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_every_step_and_section_of_a_shot_is_timed(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(models, "--steps", 3, "--sections", 2) == 0
    said = result_of(capsys)
    timings = said["timings"]
    assert len(timings["steps"]) == 2 * 3 - 1
    assert len(timings["sections"]) == len(timings["decoding"]) == len(timings["host_after"]) == 2
    assert 0 < said["decode"] < said["section"]
    assert 0 < said["step"] < said["section"]
    assert timings["first_step"] > timings["encoding"] > 0
    assert said["peaks"]["host"] >= max(timings["host_after"])
    assert said["transformer_bytes"] > 0
    assert said["against"] is None
    assert said["notices"]


def test_steps_are_measured_by_turns_with_diffusers(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(models, "--steps", 1, "--sections", 1, "--against", "diffusers", "--rounds", 3, "--json") == 0
    printed = capsys.readouterr().out
    against = json.loads(printed)["against"]
    assert printed.count("\n") == 1
    assert list(against["theirs"]) == ["eager"]
    assert against["ratios"]["eager"] == pytest.approx(against["theirs"]["eager"] / against["ours"])
    assert against["memory"]["eager"]["host"] > 10**8


def test_a_transformer_of_diffusers_that_does_not_run_here_is_said_so(tmp_path: Path) -> None:
    request = StepRequest(str(tmp_path), "cpu", "float32", "eager", window=9, height=8, width=8, text=4, image=4)
    with pytest.raises(RuntimeError, match=r"diffusers' transformer \(eager\) ended with 1"), DiffusersSteps(request):
        pass


def test_a_step_cache_can_be_asked_for(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(models, "--steps", 4, "--sections", 1, "--cache", "fixed:0.5", "--json") == 0
    settings = result_of(capsys)["settings"]
    assert (settings["cache"], settings["threshold"]) == ("fixed", 0.5)


def test_growth_is_told_where_there_are_enough_sections(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(models, "--steps", 1, "--sections", 8, "--json") == 0
    said = result_of(capsys)
    assert said["growth"] > 0
    assert len(said["timings"]["host_after"]) == 8


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--sections", "0"], "sections: 0 is not between 1 and 100"),
        (["--size", "big"], "size: 'big' is not a height and a width"),
        (["--preset", "best"], "preset: there is no 'best'"),
        (["--cache", "lazy:1"], "cache: there is no 'lazy'; there is: none, first_block, teacache, magcache, fixed"),
        (["--cache", "fixed:half"], "cache: 'half' is no number"),
        (["--cache", "fixed"], "threshold: 0 does not go with the step cache 'fixed'"),
        (["--memory-gb", "lots"], "--memory-gb: "),
        (["--checkpoint", "draft", "--random-weights"], "random weights: 'draft' has weights of its own"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(
    models: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark(models, *arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert said.count("\n") == 1


def test_random_weights_are_a_checkpoint_like_any_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_random_checkpoint(tmp_path, CHECKPOINTS["f1"], TINY)
    assert benchmark(tmp_path, "--steps", 1, "--sections", 1, "--json") == 0
    assert result_of(capsys)["timings"]["sections"]


def test_random_weights_may_lie_in_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framepack.benchmark.random_weights.SHARD_BYTES", 4096)
    write_random_checkpoint(tmp_path, CHECKPOINTS["f1"], TINY)
    folder = tmp_path / CHECKPOINTS["f1"].sources["transformer"].repository
    index = json.loads((folder / "diffusion_pytorch_model.safetensors.index.json").read_text())
    assert sorted(set(index["weight_map"].values())) == sorted(path.name for path in folder.glob("*.safetensors"))
    model, facts = HunyuanVideoFramepackTransformer3DModel.from_pretrained(folder, output_loading_info=True)
    assert not facts["missing_keys"]
    assert not facts["unexpected_keys"]
    assert all(bool(parameter.isfinite().all()) for parameter in model.parameters())


def test_random_weights_have_the_published_sizes() -> None:
    with torch.device("meta"):
        model = HunyuanVideoFramepackTransformer3DModel(**PUBLISHED.transformer)
    assert sum(parameter.numel() for parameter in model.parameters()) == 12_874_314_816


def test_memory_that_was_given_back_is_still_in_the_peak() -> None:
    # In a process of its own, where nothing that other tests left behind is given back meanwhile.
    program = """
import torch
from framepack.device.memory_watch import MemoryWatch, host_bytes
with MemoryWatch(torch.device("cpu")) as watch:
    before = host_bytes()
    held = torch.ones(2**24)
    assert watch.peaks().host >= before + held.nbytes * 0.9
    del held
    assert watch.peaks().host >= before + 2**26 * 0.9
assert watch.peaks().allocated is None
"""
    root = Path(framepack.__file__).resolve().parent.parent
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this computer")
def test_the_driver_counts_at_least_what_torch_has_reserved() -> None:
    # In a process of its own: what is counted is what was not taken before the process used the device.
    program = """
import torch
from framepack.device.memory_watch import MemoryWatch
with MemoryWatch(torch.device("cuda", 0)) as watch:
    held = torch.ones(2**26, device="cuda:0")
    peaks = watch.peaks()
assert held.nbytes <= peaks.allocated <= peaks.reserved, peaks
assert peaks.driver is None or peaks.driver >= peaks.reserved, peaks
"""
    root = Path(framepack.__file__).resolve().parent.parent
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root)
