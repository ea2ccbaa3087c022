"""Makes the training pictures small enough to travel, and whole again where they arrive.

``python -m training.pack small PICTURES.zip SMALL.zip`` leaves out what ``training.drawings`` can draw again and packs
the rest harder; ``python -m training.pack whole SMALL.zip PICTURES.zip`` draws ``--drawings`` of them again, on all
processors.
"""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

from training.drawings import draw_picture
from training.pictures import CANVAS, DRAWINGS, split_of

DRAWN = "training.drawings"
SMALL_QUALITY = 60


def _webp(image: Image.Image, quality: int, method: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=method)
    return buffer.getvalue()


def _drawing(number: int) -> bytes:
    return _webp(draw_picture(number, CANVAS), 80, 2)


def make_small(whole: Path, small: Path, quality: int = SMALL_QUALITY) -> None:
    """Everything that was not drawn, at ``quality``."""
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(small, "w", zipfile.ZIP_STORED) as target:
        rows = [row for row in json.loads(source.read("index.json")) if row["package"] != DRAWN]
        for row in rows:
            name = f"{row['split']}/{row['name']}.webp"
            target.writestr(name, _webp(Image.open(io.BytesIO(source.read(name))), quality, 6))
        target.writestr("index.json", json.dumps(rows, indent=0), zipfile.ZIP_DEFLATED)


def make_whole(small: Path, whole: Path, drawings: int) -> None:
    """What is in ``small``, and the first ``drawings`` drawings behind it."""
    whole.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(small) as source, zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as target:
        rows = json.loads(source.read("index.json"))
        for row in rows:
            name = f"{row['split']}/{row['name']}.webp"
            target.writestr(name, source.read(name))
        with ProcessPoolExecutor() as pool:
            for number, data in enumerate(pool.map(_drawing, range(drawings), chunksize=4)):
                name = f"drawing_{number:04d}"
                rows.append({"name": name, "package": DRAWN, "path": name, "split": split_of(name)})
                target.writestr(f"{rows[-1]['split']}/{name}.webp", data)
        target.writestr("index.json", json.dumps(rows, indent=0), zipfile.ZIP_DEFLATED)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("to", choices=("small", "whole"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--drawings", type=int, default=DRAWINGS, help="how many are drawn again")
    options = parser.parse_args()
    if options.to == "small":
        make_small(options.source, options.target)
    else:
        make_whole(options.source, options.target, options.drawings)
    print(f"{options.target}: {options.target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
