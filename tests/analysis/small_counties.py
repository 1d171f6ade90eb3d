"""Small counties for the tests of the questions: communities, people and walks stated outright, without streets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jiujin.analysis.access import ServiceAccess, person_status, reach_of
from jiujin.analysis.access_pairs import ReachPairs
from jiujin.analysis.coverage_counts import Marks, Residents, residents_of
from jiujin.network.search import NO_WALK
from jiujin.study import Reach, Service

CANTEEN = Service(id="canteen", label="助老食堂", group="age60", reach=Reach(urban_m=720, rural_m=1000))
PARTY = Service(id="party", label="党群服务中心", group="total", reach=Reach(urban_m=1000, rural_m=1500))


def communities_of(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Communities as (code, township, class code, committee); named 社区0, 社区1, …"""
    frame = pd.DataFrame(rows, columns=["code", "township", "class_code", "committee"])
    frame["name"] = [f"社区{row}" for row in range(len(frame))]
    frame["class"] = ["rural" if code.startswith("2") else "urban" for code in frame["class_code"]]
    return frame


def people_of(community, **groups) -> Residents:
    """Residents from the community of each point and the persons of each group there."""
    frame = pd.DataFrame({name: np.asarray(persons, float) for name, persons in groups.items()})
    return residents_of(frame, np.asarray(community, np.int32))


def no_marks(people: int) -> dict[bool, Marks]:
    """Nobody has a long leg, nobody lives on an island."""
    nobody = np.zeros(people, bool)
    return dict.fromkeys((False, True), Marks(long_leg=nobody, crossing=nobody, island=nobody))


def access_of(
    service: Service,
    walk_m,
    *,
    rural=None,
    straight_m=None,
    facility=None,
    sites=(0,),
    leg_m=None,
    snap_limit_m: int = 500,
) -> ServiceAccess:
    """
    Access as a search would have found it, from walks in metres; None is no walk.

    Everybody lives in town, stands on the street and walks to the first site unless told otherwise; the straight line
    is as long as the walk, or 9,999 m.
    """
    walk_cm = np.array([NO_WALK if metres is None else round(metres * 100) for metres in walk_m], np.int32)
    count = len(walk_cm)
    rural = np.zeros(count, bool) if rural is None else np.asarray(rural, bool)
    leg_cm = np.rint(np.zeros(count) if leg_m is None else np.asarray(leg_m, float) * 100).astype(np.int32)
    on = leg_cm <= snap_limit_m * 100
    walk_cm[~on] = NO_WALK
    found = np.zeros(count, np.int32) if facility is None else np.asarray(facility, np.int32)
    straight = np.where(walk_cm == NO_WALK, 999_900, walk_cm)
    straight = straight if straight_m is None else np.rint(np.asarray(straight_m, float) * 100)
    reach_cm = reach_of(service, rural)
    return ServiceAccess(
        service=service.id,
        sites=np.asarray(sites, np.int64),
        site_on_network=np.ones(len(sites), bool),
        walk_cm=walk_cm,
        facility=np.where(walk_cm == NO_WALK, -1, found).astype(np.int32),
        straight_cm=straight.astype(np.int32),
        straight_facility=found,
        reach_cm=reach_cm,
        leg_cm=leg_cm,
        status=person_status(walk_cm, reach_cm, on),
        radius_covered=straight <= reach_cm,
    )


def pairs_of(table, people: int, sites: int) -> ReachPairs:
    """Pairs from rows of (site, person, metres)."""
    rows = np.array(sorted(table), float).reshape(-1, 3)
    site, person, metres = rows.T
    return ReachPairs(
        site=site.astype(np.int32),
        person=person.astype(np.int32),
        cm=np.rint(metres * 100).astype(np.int32),
        sites=sites,
        people=people,
    )
