from __future__ import annotations

from pathlib import Path

import pytest

from framepack.errors import SettingRejected
from projects.settings import CHECKOUT, StudioSettings, has_pages_only


def test_without_any_setting_everything_lies_beside_the_program() -> None:
    settings = StudioSettings.from_environment({})
    assert settings.home == CHECKOUT / "studio_data"
    assert settings.database_url == f"sqlite:///{settings.home}/studio.db"
    assert settings.queue_database_url == f"sqlite:///{settings.home}/studio_queue.db"
    assert settings.engine.models is None


def test_reading_the_settings_makes_no_folder(tmp_path: Path) -> None:
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "new")})
    assert not settings.home.exists()
    settings.make_folders()
    assert settings.media_dir.is_dir()
    assert settings.logs_dir.is_dir()


def test_an_empty_setting_counts_as_not_set() -> None:
    empty = {"STUDIO_HOME": "", "STUDIO_DATABASE_URL": "", "STUDIO_MODELS": ""}
    empty |= {"STUDIO_MEMORY_GB": "", "FRAMEPACK_ATTENTION": "", "FRAMEPACK_TEXT_DEVICE": ""}
    assert StudioSettings.from_environment(empty) == StudioSettings.from_environment({})


def test_a_folder_with_spaces_and_other_letters_is_a_good_home(tmp_path: Path) -> None:
    settings = StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "灯塔 100% #1?")})
    assert settings.home.name == "灯塔 100% #1?"
    assert settings.uses_sqlite


def test_the_queue_of_a_postgresql_studio_is_a_second_database_of_the_same_server() -> None:
    url = "postgresql+psycopg://someone:p%40ss@server:5433/studio"
    settings = StudioSettings.from_environment({"STUDIO_DATABASE_URL": url})
    assert settings.queue_database_url == "postgresql+psycopg://someone:p%40ss@server:5433/studio_queue"
    assert not settings.uses_sqlite


def test_a_database_file_is_the_same_for_processes_started_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = StudioSettings.from_environment({"STUDIO_DATABASE_URL": "sqlite:///my.db"})
    assert settings.database_url == f"sqlite:///{tmp_path}/my.db"
    assert settings.queue_database_url == f"sqlite:///{tmp_path}/my_queue.db"


@pytest.mark.parametrize("url", ["nonsense", "mysql://server/studio", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_the_processes_of_a_studio_cannot_share_is_refused(url: str) -> None:
    with pytest.raises(SettingRejected, match="STUDIO_DATABASE_URL"):
        StudioSettings.from_environment({"STUDIO_DATABASE_URL": url})


def test_the_memory_of_the_device_can_be_capped() -> None:
    settings = StudioSettings.from_environment({"STUDIO_MEMORY_GB": "5.5", "FRAMEPACK_ATTENTION": "cudnn"})
    assert settings.engine.memory == 5.5 * 2**30
    assert settings.engine.attention == "cudnn"
    assert StudioSettings.from_environment({}).engine.memory is None


def test_the_text_encoder_can_be_kept_on_the_processor_and_nowhere_else() -> None:
    assert StudioSettings.from_environment({"FRAMEPACK_TEXT_DEVICE": "cpu"}).engine.text_on_cpu
    assert not StudioSettings.from_environment({}).engine.text_on_cpu
    with pytest.raises(SettingRejected, match="FRAMEPACK_TEXT_DEVICE"):
        StudioSettings.from_environment({"FRAMEPACK_TEXT_DEVICE": "cuda:1"})


@pytest.mark.parametrize("amount", ["lots", "0", "-3", "nan", "inf"])
def test_a_cap_that_is_no_amount_of_memory_is_refused(amount: str) -> None:
    with pytest.raises(SettingRejected, match="STUDIO_MEMORY_GB"):
        StudioSettings.from_environment({"STUDIO_MEMORY_GB": amount})


def test_cards_per_shot_are_a_whole_number_or_chosen_by_what_is_ordered() -> None:
    assert StudioSettings.from_environment({}).cards_per_shot is None
    assert StudioSettings.from_environment({"STUDIO_CARDS_PER_SHOT": "auto"}).cards_per_shot is None
    assert StudioSettings.from_environment({"STUDIO_CARDS_PER_SHOT": "2"}).cards_per_shot == 2
    for said in ("0", "two", "-1", "1.5"):
        with pytest.raises(SettingRejected, match="STUDIO_CARDS_PER_SHOT"):
            StudioSettings.from_environment({"STUDIO_CARDS_PER_SHOT": said})


def test_a_studio_of_pages_only_says_so() -> None:
    assert has_pages_only({"STUDIO_PAGES_ONLY": "1"})
    assert not has_pages_only({})
