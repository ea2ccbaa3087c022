"""Owns the batches of prompts: words to tokens, in batches of like length, made ahead in a thread; knows no latents.

A batch is padded to its longest prompt with full stops and the like instead of padding tokens, so no mask is needed
anywhere. Sorting by length keeps that padding to a few tokens.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from framepack.shots.prompts import TEMPLATE
from training.meaning import asked_for
from training.wording import Section, sentence

_FILLERS = (" .", ".", ",", " ", "!", "\n", " ,")
LENGTHS = tuple(range(8, 81, 8))
"""Tokens that prompts are filled up to: few, as a new shape makes some attention kernels plan for a second."""
_SORTED_TOGETHER = 4


Candidates = Callable[[int], tuple[np.ndarray, list[Section]]]


@dataclass(frozen=True)
class PromptBatch:
    """``rows`` of the asked-for sections, with ``llama`` (B, 95 + n + 1) and ``clip`` (B, 77) token ids on the CPU.

    ``asked`` (B, 2) is what they ask for, as ``training.meaning`` numbers it.
    """

    rows: np.ndarray
    llama: torch.Tensor
    clip: torch.Tensor
    asked: torch.Tensor


class PromptMaker:
    """Turns sections into token ids, filled up to one of ``lengths``; the longest of them is where words end."""

    def __init__(
        self,
        llama: PreTrainedTokenizerBase,
        clip: PreTrainedTokenizerBase,
        seed: Sequence[int],
        lengths: Sequence[int] = LENGTHS,
    ) -> None:
        self._llama, self._clip, self._lengths = llama, clip, sorted(lengths)
        self._rng = np.random.default_rng(seed)
        head, tail = TEMPLATE.split("{}")
        self._head = llama(head).input_ids
        self._tail = llama(tail, add_special_tokens=False).input_ids
        self._fillers = [llama(text, add_special_tokens=False).input_ids[:1] for text in _FILLERS]

    def batches(self, rows: np.ndarray, sections: Sequence[Section | None], size: int) -> list[PromptBatch]:
        """Batches of ``size`` of the given rows, alike in length; a section of None has the empty prompt."""
        texts = ["" if section is None else sentence(section, self._rng) for section in sections]
        ids = [tokens[: self._lengths[-1]] for tokens in self._llama(texts, add_special_tokens=False).input_ids]
        clip = self._clip(texts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
        meant = asked_for(sections)
        order = np.argsort([len(tokens) for tokens in ids], kind="stable")
        batches = []
        for start in range(0, len(order) - size + 1, size):
            chosen = order[start : start + size]
            longest = max(len(ids[i]) for i in chosen)
            longest = next(length for length in self._lengths if length >= longest)
            llama = [self._head + self._filled(ids[i], longest) + self._tail for i in chosen]
            here = torch.from_numpy(chosen)
            batches.append(PromptBatch(rows[chosen], torch.tensor(llama), clip[here], meant[here]))
        self._rng.shuffle(batches)  # type: ignore[arg-type]
        return batches

    def _filled(self, tokens: list[int], length: int) -> list[int]:
        filled = list(tokens)
        while len(filled) < length:
            filled += self._fillers[int(self._rng.integers(len(self._fillers)))]
        return filled


class PromptFeed:
    """Batches made ahead in a thread from whatever sections the pool holds at the time.

    ``candidates(count)`` gives rows and their sections; one batch in ten has the empty prompt throughout.
    """

    def __init__(self, maker: PromptMaker, candidates: Candidates, size: int, empty_share: float = 0.1) -> None:
        self._maker, self._candidates, self._size, self._empty_share = maker, candidates, size, empty_share
        self._queue: queue.Queue[PromptBatch] = queue.Queue(maxsize=12)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        rng = np.random.default_rng(7)
        while not self._stopped.is_set():
            count = self._size * _SORTED_TOGETHER
            rows, sections = self._candidates(count)
            batches = self._maker.batches(rows, sections, self._size)
            if rng.random() < self._empty_share * _SORTED_TOGETHER:
                rows, _ = self._candidates(self._size)
                batches += self._maker.batches(rows, [None] * self._size, self._size)
            for batch in batches:
                while not self._stopped.is_set():
                    try:
                        self._queue.put(batch, timeout=1)
                        break
                    except queue.Full:
                        continue

    def next(self) -> PromptBatch:
        """The next batch."""
        return self._queue.get(timeout=120)

    def close(self) -> None:
        """Ends the thread."""
        self._stopped.set()
        self._thread.join(timeout=5)
