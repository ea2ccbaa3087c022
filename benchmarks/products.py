"""How long the products of a block, its rows in fp8 and each way of attention take by themselves.

    python benchmarks/products.py [--tokens 17500 --text 789] [--rounds 9]

Random values of the published model's sizes in bf16 on CUDA (fp32 elsewhere, for trying it out), by turns; medians.
What the blocks of ``benchmarks/blocks.py`` take beyond these is to be looked for between them. The last line on
standard output is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.blocks import Setting, add_size_arguments, setting_of
from benchmarks.turns import Step, take_turns
from framepack.attention.backends import attend_with, available_backends
from framepack.ops.fp8 import quantised
from framepack.ops.linear import Weight, available_formats, product
from framepack.ops.modulate import activated_rows, modulated_rows, plain_rows


def products(setting: Setting) -> dict[str, tuple[Step, float]]:
    """What is timed, by name, with the operations each makes; 0 where it only moves memory."""
    shape, count = setting.shape, setting.tokens + setting.text
    width, mlp = shape.width, shape.mlp
    given, shift = setting.random(count, width, seed=1), setting.random(width, seed=2)
    hidden = setting.random(count, mlp, seed=3)
    weight = {rows: setting.random(rows, width, seed=4, std=0.02) for rows in (width, 3 * width, mlp, 3 * width + mlp)}
    bias = {rows: setting.random(rows, seed=5) for rows in weight}
    back = setting.random(width, mlp, seed=6, std=0.02)

    def operations(rows: int, columns: int) -> float:
        return 2.0 * count * rows * columns

    made: dict[str, tuple[Step, float]] = {}
    for name, rows in (("out", width), ("qkv", 3 * width), ("mlp in", mlp), ("qkv and mlp in", 3 * width + mlp)):
        made[name] = (lambda rows=rows: F.linear(given, weight[rows], bias[rows]), operations(rows, width))
    made["mlp in with GELU in the product"] = (
        lambda: torch._addmm_activation(bias[mlp], given, weight[mlp].t(), use_gelu=True),
        operations(mlp, width),
    )
    made["mlp out"] = (lambda: F.linear(hidden, back), operations(width, mlp))
    if "fp8" in available_formats(setting.device):
        layers = {rows: Weight(*quantised(weight[rows]), bias[rows]) for rows in weight}
        rows_in, rows_hidden = plain_rows(given, "fp8"), plain_rows(hidden, "fp8")
        for rows in weight:
            name = f"fp8 {width} to {rows}"
            made[name] = (lambda rows=rows: product(rows_in, layers[rows]), operations(rows, width))
        back_fp8 = Weight(*quantised(back), None)
        made["fp8 mlp out"] = (lambda: product(rows_hidden, back_fp8), operations(width, mlp))
        made["fp8 rows with modulation"] = (lambda: modulated_rows(given, shift, shift, 1e-6, "fp8"), 0.0)
        made["fp8 rows with GELU"] = (lambda: activated_rows(hidden), 0.0)
    joint = setting.random(1, count, 3, shape.heads, shape.head, seed=7)
    for way in available_backends(setting.device):
        made[f"attention, {way}"] = (
            lambda way=way: attend_with(way)(*joint.unbind(2)),
            4.0 * count * count * width,
        )
    return made


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_size_arguments(parser)
    asked = parser.parse_args()
    setting = setting_of(asked)
    timed = products(setting)
    times = take_turns(setting.device, {name: call for name, (call, _) in timed.items()}, asked.rounds)
    print(f"{'by itself':44}{'ms':>12}{'TFLOP/s':>12}")
    for name, taken in times.items():
        operations = timed[name][1]
        print(f"{name:44}{taken:12.3f}" + (f"{operations / taken / 1e9:12.1f}" if operations else ""))
    print(json.dumps({"device": str(setting.device), "torch": torch.__version__, "milliseconds": times}))


if __name__ == "__main__":
    main()
