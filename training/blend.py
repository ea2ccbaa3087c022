"""Mixes two VAEs of one encoder: their decoders' weights, part of the way from one to the other.

``python -m training.blend PLAIN SHARP OUT --share 0.7``: 0 is the plain one, 1 the sharp one; what lies between trades
likeness for detail evenly, so the share is chosen by ``training.evaluate`` and not by training again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training.layout import load_vae
from training.vae_steps import save_copy


@torch.no_grad()
def blend(plain: Path, sharp: Path, out: Path, share: float) -> None:
    """Writes ``out/vae`` from ``plain/vae`` and ``sharp/vae``."""
    mixed, other = load_vae(plain), load_vae(sharp)
    for (name, here), there in zip(mixed.named_parameters(), other.parameters(), strict=True):
        if name.startswith(("encoder", "quant_conv")) and not torch.equal(here, there):
            raise SystemExit(f"{plain} and {sharp} have two encoders: {name} differs")
        here.lerp_(there, share)
    save_copy(mixed, out)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plain", type=Path)
    parser.add_argument("sharp", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, required=True)
    options = parser.parse_args()
    blend(options.plain, options.sharp, options.out, options.share)


if __name__ == "__main__":
    main()
