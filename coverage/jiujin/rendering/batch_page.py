"""One page over many county pages: every service side by side, ranked, with a link to each map."""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import quote

STYLE = """
body{font:15px/1.6 system-ui,"Microsoft YaHei",sans-serif;margin:2em auto;max-width:72em;padding:0 1em;color:#222}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #ddd;padding:.35em .6em;text-align:right}
th:first-child,td:first-child{text-align:left}th button{font:inherit;background:none;border:0;color:#06c;cursor:pointer}
tfoot td{font-weight:600;border-top:2px solid #888}small{color:#666}.failed{color:#a00}
"""

SCRIPT = """
document.querySelectorAll("th button").forEach(function (button) {
  button.addEventListener("click", function () {
    var column = button.closest("th").cellIndex, body = document.querySelector("tbody");
    Array.from(body.rows)
      .sort(function (a, b) { return Number(b.cells[column].dataset.rate) - Number(a.cells[column].dataset.rate); })
      .forEach(function (row) { body.append(row); });
  });
});
"""


def page_of(counties: Sequence[Mapping[str, Any]]) -> str:
    """
    Lay out the whole page; nothing of it comes from elsewhere and every name is escaped.

    A county has `name, state, link, services` (those of its `summary.json`), `labels` and `problems`. Rows are ordered
    by the people covered of the first service; a click on another service orders by that.
    """
    done = [each for each in counties if each["state"] != "failed"]
    services = {service: label for each in done for service, label in each["labels"].items()}
    first = next(iter(services), "")
    done.sort(key=lambda each: (-_rate(each, first), each["name"]))
    heads = "".join(f'<th><button type="button">{escape(label)}</button></th>' for label in services.values())
    standings = {service: sorted(_rate(each, service) for each in done) for service in services}
    rows = "".join(_row(each, standings) for each in done)
    totals = "".join(f"<td>{_total(done, service)}</td>" for service in services)
    failed = "".join(_failure(each) for each in counties if each["state"] == "failed")
    hashed = b64encode(sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hashed}'"
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width"><title>步行覆盖汇总</title><style>{STYLE}</style></head><body>
<h1>步行覆盖汇总</h1>
<p>共 {len(counties)} 个项目，完成 {len(done)} 个。覆盖率为步行可达人口占服务人口的比例；
括号内为名次，点击服务名称按该项排序。合计为人数相加后再求比例，不是各地比例的平均。</p>
<table><thead><tr><th>地区</th>{heads}</tr></thead><tbody>{rows}</tbody>
<tfoot><tr><td>合计</td>{totals}</tr></tfoot></table>{failed}
<script>{SCRIPT}</script></body></html>
"""


def _row(county: Mapping[str, Any], standings: Mapping[str, Sequence[float]]) -> str:
    cells = "".join(_cell(county, service, rates) for service, rates in standings.items())
    return f'<tr><td><a href="{escape(quote(county["link"]))}">{escape(county["name"])}</a></td>{cells}</tr>\n'


def _cell(county: Mapping[str, Any], service: str, rates: Sequence[float]) -> str:
    """Rate, rank among the rates of all counties, which ascend (equal ones share a rank), and the people behind it."""
    rate = _rate(county, service)
    if rate < 0:
        return '<td data-rate="-1">—</td>'
    rank = 1 + len(rates) - bisect_right(rates, rate)
    figures = county["services"][service]
    mark = "（估算）" if figures.get("estimated") else ""
    people = f"{figures['covered']:,.0f} / {figures['people']:,.0f} 人{mark}"
    return f'<td data-rate="{rate!r}">{rate:.1%}（{rank}）<br><small>{people}</small></td>'


def _rate(county: Mapping[str, Any], service: str) -> float:
    """Share of people covered; -1 where it is not known."""
    rate = county["services"].get(service, {}).get("pop_rate")
    return -1.0 if rate is None else float(rate)


def _total(counties: Sequence[Mapping[str, Any]], service: str) -> str:
    known = [each["services"][service] for each in counties if _rate(each, service) >= 0]
    people = sum(figures["people"] for figures in known)
    if not people:
        return "—"
    covered = sum(figures["covered"] for figures in known)
    return f"{covered / people:.1%}<br><small>{covered:,.0f} / {people:,.0f} 人</small>"


def _failure(county: Mapping[str, Any]) -> str:
    lines = "".join(f"<li>{escape(each)}</li>" for each in county["problems"])
    return f'<section class="failed"><h2>{escape(county["name"])}：未完成</h2><ul>{lines}</ul></section>\n'
