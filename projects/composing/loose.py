"""Films whose pictures are encoded one by one, and once, from their sources: GIF, animated WebP, PNG files."""

from __future__ import annotations

import io
import shutil
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
from PIL import Image

from framepack.files.atomic import in_place
from projects.composing.encoding import Canvas
from projects.frames.fitting import Fitter
from projects.frames.material import Pixels

_LEVEL = 3  # of PNG's compression: the next ones take long and save little


def write_gif(out: Path, pictures: Iterable[Pixels | av.VideoFrame], canvas: Canvas) -> int:
    """Write an animated GIF, each picture with colours of its own; returns how many there are. In place."""
    colours = dict(canvas.coding.options)["colours"]
    graph = av.filter.Graph()
    begin = graph.add_buffer(
        width=canvas.width, height=canvas.height, format=av.VideoFormat("rgb24"), time_base=1 / canvas.rate
    )
    split = graph.add("split")
    palette = graph.add("palettegen", f"stats_mode=single:max_colors={colours}:reserve_transparent=0")
    use = graph.add("paletteuse", "new=1:dither=sierra2_4a")
    begin.link_to(split)
    split.link_to(palette, 0)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(graph.add("buffersink"))
    graph.configure()
    with av.open(str(out), "w", format="gif", options={"loop": "0"}) as container:
        stream = container.add_stream("gif", rate=canvas.rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = canvas.width, canvas.height, "pal8"
        stream.codec_context.time_base = 1 / canvas.rate
        count = 0
        for count, pixels in enumerate(_pixels(pictures, canvas), start=1):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = count - 1, 1 / canvas.rate
            graph.vpush(frame)
            container.mux(stream.encode(graph.vpull()))
        container.mux(stream.encode(None))
    return count


def write_webp(out: Path, pictures: Iterable[Pixels | av.VideoFrame], canvas: Canvas) -> int:
    """Write an animated WebP; returns how many pictures it has. In place."""
    with av.open(str(out), "w", format="webp", options={"loop": "0"}) as container:
        stream = container.add_stream("libwebp", rate=canvas.rate, options=dict(canvas.coding.options))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = canvas.width, canvas.height, "bgra"
        stream.codec_context.time_base = 1 / canvas.rate
        count = 0
        for count, pixels in enumerate(_pixels(pictures, canvas), start=1):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="bgra")
            frame.pts, frame.time_base = count - 1, 1 / canvas.rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return count


def write_zip(out: Path, pictures: Iterable[Pixels | av.VideoFrame], canvas: Canvas) -> int:
    """Write PNG files, numbered from 1, into a ZIP file; returns how many. In place."""
    count = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for count, pixels in enumerate(_pixels(pictures, canvas), start=1):
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "PNG", compress_level=_LEVEL)
            archive.writestr(_name(count), file.getvalue())
    return count


def write_folder(out: Path, pictures: Iterable[Pixels | av.VideoFrame], canvas: Canvas) -> int:
    """Write PNG files, numbered from 1, into the new or empty folder ``out``, all or none; returns how many."""
    aside = out.with_name(f".{out.name[:60]}.{uuid.uuid4().hex}.part")
    aside.mkdir()
    count = 0
    try:
        for count, pixels in enumerate(_pixels(pictures, canvas), start=1):
            with in_place(aside / _name(count)) as file:
                Image.fromarray(pixels).save(file, "PNG", compress_level=_LEVEL)
        if out.is_dir():
            out.rmdir()
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return count


def _pixels(pictures: Iterable[Pixels | av.VideoFrame], canvas: Canvas) -> Iterator[Pixels]:
    fitter = Fitter(canvas.width, canvas.height)
    for picture in pictures:
        yield fitter.pixels(picture) if isinstance(picture, av.VideoFrame) else picture


def _name(number: int) -> str:
    return f"{number:06d}.png"
