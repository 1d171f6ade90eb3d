"""
Cells to values: text, numbers, dates, states, codes.

Every reader takes one cell as the file holds it and returns a `Value`: what it says, or None, with the rule and the
note
for `quality.csv` where something had to be repaired, guessed or left out.
"""

from __future__ import annotations

from jiujin.reading.values_dates import last_day, to_date
from jiujin.reading.values_numbers import chinese_number, to_area, to_capacity, to_number
from jiujin.reading.values_text import (
    DITTO_WORDS,
    EMPTY_WORDS,
    Value,
    clean_id,
    clean_text,
    clean_texts,
    narrow,
    normal_name,
    normal_township,
    plain_name,
    to_text,
)
from jiujin.reading.values_words import to_code, to_status

__all__ = [
    "DITTO_WORDS",
    "EMPTY_WORDS",
    "Value",
    "chinese_number",
    "clean_id",
    "clean_text",
    "clean_texts",
    "last_day",
    "narrow",
    "normal_name",
    "normal_township",
    "plain_name",
    "to_area",
    "to_capacity",
    "to_code",
    "to_date",
    "to_number",
    "to_status",
    "to_text",
]
