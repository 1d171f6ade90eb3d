"""
Which row is the heading, and which column is what.

A heading is compared after normalising: full-width to half-width, lower case, no spaces or line breaks, no `*`, no
unit in
brackets. Headings of two and three rows are read with their parents (`地理坐标` over `经度` and `纬度`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from jiujin.reading.sheets import Cell, Merge
from jiujin.reading.values import narrow
from jiujin.tables import Table

_SEARCH_ROWS = 60
_WIDEST = 12  # columns that one heading stands over
_BRACKETS = re.compile(r"\([^()]*\)|【[^】]*】|\[[^\]]*\]|〔[^〕]*〕|<[^<>]*>")
_NOISE = re.compile(r"[*＊:：#\"'“”?？!！]|^其中[、,，]?|^\d{1,2}[.、](?=\D)")
_PART = re.compile("男|女|占|比例|比重|其中|失能|独居|空巢|留守|重度|低保|特困|智力|精神|未成年|新增|流动")
"""Words in brackets that make a heading a part of what it names: 60岁以上（男）is not everybody over 60."""
_YEAR = re.compile(r"(?:19|20)\d{2}(?=年|末|底|\b|[^\d])")
_WHOLE = re.compile("合计|总计|小计|总数|总人数|人数|计")
_UNIT = re.compile(
    r"万元|万人|万户|百人|千人|元|人|户|亩|公顷|平方公里|平方千米|平方米|km2|m2|㎡|ha|万|千|百", re.IGNORECASE
)
_PERSONAL = re.compile(
    r".*(?:姓名|负责人|联系人|经办人|身份证|证件号|残疾证号|残疾证编号|证号|电话|手机|联系方式|联系号码|住址|家庭地址|居住地址|现住地址|法人|法定代表|出生(?:日期|年月)|户主|监护人|银行卡|微信|邮箱).*"
    r"|(?:主任|书记|站长|院长|村长|厨师长|管理员|网格员|理事长|phone|mobile|tel|telephone|contact|email|idcard|id_card|person|owner)"
)
_NOT_PERSONAL = re.compile(r".*(?:人数|数量|户数|面积|地点|率).*")
_NUMBER_LIKE = re.compile(r"[-+]?[\d.,%/:\-]+")


@dataclass(frozen=True, slots=True)
class Match:
    """A heading that was recognised; a lower rank is the better claim to the column."""

    column: str
    rank: int

    @property
    def exact(self) -> bool:
        """Whether the heading is a listed word and no mere pattern."""
        return self.rank < 1000


@dataclass(frozen=True, kw_only=True)
class Header:
    """A heading of one to three rows: where it stands, what is written, and which column of the table each names."""

    top: int
    depth: int
    stacks: tuple[tuple[str, ...], ...]
    columns: dict[str, int]
    second: dict[int, str]
    personal: tuple[int, ...]
    score: float

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What is written above each column, outermost word first."""
        return tuple("/".join(words) for words in self.stacks)

    @property
    def end(self) -> int:
        """The first row below the heading."""
        return self.top + self.depth


