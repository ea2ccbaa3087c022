"""Owns where the training pictures come from: Debian packages whose copyright files allow it, read file by file.

``python -m training.pictures PACKAGES OUT.zip`` takes a folder of downloaded ``.deb`` files (``apt-get download``),
keeps the pictures whose own licence is in ``ALLOWED``, adds those drawn by ``training.drawings``, and writes one zip of
WebP pictures of ``CANVAS`` px with ``index.json``: name, package, path, licence, copyright and split of each. Pictures
are held out by the file they come from, so no crop of a held-out picture is ever trained on.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import io
import json
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from training.drawings import draw_picture

CANVAS = (640, 384)
DRAWINGS = 700
HELD_OUT_SHARE = 0.06
ALLOWED = re.compile(r"CC0|CC-BY-(SA-)?\d|Expat|MIT|BSD|Apache|OFL|SIL-1\.1")


@dataclass(frozen=True)
class Package:
    """One Debian package: where its pictures lie, which of them, at most how many crops of each.

    ``licence`` is given where the copyright file is not machine-readable; it was then read by a person.
    ``archive`` is a zip inside the package that ``patterns`` look into.
    """

    name: str
    root: str
    patterns: tuple[str, ...]
    crops: int = 1
    licence: str | None = None
    copyright: str = ""
    archive: str | None = None
    limit: int | None = None


PACKAGES = (
    Package("endless-sky-data", "usr/share/games/endless-sky", ("images/land/*", "images/scene/*"), crops=2),
    Package("lomiri-wallpapers-16.04", "usr/share/backgrounds", ("*.jpg",), crops=6),
    Package("lomiri-wallpapers-20.04", "usr/share/backgrounds", ("*.jpg",), crops=6),
    Package("ukui-wallpapers", "usr/share/backgrounds", ("*",), crops=5),
    Package(
        "gnome-backgrounds",
        "usr/share/backgrounds/gnome",
        ("adwaita*.webp",),
        crops=2,
        licence="CC-BY-SA-3.0",
        copyright="2011 Jakub Steiner",
    ),
    Package(
        "python3-sklearn",
        "usr/lib/python3/dist-packages/sklearn/datasets/images",
        ("china.jpg", "flower.jpg"),
        crops=2,
        licence="CC-BY-2.0",
        copyright="Over Seoul (china.jpg), dany13 (flower.jpg)",
    ),
    Package("supertuxkart-data", "usr/share/games/supertuxkart/data", ("tracks/*/screenshot*",), crops=2),
    Package(
        "0ad-data",
        "usr/share/games/0ad/mods/public",
        ("art/textures/ui/loading/*",),
        crops=3,
        licence="CC-BY-SA-3.0",
        copyright="2010 Wildfire Games",
        archive="public.zip",
    ),
    Package(
        "0ad-data",
        "usr/share/games/0ad/mods/public",
        ("art/textures/terrain/types/*",),
        licence="CC-BY-SA-3.0",
        copyright="2010 Wildfire Games",
        archive="public.zip",
        limit=40,
    ),
    Package("unknown-horizons", "usr/share/unknown-horizons/content", ("gui/images/background/*",), crops=2),
)


@dataclass(frozen=True)
class Picture:
    """One row of the index."""

    name: str
    package: str
    path: str
    licence: str
    copyright: str
    split: str


def read_stanzas(copyright_text: str) -> list[tuple[list[str], str, str]]:
    """(patterns, licence, copyright) of every Files stanza of a machine-readable copyright file, in its order."""
    stanzas = []
    for block in re.split(r"\n\s*\n", copyright_text):
        fields: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            if match := re.match(r"^([A-Za-z-]+):(.*)$", line):
                key = match.group(1)
                fields[key] = match.group(2).strip()
            elif key:
                fields[key] += "\n" + line.strip()
        if "Files" in fields and "License" in fields:
            holder = " ".join(fields.get("Copyright", "").split())
            stanzas.append((fields["Files"].split(), fields["License"].split("\n")[0], holder))
    return stanzas


def licence_of(path: str, stanzas: list[tuple[list[str], str, str]]) -> tuple[str, str]:
    """(licence, copyright) of ``path``: the last stanza that names it, as the format has it."""
    found = ("unknown", "")
    for patterns, licence, holder in stanzas:
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
            found = (licence, holder)
    return found


def split_of(origin: str) -> str:
    """``train`` or ``heldout``, from the name of the file a picture comes from: the same on every machine."""
    draw = int.from_bytes(hashlib.sha256(origin.encode()).digest()[:4], "big") / 2**32
    return "heldout" if draw < HELD_OUT_SHARE else "train"


def crops_of(image: Image.Image, count: int) -> Iterator[Image.Image]:
    """The whole picture cut to the canvas' shape, then up to ``count - 1`` nearer views where it is large enough."""
    width, height = image.size
    for number, (share, x, y) in enumerate(
        [(1.0, 0.5, 0.5), (0.6, 0.0, 0.3), (0.6, 1.0, 0.7), (0.6, 0.5, 0.5), (0.4, 0.2, 0.8), (0.4, 0.8, 0.4)]
    ):
        unit = share * min(width / CANVAS[0], height / CANVAS[1])
        if number >= count or (number and unit < 0.8):
            return
        box = CANVAS[0] * unit, CANVAS[1] * unit
        left, top = (width - box[0]) * x, (height - box[1]) * y
        yield image.resize(CANVAS, Image.Resampling.LANCZOS, (left, top, left + box[0], top + box[1]))


