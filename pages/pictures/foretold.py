"""How long pictures from words will take, in words, before they are ordered and while they wait."""

from __future__ import annotations

from pages.look.language import t, tn
from pages.look.text import span_text
from pages.session.database import session
from projects.forecast.pictures import PictureKind, pictures_last
from projects.queue.orders import live_workers


def pictures_forecast(kind: PictureKind, count: int) -> str:
    """What ``count`` pictures of a kind take once a worker is at them, in a sentence or two."""
    with session() as opened:
        lasts = pictures_last(session=opened, workers=live_workers(session=opened), kind=kind, count=count)
    if lasts is None:
        return t("How long this takes is measured with the first such picture.")
    pictures = tn("{n} picture", "{n} pictures", count)
    sentence = t("{pictures}: {lasts}.").format(pictures=pictures, lasts=span_text(lasts.low, lasts.high))
    if lasts.measured:
        return sentence
    return f"{sentence} {t('This is an estimate, since just this was not measured on this computer yet.')}"
