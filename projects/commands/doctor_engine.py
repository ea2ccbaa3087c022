"""What the engine's own doctor (``python -m framepack doctor``) says, as findings of the studio's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from framepack.environment import EngineOptions
from framepack.messages import Message
from projects.commands.doctor_files import Finding
from projects.settings import CHECKOUT

_ASK = ("-m", "framepack", "doctor", "--json")
_SECONDS = 120.0
# The studio's doctor looks at these itself.
_LOOKED_AT = ("disk", "ffmpeg", "weights of ")


def check_engine(options: EngineOptions, home: Path) -> Iterator[Finding]:
    """What the card, its memory, attention and compiler are like, and what several cards would bring.

    That is measured once and kept in ``home``. A process of its own is asked: a driver that hangs would hang this one.
    """
    command = [sys.executable, *_ASK, "--device", options.device, "--measurements", str(home)]
    environment = {**os.environ, **options.as_environment()}
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment, cwd=CHECKOUT
        )
        checks = json.loads(asked.stdout)["checks"]
    except subprocess.TimeoutExpired:
        yield Finding(
            "engine", "found", Message("doctor-device-silent", {"seconds": _SECONDS}), Message("doctor-restart")
        )
        return
    except (ValueError, KeyError):
        lines = asked.stderr.strip().splitlines() or [str(asked.returncode)]
        yield Finding("engine", "found", Message("doctor-device", {"said": lines[-1]}), Message("doctor-install"))
        return
    for check in checks:
        if not check["check"].startswith(_LOOKED_AT):
            advice = Message("text", {"text": check["advice"]}) if check["advice"] else None
            message = Message("text", {"text": check["message"]})
            yield Finding(f"engine's {check['check']}", check["state"], message, advice)
