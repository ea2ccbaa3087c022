"""How an engine is set up, read from the environment and handed to another process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from framepack.environment import GIB, EngineOptions, cards_named
from framepack.errors import InvalidRequest, SettingRejected


def test_amounts_of_memory_are_read_as_cards_are_sold() -> None:
    assert EngineOptions.from_environment({"STUDIO_MEMORY_GB": "5.5"}).memory == 5.5 * GIB
    assert EngineOptions().with_memory(None, "--memory-gb").memory is None
    for nonsense in ("lots", "0", "-1", "nan", "1e30"):
        with pytest.raises(SettingRejected, match="is not a number of GB"):
            EngineOptions().with_memory(nonsense, "--memory-gb")


def test_what_is_empty_is_not_set() -> None:
    names = ("STUDIO_MODELS", "STUDIO_MEMORY_GB", "FRAMEPACK_ATTENTION", "FRAMEPACK_TEXT_DEVICE", "FRAMEPACK_LORAS")
    assert EngineOptions.from_environment(dict.fromkeys(names, "")) == EngineOptions()


def test_another_process_reads_the_same_options(tmp_path: Path) -> None:
    options = EngineOptions(models=tmp_path.resolve(), memory=3 * GIB // 2, attention="sdpa", text_on_cpu=True)
    options = replace(options, partial_loras=True)
    assert EngineOptions.from_environment(options.as_environment()) == options
    assert EngineOptions.from_environment(EngineOptions().as_environment()) == EngineOptions()


def test_the_text_encoder_has_no_other_place_than_the_processor() -> None:
    with pytest.raises(SettingRejected, match="FRAMEPACK_TEXT_DEVICE: 'cuda:1' is not 'cpu'"):
        EngineOptions.from_environment({"FRAMEPACK_TEXT_DEVICE": "cuda:1"})


def test_several_devices_of_one_kind_are_named_together() -> None:
    assert cards_named("cuda:0+1") == cards_named("cuda:0+cuda:1") == ("cuda:0", "cuda:1")
    assert cards_named("cpu:3") == cards_named("cpu+cpu+cpu") == ("cpu", "cpu", "cpu")
    for one in ("auto", "cpu", "cuda", "cuda:1", "mps"):
        assert cards_named(one) == (one,)
    for name in ("cuda:0+0", "cuda:0+cpu", "mps+mps", "cuda:0+"):
        with pytest.raises(InvalidRequest, match="does not name cards of one kind"):
            cards_named(name)
