"""What an error says about the computer rather than about what was asked of it. No torch here: errors go by name."""

from __future__ import annotations

import errno
from collections.abc import Iterator

# After these an accelerator does nothing more for this process, whatever is asked of it.
_LOST_WORDS = (
    *("cuda error", "hip error", "cudnn error", "cublas error", "device-side assert", "illegal memory access"),
    *("unspecified launch failure", "cuda driver error", "execution_failed", "launch_failure", "nccl error"),
)
_MEMORY_WORDS = (
    *("cannot allocate memory", "can't allocate memory", "not enough memory", "out of memory", "bytes cannot be had"),
    *("paging file is too small", "os error 12)", "os error 1455)"),
)
_WINDOWS_MEMORY = (8, 14, 1455)  # not enough memory, out of memory, the paging file is too small


def accelerator_lost(error: BaseException) -> bool:
    """Whether ``error``, or what led to it, left this process without its accelerator; only a new process has it again.

    Running out of the device's memory is no such error.
    """
    return any(_loses_the_accelerator(one) for one in _with_causes(error))


def memory_short(error: BaseException) -> bool:
    """Whether ``error``, or what led to it, is for want of memory, the device's or the computer's."""
    return any(_wants_memory(one) for one in _with_causes(error))


def _loses_the_accelerator(error: BaseException) -> bool:
    if _wants_memory(error):
        return False
    said = str(error).lower()
    return "AcceleratorError" in _names(error) or (
        isinstance(error, RuntimeError) and any(words in said for words in _LOST_WORDS)
    )


def _wants_memory(error: BaseException) -> bool:
    if _names(error) & {"MemoryError", "OutOfMemoryError"}:
        return True
    if isinstance(error, OSError) and (error.errno == errno.ENOMEM or _windows_code(error) in _WINDOWS_MEMORY):
        return True
    said = str(error).lower()
    technical = isinstance(error, RuntimeError | OSError) or "SafetensorError" in _names(error)
    return technical and any(words in said for words in _MEMORY_WORDS)


def _windows_code(error: OSError) -> int | None:
    return getattr(error, "winerror", None)


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and the errors it came from, the latest first."""
    seen: set[int] = set()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        yield now
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
