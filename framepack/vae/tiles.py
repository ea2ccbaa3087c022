"""Owns decoding latents in tiles of time and space, with a second try in fp32 where fp16 was too narrow.

Tiles of time are the library's own: 5 latents, a new one every 3, the last 4 frames of each blended into the next. They
are given one after another, so that the frames of a long window are never all on the device. Tiles of space are square,
cover each other by a quarter and are blended by linear ramps; a picture no larger than one is decoded whole.

Ranks of a group take the tiles of time by turns. The first one gets and blends them, so the frames are those of one
process to the bit where the cards are of one kind.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import torch
from torch import Tensor

from framepack.device.memory_plan import TILES
from framepack.errors import RankLost, ValuesLost
from framepack.messages import Message
from framepack.parallel.group import Group
from framepack.shots.spans import FRAMES_PER_LATENT, PIXELS_PER_LATENT

TILE_LATENTS = 5
TILE_STRIDE = 3
BLENDED_FRAMES = 4
TILE_OVERLAP = 0.25
BLACK = -1.0 + 1.0 / 127.5  # one level of 255 above nothing

Notify = Callable[[Message], None]


def ignore(notice: Message) -> None:
    """For who does not want to know."""


@torch.no_grad()
def decode_tiles(
    vae: Any, latents: Tensor, *, tile: int | None, notify: Notify, group: Group | None = None
) -> Iterator[Tensor]:
    """The frames of ``latents`` (1, 16, T, h, w), as pieces (F, H, W, 3) fp32 from -1 to 1 on the VAE's device.

    1 + 4 (T - 1) frames in all, 12 or 13 in each piece but the last. ``tile`` is the side of the tiles of space in
    pixels, a multiple of 32, None for none. ``notify`` gets a message for every piece that was decoded again in fp32.
    The other ranks of a ``group``, whose first is this one, have to run ``decode_for_the_first`` with the same values.
    """
    tiles = _tiles_of_time(vae, latents)
    before: Tensor | None = None
    with closing(_decoded_by_turns(vae, tiles, tile, notify, group)) as decoded:
        for number, frames in enumerate(decoded):
            if before is not None:
                frames = frames[1:]
                shares = torch.arange(BLENDED_FRAMES, device=frames.device).div(BLENDED_FRAMES).view(-1, 1, 1, 1)
                frames[:BLENDED_FRAMES] = before * (1 - shares) + frames[:BLENDED_FRAMES] * shares
            if number + 1 < len(tiles):
                frames, before = frames[:-BLENDED_FRAMES], frames[-BLENDED_FRAMES:]
            yield frames


@torch.no_grad()
def decode_for_the_first(vae: Any, latents: Tensor, *, tile: int | None, notify: Notify, group: Group) -> None:
    """Decode this rank's share of what the first of ``group`` decodes by ``decode_tiles``, and send it there."""
    for latents_of_tile in _tiles_of_time(vae, latents)[group.rank :: group.size]:
        group.send(_frames(vae, latents_of_tile, tile, notify), 0)


def _tiles_of_time(vae: Any, latents: Tensor) -> list[Tensor]:
    scaled = latents / vae.config.scaling_factor
    starts = range(0, max(1, latents.shape[2] - 1), TILE_STRIDE)
    return [scaled[:, :, start : start + TILE_LATENTS] for start in starts]


def _decoded_by_turns(
    vae: Any, tiles: list[Tensor], tile: int | None, notify: Notify, group: Group | None
) -> Generator[Tensor]:
    """The frames of each of ``tiles``; those of other ranks are asked for even if nobody wants them any more."""
    if group is None:
        yield from (_frames(vae, latents, tile, notify) for latents in tiles)
        return
    left = deque(enumerate(tiles))
    try:
        while left:
            number, latents = left.popleft()
            rank = number % group.size
            yield _received(vae, latents, group, rank) if rank else _frames(vae, latents, tile, notify)
    except RankLost:
        left.clear()
        raise
    finally:
        # What nobody wants is not missed where its rank is lost; who needs that rank next is told.
        with suppress(RankLost):
            for number, latents in left:
                if number % group.size:
                    _received(vae, latents, group, number % group.size)


def _received(vae: Any, latents: Tensor, group: Group, rank: int) -> Tensor:
    frames, height, width = latents.shape[2:]
    size = (1 + FRAMES_PER_LATENT * (frames - 1), PIXELS_PER_LATENT * height, PIXELS_PER_LATENT * width, 3)
    out = torch.empty(size, dtype=torch.float32, device=vae.post_quant_conv.weight.device)
    group.receive(out, rank)
    return out


