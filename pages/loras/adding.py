"""Taking files of LoRAs into the library: several at once, each checked before it is kept, and each told of."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from framepack.checkpoints.loras import PEFT_CONFIG, PEFT_FILE
from framepack.messages import Message
from pages.look.language import t
from pages.session.database import settings
from pages.session.emptied import box_for_files
from pages.session.state import Notice, carried_out, say
from projects.loras.library import add_lora

# What a browser sends comes through memory; larger files are added by the command.
MOST_MEGABYTES = 1024


def adding_box() -> None:
    """The box for files, and what it takes."""
    box_for_files("lora-files", t("LoRA files (.safetensors)"), _added, megabytes=MOST_MEGABYTES)
    st.caption(
        t(
            "LoRA, LoHa or LoKr for FramePack or HunyuanVideo, as PEFT, diffusers, kohya's trainers or ComfyUI write "
            "them. Of PEFT's folder put in adapter_config.json too. Larger files: “python -m projects loras add FILE”."
        )
    )


def _added(uploaded: Sequence[UploadedFile]) -> None:
    st.session_state["notices"] = []
    config = next((one for one in uploaded if one.name == PEFT_CONFIG), None)
    for one in uploaded:
        if one is not config:
            _keep(one, config if one.name == PEFT_FILE else None)


def _keep(uploaded: UploadedFile, config: UploadedFile | None) -> None:
    names: list[str] = []

    def keep(opened: Any) -> None:
        with TemporaryDirectory(dir=settings().home) as folder:
            file = _written(Path(folder) / "lora", uploaded)
            beside = None if config is None else _written(Path(folder) / "config", config)
            added = add_lora(session=opened, settings=settings(), file=file, name=uploaded.name, config=beside)
            names.append(added.name)

    if carried_out(keep):
        say(Notice(Message("lora-added", {"name": names[0]}), "good"))


def _written(path: Path, uploaded: UploadedFile) -> Path:
    uploaded.seek(0)
    with path.open("wb") as file:
        shutil.copyfileobj(uploaded, file)
    return path
