"""Owns how prompts and pictures become embeddings and latents, and the cache of them; it knows no shots.

What is cached is named by what it was made from (see ``names``). Each file has its manifest beside it; what is not
whole goes into the folder ``damaged`` beside the cache's.
"""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from framepack.conditioning.encoders import EncodedPicture, EncodedPrompt
from framepack.conditioning.names import picture_name, prompt_name
from framepack.files.atomic import in_place
from framepack.files.damaged import put_aside
from framepack.files.manifest import NotWhole, beside, check_sums, describe, read_manifest, write_manifest
from framepack.messages import Message
from framepack.shots.request import CENTRED, Fit, Placement


class ConditioningCache:
    """Encoded prompts and pictures by content: in files below ``root``, or in memory where it is None."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._memory: dict[str, dict[str, Tensor]] = {}

    def prompt(self, identity: str, prompt: str) -> EncodedPrompt | None:
        """The encoded prompt, None where it is not cached."""
        kept = self._load(prompt_name(identity, prompt))
        return EncodedPrompt(kept["embeds"], kept["pooled"]) if kept else None

    def keep_prompt(self, identity: str, prompt: str, encoded: EncodedPrompt) -> None:
        """Cache an encoded prompt."""
        self._keep(prompt_name(identity, prompt), {"embeds": encoded.embeds, "pooled": encoded.pooled})

    def picture(
        self, identity: str, image: str, size: tuple[int, int], fit: Fit, placement: Placement = CENTRED
    ) -> EncodedPicture | None:
        """The encoded picture ``image`` (SHA-256) at ``size`` (height, width), None where it is not cached."""
        return self.named_picture(picture_name(identity, image, size, fit, placement))

    def named_picture(self, name: str) -> EncodedPicture | None:
        """As ``picture``, by the name that says all of that."""
        kept = self._load(name)
        return EncodedPicture(kept["embeds"], kept["latent"]) if kept else None

    def keep_picture(
        self,
        identity: str,
        image: str,
        size: tuple[int, int],
        fit: Fit,
        encoded: EncodedPicture,
        placement: Placement = CENTRED,
    ) -> None:
        """Cache an encoded picture."""
        name = picture_name(identity, image, size, fit, placement)
        self._keep(name, {"embeds": encoded.embeds, "latent": encoded.latent})

    def _load(self, name: str) -> dict[str, Tensor] | None:
        if self.root is None:
            return self._memory.get(name)
        path = _path(self.root, name)
        try:
            return _read_whole(path)
        except NotWhole as fault:
            put_aside(path, self.root.parent / "damaged", fault.message)
            beside(path).unlink(missing_ok=True)
            return None

    def _keep(self, name: str, tensors: dict[str, Tensor]) -> None:
        if self.root is None:
            self._memory[name] = tensors
            return
        path = _path(self.root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads in between finds a file without a manifest, not one with another's.
        beside(path).unlink(missing_ok=True)
        with in_place(path) as aside:
            save_file(tensors, aside)
        write_manifest(beside(path), describe([path]))


def _read_whole(path: Path) -> dict[str, Tensor] | None:
    """The tensors of a file of the cache, None where there is none. Raises NotWhole.

    One that was made before there were manifests is looked through and gets one.
    """
    if not path.is_file():
        return None
    manifest = read_manifest(beside(path))
    if manifest is not None:
        check_sums(path.parent, manifest)
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except FileNotFoundError:
        return None
    except SafetensorError:
        raise NotWhole(Message("conditioning-unreadable")) from None
    if manifest is None:
        if not all(tensor.isfinite().all() for tensor in tensors.values()):
            raise NotWhole(Message("conditioning-not-finite"))
        write_manifest(beside(path), describe([path]))
    return tensors


def _path(root: Path, name: str) -> Path:
    return root / name[:2] / f"{name}.safetensors"
