"""The processes that another one started, with what each was started with."""

from __future__ import annotations

import psutil


def children_of(pid: int) -> list[tuple[psutil.Process, list[str]]]:
    """The live children of a process, each with its command; one that just ended is none."""
    found = []
    for child in psutil.Process(pid).children():
        try:
            found.append((child, child.cmdline()))
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def children_with(pid: int, argument: str) -> list[psutil.Process]:
    """The live children of a process that were started with ``argument``."""
    return [child for child, command in children_of(pid) if argument in command]
