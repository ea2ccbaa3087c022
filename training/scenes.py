"""Owns the words for what a picture shows: they say nothing about motion, and surround the words that do."""

from __future__ import annotations

import numpy as np

from training.chance import pick

_LOOKS = (
    *("old", "small", "large", "quiet", "red", "blue", "green", "golden", "wooden", "stone", "lonely", "busy", "tall"),
    *("colourful", "beautiful", "young", "tiny", "huge", "empty", "peaceful", "ancient", "modern", "bright", "pale"),
    *("dusty", "friendly", "strange", "simple", "elegant", "weathered", "mysterious", "charming", "yellow", "purple"),
)
_THINGS = (
    *("house", "lighthouse", "street", "village", "city", "harbour", "castle", "bridge", "tower", "church", "temple"),
    *(
        "garden",
        "field",
        "meadow",
        "forest",
        "mountain",
        "valley",
        "river",
        "lake",
        "beach",
        "cliff",
        "island",
        "desert",
    ),
    *("boat", "ship", "train", "car", "bicycle", "cat", "dog", "horse", "bird", "fish", "rabbit", "fox", "robot"),
    *("woman", "man", "girl", "boy", "child", "old man", "family", "couple", "dancer", "soldier", "knight", "wizard"),
    *(
        "astronaut",
        "cook",
        "painter",
        "musician",
        "princess",
        "fisherman",
        "farmer",
        "market",
        "café",
        "kitchen",
        "room",
    ),
    *(
        "library",
        "window",
        "table",
        "chair",
        "flower",
        "tree",
        "clock",
        "lamp",
        "book",
        "statue",
        "portrait",
        "skyline",
    ),
    *("waterfall", "road", "path", "stadium", "factory", "spaceship", "dragon", "planet", "hero", "crowd", "shop"),
    *("chimney", "street lamp", "flag", "pond", "palm tree", "wheat field", "balloon", "cloud", "campfire", "fountain"),
    *("beacon", "harbour wall", "windmill", "hallway", "wheel", "staircase", "giant", "grandmother", "old wall"),
)
_PLACES = (
    *(
        "by the sea",
        "in the mountains",
        "on a hill",
        "in the city",
        "at dawn",
        "at noon",
        "in the morning",
        "in spring",
    ),
    *("in autumn", "under a cloudy sky", "near the river", "in the distance", "at the market", "behind a fence"),
    *(
        "in a wide valley",
        "with a red coat",
        "in a blue dress",
        "in soft light",
        "on a wooden table",
        "in the background",
    ),
    *("on a rocky coast", "beneath tall trees", "beside the water", "among the clouds", "on a windy day", "by a lamp"),
    *("with long hair", "next to a tree", "in the countryside", "at the station", "in the living room", "on the shore"),
)
_DOING = (
    *(
        "stands",
        "waits",
        "sits",
        "smiles",
        "looks at the viewer",
        "is seen",
        "reads a letter",
        "talks",
        "works",
        "sleeps",
    ),
    *("listens to music", "drinks tea", "thinks", "lies", "plays the guitar", "looks out of the window", "sings"),
)
_KINDS = (
    *("a photo of", "a drawing of", "a painting of", "a wide shot of", "a close-up of", "a cartoon of", "a sketch of"),
    *("an oil painting of", "a watercolour of", "a scene with", "a still of", "an illustration of", "a portrait of"),
)

