"""Where a studio may listen: on this computer always, elsewhere by a decision and a password only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from framepack.errors import SettingRejected
from projects.door.password import set_password
from projects.door.sharing import is_loopback, refusal
from projects.settings import StudioSettings, is_shared

HERE = ("127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]", "::ffff:127.0.0.1")
ELSEWHERE = ("0.0.0.0", "::", "", "192.168.1.5", "studio.local", "127.0.0.1.example.org", "::ffff:192.0.2.1")


@pytest.mark.parametrize("address", HERE)
def test_addresses_of_this_computer(studio: StudioSettings, address: str) -> None:
    assert is_loopback(address)
    assert refusal(studio, address) is None


@pytest.mark.parametrize("address", ELSEWHERE)
def test_elsewhere_it_takes_a_decision_and_a_password(studio: StudioSettings, address: str) -> None:
    assert not is_loopback(address)
    undecided = refusal(studio, address)
    assert undecided is not None
    assert undecided.id == "share-undecided"
    shared = replace(studio, share=True)
    without = refusal(shared, address)
    assert without is not None
    assert without.id == "share-no-password"
    set_password(shared, "correct horse battery")
    assert refusal(shared, address) is None
    assert refusal(studio, address) is not None


def test_a_studio_that_is_shared_needs_a_password_on_this_computer_too(studio: StudioSettings) -> None:
    assert refusal(replace(studio, share=True), "127.0.0.1") is not None


def test_the_decision_is_yes_or_no() -> None:
    assert is_shared({"STUDIO_SHARE": "1"})
    assert not is_shared({"STUDIO_SHARE": "0"})
    assert not is_shared({})
    with pytest.raises(SettingRejected, match="STUDIO_SHARE"):
        is_shared({"STUDIO_SHARE": "perhaps"})


def test_processes_of_the_studio_inherit_the_decision(studio: StudioSettings) -> None:
    shared = replace(studio, share=True)
    assert StudioSettings.from_environment(shared.as_environment()) == shared
    assert not StudioSettings.from_environment(studio.as_environment()).share
