"""What disks and people do to files, for tests of what becomes of them."""

from __future__ import annotations

from pathlib import Path

from safetensors.numpy import load_file, save_file


def flip_bytes(path: Path, at: float = 0.5, count: int = 40) -> None:
    """Turn ``count`` bytes over, beginning at the part ``at`` of the file."""
    data = bytearray(path.read_bytes())
    start = int(len(data) * at)
    data[start : start + count] = bytes(255 - byte for byte in data[start : start + count])
    path.write_bytes(data)


def cut_short(path: Path) -> None:
    """Leave only the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    """Leave a file of 0 bytes."""
    path.write_bytes(b"")


def remove(path: Path) -> None:
    """Take a file away."""
    path.unlink()


def overwrite_latents(path: Path) -> None:
    """Other values in a safetensors file that is as good as the one before."""
    save_file({name: (values // 2 + 1).astype(values.dtype) for name, values in load_file(path).items()}, path)


def flip_near_the_start(path: Path) -> None:
    """Turn bytes of the first frames over."""
    flip_bytes(path, at=0.15)


def damaged_names(home: Path) -> list[str]:
    """What lies in the folder of damaged things below ``home``."""
    return sorted(path.name for path in (home / "damaged").glob("*"))
