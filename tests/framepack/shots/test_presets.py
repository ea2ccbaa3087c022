"""What the presets stand for, alone and in a project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from framepack.checkpoints.table import CHECKPOINTS, checkpoint_named
from framepack.errors import InvalidRequest
from framepack.shots.presets import PRESETS, preset_named, with_preset
from framepack.shots.request import Settings, default_settings
from projects.database.tables import Project
from projects.storyboard.project_settings import settings_at

USUAL = default_settings(checkpoint_named("f1"), height=608, width=640)


def settings_of(project: Project) -> Settings:
    return settings_at(project, height=608, width=640)


def test_exact_is_what_a_checkpoint_does_by_itself() -> None:
    for checkpoint in CHECKPOINTS.values():
        usual = default_settings(checkpoint, height=320, width=320)
        assert with_preset(usual, preset_named("exact")) == usual


def test_every_other_preset_gives_something_for_time() -> None:
    for name in ("balanced", "quick"):
        settings = with_preset(USUAL, preset_named(name))
        assert settings.cache != "none"
        assert 0 < settings.threshold <= 1
        assert 1 <= settings.steps <= USUAL.steps
    assert PRESETS["quick"].threshold > PRESETS["balanced"].threshold
    assert [preset.precision for preset in PRESETS.values()] == ["exact", "exact", "fast"]


def test_a_preset_that_is_not_there_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="there is no 'best'; there is: exact, balanced, quick"):
        preset_named("best")


@pytest.mark.parametrize(("cache", "threshold"), [("none", 0.1), ("first_block", 0.0), ("fixed", 1.5)])
def test_a_threshold_that_does_not_go_with_its_cache_is_refused(cache: str, threshold: float) -> None:
    with pytest.raises(InvalidRequest, match="threshold"):
        replace(USUAL, cache=cache, threshold=threshold)


def test_a_project_is_sampled_by_its_preset() -> None:
    assert settings_of(Project(name="A", checkpoint="f1")) == USUAL
    assert settings_of(Project(name="A", checkpoint="f1", preset="quick")) == with_preset(USUAL, PRESETS["quick"])


def test_what_a_project_says_itself_stands_above_its_preset() -> None:
    settings = settings_of(
        Project(name="A", checkpoint="f1", preset="quick", steps=40, cache="teacache", threshold=0.15)
    )
    assert (settings.steps, settings.cache, settings.threshold) == (40, "teacache", 0.15)
    assert settings.precision == "fast"
