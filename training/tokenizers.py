"""Owns the draft's two tokenizers: small byte-level BPE made from the training sentences; knows nothing of the models.

The engine cuts the first 95 tokens off the LLaMA prompt, as for the published model, so the template in front of the
prompt must take exactly 95 here too. It takes fewer with a vocabulary of its own, and the rest is begin tokens.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

from framepack.shots.prompts import TEMPLATE, TEMPLATE_TOKENS
from training.layout import CLIP_SPECIALS, LLAMA_SPECIALS, VOCABULARY

_WORDS = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def train_llama_tokenizer(sentences: Iterable[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE of ``VOCABULARY`` tokens whose template prefix takes exactly ``TEMPLATE_TOKENS`` tokens."""
    pieces = re.split(r"<\|\w+\|>", TEMPLATE.split("{}")[0])
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(LLAMA_SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*sentences, *pieces * 5000], trainer)
    used = len(tokenizer.encode(TEMPLATE.split("{}")[0], add_special_tokens=False).ids)
    if used >= TEMPLATE_TOKENS:
        raise ValueError(f"the template takes {used} tokens, more than the {TEMPLATE_TOKENS - 1} there is room for")
    begins = [f"{LLAMA_SPECIALS[0]}:0"] * (TEMPLATE_TOKENS - used)
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single=[*begins, "$A:0"], special_tokens=[(LLAMA_SPECIALS[0], 0)]),
        ]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=LLAMA_SPECIALS[0],
        eos_token=LLAMA_SPECIALS[3],
        pad_token=LLAMA_SPECIALS[4],
        padding_side="right",
        model_max_length=512,
        clean_up_tokenization_spaces=False,
    )


def train_clip_tokenizer(sentences: Iterable[str]) -> CLIPTokenizer:
    """A tokenizer of CLIP's own kind (lower case, end-of-word marks) with its own merges of ``VOCABULARY`` tokens."""
    tokenizer = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), behavior="removed", invert=True
            ),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    # The trainer knows the end-of-word form of a byte only where it has seen it: show it every one.
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(CLIP_SPECIALS),
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(sentences, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    letters = sorted(alphabet)
    words = [*CLIP_SPECIALS, *letters, *[f"{letter}</w>" for letter in letters]]
    merges = []
    for merge in trained["merges"]:
        left, right = merge if isinstance(merge, list) else merge.split(" ")
        if len(words) < VOCABULARY and {left, right} <= set(words):
            merges.append((left, right))
            if left + right not in words:
                words.append(left + right)
    with tempfile.TemporaryDirectory() as folder:
        vocabulary_file, merges_file = Path(folder, "vocab.json"), Path(folder, "merges.txt")
        vocabulary_file.write_text(json.dumps({word: number for number, word in enumerate(words)}), encoding="utf-8")
        merges_file.write_text("#version: 0.2\n" + "\n".join(" ".join(pair) for pair in merges) + "\n", "utf-8")
        return CLIPTokenizer(
            vocab={word: number for number, word in enumerate(words)},
            merges=merges,
            unk_token=CLIP_SPECIALS[1],
            bos_token=CLIP_SPECIALS[0],
            eos_token=CLIP_SPECIALS[1],
            pad_token=CLIP_SPECIALS[1],
            model_max_length=77,
        )