class Headings:
    """The headings of one table, ready to be recognised."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._words: dict[str, Match] = {}
        for column in table.columns:
            for rank, word in enumerate((column.name, column.label, *column.headings)):
                preferred = 0 if word == column.name else max(rank - 1, 0)
                for spelling in spellings(word)[:1]:
                    self._words.setdefault(spelling, Match(column.name, preferred))
        self._patterns = [
            (re.compile(pattern), Match(column.name, 1000 + rank))
            for column in table.columns
            for rank, pattern in enumerate(column.patterns)
        ]
        self.match = lru_cache(maxsize=4096)(self._match)

    @property
    def words(self) -> frozenset[str]:
        """Every exact heading, normalised."""
        return frozenset(self._words)

    def _match(self, text: str) -> Match | None:
        """Recognise one heading; None when it names no column of this table."""
        written = spellings(text)
        for spelling in written:
            if spelling in self._words:
                return self._words[spelling]
        if is_personal(text):
            return None
        for spelling in written:
            if len(spelling) <= 24:
                for pattern, match in self._patterns:
                    if pattern.fullmatch(spelling):
                        return match
        return None


@lru_cache(maxsize=32)
def headings_of(table: Table) -> Headings:
    """Make the headings of a table ready, once."""
    return Headings(table)


@lru_cache(maxsize=8192)
def spellings(text: str) -> tuple[str, ...]:
    """Normalise a heading: with its brackets, without them, and with the words in them: the first known one counts."""
    whole = _NOISE.sub("", narrow(text).lower())
    bare = _BRACKETS.sub(lambda found: found.group() if _PART.search(found.group()) else "", whole)
    opened, plain = (re.sub(r"[()【】\[\]]", "", text) for text in (whole, bare))
    cut = re.sub(
        r"[/,、(](?:单位)?(?:万|百|千)?(?:人|户|元|亩|公顷|平方米|㎡|m2|个|家|张|座|位|米|m|°|度)\)?$", "", whole
    )
    return tuple(dict.fromkeys(spelling for spelling in (whole, bare, opened, plain, cut) if spelling))


def heading_unit(text: str) -> str:
    """Read the unit a heading states in brackets or at its end: `人口(万人)` is 万人; empty when it states none."""
    written = narrow(text)
    for bracket in re.findall(r"\(([^()]*)\)|【([^】]*)】|\[([^\]]*)\]", written):
        inner = "".join(bracket).removeprefix("单位").lstrip(":")
        if _UNIT.fullmatch(inner):
            return inner.lower()
    found = re.search(r"[/、:](万元|万人|万户|百人|千人|亩|公顷|平方公里|元)$|(万人|万元|万户)$", written)
    return "".join(part for part in found.groups() if part) if found else ""


def is_personal(text: str) -> bool:
    """Tell whether a heading announces personal data, which is never kept."""
    return any(_PERSONAL.fullmatch(spelling) and not _NOT_PERSONAL.fullmatch(spelling) for spelling in spellings(text))


def match_columns(texts: Sequence[str], table: Table) -> Header:
    """Recognise a plain row of headings, as the columns of a layer or a text file have it."""
    return _header(0, 1, [(text,) for text in texts], headings_of(table))


def find_header(
    cells: Sequence[Sequence[Cell]], headings: Headings, merges: Sequence[Merge] = (), start: int = 0
) -> Header | None:
    """
    Find the best heading among the first rows: the one, of one to three rows, that names most columns.

    None when no row names two columns (for an open table: when no row looks like a heading).
    """
    best: Header | None = None
    seen = 0
    for top in range(start, len(cells)):
        filled = sum(1 for cell in cells[top] if cell not in (None, ""))
        seen += filled > 0
        if seen > _SEARCH_ROWS:
            break
        if filled == 0 or (filled == 1 and top + 1 == len(cells)):
            continue
        header = header_at(cells, top, headings, merges)
        if header is not None and (best is None or header.score > best.score + 1e-9):
            best = header
    if best is None and headings.table.open:
        return _open_header(cells, headings, merges, start)
    return best


def header_at(
    cells: Sequence[Sequence[Cell]], top: int, headings: Headings, merges: Sequence[Merge] = ()
) -> Header | None:
    """Read a heading of one to three rows that begins at this row; None when it names fewer than two columns."""
    best: Header | None = None
    for depth in (1, 2, 3):
        bottom = top + depth - 1
        if bottom >= len(cells) or (depth > 1 and not _wordy(cells[bottom], headings, _spans(merges, bottom))):
            break
        header = _header(top, depth, _stacked(cells, top, depth, merges), headings)
        exact = sum(1 for position in header.columns.values() if _is_exact(header.stacks[position], headings))
        if len(header.columns) < 2 or not exact:
            continue
        if (
            depth > 1
            and _header(top + 1, depth - 1, _stacked(cells, top + 1, depth - 1, merges), headings).score >= header.score
        ):
            continue  # the first row is a title: it names nothing
        bonus = 1.0 if any(merge.top == top and merge.bottom == bottom > top for merge in merges) else 0.0
        bonus += 2.0 if depth > 1 and _all_below(cells[bottom], _spans(merges, bottom)) else 0.0
        if best is None or header.score + bonus > best.score + 0.75:
            best = header
    return best


def with_stacks(header: Header, stacks: Sequence[tuple[str, ...]], headings: Headings) -> Header:
    """Recognise a heading anew from these words above its columns."""
    return _header(header.top, header.depth, stacks, headings)


def matched(words: tuple[str, ...], headings: Headings) -> Match | None:
    """Recognise one column by the words above it, the lowest first."""
    return _best_match(words, headings, set())


def bare(text: str) -> str:
    """Write a heading without brackets, marks and spaces."""
    return _BRACKETS.sub("", _NOISE.sub("", narrow(text)))


def side_by_side(header: Header, headings: Headings) -> list[Header]:
    """Cut the heading of two tables that stand beside one another; a heading of one table stays as it is."""
    twice = {name: position for position, name in header.second.items() if header.columns[name] < position}
    if len(twice) < 2 or not twice.keys() & {"name", "total", "code", "community"}:
        return [header]
    cut = min(twice.values())
    if any(header.columns[name] >= cut for name in twice):
        return [header]
    while cut > 0 and header.stacks[cut - 1] and cut - 1 not in header.columns.values():
        cut -= 1
    stacks = header.stacks
    left = stacks[:cut] + ((),) * (len(stacks) - cut)
    right = ((),) * cut + stacks[cut:]
    return [_header(header.top, header.depth, half, headings) for half in (left, right)]


def _is_exact(words: tuple[str, ...], headings: Headings) -> bool:
    return any((match := headings.match(word)) is not None and match.exact for word in (*words, "".join(words)))


def _spans(merges: Sequence[Merge], bottom: int) -> list[Merge]:
    """The cells of the row above that reach over several columns of this row, but are no title of it all."""
    return [merge for merge in merges if merge.bottom == bottom - 1 and 0 < merge.right - merge.left < _WIDEST]


def _all_below(row: Sequence[Cell], spans: Sequence[Merge]) -> bool:
    filled = [column for column, cell in enumerate(row) if cell not in (None, "")]
    return bool(spans) and all(any(merge.left <= column <= merge.right for merge in spans) for column in filled)


def _wordy(row: Sequence[Cell], headings: Headings, spans: Sequence[Merge] = ()) -> bool:
    """Tell whether a row can be the lower part of a heading: words only, one of them known or all under wider cells."""
    words = [cell for cell in row if cell not in (None, "")]
    if not words or not all(
        isinstance(word, str) and len(word) <= 40 and not _NUMBER_LIKE.fullmatch(word.strip()) for word in words
    ):
        return False
    if _all_below(row, spans):
        return True
    known = [match for word in words if (match := headings.match(str(word))) is not None]
    return any(match.exact for match in known) or any(_BRACKETS.fullmatch(narrow(str(word))) for word in words)


def _stacked(cells: Sequence[Sequence[Cell]], top: int, depth: int, merges: Sequence[Merge]) -> list[tuple[str, ...]]:
    """List the words above each column, outermost first; a parent reaches over its merge, or blanks to its right."""
    width = max(len(row) for row in cells[top : top + depth])
    rows = [[_word(cells[top + step], column) for column in range(width)] for step in range(depth)]
    for merge in merges:
        if top <= merge.top < top + depth and merge.right > merge.left and merge.right - merge.left < 200:
            word = rows[merge.top - top][merge.left] if merge.left < width else ""
            for column in range(merge.left, min(merge.right + 1, width)):
                rows[merge.top - top][column] = rows[merge.top - top][column] or word
    if not merges:
        for step in range(depth - 1):
            for column in range(1, width):
                if not rows[step][column] and any(rows[below][column] for below in range(step + 1, depth)):
                    rows[step][column] = rows[step][column - 1]
    return [tuple(dict.fromkeys(row[column] for row in rows if row[column])) for column in range(width)]


def _word(row: Sequence[Cell], column: int) -> str:
    cell = row[column] if column < len(row) else None
    return "" if cell is None else str(cell).strip()


def _header(top: int, depth: int, stacks: Sequence[tuple[str, ...]], headings: Headings) -> Header:
    claims: dict[str, tuple[int, int, int]] = {}
    matched: dict[int, str] = {}
    personal = []
    over = Counter(word for words in stacks for word in set(words[:-1]))
    alone = {word for word, columns_below in over.items() if columns_below == 1}
    for position, words in enumerate(stacks):
        match = _best_match(words, headings, alone)
        if match is not None:
            matched[position] = match.column
            claim = match.rank, -_year(words), position  # of 2022年常住人口 and 2023年常住人口 the later
            claims[match.column] = min(claims.get(match.column, claim), claim)
        elif words and any(is_personal(word) for word in words):
            personal.append(position)
    columns = {name: position for name, (*_, position) in claims.items()}
    score = sum(1.0 if rank < 1000 else 0.6 for rank, *_ in claims.values()) + 0.5 * len(personal)
    return Header(
        top=top,
        depth=depth,
        stacks=tuple(stacks),
        columns=columns,
        second={position: name for position, name in matched.items() if columns[name] != position},
        personal=tuple(personal),
        score=score,
    )


def _year(words: tuple[str, ...]) -> int:
    """The year that a heading states, 0 where it states none."""
    return max((int(year) for word in words for year in _YEAR.findall(narrow(word))), default=0)


def _best_match(words: tuple[str, ...], headings: Headings, alone: set[str]) -> Match | None:
    """Match a column by its lowest word, else by all words in one, else by a parent over this column alone."""
    if not words:
        return None
    if len(words) > 1 and _WHOLE.fullmatch(bare(words[-1])):
        words = words[:-1]  # 常住人口 over 合计, 男 and 女
    tried = (words[-1], "".join(words), *(word for word in words[-2::-1] if word in alone))
    return next((match for word in tried if (match := headings.match(word)) is not None), None)


def _open_header(
    cells: Sequence[Sequence[Cell]], headings: Headings, merges: Sequence[Merge], start: int
) -> Header | None:
    """Take the first row of words that is as wide as the table below it."""
    width = max(
        (sum(1 for cell in row if cell not in (None, "")) for row in cells[start : start + _SEARCH_ROWS]), default=0
    )
    for top in range(start, min(len(cells), start + _SEARCH_ROWS)):
        words = [cell for cell in cells[top] if cell not in (None, "")]
        if len(words) >= max(2, width // 2 + 1) and all(
            isinstance(word, str) and not _NUMBER_LIKE.fullmatch(word.strip()) for word in words
        ):
            return _header(top, 1, _stacked(cells, top, 1, merges), headings)
    return None
