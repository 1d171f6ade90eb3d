"""Studies of the real places beside the checkout: their study files are written here, their data is only read."""

from __future__ import annotations

from pathlib import Path

SERVICE_WORDS = """
[services.health_centre]
aliases = ["health"]

[services.elderly_canteen]
aliases = ["canteen"]

[services.rukang_home]
aliases = ["rukang", "social_facility"]

[services.party_centre]
aliases = ["party", "townhall", "library"]
"""


def write_study(folder: Path, place: Path, *, facilities: str = "facilities.csv", more: str = "") -> Path:
    """Write a study of one of the shared places into `folder` and give that folder back."""
    folder.mkdir(parents=True, exist_ok=True)
    text = f"""
[study]
name = "{place.name}"
as_of = 2023-12-31

[inputs]
facilities = "{(place / facilities).as_posix()}"
communities = "{(place / "communities.geojson").as_posix()}"
population = "{(place / "population.csv").as_posix()}"
streets = "{(place / "network.osm.pbf").as_posix()}"

[population]
age60 = {{ share_of = "total", ratio = 0.209 }}
disabled = {{ share_of = "total", ratio = 0.027 }}
{SERVICE_WORDS}
{more}
"""
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder
