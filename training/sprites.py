"""Owns the figures that move through the clips: Noto's colour emoji (SIL OFL), with a name in two languages each.

``python -m training.sprites NotoColorEmoji.ttf OUT.npz`` writes them as one uint8 array (N, SIDE, SIDE, 4).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 96
_FONT_SIZE = 109

# Emoji, English, Traditional Chinese.
_TABLE = """
🐶,dog,狗 🐱,cat,貓 🐭,mouse,老鼠 🐹,hamster,倉鼠 🐰,rabbit,兔子 🦊,fox,狐狸
🐻,bear,熊 🐼,panda,熊貓 🐨,koala,無尾熊 🐯,tiger,老虎 🦁,lion,獅子 🐮,cow,牛
🐷,pig,豬 🐸,frog,青蛙 🐵,monkey,猴子 🐔,chicken,雞 🐧,penguin,企鵝 🐦,bird,鳥
🦆,duck,鴨子 🦉,owl,貓頭鷹 🐺,wolf,狼 🐴,horse,馬 🦄,unicorn,獨角獸 🐝,bee,蜜蜂
🦋,butterfly,蝴蝶 🐌,snail,蝸牛 🐞,ladybug,瓢蟲 🐢,turtle,烏龜 🐍,snake,蛇 🐙,octopus,章魚
🦀,crab,螃蟹 🐠,fish,魚 🐬,dolphin,海豚 🐳,whale,鯨魚 🐘,elephant,大象 🦒,giraffe,長頸鹿
🐑,sheep,綿羊 🦌,deer,鹿 🐿,squirrel,松鼠 🦔,hedgehog,刺蝟 🐉,dragon,龍 🦖,dinosaur,恐龍
🚗,car,汽車 🚕,taxi,計程車 🚌,bus,公車 🚒,firetruck,消防車 🚜,tractor,拖拉機 🚲,bicycle,腳踏車
🚂,train,火車 ✈,plane,飛機 🚀,rocket,火箭 🚁,helicopter,直升機 🚤,boat,船 🛸,ufo,飛碟
🎈,balloon,氣球 ⚽,ball,球 🏀,ball,籃球 ⭐,star,星星 🌙,moon,月亮 ☀,sun,太陽
🌈,rainbow,彩虹 🌸,flower,花 🌻,flower,向日葵 🌲,tree,樹 🍎,apple,蘋果 🍌,banana,香蕉
🍓,strawberry,草莓 🍄,mushroom,蘑菇 🎂,cake,蛋糕 🍩,donut,甜甜圈 🎁,gift,禮物 🔔,bell,鈴鐺
💎,diamond,鑽石 ❤,heart,愛心 👻,ghost,鬼 🤖,robot,機器人 👽,alien,外星人 ⛄,snowman,雪人
🎃,pumpkin,南瓜 🧸,teddy,玩具熊 😀,face,臉 😎,face,笑臉 🔥,fire,火 💡,lamp,燈
⏰,clock,時鐘 📦,box,箱子 🎩,hat,帽子 ☂,umbrella,雨傘 🏠,house,房子 ⚓,anchor,錨
🔑,key,鑰匙 🌴,palm,棕櫚樹 🌹,rose,玫瑰 🌷,tulip,鬱金香 🎋,bamboo,竹子 🌿,plant,植物 🌵,cactus,仙人掌
🌳,tree,樹 🌾,grass,稻草 🚩,flag,旗子
"""


def _rows() -> Iterator[tuple[str, str, str]]:
    for entry in _TABLE.split():
        emoji, english, chinese = entry.split(",")
        yield emoji, english, chinese


FIGURES = tuple(_rows())


def draw_figures(font_file: Path) -> np.ndarray:
    """uint8 (N, SIDE, SIDE, 4): every figure of the table, from Noto's colour bitmaps."""
    font = ImageFont.truetype(str(font_file), _FONT_SIZE)
    pictures = []
    for emoji, _, _ in FIGURES:
        image = Image.new("RGBA", (160, 160))
        ImageDraw.Draw(image).text((10, 10), emoji, font=font, embedded_color=True)
        if (box := image.getbbox()) is None:
            raise ValueError(f"the font has no picture for {emoji}")
        image = image.crop(box)
        square = Image.new("RGBA", (max(image.size),) * 2)
        square.paste(image, ((square.width - image.width) // 2, (square.height - image.height) // 2))
        # A clear border of a few pixels, so that nothing bleeds in from the edge when the figure is turned.
        small = square.resize((SIDE - 8, SIDE - 8), Image.Resampling.LANCZOS)
        bordered = Image.new("RGBA", (SIDE, SIDE))
        bordered.paste(small, (4, 4))
        pictures.append(np.asarray(bordered))
    return np.stack(pictures)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("font", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    figures = draw_figures(options.font)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out, figures=figures)
    print(f"{len(figures)} figures, {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
