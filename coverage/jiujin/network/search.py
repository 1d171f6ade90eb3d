"""
The questions that are asked of a walking network, in one place.

    walks = nearest(network, people, sites)                    # the nearest site of every person
    table = pairs(network, sites, people, limit_cm=100_000)    # every person within a walk of every site
    gain = improve(what_if(network, people, walks), added, first_site=len(sites))    # what further sites change

A walk is the person's access leg, the shortest way along the streets, and the site's access leg; on one chain the
stretch between the two when that is shorter. All in integer centimetres. Ties go to the lower site position.
"""

from __future__ import annotations

from jiujin.network.additions import Gain, WhatIf, improve, what_if
from jiujin.network.pairs import Pairs, pairs
from jiujin.network.walks import NO_WALK, Walks, nearest

__all__ = ["NO_WALK", "Gain", "Pairs", "Walks", "WhatIf", "improve", "nearest", "pairs", "what_if"]
