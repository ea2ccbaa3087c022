"""Owns where the files of a checkpoint's parts lie on this computer; knows neither what is in them nor the network.

Three places, one layout (``<part>`` is the subfolder in the checkpoint's table, empty for the published transformers):

    framepack/draft/<part>/              the embedded draft checkpoint
    $STUDIO_MODELS/<owner>/<name>/<part>/   a folder of one's own, used instead of the hub's cache where it is set
    the hub's cache                      as huggingface_hub lays it out, at the commit that was fetched first, else at
                                         the revision of the table; also where $STUDIO_MODELS is such a cache, or the
                                         folder that holds it as "hub" or, as in the reference's
                                         and FramePack-Studio's, as "hf_download/hub"

Where a part is in neither of those that are used, $STUDIO_MODELS/diffusers is looked at likewise; then a single file of
weights below $STUDIO_MODELS that is this part is taken as it lies (``single_files``), and then the hub's cache.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import try_to_load_from_cache
from huggingface_hub.file_download import repo_folder_name

from framepack.checkpoints.kept_commit import kept_commit
from framepack.checkpoints.single_files import find_single
from framepack.checkpoints.table import Checkpoint, Part, Source
from framepack.errors import WeightsDamaged, WeightsMissing
from framepack.messages import Message

_DIFFUSERS = ("config.json", "diffusion_pytorch_model*.safetensors", "diffusion_pytorch_model.safetensors.index.json")
_TRANSFORMERS = ("config.json", "model*.safetensors", "model.safetensors.index.json")
_TOKENIZER = ("tokenizer_config.json", "special_tokens_map.json", "tokenizer.json", "vocab.json", "merges.txt")

# What belongs to a part, as patterns of file names; the first one is the file that must be there.
PART_FILES: dict[Part, tuple[str, ...]] = {
    "transformer": _DIFFUSERS,
    "vae": _DIFFUSERS,
    "text_encoder": _TRANSFORMERS,
    "tokenizer": _TOKENIZER,
    "text_encoder_2": _TRANSFORMERS,
    "tokenizer_2": _TOKENIZER,
    "image_encoder": _TRANSFORMERS,
    "feature_extractor": ("preprocessor_config.json",),
}
_EMBEDDED = Path(__file__).parent.parent


@dataclass(frozen=True)
class PartFolder:
    """The folder of one part; ``commit`` is the hub's revision it was fetched at, None where the files are not its.

    ``single`` is the one file in it that is the whole part, without a configuration; None where there are several.
    """

    path: Path
    commit: str | None
    single: Path | None = None

    def files(self, part: Part) -> tuple[Path, ...]:
        """The part's files, sorted by name."""
        if self.single is not None:
            return (self.single,)
        found = {path for pattern in PART_FILES[part] for path in self.path.glob(pattern) if path.is_file()}
        return tuple(sorted(found))


def find_part(checkpoint: Checkpoint, part: Part, models: Path | None) -> PartFolder:
    """Where ``part`` of ``checkpoint`` lies. Raises WeightsMissing, naming the first file that is not there.

    ``models`` is the folder that stands in for the hub's cache, or None. Nothing is ever downloaded here.
    """
    try:
        return _find_laid_out(checkpoint, part, models)
    except WeightsMissing:
        if models is None or checkpoint.embedded:
            raise
        # A node for ComfyUI keeps what it fetches there.
        with suppress(WeightsMissing):
            return _find_laid_out(checkpoint, part, models / "diffusers")
        single = find_single(checkpoint, part, models)
        if single is not None:
            return PartFolder(single.parent, None, single)
        with suppress(WeightsMissing):
            return _find_laid_out(checkpoint, part, None)
        raise


def _find_laid_out(checkpoint: Checkpoint, part: Part, models: Path | None) -> PartFolder:
    """Where ``part`` lies in the layout it was published in."""
    source = checkpoint.sources[part]
    commit = None
    cache = None if models is None else _hub_cache(models, source, PART_FILES[part][0])
    if checkpoint.embedded:
        folder = _EMBEDDED / source.repository / source.subfolder
    elif models is not None and cache is None:
        folder = models / source.repository / source.subfolder
    else:
        first = "/".join(filter(None, (source.subfolder, PART_FILES[part][0])))
        revision = kept_commit(source.repository, cache) or source.revision
        found = try_to_load_from_cache(source.repository, first, cache_dir=cache, revision=revision)
        if not isinstance(found, str):
            raise WeightsMissing(checkpoint.name, f"{source.repository}/{first}")
        folder = Path(found).parent
        commit = (folder.parent if source.subfolder else folder).name
    for name in _needed_files(checkpoint, part, folder):
        if not (folder / name).is_file():
            raise WeightsMissing(checkpoint.name, "/".join(filter(None, (source.repository, source.subfolder, name))))
    return PartFolder(folder, commit)


def _hub_cache(models: Path, source: Source, first: str) -> Path | None:
    """The hub's cache that somebody gave as ``models``, or the folder that it lies in; None where it is no such.

    A folder that has the ``first`` file of a part in the plain layout is taken as that.
    """
    if (models / source.repository / source.subfolder / first).is_file():
        return None
    name = repo_folder_name(repo_id=source.repository, repo_type="model")
    places = (models, models / "hub", models / "hf_download" / "hub")
    return next((cache for cache in places if (cache / name / "snapshots").is_dir()), None)


def weight_files(checkpoint: Checkpoint, part: Part, models: Path | None) -> tuple[Path, ...]:
    """The files with the weights of ``part``. Raises WeightsMissing, and WeightsDamaged for an index that is none."""
    found = find_part(checkpoint, part, models)
    if found.single is not None:
        return (found.single,)
    folder = found.path
    names = _needed_files(checkpoint, part, folder)
    return tuple(folder / name for name in names if name.endswith(".safetensors"))


def _needed_files(checkpoint: Checkpoint, part: Part, folder: Path) -> Iterator[str]:
    """The names of the files ``part`` cannot do without; those of its shards come from its index."""
    patterns = PART_FILES[part]
    yield patterns[0]
    if patterns not in (_DIFFUSERS, _TRANSFORMERS):
        return
    index = folder / patterns[2]
    if not index.is_file():
        yield patterns[1].replace("*", "")
        return
    try:
        shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError):
        raise WeightsDamaged(checkpoint.name, part, Message("no-weight-index", {"file": index.name})) from None
    yield from shards
