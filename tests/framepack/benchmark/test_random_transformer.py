"""A transformer with random weights, for measuring."""

from __future__ import annotations

import pytest
import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel

from framepack.benchmark.random_transformer import PUBLISHED_CONFIG, random_transformer
from framepack.context.packing import pack_forward
from framepack.sampling.sampler import SamplingSettings, draw_noise, sample_section
from framepack.weights.block_loading import Offloading
from tests.support.tiny_transformer import latents, tiny_conditioning, tiny_model

CPU = torch.device("cpu")


@pytest.mark.parametrize("offloading", [Offloading(), Offloading(frozenset({1}))], ids=["resident", "streamed"])
def test_it_samples_something_finite_wherever_its_weights_lie(offloading: Offloading) -> None:
    transformer = random_transformer(dict(tiny_model().config), device=CPU, dtype=torch.float32, offloading=offloading)
    *_, last = sample_section(
        transformer,
        history=latents(4),
        anchor=latents(1),
        conditioning=tiny_conditioning(),
        noise=draw_noise(torch.Generator().manual_seed(1), window=9, height=6, width=10),
        settings=SamplingSettings(steps=2),
    )
    assert torch.isfinite(last.latents).all()
    assert last.latents.std() > 0


def test_the_same_seed_gives_the_same_weights_wherever_they_lie() -> None:
    config = dict(tiny_model().config)
    made = [
        random_transformer(config, device=CPU, dtype=torch.float32, offloading=offloading, seed=seed)
        for offloading, seed in ((Offloading(), 1), (Offloading(frozenset()), 1), (Offloading(), 2))
    ]
    context = pack_forward(latents(22), latents(1), window=9)
    contexts = [one.prepare(context, tiny_conditioning().image_embeds).context for one in made]
    assert torch.equal(contexts[0], contexts[1])
    assert not torch.equal(contexts[0], contexts[2])
    for blocks in zip(*(one.store.blocks_in_order() for one in made[:2]), strict=True):
        assert all(torch.equal(blocks[0][name], blocks[1][name]) for name in blocks[0])


def test_the_published_sizes_are_those_of_13_billion_values() -> None:
    with torch.device("meta"):
        model = HunyuanVideoFramepackTransformer3DModel.from_config(dict(PUBLISHED_CONFIG))
    assert 12.8e9 < sum(parameter.numel() for parameter in model.parameters()) < 12.9e9
