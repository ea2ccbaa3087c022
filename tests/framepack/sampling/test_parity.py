"""The sampler against values recorded from the published one, for every case folder below tests/golden/.

$FRAMEPACK_GOLDEN may name a folder of further cases. Each holds a tiny transformer, inputs and outputs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel
from safetensors.torch import load_file
from torch import Tensor

from framepack.checkpoints.table import BUCKETS_640, nearest_bucket
from framepack.conditioning.values import Conditioning, crop_to_mask
from framepack.context.packing import inverted_paddings
from framepack.parallel.group import Group
from framepack.parallel.ulysses import Ulysses
from framepack.sampling.sampler import (
    SamplingSettings,
    SamplingStep,
    SectionNoise,
    sample_inverted_section,
    sample_section,
)
from framepack.sampling.sigmas import shift_exponent, shifted_sigmas, sigma_schedule
from framepack.sampling.unipc import unipc
from framepack.transformer.transformer import FramepackTransformer
from tests.support.packed_tensors import read_packed
from tests.support.ranks import on_ranks

TOLERANCE = 1e-4
TRANSFORMER, FACTS, TENSORS = "transformer", "golden.json", "golden"


def golden_cases() -> list[Path]:
    folders = [Path(__file__).parents[2] / "golden"]
    if os.environ.get("FRAMEPACK_GOLDEN"):
        folders.append(Path(os.environ["FRAMEPACK_GOLDEN"]))
    cases: list[Path] = []
    for folder in folders:
        found = [facts.parent for facts in sorted(folder.rglob(FACTS))]
        if not found:
            raise FileNotFoundError(f"there is no case ({FACTS}) below {folder}")
        cases += [case for case in found if not any(case.samefile(other) for other in cases)]
    return cases


@dataclass(frozen=True)
class Case:
    """One case folder, loaded."""

    facts: dict[str, Any]
    tensors: dict[str, Tensor]
    transformer: FramepackTransformer = field(repr=False)

    @property
    def window(self) -> int:
        return int(self.facts["latent_window_size"])

    @property
    def conditioning(self) -> Conditioning:
        given = self.tensors
        return Conditioning(
            prompt_embeds=crop_to_mask(given["prompt_embeds"], given["prompt_mask"]),
            pooled=given["pooled"],
            image_embeds=given["image_embeds"],
            negative_prompt_embeds=crop_to_mask(given["negative_prompt_embeds"], given["negative_mask"]),
            negative_pooled=given["negative_pooled"],
        )

    def noises(self) -> Iterator[Tensor]:
        height, width = self.facts["latent_hw"]
        noise = SectionNoise(self.facts["seed"], window=self.window, height=height, width=width)
        return map(noise.of, count(1))

    def forward_steps(
        self, sections: int, settings: SamplingSettings, history: Tensor, anchor: Tensor
    ) -> list[list[SamplingStep]]:
        """All steps of ``sections`` sections, each continuing from the one before."""
        made: list[list[SamplingStep]] = []
        for _, noise in zip(range(sections), self.noises(), strict=False):
            steps = list(
                sample_section(
                    self.transformer,
                    history=history,
                    anchor=anchor,
                    conditioning=self.conditioning,
                    noise=noise,
                    settings=settings,
                )
            )
            made.append(steps)
            history = torch.cat([history, steps[-1].latents], dim=2)
        return made

    def inverted_shot(self, sections: int, steps: int) -> Tensor:
        """The original model's shot in time, the start latent in front."""
        noises, later = self.noises(), None
        for number in range(sections, 0, -1):
            *_, last = sample_inverted_section(
                self.transformer,
                number=number,
                of=sections,
                later=later,
                anchor=self.tensors["start_latent"],
                conditioning=self.conditioning,
                noise=next(noises),
                settings=SamplingSettings(steps=steps),
            )
            later = last.latents if later is None else torch.cat([last.latents, later], dim=2)
        assert later is not None
        return torch.cat([self.tensors["start_latent"], later], dim=2)


def load_tensors(folder: Path, name: str) -> dict[str, Tensor]:
    """Those of a case: packed as it is kept here, or as it was recorded."""
    packed = folder / f"{name}.zip"
    return read_packed(packed) if packed.is_file() else load_file(folder / f"{name}.safetensors")


def load_model(folder: Path) -> HunyuanVideoFramepackTransformer3DModel:
    facts = json.loads((folder / FACTS).read_text())
    model = HunyuanVideoFramepackTransformer3DModel(**facts["config"])
    model.load_state_dict(load_tensors(folder, TRANSFORMER))
    return model.eval()


@cache
def load_case(folder: Path) -> Case:
    facts = json.loads((folder / FACTS).read_text())
    return Case(facts, load_tensors(folder, TENSORS), FramepackTransformer.of_model(load_model(folder)))


@pytest.fixture(params=golden_cases(), ids=lambda folder: folder.name)
def case(request: pytest.FixtureRequest) -> Case:
    return load_case(request.param)


def joined(sections: list[list[SamplingStep]]) -> Tensor:
    return torch.cat([steps[-1].latents for steps in sections], dim=2)


def relative_error(got: Tensor, want: Tensor) -> float:
    assert got.shape == want.shape
    return float((got.double() - want.double()).norm() / want.double().norm())


def test_a_forward_shot_agrees_with_the_published_sampler(case: Case) -> None:
    start = case.tensors["start_latent"]
    sections = case.forward_steps(3, SamplingSettings(steps=case.facts["steps"]), start, start)
    assert relative_error(joined(sections), case.tensors["f1_sections3"]) < TOLERANCE


