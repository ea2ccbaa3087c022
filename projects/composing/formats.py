"""What films can be written as: a table of formats, and how each is encoded at a quality. It encodes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from framepack.media.video import H264_SETTINGS

Format = Literal["h264", "h265", "av1", "vp9", "prores", "gif", "webp", "png"]
Quality = Literal["small", "good", "best"]
QUALITIES: tuple[Quality, ...] = ("small", "good", "best")
_NOTHING: Mapping[str, str] = MappingProxyType({})
# So many frames from one key frame to the next, as takes have it.
_GROUP = "36"


@dataclass(frozen=True)
class FormatFacts:
    """A format: how its files end, who encodes its pictures and sound, and into what container.

    ``options`` are the encoder's always, ``by_quality`` those of a quality. ``most_crf`` is the worst factor it takes,
    None where it takes neither factor nor bitrate. ``sound`` and ``captions`` name encoders, None where the format has
    none. ``joined``: a film is put together from pieces, each encoded once. ``copied``: takes can be taken over as they
    are. ``most_rate`` is the most frames a second.
    """

    endings: tuple[str, ...]
    encoder: str
    container: str
    pixel_format: str
    options: Mapping[str, str] = field(default_factory=dict)
    by_quality: Mapping[Quality, Mapping[str, str]] = field(default_factory=dict)
    most_crf: int | None = None
    sound: str | None = None
    captions: str | None = None
    joined: bool = True
    copied: bool = False
    most_rate: int = 60


def _crf(small: int, good: int, best: int, **more: str) -> Mapping[Quality, Mapping[str, str]]:
    values: tuple[tuple[Quality, int], ...] = (("small", small), ("good", good), ("best", best))
    return MappingProxyType({quality: MappingProxyType({"crf": str(crf), **more}) for quality, crf in values})


_X265 = "log-level=error:info=0:repeat-headers=0:open-gop=0:bframes=0:scenecut=0"
FORMATS: Mapping[Format, FormatFacts] = MappingProxyType(
    {
        "h264": FormatFacts(
            endings=(".mp4",),
            encoder="libx264",
            container="mp4",
            pixel_format="yuv420p",
            # What takes are encoded with, so that they and what is made can be joined; "crf" is the quality's.
            options=MappingProxyType(dict(H264_SETTINGS)),
            by_quality=_crf(24, int(H264_SETTINGS["crf"]), 8),
            most_crf=51,
            sound="aac",
            captions="mov_text",
            copied=True,
        ),
        "h265": FormatFacts(
            endings=(".mp4",),
            encoder="libx265",
            container="mp4",
            pixel_format="yuv420p",
            options=MappingProxyType(
                {"preset": "faster", "x265-params": f"{_X265}:keyint={_GROUP}:min-keyint={_GROUP}", "forced-idr": "1"}
            ),
            by_quality=_crf(27, 20, 8),
            most_crf=51,
            sound="aac",
            captions="mov_text",
        ),
        "av1": FormatFacts(
            endings=(".webm",),
            encoder="libsvtav1",
            container="webm",
            pixel_format="yuv420p",
            options=MappingProxyType({"preset": "8", "svtav1-params": f"keyint={_GROUP}:scd=0"}),
            by_quality=_crf(42, 28, 4),
            most_crf=63,
            sound="libopus",
            captions="webvtt",
        ),
        "vp9": FormatFacts(
            endings=(".webm",),
            encoder="libvpx-vp9",
            container="webm",
            pixel_format="yuv420p",
            options=MappingProxyType(
                {"deadline": "good", "cpu-used": "4", "row-mt": "1", "lag-in-frames": "16", "g": _GROUP}
            ),
            by_quality=_crf(38, 26, 6),
            most_crf=63,
            sound="libopus",
            captions="webvtt",
        ),
        "prores": FormatFacts(
            endings=(".mov",),
            encoder="prores_ks",
            container="mov",
            pixel_format="yuv422p10le",
            options=MappingProxyType({"vendor": "apl0"}),  # some editors take no other
            by_quality=MappingProxyType(
                {"small": {"profile": "1"}, "good": {"profile": "2"}, "best": {"profile": "3"}}  # LT, 422, HQ
            ),
            sound="pcm_s16le",
            captions="mov_text",
        ),
        "gif": FormatFacts(
            endings=(".gif",),
            encoder="gif",
            container="gif",
            pixel_format="pal8",
            by_quality=MappingProxyType(
                {"small": {"colours": "64"}, "good": {"colours": "256"}, "best": {"colours": "256"}}
            ),
            joined=False,
            most_rate=50,  # browsers show shorter frames not faster, but far slower
        ),
        "webp": FormatFacts(
            endings=(".webp",),
            encoder="libwebp",
            container="webp",
            pixel_format="bgra",
            by_quality=MappingProxyType(
                {"small": {"quality": "60"}, "good": {"quality": "85"}, "best": {"lossless": "1"}}
            ),
            joined=False,
        ),
        "png": FormatFacts(endings=(".zip", ""), encoder="", container="", pixel_format="rgb24", joined=False),
    }
)
ENDINGS = tuple(dict.fromkeys(ending for facts in FORMATS.values() for ending in facts.endings if ending))
# Bits a second of sound.
SOUND_BITS: Mapping[Quality, int] = MappingProxyType({"small": 128_000, "good": 192_000, "best": 256_000})


@dataclass(frozen=True)
class Coding:
    """How pictures are encoded: by ``encoder``, with ``options``, into ``container``; ``bits`` a second if not None."""

    encoder: str
    container: str
    pixel_format: str
    options: tuple[tuple[str, str], ...]
    bits: int | None = None

    @property
    def ending(self) -> str:
        """That of its files."""
        return f".{self.container}"


def coding_of(format: Format, quality: Quality, crf: int | None, bits: int | None) -> Coding:
    """How a film's pictures are encoded: at a quality, or by an exact factor or bitrate."""
    facts = FORMATS[format]
    options = {**facts.options, **facts.by_quality.get(quality, _NOTHING)}
    if crf is not None or bits is not None:
        options.pop("crf", None)
    if crf is not None:
        options["crf"] = str(crf)
    return Coding(facts.encoder, facts.container, facts.pixel_format, tuple(sorted(options.items())), bits)
