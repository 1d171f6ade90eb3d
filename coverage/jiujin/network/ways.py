"""The way that a walk takes, vertex by vertex: for a line on a map and for explaining a figure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jiujin.network.attach import Places
from jiujin.network.graph import WalkNetwork
from jiujin.network.walks import Walks

Floats = NDArray[np.float64]

Leg = tuple[int, int, int]
"""A stretch of a chain: chain, from cm, to cm, in the direction of the walk."""


def way(network: WalkNetwork, people: Places, person: int, sites: Places, walks: Walks) -> Floats:
    """
    Draw the shortest way of one person, from where the street is met to where it is left for the site.

    Rows `x, y` in plane metres; no row where there is no walk. The legs from door to street are not part of it.
    """
    site = int(walks.site[person])
    if site < 0:
        return np.empty((0, 2))
    parts = [_draw(network, leg) for leg in _legs(network, people, person, sites, walks)]
    line: Floats = np.concatenate(parts)
    fresh = np.append(True, (line[1:] != line[:-1]).any(axis=1))
    return np.asarray(line[fresh])


def _legs(network: WalkNetwork, people: Places, person: int, sites: Places, walks: Walks) -> list[Leg]:
    """Follow the labels from the person's chain down to the site's."""
    site = int(walks.site[person])
    chain, along = int(people.chain[person]), int(people.along_cm[person])
    site_chain, site_along, site_leg = int(sites.chain[site]), int(sites.along_cm[site]), int(sites.leg_cm[site])
    left = int(walks.cm[person]) - int(people.leg_cm[person])
    if chain == site_chain and left == abs(along - site_along) + site_leg:
        return [(chain, along, site_along)]
    end_cm = int(network.chain_cm[chain])
    ends = ((int(network.chain_from[chain]), 0), (int(network.chain_to[chain]), end_cm))
    here, at = next((j, at) for j, at in ends if walks.label[j] == (left - abs(at - along)) << 32 | site)
    legs, tried = [(chain, along, at)], {here}
    trail: list[tuple[int, list[Leg]]] = [(here, legs)]
    site_ends = (
        (int(network.chain_from[site_chain]), 0),
        (int(network.chain_to[site_chain]), int(network.chain_cm[site_chain])),
    )
    while trail:  # a trail branches only at streets of no length, where a label may lead nowhere new
        here, legs = trail.pop()
        label = int(walks.label[here])
        for junction, at in site_ends:
            if junction == here and label == (site_leg + abs(at - site_along)) << 32 | site:
                return [*legs, (site_chain, at, site_along)]
        for there, cm, chain, backwards in network.arcs[network.arc_ptr[here] : network.arc_ptr[here + 1]].tolist():
            if there not in tried and int(walks.label[there]) == label - (cm << 32):
                tried.add(there)
                trail.append((there, [*legs, (chain, cm, 0) if backwards else (chain, 0, cm)]))
    raise ValueError("these walks are not of this network and these sites")


def _draw(network: WalkNetwork, leg: Leg) -> Floats:
    """Draw a stretch of a chain through the vertices on it."""
    chain, from_cm, to_cm = leg
    pieces = np.flatnonzero(network.chain == chain)
    first = network.chain_cm_at_start[pieces]
    last = first + np.where(network.forward[pieces], 1, -1) * network.length_cm[pieces]
    order = np.argsort(first + last, kind="stable")
    forward = network.forward[pieces][order]
    start, end = network.start[pieces][order], network.end[pieces][order]
    vertex = np.append(np.where(forward, start, end), end[-1] if forward[-1] else start[-1])
    along = np.append(np.minimum(first, last)[order], np.maximum(first, last).max())
    low, high = min(from_cm, to_cm), max(from_cm, to_cm)
    inside = (along > low) & (along < high)
    at = np.concatenate(([low], along[inside], [high]))
    line = np.column_stack((np.interp(at, along, network.x[vertex]), np.interp(at, along, network.y[vertex])))
    line[1:-1] = np.column_stack((network.x[vertex], network.y[vertex]))[inside]
    return line if from_cm <= to_cm else line[::-1]
