"""Owns the host's flat copies of weights: large pieces of memory, page-locked for a CUDA device where that works.

Torch's own page-locked memory is rounded up to powers of two, a third too much for the blocks of the large model; so
the pages are taken as they come and locked in place.
"""

from __future__ import annotations

import contextlib
import mmap
import weakref
from typing import Any, Protocol

import torch
from torch import Tensor

from framepack.messages import Message

SUCCESS = 0
NOT_LOCKED = Message("memory-not-locked")


class PageLock(Protocol):
    """Keeps pages where they are, so that a device can copy from them by itself."""

    def lock(self, pointer: int, nbytes: int) -> bool:
        """Lock ``nbytes`` from ``pointer`` on; False where the system refuses."""
        ...

    def unlock(self, pointer: int) -> None:
        """Undo ``lock``."""
        ...


class CudaPageLock:
    """Page-locking by the CUDA driver, for ``device``."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def lock(self, pointer: int, nbytes: int) -> bool:
        """See ``PageLock``."""
        with torch.cuda.device(self._device):
            runtime: Any = torch.cuda.cudart()  # type: ignore[no-untyped-call]
            if int(runtime.cudaHostRegister(pointer, nbytes, 0)) == SUCCESS:
                return True
            self._forget_the_error()
        return False

    def unlock(self, pointer: int) -> None:
        """See ``PageLock``."""
        with torch.cuda.device(self._device):
            runtime: Any = torch.cuda.cudart()  # type: ignore[no-untyped-call]
            runtime.cudaHostUnregister(pointer)

    def _forget_the_error(self) -> None:
        """The driver hands a refusal to whoever asks it next for the last error: any kernel of torch's."""
        try:
            torch.zeros(1, device=self._device)
        except RuntimeError:
            return


class PinnedMemory:
    """Flat pieces of the host's memory, given back together by ``close`` or with this object.

    ``lock`` locks their pages, None leaves them as they are. ``notice`` is what to say where that failed.
    """

    def __init__(self, lock: PageLock | None) -> None:
        self.notice: Message | None = None
        self._lock = lock
        self._taken: list[Tensor] = []
        self._locked: list[int] = []
        self.close = weakref.finalize(self, _release, lock, self._taken, self._locked)
        """Unlock and forget all pieces; none of them may be in use any more."""

    @classmethod
    def for_device(cls, device: torch.device) -> PinnedMemory:
        """Memory to copy to ``device`` from."""
        return cls(CudaPageLock(device) if device.type == "cuda" else None)

    @property
    def nbytes(self) -> int:
        """How much is taken."""
        return sum(piece.numel() for piece in self._taken)

    def take(self, nbytes: int) -> Tensor:
        """A flat uint8 tensor of ``nbytes`` with anything in it. Raises MemoryError."""
        piece = _pages(nbytes)
        self.lock(piece)
        return piece

    def lock(self, piece: Tensor) -> None:
        """Lock the pages of a flat uint8 ``piece`` of memory from elsewhere, which is kept as long."""
        self._taken.append(piece)
        if not piece.numel():
            return
        if self._lock is not None and self.notice is None:
            if self._lock.lock(piece.data_ptr(), piece.numel()):
                self._locked.append(piece.data_ptr())
            else:
                # What is locked already stays so, and copies as fast as before.
                self.notice = NOT_LOCKED


def _pages(nbytes: int) -> Tensor:
    try:
        if not hasattr(mmap, "MADV_HUGEPAGE"):
            return torch.empty(nbytes, dtype=torch.uint8)
        pages = mmap.mmap(-1, nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, RuntimeError) as error:
        raise MemoryError(f"{nbytes} bytes cannot be had") from error
    # Large pages are taken and locked many times faster than small ones.
    with contextlib.suppress(OSError):  # a kernel built without them
        pages.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(pages, dtype=torch.uint8)


def _release(lock: PageLock | None, taken: list[Tensor], locked: list[int]) -> None:
    while locked and lock is not None:
        lock.unlock(locked.pop())
    taken.clear()
