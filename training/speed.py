"""Times one step of every kind of the VAE's training, with the library's layers and with ``training.swift``'s.

``python -m training.speed --data DIR --weights DIR``: half a minute on a GPU; the first thing to run on a new machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch

from training.clips import Renderer
from training.feeds import TILE_FRAMES, ClipFeed, StillFeed
from training.layout import load_vae
from training.muon import Muon
from training.store import read_store
from training.swift import decode, encode
from training.vae_steps import plain_error


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--stills", type=int, default=32)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    cuda = device.type == "cuda"
    dtype = torch.bfloat16 if cuda else torch.float32
    vae = load_vae(options.weights).to(device)
    store = read_store(options.data, "train", device)
    clips, stills = ClipFeed(Renderer(store, 0), options.batch), StillFeed(store, 0, options.stills)
    clip, still = clips.next()[:, :, :TILE_FRAMES], stills.next()
    optimiser = Muon(vae.named_parameters())

    def library(x: torch.Tensor) -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=cuda):
            z = vae.quant_conv(vae.encoder(x)).chunk(2, 1)[0]
            made = vae.decoder(vae.post_quant_conv(z))
        plain_error(made.float(), x).backward()

    def swift(x: torch.Tensor) -> None:
        plain_error(decode(vae, encode(vae, x, dtype), dtype), x).backward()

    def decoder(x: torch.Tensor) -> None:
        with torch.no_grad():
            z = encode(vae, x, dtype)
        plain_error(decode(vae, z, dtype), x).backward()

    def timed(name: str, work: Callable[[], object]) -> None:
        work()
        for _ in range(2):
            work()
        if cuda:
            torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(options.times):
            work()
        if cuda:
            torch.cuda.synchronize()
        memory = torch.cuda.max_memory_allocated() / 2**30 if cuda else 0
        print(f"{name}: {(time.perf_counter() - start) / options.times * 1e3:.0f} ms, {memory:.1f} GiB", flush=True)
        optimiser.zero_grad()

    timed("make a batch of clips", clips.next)
    timed("make a batch of crops", clips.crops)
    timed("make a batch of stills", stills.next)
    timed("clips, library", lambda: library(clip))
    timed("clips, swift", lambda: swift(clip))
    timed("clips, swift, decoder only", lambda: decoder(clip))
    timed("stills, library", lambda: library(still))
    timed("stills, swift", lambda: swift(still))
    swift(still)
    timed("optimiser", lambda: optimiser.step(0.0))


if __name__ == "__main__":
    main()
