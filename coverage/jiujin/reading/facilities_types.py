"""The services of every row of the facility inputs, and the rows whose type is none of the study's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import numpy as np
import pandas as pd

from jiujin.errors import Problem
from jiujin.reading.facilities_rows import Source
from jiujin.reading.facilities_services import ServiceWords, Told
from jiujin.reading.values import clean_id, clean_texts
from jiujin.study import Study

UNTYPED = "“类型”一列，或在工作表名、标题、文件名中写明服务名称"
WANTED = "本项目的服务名称、编号或别名（可在 [services.编号] 的 aliases 中增加）"


def services_of(rows: pd.DataFrame, sources: list[Source], study: Study) -> tuple[list[tuple[str, ...]], list[Problem]]:
    """
    Tell the services of every row; an empty tuple for rows that are listed and not used.

    The type column decides where it names any service at all; without one the sheet's name, then the title, then the
    file's name, then the heading of the names, and last the facility's own name. Rows that replace a facility may
    leave their service out.
    """
    words = ServiceWords(study.services)
    told: list[tuple[str, ...]] = [()] * len(rows)
    problems: list[Problem] = []
    owner = rows["source"].to_numpy(np.int64)
    for at in dict.fromkeys(owner.tolist()):
        place = np.flatnonzero(owner == at)
        read = _of_source(rows.iloc[place], sources[at], words, problems)
        for position, (services, problem) in zip(place.tolist(), read, strict=True):
            told[position] = services
            problems += [problem] if problem else []
    return told, problems


def _of_source(
    rows: pd.DataFrame, source: Source, words: ServiceWords, problems: list[Problem]
) -> Iterator[tuple[tuple[str, ...], Problem | None]]:
    types = clean_texts(rows["type"].tolist()) if "type" in rows else [None] * len(rows)
    names = clean_texts(rows["name"].tolist()) if "name" in rows else [None] * len(rows)
    ids = [clean_id(cell) for cell in rows["id"]] if "id" in rows else [None] * len(rows)
    by_type = [words.told_by(text) for text in types]
    typed = any(one.services or one.other for one in by_type)
    context, where = _context(source, words)
    if not typed and context.services:
        problems.append(_noted(source, "service_from_context", f"没有能用的类型列，按{where}判断服务类型"))
    elif not typed and any(words.told_by(name).services for name in names):
        problems.append(_noted(source, "service_from_name", "没有类型列，按设施名称判断服务类型"))
    for row, text, own, name, known in zip(rows["row"].tolist(), types, by_type, names, ids, strict=True):
        services, why = _decided(text if typed else None, own if typed else Told(services=()), name, context, words)
        if services or (source.replaces and known and not text):
            yield services, None
            continue
        yield (
            (),
            Problem(
                severity="error",
                rule="unknown_type",
                found=why,
                wanted=WANTED if typed else UNTYPED,
                action="未使用该行",
                file=source.file,
                sheet=source.sheet,
                row=int(row),
                column=source.headings.get("type", "") if typed else "",
            ),
        )


def _decided(
    text: str | None, own: Told, name: str | None, context: Told, words: ServiceWords
) -> tuple[tuple[str, ...], str]:
    if text is not None:
        return own.services, f"类型“{text}”不是本项目的服务"
    by_name = words.told_by(name)
    if len(context.services) == 1:
        if not by_name.services and by_name.other and "卫生" in by_name.other:
            return (), f"“{name}”是{by_name.other}，不是所列的服务"
        return context.services, ""
    if by_name.services:
        return by_name.services, ""
    if context.other:
        return (), f"“{context.other}”不是本项目的服务"
    return (), f"看不出“{name or '（无名称）'}”是哪种服务"


def _context(source: Source, words: ServiceWords) -> tuple[Told, str]:
    """What sheet, title and file name say; the first that names one service, else the first that says anything."""
    stem, heading = PurePath(source.file).stem, source.headings.get("name", "")
    texts = (("工作表名", source.sheet), ("标题", source.title), ("文件名", stem), ("列名", heading))
    said = [(words.told_by(text), where) for where, text in texts]
    for told, where in said:
        if len(told.services) == 1:
            return told, where
        if told.other and not told.services:
            return told, where
    return next(((told, where) for told, where in said if told.services), (Told(services=()), ""))


def _noted(source: Source, rule: str, found: str) -> Problem:
    return Problem(severity="info", rule=rule, found=found, action="请核对", file=source.file, sheet=source.sheet)