_LOOKS_CHINESE = (
    *(
        "古老的",
        "小小的",
        "巨大的",
        "安靜的",
        "紅色的",
        "藍色的",
        "金色的",
        "木造的",
        "孤獨的",
        "熱鬧的",
        "美麗的",
        "年輕的",
    ),
    *("明亮的", "神秘的", "現代的", "可愛的", "空蕩的", "綠色的", "優雅的", "斑駁的", "寧靜的"),
)
_THINGS_CHINESE = (
    *(
        "房子",
        "燈塔",
        "街道",
        "村莊",
        "城市",
        "港口",
        "城堡",
        "橋",
        "高塔",
        "寺廟",
        "花園",
        "田野",
        "森林",
        "山",
        "河流",
    ),
    *("湖泊", "海灘", "懸崖", "小島", "沙漠", "船", "火車", "汽車", "腳踏車", "貓", "狗", "馬", "鳥", "兔子", "機器人"),
    *(
        "女子",
        "男子",
        "女孩",
        "男孩",
        "老人",
        "一家人",
        "舞者",
        "騎士",
        "太空人",
        "廚師",
        "畫家",
        "漁夫",
        "農夫",
        "市場",
    ),
    *(
        "咖啡館",
        "廚房",
        "房間",
        "圖書館",
        "窗戶",
        "桌子",
        "花",
        "大樹",
        "時鐘",
        "雕像",
        "瀑布",
        "小路",
        "老街",
        "夜市",
        "廟口",
        "煙囪",
        "路燈",
        "旗子",
        "池塘",
        "雲海",
        "草原",
        "風車",
        "屋簷",
        "稻田",
        "走廊",
    ),
)
_PLACES_CHINESE = (
    *(
        "在海邊",
        "在山裡",
        "在城市裡",
        "清晨",
        "早晨",
        "春天",
        "秋天",
        "在河邊",
        "在遠方",
        "在窗邊",
        "穿著紅色外套",
        "在車站",
    ),
    *("在柔和的光線下", "在桌上", "在鄉間", "在市場裡", "在客廳裡", "在岸邊"),
)
_DOING_CHINESE = (
    "站著",
    "等待",
    "坐著",
    "微笑",
    "看著鏡頭外",
    "讀信",
    "聊天",
    "工作",
    "睡覺",
    "聽音樂",
    "喝茶",
    "思考",
    "唱歌",
)

_SYLLABLES = (
    *("ba", "ka", "to", "mi", "ren", "sul", "ver", "dan", "lo", "qui", "sta", "fen"),
    *("gor", "hel", "ish", "jun", "kro", "pel", "ton", "wyn", "zar", "mo", "ul", "ster"),
)
_CHARACTERS = (
    "的一是在有人這中大來個國到說們為子和你地出道也時年得就那要自之發後作生會可主成事天然家行民文明好心起本面公同"
    "三已老從分前法些現所開意名長當高實理部十又應手此點見方電什正外間兩所女美山口海村店書車門花石木金"
)
_UNKNOWN_SHARE = 0.2


def _unknown(chinese: bool, rng: np.random.Generator) -> str:
    """A word of no meaning: names and words never met before must not be taken for a motion."""
    count = int(rng.integers(2, 4))
    return "".join(pick(rng, _CHARACTERS if chinese else _SYLLABLES) for _ in range(count))


def scene(chinese: bool, rng: np.random.Generator) -> str:
    """A few words on what may be seen."""
    return _scene_chinese(rng) if chinese else _scene_english(rng)


def _scene_english(rng: np.random.Generator) -> str:
    look = f"{pick(rng, _LOOKS)} " if rng.random() < 0.6 else ""
    thing = _unknown(False, rng) if rng.random() < _UNKNOWN_SHARE else pick(rng, _THINGS)
    what = f"{look}{thing}"
    article = pick(rng, ("a", "the", "the", "one")) if what[0] not in "aeiou" else pick(rng, ("an", "the"))
    place = f" {pick(rng, _PLACES)}" if rng.random() < 0.6 else ""
    kind = rng.random()
    if kind < 0.3:
        return f"{article} {what} {pick(rng, _DOING)}{place}"
    if kind < 0.5:
        return f"{pick(rng, _KINDS)} {article} {what}{place}"
    return f"{article} {what}{place}"


def _scene_chinese(rng: np.random.Generator) -> str:
    look = pick(rng, _LOOKS_CHINESE) if rng.random() < 0.6 else ""
    thing = _unknown(True, rng) if rng.random() < _UNKNOWN_SHARE else pick(rng, _THINGS_CHINESE)
    what = f"{look}{thing}"
    place = pick(rng, _PLACES_CHINESE) if rng.random() < 0.5 else ""
    doing = pick(rng, _DOING_CHINESE) if rng.random() < 0.35 else ""
    count = pick(rng, ("", "", "一個", "一座", "一張"))
    return f"{count}{what}{place}{doing}" if rng.random() < 0.5 else f"{place}{count}{what}{doing}"
