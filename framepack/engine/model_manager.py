"""Owns which models of a checkpoint lie in memory at any time: each is there when its turn comes, as the plan says.

It knows the plan and who needs what; neither shots, sections nor what the models are used for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from framepack.attention.backends import attend_with, scores_bytes
from framepack.attention.checking import Problem
from framepack.attention.selection import choose_backend
from framepack.checkpoints.loras import lora_sha256, read_lora
from framepack.device.devices import (
    device_notice,
    enforce_cap,
    formats_for,
    held_bytes,
    measure_budget,
    release_cached_memory,
    unused_card_notice,
)
from framepack.device.memory_plan import (
    PICTURE_ACTIVATIONS,
    VAE_TENSORS,
    VAE_TENSORS_FUSED,
    MemoryPlan,
    PartSizes,
    Work,
    plan_memory,
)
from framepack.device.rank_plan import plan_for_ranks
from framepack.engine.crew import Crew
from framepack.engine.rank_orders import Decode, Drop, Load
from framepack.environment import EngineOptions
from framepack.errors import LoraMissing, LoraRejected, NotEnoughMemory, RankLost
from framepack.messages import Message
from framepack.ops.fp8 import WeightFormat
from framepack.ops.linear import available_formats, fp8_notice, quick_format
from framepack.ops.triton_available import kernels_notice, kernels_work
from framepack.parallel.group import Group
from framepack.parallel.together import attend_together
from framepack.parallel.ulysses import Ulysses, check_shared_heads
from framepack.shots.events import Notice
from framepack.shots.request import LoraAt, Settings
from framepack.transformer.blocks import Arithmetic
from framepack.transformer.transformer import FramepackTransformer
from framepack.vae.fast_layers import with_fast_layers
from framepack.weights.block_layout import BlockShape
from framepack.weights.block_loading import Offloading
from framepack.weights.loading import (
    ImageEncoder,
    LoadedTransformer,
    Place,
    TextEncoder,
    change_loras,
    load_clip,
    load_llama,
    load_siglip,
    load_transformer,
    load_vae,
    part_sizes,
    transformer_config,
    vae_width,
)
from framepack.weights.lora import Loras

COMPILING = Notice(Message("compiling"), compiling=True)
T = TypeVar("T")
E = TypeVar("E", TextEncoder, ImageEncoder)


class ModelManager:
    """The models of ``place``, set up as ``options`` say; its device is ``place``'s.

    Which backend of attention is the fastest is measured once and kept in the folder ``measurements``. ``lora_file``
    gives the file of a LoRA by its name. ``say`` is told what the person should know. The transformer and the decoder
    are on all ranks of a ``crew``, everything else is on this one. ``close`` gives all memory back and ends the others.
    """

    def __init__(
        self,
        place: Place,
        options: EngineOptions,
        *,
        measurements: Path | None,
        lora_file: Callable[[str], Path | None],
        say: Callable[[Notice], None],
        crew: Crew | None = None,
    ) -> None:
        self.device = place.device
        self.crew = crew
        self._place = place
        self._options = options
        self._measurements = measurements
        self._lora_file = lora_file
        self._say = say
        self._formats = formats_for(place.device)
        self._sizes: dict[WeightFormat, PartSizes] = {}
        self._plan: MemoryPlan | None = None
        self._less: MemoryPlan | None = None
        self._format: WeightFormat = "plain"
        self._transformer: FramepackTransformer | None = None
        self._ranks: Ulysses | None = None
        self._loaded: LoadedTransformer | None = None
        self._loras: tuple[LoraAt, ...] = ()
        self._arithmetic: dict[tuple[WeightFormat, str], Arithmetic] = {}
        self._backends: dict[Arithmetic, str] = {}
        self._vae: Any = None
        self._decodes_alone = False
        enforce_cap(self.device, options.memory)

    def close(self) -> None:
        """Give everything back."""
        self._drop_transformer()
        if self.crew is not None:
            self.crew.close()
        self._vae = None
        self._arithmetic.clear()
        release_cached_memory(self.device)
        enforce_cap(self.device, None)

    def report(self) -> None:
        """Say what became known meanwhile, such as that nothing could be compiled."""
        for arithmetic in self._arithmetic.values():
            while arithmetic.notices:
                self._say(Notice(arithmetic.notices.pop(0)))

    @cached_property
    def config(self) -> Any:
        """The transformer's configuration."""
        return transformer_config(self._place)

    def plan_for(self, height: int, width: int) -> MemoryPlan:
        """What lies where while pictures of that size are made. Raises NotEnoughMemory."""
        work = self._work(height, width)
        # The plan of several ranks has the share of the one with the least room.
        if self._plan is None or replace(self._plan.work, share=work.share) != work:
            self._replan(work)
        assert self._plan is not None, "it has just been made"
        return self._plan

    def with_text_encoder(self, settings: Settings, use: Callable[[TextEncoder], T]) -> T:
        """What ``use`` makes of the first text encoder, which is gone again afterwards."""
        plan = self._plan_of(settings)
        place, need, resident = self._place, plan.encoding_bytes, plan.text_resident
        if self._options.text_on_cpu:
            # Layer by layer from its files: the computer's memory may have to hold the model's blocks, too.
            place, need, resident = replace(place, device=torch.device("cpu")), 0, 0
        kind = formats_for(place.device).encoders
        return self._in_turn(need, lambda: load_llama(place, kind, resident), use)

    def with_clip(self, settings: Settings, use: Callable[[TextEncoder], T]) -> T:
        """What ``use`` makes of the second text encoder, which is gone again afterwards."""
        need = self._plan_of(settings).sizes.clip + PICTURE_ACTIVATIONS
        return self._in_turn(need, lambda: load_clip(self._place, self._formats.encoders), use)

    def with_image_encoder(self, settings: Settings, use: Callable[[ImageEncoder], T]) -> T:
        """What ``use`` makes of the image encoder, which is gone again afterwards; it may ask for the VAE, too."""
        plan = self._plan_of(settings)
        need = plan.sizes.siglip + plan.sizes.vae + max(PICTURE_ACTIVATIONS, plan.work.decoding(None, frames=1))
        return self._in_turn(need, lambda: load_siglip(self._place, self._formats.encoders), use)

    def vae(self) -> Any:
        """The VAE, on the device until the transformer needs its room."""
        if self._vae is None:
            self._vae = load_vae(self._place, self._formats.encoders, self._formats.decoder)
            with_fast_layers(self._vae)
        return self._vae.to(self.device)

    def vae_for_decoding(self, height: int, width: int) -> tuple[Any, int | None]:
        """The VAE with room to decode, and the side of the tiles it shall decode in."""
        plan = self.plan_for(height, width)
        if self._transformer is not None and not plan.keeps_buffers:
            self._transformer.store.release_buffers()
            release_cached_memory(self.device)
        return self.vae(), plan.tile

    def share_of_decoding(self, window: Tensor) -> Group | None:
        """Have the ranks that sampled decode their share of ``window``, too; None where this one decodes it alone."""
        if self.crew is None or not self.crew.runs or self._plan is None or self._decodes_alone:
            return None
        plan, formats = self._plan, self._formats
        self.crew.tell(
            Decode(
                self._place,
                formats.encoders,
                formats.decoder,
                window,
                plan.tile,
                frees_buffers=not plan.keeps_buffers,
                vae_stays=plan.vae_stays,
            )
        )
        return self.crew.group

    def lose_ranks(self) -> None:
        """Let go of what other ranks had a part in, after one of them was lost; the next use starts them again."""
        assert self.crew is not None, "there were some"
        self.crew.close()
        self._drop_transformer()

    def use_less_memory(self) -> None:
        """Begin anew on all ranks with less on the devices. Raises NotEnoughMemory where nothing can go."""
        assert self._plan is not None, "there was one to load by"
        self._less = self._plan.lowered()
        self.lose_ranks()
        self._say(Notice(Message("cards-memory-short")))

    def decode_alone(self) -> None:
        """Ask no other rank to decode any more: one of them has no room for it."""
        self._decodes_alone = True
        self._say(Notice(Message("cards-decode-alone")))

    def use_smaller_tiles(self) -> None:
        """Decode in smaller tiles from now on. Raises NotEnoughMemory where there are none."""
        assert self._plan is not None, "something was decoded"
        release_cached_memory(self.device)
        self._plan = self._plan.with_smaller_tiles()
        self._say(Notice(Message("memory-short-decoding", {"tile": self._plan.tile or 0})))

    def transformer(self, settings: Settings) -> FramepackTransformer:
        """The transformer, ready for sections of these settings, with room to sample them."""
        if self.crew is not None and self._transformer is not None and not self.crew.runs:
            # One died while nobody waited for it, so nothing is lost.
            self.lose_ranks()
        plan = self._plan_of(settings)
        if self._transformer is None:
            self._transformer, plan = self._load(settings)
        elif self._loras != settings.loras:
            if self.crew is None:
                self._change_loras(settings)
            else:
                # The others have the same weights, and share memory: all load them anew.
                self._drop_transformer()
                self._transformer, plan = self._load(settings)
        if self._vae is not None and not plan.vae_stays:
            self._vae.to("cpu")
            release_cached_memory(self.device)
        return self._transformer

    def _plan_of(self, settings: Settings) -> MemoryPlan:
        format = self._format_for(settings)
        if format != self._format:
            self._drop_transformer()
            self._format, self._plan = format, None
        return self.plan_for(settings.height, settings.width)

    def _work(self, height: int, width: int) -> Work:
        return Work(
            height=height,
            width=width,
            window=self._place.checkpoint.window,
            model_width=BlockShape.of(self.config).width,
            value_bytes=self._formats.transformer.itemsize,
            vae_width=self._vae_width,
            vae_value_bytes=self._formats.decoder.itemsize,
            vae_tensors=VAE_TENSORS_FUSED if kernels_work(self.device) else VAE_TENSORS,
            attention_bytes=scores_bytes(self.device),
            share=1.0 if self.crew is None else max(self.crew.shares),
        )

    @cached_property
    def _vae_width(self) -> int:
        return vae_width(self._place)

    def _replan(self, work: Work) -> None:
        before = self._plan
        sizes = self._sizes_in(self._format)
        if self.crew is not None:
            self._drop_transformer()
            own = measure_budget(self.device, self._options.memory)
            # Encoders and pictures have their turn before the others are needed.
            others = self.crew.budgets(self._options.memory) if self.crew.runs else []
            self._plan = plan_for_ranks([own, *others], sizes, work, self.crew.shares)
            return
        if self._transformer is None or before is None:
            self._plan = plan_memory(measure_budget(self.device, self._options.memory), sizes, work)
            return
        # What lies on the device stays within what was measured before it came; no block comes back to it.
        plan = plan_memory(before.budget, sizes, work)
        store = self._transformer.store
        stay = plan.resident & store.resident
        self._plan = replace(plan, resident=stay, buffers=plan.buffers or before.buffers)
        if stay != store.resident:
            self._move_blocks()

    def _sizes_in(self, format: WeightFormat) -> PartSizes:
        if format not in self._sizes:
            sizes = part_sizes(self._place, self._formats, format)
            if self._options.text_on_cpu:
                sizes = replace(sizes, text_layers=(), text_rest=0)
            self._sizes[format] = sizes
        return self._sizes[format]

    def _load(self, settings: Settings) -> tuple[FramepackTransformer, MemoryPlan]:
        arithmetic = self._arithmetic_for(settings)
        loras = self._loras_of(settings)
        if self.crew is not None:
            self.crew.start()
        self._plan, self._less = self._less, None
        while True:
            try:
                plan = self._plan_of(settings)
                loaded = self._load_as(plan, arithmetic, loras)
                break
            except torch.OutOfMemoryError:
                lower = plan.lowered()
            except RankLost as error:
                self.lose_ranks()
                if not error.for_memory:
                    raise
                lower = plan.lowered()
            except MemoryError:
                if not plan.host_bytes:
                    raise
                lower = replace(plan, host_copies=False)
            # There is less than was measured, or somebody else has taken some since.
            if self.crew is not None:
                self.lose_ranks()
                self.crew.start()
            release_cached_memory(self.device)
            self._plan = lower
        self._loaded, self._loras = loaded, settings.loras
        self._say(Notice(plan.message))
        slower = None if settings.precision == "exact" else fp8_notice(self.device)
        unused = unused_card_notice() if self._options.device == "auto" else None
        for notice in (loaded.store.notice, kernels_notice(self.device), slower, device_notice(self.device), unused):
            if notice:
                self._say(Notice(notice))
        free_memory = self._free_memory if self.crew is None else None
        transformer = FramepackTransformer(
            loaded.rest, loaded.store, arithmetic, free_memory=free_memory, ranks=self._ranks
        )
        return transformer, plan

    def _load_as(self, plan: MemoryPlan, arithmetic: Arithmetic, loras: Loras) -> LoadedTransformer:
        """The transformer where ``plan`` says, on all ranks at once."""
        dtype, offloading = self._formats.transformer, Offloading.of(plan)
        if self.crew is None:
            return load_transformer(self._place, dtype, self._format, offloading, loras=loras)
        backend = self._backends[arithmetic]
        compiled = self.device.type == "cuda"
        self.crew.tell(Load(self._place, dtype, self._format, offloading, backend, compiled, loras))
        try:
            loaded = load_transformer(self._place, dtype, self._format, offloading, self.crew.group, loras)
            self.crew.answers()
        except LoraRejected:
            # The others refuse it too, and may be waiting for this one.
            self.lose_ranks()
            raise
        except RankLost as error:
            raise self.crew.loss(error) from error
        self._ranks = Ulysses(self.crew.group, BlockShape.of(self.config).heads)
        self._ranks.__enter__()
        return loaded

    def _change_loras(self, settings: Settings) -> None:
        """Have the LoRAs of ``settings``, and no others, in the transformer that is loaded."""
        assert self._loaded is not None, "there is a transformer"
        loras = self._loras_of(settings)
        begun = time.perf_counter()
        try:
            change_loras(self._place, self._loaded, loras)
        except LoraRejected:
            raise
        except BaseException:
            # Some of its weights are of before and some of after.
            self._drop_transformer()
            raise
        self._loras = settings.loras
        self._say(Notice(Message("loras-changed", {"seconds": time.perf_counter() - begun})))

    def _loras_of(self, settings: Settings) -> Loras:
        """The LoRAs of ``settings`` with their files. Raises LoraMissing and LoraRejected."""
        files = []
        for name, strength in settings.loras:
            path = self._lora_file(name)
            if path is None or not path.is_file():
                raise LoraMissing(name)
            if lora_sha256(path) != name:
                raise LoraRejected(path.name, Message("lora-changed"))
            files.append((read_lora(path), strength))
        return Loras(tuple(files), self._options.partial_loras)

    def _arithmetic_for(self, settings: Settings) -> Arithmetic:
        """The arithmetic of the blocks; what was compiled for one is kept for as long as the room is."""
        shape = BlockShape.of(self.config)
        tokens = self._work(settings.height, settings.width).tokens
        cards = 1 if self.crew is None else self.crew.size
        check_shared_heads(cards, shape.heads)
        choice = choose_backend(
            self.device,
            Problem(tokens, shape.heads // cards, shape.head, self._formats.transformer),
            memory_folder=self._measurements,
            allow_8bit=settings.precision == "fast",
            wanted=self._options.attention,
        )
        name = self._format, choice.backend
        if name not in self._arithmetic:
            compiled = self.device.type == "cuda"
            ranks = None if self.crew is None else Ulysses.name
            attend = attend_with(choice.backend) if ranks is None else attend_together(ranks, choice.backend)
            made = Arithmetic(shape, attend, self._format, compiled=compiled, ranks=ranks)
            self._arithmetic[name], self._backends[made] = made, choice.backend
            if compiled:
                self._say(COMPILING)
        return self._arithmetic[name]

    def _free_memory(self) -> None:
        """Have less on the device, after its memory ran out in a step. Raises NotEnoughMemory if nothing can go."""
        assert self._plan is not None, "there was one to load by"
        self._plan = self._plan.lowered()
        self._move_blocks()
        if self._vae is not None and not self._plan.vae_stays:
            self._vae.to("cpu")
        release_cached_memory(self.device)
        self._say(Notice(Message("memory-short", {"plan": self._plan.message})))

    def _move_blocks(self) -> None:
        assert self._plan is not None
        assert self._transformer is not None
        store = self._transformer.store
        store.keep_resident(self._plan.resident, host_copies=self._plan.host_copies, buffers=self._plan.buffers)
        release_cached_memory(self.device)

    def _in_turn(self, need: int, load: Callable[[], E], use: Callable[[E], T]) -> T:
        self._make_room(need)
        encoder = load()
        try:
            return use(encoder)
        finally:
            if isinstance(encoder, TextEncoder):
                encoder.close()
            del encoder
            release_cached_memory(self.device)

    def _make_room(self, need: int) -> None:
        """Let go of as little of the transformer as leaves ``need`` bytes of the device free."""
        if self._transformer is not None and self._room() < need:
            self._transformer.store.release_buffers()
            release_cached_memory(self.device)
        if self._room() < need:
            self._drop_transformer()

    def _room(self) -> int:
        return measure_budget(self.device, self._options.memory).device - held_bytes(self.device)

    def _drop_transformer(self) -> None:
        if self._transformer is not None:
            self._transformer.close()
            self._transformer = self._loaded = None
            if self._ranks is not None:
                self._ranks.__exit__(None, None, None)
                self._ranks = None
            if self.crew is not None and self.crew.runs:
                self.crew.tell(Drop())
            release_cached_memory(self.device)

    def _format_for(self, settings: Settings) -> WeightFormat:
        # Without fp8 products of its own a processor gains nothing from it.
        if settings.precision == "exact" or self.device.type != "cuda":
            return "plain"
        if self._format == "fp8_storage":
            return self._format
        return quick_format(available_formats(self.device), would_stream=lambda: self._would_stream(settings))

    def _would_stream(self, settings: Settings) -> bool:
        """Whether blocks with plain weights would come and go."""
        work = self._work(settings.height, settings.width)
        if self._format == "plain" and self._plan is not None and self._plan.work == work:
            return bool(self._plan.streamed)
        try:
            budget = measure_budget(self.device, self._options.memory)
            return bool(plan_memory(budget, self._sizes_in("plain"), work).streamed)
        except NotEnoughMemory:
            return True
