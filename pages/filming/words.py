"""What the formats and qualities of films are called."""

from __future__ import annotations

from pages.look.language import t
from projects.composing.formats import Quality
from projects.queue.deliveries import Delivered


def format_text(format: Delivered) -> str:
    """What a format is called, with the ending of its files where that is not said by its name."""
    return {
        "h264": t("MP4 (H.264)"),
        "h265": t("MP4 (H.265)"),
        "av1": t("WebM (AV1)"),
        "vp9": t("WebM (VP9)"),
        "prores": t("MOV (ProRes 422)"),
        "gif": t("GIF"),
        "webp": t("Animated WebP"),
        "png": t("PNG pictures (ZIP)"),
        "otioz": t("OpenTimelineIO with media (OTIOZ)"),
        "otio": t("OpenTimelineIO (ZIP with media)"),
        "fcp7": t("Final Cut Pro 7 XML (ZIP with media)"),
        "fcpxml": t("FCPXML (ZIP with media)"),
        "edl": t("Edit list, CMX3600 (ZIP with media)"),
        "archive": t("Project archive (ZIP)"),
    }[format]


def quality_text(quality: Quality) -> str:
    """What a quality is called."""
    return {"small": t("Small file"), "good": t("Good"), "best": t("Best")}[quality]
