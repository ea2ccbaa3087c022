"""Pictures encoded into a file of video alone: what becomes of it where there is no room."""

from __future__ import annotations

import errno
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from projects.composing.encoding import Canvas, encode
from projects.composing.formats import Format, coding_of
from tests.support.full_disk import errno_on_a_full_disk, needs_a_full_disk


def _encode(format: Format, path: Path) -> None:
    canvas = Canvas(coding_of(format, "good", None, None), Fraction(30), 96, 64)
    encode(path, [np.full((64, 96, 3), n, np.uint8) for n in range(60)], canvas, lambda: None)


@needs_a_full_disk
@pytest.mark.parametrize("format", ["h264", "prores", "vp9"])
def test_where_there_is_no_room_for_the_beginning_an_error_says_so_and_the_process_goes_on(format: Format) -> None:
    assert errno_on_a_full_disk(partial(_encode, format)) == errno.ENOSPC
