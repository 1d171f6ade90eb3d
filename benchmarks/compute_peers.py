"""How each peer is asked the same question, at its best: graphs ready, only the query timed."""

from __future__ import annotations

import numpy as np
import shapely

from jiujin.network.streets import Streets


def tree(network, people_at) -> np.ndarray:
    """Metres from every person to the nearest piece."""
    lines = _lines(network)
    index = shapely.STRtree(lines)
    (_, _), metres = index.query_nearest(shapely.points(*people_at), all_matches=False, return_distance=True)
    return metres


def sjoin(network, people_at) -> np.ndarray:
    """Metres from every person to the nearest piece, by geopandas."""
    import geopandas as gpd

    lines = gpd.GeoDataFrame(geometry=_lines(network))
    found = gpd.GeoDataFrame(geometry=shapely.points(*people_at)).sjoin_nearest(lines, distance_col="metres")
    return found["metres"].groupby(level=0).first().to_numpy()


def _lines(network):
    a = np.column_stack((network.x[network.start], network.y[network.start]))
    b = np.column_stack((network.x[network.end], network.y[network.end]))
    return shapely.linestrings(np.stack((a, b), axis=1))


def super_source(network, sites):
    """Pieces and one more vertex that is joined to what every site is joined to; shortest of doubled pieces."""
    from scipy.sparse import coo_matrix

    kept, n = network.kept, network.x.size
    vertex, cm = _seeds(network, sites)
    i = np.concatenate((network.start[kept], network.end[kept], np.full(vertex.size, n)))
    j = np.concatenate((network.end[kept], network.start[kept], vertex))
    weight = np.concatenate((network.length_cm[kept], network.length_cm[kept], np.maximum(cm, 1e-9)))
    order = np.lexsort((weight, j, i))
    i, j, weight = i[order], j[order], weight[order]
    first = np.append(True, (i[1:] != i[:-1]) | (j[1:] != j[:-1]))
    return coo_matrix((weight[first], (i[first], j[first])), (n + 1, n + 1)).tocsr()


def query_scipy(graph, limit_cm: int) -> np.ndarray:
    from scipy.sparse.csgraph import dijkstra

    return dijkstra(graph, indices=graph.shape[0] - 1, limit=limit_cm)[:-1]


def people_cm(vertex_cm, network, people, sites, limit_cm: int) -> np.ndarray:
    """What the distances of vertices say for people, and the stretch to sites on the very same piece."""
    cm = vertex_cm.copy()
    cm[~np.isfinite(cm)] = 2.0**40
    start = cm[network.start[people.piece]] + people.at_cm
    end = cm[network.end[people.piece]] + network.length_cm[people.piece] - people.at_cm
    best = np.minimum(start, end)
    for piece, at_cm, leg_cm in zip(sites.piece, sites.at_cm, sites.leg_cm, strict=True):
        on = _on(people, piece)
        best[on] = np.minimum(best[on], np.abs(people.at_cm[on] - at_cm) + leg_cm)
    best = np.rint(best + people.leg_cm)
    return np.where(best <= limit_cm, best, 2**31 - 1).astype(np.int64)


_SORTED: dict[int, tuple[np.ndarray, np.ndarray]] = {}


def _on(people, piece) -> np.ndarray:
    order, sorted_piece = _SORTED.get(id(people), (None, None))
    if order is None:
        order = np.argsort(people.piece, kind="stable")
        sorted_piece = people.piece[order]
        _SORTED[id(people)] = (order, sorted_piece)
    return order[np.searchsorted(sorted_piece, piece) : np.searchsorted(sorted_piece, piece, "right")]


def graph(network):
    """The pieces as a networkx graph in centimetres."""
    import networkx as nx

    whole = nx.Graph()
    kept = network.kept
    whole.add_weighted_edges_from(
        zip(network.start[kept].tolist(), network.end[kept].tolist(), network.length_cm[kept].tolist(), strict=True),
        weight="cm",
    )
    return whole


def join_sites(whole, network, sites) -> set[tuple[str, int]]:
    """Add every site as a node; return them."""
    vertex, cm = _seeds(network, sites)
    names = [("site", k % len(sites)) for k in range(vertex.size)]
    whole.add_weighted_edges_from(zip(names, vertex.tolist(), cm.tolist(), strict=True), weight="cm")
    return set(names)


def networkit_graph(network, sites):
    """The kept pieces in networkit, every site joined to the ends of its piece, and all sites to one more vertex."""
    import networkit as nk

    vertex, cm = _seeds(network, sites)
    kept, n = network.kept, network.x.size
    graph = nk.Graph(n + 1, weighted=True)
    for a, b, weight in zip(network.start[kept], network.end[kept], network.length_cm[kept], strict=True):
        graph.addEdge(int(a), int(b), float(weight))
    for end, weight in zip(vertex.tolist(), cm.tolist(), strict=True):
        graph.addEdge(n, end, weight)
    return graph


def query_networkit(graph) -> np.ndarray:
    import networkit as nk

    search = nk.distance.Dijkstra(graph, graph.numberOfNodes() - 1, False, False)
    search.run()
    return np.array(search.getDistances())[:-1]


def igraph_graph(network, sites):
    """The same in igraph."""
    import igraph

    vertex, cm = _seeds(network, sites)
    kept, n = network.kept, network.x.size
    ends = np.column_stack(
        (
            np.concatenate((network.start[kept], np.full(vertex.size, n))),
            np.concatenate((network.end[kept], vertex)),
        )
    )
    graph = igraph.Graph(n=n + 1, edges=ends)
    graph.es["cm"] = np.concatenate((network.length_cm[kept], cm)).tolist()
    return graph


