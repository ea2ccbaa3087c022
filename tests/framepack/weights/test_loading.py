"""Finding, naming and loading the parts of a checkpoint in the published layout."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import HunyuanVideoFramepackTransformer3DModel
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig

from framepack.checkpoints.folders import find_part, weight_files
from framepack.checkpoints.identity import HASHES_FILE, checkpoint_identity
from framepack.checkpoints.table import CHECKPOINTS, Part
from framepack.device.devices import Formats
from framepack.errors import HostMemoryShort, WeightsDamaged, WeightsMissing
from framepack.ops.fp8 import WeightFormat
from framepack.weights import loading
from framepack.weights.block_loading import Offloading, blocks_of_model
from framepack.weights.loading import Place, load_clip, load_llama, load_siglip, load_transformer, load_vae, part_sizes
from framepack.weights.tensor_files import TensorFiles
from framepack.weights.text_layers import PREFIX, empty_text_model, load_text_layers
from tests.support.checkpoints import build_models

# Blocks lie in flat memory; the last layers and the norm of the text encoder are not loaded.
ELSEWHERE = {
    "transformer": ("transformer_blocks", "single_transformer_blocks"),
    "text_encoder": ("layers.2.", "layers.3.", "norm."),
}
NOT_LOADED = {"text_encoder": ("layers.2.", "layers.3.", "norm.", "model.layers.2.", "model.layers.3.", "model.norm.")}
F1 = CHECKPOINTS["f1"]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def models(published: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(published, tmp_path / "models")


def folder(models: Path, part: Part) -> Path:
    source = F1.sources[part]
    return models / source.repository / source.subfolder


def loaded(models: Path) -> dict[str, Any]:
    place = Place(F1, models, CPU)
    return {
        "transformer": load_transformer(place, torch.float32).rest,
        "vae": load_vae(place, torch.float32, torch.float32),
        "text_encoder": load_llama(place, torch.float32).model,
        "text_encoder_2": load_clip(place, torch.float32).model,
        "image_encoder": load_siglip(place, torch.float32).model,
    }


def test_every_part_is_loaded_with_exactly_the_values_of_its_files(published: Path) -> None:
    part: Part
    prefixes = {"text_encoder_2": "text_model.", "image_encoder": "vision_model."}
    for part, model in loaded(published).items():
        kept = {}
        for path in folder(published, part).glob("*.safetensors"):
            kept |= load_file(path)
        kept = {name: value for name, value in kept.items() if not name.startswith(ELSEWHERE.get(part, "-"))}
        state = {name.removeprefix(prefixes.get(part, "")): value for name, value in model.state_dict().items()}
        for name, value in kept.items():
            assert torch.equal(state[name.removeprefix(prefixes.get(part, ""))], value.float()), (part, name)
        assert not any(parameter.requires_grad for parameter in model.parameters())
        assert not model.training


@pytest.mark.parametrize(
    "offloading",
    [Offloading(), Offloading(frozenset()), Offloading(frozenset({0}), host_copies=False, buffers=1)],
    ids=["resident", "copies", "files"],
)
def test_the_blocks_are_those_of_the_files_wherever_they_lie(published: Path, offloading: Offloading) -> None:
    whole = HunyuanVideoFramepackTransformer3DModel.from_pretrained(folder(published, "transformer")).float()
    expected = blocks_of_model(whole, Offloading(), "plain")
    loaded = load_transformer(Place(F1, published, CPU), torch.float32, offloading=offloading)
    for block, wanted in zip(loaded.store.blocks_in_order(), expected.blocks_in_order(), strict=True):
        assert block.keys() == wanted.keys()
        assert all(torch.equal(block[name], wanted[name]) for name in wanted)
    loaded.store.close()


def test_the_sizes_in_the_plan_are_those_of_what_is_loaded(published: Path) -> None:
    place = Place(F1, published, CPU)
    sizes = part_sizes(place, Formats(torch.float32, torch.float32, torch.float32), "plain")
    transformer = load_transformer(place, torch.float32)
    assert sum(sizes.blocks) == transformer.store.device_bytes
    models = loaded(published)
    llama = models["text_encoder"]
    assert sizes.rest == nbytes(transformer.rest)
    assert (sizes.clip, sizes.vae) == (nbytes(models["text_encoder_2"]), nbytes(models["vae"]))
    assert sizes.siglip == nbytes(models["image_encoder"])
    assert sizes.text_rest == nbytes(llama.embed_tokens)
    assert len(sizes.text_layers) == len(llama.layers) == 2
    assert sum(sizes.text_layers) == pytest.approx(nbytes(llama.layers), rel=0.2)


def test_a_transformer_that_lacks_a_tensor_or_has_one_too_many_is_refused(models: Path) -> None:
    path = folder(models, "transformer") / "config.json"
    config = json.loads(path.read_text())
    for count, told in ((2, "it lacks single_transformer_blocks.1."), (0, "it also has single_transformer_blocks.0.")):
        path.write_text(json.dumps(config | {"num_single_layers": count}))
        with pytest.raises(WeightsDamaged, match=told):
            load_transformer(Place(F1, models, CPU), torch.float32)


def test_a_transformer_with_a_tensor_of_another_shape_is_refused(models: Path) -> None:
    path = folder(models, "transformer") / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"mlp_ratio": 2.0}))
    with pytest.raises(WeightsDamaged, match="shape"):
        load_transformer(Place(F1, models, CPU), torch.float32)


def nbytes(model: torch.nn.Module) -> int:
    return sum(parameter.numel() * parameter.itemsize for parameter in model.parameters())


def test_the_two_directions_of_the_vae_can_have_formats_of_their_own(published: Path) -> None:
    vae = load_vae(Place(F1, published, CPU), torch.float32, torch.bfloat16)
    assert vae.dtype == torch.float32
    assert vae.post_quant_conv.weight.dtype == next(vae.decoder.parameters()).dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("transformer", "config.json"),
        ("transformer", "diffusion_pytorch_model-00002-of-00002.safetensors"),
        ("vae", "diffusion_pytorch_model.safetensors"),
        ("text_encoder", "model-00001-of-00002.safetensors"),
        ("tokenizer_2", "tokenizer_config.json"),
        ("feature_extractor", "preprocessor_config.json"),
    ],
)
def test_a_missing_file_is_named_with_the_command_that_fetches_it(models: Path, part: Part, name: str) -> None:
    (folder(models, part) / name).unlink()
    with pytest.raises(WeightsMissing, match=f"{name} is missing.*download f1"):
        find_part(F1, part, models)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def garble(path: Path) -> None:
    path.write_bytes(b"\x80\x02" * 500)


def leave_the_header(path: Path) -> None:
    os.truncate(path, 8 + int.from_bytes(path.read_bytes()[:8], "little"))


def point(path: Path) -> None:
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize {path.stat().st_size}\n")


def save_a_page(path: Path) -> None:
    path.write_text("\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>")


LOADS: list[tuple[Part, Callable[[Place], object]]] = [
    ("transformer", lambda place: load_transformer(place, torch.float32)),
    ("vae", lambda place: load_vae(place, torch.float32, torch.float32)),
    ("text_encoder", lambda place: load_llama(place, torch.float32)),
    ("text_encoder_2", lambda place: load_clip(place, torch.float32)),
    ("image_encoder", lambda place: load_siglip(place, torch.float32)),
]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (truncate, r"is cut short: it has \d+ of \d+ bytes"),
        (leave_the_header, r"is cut short: it has \d+ of \d+ bytes"),
        (garble, "is not a safetensors file"),
        (point, "is a pointer of Git LFS"),
        (save_a_page, "is a page of the web"),
        (lambda path: path.write_bytes(b""), "is empty"),
    ],
)
@pytest.mark.parametrize(("part", "load"), LOADS)
def test_damaged_weights_are_refused_by_the_name_of_their_file(
    models: Path, part: Part, load: Callable[[Place], object], spoil: Callable[[Path], None], told: str
) -> None:
    last = sorted(folder(models, part).glob("*.safetensors"))[-1]
    spoil(last)
    with pytest.raises(WeightsDamaged, match=f"The {part} of 'f1' cannot be read .*{last.name} {told}"):
        load(Place(F1, models, CPU))


def test_a_configuration_that_is_a_pointer_is_called_one(models: Path) -> None:
    point(folder(models, "transformer") / "config.json")
    with pytest.raises(WeightsDamaged, match=r"config\.json is a pointer of Git LFS"):
        load_transformer(Place(F1, models, CPU), torch.float32)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(("part", "load"), LOADS)
def test_weights_with_values_that_are_no_numbers_are_refused_by_their_name(
    models: Path, part: Part, load: Callable[[Place], object], value: float
) -> None:
    last = sorted(folder(models, part).glob("*.safetensors"))[-1]
    tensors = load_file(last)
    name = max(name for name in tensors if not any(name.startswith(other) for other in NOT_LOADED.get(part, ())))
    tensors[name].view(-1)[-1] = value
    save_file(tensors, last)
    with pytest.raises(WeightsDamaged, match=f"{name} in {last.name} holds values that are no numbers"):
        load(Place(F1, models, CPU))


@pytest.mark.parametrize("format", ["plain", "fp8_storage"])
def test_blocks_that_are_read_from_their_files_at_every_step_are_looked_at_the_first_time(
    models: Path, format: WeightFormat
) -> None:
    last = sorted(folder(models, "transformer").glob("*.safetensors"))[-1]
    tensors = load_file(last)
    name = max(name for name in tensors if "blocks" in name and "weight" in name)
    tensors[name].view(-1)[-1] = float("nan")
    save_file(tensors, last)
    offloading = Offloading(frozenset(), host_copies=False, buffers=1)
    store = load_transformer(Place(F1, models, CPU), torch.float32, format, offloading).store
    with pytest.raises(WeightsDamaged, match=f"{name} in {last.name} holds values that are no numbers"):
        list(store.blocks_in_order())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a limit on the address space")
def test_low_memory_is_never_called_damaged_weights(published: Path) -> None:
    code = f"""
