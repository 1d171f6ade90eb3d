"""Cells as words with a fixed meaning: the state of a facility, and the code of a community."""

from __future__ import annotations

import math
import re

from jiujin.reading.values_text import EMPTY_WORDS, Value, clean_text, narrow

_STATES = {
    "operating": "operating open opened active 运营 运营中 正常 正常运营 正常运行 正常使用 在运 在营 开放 开放中 已投用 已运营 已启用 已开业 已开放 启用 使用中 在用 "
    "投用 营业 营业中 良好 运行 运行中 运行良好 运营良好 试运营 是 有 √ ✓ ✔ 1 y yes true 投入使用 已投入使用 已建成运营 建成运营 建成投用 建成并投用 已建成投用 现状",
    "building": "building 在建 建设中 正在建设 装修中 装修 施工 施工中 改造中 改造 在建中 未完工 已开工 未投用 未启用 未开业 尚未运营 建成未投用 已建成未投用 建成未运营 "
    "未投入使用 筹备中",
    "planned": "planned plan 拟建 筹建 规划 待建 规划中 计划 计划建设 未建 未开工 拟新建 规划建设 未建设 筹建中 拟选址 选址中",
    "closed": "closed 停用 停业 暂停 关停 撤销 闲置 未运营 否 × x ✕ ✗ 0 n no false 关闭 已关闭 已停用 已停业 停运 停办 歇业 暂停运营 暂停营业 拆除 已拆除 注销 "
    "已撤销 不运营 已关停 停止运营 倒闭 已注销 未正常运营 不正常",
}
_EXACT = {word: state for state, words in _STATES.items() for word in words.split()}
_NOT_YET = re.compile(r"(?:未|尚未|待|没有|暂未|即将|预计.*)(?:投用|投入|启用|开业|开放|运行|使用|营业)")
_CLOSED = re.compile(
    r"停用|停业|暂停|关停|关闭|撤销|闲置|(?:未|不|没有|无法)(?:正常)?(?:在)?运营|停运|停止|停办|歇业|拆除|注销|倒闭|废弃"
)
_BUILDING = re.compile(r"在建|建设中|正在建|施工|装修|改造中|筹备")
_PLANNED = re.compile(r"拟建|筹建|规划|待建|计划|未建|未开工|选址|拟")
_OPERATING = re.compile(r"运营|正常|开放|投用|启用|营业|使用|运行|开业|运转")
_AGAIN = re.compile(r"恢复|重新|复业|重启")

_CODE_LEVELS = {2: "省", 4: "市", 6: "县", 9: "乡镇（街道）", 12: "社区（村）"}


def to_status(cell: object) -> Value[str]:
    """
    Read the state of a facility: operating, building, planned or closed; None where nothing (readable) is stated.

    “已建成” is not the same as in use: it is read as operating, and flagged to be asked about.
    """
    if cell is None or isinstance(cell, float) and math.isnan(cell):
        return Value(None)
    text = narrow(_plain_number(cell)).lower().strip("。.;,'")
    if text in _EXACT:
        return Value(_EXACT[text])
    if not text or text in EMPTY_WORDS or clean_text(text) is None:
        return Value(None)
    if text in {"已建成", "建成", "已建", "完工", "已完工", "竣工", "已竣工", "完成", "已完成", "建设完成", "已建好"}:
        return Value("operating", "status_built", "“建成”不等于投入使用，暂按运营计，请确认", "warning")
    state = _spoken_state(text)
    if state is None:
        return Value(None, "status_unknown", "看不懂的状态，按未注明处理", "warning")
    return Value(state, "status_from_text", f"按“{_LABELS[state]}”计", "warning" if _AGAIN.search(text) else "info")


_LABELS = {"operating": "运营", "building": "在建", "planned": "拟建", "closed": "停用"}


def to_code(cell: object) -> Value[str]:
    """
    Read the code of a community as text: no spaces, apostrophe, `.0` or full-width digits.

    A 12-digit code that ends in six zeros, or stands in scientific notation, has lost its digits for good: None.
    Codes of a county or township (6 or 9 digits, or 12 ending in three zeros) are kept and flagged.
    """
    if cell is None:
        return Value(None)
    text = narrow(_plain_number(cell)).strip("'`‘’\"“”")
    text = re.sub(r"^(\d+)\.0+$", r"\1", text)
    if not text or text.lower() in EMPTY_WORDS or clean_text(text) is None:
        return Value(None)
    if re.fullmatch(r"\d(?:\.\d+)?e\+?\d+", text, re.IGNORECASE):
        return Value(
            None, "code_lost_digits", "代码被存成科学计数，末几位已丢失且无法恢复，请按文本格式重新填写", "error"
        )
    if not text.isdigit():
        return Value(text)
    if len(text) == 12 and text.endswith("000000"):
        return Value(None, "code_lost_digits", "12位代码以六个0结尾，末几位可能已丢失，请核对并按文本格式填写", "error")
    if len(text) == 12 and text.endswith("000"):
        return Value(text, "code_level", "这是乡镇（街道）一级的代码，不是社区（村）的", "warning")
    if len(text) in {6, 9} and text[:2] in _PROVINCES:
        return Value(text, "code_level", f"{len(text)}位代码只到{_CODE_LEVELS[len(text)]}一级", "warning")
    if len(text) > 15 and isinstance(cell, float):
        return Value(text, "code_lost_digits", "超过15位的数字存成数值，末几位已丢失", "error")
    return Value(text)


_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split()
)  # noqa: SIM905


def _plain_number(cell: object) -> str:
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e16:
        return str(int(cell))
    return str(cell)


def _spoken_state(text: str) -> str | None:
    """Tell the state from a phrase: what speaks against being in use goes first."""
    if _AGAIN.search(text) and _OPERATING.search(text):
        return "operating"
    if _NOT_YET.search(text):
        return "building"
    for state, pattern in (
        ("closed", _CLOSED),
        ("building", _BUILDING),
        ("planned", _PLANNED),
        ("operating", _OPERATING),
    ):
        if pattern.search(text):
            return state
    return None
