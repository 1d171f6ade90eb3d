"""
The common recipe, as notebooks have it: osmnx for the streets, networkx for the walks, folium for the maps.

    python benchmarks/build_recipe.py FOLDER OUT [--one-map]

Run by `benchmarks/build.py` in a process of its own, over data that is cleaned already: `streets.osm`, `people.csv`,
`sites.csv`, `communities.geojson`, `services.json`. Not slowed down anywhere: one search from each site gives both the
nearest site of everybody and everybody within reach of it; nothing is computed twice. With `--one-map` it draws only
the first service, which spares it most of its time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import folium
import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd


def main(folder: Path, out: Path, *, one_map: bool) -> None:
    """Read, walk, count, write."""
    out.mkdir(parents=True, exist_ok=True)
    services = json.loads((folder / "services.json").read_text(encoding="utf-8"))
    graph = ox.project_graph(ox.graph_from_xml(folder / "streets.osm", bidirectional=True, retain_all=True))
    people, sites = (points(folder / name, graph) for name in ("people.csv", "sites.csv"))
    communities = gpd.read_file(folder / "communities.geojson").to_crs(graph.graph["crs"])
    people = people.sjoin(communities[["geometry"]], predicate="within", how="left")
    people = people[~people.index.duplicated()].rename(columns={"index_right": "community"})
    walks = nx.Graph(ox.convert.to_undirected(graph))
    for service in services:
        walk(walks, service, people, sites)
    table, gaps = rates(services, people), uncovered(services, people)
    write_tables(out, people, sites, table, gaps)
    roads = ox.graph_to_gdfs(graph, nodes=False)[["geometry"]].to_crs(4326)
    shown = people.to_crs(4326), sites.to_crs(4326), communities.to_crs(4326), gaps.to_crs(4326), roads
    for each in services[:1] if one_map else services:
        drawn([each], table, *shown).save(out / f"{each['id']}.html")
    if not one_map:
        drawn(services, table, *shown).save(out / "index.html")


def points(path: Path, graph: nx.MultiDiGraph) -> gpd.GeoDataFrame:
    """Read a table of places and give each the nearest node."""
    rows = pd.read_csv(path)
    rows = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326)
    rows = rows.to_crs(graph.graph["crs"])
    rows["node"] = ox.nearest_nodes(graph, rows.geometry.x, rows.geometry.y)
    return rows


def walk(graph: nx.Graph, service: dict, people: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> None:
    """Walk from every site to every node, and keep the shortest; count the people within reach of each site."""
    best = np.full(len(people), np.inf)
    nearest = np.full(len(people), None, object)
    reach = np.where(people["class"] == "rural", service["rural"], service["urban"])
    own = sites[sites["service"] == service["id"]]
    weight, nodes = people[service["group"]].to_numpy(), people["node"].tolist()
    for row, site, node in zip(own.index, own["id"], own["node"], strict=True):
        metres = nx.single_source_dijkstra_path_length(graph, node, weight="length")
        here = np.array([metres.get(each, np.inf) for each in nodes])
        nearer = here < best
        best[nearer], nearest[nearer] = here[nearer], site
        sites.loc[row, "people_in_reach"] = weight[here <= reach].sum()
    people[f"{service['id']}_m"], people[f"{service['id']}_facility"] = best, nearest
    people[f"{service['id']}_covered"] = best <= reach
    people[f"{service['id']}_radius_m"] = straight(people, own.geometry)


def straight(people: gpd.GeoDataFrame, sites: gpd.GeoSeries) -> np.ndarray:
    """Straight metres to the nearest site."""
    if sites.empty:
        return np.full(len(people), np.inf)
    (place, _), metres = sites.sindex.nearest(people.geometry, return_all=False, return_distance=True)
    straight = np.empty(len(people))
    straight[place] = metres
    return straight


def rates(services: list[dict], people: gpd.GeoDataFrame) -> pd.DataFrame:
    """People and covered people of every community and service."""
    parts = []
    for service in services:
        weight = people[service["group"]]
        covered = weight.where(people[f"{service['id']}_covered"], 0)
        walks = people.groupby("community")[f"{service['id']}_m"].agg(["median", lambda each: each.quantile(0.9)])
        walks.columns = ["median_walk_m", "p90_walk_m"]
        sums = pd.DataFrame({"people": weight, "covered": covered}).groupby(people["community"]).sum()
        parts.append(sums.join(walks).assign(service=service["id"], pop_rate=sums["covered"] / sums["people"]))
    return pd.concat(parts).reset_index()


def uncovered(services: list[dict], people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Places where uncovered people live: points within 300 m of each other, drawn together."""
    parts = []
    for service in services:
        left = people[~people[f"{service['id']}_covered"]]
        drawn = gpd.GeoDataFrame(geometry=[left.buffer(150).union_all()], crs=people.crs).explode(ignore_index=True)
        inside = left.sjoin(drawn, predicate="within").groupby("index_right")
        drawn["people"] = inside[service["group"]].sum()
        drawn["nearest_m"] = inside[f"{service['id']}_m"].median()
        parts.append(drawn.assign(service=service["id"]))
    return pd.concat(parts, ignore_index=True)


def write_tables(
    out: Path, people: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, table: pd.DataFrame, gaps: gpd.GeoDataFrame
) -> None:
    """Write the tables and the workbook."""
    people.drop(columns="geometry").to_parquet(out / "access.parquet")
    table.to_csv(out / "communities.csv", index=False)
    sites.drop(columns="geometry").to_csv(out / "facilities.csv", index=False)
    gaps.to_crs(4326).to_file(out / "gaps.geojson")
    with pd.ExcelWriter(out / "tables.xlsx", engine="openpyxl") as book:
        table.to_excel(book, sheet_name="communities", index=False)
        sites.drop(columns="geometry").to_excel(book, sheet_name="facilities", index=False)
        gaps.drop(columns="geometry").to_excel(book, sheet_name="gaps", index=False)


def drawn(
    services: list[dict],
    table: pd.DataFrame,
    people: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    gaps: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
) -> folium.Map:
    """Draw streets, communities by rate, everybody by whether they are covered, sites and gaps."""
    page = folium.Map(location=[people["lat"].mean(), people["lon"].mean()], zoom_start=11, prefer_canvas=True)
    folium.GeoJson(roads, name="streets").add_to(page)
    for service in services:
        own = table[table["service"] == service["id"]].set_index("community")
        coloured = communities[["geometry"]].join(own[["people", "covered", "pop_rate"]])
        fields = ["people", "covered", "pop_rate"]
        folium.GeoJson(coloured, name=service["id"], tooltip=folium.GeoJsonTooltip(fields)).add_to(page)
        layer = folium.FeatureGroup(service["id"]).add_to(page)
        for lat, lon, covered, metres in zip(
            people["lat"], people["lon"], people[f"{service['id']}_covered"], people[f"{service['id']}_m"], strict=True
        ):
            colour = "green" if covered else "red"
            folium.CircleMarker([lat, lon], radius=2, color=colour, tooltip=f"{metres:.0f} m").add_to(layer)
        for _, site in sites[sites["service"] == service["id"]].iterrows():
            folium.Marker([site["lat"], site["lon"]], tooltip=str(site["id"])).add_to(layer)
        folium.GeoJson(gaps[gaps["service"] == service["id"]], name="gaps").add_to(page)
    folium.LayerControl().add_to(page)
    return page


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), one_map="--one-map" in sys.argv)
