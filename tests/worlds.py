"""
Small studies on disk whose answers can be worked out by hand.

`Town` is a chessboard of streets laid out in the plane EPSG:4548 (central meridian 117° E): crossing (i, j) stands
`i * block_m` east and `j * block_m` north of the origin. Near the meridian plane metres are geodesic metres to a few
parts in a hundred thousand, so a block of 200 m is 20 000 cm give or take one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from jiujin.coordinates import Plane

PLANE = Plane(epsg=4548)
ORIGIN = PLANE.project(117.0, 36.6)  # type: ignore[arg-type]


def lon_lat(x: float, y: float) -> tuple[float, float]:
    """Degrees, to 1e-7, of a place so many metres east and north of the origin."""
    lon, lat = PLANE.unproject(ORIGIN[0] + x, ORIGIN[1] + y)  # type: ignore[arg-type]
    return round(float(lon), 7), round(float(lat), 7)


@dataclass
class Town:
    """A chessboard of `size` by `size` crossings, and what stands in it; places are metres from the origin."""

    size: int = 5
    block_m: float = 200.0
    people: list[tuple[str, float, float, dict[str, float]]] = field(default_factory=list)
    facilities: list[dict[str, object]] = field(default_factory=list)
    ways: list[tuple[list[tuple[float, float]], dict[str, str]]] = field(default_factory=list)
    communities: list[tuple[str, str, str, tuple[float, float, float, float]]] = field(default_factory=list)
    settings: str = ""

    def person(self, x: float, y: float, total: float = 1, **groups: float) -> Town:
        """Let `total` people live here; ids are P1, P2, …"""
        self.people.append((f"P{len(self.people) + 1}", x, y, {"total": total, **groups}))
        return self

    def facility(self, service: str, x: float, y: float, **more: object) -> Town:
        """Put a facility here; ids are F1, F2, … unless stated."""
        self.facilities.append(
            {
                "id": f"F{len(self.facilities) + 1}",
                "name": f"{service}{len(self.facilities) + 1}",
                "type": service,
                "at": (x, y),
                **more,
            }
        )
        return self

    def way(self, *places: tuple[float, float], **tags: str) -> Town:
        """Add a street through these places."""
        self.ways.append((list(places), {"highway": "residential", **tags}))
        return self

    def write(self, folder: Path) -> Path:
        """Write the study and give its folder back."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "streets.osm").write_text(self._osm(), encoding="utf-8")
        (folder / "communities.geojson").write_text(self._communities(), encoding="utf-8")
        (folder / "population.csv").write_text(self._population(), encoding="utf-8")
        (folder / "facilities.csv").write_text(self._facilities(), encoding="utf-8")
        (folder / "study.toml").write_text(
            '[study]\nname = "棋盘镇"\nas_of = 2023-12-31\n[inputs]\nfacilities = "facilities.csv"\n'
            'communities = "communities.geojson"\npopulation = "population.csv"\nstreets = "streets.osm"\n'
            f'[datum]\nfacilities = "wgs84"\n{self.settings}\n',
            encoding="utf-8",
        )
        return folder

    def _all_ways(self) -> list[tuple[list[tuple[float, float]], dict[str, str]]]:
        steps = [step * self.block_m for step in range(self.size)]
        rows = [([(x, y) for x in steps], {"highway": "residential"}) for y in steps]
        columns = [([(x, y) for y in steps], {"highway": "residential"}) for x in steps]
        return [*rows, *columns, *self.ways]

    def _osm(self) -> str:
        ways = self._all_ways() if self.size else self.ways
        nodes: dict[tuple[float, float], int] = {}
        for places, _ in ways:
            for place in places:
                nodes.setdefault(lon_lat(*place), len(nodes) + 1)
        lines = ['<osm version="0.6">']
        lines += [f'<node id="{number}" lon="{lon}" lat="{lat}"/>' for (lon, lat), number in nodes.items()]
        for number, (places, tags) in enumerate(ways, start=1):
            refs = "".join(f'<nd ref="{nodes[lon_lat(*place)]}"/>' for place in places)
            said = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
            lines.append(f'<way id="{number}">{refs}{said}</way>')
        return "\n".join([*lines, "</osm>"])

    def _communities(self) -> str:
        far = self.size * self.block_m + 2000
        boxes = self.communities or [("370000001001", "棋盘社区", "urban", (-2000.0, -2000.0, far, far))]
        features = []
        for code, name, kind, (west, south, east, north) in boxes:
            ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
            features.append(
                {
                    "type": "Feature",
                    "properties": {"code": code, "name": name, "class": kind, "township": "棋盘镇"},
                    "geometry": {"type": "Polygon", "coordinates": [[lon_lat(*place) for place in ring]]},
                }
            )
        return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)

    def _population(self) -> str:
        groups = sorted({group for *_, each in self.people for group in each}, key=lambda name: (name != "total", name))
        lines = [",".join(["id", "lon", "lat", *groups])]
        for name, x, y, each in self.people:
            lon, lat = lon_lat(x, y)
            lines.append(",".join([name, str(lon), str(lat), *(str(each.get(group, 0)) for group in groups)]))
        return "\n".join(lines) + "\n"

    def _facilities(self) -> str:
        columns = ["id", "name", "type", "lon", "lat", "capacity", "status", "opened", "closed"]
        lines = [",".join(columns)]
        for each in self.facilities:
            lon, lat = lon_lat(*each["at"])  # type: ignore[misc]
            lines.append(",".join(str({**each, "lon": lon, "lat": lat}.get(column, "")) for column in columns))
        return "\n".join(lines) + "\n"