import resource
import torch
from pathlib import Path
from framepack.checkpoints.table import CHECKPOINTS
from framepack.errors import HostMemoryShort
from framepack.weights import loading
torch.set_num_threads(1)
place = loading.Place(CHECKPOINTS["f1"], Path({str(published)!r}), torch.device("cpu"))
loading.load_vae(place, torch.float32, torch.float32)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 2**20, -1))
try:
    kept = [loading.load_transformer(place, torch.float32) for _ in range(1000)]
except HostMemoryShort as error:
    print(error)
"""
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert "memory ran out while the transformer of 'f1' was read" in made.stdout, made.stderr[-2000:]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        SafetensorError("Error while mapping: Cannot allocate memory (os error 12)"),
        RuntimeError("unable to mmap 123 bytes from file <x>: Cannot allocate memory (12)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_whatever_the_libraries_say_for_want_of_memory_is_said_as_that(published: Path, error: Exception) -> None:
    with (
        pytest.raises(HostMemoryShort, match="nothing is wrong with the files"),
        loading._damage_of(Place(F1, published, CPU), "transformer"),
    ):
        raise error


def test_a_device_that_was_lost_while_weights_came_to_it_is_not_called_damaged_weights(published: Path) -> None:
    lost = torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
    with pytest.raises(torch.AcceleratorError), loading._damage_of(Place(F1, published, CPU), "transformer"):
        raise lost


def test_weights_that_lack_a_tensor_are_refused(models: Path) -> None:
    path = folder(models, "vae") / "config.json"
    config = json.loads(path.read_text())
    config["layers_per_block"] = 2
    path.write_text(json.dumps(config))
    with pytest.raises(WeightsDamaged, match="it lacks"):
        load_vae(Place(F1, models, CPU), torch.float32, torch.float32)


def test_an_index_that_is_none_is_refused(models: Path) -> None:
    (folder(models, "transformer") / "diffusion_pytorch_model.safetensors.index.json").write_text("[]")
    with pytest.raises(WeightsDamaged, match="not an index"):
        find_part(F1, "transformer", models)


def test_equal_weights_have_equal_names_and_others_have_others(published: Path, models: Path) -> None:
    name = checkpoint_identity(F1, published)
    assert len(name) == 64
    assert checkpoint_identity(F1, models) == name
    assert checkpoint_identity(CHECKPOINTS["original"], published) != name
    assert checkpoint_identity(CHECKPOINTS["draft"], published) == checkpoint_identity(CHECKPOINTS["draft"], None)

    weights = folder(models, "vae") / "diffusion_pytorch_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert checkpoint_identity(F1, models) != name


def test_hashes_are_kept_beside_the_weights_and_used_again(models: Path) -> None:
    name = checkpoint_identity(F1, models)
    kept = json.loads((models / HASHES_FILE).read_text())
    assert len(kept) >= 20

    # Elsewhere, since this process remembers the files above; with the same sizes and times of change.
    moved = shutil.copytree(models, models.parent / "moved")
    forged = {path.replace(str(models), str(moved)): "0" * 64 for path in kept}
    (moved / HASHES_FILE).write_text(json.dumps(forged))
    assert checkpoint_identity(F1, moved) != name


def test_a_damaged_file_of_hashes_is_passed_over(models: Path) -> None:
    name = checkpoint_identity(F1, models)
    (models / HASHES_FILE).write_text("not JSON")
    assert checkpoint_identity(F1, models) == name


def lay_out_as_a_cache(published: Path, cache: Path) -> None:
    for number, repository in enumerate(sorted({source.repository for source in F1.sources.values()})):
        kept = cache / f"models--{repository.replace('/', '--')}"
        shutil.copytree(published / repository, kept / "snapshots" / (f"{number}" * 40))
        (kept / "refs").mkdir()
        (kept / "refs" / "main").write_text(f"{number}" * 40)


@pytest.mark.parametrize("inside", [".", "hub"])
def test_a_hub_cache_given_as_the_folder_of_models_is_used_as_one(published: Path, tmp_path: Path, inside: str) -> None:
    lay_out_as_a_cache(published, tmp_path / inside)
    found = find_part(F1, "vae", tmp_path)
    assert found.commit == "0" * 40
    assert len(checkpoint_identity(F1, tmp_path)) == 64
    assert not list(tmp_path.rglob(HASHES_FILE))
    load_vae(Place(F1, tmp_path, CPU), torch.float32, torch.float32)


def test_the_hubs_cache_is_found_and_named_by_its_revisions(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsMissing):
        find_part(F1, "transformer", None)
    lay_out_as_a_cache(published, tmp_path)
    found = find_part(F1, "vae", None)
    assert found.commit == "0" * 40
    assert found.path == tmp_path / "models--hunyuanvideo-community--HunyuanVideo" / "snapshots" / ("0" * 40) / "vae"
    assert find_part(F1, "transformer", None).commit == "1" * 40
    assert len(checkpoint_identity(F1, None)) == 64
    assert not list(tmp_path.glob(HASHES_FILE))


def test_weights_whose_sum_is_too_much_for_16_bits_are_none_the_worse_for_it(models: Path) -> None:
    path = folder(models, "vae") / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    name = next(name for name, tensor in tensors.items() if tensor.numel() > 500)
    tensors[name].fill_(200.0)
    save_file(tensors, path)
    vae = load_vae(Place(F1, models, CPU), torch.float16, torch.float16)
    assert bool((vae.state_dict()[name] == 200.0).all())


class CountedFiles(TensorFiles):
    """It keeps the names of what was read."""

    def __init__(self, models: Path) -> None:
        super().__init__("f1", "text_encoder", weight_files(F1, "text_encoder", models), prefix=PREFIX)
        self.read: list[str] = []

    def get(self, name: str) -> torch.Tensor:
        self.read.append(name)
        return super().get(name)


def test_the_text_encoder_on_the_processor_reads_each_layer_once_a_prompt(published: Path) -> None:
    files = CountedFiles(published)
    model = empty_text_model(LlamaConfig.from_pretrained(folder(published, "text_encoder")))
    streamed = load_text_layers(model, files, torch.float32, CPU, 0)
    assert streamed is not None
    for _ in range(2):
        model(input_ids=torch.tensor([[1, 2, 3]]))
    streamed.close()
    layers = [name for name in files.read if name.startswith("layers.")]
    assert len(layers) == 2 * len(set(layers)) > 0
