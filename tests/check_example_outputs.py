"""
Does a folder hold the whole result of the example study? `python tests/check_example_outputs.py maps/example`.

CI asks this of what the README's first command wrote in a fresh clone, so that what a stranger sees first is checked.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

TABLES = (
    "access.parquet", "communities.csv", "facilities.csv", "gaps.geojson",
    "quality.csv", "sites.geojson", "targets.csv",
)  # fmt: skip
SERVICES = ("party_centre", "elderly_canteen", "rukang_home", "health_centre")


def main(folder: Path) -> None:
    wanted = ["index.html", "summary.json", "tables.xlsx", "atlas.pdf", "report.docx"]
    wanted += [f"{service}.html" for service in SERVICES] + [f"tables/{name}" for name in TABLES]
    missing = [name for name in wanted if not (folder / name).is_file() or not (folder / name).stat().st_size]
    assert not missing, f"not written, or empty: {missing}"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    people = pd.read_parquet(folder / "tables" / "access.parquet")
    communities = pd.read_csv(folder / "tables" / "communities.csv", dtype={"community_code": str})
    assert set(summary["services"]) == set(SERVICES)
    for service, figures in summary["services"].items():
        rows = communities[communities["service"] == service]
        assert rows["people"].sum() == figures["people"], service
        assert rows["covered"].sum() == figures["covered"], service
        assert 0 < figures["pop_rate"] < figures["radius_rate"] < 1, service
        assert (
            people[f"{service}_m"]
            .ge(people[f"{service}_radius_m"] * 0.999 - 0.02)[people[f"{service}_m"].notna()]
            .all()
        )
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "http-equiv" in page
    print(f"{folder}：{len(wanted)} 个文件齐全，{len(people)} 个人口点，数字相符")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
