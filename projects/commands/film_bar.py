"""How far a film is that a command writes, shown on standard error where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from projects.composing.compose import Progress


@contextmanager
def film_bar() -> Iterator[Progress]:
    """What is told the share of the film that is done, 0 to 1, and shows it."""
    with tqdm(
        total=100.0,
        desc="Film",
        bar_format="{desc} {bar} {percentage:.0f} %, {remaining} left",
        disable=not sys.stderr.isatty(),
        leave=False,
    ) as bar:
        yield lambda share: _show(bar, share)


def _show(bar: tqdm[None], share: float) -> None:
    bar.update(100.0 * share - bar.n)
