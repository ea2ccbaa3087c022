"""Wrong passwords are slowed: per address more and more, over all addresses, and in bounded memory."""

from __future__ import annotations

from projects.door.slowing import (
    FREE_TRIES,
    FREE_TRIES_OF_ALL,
    LONGEST_SECONDS,
    MOST_ADDRESSES,
    SECONDS_BETWEEN_ALL,
    SECONDS_REMEMBERED,
    Slowing,
    place_of,
)


def tries_until_slowed(slowing: Slowing, address: str, now: float) -> int:
    count = 0
    while slowing.begin_try(address, now) == 0.0:
        count += 1
    return count


def test_after_a_few_wrong_ones_the_wait_doubles_and_has_an_end() -> None:
    slowing, now = Slowing(), 1000.0
    assert tries_until_slowed(slowing, "192.0.2.1", now) == FREE_TRIES
    waits = []
    for _ in range(14):
        wait = slowing.begin_try("192.0.2.1", now)
        waits.append(wait)
        now += wait
        assert slowing.begin_try("192.0.2.1", now) == 0.0
    assert waits[:5] == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == LONGEST_SECONDS


def test_who_waits_is_not_counted_again_for_asking_meanwhile() -> None:
    slowing = Slowing()
    tries_until_slowed(slowing, "192.0.2.1", 1000.0)
    for _ in range(100):
        assert slowing.begin_try("192.0.2.1", 1000.5) == 0.5
    assert slowing.begin_try("192.0.2.1", 1001.0) == 0.0


def test_the_right_password_forgets_the_wrong_ones_of_its_address_only() -> None:
    slowing = Slowing()
    for address in ("192.0.2.1", "192.0.2.2"):
        tries_until_slowed(slowing, address, 1000.0)
    slowing.begin_try("192.0.2.1", 1001.0)
    slowing.was_right("192.0.2.1")
    assert slowing.begin_try("192.0.2.1", 1001.0) == 0.0
    assert slowing.begin_try("192.0.2.2", 1000.5) > 0.0


def test_an_hour_later_an_address_begins_afresh() -> None:
    slowing = Slowing()
    tries_until_slowed(slowing, "192.0.2.1", 1000.0)
    assert tries_until_slowed(slowing, "192.0.2.1", 1001.0 + SECONDS_REMEMBERED) == FREE_TRIES


def test_many_addresses_together_are_slowed_too() -> None:
    slowing = Slowing()
    passed = sum(slowing.begin_try(f"192.0.{n // 250}.{n % 250}", 1000.0) == 0.0 for n in range(500))
    assert passed == FREE_TRIES_OF_ALL
    assert 0.0 < slowing.begin_try("198.51.100.1", 1000.0) <= SECONDS_BETWEEN_ALL
    assert slowing.begin_try("198.51.100.1", 1000.0 + SECONDS_BETWEEN_ALL) == 0.0


def test_what_is_remembered_is_bounded() -> None:
    slowing = Slowing()
    for n in range(3 * MOST_ADDRESSES):
        slowing.begin_try(f"10.{n // 65536}.{n // 256 % 256}.{n % 256}", 1000.0 + SECONDS_BETWEEN_ALL * n)
    assert len(slowing._by_place) == MOST_ADDRESSES


def test_a_household_of_ipv6_is_one_place() -> None:
    assert place_of("2001:db8:1:2::1") == place_of("2001:db8:1:2:ffff::9") != place_of("2001:db8:1:3::1")
    assert place_of("::ffff:192.0.2.1") == place_of("192.0.2.1")
    assert place_of("fe80::1%eth0") == place_of("fe80::2%eth0")
    assert place_of("") == place_of("no address")
