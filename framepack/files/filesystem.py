"""What file systems say when something is wrong, whichever library hands it on. It touches no file."""

from __future__ import annotations

import errno
import re

from safetensors import SafetensorError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_WINDOWS_FULL = frozenset({39, 112})  # ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
# safetensors hands the system's error on in words only: "... No space left on device (os error 28)".
_NUMBER = re.compile(r"\(os error (\d+)\)")


def is_disk_full(error: BaseException) -> bool:
    """Whether ``error`` says that there is no room left to write to, on the disk or in what one may use of it."""
    if isinstance(error, SafetensorError):
        numbers = {int(number) for number in _NUMBER.findall(str(error))}
        return bool(numbers & (_FULL | _WINDOWS_FULL))
    if isinstance(error, OSError):
        return error.errno in _FULL or getattr(error, "winerror", None) in _WINDOWS_FULL
    return False
