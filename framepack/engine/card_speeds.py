"""How fast cards are, and how fast they reach each other: measured once by all of them, kept in a file.

    python -m framepack.engine.card_speeds cuda:0+1 FOLDER

says it as one line of JSON, for those that have no torch.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from framepack.device.cards_measured import CardMeasured, CardsMeasured, keep_measured, read_measured
from framepack.device.devices import pick_device
from framepack.engine.timing_cards import time_card
from framepack.environment import cards_named, prepare_environment
from framepack.errors import FramepackError
from framepack.parallel.group import cards_reach_each_other


def measured_cards(devices: Sequence[torch.device], folder: Path | None) -> CardsMeasured:
    """What ``devices`` can do, two or more; measured where ``folder`` does not have it, which takes some seconds.

    Raises RankLost where they cannot work together.
    """
    names = tuple(_name(device) for device in devices)
    kept = {} if folder is None else read_measured(folder)
    place = ", ".join([*names, f"torch {torch.__version__}", *_told_otherwise()])
    if place not in kept:
        # Here, because it loads all of the engine, which takes longer than to read what was measured before.
        from framepack.engine.crew import Crew
        from framepack.engine.rank_orders import TimeCard

        crew = Crew(devices)
        try:
            crew.start()
            crew.tell(TimeCard())
            own = time_card(crew.group)
            others = [answer for answer in crew.answers() if isinstance(answer, CardMeasured)]
        finally:
            crew.close()
        kept[place] = CardsMeasured(names, (own, *others), cards_reach_each_other(devices))
        if folder is not None:
            keep_measured(folder, kept)
    return kept[place]


def speeds_of(devices: Sequence[torch.device], folder: Path | None) -> tuple[float, ...]:
    """How fast each of ``devices`` is beside the others. Only cards of several names are measured. Raises RankLost."""
    if len({_name(device) for device in devices}) == 1:
        return (1.0,) * len(devices)
    return measured_cards(devices, folder).speeds


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _told_otherwise() -> list[str]:
    """What NCCL was told that makes exchanges slower."""
    return [f"{name}={os.environ[name]}" for name in ("NCCL_P2P_DISABLE", "NCCL_SHM_DISABLE") if os.environ.get(name)]


def main(device: str, folder: str) -> int:
    """Measure and say it; returns the exit status."""
    prepare_environment(os.environ)
    try:
        found = measured_cards([pick_device(name) for name in cards_named(device)], Path(folder))
    except FramepackError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found.to_json()))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
