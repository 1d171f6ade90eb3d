"""What a run comes to: everything that the pages, tables and answers are written from, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jiujin.analysis.access import ServiceAccess
from jiujin.analysis.access_pairs import ReachPairs
from jiujin.analysis.answers import Answers
from jiujin.analysis.compounds import Compounds
from jiujin.analysis.coverage_counts import Marks, Residents
from jiujin.analysis.coverage_tables import Coverage
from jiujin.analysis.siting.answers import SitingAnswer
from jiujin.coordinates import Plane
from jiujin.errors import Problem
from jiujin.network.attach import Places
from jiujin.network.graph import WalkNetwork
from jiujin.network.streets import Streets, Surroundings
from jiujin.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """
    One run of a study.

    `networks`, `places` (of the people, by row of `people`) and `sites` (of the facilities, by row of `facilities`)
    are keyed by whether the network is the step-free one. `community` (int32, -1 = none) is the row in `communities`
    of each person; `facility_community` that of each facility. `access`, `pairs` (everybody within reach of every
    site) and `site_people` (whom each site serves) are keyed by service id. `trust` grades the streets of each
    community (by row of `communities`). `siting` answers the study's siting question; None when it asks none.
    `marks` tell, by network, whose way to the street is long, crosses something or passes by a dropped island;
    `compounds` are the walled ones, None without. `state` tells the inputs and questions of this run from any others,
    `base` all that these hold but the facilities and what hangs on them; empty where nobody told.
    """

    study: Study
    plane: Plane
    streets: Streets
    surroundings: Surroundings
    communities: gpd.GeoDataFrame
    people: pd.DataFrame
    facilities: pd.DataFrame
    community: NDArray[np.int32]
    facility_community: NDArray[np.int32]
    networks: Mapping[bool, WalkNetwork]
    places: Mapping[bool, Places]
    sites: Mapping[bool, Places]
    residents: Residents
    access: Mapping[str, ServiceAccess]
    pairs: Mapping[str, ReachPairs]
    site_people: Mapping[str, pd.DataFrame]
    coverage: Coverage
    trust: pd.DataFrame
    marks: Mapping[bool, Marks]
    answers: Answers
    problems: tuple[Problem, ...]
    input_hashes: Mapping[str, str]
    state: str
    base: str = ""
    compounds: Compounds | None = None
    siting: SitingAnswer | None = None

    @property
    def estimated(self) -> frozenset[str]:
        """Groups that were not counted but taken as a share of another."""
        return self.residents.estimated
