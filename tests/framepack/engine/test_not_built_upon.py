"""What must not be built upon: values that are no numbers, and a picture that is another one by now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from framepack.checkpoints.table import CHECKPOINTS
from framepack.engine.engine import Engine
from framepack.engine.render import render_shot
from framepack.environment import EngineOptions
from framepack.errors import ImageRejected, ValuesLost
from framepack.media.pictures import picture_hash
from framepack.shots.keys import plan_chain
from framepack.shots.request import Settings, ShotRequest
from framepack.store.section_store import SectionStore
from framepack.transformer.transformer import FramepackTransformer
from tests.support.plain_pictures import png


def test_a_section_of_no_numbers_is_not_kept_and_made_when_it_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "teal.png"
    picture.write_bytes(png(64, 64))
    settings = Settings("draft", height=64, width=64, steps=1, guidance=10.0, cfg=1.0, rescale=0.0)
    chain = plan_chain([ShotRequest(settings, "embedded", "a boat", 7, 1.0, picture_hash(picture))])
    pictures, store = {picture_hash(picture): picture}, SectionStore(tmp_path / "sections")
    plain, spoils = FramepackTransformer.velocity, [True]

    def velocity(self: FramepackTransformer, *given: Any, **named: Any) -> Tensor:
        made = plain(self, *given, **named)
        return made * float("nan") if spoils else made

    monkeypatch.setattr(FramepackTransformer, "velocity", velocity)
    with Engine(CHECKPOINTS["draft"], EngineOptions(device="cpu")) as engine:
        with pytest.raises(ValuesLost, match="the latents that the model made of this section hold values"):
            list(render_shot(engine, chain, 0, pictures, store))
        (section,) = chain[0].sections
        assert not store.has(section)

        spoils.clear()
        list(render_shot(engine, chain, 0, pictures, store))
        assert store.is_whole(section)


def test_a_picture_whose_bytes_changed_is_not_taken_for_the_one_it_was(tmp_path: Path) -> None:
    picture = tmp_path / "teal.png"
    picture.write_bytes(png(64, 64))
    settings = Settings("draft", height=64, width=64, steps=1, guidance=10.0, cfg=1.0, rescale=0.0)
    image = picture_hash(picture)
    chain = plan_chain([ShotRequest(settings, "embedded", "a boat", 7, 1.0, image)])
    store = SectionStore(tmp_path / "sections")
    picture.write_bytes(png(64, 64, "navy"))
    with (
        Engine(CHECKPOINTS["draft"], EngineOptions(device="cpu")) as engine,
        pytest.raises(ImageRejected, match="it is not what it was when it was put in"),
    ):
        list(render_shot(engine, chain, 0, {image: picture}, store))
    assert [*store.keys()] == []
