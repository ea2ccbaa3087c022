"""The downloads of weights of this studio, for pages and the JSON interface alike. They end with its process."""

from __future__ import annotations

import functools

from pages.session.database import settings
from projects.fetching.downloads import Downloads
from projects.settings import StudioSettings


def downloads() -> Downloads:
    """Those of the studio that the settings name."""
    return _downloads(settings())


@functools.cache
def _downloads(of: StudioSettings) -> Downloads:
    return Downloads(of)
