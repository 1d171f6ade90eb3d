"""
A font with Chinese letters for maps: found on this computer, never shipped.

matplotlib and fontTools read it. From a collection of faces (`.ttc`) the simplified Chinese one is taken, because the
first face is often the Japanese one, whose forms of 骨 or 直 a Chinese reader takes for mistakes.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jiujin.errors import Problem

PREFERRED = (
    "notosanscjk-regular",
    "notosanscjksc-regular",
    "notosanssc-regular",
    "notosanssc",
    "sourcehansanssc-regular",
    "sourcehansanscn-regular",
    "sourcehansans-regular",
    "msyh",
    "simhei",
    "deng",
    "pingfang",
    "hiragino sans gb",
    "stheiti light",
    "wqy-microhei",
    "wqy-zenhei",
    "fandolhei-regular",
    "notoserifcjk-regular",
    "simsun",
    "simfang",
)
"""File names without their ending, in small letters, in order of preference."""

_NEEDED = "图例覆盖率县镇村社区服务盲区，（）：—0123456789ABCmk%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """
    A face of a font file: the letters that it has, and whether its outlines are TrueType (else PostScript).

    `number` is that of the face in a collection, 0 where the file has one face or its first is meant.
    """

    file: Path
    number: int
    letters: frozenset[int]
    truetype: bool

    @property
    def path(self) -> Path:
        """A file in which this face is the first."""
        return _single(self.file, self.number) if self.number > 0 else self.file

    def safe(self, text: str) -> str:
        """Put a box in the place of every letter that the font does not have."""
        return "".join(letter if ord(letter) in self.letters or letter == "\n" else "□" for letter in text)


@cache
def chinese_font() -> Font | None:
    """Find the best font of this computer that has Chinese letters; None where there is none."""
    from matplotlib.font_manager import findSystemFonts

    ranks = {name: rank for rank, name in enumerate(PREFERRED)}
    named = [(ranks.get(Path(file).stem.casefold()), file) for file in findSystemFonts()]
    for _, file in sorted((rank, file) for rank, file in named if rank is not None):
        font = _opened(Path(file))
        if font is not None:
            return font
    return None


def font_problems(*, atlas: bool) -> list[Problem]:
    """Say that the map sheets are left out where there is no font to letter them with."""
    if not atlas or chinese_font() is not None:
        return []
    return [
        Problem(
            severity="warning",
            rule="no_chinese_font",
            found="本机没有可用的中文字体，未生成图集（atlas.pdf），报告（report.docx）中不含地图",
            wanted="任一中文字体：思源黑体（Noto Sans CJK）、微软雅黑、黑体、宋体、文泉驿等",
            action="安装字体后重新计算；其他成果不受影响",
        )
    ]


def _opened(file: Path) -> Font | None:
    """Open a font; None where it cannot be read or lacks letters that every map needs."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        number = _simplified(file) if file.suffix.casefold() == ".ttc" else -1
        face = TTFont(str(file), fontNumber=number, lazy=True)
        letters = frozenset(face.getBestCmap() or {})
        if not all(ord(letter) in letters for letter in _NEEDED):
            return None
        truetype = "glyf" in face
        face.close()
        return Font(file=file, number=number, letters=letters, truetype=truetype)
    except (TTLibError, OSError, KeyError, ValueError):
        return None


@cache
def _single(file: Path, number: int) -> Path:
    """Copy one face out of a collection into a file that lives as long as this process."""
    from fontTools.ttLib import TTFont

    folder = Path(tempfile.mkdtemp(prefix="jiujin-font-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # boxes are not to be computed anew, so that no table is read: they are copied as they stand
    with TTFont(str(file), fontNumber=number, lazy=True, recalcBBoxes=False, recalcTimestamp=False) as face:
        face.save(str(folder / "face.otf"), reorderTables=None)
    return folder / "face.otf"


def _simplified(file: Path) -> int:
    """Number of the face for simplified Chinese in a collection; 0 where none says that it is."""
    from fontTools.ttLib import TTCollection

    with TTCollection(str(file), lazy=True) as collection:
        names = [str(face["name"].getDebugName(1) or "") for face in collection.fonts]
    plain = [at for at, name in enumerate(names) if name.endswith(" SC") and " Mono " not in name]
    return plain[0] if plain else 0


@contextmanager
def lettering(font: Font) -> Iterator[None]:
    """Draw with this font alone, and embed no more of it than is used."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties, fontManager

    path = str(font.path)
    if path not in {entry.fname for entry in fontManager.ttflist}:
        fontManager.addfont(path)
    wanted: Any = {
        "font.family": [FontProperties(fname=path).get_name()],
        "pdf.fonttype": 42 if font.truetype else 3,  # PostScript outlines cannot be embedded as TrueType
        "axes.unicode_minus": False,
        "hatch.linewidth": 0.5,
        "text.parse_math": False,  # a name with dollar signs is a name
    }
    with mpl.rc_context(wanted):
        yield
