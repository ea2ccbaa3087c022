"""The programs that train the draft's VAE: the same arithmetic as the library's, rewards for detail, what travels."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo
from PIL import Image

from training.blend import blend
from training.critic import Critic, critic_loss, detail_share, liveliness_error
from training.layout import load_vae
from training.pack import make_small, make_whole
from training.renew import put_in_place
from training.runtime import Group
from training.sharpen import Options, Rewards
from training.swift import decode, encode
from training.vae_steps import plain_error, save_copy


def tiny_vae(seed: int) -> AutoencoderKLHunyuanVideo:
    torch.manual_seed(seed)
    return AutoencoderKLHunyuanVideo(
        block_out_channels=(8, 8, 16, 16), layers_per_block=1, norm_num_groups=4, mid_block_add_attention=False
    )


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("frames", [1, 5])
def test_the_layers_laid_out_for_training_give_what_the_library_gives(frames: int) -> None:
    vae, clip = tiny_vae(0), noise(2, 3, frames, 16, 24)
    z = vae.quant_conv(vae.encoder(clip)).chunk(2, 1)[0]
    made = vae.decoder(vae.post_quant_conv(z))
    made.square().mean().backward()
    wanted = [parameter.grad.clone() for parameter in vae.parameters()]
    vae.zero_grad()
    ours = encode(vae, clip, torch.float32)
    decoded = decode(vae, ours, torch.float32)
    decoded.square().mean().backward()
    torch.testing.assert_close(ours, z, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(decoded, made, atol=1e-4, rtol=1e-4)
    for parameter, gradient in zip(vae.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-4, rtol=1e-2)


def options(folder: Path) -> Options:
    return Options(
        data=folder,
        weights=folder,
        out=folder,
        minutes=1,
        plain_until=0,
        liveliness=0.5,
        praise=0.5,
        batch=1,
        stills=4,
        rate=1e-3,
        seed=0,
        watched=4,
    )


def test_the_rewards_start_from_the_plain_error_and_then_ask_for_detail(tmp_path: Path) -> None:
    torch.manual_seed(0)
    rewards = Rewards(Group(), options(tmp_path))
    true = noise(2, 3, 3, 64, 64)
    blurred = torch.nn.functional.avg_pool3d(true, (1, 3, 3), 1, (0, 1, 1), count_include_pad=False)
    seen = blurred.clone().requires_grad_(True)
    (plain,) = torch.autograd.grad(plain_error(seen, true), seen)
    at = torch.tensor([0, 2])
    assert torch.equal(rewards.gradient(blurred, true, at, 0.0), plain)
    full = rewards.gradient(blurred, true, at, 1.0)
    assert torch.equal(full[:, :, 1], plain[:, :, 1]), "a frame that is not judged has the plain error alone"
    before, after = (
        liveliness_error((blurred - 0.5 * step)[:, :, 0], true[:, :, 0])
        for step in (torch.zeros_like(full), (full - plain) / (full - plain).norm())
    )
    assert after < before


def test_the_critic_learns_to_tell_sharp_from_blurred() -> None:
    torch.manual_seed(0)
    critic, true = Critic(width=8), noise(4, 3, 64, 64)
    blurred = torch.nn.functional.avg_pool2d(true, 3, 1, 1)
    adam = torch.optim.Adam(critic.parameters(), 1e-3)
    losses = []
    for _ in range(30):
        loss = critic_loss(critic, blurred, true)
        loss.backward()
        adam.step()
        adam.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    assert detail_share(blurred, true).max() < 0.5
    torch.testing.assert_close(detail_share(true, true), torch.ones(4))


def test_a_saved_vae_is_read_back_and_says_nothing_of_this_machine(tmp_path: Path) -> None:
    save_copy(tiny_vae(0), tmp_path / "first")
    save_copy(load_vae(tmp_path / "first"), tmp_path / "second")
    save_copy(tiny_vae(1), tmp_path / "second")
    config = (tmp_path / "second" / "vae" / "config.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in config
    assert sorted(path.name for path in (tmp_path / "second").iterdir()) == ["vae"]
    read = dict(load_vae(tmp_path / "second").named_parameters())["decoder.conv_in.conv.weight"]
    torch.testing.assert_close(read, tiny_vae(1).decoder.conv_in.conv.weight, atol=1e-2, rtol=1e-2)


def test_two_decoders_of_one_encoder_are_blended_and_others_are_refused(tmp_path: Path) -> None:
    plain, sharp = tiny_vae(0), tiny_vae(0)
    with torch.no_grad():
        plain.decoder.conv_out.conv.bias.fill_(0)
        sharp.decoder.conv_out.conv.bias.fill_(1)
    save_copy(plain, tmp_path / "plain")
    save_copy(sharp, tmp_path / "sharp")
    blend(tmp_path / "plain", tmp_path / "sharp", tmp_path / "mixed", 0.25)
    assert load_vae(tmp_path / "mixed").decoder.conv_out.conv.bias.tolist() == [0.25] * 3
    save_copy(tiny_vae(1), tmp_path / "other")
    with pytest.raises(SystemExit, match="two encoders"):
        blend(tmp_path / "plain", tmp_path / "other", tmp_path / "mixed", 0.5)


def test_pictures_travel_without_the_drawings_and_these_are_drawn_again(tmp_path: Path) -> None:
    photo, drawn = ({"name": name, "package": package, "split": "train"} for name, package in (("a", "p"), ("d", "")))
    drawn["package"] = "training.drawings"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "picture.webp")
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        for row in (photo, drawn):
            archive.write(tmp_path / "picture.webp", f"train/{row['name']}.webp")
        archive.writestr("index.json", json.dumps([photo, drawn]))
    make_small(tmp_path / "whole.zip", tmp_path / "small.zip")
    make_whole(tmp_path / "small.zip", tmp_path / "again.zip", drawings=2)
    with zipfile.ZipFile(tmp_path / "again.zip") as archive:
        rows = json.loads(archive.read("index.json"))
        assert [row["name"] for row in rows] == ["a", "drawing_0000", "drawing_0001"]
        assert all(archive.read(f"{row['split']}/{row['name']}.webp") for row in rows)


def test_new_parts_take_the_place_of_the_drafts_and_too_large_ones_do_not(tmp_path: Path) -> None:
    draft, made = tmp_path / "draft", tmp_path / "made"
    for part in ("vae", "transformer"):
        (draft / part).mkdir(parents=True)
        (draft / part / "old.safetensors").write_bytes(b"old")
    (made / "vae").mkdir(parents=True)
    (made / "vae" / "new.safetensors").write_bytes(b"new")
    assert put_in_place(made, draft) == ["vae"]
    assert sorted(path.name for path in draft.rglob("*.safetensors")) == ["new.safetensors", "old.safetensors"]
    (made / "vae" / "new.safetensors").write_bytes(bytes(15_000_001))
    with pytest.raises(SystemExit, match="more than 15 MB"):
        put_in_place(made, draft)
    assert (draft / "vae" / "new.safetensors").read_bytes() == b"new"
