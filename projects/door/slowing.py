"""How wrong passwords are slowed: for each address more and more, and for all addresses together.

It knows no password, and the time is given to it. A try counts as wrong from its beginning until it turns out right, so
that many at the same moment gain nothing. Who has signed in is not slowed by others' tries.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

# So many of an address are let pass at once; then the wait doubles with each, up to the longest.
FREE_TRIES, LONGEST_SECONDS = 4, 900.0
# And of all addresses so many, then one in so many seconds.
FREE_TRIES_OF_ALL, SECONDS_BETWEEN_ALL = 40, 5.0
MOST_ADDRESSES, SECONDS_REMEMBERED = 1000, 3600.0
_IPV6_HOME = 64  # the network that one household has


@dataclass(frozen=True)
class _Tries:
    count: int
    until: float
    last: float


class Slowing:
    """What is remembered of wrong tries; at most MOST_ADDRESSES, each for an hour after its last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_place: OrderedDict[str, _Tries] = OrderedDict()
        self._of_all = 0.0
        self._counted_at = 0.0

    def begin_try(self, address: str, now: float) -> float:
        """Seconds that ``address`` has to wait before its next try; 0.0 where this one may be looked at."""
        with self._lock:
            place = place_of(address)
            before = self._by_place.pop(place, None)
            if before is not None and now - before.last > SECONDS_REMEMBERED:
                before = None
            wait = max(before.until - now if before is not None else 0.0, self._wait_of_all(now))
            if wait > 0:
                if before is not None:
                    self._by_place[place] = before
                return wait
            self._of_all += 1
            count = before.count + 1 if before is not None else 1
            pause = min(LONGEST_SECONDS, 2.0 ** (count - FREE_TRIES)) if count >= FREE_TRIES else 0.0
            self._by_place[place] = _Tries(count, now + pause, now)
            while len(self._by_place) > MOST_ADDRESSES:
                self._by_place.popitem(last=False)
            return 0.0

    def was_right(self, address: str) -> None:
        """Forget the wrong tries of ``address``: it knows the password."""
        with self._lock:
            self._by_place.pop(place_of(address), None)
            self._of_all = max(0.0, self._of_all - 1)

    def _wait_of_all(self, now: float) -> float:
        self._of_all = max(0.0, self._of_all - (now - self._counted_at) / SECONDS_BETWEEN_ALL)
        self._counted_at = now
        return max(0.0, self._of_all + 1 - FREE_TRIES_OF_ALL) * SECONDS_BETWEEN_ALL


def place_of(address: str) -> str:
    """What counts as one place: an address, or the network of an IPv6 one, of which everybody has as many as wanted."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "elsewhere"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_HOME), strict=False))
