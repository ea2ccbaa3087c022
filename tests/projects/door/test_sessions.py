"""Sessions end when they are not used, after some days, and when somebody leaves; their number is bounded."""

from __future__ import annotations

import pytest

from projects.door import sessions
from projects.door.sessions import (
    SECONDS_AT_MOST,
    SECONDS_UNUSED,
    begin_session,
    end_session,
    find_session,
)
from projects.settings import StudioSettings

NOW = 1_800_000_000.0


def test_a_session_is_found_by_what_the_browser_holds_and_by_nothing_else(studio: StudioSettings) -> None:
    token = begin_session(studio, "one", NOW)

    assert find_session(studio, token, "one", NOW) is not None
    assert find_session(studio, token, "two", NOW) is None
    for other in ("", token[:-1], token + "x", "../password", "\udc80"):
        assert find_session(studio, other, "one", NOW) is None


def test_what_the_browser_holds_is_256_random_bits_and_is_kept_nowhere(studio: StudioSettings) -> None:
    tokens = {begin_session(studio, "one", NOW) for _ in range(20)}

    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {43}
    kept = [file.name + file.read_text("utf-8") for file in (studio.door_dir / "sessions").iterdir()]
    assert len(kept) == 20
    assert not any(token in text for token in tokens for text in kept)


def test_it_ends_when_it_is_not_used(studio: StudioSettings) -> None:
    token = begin_session(studio, "one", NOW)

    assert find_session(studio, token, "one", NOW + SECONDS_UNUSED - 1) is not None
    # That counted as use.
    assert find_session(studio, token, "one", NOW + 2 * SECONDS_UNUSED - 2) is not None
    assert find_session(studio, token, "one", NOW + 4 * SECONDS_UNUSED) is None


def test_it_ends_after_some_days_however_much_it_is_used(studio: StudioSettings) -> None:
    token = begin_session(studio, "one", NOW)
    at = NOW
    while at - NOW < SECONDS_AT_MOST:
        assert find_session(studio, token, "one", at) is not None
        at += SECONDS_UNUSED - 1
    assert find_session(studio, token, "one", NOW + SECONDS_AT_MOST + 1) is None


def test_leaving_ends_one_and_leaves_the_others(studio: StudioSettings) -> None:
    mine, other = begin_session(studio, "one", NOW), begin_session(studio, "one", NOW)
    end_session(studio, mine)
    end_session(studio, mine)
    assert find_session(studio, mine, "one", NOW) is None
    assert find_session(studio, other, "one", NOW) is not None


def test_those_that_are_over_are_removed_and_the_longest_unused_go_where_there_are_too_many(
    studio: StudioSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 3)
    begin_session(studio, "one", NOW - 2 * SECONDS_UNUSED)
    tokens = [begin_session(studio, "one", NOW + second) for second in range(5)]

    assert len(list((studio.door_dir / "sessions").iterdir())) == 3
    found = [find_session(studio, token, "one", NOW + 5) is not None for token in tokens]
    assert found == [False, False, True, True, True]


def test_one_that_was_not_written_whole_lets_nobody_in(studio: StudioSettings) -> None:
    token = begin_session(studio, "one", NOW)
    (file,) = (studio.door_dir / "sessions").iterdir()
    file.write_bytes(b"{")
    assert find_session(studio, token, "one", NOW) is None
