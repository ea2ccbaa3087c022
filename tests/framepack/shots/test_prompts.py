"""What is told of a prompt is what the encoders' own tokenizers read of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

from framepack.checkpoints.folders import find_part
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import WeightsMissing
from framepack.shots.prompts import TEMPLATE, TEMPLATE_TOKENS, prompt_remarks, read_of
from tests.support.checkpoints import build_models

DRAFT = checkpoint_named("draft")
WORDS = " ".join(f"word{number} sails by" for number in range(200))
PROMPTS = [
    "",
    "a boat",
    "Ein Café, {night}: 一艘船 ⛵ — it's l'été.\n\n<|eot_id|>  end",
    "灯塔 " * 300,
    WORDS,
    "boat, " * 100,
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("name", ["draft", "f1"])
def test_the_count_is_that_of_the_encoders_own_tokenizers(prompt: str, name: str, models: Path) -> None:
    checkpoint = checkpoint_named(name)
    folder = find_part(checkpoint, "tokenizer", models).path
    llama = PreTrainedTokenizerFast.from_pretrained(folder)(TEMPLATE.format(prompt)).input_ids
    clip = CLIPTokenizer.from_pretrained(find_part(checkpoint, "tokenizer_2", models).path)(prompt).input_ids
    reading = read_of(prompt, checkpoint, models)
    assert reading.tokens == len(llama) - TEMPLATE_TOKENS - 1
    assert reading.clip_tokens == len(clip) - 2


@pytest.mark.parametrize("prompt", PROMPTS)
def test_what_is_said_to_be_unread_changes_nothing_of_what_is_read(prompt: str) -> None:
    llama = PreTrainedTokenizerFast.from_pretrained(find_part(DRAFT, "tokenizer", None).path)
    clip = CLIPTokenizer.from_pretrained(find_part(DRAFT, "tokenizer_2", None).path)
    reading = read_of(prompt, DRAFT, None)
    assert bool(reading.unread) == (reading.tokens > 256)
    assert bool(reading.clip_unread) == (reading.clip_tokens > 75)

    def read(text: str) -> list[int]:
        ids: list[int] = llama(TEMPLATE.format(text), max_length=351, truncation=True).input_ids
        return ids

    if reading.unread:
        other = prompt.removesuffix(reading.unread) + "!" * 400
        assert read(other)[:350] == read(prompt)[:350]
        assert read("Another " + prompt) != read(prompt)
    if reading.clip_unread:
        other = prompt.removesuffix(reading.clip_unread) + "zebra " * 100
        cut = {"max_length": 77, "truncation": True}
        assert clip(other, **cut).input_ids[:75] == clip(prompt, **cut).input_ids[:75]


def test_two_prompts_that_differ_where_nothing_is_read_are_told_so() -> None:
    (remark,) = prompt_remarks(WORDS, read_of(WORDS, DRAFT, None))
    assert remark.id == "prompt-not-read"
    assert str(remark.values["rest"])[:20] in WORDS
    (second,) = prompt_remarks("boat, " * 60, read_of("boat, " * 60, DRAFT, None))
    assert second.id == "prompt-not-read-by-clip"
    assert prompt_remarks("a boat", read_of("a boat", DRAFT, None)) == ()


@pytest.mark.parametrize(
    ("prompt", "is_timed"),
    [
        ("[0s: she turns] [3s: she laughs]", True),
        ("[0s-3s: she turns]", True),
        ("[1-3 sec: she turns]", True),
        ("[2.5 seconds] she laughs", False),
        ("a clock shows 3s: late", False),
        ("[the 3 sisters: laugh]", False),
        ("(sea:1.2) [boat] [3]", False),
    ],
)
def test_times_in_a_prompt_are_told_to_be_words_once(prompt: str, is_timed: bool) -> None:
    assert [remark.id for remark in prompt_remarks(prompt, None)] == (["prompt-times"] if is_timed else [])


def test_tokenizers_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="tokenizer"):
        read_of("a boat", checkpoint_named("f1"), tmp_path)
