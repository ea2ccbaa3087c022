"""Stage 2: trains the transformer with the text and image encoders, on latents of the finished VAE.

``python -m training.train_transformer --data DIR --vae DIR --out DIR --minutes M`` (under ``torchrun`` for several
GPUs). ``--weights DIR`` goes on from saved weights with a new warm-up; without it the tokenizers are made from the
training sentences.

Flow matching on whole sections, conditioned as the F1 sampler conditions them. Making clips and learning from them take
turns on the same GPU, about a third of the time for making; every clip is learnt from several times.
"""

from __future__ import annotations

import copy
import shutil
import time
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer

from framepack.context.packing import pack_forward
from training.clips import Renderer
from training.forward import Conditioned
from training.layout import Draft, build_draft, load_draft, load_vae, replace_folder, save_conditioned, save_tokenizers
from training.meaning import Meaning
from training.muon import Muon
from training.objective import draw_sigmas, focus
from training.pool import COMPILED_SIZES, LARGE_SIZES, SIZES, SMALL_SIZES, WINDOW, Pool, disturb, split_samples
from training.prompts import LENGTHS, PromptBatch, PromptFeed, PromptMaker
from training.runtime import Clock, Group, MovingAverage
from training.store import Store, read_store
from training.tokenizers import train_clip_tokenizer, train_llama_tokenizer
from training.transformer_options import Options, parse_options
from training.wording import tokenizer_sentences

_MAKING_SHARE = 0.33
_CLIPS_AT_ONCE = 24
_FIRST_CLIPS = 48
_SAVE_EVERY = 60
_COMPILED_LENGTHS = (16, 28, 48)
_COMPILED_TURNS = 3
_FIRST_PASSES = 12
_SHAPES = 256
"""More than there are of blocks, sizes and lengths together: past the compiler's own limit it would give up."""


def initialise(draft: Draft) -> None:
    """Blocks start as the identity and the output as zero."""
    for name, parameter in draft.transformer.named_parameters():
        if "norm" in name and "linear" in name:
            torch.nn.init.zeros_(parameter)
    torch.nn.init.zeros_(draft.transformer.proj_out.weight)
    torch.nn.init.zeros_(draft.transformer.proj_out.bias)


