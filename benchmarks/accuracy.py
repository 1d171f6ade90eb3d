"""
How many people does each way of measuring put on the wrong side? `python benchmarks/accuracy.py [PLACE …] [--write]`.

Straight circles, snapping to nodes (with and without the way to them), hulls and buffers of what is reached, and ours,
each against the walk on an explicit graph in which every person and every site is a node. The example county, and the
real places beside the checkout where they are there. `--write` puts the table into docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

import accuracy_methods as methods  # noqa: E402
import accuracy_reference as reference  # noqa: E402

import jiujin  # noqa: E402

SHARED = jiujin.example_study().resolve().parents[2] / "shared" / "data"
PLACES = {
    "example": "示例县（虚构）",
    "guixi": "贵溪城区",
    "wuhan": "武汉中心城区",
    "helsinki_centre": "赫尔辛基市中心",
}
REACHES_M = (300, 500, 1000)
SERVICE = "party_centre"
OURS = "就近（本工具）"
CELL_POINTS = 20
"""People of a statistical grid cell are spread over so many by so many points."""


@dataclass(frozen=True)
class Place:
    """One place: its streets, its people with their numbers, and the sites of one service, in the plane."""

    layers: object
    people: np.ndarray
    weight: np.ndarray
    sites: np.ndarray

    @cached_property
    def network(self):
        walk = self.layers.study.walk
        return jiujin.build_network(self.layers.streets, self.layers.plane, island_cm=walk.island_m * 100)

    @cached_property
    def exact_cm(self) -> np.ndarray:
        """The reference: the walk of everybody, from a graph in which all are nodes."""
        walk = self.layers.study.walk
        streets = reference.exact_streets(
            self.layers.streets, self.layers.plane, island_cm=walk.island_m * 100, snap_limit_cm=walk.snap_limit_m * 100
        )
        return streets.walks(self.people.T, self.sites.T)

    @cached_property
    def our_cm(self) -> np.ndarray:
        """The product's walks."""
        limit = self.layers.study.walk.snap_limit_m * 100
        people, sites = (jiujin.attach(self.network, *each.T) for each in (self.people, self.sites))
        walks = jiujin.nearest(self.network, people, sites.select(sites.leg_cm <= limit))
        return np.where(people.leg_cm <= limit, walks.cm, jiujin.NO_WALK)


def read_place(name: str) -> Place:
    """Read the example or one of the shared places."""
    if name == "example":
        return _placed(jiujin.read_layers(jiujin.read_study(jiujin.example_study())))
    with tempfile.TemporaryDirectory() as folder:
        return _placed(jiujin.read_layers(jiujin.read_study(_study(Path(folder), SHARED / name))), SHARED / name)


def _placed(layers, folder: Path | None = None) -> Place:
    facilities, people = layers.facilities, layers.people
    counted = facilities[(facilities["service"] == SERVICE) & facilities["counted"]]
    sites = np.column_stack(layers.plane.project(counted["lon"].to_numpy(), counted["lat"].to_numpy()))
    lon, lat, weight = (people[column].to_numpy(np.float64) for column in ("lon", "lat", "total"))
    if folder is not None and (folder / "population_grid.geojson").is_file():
        lon, lat, weight = _spread(folder / "population_grid.geojson")
    xy, weight = np.column_stack(layers.plane.project(lon, lat)), np.nan_to_num(weight)
    if folder is not None:  # beyond the edge of an extract there are no streets: hulls and buffers would fail unfairly
        streets = layers.plane.project(layers.streets.lon, layers.streets.lat)
        inside = shapely.contains_xy(shapely.convex_hull(shapely.multipoints(np.column_stack(streets))), xy)
        xy, weight = xy[inside], weight[inside]
    return Place(layers, xy, weight, sites)


def _spread(grid: Path):
    """Spread the people of each square cell evenly over a lattice of points within it."""
    features = json.loads(grid.read_text(encoding="utf-8"))["features"]
    step = (np.arange(CELL_POINTS) + 0.5) / CELL_POINTS
    u, v = (each.ravel() for each in np.meshgrid(step, step))
    points, weight = [], []
    for feature in features:
        a, b, _, d = np.array(feature["geometry"]["coordinates"][0][:4])
        points.append(a + np.outer(u, b - a) + np.outer(v, d - a))
        weight.append(np.full(u.size, feature["properties"]["population"] / u.size))
    return (*np.concatenate(points).T, np.concatenate(weight))


def _study(folder: Path, place: Path) -> Path:
    inputs = {"facilities": "facilities.csv", "communities": "communities.geojson", "population": "population.csv"}
    lines = [f'{key} = "{(place / name).as_posix()}"' for key, name in inputs.items()]
    (folder / "study.toml").write_text(
        f'[study]\nname = "{place.name}"\nas_of = 2023-12-31\n[inputs]\n' + "\n".join(lines)
        + f'\nstreets = "{(place / "network.osm.pbf").as_posix()}"\n[services.{SERVICE}]\naliases = ["library"]\n',
        encoding="utf-8",
    )  # fmt: skip
    return folder


def ways_to_measure(place: Place) -> Iterator[tuple[str, Callable[[int], np.ndarray]]]:
    """Name each method and say, for a reach in metres, whom it takes to be covered."""
    people, sites, network = place.people, place.sites, place.network
    crossings, vertices = methods.Nodes.junctions(network), methods.Nodes.every_vertex(network)

    def within(metres: np.ndarray) -> Callable[[int], np.ndarray]:
        return lambda reach_m: metres <= reach_m

    yield "直线半径（画圆）", lambda reach_m: methods.circle(people, sites, reach_m)
    for label, nodes in (("路口", crossings), ("道路顶点", vertices)):
        yield f"归到最近{label}，不计两端（pandana 常用做法）", within(nodes.walks(people, sites, legs=False))
        yield f"归到最近{label}，计两端直线距离", within(nodes.walks(people, sites, legs=True))
    yield "可达路口的凸包", lambda reach_m: methods.hull(crossings, people, sites, reach_m)
    yield (
        "可达路段缓冲区（osmnx 示例做法）",
        lambda reach_m: methods.buffered(crossings, network, people, sites, reach_m),
    )
    yield OURS, lambda reach_m: place.our_cm <= reach_m * 100


