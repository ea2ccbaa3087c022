from __future__ import annotations

import pytest

from framepack.errors import SettingRejected
from projects.rewriting.endpoint import named_endpoint

NAMED = {"STUDIO_REWRITING_URL": "http://localhost:11434/v1", "STUDIO_REWRITING_MODEL": "small"}


def test_nothing_is_named_until_there_is_an_address() -> None:
    assert named_endpoint({}) is None
    assert named_endpoint({**NAMED, "STUDIO_REWRITING_URL": " "}) is None


@pytest.mark.parametrize("said", ["http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions/"])
def test_an_address_is_named_with_or_without_its_end(said: str) -> None:
    endpoint = named_endpoint({**NAMED, "STUDIO_REWRITING_URL": said})
    assert endpoint is not None
    assert endpoint.url == "http://localhost:11434/v1/chat/completions"
    assert (endpoint.host, endpoint.model, endpoint.key) == ("localhost:11434", "small", None)


@pytest.mark.parametrize(
    ("url", "readable"),
    [
        ("http://localhost:1/v1", False),
        ("http://[::1]:1/v1", False),
        ("https://example.org/v1", False),
        ("http://192.168.1.5:8000/v1", True),
    ],
)
def test_what_leaves_the_computer_unencrypted_is_known(url: str, readable: bool) -> None:
    endpoint = named_endpoint({**NAMED, "STUDIO_REWRITING_URL": url})
    assert endpoint is not None
    assert endpoint.is_readable_on_the_way is readable


@pytest.mark.parametrize(
    "url", ["localhost:11434", "ftp://a/v1", "http://", "http://[", "http://a:b/", "http://a/v1?k=1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingRejected):
        named_endpoint({**NAMED, "STUDIO_REWRITING_URL": url})


def test_an_address_without_a_model_is_refused() -> None:
    with pytest.raises(SettingRejected, match="STUDIO_REWRITING_MODEL"):
        named_endpoint({"STUDIO_REWRITING_URL": "http://localhost/v1"})


@pytest.mark.parametrize(
    ("shared", "allowed", "withheld"), [("0", "", False), ("1", "", True), ("1", "0", True), ("1", "1", False)]
)
def test_while_the_studio_is_shared_it_is_asked_only_where_its_owner_says_so(
    shared: str, allowed: str, withheld: bool
) -> None:
    endpoint = named_endpoint({**NAMED, "STUDIO_SHARE": shared, "STUDIO_REWRITING_SHARED": allowed})
    assert endpoint is not None
    assert endpoint.withheld is withheld


def test_a_word_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(SettingRejected, match="STUDIO_REWRITING_SHARED"):
        named_endpoint({**NAMED, "STUDIO_SHARE": "1", "STUDIO_REWRITING_SHARED": "perhaps"})


def test_neither_keys_nor_passwords_are_repeated() -> None:
    endpoint = named_endpoint({**NAMED, "STUDIO_REWRITING_KEY": "sk-secret"})
    assert endpoint is not None
    assert endpoint.key == "sk-secret"
    assert "secret" not in repr(endpoint)
    for wrong in ({"STUDIO_REWRITING_KEY": "se cret"}, {"STUDIO_REWRITING_URL": "http://me:secret@localhost/v1"}):
        with pytest.raises(SettingRejected) as told:
            named_endpoint(NAMED | wrong)
        assert "cret" not in str(told.value)


@pytest.mark.parametrize("said", ["1", "yes"])
def test_offline_is_what_the_studio_says_of_itself(said: str) -> None:
    endpoint = named_endpoint({**NAMED, "STUDIO_OFFLINE": said})
    assert endpoint is not None
    assert endpoint.offline