class Trainer:
    """One process' models, pools and feeds; without a ``store`` its material is read from the options' folder."""

    def __init__(self, options: Options, group: Group, store: Store | None = None) -> None:
        self.options, self.group, self.device = options, group, group.device
        self.cuda = self.device.type == "cuda"
        # Its plan for each new length of the prompt costs more than it saves here.
        torch.backends.cuda.enable_cudnn_sdp(False)
        torch.manual_seed(options.seed)
        self.draft = self._models()
        self.vae = load_vae(options.vae).to(self.device).eval().requires_grad_(False)
        if self.cuda:
            self.vae = self.vae.to(memory_format=torch.channels_last_3d)
        self.model = Conditioned(self.draft).to(self.device).train()
        self.meaning = Meaning().to(self.device)
        named = [(name.replace("transformer.", "transformer/", 1), p) for name, p in self.model.named_parameters()]
        named += [(f"meaning.{name}", p) for name, p in self.meaning.named_parameters()]
        self.parameters = [p for _, p in named]
        group.same_parameters(self.parameters)
        self.average = MovingAverage(self.model)
        self.optimiser = Muon(named)
        if options.compiled:
            torch._dynamo.config.recompile_limit = _SHAPES
            transformer = self.draft.transformer
            for block in (*transformer.transformer_blocks, *transformer.single_transformer_blocks):
                block.compile(dynamic=False)
        self.steps, self.share = 0, 0.0
        seed = options.seed * 1000 + group.rank
        self.renderer = Renderer(store or read_store(options.data, "train", self.device), seed, options.subjects)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.pools: list[Pool] = []
        self._feeds: list[PromptFeed] = []
        self._turns: list[int] = []

    def _models(self) -> Draft:
        if self.options.weights:
            self.llama = AutoTokenizer.from_pretrained(self.options.weights / "tokenizer")
            self.clip = AutoTokenizer.from_pretrained(self.options.weights / "tokenizer_2")
            return load_draft(self.options.weights)
        sentences = list(tokenizer_sentences())
        self.llama, self.clip = train_llama_tokenizer(sentences), train_clip_tokenizer(sentences)
        draft = build_draft()
        initialise(draft)
        return draft

    def make_clips(self, count: int) -> float:
        """``count`` more clips at every size, a third of it at the large ones; the seconds it took."""
        start = time.monotonic()
        for pool in self.pools:
            share = 3 if pool.size in LARGE_SIZES else 1
            at_once = _CLIPS_AT_ONCE // share
            for first in range(0, count // share, at_once):
                pool.extend(self.renderer, self.vae, min(at_once, count // share - first))
        if self.cuda:
            torch.cuda.synchronize()
        return time.monotonic() - start

    def open_pools(self, sizes: tuple[tuple[int, int], ...], first: int = _FIRST_CLIPS) -> None:
        """New pools at ``sizes`` in place of those there are, with ``first`` clips and their feeds of prompts."""
        self.close()
        usual = [size for size in sizes if size not in LARGE_SIZES]
        large = [number for number, size in enumerate(sizes) if size in LARGE_SIZES]
        fast = [number for number, size in enumerate(usual) if self._compiled(size)]
        # All the usual sizes, those first that cost less; then one of the large ones.
        each = (*(_COMPILED_TURNS - 1) * fast, *range(len(usual)))
        self._turns = [turn for extra in large or [None] for turn in (*each, extra) if turn is not None]
        self.pools = [
            Pool(size, self.options.capacity // (3 if size in LARGE_SIZES else 1), self.device) for size in sizes
        ]
        seconds = self.make_clips(first)
        self.group.say(f"pools at {sizes}: {self._made} clips in {seconds:.0f} s")
        for number, pool in enumerate(self.pools):
            seed = [self.options.seed, number, self.group.rank, sizes[0][0]]
            rng = np.random.default_rng(seed)
            lengths = _COMPILED_LENGTHS if self._compiled(pool.size) else LENGTHS
            maker = PromptMaker(self.llama, self.clip, seed, lengths)
            # ``pool`` and ``rng`` are bound now, not when the feed's thread calls.
            self._feeds.append(
                PromptFeed(
                    maker,
                    lambda n, pool=pool, rng=rng: pool.candidates(rng, n, self.options.first),
                    self._batch(pool),
                )
            )

    def _compiled(self, size: tuple[int, int]) -> bool:
        return self.options.compiled and size in COMPILED_SIZES

    @property
    def _made(self) -> int:
        return sum(pool.made for pool in self.pools)

    def _batch(self, pool: Pool) -> int:
        """Fewer sections a step where the pictures are larger, so that no step needs more memory."""
        return max(1, self.options.batch * 3 // 5) if pool.size in LARGE_SIZES else self.options.batch

    def close(self) -> None:
        """Ends the feeds."""
        for feed in self._feeds:
            feed.close()
        self._feeds = []

    def loss(self, pool: Pool, batch: PromptBatch) -> torch.Tensor:
        """The flow-matching error of one batch, and that of naming what its prompts ask for."""
        samples = pool.gather(batch.rows)
        history, anchor, target = split_samples(samples, self.generator)
        history = disturb(history, self.generator)
        context = pack_forward(history, anchor, window=WINDOW)
        count = len(target)
        tokens = WINDOW * target.shape[-1] * target.shape[-2] // 4
        sigma = draw_sigmas(count, tokens, self.generator, self.options.early)
        noise = torch.randn(target.shape, generator=self.generator, device=self.device)
        level = sigma.view(-1, 1, 1, 1, 1)
        noisy = target + level * (noise - target)
        # The draft is not distilled: the guidance it is told means nothing, so it is told all sorts.
        guidance = 1 + 14 * torch.rand(count, generator=self.generator, device=self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.cuda):
            ids = batch.llama.to(self.device, non_blocking=True), batch.clip.to(self.device, non_blocking=True)
            conditions = self.model.encode(*ids, samples.image)
            with torch.compiler.set_stance("default" if self._compiled(pool.size) else "force_eager"):
                velocity = self.model.velocity(noisy, sigma, context, (*conditions, guidance))
        weight = focus(target, torch.from_numpy(samples.alone).to(self.device), self.options.focus)
        error = ((velocity.float() - noise + target).square() * weight).mean()
        if not self.options.meaning:
            return error
        named = self.meaning.error(*conditions[:2], batch.asked.to(self.device, non_blocking=True))
        return error + self.options.meaning * named

    def _begin(self) -> None:
        """Passes at every size that nothing is learnt from: they compile what is compiled."""
        start = time.monotonic()
        for pool, feed in zip(self.pools, self._feeds, strict=True):
            lengths: set[int] = set()
            # Until each length of prompts has come, which the feed draws.
            for _ in range(_FIRST_PASSES):
                batch = feed.next()
                if batch.llama.shape[1] not in lengths:
                    lengths.add(batch.llama.shape[1])
                    self.loss(pool, batch).backward()
        self.optimiser.zero_grad()
        self.group.say(f"first pass: {time.monotonic() - start:.0f} s")

    def learn(self, steps: int, clock: Clock) -> float:
        """At most ``steps`` steps on the pools by turns, fewer when the time is over; the mean loss."""
        losses = []
        for _ in range(steps):
            which = self._turns[self.steps % len(self._turns)]
            loss = self.loss(self.pools[which], self._feeds[which].next())
            loss.backward()
            self.group.average_gradients(self.parameters)
            self.optimiser.step(clock.rate(self.options.rate, self.share))
            self.optimiser.zero_grad()
            self.average.update()
            losses.append(loss.detach())
            self.steps += 1
            if self.steps % 10 == 0:
                self.share = self.group.agree(clock.share)
                if self.share >= 1:
                    break
        return torch.stack(losses).mean().item()

    def run(self) -> None:
        """Makes clips and learns from them until the time is over, then saves the averaged weights.

        Small pictures come first: what moves how is learnt from them at less than half the cost.
        """
        group = self.group
        group.say(f"{sum(p.numel() for p in self.parameters) / 1e6:.2f} M trained")
        small = self.options.small_until > 0
        self.open_pools(SMALL_SIZES if small else SIZES + LARGE_SIZES)
        try:
            self._begin()
            # What is compiled takes as long as a warm-up, which must not be over before the first step.
            clock = Clock(self.options.minutes)
            said, saved, budget = 0.0, 0.0, 20
            while self.share < 1:
                if small and self.share >= self.options.small_until:
                    small, budget = False, 20
                    self.open_pools(SIZES + LARGE_SIZES)
                start = time.monotonic()
                loss = self.learn(budget, clock)
                learnt_for = time.monotonic() - start
                made_for = 0.0
                if self.share < 0.85:
                    made_for = self.make_clips(_CLIPS_AT_ONCE)
                    wanted = made_for / learnt_for * budget * (1 - _MAKING_SHARE) / _MAKING_SHARE
                    budget = int(group.agree(min(max(wanted, 10), 150)))
                if clock.elapsed > said + 15:
                    said = clock.elapsed
                    memory = torch.cuda.max_memory_allocated() / 2**30 if self.cuda else 0
                    group.say(
                        f"{said:5.0f} s  step {self.steps}  loss {loss:.4f}  clips {self._made}"
                        f"  made in {made_for:.1f} s, learnt in {learnt_for:.1f} s, {budget} steps  {memory:.0f} GiB"
                    )
                if group.rank == 0 and clock.elapsed > saved + _SAVE_EVERY:
                    saved = clock.elapsed
                    self.save()
        finally:
            self.close()
        if group.rank == 0:
            self.save()
            group.say(f"done: {self.steps} steps in {clock.elapsed:.0f} s")

    def save(self) -> None:
        """A whole checkpoint folder with the averaged weights, from which ``--weights`` goes on."""
        averaged = copy.deepcopy(self.average.model)
        draft = Draft(
            self.vae, averaged.transformer, averaged.text_encoder, averaged.text_encoder_2, averaged.image_encoder
        )

        def write(folder: Path) -> None:
            save_conditioned(draft, folder)
            if self.options.weights is None:
                save_tokenizers(self.llama, self.clip, folder)
                return
            # Saved again by another version of the library, the same tokenizers would have other files.
            for name in ("tokenizer", "tokenizer_2"):
                shutil.copytree(self.options.weights / name, folder / name, dirs_exist_ok=True)

        replace_folder(self.options.out, self.options.vae, write)


def main() -> None:
    """The command."""
    options = parse_options()
    group = Group()
    try:
        Trainer(options, group).run()
    finally:
        group.close()


if __name__ == "__main__":
    main()
