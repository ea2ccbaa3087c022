"""Owns how Traditional Chinese sentences for camera motions are put together; as ``training.grammar_english``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training import ways_chinese
from training.chance import pick
from training.grammar_english import filled

_SUBJECTS = (*("鏡頭",) * 6, "攝影機", "攝影機", "攝像機", "畫面", "視角", "視線", "機位", "我們的視角", "相機", "")
_TO = ("向", "向", "往", "往", "朝", "朝著")
_SIDES = ("{x}", "{x}", "{x}", "{x}邊", "{x}側", "{x}方", "{x}手邊", "{x}面")
_PAN_VERBS = (
    *(
        "平移",
        "平移",
        "移動",
        "移動",
        "搖",
        "搖",
        "移",
        "搖攝",
        "搖鏡",
        "橫移",
        "掃",
        "滑動",
        "轉",
        "擺動",
        "擺",
        "偏移",
    ),
    *("看", "看去", "推移", "帶過", "掃過", "緩移", "橫搖", "轉動", "滑過去", "移過去", "拍過去", "飄移", "滑行"),
)
_UP = ("上", "上", "上", "上方", "上面", "天空", "高處", "頂端")
_DOWN = ("下", "下", "下", "下方", "下面", "地面", "低處", "底部")
_TILT_VERBS = (
    *(
        "移動",
        "移動",
        "搖",
        "搖",
        "移",
        "看",
        "看去",
        "平移",
        "帶",
        "推移",
        "拍",
        "傾斜",
        "搖攝",
        "搖鏡",
        "滑動",
        "移過去",
    ),
)
_RISING = ("上升", "升高", "抬高", "仰起", "抬起來", "升起", "上搖", "仰拍", "上仰", "往上抬", "慢慢抬頭", "垂直上升")
_SINKING = ("下降", "降低", "俯下", "下搖", "俯拍", "下俯", "往下降", "低下去", "落下", "垂直下降", "放低", "往下壓")
_NEARER = (
    *("拉近", "拉近", "推近", "推進", "放大", "靠近", "接近", "往前推", "向前推進", "往前移動", "向前移動", "推上去"),
    *("逼近", "貼近", "前進", "湊近", "往前靠", "變近", "推向主體", "推向畫面中央", "推到近處", "往裡推", "推鏡"),
)
_NEARER_ALONE = (
    "推鏡頭",
    "拉近鏡頭",
    "放大畫面",
    "近一點",
    "推近鏡頭",
    "鏡頭前推",
    "變焦拉近",
    "往中間放大",
    "越來越近",
)
_FARTHER = (
    *("拉遠", "拉遠", "拉開", "後退", "縮小", "遠離", "往後拉", "向後退", "往後移動", "向後移動", "退後", "拉出去"),
    *("退開", "倒退", "離開主體", "退遠", "往後退", "變遠", "拉到遠處", "往外拉", "拉出全景", "後拉", "拉成遠景"),
)
_FARTHER_ALONE = (
    "拉鏡頭",
    "拉遠鏡頭",
    "縮小畫面",
    "遠一點",
    "拉開鏡頭",
    "鏡頭後拉",
    "變焦拉遠",
    "露出更多景物",
    "越來越遠",
)
_TURNED = (*("畫面",) * 4, "鏡頭", "影像", "視角", "整個畫面", "圖片", "照片", "整張圖", "影格", "")
_TURN_VERBS = ("旋轉", "旋轉", "旋轉", "轉動", "轉", "轉一圈", "打轉", "翻轉", "滾轉", "轉過去")
_CLOCKWISE = ("順時針", "順時針", "順時針方向", "依順時針方向", "順時鐘", "順時鐘方向", "順著時鐘方向", "以順時針")
_COUNTER = ("逆時針", "逆時針", "逆時針方向", "依逆時針方向", "逆時鐘", "逆時鐘方向", "反時針", "以逆時針")
_SHAKING = (
    "晃動",
    "搖晃",
    "抖動",
    "震動",
    "顫抖",
    "晃來晃去",
    "抖來抖去",
    "左右搖晃",
    "不停晃動",
    "晃",
    "抖",
    "顛簸",
    "不穩",
)
_SHAKY = (
    *(
        "手持拍攝",
        "手持攝影",
        "手持感",
        "手持鏡頭感",
        "手拿著拍",
        "手震",
        "手抖",
        "不穩的鏡頭",
        "晃動的鏡頭",
        "抖動的畫面",
    ),
    *("像地震一樣晃動", "紀錄片式的手持鏡頭", "用手拿著相機拍", "搖晃的鏡頭", "用手機隨手拍", "畫面不穩定", "晃動感"),
)
_STILL_SUBJECTS = ("鏡頭", "鏡頭", "攝影機", "畫面", "視角", "相機", "機位")
_STILL = (
    *("靜止", "不動", "保持靜止", "固定", "完全不動", "固定不動", "停住", "定住", "維持不動", "一動也不動", "沒有移動"),
    *("不要動", "不移動", "保持固定", "停在原處", "靜靜不動", "穩定不動", "留在原地", "保持原位", "不會動"),
)
_STILL_ALONE = (
    *("靜止畫面", "定格", "固定機位", "靜止鏡頭", "不要移動鏡頭", "沒有鏡頭運動", "什麼都不動", "不動", "靜止", "定鏡"),
    *("腳架拍攝", "架在腳架上", "無運鏡", "沒有運鏡", "保持畫面不變", "停格", "靜態畫面", "固定視角", "別動鏡頭"),
)
_ASKING = ("讓{0}", "請讓{0}", "使{0}", "請把{0}", "把{0}", "將{0}")
_MOVED = ("鏡頭", "攝影機", "視角", "畫面")


def phrase(camera: str, speed: str, adverb: str, rng: np.random.Generator) -> str:
    """One way to ask for ``camera``; ``adverb`` says the speed, or is empty."""
    if rng.random() < 0.3:
        return filled(ways_chinese, camera, {"s": adverb, "whip": "甩" if speed == "fast" else "搖"}, rng)
    if camera == "still":
        return pick(rng, _STILL_ALONE) if rng.random() < 0.4 else f"{pick(rng, _STILL_SUBJECTS)}{pick(rng, _STILL)}"
    if camera == "shake":
        if rng.random() < 0.4:
            return pick(rng, _SHAKY)
        return f"{pick(rng, _STILL_SUBJECTS)}{adverb}{pick(rng, _SHAKING)}"
    if camera.startswith("turn"):
        way = pick(rng, _COUNTER if camera == "turn_left" else _CLOCKWISE)
        side = "左" if camera == "turn_left" else "右"
        if rng.random() < 0.15:
            return _asked(_TURNED, f"{pick(rng, _TO)}{side}", "旋轉", adverb, rng)
        return _asked(_TURNED, way, pick(rng, _TURN_VERBS), adverb, rng)
    if camera.startswith("zoom"):
        nearer = camera == "zoom_in"
        if rng.random() < 0.25:
            return adverb + pick(rng, _NEARER_ALONE if nearer else _FARTHER_ALONE)
        return _asked(_SUBJECTS, "", pick(rng, _NEARER if nearer else _FARTHER), adverb, rng)
    if camera.startswith("tilt"):
        rising = camera == "tilt_up"
        if rng.random() < 0.3:
            return _asked(_SUBJECTS, "", pick(rng, _RISING if rising else _SINKING), adverb, rng)
        return _asked(
            _SUBJECTS, pick(rng, _TO) + pick(rng, _UP if rising else _DOWN), pick(rng, _TILT_VERBS), adverb, rng
        )
    side, other = ("左", "右") if camera == "pan_left" else ("右", "左")
    verb = pick(rng, _PAN_VERBS)
    if rng.random() < 0.12:
        return _asked(_SUBJECTS, f"從{other}{pick(rng, ('往', '向', '到'))}{side}", verb, adverb, rng)
    if rng.random() < 0.12:
        return _asked(_SUBJECTS, "", f"{side}{pick(rng, ('移', '搖', '轉', '擺'))}", adverb, rng)
    return _asked(_SUBJECTS, pick(rng, _TO) + pick(rng, _SIDES).format(x=side), verb, adverb, rng)


def _asked(subjects: Sequence[str], way: str, verb: str, adverb: str, rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.62:
        return f"{pick(rng, subjects)}{adverb}{way}{verb}"
    if kind < 0.72:
        return f"{adverb}{way}{verb}"
    if kind < 0.82:
        return f"{pick(rng, subjects)}{way}{adverb}{verb}"
    if kind < 0.92:
        return f"{pick(rng, _ASKING).format(pick(rng, _MOVED))}{adverb}{way}{verb}"
    return f"{pick(rng, subjects)}{pick(rng, ('開始', '正在', '會', '持續', '一直'))}{adverb}{way}{verb}"
