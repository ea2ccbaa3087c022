"""Stage 1b: trains the VAE's decoder for detail, on the latents that an encoder trained before gives.

``python -m training.sharpen --data DIR --weights DIR --out DIR --minutes M``, also under ``torchrun``. The encoder
stays as it is to the bit, so a transformer trained on its latents goes on serving. ``--out`` gets ``vae`` and, as it
was when the plain error was all that counted, ``plain/vae``; ``training.blend`` mixes the two.

Least error alone makes blurred pictures: what is not sure is left out. Beside the plain error there are two rewards for
detail: as much of it in every place as the true picture has there, and the praise of a critic that learns from nothing
beside the decoder. Both are weighed against the plain error by the length of their gradients at the decoded frames.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch

from training.clips import Renderer
from training.critic import Critic, critic_loss, liveliness_error, praise
from training.feeds import ClipFeed, StillFeed
from training.layout import load_vae
from training.muon import Muon
from training.runtime import Clock, Group, MovingAverage
from training.store import read_store
from training.vae_steps import Lesson, Minutes, Watcher, plain_error, save_copy

_RAMP = 0.15
_CRITIC_BEFORE = 0.1


@dataclass(frozen=True)
class Options:
    """The command line."""

    data: Path
    weights: Path
    out: Path
    minutes: float
    plain_until: float
    liveliness: float
    praise: float
    batch: int
    stills: int
    rate: float
    seed: int
    watched: int


def parse_options() -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with pictures.zip and sprites.npz")
    parser.add_argument("--weights", type=Path, required=True, help="checkpoint folder to start from")
    parser.add_argument("--out", type=Path, required=True, help="folder to write vae/ and plain/vae/ into")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--plain-until", type=float, default=0.15, help="share of the time for the plain error alone")
    parser.add_argument("--liveliness", type=float, default=0.35, help="reward for as much detail, over the error's")
    parser.add_argument("--praise", type=float, default=0.35, help="the critic's reward, over the error's")
    parser.add_argument("--batch", type=int, default=6, help="clips a step on each GPU")
    parser.add_argument("--stills", type=int, default=32, help="single pictures a step on each GPU, a multiple of 4")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--watched", type=int, default=16, help="held-out clips to measure on, a multiple of 4")
    return Options(**vars(parser.parse_args()))


def frames_of(decoded: torch.Tensor, true: torch.Tensor, at: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both at frames ``at`` as single frames (N, 3, h, w)."""
    made, wanted = (x[:, :, at].transpose(1, 2).flatten(0, 1) for x in (decoded, true))
    return made, wanted


class Rewards:
    """The critic, its optimiser, and the gradient at decoded frames of everything that counts."""

    def __init__(self, group: Group, options: Options) -> None:
        self._group, self._options = group, options
        self._critic = Critic().to(group.device)
        group.same_parameters(self._critic.parameters())
        self._trained = list(self._critic.parameters())
        self._adam = torch.optim.AdamW(self._trained, lr=2e-4, betas=(0.5, 0.99), weight_decay=0.0)
        self._half = group.device.type == "cuda"

    def learn(self, made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
        """One step of the critic; its loss, 2 where it can tell nothing apart."""
        self._critic.requires_grad_(True)
        with torch.autocast(made.device.type, torch.bfloat16, enabled=self._half):
            loss = critic_loss(self._critic, made.detach(), true)
        loss.backward()
        self._group.average_gradients(self._trained)
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)
        return loss.detach()

    def gradient(self, decoded: torch.Tensor, true: torch.Tensor, at: torch.Tensor, share: float) -> torch.Tensor:
        """At ``decoded``, with the rewards at ``share`` of their full weight, judged by frames ``at``."""
        seen = decoded.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(plain_error(seen, true), seen)
        if share == 0:
            return gradient
        self._critic.requires_grad_(False)
        made, wanted = frames_of(seen, true, at)
        with torch.autocast(made.device.type, torch.bfloat16, enabled=self._half):
            scores, apart = praise(self._critic, made, wanted)
        rewards = (
            (self._options.liveliness, liveliness_error(made, wanted)),
            (self._options.praise, scores + apart),
        )
        length = gradient.norm()
        for weight, reward in rewards:
            (pull,) = torch.autograd.grad(reward, seen, retain_graph=True)
            gradient = gradient + share * weight * length / (pull.norm() + 1e-12) * pull
        return gradient


def train(options: Options, group: Group) -> None:
    """The whole stage."""
    torch.manual_seed(options.seed)
    device = group.device
    clock = Clock(options.minutes)
    vae = load_vae(options.weights).to(device).train()
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    average = MovingAverage(vae)
    trained = [p for p in vae.parameters() if p.requires_grad]
    optimiser = Muon((name, p) for name, p in vae.named_parameters())
    rewards = Rewards(group, options)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    seed = options.seed * 100 + group.rank
    store = read_store(options.data, "train", device)
    lesson = Lesson(ClipFeed(Renderer(store, seed), options.batch), StillFeed(store, seed, options.stills), dtype)
    watcher = Watcher(Renderer(read_store(options.data, "heldout", device), 1), dtype)
    minutes = Minutes(watcher, clock, group, clips=options.watched, out=options.out)
    group.say(f"decoder: {sum(p.numel() for p in trained) / 1e6:.2f} M trained, data ready at {clock.elapsed:.0f} s")

    step, share, plain_kept = 0, 0.0, False
    told = torch.zeros((), device=device)
    while share < 1:
        strength = min(1.0, max(0.0, (share - options.plain_until) / _RAMP))
        if strength > 0 and not plain_kept and group.rank == 0:
            save_copy(average.model, options.out / "plain")
            group.say(f"plain at {clock.elapsed:.0f} s: {watcher.report(average.model, options.watched)}")
        plain_kept = plain_kept or strength > 0
        decoded, true, _ = lesson.next(vae, crops=False)
        # Any four frames of a clip, or the one there is.
        at = torch.randperm(decoded.shape[2], device=device)[:4]
        decoded.backward(rewards.gradient(decoded, true, at, strength))
        group.average_gradients(trained)
        optimiser.step(clock.rate(options.rate, share))
        optimiser.zero_grad()
        average.update()
        if share > options.plain_until - _CRITIC_BEFORE:
            told = rewards.learn(*frames_of(decoded, true, at))
        step += 1
        if step % 4 == 0:
            share = group.agree(clock.share)
        minutes.after(step, average.model, lambda now=told: f"critic {now.item():.3f}")
    if group.rank == 0:
        watched = watcher.report(average.model, options.watched * 4)
        group.say(f"done: {step} steps in {clock.elapsed:.0f} s, held out: {watched}")
        save_copy(average.model, options.out)


def main() -> None:
    """The command."""
    options = parse_options()
    group = Group()
    try:
        train(options, group)
    finally:
        group.close()


if __name__ == "__main__":
    main()