def compare(place: Place, reaches_m: tuple[int, ...] = REACHES_M) -> pd.DataFrame:
    """
    Set every method against the reference.

    A row per method and reach: `method, reach_m, people, covered` (by the reference), `wrongly_in`, `wrongly_out`
    (persons) and `wrong_rate` (share of all people).
    """
    rows = []
    for method, covered_within in ways_to_measure(place):
        for reach_m in reaches_m:
            truth, said = place.exact_cm <= reach_m * 100, covered_within(reach_m)
            wrong = [float(place.weight[mask].sum()) for mask in (said & ~truth, truth & ~said)]
            everybody = float(place.weight.sum())
            covered = float(place.weight[truth].sum())
            rows.append((method, reach_m, everybody, covered, *wrong, sum(wrong) / everybody))
    columns = ["method", "reach_m", "people", "covered", "wrongly_in", "wrongly_out", "wrong_rate"]
    return pd.DataFrame(rows, columns=columns)


def most_different_cm(place: Place) -> int:
    """The largest difference between our walks and the reference's, in centimetres."""
    return int(np.abs(place.our_cm.astype(np.int64) - place.exact_cm).max())


def check_pandana(place: Place, reach_m: int = 1000) -> float | None:
    """Say for which share of people pandana itself agrees with our stand-in for it; None where it is not installed."""
    if importlib.util.find_spec("pandana") is None:
        return None
    nodes = methods.Nodes.junctions(place.network)
    theirs = methods.pandana_walks(nodes, place.people, place.sites, reach_m) <= reach_m
    ours = nodes.walks(place.people, place.sites, legs=False) <= reach_m
    return float(place.weight[theirs == ours].sum() / place.weight.sum())


def main() -> int:
    """Compare, print, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", choices=[*PLACES, []], help="default: all that are there")
    parser.add_argument("--write", action="store_true", help="write docs/accuracy.md")
    wanted = parser.parse_args()
    there = [name for name in PLACES if name == "example" or (SHARED / name).is_dir()]
    sections, exact = [], True
    for name in wanted.places or there:
        place = read_place(name)
        table, differs, agrees = compare(place), most_different_cm(place), check_pandana(place)
        exact &= differs == 0
        sections.append(section(PLACES[name], place, table, differs))
        print(sections[-1])
        print("pandana:", "not installed" if agrees is None else f"agrees with its stand-in for {agrees:.4%} of people")
    if wanted.write:
        page = HERE.parent / "docs" / "accuracy.md"
        page.write_text("\n".join([HEAD, *sections]), encoding="utf-8", newline="\n")
    return 0 if exact else 1


HEAD = """# 精度：哪种算法把多少人判错

“步行多少米以内有党群服务中心”，各种常用算法与逐人精确步行距离相比，把多少人判错。**误入**：实际走不到，算法说走得到；
**误出**：实际走得到，算法说走不到；**错判率**：两者之和占全部人口的比例。单位：人。

对照的精确值不用本工具的任何搜索程序：把每个人、每处设施都作为一个节点插进道路图，道路长度用 pyproj 测地线计算，
最短路用 scipy 的 Dijkstra 算法（`benchmarks/accuracy_reference.py`）。各算法使用同一路网（已去除孤立路段）、同一人口
和同一设施；归到路口的做法与 pandana 0.8 的实际结果核对过。图示与解读见 `notebooks/05-accuracy.ipynb`。

重算：`pip install -e .[benchmark]`，然后 `python benchmarks/accuracy.py --write`。示例县随仓库提供；其余三处用公开的
路网和人口摘录（OpenStreetMap、统计网格等），不随仓库发布，放在仓库旁的 `shared/data` 时一并计算；路网摘录范围以外的
人口不参加比较。赫尔辛基的人口是 250 米统计网格，各格人口均匀摊到格内 400 个点；该处设施为图书馆。
"""


def section(label: str, place: Place, table: pd.DataFrame, differs: int) -> str:
    """Write one place as a Markdown table."""
    covered = table.drop_duplicates("reach_m").set_index("reach_m")["covered"] / place.weight.sum()
    rates = "，".join(f"{reach_m} 米 {rate:.1%}" for reach_m, rate in covered.items())
    people = f"{place.weight.sum():,.0f} 人（{len(place.people):,} 个点）"
    lines = [
        f"## {label}",
        "",
        f"{people}，{len(place.sites)} 处设施，步行路网 {place.network.km:,.0f} 公里。精确覆盖率：{rates}。",
        f"本工具与精确值逐人相比，步行距离最大相差 {differs} 厘米。",
        "",
        "| 算法 |" + "".join(f" {reach_m} 米 误入 | 误出 | 错判率 |" for reach_m in covered.index),
        "|---|" + "--:|--:|--:|" * len(covered),
    ]
    for method, rows in table.groupby("method", sort=False):
        figures = "".join(
            f" {row.wrongly_in:,.0f} | {row.wrongly_out:,.0f} | {row.wrong_rate:.2%} |" for row in rows.itertuples()
        )
        lines.append(f"| {f'**{method}**' if method == OURS else method} |{figures}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