def query_igraph(graph) -> np.ndarray:
    return np.array(graph.distances(source=graph.vcount() - 1, weights="cm")[0])[:-1]


def query_networkx(whole, seeds, limit_cm: int) -> dict:
    import networkx as nx

    return nx.multi_source_dijkstra_path_length(whole, seeds, cutoff=limit_cm, weight="cm")


def query_networkx_sites(whole, seeds, limit_cm: int) -> dict:
    """The same with the way to each vertex, whose first node is its site: networkx tells it no other way."""
    import networkx as nx

    _, ways = nx.multi_source_dijkstra(whole, seeds, cutoff=limit_cm, weight="cm")
    return {vertex: way[0] for vertex, way in ways.items()}


def pandana_network(network):
    """Contract the kept pieces in pandana, which takes a minute."""
    import pandana
    import pandas as pd

    kept, end = network.kept, pd.DataFrame({"m": network.length_cm[network.kept] / 100})
    used = np.unique(np.concatenate((network.start[kept], network.end[kept])))
    x, y = pd.Series(network.x[used], index=used), pd.Series(network.y[used], index=used)
    start, stop = pd.Series(network.start[kept].astype(np.int64)), pd.Series(network.end[kept].astype(np.int64))
    return pandana.Network(x, y, start, stop, end, twoway=True)


def points(network, sites):
    import pandas as pd

    a, b = network.start[sites.piece], network.end[sites.piece]
    x = network.x[a] + sites.t * (network.x[b] - network.x[a])
    y = network.y[a] + sites.t * (network.y[b] - network.y[a])
    return pd.Series(x), pd.Series(y)


def nearest_pois(engine, limit_cm: int):
    return engine.nearest_pois(limit_cm / 100, "site", num_pois=1, max_distance=np.inf)


def pandana_people(engine, people_at, limit_cm: int):
    """Find everybody's node, and the nearest site of every node; sites must be set."""
    import pandas as pd

    node = engine.get_node_ids(pd.Series(people_at[0]), pd.Series(people_at[1]))
    return nearest_pois(engine, limit_cm).reindex(node)


def rows_within(engine, vertices, reach_cm: int):
    """All within reach of these vertices, by the public method."""
    return engine.nodes_in_range(vertices, reach_cm / 100)


def within(engine, vertices, reach_cm: int):
    """The C++ call of nodes_in_range without the frames that are made of it."""
    position = np.searchsorted(engine.node_idx.index.to_numpy(), vertices).astype(np.int64)
    ids = np.arange(len(engine.node_idx), dtype=np.int64)
    return lambda: engine.net.nodes_in_range(position, reach_cm / 100, 0, ids)


def cut(streets: Streets, half_degree: float) -> Streets:
    """The middle of a city: pieces with both ends in a square."""
    lon, lat = streets.lon, streets.lat
    near = (np.abs(lon - np.median(lon)) < half_degree) & (np.abs(lat - np.median(lat)) < half_degree * 0.8)
    pieces = near[streets.start] & near[streets.end]
    used, ends = np.unique(np.concatenate((streets.start[pieces], streets.end[pieces])), return_inverse=True)
    start, end = ends.astype(np.int32).reshape(2, -1)
    return Streets(
        lon_e7=streets.lon_e7[used],
        lat_e7=streets.lat_e7[used],
        start=start.copy(),
        end=end.copy(),
        length_cm=streets.length_cm[pieces],
        way=streets.way[pieces],
        step_free=streets.step_free[pieces],
        street_class=streets.street_class[pieces],
    )


def ground(lines: np.ndarray, width_m: float):
    """Buffer every stretch and unite."""
    return shapely.union_all(shapely.buffer(shapely.linestrings(lines.reshape(-1, 2, 2)), width_m, quad_segs=8))


class EgoRecipe:
    """What osmnx's isochrone example does: ego_graph around the nearest node, its edges buffered and united."""

    def __init__(self, network, sites, reach_cm: int, width_m: float) -> None:
        import networkx as nx

        self.graph = nx.MultiDiGraph()
        self.network, self.reach_cm, self.width_m = network, reach_cm, width_m
        kept = np.flatnonzero(network.kept)
        for a, b, cm in zip(network.start[kept], network.end[kept], network.length_cm[kept], strict=True):
            self.graph.add_edge(int(a), int(b), cm=int(cm))
            self.graph.add_edge(int(b), int(a), cm=int(cm))
        self.centres = np.where(sites.t < 0.5, network.start[sites.piece], network.end[sites.piece]).tolist()

    def __call__(self) -> list:
        import networkx as nx

        x, y = self.network.x, self.network.y
        shapes = []
        for centre in self.centres:
            reached = nx.ego_graph(self.graph, centre, radius=self.reach_cm, distance="cm")
            ends = np.array([(a, b) for a, b in reached.edges()])
            lines = shapely.linestrings(
                np.stack(
                    (np.column_stack((x[ends[:, 0]], y[ends[:, 0]])), np.column_stack((x[ends[:, 1]], y[ends[:, 1]]))),
                    axis=1,
                )
            )
            shapes.append(shapely.union_all(shapely.buffer(lines, self.width_m)))
        return shapes


def _seeds(network, sites) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of every site's piece, and the centimetres from the site to them."""
    vertex = np.concatenate((network.start[sites.piece], network.end[sites.piece]))
    cm = np.concatenate(
        (sites.leg_cm + sites.at_cm, sites.leg_cm + network.length_cm[sites.piece] - sites.at_cm)
    ).astype(np.float64)
    return vertex, cm
