"""What cards were measured to do, read again by a process of its own at every start of a studio that has several."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch

from framepack.device.cards_measured import CardMeasured, CardsMeasured, keep_measured

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from framepack.engine.card_speeds import main
status = main("cpu+cpu", sys.argv[1])
print(*sorted({"diffusers", "transformers"} & set(sys.modules)), file=sys.stderr)
sys.exit(status)
"""


def test_what_was_measured_before_is_said_without_loading_the_engine(tmp_path: Path) -> None:
    card = CardMeasured(products=7e14, attention=6e14, sent=1.45e11)
    found = CardsMeasured(("cpu", "cpu"), (card, card), peers=True)
    keep_measured(tmp_path, {", ".join([*found.names, f"torch {torch.__version__}"]): found})
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr.split()) == (0, [])
    assert asked.stdout.strip() == json.dumps(found.to_json())
