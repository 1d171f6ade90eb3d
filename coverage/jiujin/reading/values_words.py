"""Cells as words with a fixed meaning: the state of a facility, and the code of a community."""

from __future__ import annotations

import math
import re

from jiujin.reading.values_text import EMPTY_WORDS, WORDS, Value, clean_text, narrow
from jiujin.tables import STATUS_LABELS

_EXACT = {word: state for state, words in WORDS["states"].items() for word in words.split()}
_NOT_YET = re.compile(
    r"(?:未|尚未|待|没有|暂未|即将|预计.*)(?:正式)?(?:投用|投入|启用|开业|开放|运行|使用|营业)|(?:待|未正式|尚未|暂未)运营|未用$"
)
_SOON_CLOSED = re.compile(r"(?:拟|计划|即将|准备|预计.*)(?:停用|停业|停运|关停|关闭|撤销|搬迁|拆除)")
_CLOSED = re.compile(
    r"停用|停业|暂停|关停|关闭|关门|撤销|取消|闲置|空置|(?:未|不|没有|无法|不再)(?:正常)?(?:在)?(?:运营|营业|开放|使用)|停运|停止"
    r"|停办|歇业|拆除|注销|倒闭|废弃|搬迁|迁址|迁出|搬走|撤并|合并|并入|转租|出租|改作|挪作|名存实亡|已到期"
)
_BUILDING = re.compile(r"在建|建设中|正在建|施工|装修|改造|改建|扩建|筹备|主体|封顶")
_PLANNED = re.compile(r"拟建|筹建|规划|待建|计划|未建|未开工|选址|拟|立项|前期|招标|签约")
_OPERATING = re.compile(r"运营|正常|开放|投用|启用|营业|使用|运行|开业|运转")
_AGAIN = re.compile(r"恢复|重新|复业|重启")
_RESUMED = re.compile(r"已(?:经|全面|正常)?(?:恢复|复业|重启)")
_MOVED = re.compile(r"搬|迁|并入|合并|撤并")

_PROVINCE = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")
_LEVELS = {6: "县", 9: "乡镇（街道）"}


def to_status(cell: object) -> Value[str]:
    """
    Read the state of a facility: operating, building, planned or closed; None where nothing (readable) is stated.

    “已建成” is not the same as in use: it is read as operating, and flagged to be asked about.
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return Value(None)
    text = narrow(_plain_number(cell)).lower().strip("。.;,'")
    stated = _EXACT.get(text)
    if stated is not None and stated != "built":
        return Value(stated)
    if not text or text in EMPTY_WORDS or clean_text(text) is None:
        return Value(None)
    if stated == "built":
        return Value("operating", "status_built", "“建成”不等于投入使用，暂按运营计，请确认", "warning")
    state = _spoken_state(text)
    if state is None:
        return Value(None, "status_unknown", "看不懂的状态，按未注明处理", "warning")
    return Value(state, "status_from_text", f"按“{STATUS_LABELS[state]}”计", "warning" if _doubtful(text) else "info")


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
    if re.fullmatch(r"\d(?:\.\d+)?e\+?\d{2}", text, re.IGNORECASE):
        return Value(
            None, "code_lost_digits", "代码被存成科学计数，末几位已丢失且无法恢复，请按文本格式重新填写", "error"
        )
    return _levelled(text, cell) if text.isdigit() else Value(text)


def _levelled(text: str, cell: object) -> Value[str]:
    """Tell from its digits whether a code is that of a community, and whole."""
    if len(text) == 12 and text.endswith("000000"):
        note = "12位代码以六个0结尾，末几位可能已丢失，请核对并按文本格式填写"
        return Value(None, "code_lost_digits", note, "error")
    if len(text) == 12 and text.endswith("000"):
        return Value(text, "code_level", "这是乡镇（街道）一级的代码，不是社区（村）的", "warning")
    if len(text) in _LEVELS and _PROVINCE.match(text):
        return Value(text, "code_level", f"{len(text)}位代码只到{_LEVELS[len(text)]}一级", "warning")
    if len(text) > 15 and isinstance(cell, float):
        return Value(text, "code_lost_digits", "超过15位的数字存成数值，末几位已丢失", "error")
    return Value(text)


def _plain_number(cell: object) -> str:
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e16:
        return str(int(cell))
    return str(cell)


def _doubtful(text: str) -> bool:
    """Whether a phrase is to be asked about: open again, soon closed, or moved to a place that the row may not give."""
    return any(pattern.search(text) for pattern in (_AGAIN, _SOON_CLOSED, _MOVED))


def _spoken_state(text: str) -> str | None:
    """Tell the state from a phrase: what speaks against being in use goes first."""
    if (_AGAIN.search(text) and _OPERATING.search(text)) or _SOON_CLOSED.search(text) or _RESUMED.search(text):
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