def tile_starts(size: int, tile: int) -> list[int]:
    """Where tiles of ``tile`` latents begin that cover ``size`` latents, evenly, each other by a quarter or more."""
    if size <= tile:
        return [0]
    count = math.ceil((size - tile) / (tile - math.ceil(tile * TILE_OVERLAP))) + 1
    return [round(number * (size - tile) / (count - 1)) for number in range(count)]


def _frames(vae: Any, latents: Tensor, tile: int | None, notify: Notify) -> Tensor:
    """One tile of time, (F, H, W, 3) fp32; again in fp32 where fp16 gave no picture. Raises ValuesLost if neither."""
    own = vae.post_quant_conv.weight.dtype
    frames = _in_space(vae, latents, tile)
    if own != torch.float16 or not _is_lost(frames):
        return frames
    again = _again_in_fp32(vae, latents, tile)
    if not bool(torch.isfinite(again).all()):
        raise ValuesLost(Message("decoded-frames"))
    if _is_lost(again):
        return frames  # it is meant to be black
    notify(Message("decoded-again"))
    return again


def _again_in_fp32(vae: Any, latents: Tensor, tile: int | None) -> Tensor:
    """``_frames`` in fp32, in smaller tiles where there is no room for those of ``tile`` pixels."""
    side = tile or PIXELS_PER_LATENT * max(latents.shape[-2:])
    smaller = [one for one in TILES if one < side]
    while True:
        try:
            with _in_fp32(vae):
                return _in_space(vae, latents, tile)
        except torch.OutOfMemoryError:
            if not smaller:
                raise
        tile = smaller.pop(0)


def _is_lost(frames: Tensor) -> bool:
    """Whether a frame holds something that is no number, or nothing but black."""
    per_frame = frames.flatten(1)
    return not bool(torch.isfinite(per_frame).all()) or bool((per_frame.amax(dim=1) <= BLACK).any())


@contextmanager
def _in_fp32(vae: Any) -> Iterator[None]:
    """The decoder in fp32 meanwhile.

    All of it is converted before any of it is put in place, and what was there before is put back, not converted back:
    so the formats never mix, wherever memory runs out.
    """
    parameters = [*vae.post_quant_conv.parameters(), *vae.decoder.parameters()]
    own = [parameter.data for parameter in parameters]
    wide = [values.float() for values in own]
    for parameter, values in zip(parameters, wide, strict=True):
        parameter.data = values
    try:
        yield
    finally:
        for parameter, values in zip(parameters, own, strict=True):
            parameter.data = values


def _in_space(vae: Any, latents: Tensor, tile: int | None) -> Tensor:
    """(F, H, W, 3) fp32 of (1, 16, T, h, w), in tiles of ``tile`` pixels where the picture is larger."""
    height, width = latents.shape[-2:]
    side = max(height, width) if tile is None else tile // PIXELS_PER_LATENT
    rows, columns = tile_starts(height, side), tile_starts(width, side)
    if len(rows) == len(columns) == 1:
        return _decoded(vae, latents)
    out = total = None
    for row in rows:
        for column in columns:
            piece = _decoded(vae, latents[..., row : row + side, column : column + side])
            down, across = (_ramps(length, piece.device) for length in piece.shape[1:3])
            weights = down[:, None, None] * across[:, None]
            if out is None or total is None:
                full = (height * PIXELS_PER_LATENT, width * PIXELS_PER_LATENT)
                out, total = piece.new_zeros((piece.shape[0], *full, 3)), piece.new_zeros((*full, 1))
            top, left = row * PIXELS_PER_LATENT, column * PIXELS_PER_LATENT
            place = (slice(top, top + piece.shape[1]), slice(left, left + piece.shape[2]))
            out[:, *place] += piece * weights
            total[place] += weights
    assert out is not None, "there is always a tile"
    assert total is not None
    return out / total


def _ramps(length: int, device: torch.device) -> Tensor:
    """Weights (length,) that rise from either end over the part that tiles share and are 1 in between."""
    ends = torch.arange(1, length + 1, device=device, dtype=torch.float32)
    return torch.minimum(ends, ends.flip(0)).div(math.ceil(length * TILE_OVERLAP)).clamp(max=1.0)


def _decoded(vae: Any, latents: Tensor) -> Tensor:
    conv = vae.post_quant_conv
    sample: Tensor = vae.decoder(conv(latents.to(conv.weight.device, conv.weight.dtype)))
    return sample[0].permute(1, 2, 3, 0).float()
