"""Puts newly trained parts into the draft, and makes anew what depends on its weights.

``python -m training.renew MADE``: every part found in ``MADE`` (``vae``, ``transformer``, ``text_encoder``, ...,
``latent_rgb.json``) takes the place of the draft's, unless the weights would grow too large. Then the contact sheet is
drawn and ``figures.json`` measured; the one before is kept beside it for the model card, as ``before/``, until the card
is written. ``--quick`` measures only the figures that say most.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from training.evaluate import DRAFT
from training.layout import size_of_weights

PARTS = ("vae", "transformer", "text_encoder", "text_encoder_2", "image_encoder", "tokenizer", "tokenizer_2")
LARGEST_FILE = 15_000_000
LARGEST_DRAFT = 46_000_000
HELD_OUT = Path(__file__).parent / "heldout"


def put_in_place(made: Path, draft: Path) -> list[str]:
    """Replaces the parts of ``draft`` that ``made`` has, and returns their names; refuses what is too large."""
    parts = [name for name in PARTS if (made / name).is_dir()]
    if not parts:
        raise SystemExit(f"{made} has none of {', '.join(PARTS)}")
    for path in (path for name in parts for path in (made / name).iterdir()):
        if path.stat().st_size > LARGEST_FILE:
            raise SystemExit(f"{path} has more than {LARGEST_FILE / 1e6:g} MB")
    total = sum(size_of_weights((made if name in parts else draft) / name) for name in PARTS)
    if total > LARGEST_DRAFT:
        raise SystemExit(f"the weights would have {total / 1e6:.1f} MB, of {LARGEST_DRAFT / 1e6:g}")
    for name in parts:
        shutil.rmtree(draft / name)
        shutil.copytree(made / name, draft / name, copy_function=shutil.copyfile)
    if (made / "latent_rgb.json").is_file():
        shutil.copyfile(made / "latent_rgb.json", draft / "latent_rgb.json")
    return parts


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("made", type=Path, help="folder with the new parts")
    parser.add_argument("--before", type=Path, default=Path("before"), help="folder to keep the old sheet and figures")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    options.before.mkdir(parents=True, exist_ok=True)
    for name in ("contact_sheet.webp", "figures.json"):
        shutil.copyfile(DRAFT / name, options.before / name)
    print(f"in place: {', '.join(put_in_place(options.made, DRAFT))}", flush=True)
    # Each in a process of its own, so that nothing read before stays in use.
    sheet = [sys.executable, "-m", "training.contact_sheet", str(DRAFT / "contact_sheet.webp")]
    subprocess.run(sheet, check=True)
    measure = [sys.executable, "-m", "training.evaluate", "--images", str(HELD_OUT), "--pictures", "8"]
    subprocess.run([*measure, "--json", str(DRAFT / "figures.json"), *["--quick"] * options.quick], check=True)


if __name__ == "__main__":
    main()
