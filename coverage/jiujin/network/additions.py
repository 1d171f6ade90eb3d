# ruff: noqa: C901, PLR0917 - kernels take plain arrays, many at a time, and branch where a CPU must
"""
What further sites would change: only the streets and the people that they come nearer to are looked at.

    ready = what_if(network, people, walks)      # once
    gain = improve(ready, added, first_site=n)   # as often as one likes
    walks = gain.applied(walks)                  # equal to `nearest` with the sites added at the end
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiujin.network.attach import Places, by_chain
from jiujin.network.flood import NEVER, Queue, flood
from jiujin.network.graph import WalkNetwork
from jiujin.network.kernels import kernel
from jiujin.network.walks import Walks, seeds
from jiujin.network.walls import Inner, within_walls

Ints = NDArray[np.int32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """
    Walks made ready for questions: people by chain, their labels and the junctions', and warm scratch.

    Asking leaves everything as it was, but borrows `label` and `mine` meanwhile: one question at a time.
    """

    network: WalkNetwork
    walks: Walks
    people: Places
    person_ptr: Ints
    person_at: Ints
    person_label: Labels
    mine: Labels
    label: Labels
    queue: Queue
    changed: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """
    What added sites change: each `person` (ascending) with a shorter walk, or one as short to a lower site, with the
    new `cm` and `site`; and the same for the junctions (`junction`, `label`).
    """

    person: Ints
    cm: Ints
    site: Ints
    junction: Ints
    label: Labels

    def applied(self, walks: Walks) -> Walks:
        """Make the walks with the added sites."""
        cm, site, label = walks.cm.copy(), walks.site.copy(), walks.label.copy()
        cm[self.person], site[self.person], label[self.junction] = self.cm, self.site, self.label
        return Walks(cm=cm, site=site, label=label, limit_cm=walks.limit_cm)


def what_if(network: WalkNetwork, people: Places, walks: Walks) -> WhatIf:
    """Make walks ready for questions about further sites."""
    person_ptr, person_at = by_chain(network, people, walks.limit_cm)
    none = (walks.limit_cm + 1) << 32
    label = np.where(walks.site >= 0, walks.cm.astype(np.int64) << 32 | walks.site, none)
    return WhatIf(
        network=network,
        walks=walks,
        people=people,
        person_ptr=person_ptr,
        person_at=person_at,
        person_label=label,
        mine=label.copy(),
        label=walks.label.copy(),
        queue=Queue(walks.label.size, network.longest_cm),
        changed=np.empty(len(people), np.int32),
    )


def improve(ready: WhatIf, added: Places, *, first_site: int) -> Gain:
    """
    Tell whose walk changes when sites are added, numbered from `first_site`.

    The cost is that of the neighbourhood that the new sites win. Equal, ties included, to a search from all sites.
    """
    network, queue = ready.network, ready.queue
    junction, label = seeds(network, added, ready.walks.limit_cm, first_site)
    count = flood(network.arc_ptr, network.arcs, junction, label, ready.label, queue.head, queue.link, queue.reached)
    reached = queue.reached[:count].copy()
    doors, owner = added.every_door()
    on = np.flatnonzero((doors.chain >= 0) & (doors.leg_cm <= ready.walks.limit_cm))
    sites = np.column_stack((doors.chain[on], doors.along_cm[on], doors.leg_cm[on], owner[on] + first_site)).astype(
        np.int32
    )
    changed = _changes(
        reached,
        sites,
        network.arc_ptr,
        network.arcs,
        ready.label,
        queue.link,
        ready.person_ptr,
        ready.person_at,
        ready.person_label,
        ready.mine,
        ready.changed,
    )
    changed = _changed_within_walls(
        ready, within_walls(ready.people.doors, added.doors, ready.walks.limit_cm), first_site, changed
    )
    person = np.sort(ready.changed[:changed])
    won = ready.mine[person]
    gain = Gain(
        person=person,
        cm=(won >> 32).astype(np.int32),
        site=(won & 0xFFFFFFFF).astype(np.int32),
        junction=reached,
        label=ready.label[reached],
    )
    ready.mine[person] = ready.person_label[person]
    ready.label[reached] = ready.walks.label[reached]
    queue.link[reached] = NEVER
    return gain


def _changed_within_walls(ready: WhatIf, inner: Inner, first_site: int, changed: int) -> int:
    """Lower the labels of people to whom a new site came within their own walls; the number of all who changed."""
    offers = inner.cm.astype(np.int64) << 32 | inner.site + np.int64(first_site)
    for person, offered in zip(inner.person.tolist(), offers.tolist(), strict=True):
        if offered < ready.mine[person]:
            if ready.mine[person] == ready.person_label[person]:
                ready.changed[changed] = person
                changed += 1
            ready.mine[person] = offered
    return changed


@kernel(
    "int64(int32[::1], int32[:, ::1], int32[::1], int32[:, ::1], int64[::1], int32[:, ::1], int32[::1], "
    "int32[:, ::1], int64[::1], int64[::1], int32[::1])"
)
def _changes(
    reached: Ints,
    sites: Ints,
    arc_ptr: Ints,
    arcs: Ints,
    label: Labels,
    link: Ints,
    person_ptr: Ints,
    person_at: Ints,
    before: Labels,
    mine: Labels,
    changed: Ints,
) -> int:
    """Lower the labels of people on the chains that were reached, and on the sites' own; list who changed."""
    count = 0
    for here in reached:
        for arc in range(arc_ptr[here], arc_ptr[here + 1]):
            there, cm, chain, backwards = arcs[arc, 0], arcs[arc, 1], arcs[arc, 2], arcs[arc, 3]
            if there < here and link[there, 0] != NEVER:
                continue
            start, end = (there, here) if backwards else (here, there)
            for k in range(person_ptr[chain], person_ptr[chain + 1]):
                along, leg, person = int(person_at[k, 0]), int(person_at[k, 1]), person_at[k, 2]
                offered = min(label[start] + (along << 32), label[end] + ((cm - along) << 32)) + (leg << 32)
                if offered < mine[person]:
                    if mine[person] == before[person]:
                        changed[count] = person
                        count += 1
                    mine[person] = offered
    for i in range(sites.shape[0]):
        for k in range(person_ptr[sites[i, 0]], person_ptr[sites[i, 0] + 1]):
            person = person_at[k, 2]
            walk = int(abs(person_at[k, 0] - sites[i, 1])) + sites[i, 2] + person_at[k, 1]
            offered = (walk << 32) | int(sites[i, 3])
            if offered < mine[person]:
                if mine[person] == before[person]:
                    changed[count] = person
                    count += 1
                mine[person] = offered
    return count
