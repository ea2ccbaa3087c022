"""What the text encoders read of a prompt, told by the checkpoint's own tokenizers. No torch here.

Two encoders read each prompt: LLaMA within a template, which says what happens, and CLIP, which gives the whole a
direction. Both read its beginning only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.table import Checkpoint
from framepack.errors import WeightsDamaged
from framepack.messages import Message, Value
from framepack.shots.beat_text import written_beats

PROMPT_TOKENS = 256
CLIP_TOKENS = 77
# CLIP's own marks of beginning and end are among its tokens.
CLIP_PROMPT_TOKENS = CLIP_TOKENS - 2

# HunyuanVideo's template for video prompts; its first 95 tokens are the same for every prompt and are cut off.
TEMPLATE = (
    "<|start_header_id|>system<|end_header_id|>\n\nDescribe the video by detailing the following aspects: "
    "1. The main content and theme of the video."
    "2. The color, shape, size, texture, quantity, text, and spatial relationships of the objects."
    "3. Actions, events, behaviors temporal relationships, physical movement changes of the objects."
    "4. background environment, light, style and atmosphere."
    "5. camera angles, movements, and transitions used in the video:<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\n{}<|eot_id|>"
)
TEMPLATE_TOKENS = 95

_PREFIX = TEMPLATE.index("{}")
_CLIP_WORDS = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
_MOST_QUOTED = 40


@dataclass(frozen=True)
class PromptReading:
    """How many ``tokens`` a prompt has for LLaMA and how many for CLIP, and the text from which on neither reads it."""

    tokens: int
    clip_tokens: int
    unread: str
    clip_unread: str


def read_of(prompt: str, checkpoint: Checkpoint, models: Path | None) -> PromptReading:
    """What the encoders of ``checkpoint`` read of ``prompt``. Raises WeightsMissing, and WeightsDamaged."""
    llama = find_part(checkpoint, "tokenizer", models).path
    clip = find_part(checkpoint, "tokenizer_2", models).path
    try:
        return _reading(prompt, llama, clip)
    except (OSError, ValueError, KeyError) as problem:
        raise WeightsDamaged(checkpoint.name, "tokenizer", str(problem)) from None


def prompt_remarks(prompt: str, reading: PromptReading | None) -> tuple[Message, ...]:
    """What is to be said of a prompt: that its end is not read, and that times in it are not times."""
    remarks = []
    if reading is not None and reading.unread:
        values: dict[str, Value] = {"tokens": reading.tokens, "most": PROMPT_TOKENS, "rest": _quoted(reading.unread)}
        remarks.append(Message("prompt-not-read", values))
    elif reading is not None and reading.clip_unread:
        values = {"tokens": reading.clip_tokens, "most": CLIP_PROMPT_TOKENS, "rest": _quoted(reading.clip_unread)}
        remarks.append(Message("prompt-not-read-by-clip", values))
    if written_beats(prompt) is not None:
        remarks.append(Message("prompt-times"))
    return tuple(remarks)


@lru_cache(maxsize=4096)
def _reading(prompt: str, llama: Path, clip: Path) -> PromptReading:
    found = _tokenizer(llama).encode(TEMPLATE.format(prompt))
    # The template's last token stands behind the prompt.
    tokens = len(found.ids) - TEMPLATE_TOKENS - 1
    unread = ""
    if tokens > PROMPT_TOKENS:
        unread = prompt[found.offsets[TEMPLATE_TOKENS + PROMPT_TOKENS][0] - _PREFIX :]
    by_clip = _clip_tokenizer(clip).encode(prompt)
    clip_tokens = len(by_clip.ids) - 2
    clip_unread = prompt[by_clip.offsets[CLIP_TOKENS - 1][0] :] if clip_tokens > CLIP_PROMPT_TOKENS else ""
    return PromptReading(tokens, clip_tokens, unread, clip_unread)


@lru_cache(maxsize=4)
def _tokenizer(folder: Path) -> Tokenizer:
    return _unbounded(Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8")))


@lru_cache(maxsize=4)
def _clip_tokenizer(folder: Path) -> Tokenizer:
    """CLIP's tokenizer, which is published as one file or as its vocabulary and merges."""
    whole = folder / "tokenizer.json"
    if whole.is_file():
        return _tokenizer(folder)
    vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line and not line.startswith("#version")]
    merges: Any = [(first, second) for first, second in pairs]
    begin, end = "<|startoftext|>", "<|endoftext|>"
    model = BPE(vocab=vocabulary, merges=merges, end_of_word_suffix="</w>", unk_token=end)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CLIP_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.post_processor = processors.RobertaProcessing(
        (end, vocabulary[end]), (begin, vocabulary[begin]), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer


def _unbounded(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}…"
