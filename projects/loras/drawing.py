"""What stands for a LoRA that has no picture: drawn from its SHA-256, so that each has its own. No files."""

from __future__ import annotations

import math

_WIDTH, _HEIGHT = 480, 270
_BANDS = 5


def drawing(lora_id: str) -> str:
    """Waves in two colours as SVG, of 16 to 9; ``lora_id`` is 64 hexadecimal digits."""
    numbers = bytes.fromhex(lora_id)
    hue = numbers[0] * 360 // 256
    other = (hue + 40 + numbers[1] // 2) % 360
    waves = []
    for band in range(_BANDS):
        height, waviness, shift, turns = numbers[2 + 4 * band : 6 + 4 * band]
        level = _HEIGHT * (band + 0.6 + height / 512) / (_BANDS + 0.5)
        swing, speed = 8 + waviness / 10, 1 + turns / 128
        points = " ".join(
            f"{x},{level + swing * math.sin(2 * math.pi * (speed * x / _WIDTH + shift / 256)):.1f}"
            for x in range(0, _WIDTH + 1, 16)
        )
        shade = 62 - 9 * band
        of = hue if band % 2 == 0 else other
        waves.append(
            f'<polygon points="0,{_HEIGHT} {points} {_WIDTH},{_HEIGHT}" fill="hsl({of} 38% {shade}%)" opacity="0.8"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="hsl({hue} 35% 78%)"/>{"".join(waves)}</svg>'
    )