def test_real_guidance_with_rescale_agrees_with_the_published_sampler(case: Case) -> None:
    start = case.tensors["start_latent"]
    guidance = case.facts["f1_cfg"]
    settings = SamplingSettings(
        steps=case.facts["steps"], cfg=guidance["real_guidance_scale"], rescale=guidance["guidance_rescale"]
    )
    sections = case.forward_steps(guidance["sections"], settings, start, start)
    assert relative_error(joined(sections), case.tensors["f1_cfg"]) < TOLERANCE


def test_a_shot_chained_to_another_agrees_with_the_published_sampler(case: Case) -> None:
    settings = SamplingSettings(steps=case.facts["steps"])
    sections = case.forward_steps(2, settings, case.tensors["chain_history"], case.tensors["chain_anchor"])
    assert relative_error(joined(sections), case.tensors["f1_chained_sections2"]) < TOLERANCE


def _on_ranks(group: Group, folder: Path) -> tuple[Tensor, Tensor, Tensor, list[list[bool]]]:
    """Plain, guided and cached shots, sampled by ``group``; for the last, which steps ran the blocks, too."""
    case, model = load_case(folder), load_model(folder)
    with Ulysses(group, model.config.num_attention_heads) as ranks:
        case = replace(case, transformer=FramepackTransformer.of_model_on_ranks(model, ranks))
        return _three_shots(case)


def _three_shots(case: Case) -> tuple[Tensor, Tensor, Tensor, list[list[bool]]]:
    start, steps, guidance = case.tensors["start_latent"], case.facts["steps"], case.facts["f1_cfg"]
    guided = SamplingSettings(steps=steps, cfg=guidance["real_guidance_scale"], rescale=guidance["guidance_rescale"])
    cached = SamplingSettings(steps=25, cache="teacache", threshold=case.facts["teacache_threshold"])
    shots = [
        case.forward_steps(sections, settings, start, start)
        for sections, settings in ((3, SamplingSettings(steps=steps)), (guidance["sections"], guided), (1, cached))
    ]
    ran = [[step.ran_blocks for step in section] for section in shots[2]]
    return joined(shots[0]), joined(shots[1]), joined(shots[2]), ran


@pytest.mark.parametrize("folder", golden_cases(), ids=lambda folder: folder.name)
def test_two_ranks_agree_with_one_and_with_the_published_sampler(folder: Path) -> None:
    case = load_case(folder)
    plain, guided, cached, ran = _three_shots(case)
    for made_plain, made_guided, made_cached, made_ran in on_ranks(2, _on_ranks, folder):
        assert relative_error(made_plain, plain) < 1e-5
        assert relative_error(made_guided, guided) < 1e-5
        assert relative_error(made_plain, case.tensors["f1_sections3"]) < TOLERANCE
        assert relative_error(made_guided, case.tensors["f1_cfg"]) < TOLERANCE
        assert relative_error(made_cached, cached) < TOLERANCE
        assert made_ran == ran


@pytest.mark.parametrize("sections", [3, 6])
def test_an_inverted_shot_agrees_with_the_published_sampler(case: Case, sections: int) -> None:
    steps = case.facts.get(f"original_sections{sections}_steps", case.facts["steps"])
    shot = case.inverted_shot(sections, steps)
    assert relative_error(shot, case.tensors[f"original_sections{sections}"]) < TOLERANCE


def test_teacache_skips_the_same_steps_and_agrees_with_the_published_sampler(case: Case) -> None:
    start = case.tensors["start_latent"]
    settings = SamplingSettings(steps=25, cache="teacache", threshold=case.facts["teacache_threshold"])
    sections = case.forward_steps(2, settings, start, start)
    pattern = [torch.tensor([step.ran_blocks for step in steps]).cumsum(0).tolist() for steps in sections]
    assert pattern == case.facts["teacache_cumulative_full_forwards_after_each_callback"]
    shot = joined(sections)
    # A timestep of 10,000 is turned into sines: where a processor rounds the exponentials in it the other way, all that
    # follows moves, and 25 steps show it. How much that is here is measured, by the next float of the guidance.
    nudged = replace(settings, guidance=settings.guidance * (1 + 2**-23))
    rounding = relative_error(joined(case.forward_steps(2, nudged, start, start)), shot)
    assert relative_error(shot, case.tensors["f1_teacache_sections2_25steps"]) < max(TOLERANCE, 2 * rounding)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 12])
def test_the_solver_alone_agrees_with_the_published_one(case: Case, steps: int) -> None:
    def denoise(x: Tensor, sigma: float) -> Tensor:
        return torch.tanh(0.7 * x) * (1 - sigma) + 0.1 * sigma

    sigmas = shifted_sigmas(steps, case.facts["unipc"]["mu"])
    *_, result = unipc(denoise, case.tensors["unipc_noise"], sigmas)
    assert relative_error(result, case.tensors[f"unipc_out_{steps}"]) < TOLERANCE


def test_schedules_agree_with_the_published_sampler(case: Case) -> None:
    for name, recorded in case.facts["sigmas"].items():
        height, width, steps = (int(part) for part in name.split("x"))
        tokens = case.window * (height // 8) * (width // 8) // 4
        assert shift_exponent(tokens) == pytest.approx(recorded["mu"], abs=1e-9)
        sigmas = sigma_schedule(steps, window=case.window, height=height // 8, width=width // 8)
        assert sigmas == pytest.approx(recorded["sigmas"], abs=1e-6)


def test_inverted_paddings_agree_with_the_published_sampler(case: Case) -> None:
    for sections in (3, 6):
        assert list(inverted_paddings(sections)) == case.facts[f"original_sections{sections}_paddings"]


def test_buckets_agree_with_the_published_sampler(case: Case) -> None:
    for size, bucket in case.facts["buckets_640"].items():
        height, width = (int(part) for part in size.split("x"))
        assert list(nearest_bucket(height, width, BUCKETS_640)) == bucket