def _candidates(package: Package, folder: Path) -> Iterator[tuple[str, bytes]]:
    root = folder / package.root
    if package.archive:
        with zipfile.ZipFile(root / package.archive) as archive:
            for name in sorted(archive.namelist()):
                if any(fnmatch.fnmatchcase(name, pattern) for pattern in package.patterns):
                    yield name, archive.read(name)
    else:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and any(fnmatch.fnmatchcase(name, pattern) for pattern in package.patterns):
                yield name, path.read_bytes()


def _open(data: bytes) -> Image.Image | None:
    try:
        image = Image.open(io.BytesIO(data))
        if min(image.size) < 240:
            return None
        return image.convert("RGB")
    except (OSError, NotImplementedError, ValueError):
        return None


def package_pictures(package: Package, deb: Path) -> Iterator[tuple[Picture, Image.Image]]:
    """Every crop of every picture of the package whose licence is allowed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg", "-x", str(deb), folder], check=True)
        text = Path(folder, "usr/share/doc", package.name, "copyright").read_text(encoding="utf-8", errors="replace")
        stanzas = read_stanzas(text)
        taken = 0
        for name, data in _candidates(package, Path(folder)):
            licence, holder = (package.licence, package.copyright) if package.licence else _looked_up(name, stanzas)
            if not ALLOWED.search(licence) or "GPL" in licence or taken == package.limit:
                continue
            if re.search(r"_(norm|spec|normal|specular|mask)\b", name.replace(".", " ")):
                continue
            if (image := _open(data)) is None:
                continue
            taken += 1
            split = split_of(f"{package.name}/{name}")
            for number, crop in enumerate(crops_of(image, package.crops)):
                label = re.sub(r"\W+", "_", f"{package.name}_{name.rsplit('.', 1)[0]}_{number}")
                yield Picture(label, package.name, name, licence, holder, split), crop


def _looked_up(name: str, stanzas: list[tuple[list[str], str, str]]) -> tuple[str, str]:
    """As ``licence_of``; wallpapers lie in the package without the folder of their release, so that is tried too."""
    stanzas = [stanza for stanza in stanzas if stanza[0] != ["debian/*"]]
    for path in (name, f"16.04/{name}", f"20.04/{name}", f"data/{name}", f"content/{name}"):
        named = licence_of(path, [stanza for stanza in stanzas if stanza[0] != ["*"]])
        if named[0] != "unknown":
            return named
    return licence_of(name, stanzas)


def build(packages: Path, out: Path) -> list[Picture]:
    """Writes the zip and returns its index. Packages that were not downloaded are left out, saying so."""
    rows: list[Picture] = []
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:

        def add(row: Picture, image: Image.Image) -> None:
            buffer = io.BytesIO()
            image.save(buffer, "WEBP", quality=80, method=4)
            archive.writestr(f"{row.split}/{row.name}.webp", buffer.getvalue())
            rows.append(row)

        for package in PACKAGES:
            debs = sorted(packages.glob(f"{package.name}_*.deb"))
            if not debs:
                print(f"{package.name}: not downloaded, left out")
                continue
            before = len(rows)
            for row, image in package_pictures(package, debs[0]):
                add(row, image)
            print(f"{package.name}: {len(rows) - before} pictures")
        for number in range(DRAWINGS):
            name = f"drawing_{number:04d}"
            row = Picture(name, "training.drawings", name, "Apache-2.0", "the project", split_of(name))
            add(row, draw_picture(number, CANVAS))
        archive.writestr("index.json", json.dumps([asdict(row) for row in rows], indent=0))
    return rows


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", type=Path, help="folder of .deb files")
    parser.add_argument("out", type=Path, help="the zip to write")
    options = parser.parse_args()
    rows = build(options.packages, options.out)
    held_out = sum(row.split == "heldout" for row in rows)
    print(f"{len(rows)} pictures, {held_out} of them held out, {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
