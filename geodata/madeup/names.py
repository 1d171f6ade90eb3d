"""Invented names: roads, townships, communities, villages; put together from common words, meant for no real place."""

from __future__ import annotations

import numpy as np


def _words(text: str) -> list[str]:
    return text.split()


COUNTY = "示例县"
COUNTY_CODE = "379999"
"""Not assigned to any county."""

LONG_ROADS = _words("环城南路 新安街 南滨河路 北滨河路 文韬街 示范大街 迎宾大街 书香街 站前街 环城北路")
CROSS_ROADS = ["环城西路", "云桥路", "桐荫路", "青阳路", "中心大道", "学府路", "望湖路", "长兴路", "环城东路"]

TOWNSHIPS = (
    ("001", "澄塘街道"),
    ("002", "朗亭街道"),
    ("003", "清禾街道"),
    ("100", "柳渡样镇"),
    ("101", "石砚台镇"),
    ("102", "杏坞镇"),
    ("103", "苇泊镇"),
    ("104", "枣岗头镇"),
    ("105", "雁栖坡镇"),
    ("200", "松涧岭乡"),
)
"""Digits 7-9 and name."""

COMMUNITIES = _words(
    "书香里 湖滨 中心街 文韬 青阳 桐荫 学府 望湖 长兴 站前 新安 南滨 北滨 云桥 迎宾 示范园 和顺里 春晖苑 锦绣园 "
    "康乐 晨光 幸福里 团结 向阳 丰泽 安居苑 同心 金穗 梧桐里 玉兰苑 平安里 明德苑"
)
_FAMILIES = "王李张刘陈杨赵孙周吴徐马朱胡郭林高罗郑梁宋谢唐许韩冯邓曹彭曾田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
_ENDINGS = _words("家庄 家疃 家埠 家洼 家营 家寨 家桥 家沟 家店 家楼 官屯 家泊 家岭 家园")
_SIDES = ("", "", "", "", *"东西南北大小前后上下")


def village_names(rng: np.random.Generator, count: int) -> list[str]:
    """So many village names (without 村), each once."""
    names: list[str] = []
    while len(names) < count:
        name = f"{rng.choice(_SIDES)}{rng.choice(list(_FAMILIES))}{rng.choice(_ENDINGS)}"
        if name not in names:
            names.append(name)
    return names
